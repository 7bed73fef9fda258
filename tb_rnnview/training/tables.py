"""From sums over the batch to the rows of a layer's statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.statistics import LayerStatistics, StatisticsRow
from tb_rnnview.training.naming import CallNames

# Much more than rounding moves a sum by, and much less than what other random numbers do.
_OFF = 1e-3

_Array = NDArray[np.float64]


def table(names: CallNames, application: int, found: Mapping[str, Any]) -> LayerStatistics:
    """The statistics of one layer.

    Args:
        names: what it and its parts are called.
        application: which of its applications.
        found: the arrays that `tb_rnnview.training.measuring.measured` describes.
    """
    arrays = {name: np.asarray(value, np.float64) for name, value in found.items()}
    rows: list[StatisticsRow] = []
    values: list[_Array] = []
    whole: list[float] = []
    elsewhere: list[float] = []

    def add(row: StatisticsRow, over_time: _Array, at_all: float, beside: float = np.nan) -> None:
        rows.append(row)
        values.append(over_time)
        whole.append(at_all)
        elsewhere.append(beside)

    with np.errstate(divide="ignore", invalid="ignore"):
        for of, shares, norm, beside in _votes(names.variables, arrays):
            add(StatisticsRow("vote", of, "share", "sum"), shares, norm, beside)
        live = arrays["live"]
        for measure, squares in (
            ("activation", arrays["squares"]),
            ("state_gradient", arrays["gradient_squares"]),
        ):
            for i, of in enumerate(names.results):
                count = live * arrays["sizes"][i]
                rms = np.sqrt(squares[:, i] / count)
                add(
                    StatisticsRow(measure, of, "RMS"),
                    rms,
                    float(np.sqrt(squares[:, i].sum() / count.sum())),
                )
        saturated, units = arrays["saturated"], arrays["units"]
        if names.gates:
            add(
                StatisticsRow("saturation", "", "fraction"),
                saturated.sum(1) / units.sum(1),
                float(saturated.sum() / units.sum()),
            )
        for i, of in enumerate(names.gates):
            add(
                StatisticsRow("saturation", of, "fraction"),
                saturated[:, i] / units[:, i],
                float(saturated[:, i].sum() / units[:, i].sum()),
            )
        batch = arrays["sizes"][-1]
        add(
            StatisticsRow("live", "", "fraction"),
            live / batch,
            float(live.sum() / (batch * live.size)) if live.size else np.nan,
        )
        for i, of in enumerate(("values", "gradients")):
            counts = arrays["not_finite"][:, i]
            add(StatisticsRow("non_finite", of, "count", "sum"), counts, float(counts.sum()))
    return LayerStatistics.from_timesteps(
        names.layer,
        rows,
        np.stack(values),
        whole=whole,
        elsewhere=elsewhere,
        application=application,
        axis=names.axis,
    )


def is_whole(found: Mapping[str, Any]) -> bool:
    """Whether the shares of each variable sum to one, as they do if a cell did the same again.

    Args:
        found: the arrays that `tb_rnnview.training.measuring.measured` describes.
    """
    votes, norms = np.asarray(found["votes"], np.float64), np.asarray(found["norms"], np.float64)
    off = np.abs(votes.sum(0) - norms)
    return bool((off <= _OFF * np.maximum(norms, np.abs(votes).sum(0)))[norms > 0].all())


def _votes(
    variables: Sequence[str], arrays: Mapping[str, _Array]
) -> list[tuple[str, _Array, float, float]]:
    """(variable, shares, |G|, what reaches it from elsewhere); first of all variables together."""
    norms, beside = arrays["norms"], arrays["elsewhere"]
    if not norms.size:
        return []
    # <G_t, G> / |G| is known; where |G| = 0 a share is not defined.
    products = arrays["votes"]
    together = np.sqrt(np.square(norms).sum())
    weighted = np.where(norms > 0, products * norms, 0.0).sum(1) / np.square(together)
    found = [("", weighted, float(together), float(np.sqrt(np.square(beside).sum())))]
    for i, of in enumerate(variables):
        found.append((of, products[:, i] / norms[i], float(norms[i]), float(beside[i])))
    return found
