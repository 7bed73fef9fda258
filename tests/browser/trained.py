"""Networks with statistics of training for the page to draw; the numbers are stated by hand.

The gradient of the state falls by ``DECAY`` from each timestep to the one before, as in a network
that forgets; layer 0's falls faster. The last ``PADDED`` timesteps of the padded run belong to no
sequence, and in its last step the numbers are no longer finite.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tb_rnnview import LayerStatistics, StatisticsRow
from tb_rnnview.summary import statistics_pb
from tests.server.logs import LiveWriter
from tests.timelines import stacked

DECAY = (0.6, 0.8)
STEPS = tuple(range(0, 1100, 100))
PADDED = 6


def rows(layer: int) -> tuple[StatisticsRow, ...]:
    scope = f"rnn/multi_rnn_cell/cell_{layer}/basic_rnn_cell"
    return (
        StatisticsRow("vote", f"{scope}/kernel", "share", "sum"),
        StatisticsRow("vote", f"{scope}/bias", "share", "sum"),
        StatisticsRow("activation", "h", "RMS"),
        StatisticsRow("state_gradient", "h", "RMS"),
        StatisticsRow("live", "", "fraction"),
        StatisticsRow("non_finite", "", "count", "sum"),
    )


def gradient(layer: int, step: int, length: int) -> np.ndarray:
    """Largest at the last timestep, and smaller at each training step."""
    return 0.5 * 0.999**step * DECAY[layer] ** np.arange(length - 1, -1, -1)


def votes(layer: int, step: int, length: int) -> np.ndarray:
    """Sums to 1; every third timestep pulls against the rest."""
    share = gradient(layer, step, length) * np.where(np.arange(length) % 3 == 2, -0.5, 1)
    return share / share.sum()


def of_layer(layer: int, step: int, length: int, padded: int = 0, broken: bool = False):
    running = length - padded
    t = np.arange(length)
    over = t >= running
    state_gradient = np.zeros(length)
    state_gradient[:running] = gradient(layer, step, running)
    share = np.zeros(length)
    share[:running] = votes(layer, step, running)
    activation = np.where(over, np.nan, 0.3 + 0.1 * layer + 0.2 * np.sin(t / 3 + step / 300))
    bad = np.zeros(length)
    if broken:
        bad[2] = 40
        activation[2] = np.nan
        state_gradient[:3] = np.inf
        share[:] = np.nan
    live = np.where(over, 0.0, 1.0)
    values = [share, share, activation, state_gradient, live, bad]
    norm = 2 * 0.999**step
    return LayerStatistics.from_timesteps(
        f"cell_{layer}",
        rows(layer),
        values,
        whole=[norm, norm / 2, 0.3, state_gradient.max(), 1 - padded / length, bad.sum()],
        elsewhere=[0.1, np.nan, np.nan, np.nan, np.nan, np.nan],
    )


def write_trained(log: Path, run: str, length: int, steps=STEPS, padded: int = 0, broken=False):
    """A run of two layers; ``broken``: its last step is."""
    writer = LiveWriter(log / run)
    writer.timeline("net", 0, stacked(2, length, run))
    for step in steps:
        add_step(writer, step, length, padded, broken and step == steps[-1])
    return writer


def add_step(writer: LiveWriter, step: int, length: int, padded: int = 0, broken: bool = False):
    for layer in range(2):
        data = of_layer(layer, step, length, padded, broken)
        writer.summary(step, statistics_pb(f"net/cell_{layer}", data))
