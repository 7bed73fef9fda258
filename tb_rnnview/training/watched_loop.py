"""The loop over time of one run of a layer, as Keras' own ``rnn`` runs it, and what happens in it.

What comes out is what Keras' loop gives: masks, direction, constants and states are treated alike.
On the way the cells' calls get the zeros that gradients are taken of, and what they take and give
is kept.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tb_rnnview.training.cell_calls import (
    CellCall,
    FirstTimestep,
    Scouting,
    Timestep,
    WatchedTimestep,
)
from tb_rnnview.training.cells import RecurrentLayer
from tb_rnnview.training.held_attributes import HeldAttributes
from tb_rnnview.training.over_time import Elements, as_bits, bits_of, from_bits
from tb_rnnview.training.written_variables import dtype_of, written_handles


@dataclass
class Application:
    """One run of a recurrent layer over a sequence; tensors are in the order of visits."""

    layer: RecurrentLayer
    calls: list[CellCall] = field(default_factory=list)
    length: Any = None
    """T: a number, or a tensor where it is not fixed."""
    mask: Any = None
    """bool [T, batch]; None = every sequence of the batch runs at all timesteps."""
    is_backward: bool = False
    written: list[tuple[Any, Any]] = field(default_factory=list)
    """Handles of the variables that a timestep writes, and their values before the first one."""


@dataclass(frozen=True)
class Loop:
    """What Keras' ``rnn`` is called with, tensors [T, batch, …]."""

    step: Callable[..., Any]
    sequences: list[Any]
    """In the order of visits."""
    structure: Any
    """How `sequences` are nested."""
    states: tuple[Any, ...]
    constants: tuple[Any, ...]
    mask: Any
    """bool [T, batch, 1], in the order of visits, or None."""
    length: Any
    is_zero_when_masked: bool
    gives_all: bool

    def inputs_at(self, elements: Sequence[Any]) -> Any:
        """The elements of one timestep, nested as the step takes them."""
        import tensorflow as tf

        return tf.nest.pack_sequence_as(self.structure, list(elements))

    def called(self, elements: Sequence[Any], states: Any) -> tuple[Any, Any]:
        """Runs a timestep: (output, new states)."""
        result: tuple[Any, Any] = self.step(
            self.inputs_at(elements), tuple(states) + self.constants
        )
        return result


