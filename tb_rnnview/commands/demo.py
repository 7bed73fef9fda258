"""``tb-rnnview demo``: four small networks, trained and shown."""

from __future__ import annotations

import argparse
import contextlib
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

from tb_rnnview.commands.arguments import command, count

if TYPE_CHECKING:
    from types import FrameType

    from tb_rnnview.commands.arguments import Commands

_EXAMPLES = """\
The four programs are the one that started this project (three layers where one was meant), what
its author meant, the tutorial that they followed, and a Keras model. Ctrl-C ends everything.

examples:
  tb-rnnview demo
  tb-rnnview demo --port 6006 --logdir demo_logs
"""


def add(commands: Commands) -> None:
    """Declares the command."""
    parser = command(
        commands, "demo", "train four small networks, show them, start TensorBoard", _EXAMPLES
    )
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="default: 127.0.0.1")
    parser.add_argument(
        "--port", type=count, default=0, metavar="N", help="default: one that is free"
    )
    parser.add_argument("--logdir", metavar="DIR", help="keep the logs here (default: removed)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Runs the demo until it is ended."""
    from tb_rnnview.demo import demo
    from tb_rnnview.tensorflow_chatter import without_chatter

    with _terminated_like_interrupted(), without_chatter():
        demo(arguments.host, arguments.port, arguments.logdir)


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Lets SIGTERM unwind the program as Ctrl-C does, so that it leaves nothing running."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        del number, frame
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
