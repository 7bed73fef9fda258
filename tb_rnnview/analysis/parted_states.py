"""Which carried values of a loop make one recurrence, and which are only handed back into one.

Between the input and the output of a carried value k lies R_k. What a program generates is carried
too: the last output goes through a cell and a projection, and is the next input. So R_k may lead
through the recurrence of another value j. The gates of j are the operations that every path from
the weights of R_j to the new value of j passes. Then

- if nothing is left of the weights of R_k once the gates of j are closed, and not the other way
  round, k is feedback of j: it has no recurrence of its own;
- if nothing is left either way, the two are states of one recurrence;
- if something is left, that is the recurrence of k: a layer whose state is also read by the layer
  below it in the next step;
- if the new value of j goes on into that of k without weights, as the c of an LSTM goes into its h,
  and weights of k lead to it, the two are states of one recurrence;
- a value that only waits, made of another state as it was and read by the recurrence of that state
  a step later, is a further state of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from tb_rnnview.analysis.paths_in_step import PathsInStep
from tb_rnnview.analysis.unions import Unions


@dataclass
class Group:
    """The states of one recurrence, by their places among the carried values."""

    members: list[int]
    nodes: set[int]
    matrices: frozenset[int]
    """The uses of weights among the nodes."""


@dataclass
class Parted:
    """The carried values of a loop, parted."""

    groups: list[Group]
    weightless: list[int]
    """Those between whose input and output there are no weights."""
    fed_back: list[int]
    """Those that are made of the states of a group and go back into them."""


def part(paths: PathsInStep, matrices: frozenset[int]) -> Parted:
    """Parts the carried values of a loop into recurrences.

    Args:
        paths: what lies between the carried values.
        matrices: the matrix, convolution and fused-cell uses of weights in the loop.
    """
    count = len(paths.carried)
    own = [matrices & paths.between(k, k) for k in range(count)]
    weighty = [k for k in range(count) if own[k]]
    meeting = {k: [j for j in paths.meeting(k) if own[j]] for k in weighty}
    gates = {k: paths.gates(k, own[k]) for k in weighty if meeting[k]}
    stopped = {
        (k, j): not matrices & paths.between_past(k, k, gates[j])
        for k in weighty
        for j in meeting[k]
    }
    one = Unions(weighty)
    for (k, j), none_left in stopped.items():
        if none_left and stopped[j, k]:
            one.join(k, j)
    through: dict[int, set[int]] = {}
    for (k, j), none_left in stopped.items():
        if none_left and one.of(k) != one.of(j):
            through.setdefault(one.of(k), set()).add(one.of(j))
    # What goes only through values that are themselves fed back goes through no recurrence.
    fed_back = {k for k, others in through.items() if not others <= through.keys()}
    for k, j in stopped:
        ends = one.of(k) not in fed_back and one.of(j) not in fed_back
        if ends and one.of(k) != one.of(j) and _is_part_of(paths, matrices, own, gates, j, k):
            one.join(k, j)
    groups = _groups(paths, matrices, one.groups(), meeting, gates, fed_back, one)
    weightless = [k for k in range(count) if not own[k]]
    for k in list(weightless):
        if not paths.between(k, k) and _waits(paths, matrices, groups, k):
            weightless.remove(k)
    return Parted(groups, weightless, [k for k in weighty if one.of(k) in fed_back])


def _waits(paths: PathsInStep, matrices: frozenset[int], groups: list[Group], k: int) -> bool:
    """Adds a value to the one recurrence whose old state it is and which reads it, if there is."""
    made_of = [g for g in groups if any(_old(paths, matrices, j, k) for j in g.members)]
    if len(made_of) != 1:
        return False
    group = made_of[0]
    between = set[int]().union(*(paths.between(k, j) for j in group.members))
    others = set[int]().union(*(g.nodes for g in groups if g is not group))
    if not between & group.nodes or between & others:
        return False
    group.members.append(k)
    group.nodes |= between | {paths.carried[k].next}
    group.matrices |= matrices & between
    return True


def _old(paths: PathsInStep, matrices: frozenset[int], j: int, k: int) -> bool:
    """Whether the new value of k is made of the old value of j, and of no weights."""
    between = paths.between(j, k)
    return bool(between) and not between & matrices


def _is_part_of(
    paths: PathsInStep,
    matrices: frozenset[int],
    own: list[frozenset[int]],
    gates: dict[int, set[int]],
    j: int,
    k: int,
) -> bool:
    """Whether value j is to value k what the c of an LSTM is to its h."""
    end = paths.carried[k].next
    new = {n for n in gates[j] if n != paths.carried[j].next}
    if not paths.leads(new - matrices, end, matrices):
        return False
    left = own[k] & paths.between_past(k, k, gates[j])
    return paths.leads(left, paths.carried[j].next, {end, *paths.sources[end]})


def _groups(
    paths: PathsInStep,
    matrices: frozenset[int],
    groups: list[list[int]],
    meeting: dict[int, list[int]],
    gates: dict[int, set[int]],
    fed_back: set[int],
    one: Unions,
) -> list[Group]:
    found = []
    for members in groups:
        if one.of(members[0]) in fed_back:
            continue
        closed = {
            n
            for k in members
            for j in meeting[k]
            if j not in members and one.of(j) not in fed_back
            for n in gates[j]
        }
        nodes = set[int]().union(
            *(paths.between_past(k, j, closed) for k in members for j in members)
        )
        if matrices & nodes:
            found.append(Group(members, nodes, matrices & nodes))
    return found
