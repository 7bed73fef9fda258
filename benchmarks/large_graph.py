"""Writes a large graph: a chain of LSTM cells, written out step by step as `static_rnn` does.

    python benchmarks/large_graph.py /tmp/large.pb                 # 1,000,024 nodes, 50,000 steps
    python benchmarks/large_graph.py /tmp/small.pb --steps 500     #    10,024 nodes
    python benchmarks/large_graph.py /tmp/other.pb --spelling in_function   # see spellings.py

24 nodes stand around the steps (the input and its pieces, two variables with how they begin, two
zero states, the stacked outputs) and 20 are in each. All messages are made and written by protobuf,
with the shapes that TensorFlow notes. No weight is stored: this is a graph, not a frozen one.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.types_pb2 import DT_FLOAT, DT_INT32

BATCH, INPUTS, UNITS = 32, 64, 128


class Writer:
    """A GraphDef that grows node by node."""

    def __init__(self) -> None:
        self.graph = GraphDef()

    def add(
        self,
        name: str,
        op: str,
        inputs: Sequence[str] = (),
        shapes: Sequence[Sequence[int]] = (),
        **numbers: int,
    ) -> str:
        """Adds a node; attributes that end in ``type`` are types, the others numbers."""
        node = self.graph.node.add(name=name, op=op, input=inputs)
        for key, value in numbers.items():
            if key == "T" or key.endswith("type"):
                node.attr[key].type = value
            else:
                node.attr[key].i = value
        noted = node.attr["_output_shapes"].list
        for shape in shapes:
            noted.shape.add(dim=[{"size": size} for size in shape])
        return name

    def constant(self, name: str, values: Sequence[float], dtype: int = DT_INT32) -> str:
        """Adds a scalar (one value) or a vector."""
        shape = [] if len(values) == 1 else [len(values)]
        self.add(name, "Const", (), [shape], dtype=dtype)
        tensor = self.graph.node[-1].attr["value"].tensor
        tensor.dtype = dtype
        for size in shape:
            tensor.tensor_shape.dim.add(size=size)
        if dtype == DT_INT32:
            tensor.int_val.extend(int(v) for v in values)
        else:
            tensor.float_val.extend(values)
        return name

    def variable(self, name: str, shape: Sequence[int]) -> str:
        """Adds a variable's handle."""
        self.add(name, "VarHandleOp", (), [[]], dtype=DT_FLOAT)
        for size in shape:
            self.graph.node[-1].attr["shape"].shape.dim.add(size=size)
        return name


def chain_of_cells(steps: int) -> GraphDef:
    """The graph of one LSTM layer, unrolled."""
    to = Writer()
    f = {"T": DT_FLOAT}
    to.add("x", "Placeholder", (), [[steps, BATCH, INPUTS]], dtype=DT_FLOAT)
    to.add("unstack", "Unpack", ["x"], [[BATCH, INPUTS]] * steps, num=steps, axis=0, **f)
    cell = "rnn/basic_lstm_cell"
    rows, columns = INPUTS + UNITS, 4 * UNITS
    kernel = to.variable(f"{cell}/kernel", [rows, columns])
    begin = f"{kernel}/Initializer/random_uniform"
    to.constant(f"{begin}/shape", [rows, columns])
    to.constant(f"{begin}/min", [-0.1], DT_FLOAT)
    to.constant(f"{begin}/max", [0.1], DT_FLOAT)
    whole = [[rows, columns]]
    to.add(f"{begin}/RandomUniform", "RandomUniform", [f"{begin}/shape"], whole, dtype=DT_FLOAT)
    to.add(f"{begin}/sub", "Sub", [f"{begin}/max", f"{begin}/min"], [[]], **f)
    to.add(f"{begin}/mul", "Mul", [f"{begin}/RandomUniform", f"{begin}/sub"], whole, **f)
    to.add(begin, "Add", [f"{begin}/mul", f"{begin}/min"], whole, **f)
    to.add(f"{kernel}/Assign", "AssignVariableOp", [kernel, begin], dtype=DT_FLOAT)
    to.add(f"{kernel}/Read/ReadVariableOp", "ReadVariableOp", [kernel], whole, dtype=DT_FLOAT)
    bias = to.variable(f"{cell}/bias", [columns])
    to.constant(f"{bias}/Initializer/zeros", [0.0] * columns, DT_FLOAT)
    to.add(f"{bias}/Assign", "AssignVariableOp", [bias, f"{bias}/Initializer/zeros"])
    to.add(f"{bias}/Read/ReadVariableOp", "ReadVariableOp", [bias], [[columns]], dtype=DT_FLOAT)
    state = [[BATCH, UNITS]]
    states = []
    for name in ("rnn/zeros_c", "rnn/zeros_h"):
        to.constant(f"{name}/shape", [BATCH, UNITS])
        to.constant(f"{name}/Const", [0.0], DT_FLOAT)
        states.append(to.add(name, "Fill", [f"{name}/shape", f"{name}/Const"], state, **f))
    outputs = []
    for step in range(steps):
        scope = f"{cell}_{step}" if step else cell + "_1/0"
        element = f"unstack:{step}" if step else "unstack"
        states = one_step(to, scope, element, states, kernel, bias)
        outputs.append(states[1])
    to.add("stack", "Pack", outputs, [[steps, BATCH, UNITS]], N=steps, axis=0, **f)
    to.add("output", "Identity", ["stack"], [[steps, BATCH, UNITS]], **f)
    to.graph.versions.producer = 26
    return to.graph


