"""``tb-rnnview html``: a network as one HTML file."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tb_rnnview.commands.arguments import command
from tb_rnnview.commands.output import say
from tb_rnnview.commands.source import SOURCES, add_source, network
from tb_rnnview.errors import SourceError

if TYPE_CHECKING:
    from tb_rnnview.commands.arguments import Commands

_EXAMPLES = (
    SOURCES
    + """
The file holds the page of the RNN VIEW tab and this one network: names, shapes, when each variable
is used, and findings. No weights and no statistics are in it, and no path unless --paths is given.
It opens from disk, and loads nothing from anywhere.

examples:
  tb-rnnview html model.keras -o model.html
  tb-rnnview html logs --run train/rnnview -o train.html
"""
)


def add(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "html", "write a network into one HTML file", _EXAMPLES)
    add_source(parser)
    parser.add_argument("-o", dest="file", required=True, metavar="FILE", help="the file to write")
    parser.add_argument("--paths", action="store_true", help="put the path of SOURCE in it, too")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Writes the page."""
    from tb_rnnview.views.page import page
    from tb_rnnview.views.sentence import sentence
    from tb_rnnview.views.words import clean, counted
    from tb_rnnview.whole_file import write_whole

    timeline = network(arguments)
    # A name in a log may be no Unicode text; the page shows what can be shown of it.
    data = page(timeline, paths=arguments.paths).encode("utf-8", "backslashreplace")
    try:
        write_whole(arguments.file, data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(
            f"{arguments.file}: cannot be written ({reason}); give a file that you may write"
        ) from None
    kept = counted(len(timeline.layers), "layer"), counted(len(timeline.variables), "variable")
    path = "and the path of the source" if arguments.paths else "no path"
    say(f"{sentence(timeline).headline.rstrip('.')}: written to {clean(arguments.file)}")
    say(f"It holds names and shapes of {' and '.join(kept)}; no weights, {path}.")
