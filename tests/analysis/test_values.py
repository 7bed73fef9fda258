"""Partial folding, by hand: what a graph fixes of shapes and small numbers, and why it does not."""

from __future__ import annotations

import pytest

from tb_rnnview.analysis.known import Unknown, Value, product, steps_between
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.form import Tensor
from tb_rnnview.graph.from_graph_def import from_graph_def
from tests.programs.tf1 import tf


class Folded:
    """The values of the graph that TensorFlow built, without the shapes that it inferred."""

    def __init__(self, graph: tf.Graph) -> None:
        self.graph = from_graph_def(graph.as_graph_def())
        self.values = Values(self.graph)

    def _of(self, tensor: tf.Tensor) -> Tensor:
        return self.graph.index[tensor.op.name], tensor.value_index

    def shape(self, tensor: tf.Tensor) -> object:
        return self.values.shape(self._of(tensor))

    def value(self, tensor: tf.Tensor) -> Value | None:
        return self.values.value(self._of(tensor))


@pytest.fixture
def graph():
    with tf.Graph().as_default() as made:
        yield made


OPEN = Unknown("dimension 0 of 'x' is not fixed")
COMPUTED = Unknown(OPEN.reason, computed=True)


def test_an_open_dimension_says_where_it_comes_from(graph):
    x = tf.placeholder(tf.float32, [None, 4, 3], name="x")
    y = tf.transpose(tf.tanh(x), [1, 0, 2])
    length = tf.shape(y)[1]
    folded = Folded(graph)
    assert folded.shape(y) == (4, OPEN, 3)
    assert folded.value(length) == Value(0, (OPEN,))


def test_nothing_is_known_of_any_shape(graph):
    x = tf.placeholder(tf.float32)
    y = tf.reshape(tf.tanh(x), [2, -1], name="y")
    folded = Folded(graph)
    assert folded.shape(x) is None
    assert folded.shape(y) == (2, Unknown("dimension 1 of 'y' is not fixed"))


