"""The command line: ``tb-rnnview show | check | diff | html | export | demo``.

Each command imports what it needs when it runs, so that ``--help`` is instant and showing files
never loads TensorFlow.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from tb_rnnview import __version__
from tb_rnnview.errors import RNNViewError, SourceError

if TYPE_CHECKING:
    from types import FrameType

    from tb_rnnview.timeline import Timeline

DONE, FOUND, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

_SOURCES = """\
SOURCE is one of
  model.keras              a model as Keras saves it; it is loaded in Keras's safe mode
  model.h5, model.json     a model of any Keras; what it declares is read, and nothing is loaded
  model.meta               a MetaGraph, as tf.train.Saver writes it
  graph.pb, graph.pbtxt    a GraphDef, frozen or not
  model/                   a SavedModel folder (--signature chooses)
  events.out.tfevents...   an event file that holds a graph or an exported timeline
  logs/run1                a log folder with such files (--run and --tag choose)
  script.py:attribute      a Keras model, tf.function, tf.Module, tf.Graph or GraphDef, or a
  module:attribute         function that returns one; this RUNS that code
"""

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

_SHOW = (
    _SOURCES
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

_CHECK = (
    _SOURCES
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

_DIFF = (
    "A and B are each a SOURCE: "
    + _SOURCES
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

_HTML = (
    _SOURCES
    + """
The file holds the page of the RNN VIEW tab and this one network: names, shapes, when each variable
is used, and findings. No weights and no statistics are in it, and no path unless --paths is given.
It opens from disk, and loads nothing from anywhere.

examples:
  tb-rnnview html model.keras -o model.html
  tb-rnnview html logs --run train/rnnview -o train.html
"""
)

_EXPORT = (
    _SOURCES
    + """
examples:
  tb-rnnview export model.meta --logdir logs/run1
  tb-rnnview export program.py:build --logdir logs --name my_network --step 100
  tensorboard --logdir logs
"""
)

_DEMO = """\
The four programs are the one that started this project (three layers where one was meant), what
its author meant, the tutorial that they followed, and a Keras model. Ctrl-C ends everything.

