"""UNUSED_VARIABLE: a variable that is trained and used by nothing."""

from __future__ import annotations

from dataclasses import replace

import keras

from tb_rnnview import analyze
from tb_rnnview.timeline import Kind, Layer, Severity, Timeline, Variable
from tests.findings.network import found
from tests.timelines import stacked

CODE = "UNUSED_VARIABLE"


def with_variable(variable: Variable) -> Timeline:
    timeline = stacked(1, 5)
    return replace(timeline, variables=(*timeline.variables, variable))


def test_one_that_nothing_uses() -> None:
    (finding,) = found(CODE, with_variable(Variable("left/over", (3, 4), trainable=True)))
    assert finding.severity is Severity.INFO
    assert finding.message.startswith("left/over is used by nothing: 12 parameters are kept")
    assert finding.variables == ("left/over",)


def test_near_misses() -> None:
    assert found(CODE, stacked(1, 5)) == []
    assert found(CODE, with_variable(Variable("decay", ()))) == [], "an optimiser's own number"
    assert found(CODE, with_variable(Variable("v", (3,), reason="not known"))) == []
    unknown = with_variable(Variable("left/over", (3, 4)))
    unknown = replace(unknown, layers=(*unknown.layers, Layer("x", kind=Kind.UNKNOWN)))
    assert found(CODE, unknown) == [], "what is not recognised may use it"


class Forgetful(keras.Model):
    """A model with a layer that it makes and never calls."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = keras.layers.SimpleRNN(4)
        self.head = keras.layers.Dense(3)
        self.head.build((None, 4))

    def call(self, x: object) -> object:
        return self.rnn(x)


def test_a_layer_that_is_never_called() -> None:
    findings = analyze(Forgetful(), inputs=keras.ops.ones((2, 5, 3))).findings
    (finding,) = (f for f in findings if f.code == CODE)
    assert [name.rsplit("/")[-1] for name in finding.variables] == ["kernel", "bias"]
    assert "15 parameters" in finding.message
