"""Statistics of plain modules equal those of a network with weights of its own at each timestep."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import tb_rnnview
from tb_rnnview.statistics import LayerStatistics
from tb_rnnview.training.module_measurer import ModuleMeasurer
from tests.training import modules, unrolled
from tests.training.modules import BATCH, INPUTS, STEPS, UNITS

X = np.random.default_rng(5).standard_normal([BATCH, STEPS, INPUTS]).astype(np.float32)
Y = np.random.default_rng(6).standard_normal([BATCH, 1]).astype(np.float32)
ZEROS = np.zeros([BATCH, UNITS])


def squared(y: Any, predicted: Any) -> Any:
    return tf.reduce_mean(tf.square(predicted - y))


def gru(x: Any, states: list[Any], weights: list[Any]) -> tuple[Any, list[Any]]:
    kernel, recurrent, bias = weights
    return unrolled.gru(x, states, [kernel, recurrent, [bias, tf.zeros_like(bias)]])


def of_last(model: Any) -> Any:
    head = model.head.numpy().astype(np.float64)
    return lambda outputs, _: squared(Y, outputs[:, -1] @ head)


def of_sum(model: Any) -> Any:
    head = model.head.numpy().astype(np.float64)
    return lambda outputs, _: squared(Y, tf.reduce_sum(outputs, 1) @ head)


def row(table: LayerStatistics, measure: str, of: str) -> Any:
    (at,) = [i for i, r in enumerate(table.rows) if (r.measure, r.of) == (measure, of)]
    return table.values[at]


def rms(over_time: Any, live: Any = None) -> Any:
    live = np.ones(over_time.shape[:2], bool) if live is None else live
    squares = np.square(over_time).mean(2)
    return np.sqrt((squares * live).sum(1) / live.sum(1))


def agrees(table: LayerStatistics, oracle: Any, states: dict[str, int], live: Any = None) -> None:
    for name, shares in zip(("wx", "wh", "b"), oracle["shares"], strict=True):
        (full,) = [r.of for r in table.rows if r.measure == "vote" and r.of.endswith(name)]
        found = row(table, "vote", full)
        assert found.sum() == pytest.approx(1, abs=1e-5)
        np.testing.assert_allclose(found, shares, atol=1e-5)
    for name, at in states.items():
        np.testing.assert_allclose(
            row(table, "activation", name), rms(oracle["states"][at], live), rtol=1e-5
        )
        np.testing.assert_allclose(
            row(table, "state_gradient", name),
            rms(oracle["state_gradients"][at], live),
            rtol=1e-4,
            atol=1e-9,
        )
    assert not row(table, "non_finite", "values").any()


def measured(model: Any, x: Any = X) -> list[LayerStatistics]:
    measurer = ModuleMeasurer(model, squared)
    tables = measurer.measure(x, Y)
    assert [c.reason for c in measurer.covers] == [""] * len(tables)
    return tables


@pytest.mark.parametrize(
    ("kind", "step", "loss", "states", "is_backward"),
    [
        (modules.LSTMInWhileLoop, unrolled.lstm, of_last, {"h": 0, "c": 1}, False),
        (modules.GRUInRange, gru, of_sum, {"h": 0}, False),
        (modules.WrittenOut, unrolled.simple_rnn, of_last, {"h": 0}, False),
        (modules.AddedOutside, unrolled.simple_rnn, of_last, {"h": 0}, False),
        (modules.AddedOutsideWrittenOut, unrolled.simple_rnn, of_last, {"h": 0}, False),
        (modules.FirstStepBefore, unrolled.simple_rnn, of_sum, {"h": 0}, False),
        (modules.Backwards, unrolled.simple_rnn, of_last, {"h": 0}, True),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_it_is_as_with_weights_for_each_timestep(
    kind: Any, step: Any, loss: Any, states: dict[str, int], is_backward: bool
) -> None:
    model = kind()
    oracle = unrolled.expected(
        step, model.weights, X, [ZEROS] * len(states), loss(model), backwards=is_backward
    )
    (table,) = measured(model)
    agrees(table, oracle, states)
    norms = {r.of: w for r, w in zip(table.rows, table.whole, strict=True) if r.measure == "vote"}
    for name, gradients in zip(("wx", "wh", "b"), oracle["gradients"], strict=True):
        assert norms[name] == pytest.approx(np.linalg.norm(gradients.sum(0)), rel=1e-5)
    # Nothing else than the layer reads them.
    np.testing.assert_allclose(table.elsewhere[:4], 0, atol=1e-6)


def test_each_layer_of_a_loop_is_measured_for_itself() -> None:
    model = modules.TwoLayers()
    upper_weights = [w.numpy().astype(np.float64) for w in model.upper.weights]
    after = of_last(model.upper)

    def through_upper(outputs: Any, _: Any) -> Any:
        k = tf.zeros([BATCH, UNITS], tf.float64)
        for t in range(STEPS):
            _, (k,) = unrolled.simple_rnn(outputs[:, t], [k], upper_weights)
        return after(k[:, None], None)

    lower = unrolled.expected(unrolled.simple_rnn, model.lower.weights, X, [ZEROS], through_upper)
    between = np.transpose(lower["states"][0], [1, 0, 2])
    upper = unrolled.expected(unrolled.simple_rnn, upper_weights, between, [ZEROS], after)
    tables = measured(model)
    assert len({table.layer for table in tables}) == 2
    for table, oracle in zip(tables, (lower, upper), strict=True):
        agrees(table, oracle, {"h": 0})


def test_sequences_that_have_ended_do_not_count() -> None:
    model = modules.Masked()
    x = X.copy()
    x[0, 2:] = x[1, 4:] = 0
    live = np.any(x != 0, 2)
    oracle = unrolled.expected(
        unrolled.simple_rnn, model.weights, x, [ZEROS], of_last(model), mask=live
    )
    (table,) = measured(model, x)
    agrees(table, oracle, {"h": 0}, live.T)
    np.testing.assert_allclose(row(table, "live", ""), live.mean(0))


def test_gates_that_are_saturated() -> None:
    model = modules.LSTMInWhileLoop()
    bias = np.zeros([4, UNITS], np.float32)
    bias[1] = 50  # the forget gate
    model.b.assign(bias.reshape(-1))
    (table,) = measured(model, 0.01 * X)
    np.testing.assert_array_equal(row(table, "saturation", "f"), np.ones(STEPS))
    np.testing.assert_array_equal(row(table, "saturation", "o"), np.zeros(STEPS))
    np.testing.assert_array_equal(row(table, "saturation", ""), np.full(STEPS, 0.25))


def test_a_regulariser_is_told_apart() -> None:
    model = modules.WrittenOut()

    def with_penalty(y: Any, predicted: Any) -> Any:
        return squared(y, predicted) + tf.reduce_sum(tf.square(model.wh))

    (table,) = ModuleMeasurer(model, with_penalty).measure(X, Y)
    (plain,) = measured(model)
    np.testing.assert_allclose(row(table, "vote", "wh"), row(plain, "vote", "wh"), atol=1e-6)
    (at,) = [i for i, r in enumerate(table.rows) if (r.measure, r.of) == ("vote", "wh")]
    assert table.elsewhere[at] == pytest.approx(2 * np.linalg.norm(model.wh.numpy()), rel=1e-5)


def test_nothing_changes_in_the_module() -> None:
    model = modules.WritesAndDraws()
    before = [v.numpy() for v in model.variables]
    (table,) = measured(model)
    assert row(table, "vote", "wh").sum() == pytest.approx(1, abs=1e-5)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_each_application_is_measured_for_itself() -> None:
    model = modules.Twice()
    first, second = measured(model)
    assert (first.layer, first.application) == (second.layer, 0)
    assert second.application == 1
    # What the one gives comes to the other's variables from elsewhere.
    np.testing.assert_allclose(first.whole[1:4], second.elsewhere[1:4], rtol=1e-5)
    np.testing.assert_allclose(second.whole[1:4], first.elsewhere[1:4], rtol=1e-5)
    head = model.head.numpy().astype(np.float64)
    # What the other application gives is a constant to this one.
    subtracted = modules.WrittenOut.__call__(model, X[:, ::-1]).numpy()
    oracle = unrolled.expected(
        unrolled.simple_rnn,
        model.weights,
        X,
        [ZEROS],
        lambda outputs, _: squared(Y, outputs[:, -1] @ head - subtracted),
    )
    agrees(first, oracle, {"h": 0})


@pytest.mark.parametrize("is_traced", [False, True])
def test_training_is_the_same_with_it(is_traced: bool, tmp_path: Path) -> None:
    def trained(logger: Any) -> list[Any]:
        tf.random.set_seed(7)
        model = modules.Dropping()

        def train(x: Any, y: Any) -> None:
            with tf.GradientTape() as tape:
                loss = squared(y, model(x))
            of = tape.gradient(loss, model.trainable_variables)
            for variable, gradient in zip(model.trainable_variables, of, strict=True):
                variable.assign_sub(0.1 * gradient)

        step_of = tf.function(train) if is_traced else train
        for step in range(3):
            if logger is not None:
                logger.log(model, X, Y, squared, step=step)
            step_of(tf.constant(X), tf.constant(Y))
        return [v.numpy() for v in model.variables]

    alone = trained(None)
    for one, other in zip(alone, trained(None), strict=True):
        np.testing.assert_array_equal(one, other)
    with tb_rnnview.RNNViewLogger(tmp_path) as logger:
        watched = trained(logger)
    for one, other in zip(alone, watched, strict=True):
        np.testing.assert_array_equal(one, other)
    assert tb_rnnview.read(tmp_path)["rnnview"].statistics


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (modules.UnderACondition, "runs under a condition, or in a function of its own"),
        (modules.OwnGradient, "it has a gradient of its own (tf.custom_gradient)"),
        (modules.RunsAsLongAsItLikes, "how many timesteps it has is not known before they run"),
    ],
)
def test_there_is_a_reason_for_what_is_not_measured(kind: Any, reason: str) -> None:
    measurer = ModuleMeasurer(kind(), squared)
    assert measurer.measure(np.abs(X) + 2, Y) == []
    (covered,) = measurer.covers
    assert not covered.method
    assert covered.reason.endswith(reason)


def test_another_shape_is_another_trace() -> None:
    model = modules.WrittenOut()
    measurer = ModuleMeasurer(model, squared)
    for length in (STEPS, 3, STEPS):
        (table,) = measurer.measure(X[:, :length], Y)
        assert table.length == length
        assert row(table, "vote", "wh").sum() == pytest.approx(1, abs=1e-5)


def test_a_function_is_measured_as_a_module_is() -> None:
    model = modules.LSTMInWhileLoop()
    function = tf.function(lambda x: model(x))
    (of_module,) = measured(model)
    (of_function,) = measured(function)
    np.testing.assert_array_equal(of_module.values, of_function.values)


def test_the_logger_measures_a_module(tmp_path: Path) -> None:
    model = modules.GRUInRange()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with tb_rnnview.RNNViewLogger(tmp_path) as logger:
            for step in (0, 10):
                logger.log(model, X, Y, squared, step=step)
    run = tb_rnnview.read(tmp_path)["rnnview"]
    (table,) = run.statistics.values()
    assert table.steps.tolist() == [0, 10]
    (timelines,) = run.timelines.values()
    # The tab finds a layer by its name, or else by its id.
    assert table.layer in {layer.id for layer in timelines[0][1].recurrent_layers}


def test_what_cannot_be_measured_is_said_once(tmp_path: Path) -> None:
    model = modules.RunsAsLongAsItLikes()
    with (
        tb_rnnview.RNNViewLogger(tmp_path) as logger,
        warnings.catch_warnings(record=True) as said,
    ):
        warnings.simplefilter("always")
        for step in (0, 1):
            logger.log(model, np.abs(X) + 2, Y, squared, step=step)
    (warning,) = said
    assert "is not measured whole: how many timesteps it has" in str(warning.message)
    assert not tb_rnnview.read(tmp_path)["rnnview"].statistics


def test_a_module_needs_a_loss(tmp_path: Path) -> None:
    with tb_rnnview.RNNViewLogger(tmp_path) as logger, pytest.warns(match="give loss_fn"):
        logger.log(modules.WrittenOut(), X, Y, step=0)
