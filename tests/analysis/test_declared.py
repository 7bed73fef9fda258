"""What a configuration declares: layers, axes, uses. The truth is stated by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tb_rnnview.analysis.declared import analyze_configuration
from tb_rnnview.errors import SourceError
from tb_rnnview.sources.configuration import Configuration, StoredArray
from tb_rnnview.sources.keras_config import read_keras_config
from tb_rnnview.timeline import (
    Connection,
    Direction,
    Encoding,
    Evidence,
    Kind,
    LengthSource,
    Source,
    Timeline,
)
from tests.configurations import called, fed, functional, layer, sequential

FORWARD, BACKWARD = Direction.FORWARD, Direction.BACKWARD


def declared(
    text: str, stored: Mapping[str, tuple[StoredArray, ...]] | None = None, **lengths: int
) -> Timeline:
    model = read_keras_config(text)
    source = Configuration(model, Source("keras_file", "m.h5", "keras"), "m", stored or {})
    return analyze_configuration(source, lengths=lengths)


def lstm(name: str, units: int = 4, **config: Any) -> dict[str, Any]:
    return layer("LSTM", name, units=units, **config)


def kinds(timeline: Timeline) -> dict[str, tuple[Kind, int | None]]:
    return {x.name: (x.kind, x.depth) for x in timeline.layers}


def ways(timeline: Timeline) -> dict[str, list[Direction]]:
    return {x.name: [a.direction for a in x.applications] for x in timeline.recurrent_layers}


def uses(timeline: Timeline, name: str) -> list[tuple[str, int | None, int]]:
    return [(u.axis, u.stop, u.reads) for u in timeline.variable(name).uses]


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
    assert not timeline.findings


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


def encoder_decoder(states: list[Any]) -> str:
    return functional(
        fed("x", 5, 3),
        fed("y", None, 2),
        called(lstm("encoder", return_state=True), ["x"]),
        called(layer("Dense", "start", units=4), ["encoder"]),
        called(lstm("decoder", return_sequences=True), ["y", *states]),
        outputs=["decoder"],
    )


def test_states_that_start_from_another_layers() -> None:
    timeline = declared(encoder_decoder([("encoder", 0, 1), ("encoder", 0, 2)]))
    decoder = timeline.layer("decoder")
    assert [(a.label, a.length) for a in timeline.axes] == [("encoder", 5), ("decoder", None)]
    told = {s.name: (s.initial, s.initial_layer) for s in timeline.states if s.layer == decoder.id}
    encoder = timeline.layer("encoder").id
    assert told == {"h": ("encoder:1", encoder), "c": ("encoder:2", encoder)}
    assert Connection(encoder, decoder.id, 0, starts_state=True) in timeline.connections
    assert Connection(encoder, decoder.id, 0) not in timeline.connections


def test_states_that_start_from_something_computed() -> None:
    timeline = declared(encoder_decoder(["start", "start"]))
    start, decoder = timeline.layer("start").id, timeline.layer("decoder").id
    told = [s for s in timeline.states if s.layer == decoder]
    assert [(s.initial, s.initial_layer) for s in told] == [("start", ""), ("start", "")]
    assert Connection(start, decoder, 0, starts_state=True) in timeline.connections


def test_states_that_are_kept_from_run_to_run() -> None:
    timeline = declared(sequential(lstm("a", stateful=True, batch_input_shape=[2, 5, 3])))
    kept = [v for v in timeline.variables if v.role == "initial_state"]
    assert [(v.name, v.shape, v.trainable) for v in kept] == [
        ("a/states_0", (2, 4), False), ("a/states_1", (2, 4), False),
    ]  # fmt: skip
    assert uses(timeline, "a/states_0") == [("", 1, 1)]
    assert {s.name: s.initial for s in timeline.states} == {"h": "a/states_0", "c": "a/states_1"}


def test_constants_are_data() -> None:
    cell = layer("LSTMCell", "cell", units=4)
    rnn = called(layer("RNN", "rnn", cell=cell, num_constants=1), ["x", "about"])
    about = called(layer("Dense", "about", units=3), ["y"])
    timeline = declared(functional(fed("x", 5, 3), fed("y", 2), about, rnn, outputs=["rnn"]))
    names = {x.id: x.name for x in timeline.layers}
    (connection,) = timeline.connections
    assert (names[connection.from_layer], names[connection.to_layer]) == ("about", "rnn")
    assert not connection.starts_state


def test_one_layer_on_two_sequences() -> None:
    rnn = called(lstm("rnn"), ["x"], ["y"])
    head = called(layer("Dense", "head", units=1), [("rnn", 0, 0)], [("rnn", 1, 0)])
    text = functional(fed("x", 5, 3), fed("y", 7, 3), rnn, head, outputs=["head", ("head", 1, 0)])
    timeline = declared(text)
    assert [(a.label, a.length) for a in timeline.axes] == [("rnn", 5), ("rnn (2)", 7)]
    assert uses(timeline, "rnn/kernel") == [("axis0", 5, 1), ("axis1", 7, 1)]
    assert uses(timeline, "head/kernel") == [("", 1, 2)]
    assert len(timeline.layer("rnn").applications) == 2


@pytest.mark.parametrize("first", [0, 1])
def test_a_nested_model_that_is_called_twice(first: int) -> None:
    """Some versions count the call that made it, too."""
    inside = json.loads(functional(fed("i", 5, 3), called(lstm("rnn"), ["i"]), outputs=["rnn"]))
    inner = {**inside, "name": "inner", "config": {**inside["config"], "name": "inner"}}
    inner["inbound_nodes"] = [[["x", 0, 0, {}]], [["y", 0, 0, {}]]]
    one = called(layer("Dense", "one", units=1), [("inner", first, 0)])
    two = called(layer("Dense", "two", units=1), [("inner", first + 1, 0)])
    text = functional(fed("x", 5, 3), fed("y", 5, 3), inner, one, two, outputs=["one", "two"])
    timeline = declared(text)
    assert [(x.name, len(x.applications)) for x in timeline.layers] == [
        ("inner/rnn", 2), ("one", 1), ("two", 1),
    ]  # fmt: skip
    assert len(timeline.connections) == 2


def test_a_mask_is_no_data() -> None:
    rnn = called(lstm("rnn"), ["x"])
    mask = {"class_name": "__keras_tensor__", "config": {"keras_history": ["seen", 0, 0]}}
    rnn["inbound_nodes"] = [{"args": [["x", 0, 0]], "kwargs": {"mask": mask}}]
    seen = called(layer("Dense", "seen", units=1), ["y"])
    timeline = declared(functional(fed("x", 5, 3), fed("y", 5, 3), seen, rnn, outputs=["rnn"]))
    assert not timeline.connections
    assert {s.initial for s in timeline.states} == {"zeros"}


def test_one_layer_above_itself_is_two_that_share_their_weights() -> None:
    rnn = called(lstm("rnn", 3, return_sequences=True), ["x"], [("rnn", 0, 0)])
    timeline = declared(functional(fed("x", 5, 3), rnn, outputs=[("rnn", 1, 0)]))
    assert [(x.name, x.depth) for x in timeline.layers] == [("rnn", 0), ("rnn (2)", 1)]
    assert timeline.variable("rnn/kernel").layers == ("layer0", "layer1")
    assert [(u.layer, u.stop) for u in timeline.variable("rnn/kernel").uses] == [
        ("layer0", 5), ("layer1", 5),
    ]  # fmt: skip


def test_the_same_weights_in_a_row_are_not_called_time() -> None:
    dense = called(layer("Dense", "tied", units=3), ["x"], [("tied", 0, 0)], [("tied", 1, 0)])
    timeline = declared(functional(fed("x", 3), dense, outputs=[("tied", 2, 0)]))
    (tied,) = timeline.layers
    assert tied.kind is Kind.UNKNOWN
    assert "called 3 times in a row" in tied.reason
    assert not timeline.axes


def test_timesteps_that_the_program_writes_out() -> None:
    states = [[("rnn", k, 1), ("rnn", k, 2)] for k in range(2)]
    rnn = called(
        lstm("rnn", return_state=True),
        [("step", 0, 0), "h", "c"],
        [("step", 1, 0), *states[0]],
        [("step", 2, 0), *states[1]],
    )
    look = called(layer("Dense", "look", units=2), ["h"], [("rnn", 0, 1)], [("rnn", 1, 1)])
    step = called(
        layer("Reshape", "step", target_shape=[1, 2]), *[[("look", k, 0)] for k in (0, 1, 2)]
    )
    heads = [[("rnn", k, 0)] for k in range(3)]
    head = called(layer("Dense", "head", units=1), *heads)
    text = functional(fed("h", 4), fed("c", 4), look, step, rnn, head,
                      outputs=[("head", k, 0) for k in range(3)])  # fmt: skip
    timeline = declared(text)
    assert [(a.label, a.length) for a in timeline.axes] == [("time", 3)]
    assert kinds(timeline) == {
        "look": (Kind.STEPWISE, 0), "rnn": (Kind.RECURRENT, 0), "head": (Kind.STEPWISE, 1),
    }  # fmt: skip
    assert uses(timeline, "rnn/kernel") == [("axis0", 3, 1)]
    assert uses(timeline, "head/kernel") == [("axis0", 3, 1)]
    names = {x.id: x.name for x in timeline.layers}
    flows = {(names[c.from_layer], names[c.to_layer], c.offset) for c in timeline.connections}
    assert flows == {("look", "rnn", 0), ("rnn", "look", 1), ("rnn", "head", 0)}
    assert [s.initial for s in timeline.states] == ["c", "h"]


def test_layers_that_are_called_in_one_timestep_after_the_other_share_their_axis() -> None:
    x = called(layer("Reshape", "step", target_shape=[1, 3]), ["x"], ["x"])
    low = called(layer("GRU", "low", units=4, return_sequences=True, return_state=True),
                 [("step", 0, 0), "h"], [("step", 1, 0), ("low", 0, 1)])  # fmt: skip
    high = called(
        layer("GRU", "high", units=5), [("low", 0, 0), "g"], [("low", 1, 0), ("high", 0, 0)]
    )
    text = functional(fed("x", 3), fed("h", 4), fed("g", 5), x, low, high, outputs=[("high", 1, 0)])
    timeline = declared(text)
    assert [(a.label, a.length) for a in timeline.axes] == [("time", 2)]
    assert [(x.name, x.kind, x.depth) for x in timeline.layers] == [
        ("low", Kind.RECURRENT, 0), ("high", Kind.RECURRENT, 1),
    ]  # fmt: skip


def test_attention_looks_at_one_sequence_for_each_position_of_another() -> None:
    text = functional(
        fed("x", 5, 3),
        fed("y", 7, 3),
        called(lstm("values", return_sequences=True), ["x"]),
        called(lstm("query", return_sequences=True), ["y"]),
        called(layer("Attention", "look", use_scale=True), ["query", "values"]),
        called(lstm("top"), ["look"]),
        outputs=["top"],
    )
    timeline = declared(text)
    axis = {x.name: x.applications[0].axis for x in timeline.layers}
    assert axis["look"] == axis["top"] == axis["query"] != axis["values"]
    assert timeline.variable("look/scale").shape == ()


def test_attention_with_heads_is_four_products() -> None:
    heads = layer("MultiHeadAttention", "mha", num_heads=2, key_dim=3, use_bias=False)
    text = functional(
        fed("x", 5, 8),
        called(lstm("rnn", return_sequences=True), ["x"]),
        called(heads, ["rnn", "x"]),
        outputs=["mha"],
    )
    timeline = declared(text)
    assert {v.name: v.shape for v in timeline.variables if v.name.startswith("mha")} == {
        "mha/query/kernel": (4, 2, 3),
        "mha/key/kernel": (8, 2, 3),
        "mha/value/kernel": (8, 2, 3),
        "mha/attention_output/kernel": (2, 3, 4),
    }


@pytest.mark.parametrize("way", ["cpu", "mem"])
def test_keras_1_keeps_the_gates_apart(way: str) -> None:
    config = {"output_dim": 3, "consume_less": way, "batch_input_shape": [None, 10, 2]}
    timeline = declared(sequential(layer("LSTM", "a", **config), version="1.2.2"))
    assert uses(timeline, "a/W_i") == uses(timeline, "a/U_i") == [("axis0", 10, 1)]
    blocks = [(b.name, b.dimension, b.start, b.stop) for b in timeline.variable("a/U_f").blocks]
    assert blocks == [("hidden", 0, 0, 3), ("f", 1, 0, 3)]


def test_classes_of_the_users_own_are_unknown() -> None:
    own = layer("Package>Mine", "own", units=3)
    rnn = lstm("rnn", return_sequences=True, batch_input_shape=[None, 5, 3])
    timeline = declared(sequential(rnn, own, lstm("after")))
    (found,) = [x for x in timeline.layers if x.kind is Kind.UNKNOWN]
    assert found.name == "own"
    assert "of the class 'Package>Mine', which this version does not know" in found.reason
    assert found.evidence is Evidence.UNKNOWN
    assert [f.layers for f in timeline.findings] == [(found.id,)]
    assert len(timeline.axes) == 2, "what the layer does with time is not known"
    assert timeline.axes[1].reason == "what 'own' gives is not told by the configuration"


def test_a_cell_of_the_users_own_is_run_at_every_timestep() -> None:
    rnn = layer("RNN", "rnn", cell=layer("Mine", "cell"), batch_input_shape=[None, 5, 3])
    timeline = declared(sequential(rnn))
    (found,) = timeline.layers
    assert (found.kind, found.cell) == (Kind.RECURRENT, "")
    assert "its variables and states are not told" in found.reason


def test_arrays_in_the_file_name_and_size_the_variables() -> None:
    text = sequential(lstm("a"), layer("BatchNormalization", "norm"))
    stored = {
        "a": tuple(
            StoredArray(f"scope/{name}", shape, "float16")
            for name, shape in (("k", (3, 16)), ("r", (4, 16)), ("b", (16,)))
        ),
        "norm": tuple(StoredArray(f"norm/{i}", (4,), "float32") for i in range(4)),
    }
    timeline = declared(text, stored)
    kernel = timeline.variable("scope/k")
    assert (kernel.shape, kernel.dtype, kernel.role) == ((3, 16), "float16", "kernel")
    assert [v.trainable for v in timeline.variables[-4:]] == [True, True, False, False]


def test_arrays_that_do_not_fit_are_listed_as_what_they_are() -> None:
    text = sequential(lstm("a", batch_input_shape=[None, 5, 3]))
    stored = {"a": (StoredArray("x", (3, 20), "float32"), StoredArray("y", (4, 16), "float32"))}
    timeline = declared(text, stored)
    assert [(v.name, v.role) for v in timeline.variables] == [("x", "other"), ("y", "other")]
    assert all("declares other variables" in v.reason for v in timeline.variables)
    both = layer("Bidirectional", "a", layer=lstm("rnn"), batch_input_shape=[None, 5, 3])
    timeline = declared(sequential(both), stored)
    assert len(timeline.variables) == 6
    assert all("other arrays for 'a'" in v.reason for v in timeline.variables)


def test_arrays_of_a_class_of_the_users_own() -> None:
    own = layer("Mine", "own", batch_input_shape=[None, 3])
    timeline = declared(sequential(own), {"own": (StoredArray("own/w", (3, 2), "float32"),)})
    (found,) = timeline.variables
    assert (found.name, found.shape, found.role) == ("own/w", (3, 2), "other")
    assert [u.reads for u in found.uses] == [0]
    assert "class 'Mine'" in found.reason


def test_sizes_that_no_schema_holds_are_left_out() -> None:
    text = sequential(
        lstm("a", 2**30, batch_input_shape=[None, 2**33, 3]), layer("Dense", "d", units=10**40)
    )
    timeline = declared(text)
    assert timeline.axes[0].length is None
    assert timeline.variable("a/kernel").shape == (None, None)
    assert Timeline.from_json(timeline.to_json()) == timeline


def test_the_order_of_the_entries_does_not_matter() -> None:
    entries = [
        fed("x", 5, 3),
        called(lstm("a", return_sequences=True), ["x"]),
        called(lstm("b"), ["a"]),
        called(layer("Dense", "c", units=1), ["b"]),
    ]
    assert declared(functional(*entries, outputs=["c"])) == declared(
        functional(*entries[::-1], outputs=["c"])
    )


def test_names_and_numbers_that_make_no_sense_do_no_harm() -> None:
    same = called(layer("Dense", "rnn", units=2), [("rnn", 0, -1)])
    text = functional(fed("x", 5, 3), called(lstm("rnn"), ["x"]), same, outputs=[("rnn", 0, -3)])
    assert [x.kind for x in declared(text).layers] == [Kind.RECURRENT, Kind.ONCE]
    nameless = sequential(lstm("", batch_input_shape=[None, 5, 3]), layer("Dense", "", units=-3))
    assert len(declared(nameless).layers) == 2


def test_cells_of_one_name_are_one_cell_and_those_without_a_name_are_not() -> None:
    one = layer("GRUCell", "only", units=3)
    stack = layer("StackedRNNCells", "cells", cells=[one, one])
    timeline = declared(sequential(layer("RNN", "rnn", cell=stack, batch_input_shape=[None, 5, 3])))
    assert len(timeline.layers) == 2
    assert len(timeline.variables) == 3
    own = {"class_name": "Mine>Cell", "config": {"units": 3}}
    stack = layer("StackedRNNCells", "cells", cells=[own, own])
    timeline = declared(sequential(layer("RNN", "rnn", cell=stack, batch_input_shape=[None, 5, 3])))
    assert [x.name for x in timeline.layers] == ["rnn/Cell", "rnn/Cell_1"]


def test_classes_of_the_users_own_that_are_called_like_keras() -> None:
    for entry in (
        layer("Package>LSTM", "own", units=4, batch_input_shape=[None, 5, 3]),
        {**layer("LSTM", "own", units=4, batch_input_shape=[None, 5, 3]), "module": "my.layers"},
        layer("Attention", "own", units=4, batch_input_shape=[None, 5, 3]),
    ):
        assert [x.kind for x in declared(sequential(entry)).layers] == [Kind.UNKNOWN]


def test_many_calls_of_one_layer_take_no_long_time() -> None:
    calls = [["x"], *[[("tied", k, 0)] for k in range(3000)]]
    dense = called(layer("Dense", "tied", units=3), *calls)
    timeline = declared(functional(fed("x", 3), dense, outputs=[("tied", 3000, 0)]))
    assert "called 3,001 times" in timeline.layers[0].reason
