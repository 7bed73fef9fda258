"""Frozen graphs: constants took the place of the variables; the truth stays the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.programs import around, bidirectional, keras_legacy, kernels_on_the_way, lstms, stacked
from tests.programs.program import Program
from tests.programs.tf1 import tf


def _freeze(build: Callable[[], Program]) -> Program:
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


def frozen_tutorial() -> Program:
    """GRUs, a bound and a head, frozen."""
    return _freeze(stacked.tutorial)


def frozen_peepholes() -> Program:
    """Constants that are used element by element."""
    return _freeze(lstms.lstm_everything)


def frozen_bidirectional() -> Program:
    """Two stacked bidirectional layers, frozen."""
    return _freeze(bidirectional.stacked_bidirectional)


def frozen_embedding() -> Program:
    """Gather params, LSTM, dense over all timesteps, frozen."""
    return _freeze(around.embedding_to_dense)


def frozen_keras_lstm() -> Program:
    """Resource variables read inside the loop become constants outside it."""
    return _freeze(keras_legacy.keras_lstm)


def frozen_elman() -> Program:
    """The bias is added to what was added before: a constant, and a variable all the same."""
    return _freeze(kernels_on_the_way.elman)
