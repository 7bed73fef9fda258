"""Puts constants in the place of a program's variables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.programs.program import Program
from tests.programs.tf1 import tf


def freeze(build: Callable[[], Program]) -> Program:
    """The program with constants in the place of its variables."""
    program = build()
    names = [tensor.op.name for tensor in program.outputs]
    with tf.Session(graph=program.graph) as session:
        with program.graph.as_default():
            session.run(tf.global_variables_initializer())
        frozen = tf.graph_util.convert_variables_to_constants(
            session, program.graph.as_graph_def(), names
        )
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(frozen, name="")
    return replace(
        program,
        graph=graph,
        outputs=[graph.get_tensor_by_name(t.name) for t in program.outputs],
        feeds={graph.get_tensor_by_name(t.name): v for t, v in program.feeds.items()},
        storages=tuple(program.truth.weights),
    )
