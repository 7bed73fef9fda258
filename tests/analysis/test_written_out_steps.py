"""Which steps that are written out one by one are timesteps, and which are layers."""

from __future__ import annotations

from typing import Any

import keras
import pytest
import tensorflow as tf
import tf_keras

from tb_rnnview import analyze
from tb_rnnview.timeline import Direction, Encoding, Timeline
from tests.programs import tf1
from tests.programs.program import fill
from tests.programs.tf1 import rnn_cell


def function(run: Any, *shape: int) -> Timeline:
    return analyze(tf.function(run), inputs=tf.TensorSpec(shape))


def test_a_stack_of_layers_whose_results_are_all_scored_is_no_time() -> None:
    """Each layer has a kernel of its own, out of one variable; one head scores them all."""
    kernels = tf.Variable(tf.ones([4, 5, 5]), name="kernels")
    head = tf.Variable(tf.ones([5, 2]), name="head")

    def run(x: Any) -> Any:
        scores = []
        for k in range(4):
            x = tf.tanh(x @ kernels[k])
            scores.append(x @ head)
        return tf.stack(scores)

    claimed = function(run, 2, 5)
    assert claimed.axes == ()
    assert claimed.recurrent_layers == ()
    assert {v.name: sum(use.reads for use in v.uses) for v in claimed.variables}["head"] == 4


def test_tied_layers_whose_results_are_put_together_are_told_to_be_time() -> None:
    """With one kernel for all, nothing but that the results are collected tells time from depth."""
    kernel = tf.Variable(tf.ones([5, 5]), name="kernel")

    def run(x: Any) -> Any:
        found = []
        for _ in range(4):
            x = tf.tanh(x @ kernel)
            found.append(x)
        return tf.stack(found)

    claimed = function(run, 2, 5)
    assert [(axis.length, axis.encoding) for axis in claimed.axes] == [(4, Encoding.UNROLLED)]
    assert [layer.cell for layer in claimed.recurrent_layers] == ["SimpleRNN"]


@pytest.mark.parametrize("is_loop", [True, False])
def test_one_cell_twice_on_a_state_in_one_piece_is_no_time_of_two_steps(is_loop: bool) -> None:
    """Each of the two layers takes its part of the state, and leaves its part of the next one."""
    with tf1.tf.Graph().as_default() as graph:
        x = tf1.tf.placeholder(tf.float32, [2, 6, 4])
        stack = rnn_cell.MultiRNNCell([rnn_cell.BasicRNNCell(4)] * 2, state_is_tuple=False)
        if is_loop:
            tf1.tf.nn.dynamic_rnn(stack, x, dtype=tf.float32)
        else:
            tf1.tf.nn.static_rnn(stack, tf.unstack(x, axis=1), dtype=tf.float32)
    claimed = analyze(graph)
    assert [(axis.length, axis.parent) for axis in claimed.axes] == [(6, "")]
    assert [(x.cell, x.units, x.depth) for x in claimed.recurrent_layers] == [
        ("SimpleRNN", 4, 0),
        ("SimpleRNN", 4, 1),
    ]
    for variable in claimed.variables:
        assert [(use.start, use.stop, use.reads) for use in variable.uses] == [(0, 6, 1)] * 2


def test_a_state_of_two_timesteps_ago() -> None:
    """Each state is made of the two before it, with a kernel for each."""
    sizes = {"w": 3, "u": 4, "v": 4}
    w, u, v = (tf.Variable(tf.ones([size, 4]), name=name) for name, size in sizes.items())

    def run(x: Any) -> Any:
        before = last = tf.zeros([2, 4])
        found = []
        for t in range(6):
            before, last = last, tf.tanh(x[t] @ w + last @ u + before @ v)
            found.append(last)
        return tf.stack(found)

    claimed = function(run, 6, 2, 3)
    (axis,) = claimed.axes
    assert (axis.length, axis.encoding) == (6, Encoding.UNROLLED)
    assert {
        variable.name: [(use.axis, use.start, use.stop, use.reads) for use in variable.uses]
        for variable in claimed.variables
    } == {name: [(axis.id, 0, 6, 1)] for name in sizes}


