"""Programs that run a first timestep by itself, and then a loop over the others.

Sonnet 2 unrolls so: the first step tells what a step gives. Its modules hold their variables
themselves; an LSTM has one kernel for the input and one for the state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tests.programs import cells
from tests.programs.program import ANY, Axis, Layer, Program, Start, Truth, Uses, Weight, fill
from tests.programs.tf2 import of_function

BATCH, STEPS, INPUTS, UNITS = 2, 6, 3, 4
SAID = (("time", "FORWARD|UNKNOWN"),)
GATES = ("i", "f", "c", "o")
ROLES = (("w_i", "kernel"), ("w_h", "kernel"), ("b", "bias"))


def _variable(name: str, *shape: int) -> tf.Variable:
    return tf.Variable(fill(*shape) - 0.5, name=name)


class _Recurrent(tf.Module):
    """tanh(x w_i + h w_h + b), which it gives and hands on."""

    def __init__(self, name: str, inputs: int) -> None:
        super().__init__(name=name)
        self.w_i = _variable(f"{name}/w_i", inputs, UNITS)
        self.w_h = _variable(f"{name}/w_h", UNITS, UNITS)
        self.b = _variable(f"{name}/b", UNITS)

    def start(self) -> Any:
        return tf.zeros((BATCH, UNITS))

    def __call__(self, x: Any, h: Any) -> tuple[Any, Any]:
        h = tf.tanh(tf.matmul(x, self.w_i) + tf.matmul(h, self.w_h) + self.b)
        return h, h


class _LSTM(tf.Module):
    """Sonnet's: gates = x w_i + h w_h + b, in the order i, f, c, o."""

    def __init__(self, name: str, inputs: int) -> None:
        super().__init__(name=name)
        self.w_i = _variable(f"{name}/w_i", inputs, 4 * UNITS)
        self.w_h = _variable(f"{name}/w_h", UNITS, 4 * UNITS)
        self.b = _variable(f"{name}/b", 4 * UNITS)

    def start(self) -> Any:
        return tf.zeros((BATCH, UNITS)), tf.zeros((BATCH, UNITS))

    def __call__(self, x: Any, state: Any) -> tuple[Any, Any]:
        h, c = state
        gates = tf.matmul(x, self.w_i) + tf.matmul(h, self.w_h) + self.b
        i, f, g, o = tf.split(gates, 4, axis=1)
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
        h = tf.sigmoid(o) * tf.tanh(c)
        return h, (h, c)


class _GRU(tf.Module):
    """Sonnet's: z takes the candidate in; the columns are z, r and that of the candidate."""

    def __init__(self, name: str, inputs: int) -> None:
        super().__init__(name=name)
        self.w_i = _variable(f"{name}/w_i", inputs, 3 * UNITS)
        self.w_h = _variable(f"{name}/w_h", UNITS, 3 * UNITS)
        self.b = _variable(f"{name}/b", 3 * UNITS)

    def start(self) -> Any:
        return tf.zeros((BATCH, UNITS))

    def __call__(self, x: Any, h: Any) -> tuple[Any, Any]:
        gates = tf.matmul(x, self.w_i) + self.b
        w_z, w_a = tf.split(self.w_h, [2 * UNITS, UNITS], axis=1)
        zr_x, a_x = tf.split(gates, [2 * UNITS, UNITS], axis=1)
        z, r = tf.split(tf.sigmoid(zr_x + tf.matmul(h, w_z)), 2, axis=1)
        new = (1 - z) * h + z * tf.tanh(a_x + tf.matmul(r * h, w_a))
        return new, new


class _Stack(tf.Module):
    """Cells one on the other; what goes into the second is added to what it gives."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(name="stack")
        self.parts = parts

    def start(self) -> Any:
        return tuple(part.start() for part in self.parts)

    def __call__(self, x: Any, states: Any) -> tuple[Any, Any]:
        left = []
        for k, (part, state) in enumerate(zip(self.parts, states, strict=True)):
            y, state = part(x, state)
            x = y + x if k else y
            left.append(state)
        return x, tuple(left)


def _unrolled(core: Any, x: Any, lengths: Any = None, before: int = 1) -> Any:
    """As Sonnet's ``dynamic_unroll``, which runs one step before; ``x`` has time first."""
    elements = tf.TensorArray(tf.float32, STEPS).unstack(x)

    def step(t: Any, given: Any, state: Any) -> tuple[Any, Any]:
        y, new = core(elements.read(t), state)
        if lengths is None:
            return y, new
        ended = tf.expand_dims(t >= lengths, 1)
        given = tf.zeros_like(y) if given is None else given
        kept = tf.nest.map_structure(lambda a, b: tf.where(ended, a, b), state, new)
        return tf.where(ended, given, y), kept

    found = tf.TensorArray(tf.float32, STEPS)
    y, state = None, core.start()
    for t in range(before):
        y, state = step(t, y, state)
        found = found.write(t, y)
    for t in tf.range(before, STEPS):
        y, state = step(t, y, state)
        found = found.write(t, y)
    return found.stack(), state


