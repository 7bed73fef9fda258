"""Where a command takes its network from."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tb_rnnview.errors import SourceError

if TYPE_CHECKING:
    from tb_rnnview.timeline import Timeline

SOURCES = """\
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


def add_source(parser: argparse.ArgumentParser) -> None:
    """The source, and what chooses within it."""
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


def network(arguments: argparse.Namespace) -> Timeline:
    """The network that the arguments of `add_source` name."""
    return analysed(
        arguments.source,
        run=arguments.run_name,
        tag=arguments.tag,
        signature=arguments.signature,
        outputs=arguments.output or None,
        lengths=_given(arguments.length),
    )


def analysed(
    source: str,
    *,
    outputs: Sequence[str] | None = None,
    lengths: Mapping[str, int] | None = None,
    **choices: Any,
) -> Timeline:
    """The network in a source; ``choices`` as for `tb_rnnview.sources.open_source`."""
    from tb_rnnview.sources.open_source import open_source
    from tb_rnnview.tensorflow_chatter import without_chatter

    # What a program prints while it builds its graph is no part of the answer.
    with contextlib.redirect_stdout(sys.stderr), without_chatter():
        opened = open_source(source, **choices)
    from tb_rnnview.facade import analyze_opened

    return analyze_opened(opened, outputs=outputs, lengths=lengths)


def _length(text: str) -> tuple[str, int]:
    axis, _, steps = text.rpartition("=")
    if not axis or not steps.isdecimal() or not 0 < int(steps) < 1 << 32:
        raise argparse.ArgumentTypeError(f"{text!r} is not AXIS=N, for example axis0=20")
    return axis, int(steps)


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
