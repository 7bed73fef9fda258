"""From the numbers that a session's run gave to the rows of a layer's statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.statistics import LayerStatistics
from tb_rnnview.training.naming import CallNames
from tb_rnnview.training.session_layers import WatchedLayer
from tb_rnnview.training.tables import table

_Array = NDArray[np.float64]


def statistics(layer: WatchedLayer, found: Mapping[str, Any]) -> LayerStatistics:
    """The statistics of one layer.

    Args:
        layer: the layer.
        found: what `tb_rnnview.training.session_measures.LayerMeasures.fetched` gave.
    """
    length = int(found["length"])
    is_live = np.asarray(found["live"], np.float64)
    runs = is_live > 0
    in_order = _Order(layer, runs, length)

    def of(name: str, missing: float = np.nan) -> _Array:
        """Of each timestep, the sum over the sequences that run."""
        if name not in found:
            return np.full(length, missing)
        return in_order.sums(np.asarray(found[name], np.float64))

    states = range(len(layer.states))
    votes = [k for k in range(len(layer.variables)) if f"votes {k}" in found]
    norms = np.array([found[f"norm {k}"] for k in votes], np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        products = [of(f"votes {k}") / norm for k, norm in zip(votes, norms, strict=True)]
    live = in_order.sums(np.ones_like(runs, np.float64))
    live[: len(runs)][np.isnan(is_live).all(1)] = np.nan  # it is not known there
    sizes = [_size(found, k) for k in states]
    has_gradients = any(f"squares gradient {k}" in found for k in states)
    made = table(
        CallNames(
            layer.name,
            layer.axis,
            tuple(layer.variables[k] for k in votes),
            tuple(layer.states),
            tuple(name for name, _ in layer.gates),
        ),
        layer.application,
        {
            "votes": _columns(products, length),
            "norms": norms,
            "elsewhere": np.array([found[f"beside {k}"] for k in votes], np.float64),
            "live": live,
            "squares": _columns([of(f"squares {k}") for k in states], length),
            "gradient_squares": _columns([of(f"squares gradient {k}") for k in states], length),
            "sizes": np.array([*sizes, runs.shape[1]], np.float64),
            "saturated": _columns([of(f"saturated {i}") for i in range(len(layer.gates))], length),
            "units": _columns([of(f"units {i}") for i in range(len(layer.gates))], length),
            "not_finite": _columns(
                [
                    np.sum([of(f"not finite {k}", 0.0) for k in states], 0),
                    np.sum([of(f"not finite gradient {k}", 0.0) for k in states], 0),
                ],
                length,
            ),
        },
    )
    left_out: set[str] = set() if layer.knows_live else {"live"}
    if not has_gradients:
        left_out |= {"vote", "state_gradient", "gradients"}
    return _without(made, left_out)


class _Order:
    """Puts the timesteps of a loop into the order of the sequence."""

    def __init__(self, layer: WatchedLayer, runs: NDArray[np.bool_], length: int) -> None:
        """Takes which sequences run at each timestep of the loop, and the axis' length."""
        self._runs, self._length = runs, length
        steps = np.arange(len(runs))[:, None]
        last = {
            "sequences": runs.sum(0) - 1,
            "whole": np.full(runs.shape[1], length - 1),
        }.get(layer.reversal)
        self._place = np.broadcast_to(steps if last is None else last - steps, runs.shape)

    def sums(self, values: _Array) -> _Array:
        """Of each timestep, the sum over the sequences that run.

        Args:
            values: [steps, batch] in the order of the loop.
        """
        found = np.zeros(self._length)
        values = values[: len(self._runs)]
        runs = self._runs[: len(values)]
        np.add.at(found, self._place[: len(values)][runs], values[runs])
        return found


def _size(found: Mapping[str, Any], state: int) -> float:
    """How many units a state has for each sequence."""
    sizes = np.asarray(found.get(f"size {state}", np.nan), np.float64)
    known = sizes[np.isfinite(sizes)]
    return float(known[0]) if known.size else np.nan


def _columns(columns: list[_Array], length: int) -> _Array:
    return np.stack(columns, 1) if columns else np.zeros((length, 0))


def _without(made: LayerStatistics, left_out: set[str]) -> LayerStatistics:
    kept = [i for i, row in enumerate(made.rows) if left_out.isdisjoint((row.measure, row.of))]
    return replace(
        made,
        rows=tuple(made.rows[i] for i in kept),
        values=made.values[kept],
        whole=made.whole[kept],
        elsewhere=made.elsewhere[kept],
    )
