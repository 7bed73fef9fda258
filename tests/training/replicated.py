"""Programs that `test_distribution` runs: the same training, by two replicas of one strategy.

``python -m tests.training.replicated mirrored|dropped|workers FOLDER`` prints one JSON object.
"""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tf_keras

import tb_rnnview
from tb_rnnview.keras import RNNViewCallback
from tb_rnnview.training import recorder, workers
from tb_rnnview.training.measurer import Measurer

# Batches of 6, 5 and 1, which two replicas share as 3 + 3, 3 + 2 and 1 + 0.
X = np.random.RandomState(0).randn(12, 6, 3).astype("float32")
Y = np.random.RandomState(1).randn(12, 1).astype("float32")
X[[1, 3, 6, 10], 4:] = 0  # masked
UNEVEN = slice(6, 11)
FIXED = slice(0, 4)
RATE = 0.125
L2 = 0.25
TRACED: list[bool] = []
"""One for each time that a model was traced."""


def network(kind: Any, dropout: float = 0.0) -> Any:
    """Dropout is for Keras 3 only: that of tf_keras does not repeat from run to run, even alone."""
    kind.utils.set_random_seed(3)
    layers = kind.layers
    rnn = layers.SimpleRNN(
        4, dropout=dropout, kernel_regularizer=kind.regularizers.L2(L2), name="rnn"
    )

    class Counting(layers.Dense):  # type: ignore[misc, name-defined]
        def call(self, inputs: Any) -> Any:
            TRACED.append(True)
            return super().call(inputs)

    stack = [layers.Input((None, 3)), layers.Masking(), rnn, Counting(1)]
    model = kind.Sequential(stack, name="net")
    model.compile(kind.optimizers.SGD(RATE), "mse")
    return model


class Moves:
    """How far each step moves the variables of the layer, divided by the learning rate."""

    def __init__(self, kind: Any, model: Any) -> None:
        self.found: list[list[float]] = []
        self.weights: list[list[np.ndarray]] = []
        """Of the whole model, before each step."""
        layer = model.get_layer("rnn")
        before: list[Any] = []

        def begin(batch: int, logs: Any = None) -> None:
            before[:] = layer.get_weights()
            self.weights.append(model.get_weights())

        def end(batch: int, logs: Any = None) -> None:
            pairs = zip(layer.get_weights(), before, strict=False)
            self.found.append([float(np.linalg.norm(a - b)) / RATE for a, b in pairs][:3])

        self.callback = kind.callbacks.LambdaCallback(
            on_train_batch_begin=begin, on_train_batch_end=end
        )


def fit(model: Any, callbacks: list[Any]) -> list[np.ndarray]:
    """Three batches."""
    model.fit(data(), verbose=0, callbacks=callbacks)
    return [np.array(variable) for variable in model.weights]


def data() -> Any:
    examples = tf.data.Dataset.from_tensor_slices((X, Y))
    return examples.take(11).batch(6).concatenate(examples.skip(11).batch(6))


