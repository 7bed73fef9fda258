"""Whole numbers as callers give them: Python's, numpy's, a tensor, a variable."""

from __future__ import annotations

from typing import Any

from tb_rnnview.errors import SourceError


def whole_number(value: Any, what: str) -> int:
    """The number as a plain ``int``.

    Args:
        value: what the caller gave.
        what: what it is the number of, to say so where it is none.

    Raises:
        SourceError: it is no whole number, or has no value now (a tensor of a graph).
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    import numpy as np

    try:
        number = np.asarray(value)
    except Exception as error:  # whatever a tensor without a value raises
        raise _refused(value, what) from error
    if number.shape != () or number.dtype.kind not in "iu":
        raise _refused(value, what)
    return int(number)


def _refused(value: Any, what: str) -> SourceError:
    text = " ".join(repr(value).split())
    text = text if len(text) <= 80 else text[:79] + "…"
    return SourceError(f"{what} must be a whole number, such as 7, not {text}")
