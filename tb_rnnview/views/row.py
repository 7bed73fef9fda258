"""One line of a terminal picture: pieces of text put at columns."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.text import Text


class Row:
    """A line that is filled from left to right. Nothing is ever drawn beyond its width."""

    def __init__(self, width: int) -> None:
        """An empty line of at most ``width`` columns."""
        self._width = width
        self._text = Text(no_wrap=True)

    @property
    def column(self) -> int:
        """Where the line ends now."""
        return self._text.cell_len

    def put(self, column: int, text: str, style: str = "") -> Row:
        """Adds a text at a column; what would overlap is moved right by one space."""
        gap = column - self.column
        if gap < 0:
            gap = 1
        self._text.append(" " * gap)
        room = self._width - self.column
        if room > 0:
            self._text.append(fitted(text, room, keep_start=True), style)
        return self

    def line(self) -> Text:
        """The finished line."""
        self._text.rstrip()
        self._text.truncate(self._width)
        return self._text


def fitted(text: str, width: int, *, keep_start: bool = False) -> str:
    """A text cut to a width. Its end is kept: in names, that is what tells scopes apart."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    if keep_start:
        return set_cell_size(text, width - 1).rstrip() + "…"
    return "…" + set_cell_size(text[::-1], width - 1).rstrip()[::-1]
