"""The lengths that the user gives, held against what is known of the axes already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tb_rnnview.errors import SourceError
from tb_rnnview.timeline import LengthSource
from tb_rnnview.whole_number import whole_number

_TOO_LONG = 2**32


@dataclass(frozen=True)
class KnownLength:
    """The length of an axis, and who says so."""

    steps: int | None
    reason: str
    source: LengthSource
    is_bound: bool = False

    def given(self, steps: int | None) -> KnownLength:
        """What is known once the user has given a length, or none."""
        if self.steps is not None or steps is None:
            return self
        return KnownLength(steps, "given by the user", LengthSource.OBSERVED, self.is_bound)


def given_steps(
    ids: Sequence[str],
    labels: Sequence[str],
    known: Sequence[KnownLength],
    lengths: Mapping[str, int],
    says: str = "the graph itself says",
) -> dict[str, int]:
    """The given lengths by axis id; none is passed over in silence.

    Args:
        ids: of the axes.
        labels: of the axes.
        known: what is known of their lengths.
        lengths: timesteps given by the user, by axis id or label.
        says: what fixes the lengths that are fixed.

    Raises:
        SourceError: there is no such axis, or the length contradicts what is known.
    """
    by_name = {label: i for i, label in enumerate(labels)}
    by_name |= {id_: i for i, id_ in enumerate(ids)}
    found: dict[str, int] = {}
    for name, given in lengths.items():
        if name not in by_name:
            raise SourceError(
                f"there is no axis {name!r} to give a length; "
                f"there are: {', '.join(sorted(by_name)) or 'none'}"
            )
        steps = whole_number(given, f"the length of axis {name!r}")
        if not 1 <= steps < _TOO_LONG:
            raise SourceError(
                f"the length of axis {name!r} must be at least 1 and below 2³², not {steps}"
            )
        length, axis_id = known[by_name[name]], ids[by_name[name]]
        other = length.steps if length.steps is not None else found.get(axis_id)
        if other not in (None, steps):
            told = {
                LengthSource.STATIC: f"{says} {other}",
                LengthSource.OBSERVED: f"it is {other} {length.reason}",
            }.get(length.source, f"it is also given as {other}")
            raise SourceError(
                f"the length of axis {name!r} is given as {steps}, but {told}; "
                "give one length, and only where nothing else tells it"
            )
        found[axis_id] = steps
    return found
