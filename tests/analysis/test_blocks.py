"""Which rows and columns of a variable are named, whatever turns it around before it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tb_rnnview import analyze
from tests.programs.tf1 import tf

Named = dict[str, tuple[int, int, int]]

GATES = ("i", "c", "f", "o")


def _blocks(shape: tuple[int, ...], kernel: Callable[[Any], Any]) -> Named:
    """What is named in the kernel of an LSTM of 5 units over inputs of 4.

    Args:
        shape: that of the variable.
        kernel: makes the [9, 20] matrix of it that [x, h] is multiplied by.
    """
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [6, 2, 4])
        w = tf.get_variable("w", shape)

        def step(t: Any, c: Any, h: Any) -> tuple[Any, Any, Any]:
            i, new, f, o = tf.split(tf.matmul(tf.concat([x[t], h], 1), kernel(w)), 4, 1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(new)
            return t + 1, c, tf.sigmoid(o) * tf.tanh(c)

        zeros = tf.zeros([2, 5])
        tf.while_loop(lambda t, *_: t < 6, step, (tf.constant(0), zeros, zeros))
    (variable,) = analyze(graph).variables
    assert [use.reads for use in variable.uses] == [1]
    return {b.name: (b.dimension, b.start, b.stop) for b in variable.blocks}


def _named(rows: int, columns: int) -> Named:
    """The blocks of a kernel whose rows and columns are these dimensions of the variable."""
    gates = {gate: (columns, 5 * k, 5 * k + 5) for k, gate in enumerate(GATES)}
    return {"input": (rows, 0, 4), "hidden": (rows, 4, 9), **gates}


@pytest.mark.parametrize(
    ("shape", "kernel", "rows", "columns"),
    [
        ((9, 20), lambda w: w, 0, 1),
        ((20, 9), tf.transpose, 1, 0),
        ((20, 9), lambda w: tf.transpose(tf.identity(w), [1, 0]), 1, 0),
        ((9, 1, 20), lambda w: tf.squeeze(w, [1]), 0, 2),
        ((9, 1, 20), lambda w: tf.reshape(w, [9, 20]), 0, 2),
        ((20, 1, 9), lambda w: tf.transpose(tf.squeeze(w)), 2, 0),
    ],
)
def test_rows_and_columns_are_those_of_the_variable(
    shape: tuple[int, ...], kernel: Callable[[Any], Any], rows: int, columns: int
) -> None:
    assert _blocks(shape, kernel) == _named(rows, columns)


def test_a_variable_in_another_shape_has_no_named_rows() -> None:
    """What is a row of the matrix is no row of the variable."""
    assert _blocks((180,), lambda w: tf.reshape(w, [9, 20])) == {}
    assert _blocks((3, 60), lambda w: tf.reshape(w, [9, 20])) == {}