def test_a_last_timestep_that_does_less() -> None:
    """What the last timestep makes of its result is not needed: one use less."""
    w, u = tf.Variable(tf.ones([3, 4]), name="w"), tf.Variable(tf.ones([4, 3]), name="u")

    def run(x: Any) -> Any:
        h, seen, found = tf.zeros([2, 4]), tf.zeros([2, 3]), []
        for t in range(5):
            h = tf.tanh((x[t] + seen) @ w) + 0.5 * h
            seen = tf.sigmoid(h @ u)
            found.append(h)
        return tf.stack(found)

    claimed = function(run, 5, 2, 3)
    uses = {v.name: sum(use.reads * (use.steps or 0) for use in v.uses) for v in claimed.variables}
    assert uses == {"w": 5, "u": 4}


def test_what_is_made_anew_at_each_timestep_tells_no_order() -> None:
    """A decoder that multiplies the whole memory again at each step; its first word is given."""
    memory, query = tf.Variable(tf.ones([3, 4]), name="memory"), tf.Variable(tf.ones([4, 4]))
    kernel, head = tf.Variable(tf.ones([7, 4]), name="kernel"), tf.Variable(tf.ones([4, 3]))

    def run(x: Any) -> Any:
        h, word, found = tf.zeros([2, 4]), tf.zeros([2, 3]), []
        for _ in range(4):
            keys = tf.tensordot(x, memory, 1)
            share = tf.nn.softmax(tf.reduce_sum(keys * tf.expand_dims(h @ query, 1), 2))
            seen = tf.reduce_sum(tf.expand_dims(share, 2) * x, 1)
            h = tf.tanh(tf.concat([seen + word, h], 1) @ kernel)
            word = h @ head
            found.append(word)
        return tf.stack(found)

    claimed = function(run, 2, 5, 3)
    (axis,) = claimed.axes
    assert (axis.length, axis.encoding) == (4, Encoding.UNROLLED)
    assert {a.direction for layer in claimed.recurrent_layers for a in layer.applications} == {
        Direction.FORWARD
    }
    for variable in claimed.variables:
        assert sum(use.reads * (use.steps or 0) for use in variable.uses) == 4, variable.name


def test_constants_that_are_no_whole_numbers_may_differ() -> None:
    """Each timestep multiplies by a number of its own."""
    kernel = tf.Variable(tf.ones([7, 4]), name="kernel")

    def run(x: Any) -> Any:
        h = tf.zeros([2, 4])
        for t in range(5):
            h = tf.tanh(tf.concat([x[t] * (0.5 + t), h], 1) @ kernel)
        return h

    claimed = function(run, 5, 2, 3)
    assert [axis.length for axis in claimed.axes] == [5]
    assert [use.steps for variable in claimed.variables for use in variable.uses] == [5]


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras3", "keras2"])
def test_a_state_and_an_output_that_are_held_alike(library: Any) -> None:
    """Where a word is padding, the state stays what it is, and so does the output."""
    layers = library.layers
    claimed = analyze(
        library.Sequential(
            [
                library.Input((5,), dtype="int32"),
                layers.Embedding(9, 3, mask_zero=True),
                layers.LSTM(4, unroll=True, return_sequences=True),
                layers.LSTM(6, unroll=True),
            ]
        )
    )
    assert [axis.length for axis in claimed.axes] == [5]
    assert [(x.cell, x.units, x.depth) for x in claimed.recurrent_layers] == [
        ("LSTM", 4, 0),
        ("LSTM", 6, 1),
    ]


