"""Loops of one step, each started by the state that the one before it left: timesteps in a row.

A program may call a recurrent layer (not its cell) on one element after the other, and hand its
state on by itself, outside any loop. Each call has a loop of a single step of its own. As the state
goes on and the weights stay, the calls are the timesteps of one axis. Layers that are applied once
between one of these timesteps and the next one are applied at each timestep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.axes import Axes, TimeAxis
from tb_rnnview.analysis.instances import Instance, Instances
from tb_rnnview.analysis.lengths import Length
from tb_rnnview.analysis.ordering import components
from tb_rnnview.analysis.picked_elements import PickedElements
from tb_rnnview.graph.control_flow import ENTER, SWITCH
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk
from tb_rnnview.timeline import Direction

_HANDS_A_STATE_ON = (
    ops.LAYOUT
    | ops.SPLITS
    | ops.ARRAY_STACKS
    | frozenset({"Identity", "IdentityN", "StridedSlice", "Slice", "Gather", "GatherV2", *SWITCH})
)


@dataclass(eq=False)
class _Row:
    """Applications of the same weights, timestep by timestep."""

    steps: list[list[Instance]]
    axis: TimeAxis


def join_chained_steps(
    graph: Graph, instances: Instances, axes: Axes, picked: PickedElements
) -> Instances:
    """The instances, with those joined that are one layer at timesteps in a row.

    The loops of a row get an axis in common, in place; at which of its timesteps something else
    runs in them is noted in the graph.
    """
    chains = _apart(_chains(graph, instances.all, axes))
    if not chains:
        return instances
    rows: list[_Row] = []
    for chain in chains:
        reached = _Reached(graph, [i.nodes for i in chain])
        axis = next((row.axis for row in rows if reached.side_by_side(row.steps)), None)
        if axis is None:
            axis = _new_axis(chain, axes, picked)
            free = [i for i in instances.all if i.loop is None and i.core is None and not i.steps]
            taken = {id(i) for row in rows for step in row.steps for i in step}
            for steps in reached.one_in_each(graph, [i for i in free if id(i) not in taken]):
                rows.append(_Row(steps, axis))
        else:
            _move(chain, axis, axes)
        rows.append(_Row([[i] for i in chain], axis))
    _note_steps(graph, instances.all, rows)
    joined: dict[int, Instance] = {}
    for row in rows:
        one = _one(row)
        joined.update({id(i): one for step in row.steps for i in step})
    found = list({id(x): x for x in (joined.get(id(i), i) for i in instances.all)}.values())
    owner = {node: joined.get(id(i), i) for node, i in instances.owner.items()}
    return Instances(found, owner, instances.elsewhere, instances.initial)


def _one(row: _Row) -> Instance:
    """All applications of a row as one: what a timestep uses is what the first one uses."""
    first = row.steps[0]
    nodes = [set[int]().union(*(i.nodes for i in step)) for step in row.steps]
    return Instance(
        nodes=set[int]().union(*nodes),
        sites=[site for i in first for site in i.sites],
        core=first[0].core,
        loop=first[0].loop,
        steps=nodes,
        axis=row.axis,
        taken_by={node: taker for i in first for node, taker in i.taken_by.items()},
    )


def _chains(graph: Graph, instances: list[Instance], axes: Axes) -> list[list[Instance]]:
    """Rows of recurrences of one step each, of which each starts where the one before it ends."""
    single: dict[frozenset[tuple[int, str]], list[Instance]] = {}
    for instance in instances:
        axis = axes.of.get(instance.loop.frame) if instance.loop is not None else None
        if instance.core is None or axis is None or axis.parent is not None:
            continue
        if axis.length.steps == 1 and not axis.length.is_bound:
            single.setdefault(instance.signature(graph), []).append(instance)
    chains = []
    for group in single.values():
        if len(group) < 2:
            continue
        ends = {
            node: instance
            for instance in group
            if instance.loop is not None
            for carried in instance.loop.carried
            for node in carried.exits
        }
        before = {id(i): _started_by(graph, i, ends) for i in group}
        after: dict[int, list[Instance]] = {}
        for instance in group:
            if (previous := before[id(instance)]) is not None:
                after.setdefault(id(previous), []).append(instance)
        for instance in group:
            if before[id(instance)] is not None:
                continue
            chain = [instance]
            while len(following := after.get(id(chain[-1]), [])) == 1:
                chain.append(following[0])
            if len(chain) > 1:
                chains.append(chain)
    return chains


def _apart(chains: list[list[Instance]]) -> list[list[Instance]]:
    """The rows, without those that have some loops in common with a longer one, and not all.

    A loop may run several cells. Where some go on and others start anew, the timesteps are those of
    the row that goes on.
    """
    row_of: dict[int, list[int]] = {}
    kept = set()
    for chain in sorted(chains, key=len, reverse=True):
        row = [_frame(instance) for instance in chain]
        if all(row_of.get(frame, row) == row for frame in row):
            row_of.update(dict.fromkeys(row, row))
            kept.add(id(chain))
    return [chain for chain in chains if id(chain) in kept]


def _note_steps(graph: Graph, instances: list[Instance], rows: list[_Row]) -> None:
    """Notes, in the graph, at which timestep of a row something runs that is in no row itself."""
    in_rows = {id(i) for row in rows for step in row.steps for i in step}
    at = {
        instance.loop.frame: k
        for row in rows
        for k, step in enumerate(row.steps)
        for instance in step
        if instance.loop is not None
    }
    for instance in instances:
        k = at.get(instance.loop.frame) if instance.loop is not None else None
        if k is not None and id(instance) not in in_rows:
            graph.written_at.update({site.node: (k, k + 1) for site in instance.sites})


def _started_by(graph: Graph, instance: Instance, ends: dict[int, Instance]) -> Instance | None:
    """The recurrence whose last states are all the first states of this one."""
    assert instance.core is not None
    found: set[int] = set()
    by_id = {id(i): i for i in ends.values()}
    for carried in instance.core.all_states:

        def before(node: int) -> list[int]:
            op = graph.op(node)
            if op in ENTER or op in _HANDS_A_STATE_ON:
                return list(graph.sources(node))[:1]
            return []

        reached = [ends[n] for n in walk([carried.enter], before) if n in ends]
        if not reached:
            return None
        found.update(id(i) for i in reached)
    one = by_id[found.pop()] if len(found) == 1 else None
    return None if one is instance else one


def _new_axis(chain: list[Instance], axes: Axes, picked: PickedElements) -> TimeAxis:
    axis = TimeAxis([], Length(len(chain)), is_unrolled=True)
    place = axes.all.index(axes.of[_frame(chain[0])])
    _move(chain, axis, axes)
    axes.all.insert(place, axis)
    starts = [_walked(i) for i in chain]
    order = picked.in_order([s for s in starts if s is not None]) if all(starts) else None
    for instance in chain:
        turned = order is not None and order[1]
        axes.direction[_frame(instance)] = Direction.BACKWARD if turned else Direction.FORWARD
    return axis


def _move(chain: list[Instance], axis: TimeAxis, axes: Axes) -> None:
    """Puts the loops of a row on an axis in common."""
    for instance in chain:
        old = axes.of[_frame(instance)]
        if old is axis:
            continue  # it came along with another one
        if old in axes.all:
            axes.all.remove(old)
        for loop in old.loops:
            axes.of[loop.frame] = axis
        axis.loops.extend(old.loops)


def _frame(instance: Instance) -> int:
    assert instance.loop is not None
    return instance.loop.frame


def _walked(instance: Instance) -> tuple[int, int] | None:
    """The tensor along which the loop of an instance walks."""
    assert instance.loop is not None
    return next((e.tensor for e in instance.loop.elements if not e.writes), None)


class _Reached:
    """Which steps of a row lead to each node, and to which each node leads, as bit sets."""

    def __init__(self, graph: Graph, steps: Sequence[set[int]]) -> None:
        self.count = len(steps)

        def readers(node: int) -> list[int]:
            return [to for _, to, _ in graph.consumers(node)]

        self._from = _spread(steps, graph.sources, readers)
        self._to = _spread(steps, readers, graph.sources)

    def _step(self, instance: Instance) -> int | None:
        """The step that an instance belongs to: the first that it feeds, else the last before."""
        leads_to, led_by = 0, 0
        for node in instance.nodes:
            leads_to |= self._to.get(node, 0)
            led_by |= self._from.get(node, 0)
        if leads_to:
            return (leads_to & -leads_to).bit_length() - 1
        return led_by.bit_length() - 1 if led_by else None

    def one_in_each(self, graph: Graph, instances: list[Instance]) -> list[list[list[Instance]]]:
        """Groups of instances that use the same variables alike, as many in each step."""
        alike: dict[frozenset[tuple[int, str]], list[Instance]] = {}
        for instance in instances:
            alike.setdefault(instance.signature(graph), []).append(instance)
        found = []
        for group in alike.values():
            steps: list[list[Instance]] = [[] for _ in range(self.count)]
            for instance in group:
                if (k := self._step(instance)) is not None:
                    steps[k].append(instance)
            if steps[0] and {len(step) for step in steps} == {len(steps[0])}:
                found.append(steps)
        return found

    def side_by_side(self, steps: list[list[Instance]]) -> bool:
        """Whether step k of another row is fed by step k of this one, or feeds it."""
        if len(steps) != self.count or steps[0][0].core is None:
            return False
        return [self._step(step[0]) for step in steps] == list(range(self.count))


def _spread(
    steps: Sequence[set[int]],
    before: Callable[[int], Iterable[int]],
    after: Callable[[int], Iterable[int]],
) -> dict[int, int]:
    """What each step leads to, by node; what enters a loop leaves it.

    Args:
        steps: the nodes of each step.
        before: the nodes that lead to a node, directly.
        after: the nodes that a node leads to, directly.
    """
    own: dict[int, int] = {}
    for k, nodes in enumerate(steps):
        for node in nodes:
            own[node] = own.get(node, 0) | 1 << k
    met = set(walk(own, after))
    bits: dict[int, int] = {}
    for circle in components(sorted(met), lambda n: [s for s in before(n) if s in met]):
        found = 0
        for node in circle:
            found |= own.get(node, 0)
            for source in before(node):
                found |= bits.get(source, 0)
        bits.update(dict.fromkeys(circle, found))
    return bits
