"""A damaged graph gives a timeline or one clear line, whatever was done to it: no traceback."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.analysis.analyze import analyze_graph
from tb_rnnview.errors import SourceError
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.timeline import Source, Timeline
from tests.programs.catalogue import NAMES, TF1_NAMES, program

Damage = Callable[[GraphDef, random.Random], None]


def _node(graph: GraphDef, chance: random.Random):
    return chance.choice(list(graph.node))


def less_inputs(graph: GraphDef, chance: random.Random) -> None:
    node = _node(graph, chance)
    if node.input:
        del node.input[chance.randrange(len(node.input))]


def more_inputs(graph: GraphDef, chance: random.Random) -> None:
    _node(graph, chance).input.insert(0, _node(graph, chance).name)


def other_input(graph: GraphDef, chance: random.Random) -> None:
    node = _node(graph, chance)
    if node.input:
        port = chance.choice(["", ":1", ":7"])
        node.input[chance.randrange(len(node.input))] = _node(graph, chance).name + port


def own_input(graph: GraphDef, chance: random.Random) -> None:
    node = _node(graph, chance)
    if node.input:
        node.input[chance.randrange(len(node.input))] = node.name


def turned_inputs(graph: GraphDef, chance: random.Random) -> None:
    node = _node(graph, chance)
    node.input[:] = list(node.input)[::-1]


def control_input(graph: GraphDef, chance: random.Random) -> None:
    _node(graph, chance).input.append("^" + _node(graph, chance).name)


def other_op(graph: GraphDef, chance: random.Random) -> None:
    unknown = chance.random() < 0.3
    _node(graph, chance).op = "NobodyKnowsIt" if unknown else _node(graph, chance).op


def less_nodes(graph: GraphDef, chance: random.Random) -> None:
    del graph.node[chance.randrange(len(graph.node))]


def less_attributes(graph: GraphDef, chance: random.Random) -> None:
    node = _node(graph, chance)
    if node.attr:
        del node.attr[chance.choice(sorted(node.attr))]


def other_attribute(graph: GraphDef, chance: random.Random) -> None:
    node = _node(graph, chance)
    if node.attr:
        value = chance.choice(
            [
                AttrValue(i=chance.choice([-1, 0, 3, 2**62, -(2**63)])),
                AttrValue(s=b"\xff\x00"),
                AttrValue(b=True),
                AttrValue(type=chance.choice([1, 3, 7, 9, 10])),
                AttrValue(list=AttrValue.ListValue(i=[0, -1, 5])),
            ]
        )
        node.attr[chance.choice(sorted(node.attr))].CopyFrom(value)


def other_constant(graph: GraphDef, chance: random.Random) -> None:
    constants = [n for n in graph.node if n.op == "Const"]
    if not constants:
        return
    tensor = chance.choice(constants).attr["value"].tensor
    way = chance.randrange(4)
    if way == 0:
        tensor.tensor_shape.dim.add(size=chance.choice([-1, 0, 1, 2, 2**60]))
    elif way == 1:
        tensor.ClearField("tensor_content")
        tensor.int_val[:] = [chance.choice([-7, 0, 1, 5, 2**31 - 1])]
    elif way == 2:
        tensor.tensor_content = tensor.tensor_content[:-1] + b"\x80"
    else:
        tensor.dtype = chance.choice([1, 3, 9, 10])


def other_shape(graph: GraphDef, chance: random.Random) -> None:
    node = _node(graph, chance)
    if "_output_shapes" in node.attr and len(node.attr["_output_shapes"].list.shape):
        shape = node.attr["_output_shapes"].list.shape[0]
        shape.dim.add(size=chance.choice([-1, 0, 1, 9]))
        shape.unknown_rank = chance.random() < 0.3


def other_frame(graph: GraphDef, chance: random.Random) -> None:
    enters = [n for n in graph.node if n.op == "Enter"]
    if enters:
        frame = chance.choice([b"", b"x", chance.choice(enters).attr["frame_name"].s])
        chance.choice(enters).attr["frame_name"].s = frame


DAMAGES: tuple[Damage, ...] = (
    less_inputs, more_inputs, other_input, own_input, turned_inputs, control_input, other_op,
    less_nodes, less_attributes, other_attribute, other_constant, other_shape, other_frame,
)  # fmt: skip


def damaged(name: str, seed: int) -> GraphDef:
    """The graph of a program with one to three things done to it."""
    graph = GraphDef.FromString(
        program(name).graph.as_graph_def(add_shapes=seed % 2 == 0).SerializeToString()
    )
    chance = random.Random(f"{name} {seed}")
    for _ in range(chance.randint(1, 3)):
        chance.choice(DAMAGES)(graph, chance)
    return graph


def analysed(graph: GraphDef) -> Timeline | None:
    """The timeline; None = the graph was refused, in one line that says what to do."""
    try:
        return analyze_graph(GraphSource(graph, Source("graph_def")))
    except SourceError as error:
        text = str(error)
        assert "\n" not in text
        assert ";" in text, text
        return None


@pytest.mark.parametrize("name", NAMES)
def test_damage_is_answered(name):
    for seed in range(4 if name in TF1_NAMES else 1):
        claimed = analysed(damaged(name, seed))
        if claimed is not None:
            assert Timeline.from_json(claimed.to_json()) == claimed


WEIGHTED = """
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "w" op: "VariableV2" attr { key: "dtype" value { type: DT_FLOAT } }
       attr { key: "shape" value { shape { dim { size: 3 } dim { size: 3 } } } } }
node { name: "y" op: "MatMul" input: "x" input: "w" }
"""


def test_an_update_without_inputs_updates_nothing() -> None:
    graph = text_format.Parse(WEIGHTED + 'node { name: "update" op: "ApplyAdam" }', GraphDef())
    claimed = analysed(graph)
    assert claimed is not None
    assert [(v.name, v.trainable) for v in claimed.variables] == [("w", None)]


def test_a_scalar_has_no_dimension_to_squeeze() -> None:
    with tf.Graph().as_default() as made:
        x = tf.compat.v1.placeholder(tf.float32, [1, 10, 2, 3])
        kernel = tf.compat.v1.get_variable("kernel", [3, 3], use_resource=True)
        sequence = tf.squeeze(x, [0])
        _, state = tf.while_loop(
            lambda i, _: i < 10,
            lambda i, h: (i + 1, tf.tanh(h @ kernel + sequence[i])),
            (0, tf.zeros([2, 3])),
        )
        tf.identity(state)
    graph = GraphDef.FromString(made.as_graph_def().SerializeToString())
    scalar = graph.node.add(name="scalar", op="Const")
    scalar.attr["value"].tensor.dtype = 1
    squeeze = next(node for node in graph.node if node.op == "Squeeze")
    squeeze.input[0] = "scalar"
    assert analysed(graph) is not None
