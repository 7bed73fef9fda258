"""What is said where training goes on without us: one warning, in one line."""

from __future__ import annotations

import warnings


def warn(message: str) -> None:
    """Warns; the line that is named is not ours."""
    warnings.warn(f"tb_rnnview: {message}", stacklevel=3)


def in_one_line(error: Exception) -> str:
    """What an error says, short enough to be read."""
    text = " ".join(str(error).split())
    text = text if len(text) <= 300 else text[:299] + "…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