def _weights(name: str, layer: str, gates: tuple[str, ...] = ()) -> dict[str, Weight]:
    use = (Uses(layer, "time"),)
    blocks = cells.columns(gates, UNITS)
    return {
        f"{name}/w_i": Weight("kernel", use, {"input": (0, 0, INPUTS), **blocks}),
        f"{name}/w_h": Weight("recurrent_kernel", use, {"hidden": (0, 0, UNITS), **blocks}),
        f"{name}/b": Weight("bias", use),
    }


def _simple(weights: dict[str, Weight], direction: str = "FORWARD|UNKNOWN") -> Truth:
    return Truth(
        axes={"time": Axis(STEPS)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", UNITS, 0, (("time", direction),))},
        weights=weights,
        starts=cells.zeros("rnn", 1),
    )


def unrolled_like_sonnet() -> Program:
    """An LSTM, and a layer on its last output."""
    core, head = _LSTM("core", INPUTS), _variable("head/w", UNITS, 1)

    def run(x):
        found, _ = _unrolled(core, x)
        return tf.matmul(found[-1], head)

    truth = Truth(
        axes={"time": Axis(STEPS)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", UNITS, 0, SAID),
            "head": Layer("ONCE", runs=(("", "UNKNOWN"),)),
        },
        weights=_weights("core", "rnn", GATES) | {"head/w": Weight("kernel", (Uses("head"),))},
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "head", -1),),
    )
    return of_function(run, truth, fill(STEPS, BATCH, INPUTS))


def unrolled_like_sonnet_with_lengths() -> Program:
    """Two cells, the second beside what it takes; sequences that end keep their last state."""
    core = _Stack(_Recurrent("lower", INPUTS), _LSTM("upper", UNITS))

    def run(x, lengths):
        return _unrolled(core, x, lengths)[0]

    upper = _weights("upper", "upper", GATES)
    blocks = {"input": (0, 0, UNITS), **cells.columns(GATES, UNITS)}
    upper["upper/w_i"] = Weight("kernel", (Uses("upper", "time"),), blocks)
    truth = Truth(
        axes={"time": Axis(STEPS)},
        layers={
            "lower": Layer("RECURRENT", "SimpleRNN", UNITS, 0, SAID),
            "upper": Layer("RECURRENT", "LSTM", UNITS, 1, SAID),
        },
        weights=_weights("lower", "lower") | upper,
        starts=(*cells.zeros("lower", 1), *cells.zeros("upper", 2)),
        connections=(("lower", "upper", 0),),
    )
    lengths = tf.fill((BATCH,), STEPS).numpy()
    return of_function(run, truth, fill(STEPS, BATCH, INPUTS), lengths)


def gru_like_sonnet() -> Program:
    """A GRU whose update gate says what is taken in, not what is kept."""
    core = _GRU("core", INPUTS)

    def run(x):
        return _unrolled(core, x)[0]

    truth = Truth(
        axes={"time": Axis(STEPS)},
        layers={"rnn": Layer("RECURRENT", "GRU", UNITS, 0, SAID)},
        # The columns of w_i are cut twice: into those of the candidate and the others, and these.
        weights=_weights("core", "rnn", ("z", "r", "h")),
        starts=cells.zeros("rnn", 1),
    )
    return of_function(run, truth, fill(STEPS, BATCH, INPUTS))


def unrolled_like_sonnet_and_trained() -> Program:
    """The gradient is taken through the first step and through the loop."""
    core = _Recurrent("core", INPUTS)

    def run(x):
        with tf.GradientTape() as tape:
            found, _ = _unrolled(core, x)
            loss = tf.reduce_mean(tf.square(found))
        for variable, gradient in zip(
            core.trainable_variables,
            tape.gradient(loss, core.trainable_variables),
            strict=True,
        ):
            variable.assign_sub(0.1 * gradient)
        return loss

    return of_function(run, _simple(_weights("core", "rnn")), fill(STEPS, BATCH, INPUTS))


def two_steps_and_then_like_sonnet() -> Program:
    """What a step gives goes round, too, and no step reads it."""
    core = _Recurrent("core", INPUTS)

    def run(x):
        return _unrolled(core, x, before=2)[0]

    return of_function(run, _simple(_weights("core", "rnn")), fill(STEPS, BATCH, INPUTS))


