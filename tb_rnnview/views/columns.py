"""Which timesteps of an axis the picture shows, and in which columns of the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from tb_rnnview.timeline import Axis, Use

_ARROW = 5  # " ──→ " between two cells
_NARROW_ARROW = 3  # " → "
_KEPT_WHEN_FOLDED = 3


@dataclass(frozen=True)
class Columns:
    """The shown timesteps. ``steps`` holds None where timesteps are left out."""

    steps: tuple[int | None, ...]
    labels: tuple[str, ...]
    """What each column is called: "0", "…", "199", "T−1"."""
    start: int
    cell: int
    """Width of a cell: "h199" takes 4."""
    pitch: int

    @property
    def arrow(self) -> int:
        """Width of what stands between two cells."""
        return self.pitch - self.cell

    @property
    def stop(self) -> int:
        """The first column behind the last cell."""
        return self.start + self.pitch * (len(self.labels) - 1) + self.cell

    def at(self, index: int) -> int:
        """The terminal's column of the index-th shown timestep."""
        return self.start + self.pitch * index

    def is_used(self, index: int, use: Use) -> bool:
        """Whether a use falls on the index-th shown timestep (never where some are left out)."""
        if self.labels[index] == "…":
            return False
        step = self.steps[index]
        if step is None:  # T−1: the last one of an axis of unknown length
            return use.stop is None
        is_within = step >= use.start and (use.stop is None or step < use.stop)
        return is_within and (step - use.start) % max(1, use.stride) == 0


def columns(axis: Axis, symbol: str, start: int, stop: int) -> Columns:
    """As many timesteps as fit into the columns from ``start`` to ``stop``.

    Args:
        axis: whose timesteps.
        symbol: what stands for its length where it is not known.
        start: the first column of the terminal that they may take.
        stop: the first one that they may not.
    """
    length = axis.length
    last = f"{symbol}−1" if length is None else str(max(0, length - 1))
    cell = len(last) + 1
    wanted = _KEPT_WHEN_FOLDED + 2 if length is None else min(length, _KEPT_WHEN_FOLDED + 2)
    for arrow in (_ARROW, _NARROW_ARROW):
        room = (stop - start + arrow) // (cell + arrow)
        if room >= wanted:
            break
    steps: list[int | None]
    if length is not None and length <= max(1, room):
        steps = list(range(length))
        labels = [str(step) for step in range(length)]
    else:
        kept = max(1, min(_KEPT_WHEN_FOLDED, room - 2))
        steps = [*range(kept), None, None if length is None else length - 1]
        labels = [*map(str, range(kept)), "…", last]
    return Columns(tuple(steps), tuple(labels), start, cell, cell + arrow)
