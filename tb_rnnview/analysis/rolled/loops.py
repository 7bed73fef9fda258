"""Which roles make up a loop over time: those that need their own results of another timestep.

What feeds such a loop at each timestep, and what is made of its results at each timestep, goes
with it. Loops run one after the other, so that a later one may read all that an earlier one made.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tb_rnnview.analysis.ordering import components
from tb_rnnview.analysis.rolled.lockstep import Role
from tb_rnnview.analysis.rolled.operands import Inside, Operand


@dataclass(eq=False)
class WrittenLoop:
    """A loop over time that is written out."""

    roles: list[Role]
    start: int
    """The first timestep, in the order of the family's elements."""
    stop: int
    backward: bool
    carried: list[Role] = field(default_factory=list)
    """The roles that need what one of them made at another timestep."""

    @property
    def steps(self) -> int:
        """How many timesteps it has."""
        return self.stop - self.start


def find_written_loops(operands: dict[Role, list[Operand]]) -> list[WrittenLoop]:
    """The loops of a family, in an order in which they can run."""
    reads = {
        role: [o.role for o in found if isinstance(o, Inside)] for role, found in operands.items()
    }
    place: dict[Role, int] = {}
    loops: list[WrittenLoop] = []
    order = components(list(operands), lambda role: reads[role])
    for together in order:
        loop = _recurrence(together, operands)
        if loop is not None:
            place.update((role, len(loops)) for role in together)
            loops.append(loop)
    # A circle that is no loop over time cannot be rolled up.
    others = [x[0] for x in order if len(x) == 1 and x[0] not in reads[x[0]] and x[0] not in place]
    readers: dict[Role, list[Role]] = {}
    for role, found in reads.items():
        for source in found:
            readers.setdefault(source, []).append(role)
    made_of_one = _after(place, readers)

    def fits(role: Role, at: int) -> bool:
        """Whether a loop may make a role, of those who read it and what it reads in that loop."""
        there = [r for r in readers.get(role, []) if place.get(r) == at]
        ways = [o for r in there for o in operands[r] if isinstance(o, Inside) and o.role is role]
        ways += [o for o in operands[role] if isinstance(o, Inside) and place.get(o.role) == at]
        in_time = all(o.ago <= 0 if loops[at].backward else o.ago >= 0 for o in ways)
        return in_time and _spans(role, loops[at])

    # What feeds one loop only belongs to it. What feeds several belongs to the first, if it is
    # made of nothing that loops make: later ones read what that one left.
    for role in reversed(others):
        fed = {place.get(r, -1) for r in readers.get(role, [])}
        if not fed or -1 in fed or (len(fed) > 1 and role in made_of_one):
            continue
        if fits(role, min(fed)):
            place[role] = min(fed)
    # Anything else that is made of results belongs to the last loop that it reads.
    for role in others:
        made_by = [place[r] for r in reads[role] if r in place]
        if role in place or role not in made_of_one or not made_by:
            continue
        inputs = _inputs(role, reads, place, made_of_one)
        if inputs is not None and all(fits(r, max(made_by)) for r in (role, *inputs)):
            place.update((r, max(made_by)) for r in (role, *inputs))
    for role in [role for together in order for role in together]:
        if role in place:
            loops[place[role]].roles.append(role)
    return loops


def _inputs(
    role: Role, reads: dict[Role, list[Role]], place: dict[Role, int], made_of_one: set[Role]
) -> list[Role] | None:
    """What a role reads that is in no loop yet; None = some of it is made of results."""
    found: list[Role] = []
    pending = [role]
    while pending:
        for source in reads[pending.pop()]:
            if source in place or source in found:
                continue
            if source in made_of_one:
                return None
            found.append(source)
            pending.append(source)
    return found


def _recurrence(together: list[Role], operands: dict[Role, list[Operand]]) -> WrittenLoop | None:
    inside = set(together)
    signs = {
        (o.ago > 0) - (o.ago < 0)
        for role in together
        for o in operands[role]
        if isinstance(o, Inside) and o.role in inside and o.ago
    }
    if len(signs) != 1:
        return None
    # Something may be done once more before the first timestep, or after the last.
    start = int(np.median([role.start for role in together]))
    stop = int(np.median([role.stop for role in together]))
    loop = WrittenLoop([], start, stop, signs == {-1}, together)
    return loop if all(_spans(role, loop) for role in together) else None


def _spans(role: Role, loop: WrittenLoop) -> bool:
    """Whether a role has all timesteps of a loop; the last may do without it."""
    if loop.backward:
        return role.stop >= loop.stop and role.start < loop.stop - 1
    return role.start <= loop.start and role.stop > loop.start + 1


def _after(place: dict[Role, int], readers: dict[Role, list[Role]]) -> set[Role]:
    """The roles that are made, however indirectly, of what a loop makes."""
    found: set[Role] = set()
    pending = list(place)
    while pending:
        for role in readers.get(pending.pop(), []):
            if role not in found:
                found.add(role)
                pending.append(role)
    return found
