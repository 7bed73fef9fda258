"""Classes, stored arrays and names in configurations: known ones, the user's own, damaged ones."""

from __future__ import annotations

import pytest

from tb_rnnview.sources.configuration import StoredArray
from tb_rnnview.timeline import (
    Evidence,
    Kind,
    Timeline,
)
from tests.analysis.declared import declared, lstm, uses
from tests.configurations import called, fed, functional, layer, sequential


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
