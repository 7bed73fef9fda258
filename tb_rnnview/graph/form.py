"""The one in-memory form of any TensorFlow graph: flat arrays and integer ids.

A node is an index. Nothing is kept per node but its place in these arrays and the raw ``NodeDef``
that the source already holds, so that a graph of a million nodes fits and is walked quickly.
A tensor is the pair (node, output port).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tb_rnnview.graph.edges import Edges

Tensor = tuple[int, int]
"""A node and one of its output ports."""

MERGE = ("Merge", "RefMerge")
NEXT = ("NextIteration", "RefNextIteration")


@dataclass(frozen=True)
class Call:
    """One instance of a function's body in the graph."""

    function: str
    node: int
    """The node that calls it."""
    parent: int
    """The call that holds this node; 0 = the main graph."""


class CircleError(ValueError):
    """Some nodes wait for their own results."""

    def __init__(self, waiting: list[int]) -> None:
        super().__init__("reads its own result")
        self.waiting = waiting
        """For each node, how many of its inputs never come."""


@dataclass(eq=False)
class Graph:
    """Nodes, data edges and control edges.

    Data edge ``e`` runs from output ``source_port[e]`` of ``source[e]`` into the node whose
    range ``first_input[n]:first_input[n + 1]`` holds ``e``; its position in that range is the
    input slot.
    """

    names: Sequence[str]
    op_ids: array[int]
    op_names: list[str]
    first_input: array[int]
    source: array[int]
    source_port: array[int]
    first_control: array[int]
    control_source: array[int]
    nodes: Sequence[Any]
    """The raw NodeDefs, read for attributes only."""
    library: Mapping[str, Any] = field(default_factory=dict)
    """The raw FunctionDefs by name."""
    call: array[int] = field(default_factory=lambda: array("i"))
    """The call that each node belongs to; empty = all to the main graph."""
    calls: list[Call] = field(default_factory=list)
    """Call ``i`` is ``calls[i - 1]``."""
    replaced: Mapping[Tensor, Tensor] = field(default_factory=dict)
    """What stands for the outputs of nodes whose functions were put in their place."""
    chosen_by: Mapping[int, Tensor] = field(default_factory=dict)
    """The predicate of each Merge that joins a functional condition: if not, if so."""
    places: Mapping[str, int] | None = None
    """Node ids by name, where the source knows them already; see `index`."""
    likely_place: Any = None
    """A number for each node, an array, by which each likely comes after what it reads."""
    constants: dict[int, Any] = field(default_factory=dict, init=False)
    """The small constants that were read so far; see `analysis.known`."""

    rolled: frozenset[str] = frozenset()
    """The names of the frames that took the place of timesteps which were written out."""
    written_at: dict[int, tuple[int, int]] = field(default_factory=dict)
    """The steps, as (start, stop), of nodes in such frames that not every timestep had."""
    written_as: dict[int, Sequence[str]] = field(default_factory=dict)
    """For nodes in such frames, what each step's own was called, in the order of the steps; ""
    = it had none."""
    run_before: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """For nodes of a loop, what the same operations are called of the steps that a program runs by
    itself before it, in their order."""
    parts: frozenset[int] = frozenset()
    """What was added for states that a program keeps together: where they start and end."""

    def __len__(self) -> int:
        return len(self.names)

    def op(self, node: int) -> str:
        """The operation type of a node."""
        return self.op_names[self.op_ids[node]]

    def inputs(self, node: int) -> list[Tensor]:
        """The tensors that a node reads, by input slot."""
        a, b = self.first_input[node], self.first_input[node + 1]
        return list(zip(self.source[a:b], self.source_port[a:b], strict=True))

    def sources(self, node: int) -> array[int]:
        """The nodes that a node reads data from, by input slot."""
        return self.source[self.first_input[node] : self.first_input[node + 1]]

    def input(self, node: int, slot: int) -> Tensor | None:
        """The tensor at one input slot; None = there is no such slot."""
        edge = self.first_input[node] + slot
        if slot < 0 or edge >= self.first_input[node + 1]:
            return None
        return self.source[edge], self.source_port[edge]

    def controls(self, node: int) -> array[int]:
        """The nodes that must have run before a node."""
        return self.control_source[self.first_control[node] : self.first_control[node + 1]]

    def consumers(self, node: int) -> Iterator[tuple[int, int, int]]:
        """(output port, consuming node, its input slot) of each data edge that leaves a node."""
        first, edges, target = self._outgoing
        for i in range(first[node], first[node + 1]):
            edge = edges[i]
            to = target[edge]
            yield self.source_port[edge], to, edge - self.first_input[to]

    def control_consumers(self, node: int) -> array[int]:
        """The nodes that wait for a node."""
        first, targets = self._outgoing_control
        return targets[first[node] : first[node + 1]]

    def nodes_of(self, *ops: str) -> list[int]:
        """All nodes of the given operation types, in graph order."""
        if not any(op in ops for op in self.op_names):
            return []
        found: list[int] = self.edges.of_nodes(ops).nonzero()[0].tolist()
        return found

    def attr(self, node: int, name: str) -> Any:
        """The raw AttrValue of a node; None = it has no such attribute."""
        return self.nodes[node].attr.get(name)

    def number(self, node: int, name: str, default: int = 0) -> int:
        """A whole-number attribute of a node."""
        attr = self.attr(node, name)
        return default if attr is None else int(attr.i)

    def flag(self, node: int, name: str) -> bool:
        """A boolean attribute of a node; one that is not there is off."""
        attr = self.attr(node, name)
        return attr is not None and bool(attr.b)

    @cached_property
    def edges(self) -> Edges:
        """The data edges, for what asks of all of them at once."""
        from tb_rnnview.graph.edges import Edges  # needs numpy, and this

        return Edges(self)

    @cached_property
    def loop_merges(self) -> frozenset[int]:
        """The Merge nodes through which a value comes round a loop; any other joins branches."""
        comes_round = set(self.nodes_of(*NEXT))
        return frozenset(
            n for n in self.nodes_of(*MERGE) if not comes_round.isdisjoint(self.sources(n))
        )

    @cached_property
    def calling(self) -> frozenset[str]:
        """The operation types that name functions; what was put in a function's place has none."""
        # Whether an operation has such an attribute is a matter of its type: one of each tells.
        one_of_each = dict(zip(self.op_ids, range(len(self)), strict=True))
        return frozenset(
            op
            for kind, node in one_of_each.items()
            if (op := self.op_names[kind]) != "NoOp" and _names_functions(self.nodes[node])
        )

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Node ids by name."""
        return self.places or {name: node for node, name in enumerate(self.names)}

    @cached_property
    def _outgoing(self) -> tuple[array[int], array[int], array[int]]:
        """Edges sorted by source, and the target of each edge."""
        from tb_rnnview.graph.edges import grouped

        return grouped(self.source, self.first_input)

    @cached_property
    def _outgoing_control(self) -> tuple[array[int], array[int]]:
        """Where the nodes that wait for each node start among those that wait for one."""
        from tb_rnnview.graph.edges import grouped

        first, order, target = grouped(self.control_source, self.first_control)
        return first, array("i", (target[edge] for edge in order))


def _names_functions(raw: Any) -> bool:
    return any(
        value.HasField("func") or (value.HasField("list") and len(value.list.func) > 0)
        for value in raw.attr.values()
    )
