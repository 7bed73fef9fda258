"""What a Timeline answers about itself."""

from __future__ import annotations

import dataclasses

import pytest

from tb_rnnview.timeline import Application, Axis, Kind, Layer, Timeline, Use, Variable
from tests.timelines import stacked


def test_it_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        stacked().name = "other"  # type: ignore[misc]


def test_layers_axes_and_variables_are_found_by_name_and_id() -> None:
    timeline = stacked()
    assert timeline.layer("cell_1") is timeline.layers[1]
    assert timeline.layer("layer1") is timeline.layers[1]
    assert timeline.axis("time") is timeline.axis("axis0") is timeline.axes[0]
    kernel = "rnn/multi_rnn_cell/cell_2/basic_rnn_cell/kernel"
    assert timeline.variable(kernel) is timeline.variable(kernel + ":0") is timeline.variables[4]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"no layer is called 'cell_9'.*cell_0, cell_1, cell_2"):
        stacked().layer("cell_9")
    with pytest.raises(KeyError, match="there are: none"):
        Timeline().variable("w")


def test_an_ambiguous_name_is_no_answer() -> None:
    timeline = Timeline(layers=(Layer("a", "lstm"), Layer("b", "lstm")))
    with pytest.raises(KeyError, match="more than one layer is called 'lstm'"):
        timeline.layer("lstm")
    assert timeline.layer("b") is timeline.layers[1]


def test_parameters_of_the_starting_program() -> None:
    parameters = [v.parameters for v in stacked().variables]
    assert parameters == [126 * 100, 100, 200 * 100, 100, 200 * 100, 100]
    assert sum(p or 0 for p in parameters) == 52_900


@pytest.mark.parametrize(
    ("shape", "parameters"), [((), 1), ((3, 0), 0), ((None, 3), None), (None, None)]
)
def test_parameters_of_odd_shapes(
    shape: tuple[int | None, ...] | None, parameters: int | None
) -> None:
    assert Variable("v", shape).parameters == parameters


@pytest.mark.parametrize(
    ("use", "steps"),
    [
        (Use("l", "a", 0, 3), 3),
        (Use("l", "a", 2, 3), 1),
        (Use("l", "a", 0, 5, 2), 3),
        (Use("l", "a", 1, 5, 2), 2),
        (Use("l", "a", 3, 3), 0),
        (Use("l", "a", 0, None), None),
    ],
)
def test_steps_of_a_use(use: Use, steps: int | None) -> None:
    assert use.steps == steps


def test_recurrent_layers_and_variables_of_a_layer() -> None:
    timeline = dataclasses.replace(
        stacked(2), layers=(*stacked(2).layers, Layer("head", kind=Kind.ONCE))
    )
    assert [x.id for x in timeline.recurrent_layers] == ["layer0", "layer1"]
    assert timeline.variables_of("layer1") == timeline.variables[2:]
    assert timeline.variables_of("head") == ()


def test_the_timesteps_of_a_layer_are_those_of_its_axis() -> None:
    five, seven = stacked(2, 5), stacked(2, 7)
    assert five.layer("cell_1").timesteps == 5
    longer = dataclasses.replace(five, axes=seven.axes)
    assert longer.layer("cell_1").timesteps == 7
    assert five.layer("cell_1").timesteps == 5, "the same layer, in another timeline"
    assert longer.layers == five.layers
    head = dataclasses.replace(five, layers=(*five.layers, Layer("head", kind=Kind.ONCE)))
    assert head.layer("head").timesteps is None
    assert Layer("of no timeline").timesteps is None


def test_a_layer_on_axes_of_different_lengths_has_no_one_number_of_timesteps() -> None:
    train, sample = Application("a"), Application("b")
    axes = (Axis("a", length=20), Axis("b", length=1))
    assert (
        Timeline(axes=axes, layers=(Layer("x", applications=(train,)),)).layers[0].timesteps == 20
    )
    both = Timeline(axes=axes, layers=(Layer("x", applications=(train, sample)),))
    assert both.layers[0].timesteps is None


@pytest.mark.parametrize(
    ("uses", "shared_by"),
    [
        ((), 0),
        ((Use("l"),), 1),
        ((Use("l", "a", 0, 3),), 3),
        ((Use("l", "a", 0, 1), Use("l", "a", 1, 5)), 5),
        ((Use("l", "a", 0, 3), Use("m", "a", 0, 3)), 3),
        ((Use("l", "a", 0, None),), None),
    ],
)
def test_how_many_timesteps_share_a_variable(uses: tuple[Use, ...], shared_by: int | None) -> None:
    assert Variable("v", uses=uses).shared_by == shared_by
