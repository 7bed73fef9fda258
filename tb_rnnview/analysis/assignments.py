"""Which of two sets of things may be which, where both are partly ordered.

What is asked is not for one assignment but for all: only a partner that an item has in every
assignment is proven.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

# Narrowing down is quick; only many equal things that are not ordered need a search, and those
# stay undecided anyway.
_TRIES_AT_MOST = 2_000
_PAIRS_AT_MOST = 4_000


@dataclass(frozen=True)
class Partners:
    """The things that items may be."""

    after: Sequence[int]
    """For each partner a bit set of those that come after it."""
    needed: Collection[int] = ()
    """Partners that some item must have; the others may stay alone."""
    shared: Collection[int] = ()
    """Partners that any number of items may have; the others have one at most."""


def possible_partners(
    candidates: Sequence[Collection[int]], after: Sequence[int], partners: Partners
) -> list[set[int]] | None:
    """For each item its partners in all complete assignments; None = too many to try.

    An assignment keeps the order: of items that are assigned to different partners one comes
    after the other exactly if their partners do. What a shared partner holds need not be
    connected to all that comes after it: there, only an item's order says something.

    Args:
        candidates: for each item the partners that it could have, taken by itself.
        after: for each item a bit set of the items that come after it.
        partners: the partners.
    """
    if len(partners.needed) == len(partners.after) == len(candidates):
        candidates = _of_equal_rank(candidates, after, partners.after)
    if sum(len(c) for c in candidates) > _PAIRS_AT_MOST:
        return None
    search = _Search(after, partners)
    domains = [sum(1 << p for p in sorted(c)) for c in candidates]
    start = search.narrowed(domains)
    found: list[set[int]] = [set() for _ in candidates]
    if start is None:
        return found
    for item, domain in enumerate(start):
        for partner in _bits(domain):
            if partner in found[item]:
                continue
            tried = list(start)
            tried[item] = 1 << partner
            solution = search.solve(tried)
            if search.tries > _TRIES_AT_MOST:
                return None
            if solution is not None:
                for i, p in enumerate(solution):
                    found[i].add(p)
    return found


def _of_equal_rank(
    candidates: Sequence[Collection[int]], after: Sequence[int], partners_after: Sequence[int]
) -> list[set[int]]:
    """The partners that have as many before and after them: quick, and a chain is told at once."""
    ranks, partner_ranks = _ranks(after), _ranks(partners_after)
    return [
        {p for p in partners if partner_ranks[p] == rank}
        for partners, rank in zip(candidates, ranks, strict=True)
    ]


def _ranks(after: Sequence[int]) -> list[tuple[int, int]]:
    before = [0] * len(after)
    for reached in after:
        for k in _bits(reached):
            before[k] += 1
    return [(before[i], reached.bit_count()) for i, reached in enumerate(after)]


class _Search:
    def __init__(self, after: Sequence[int], partners: Partners) -> None:
        self.after = after
        self.needed = sum(1 << p for p in sorted(partners.needed))
        self.tries = 0
        self._shared = set(partners.shared)
        self._partners_after = partners.after
        self._allowed: dict[tuple[bool, bool, int], int] = {}

    def solve(self, domains: list[int]) -> list[int] | None:
        """One complete assignment within the domains; None = there is none."""
        self.tries += 1
        if self.tries > _TRIES_AT_MOST:
            return None
        narrowed = self.narrowed(domains)
        if narrowed is None:
            return None
        open_items = [i for i, d in enumerate(narrowed) if d & (d - 1)]
        if not open_items:
            return [d.bit_length() - 1 for d in narrowed]
        item = min(open_items, key=lambda i: (narrowed[i].bit_count(), i))
        for partner in _bits(narrowed[item]):
            tried = list(narrowed)
            tried[item] = 1 << partner
            solution = self.solve(tried)
            if solution is not None:
                return solution
        return None

    def narrowed(self, domains: Sequence[int]) -> list[int] | None:
        """Without what no neighbour allows; None = something is left without a partner."""
        domains = list(domains)
        pending = set(range(len(domains)))
        while pending:
            while pending:
                item = pending.pop()
                for other in range(len(domains)):
                    allowed = self._allowed_by(domains[item], item, other)
                    if other != item and domains[other] & ~allowed:
                        domains[other] &= allowed
                        pending.add(other)
            for partner in _bits(self.needed):
                takers = [i for i, d in enumerate(domains) if d >> partner & 1]
                if not takers:
                    return None
                if len(takers) == 1 and domains[takers[0]] != 1 << partner:
                    domains[takers[0]] = 1 << partner
                    pending.add(takers[0])
        return None if 0 in domains or (self.needed and not domains) else domains

    def _allowed_by(self, domain: int, item: int, other: int) -> int:
        """The partners that another item may have, whichever of its domain an item has."""
        onward = bool(self.after[item] >> other & 1)
        back = bool(self.after[other] >> item & 1)
        allowed = 0
        for partner in _bits(domain):
            key = (onward, back, partner)
            if key not in self._allowed:
                self._allowed[key] = self._beside(partner, onward, back)
            allowed |= self._allowed[key]
        return allowed

    def _beside(self, partner: int, onward: bool, back: bool) -> int:
        """The partners that may stand beside one, given how their items are ordered."""
        allowed = 0
        for other in range(len(self._partners_after)):
            ahead = bool(self._partners_after[partner] >> other & 1)
            behind = bool(self._partners_after[other] >> partner & 1)
            if self._shared & {partner, other}:
                fits = other == partner or (ahead >= onward and behind >= back)
            else:
                fits = other != partner and (ahead, behind) == (onward, back)
            allowed |= fits << other
        return allowed


def _bits(number: int) -> list[int]:
    return [i for i in range(number.bit_length()) if number >> i & 1]
