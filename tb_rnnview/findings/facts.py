"""What rules need to know of a graph beside its timeline. The analysis tells it."""

from __future__ import annotations

from dataclasses import dataclass

from tb_rnnview.timeline import Shape


@dataclass(frozen=True)
class UnreadInput:
    """A placeholder that no operation whatever reads."""

    name: str
    shape: Shape = None
    is_float: bool = False
    """Whether it takes numbers that are not whole."""

    def __str__(self) -> str:
        if self.shape is None:
            return self.name
        return f"{self.name} [{', '.join('?' if d is None else str(d) for d in self.shape)}]"


@dataclass(frozen=True)
class Facts:
    """Facts of one graph. What is empty is not known, or not the case: no rule fires on it."""

    unread_inputs: tuple[UnreadInput, ...] = ()
