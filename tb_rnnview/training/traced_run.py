"""One application of a layer while its program is run again: what is added, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tb_rnnview.training.copied_graph import Copy, Taps
from tb_rnnview.training.gates import Gate
from tb_rnnview.training.traced_places import LayerRun, NotFoundError, Place
from tb_rnnview.training.traced_scope import TracedScope


@dataclass(frozen=True)
class Step:
    """A timestep in the trace."""

    index: int = 0
    """Which one; all that run in a loop's body are 0."""
    is_before: bool = False
    """It is one of those that run before the loop."""


IN_LOOP = Step()


@dataclass
class Use:
    """An operation that takes weights at each timestep."""

    operation: Any
    """In the traced graph: that of one timestep, which those of the others are like."""
    place: Place
    data: list[int]
    """The slots at which it takes what differs from timestep to timestep."""
    variables: list[int]
    """Which of the run's variables it takes."""
    outputs: list[int]
    """The ports of its outputs that are no whole numbers."""


@dataclass
class WatchedRun:
    """A run with its operations, and then with tensors of the graph that is being built."""

    run: LayerRun
    scope: TracedScope
    """In which the operations of its timesteps are."""
    handles: list[Any]
    """Of its variables."""
    uses: list[Use] = field(default_factory=list)
    stand_ins: list[Any] = field(default_factory=list)
    """What its uses take for its variables."""
    sequences: list[Any] = field(default_factory=list)
    """What `LayerRun.sequences` are, without the zeros that are added."""
    zeros: dict[str, Any] = field(default_factory=dict)
    """[T, …] of each tensor to which zeros are added; by its name in the first timestep."""
    sequence_zeros: list[Any] = field(default_factory=list)
    """What is added to the tensors of `sequences`."""
    kept: dict[str, Any] = field(default_factory=dict)
    """[T, …] of what is kept."""
    steps: Any = None
    """How many timesteps ran."""

    def find_uses(self) -> None:
        """Finds which inputs of its uses are weights.

        Raises:
            NotFoundError: a use is of a kind that is not watched.
        """
        for place in self.run.uses:
            operation = self.operation(place)
            behind = [self.scope.behind(x) for x in operation.inputs]
            data = [slot for slot, variables in enumerate(behind) if variables is None]
            taken = frozenset[int]().union(*(v for v in behind if v is not None))
            variables = [i for i, handle in enumerate(self.handles) if id(handle) in taken]
            if any(operation.inputs[slot].dtype.name in ("resource", "variant") for slot in data):
                raise NotFoundError(f"{operation.name} looks its variable up where it is stored")
            outputs = [k for k, x in enumerate(operation.outputs) if x.dtype.is_floating]
            self.uses.append(Use(operation, place, data, variables, outputs))

    @property
    def outside(self) -> TracedScope:
        """The scope in which its loop is."""
        return self.scope.parent if self.run.loop and self.scope.parent else self.scope

    def operation(self, place: Place) -> Any:
        """The operation of some timestep that has it.

        Raises:
            NotFoundError: there is none.
        """
        # The first timestep may be simpler than the others.
        name = next((n for n in place.names[::-1] if n), "")
        try:
            return self.scope.graph.get_operation_by_name(name)
        except (KeyError, ValueError) as error:
            raise NotFoundError(
                f"{name or place.names} is no operation of its timesteps"
            ) from error

    def at(self, place: Place, step: Step) -> Any:
        """The operation of a timestep; None = it has none."""
        scope = self.outside if step.is_before else self.scope
        name = (place.before if step.is_before else place.names)[step.index]
        return scope.graph.get_operation_by_name(name) if name else None

    def steps_outside(self) -> list[Step]:
        """The timesteps that are not in the body of a loop, in the order in which they run."""
        if self.run.loop:
            return [Step(i, is_before=True) for i in range(self.run.before)]
        return [Step(i) for i in range(self.run.length)]

    def check_shapes(self) -> None:
        """Makes sure that zeros can be made for all that they are added to.

        Raises:
            NotFoundError: a shape is not known.
        """
        for tensor in [*(x for _, x in self._to_be_added()), *self._sequence_tensors()]:
            if not tensor.shape.is_fully_defined():
                raise NotFoundError(f"the shape of {tensor.name} is not known before it runs")
        steps = [*self.steps_outside(), *([IN_LOOP] if self.run.loop else [])]
        places = [(use.place, use.operation) for use in self.uses]
        places += [(s.place, self.operation(s.place)) for s in self.run.states]
        for place, operation in places:
            for step in steps:
                own = self.at(place, step)
                if own is not None and _shapes(own) != _shapes(operation):
                    raise NotFoundError(
                        f"what {own.name} computes with has another shape than at other timesteps"
                    )
        for sequence, tensor in zip(self.run.sequences, self._sequence_tensors(), strict=True):
            if tensor.shape[sequence.dimension] != self.run.length:
                raise NotFoundError(f"its timesteps do not take all elements of {tensor.name}")

    def add_zeros(self) -> None:
        """Makes the zeros that are added to what its uses and timesteps give."""
        import tensorflow as tf

        for key, tensor in self._to_be_added():
            self.zeros[key] = tf.zeros([self.run.length, *tensor.shape], tensor.dtype)
        self.sequence_zeros = [tf.zeros(x.shape, x.dtype) for x in self._sequence_tensors()]

    def _sequence_tensors(self) -> list[Any]:
        """What `LayerRun.sequences` are in the trace."""
        graph = self.outside.graph
        return [graph.get_tensor_by_name(place.name) for place in self.run.sequences]

    def tap_outside(self, taps: Taps) -> None:
        """Lets operations that take its variables outside its timesteps take the stand-ins."""
        for name in self.run.hoisted:
            operation = self.outside.graph.get_operation_by_name(name)
            for slot, tensor in enumerate(operation.inputs):
                if self.outside.behind(tensor):
                    taps.instead[name, slot] = self._weight(self.outside, tensor)
        for place, zeros in zip(self.run.sequences, self.sequence_zeros, strict=True):
            before = taps.added.get(place.name)
            taps.added[place.name] = zeros if before is None else before + zeros

    def _to_be_added(self) -> list[tuple[str, Any]]:
        of_uses = [
            (f"use {i}:{port}", use.operation.outputs[port])
            for i, use in enumerate(self.uses)
            for port in use.outputs
        ]
        of_states = [
            (f"state {i}", self.operation(state.place).outputs[state.place.port])
            for i, state in enumerate(self.run.states)
        ]
        return of_uses + of_states

    def tap(self, taps: Taps, step: Step, added: dict[str, Any]) -> None:
        """Lets the operations of a timestep take the stand-ins, and what they give be added to.

        Args:
            taps: of the graph with the operations.
            step: the timestep.
            added: what is added, by the keys of `zeros`.
        """
        scope = self.outside if step.is_before else self.scope
        for i, use in enumerate(self.uses):
            operation = self.at(use.place, step)
            if operation is None:
                continue
            for slot in range(len(operation.inputs)):
                if slot not in use.data:
                    tensor = operation.inputs[slot]
                    taps.instead[operation.name, slot] = self._weight(scope, tensor)
            for port in use.outputs:
                taps.added[operation.outputs[port].name] = added[f"use {i}:{port}"]
        for i, state in enumerate(self.run.states):
            operation = self.at(state.place, step)
            if operation is not None:
                name = operation.outputs[state.place.port].name
                taps.added_after[name] = added[f"state {i}"]
                within = [self.at(place, step) for place in state.within]
                taps.within[name] = {op.name for op in within if op is not None}

    def looked_at(self) -> list[Any]:
        """The tensors of a loop's body that are kept."""
        found = [use.operation.inputs[slot] for use in self.uses for slot in use.data]
        found += [self.operation(s.place).outputs[s.place.port] for s in self.run.states]
        found += [self.operation(place).outputs[place.port] for _, place in self.gates]
        if self.run.mask is not None:
            found.append(self.operation(self.run.mask.place).inputs[0])
        return found

    def values_of(self, values: Sequence[Any]) -> dict[int, Any]:
        """Values of its variables, by the identities of their handles."""
        return {id(h): value for h, value in zip(self.handles, values, strict=True)}

    def _weight(self, scope: TracedScope, tensor: Any) -> Callable[[], Any]:
        return lambda: scope.weight(tensor, self.values_of(self.stand_ins))

    def seen(self, copy: Copy, step: Step) -> dict[str, Any]:
        """What is kept of a timestep that was copied; None = the timestep has none of it."""
        import tensorflow as tf

        found: dict[str, Any] = {}
        for i, use in enumerate(self.uses):
            operation = self.at(use.place, step)
            for slot in use.data:
                key = f"taken {i}:{slot}"
                found[key] = None if operation is None else copy.values[operation.inputs[slot].name]
        for i, state in enumerate(self.run.states):
            operation = self.at(state.place, step)
            found[f"state {i}"] = (
                None if operation is None else copy.state(operation.outputs[state.place.port].name)
            )
        if self.run.mask is not None:
            operation = self.at(self.run.mask.place, step)
            found["mask"] = None if operation is None else copy.values[operation.inputs[0].name]
        for i, (name, place) in enumerate(self.gates):
            operation = self.at(place, step)
            counts = [tf.zeros([]), tf.zeros([])]
            if operation is not None:
                values = copy.values[operation.outputs[place.port].name]
                gate = Gate(name, values, operation.type == "Sigmoid")
                counts = list(gate.saturated(tf.fill([tf.shape(values)[0]], True)))
            found[f"gate {i}"] = tf.stack(counts)
        return found

    @property
    def gates(self) -> list[tuple[str, Place]]:
        """The gates that are between bounds."""
        kinds = ("Sigmoid", "Tanh")
        return [(n, place) for n, place in self.run.gates if self.operation(place).type in kinds]


def _shapes(operation: Any) -> list[Any]:
    """The shapes of what an operation takes and gives."""
    tensors = [*operation.inputs, *operation.outputs]
    return [x.shape.as_list() if x.shape.rank is not None else None for x in tensors]
