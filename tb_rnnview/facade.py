"""`analyze` and `export`: the two calls that most programs need."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tb_rnnview.errors import SourceError
from tb_rnnview.timeline import Timeline

if TYPE_CHECKING:
    from tb_rnnview.comparing.comparison import Comparison
    from tb_rnnview.sources.configuration import Configuration
    from tb_rnnview.sources.open_source import Opened


def analyze(
    source: Any,
    *,
    inputs: Any = None,
    outputs: Sequence[Any] | None = None,
    lengths: Mapping[str, int] | None = None,
    name: str | None = None,
    signature: str | None = None,
) -> Timeline:
    """The timeline of a recurrent network, read off its graph.

    Args:
        source: one of

            * a Keras model or layer (Keras 3 on TensorFlow, or tf_keras), a ``tf.function``,
              a ``ConcreteFunction``, a ``tf.Module`` or what ``tf.saved_model.load`` gave. It is
              traced, as for prediction; nothing is computed, and weights, states and random
              generators stay as they are. A model that was never built is built, as its first
              call would.
            * a ``tf.Graph`` or a ``GraphDef``. Nothing in it is executed.
            * a path: ``.keras``, ``.h5``, Keras' ``.json``, ``.meta``, ``.pb``, ``.pbtxt``, a
              SavedModel, an event file or a log folder that holds a graph or a configuration.

        inputs: an example batch of what the model, function or module is called with: an array, a
            tensor, a ``tf.TensorSpec``, or the list, tuple or dictionary of them that it takes.
            Needed only where it was never called and declares no inputs. Where a model leaves
            lengths open, the example tells them. For a graph: example values (or their
            shapes) by the name of the placeholder that they feed, or of the signature's input.
        outputs: the tensors (or their names) that count. Only what they need is looked at.
            Default: what the model or function gives back; of a graph, everything that it
            computes, training apart.
        lengths: timesteps by axis id or label, for axes whose length the graph leaves open.
        name: what to call the network. Default: from the source.
        signature: which signature of a SavedModel is looked at. Default: ``serving_default``, or
            the only one.

    Returns:
        The timeline. What is not recognised is in its findings, with the reason.

    Raises:
        tb_rnnview.errors.SourceError: the source cannot be read, holds no graph or no variables;
            or a length contradicts it.
    """
    from tb_rnnview.sources.configuration import Configuration
    from tb_rnnview.sources.open_source import open_source

    if lengths is not None and not isinstance(lengths, Mapping):
        raise SourceError(
            "lengths must be a dictionary of timesteps by axis, such as {'time': 7}, not "
            f"{type(lengths).__name__}"
        )
    _check_name(name)
    if outputs is not None and not isinstance(outputs, (list, tuple)):
        outputs = (outputs,)
    opened = open_source(source, inputs=inputs, name=name, signature=signature)
    if (inputs is not None or signature is not None) and isinstance(opened, Timeline):
        raise _finished(opened)
    if inputs is not None and isinstance(opened, Configuration):
        raise _no_graph(opened)
    return analyze_opened(opened, outputs=outputs, lengths=lengths)


def analyze_opened(
    opened: Opened,
    *,
    outputs: Sequence[Any] | None = None,
    lengths: Mapping[str, int] | None = None,
) -> Timeline:
    """`analyze` for what `tb_rnnview.sources` has already opened.

    Raises:
        tb_rnnview.errors.SourceError: as for `analyze`.
    """
    from tb_rnnview.analysis.analyze import analyze_graph
    from tb_rnnview.analysis.declared import analyze_configuration
    from tb_rnnview.sources.configuration import Configuration
    from tb_rnnview.sources.open_source import TRACED

    if isinstance(opened, Timeline):
        if outputs or lengths:
            raise _finished(opened)
        return opened
    if isinstance(opened, Configuration):
        if outputs:
            raise _no_graph(opened)
        return analyze_configuration(opened, lengths=lengths)
    timeline = analyze_graph(opened, outputs=outputs, lengths=lengths)
    if not timeline.variables and not timeline.is_partly_unknown:
        part = f"what {', '.join(map(str, outputs))} needs" if outputs else "the graph"
        is_traced = opened.source.kind in TRACED
        remedy = "a network that has some" if is_traced else "the graph in which they are"
        raise SourceError(
            f"{opened.source.path or opened.name or 'the graph'}: no variables (weights) were "
            f"found in {part}; give {remedy}"
        )
    return timeline


def compare(a: Any, b: Any) -> Comparison:
    """What differs between two networks.

    Layers are matched by what they are and hold, in the order of data flow; names only decide
    between what is equally alike.

    Args:
        a: the network to start from: a `Timeline`, or any source that `analyze` takes.
        b: the network to end at.

    Returns:
        The pairs of layers, and every difference. Printed, it is what ``tb-rnnview diff`` prints.

    Raises:
        tb_rnnview.errors.SourceError: as for `analyze`.
    """
    from tb_rnnview.comparing.compare import compare_timelines

    one, other = (x if isinstance(x, Timeline) else analyze(x) for x in (a, b))
    return compare_timelines(one, other)


def _check_name(name: Any) -> None:
    if name is not None and not isinstance(name, str):
        raise SourceError(f"name must be a text, such as 'my network', not {type(name).__name__}")


def _finished(timeline: Timeline) -> SourceError:
    return SourceError(
        f"{timeline.name or 'the source'}: holds a finished timeline; inputs, outputs, lengths and "
        "signature are for networks that are still to be analysed"
    )


def _no_graph(opened: Configuration) -> SourceError:
    return SourceError(
        f"{opened.source.path or opened.name}: holds a configuration and no graph; inputs and "
        "outputs are for graphs: give open lengths, --length AXIS=N (lengths= in Python)"
    )


def export(
    source: Any,
    logdir: str | os.PathLike[str],
    *,
    inputs: Any = None,
    outputs: Sequence[Any] | None = None,
    lengths: Mapping[str, int] | None = None,
    name: str | None = None,
    signature: str | None = None,
    step: Any = 0,
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
        signature: as for `analyze`.
        name: the tag under which it is written. Default: the network's name.
        step: the training step that it describes: a whole number, or a variable that holds one
            (``model.optimizer.iterations``).

    Returns:
        The timeline that was written.

    Raises:
        tb_rnnview.errors.SourceError: the source cannot be read, or the folder not written.
    """
    from tb_rnnview.whole_number import whole_number
    from tb_rnnview.writing import write_timeline

    _check_name(name)
    if not isinstance(logdir, (str, os.PathLike)):
        raise SourceError(f"logdir must be the path of a folder, not {type(logdir).__name__}")
    number = whole_number(step, "step")
    timeline: Timeline = (
        source
        if isinstance(source, Timeline)
        else analyze(
            source,
            inputs=inputs,
            outputs=outputs,
            lengths=lengths,
            name=name,
            signature=signature,
        )
    )
    write_timeline(timeline, logdir, tag=name or timeline.name or "rnnview", step=number)
    return timeline