def one_step(
    to: Writer, scope: str, element: str, states: list[str], kernel: str, bias: str
) -> list[str]:
    """The 20 nodes of one timestep; gives back the new states."""
    f = {"T": DT_FLOAT}
    state, gates = [[BATCH, UNITS]], [[BATCH, 4 * UNITS]]

    def add(name: str, op: str, *inputs: str) -> str:
        return to.add(f"{scope}/{name}", op, inputs, state, **f)

    c, h = states
    axis = to.constant(f"{scope}/concat/axis", [1])
    joined = to.add(
        f"{scope}/concat",
        "ConcatV2",
        [element, h, axis],
        [[BATCH, INPUTS + UNITS]],
        N=2,
        Tidx_type=DT_INT32,
        **f,
    )
    read = to.add(
        f"{scope}/MatMul/ReadVariableOp",
        "ReadVariableOp",
        [kernel],
        [[INPUTS + UNITS, 4 * UNITS]],
        dtype=DT_FLOAT,
    )
    product = to.add(f"{scope}/MatMul", "MatMul", [joined, read], gates, **f)
    read = to.add(
        f"{scope}/BiasAdd/ReadVariableOp", "ReadVariableOp", [bias], [[4 * UNITS]], dtype=DT_FLOAT
    )
    total = to.add(f"{scope}/BiasAdd", "BiasAdd", [product, read], gates, **f)
    to.constant(f"{scope}/Const", [4])
    dimension = to.constant(f"{scope}/split/split_dim", [1])
    i = to.add(f"{scope}/split", "Split", [dimension, total], state * 4, num_split=4, **f)
    one = to.constant(f"{scope}/add/y", [1.0], DT_FLOAT)
    forget = add("Sigmoid", "Sigmoid", add("add", "Add", f"{i}:2", one))
    kept = add("mul", "Mul", c, forget)
    new = add("mul_1", "Mul", add("Sigmoid_1", "Sigmoid", i), add("Tanh", "Tanh", f"{i}:1"))
    c = add("add_1", "Add", kept, new)
    shown = add("Tanh_1", "Tanh", c)
    h = add("mul_2", "Mul", shown, add("Sigmoid_2", "Sigmoid", f"{i}:3"))
    return [c, h]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", help="the file to write")
    parser.add_argument("--steps", type=int, default=50_000, help="timesteps (default: 50000)")
    parser.add_argument("--spelling", default="plain", help="one of spellings.py")
    arguments = parser.parse_args()
    from spellings import SPELLINGS, stored

    graph = SPELLINGS[arguments.spelling](arguments.steps)
    data = stored(graph)
    with open(arguments.path, "wb") as file:
        file.write(data)
    print(f"{arguments.path}: {len(data):,} bytes")


if __name__ == "__main__":
    main()