class WatchedLoop:
    """Runs loops in the place of Keras' ``rnn``, and tells the cells in which timestep they are.

    Args:
        is_trained: whether a ``tf.Variable`` is trained.
    """

    def __init__(self, is_trained: Callable[[Any], bool]) -> None:
        self._is_trained = is_trained
        self.timestep: Timestep = Timestep()
        """What cells that are called find."""

    def run(
        self,
        layer: RecurrentLayer,
        step_function: Callable[..., Any],
        inputs: Any,
        initial_states: Any,
        *,
        go_backwards: bool = False,
        mask: Any = None,
        constants: Any = None,
        unroll: bool = False,
        input_length: Any = None,
        time_major: bool = False,
        zero_output_for_mask: bool = False,
        return_all_outputs: bool = True,
    ) -> tuple[Application, tuple[Any, Any, Any]]:
        """As ``keras.src.backend.rnn``, whose arguments these are.

        Returns:
            What was seen, and (last output, outputs, new states).
        """
        import tensorflow as tf

        sequences = tf.nest.flatten(inputs)
        if not time_major:
            sequences = [_swapped(sequence) for sequence in sequences]
        fixed = sequences[0].shape[0]
        length = tf.shape(sequences[0])[0] if fixed is None else fixed
        mask = _mask(mask, input_length, length, time_major=time_major)
        if go_backwards:
            sequences = [tf.reverse(sequence, [0]) for sequence in sequences]
            mask = None if mask is None else tf.reverse(mask, [0])
        loop = Loop(
            step_function, sequences, inputs, tuple(initial_states), tuple(constants or ()),
            mask, length, zero_output_for_mask, return_all_outputs,
        )  # fmt: skip
        seen = Application(layer, length=length, is_backward=go_backwards)
        seen.mask = None if mask is None else mask[:, :, 0]
        run = self._written_out if unroll else self._looped
        last, outputs, states = run(loop, seen)
        if not time_major:
            outputs = tf.nest.map_structure(_swapped, outputs)
        return seen, (last, outputs, states)

    def _scout(self, loop: Loop, seen: Application) -> None:
        """Learns the calls of a timestep from tracing one into a graph that is thrown away."""
        import tensorflow as tf

        kept = [HeldAttributes(cell) for cell in seen.layer.cells]
        graph = tf.__internal__.FuncGraph("scouting")
        with graph.as_default():
            elements = [tf.identity(sequence[0]) for sequence in loop.sequences]
            states = tf.nest.map_structure(tf.identity, loop.states)
            scouting = Scouting(elements, self._is_trained)
            with self._in(scouting):
                loop.called(elements, states)
        for attributes in kept:
            attributes.put_back()
        seen.calls = scouting.calls
        for call in seen.calls:
            call.stand_ins = [tf.stop_gradient(v.read_value()) for v in call.variables]
        seen.written = _values(written_handles(graph))

    @contextlib.contextmanager
    def _in(self, timestep: Timestep) -> Iterator[None]:
        before = self.timestep
        self.timestep = timestep
        try:
            yield
        finally:
            self.timestep = before

    def _looped(self, loop: Loop, seen: Application) -> tuple[Any, Any, Any]:
        """The loop as an operation of TensorFlow's."""
        import tensorflow as tf

        first = FirstTimestep()
        with self._in(first):
            example, _ = loop.called([s[0] for s in loop.sequences], loop.states)
        # Not before: there may be masks now, which are drawn once for all timesteps.
        self._scout(loop, seen)
        calls = seen.calls
        outputs = tf.nest.flatten(example)
        for call, results in zip(calls, first.results, strict=True):
            call.added = [_zeros_over_time(result, loop.length) for result in results]
        added = [zeros for call in calls for zeros in call.added]
        lists = [Elements(tensor) for tensor in [*loop.sequences, *added]]
        count = len(loop.sequences)
        masks = None if loop.mask is None else _unstacked(loop.mask, loop.length)
        size = loop.length if loop.gives_all else 1
        given = [tf.TensorArray(o.dtype, size=size, element_shape=o.shape) for o in outputs]
        zeros = [tf.zeros_like(o) for o in outputs]
        like = _like(calls)
        kept = [
            tf.TensorArray(bits_of(x.dtype), size=loop.length, element_shape=x.shape) for x in like
        ]

        def body(t: Any, carried: Any, given: Any, kept: Any, before: Any, *states: Any) -> Any:
            taken = [of.taken(rest) for of, rest in zip(lists, carried, strict=True)]
            elements = [element for _, element in taken]
            timestep = WatchedTimestep(calls, _split(elements[count:], calls))
            with self._in(timestep):
                output, after = loop.called(elements[:count], states)
            seen_now = zip(kept, _seen(calls, timestep), strict=True)
            kept = [array.write(t, as_bits(x)) for array, x in seen_now]
            flat = tf.nest.flatten(output)
            if masks is not None:
                held = zeros if loop.is_zero_when_masked else before
                flat, after = _masked(masks.read(t), (flat, held), (after, states))
                before = flat
            at = t if loop.gives_all else 0
            given = [array.write(at, o) for array, o in zip(given, flat, strict=True)]
            carried = [rest for rest, _ in taken]
            return (t + 1, carried, given, kept, before, *_as(loop.states, after))

        _, _, given, kept, _, *states = tf.while_loop(
            lambda t, *_: t < loop.length,
            body,
            (tf.constant(0), [of.first for of in lists], given, kept, zeros, *loop.states),
            parallel_iterations=32,
            swap_memory=True,
            maximum_iterations=loop.length,
        )
        stacked = [from_bits(a.stack(), x.dtype) for a, x in zip(kept, like, strict=True)]
        _finish(calls, loop.sequences, stacked)
        stacked = [array.stack() for array in given]
        return (
            tf.nest.pack_sequence_as(example, [o[-1] for o in stacked]),
            tf.nest.pack_sequence_as(example, stacked),
            states,
        )

    def _written_out(self, loop: Loop, seen: Application) -> tuple[Any, Any, Any]:
        """The loop as one timestep after the other, for a layer with ``unroll``."""
        import tensorflow as tf

        self._scout(loop, seen)
        calls = seen.calls
        sequences = [tf.unstack(sequence) for sequence in loop.sequences]
        masks = None if loop.mask is None else tf.unstack(loop.mask)
        states: Any = loop.states
        before: list[Any] = []
        kept, given, zeros = [], [], []
        for t in range(len(sequences[0])):
            timestep = WatchedTimestep(calls, None)
            with self._in(timestep):
                output, after = loop.called([sequence[t] for sequence in sequences], states)
            kept.append(_seen(calls, timestep))
            zeros.append(timestep.zeros)
            flat = tf.nest.flatten(output)
            if masks is not None:
                before = before or [tf.zeros_like(o) for o in flat]
                held = [tf.zeros_like(o) for o in flat] if loop.is_zero_when_masked else before
                flat, after = _masked(masks[t], (flat, held), (after, states))
                before = flat
            given.append(flat)
            states = _as(loop.states, after)
        for i, call in enumerate(calls):
            call.added = [list(steps) for steps in zip(*(z[i] for z in zeros), strict=True)]
        _finish(calls, loop.sequences, [tf.stack(steps) for steps in zip(*kept, strict=True)])
        all_given = given if loop.gives_all else given[-1:]
        stacked = [tf.stack(steps) for steps in zip(*all_given, strict=True)]
        return (
            tf.nest.pack_sequence_as(output, given[-1]),
            tf.nest.pack_sequence_as(output, stacked),
            list(states),
        )