class Decoder(keras.Model):
    """A loop of Python's with attention, after an encoder; the first word is zeros."""

    def __init__(self) -> None:
        super().__init__()
        layers = keras.layers
        self.encoder = layers.GRU(6, return_sequences=True, return_state=True, name="encoder")
        self.of_memory, self.of_state = layers.Dense(5), layers.Dense(5)
        self.score, self.head = layers.Dense(1), layers.Dense(3, name="head")
        self.cell = layers.GRUCell(6, name="cell")

    def call(self, x: Any) -> Any:
        memory, h = self.encoder(x)
        word, found = tf.zeros((tf.shape(x)[0], 3)), []
        for _ in range(4):
            keys = tf.tanh(self.of_memory(memory) + self.of_state(h)[:, None])
            share = tf.nn.softmax(self.score(keys), 1)
            seen = tf.reduce_sum(share * memory, 1)
            h, _ = self.cell(tf.concat([seen, word], -1), [h])
            word = self.head(h)
            found.append(word)
        return tf.stack(found, 1)


def test_a_decoder_with_attention() -> None:
    """Its timesteps are in the order of its states, and each uses the head once."""
    claimed = analyze(Decoder(), inputs=tf.ones([2, 5, 3]))
    _, words = claimed.axes
    assert (words.length, words.encoding) == (4, Encoding.UNROLLED)
    (cell,) = (x for x in claimed.recurrent_layers if x.applications[0].axis == words.id)
    assert (cell.cell, cell.units, cell.applications[0].direction) == (
        "GRU",
        6,
        Direction.FORWARD,
    )
    heads = [v for v in claimed.variables if "head" in v.name]
    assert [[(u.axis, u.start, u.stop, u.reads) for u in v.uses] for v in heads] == [
        [(words.id, 0, 4, 1)]
    ] * 2


def test_one_more_look_up_after_the_last_timestep() -> None:
    """The word that comes last is looked up as well, and nothing goes on from there."""
    table, kernel = tf.Variable(tf.ones([9, 3]), name="table"), tf.Variable(tf.ones([7, 4]))
    head = tf.Variable(tf.ones([4, 9]), name="head")

    def run(word: Any) -> Any:
        h, value, found = tf.zeros([2, 4]), tf.gather(table, word), []
        for _ in range(6):
            h = tf.tanh(tf.concat([value, h], 1) @ kernel)
            found.append(h @ head)
            value = tf.gather(table, tf.argmax(found[-1], 1))
        return tf.stack(found, 1), value

    claimed = analyze(tf.function(run), inputs=tf.TensorSpec([2], tf.int32))
    assert [axis.length for axis in claimed.axes] == [6]
    uses = {v.name: sum(use.reads * (use.steps or 0) for use in v.uses) for v in claimed.variables}
    assert (uses["table"], uses["head"]) == (7, 6)


def test_what_training_makes_of_the_timesteps_is_left_out() -> None:
    """Gradients go through the copies one by one; that the kernel is trained stays known."""
    with tf1.tf.Graph().as_default() as graph:
        x = tf1.tf.placeholder(tf.float32, [2, 5, 3])
        outputs, _ = tf1.tf.nn.static_rnn(
            rnn_cell.BasicLSTMCell(4), tf.unstack(x, axis=1), dtype=tf.float32
        )
        loss = tf.add_n([tf.reduce_mean(tf.square(output)) for output in outputs])
        tf1.tf.train.AdamOptimizer().minimize(loss)
        tf1.tf.get_variable("idle", [3])
    claimed = analyze(graph)
    assert [(axis.length, axis.encoding) for axis in claimed.axes] == [(5, Encoding.UNROLLED)]
    assert [(x.cell, x.units) for x in claimed.recurrent_layers] == [("LSTM", 4)]
    used = [v for v in claimed.variables if v.uses]
    assert [[(u.start, u.stop, u.reads) for u in v.uses] for v in used] == [[(0, 5, 1)]] * 2
    assert [v.trainable for v in used] == [True, True]


