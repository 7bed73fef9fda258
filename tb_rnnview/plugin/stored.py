"""The timelines that TensorBoard has loaded, whichever of its two data servers is at work."""

from __future__ import annotations

from typing import Any

from tensorboard import errors
from tensorboard.data import provider

from tb_rnnview.metadata import PLUGIN_NAME

# Data providers demand a limit. The servers keep fewer (`RNNViewLoader.fix_flags`), so this is all.
_ALL = 1_000_000


class UnreadableError(errors.PublicError):
    """The record is there, but cannot be read; the text says what to do."""

    http_code = 422


class StoredTimelines:
    """Reads what the plugin's tags hold.

    Args:
        data_provider: TensorBoard's; None if it has none.
        multiplexer: the Python data server's store (``--load_fast=false``), otherwise None.
    """

    def __init__(self, data_provider: Any, multiplexer: Any = None) -> None:
        self._provider = data_provider
        self._multiplexer = multiplexer

    def any(self, ctx: Any, experiment: str) -> bool:
        """Whether there is any, found out without reading one."""
        if self._provider is None:
            return False
        plugins = self._provider.list_plugins(ctx, experiment_id=experiment)
        if plugins is not None:
            return PLUGIN_NAME in plugins
        return bool(
            self._provider.list_blob_sequences(
                ctx, experiment_id=experiment, plugin_name=PLUGIN_NAME
            )
        )

    def descriptions(self, ctx: Any, experiment: str) -> dict[str, dict[str, str]]:
        """The description of each tag, by run and tag."""
        if self._provider is None:
            return {}
        listed = self._provider.list_blob_sequences(
            ctx, experiment_id=experiment, plugin_name=PLUGIN_NAME
        )
        return {
            run: {tag: series.description for tag, series in tags.items()}
            for run, tags in listed.items()
        }

    def steps(
        self, ctx: Any, experiment: str, run: str | None = None, tag: str | None = None
    ) -> dict[str, dict[str, list[int]]]:
        """The steps of each tag, by run and tag; sorted, each once."""
        return {
            found_run: {
                found_tag: sorted({datum.step for datum in data})
                for found_tag, data in tags.items()
            }
            for found_run, tags in self._read(ctx, experiment, run, tag).items()
        }

    def blob(self, ctx: Any, experiment: str, run: str, tag: str, step: int) -> bytes | None:
        """The bytes written last for this step; None if there are none.

        Raises:
            UnreadableError: the data server cannot hand them out.
        """
        if self._multiplexer is not None:
            return self._blob_from_multiplexer(run, tag, step)
        data = self._read(ctx, experiment, run, tag).get(run, {}).get(tag, [])
        matching = [datum for datum in data if datum.step == step]
        if not matching:
            return None
        if not matching[-1].values:
            return b""
        reference = matching[-1].values[0]
        try:
            return bytes(self._provider.read_blob(ctx, blob_key=reference.blob_key))
        except errors.InvalidArgumentError as error:
            # Its keys hold the names as JSON, and it cannot read those that need escaping.
            raise UnreadableError(
                f"TensorBoard's data server cannot read run {run!r}, tag {tag!r}: a name with "
                "quotes, backslashes or control characters needs tensorboard --load_fast=false"
            ) from error

    def _blob_from_multiplexer(self, run: str, tag: str, step: int) -> bytes | None:
        # The data provider over it answers with the FIRST of several events of one step: after a
        # program was run again, with what the first run wrote.
        try:
            events = self._multiplexer.Tensors(run, tag)
        except KeyError:
            return None
        matching = [event for event in events if event.step == step]
        if not matching:
            return None
        return next(iter(matching[-1].tensor_proto.string_val), b"")

    def _read(
        self, ctx: Any, experiment: str, run: str | None, tag: str | None
    ) -> dict[str, dict[str, list[Any]]]:
        if self._provider is None:
            return {}
        found: dict[str, dict[str, list[Any]]] = self._provider.read_blob_sequences(
            ctx,
            experiment_id=experiment,
            plugin_name=PLUGIN_NAME,
            downsample=_ALL,
            run_tag_filter=provider.RunTagFilter(
                runs=None if run is None else [run], tags=None if tag is None else [tag]
            ),
        )
        return found
