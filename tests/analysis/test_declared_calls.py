"""Calls of the layers of a configuration: states, sharing, timesteps that are written out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tb_rnnview.timeline import (
    Connection,
    Kind,
)
from tests.analysis.declared import declared, kinds, lstm, uses
from tests.configurations import called, fed, functional, layer, sequential


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