examples:
  tb-rnnview demo
  tb-rnnview demo --port 6006 --logdir demo_logs
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

    show = _command(commands, "show", "print a network: layers, timesteps, weights", _SHOW)
    _add_source(show)
    show.add_argument(
        "--format", choices=("text", "json"), default="text", help="text (default) or json"
    )
    for part in ("variables", "findings"):
        show.add_argument(
            f"--{part}",
            action="append_const",
            const=part,
            dest="parts",
            help=f"show the headline and the {part} only",
        )
    show.set_defaults(run=_show)

    check = _command(commands, "check", "say what is wrong with a network, for scripts", _CHECK)
    _add_source(check)
    check.add_argument(
        "--fail-on",
        choices=("error", "warning", "info"),
        default="error",
        help="exit with status 1 from this severity on (default: error)",
    )
    check.add_argument(
        "--ignore",
        action="append",
        default=[],
        type=_code,
        metavar="CODE",
        help="leave out findings of this code; may be repeated",
    )
    check.add_argument(
        "--format", choices=("text", "json"), default="text", help="text (default) or json"
    )
    check.set_defaults(run=_check)

    diff = _command(commands, "diff", "say what differs between two networks", _DIFF)
    diff.add_argument("a", metavar="A", help="what holds the first network; see below")
    diff.add_argument("b", metavar="B", nargs="?", help="what holds the second one (default: A)")
    choices = (
        ("--run", str, "R", "which run of a log folder"),
        ("--tag", str, "T", "which tag of a run"),
        ("--step", _count, "S", "which training step of a log (default: the last)"),
        ("--signature", str, "S", "which signature of a SavedModel"),
    )
    for option, kind, metavar, what in choices:
        diff.add_argument(
            option,
            action="append",
            default=[],
            type=kind,
            metavar=metavar,
            dest=f"{option[2:]}s",
            help=what,
        )
    diff.add_argument(
        "--ignore",
        action="append",
        default=[],
        type=_change,
        metavar="CODE",
        help="leave out differences of this code; may be repeated",
    )
    diff.add_argument(
        "--format", choices=("text", "json"), default="text", help="text (default) or json"
    )
    diff.set_defaults(run=_diff)

    page = _command(commands, "html", "write a network into one HTML file", _HTML)
    _add_source(page)
    page.add_argument("-o", dest="file", required=True, metavar="FILE", help="the file to write")
    page.add_argument("--paths", action="store_true", help="put the path of SOURCE in it, too")
    page.set_defaults(run=_html)

    export = _command(commands, "export", "write a network to a log folder", _EXPORT)
    _add_source(export)
    export.add_argument(
        "--logdir", required=True, metavar="DIR", help="written to DIR/rnnview, a run of its own"
    )
    export.add_argument("--name", help="the tag to write it under (default: the network's name)")
    export.add_argument(
        "--step", type=_count, default=0, metavar="S", help="the training step (default: 0)"
    )
    export.set_defaults(run=_export)

    demo = _command(
        commands, "demo", "train four small networks, show them, start TensorBoard", _DEMO
    )
    demo.add_argument("--host", default="127.0.0.1", metavar="H", help="default: 127.0.0.1")
    demo.add_argument(
        "--port", type=_count, default=0, metavar="N", help="default: one that is free"
    )
    demo.add_argument("--logdir", metavar="DIR", help="keep the logs here (default: removed)")
    demo.set_defaults(run=_demo)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
    epilog: str,
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="what holds the network; see below")
    parser.add_argument("--run", dest="run_name", metavar="R", help="which run of a log folder")
    parser.add_argument("--tag", metavar="T", help="which tag of a run")
    parser.add_argument("--signature", metavar="S", help="which signature of a SavedModel")
    parser.add_argument(
        "--length",
        action="append",
        default=[],
        type=_length,
        metavar="AXIS=N",
        help="timesteps of an axis whose length the graph leaves open; may be repeated",
    )
    parser.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="TENSOR",
        help="look only at what this tensor needs; may be repeated",
    )


def _length(text: str) -> tuple[str, int]:
    axis, _, steps = text.rpartition("=")
    if not axis or not steps.isdecimal() or not 0 < int(steps) < 1 << 32:
        raise argparse.ArgumentTypeError(f"{text!r} is not AXIS=N, for example axis0=20")
    return axis, int(steps)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return int(text)


def _code(text: str) -> str:
    from tb_rnnview.findings.codes import codes

    if text not in codes():
        raise argparse.ArgumentTypeError(
            f"{text!r} is the code of no finding; there are: {', '.join(codes())}"
        )
    return text


def _change(text: str) -> str:
    from tb_rnnview.comparing.codes import CODES

    if text not in CODES:
        raise argparse.ArgumentTypeError(
            f"{text!r} is the code of no difference; there are: {', '.join(CODES)}"
        )
    return text


def _show(arguments: argparse.Namespace) -> None:
    if arguments.parts and arguments.format == "json":
        part = arguments.parts[0]
        raise SourceError(f"--{part} is for --format text; JSON has it all: | jq .{part}")
    timeline = _timeline(arguments)
    if arguments.format == "json":
        _print(_encodable(timeline.to_json()))
        return
    from tb_rnnview.views.text import PARTS, render

    _print(render(timeline, parts=arguments.parts or PARTS, color=_wants_color()))