@pytest.mark.parametrize("is_once_more", [True, False])
def test_what_makes_the_first_input_lies_before_the_loop(is_once_more: bool) -> None:
    """A projection of each state is the next input. The first one is made of something else.

    Where the last state is projected, too, each timestep ends with it; else each begins with it.
    """
    w, u, v = (tf.Variable(tf.ones(shape), name=n) for n, shape in (
        ("w", [3, 4]), ("u", [4, 4]), ("v", [4, 3]),
    ))  # fmt: skip

    def run(x: Any, h: Any) -> Any:
        found, before = [], x
        for _ in range(5):
            h = tf.tanh(before @ v @ w + h @ u)
            before = h
            found.append(h)
        return tf.stack(found), h @ v if is_once_more else h

    specs = [tf.TensorSpec((2, 4))] * 2
    claimed = analyze(tf.function(run), inputs=specs)
    uses = {v.name: [(x.axis, x.start, x.stop) for x in v.uses] for v in claimed.variables}
    (axis,) = claimed.axes
    assert uses["w"] == uses["u"] == [(axis.id, 0, 5)]
    assert sorted(uses["v"]) == [("", 0, 1)] * is_once_more + [(axis.id, 0, 5)]
    if is_once_more:
        assert [layer.cell for layer in claimed.recurrent_layers] == ["SimpleRNN"]
        (back,) = (c for c in claimed.connections if c.offset)
        assert back.to_layer == claimed.recurrent_layers[0].id


def test_what_is_made_of_a_state_once_more_begins_the_timestep_that_reads_the_state() -> None:
    """All products with the state go on from what it starts from: from zeros."""
    w, u = tf.Variable(tf.ones([3, 4]), name="w"), tf.Variable(tf.ones([4, 4]), name="u")

    def run(x: Any) -> Any:
        h = tf.zeros([2, 4])
        for t in range(5):
            h = tf.tanh(x[t] @ w + h @ u) * 0.5 + h * 0.5
        return h @ u

    claimed = function(run, 5, 2, 3)
    (axis,) = claimed.axes
    uses = {v.name: sorted((x.axis, x.start, x.stop) for x in v.uses) for v in claimed.variables}
    assert uses == {"w": [(axis.id, 0, 5)], "u": [("", 0, 1), (axis.id, 0, 5)]}
    assert [state.initial for state in claimed.states] == ["zeros"]


def test_a_first_state_that_is_read_by_more_than_the_next_timestep() -> None:
    """The first h is a part of a sum, an output that is kept, and what a head is made of."""
    w, u = tf.Variable(tf.ones([3, 4]), name="w"), tf.Variable(tf.ones([4, 4]), name="u")
    head = tf.Variable(tf.ones([4, 2]), name="head")

    def run(x: Any) -> Any:
        h, found, scores = None, [], []
        for t in range(5):
            new = tf.tanh(x[t] @ w if h is None else x[t] @ w + h @ u)
            h = 0.1 * new if h is None else 0.9 * h + 0.1 * new
            found.append(h)
            scores.append(h @ head)
        return tf.stack(found), tf.stack(scores)

    claimed = function(run, 5, 2, 3)
    (axis,) = claimed.axes
    assert {
        v.name: [(use.axis, use.start, use.stop, use.reads) for use in v.uses]
        for v in claimed.variables
    } == {"w": [(axis.id, 0, 5, 1)], "u": [(axis.id, 1, 5, 1)], "head": [(axis.id, 0, 5, 1)]}
    assert [state.initial for state in claimed.states] == ["zeros"]


def test_a_first_timestep_that_does_something_else_is_none() -> None:
    """What it has in the place of h u is neither zero nor made of the state."""
    w, u = tf.Variable(tf.ones([3, 4]), name="w"), tf.Variable(tf.ones([4, 4]), name="u")

    def run(x: Any) -> Any:
        h = tf.sigmoid(x[0] @ w)
        for t in range(1, 5):
            h = tf.tanh(x[t] @ w + h @ u)
        return h

    claimed = function(run, 5, 2, 3)
    assert [axis.length for axis in claimed.axes] == [4]
    assert [[(u.start, u.stop, bool(u.axis)) for u in v.uses] for v in claimed.variables] == [
        [(0, 1, False), (0, 4, True)],
        [(0, 4, True)],
    ]


