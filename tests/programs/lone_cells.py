"""Operations that are one step of a cell, each run once, outside loops: one timestep."""

from __future__ import annotations

from typing import Any

from tests.programs import cells
from tests.programs.program import ANY, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf1 import tf

FORWARD = (("time", "FORWARD"),)
HEAD = Layer("ONCE", runs=(("", ""),))
ONE = Axis(1, unrolled=True)


def _zeros() -> Any:
    return tf.zeros([2, 5])


def _lstm_weights(scope: str, inputs: int) -> tuple[Any, Any]:
    with tf.variable_scope(scope, reuse=tf.AUTO_REUSE):
        return tf.get_variable("kernel", [inputs + 5, 20]), tf.get_variable("bias", [20])


def _lstm(x: Any, c: Any, h: Any, weights: tuple[Any, Any]) -> Any:
    """A timestep without peepholes: TensorFlow's cell hands zeros in for them."""
    none = tf.zeros([5])
    return tf.raw_ops.LSTMBlockCell(
        x=x, cs_prev=c, h_prev=h, w=weights[0], b=weights[1], wci=none, wcf=none, wco=none
    )


def _train(step: Any, x: Any, weights: tuple[Any, Any], gradient: Any) -> None:
    """One update of the weights; TensorFlow registers no gradient for the operation."""
    none, zeros = tf.zeros([5]), _zeros()
    outputs = {name: getattr(step, name) for name in ("i", "cs", "f", "o", "ci", "co")}
    sums = tf.raw_ops.LSTMBlockCellGrad(
        x=x, cs_prev=zeros, h_prev=zeros, w=weights[0], b=weights[1], wci=none, wcf=none,
        wco=none, **outputs, cs_grad=zeros, h_grad=gradient, use_peephole=False,
    ).dicfo  # fmt: skip
    tf.assign_sub(weights[0], tf.matmul(tf.concat([x, zeros], 1), sums, transpose_a=True))
    tf.assign_sub(weights[1], tf.reduce_sum(sums, 0))


def _gru(x: Any, h: Any, scope: str, inputs: int) -> Any:
    with tf.variable_scope(scope, reuse=tf.AUTO_REUSE):
        w_ru, b_ru = tf.get_variable("w_ru", [inputs + 5, 10]), tf.get_variable("b_ru", [10])
        w_c, b_c = tf.get_variable("w_c", [inputs + 5, 5]), tf.get_variable("b_c", [5])
    return tf.raw_ops.GRUBlockCell(x=x, h_prev=h, w_ru=w_ru, w_c=w_c, b_ru=b_ru, b_c=b_c).h


def _of_lstm(scope: str, layer: str, inputs: int, *axes: str) -> cells.Weights:
    use = cells.uses(layer, axes or ("time",))
    blocks = {**cells.rows(inputs, 5), **cells.columns(cells.LSTM_GATES, 5)}
    return {
        f"{scope}/kernel": Weight("kernel", use, blocks),
        f"{scope}/bias": Weight("bias", use, cells.columns(cells.LSTM_GATES, 5, 0)),
    }


def _of_gru(scope: str, layer: str, inputs: int, *axes: str) -> cells.Weights:
    use, rows = cells.uses(layer, axes or ("time",)), cells.rows(inputs, 5)
    return {
        f"{scope}/w_ru": Weight("kernel", use, {**rows, **cells.columns(("r", "z"), 5)}),
        f"{scope}/w_c": Weight("kernel", use, rows),
        f"{scope}/b_ru": Weight("bias", use),
        f"{scope}/b_c": Weight("bias", use),
    }


def one_lstm_step() -> Program:
    """LSTMBlockCell once, from zeros, between two products, and trained."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4])
        fed, weights = tf.layers.dense(x, 3, name="look"), _lstm_weights("r", 3)
        step = _lstm(fed, _zeros(), _zeros(), weights)
        scores = tf.layers.dense(step.h, 2, name="head")
        _train(step, fed, weights, tf.gradients(tf.reduce_sum(tf.square(scores)), step.h)[0])
    truth = Truth(
        axes={"time": ONE},
        layers={"look": HEAD, "rnn": Layer("RECURRENT", "LSTM", 5, 0, FORWARD), "head": HEAD},
        weights=cells.dense("look", "look") | _of_lstm("r", "rnn", 3) | cells.dense("head", "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("look", "rnn", 0), ("rnn", "head", 0)),
    )
    return Program(graph, [scores], {x: fill(2, 4)}, truth)


def one_gru_step() -> Program:
    """GRUBlockCell once: a state is fed, and the next one is fetched, to go on from."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3])
        last = tf.placeholder(tf.float32, [2, 5], name="last")
        state = _gru(x, last, "r", 3)
    truth = Truth(
        axes={"time": ONE},
        layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, FORWARD)},
        weights=_of_gru("r", "rnn", 3),
        starts=(Start("rnn", "last"),),
    )
    return Program(graph, [state], {x: fill(2, 3), last: fill(2, 5)}, truth)