def test_what_is_left_of_a_reshape_is_one_number_wherever_it_is_asked_for(graph):
    x = tf.placeholder(tf.float32)
    rows = tf.reshape(x, [-1, 3])
    parted = tf.reshape(rows, [tf.shape(rows)[0] // 1, 1, -1])
    folded = Folded(graph)
    assert folded.shape(parted)[0] == folded.shape(rows)[0] != folded.shape(x)
    assert folded.shape(parted)[1:] == (1, 3)


def test_reshape_cancels_what_stands_on_both_sides(graph):
    x = tf.placeholder(tf.float32, [None, 4, 3], name="x")
    flat = tf.reshape(x, [-1, 3], name="flat")
    back = tf.reshape(flat, [tf.shape(x)[0], -1, 3])
    halved = tf.reshape(x, [tf.shape(x)[0], 2, -1])
    folded = Folded(graph)
    assert folded.shape(flat) == (Unknown("dimension 0 of 'flat' is not fixed"), 3)
    assert folded.shape(halved) == (OPEN, 2, 6)
    assert folded.shape(back)[::2] == (OPEN, 3)


def test_reshape_of_known_sizes(graph):
    x = tf.placeholder(tf.float32, [2, 4, 3])
    y = tf.reshape(x, [-1, 6])
    assert Folded(graph).shape(y) == (4, 6)


def test_the_lesser_of_data_and_a_number_is_bounded(graph):
    x = tf.placeholder(tf.float32, [None, 9, 3], name="x")
    lengths = tf.placeholder(tf.int32, [], name="lengths")
    least = tf.minimum(tf.shape(x)[1], lengths)
    same = tf.minimum(tf.shape(x)[1], 9)
    open_one = tf.minimum(tf.shape(x)[0], 5)
    folded = Folded(graph)
    assert folded.value(least) == Value(0, (Unknown("'lengths' is computed from data", 9),))
    assert folded.value(same) == Value(0, (9,))
    assert folded.value(open_one) == Value(0, (Unknown(OPEN.reason, at_most=5),))


def test_arithmetic_with_open_numbers_keeps_the_reason(graph):
    x = tf.placeholder(tf.float32, [None, 6], name="x")
    rows, columns = tf.shape(x)[0], tf.shape(x)[1]
    pairs = [
        (columns * 2 - 1, 11),
        (columns // 4, 1),
        (columns % 4, 2),
        (-columns, -6),
        (tf.maximum(columns, 7), 7),
        (rows + 0, OPEN),
        (rows * 1, OPEN),
        (rows + 1, COMPUTED),
        (columns // 0, Unknown("a division by zero")),
        (tf.reduce_prod(tf.shape(tf.zeros([2, 3, 4]))), 24),
        (tf.reduce_max(tf.range(columns)), 5),
        (tf.reduce_sum(tf.constant([1, 2, 4])), 7),
    ]
    folded = Folded(graph)
    for tensor, expected in pairs:
        assert folded.value(tensor) == Value(0, (expected,)), tensor


def test_numbers_that_no_tensor_holds_are_not_known(graph):
    """Squaring 2 ten times would need a thousand bits; a hostile graph would go on."""
    number = tf.constant(2, tf.int64)
    for _ in range(10):
        number = number * number
    assert Folded(graph).value(number) == Value(
        0, (Unknown("a number beyond 64 bits", computed=True),)
    )


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (lambda x: x[:, 0], (5, 6)),
        (lambda x: x[1:-1, ::2], (3, 2, 6)),
        (lambda x: x[..., :2], (5, 4, 2)),
        (lambda x: x[:, tf.newaxis], (5, 1, 4, 6)),
        (lambda x: x[::-1], (5, 4, 6)),
        (lambda x: tf.slice(x, [1, 0, 2], [3, -1, 1]), (3, 4, 1)),
        (lambda x: tf.split(x, 2, axis=-1)[1], (5, 4, 3)),
        (lambda x: tf.split(x, [1, -1, 2], axis=2)[1], (5, 4, 3)),
        (lambda x: tf.unstack(x, axis=1)[3], (5, 6)),
        (lambda x: tf.concat([x, x[:, :1]], 1), (5, 5, 6)),
        (lambda x: tf.stack([x, x], 1), (5, 2, 4, 6)),
        (lambda x: tf.tile(x, [1, 3, 2]), (5, 12, 12)),
        (lambda x: tf.expand_dims(x, -1), (5, 4, 6, 1)),
        (lambda x: tf.squeeze(x[:1], 0), (4, 6)),
        (lambda x: tf.reduce_sum(x, [0, -1]), (4,)),
        (lambda x: tf.reduce_mean(x, 1, keepdims=True), (5, 1, 6)),
        (lambda x: tf.gather(x, [0, 2], axis=1), (5, 2, 6)),
        (lambda _: tf.one_hot(tf.zeros([2, 3], tf.int32), 7), (2, 3, 7)),
        (lambda x: x + tf.zeros([4, 1]), (5, 4, 6)),
        (lambda x: tf.matmul(x, tf.zeros([5, 6, 2])), (5, 4, 2)),
        (lambda x: tf.matmul(x[0], x[1], transpose_b=True), (4, 4)),
        (lambda x: tf.nn.conv1d(x, tf.zeros([3, 6, 8]), 2, "SAME"), (5, 2, 8)),
        (lambda x: tf.nn.conv1d(x, tf.zeros([3, 6, 8]), 1, "VALID"), (5, 2, 8)),
        (lambda x: tf.fill([2, tf.shape(x)[1]], 0.0), (2, 4)),
        (lambda _: tf.range(1, 8, 2), (4,)),
    ],
)
def test_shapes(graph, part, expected):
    made = part(tf.placeholder(tf.float32, [5, 4, 6]))
    assert made.shape.as_list() == list(expected)  # the hand was right
    assert Folded(graph).shape(made) == expected


def test_a_condition_leaves_open_what_its_branches_differ_in(graph):
    yes = tf.placeholder(tf.bool, [])
    x = tf.placeholder(tf.float32, [5, 4])
    joined = tf.cond(yes, lambda: x[:2], lambda: x + 1.0)
    assert Folded(graph).shape(joined) == (Unknown("it depends on a condition"), 4)


def test_a_loop_hands_on_the_shape_that_it_starts_with(graph):
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    last = tf.while_loop(lambda i, _: i < 3, lambda i, h: (i + 1, h * 2.0), (0, x))
    folded = Folded(graph)
    assert folded.shape(last[1]) == (OPEN, 4)
    assert folded.value(last[0]) is None  # it changes from step to step


def test_what_an_array_was_filled_with_is_read_from_it(graph):
    x = tf.placeholder(tf.float32, [7, 2, 3])
    array = tf.TensorArray(tf.float32, 7).unstack(x)
    element, size = array.read(2), array.size()
    folded = Folded(graph)
    assert folded.shape(element) == (2, 3)
    assert folded.value(size) == Value(0, (7,))


def test_fed_shapes_take_the_place_of_declared_ones(graph):
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    y = tf.transpose(x)
    made = from_graph_def(graph.as_graph_def())
    values = Values(made, {made.index[x.op.name]: (8, 4)})
    assert values.shape((made.index[y.op.name], 0)) == (4, 8)


def test_a_deep_chain_is_folded(graph):
    tf.constant(1, name="n0")
    made = graph.as_graph_def()
    for i in range(1, 20_000):
        made.node.add(name=f"n{i}", op="AddV2", input=[f"n{i - 1}", "n0"])
    folded = from_graph_def(made)
    assert Values(folded).value((folded.index["n19999"], 0)) == Value(0, (20_000,))


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [((), 1), ((2, 3), 6), ((2, OPEN), COMPUTED), ((1, OPEN), OPEN), ((OPEN, 0), 0)],
)
def test_products(numbers, expected):
    assert product(numbers) == expected


@pytest.mark.parametrize("start", [-3, 0, 4])
@pytest.mark.parametrize("limit", [-4, 0, 5])
@pytest.mark.parametrize("step", [-3, -1, 1, 2])
def test_steps_between(start, limit, step):
    assert steps_between(start, limit, step) == len(range(start, limit, step))
