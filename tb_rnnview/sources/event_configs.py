"""The configurations of Keras models that a run has logged beside its graphs."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.message import DecodeError

from tb_rnnview.errors import FormatError
from tb_rnnview.sources.configured_layer import ConfiguredModel
from tb_rnnview.sources.event_file import KERAS, GraphRecord
from tb_rnnview.sources.keras_config import read_keras_config


def configured_in(records: Sequence[GraphRecord]) -> tuple[ConfiguredModel, ...]:
    """The models that some records of one run configure, the same one once.

    What cannot be read is left out: the graph beside it tells more.
    """
    found: dict[ConfiguredModel, None] = {}
    for record in records:
        try:
            event = record.load()
        except DecodeError:
            continue
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name != KERAS.decode():
                continue
            for text in value.tensor.string_val:
                try:
                    found[read_keras_config(text)] = None
                except FormatError:
                    continue
    return tuple(found)
