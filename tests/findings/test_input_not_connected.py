"""INPUT_NOT_CONNECTED: a placeholder that nothing reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_rnnview import analyze
from tb_rnnview.findings.facts import Facts, UnreadInput
from tb_rnnview.timeline import Severity
from tests.findings.network import found
from tests.programs.tf1 import tf
from tests.timelines import stacked

CODE = "INPUT_NOT_CONNECTED"


def facts(*unread: UnreadInput) -> Facts:
    return Facts(unread_inputs=unread)


def test_one_that_a_layer_could_start_from_is_a_warning() -> None:
    (finding,) = found(CODE, stacked(1, 5), facts(UnreadInput("start", (None, 100), True)))
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("start [?, 100] is connected to nothing.")
    assert finding.message.endswith("the state of cell_0, which starts from zeros.")
    assert "`outputs, state = tf.nn.dynamic_rnn(cell, inputs, initial_state=start)`" in (
        finding.advice
    )
    assert finding.layers == ("layer0",)


def test_several_layers_take_a_state_each() -> None:
    (finding,) = found(CODE, stacked(2, 5), facts(UnreadInput("start", (8, 100), True)))
    assert finding.severity is Severity.WARNING
    assert "of several layers each takes a state of its own" in finding.advice
    assert finding.layers == ("layer0", "layer1")


def test_any_other_is_a_note() -> None:
    rate = UnreadInput("rate", (), True)
    keep = UnreadInput("keep", None, True)
    findings = found(CODE, stacked(1, 5), facts(rate, keep))
    assert [f.severity for f in findings] == [Severity.INFO] * 2
    assert findings[0].message.startswith("rate [] is connected to nothing.")
    assert findings[1].message.startswith("keep is connected to nothing.")
    assert findings[0].layers == ()


def test_a_layer_that_starts_from_something_was_not_meant_to_start_from_it() -> None:
    timeline = stacked(1, 5)
    started = replace(
        timeline, states=tuple(replace(s, initial="another") for s in timeline.states)
    )
    (finding,) = found(CODE, started, facts(UnreadInput("start", (None, 100), True)))
    assert finding.severity is Severity.INFO


def test_of_many_those_that_a_layer_could_start_from_come_first_and_the_rest_is_counted() -> None:
    many = [UnreadInput(f"left{i}", (3,), True) for i in range(30)]
    findings = found(CODE, stacked(1, 5), facts(*many, UnreadInput("start", (None, 100), True)))
    assert len(findings) == 21
    assert findings[0].message.startswith("start [?, 100] is connected to nothing.")
    assert findings[1].message.startswith("left0 [3] is connected to nothing.")
    assert findings[-1].message == "11 more placeholders are connected to nothing."


def test_those_that_are_only_counted_are_told_as_a_number() -> None:
    known = (UnreadInput("left", (3,), True),)
    findings = found(CODE, stacked(1, 5), Facts(unread_inputs=known, other_unread_inputs=7))
    assert findings[-1].message == "7 more placeholders are connected to nothing."
    assert len(findings) == 2


def test_of_very_many_only_some_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tb_rnnview.analysis.facts._MOST_INPUTS", 2)
    with tf.Graph().as_default() as graph:
        tf.matmul(tf.ones([1, 3]), tf.get_variable("weights", [3, 2]))
        for _ in range(5):
            tf.placeholder(tf.float32, [3])
    findings = [f for f in analyze(graph).findings if f.code == CODE]
    assert findings[-1].message == "3 more placeholders are connected to nothing."
    assert len(findings) == 3
