"""``tb-rnnview show``: a network in the terminal, or as JSON."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tb_rnnview.commands.arguments import add_format, command
from tb_rnnview.commands.output import encodable, say, wants_color
from tb_rnnview.commands.source import SOURCES, add_source, network
from tb_rnnview.errors import SourceError

if TYPE_CHECKING:
    from tb_rnnview.commands.arguments import Commands

_EXAMPLES = (
    SOURCES
    + """
examples:
  tb-rnnview show model.keras
  tb-rnnview show train.py:model
  tb-rnnview show frozen_graph.pb --output logits --length axis0=20
  tb-rnnview show logs --run train
  tb-rnnview show logs --variables --findings
  tb-rnnview show program.py:build --format json | jq .layers
"""
)


def add(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "show", "print a network: layers, timesteps, weights", _EXAMPLES)
    add_source(parser)
    add_format(parser)
    for part in ("variables", "findings"):
        parser.add_argument(
            f"--{part}",
            action="append_const",
            const=part,
            dest="parts",
            help=f"parser the headline and the {part} only",
        )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Prints the network."""
    if arguments.parts and arguments.format == "json":
        part = arguments.parts[0]
        raise SourceError(f"--{part} is for --format text; JSON has it all: | jq .{part}")
    timeline = network(arguments)
    if arguments.format == "json":
        say(encodable(timeline.to_json()))
        return
    from tb_rnnview.views.text import PARTS, render

    say(render(timeline, parts=arguments.parts or PARTS, color=wants_color()))
