"""Which assignments are possible, against trying them all."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from tb_rnnview.analysis.assignments import Partners, possible_partners


def bits(members: set[int]) -> int:
    return sum(1 << m for m in members)


def by_trying_all(
    candidates: list[set[int]],
    after: list[set[int]],
    partner_after: list[set[int]],
    needed: set[int],
    shared: set[int],
) -> list[set[int]]:
    found: list[set[int]] = [set() for _ in candidates]
    items = range(len(candidates))
    for choice in product(*(sorted(c) for c in candidates)):
        taken = [p for p in choice if p not in shared]
        if len(set(taken)) < len(taken) or not needed <= set(choice):
            continue
        fits = True
        for i in items:
            for k in items:
                a, b = choice[i], choice[k]
                if i == k or a == b:
                    continue
                ahead = b in partner_after[a]
                fits &= ahead >= (k in after[i]) if {a, b} & shared else ahead == (k in after[i])
        if fits:
            for i in items:
                found[i].add(choice[i])
    return found


@st.composite
def problems(
    draw: st.DrawFn,
) -> tuple[list[set[int]], list[set[int]], list[set[int]], set[int], set[int]]:
    partners, items = draw(st.integers(1, 5)), draw(st.integers(0, 5))

    def order(size: int) -> list[set[int]]:
        edges = {(a, b) for a in range(size) for b in range(a) if draw(st.booleans())}
        if draw(st.booleans()) and size > 1:
            edges.add((0, 1))  # called before and after another
        reached = [{b for a, b in edges if a == i} for i in range(size)]
        for _ in range(size):
            reached = [r | {x for m in r for x in reached[m]} for r in reached]
        return reached

    drawn = st.sets(st.integers(0, partners - 1), min_size=partners // 2)
    candidates = [set(draw(drawn)) for _ in range(items)]
    needed = set(range(partners)) if draw(st.booleans()) else set()
    shared = set(draw(st.sets(st.integers(0, partners - 1)))) - needed
    return candidates, order(items), order(partners), needed, shared


@settings(max_examples=400, deadline=None)
@given(problems())
def test_exactly_what_some_complete_assignment_has_is_possible(problem) -> None:
    candidates, after, partner_after, needed, shared = problem
    found = possible_partners(
        candidates,
        [bits(a) for a in after],
        Partners([bits(a) for a in partner_after], needed, shared),
    )
    assert found == by_trying_all(candidates, after, partner_after, needed, shared)


def test_a_long_chain_of_equal_things_is_told_by_its_order() -> None:
    size = 300
    after = [bits(set(range(i + 1, size))) for i in range(size)]
    found = possible_partners([set(range(size))] * size, after, Partners(after, range(size)))
    assert found == [{i} for i in range(size)]


def test_equal_things_without_an_order_may_be_each_other() -> None:
    size = 12
    found = possible_partners([set(range(size))] * size, [0] * size, Partners([0] * size))
    assert found in ([set(range(size))] * size, None)


def test_too_many_ways_are_given_up() -> None:
    size = 200
    assert possible_partners([set(range(size))] * size, [0] * size, Partners([0] * size)) is None
