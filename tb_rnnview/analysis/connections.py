"""Where data flow from one instance into another, and how many timesteps later.

The end of a step feeds the start of the next: a value that goes round its loop arrives one
timestep later. An element that is written to an array at t is read at t, whoever reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.carried import Carried
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.liveness import needed_by
from tb_rnnview.analysis.loops import Loop
from tb_rnnview.analysis.pieces import HANDED_ON, handed_on
from tb_rnnview.graph.control_flow import EXIT, MERGE, SWITCH
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk


@dataclass(frozen=True)
class Flow:
    """Data flow between two instances, by their positions."""

    source: int
    target: int
    offset: int
    starts: bool = False
    """It starts a carried value of a loop, whose later values come from the loop itself."""
    starts_state: bool = False
    """That value is a state of the target."""


def find_flows(
    graph: Graph,
    live: bytearray,
    loops: list[Loop],
    instances: list[Instance],
    owner: dict[int, Instance],
) -> list[Flow]:
    """All direct flows between instances: through operations that belong to none."""
    position = {id(instance): i for i, instance in enumerate(instances)}
    flow_exits = {c.next: c.exits for loop in loops for c in loop.carried if c.is_flow}
    ends = {c.next: c for loop in loops for c in loop.carried if not c.is_flow}
    timed = {id(instance.loop) for instance in instances}
    # What a round of an iteration leaves to the next comes no timestep later.
    rounds = {c.next for x in loops if not x.is_axis and id(x) not in timed for c in x.carried}
    enters = {c.enter for loop in loops for c in loop.carried if not c.is_flow}
    state_enters = {
        c.enter: id(instance)
        for instance in instances
        if instance.core is not None
        for c in instance.core.all_states
    }
    # Most of what follows the last weights is a loss, which leads to no instance.
    leads = needed_by(graph, (n for n in owner if live[n]))
    step_of = {
        node: k
        for instance in instances
        if _in_a_row(instance)
        for k, nodes in enumerate(instance.steps)
        for node in nodes
    }
    found: set[Flow] = set()
    for i, instance, step, nodes in _starts(instances):
        seen: set[tuple[int, int, int]] = set()
        before = _state_inputs(graph, instance)
        # The last of each is the Enter through which a carried value started; -1 = through none.
        pending = [(node, int(node in before), -1) for node in nodes if live[node]]
        while pending:
            node, offset, entered = pending.pop()
            if node in enters:
                entered = node
            if node in flow_exits:
                targets = [(x, offset) for x in flow_exits[node]]
            elif node in ends:
                carried = ends[node]
                targets = [(x, offset) for x in carried.exits]
                goes_on = offset == 0 and carried.step is None and node not in rounds
                if goes_on and not _only_holds(graph, live, carried):
                    targets.append((carried.merge, 1))
            else:
                targets = [
                    (to, offset or int(_picks_state(graph, owner.get(to), to, slot)))
                    for _, to, slot in graph.consumers(node)
                    if _flows(graph, to, slot)
                ]
            for to, later in targets:
                here = (to, later, entered)
                if not live[to] or not leads[to] or here in seen:
                    continue
                seen.add(here)
                other = owner.get(to)
                if other is None or (other is not instance and _is_state_of(other, to)):
                    pending.append(here)
                elif other is not instance and id(other) in position:
                    starts_state = state_enters.get(entered) == id(other)
                    if other.axis is instance.axis and to in step_of and step is not None:
                        later = step_of[to] - step
                    found.add(Flow(i, position[id(other)], later, entered >= 0, starts_state))
    return sorted(found, key=lambda f: (f.source, f.target, f.offset, f.starts, f.starts_state))


def _in_a_row(instance: Instance) -> bool:
    return instance.axis is not None and instance.axis.is_unrolled


def _starts(instances: list[Instance]) -> Iterator[tuple[int, Instance, int | None, set[int]]]:
    """Where to start from: each instance, or each step of one whose steps stand in a row."""
    for i, instance in enumerate(instances):
        if _in_a_row(instance):
            yield from ((i, instance, k, nodes) for k, nodes in enumerate(instance.steps))
        else:
            yield i, instance, None, instance.nodes


def _picks_state(graph: Graph, instance: Instance | None, node: int, slot: int) -> bool:
    """Whether data only choose which parts of a state go on, as the parents in a beam search.

    What they choose is read at the next timestep.
    """
    op = graph.op(node)
    return (
        instance is not None
        and instance.core is not None
        and op in ops.GATHERS
        and slot != ops.GATHERS[op]
    )


def _only_holds(graph: Graph, live: bytearray, carried: Carried) -> bool:
    """Whether a value is carried only to be held: an output that a mask replaces or leaves.

    What it was before tells nothing new to whoever reads what it becomes.
    """
    end = handed_on(graph, graph.inputs(carried.next)[0])[0]
    if graph.op(end) not in ops.SELECTS:
        return False
    if all(handed_on(graph, t)[0] != carried.merge for t in graph.inputs(end)[1:]):
        return False
    readers = walk([carried.merge], lambda n: _readers(graph, n) if n != end else ())
    kept = (carried.merge, end)
    return all(n in kept or graph.op(n) in HANDED_ON or not live[n] for n in readers)


def _readers(graph: Graph, node: int) -> Iterator[int]:
    """What takes a value in, of a plumbing operation what takes it from there; no ends of loops."""
    if graph.op(node) in (*HANDED_ON, *MERGE):
        for _, to, slot in graph.consumers(node):
            if _flows(graph, to, slot):
                yield to


def _flows(graph: Graph, node: int, slot: int) -> bool:
    """Whether the data of an operand matter to a result: shapes and loop conditions do not."""
    op = graph.op(node)
    if op in ops.SHAPE_READERS or op == "LoopCond" or op in EXIT:
        return False  # what leaves a loop is the end of its last step: see the caller
    return not (op in SWITCH and slot == 1)


def _is_state_of(instance: Instance, node: int) -> bool:
    """Whether the node belongs to an instance only as the plumbing of its carried values."""
    core = instance.core
    return core is not None and node in {c.next for c in core.all_states}


def _state_inputs(graph: Graph, instance: Instance) -> set[int]:
    """The nodes that only hand on the states of the timestep before."""
    core = instance.core
    if core is None:
        return set()
    found = {c.merge for c in core.all_states}
    pending = list(found)
    while pending:
        for _, to, _ in graph.consumers(pending.pop()):
            if to in instance.nodes and to not in found and graph.op(to) in (*SWITCH, "Identity"):
                found.add(to)
                pending.append(to)
    return found