def _sliced(places: Callable[[], Any], *before: int) -> Any:
    core = _Recurrent("core", INPUTS)

    def run(x):
        h = core.start()
        for t in before:
            h, _ = core(x[:, t], h)
        for t in places():
            h, _ = core(x[:, t], h)
        return h

    return run


def first_slice() -> Program:
    """The first element is taken by its number, not through an array."""
    run = _sliced(lambda: tf.range(1, STEPS), 0)
    return of_function(run, _simple(_weights("core", "rnn")), fill(BATCH, STEPS, INPUTS))


def first_two_slices() -> Program:
    """Two steps are run before the loop."""
    run = _sliced(lambda: tf.range(2, STEPS), 0, 1)
    return of_function(run, _simple(_weights("core", "rnn")), fill(BATCH, STEPS, INPUTS))


def last_slice_first() -> Program:
    """Backwards: the last element is the first that is taken."""
    run = _sliced(lambda: tf.range(STEPS - 2, -1, -1), STEPS - 1)
    truth = _simple(_weights("core", "rnn"), "BACKWARD")
    return of_function(run, truth, fill(BATCH, STEPS, INPUTS))


def first_slice_with_its_own_weights() -> Program:
    """What comes before the loop is another layer: it makes the first state."""
    core, first = _Recurrent("core", INPUTS), _Recurrent("first", INPUTS)

    def run(x):
        h, _ = first(x[:, 0], first.start())
        for t in tf.range(1, STEPS):
            h, _ = core(x[:, t], h)
        return h

    once = (Uses("first"),)
    truth = Truth(
        axes={"time": Axis(STEPS - 1)},
        layers={
            "rnn": Layer("RECURRENT", "SimpleRNN", UNITS, 0, SAID),
            "first": Layer("ONCE", runs=(("", "UNKNOWN"),)),
        },
        weights=_weights("core", "rnn")
        | {f"first/{name}": Weight(role, once) for name, role in ROLES},
        starts=(Start("rnn", "*"),),
        connections=(("first", "rnn", ANY),),
    )
    return of_function(run, truth, fill(BATCH, STEPS, INPUTS))


def _another_start(weights: dict[str, Weight], steps: int) -> Truth:
    """What runs before the loop is no step of it: the layer is applied once more."""
    twice = {name: Weight(w.role, (*w.uses, Uses("rnn")), w.blocks) for name, w in weights.items()}
    runs = (*SAID, ("", "UNKNOWN"))
    return Truth(
        axes={"time": Axis(steps)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", UNITS, 0, runs)},
        weights=twice,
        starts=(Start("rnn", "*"),),
    )


def first_slice_and_then_the_third() -> Program:
    """The loop does not go on where the step before it was: it leaves out an element.

    So that step is none of the loop's: a place of the same layer, outside time.
    """
    run = _sliced(lambda: tf.range(2, STEPS), 0)
    outside = (Uses("rnn"),)
    truth = Truth(
        axes={"time": Axis(STEPS - 2)},
        layers={"rnn": Layer("RECURRENT", "SimpleRNN", UNITS, 0, (*SAID, ("", "UNKNOWN")))},
        weights={
            name: Weight(w.role, (*w.uses, *outside), w.blocks)
            for name, w in _weights("core", "rnn").items()
        },
        starts=(Start("rnn", "*"),),
    )
    return of_function(run, truth, fill(BATCH, STEPS, INPUTS))


def first_step_the_other_way_round() -> Program:
    """The step before the loop multiplies by the matrix as it is turned around."""
    core = _Recurrent("core", INPUTS)

    def run(x):
        turned = tf.matmul(core.start(), core.w_h, transpose_b=True)
        h = tf.tanh(tf.matmul(x[:, 0], core.w_i) + turned + core.b)
        for t in tf.range(1, STEPS):
            h, _ = core(x[:, t], h)
        return h

    # Turned around, the matrix is none of the same kind: what uses it so is another layer.
    weights = {
        name: Weight(w.role.removeprefix("recurrent_"), (*w.uses, Uses("first")), w.blocks)
        for name, w in _weights("core", "rnn").items()
    }
    truth = Truth(
        axes={"time": Axis(STEPS - 1)},
        layers={
            "rnn": Layer("RECURRENT", "SimpleRNN", UNITS, 0, SAID),
            "first": Layer("ONCE", runs=(("", "UNKNOWN"),)),
        },
        weights=weights,
        starts=(Start("rnn", "*"),),
        connections=(("first", "rnn", ANY),),
    )
    return of_function(run, truth, fill(BATCH, STEPS, INPUTS))
