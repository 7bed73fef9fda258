"""``tb-rnnview diff``: what differs between two networks."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from tb_rnnview.commands.arguments import add_format, add_ignore, command, count
from tb_rnnview.commands.output import DONE, FOUND, encodable, say, wants_color
from tb_rnnview.commands.source import SOURCES, analysed
from tb_rnnview.errors import SourceError

if TYPE_CHECKING:
    from tb_rnnview.commands.arguments import Commands

_EXAMPLES = (
    "A and B are each a SOURCE: "
    + SOURCES
    + """
Without B, both are of A: two training steps, runs or tags of one log. Options that choose within
a source are given once for both, or twice: for A, then for B.

examples:
  tb-rnnview diff old.keras new.keras
  tb-rnnview diff train.py:model exported/ --ignore NAMES --ignore ENCODING
  tb-rnnview diff logs --run monday/rnnview --run friday/rnnview
  tb-rnnview diff logs/run1 --step 0 --step 100 --format json | jq .changes

Exit status: 0 no difference, 1 some, 2 bad input or usage.
"""
)


def add(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "diff", "say what differs between two networks", _EXAMPLES)
    parser.add_argument("a", metavar="A", help="what holds the first network; see below")
    parser.add_argument("b", metavar="B", nargs="?", help="what holds the second one (default: A)")
    choices = (
        ("--run", str, "R", "which run of a log folder"),
        ("--tag", str, "T", "which tag of a run"),
        ("--step", count, "S", "which training step of a log (default: the last)"),
        ("--signature", str, "S", "which signature of a SavedModel"),
    )
    for option, kind, metavar, what in choices:
        parser.add_argument(
            option,
            action="append",
            default=[],
            type=kind,
            metavar=metavar,
            dest=f"{option[2:]}s",
            help=what,
        )
    add_ignore(parser, _codes)
    add_format(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints what differs; the status says whether anything does."""
    from tb_rnnview.facade import compare

    chosen = {
        option: _for_both(option, getattr(arguments, f"{option}s"))
        for option in ("run", "tag", "step", "signature")
    }
    if arguments.b is None and not any(one != other for one, other in chosen.values()):
        raise SourceError(
            f"{arguments.a}: there is nothing to compare it with; give a second source, or choose "
            "two of its steps, runs or tags: --step 0 --step 100"
        )
    a, b = (
        analysed(source, **{option: both[side] for option, both in chosen.items()})
        for side, source in enumerate((arguments.a, arguments.b or arguments.a))
    )
    found = compare(a, b).without(tuple(arguments.ignore))
    if arguments.format == "json":
        say(encodable(found.to_json()))
    else:
        from tb_rnnview.views.differences import render

        say(render(found, color=wants_color()))
    return DONE if found.is_same else FOUND


def _for_both(option: str, given: Sequence[Any]) -> tuple[Any, Any]:
    """What was chosen for A and for B."""
    if len(given) > 2:
        raise SourceError(
            f"--{option}: is given {len(given)} times; give it once for both sources, or twice"
        )
    return (given[0], given[-1]) if given else (None, None)


def _codes() -> Collection[str]:
    from tb_rnnview.comparing.codes import CODES

    return CODES
