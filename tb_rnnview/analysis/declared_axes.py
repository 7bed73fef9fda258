"""The time axes of a configuration: what its recurrences walk along, and what else lies there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tb_rnnview.analysis.declared_calls import CallId, Calls
from tb_rnnview.analysis.given_lengths import KnownLength
from tb_rnnview.sources.configured_layer import ConfiguredModel
from tb_rnnview.sources.dimensions import Dims, Place
from tb_rnnview.timeline import Direction, Kind, LengthSource

NO_TIMESTEPS = (
    "it runs along the axis, over positions that are no timesteps: windows, strides or cuts "
    "between it and the axis change how many there are"
)
_HIDDEN = (
    "between it and the time axis lies a layer of which the configuration does not tell what it "
    "does with time"
)
_MOST_STEPS = 2**32 - 1


@dataclass(eq=False)
class DeclaredAxis:
    """What some recurrence walks along."""

    length: KnownLength
    parent: DeclaredAxis | None = None
    id: str = ""


@dataclass(frozen=True)
class Placed:
    """Where one call runs."""

    kind: Kind
    axis: DeclaredAxis | None = None
    direction: Direction = Direction.UNKNOWN
    reason: str = ""
    times: int | None = 1
    """How often at each timestep; None = not known."""
    step: int | None = None
    """Which timestep it is, where the program writes them out."""


class DeclaredAxes:
    """The axes, and where on them each call runs."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._classes = _Classes(calls.model)
        self._of_class: dict[int, DeclaredAxis] = {}
        self.placed: dict[CallId, Placed] = {}
        self._place_chains()
        recurrent = [at for at in calls.in_order if self._is_recurrent(at)]
        for at in recurrent:
            if at not in self.placed:
                self._of_class.setdefault(self._time_of(at)[0], self._axis(at))
        for at in calls.in_order:
            if at not in self.placed:
                self.placed[at] = self._place(at)
        self._nest(recurrent)

    def _is_recurrent(self, at: CallId) -> bool:
        return self._calls.model.layers[at[0]].is_recurrent

    def _time_of(self, at: CallId) -> tuple[int, bool | None]:
        """The class of positions that a recurrence walks along, and whether it is turned there."""
        layer, dims = self._calls.model.layers[at[0]], self._calls.of[at].dims or ()
        return self._classes.of(dims[layer.time].places[0])

    def _axis(self, at: CallId) -> DeclaredAxis:
        layer, dims = self._calls.model.layers[at[0]], self._calls.of[at].dims or ()
        return DeclaredAxis(self._classes.length(dims[layer.time].places[0]))

    def _place_chains(self) -> None:
        """Timesteps that the program writes out: calls of a recurrence, and what goes with them."""
        for i, chain in enumerate(self._calls.chains):
            known = KnownLength(len(chain), "", LengthSource.STATIC)
            # What is called within the timesteps of another one is on the same axis.
            others = [c for c in self._calls.chains[:i] if len(c) == len(chain)]
            axis = next(
                (
                    axis
                    for other in others
                    if self._goes_with(other, chain) or self._goes_with(chain, other)
                    for axis in (self.placed[other[0]].axis,)
                ),
                None,
            ) or DeclaredAxis(known)
            for step, at in enumerate(chain):
                # A configuration does not tell in which order the elements are picked.
                self.placed[at] = Placed(Kind.RECURRENT, axis, step=step)
        for chain in self._calls.chains:
            on = self.placed[chain[0]].axis
            for i, layer in enumerate(self._calls.model.layers):
                if layer.is_recurrent or len(layer.calls) != len(chain) or not layer.variables:
                    continue
                own = [(i, k) for k in range(len(chain))]
                if self._goes_with(own, chain) and own[0] not in self.placed:
                    for step, at in enumerate(own):
                        self.placed[at] = Placed(Kind.STEPWISE, on, step=step)

    def _goes_with(self, own: list[CallId], chain: list[CallId]) -> bool:
        """Whether each call stands just before, or just after, one of a chain's."""
        leads = self._calls.leads_to
        before = all(leads(a, b) for a, b in zip(own, chain, strict=True))
        after = all(leads(b, a) for a, b in zip(own, chain, strict=True))
        if before:
            return all(leads(b, a) for a, b in zip(own[1:], chain, strict=False))
        return after and not any(leads(b, a) for a, b in zip(own, chain[1:], strict=False))

    def _place(self, at: CallId) -> Placed:
        call = self._calls.of[at]
        around = [(self._axis_at(place), place) for place in call.around]
        times = self._product(place for axis, place in around if axis is None)
        outer = next((axis for axis, _ in reversed(around) if axis is not None), None)
        if self._is_recurrent(at):
            position, is_turned = self._time_of(at)
            backward = self._calls.model.layers[at[0]].is_backward
            direction = Direction.UNKNOWN
            if is_turned is not None:
                direction = Direction.BACKWARD if backward != is_turned else Direction.FORWARD
            return Placed(Kind.RECURRENT, self._of_class[position], direction, times=times)
        if outer is not None:
            return Placed(Kind.STEPWISE, outer, self._way(around[-1][1]), times=times)
        taken = _places(call.dims or ())
        for place in (*_places(call.out), *taken):
            axis = self._axis_at(place)
            if axis is not None:
                return Placed(Kind.SEQUENCE, axis, self._way(place), times=times)
        near = self._near(taken, through_hidden=False)
        if near is not None:
            return Placed(Kind.SEQUENCE, near, Direction.FORWARD, NO_TIMESTEPS, times)
        if self._near(taken, through_hidden=True) is not None:
            return Placed(Kind.UNKNOWN, reason=_HIDDEN, times=times)
        return Placed(Kind.ONCE, times=times)

    def _axis_at(self, place: Place) -> DeclaredAxis | None:
        return self._of_class.get(self._classes.of(place)[0])

    def _way(self, place: Place) -> Direction:
        is_turned = self._classes.of(place)[1]
        if is_turned is None:
            return Direction.UNKNOWN
        return Direction.BACKWARD if is_turned else Direction.FORWARD

    def _product(self, places: Iterable[Place]) -> int | None:
        times = 1
        for place in places:
            size = self._classes.length(place).steps
            if size is None:
                return None
            times *= size
        return min(times, _MOST_STEPS)

    def _near(self, places: Iterable[Place], *, through_hidden: bool) -> DeclaredAxis | None:
        """The nearest axis that is made of some positions, or of which they are made."""
        seen = {self._classes.of(place)[0] for place in places}
        pending = list(seen)
        for here in pending:
            if here in self._of_class:
                return self._of_class[here]
            for other in self._classes.beside(here, through_hidden):
                if other not in seen:
                    seen.add(other)
                    pending.append(other)
        return None

    def _nest(self, recurrent: Iterable[CallId]) -> None:
        """Tells which axis runs anew at each timestep of another one."""
        parents: dict[DeclaredAxis, set[DeclaredAxis | None]] = {}
        for at in recurrent:
            axis = self.placed[at].axis
            found = [self._axis_at(place) for place in self._calls.of[at].around]
            outer = next((a for a in reversed(found) if a is not None and a is not axis), None)
            if axis is not None:
                parents.setdefault(axis, set()).add(outer)
        for axis, outer_ones in parents.items():
            if len(outer_ones) == 1:
                (axis.parent,) = outer_ones


