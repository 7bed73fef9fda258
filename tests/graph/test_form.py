"""The arrays say what the nodes said."""

from __future__ import annotations

import random

from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.graph.from_graph_def import from_graph_def
from tests.graph.build import graph, graph_def, loop


def test_nodes_operations_and_edges() -> None:
    g = graph("a Custom", "b Custom a a:1", "c Other b ^a", "d Custom c:2 a ^b ^c")
    assert len(g) == 4
    assert g.names == ["a", "b", "c", "d"]
    assert [g.op(n) for n in range(4)] == ["Custom", "Custom", "Other", "Custom"]
    assert [g.inputs(n) for n in range(4)] == [[], [(0, 0), (0, 1)], [(1, 0)], [(2, 2), (0, 0)]]
    assert [list(g.controls(n)) for n in range(4)] == [[], [], [0], [1, 2]]
    assert sorted(g.consumers(0)) == [(0, 1, 0), (0, 3, 1), (1, 1, 1)]
    assert list(g.consumers(3)) == []
    assert list(g.control_consumers(0)) == [2]
    assert g.index == {"a": 0, "b": 1, "c": 2, "d": 3}
    assert g.nodes_of("Custom") == [0, 1, 3]
    assert g.nodes_of("Nowhere") == []


def test_an_input_slot_that_is_not_there() -> None:
    g = graph("a Custom", "b Custom a", "c Custom a")
    assert g.input(1, 0) == (0, 0)
    assert g.input(1, 1) is None
    assert g.input(1, -1) is None
    assert g.input(0, 0) is None


def test_attributes_and_their_defaults() -> None:
    made = graph_def("a Custom")
    made.node[0].attr["axis"].i = -1
    made.node[0].attr["flag"].b = True
    g = from_graph_def(made)
    assert (g.number(0, "axis"), g.number(0, "other"), g.number(0, "other", 5)) == (-1, 0, 5)
    assert (g.flag(0, "flag"), g.flag(0, "other")) == (True, False)
    assert g.attr(0, "other") is None
    assert "other" not in made.node[0].attr  # asking leaves no trace


def test_only_a_merge_that_something_comes_round_to_is_a_loops() -> None:
    g = graph("p Custom", *loop("x", "p"), "s Switch p p", "m Merge s s:1")
    assert {g.names[n] for n in g.loop_merges} == {"x/merge"}
    old = graph("p Custom", *loop("x", "p", ref=True))
    assert {old.names[n] for n in old.loop_merges} == {"x/merge"}


def test_a_name_with_a_colon_is_a_name() -> None:
    g = graph("a:1 Custom", "b Custom a:1 a:1:2")
    assert g.inputs(1) == [(0, 0), (0, 2)]


def test_functions_stay_in_the_library() -> None:
    made = graph_def("a Custom")
    made.library.function.add().signature.name = "f"
    assert set(from_graph_def(made).library) == {"f"}


def test_consumers_are_the_inputs_turned_round() -> None:
    chance = random.Random(1)
    made = GraphDef()
    for i in range(200):
        node = made.node.add(name=f"n{i}", op=f"Op{i % 3}")
        for _ in range(chance.randrange(4) if i else 0):
            control = "^" if chance.random() < 0.3 else ""
            port = "" if control else f":{chance.randrange(3)}"
            node.input.append(f"{control}n{chance.randrange(i)}{port}")
    g = from_graph_def(made)
    data = {(s, p, n, k) for n in range(200) for k, (s, p) in enumerate(g.inputs(n))}
    assert {(s, p, n, k) for s in range(200) for p, n, k in g.consumers(s)} == data
    control = sorted((s, n) for n in range(200) for s in g.controls(n))
    assert sorted((s, n) for s in range(200) for n in g.control_consumers(s)) == control
