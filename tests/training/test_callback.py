"""The callback, in `fit` of Keras 3 and of tf_keras."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tb_rnnview
from tb_rnnview.errors import SourceError
from tb_rnnview.keras import RNNViewCallback
from tb_rnnview.timeline import LengthSource

X = np.random.RandomState(0).randn(20, 6, 3).astype("float32")
Y = np.random.RandomState(1).randn(20, 1).astype("float32")

both = pytest.mark.parametrize("kind", [keras, tf_keras], ids=["keras", "tf_keras"])


def network(
    kind: Any,
    *,
    is_built: bool = True,
    is_rich: bool = False,
    dropout: float = 0.2,
    **compiled: Any,
) -> Any:
    """One SimpleRNN; or, rich, more of what a hook could disturb.

    Dropout is for Keras 3 only: that of tf_keras does not repeat from run to run, even alone.
    """
    kind.utils.set_random_seed(3)
    layers = kind.layers
    rate = dropout if kind is keras else 0.0
    inner = [layers.SimpleRNN(4, dropout=rate, name="first")]
    if is_rich:
        inner = [
            layers.SimpleRNN(4, dropout=rate, return_sequences=True, name="first"),
            layers.BatchNormalization(),
            layers.SimpleRNN(3, recurrent_dropout=rate, name="second"),
        ]
    start = [layers.Input((None, 3))] if is_built else []
    model = kind.Sequential([*start, *inner, layers.Dense(1)], name="net")
    model.compile("adam", "mse", **compiled)
    return model


def fit(model: Any, callbacks: list[Any], examples: int = 18, **more: Any) -> list[np.ndarray]:
    """Two epochs in batches of 6."""
    data = X[:examples], Y[:examples]
    model.fit(*data, batch_size=6, verbose=0, callbacks=callbacks, **{"epochs": 2, **more})
    return [
        np.array(variable.numpy()) for variable in (*model.variables, *model.optimizer.variables)
    ]


def logged(folder: Path) -> dict[str, list[int]]:
    """The steps by tag, of the timeline and the statistics in the one run there is."""
    (run,) = tb_rnnview.read(folder).values()
    assert run.name == "rnnview"
    return {
        **{tag: [step for step, _ in found] for tag, found in run.timelines.items()},
        **{tag: [int(step) for step in found.steps] for tag, found in run.statistics.items()},
    }


@both
def test_what_is_logged(kind: Any, tmp_path: Path) -> None:
    callback = RNNViewCallback(tmp_path, update_freq=3)
    model = network(kind, is_rich=True)
    fit(model, [callback], examples=20)
    fit(model, [callback], examples=20, epochs=1)
    # 20 examples in batches of 6: 4 batches an epoch, 12 in all, the last of each of 2 examples.
    steps = [1, 3, 6, 9, 12]
    assert logged(tmp_path) == {"net": [1], "net/first": steps, "net/second": steps}
    run = tb_rnnview.read(tmp_path)["rnnview"]
    ((_, timeline),) = run.timelines["net"]
    assert [axis.length for axis in timeline.axes] == [6]
    assert timeline.axes[0].length_source is LengthSource.OBSERVED
    votes = run.statistics["net/first"].values("vote")
    assert votes.shape == (5, 6)
    np.testing.assert_allclose(votes.sum(1), 1, atol=1e-5)


@both
def test_a_model_that_is_built_by_its_first_step(kind: Any, tmp_path: Path) -> None:
    without = fit(network(kind, is_built=False), [])
    with_it = fit(network(kind, is_built=False), [RNNViewCallback(tmp_path, update_freq=4)])
    assert all(np.array_equal(a, b) for a, b in zip(without, with_it, strict=True))
    assert logged(tmp_path)["net/first"] == [1, 4]


@both
def test_once_an_epoch(kind: Any, tmp_path: Path) -> None:
    fit(network(kind), [RNNViewCallback(tmp_path, update_freq="epoch")])
    assert logged(tmp_path)["net/first"] == [0, 1]


@both
def test_a_fixed_batch_and_a_name(kind: Any, tmp_path: Path) -> None:
    seen = {}
    for freq in (1, 2):
        folder = tmp_path / str(freq)
        callback = RNNViewCallback(folder, freq, batch=(X[:5], Y[:5]), name="my net")
        fit(network(kind, dropout=0), [callback])
        seen[freq] = tb_rnnview.read(folder)["rnnview"].statistics["my net/first"].at(4)
    np.testing.assert_array_equal(seen[1].values, seen[2].values)


@both
def test_generators_and_datasets(kind: Any, tmp_path: Path) -> None:
    def batches() -> Any:
        for start in range(0, 18, 6):
            yield X[start : start + 6], Y[start : start + 6]

    signature = (tf.TensorSpec((None, None, 3)), tf.TensorSpec((None, 1)))
    data = tf.data.Dataset.from_generator(batches, output_signature=signature)
    for index, source in enumerate((batches(), data)):
        folder = tmp_path / str(index)
        network(kind).fit(source, epochs=1, verbose=0, callbacks=[RNNViewCallback(folder, 2)])
        assert logged(folder)["net/first"] == [1, 2]


@both
def test_nothing_is_traced_again(kind: Any, tmp_path: Path) -> None:
    traced = []

    class Counting(kind.layers.Dense):  # type: ignore[misc, name-defined]
        def call(self, inputs: Any) -> Any:
            traced.append(tf.executing_eagerly())
            return super().call(inputs)

    def count(callbacks: list[Any]) -> int:
        model = kind.Sequential(
            [kind.layers.Input((None, 3)), kind.layers.SimpleRNN(2), Counting(1)], name="net"
        )
        model.compile("sgd", "mse")
        model.fit(X, Y, batch_size=6, epochs=1, verbose=0, callbacks=callbacks)
        traced.clear()
        model.fit(X, Y, batch_size=6, epochs=1, verbose=0, callbacks=callbacks)
        return len(traced)

    assert count([]) == count([RNNViewCallback(tmp_path, 1)]) == 0


@both
def test_beside_a_tensorboard_callback(kind: Any, tmp_path: Path) -> None:
    beside = kind.callbacks.TensorBoard(str(tmp_path / "both"), update_freq=1)
    alone = kind.callbacks.TensorBoard(str(tmp_path / "alone"), update_freq=1)
    fit(network(kind), [alone])
    fit(network(kind), [beside, RNNViewCallback(tmp_path / "both", 2)])
    names = {}
    for name in ("alone", "both"):
        (file,) = (tmp_path / name / "train").glob("*tfevents*")
        names[name] = [
            (value.tag, event.step)
            for event in tf.compat.v1.train.summary_iterator(str(file))
            for value in event.summary.value
        ]
    # Keras 2 spares the batch hooks where no callback has any; with ours it calls all of them.
    assert set(names["alone"]) <= set(names["both"])
    assert "net/first" in tb_rnnview.read(tmp_path / "both")["rnnview"].statistics


@both
def test_through_a_writer_of_the_program(kind: Any, tmp_path: Path) -> None:
    writer = tf.summary.create_file_writer(str(tmp_path / "mine"))
    fit(network(kind), [RNNViewCallback(update_freq=4, writer=writer)])
    assert list(tb_rnnview.read(tmp_path)["mine"].statistics["net/first"].steps) == [1, 4]


@both
def test_another_model_has_a_timeline_of_its_own(kind: Any, tmp_path: Path) -> None:
    callback = RNNViewCallback(tmp_path, 4, statistics=False)
    fit(network(kind), [callback], epochs=1)
    fit(network(kind), [callback], epochs=1)
    assert logged(tmp_path) == {"net": [1, 4]}


@both
def test_a_train_step_of_its_own_is_said_once(kind: Any, tmp_path: Path) -> None:
    class Own(kind.Model):  # type: ignore[misc, name-defined]
        def train_step(self, data: Any) -> Any:
            return super().train_step(data)

    inputs = kind.layers.Input((None, 3))
    model = Own(inputs, kind.layers.LSTM(1)(inputs), name="net")
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="Own has a train_step of its own") as told:
        fit(model, [RNNViewCallback(tmp_path, 1)])
    assert sum("tb_rnnview" in str(item.message) for item in told) == 1
    assert logged(tmp_path) == {"net": [1]}


@both
def test_a_folder_that_cannot_be_written_is_said_once(kind: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    without = fit(network(kind), [])
    with pytest.warns(UserWarning, match="tb_rnnview: nothing is logged: .*file") as told:
        with_it = fit(network(kind), [RNNViewCallback(tmp_path / "file", 1)])
    assert sum("tb_rnnview" in str(item.message) for item in told) == 1
    assert all(np.array_equal(a, b) for a, b in zip(without, with_it, strict=True))


@both
def test_a_step_that_fails_leaves_the_model_as_it_was(kind: Any, tmp_path: Path) -> None:
    model = network(kind)
    fit(model, [], epochs=1)
    own = model.train_function
    with pytest.raises(Exception, match=r"(?i)shape|dim|execution error"):
        model.fit(X[:, :, :2], Y, verbose=0, callbacks=[RNNViewCallback(tmp_path, 1)])
    assert model.train_function is own


@pytest.mark.parametrize(
    "wrong", [{"log_dir": 3}, {"update_freq": 0}, {"writer": "logs"}, {"log_dir": "gs://a/b"}]
)
def test_wrong_arguments_are_refused_at_once(wrong: Any) -> None:
    with pytest.raises(SourceError):
        RNNViewCallback(**wrong)
    assert not os.path.exists("gs:")
