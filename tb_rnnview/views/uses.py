"""How often, and when, a variable is used, in words.

A use on an axis inside another one happens again at each timestep of that other one.
The page says the same in the same words (``plugin_static/uses.js``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tb_rnnview.timeline import Axis, Kind, Use
from tb_rnnview.views.words import clean, interval, number, product, steps_of

Axes = Mapping[str, Axis]

NOT_KNOWN = "not known"


def axes_around(axes: Axes, axis_id: str) -> list[Axis]:
    """The axes around an axis, the outermost first."""
    around: list[Axis] = []
    axis = axes.get(axis_id)
    while axis is not None:
        axis = axes.get(axis.parent)
        if axis is None or axis in around or axis.id == axis_id:
            break
        around.insert(0, axis)
    return around


def repeats(axes: Axes, use: Use) -> list[int | None]:
    """Timesteps of a use on each axis, the outermost first; their product is how often it happens.

    None = not known. How often it reads per timestep is not in it.
    """
    return [*(axis.length for axis in axes_around(axes, use.axis)), steps_of(use)]


def is_bounded(axes: Axes, use: Use) -> bool:
    """Whether a run may stop before the known number of timesteps."""
    along = [axes.get(use.axis), *axes_around(axes, use.axis)]
    return any(a is not None and a.length_is_bound and a.length is not None for a in along)


def total_words(axes: Axes, uses: Sequence[Use]) -> str:
    """How often a variable is used: "3", "3 × 4 = 12", "≤ 16", "T × 4", "1 + T"."""
    if any(use.reads == 0 for use in uses):
        return NOT_KNOWN
    factors = [[*repeats(axes, use), *([use.reads] if use.reads != 1 else [])] for use in uses]
    totals = list(map(product, factors))
    known = sum(total for total in totals if total is not None)
    bound = "≤ " if any(is_bounded(axes, use) for use in uses) else ""
    still_open = [i for i, total in enumerate(totals) if total is None]
    if still_open:
        times = _open_words(axes, [(uses[i], factors[i]) for i in still_open])
        if times == NOT_KNOWN:
            return NOT_KNOWN
        return bound + (f"{number(known)} + {times}" if known else times)
    is_nested = len(uses) == 1 and len(factors[0]) > 1 and axes_around(axes, uses[0].axis)
    if is_nested and not bound:
        return f"{' × '.join(map(_factor, factors[0]))} = {number(known)}"
    return bound + number(known)


def _open_words(axes: Axes, uses: Sequence[tuple[Use, Sequence[int | None]]]) -> str:
    """In terms of T; it stands for one length, so of two unknown ones neither can be called so."""
    if len({axis for use, _ in uses for axis in _open_axes(axes, use)}) > 1:
        return NOT_KNOWN
    if any(use.stop is None and (use.start or use.stride > 1) for use, _ in uses if use.axis):
        return NOT_KNOWN
    if len(uses) == 1:
        return " × ".join(_factor(x) for x in uses[0][1] if x != 1)
    per_step = sum(product([x for x in factors if x is not None]) or 0 for _, factors in uses)
    return f"{number(per_step)} × T"


def _factor(steps: int | None) -> str:
    return "T" if steps is None else number(steps)


def _open_axes(axes: Axes, use: Use) -> list[str]:
    """The axes whose lengths it would take to know how often the use happens."""
    around = [axis.id for axis in axes_around(axes, use.axis) if axis.length is None]
    return [*around, use.axis] if steps_of(use) is None else around


def shared_words(axes: Axes, axis: Axis, uses: Sequence[Use]) -> str:
    """What stands on a wire: "shared × 3", "shared × up to 16", "shared × 3 × 4", "used once".

    Args:
        axes: all axes, by id.
        axis: the one that is drawn.
        uses: those of one variable, by one layer, on that axis.
    """
    around = axes_around(axes, axis.id)
    here = [steps_of(use) for use in uses]
    own = None if None in here else sum(steps for steps in here if steps is not None)
    times = [*(a.length for a in around), own]
    if all(n == 1 for n in times):
        return "used once"
    bound = "up to " if any(is_bounded(axes, use) for use in uses) else ""
    return f"shared × {bound}{' × '.join(map(_factor, times))}"


def when_words(uses: Iterable[Use], kinds: Mapping[str, Kind]) -> str:
    """The timesteps of the uses; what an unrecognised layer does when is not known."""
    return ", ".join(
        dict.fromkeys(
            NOT_KNOWN if kinds.get(use.layer) is Kind.UNKNOWN else interval(use) for use in uses
        )
    )


def outside_layers(axes: Axes, uses: Sequence[Use]) -> list[str]:
    """What is said of the uses by something that is no layer, a weight decay for example."""
    also = "also " if any(use.layer for use in uses) else ""
    return [f"{also}used {_place(axes, use)}, by no layer" for use in uses if not use.layer]


def _place(axes: Axes, use: Use) -> str:
    times = {0: "", 1: "once "}.get(use.reads, f"{number(use.reads)} times ")
    if not use.axis:
        return f"{times}outside time"
    axis = axes.get(use.axis)
    label = clean(axis.label or axis.id) if axis is not None else clean(use.axis)
    where = "" if label == "time" else f" of {label}"
    return f"{times}at each timestep {interval(use)}{where}"
