"""Arguments that several commands have."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def command(
    commands: Commands,
    name: str,
    summary: str,
    epilog: str,
) -> argparse.ArgumentParser:
    """Declares a command, with its help."""
    return commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    """Text for people, or JSON for programs."""
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="text (default) or json"
    )


def add_ignore(parser: argparse.ArgumentParser, known: Callable[[], Collection[str]]) -> None:
    """Codes to leave out.

    Args:
        parser: the command's.
        known: the codes that there are.
    """

    def code(text: str) -> str:
        if text not in known():
            raise argparse.ArgumentTypeError(
                f"{text!r} is no code; there are: {', '.join(known())}"
            )
        return text

    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        type=code,
        metavar="CODE",
        help="leave out what has this code; may be repeated",
    )


def count(text: str) -> int:
    """A whole number from 0 on."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return int(text)
