"""One call of a cell in a timestep, and what is done to it while its layer's loop is traced.

A timestep of a layer calls its cells one after the other, always in the same order. While the loop
is traced each call reads stand-ins for the cell's variables, so that their gradient is that through
this layer alone; and a zero is added to every state that it gives (and to its output where that is
no state), so that the gradient with respect to that zero is dL/ds_t.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tb_rnnview.sources.user_names import handles
from tb_rnnview.training.cached_masks import masks_here
from tb_rnnview.training.call_context import CallContext
from tb_rnnview.training.held_attributes import HeldAttributes
from tb_rnnview.training.side_effects import Effects, chooses, effects_of, reads_stored
from tb_rnnview.training.variables_read import reading

Call = Callable[..., Any]


@dataclass(frozen=True)
class PerStep:
    """An argument that is another tensor at each timestep."""

    index: int
    """Its place in `CellCall.taken`."""
    sequence: int | None
    """It is the element of this one of the loop's sequences, as it is; None = of none."""
    like: Any
    """A tensor of its shape and dtype."""


@dataclass
class CellCall:
    """One place in a timestep where a cell is called, and what is known of it over all timesteps.

    Tensors over time are [T, batch, …], in the order in which the loop visits the timesteps.
    """

    cell: Any
    original: Call
    """The cell's own ``call``."""
    variables: list[Any]
    """The trained ``tf.Variable`` that it reads."""
    effects: Effects
    """What calling it does besides computing."""
    is_alike: bool
    """It runs the same operations at each timestep, whatever the values."""
    is_told: bool
    """It reads the stand-ins of its variables, wherever it reads them."""
    arguments: Any
    """(inputs, states, args, kwargs, masks that it keeps), `PerStep` for what changes."""
    structure: Any
    """How its results are nested: (output, new states)."""
    sources: list[int]
    """For each result of `structure`, which of `results` it is."""
    state_count: int
    """How many of the first `results` are states; the rest are outputs that are no states."""
    like: list[Any]
    """Tensors with the shapes and dtypes of `results`."""
    context: CallContext | None = None
    attributes: HeldAttributes | None = None
    stand_ins: list[Any] = field(default_factory=list)
    """A tensor in the place of each variable, for this call alone."""
    added: list[Any] = field(default_factory=list)
    """The zeros that are added to `results`, over time (or for each timestep, if written out)."""
    results: list[Any] = field(default_factory=list)
    """The states after each timestep, before masking, then the outputs that are no states."""
    taken: list[Any] = field(default_factory=list)
    """What `PerStep` in `arguments` stands for, over time."""
    gates: list[str] = field(default_factory=list)
    """The names of its gates, once it was run again."""

    @property
    def per_step(self) -> list[PerStep]:
        """The arguments that change, in their order."""
        import tensorflow as tf

        return [leaf for leaf in tf.nest.flatten(self.arguments) if isinstance(leaf, PerStep)]


def call_flat(
    call: Call, inputs: Any, states: Any, args: Any, kwargs: Any
) -> tuple[Any, list[int], list[Any], int]:
    """Calls a cell; its results, each once.

    Returns:
        The structure of (output, new states), for each of its leaves the index of its result, the
        results, and how many of those, the first ones, are states.
    """
    import tensorflow as tf

    output, states_after = call(inputs, states, *args, **kwargs)
    results = tf.nest.flatten(states_after)
    count = len(results)
    sources = []
    for leaf in tf.nest.flatten(output):
        same = [i for i, result in enumerate(results) if result is leaf]
        if not same:
            results.append(leaf)
        sources.append(same[0] if same else len(results) - 1)
    return (output, states_after), [*sources, *range(count)], results, count


def packed(structure: Any, sources: Sequence[int], results: Sequence[Any]) -> Any:
    """The opposite of `call_flat`: (output, new states) of the results."""
    import tensorflow as tf

    return tf.nest.pack_sequence_as(structure, [results[i] for i in sources])


class Timestep:
    """What cells that are called find while a loop is traced; this one lets them do as always."""

    def called(
        self, cell: Any, original: Call, inputs: Any, states: Any, args: Any, kwargs: Any
    ) -> Any:
        """A cell is called.

        Args:
            cell: the cell.
            original: its own ``call``.
            inputs: what it takes of the sequence.
            states: the states before.
            args: the rest of the positional arguments.
            kwargs: the keyword arguments.

        Returns:
            (output, new states)
        """
        del cell
        return original(inputs, states, *args, **kwargs)


