"""The gradients of a loss with respect to all that is watched in a program that is run again."""

from __future__ import annotations

from typing import Any

from tb_rnnview.training.amounts import norm
from tb_rnnview.training.run_products import measured
from tb_rnnview.training.traced_run import WatchedRun


def measured_runs(total: Any, runs: list[WatchedRun]) -> list[dict[str, Any]]:
    """The sums over a batch of each run; see `run_products.measured`.

    Args:
        total: the loss, of a program that was run again.
        runs: what was watched in it.
    """
    import tensorflow as tf

    graph = tf.compat.v1.get_default_graph()
    handles = {id(h): h for run in runs for h in run.handles}
    stored = [graph.capture(handle) for handle in handles.values()]
    sources = [
        x for run in runs for x in (*run.stand_ins, *run.zeros.values(), *run.sequence_zeros)
    ]
    gradients = tf.gradients(total, [*sources, *stored])
    of = {id(x): _dense(x, g) for x, g in zip(sources, gradients[: len(sources)], strict=True)}
    elsewhere: dict[int, Any] = {}
    for key, gradient in zip(handles, gradients[len(sources) :], strict=True):
        elsewhere[key] = 0.0 if gradient is None else tf.convert_to_tensor(gradient)
        for run in runs:
            for handle, stand_in in zip(run.handles, run.stand_ins, strict=True):
                if id(handle) == key:
                    elsewhere[key] += of[id(stand_in)]
    return [_of_run(run, of, elsewhere) for run in runs]


def _of_run(run: WatchedRun, of: dict[int, Any], elsewhere: dict[int, Any]) -> dict[str, Any]:
    import tensorflow as tf

    of_variables = [of[id(s)] for s in run.stand_ins]
    at_steps = {key: of[id(zeros)] for key, zeros in run.zeros.items()}
    of_sequences = [of[id(zeros)] for zeros in run.sequence_zeros]
    found: dict[str, Any] = measured(run, at_steps, of_sequences, of_variables)
    beside = [norm(elsewhere[id(h)] - g) for h, g in zip(run.handles, of_variables, strict=True)]
    found["elsewhere"] = tf.stack(beside) if beside else tf.zeros([0], tf.float64)
    return found


def _dense(source: Any, gradient: Any) -> Any:
    import tensorflow as tf

    return tf.zeros_like(source) if gradient is None else tf.convert_to_tensor(gradient)
