"""What is reached along edges, in whatever order the nodes of a graph are stored."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.from_graph_def import from_graph_def
from tests.graph.build import graph, graph_def, loop


def shuffled(made: GraphDef, seed: int) -> GraphDef:
    nodes = list(made.node)
    random.Random(seed).shuffle(nodes)
    return GraphDef(node=nodes)


def reached(made: Graph, starts: set[str], *, forwards: bool, without: str = "") -> set[str]:
    usable = ~made.edges.of_targets({without})
    found = made.edges.reached([made.index[n] for n in starts], usable, forwards=forwards)
    return {made.names[n] for n, flag in enumerate(found) if flag}


def walked(made: GraphDef, starts: set[str], *, forwards: bool, without: str = "") -> set[str]:
    """The same, edge by edge until nothing changes."""
    edges = [
        (text.partition(":")[0], node.name)
        for node in made.node
        for text in node.input
        if text[0] != "^" and node.op != without
    ]
    found = set(starts)
    while True:
        more = {b if forwards else a for a, b in edges if (a if forwards else b) in found}
        if more <= found:
            return found
        found |= more


TWO_LOOPS = [
    "p Custom",
    "w Custom",
    *loop("x", "p"),
    # What comes round the second loop is what stands behind the first.
    "y/enter Enter w frame=y",
    "y/merge Merge y/enter y/next",
    "y/body Other y/merge x/exit ^p",
    "y/next NextIteration y/body",
    "end Other y/merge",
    "alone Custom",
]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("start", ["p", "w", "x/body", "x/next", "y/body", "end", "alone"])
@pytest.mark.parametrize("forwards", [True, False])
def test_reached_through_loops(seed: int, start: str, forwards: bool) -> None:
    made = shuffled(graph_def(*TWO_LOOPS), seed) if seed else graph_def(*TWO_LOOPS)
    for without in ("", "Other", "Merge"):
        expected = walked(made, {start}, forwards=forwards, without=without)
        assert (
            reached(from_graph_def(made), {start}, forwards=forwards, without=without) == expected
        )


def test_by_hand() -> None:
    made = graph(*TWO_LOOPS)
    assert reached(made, {"y/body"}, forwards=True) == {"y/body", "y/next", "y/merge", "end"}
    assert reached(made, {"end"}, forwards=True) == {"end"}
    assert "p" in reached(made, {"end"}, forwards=False)
    assert reached(made, {"alone"}, forwards=False) == {"alone"}
    assert reached(made, set(), forwards=False) == set()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.randoms(use_true_random=False))
def test_reached_in_any_graph(size: int, chance: random.Random) -> None:
    lines = [
        f"n{i} {chance.choice(['A', 'B'])} " + " ".join(f"n{chance.randrange(i)}" for _ in range(k))
        for i in range(size)
        for k in [min(i, chance.randrange(3))]
    ]
    made = shuffled(graph_def(*lines), chance.randrange(9))
    start = {f"n{chance.randrange(size)}"}
    for forwards in (True, False):
        assert reached(from_graph_def(made), start, forwards=forwards, without="B") == walked(
            made, start, forwards=forwards, without="B"
        )


def test_the_order_of_a_graph_that_stands_in_one_is_its_own() -> None:
    assert graph(*TWO_LOOPS).edges.order is None


def test_an_order_is_found_for_any_other() -> None:
    made = graph("c Custom b", "b Custom a", "a Custom")
    order = made.edges.order
    assert order is not None
    assert [made.names[made.edges.target[e]] for e in order] == ["b", "c"]


def test_constants_may_stand_behind_all_else() -> None:
    made = graph("a Custom c", "b Custom a d", "c Custom", "d Custom")
    place = made.edges.place
    assert place is not None
    assert [made.names[n] for n in place.argsort()] == ["c", "d", "a", "b"]
    assert reached(made, {"d"}, forwards=True) == {"d", "b"}
    assert reached(made, {"b"}, forwards=False) == {"a", "b", "c", "d"}


def test_slots_and_ends() -> None:
    edges = graph("a Custom", "b Add a a:1", "c Custom b").edges
    assert edges.source.tolist() == [0, 0, 1]
    assert edges.target.tolist() == [1, 1, 2]
    assert edges.slot.tolist() == [0, 1, 0]
    assert edges.count.tolist() == [0, 2, 1]


def test_an_empty_graph() -> None:
    edges = graph().edges
    assert edges.order is None
    assert edges.reached([], edges.of_targets({"A"}), forwards=True) == bytearray()
