"""How long `tb_rnnview.analyze` takes, next to tracing the same Keras model once.

    python benchmarks/analyze_and_trace.py
    python benchmarks/analyze_and_trace.py --layers 3 --units 256 --pairs 15

``analyze`` of a live model has to trace it, so its time is that of a trace and something more. Both
are measured in turn, A B and then B A, and compared pair by pair, because a machine's speed drifts:

* warm: in one process, after one of each that is not counted. Every trace is of a new tf.function.
* cold: the first of its kind in a new process, the imports that it needs included; the time until
  the model is built (TensorFlow's start, mostly) is not. The package is compiled before, as it is
  when it is installed.

A maximum far above the median is Python's collection of garbage in TensorFlow's large heap; it
falls into either of the two.
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def build(layers: int, units: int) -> Any:
    """A stack of LSTM layers with a Dense layer on the last output."""
    import keras

    model = keras.Sequential([keras.Input((100, 64))])
    for number in range(layers):
        model.add(keras.layers.LSTM(units, return_sequences=number + 1 < layers))
    model.add(keras.layers.Dense(10))
    return model


def trace(model: Any) -> None:
    """Traces the model once, as a user would to get its graph."""
    import tensorflow as tf

    shape = [None, *model.input_shape[1:]]
    tf.function(model).get_concrete_function(tf.TensorSpec(shape, tf.float32))


def analyze(model: Any) -> None:
    """What is measured."""
    import tb_rnnview

    timeline = tb_rnnview.analyze(model)
    assert len(timeline.recurrent_layers) == len(model.layers) - 1


def seconds(action: Callable[[Any], None], model: Any) -> float:
    started = time.perf_counter()
    action(model)
    return time.perf_counter() - started


def warm(layers: int, units: int, pairs: int) -> list[tuple[float, float]]:
    """(analyze, trace) of each pair."""
    model = build(layers, units)
    for action in (trace, analyze):
        action(model)
    return _in_turn(pairs, lambda action: seconds(action, model))


def cold(layers: int, units: int, pairs: int) -> list[tuple[float, float]]:
    """(analyze, trace) of each pair, each in a process of its own."""
    compile_package()

    def first(action: Callable[[Any], None]) -> float:
        options = ("--layers", str(layers), "--units", str(units), "--only", action.__name__)
        done = subprocess.run(
            [sys.executable, __file__, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return float(done.stdout)

    return _in_turn(pairs, first)


def compile_package() -> None:
    """Does what an installation does, in a checkout too."""
    import tb_rnnview

    compileall.compile_dir(os.path.dirname(tb_rnnview.__file__), quiet=1)


def _in_turn(
    pairs: int, measure: Callable[[Callable[[Any], None]], float]
) -> list[tuple[float, float]]:
    measured = []
    for number in range(pairs):
        order = (analyze, trace) if number % 2 else (trace, analyze)
        took = {action: measure(action) for action in order}
        measured.append((took[analyze], took[trace]))
    return measured


def report(title: str, pairs: list[tuple[float, float]]) -> None:
    print(f"{title}, {len(pairs)} pairs         min  median     max")
    for name, values in (
        ("analyze, ms", [1000 * a for a, _ in pairs]),
        ("trace, ms", [1000 * t for _, t in pairs]),
        ("analyze / trace", [a / t for a, t in pairs]),
    ):
        digits = 2 if "/" in name else 0
        low, middle, high = min(values), statistics.median(values), max(values)
        print(f"  {name:18} {low:8.{digits}f}{middle:8.{digits}f}{high:8.{digits}f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layers", type=int, default=3, help="LSTM layers (default: 3)")
    parser.add_argument("--units", type=int, default=256, help="units of each (default: 256)")
    parser.add_argument("--pairs", type=int, default=15, help="pairs to measure (default: 15)")
    parser.add_argument("--only", choices=("analyze", "trace"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        action = {"analyze": analyze, "trace": trace}[arguments.only]
        print(seconds(action, build(arguments.layers, arguments.units)))
        return
    report("warm", warm(arguments.layers, arguments.units, arguments.pairs))
    report("cold", cold(arguments.layers, arguments.units, max(1, arguments.pairs // 2)))


if __name__ == "__main__":
    main()
