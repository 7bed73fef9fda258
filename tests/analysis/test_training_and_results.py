"""Where gradients start, what takes a weight first, and what a program's results are."""

from __future__ import annotations

import pytest

from tb_rnnview.analysis import seeds
from tb_rnnview.analysis.counting_tables import counts_up
from tb_rnnview.analysis.liveness import forward_results
from tb_rnnview.analysis.seeds import _taken_for_gradients, find_seeds
from tb_rnnview.analysis.takers import takers_of
from tb_rnnview.errors import SourceError
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.from_graph_def import from_graph_def
from tests.graph.build import graph, graph_def

RESOURCE = 20
"""TensorFlow's number for handles."""


def test_a_constant_may_start_a_gradient_if_all_that_reads_it_takes_a_gradient_there() -> None:
    made = graph_def(
        "x Placeholder",
        "started Const",
        "partly Const",
        "shape Const",
        "unread Const",
        "a Mul started x",
        "b Reshape started shape",
        "c Mul x partly",
        "d MatMul partly x",
    )
    for node in made.node[1:5]:
        node.attr["value"].tensor.dtype = 1
    found = from_graph_def(made)
    assert [found.names[n] for n in _taken_for_gradients(found)] == ["started"]


def scaled_often(times: int) -> Graph:
    """A trained product of what ones have scaled so often; where its gradient starts stands first.

    What the product is made of reaches the training as its gradient does.
    """
    scaled = [f"s{k + 1} Mul c{k} s{k}" for k in range(times)]
    made = graph_def(
        "seed Const",
        *(f"c{k} Const" for k in range(times)),
        "w VariableV2",
        "s0 Placeholder",
        *scaled,
        f"y MatMul s{times} w",
        "loss Mul y y",
        "dy Mul seed y",
        f"dw MatMul s{times} dy",
        "rate Placeholder",
        "train ApplyGradientDescent w rate dw",
    )
    for node in made.node:
        if node.op == "Const":
            node.attr["value"].tensor.dtype = 1
            node.attr["value"].tensor.float_val.append(1.0)
    return from_graph_def(made)


def test_a_gradient_is_found_behind_any_number_of_constants() -> None:
    """Each of them reaches the one product with the kernel: that comes before every gradient."""
    found = scaled_often(1500)
    assert [found.names[n] for n in find_seeds(found)] == ["seed"]


def test_of_more_constants_than_any_program_has_it_is_not_said_where_training_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seeds, "_MOST", 20)
    with pytest.raises(SourceError, match="21 constants from which a gradient might start"):
        find_seeds(scaled_often(20))


def test_a_kernel_that_is_used_twice_is_not_turned_around() -> None:
    """What stands between two uses of one kernel reaches the second only, as a gradient would."""
    made = graph_def(
        "between Const",
        "w VariableV2",
        "x Placeholder",
        "y MatMul x w",
        "s Mul between y",
        "z MatMul s w",
        "rate Placeholder",
        "train ApplyGradientDescent w rate z",
    )
    made.node[0].attr["value"].tensor.dtype = 1
    made.node[0].attr["value"].tensor.float_val.append(1.0)
    assert find_seeds(from_graph_def(made)) == []
    # A gradient goes back from the kernel's columns to its rows.
    made.node[5].attr["transpose_b"].b = True
    found = from_graph_def(made)
    assert [found.names[n] for n in find_seeds(found)] == ["between"]


def test_who_takes_the_value_of_a_variable() -> None:
    found = graph(
        "w VariableV2",
        "x Placeholder",
        "shape Shape w",
        "write Assign w x",
        "sizes_of SplitV x w x",
        "read Identity w",
        "product MatMul x read",
    )
    takers = takers_of(found, found.index["w"])
    assert {(found.names[n], slot) for n, slot in takers} == {("sizes_of", 1), ("product", 1)}


def test_a_handle_is_no_input_of_which_results_would_have_to_be_made() -> None:
    made = graph_def("table Placeholder", "x Const", "w VariableV2", "y MatMul x w")
    made.node[0].attr["dtype"].type = RESOURCE
    made.node[1].attr["value"].tensor.dtype = 1
    found = from_graph_def(made)
    results = [found.index["y"]]
    assert forward_results(found, results, bytearray(len(found))) == results


@pytest.mark.parametrize(("step", "counts"), [(1, True), (2, False)])
def test_a_table_that_counts_up_counts_by_one(step: int, counts: bool) -> None:
    made = graph_def("start Const", "limit Const", "step Const", "table Range start limit step")
    for node, number in zip(made.node, (0, 8, step), strict=False):
        node.attr["value"].tensor.dtype = 3
        node.attr["value"].tensor.int_val.append(number)
    found = from_graph_def(made)
    assert counts_up(found, found.index["table"]) is counts


def test_a_table_that_is_looked_up_in_itself_over_and_over_is_looked_at_once() -> None:
    """Each look-up asks for two tables: 2 to the power of 200 ways, if all of them were gone."""
    lines = [f"t{k + 1} Gather t{k} t{k}" for k in range(200)]
    made = graph_def(
        "start Const", "limit Const", "step Const", "t0 Range start limit step", *lines
    )
    for node, number in zip(made.node, (0, 8, 1), strict=False):
        node.attr["value"].tensor.dtype = 3
        node.attr["value"].tensor.int_val.append(number)
    found = from_graph_def(made)
    assert counts_up(found, found.index["t200"])


def test_what_reaches_the_only_use_of_a_bias_starts_no_gradient() -> None:
    """A gradient is taken of something that has used the bias before."""
    made = graph_def(
        "scale Const",
        "b VariableV2",
        "x Placeholder",
        "s Mul scale x",
        "y Add s b",
        "rate Placeholder",
        "train ApplyGradientDescent b rate y",
    )
    made.node[0].attr["value"].tensor.dtype = 1
    made.node[0].attr["value"].tensor.float_val.append(1.0)
    assert find_seeds(from_graph_def(made)) == []
