"""What the length of a time axis is called: 3, at most 20, or T where nobody knows it.

T stands for one length. Where several are not known they are T₁, T₂, … in the order of the axes.
The page says the same in the same words (``plugin_static/lengths.js``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tb_rnnview.timeline import Axis
from tb_rnnview.views.words import clean, counted, number

Axes = Mapping[str, Axis]

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_MOST_ADDED = 3


def symbol(axes: Axes, axis_id: str) -> str:
    """What stands for the length of an axis that is not known: "T", or "T₂" beside another one."""
    unknown = [id_ for id_, axis in axes.items() if axis.length is None]
    if len(unknown) < 2 or axis_id not in unknown:
        return "T"
    return f"T{unknown.index(axis_id) + 1}".translate(_SUBSCRIPTS)


def length_words(axes: Axes, axis: Axis | None) -> str:
    """The length of an axis: "3 timesteps", "up to 20 timesteps", "T timesteps"."""
    if axis is None:
        return "T timesteps"
    if axis.length is None:
        return f"{symbol(axes, axis.id)} timesteps"
    return ("up to " if axis.length_is_bound else "") + counted(axis.length, "timestep")


def sum_words(axes: Axes, along: Sequence[Axis]) -> str:
    """The timesteps of several axes: "7 + 4", "T₁ + T₂", "≤ 7 + 4"; "" = too many to be named."""
    if len(along) > _MOST_ADDED:
        return ""
    lengths = [symbol(axes, a.id) if a.length is None else number(a.length) for a in along]
    bound = any(a.length_is_bound and a.length is not None for a in along)
    return ("≤ " if bound else "") + " + ".join(lengths)


def axis_title(axis: Axis) -> str:
    """What an axis is called: by its label, else by its id."""
    return clean(axis.label or axis.id)


def again_words(axes: Axes, axis: Axis) -> str:
    """How often an axis inside another one is run: "at each of the 3 timesteps of while"."""
    parent = axes.get(axis.parent)
    if parent is None:
        return f"at each timestep of {clean(axis.parent)}"
    if parent.length is None:
        return f"at each timestep of {axis_title(parent)}"
    return f"at each of the {length_words(axes, parent)} of {axis_title(parent)}"
