"""The command line: ``tb-rnnview show | check | diff | html | export | demo``.

Each command imports what it needs when it runs, so that ``--help`` is instant and showing files
never loads TensorFlow.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence

from tb_rnnview import __version__
from tb_rnnview.commands import check, demo, diff, export, html, show
from tb_rnnview.commands.output import DONE
from tb_rnnview.errors import RNNViewError

BAD_INPUT, INTERRUPTED = 2, 130

_TOP = """\
examples:
  tb-rnnview show model.keras                      what is this network?
  tb-rnnview check model.keras                     is something wrong with it?
  tb-rnnview diff old.keras new.keras              what has changed?
  tb-rnnview html model.keras -o model.html        see it without TensorBoard
  tb-rnnview export model.meta --logdir logs       put it into TensorBoard's RNN VIEW tab
  tb-rnnview demo                                  see four small networks there

Every command explains itself: tb-rnnview show --help
Exit status: 0 done, 1 check or diff has found something, 2 bad input or usage.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the arguments. Default: those of the program.

    Returns:
        The exit status: 0 done, 1 ``check`` or ``diff`` has found something, 2 bad input or usage.
    """
    arguments = _parser().parse_args(argv)
    status = DONE
    try:
        with _quiet():
            status = arguments.run(arguments) or DONE
    except RNNViewError as error:
        return _complain(str(error))
    except BrokenPipeError:
        # The reader (`| head`) has what it wanted. Python would complain when it closes stdout.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("TB_RNNVIEW_TRACEBACK"):
            raise
        return _complain(
            f"something went wrong inside tb-rnnview ({type(error).__name__}: {error}); "
            "please report it, with what TB_RNNVIEW_TRACEBACK=1 prints"
        )
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tb-rnnview",
        description="See the recurrent network you really built: layers, timesteps, weights.",
        epilog=_TOP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"tb-rnnview {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    for module in (show, check, diff, html, export, demo):
        module.add(commands)
    return parser


def _complain(message: str) -> int:
    from tb_rnnview.views.words import clean

    print(f"tb-rnnview: {clean(message)}", file=sys.stderr)
    return BAD_INPUT


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silences TensorFlow's start-up messages and its deprecation warnings, but not our own."""
    import logging

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = _warn
        yield


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,
    line: str | None = None,
) -> None:
    """Prints warnings of this package as one line, and those of others not at all."""
    del lineno, file, line
    if category is UserWarning and os.path.dirname(__file__) in filename:
        from tb_rnnview.views.words import clean

        print(f"tb-rnnview: {clean(str(message))}", file=sys.stderr)
