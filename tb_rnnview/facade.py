"""`analyze` and `export`: the two calls that most programs need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tb_rnnview.errors import SourceError
from tb_rnnview.timeline import Timeline

if TYPE_CHECKING:
    from tb_rnnview.sources.graph_source import GraphSource


def analyze(
    source: Any,
    *,
    inputs: Mapping[str, Any] | None = None,
    outputs: Sequence[Any] | None = None,
    lengths: Mapping[str, int] | None = None,
    name: str | None = None,
) -> Timeline:
    """The timeline of a recurrent network, read off its graph.

    Args:
        source: a ``tf.Graph``, a ``GraphDef``, or a path: ``.meta``, ``.pb``, ``.pbtxt``, a
            SavedModel of TensorFlow 1, an event file or a log folder that holds a graph. Nothing
            in it is executed.
        inputs: example values (or their shapes) by the name of the placeholder that they feed.
            They give dimensions that the graph leaves open.
        outputs: the tensors (or their names) that count. Only what they need is looked at.
            Default: everything that the graph computes, training apart.
        lengths: timesteps by axis id or label, for axes whose length the graph leaves open.
        name: what to call the network. Default: from the source.

    Returns:
        The timeline. What is not recognised is in its findings, with the reason.

    Raises:
        tb_rnnview.errors.SourceError: the source cannot be read, holds no graph or no variables;
            or a length contradicts it.
    """
    from tb_rnnview.sources.open_source import open_source

    opened = open_source(source, name=name)
    return analyze_opened(opened, inputs=inputs, outputs=outputs, lengths=lengths)


def analyze_opened(
    opened: GraphSource | Timeline,
    *,
    inputs: Mapping[str, Any] | None = None,
    outputs: Sequence[Any] | None = None,
    lengths: Mapping[str, int] | None = None,
) -> Timeline:
    """`analyze` for what `tb_rnnview.sources` has already opened.

    Raises:
        tb_rnnview.errors.SourceError: as for `analyze`.
    """
    from tb_rnnview.analysis.analyze import analyze_graph

    if isinstance(opened, Timeline):
        if inputs or outputs or lengths:
            raise SourceError(
                f"{opened.name or 'the source'}: holds a finished timeline; inputs, outputs and "
                "lengths are for graphs"
            )
        return opened
    timeline = analyze_graph(opened, inputs=inputs, outputs=outputs, lengths=lengths)
    if not timeline.variables and not timeline.is_partly_unknown:
        part = f"what {', '.join(map(str, outputs))} needs" if outputs else "the graph"
        raise SourceError(
            f"{opened.source.path or opened.name or 'the graph'}: no variables (weights) were "
            f"found in {part}; give the graph in which the network was built"
        )
    return timeline


def export(
    source: Any,
    logdir: str,
    *,
    inputs: Mapping[str, Any] | None = None,
    outputs: Sequence[Any] | None = None,
    lengths: Mapping[str, int] | None = None,
    name: str | None = None,
    step: int = 0,
) -> Timeline:
    """Analyses ``source`` and writes its timeline where TensorBoard finds it.

    The event file goes to ``<logdir>/rnnview``: a run folder has one writer, and the program
    itself may be writing to ``logdir``. If the analysis fails nothing is written.

    Args:
        source: as for `analyze`; a `Timeline` is written as it is.
        logdir: the folder that ``tensorboard --logdir`` is given, or a run inside it.
        inputs: as for `analyze`.
        outputs: as for `analyze`.
        lengths: as for `analyze`.
        name: the tag under which it is written. Default: the network's name.
        step: the training step that it describes.

    Returns:
        The timeline that was written.

    Raises:
        tb_rnnview.errors.SourceError: the source cannot be read, or the folder not written.
    """
    from tb_rnnview.writing import write_timeline

    timeline: Timeline = (
        source
        if isinstance(source, Timeline)
        else analyze(source, inputs=inputs, outputs=outputs, lengths=lengths, name=name)
    )
    write_timeline(timeline, logdir, tag=name or timeline.name or "rnnview", step=step)
    return timeline