def _swapped(sequence: Any) -> Any:
    import tensorflow as tf

    return tf.transpose(sequence, [1, 0, *range(2, len(sequence.shape))])


def _mask(mask: Any, input_length: Any, length: Any, *, time_major: bool) -> Any:
    """The mask, bool [T, batch, 1], in the order of the sequence; None = there is none.

    Args:
        mask: as Keras has it.
        input_length: a number, or where sequences are ragged, int [batch].
        length: T.
        time_major: the mask is [T, batch].
    """
    import tensorflow as tf

    if mask is None:
        if not tf.is_tensor(input_length) or len(input_length.shape) != 1:
            return None
        return (tf.range(length)[:, None] < tf.cast(input_length, tf.int32)[None])[:, :, None]
    mask = tf.cast(mask, tf.bool)
    if len(mask.shape) == 2:
        mask = mask[:, :, None]
    return mask if time_major else tf.transpose(mask, [1, 0, 2])


def _values(handles: Sequence[Any]) -> list[tuple[Any, Any]]:
    """The handles of variables, and what is stored there now."""
    import tensorflow as tf

    return [
        (handle, tf.identity(tf.raw_ops.ReadVariableOp(resource=handle, dtype=dtype_of(handle))))
        for handle in handles
        if dtype_of(handle) is not None
    ]


def _zeros_over_time(result: Any, length: Any) -> Any:
    import tensorflow as tf

    return tf.zeros(tf.concat([[length], tf.shape(result)], 0), result.dtype)


def _unstacked(tensor: Any, length: Any) -> Any:
    import tensorflow as tf

    return tf.TensorArray(tensor.dtype, size=length).unstack(tensor)


def _split(added: Sequence[Any], calls: Sequence[CellCall]) -> list[Sequence[Any]]:
    """What is added to the results of each call."""
    rest = iter(added)
    return [[next(rest) for _ in call.like] for call in calls]


def _like(calls: Sequence[CellCall]) -> list[Any]:
    """Tensors like those of `_seen`."""
    return [
        x
        for call in calls
        for x in [*(p.like for p in call.per_step if p.sequence is None), *call.like]
    ]


def _seen(calls: Sequence[CellCall], timestep: WatchedTimestep) -> list[Any]:
    """What is kept of a timestep: what the cells take that is no element, and what they give."""
    kept = []
    for call, taken, given in zip(calls, timestep.taken, timestep.given, strict=True):
        kept += [taken[p.index] for p in call.per_step if p.sequence is None]
        kept += given
    return kept


def _finish(calls: Sequence[CellCall], sequences: Sequence[Any], over_time: Sequence[Any]) -> None:
    """Hands what was kept, over time, to the calls."""
    rest = iter(over_time)
    for call in calls:
        call.taken = [
            next(rest) if p.sequence is None else sequences[p.sequence] for p in call.per_step
        ]
        call.results = [next(rest) for _ in call.like]


def _masked(is_live: Any, outputs: Any, states: Any) -> tuple[list[Any], Any]:
    """(new, old) outputs and states: the new ones where a sequence runs, else the old ones."""
    import tensorflow as tf

    flat = [_where(is_live, new, old) for new, old in zip(*outputs, strict=True)]
    after, before = states
    pairs = zip(tf.nest.flatten(after), tf.nest.flatten(before), strict=True)
    kept = [_where(is_live, new, old) for new, old in pairs]
    return flat, tf.nest.pack_sequence_as(after, kept)


def _where(is_live: Any, new: Any, old: Any) -> Any:
    import tensorflow as tf

    rank = len(new.shape)
    if rank > 2:
        is_live = tf.reshape(is_live, [-1, *[1] * (rank - 1)])
    return tf.where(is_live if rank > 1 else is_live[:, 0], new, old)


def _as(states: Any, after: Any) -> tuple[Any, ...]:
    """The new states, nested as those before."""
    import tensorflow as tf

    return tuple(tf.nest.pack_sequence_as(states, tf.nest.flatten(after)))
