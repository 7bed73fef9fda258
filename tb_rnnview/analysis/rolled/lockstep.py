"""Walks from equal places in all timesteps at once, as long as all of them go the same way.

A role is what one operation of a timestep is: a node for each timestep that has it. From the
elements of a sequence, or from the uses of one weight, consumers of the same kind at the same
input are one role, and so on; so are operands that differ from timestep to timestep.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.known import constant
from tb_rnnview.analysis.rolled.arrays import Arrays, Ints, all_differ
from tb_rnnview.analysis.rolled.colours import Colours, mixed
from tb_rnnview.graph.control_flow import ENTER, EXIT, NEXT

_STAYS = ops.VARIABLES | ops.INPUTS | {"Const", "LoopCond", *ENTER, *EXIT, *NEXT}
_FARTHEST = 4


@dataclass(eq=False)
class Role:
    """One operation of a timestep."""

    nodes: Ints
    """The node of each timestep; -1 = it has none."""

    @property
    def start(self) -> int:
        """The first timestep that has it."""
        return int(np.argmax(self.nodes >= 0))

    @property
    def stop(self) -> int:
        """One more than the last timestep that has it."""
        return len(self.nodes) - int(np.argmax(self.nodes[::-1] >= 0))


@dataclass(eq=False)
class Family:
    """Roles that were found together; all count the same timesteps."""

    steps: int
    frame: int
    roles: list[Role]
    first: int
    """The number of its first role: of all that were found, in their order."""
    ends: set[Role] = field(default_factory=set)
    """What is known to end a timestep, not to begin the next one."""


class Lockstep:
    """Finds families of roles. What one family holds, no other takes."""

    def __init__(self, arrays: Arrays) -> None:
        """Takes the arrays of a graph."""
        self.arrays = arrays
        self.role_of = np.full(len(arrays.graph), -1, dtype=np.int64)
        self.step_of = np.zeros(len(arrays.graph), dtype=np.int64)
        self._colours = Colours(arrays)
        self._stays = arrays.kinds(_STAYS)
        held = arrays.holder
        self._is_variable = (held >= 0) & arrays.kinds(ops.VARIABLES)[arrays.op[held]]
        self._family = Family(0, 0, [], 0)
        self.roles: list[Role] = []
        self._pending: deque[Ints] = deque()
        self._waiting: deque[tuple[Ints, Ints]] = deque()
        self._unclear: deque[tuple[Ints, Ints]] = deque()

    def from_outputs(self, node: int, first: int, steps: int) -> Family:
        """The family of what is done with outputs of one node, one output for each timestep."""
        self._begin(steps, int(self.arrays.frame[node]))
        edges, _ = self.arrays.consumers(np.array([node]))
        step = self.arrays.port[edges] - first
        self._take_readers(edges, step, np.zeros_like(step))
        return self._found()

    def from_nodes(self, nodes: Ints) -> Family:
        """The family of one node for each timestep."""
        self._begin(len(nodes), int(self.arrays.frame[nodes[0]]))
        self._new(np.arange(len(nodes)), nodes)
        self._backwards(self._family.roles[0])
        return self._found()

    def give_up(self, family: Family) -> None:
        """Frees what a family holds."""
        for role in family.roles:
            self.give_up_role(role)

    def give_up_role(self, role: Role) -> None:
        """Frees the nodes of a role."""
        self.role_of[role.nodes[role.nodes >= 0]] = -1

    def is_like(self, node: int, other: int) -> bool:
        """Whether a node that none has claimed does the same with the same weights as another."""
        arrays, colours = self.arrays, self._colours.reaching(0)
        return bool(
            self.role_of[node] < 0
            and colours[node] == colours[other]
            and arrays.count[node] == arrays.count[other]
            and arrays.frame[node] == arrays.frame[other]
            and not self._stays[arrays.op[node]]
        )

    def move(self, role: Role, nodes: Ints) -> None:
        """Lets a role have other nodes, or its own at other timesteps."""
        number = self.roles.index(role)
        self.give_up_role(role)
        role.nodes = nodes
        step = np.flatnonzero(nodes >= 0)
        self.role_of[nodes[step]] = number
        self.step_of[nodes[step]] = step

    def _begin(self, steps: int, frame: int) -> None:
        self._family = Family(steps, frame, [], len(self.roles))
        self._pending.clear()
        self._waiting.clear()
        self._unclear.clear()

    def _found(self) -> Family:
        """Walks on until nothing more is found: forwards first, then to what is read."""
        looked_back = 0
        roles = self._family.roles
        while True:
            while self._pending or self._waiting:
                if self._pending:
                    self._forwards(self._pending.popleft())
                else:
                    # What else feeds them comes first: else it would be taken for what follows.
                    known = len(roles)
                    while self._waiting:
                        self._claim(*self._waiting.popleft(), wait=False)
                    for role in roles[known:]:
                        self._backwards(role)
            if looked_back < len(roles):
                self._backwards(roles[looked_back])
                looked_back += 1
            elif self._unclear:
                self._tell_apart(*self._unclear.popleft())
            else:
                return self._family

    def _forwards(self, nodes: Ints) -> None:
        """Claims what reads a role."""
        at = np.flatnonzero(nodes >= 0)
        edges, place = self.arrays.consumers(nodes[at])
        self._take_readers(edges, at[place], self.arrays.port[edges])

    def _take_readers(self, edges: Ints, step: Ints, port: Ints) -> None:
        """Claims what some edges enter, kind by kind."""
        arrays = self.arrays
        target = arrays.target[edges]
        keep = (arrays.frame[target] == self._family.frame) & ~self._stays[arrays.op[target]]
        edges, step, port, target = edges[keep], step[keep], port[keep], target[keep]
        kind = mixed(arrays.op[target], 1) + mixed(arrays.slots(edges) * 4096 + port, 2)
        for members in _groups(kind):
            self._take_group(step[members], target[members])

    def _take_group(self, step: Ints, target: Ints) -> None:
        """Claims consumers of one kind; where a timestep has several, others have to tell first."""
        if not all_differ(target):
            return  # something that several timesteps flow into
        if all_differ(step) and self._look_alike(step, target):
            self._claim(step, target, wait=True)
        else:
            self._unclear.append((step, target))

    def _tell_apart(self, step: Ints, target: Ints) -> None:
        """Claims those of several consumers that are left, by what comes after them."""
        left = self.role_of[target] < self._family.first
        step, target = step[left], target[left]
        steps_at_all = len(np.unique(step))
        if len(step) == steps_at_all and len(step) > 1 and self._look_alike(step, target):
            self._claim(step, target, wait=True)
            return
        found: list[tuple[Ints, Ints]] = []
        for reach in range(-1, _FARTHEST):
            # Which part it takes tells a cut, unless each timestep takes another.
            colour = self._places(target) if reach < 0 else self._colours.reaching(reach)[target]
            left = np.ones(len(target), dtype=bool)
            for members in _groups(colour):
                steps = step[members]
                # Few of them that look alike are alike by chance.
                if all_differ(steps) and len(steps) >= max(2, steps_at_all - 2):
                    found.append((steps, target[members]))
                    left[members] = False
            step, target = step[left], target[left]
        # At an end something else may follow: what is left over there is one of these.
        ends = [{int(steps.min()) - 1, int(steps.max()) + 1} for steps, _ in found]
        rest = {
            end: self._left_over(
                target[step == end], {k: found[k][1] for k in range(len(found)) if end in ends[k]}
            )
            for end in set().union(*ends)
        }
        for k, (steps, nodes) in enumerate(found):
            for end in sorted(ends[k]):
                if k in rest[end]:
                    steps = np.append(steps, end)
                    nodes = np.append(nodes, rest[end][k])
            self._claim(steps, nodes, wait=True)

    def _left_over(self, nodes: Ints, groups: dict[int, Ints]) -> dict[int, int]:
        """Which of some operations at an end goes on which group; only what is certain."""
        if len(nodes) == len(groups) == 1:
            return dict.fromkeys(groups, int(nodes[0]))
        may_be: dict[int, set[int]] = {node: set() for node in nodes.tolist()}
        for k, group in groups.items():
            one = int(group[len(group) // 2])
            fits = [node for node in may_be if self._may_do_without(node, one)]
            exact = [node for node in fits if self._kinds_read(node) == self._kinds_read(one)]
            for node in exact or fits:
                may_be[node].add(k)
        found: dict[int, int] = {}
        while True:
            sure = [(node, *of) for node, of in may_be.items() if len(of) == 1]
            if not sure or len({k for _, k in sure}) < len(sure):
                return found
            for node, k in sure:
                found[k] = node
                del may_be[node]
            for others in may_be.values():
                others.difference_update(found)

    def _kinds_read(self, node: int) -> list[int]:
        """The types of what an operation reads."""
        arrays = self.arrays
        edges = slice(arrays.first[node], arrays.first[node] + arrays.count[node])
        kinds: list[int] = arrays.op[arrays.source[edges]].tolist()
        return kinds

    def _may_do_without(self, node: int, other: int, depth: int = _FARTHEST) -> bool:
        """Whether an operation is read in no way in which another is not, nor its readers."""
        if not depth:
            return True
        ways = self._readers(other)
        return all(
            any(self._may_do_without(reader, one, depth - 1) for one in ways.get(way, ()))
            for way, readers in self._readers(node).items()
            for reader in readers
        )

    def _readers(self, node: int) -> dict[tuple[int, int, int], list[int]]:
        """What reads an operation, by its type, by the slot that is entered and the output."""
        arrays = self.arrays
        edges, _ = arrays.consumers(np.array([node]))
        target = arrays.target[edges]
        ways = zip(
            arrays.op[target].tolist(),
            arrays.slots(edges).tolist(),
            arrays.port[edges].tolist(),
            strict=True,
        )
        found: dict[tuple[int, int, int], list[int]] = {}
        for way, reader in zip(ways, target.tolist(), strict=True):
            found.setdefault(way, []).append(reader)
        return found

    def _places(self, nodes: Ints) -> Ints:
        """Numbers that are equal for operations that take the same part of what they cut."""
        graph = self.arrays.graph
        numbers: dict[object, int] = {}
        found = []
        for node in nodes.tolist():
            constants = [s for s in graph.sources(node) if graph.op(s) == "Const"]
            # Anything else differs from all others, and is left for its colour to tell.
            cut: object = node
            if graph.op(node) in ops.SPLITS and constants:
                cut = tuple(constant(graph, s) or s for s in constants)
            found.append(numbers.setdefault(cut, len(numbers)))
        return np.array(found)

    def _look_alike(self, step: Ints, nodes: Ints) -> bool:
        """Whether operations use the same weights; but a state may start from a variable."""
        nodes = nodes[np.argsort(step)]
        colours = self._colours.reaching(0)[nodes]
        if (colours == colours[0]).all():
            return True
        middle = colours[len(colours) // 2]
        if len(colours) < 3 or (colours[1:-1] != middle).any():
            return False
        if middle not in (colours[0], colours[-1]):
            return False
        for _, source, _ in self._operands(nodes):
            held = np.where(self._is_variable[source], self.arrays.holder[source], -1)
            if held[len(held) // 2] >= 0 and (held != held[len(held) // 2]).any():
                return False
        return True

    def holds_variable(self, nodes: Ints) -> bool:
        """Whether one of some nodes hands on a variable."""
        return bool(self._is_variable[nodes].any())

    def _claim(self, step: Ints, target: Ints, *, wait: bool) -> None:
        order = np.argsort(step)
        step, target = step[order], target[order]
        role = self.role_of[target]
        own = role >= self._family.first
        if own.all() or (role[~own] >= 0).any():
            return
        if not own.any():
            if len(step) < 2:
                return
            run = _longest_run(step)
            step, target = step[run], target[run]
            if len(step) < 2:
                return
            if wait and self._waits(target):
                self._waiting.append((step, target))
            else:
                self._new(step, target)
            return
        # Some timesteps of the role came another way: the rest follows, if it fits.
        known = np.unique(role[own])
        ahead = np.unique(self.step_of[target[own]] - step[own])
        if len(known) != 1 or len(ahead) != 1:
            return
        one = self.roles[int(known[0])]
        at = step[~own] + ahead[0]
        fits = (at >= 0) & (at < self._family.steps)
        fits[fits] = one.nodes[at[fits]] < 0
        nodes = one.nodes.copy()
        nodes[at[fits]] = target[~own][fits]
        if fits.any() and _is_run(np.flatnonzero(nodes >= 0)):
            one.nodes = nodes
            self._note(int(known[0]), at[fits], target[~own][fits])
            only = np.full(self._family.steps, -1)
            only[at[fits]] = target[~own][fits]
            self._pending.append(only)

    def _waits(self, target: Ints) -> bool:
        """Whether an operand is not known yet that another way may lead to."""
        for _, source, _ in self._operands(target):
            unknown = (self.role_of[source] < self._family.first) & ~self._stays[
                self.arrays.op[source]
            ]
            if unknown.any() and (source != source[0]).any():
                return True
        return False

    def _operands(self, nodes: Ints) -> Iterator[tuple[int, Ints, Ints]]:
        for slot in range(int(self.arrays.count[nodes].min())):
            yield slot, *self.arrays.inputs(nodes, slot)

    def _new(self, step: Ints, target: Ints) -> None:
        nodes = np.full(self._family.steps, -1)
        nodes[step] = target
        role = Role(nodes)
        self._note(len(self.roles), step, target)
        self.roles.append(role)
        self._family.roles.append(role)
        self._pending.append(nodes)

    def _note(self, role: int, step: Ints, target: Ints) -> None:
        self.role_of[target] = role
        self.step_of[target] = step

    def _backwards(self, role: Role) -> None:
        """Claims operands that differ from timestep to timestep and are made alike."""
        pending = [role]
        while pending:
            nodes = pending.pop().nodes
            step = np.flatnonzero(nodes >= 0)
            for _, source, port in self._operands(nodes[step]):
                if (port == port[0]).all() and self._are_made_alike(source):
                    self._new(step, source)
                    pending.append(self.roles[-1])

    def _are_made_alike(self, nodes: Ints) -> bool:
        """Whether nodes, one for each timestep, are one operation of it that none has claimed."""
        arrays = self.arrays
        if (
            len(nodes) < 2
            or not self._look_alike(np.arange(len(nodes)), nodes)
            or (self.role_of[nodes] >= 0).any()
            or self._stays[arrays.op[nodes[0]]]
            or (arrays.frame[nodes] != self._family.frame).any()
            or (arrays.count[nodes] != arrays.count[nodes[0]]).any()
            or not all_differ(nodes)
        ):
            return False
        operands = list(self._operands(nodes))
        if any(self._is_fresh(source, port) for _, source, port in operands):
            return True
        # What a state starts from may be of the same type as what it is later; not what feeds it.
        kinds = (arrays.op[source] for _, source, _ in operands)
        return all((kind == kind[0]).all() for kind in kinds)

    def _is_fresh(self, source: Ints, port: Ints) -> bool:
        """Whether an operand is of a weight, or an input or an element for each timestep."""
        arrays = self.arrays
        if (arrays.holder[source] >= 0).all():
            return not self._stays[arrays.op[source[0]]] or (source == source[0]).all()
        if (source == source[0]).all():
            return all_differ(port)
        return bool(self._stays[arrays.op[source]].all()) and all_differ(source)


def _groups(kind: np.ndarray) -> list[Ints]:
    """The places of equal numbers, group by group, in the order in which they first come."""
    if not len(kind):
        return []
    order = np.argsort(kind, kind="stable")
    ends = np.flatnonzero(np.diff(kind[order])) + 1
    return sorted(np.split(order, ends), key=lambda places: int(places[0]))


def _longest_run(step: Ints) -> Ints:
    """The places of the longest run of numbers that follow one another."""
    ends = np.flatnonzero(np.diff(step) != 1) + 1
    return max(np.split(np.arange(len(step)), ends), key=len)


def _is_run(step: Ints) -> bool:
    return len(step) > 0 and int(step[-1] - step[0]) + 1 == len(step)
