"""How TensorBoard tells our records from everyone else's."""

from __future__ import annotations

from tensorboard.compat.proto import summary_pb2

PLUGIN_NAME = "rnnview"


def timeline_metadata(description: str | None = None) -> summary_pb2.SummaryMetadata:
    """The metadata of a tag that holds timelines.

    The data class is set here because TensorBoard fills it in for its own plugins only: without
    it no data provider would list the tag.
    """
    return summary_pb2.SummaryMetadata(
        summary_description=description or "",
        data_class=summary_pb2.DATA_CLASS_BLOB_SEQUENCE,
        plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name=PLUGIN_NAME),
    )


def statistics_metadata(
    label: bytes, description: str | None = None
) -> summary_pb2.SummaryMetadata:
    """The metadata of a tag that holds statistics under this label."""
    return summary_pb2.SummaryMetadata(
        summary_description=description or "",
        data_class=summary_pb2.DATA_CLASS_TENSOR,
        plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name=PLUGIN_NAME, content=label),
    )


def holds_timelines(metadata: summary_pb2.SummaryMetadata) -> bool:
    """Whether a tag with this metadata holds timelines."""
    return bool(
        metadata.plugin_data.plugin_name == PLUGIN_NAME
        and metadata.data_class == summary_pb2.DATA_CLASS_BLOB_SEQUENCE
    )


def holds_statistics(metadata: summary_pb2.SummaryMetadata) -> bool:
    """Whether a tag with this metadata holds statistics."""
    return bool(
        metadata.plugin_data.plugin_name == PLUGIN_NAME
        and metadata.data_class == summary_pb2.DATA_CLASS_TENSOR
    )
