"""Which layer of one network is taken for which of another."""

from __future__ import annotations

import tb_rnnview
from tb_rnnview.timeline import Application, Direction, Kind, Layer, Timeline, Variable


def network(*layers: str) -> Timeline:
    """Recurrent layers, each written "name cell units"; "<" behind it = backwards."""
    made, variables = [], []
    for place, text in enumerate(layers):
        name, cell, units, *back = text.split()
        way = Direction.BACKWARD if back else Direction.FORWARD
        id_, size = f"l{place}", int(units)
        made.append(Layer(id_, name, cell, size, Kind.RECURRENT, place, (Application("t", way),)))
        variables.append(Variable(f"{name}/u", (size, size), layers=(id_,), role="kernel"))
    return Timeline(layers=tuple(made), variables=tuple(variables))


def pairs(a: Timeline, b: Timeline) -> list[tuple[str, str]]:
    """The names of the layers that are paired; "" = alone."""
    found = tb_rnnview.compare(a, b).layers
    return [(a.layer(x).name if x else "", b.layer(y).name if y else "") for x, y in found]


def test_other_names_do_not_part_layers() -> None:
    a, b = network("a LSTM 8", "b LSTM 16"), network("x LSTM 8", "y LSTM 16")
    assert pairs(a, b) == [("a", "x"), ("b", "y")]


def test_names_decide_between_equals() -> None:
    a, b = network("a LSTM 8", "b LSTM 8", "c LSTM 8"), network("c LSTM 8")
    assert pairs(a, b) == [("a", ""), ("b", ""), ("c", "c")]


def test_a_name_does_not_outweigh_what_a_layer_is() -> None:
    a, b = network("x LSTM 8", "y GRU 32"), network("y LSTM 8", "x GRU 32")
    assert pairs(a, b) == [("x", "y"), ("y", "x")]


def test_a_layer_put_in_between_is_new() -> None:
    a, b = network("a LSTM 8", "b LSTM 16"), network("a LSTM 8", "n GRU 16", "b LSTM 16")
    assert pairs(a, b) == [("a", "a"), ("", "n"), ("b", "b")]


def test_a_layer_that_grew_is_the_same() -> None:
    assert pairs(network("a LSTM 8"), network("z LSTM 64")) == [("a", "z")]


def test_both_directions_keep_apart() -> None:
    a = network("f GRU 8", "b GRU 8 <")
    b = network("g GRU 9", "c GRU 9 <")
    assert pairs(a, b) == [("f", "g"), ("b", "c")]


def test_a_layer_that_moved_is_no_new_one() -> None:
    a = network("a LSTM 8", "b GRU 16", "c LSTM 24")
    b = network("b GRU 16", "c LSTM 24", "a LSTM 8")
    assert sorted(pairs(a, b)) == [("a", "a"), ("b", "b"), ("c", "c")]


def test_a_recurrence_is_not_taken_for_something_else() -> None:
    once = Layer("d", "d", kind=Kind.ONCE, applications=(Application(),))
    weight = Variable("d/w", (8, 8), layers=("d",), role="kernel")
    dense = Timeline(layers=(once,), variables=(weight,))
    assert pairs(network("a LSTM 8"), dense) == [("a", ""), ("", "d")]


def test_of_too_many_layers_only_equal_ones_are_taken_for_one() -> None:
    """1,500 x 1,500 pairs are not held against each other one by one."""
    grown = [f"a{i} LSTM {i + 2}" for i in range(1_500)]
    a = network("start GRU 8", *(f"a{i} LSTM {i + 1}" for i in range(1_500)), "end GRU 9")
    found = pairs(a, network("start GRU 8", *grown, "end GRU 9"))
    assert found[0] == ("start", "start")
    assert found[-1] == ("end", "end")
    assert len(found) == 2 + 2 * 1_500
