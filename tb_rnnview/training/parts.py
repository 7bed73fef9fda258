"""Measures a batch of which every replica trains on a part, in two rounds.

The vote of a timestep is <G_t, G> / <G, G> with the G of the whole batch, which no part knows. So
the first round adds up what each part adds to G. The second one takes G as given, and adds up
<G_t, G> / |G| of each part, with all else that is a sum over sequences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.training.sums import Arrays, added

Total = Callable[[Callable[[], Arrays]], Arrays]
"""Adds up over all processes the arrays that a function gives for this one."""


def here_alone(compute: Callable[[], Arrays]) -> Arrays:
    """The `Total` of a single process."""
    return compute()


def of_all_parts(
    reach: Callable[[Any], Any],
    measure: Callable[[Any, Any], Any],
    parts: Sequence[Any],
    total: Total,
) -> list[list[dict[str, Any]]]:
    """What is measured of a whole batch.

    Args:
        reach: gives for a part what `tb_rnnview.training.measuring.reaching` describes.
        measure: gives for a part and directions what `tb_rnnview.training.measuring.measured`
            describes.
        parts: (x, y, sample weights) of each replica in this process. Where there are fewer
            examples than replicas, some have none.
        total: adds up over all processes.

    Returns:
        As `tb_rnnview.training.measuring.measured`, of a whole batch, in arrays; empty where
        this process has no example of it.
    """
    gradients = _gradients(reach, parts, total)
    directions = [
        [[_over(g, _norm(g)) for g, _ in pairs] for pairs in of_calls] for of_calls in gradients
    ]
    # A replica without examples still has its share of what regularises weights, and no more.
    seen = [part for part in parts if _has_examples(part)]
    found = _sums(lambda part: measure(part, directions), seen, total)
    if not found:
        return []
    for of_calls, pairs_of_calls in zip(found, gradients, strict=True):
        for arrays, pairs in zip(of_calls, pairs_of_calls, strict=True):
            arrays["norms"] = np.array([_norm(g) for g, _ in pairs])
            arrays["elsewhere"] = np.array([_norm(beside) for _, beside in pairs])
    return found


def _gradients(reach: Callable[[Any], Any], parts: Sequence[Any], total: Total) -> Any:
    """The first round: what `reach` gives, of the whole batch, in arrays."""
    import tensorflow as tf

    form: Any = None

    def compute() -> Arrays:
        nonlocal form
        runs = [reach(part) for part in parts]
        form = runs[0]
        return added(_flat_arrays(runs, np.ravel))

    sums = total(compute)
    like = tf.nest.flatten(form)
    shaped = [array.reshape(x.shape) for array, x in zip(sums, like, strict=True)]
    return tf.nest.pack_sequence_as(form, shaped)


def _sums(
    measure: Callable[[Any], Any], parts: Sequence[Any], total: Total
) -> list[list[dict[str, Any]]]:
    """The second round: what `measure` gives, of the whole batch, in arrays."""
    import tensorflow as tf

    form: Any = None

    def compute() -> Arrays:
        nonlocal form
        runs = [measure(part) for part in parts]
        form = runs[0] if runs else []
        return added(_flat_arrays(runs, np.asarray))

    sums = total(compute)
    found: list[list[dict[str, Any]]] = tf.nest.pack_sequence_as(form, sums)
    for of_calls, calls_here in zip(found, form, strict=True):
        for arrays, here in zip(of_calls, calls_here, strict=True):
            # Of a sequence's size there is no sum; the batch, behind it, is one.
            arrays["sizes"][:-1] = here["sizes"].numpy()[:-1]
    return found


def _has_examples(part: Any) -> bool:
    import tensorflow as tf

    return all(x.shape[0] != 0 for x in tf.nest.flatten(part) if hasattr(x, "shape"))


def _flat_arrays(runs: Sequence[Any], shaped: Callable[[Any], Any]) -> list[Arrays]:
    """The tensors of each run, as float64."""
    import tensorflow as tf

    return [[shaped(x.numpy()).astype(np.float64) for x in tf.nest.flatten(run)] for run in runs]


def _norm(values: NDArray[Any]) -> float:
    return float(np.sqrt(np.square(values).sum()))


def _over(gradient: NDArray[Any], length: float) -> NDArray[Any]:
    """Not a number where it is all zeros: then no timestep has a vote."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(gradient / length, np.float32)
