"""Runs one timestep's call of a cell again, with what it took then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tb_rnnview.sources.keras_object import keras_kind
from tb_rnnview.training.cached_masks import masks_kept
from tb_rnnview.training.cell_calls import CellCall, PerStep, call_flat
from tb_rnnview.training.gates import Gate, gates_of
from tb_rnnview.training.variables_read import reading


@dataclass
class Replayed:
    """A call that is to be run again, and what its results are compared with."""

    call: CellCall
    values: list[Any]
    """What its variables are."""
    tangents: list[Any]
    """For each variable a direction, like it: G, or a multiple of it."""
    over_time: Any
    """[T, …]: (what it took, dL/d of each of its results in float32, bool [T, batch])."""


def replay(
    call: CellCall, taken: Sequence[Any], values: Sequence[Any]
) -> tuple[list[Any], list[Gate]]:
    """The results of a call, as `CellCall.results` but of one timestep, and its gates.

    Args:
        call: the call.
        taken: what `CellCall.per_step` is at the timestep.
        values: what its variables are at the timestep.
    """
    import tensorflow as tf

    if call.context is None or call.attributes is None:
        raise ValueError("the cell has not been called yet")
    leaves = tf.nest.flatten(call.arguments)
    leaves = [taken[leaf.index] if isinstance(leaf, PerStep) else leaf for leaf in leaves]
    *arguments, masks = tf.nest.pack_sequence_as(call.arguments, leaves)
    # A layer of Keras does more around its call: it casts, for one.
    run = call.original if keras_kind(call.cell) is None else call.cell
    with (
        call.context.entered(),
        call.attributes.in_place(),
        masks_kept(call.cell, masks),
        reading(call.variables, values),
        gates_of(call.cell) as gates,
    ):
        _, _, results, _ = call_flat(run, *arguments)
    return results, gates


def saturation(gates: Sequence[Gate], is_live: Any) -> list[Any]:
    """For each gate its saturated units and all its units: float32 [] each.

    Args:
        gates: of one timestep.
        is_live: bool [batch]: the sequences that count.
    """
    return [count for gate in gates for count in gate.saturated(is_live)]


def of_all_timesteps(body: Callable[[Any], Any], over_time: Any, length: Any, at_once: int) -> Any:
    """What ``body`` gives for each timestep, computed for many timesteps at once.

    Args:
        body: takes the elements of one timestep, nested like ``over_time``; gives float32, whose
            shape is the same at all timesteps.
        over_time: tensors [T, …].
        length: T.
        at_once: as many timesteps at most, so that what lies between fits into memory.

    Returns:
        float32 [T, …]
    """
    import tensorflow as tf

    if isinstance(length, int) and length <= at_once:
        return tf.vectorized_map(body, over_time)
    pieces = (length + at_once - 1) // at_once

    def piece(i: Any, done: Any) -> Any:
        part = tf.nest.map_structure(lambda x: x[i * at_once : (i + 1) * at_once], over_time)
        return i + 1, done.write(i, tf.vectorized_map(body, part))

    done = tf.TensorArray(tf.float32, size=pieces, infer_shape=False)
    _, done = tf.while_loop(
        lambda i, _: i < pieces, piece, (tf.constant(0), done), parallel_iterations=1
    )
    return done.concat()
