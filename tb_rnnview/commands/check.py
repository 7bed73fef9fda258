"""``tb-rnnview check``: what is wrong with a network, for scripts."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import TYPE_CHECKING

from tb_rnnview.commands.arguments import add_format, add_ignore, command
from tb_rnnview.commands.output import DONE, FOUND, encodable, say
from tb_rnnview.commands.source import SOURCES, add_source, network

if TYPE_CHECKING:
    from tb_rnnview.commands.arguments import Commands

_EXAMPLES = (
    SOURCES
    + """
Of a log folder, the statistics that training left beside the network are looked at, too.
Severities: error, warning, info. Every finding has a code; docs/findings.md explains them.

examples:
  tb-rnnview check model.keras
  tb-rnnview check train.py:build --fail-on warning
  tb-rnnview check logs --run train/rnnview --ignore SATURATED_GATE
  tb-rnnview check model.meta --format json | jq .findings

Exit status: 0 nothing at or above --fail-on, 1 something, 2 bad input or usage.
"""
)


def add(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "check", "say what is wrong with a network, for scripts", _EXAMPLES)
    add_source(parser)
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning", "info"),
        default="error",
        help="exit with status 1 from this severity on (default: error)",
    )
    add_ignore(parser, _codes)
    add_format(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Prints the findings; the status says whether they are severe."""
    from tb_rnnview.checking import check

    checked = check(
        network(arguments), arguments.source, run=arguments.run_name, ignore=arguments.ignore
    )
    if arguments.format == "json":
        say(encodable(checked.to_json()))
    else:
        say(checked.to_text(arguments.source))
    return FOUND if checked.has_at_least(arguments.fail_on) else DONE


def _codes() -> Collection[str]:
    from tb_rnnview.findings.codes import codes

    return codes()
