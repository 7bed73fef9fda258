"""The hook for sessions of TensorFlow 1, against the equations and against training without it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf2

import tb_rnnview
from tb_rnnview.errors import SourceError
from tb_rnnview.hooks import RNNViewHook
from tb_rnnview.timeline import LengthSource
from tests.programs.tf1 import functional_control_flow, rnn_cell, tf

T, BATCH, INPUTS, UNITS = 5, 4, 3, 2
LENGTHS = np.array([5, 3, 2, 4], np.int32)
X = np.random.RandomState(0).randn(BATCH, T, INPUTS).astype("float32")
Y = np.random.RandomState(1).randn(BATCH, T).astype("float32")

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated")


def feeds() -> dict[str, Any]:
    return {"x:0": X, "y:0": Y, "lengths:0": LENGTHS}


def inputs(length: int | None = None) -> tuple[Any, Any, Any]:
    tf.set_random_seed(1)
    return (
        tf.placeholder(tf.float32, [None, length, INPUTS], name="x"),
        tf.placeholder(tf.float32, [None, T], name="y"),
        tf.placeholder(tf.int32, [None], name="lengths"),
    )


def trained(outputs: Any, y: Any, more: Any = 0.0) -> Any:
    """The train op; the loss is the graph's only result that is a single number."""
    loss = tf.add(tf.reduce_mean((tf.reduce_sum(outputs, 2) - y) ** 2), more, name="loss")
    step = tf.train.get_or_create_global_step()
    return tf.train.AdamOptimizer(0.05).minimize(loss, global_step=step)


def dynamic(cell: Any = None, masked: bool = True, regularised: bool = False) -> Any:
    x, y, lengths = inputs()
    cell = cell or rnn_cell.LSTMCell(UNITS)
    length = lengths if masked else None
    outputs, _ = tf.nn.dynamic_rnn(cell, x, sequence_length=length, dtype=tf.float32)
    more = tf.add_n([tf.nn.l2_loss(v) for v in tf.trainable_variables()]) if regularised else 0.0
    return trained(outputs, y, more)


def written_out(masked: bool = False) -> Any:
    x, y, lengths = inputs(T)
    outputs, _ = tf.nn.static_rnn(
        rnn_cell.LSTMCell(UNITS),
        tf.unstack(x, axis=1),
        sequence_length=lengths if masked else None,
        dtype=tf.float32,
    )
    return trained(tf.stack(outputs, 1), y)


def both_ways() -> Any:
    x, y, lengths = inputs()
    (forward, backward), _ = tf.nn.bidirectional_dynamic_rnn(
        rnn_cell.GRUCell(UNITS),
        rnn_cell.LSTMCell(UNITS),
        x,
        sequence_length=lengths,
        dtype=tf.float32,
    )
    return trained(forward + 2 * backward, y)


def written_both_ways() -> Any:
    x, y, _ = inputs(T)
    cells = rnn_cell.GRUCell(UNITS), rnn_cell.LSTMCell(UNITS)
    elements = tf.unstack(x, axis=1)
    outputs, _, _ = tf.nn.static_bidirectional_rnn(*cells, elements, dtype=tf.float32)
    return trained(tf.stack(outputs, 1), y)


def with_dropout() -> Any:
    """What a hook could disturb: random numbers in the loop and outside, a pipeline's data."""
    tf.set_random_seed(3)
    data = tf.data.Dataset.from_tensor_slices((np.tile(X, (3, 1, 1)), np.tile(Y, (3, 1))))
    x, y = tf.data.make_one_shot_iterator(data.shuffle(12, seed=1).batch(4).repeat()).get_next()
    cell = rnn_cell.DropoutWrapper(rnn_cell.GRUCell(UNITS), output_keep_prob=0.7)
    # Else timesteps draw their random numbers in any order, and training does not repeat alone.
    outputs, _ = tf.nn.dynamic_rnn(
        cell, tf.nn.dropout(x, rate=0.2), dtype=tf.float32, parallel_iterations=1
    )
    return trained(outputs, y)


