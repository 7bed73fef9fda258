"""Which calls of a configuration lead to which: what each is computed from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import cached_property

from tb_rnnview.sources.configured_layer import Call, ConfiguredModel

CallId = tuple[int, int]
"""A call, by its layer's position in the configuration and its number there."""


class Calls:
    """The calls of the layers that have variables, each after those that it is computed from."""

    def __init__(self, model: ConfiguredModel) -> None:
        self.model = model
        self.of: dict[CallId, Call] = {
            (i, k): call
            for i, layer in enumerate(model.layers)
            if layer.variables != ()
            for k, call in enumerate(layer.calls)
        }
        self.in_order: list[CallId] = sorted(self.of, key=lambda at: self.of[at].number)

    def sources(self, at: CallId) -> tuple[CallId, ...]:
        """The calls whose results one takes, states included."""
        call = self.of[at]
        return (*call.fed_by, *(made for start in call.starts for made in start.made_by))

    @cached_property
    def before(self) -> dict[CallId, int]:
        """For each call a bit set of all that it is computed from, by place in the order."""
        place = {at: i for i, at in enumerate(self.in_order)}
        found: dict[CallId, int] = {}
        for at in self.in_order:
            bits = 0
            for source in self.sources(at):
                bits |= found[source] | 1 << place[source]
            found[at] = bits
        return found

    def leads_to(self, source: CallId, target: CallId) -> bool:
        """Whether one call is computed from another one."""
        return bool(self.before[target] >> self._place[source] & 1)

    def levels(self, calls: Iterable[CallId]) -> dict[CallId, int]:
        """How many of some calls each of them is computed from, one through the other.

        They are given in their order.
        """
        found: dict[CallId, int] = {}
        at_level: list[int] = []
        for at in calls:
            # A call with one of some level before it has one of each lower level before it.
            level = bisect_left(at_level, 1, key=_is_free_of(self.before[at]))
            if level == len(at_level):
                at_level.append(0)
            at_level[level] |= 1 << self._place[at]
            found[at] = level
        return found

    @cached_property
    def _place(self) -> dict[CallId, int]:
        return {at: i for i, at in enumerate(self.in_order)}

    @cached_property
    def chains(self) -> list[list[CallId]]:
        """Calls of one recurrence for one timestep, each started by the states of the one before.

        So programs write a loop over time out that takes in what only the last step gives.
        """
        found = []
        for i, layer in enumerate(self.model.layers):
            if not layer.is_recurrent or len(layer.calls) < 2 or layer.variables == ():
                continue
            after = {
                before: k for k in range(len(layer.calls)) if (before := self._started_by((i, k)))
            }
            heads = [(i, k) for k in range(len(layer.calls)) if not self._started_by((i, k))]
            for head in heads:
                chain = [head]
                while chain[-1] in after:
                    chain.append((i, after[chain[-1]]))
                if len(chain) > 1 and all(self._is_one_step(at) for at in chain):
                    found.append(chain)
        return found

    def _started_by(self, at: CallId) -> CallId | None:
        """The call of the same layer whose states one starts from."""
        starts = self.of[at].starts
        made = {start.made_by for start in starts if start.is_final_state}
        if not starts or len(made) != 1 or not all(start.is_final_state for start in starts):
            return None
        (by,) = made
        return by[0] if len(by) == 1 and by[0][0] == at[0] else None

    def _is_one_step(self, at: CallId) -> bool:
        layer, call = self.model.layers[at[0]], self.of[at]
        return call.dims is not None and call.dims[layer.time].size == 1


def _is_free_of(before: int) -> Callable[[int], int]:
    return lambda bits: not bits & before
