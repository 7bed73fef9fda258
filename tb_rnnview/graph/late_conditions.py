"""Loops that ask at the end of a step whether to go on, and do the next one only if so.

``tf.vectorized_map`` makes such loops of others: each step works out whether it is one more, does
nothing but hand on what it has where it is none, and tells the next round. What is in the step
behind the question runs as often as the answer is yes: that is the loop that asks first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tb_rnnview.graph.control_flow import ENTER, EXIT, MERGE, NEXT, SWITCH, origin
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.identities import with_identities
from tb_rnnview.graph.other_inputs import ints, starts, with_other_inputs
from tb_rnnview.graph.walk import walk

_SAME = ("Identity",)
_SAME_ANSWER = ("Identity", "Reshape")
_COUNTS = frozenset({"Identity", "Add", "AddV2", "Sub", *EXIT, *MERGE, *NEXT, *SWITCH})
_MOST_NODES = 256
"""A question, or a counter, of more than that is none."""


@dataclass
class _Changes:
    """What becomes of a graph."""

    inputs: dict[int, list[Tensor]] = field(default_factory=dict)
    """The inputs of nodes that come to read something else."""
    instead: dict[int, Tensor] = field(default_factory=dict)
    """What nodes come to hand on."""

    def read(self, graph: Graph, node: int, slot: int, tensor: Tensor) -> None:
        self.inputs.setdefault(node, graph.inputs(node))[slot] = tensor


def ask_first(graph: Graph) -> Graph:
    """The graph in which such loops ask before each step."""
    changes = _Changes()
    for condition in graph.nodes_of("LoopCond"):
        _turn(graph, condition, changes)
    if not changes.inputs:
        return graph
    count, source, port = with_other_inputs(
        graph.edges.count, graph.edges.source, graph.edges.port, changes.inputs
    )
    changed = replace(graph, first_input=starts(count), source=ints(source), source_port=ints(port))
    return with_identities(changed, changes.instead)


def _turn(graph: Graph, condition: int, changes: _Changes) -> None:
    """Notes what becomes of one loop, if it is such a one."""
    told = origin(graph, graph.inputs(condition)[0], _SAME)[0]
    asked = _next(graph, told)
    if asked is None or not _is_true(graph, told):
        return
    answer = origin(graph, asked, _SAME)
    switches = [to for _, to, slot in graph.consumers(condition) if slot == 1]
    by_merge = {graph.inputs(switch)[0][0]: switch for switch in switches}
    joined: dict[int, Tensor] = {}
    for merge, switch in by_merge.items():
        if merge == told or merge not in graph.loop_merges:
            continue
        step = _step(graph, merge, switch, answer)
        if step is not None:
            joined.update([step])
        elif not _only_counts(graph, merge):
            return
    cone = _cone(graph, answer, set(switches))
    if not joined or cone is None:
        return
    for node in cone:
        for slot, (source, _) in enumerate(graph.inputs(node)):
            if source in by_merge.values():
                changes.read(graph, node, slot, graph.inputs(source)[0])
    changes.read(graph, condition, 0, origin(graph, answer, _SAME_ANSWER))
    changes.instead.update(joined)
    for switch in _parting(graph, answer):
        for port, to, slot in graph.consumers(switch):
            if port == 1:
                changes.read(graph, to, slot, graph.inputs(switch)[0])


def _next(graph: Graph, merge: int) -> Tensor | None:
    """What comes round a loop at a Merge."""
    if merge not in graph.loop_merges:
        return None
    rounds = [s for s in graph.sources(merge) if graph.op(s) in NEXT]
    return graph.inputs(rounds[0])[0] if len(rounds) == 1 else None


def _is_true(graph: Graph, merge: int) -> bool:
    """Whether what enters at a Merge is the constant True."""
    for source in graph.sources(merge):
        if graph.op(source) in ENTER:
            first = origin(graph, (source, 0), (*_SAME, *ENTER))[0]
            value = graph.attr(first, "value") if graph.op(first) == "Const" else None
            if value is None:
                return False
            tensor = value.tensor
            return bool(tensor.tensor_content == b"\1" or list(tensor.bool_val) == [True])
    return False


def _step(graph: Graph, merge: int, switch: int, answer: Tensor) -> tuple[int, Tensor] | None:
    """Where a value that comes round is joined of both cases, and what a step has made of it.

    None = it is not the same as before where there is no step.
    """
    comes = _next(graph, merge)
    joint = origin(graph, comes, _SAME)[0] if comes is not None else merge
    if graph.op(joint) not in MERGE or joint in graph.loop_merges:
        return None
    ways = graph.inputs(joint)
    if len(ways) != 2:
        return None
    for way, other in (ways, ways[::-1]):
        parting, port = origin(graph, way, _SAME)
        if graph.op(parting) in SWITCH and port == 0:
            before, asked = graph.inputs(parting)
            if origin(graph, asked, _SAME) == answer and origin(graph, before, _SAME) == (
                switch,
                1,
            ):
                return joint, other
    return None


def _only_counts(graph: Graph, merge: int) -> bool:
    """Whether nothing reads a value but what adds to it: the loop's own counter."""
    reached = walk([merge], lambda node: [to for _, to, _ in graph.consumers(node)])
    for count, node in enumerate(reached):
        op = graph.op(node)
        if count == _MOST_NODES or op not in _COUNTS or (op in MERGE and node != merge):
            return False
        if op in EXIT and next(graph.consumers(node), None) is not None:
            return False
    return True


def _cone(graph: Graph, answer: Tensor, switches: set[int]) -> list[int] | None:
    """What the answer is worked out of within a step; None = not of the step's values alone."""
    found: list[int] = []

    def before(node: int) -> Iterator[int]:
        if node not in switches and graph.op(node) not in ENTER:
            yield from graph.sources(node)

    for node in walk([answer[0]], before):
        if node in switches or graph.op(node) in ENTER:
            continue
        if graph.op(node) in (*MERGE, *SWITCH, *NEXT, *EXIT) or len(found) == _MOST_NODES:
            return None
        found.append(node)
    return found


def _parting(graph: Graph, answer: Tensor) -> Iterator[int]:
    """The operations that part a step from none, by the answer."""
    for node in walk([answer[0]], lambda n: _handing_on(graph, n)):
        for _, to, slot in graph.consumers(node):
            if slot == 1 and graph.op(to) in SWITCH:
                yield to


def _handing_on(graph: Graph, node: int) -> list[int]:
    return [to for _, to, _ in graph.consumers(node) if graph.op(to) in _SAME]
