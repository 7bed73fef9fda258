"""Where one layer stands at several places, these come in the order of the program's inputs."""

from __future__ import annotations

import pytest

from tb_rnnview import analyze
from tests.programs.tf2 import keras


@pytest.mark.parametrize("names", [("left", "right"), ("right", "left"), ("b", "a")])
def test_the_first_sentence_comes_first(names: tuple[str, str]) -> None:
    """Whatever Keras traces first, and whatever the sentences are called."""
    words, rnn = keras.layers.Embedding(9, 3), keras.layers.GRU(4)
    sentences = [keras.Input((None,), dtype="int32", name=name) for name in names]
    read = [rnn(words(sentence)) for sentence in sentences]
    claimed = analyze(keras.Model(sentences, keras.layers.concatenate(read)))
    assert [name in axis.reason for name, axis in zip(names, claimed.axes, strict=True)] == [
        True
    ] * 2
    for layer in claimed.layers:
        assert [a.axis for a in layer.applications] == [axis.id for axis in claimed.axes]


def test_places_that_are_made_of_one_input_keep_the_order_of_the_flow() -> None:
    """The same layer over a sentence, and over what a decoder makes of it."""
    rnn = keras.layers.GRU(3, return_sequences=True)
    start, x = keras.Input((2, 3)), keras.Input((4, 3))
    read = rnn(x)
    again = rnn(start, initial_state=read[:, -1])
    claimed = analyze(keras.Model([start, x], again))
    assert [axis.length for axis in claimed.axes] == [4, 2]


def test_what_goes_on_from_another_place_comes_after_it() -> None:
    """A cell that is run over a sequence by a loop, and then, written out, on its own results."""
    cell = keras.layers.GRUCell(3)
    known = keras.layers.RNN(cell)
    x = keras.Input((6, 3))
    results = [known(x)]
    for _ in range(2):
        results.append(cell(results[-1], [results[-1]])[0])
    claimed = analyze(keras.Model(x, keras.ops.stack(results, 1)))
    assert [axis.length for axis in claimed.axes] == [6, 2]
    (layer,) = claimed.recurrent_layers
    assert [a.axis for a in layer.applications] == [axis.id for axis in claimed.axes]
