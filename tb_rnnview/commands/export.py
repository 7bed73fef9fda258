"""``tb-rnnview export``: a network into a log folder."""

from __future__ import annotations

import argparse
import os
import shlex
from typing import TYPE_CHECKING

from tb_rnnview.commands.arguments import command, count
from tb_rnnview.commands.output import say
from tb_rnnview.commands.source import SOURCES, add_source, network

if TYPE_CHECKING:
    from tb_rnnview.commands.arguments import Commands

_EXAMPLES = (
    SOURCES
    + """
examples:
  tb-rnnview export model.meta --logdir logs/run1
  tb-rnnview export program.py:build --logdir logs --name my_network --step 100
  tensorboard --logdir logs
"""
)


def add(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "export", "write a network to a log folder", _EXAMPLES)
    add_source(parser)
    parser.add_argument(
        "--logdir", required=True, metavar="DIR", help="written to DIR/rnnview, a run of its own"
    )
    parser.add_argument("--name", help="the tag to write it under (default: the network's name)")
    parser.add_argument(
        "--step", type=count, default=0, metavar="S", help="the training step (default: 0)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Writes the network, and says how to see it."""
    from tb_rnnview.facade import export
    from tb_rnnview.views.sentence import sentence
    from tb_rnnview.views.words import clean

    timeline = network(arguments)
    export(timeline, arguments.logdir, name=arguments.name, step=arguments.step)
    folder = os.path.join(arguments.logdir, "rnnview")
    for finding in timeline.findings:
        if finding.code == "GRAPH_CHOSEN":
            say(clean(f"{finding.message} {finding.advice}"))
    say(f"{sentence(timeline).headline.rstrip('.')}: written to {clean(folder)}")
    logdir = shlex.quote(clean(arguments.logdir))
    say(f"See it in the RNN VIEW tab of: tensorboard --logdir {logdir}")