def same(some: list[np.ndarray], others: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


@contextlib.contextmanager
def told() -> Iterator[list[str]]:
    """What we say inside."""
    found: list[str] = []
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        yield found
    found += [str(w.message) for w in heard if "tb_rnnview" in str(w.message)]


def logged(folder: Path) -> dict[str, Any]:
    """What is in the log of a training."""
    (run,) = tb_rnnview.read(folder).values()
    statistics = run.statistics.get("net/rnn")
    found: dict[str, Any] = {
        "files": len(list(folder.rglob("*tfevents*"))),
        "timelines": [step for step, _ in run.timelines["net"]],
        "lengths": [axis.length for axis in run.timelines["net"][0][1].axes],
    }
    if statistics is not None:
        rows = statistics.records[0].rows
        found |= {
            "steps": [int(step) for step in statistics.steps],
            "shares": statistics.values("vote").sum(1).tolist(),
            "norms": [r.whole[1:4].tolist() for r in statistics.records],
            "elsewhere": [float(r.elsewhere[1]) for r in statistics.records],
            "rows": [f"{row.measure} {row.of}" for row in rows],
            "values": [record.values.tolist() for record in statistics.records[:2]],
        }
    return found


def expected(kind: Any, weights: list[list[np.ndarray]]) -> dict[str, list[list[float]]]:
    """What one replica measures that has a whole batch: a fixed one, and that of the second step.

    Each with the weights of its time: before the first step, and before the second. The loss of
    the second is the mean of the replicas' means over their examples, so those of a smaller part
    count for more.
    """
    model = network(kind)
    measurer = Measurer(model)
    share = [5 / (2 * 3)] * 3 + [5 / (2 * 2)] * 2
    found = {}
    for name, before, batch, of_each in (
        ("fixed", weights[0], FIXED, [1.0] * 4),
        ("second", weights[1], UNEVEN, share),
    ):
        model.set_weights(before)
        (measured,) = measurer.measure(X[batch], Y[batch], np.array(of_each, "float32"))
        found[name] = measured.values.tolist()
    return found


class Training:
    """Twice without the callback, once with it; and once more."""

    def __init__(self, kind: Any, strategy: Any, folder: Path, dropout: float = 0.0) -> None:
        self._folder = folder
        models = []
        for _ in range(3):
            with strategy.scope():
                models.append(network(kind, dropout))
        without, again, self.model = models
        self.moves = Moves(kind, self.model)
        self.callback = RNNViewCallback(folder, 1)
        before = fit(without, [])
        self.found: dict[str, Any] = {"repeats": same(before, fit(again, []))}
        with told() as said:
            after = fit(self.model, [self.callback, self.moves.callback])
        self.found |= {"unchanged": same(before, after), "said": said}
        self.found["moves"] = self.moves.found
        self.found["kernels"] = [float(np.linalg.norm(w[0])) for w in self.moves.weights]
        if not dropout:
            self.found["expected"] = expected(kind, self.moves.weights)

    def goes_on(self) -> None:
        """The same model and callback."""
        TRACED.clear()
        fit(self.model, [self.callback])
        self.found["traced again"] = len(TRACED)
        self.found["again"] = logged(self._folder)


def mirrored(folder: Path) -> dict[str, Any]:
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    results = {}
    for kind in (keras, tf_keras):
        name = kind.__name__
        training = Training(kind, strategy, folder / name)
        training.found["logged"] = logged(folder / name)
        training.goes_on()
        results[name] = training.found
    model = training.model
    model.set_weights(training.moves.weights[0])
    fit(model, [RNNViewCallback(folder / "fixed", 100, batch=(X[FIXED], Y[FIXED]))])
    results["fixed"] = logged(folder / "fixed")
    return results


def dropped(folder: Path) -> dict[str, Any]:
    """As `mirrored`, with dropout, whose masks are those of the training in Keras 3."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    found = Training(keras, strategy, folder, 0.2).found
    return {**found, "logged": logged(folder)}


def by_workers(folder: Path) -> dict[str, Any]:
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    is_chief = bool(strategy.extended.should_save_summary)
    found = Training(tf_keras, strategy, folder / "all").found
    with strategy.scope():
        model = network(tf_keras)
    unwatched = fit(model, [])

    def also(name: str, callbacks: list[Any]) -> None:
        with strategy.scope():
            model = network(tf_keras)
        with told() as said:
            weights = fit(model, callbacks)
        found[name] = {"said": said, "unchanged": same(unwatched, weights)}
        if is_chief:
            found[name]["logged"] = logged(folder / name)

    also("fixed", [RNNViewCallback(folder / "fixed", 100, batch=(X[FIXED], Y[FIXED]))])
    # One of them cannot measure, from its second time on.
    callback = RNNViewCallback(folder / "fails", 1)
    if not is_chief:
        recorder.Measurer = FailsLater  # type: ignore[misc]
    also("fails", [callback])
    # The disk of the chief is full.
    recorder.Measurer = Measurer  # type: ignore[misc]
    callback = RNNViewCallback(folder / "full", 1)
    if is_chief:
        callback._recorder._sink.statistics = no_space  # type: ignore[method-assign]
    also("full", [callback])
    # Two plans.
    also("plans", [RNNViewCallback(folder / "plans", 1 if is_chief else 2)])
    # One of them has no callback.
    workers.Workers.meet.__defaults__ = (1.0,)  # type: ignore[attr-defined]
    also("alone", [RNNViewCallback(folder / "alone", 1)] if is_chief else [])
    if is_chief:
        found["logged"] = logged(folder / "all")
    return found


class FailsLater(Measurer):
    """Measures once."""

    def measure_parts(self, parts: Any, **more: Any) -> Any:
        """As ever; then not."""
        if self.traces:
            parts = [(x[:, :, :1], y, weight) for x, y, weight in parts]
        return super().measure_parts(parts, **more)


def no_space(*_: Any) -> None:
    raise OSError("No space left on device")


if __name__ == "__main__":
    program = {"mirrored": mirrored, "dropped": dropped, "workers": by_workers}[sys.argv[1]]
    print(json.dumps(program(Path(sys.argv[2]))))
