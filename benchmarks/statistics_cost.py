"""What measuring a training step costs, next to that training step.

    python benchmarks/statistics_cost.py
    python benchmarks/statistics_cost.py --cell GRU --units 256 --steps 100 --batch 32 --pairs 21

A model of two recurrent layers takes a training step (``train_on_batch``) and is measured on the
same batch, in turn, A B and then B A, in one process: a machine's speed drifts. The first of each
is not counted; the trace that the first measuring makes is stated apart. All is included: what
reaches Python as arrays, made into tables. The memory is the peak of a new process that only
trains, and of one that is measured, too.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

CELLS = ("LSTM", "GRU", "SimpleRNN")


def network(cell: str, units: int, steps: int, batch: int) -> tuple[Any, Any, Any]:
    """Two recurrent layers and a Dense layer on the last output, with a batch."""
    import keras
    import numpy as np

    keras.utils.set_random_seed(1)
    layer = getattr(keras.layers, cell)
    model = keras.Sequential(
        [
            keras.Input((steps, 64)),
            layer(units, return_sequences=True),
            layer(units),
            keras.layers.Dense(10),
        ]
    )
    # Keras would not compile a model with a GPU's LSTM either.
    model.compile("adam", "mse", jit_compile=False)
    x = np.random.randn(batch, steps, 64).astype("float32")
    return model, x, np.random.randn(batch, 10).astype("float32")


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def memory(options: argparse.Namespace, cell: str, *, is_measured: bool) -> float:
    """The peak memory of a new process, in MiB."""
    given = [f"--{name}={getattr(options, name)}" for name in ("units", "steps", "batch")]
    more = ["--measured"] if is_measured else []
    command = [sys.executable, __file__, "--cell", cell, *given, "--peak", *more]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peak(options: argparse.Namespace) -> None:
    """Prints this process' peak memory after two steps."""
    from tb_rnnview.training.measurer import Measurer

    model, x, y = network(options.cell, options.units, options.steps, options.batch)
    measurer = Measurer(model)
    for _ in range(2):
        if options.measured:
            measurer.measure(x, y)
        model.train_on_batch(x, y)
    try:
        with open("/proc/self/status") as status:
            print(next(int(line.split()[1]) for line in status if line[:6] == "VmHWM:") / 1024)
    except OSError:  # elsewhere it may be that of the process that started this one
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def compare(options: argparse.Namespace, cell: str) -> None:
    from tb_rnnview.training.measurer import Measurer

    model, x, y = network(cell, options.units, options.steps, options.batch)
    measurer = Measurer(model)
    model.train_on_batch(x, y)
    traced = seconds(lambda: measurer.measure(x, y))

    def train() -> None:
        model.train_on_batch(x, y)

    def measure() -> None:
        measurer.measure(x, y)

    times: dict[Callable[[], None], list[float]] = {train: [], measure: []}
    for pair in range(options.pairs + 1):
        for work in (train, measure) if pair % 2 else (measure, train):
            times[work].append(seconds(work))
    plain, more = times[train][1:], times[measure][1:]
    ratios = sorted(b / a for a, b in zip(plain, more, strict=True))
    print(
        f"{cell}: a training step {statistics.median(plain) * 1e3:.1f} ms, measuring it "
        f"{statistics.median(more) * 1e3:.1f} ms more: {statistics.median(ratios):.2f} times "
        f"({ratios[0]:.2f} – {ratios[-1]:.2f}; the shortest of each {min(more) / min(plain):.2f}); "
        f"the first time {traced:.1f} s"
    )
    alone, both = (memory(options, cell, is_measured=m) for m in (False, True))
    print(f"  peak memory: {alone:.0f} MiB, with measuring {both - alone:.0f} MiB more")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cell", choices=CELLS, help="one of them (default: all)")
    parser.add_argument("--units", type=int, default=256)
    parser.add_argument("--steps", type=int, default=100, help="timesteps")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--pairs", type=int, default=21)
    parser.add_argument("--peak", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--measured", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        peak(options)
        return
    for cell in [options.cell] if options.cell else CELLS:
        compare(options, cell)


if __name__ == "__main__":
    main()
