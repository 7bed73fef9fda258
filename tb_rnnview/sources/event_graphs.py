"""Chooses one of the graphs that a run has logged.

A run logs its graph more than once: as a GraphDef, as a MetaGraph, again after a restart or when
the program has added to it. The best is, in this order: one that multiplies at all (functions that
were traced on the way are no networks), one whose variables are listed beside it (a MetaGraph with
collections), the one with most nodes, one that was not traced while it ran (there the nodes that
stand for variables have lost their scopes), the latest.

What Keras' TensorBoard callback writes with ``write_graph=True``, its default (measured on the
versions named):

- the model's configuration in JSON, under the plugin ``graph_keras_model``: always, for Sequential
  and functional models; never for subclassed ones;
- TensorFlow 2.0 to 2.3: the graph that Keras built the model in: forward pass, loss and metrics,
  no gradients. Variables are Placeholders like ``lstm/StatefulPartitionedCall/args_3``;
- tf_keras 2.21: the function of a training step, gradients and optimiser included, and only if the
  callback is called at each batch: with ``profile_batch`` or ``write_steps_per_second``. Variables
  are Placeholders like ``model/lstm/Read/ReadVariableOp/resource``;
- Keras 3.6: the same function, as a call; variables are Placeholders like ``3037``;
- Keras 3.15: no graph. With ``profile_batch`` it and tf_keras write the functions that ran at that
  batch, under the plugin ``graph_run_metadata_graph`` and a tag like ``batch_2``: the training
  function among them, whether compiled by XLA or not. Variables are arguments like ``unknown_2``,
  and no shape of one is written down. With ``run_eagerly`` there is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from google.protobuf.message import DecodeError
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.sources.event_file import GraphRecord
from tb_rnnview.sources.graph_file import from_graph_def, from_meta_graph
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.plausible import why_not_a_graph
from tb_rnnview.sources.stored_graph import graph_of, meta_graph_of, names_and_ops
from tb_rnnview.sources.traced_graphs import has_products, traced_graphs
from tb_rnnview.timeline import Finding, Severity

_OFFERED = 8


@dataclass(frozen=True)
class _Candidate:
    source: GraphSource
    form: str
    tag: str
    nodes: int
    names: int
    """Hash of the set of node names: the same graph logged twice, in whatever order, is one."""
    multiplies: bool


def choose_graph(
    records: Sequence[GraphRecord], path: str, name: str, tag: str | None = None
) -> GraphSource | None:
    """The best graph of some records of one run; None = none of them holds one.

    Args:
        records: in the order in which they were written.
        path: what the user gave.
        name: what to call the network.
        tag: only graphs that were traced under this tag; or the name that a graph has here.
    """
    best, different = _best(_all(records, path, name, tag))
    if best is None and tag is not None:
        return _called(records, path, name, tag)
    if best is None:
        return None
    if len(different) == 1:
        return best.source
    return replace(best.source, findings=(_finding(best, different),))


def names_of(records: Sequence[GraphRecord]) -> tuple[str, ...]:
    """What the graphs are called: by the tags under which they were traced, or by their kind."""
    return tuple(_names(_best(_all(records, "", ""))[1]))


def _best(candidates: Iterator[_Candidate]) -> tuple[_Candidate | None, list[_Candidate]]:
    """The best graph; and the different ones, as they were logged, without their content.

    These are the networks, or all where none multiplies.
    """
    best: _Candidate | None = None
    different: dict[int, _Candidate] = {}
    for candidate in candidates:
        if best is not None and best.multiplies != candidate.multiplies:
            if best.multiplies:
                continue
            different.clear()
        different[candidate.names] = replace(
            candidate, source=GraphSource(GraphDef(), candidate.source.source)
        )
        if best is None or _rank(candidate) >= _rank(best):
            best = candidate
    return best, list(different.values())


def _called(
    records: Sequence[GraphRecord], path: str, name: str, wanted: str
) -> GraphSource | None:
    """The graph that `names_of` gives a name; None = none."""
    named = _names(_best(_all(records, path, name))[1])
    if wanted not in named:
        return None
    same = (c for c in _all(records, path, name) if c.names == named[wanted].names)
    best, _ = _best(same)
    return None if best is None else best.source


def _names(different: Sequence[_Candidate]) -> dict[str, _Candidate]:
    """The graphs by name, in their order; of one tag and kind, the second is ``GraphDef (2)``."""
    count: Counter[str] = Counter()
    named = {}
    for candidate in different:
        plain = candidate.tag or candidate.form
        count[plain] += 1
        named[f"{plain} ({count[plain]})" if count[plain] > 1 else plain] = candidate
    return named


def _rank(candidate: _Candidate) -> tuple[bool, bool, int, bool]:
    declared = bool(candidate.source.declared)
    return (candidate.multiplies, declared, candidate.nodes, not candidate.tag)


def _finding(best: _Candidate, different: Sequence[_Candidate]) -> Finding:
    sizes = sorted((c.nodes for c in different if c.names != best.names), reverse=True)
    others = ", ".join(f"{n:,}" for n in sizes[:4]) + (", …" if len(sizes) > 4 else "")
    tag = f" traced under the tag {best.tag!r}" if best.tag else ""
    declared = len(best.source.declared)
    listed = (
        f" and a list of {declared:,} variable{'s' if declared > 1 else ''}" if declared else ""
    )
    what = "the other has" if len(sizes) == 1 else "the others have"
    names = [repr(name) for name, c in _names(different).items() if c.names != best.names]
    offered = ", ".join(names[:_OFFERED]) + (", …" if len(names) > _OFFERED else "")
    return Finding(
        code="GRAPH_CHOSEN",
        severity=Severity.INFO,
        message=(
            f"{len(different)} different graphs are logged here. This is the {best.form}{tag} "
            f"with {best.nodes:,} nodes{listed}; {what} {others} nodes."
        ),
        advice=f"To see another one, give it to --tag: {offered}.",
    )


def _all(
    records: Sequence[GraphRecord], path: str, name: str, tag: str | None = None
) -> Iterator[_Candidate]:
    """The graphs in the order in which they were logged; those of one tag, if that is given."""
    for record in records:
        yield from (c for c in _candidates(record, path, name) if tag in (None, c.tag))


def _candidates(record: GraphRecord, path: str, name: str) -> Iterator[_Candidate]:
    try:
        event = record.load()
        what = event.WhichOneof("what")
        if what == "meta_graph_def":
            meta, graph = meta_graph_of(event.meta_graph_def)
            if not why_not_a_graph(graph):
                source = from_meta_graph(meta, path, name, "event_file", graph)
                yield _candidate(source, "MetaGraph")
        elif what == "graph_def":
            graph = graph_of(event.graph_def)
            if not why_not_a_graph(graph):
                yield _candidate(from_graph_def(graph, path, name, "event_file"), "GraphDef")
        elif what == "summary":
            yield from _traced(event, path, name)
    except DecodeError:  # one damaged record does not spoil the others
        return


def _traced(event: Event, path: str, name: str) -> Iterator[_Candidate]:
    for value in event.summary.value:
        if not value.metadata.plugin_data.plugin_name.startswith("graph_run_metadata"):
            continue
        for data in value.tensor.string_val:
            for traced in traced_graphs(data):
                if not why_not_a_graph(traced):
                    source = from_graph_def(traced, path, name, "event_file")
                    yield _candidate(source, "function graph", value.tag)


def is_network(source: GraphSource) -> bool:
    """Whether a graph multiplies at all: functions that ran beside the training do not."""
    return _candidate(source, "").multiplies


def _candidate(source: GraphSource, form: str, tag: str = "") -> _Candidate:
    graph = source.graph_def
    functions = [names_and_ops(f.node_def) for f in graph.library.function]
    inside = sum(map(len, functions))
    main = names_and_ops(graph.node)
    # What a function takes and gives back is named otherwise where it was written as it ran.
    own = frozenset(name for name, op in main if op not in ("Placeholder", "_Retval"))
    nodes = sum(op != "_Retval" for _, op in main) + inside
    operations = {op for nodes in (main, *functions) for _, op in nodes}
    return _Candidate(source, form, tag, nodes, hash((own, inside)), has_products(operations))