def _places(dims: Dims) -> list[Place]:
    """What is counted, the parts of the batch last."""
    return [place for dimension in (*dims[1:], *dims[:1]) for place in dimension.places]


class _Classes:
    """Positions that layers take element by element are one."""

    def __init__(self, model: ConfiguredModel) -> None:
        self._positions = model.positions
        self._head = list(range(len(model.positions)))
        self._turned = [False] * len(model.positions)
        self._ambiguous: set[int] = set()
        for one, other in model.same:
            self._join(one, other)
        self._windows: dict[int, set[int]] = {}
        self._hidden: dict[int, set[int]] = {}
        for pairs, beside in ((model.windows, self._windows), (model.opaque, self._hidden)):
            for a, b in pairs:
                here, there = self._find(a)[0], self._find(b)[0]
                beside.setdefault(here, set()).add(there)
                beside.setdefault(there, set()).add(here)
        self._members: dict[int, list[int]] = {}
        for i in range(len(self._head)):
            self._members.setdefault(self._find(i)[0], []).append(i)

    def of(self, place: Place) -> tuple[int, bool | None]:
        """The class, and whether the place is turned in it; None = both ways at once."""
        head, is_turned = self._find(place.position)
        return head, None if head in self._ambiguous else is_turned != place.turned

    def beside(self, head: int, through_hidden: bool) -> list[int]:
        """The classes that are made of one, or of which it is made."""
        found = set(self._windows.get(head, ()))
        if through_hidden:
            found |= self._hidden.get(head, set())
        return sorted(found)

    def length(self, place: Place) -> KnownLength:
        """How many positions there are, and who says so."""
        own = [self._positions[i] for i in self._members[self._find(place.position)[0]]]
        declared = {p.size for p in own if p.size is not None and not p.is_observed}
        seen = next((p for p in own if p.size is not None and p.is_observed), None)
        if not declared and seen is not None:
            return KnownLength(seen.size, seen.reason, LengthSource.OBSERVED)
        reason = next((p.reason for p in own if p.reason), "")
        if len(declared) > 1:
            return _length(None, "the configuration declares different lengths for it")
        return _length(next(iter(declared), None), reason)

    def _find(self, i: int) -> tuple[int, bool]:
        path, is_turned = [], False
        while self._head[i] != i:
            path.append(i)
            i = self._head[i]
        for k in reversed(path):
            is_turned = self._turned[k] = self._turned[k] != is_turned
            self._head[k] = i
        return i, is_turned

    def _join(self, one: Place, other: Place) -> None:
        a, b = self._find(one.position), self._find(other.position)
        is_turned = a[1] ^ b[1] ^ one.turned ^ other.turned
        if a[0] == b[0]:
            if is_turned:
                self._ambiguous.add(a[0])
            return
        self._head[b[0]] = a[0]
        self._turned[b[0]] = is_turned
        if b[0] in self._ambiguous:
            self._ambiguous.add(a[0])


def _length(size: int | None, reason: str) -> KnownLength:
    if size is None or not 0 < size <= _MOST_STEPS:
        return KnownLength(None, reason or "it is not declared", LengthSource.UNKNOWN)
    return KnownLength(size, "", LengthSource.STATIC)
