"""The terminal's view of a comparison: both networks in a line each, then what differs."""

from __future__ import annotations

import io
import shutil

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tb_rnnview.comparing.comparison import Change, Comparison
from tb_rnnview.timeline import Timeline
from tb_rnnview.views.picture import SOFT, TITLE
from tb_rnnview.views.sentence import sentence
from tb_rnnview.views.text import writable
from tb_rnnview.views.words import clean, counted

_NARROWEST = 40
_DEFAULT_WIDTH = 100
_SIGNS = {"ADDED": ("+", "green"), "REMOVED": ("−", "red")}


def render(comparison: Comparison, *, width: int | None = None, color: bool = False) -> str:
    """What differs, a line for each.

    Args:
        comparison: what `tb_rnnview.compare` gave.
        width: columns; longer lines are broken. Default: those of the terminal.
        color: whether to colour it.

    Returns:
        Lines of text, without a line end behind the last one.
    """
    columns = max(_NARROWEST, width or shutil.get_terminal_size((_DEFAULT_WIDTH, 24)).columns)
    console = Console(
        file=io.StringIO(),
        width=columns,
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )
    with console.capture() as capture:
        console.print(_networks(comparison))
        console.print()
        count = len(comparison.changes)
        console.print(Text(counted(count, "difference") if count else "No difference.", TITLE))
        if count:
            console.print(_changes(comparison))
    lines = [line.rstrip() for line in capture.get().splitlines()]
    return writable("\n".join(lines).rstrip("\n"))


def _networks(comparison: Comparison) -> Table:
    table = Table.grid(padding=(0, 2))
    for letter, timeline in (("A", comparison.a), ("B", comparison.b)):
        table.add_row(
            Text(letter, TITLE), Text(sentence(timeline).headline), Text(_origin(timeline), SOFT)
        )
    return table


def _origin(timeline: Timeline) -> str:
    return clean(timeline.source.path or timeline.name)


def _changes(comparison: Comparison) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column()
    table.add_column(max_width=40, overflow="fold")
    table.add_column(overflow="fold")
    for change in comparison.changes:
        sign, style = _sign(change)
        table.add_row(Text(sign, f"bold {style}"), Text(change.about, TITLE), Text(change.message))
    return table


def _sign(change: Change) -> tuple[str, str]:
    return _SIGNS.get(change.code.rpartition("_")[2], ("~", "yellow"))