class Scouting(Timestep):
    """Finds out which cells are called with what, what they read, and whether they draw or write.

    Args:
        elements: the timestep's elements of the loop's sequences.
        is_trained: whether a variable is trained.
    """

    def __init__(self, elements: Sequence[Any], is_trained: Callable[[Any], bool]) -> None:
        self._elements = elements
        self._is_trained = is_trained
        self.calls: list[CellCall] = []

    def called(
        self, cell: Any, original: Call, inputs: Any, states: Any, args: Any, kwargs: Any
    ) -> Any:
        """As `Timestep.called`."""
        import tensorflow as tf

        graph = tf.compat.v1.get_default_graph()
        with tf.GradientTape() as tape:
            structure, sources, results, count = call_flat(original, inputs, states, args, kwargs)
        found = list({id(v): v for v in tape.watched_variables()}.values())
        read = [variable for variable in found if self._is_trained(variable)]
        values = [tf.zeros(variable.shape, variable.dtype) for variable in read]
        before = len(graph.get_operations())
        # What it draws once and keeps, it does not draw when it is run again.
        with reading(read, values):
            original(inputs, states, *args, **kwargs)
        made = graph.get_operations()[before:]
        is_told = not reads_stored(made, [h for v in read for h in handles(v)])
        arguments = self._told_apart((inputs, states, args, kwargs, masks_here(cell)), graph)
        self.calls.append(
            CellCall(
                cell, original, read, effects_of(made), not chooses(made), is_told, arguments,
                structure, sources, count, results,
            )
        )  # fmt: skip
        return structure

    def _told_apart(self, arguments: Any, graph: Any) -> Any:
        """The arguments, with what changes from timestep to timestep marked."""
        import tensorflow as tf

        found = []
        count = 0
        for leaf in tf.nest.flatten(arguments):
            if tf.is_tensor(leaf) and getattr(leaf, "graph", None) is graph:
                same = [i for i, element in enumerate(self._elements) if element is leaf]
                found.append(PerStep(count, same[0] if same else None, leaf))
                count += 1
            else:
                found.append(leaf)
        return tf.nest.pack_sequence_as(arguments, found)


class FirstTimestep(Timestep):
    """Learns the results' shapes, outside the loop, as Keras does."""

    def __init__(self) -> None:
        self.results: list[list[Any]] = []

    def called(
        self, cell: Any, original: Call, inputs: Any, states: Any, args: Any, kwargs: Any
    ) -> Any:
        """As `Timestep.called`."""
        del cell
        structure, _, results, _ = call_flat(original, inputs, states, args, kwargs)
        self.results.append(results)
        return structure


class WatchedTimestep(Timestep):
    """Reads stand-ins, adds the zeros of this timestep, and keeps what the cells take and give.

    Args:
        calls: the calls of this timestep, in their order.
        added: for each, what to add to each result; None = a zero that is made here.
    """

    def __init__(self, calls: Sequence[CellCall], added: Sequence[Sequence[Any]] | None) -> None:
        self._calls = calls
        self._added = added
        self.taken: list[list[Any]] = []
        """For each call, what `CellCall.per_step` is at this timestep."""
        self.given: list[list[Any]] = []
        self.zeros: list[list[Any]] = []

    def called(
        self, cell: Any, original: Call, inputs: Any, states: Any, args: Any, kwargs: Any
    ) -> Any:
        """As `Timestep.called`."""
        import tensorflow as tf

        index = len(self.taken)
        call = self._calls[index]
        if call.context is None:
            kind = type(cell).__mro__
            is_legacy = any(k.__module__.partition(".")[0] == "tf_keras" for k in kind)
            call.context = CallContext(is_legacy=is_legacy)
            call.attributes = HeldAttributes(cell)
        with reading(call.variables, call.stand_ins):
            structure, sources, results, _ = call_flat(original, inputs, states, args, kwargs)
        if self._added is None:
            zeros = [tf.zeros_like(result) for result in results]
        else:
            zeros = list(self._added[index])
        given = [
            result + zero if result.dtype.is_floating else result
            for result, zero in zip(results, zeros, strict=True)
        ]
        leaves = tf.nest.flatten((inputs, states, args, kwargs, masks_here(cell)))
        template = tf.nest.flatten(call.arguments)
        self.taken.append(
            [
                leaf
                for leaf, expected in zip(leaves, template, strict=True)
                if isinstance(expected, PerStep)
            ]
        )
        self.given.append(given)
        self.zeros.append(zeros)
        return packed(structure, sources, given)
