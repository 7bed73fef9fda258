"""What logging costs in ``fit``, next to other ways of looking into a network, in one run.

    python benchmarks/logging_cost.py
    python benchmarks/logging_cost.py --units 256 --steps 100 --batch 32 --batches 100 --rounds 5

Copies of one model of two LSTM layers are trained on the same batches, in turn, an epoch each and
round after round, because a machine's speed drifts:

* plain: nothing is logged;
* rnnview: ``RNNViewCallback(update_freq=N)`` for epochs of N batches: the last one is logged;
* tensorboard: Keras' own ``TensorBoard(histogram_freq=1)``, which writes histograms of all weights
  at the end of each epoch;
* see-rnn: ``get_gradients`` of both layers at the end of each epoch, where that package (on PyPI)
  is installed and runs with this Keras; else the reason why it does not.

An epoch's time is taken from before its first batch to after what is written at its end. Whatever
is done once, tracing above all, is done in an epoch of one batch before, and is stated apart. The
logged step itself is also set against the batches of its own epoch: that difference is steadier
than one of two epochs. The memory is the peak of a new process that trains two batches and logs one
or both of them.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np

WAYS = ("plain", "rnnview", "tensorboard", "see-rnn")


class Clock:
    """The times of an epoch and of its batches, by a callback before and one after the others."""

    def __init__(self) -> None:
        self.batches: list[float] = []
        self.epoch = 0.0
        self._epoch_began = self._batch_began = 0.0
        self.first = keras.callbacks.LambdaCallback(
            on_epoch_begin=self._begin_epoch, on_train_batch_begin=self._begin_batch
        )
        self.last = keras.callbacks.LambdaCallback(
            on_epoch_end=self._end_epoch, on_train_batch_end=self._end_batch
        )

    def _begin_epoch(self, *_: Any, **__: Any) -> None:
        self.batches.clear()
        self._epoch_began = time.perf_counter()

    def _begin_batch(self, *_: Any, **__: Any) -> None:
        self._batch_began = time.perf_counter()

    def _end_batch(self, *_: Any, **__: Any) -> None:
        self.batches.append(time.perf_counter() - self._batch_began)

    def _end_epoch(self, *_: Any, **__: Any) -> None:
        self.epoch = time.perf_counter() - self._epoch_began


def network(options: argparse.Namespace) -> Any:
    """Two LSTM layers and a Dense layer on the last output."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((options.steps, 64)),
            keras.layers.LSTM(options.units, return_sequences=True, name="lower"),
            keras.layers.LSTM(options.units, name="upper"),
            keras.layers.Dense(10),
        ]
    )
    # Keras would not compile a model with a GPU's LSTM either.
    model.compile("adam", "mse", jit_compile=False)
    return model


def callbacks(options: argparse.Namespace, way: str, model: Any, folder: str) -> list[Any]:
    """What looks into this model. It raises whatever the package raises that does not run here."""
    if way == "rnnview":
        from tb_rnnview.keras import RNNViewCallback

        return [RNNViewCallback(folder, update_freq=options.batches)]
    if way == "tensorboard":
        return [keras.callbacks.TensorBoard(folder, histogram_freq=1)]
    if way == "see-rnn":
        # The package's own __init__ says nothing of what it could not import.
        from see_rnn.inspect_gen import get_gradients

        x, y = batches(options, 1)

        def gradients(*_: Any, **__: Any) -> None:
            for layer in ("lower", "upper"):
                get_gradients(model, layer, x, y)

        gradients()
        return [keras.callbacks.LambdaCallback(on_epoch_end=gradients)]
    return []


def batches(options: argparse.Namespace, count: int) -> tuple[Any, Any]:
    random = np.random.default_rng(1)
    rows = options.batch * count
    x = random.standard_normal([rows, options.steps, 64], np.float32)
    return x, random.standard_normal([rows, 10], np.float32)


class Trained:
    """One copy of the model, with one way of looking into it."""

    def __init__(self, options: argparse.Namespace, way: str, folder: str) -> None:
        self.options = options
        self.model = network(options)
        self.callbacks = callbacks(options, way, self.model, os.path.join(folder, way))
        self.clock = Clock()

    def fit(self, count: int) -> float:
        """Seconds of an epoch of so many batches."""
        self.model.fit(
            *batches(self.options, count),
            batch_size=self.options.batch,
            shuffle=False,
            verbose=0,
            callbacks=[self.clock.first, *self.callbacks, self.clock.last],
        )
        return self.clock.epoch


def memory(options: argparse.Namespace, way: str) -> float:
    """The peak memory of a new process, in MiB."""
    given = [f"--{name}={getattr(options, name)}" for name in ("units", "steps", "batch")]
    command = [sys.executable, __file__, *given, "--peak", way]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.splitlines()[-1])


def peak(options: argparse.Namespace) -> None:
    """Prints this process' peak memory after an epoch of one batch and one of two."""
    options.batches = 2
    with tempfile.TemporaryDirectory() as folder:
        trained = Trained(options, options.peak, folder)
        trained.fit(1)
        trained.fit(2)
    try:
        with open("/proc/self/status") as status:
            print(next(int(line.split()[1]) for line in status if line[:6] == "VmHWM:") / 1024)
    except OSError:  # elsewhere it may be that of the process that started this one
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def started(options: argparse.Namespace, folder: str) -> tuple[dict[str, Trained], dict[str, str]]:
    """Those that run here, and for the others the reason."""
    running, reasons = {}, {}
    for way in WAYS:
        try:
            running[way] = Trained(options, way, folder)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are compared
            reasons[way] = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return running, reasons


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.3f} – {max(values):.3f})"


def compare(options: argparse.Namespace, folder: str) -> None:
    running, reasons = started(options, folder)
    once = {way: trained.fit(1) for way, trained in running.items()}
    epochs: dict[str, list[float]] = {way: [] for way in running}
    parts: list[float] = []
    for number in range(options.rounds):
        for way in list(running) if number % 2 else reversed(running):
            epochs[way].append(running[way].fit(options.batches))
            if way == "rnnview":
                *usual, logged = running[way].clock.batches
                usual_time = statistics.median(usual)
                parts.append((logged - usual_time) / usual_time)

    plain = epochs["plain"]
    load = " ".join(f"{x:.1f}" for x in os.getloadavg()) if hasattr(os, "getloadavg") else "?"
    print(
        f"2 LSTM layers of {options.units} units, {options.steps} timesteps, batch "
        f"{options.batch}, {options.rounds} rounds of {options.batches} batches; "
        f"{os.cpu_count()} cores, load {load}"
    )
    alone = memory(options, "plain")
    print(
        f"plain: {statistics.median(plain) / options.batches * 1e3:.1f} ms per batch, "
        f"peak memory {alone:.0f} MiB"
    )
    for way in list(running)[1:]:
        ratios = [a / b for a, b in zip(epochs[way], plain, strict=True)]
        print(
            f"{way}: an epoch takes {spread(ratios)} times as long; "
            f"once {once[way] - once['plain']:.1f} s; {memory(options, way) - alone:.0f} MiB more"
        )
    print(
        f"rnnview: the logged batch takes {spread(parts)} times a batch more: "
        f"{statistics.median(parts) / options.batches:.2%} of an epoch"
    )
    for way, reason in reasons.items():
        print(f"{way}: does not run here: {reason}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--units", type=int, default=256)
    parser.add_argument("--steps", type=int, default=100, help="timesteps")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--batches", type=int, default=100, help="of an epoch; one is logged")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peak", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        peak(options)
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(options, folder)


if __name__ == "__main__":
    main()
