"""Timelines and statistics as summaries.

`timeline` and `statistics` write through TensorFlow 2; `timeline_pb` and `statistics_pb` need none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from tensorboard.compat.proto import summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2

from tb_rnnview import statistics_codec
from tb_rnnview.metadata import statistics_metadata, timeline_metadata
from tb_rnnview.statistics import LayerStatistics
from tb_rnnview.timeline import Timeline


def timeline(
    name: str, data: Timeline, step: int | None = None, description: str | None = None
) -> bool:
    """Writes a timeline to the default summary writer, as ``tf.summary.scalar`` writes a number.

    Example::

        writer = tf.summary.create_file_writer("logs/run1")
        with writer.as_default():
            tb_rnnview.summary.timeline("my network", tb_rnnview.analyze(graph), step=0)

    Args:
        name: the tag is this name, prefixed by the active name scopes.
        data: what `tb_rnnview.analyze` returns.
        step: the training step. Default: ``tf.summary.experimental.get_step()``, which must not
            be None then.
        description: a longer text about the tag, in Markdown. The first one of a tag counts.

    Returns:
        As ``tf.summary.*`` do, a boolean tensor: true on success, false if there is no default
        writer or ``tf.summary.record_if`` says that nothing is to be recorded.

    Raises:
        ValueError: there is a default writer, but no step.
        TypeError: ``data`` is no `Timeline`.
        ImportError: TensorFlow is not installed; `timeline_pb` and `tb_rnnview.export` do not
            need it.
    """
    _check(data)
    return _written(
        "timeline",
        name,
        lambda tf: tf.constant([_serialize(data)], tf.string),
        step,
        timeline_metadata(description),
    )


def statistics(
    name: str, data: LayerStatistics, step: int | None = None, description: str | None = None
) -> bool:
    """Writes a layer's statistics to the default summary writer, as ``tf.summary.*`` do.

    All records of a tag should be of the same layer and have the same rows: TensorBoard keeps what
    the first one says of itself, and a later one that says something else cannot be shown.

    Args:
        name: the tag is this name, prefixed by the active name scopes.
        data: one application of one layer at one training step.
        step: the training step. Default: ``tf.summary.experimental.get_step()``, which must not
            be None then.
        description: a longer text about the tag, in Markdown. The first one of a tag counts.

    Returns:
        A boolean tensor, as `timeline` does.

    Raises:
        ValueError: there is a default writer, but no step.
        TypeError: ``data`` is no `LayerStatistics`.
        ImportError: TensorFlow is not installed; `statistics_pb` does not need it.
    """
    _check_statistics(data)
    return _written(
        "statistics",
        name,
        lambda tf: tf.constant(statistics_codec.tensor_of(data)),
        step,
        statistics_metadata(statistics_codec.label_of(data), description),
    )


def timeline_pb(tag: str, data: Timeline, description: str | None = None) -> summary_pb2.Summary:
    """The timeline as a ``Summary`` message, made without TensorFlow.

    It is TensorBoard's own message class. A TensorFlow 1 ``FileWriter`` takes it as bytes::

        writer = tf.compat.v1.summary.FileWriter("logs/run1")
        writer.add_summary(timeline_pb("my network", data).SerializeToString(), step)

    Args:
        tag: the tag, as it is.
        data: what `tb_rnnview.analyze` returns.
        description: a longer text about the tag, in Markdown. The first one of a tag counts.

    Raises:
        TypeError: ``data`` is no `Timeline`.
    """
    _check(data)
    return blob_summary(tag, _serialize(data), description)


def statistics_pb(
    tag: str, data: LayerStatistics, description: str | None = None
) -> summary_pb2.Summary:
    """A layer's statistics as a ``Summary`` message, made without TensorFlow.

    Args:
        tag: the tag, as it is. See `statistics` for what may be under one tag.
        data: one application of one layer at one training step.
        description: a longer text about the tag, in Markdown. The first one of a tag counts.

    Raises:
        TypeError: ``data`` is no `LayerStatistics`.
    """
    _check_statistics(data)
    value = summary_pb2.Summary.Value(
        tag=tag,
        tensor=statistics_codec.tensor_message(data),
        metadata=statistics_metadata(statistics_codec.label_of(data), description),
    )
    return summary_pb2.Summary(value=[value])


def blob_summary(tag: str, blob: bytes, description: str | None = None) -> summary_pb2.Summary:
    """A summary around the bytes of a timeline that need not be understood."""
    # A vector of one string: TensorBoard's default data server drops scalars of this data class.
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING,
        tensor_shape=tensor_shape_pb2.TensorShapeProto(
            dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)]
        ),
        string_val=[blob],
    )
    value = summary_pb2.Summary.Value(
        tag=tag, tensor=tensor, metadata=timeline_metadata(description)
    )
    return summary_pb2.Summary(value=[value])


def _written(
    what: str,
    name: str,
    tensor: Callable[[Any], object],
    step: int | None,
    metadata: summary_pb2.SummaryMetadata,
) -> bool:
    """Writes what ``tensor`` makes with TensorFlow; it is called only if something is written."""
    try:
        import tensorflow as tf
    except ImportError as error:
        twin = "tb_rnnview.export or " if what == "timeline" else ""
        raise ImportError(
            f"tb_rnnview.summary.{what} writes through TensorFlow, which is not installed: "
            f"use {twin}tb_rnnview.summary.{what}_pb"
        ) from error

    with tf.summary.experimental.summary_scope(name, "rnnview", values=[step]) as (tag, _):
        written = tf.summary.write(tag=tag, tensor=lambda: tensor(tf), step=step, metadata=metadata)
    return cast(bool, written)


def _serialize(data: Timeline) -> bytes:
    return data.to_proto().SerializeToString(deterministic=True)


def _check(data: object) -> None:
    if not isinstance(data, Timeline):
        raise TypeError(
            f"data must be a tb_rnnview.Timeline, not {type(data).__name__}: "
            "tb_rnnview.analyze makes one"
        )


def _check_statistics(data: object) -> None:
    if not isinstance(data, LayerStatistics):
        raise TypeError(f"data must be a tb_rnnview.LayerStatistics, not {type(data).__name__}")
