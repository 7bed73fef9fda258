"""The variables of TensorFlow 1's own cells: what each is to its layer, by the cells' text.

``uses`` = (axis, ...) of the applications of the layer; every cell reads each variable once a
step.
"""

from __future__ import annotations

from tests.programs.program import Start, Uses, Weight

Columns = tuple[str, ...]
Weights = dict[str, Weight]

LSTM_GATES = ("i", "c", "f", "o")  # BasicLSTMCell and LSTMCell: i, j, f, o = split(...)
KERAS_LSTM_GATES = ("i", "f", "c", "o")
KERAS_GRU_GATES = ("z", "r", "h")


def rows(inputs: int, units: int) -> dict[str, tuple[int, int, int]]:
    """The rows of a kernel that multiplies [input, hidden]."""
    return {"input": (0, 0, inputs), "hidden": (0, inputs, inputs + units)}


def columns(gates: Columns, units: int, dimension: int = 1) -> dict[str, tuple[int, int, int]]:
    """The columns of a kernel that computes several gates at once."""
    return {g: (dimension, k * units, (k + 1) * units) for k, g in enumerate(gates)}


def uses(layer: str, axes: tuple[str, ...]) -> tuple[Uses, ...]:
    """One read a step on each of the axes."""
    return tuple(Uses(layer, axis) for axis in axes)


def basic_rnn(
    scope: str, layer: str, inputs: int, units: int, axes: tuple[str, ...] = ("time",)
) -> Weights:
    """``BasicRNNCell``: tanh([x, h] kernel + bias)."""
    use = uses(layer, axes)
    return {
        f"{scope}/kernel": Weight("kernel", use, rows(inputs, units)),
        f"{scope}/bias": Weight("bias", use),
    }


def lstm(
    scope: str, layer: str, inputs: int, units: int, axes: tuple[str, ...] = ("time",), out: int = 0
) -> Weights:
    """``BasicLSTMCell`` and ``LSTMCell``; ``out`` = width of the projection, if there is one."""
    use = uses(layer, axes)
    blocks = {**rows(inputs, out or units), **columns(LSTM_GATES, units)}
    return {
        f"{scope}/kernel": Weight("kernel", use, blocks),
        f"{scope}/bias": Weight("bias", use),
    }


def peepholes(scope: str, layer: str, axes: tuple[str, ...] = ("time",)) -> Weights:
    """The diagonal weights from c to the gates."""
    return {f"{scope}/w_{g}_diag": Weight("peephole", uses(layer, axes)) for g in "fio"}


def gru(
    scope: str, layer: str, inputs: int, units: int, axes: tuple[str, ...] = ("time",)
) -> Weights:
    """``GRUCell``: r, u = split(sigmoid([x, h] gates)); c = tanh([x, r h] candidate)."""
    use = uses(layer, axes)
    both = rows(inputs, units)
    return {
        f"{scope}/gates/kernel": Weight("kernel", use, {**both, **columns(("r", "z"), units)}),
        f"{scope}/gates/bias": Weight("bias", use),
        f"{scope}/candidate/kernel": Weight("kernel", use, both),
        f"{scope}/candidate/bias": Weight("bias", use),
    }


def keras(scope: str, layer: str, gates: Columns, units: int, axis: str = "time") -> Weights:
    """The variables of a Keras recurrent layer; without gates: SimpleRNN."""
    use = uses(layer, (axis,))
    blocks = columns(gates, units) if gates else {}
    return {
        f"{scope}/kernel": Weight("kernel", use, blocks),
        f"{scope}/recurrent_kernel": Weight("recurrent_kernel", use, blocks),
        f"{scope}/bias": Weight("bias", use),
    }


def dense(scope: str, layer: str, axis: str = "", times: int = 1) -> Weights:
    """``tf.layers.dense``; ``times`` = number of places that apply it."""
    use = (Uses(layer, axis),) * times
    return {f"{scope}/kernel": Weight("kernel", use), f"{scope}/bias": Weight("bias", use)}


def zeros(layer: str, states: int = 1) -> tuple[Start, ...]:
    """The layer's states all start from zeros."""
    return (Start(layer),) * states
