"""What a configuration declares: layers, lengths and directions. The truth is stated by hand."""

from __future__ import annotations

import pytest

from tb_rnnview.errors import SourceError
from tb_rnnview.timeline import (
    Connection,
    Direction,
    Encoding,
    Evidence,
    Kind,
    LengthSource,
)
from tests.analysis.declared import BACKWARD, FORWARD, declared, kinds, lstm, uses, ways
from tests.configurations import called, fed, functional, layer, sequential


def test_a_stack_with_what_is_around_it() -> None:
    timeline = declared(
        sequential(
            layer("Embedding", "words", input_dim=9, output_dim=3, batch_input_shape=[None, 5]),
            lstm("low", return_sequences=True),
            layer("Dense", "mid", units=6),
            layer("GRU", "high", units=2, reset_after=False),
            layer("Dense", "head", units=1, trainable=False),
        )
    )
    (axis,) = timeline.axes
    assert (axis.label, axis.length, axis.length_source) == ("time", 5, LengthSource.STATIC)
    assert axis.encoding is Encoding.CONFIG
    assert kinds(timeline) == {
        "words": (Kind.SEQUENCE, 0),
        "low": (Kind.RECURRENT, 0),
        "mid": (Kind.SEQUENCE, 1),
        "high": (Kind.RECURRENT, 1),
        "head": (Kind.ONCE, None),
    }
    assert [(x.cell, x.units) for x in timeline.recurrent_layers] == [("LSTM", 4), ("GRU", 2)]
    assert {x.evidence for x in timeline.layers} == {Evidence.CONFIG}
    assert {x.evidence for x in timeline.variables} == {Evidence.CONFIG}
    assert timeline.is_declared
    assert ways(timeline) == {"low": [FORWARD], "high": [FORWARD]}
    kernel = timeline.variable("high/kernel")
    assert (kernel.shape, kernel.role, kernel.trainable) == ((6, 6), "kernel", True)
    assert [(b.name, b.dimension, b.start, b.stop) for b in kernel.blocks] == [
        ("input", 0, 0, 6), ("z", 1, 0, 2), ("r", 1, 2, 4), ("h", 1, 4, 6),
    ]  # fmt: skip
    rows = timeline.variable("low/recurrent_kernel").blocks[0]
    assert (rows.name, rows.start, rows.stop) == ("hidden", 0, 4)
    assert uses(timeline, "low/bias") == [("axis0", 5, 1)]
    assert uses(timeline, "mid/kernel") == [("", 1, 1)]
    assert timeline.variable("head/kernel").trainable is False
    assert [(s.name, s.layer, s.shape, s.initial) for s in timeline.states] == [
        ("c", "layer1", (None, 4), "zeros"),
        ("h", "layer1", (None, 4), "zeros"),
        ("h", "layer3", (None, 2), "zeros"),
    ]
    assert timeline.connections == tuple(Connection(f"layer{i}", f"layer{i + 1}") for i in range(4))
    # Of a GRU that is made so, cuDNN knows nothing; more there is not to tell.
    assert [f.code for f in timeline.findings] == ["CUDNN_NOT_USED"]


def test_a_length_that_is_not_declared_is_open_and_can_be_given() -> None:
    text = sequential(lstm("a", batch_input_shape=[None, None, 3]))
    (axis,) = declared(text).axes
    assert (axis.length, axis.length_source) == (None, LengthSource.UNKNOWN)
    assert axis.reason == "dimension 1 of 'a' is not fixed"
    assert uses(declared(text), "a/kernel") == [("axis0", None, 1)]
    (axis,) = declared(text, time=7).axes
    assert (axis.length, axis.length_source) == (7, LengthSource.OBSERVED)
    assert uses(declared(text, axis0=7), "a/kernel") == [("axis0", 7, 1)]
    with pytest.raises(SourceError, match="there is no axis 'space'"):
        declared(text, space=7)
    fixed = sequential(lstm("a", batch_input_shape=[None, 5, 3]))
    with pytest.raises(SourceError, match="given as 7, but the configuration says 5"):
        declared(fixed, time=7)


def test_a_length_that_only_the_data_had_is_observed() -> None:
    timeline = declared(sequential(lstm("a"), build_input_shape=[32, 5, 3]))
    (axis,) = timeline.axes
    assert (axis.length, axis.length_source) == (5, LengthSource.OBSERVED)
    assert axis.reason == "as the model was built"
    assert timeline.variable("a/kernel").shape == (3, 16)
    assert timeline.states[0].shape == (None, 4), "nobody declared the size of a batch"