def test_a_first_timestep_without_a_product_that_a_bias_follows() -> None:
    """H u + b of zeros is b, which the first timestep does without: no state gives that."""
    w, u = tf.Variable(tf.ones([3, 4]), name="w"), tf.Variable(tf.ones([4, 4]), name="u")
    b = tf.Variable(tf.ones([4]), name="b")

    def run(x: Any) -> Any:
        h = tf.tanh(x[0] @ w)
        for t in range(1, 5):
            h = tf.tanh(x[t] @ w + (h @ u + b))
        return h

    claimed = function(run, 5, 2, 3)
    assert [axis.length for axis in claimed.axes] == [4]
    assert all(state.initial != "zeros" for state in claimed.states)


@pytest.mark.parametrize("least", [0, 3])
def test_operands_that_one_timestep_takes_the_other_way_round(least: int) -> None:
    """What optimises a graph sorts them by name."""
    kernel = tf.Variable(tf.ones([7, 8]), name="kernel")

    def run(x: Any) -> Any:
        h = tf.zeros([2, 4])
        for t in range(5):
            z, n = tf.split(tf.concat([x[t], h], 1) @ kernel, 2, 1)
            new = tf.sigmoid(z) * tf.tanh(n) if t != least else tf.tanh(n) * tf.sigmoid(z)
            h = 0.5 * h + new if t != 3 else new + 0.5 * h
        return h

    claimed = function(run, 5, 2, 3)
    assert [axis.length for axis in claimed.axes] == [5]
    assert [(use.start, use.stop) for v in claimed.variables for use in v.uses] == [(0, 5)]


def test_a_frozen_sequence_is_no_table_of_weights() -> None:
    """The input is a constant, as the weights are; each timestep takes an element of it."""
    with tf1.tf.Graph().as_default() as graph:
        x, w, u = (tf1.tf.constant(fill(*s), name=n) for n, s in (
            ("x", (4, 2, 3)), ("w", (3, 5)), ("u", (5, 5)),
        ))  # fmt: skip
        h = tf1.tf.zeros([2, 5])
        for value in tf.unstack(x):
            h = tf.tanh(tf.matmul(value, w) + tf.matmul(h, u))
    claimed = analyze(graph)
    assert {v.name: v.role for v in claimed.variables} == {"w": "kernel", "u": "recurrent_kernel"}
    assert [axis.length for axis in claimed.axes] == [4]
    assert len(claimed.layers) == 1


def test_what_starts_from_zeros_is_not_made_of_a_state_of_zeros() -> None:
    """The first canvas is zeros, as one that states of zeros have drawn would be. It is given.

    That not all uses of weights are timesteps, of a tied stack here, does not tell otherwise.
    """
    sizes = {"read": (9, 5), "draw": (10, 5), "write": (5, 4), "tied": (4, 4)}
    read, draw, write, tied = (tf.Variable(tf.ones(s), name=n) for n, s in sizes.items())

    def run(x: Any) -> Any:
        canvas, seen, drawn, found = tf.zeros([2, 4]), tf.zeros([2, 5]), tf.zeros([2, 5]), []
        for _ in range(4):
            seen = tf.tanh(tf.concat([x - tf.sigmoid(canvas), seen], 1) @ read)
            drawn = tf.tanh(tf.concat([seen, drawn], 1) @ draw)
            found.append(drawn)
            canvas += drawn @ write
        return tf.stack(found), tf.tanh(tf.tanh(canvas @ tied) @ tied)

    claimed = function(run, 2, 4)
    (axis,) = claimed.axes
    assert axis.length == 4
    uses = {v.name: [(u.axis, u.start, u.stop) for u in v.uses] for v in claimed.variables}
    assert uses.pop("tied") == [("", 0, 1)]
    assert uses == {name: [(axis.id, 0, 4)] for name in ("read", "draw", "write")}
