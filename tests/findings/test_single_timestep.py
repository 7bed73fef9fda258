"""SINGLE_TIMESTEP: a recurrent layer over one timestep, from zeros."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_rnnview.timeline import Application, Axis, LengthSource, Severity, Source, Timeline
from tests.findings.network import found, with_axis, with_layer
from tests.timelines import stacked

CODE = "SINGLE_TIMESTEP"


def test_layers_over_one_timestep_from_zeros() -> None:
    (finding,) = found(CODE, stacked(2, 1))
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("cell_0 and cell_1 run for one timestep only, and start")
    assert finding.layers == ("layer0", "layer1")
    assert "`tf.reshape(inputs, [-1, timesteps, features])`" in finding.advice


def test_in_keras_the_input_says_how_many_timesteps_there_are() -> None:
    keras = replace(stacked(1, 1), source=Source("keras_model", framework="keras"))
    (finding,) = found(CODE, keras)
    assert finding.message.startswith("cell_0 runs for one timestep only, and starts from zeros.")
    assert "`keras.Input((timesteps, features))`" in finding.advice


def _started(initial: str) -> Timeline:
    timeline = stacked(1, 1)
    return replace(timeline, states=tuple(replace(s, initial=initial) for s in timeline.states))


def _elsewhere_longer() -> Timeline:
    timeline = with_layer(stacked(1, 1), 0, applications=(Application("axis0"), Application("b")))
    return replace(timeline, axes=(*timeline.axes, Axis("b", length=20)))


@pytest.mark.parametrize(
    "timeline",
    [
        stacked(1, 2),
        with_axis(stacked(1, 1), length=None),
        with_axis(stacked(1, 1), length_is_bound=True),
        with_axis(stacked(1, 1), length_source=LengthSource.OBSERVED),
        with_axis(stacked(1, 1), parent="words"),
        _started("state"),
        _started(""),
        _elsewhere_longer(),
        replace(stacked(1, 1), states=()),
    ],
    ids=[
        "two timesteps",
        "open",
        "a bound",
        "seen in an example",
        "in a longer time",
        "from a state",
        "from what is not known",
        "longer elsewhere",
        "no known state",
    ],
)
def test_near_misses(timeline: Timeline) -> None:
    assert found(CODE, timeline) == []
