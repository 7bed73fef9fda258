"""The comparison with the truth sees what it is there to see: each false claim is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from tb_rnnview.timeline import Direction, Kind, Timeline, Use
from tests.analysis.claims import compare, timeline

Item = TypeVar("Item")
Change = Callable[[Timeline], Timeline]


def _first(items: tuple[Item, ...], **changes: object) -> tuple[Item, ...]:
    return (replace(items[0], **changes), *items[1:])


def _variable(**changes: object) -> Change:
    return lambda t: replace(t, variables=_first(t.variables, **changes))


def _layer(**changes: object) -> Change:
    return lambda t: replace(t, layers=_first(t.layers, **changes))


def _axis(**changes: object) -> Change:
    return lambda t: replace(t, axes=_first(t.axes, **changes))


def _direction(t: Timeline) -> Timeline:
    runs = _first(t.layers[0].applications, direction=Direction.BACKWARD)
    return replace(t, layers=_first(t.layers, applications=runs))


FALSE_CLAIMS: dict[str, tuple[str, Change]] = {
    "another length": ("axes", _axis(length=7)),
    "no length": ("axes", _axis(length=None)),
    "a bound": ("axes", _axis(length_is_bound=True)),
    "an axis more": ("axes", lambda t: replace(t, axes=(*t.axes, replace(t.axes[0], id="b")))),
    "another cell": ("layers", _layer(cell="GRU")),
    "no cell": ("layers", _layer(cell="")),
    "other units": ("layers", _layer(units=26)),
    "another kind": ("layers", _layer(kind=Kind.STEPWISE)),
    "another depth": ("layers", _layer(depth=1)),
    "the other direction": ("layers", _direction),
    "a layer less": ("layers", lambda t: replace(t, layers=t.layers[1:])),
    "a layer more": (
        "layers",
        lambda t: replace(t, layers=(*t.layers, replace(t.layers[0], id="b"))),
    ),
    "another role": ("variables", _variable(role="recurrent_kernel")),
    "a use too few": ("variables", _variable(uses=(Use("layer0", "axis0", 0, 2),))),
    "a use too many": ("variables", _variable(uses=(Use("layer0", "axis0", 0, 3, reads=2),))),
    "a use outside": ("variables", _variable(uses=(Use("layer0"),))),
    "no blocks": ("variables", _variable(blocks=())),
    "a variable less": ("variables", lambda t: replace(t, variables=t.variables[1:])),
    "no state": ("states", lambda t: replace(t, states=t.states[1:])),
    "another start": ("states", lambda t: replace(t, states=_first(t.states, initial="inputs"))),
    "no connection": ("connections", lambda t: replace(t, connections=())),
    "another offset": (
        "connections",
        lambda t: replace(t, connections=_first(t.connections, offset=1)),
    ),
}


@pytest.mark.parametrize("claim", FALSE_CLAIMS)
def test_a_false_claim_is_told(claim):
    aspect, change = FALSE_CLAIMS[claim]
    true = timeline("starting_program")
    assert not any(compare("starting_program", true).values())
    assert compare("starting_program", change(true))[aspect]