def one_step_of_a_stack() -> Program:
    """Three cells above each other; what lies between them belongs to the timestep, too.

    The two upper ones have one kernel: layers that share it. Noise comes in from outside.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3])
        noise = tf.placeholder(tf.float32, [2, 5])
        low = _lstm(x, _zeros(), _zeros(), _lstm_weights("low", 3)).h
        between = tf.layers.dense(low * noise, 5, tf.nn.relu, name="between")
        shared = _lstm_weights("shared", 5)
        middle = _lstm(between, _zeros(), _zeros(), shared).h
        high = _lstm(middle, _zeros(), _zeros(), shared).h
    use = (Uses("middle", "time"), Uses("high", "time"))
    truth = Truth(
        axes={"time": ONE},
        layers={
            "low": Layer("RECURRENT", "LSTM", 5, 0, FORWARD),
            "between": Layer("STEPWISE", runs=(("time", "*"),)),
            "middle": Layer("RECURRENT", "LSTM", 5, 1, FORWARD),
            "high": Layer("RECURRENT", "LSTM", 5, 2, FORWARD),
        },
        weights=_of_lstm("low", "low", 3)
        | cells.dense("between", "between", "time")
        | {name: Weight(w.role, use, w.blocks) for name, w in _of_lstm("shared", "", 5).items()},
        starts=cells.zeros("low", 2) + cells.zeros("middle", 2) + cells.zeros("high", 2),
        connections=(("low", "between", 0), ("between", "middle", 0), ("middle", "high", 0)),
    )
    return Program(graph, [high, low], {x: fill(2, 3), noise: fill(2, 5)}, truth)


def one_step_decoder() -> Program:
    """A cell that starts from the state of another one: each has a time of its own."""
    with tf.Graph().as_default() as graph:
        source = tf.placeholder(tf.float32, [2, 3])
        target = tf.placeholder(tf.float32, [2, 4])
        state = _gru(source, _zeros(), "e", 3)
        result = _gru(target, tf.tanh(state), "d", 4)
    truth = Truth(
        axes={"source": ONE, "target": ONE},
        layers={
            "encoder": Layer("RECURRENT", "GRU", 5, 0, (("source", "FORWARD"),)),
            "decoder": Layer("RECURRENT", "GRU", 5, 0, (("target", "FORWARD"),)),
        },
        weights=_of_gru("e", "encoder", 3, "source") | _of_gru("d", "decoder", 4, "target"),
        starts=(*cells.zeros("encoder"), Start("decoder", "*")),
        connections=(("encoder", "decoder", ANY),),
    )
    return Program(graph, [result], {source: fill(2, 3), target: fill(2, 4)}, truth)


def fused_train_and_sample() -> Program:
    """A layer written out over 4 timesteps to train, and once to sample from, on a fed state."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 4, 3])
        weights = _lstm_weights("r", 3)
        c, h, outputs = _zeros(), _zeros(), []
        for t in range(4):
            step = _lstm(x[:, t], c, h, weights)
            c, h = step.cs, step.h
            outputs.append(h)
        y = tf.placeholder(tf.float32, [2, 3])
        first = [tf.placeholder(tf.float32, [2, 5], name=f"first_{name}") for name in "ch"]
        sample = _lstm(y, *first, weights)
        together = tf.stack(outputs)
    runs = (("train", "FORWARD"), ("sample", "FORWARD"))
    truth = Truth(
        axes={"train": Axis(4, unrolled=True), "sample": ONE},
        layers={"rnn": Layer("RECURRENT", "LSTM", 5, 0, runs)},
        weights=_of_lstm("r", "rnn", 3, "train", "sample"),
        starts=(*cells.zeros("rnn", 2), Start("rnn", "first_c"), Start("rnn", "first_h")),
    )
    feeds = {x: fill(2, 4, 3), y: fill(2, 3)} | {start: fill(2, 5) for start in first}
    return Program(graph, [together, sample.cs, sample.h], feeds, truth)


def fused_loop_and_sample() -> Program:
    """The same with a while loop to train, and two places to sample from."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        elements = tf.TensorArray(tf.float32, 4).unstack(x)
        _gru(x[0], _zeros(), "r", 3)  # makes the variables; nothing needs what it gives

        def step(t: Any, h: Any) -> Any:
            return t + 1, _gru(elements.read(t), h, "r", 3)

        _, last = tf.while_loop(lambda t, _: t < 4, step, (0, _zeros()))
        fed = [tf.placeholder(tf.float32, [2, 3]) for _ in range(2)]
        samples = [_gru(value, last, "r", 3) for value in fed]
    axes = ("train", "one", "two")
    truth = Truth(
        axes={"train": Axis(4), "one": ONE, "two": ONE},
        layers={"rnn": Layer("RECURRENT", "GRU", 5, 0, tuple((a, "FORWARD") for a in axes))},
        weights=_of_gru("r", "rnn", 3, *axes),
        starts=(*cells.zeros("rnn"), Start("rnn", "*")),
    )
    feeds = {x: fill(4, 2, 3)} | {value: fill(2, 3) for value in fed}
    return Program(graph, samples, feeds, truth)


def pondered_with_one_cell() -> Program:
    """A state that one cell makes three times of one input: whether that is time is not told."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3])
        state = _zeros()
        for _ in range(3):
            state = _gru(x, state, "r", 3)
    truth = Truth(
        layers={"rnn": Layer("UNKNOWN", runs=None)},
        weights={
            name: Weight(weight.role, (Uses("rnn"),) * 3)
            for name, weight in _of_gru("r", "", 3).items()
        },
    )
    return Program(graph, [state], {x: fill(2, 3)}, truth)
