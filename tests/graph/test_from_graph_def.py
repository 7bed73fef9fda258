"""A graph that nobody could run is refused in one line that names the node."""

from __future__ import annotations

import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.analysis.folding_rules import SHAPE_RULES, VALUE_RULES
from tb_rnnview.analysis.sequences import MOVES
from tb_rnnview.errors import SourceError
from tb_rnnview.graph.from_graph_def import from_graph_def
from tb_rnnview.graph.soundness import AT_LEAST, ATTRIBUTES, EXACTLY
from tb_rnnview.graph.transposed_convolutions import TRANSPOSED
from tests.graph.build import graph, graph_def, loop


def refusal(made: GraphDef) -> str:
    with pytest.raises(SourceError) as caught:
        from_graph_def(made)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["a Custom b"], "node 'a' reads 'b', which is not in it"),
        (["a Custom ^b"], "node 'a' reads 'b', which is not in it"),
        (["a Custom", "b Custom a:x"], "node 'b' reads 'a:x'"),
        (["a Custom", "b Custom a:²"], "node 'b' reads 'a:²'"),
        (["a Custom", "b Custom a:99999999999"], "node 'b' reads 'a:99999999999'"),
        (["a Custom", "b Custom", "a Custom"], "two nodes are called 'a'"),
        (["a Custom", "b MatMul a"], "node 'b' (MatMul) has 1 inputs, not 2"),
        (["a Custom", "b Identity a a"], "node 'b' (Identity) has 2 inputs, not 1"),
        (["b Pack"], "node 'b' (Pack) has 0 inputs, not at least 1"),
        (["b Const"], "node 'b' (Const) has no attribute 'value'"),
        (["a Custom", "b Enter a"], "node 'b' (Enter) has no attribute 'frame_name'"),
        (["a Identity a"], "node 'a' (Identity) reads its own result, and not in a loop"),
        (["a Identity b", "b Custom a"], "reads its own result"),
        (["a NextIteration b", "b Identity a"], "reads its own result"),
    ],
)
def test_refused(lines: list[str], said: str) -> None:
    assert said in refusal(graph_def(*lines))


def test_whose_result_is_on_the_circle_is_named() -> None:
    made = graph_def("p Custom", "late Custom a", "a Custom b p", "b Custom a", "end Custom late")
    assert "'a'" in refusal(made) or "'b'" in refusal(made)


def test_a_loop_is_no_circle() -> None:
    assert len(graph("p Custom", *loop("x", "p"))) == 9


def test_a_deep_graph_is_no_problem() -> None:
    lines = ["n0 Custom", *(f"n{i} Custom n{i - 1}" for i in range(1, 30_000))]
    assert len(graph(*lines)) == 30_000


@pytest.mark.parametrize("op", sorted({**EXACTLY, **AT_LEAST}))
def test_the_counts_are_those_of_tensorflows_own_definitions(op: str) -> None:
    from tensorflow.python.framework import op_def_registry

    definition = op_def_registry.get(op)
    assert definition is not None
    least, lists = 0, False
    attributes = {a.name: a for a in definition.attr}
    for argument in definition.input_arg:
        length = argument.number_attr or argument.type_list_attr
        least += attributes[length].minimum if length else 1
        lists = lists or bool(length)
    assert (op in AT_LEAST) == lists
    assert {**EXACTLY, **AT_LEAST}[op] == least


@pytest.mark.parametrize("op", sorted(ATTRIBUTES))
def test_the_attributes_are_those_without_a_default(op: str) -> None:
    from tensorflow.python.framework import op_def_registry

    given = {a.name for a in op_def_registry.get(op).attr if not a.HasField("default_value")}
    assert set(ATTRIBUTES[op]) <= given


def test_every_rule_can_rely_on_its_inputs() -> None:
    """Rules read input slots by number: each of their operations is checked, or reads none."""
    none = {"Const", "Placeholder", "PlaceholderV2", "VarHandleOp", "Variable", "VariableV2"}
    none.update(["TemporaryVariable", *TRANSPOSED.values()])  # named when all is checked
    assert {*SHAPE_RULES, *VALUE_RULES, *MOVES} - none <= {*EXACTLY, *AT_LEAST}