def train(
    build: Callable[[], Any],
    hooks: Callable[[], list[Any]] = list,
    steps: int = 4,
    feed: bool = True,
    functional: bool = False,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The weights before training and after it."""
    with tf.Graph().as_default(), functional_control_flow() if functional else _as_it_is():
        op = build()
        weights = tf.trainable_variables()
        with tf.train.MonitoredTrainingSession(hooks=hooks()) as session:
            before = session.run(weights)  # a run that is none of the network
            for _ in range(steps):
                session.run(op, feeds() if feed else None)
            return before, session.run(weights)


@contextlib.contextmanager
def _as_it_is() -> Iterator[None]:
    yield


def logged(folder: Path) -> tb_rnnview.Run:
    runs = tb_rnnview.read(folder)
    (run,) = (run for run in runs.values() if run.statistics or run.timelines)
    return run


def expected(kernel: np.ndarray, bias: np.ndarray, *, masked: bool) -> dict[str, Any]:
    """An LSTM with weights of its own for each timestep, by its equations."""
    lengths = LENGTHS if masked else np.full(BATCH, T)
    zero = [tf2.zeros([BATCH, UNITS]) for _ in range(2 * T)]
    kernels, biases = [tf2.constant(kernel)] * T, [tf2.constant(bias)] * T
    kernels, biases = [k + 0 for k in kernels], [b + 0 for b in biases]
    saturated, states = [], {"h": [], "c": []}
    with tf2.GradientTape() as tape:
        tape.watch([kernels, biases, zero])
        h = c = tf2.zeros([BATCH, UNITS])
        outputs = []
        for t in range(T):
            runs = (t < lengths)[:, None]
            z = tf2.concat([X[:, t], h], 1) @ kernels[t] + biases[t]
            i, g, f, o = tf2.split(z, 4, 1)
            forget = tf2.sigmoid(f + 1.0)
            new_c = c * forget + tf2.sigmoid(i) * tf2.tanh(g)
            new_h = tf2.sigmoid(o) * tf2.tanh(new_c) + zero[2 * t]
            new_c = new_c + zero[2 * t + 1]
            outputs.append(tf2.where(runs, new_h, 0.0))
            h, c = tf2.where(runs, new_h, h), tf2.where(runs, new_c, c)
            inside = runs & np.ones([BATCH, UNITS], bool)
            saturated.append((np.abs(forget.numpy() - 0.5) > 0.4)[inside].mean())
            states["h"].append(rms(new_h.numpy()[inside]))
            states["c"].append(rms(new_c.numpy()[inside]))
        loss = tf2.reduce_mean((tf2.reduce_sum(tf2.stack(outputs, 1), 2) - Y) ** 2)
    of_kernels, of_biases, of_states = tape.gradient(
        loss, [kernels, biases, zero], unconnected_gradients=tf2.UnconnectedGradients.ZERO
    )
    inside = [((t < lengths)[:, None] & np.ones([BATCH, UNITS], bool)) for t in range(T)]
    return {
        "kernel": shares(of_kernels),
        "bias": shares(of_biases),
        "dh": [rms(of_states[2 * t].numpy()[inside[t]]) for t in range(T)],
        "dc": [rms(of_states[2 * t + 1].numpy()[inside[t]]) for t in range(T)],
        "saturated": saturated,
        **states,
    }


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values.astype(np.float64)))))


def shares(gradients: list[Any]) -> list[float]:
    each = np.stack([np.asarray(g, np.float64).ravel() for g in gradients])
    whole = each.sum(0)
    return list(each @ whole / (whole @ whole))


@pytest.mark.parametrize(
    ("build", "masked", "functional"),
    [
        (dynamic, True, False),
        (dynamic, True, True),
        (written_out, False, False),
    ],
    ids=["while_frame", "while_op", "written_out"],
)
def test_it_agrees_with_the_equations(
    build: Callable[[], Any], masked: bool, functional: bool, tmp_path: Path
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.filterwarnings("ignore", ".*deprecated")
        hooks = lambda: [RNNViewHook(2, output_dir=tmp_path)]  # noqa: E731
        (kernel, bias), _ = train(build, hooks, functional=functional)
    run = logged(tmp_path)
    (table,) = run.statistics.values()
    assert table.layer == "lstm_cell"
    assert list(table.steps) == [1, 3]
    known = expected(kernel, bias, masked=masked)
    for measure, of, name in (
        ("vote", "rnn/lstm_cell/kernel", "kernel"),
        ("vote", "rnn/lstm_cell/bias", "bias"),
        ("activation", "h", "h"),
        ("activation", "c", "c"),
        ("state_gradient", "h", "dh"),
        ("state_gradient", "c", "dc"),
        ("saturation", "f", "saturated"),
    ):
        np.testing.assert_allclose(
            table.values(measure, of)[0], known[name], rtol=1e-4, atol=1e-6, err_msg=f"{measure}"
        )
    runs = [1, 1, 0.75, 0.5, 0.25] if masked else [1] * T
    np.testing.assert_allclose(table.values("live")[0], runs)
    np.testing.assert_allclose(table.values("vote").sum(1), 1, atol=1e-5)
    assert not table.elsewhere("vote").any()
    (((_, timeline),),) = run.timelines.values()
    assert timeline.axes[0].length == T
    assert timeline.axes[0].length_source is (
        LengthSource.OBSERVED if build is dynamic else LengthSource.STATIC
    )


@pytest.mark.parametrize("is_written_out", [False, True])
def test_a_backward_layer_is_in_the_order_of_the_sequence(
    is_written_out: bool, tmp_path: Path
) -> None:
    build = written_both_ways if is_written_out else both_ways
    train(build, lambda: [RNNViewHook(output_dir=tmp_path)])
    forward, backward = logged(tmp_path).statistics.values()
    runs = [1] * T if is_written_out else [1, 1, 0.75, 0.5, 0.25]
    for table in (forward, backward):
        np.testing.assert_allclose(table.values("live")[0], runs)
        np.testing.assert_allclose(table.values("vote").sum(1), 1, atol=1e-5)
    # It begins at each sequence's end, and nothing comes after t = 0.
    assert np.isfinite(backward.values("activation", "c")[0]).all()
    assert backward.values("state_gradient", "c")[0][0] == 0
    assert (backward.values("state_gradient", "c")[0][1:] > 0).all()


@pytest.mark.parametrize(
    ("build", "feed", "functional"),
    [
        (dynamic, True, False),
        (dynamic, True, True),
        (written_out, True, False),
        (both_ways, True, False),
        (with_dropout, False, False),
    ],
    ids=["while_frame", "while_op", "written_out", "both_ways", "dropout_and_pipeline"],
)
def test_training_is_the_same_bit_for_bit(
    build: Callable[[], Any], feed: bool, functional: bool, tmp_path: Path
) -> None:
    def weights(hooks: Callable[[], list[Any]] = list) -> list[np.ndarray]:
        return train(build, hooks, feed=feed, functional=functional)[1]

    alone = weights()
    for again in (weights(), weights(lambda: [RNNViewHook(1, output_dir=tmp_path)])):
        for one, other in zip(alone, again, strict=True):
            np.testing.assert_array_equal(one, other)
    assert all(len(table.steps) == 4 for table in logged(tmp_path).statistics.values())


def test_a_regulariser_is_reported_beside(tmp_path: Path) -> None:
    (kernel, _), _ = train(
        lambda: dynamic(regularised=True), lambda: [RNNViewHook(output_dir=tmp_path)]
    )
    (table,) = logged(tmp_path).statistics.values()
    beside = table.elsewhere("vote", "rnn/lstm_cell/kernel")[0]
    assert beside == pytest.approx(np.linalg.norm(kernel), rel=1e-4)  # of sum(w²) / 2
    np.testing.assert_allclose(table.values("vote", "rnn/lstm_cell/kernel").sum(1), 1, atol=1e-5)


def test_steps_are_those_of_summaries(tmp_path: Path) -> None:
    def hooks() -> list[Any]:
        scalar = tf.summary.scalar("number", tf.constant(1.0))
        written = tf.train.SummarySaverHook(3, output_dir=str(tmp_path / "run"), summary_op=scalar)
        return [RNNViewHook(3, output_dir=tmp_path / "run"), written]

    with tf.Graph().as_default():
        op = dynamic()
        with tf.train.MonitoredTrainingSession(hooks=hooks()) as session:
            for _ in range(8):
                session.run(op, feeds())
    (table,) = logged(tmp_path).statistics.values()
    (file,) = (path for path in (tmp_path / "run").iterdir() if path.is_file())
    events = tf.train.summary_iterator(str(file))
    numbers = [e.step for e in events if any(v.tag == "number" for v in e.summary.value)]
    assert numbers == list(table.steps)


def test_through_a_writer_of_the_program(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        writer = tf.summary.FileWriter(str(tmp_path))
    train(dynamic, lambda: [RNNViewHook(summary_writer=writer, name="mine")])
    writer.close()
    assert list(logged(tmp_path).statistics) == ["mine/lstm_cell"]


def test_a_condition_leaves_what_can_be_fetched(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="lstm_cell is not measured whole: .*under a condition"):
        train(lambda: written_out(masked=True), lambda: [RNNViewHook(output_dir=tmp_path)])
    (table,) = logged(tmp_path).statistics.values()
    assert {row.measure for row in table.rows} == {"activation", "live", "non_finite"}
    # Nobody needs the last state: only the output of the last timestep.
    np.testing.assert_allclose(table.values("live")[0], [1, 1, 0.75, 0.5, np.nan])


@pytest.mark.parametrize("loss", ["loss", "loss:0", None])
def test_a_loss_is_given_or_found(loss: str | None, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "tb_rnnview")
        train(dynamic, lambda: [RNNViewHook(output_dir=tmp_path, loss=loss)], steps=1)
    (table,) = logged(tmp_path).statistics.values()
    assert np.isfinite(table.values("vote")).all()


def test_another_number_is_not_taken_for_the_loss(tmp_path: Path) -> None:
    def perplexity() -> Any:
        op = dynamic()
        tf.exp(tf.get_default_graph().get_tensor_by_name("loss:0"))
        return op

    with pytest.warns(
        UserWarning, match="not those that the optimizer applies; give loss="
    ) as said:
        train(perplexity, lambda: [RNNViewHook(1, output_dir=tmp_path)])
    assert len([w for w in said if "tb_rnnview" in str(w.message)]) == 1
    (table,) = logged(tmp_path).statistics.values()
    assert {row.measure for row in table.rows} == {"activation", "saturation", "live", "non_finite"}


def test_of_two_numbers_none_is_taken(tmp_path: Path) -> None:
    def two() -> Any:
        op = dynamic()
        loss = tf.get_default_graph().get_tensor_by_name("loss:0")
        tf.exp(loss), tf.sqrt(loss)
        return op

    with pytest.warns(UserWarning, match="does not tell which tensor is the loss; give loss="):
        train(two, lambda: [RNNViewHook(output_dir=tmp_path)])


def test_numbers_that_are_none_are_counted(tmp_path: Path) -> None:
    def broken() -> Any:
        x, y, _ = inputs()
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(UNITS), x, dtype=tf.float32)
        return trained(outputs, tf.log(y - 1e6))

    train(broken, lambda: [RNNViewHook(1, output_dir=tmp_path)], steps=2)
    (table,) = logged(tmp_path).statistics.values()
    assert list(table.values("non_finite", "values")[0]) == [0] * T
    assert list(table.values("non_finite", "gradients")[0]) == [BATCH * UNITS] * T
    assert list(table.values("non_finite", "values")[1]) == [BATCH * UNITS] * T


def test_sequences_of_no_timestep_do_not_stop_training(tmp_path: Path) -> None:
    def hooks() -> list[Any]:
        return [RNNViewHook(1, output_dir=tmp_path, loss="loss")]

    with tf.Graph().as_default():
        op = dynamic()
        with tf.train.MonitoredTrainingSession(hooks=hooks()) as session:
            session.run(op, feeds())
            session.run(op, {**feeds(), "lengths:0": [0] * BATCH})
            session.run(op, feeds())
    (table,) = logged(tmp_path).statistics.values()
    assert list(table.values("live")[1]) == [0] * T


def test_what_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "rnnview").write_text("a file where the folder should be")
    alone = train(dynamic)[1]
    with pytest.warns(UserWarning, match="tb_rnnview: nothing more is logged: ") as said:
        watched = train(dynamic, lambda: [RNNViewHook(1, output_dir=tmp_path)])[1]
    assert len([w for w in said if "tb_rnnview" in str(w.message)]) == 1
    for one, other in zip(alone, watched, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_graph_without_steps_or_network_is_said_once(tmp_path: Path) -> None:
    def nothing() -> Any:
        tf.train.get_or_create_global_step()
        tf.get_variable("w", [2])
        return tf.no_op()

    with pytest.warns(UserWarning, match="tb_rnnview: nothing is logged: "):
        train(
            lambda: tf.get_variable("w", [2]), lambda: [RNNViewHook(output_dir=tmp_path)], 1, False
        )
    train(nothing, lambda: [RNNViewHook(output_dir=tmp_path)], 1, feed=False)


def test_one_hook_serves_one_session_after_the_other(tmp_path: Path) -> None:
    hook = RNNViewHook(2, output_dir=tmp_path)
    for _ in range(2):
        train(dynamic, lambda: [hook])
    (table,) = logged(tmp_path).statistics.values()
    assert list(table.steps) == [1, 3]


def test_only_the_timeline(tmp_path: Path) -> None:
    train(dynamic, lambda: [RNNViewHook(output_dir=tmp_path, statistics=False)])
    run = logged(tmp_path)
    assert not run.statistics
    (((step, timeline),),) = run.timelines.values()
    assert step == 1
    assert [axis.length for axis in timeline.axes] == [T]


def test_a_layer_that_cannot_be_measured_still_tells_its_length(tmp_path: Path) -> None:
    def in_one_tensor() -> Any:
        return dynamic(rnn_cell.LSTMCell(UNITS, state_is_tuple=False))

    with pytest.warns(UserWarning, match="lstm_cell is not measured: its states lie in one tensor"):
        train(in_one_tensor, lambda: [RNNViewHook(output_dir=tmp_path)])
    (((_, timeline),),) = logged(tmp_path).timelines.values()
    assert [axis.length for axis in timeline.axes] == [T]


def test_what_does_not_run_the_network_is_not_logged(tmp_path: Path) -> None:
    with tf.Graph().as_default():
        op = dynamic()
        with tf.train.MonitoredTrainingSession(
            hooks=[RNNViewHook(1, output_dir=tmp_path)]
        ) as session:
            for _ in range(2):
                session.run(tf.train.get_global_step())
            session.run({"op": op, "names": ["loss:0"]}, feeds())
    (table,) = logged(tmp_path).statistics.values()
    assert list(table.steps) == [1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"save_steps": 1, "save_secs": 1},
        {"save_steps": 0},
        {"save_secs": "often"},
        {"output_dir": None},
        {"output_dir": 7},
        {"output_dir": "gs://bucket/logs"},
        {"summary_writer": "logs"},
    ],
)
def test_wrong_arguments_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SourceError):
        RNNViewHook(**{"output_dir": "logs", **wrong})


def test_a_killed_program_leaves_every_logged_step(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from tests.training.test_hooks import *\n"
        "class Kill(tf.train.SessionRunHook):\n"
        "    runs = 0\n"
        "    def after_run(self, run_context, run_values):\n"
        "        self.runs += 1\n"
        "        if self.runs == 5:\n"
        "            os.kill(os.getpid(), signal.SIGKILL)\n"
        "train(dynamic, lambda: [RNNViewHook(1, output_dir=sys.argv[1]), Kill()], 9)\n"
    )
    root = Path(__file__).resolve().parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    (table,) = logged(tmp_path).statistics.values()
    assert list(table.steps) == [1, 2, 3, 4]
