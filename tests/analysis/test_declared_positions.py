"""Which positions of what a configuration declares are timesteps, and whose. Stated by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tb_rnnview.timeline import (
    Kind,
    Timeline,
)
from tests.analysis.declared import BACKWARD, FORWARD, declared, kinds, lstm, uses, ways
from tests.configurations import called, fed, functional, layer, sequential


def test_windows_before_the_axis_are_no_timesteps() -> None:
    timeline = declared(
        sequential(
            layer("Conv1D", "same", filters=4, kernel_size=[3], padding="same",
                  batch_input_shape=[None, 21, 3]),
            layer("Conv1D", "valid", filters=4, kernel_size=[3], padding="valid"),
            layer("MaxPooling1D", "pool", pool_size=[2]),
            lstm("rnn"),
        )
    )  # fmt: skip
    assert [a.length for a in timeline.axes] == [9]
    same, valid, _ = timeline.layers
    assert same.kind is valid.kind is Kind.SEQUENCE
    assert "positions that are no timesteps" in same.reason
    assert "positions that are no timesteps" in valid.reason
    alone = declared(sequential(layer("Conv1D", "c", filters=4, kernel_size=[3],
                                      batch_input_shape=[None, 21, 3])))  # fmt: skip
    assert kinds(alone) == {"c": (Kind.ONCE, None)}, "without a recurrence there is no time"


def test_a_convolution_that_keeps_the_positions_is_along_the_axis() -> None:
    conv = layer("Conv1D", "conv", filters=4, kernel_size=[3], padding="causal",
                 batch_input_shape=[None, None, 3])  # fmt: skip
    timeline = declared(sequential(conv, lstm("rnn")))
    assert (timeline.layers[0].kind, timeline.layers[0].reason) == (Kind.SEQUENCE, "")


@pytest.mark.parametrize(
    ("between", "kind"),
    [
        (layer("Flatten", "f"), Kind.SEQUENCE),
        (layer("Reshape", "f", target_shape=[20]), Kind.SEQUENCE),
        (layer("Reshape", "f", target_shape=[-1]), Kind.SEQUENCE),
        (layer("Permute", "f", dims=[2, 1]), Kind.SEQUENCE),
        (layer("GlobalAveragePooling1D", "f"), Kind.ONCE),
        (layer("Dropout", "f"), Kind.SEQUENCE),
        (layer("Lambda", "f"), Kind.UNKNOWN),
    ],
)
def test_what_comes_of_all_timesteps(between: dict[str, Any], kind: Kind) -> None:
    rnn = lstm("rnn", return_sequences=True, batch_input_shape=[None, 5, 3])
    timeline = declared(sequential(rnn, between, layer("Dense", "head", units=1)))
    head = timeline.layer("head")
    assert head.kind is kind
    if kind is Kind.UNKNOWN:
        assert "does not tell what it does with time" in head.reason
        assert [f.code for f in timeline.findings] == ["NOT_RECOGNISED"]
        assert timeline.is_partly_unknown


def test_time_may_come_before_the_batch() -> None:
    rnn = lstm("rnn", return_sequences=True, time_major=True, batch_input_shape=[7, None, 3])
    timeline = declared(sequential(rnn, layer("Dense", "head", units=1)))
    assert [a.length for a in timeline.axes] == [7]
    assert kinds(timeline)["head"] == (Kind.SEQUENCE, 1)
    assert timeline.states[0].shape == (None, 4)


@pytest.mark.parametrize(
    ("items", "kind"),
    [
        ([{"start": None, "stop": None, "step": None}, -1], Kind.ONCE),
        (
            [{"class_name": "__ellipsis__"}, -1, {"start": None, "stop": None, "step": None}],
            Kind.ONCE,
        ),
        (
            [
                {"start": None, "stop": None, "step": None},
                {"start": -1, "stop": None, "step": None},
            ],
            Kind.ONCE,
        ),
        (
            [{"start": None, "stop": None, "step": None}, {"start": 1, "stop": None, "step": None}],
            Kind.SEQUENCE,
        ),
        ([{"start": None, "stop": None, "step": None}, ["computed", 0, 0]], Kind.UNKNOWN),
    ],
)
def test_what_is_picked_out_of_a_sequence(items: list[Any], kind: Kind) -> None:
    pick = called(layer("SlicingOpLambda", "pick", function="__operators__.getitem"), ["rnn"])
    pick["inbound_nodes"] = [[["rnn", 0, 0, {"slice_spec": items}]]]
    if kind is Kind.UNKNOWN:
        pick["inbound_nodes"][0][0][3]["slice_spec"] = {"start": "x"}
    rnn = called(lstm("rnn", return_sequences=True), ["x"])
    head = called(layer("Dense", "head", units=1), ["pick"])
    timeline = declared(functional(fed("x", 5, 3), rnn, pick, head, outputs=["head"]))
    assert timeline.layer("head").kind is kind


def test_a_sequence_is_turned_around_by_hand() -> None:
    whole = {"start": None, "stop": None, "step": None}
    pick = called(layer("SlicingOpLambda", "pick", function="__operators__.getitem"), ["x"])
    pick["inbound_nodes"] = [[["x", 0, 0, {"slice_spec": [whole, {**whole, "step": -1}]}]]]
    text = functional(
        fed("x", 5, 3), pick, called(lstm("a"), ["pick"]), called(lstm("b"), ["x"]),
        outputs=["a", "b"],
    )  # fmt: skip
    timeline = declared(text)
    assert len(timeline.axes) == 1
    assert ways(timeline) == {"a": [BACKWARD], "b": [FORWARD]}


def test_operations_element_by_element_keep_time() -> None:
    add = called(layer("TFOpLambda", "add", function="__operators__.add"), ["x"])
    add["inbound_nodes"] = [[["x", 0, 0, {"y": ["y", 0, 0], "name": None}]]]
    top = called(lstm("top", return_sequences=True), ["add"])
    other = called(lstm("other"), ["y"])
    text = functional(fed("x", 5, 3), fed("y", 5, 3), add, top, other, outputs=["top", "other"])
    assert len(declared(text).axes) == 1
    assert len(declared(text.replace("__operators__.add", "matmul")).axes) == 2


def test_a_cell_that_is_called_by_itself_is_no_time() -> None:
    cell = called(layer("LSTMCell", "cell", units=4), ["x", "h", "c"])
    timeline = declared(functional(fed("x", 3), fed("h", 4), fed("c", 4), cell, outputs=["cell"]))
    assert kinds(timeline) == {"cell": (Kind.ONCE, None)}
    assert not timeline.axes
    assert timeline.variable("cell/kernel").shape == (3, 16)


def test_the_only_timestep_leaves_no_trace() -> None:
    rnn = lstm("rnn", return_sequences=True, batch_input_shape=[None, 1, 3])
    head = layer("Dense", "head", units=1)
    assert kinds(declared(sequential(rnn, layer("Flatten", "f"), head)))["head"][0] is Kind.ONCE


def test_what_is_repeated_is_a_time_of_its_own() -> None:
    timeline = declared(
        sequential(
            lstm("encoder", batch_input_shape=[None, 5, 3]),
            layer("RepeatVector", "again", n=6),
            lstm("decoder", return_sequences=True),
            layer("TimeDistributed", "each", layer=layer("Dense", "dense", units=2)),
        )
    )
    assert [(a.label, a.length) for a in timeline.axes] == [("encoder", 5), ("decoder", 6)]
    assert [x.depth for x in timeline.layers] == [0, 0, 1]
    assert kinds(timeline)["each"] == (Kind.SEQUENCE, 1)


def steps_within(version: str, length: int | None) -> Timeline:
    inner = layer("TimeDistributed", "letters", layer=lstm("rnn"),
                  batch_input_shape=[None, length, 5, 3])  # fmt: skip
    each = layer("TimeDistributed", "each", layer=layer("Dense", "dense", units=2))
    words = layer("GRU", "words", units=6, return_sequences=True)
    return declared(sequential(inner, words, each, version=version))


def test_keras_3_applies_a_layer_to_one_element_after_the_other() -> None:
    timeline = steps_within("3.3.0", 4)
    words, letters = timeline.axes
    assert (words.label, words.length, words.parent) == ("words", 4, "")
    assert (letters.label, letters.length, letters.parent) == ("letters", 5, "axis0")
    assert uses(timeline, "letters/rnn/lstm_cell/kernel") == [("axis1", 5, 1)]
    assert kinds(timeline)["each"] == (Kind.STEPWISE, 1)
    assert uses(timeline, "each/dense/kernel") == [("axis0", 4, 1)]


@pytest.mark.parametrize(("version", "length"), [("2.9.0", 4), ("3.3.0", None)])
def test_others_apply_it_to_all_elements_at_once(version: str, length: int | None) -> None:
    timeline = steps_within(version, length)
    assert [(a.label, a.length, a.parent) for a in timeline.axes] == [
        ("letters", 5, ""), ("words", length, ""),
    ]  # fmt: skip
    assert kinds(timeline)["each"] == (Kind.SEQUENCE, 1)


def test_loops_that_are_no_time_count_as_reads() -> None:
    inner = layer("TimeDistributed", "each", layer=lstm("rnn"), batch_input_shape=[None, 4, 5, 3])
    timeline = declared(sequential(inner, version="3.3.0"))
    assert [a.length for a in timeline.axes] == [5]
    assert uses(timeline, "each/rnn/lstm_cell/kernel") == [("axis0", 5, 4)]