def test_nothing_declared_is_said_to_be_not_known() -> None:
    timeline = declared(sequential(lstm("a")))
    assert timeline.axes[0].reason == "no shape of what 'a' takes is declared"
    kernel = timeline.variable("a/kernel")
    assert (kernel.shape, kernel.reason) == ((None, 16), "the configuration does not fix its shape")


def test_lengths_that_contradict_each_other_are_not_chosen_from() -> None:
    joined = called(layer("Add", "joined"), ["x", "y"])
    text = functional(fed("x", 5, 3), fed("y", 7, 3), joined, called(lstm("a"), ["joined"]),
                      outputs=["a"])  # fmt: skip
    (axis,) = declared(text).axes
    assert axis.length is None
    assert axis.reason == "the configuration declares different lengths for it"


def test_both_ways_and_what_turns_a_sequence_around() -> None:
    both = layer("Bidirectional", "both", layer=lstm("rnn", return_sequences=True),
                 merge_mode="concat", batch_input_shape=[None, 5, 3])  # fmt: skip
    timeline = declared(
        sequential(
            both,
            lstm("back", return_sequences=True, go_backwards=True),
            lstm("after", return_sequences=True),
            lstm("again", go_backwards=True),
        )
    )
    assert len(timeline.axes) == 1
    assert ways(timeline) == {
        "both/forward_rnn": [FORWARD],
        "both/backward_rnn": [BACKWARD],
        "back": [BACKWARD],
        "after": [BACKWARD],  # it takes what the one before gives, last timestep first
        "again": [FORWARD],
    }
    assert [x.depth for x in timeline.layers] == [0, 0, 1, 2, 3]
    assert timeline.variable("back/kernel").shape == (8, 16)


def test_a_bidirectional_layer_that_starts_backward() -> None:
    inner = lstm("rnn", return_sequences=True, go_backwards=True)
    both = layer("Bidirectional", "both", layer=inner, batch_input_shape=[None, 5, 3])
    found = ways(declared(sequential(both, lstm("after"))))
    assert found == {
        "both/forward_rnn": [BACKWARD], "both/backward_rnn": [FORWARD], "after": [BACKWARD],
    }  # fmt: skip


def test_one_sequence_both_ways_at_once_has_no_direction() -> None:
    x = fed("x", 5, 3)
    back = called(lstm("back", return_sequences=True, go_backwards=True), ["x"])
    there = called(lstm("there", return_sequences=True), ["x"])
    joined = called(layer("Concatenate", "joined", axis=-1), ["back", "there"])
    timeline = declared(functional(x, back, there, joined, called(lstm("top"), ["joined"]),
                                   outputs=["top"]))  # fmt: skip
    assert len(timeline.axes) == 1
    assert ways(timeline)["top"] == [Direction.UNKNOWN]


def test_cells_are_layers_and_wrappers_around_them_are_none() -> None:
    cells = [
        layer("LSTMCell", "one", units=4),
        layer("RNNCellResidualWrapper", "res", cell=layer("GRUCell", "two", units=5)),
    ]
    stack = layer("StackedRNNCells", "cells", cells=cells)
    rnn = layer("RNN", "rnn", cell=stack, batch_input_shape=[None, 6, 3])
    timeline = declared(sequential(rnn, layer("Dense", "head", units=2)))
    assert kinds(timeline) == {
        "rnn/one": (Kind.RECURRENT, 0),
        "rnn/two": (Kind.RECURRENT, 1),
        "head": (Kind.ONCE, None),
    }
    assert timeline.variable("head/kernel").shape == (5, 2)
    assert timeline.variable("rnn/cells/two/kernel").shape == (4, 15)


def test_convolutions_that_recur() -> None:
    conv = layer("ConvLSTM2D", "conv", filters=4, kernel_size=[3, 3], padding="valid",
                 return_sequences=True, batch_input_shape=[2, 5, 8, 8, 3])  # fmt: skip
    timeline = declared(sequential(conv, layer("Conv3D", "out", filters=1, kernel_size=[1, 1, 1])))
    assert timeline.layers[0].cell == "LSTM"
    assert timeline.axes[0].length == 5
    assert timeline.variable("conv/recurrent_kernel").shape == (3, 3, 4, 16)
    assert [b.dimension for b in timeline.variable("conv/kernel").blocks] == [2, 3, 3, 3, 3]
    assert timeline.states[0].shape == (2, 6, 6, 4)
    assert kinds(timeline)["out"] == (Kind.SEQUENCE, 1)
