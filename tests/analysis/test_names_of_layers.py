"""What layers are called, from the variables' names and from the objects that hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tb_rnnview import analyze
from tb_rnnview.analysis.layer_names import Known, name_layers
from tb_rnnview.timeline import Timeline


def test_the_last_scope_names_a_layer() -> None:
    assert name_layers([Known(["rnn/lstm_cell/kernel", "rnn/lstm_cell/bias"])]) == ["lstm_cell"]


def test_scopes_are_given_as_far_as_they_tell_layers_apart() -> None:
    cells = [Known([f"rnn/multi_rnn_cell/cell_{i}/gru_cell/kernel"]) for i in range(2)]
    assert name_layers(cells) == ["cell_0", "cell_1"]


def test_a_layer_of_one_variable_has_its_name() -> None:
    assert name_layers([Known(["embedding"]), Known(["rnn/kernel"])]) == ["embedding", "rnn"]


def test_of_variables_without_a_scope_none_names_the_layer() -> None:
    layers = [Known(["w", "u", "b"]), Known(["w2", "b2"])]
    assert name_layers(layers) == ["", ""]
    assert name_layers(layers, program="network") == ["", ""]  # it is the name of both


def test_the_program_names_the_only_layer_that_has_no_name() -> None:
    assert name_layers([Known(["w", "u"])], program="network") == ["network"]
    assert name_layers([Known(["cell/w", "cell/u"])], program="network") == ["cell"]


def test_variables_of_several_scopes() -> None:
    assert name_layers([Known(["a/kernel", "a/bias", "b/kernel"])]) == ["a + b"]
    of_many = Known([f"{letter}/kernel" for letter in "abcd"])
    assert name_layers([of_many]) == ["a + b + c + …"]


def test_the_cell_that_keras_puts_into_a_layer_is_left_out() -> None:
    keras = Known(["net/read/lstm_cell/kernel", "net/read/lstm_cell/recurrent_kernel"])
    assert name_layers([keras]) == ["read"]
    alone = Known(["lstm_cell/kernel", "lstm_cell/recurrent_kernel"])
    assert name_layers([alone]) == ["lstm_cell"]
    cells = [
        Known([f"rnn/stack/gru_cell{n}/kernel", f"rnn/stack/gru_cell{n}/recurrent_kernel"])
        for n in ("", "_1")
    ]
    assert name_layers(cells) == ["gru_cell", "gru_cell_1"]


def test_the_recurrence_of_an_object_has_its_plain_name() -> None:
    held = [[("rnn", "cell")]]
    layers = [Known(["a"], held), Known(["b"], held, is_recurrent=True), Known(["c"], held)]
    assert name_layers(layers) == ["rnn (2)", "rnn", "rnn (3)"]


@pytest.mark.parametrize(
    ("place", "name"),
    [("net_1/second_1/while", "second"), ("net_1/first/while", "first"), ("while", "first")],
)
def test_the_place_tells_by_which_way_a_variable_is_reached(place: str, name: str) -> None:
    ways = (("first", "cell"), ("second", "cell"))
    assert name_layers([Known(["kernel"], [ways], place)]) == [name]


def steps(step: Any, units: int) -> Any:
    """A function that runs a step along the time of what it is given."""

    @tf.function
    def network(x: Any) -> Any:
        h = tf.zeros((2, units))
        for t in tf.range(5):
            h = step(x[:, t], h)
        return h

    return network


def analyzed(function: Any) -> Timeline:
    return analyze(function, inputs=np.ones((2, 5, 3), "float32"))


def variable(name: str, *shape: int) -> tf.Variable:
    return tf.Variable(np.full(shape, 0.1, "float32"), name=name)


def test_a_functions_only_layer_has_its_name_and_variables_come_as_they_are_used() -> None:
    w, u, b = variable("w", 3, 4), variable("u", 4, 4), variable("b", 4)
    found = analyzed(steps(lambda x, h: tf.tanh(x @ w + h @ u + b), 4))
    assert [layer.name for layer in found.layers] == ["network"]
    assert [v.name for v in found.variables] == ["w", "u", "b"]


def test_several_layers_of_loose_variables_have_no_name() -> None:
    w, u, b = variable("w", 3, 4), variable("u", 4, 4), variable("b", 4)
    out, shift = variable("out", 4, 2), variable("shift", 2)
    run = steps(lambda x, h: tf.tanh(x @ w + h @ u + b), 4)
    found = analyzed(tf.function(lambda x: run(x) @ out + shift))
    assert [layer.name for layer in found.layers] == ["", ""]
    shown = str(found)
    assert "Layer 0" in shown
    assert "out, shift" in shown
    assert "layer1" not in shown


def test_a_module_names_its_only_layer() -> None:
    class Net(tf.Module):
        def __init__(self) -> None:
            super().__init__(name="reader")
            self.kernel, self.bias = variable("kernel", 7, 4), variable("bias", 4)
            self.run = steps(
                lambda x, h: tf.tanh(tf.concat([x, h], 1) @ self.kernel + self.bias), 4
            )

        def __call__(self, x: Any) -> Any:
            return self.run(x)

    found = analyzed(Net())
    assert [layer.name for layer in found.layers] == ["reader"]
    assert [v.name for v in found.variables] == ["kernel", "bias"]


def test_what_is_not_recognised_and_has_no_name_is_told_by_its_variables() -> None:
    w, b = variable("w", 4, 4), variable("b", 4)

    @tf.function
    def twice(x: Any) -> Any:
        for _ in tf.range(3):
            x = tf.tanh(x @ w + b)
        return x @ variable_out

    variable_out = variable("out", 4, 2)
    found = analyze(twice, inputs=np.ones((2, 4), "float32"))
    messages = [f.message for f in found.findings if f.code == "NOT_RECOGNISED"]
    assert [m.startswith("The layer of w, b is not recognised, because ") for m in messages] == [
        True
    ]


def test_a_loop_in_no_scope_is_called_a_loop() -> None:
    u, v = variable("u", 3, 3), variable("v", 3, 3)

    @tf.function
    def of_words(x: Any) -> Any:
        outer = tf.zeros((2, 3))
        for word in tf.range(5):
            inner = tf.zeros((2, 3))
            for letter in tf.range(4):
                inner = tf.tanh(x[:, word, letter] + inner @ u)
            outer = tf.tanh(inner + outer @ v)
        return outer

    found = analyze(of_words, inputs=np.ones((2, 5, 4, 3), "float32"))
    assert [(axis.label, axis.length) for axis in found.axes] == [("loop", 5), ("loop (2)", 4)]
