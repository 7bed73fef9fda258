"""Functions, and what names them, in graphs that no program could run: an end, and a clear line."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.errors import SourceError
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.from_graph_def import from_graph_def

# A function of two operations that read each other.
CIRCLE = """library { function {
  signature { name: "f" input_arg { name: "a" type: DT_FLOAT }
              output_arg { name: "o" type: DT_FLOAT } }
  node_def { name: "i" op: "Identity" input: "j:output:0" }
  node_def { name: "j" op: "Identity" input: "i:output:0" }
  ret { key: "o" value: "i:output:0" } } }
node { name: "p" op: "Placeholder" }
node { name: "zero" op: "Const"
       attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 0 } } } }
"""


def build(*nodes: str) -> Graph:
    return from_graph_def(text_format.Parse("\n".join([CIRCLE, *nodes]), GraphDef()))


def node(name: str, op: str, *inputs: str, functions: tuple[str, ...] = ()) -> str:
    reads = " ".join(f'input: "{x}"' for x in inputs)
    named = " ".join(f'attr {{ key: "{x}" value {{ func {{ name: "f" }} }} }}' for x in functions)
    return f'node {{ name: "{name}" op: "{op}" {reads} {named} }}'


@pytest.mark.parametrize(
    "nodes",
    [
        [node("x", "While", "p", functions=("cond", "body"))],
        [
            node("x", "ReduceDataset", "s", functions=("f",)),
            node("s", "TakeWhileDataset", "s"),
        ],
        [
            node("x", "ReduceDataset", "s", functions=("f",)),
            node("s", "ScanDataset", "t", functions=("f",)),
            node("t", "TakeWhileDataset", "s"),
        ],
    ],
)
def test_a_circle_comes_to_an_end(nodes: list[str]) -> None:
    with pytest.raises(SourceError, match="reads its own result"):
        build(*nodes)


def test_a_condition_without_inputs_stays() -> None:
    graph = build(node("x", "If", functions=("then_branch", "else_branch")))
    assert graph.op(graph.index["x"]) == "If"
    branches = 'attr { key: "branches" value { list { func { name: "f" } } } }'
    graph = build(f'node {{ name: "x" op: "Case" {branches} }}')
    assert graph.op(graph.index["x"]) == "Case"


def test_a_write_into_a_list_without_a_value_is_refused() -> None:
    with pytest.raises(SourceError, match=r"'set' \(TensorListSetItem\) has 2 inputs, not 3"):
        build(
            node("made", "TensorListReserve", "zero", "zero"),
            node("set", "TensorListSetItem", "made", "zero"),
            node("got", "TensorListGetItem", "set", "zero", "zero"),
        )
