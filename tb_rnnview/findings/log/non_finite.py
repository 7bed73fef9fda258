"""NaN or infinity in what a layer computes, or in its gradients: nothing is learnt from then on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_rnnview.findings.places import layer_of, names_of, row, timesteps, training_steps
from tb_rnnview.statistics import Statistics
from tb_rnnview.timeline import Finding, Severity, Timeline

CODE = "NON_FINITE"
PLACE = 10


def find(timeline: Timeline, statistics: Statistics) -> Iterator[Finding]:
    """A finding for the values, and one for the gradients."""
    layer = layer_of(timeline, statistics)
    for of in names_of(statistics, "non_finite"):
        rows = [row(record, "non_finite", of) for record in statistics.records]
        counts = [np.nan_to_num(values) if values is not None else np.zeros(0) for values in rows]
        held = np.array([bool((count > 0).any()) for count in counts])
        if not held.any():
            continue
        first = int(np.flatnonzero(held)[0])
        record, where = statistics.records[first], counts[first] > 0
        yield Finding(
            code=CODE,
            severity=Severity.ERROR,
            message=(
                f"{statistics.layer} has {of or 'numbers'} that are NaN or infinite, at "
                f"{training_steps(statistics, held)}. At the first of these steps, "
                f"{statistics.steps[first]}, it is {int(counts[first].sum()):,} of them, at "
                f"{timesteps(record, where)}."
            ),
            advice=(
                "Clip the gradients, `optimizer = keras.optimizers.Adam(clipnorm=1.0)`, lower the "
                "learning rate, and look for a logarithm or a division by zero in the loss."
            ),
            layers=(layer.id,) if layer is not None else (),
        )
