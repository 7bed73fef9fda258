"""What is not covered is said to be unknown, with the reason: never a guess, never a silence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.analysis.analyze import analyze_graph
from tb_rnnview.facade import analyze
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.timeline import Encoding, Evidence, Kind, LengthSource, Timeline
from tests.analysis.claims import timeline
from tests.programs.tf1 import tf


def claimed_of(graph: Any, outputs: Sequence[str] | None = None) -> Timeline:
    return analyze_graph(open_source(graph), outputs=outputs)


def assert_unknown(claimed: Timeline, variables: set[str], why: str) -> None:
    """One layer of these variables is said to be unknown, and a finding says so too."""
    (layer,) = (
        x for x in claimed.layers if {v.name for v in claimed.variables_of(x.id)} & variables
    )
    assert {v.name for v in claimed.variables_of(layer.id)} == variables
    assert (layer.kind, layer.evidence) == (Kind.UNKNOWN, Evidence.UNKNOWN)
    assert (layer.units, layer.cell) == (None, "")
    assert why in layer.reason
    assert claimed.recurrent_layers == ()
    assert claimed.states == ()
    (finding,) = (f for f in claimed.findings if layer.id in f.layers)
    assert finding.code == "NOT_RECOGNISED"
    assert layer.reason in finding.message


def test_a_loop_over_no_sequence_that_runs_as_often_as_the_data_say() -> None:
    """Gibbs steps until a sample is good enough: nobody knows how often the weights are read."""
    with tf.Graph().as_default() as graph:
        visible = tf.placeholder(tf.float32, [2, 6])
        w = tf.get_variable("w", [6, 5])

        def step(v):
            return tf.sigmoid(tf.matmul(tf.sigmoid(tf.matmul(v, w)), w, transpose_b=True))

        tf.while_loop(lambda v: tf.reduce_sum(v) > 1.0, step, (visible,))
    claimed = claimed_of(graph)
    assert claimed.axes == ()
    assert_unknown(claimed, {"w"}, "no sequence at its counter")
    (variable,) = claimed.variables
    assert [use.reads for use in variable.uses] == [0]
    assert "how often the loop around one of its uses runs is not known" in variable.reason


def test_a_stack_of_tied_weights_is_not_taken_for_time() -> None:
    assert_unknown(timeline("tied_stack"), {"w"}, "the graph does not tell the two apart")


def test_a_cudnn_operation_of_an_unknown_number_of_layers() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [7, 2, 3])
        start = tf.placeholder(tf.float32, [None, 2, 5])
        buffer = tf.get_variable("buffer", [500])
        tf.raw_ops.CudnnRNN(input=x, input_h=start, input_c=start, params=buffer)
    claimed = claimed_of(graph)
    assert claimed.axes == ()
    assert_unknown(claimed, {"buffer"}, "a cuDNN operation whose number of layers the graph leaves")
    (variable,) = claimed.variables
    assert [use.reads for use in variable.uses] == [0]
    assert "what CudnnRNN does with it is not looked into" in variable.reason


def functional_loop() -> GraphDef:
    """A recurrence in a functional loop of 7 steps."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [7, 2, 3])
        w = tf.get_variable("w", [8, 5])
        tf.enable_control_flow_v2()
        try:
            tf.while_loop(
                lambda t, _: t < 7,
                lambda t, h: (t + 1, tf.tanh(tf.matmul(tf.concat([x[t], h], 1), w))),
                (tf.constant(0), tf.zeros([2, 5])),
            )
        finally:
            tf.disable_control_flow_v2()
    assert {"While", "StatelessWhile"} & {op.type for op in graph.get_operations()}
    return GraphDef.FromString(graph.as_graph_def(add_shapes=True).SerializeToString())


def test_a_functional_loop_is_looked_into() -> None:
    claimed = analyze(functional_loop())
    assert [(axis.length, axis.encoding) for axis in claimed.axes] == [(7, Encoding.WHILE_OP)]
    assert claimed.findings == ()


def test_a_functional_loop_whose_functions_are_missing() -> None:
    graph_def = functional_loop()
    del graph_def.library.function[:]
    claimed = analyze(graph_def)
    assert claimed.axes == ()
    assert_unknown(claimed, {"w"}, "a loop whose functions are not in the graph")
    assert [use.reads for use in claimed.variables[0].uses] == [0]
    assert any("not in the graph" in f.message and not f.layers for f in claimed.findings)


@pytest.mark.parametrize("name", ["unknown_length", "while_gathered"])
def test_an_open_length_has_its_reason(name: str) -> None:
    (axis,) = timeline(name).axes
    assert (axis.length, axis.length_source) == (None, LengthSource.UNKNOWN)
    assert "dimension" in axis.reason
    assert "is not fixed" in axis.reason
