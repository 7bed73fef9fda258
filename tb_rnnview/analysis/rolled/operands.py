"""Where each role takes its operands from: the same timestep, an earlier one, or outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tb_rnnview.analysis.rolled.arrays import Ints
from tb_rnnview.analysis.rolled.lockstep import Family, Lockstep, Role
from tb_rnnview.graph.form import Tensor


@dataclass(frozen=True)
class Inside:
    """An operand that a role of the family makes, at the same timestep or ``ago`` before it."""

    role: Role
    port: int
    ago: int
    """0 = at the same timestep, 1 = at the one before, -1 = at the one after."""
    starts: tuple[Tensor, ...] = ()
    """What stands for it where there is no such timestep: of the first one on."""


@dataclass(frozen=True)
class Outside:
    """An operand that no role of the family makes."""

    nodes: Ints
    ports: Ints

    @property
    def is_same(self) -> bool:
        """Whether all timesteps read the same."""
        same = (self.nodes == self.nodes[0]).all() and (self.ports == self.ports[0]).all()
        return bool(same)


Operand = Inside | Outside
Readers = dict[Role, list[tuple[Role, Inside]]]
"""For each role, what reads it, and how."""


def find_operands(walk: Lockstep, family: Family) -> dict[Role, list[Operand]]:
    """The operands of each role, by input slot.

    Timesteps that are unlike the others at an end of a role are taken out of it, in place; so are
    roles of which fewer than two timesteps are left.
    """
    while True:
        found: dict[Role, list[Operand]] = {}
        settled = True
        for role in list(family.roles):
            read = _operands(walk, family, role)
            if isinstance(read, list):
                found[role] = read
            else:
                _take_out(walk, family, role, read)
                settled = False
        if not settled:
            continue
        readers: Readers = {}
        for role, operands in found.items():
            for operand in operands:
                if isinstance(operand, Inside):
                    readers.setdefault(operand.role, []).append((role, operand))
        if not _moved_to_readers(walk, family, readers) and not _moved_to_makers(
            walk, family, found, readers
        ):
            return found


def _moved_to_readers(walk: Lockstep, family: Family, readers: Readers) -> bool:
    """Moves some roles, in place, to the timestep that reads them; whether there were any.

    What is made of a state may have been found from the timestep that made the state. If it is read
    a timestep later, and what is read first is made in the same way, it belongs to the timestep of
    its readers; so does whatever else is made of it.
    """
    for role, read in readers.items():
        if role in family.ends:
            continue
        way = next((o for _, o in read if abs(o.ago) == 1 and len(o.starts) == 1), None)
        if way is None:
            continue
        moved = _with_readers(walk, family, role, way, readers)
        for one, node in moved.items():
            nodes = np.roll(one.nodes, way.ago)
            nodes[one.start if way.ago > 0 else one.stop - 1] = node
            walk.move(one, nodes)
        if moved:
            return True
    return False


def _with_readers(
    walk: Lockstep,
    family: Family,
    role: Role,
    way: Inside,
    readers: Readers,
) -> dict[Role, int]:
    """The roles to be moved with one, and for each the node of the timestep that it gets.

    None where one of them would have to run before what it reads.
    """
    moved = {role: way.starts[0][0]}
    pending = [role]
    while pending:
        here = pending.pop()
        first = here.start if way.ago > 0 else here.stop - 1
        room = here.stop < family.steps if way.ago > 0 else here.start > 0
        if not room or not walk.is_like(moved[here], int(here.nodes[first])):
            return {}
        for reader, operand in readers.get(here, []):
            if operand.ago == way.ago and operand.starts[:1] == ((moved[here], operand.port),):
                continue
            if operand.ago or reader.start != here.start or reader.stop != here.stop:
                return {}
            alike = [
                to
                for _, to, _ in walk.arrays.graph.consumers(moved[here])
                if walk.is_like(to, int(reader.nodes[first]))
            ]
            if reader not in moved and len(set(alike)) == 1:
                moved[reader] = alike[0]
                pending.append(reader)
            elif moved.get(reader) not in alike:
                return {}
    return moved


def _moved_to_makers(
    walk: Lockstep, family: Family, operands: dict[Role, list[Operand]], readers: Readers
) -> bool:
    """Moves some roles, in place, to the timestep that makes what they read; whether there are any.

    A decoder's first input may be made of what an encoder gave, by the projection that makes each
    later one of the decoder's own output. If those were taken for the beginnings of timesteps, the
    loop would carry its state twice, each time from another start. They are ends of timesteps, and
    the first of them lies before the loop.
    """
    for role, found in operands.items():
        for way in found:
            if not isinstance(way, Inside) or way.ago != 1:
                continue
            states = (o for _, o in readers[way.role] if (o.port, o.ago) == (way.port, 1))
            if all(o.starts == way.starts for o in states):
                continue
            moved = _once_more(role, operands, readers)
            for one in moved:
                nodes = one.nodes.copy()
                nodes[one.start] = -1
                walk.move(one, np.roll(nodes, -1))
                family.ends.add(one)
            if moved:
                return True
    return False


def _once_more(role: Role, operands: dict[Role, list[Operand]], readers: Readers) -> list[Role]:
    """A role and what is done with it, if all that is done once more than there are timesteps."""
    found = [role]
    for one in found:
        if (one.start, one.stop) != (role.start, role.stop):
            return []
        for reader, way in readers.get(one, []):
            if way.ago or reader.stop > role.stop:
                return []
            if reader.stop == role.stop and reader not in found:
                found.append(reader)
        made_of = (o for o in operands[one] if isinstance(o, Inside) and not o.ago)
        found.extend({o.role: None for o in made_of if o.role not in found})
    return found


def _take_out(walk: Lockstep, family: Family, role: Role, steps: Ints) -> None:
    left = np.flatnonzero(role.nodes >= 0)
    left = left[~np.isin(left, steps)]
    if len(left) < 2 or left[-1] - left[0] + 1 != len(left):
        steps = np.flatnonzero(role.nodes >= 0)
        family.roles.remove(role)
    walk.role_of[role.nodes[steps]] = -1
    role.nodes = role.nodes.copy()
    role.nodes[steps] = -1


def _operands(walk: Lockstep, family: Family, role: Role) -> list[Operand] | Ints:
    """The operands of a role, or the timesteps at which they are not like those of the others."""
    step = np.flatnonzero(role.nodes >= 0)
    counts = walk.arrays.count[role.nodes[step]]
    usual = np.median(counts)
    if (counts != usual).any():
        odd: Ints = step[counts != usual]
        return odd
    found: list[Operand] = []
    for slot in range(int(usual)):
        nodes, ports = walk.arrays.inputs(role.nodes[step], slot)
        operand = _operand(walk, family, step, nodes, ports)
        if not isinstance(operand, Inside | Outside):
            return operand
        found.append(operand)
    return found


def _operand(
    walk: Lockstep, family: Family, step: Ints, nodes: Ints, ports: Ints
) -> Operand | Ints:
    role_of = walk.role_of[nodes]
    inside = np.flatnonzero(role_of >= family.first)
    if not len(inside):
        outside = Outside(nodes, ports)
        # With weights of its own a timestep is no copy of the others.
        return step if not outside.is_same and walk.holds_variable(nodes) else outside
    ago = step - walk.step_of[nodes]
    # Of an end of the sequence nothing is to be learnt of the others.
    usual = inside[len(inside) // 2]
    like = (role_of == role_of[usual]) & (ports == ports[usual]) & (ago == ago[usual])
    like &= role_of >= family.first
    source = walk.roles[int(role_of[usual])]
    back = int(ago[usual])
    before = step < source.start + back if back > 0 else step >= source.stop + back
    if back == 0:
        before = np.zeros(len(step), dtype=bool)
    other = step[~like & ~before]
    if not len(other):
        starts = tuple(zip(nodes[before].tolist(), ports[before].tolist(), strict=True))
        return Inside(source, int(ports[usual]), back, starts)
    at_an_end = other[-1] == step[len(other) - 1] or other[0] == step[-len(other)]
    return other if at_an_end and len(other) * 2 < len(step) else step