def _print(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise SourceError(f"the output cannot be written ({error.strerror or error})") from error


def _encodable(json_text: str) -> str:
    """JSON that the output can encode: escaped throughout where it cannot be written as it is."""
    try:
        json_text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(json.loads(json_text), indent=2)
    return json_text


def _check(arguments: argparse.Namespace) -> int:
    from tb_rnnview.checking import check

    checked = check(
        _timeline(arguments), arguments.source, run=arguments.run_name, ignore=arguments.ignore
    )
    if arguments.format == "json":
        _print(_encodable(checked.to_json()))
    else:
        _print(checked.to_text(arguments.source))
    return FOUND if checked.has_at_least(arguments.fail_on) else DONE


def _diff(arguments: argparse.Namespace) -> int:
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
        _analysed(source, **{option: both[side] for option, both in chosen.items()})
        for side, source in enumerate((arguments.a, arguments.b or arguments.a))
    )
    found = compare(a, b).without(tuple(arguments.ignore))
    if arguments.format == "json":
        _print(_encodable(found.to_json()))
    else:
        from tb_rnnview.views.differences import render

        _print(render(found, color=_wants_color()))
    return DONE if found.is_same else FOUND


def _for_both(option: str, given: Sequence[Any]) -> tuple[Any, Any]:
    """What was chosen for A and for B."""
    if len(given) > 2:
        raise SourceError(
            f"--{option}: is given {len(given)} times; give it once for both sources, or twice"
        )
    return (given[0], given[-1]) if given else (None, None)


def _html(arguments: argparse.Namespace) -> None:
    from tb_rnnview.views.page import page
    from tb_rnnview.views.sentence import sentence
    from tb_rnnview.views.words import clean, counted
    from tb_rnnview.whole_file import write_whole

    timeline = _timeline(arguments)
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
    _print(f"{sentence(timeline).headline.rstrip('.')}: written to {clean(arguments.file)}")
    _print(f"It holds names and shapes of {' and '.join(kept)}; no weights, {path}.")


def _export(arguments: argparse.Namespace) -> None:
    from tb_rnnview.facade import export
    from tb_rnnview.views.sentence import sentence
    from tb_rnnview.views.words import clean

    timeline = _timeline(arguments)
    export(timeline, arguments.logdir, name=arguments.name, step=arguments.step)
    folder = os.path.join(arguments.logdir, "rnnview")
    for finding in timeline.findings:
        if finding.code == "GRAPH_CHOSEN":
            _print(clean(f"{finding.message} {finding.advice}"))
    _print(f"{sentence(timeline).headline.rstrip('.')}: written to {clean(folder)}")
    logdir = shlex.quote(clean(arguments.logdir))
    _print(f"See it in the RNN VIEW tab of: tensorboard --logdir {logdir}")


def _demo(arguments: argparse.Namespace) -> None:
    from tb_rnnview.demo import demo
    from tb_rnnview.tensorflow_chatter import without_chatter

    with _terminated_like_interrupted(), without_chatter():
        demo(arguments.host, arguments.port, arguments.logdir)


def _timeline(arguments: argparse.Namespace) -> Timeline:
    return _analysed(
        arguments.source,
        run=arguments.run_name,
        tag=arguments.tag,
        signature=arguments.signature,
        outputs=arguments.output or None,
        lengths=_given(arguments.length),
    )


def _analysed(
    source: str,
    *,
    outputs: Sequence[str] | None = None,
    lengths: Mapping[str, int] | None = None,
    **choices: Any,
) -> Timeline:
    from tb_rnnview.sources.open_source import open_source
    from tb_rnnview.tensorflow_chatter import without_chatter

    # What a program prints while it builds its graph is no part of the answer.
    with contextlib.redirect_stdout(sys.stderr), without_chatter():
        opened = open_source(source, **choices)
    from tb_rnnview.facade import analyze_opened

    return analyze_opened(opened, outputs=outputs, lengths=lengths)


def _given(lengths: Sequence[tuple[str, int]]) -> dict[str, int]:
    """The lengths by axis; two that contradict each other are no lengths."""
    given: dict[str, int] = {}
    for name, steps in lengths:
        if given.setdefault(name, steps) != steps:
            raise SourceError(
                f"--length {name}={steps}: the same axis is also given {given[name]} timesteps; "
                "give one length"
            )
    return given


def _wants_color() -> bool:
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "") != "dumb"
    )


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
