"""What the analysis tells beside the timeline."""

from __future__ import annotations

from tb_rnnview.analysis.analyze import analyze_graph
from tb_rnnview.facade import analyze
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.timeline import Severity
from tests.analysis.claims import timeline
from tests.programs.tf1 import tf


def test_the_starting_programs_initial_state_is_connected_to_nothing() -> None:
    finding = timeline("starting_program").findings[1]
    assert (finding.code, finding.severity) == ("INPUT_NOT_CONNECTED", Severity.WARNING)
    assert finding.message.startswith("initial_state [?, 100] is connected to nothing.")


def test_what_was_meant_leaves_nothing_dangling() -> None:
    assert timeline("what_was_meant").findings == ()


def test_a_placeholder_that_only_training_reads_is_connected() -> None:
    with tf.Graph().as_default() as graph:
        rate = tf.placeholder(tf.float32, [], name="rate")
        x = tf.placeholder(tf.float32, [None, 3], name="x")
        weights = tf.get_variable("weights", [3, 2])
        loss = tf.reduce_mean(tf.matmul(x, weights) ** 2)
        tf.train.GradientDescentOptimizer(rate).minimize(loss)
        tf.placeholder(tf.int32, name="anything")
    (finding,) = analyze(graph).findings
    assert finding.message.startswith("anything is connected to nothing.")


def test_a_placeholder_that_only_orders_operations_is_connected() -> None:
    with tf.Graph().as_default() as graph:
        tf.matmul(tf.ones([1, 3]), tf.get_variable("weights", [3, 2]))
        gate = tf.placeholder(tf.float32, [], name="gate")
        with tf.control_dependencies([gate]):
            tf.constant(1.0, name="after")
    assert analyze_graph(open_source(graph)).findings == ()
