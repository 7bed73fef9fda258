"""Loops that ask at the end of a step become loops that ask first, and no others do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview import analyze
from tb_rnnview.graph.control_flow import MERGE, origin
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.from_graph_def import from_graph_def
from tests.programs.tf1 import tf

STEPS = 5


@pytest.fixture
def graph() -> Iterator[Any]:
    with tf.Graph().as_default() as made:
        yield made


def _ask(i: Any) -> Any:
    return tf.less(i, STEPS)


def _late(
    first: Any = True,
    step: Callable[[Any], Any] = lambda total: total + 2.0,
    otherwise: Callable[[Any], Any] = lambda total: total,
    ask_again: Callable[[Any], Any] = _ask,
) -> list[Any]:
    """``while first: first = ask(); if first: step()``."""

    def body(_: Any, i: Any, total: Any) -> list[Any]:
        goes_on = tf.identity(_ask(i))
        i, total = tf.cond(
            ask_again(i) if ask_again is not _ask else goes_on,
            lambda: (i + 1, step(total)),
            lambda: (tf.identity(i), otherwise(total)),
        )
        return [goes_on, i, total]

    start = [tf.constant(first) if isinstance(first, bool) else first, 0, tf.zeros([])]
    found: list[Any] = tf.while_loop(lambda goes_on, *_: goes_on, body, start)
    return found


def _read(graph: Any) -> Graph:
    return from_graph_def(GraphDef.FromString(graph.as_graph_def().SerializeToString()))


def _asks_first(graph: Any) -> bool:
    """Whether the question is what the loop asks, and not what it was told a round before."""
    read = _read(graph)
    (condition,) = read.nodes_of("LoopCond")
    asked = origin(read, read.inputs(condition)[0], ("Identity",))[0]
    assert read.op(asked) in ("Less", *MERGE)
    return read.op(asked) == "Less"


def test_the_question_comes_first(graph: Any) -> None:
    _late()
    assert _asks_first(graph)
    read = _read(graph)
    assert len(read.loop_merges) == 3
    assert not [n for n in read.nodes_of(*MERGE) if n not in read.loop_merges]


def test_every_step_is_one(graph: Any) -> None:
    """Six rounds, five steps: so often the weight is used."""
    w = tf.get_variable("w", [3, 3])
    x = tf.TensorArray(tf.float32, STEPS, element_shape=[1, 3])
    x = x.unstack(tf.placeholder(tf.float32, [STEPS, 1, 3]))

    def body(_: Any, i: Any, state: Any) -> Any:
        goes_on = _ask(i)
        return (
            goes_on,
            *tf.cond(
                goes_on,
                lambda: (i + 1, tf.tanh(x.read(i) + state @ w)),
                lambda: (tf.identity(i), tf.identity(state)),
            ),
        )

    found = tf.while_loop(lambda goes_on, *_: goes_on, body, [True, 0, tf.zeros([1, 3])])
    tf.identity(found[2], name="out")
    (layer,) = analyze(graph, outputs=["out"]).recurrent_layers
    (variable,) = analyze(graph, outputs=["out"]).variables
    assert [(u.layer, u.start, u.stop, u.reads) for u in variable.uses] == [(layer.id, 0, STEPS, 1)]


def test_what_may_not_run_at_all(graph: Any) -> None:
    _late(first=tf.placeholder(tf.bool, []))
    assert not _asks_first(graph)


def test_a_loop_that_begins_with_no(graph: Any) -> None:
    _late(first=False)
    assert not _asks_first(graph)


def test_what_changes_in_the_last_round_too(graph: Any) -> None:
    _late(otherwise=lambda total: total + 1.0)
    assert not _asks_first(graph)


def test_another_question(graph: Any) -> None:
    _late(ask_again=lambda i: tf.less(i, 3))
    assert not _asks_first(graph)


def test_what_every_round_adds_to(graph: Any) -> None:
    """It counts the last round, too, and is read after the loop."""

    def body(_: Any, i: Any, rounds: Any) -> list[Any]:
        goes_on = tf.identity(_ask(i))
        i = tf.cond(goes_on, lambda: i + 1, lambda: tf.identity(i))
        return [goes_on, i, rounds + 1]

    found = tf.while_loop(lambda goes_on, *_: goes_on, body, [tf.constant(True), 0, 0])
    tf.identity(found[2])
    assert not _asks_first(graph)


def test_a_plain_loop_stays_as_it_is(graph: Any) -> None:
    tf.while_loop(lambda i, _: _ask(i), lambda i, x: [i + 1, x * 2.0], [0, tf.ones([])])
    assert _asks_first(graph)
    assert len(_read(graph).loop_merges) == 2
