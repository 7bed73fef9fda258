"""The size of the loss' gradient with respect to a layer's states, in the order of the visit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.findings.places import names_of, row, running
from tb_rnnview.statistics import LayerStatistics, Statistics


def state_gradient(statistics: Statistics, record: LayerStatistics) -> NDArray[np.float32]:
    """The largest RMS over the states, float32 [columns].

    NaN where no sequence runs, and where it is not finite: that is told by itself.

    Args:
        statistics: of a layer.
        record: of one training step.
    """
    names = names_of(statistics, "state_gradient")
    rows = [values for of in names if (values := row(record, "state_gradient", of)) is not None]
    if not rows:
        return np.full(record.starts.size, np.nan, np.float32)
    largest: NDArray[np.float32] = np.fmax.reduce(rows)
    known = running(record) & np.isfinite(largest)
    return np.where(known, largest, np.float32(np.nan))
