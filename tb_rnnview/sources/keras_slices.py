"""What is picked out of a tensor in a functional model: ``x[:, -1]``, ``x[:, ::-1]``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tb_rnnview.sources.dimensions import Dimension, Dims, Positions, turned
from tb_rnnview.sources.keras_json import config_of, size_of


class Slice(NamedTuple):
    """A range along one dimension, as Python writes it."""

    start: int | None
    stop: int | None
    step: int | None


_ALL = Slice(None, None, None)
_LAST = (Slice(-1, None, None), Slice(0, 1, None), Slice(None, 1, None))


def slices_of(call: Any) -> list[int | Slice | None] | None:
    """What a call picks, dimension by dimension; None among them = the rest, as it is.

    None as a whole = it picks nothing, or nothing that is understood.
    """
    spec: Any = None
    if isinstance(call, Mapping):  # Keras 3
        arguments = call.get("args")
        spec = arguments[1] if isinstance(arguments, list) and len(arguments) == 2 else None
    elif isinstance(call, list) and call:
        tensor = call[0] if isinstance(call[0], list) else call
        options = tensor[-1] if tensor else None
        spec = options.get("slice_spec") if isinstance(options, Mapping) else None
    if not isinstance(spec, list):
        spec = [spec]
    found = [_item(one) for one in spec]
    return None if "" in found else found  # type: ignore[return-value]


def _item(one: Any) -> int | Slice | str | None:
    """One of them; "" = it is not understood."""
    if size_of(one) is not None:
        return size_of(one)
    if not isinstance(one, Mapping):
        return ""
    if one.get("class_name") == "__ellipsis__":
        return None
    said = config_of(one) if one.get("class_name") == "__slice__" else one
    bounds = [said.get(key) for key in ("start", "stop", "step")]
    if not {"start", "stop", "step"} <= set(said) or any(
        bound is not None and size_of(bound) is None for bound in bounds
    ):
        return ""
    return Slice(*(size_of(bound) for bound in bounds))


def picked(dims: Dims, items: Sequence[int | Slice | None], positions: Positions) -> Dims | None:
    """The dimensions of what is picked; None = there are not so many to pick from."""
    rest = len(dims) - sum(item is not None for item in items)
    if rest < 0 or sum(item is None for item in items) > 1:
        return None
    at = list(items).index(None) if None in items else len(items)
    whole = [*items[:at], *[_ALL] * rest, *items[at + 1 :]]
    out: list[Dimension] = []
    for dimension, item in zip(dims, whole, strict=True):
        if not isinstance(item, Slice):
            continue  # one element of it
        if item[:2] == (None, None) and item.step in (None, 1, -1):
            out.append(turned(dimension) if item.step == -1 else dimension)
            continue
        size = _size(dimension.size, item)
        # A part that is one element has nothing to do with the others.
        made_of = dimension.places if size != 1 and item not in _LAST else ()
        out.append(positions.new(size, "a part of what is open", made_of=made_of))
    return tuple(out)


def _size(size: int | None, item: Slice) -> int | None:
    if item in _LAST:
        return 1
    if size is None or item.step == 0:
        return None
    return len(range(*slice(*item).indices(size)))
