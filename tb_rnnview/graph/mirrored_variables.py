"""Variables that a program keeps equal on several devices: one variable, as it means them.

A distribution strategy makes a variable for each device. Where a graph holds what sets them, it
proves that they always hold the same numbers: each is set from the first one's first value, and
whatever changes one changes the others by the same: one gradient of all devices, or what one place
of a checkpoint holds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator

from tensorboard.compat.proto.types_pb2 import DT_INT32, DT_INT64

from tb_rnnview.graph.control_flow import ENTER, SWITCH, origin
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.identities import with_identities

_REFERENCES = ("Variable", "VariableV2")
_VARIABLES = (*_REFERENCES, "VarHandleOp")
_HANDS_ON = frozenset({"Identity", *ENTER, *SWITCH})
_READS = frozenset(
    {"ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VarIsInitializedOp", "VariableShape"}
)
_WRITES_REFERENCE = ("Apply", "Assign", "Scatter", "SparseApply")
# The same numbers in give the same number out; what an optimizer does to its own numbers.
_COMPUTES = frozenset(
    "Add AddN AddV2 Cast Div Exp Maximum Minimum Mul Neg Pow ReadVariableOp RealDiv Reciprocal "
    "Reshape Rsqrt Split SplitV Sqrt Square Sub".split()
)
# Each device's end of one sum over all devices, and the attributes that say which sum.
_SUMS = {"CollectiveReduce": ("group_key", "instance_key"), "NcclAllReduce": ("shared_name",)}
_WHOLE_NUMBERS = (DT_INT32, DT_INT64)
_SETS = ("Assign", "AssignVariableOp")
_MOST_ROUNDS = 8
_DEEPEST = 32


def unite_mirrored(graph: Graph) -> Graph:
    """The graph in which the copies of a variable on further devices hand on the first one."""
    alike: defaultdict[Hashable, list[int]] = defaultdict(list)
    for node in graph.nodes_of(*_VARIABLES):
        raw = graph.nodes[node]
        if raw.device:
            shape = tuple(d.size for d in raw.attr["shape"].shape.dim)
            alike[graph.op(node), raw.attr["dtype"].type, shape].append(node)
    groups = [group for group in alike.values() if len(_devices(graph, group)) > 1]
    instead: dict[int, Tensor] = {}
    for first, *copies in _equal(graph, groups) if groups else ():
        if len(_devices(graph, [first, *copies])) == len(copies) + 1:
            instead.update((copy, (first, 0)) for copy in copies)
    return with_identities(graph, instead) if instead else graph


def _devices(graph: Graph, variables: list[int]) -> set[str]:
    return {graph.nodes[node].device for node in variables}


def _equal(graph: Graph, groups: list[list[int]]) -> list[list[int]]:
    """Which variables always hold the same: what sets them is the same, given that they do.

    Two are taken to be equal until what sets them differs.
    """
    writes = {v: list(_writes(graph, v)) for group in groups for v in group}
    classes = {v: k for k, group in enumerate(groups) for v in group}
    for _ in range(_MOST_ROUNDS):
        numbers = _Numbers(graph, classes)
        found: dict[Hashable, int] = {}
        after = {}
        for v, nodes in writes.items():
            set_by = Counter(numbers.of_write(*write) for write in nodes)
            is_set = any(graph.op(node) in _SETS for node, _ in nodes)
            # Equal changes alone leave open what two variables were before.
            key = (classes[v], frozenset(set_by.items()) if is_set else v)
            after[v] = found.setdefault(key, len(found))
        if len(found) == len(set(classes.values())):
            members: defaultdict[int, list[int]] = defaultdict(list)
            for v in sorted(after):
                members[after[v]].append(v)
            return [group for group in members.values() if len(group) > 1]
        classes = after
    return []


def _writes(graph: Graph, variable: int) -> Iterator[tuple[int, int]]:
    """The operations that may change a variable, with the slot at which they take it."""
    is_reference = graph.op(variable) in _REFERENCES
    pending, seen = [variable], {variable}
    while pending:
        for _, to, slot in graph.consumers(pending.pop()):
            op = graph.op(to)
            if is_reference:
                if slot == 0 and op.startswith(_WRITES_REFERENCE):
                    yield to, slot
            elif op not in _HANDS_ON:
                if op not in _READS:
                    yield to, slot
            elif to not in seen:
                seen.add(to)
                pending.append(to)


class _Numbers:
    """Tells which tensors hold the same numbers, given which variables do."""

    def __init__(self, graph: Graph, classes: dict[int, int]) -> None:
        self._graph = graph
        self._classes = classes
        self._known: dict[Tensor, int] = {}
        self._numbers: dict[Hashable, int] = {}

    def of_write(self, node: int, slot: int) -> Hashable:
        """What a write does to the variable that it takes at a slot."""
        graph, op = self._graph, self._graph.op(node)
        tensors = graph.inputs(node)
        if op in _SETS:
            # Two that start from a constant each may do so by chance.
            value = origin(graph, tensors[-1], _HANDS_ON)
            if graph.op(value[0]) == "Const":
                return op, value
        return op, slot, tuple(self._of(t, _DEEPEST) for t in tensors)

    def _of(self, tensor: Tensor, depth: int) -> int:
        tensor = origin(self._graph, tensor, _HANDS_ON)
        if tensor not in self._known:
            key = self._key(tensor, depth)
            self._known[tensor] = self._numbers.setdefault(key, len(self._numbers))
        return self._known[tensor]

    def _key(self, tensor: Tensor, depth: int) -> Hashable:
        graph, node = self._graph, tensor[0]
        op = graph.op(node)
        if node in self._classes:
            return "variable", self._classes[node]
        if op == "Const":
            value = graph.attr(node, "value")
            # A single number is itself wherever it stands, and so is a shape.
            if value is not None and (
                not value.tensor.tensor_shape.dim or value.tensor.dtype in _WHOLE_NUMBERS
            ):
                return op, value.tensor.SerializeToString(deterministic=True)
        elif op in _SUMS:
            named = [graph.attr(node, name) for name in _SUMS[op]]
            if all(named):
                return op, tuple(n.SerializeToString(deterministic=True) for n in named)
        elif depth and op in _COMPUTES:
            return op, tensor[1], tuple(self._of(t, depth - 1) for t in graph.inputs(node))
        return tensor
