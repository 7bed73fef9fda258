"""How often, and when, a variable is used, in words.

A use on an axis inside another one happens again at each timestep of that other one.
The page says the same in the same words (``plugin_static/uses.js``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from tb_rnnview.timeline import Axis, Kind, Use
from tb_rnnview.views.lengths import Axes, symbol
from tb_rnnview.views.words import clean, interval, number, steps_of

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
    """How often a variable is used: "3", "3 × 4 = 12", "≤ 16", "T × 4", "1 + T", "T₁ + T₂"."""
    if any(use.reads == 0 for use in uses):
        return NOT_KNOWN
    factors = [_factors(axes, use) for use in uses]
    bound = "≤ " if any(is_bounded(axes, use) for use in uses) else ""
    known = sum(math.prod(map(int, f)) for f in factors if not _symbols(f))
    still_open = [(use, f) for use, f in zip(uses, factors, strict=True) if _symbols(f)]
    if any(u.axis and u.stop is None and (u.start or u.stride > 1) for u, _ in still_open):
        return NOT_KNOWN
    if still_open:
        terms = _terms([f for _, f in still_open])
        return bound + " + ".join([number(known)] * bool(known) + terms)
    if len(uses) == 1 and axes_around(axes, uses[0].axis) and not bound:
        return f"{' × '.join(map(_factor, factors[0]))} = {number(known)}"
    return bound + number(known)


def _factors(axes: Axes, use: Use) -> list[int | str]:
    """How often a use happens, as factors; a length that is not known is a symbol."""
    own = steps_of(use)
    return [
        *(
            symbol(axes, a.id) if a.length is None else a.length
            for a in axes_around(axes, use.axis)
        ),
        symbol(axes, use.axis) if own is None else own,
        *([use.reads] if use.reads != 1 else []),
    ]


def _symbols(factors: Sequence[int | str]) -> tuple[str, ...]:
    return tuple(x for x in factors if isinstance(x, str))


def _terms(uses: Sequence[Sequence[int | str]]) -> list[str]:
    """Uses in terms of the same lengths are added up: "3 × T", "5 × T"."""
    alike: dict[tuple[str, ...], list[Sequence[int | str]]] = {}
    for factors in uses:
        alike.setdefault(_symbols(factors), []).append(factors)
    terms = []
    for symbols, group in sorted(alike.items()):
        if len(group) == 1:
            terms.append(" × ".join(_factor(x) for x in group[0] if x != 1))
            continue
        times = sum(math.prod(x for x in f if isinstance(x, int)) for f in group)
        terms.append(" × ".join([number(times), *symbols]))
    return terms


def _factor(steps: int | str) -> str:
    return steps if isinstance(steps, str) else number(steps)


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
    times = [
        *(symbol(axes, a.id) if a.length is None else a.length for a in around),
        symbol(axes, axis.id) if own is None else own,
    ]
    if all(n == 1 for n in times):
        return "used once"
    bound = "up to " if any(is_bounded(axes, use) for use in uses) else ""
    return f"shared × {bound}{' × '.join(map(_factor, times))}"


def when_words(axes: Axes, uses: Iterable[Use], kinds: Mapping[str, Kind]) -> str:
    """The timesteps of the uses; what an unrecognised layer does when is not known."""
    return ", ".join(dict.fromkeys(_when(axes, use, kinds.get(use.layer)) for use in uses))


def _when(axes: Axes, use: Use, kind: Kind | None) -> str:
    if kind is Kind.UNKNOWN:
        return NOT_KNOWN
    if kind is Kind.SEQUENCE and not use.axis:
        return "all at once"
    return interval(use, symbol(axes, use.axis))


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
    return f"{times}at each timestep {interval(use, symbol(axes, use.axis))}{where}"
