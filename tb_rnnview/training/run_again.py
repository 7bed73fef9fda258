"""Runs a traced program again, in a graph that is being built, with its layers watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tb_rnnview.training.copied_graph import Copy, LoopParts, Taps, run_loop
from tb_rnnview.training.over_time import Elements, as_bits, bits_of, from_bits
from tb_rnnview.training.traced_run import IN_LOOP, WatchedRun


def run_again(graph: Any, given: Mapping[str, Any], result: Any, runs: Sequence[WatchedRun]) -> Any:
    """A result of a traced program, with what is watched filled in in the runs.

    Args:
        graph: of the traced function.
        given: what stands for its inputs and for what it captured, by name.
        result: the tensor that is wanted.
        runs: what is watched.

    Raises:
        CannotCopyError: something in it cannot be run again.
    """
    import tensorflow as tf

    taps = Taps()
    for run in runs:
        run.steps = 0
        run.tap_outside(taps)
        steps = run.steps_outside()
        parts = {key: tf.unstack(zeros[: len(steps)]) for key, zeros in run.zeros.items()}
        for i, step in enumerate(steps):
            run.tap(taps, step, {key: of[i] for key, of in parts.items()})

    def loop(operation: Any, inputs: list[Any]) -> list[Any] | None:
        of_loop = [run for run in runs if run.run.loop == operation.name]
        return _watched_loop(operation, inputs, of_loop) if of_loop else None

    copy = Copy(given, taps, loop)
    (found,) = copy.of(graph, [result])
    for run in runs:
        run.sequences = [copy.values[place.name] for place in run.run.sequences]
        _keep_outside(run, copy)
    return found


def _keep_outside(run: WatchedRun, copy: Copy) -> None:
    """Adds what is kept of the timesteps outside loops to what is kept of the loop."""
    import tensorflow as tf

    steps = [run.seen(copy, step) for step in run.steps_outside()]
    for key in steps[0] if steps else ():
        values = [step[key] for step in steps]
        some = next(value for value in values[::-1] if value is not None)
        first = tf.stack([tf.zeros_like(some) if v is None else v for v in values])
        run.kept[key] = tf.concat([first, run.kept[key]], 0) if run.run.loop else first
    run.steps += len(steps)


def _watched_loop(operation: Any, inputs: list[Any], runs: Sequence[WatchedRun]) -> list[Any]:
    """The outputs of a loop whose timesteps are watched."""
    import tensorflow as tf

    parts = LoopParts.of(operation)
    places = [(run, key) for run in runs for key in run.zeros]
    zeros = [Elements(run.zeros[key][run.run.before :]) for run, key in places]
    kept: list[tuple[WatchedRun, str]] = []
    dtypes: list[Any] = []
    arrays = _arrays_like(parts, inputs, runs, kept, dtypes)

    def step(given: Mapping[str, Any], besides: Any) -> tuple[list[Any], Any]:
        t, rest, arrays = besides
        taken = [of.taken(carried) for of, carried in zip(zeros, rest, strict=True)]
        copy = _copied_step(given, runs, places, [element for _, element in taken], parts)
        after = [copy.values[parts.body.outputs[k].name] for k in parts.carried]
        seen = {id(run): run.seen(copy, IN_LOOP) for run in runs}
        arrays = [
            array.write(t, as_bits(seen[id(run)][key]))
            for array, (run, key) in zip(arrays, kept, strict=True)
        ]
        return after, [t + 1, [carried for carried, _ in taken], arrays]

    more = [tf.constant(0), [of.first for of in zeros], arrays]
    outputs, (steps, _, arrays) = run_loop(operation, parts, inputs, step, more)
    for (run, key), array, dtype in zip(kept, arrays, dtypes, strict=True):
        run.kept[key] = from_bits(array.stack(), dtype)
        run.steps = steps
    return outputs


def _copied_step(
    given: Mapping[str, Any],
    runs: Sequence[WatchedRun],
    places: Sequence[tuple[WatchedRun, str]],
    added: Sequence[Any],
    parts: LoopParts,
) -> Copy:
    """A copy of a timestep in which the runs are watched."""
    taps = Taps()
    for run in runs:
        own = {key: x for (of, key), x in zip(places, added, strict=True) if of is run}
        run.tap(taps, IN_LOOP, own)
    copy = Copy(given, taps)
    wanted = [parts.body.outputs[k] for k in parts.carried]
    copy.of(parts.body, [*wanted, *(x for run in runs for x in run.looked_at())])
    return copy


def _arrays_like(
    parts: LoopParts,
    inputs: Sequence[Any],
    runs: Sequence[WatchedRun],
    kept: list[tuple[WatchedRun, str]],
    dtypes: list[Any],
) -> list[Any]:
    """Arrays for what is kept: its names and dtypes are learnt from a step that is thrown away."""
    import tensorflow as tf

    graph = tf.__internal__.FuncGraph("scouting")
    with graph.as_default():
        now = {
            inner.name: _unknown(inner) if k in parts.carried else inputs[k]
            for k, inner in enumerate(parts.body.inputs)
        }
        places = [(run, key) for run in runs for key in run.zeros]
        added = [run.zeros[key][0] for run, key in places]
        copy = _copied_step(now, runs, places, added, parts)
        like = [(run, key, x) for run in runs for key, x in run.seen(copy, IN_LOOP).items()]
    for run, key, x in like:
        kept.append((run, key))
        dtypes.append(x.dtype)
    return [
        tf.TensorArray(
            bits_of(x.dtype), size=run.run.length - run.run.before, element_shape=x.shape
        )
        for run, _, x in like
    ]


def _unknown(inner: Any) -> Any:
    """What stands for a value that a loop carries, where only its shape counts."""
    import tensorflow as tf

    if inner.dtype in (tf.resource, tf.variant):
        return inner
    return tf.compat.v1.placeholder(inner.dtype, inner.shape)
