"""A large graph as it is stored: checked as a whole, parsed node by node as they are asked for.

Protobuf makes a Python object of each node that is looked at; for a million of them that takes
longer than all of the analysis. So a large graph stays bytes. It is asked for like a `GraphDef`:
its nodes are a sequence, of which each item is parsed when it is read.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, overload

from tensorboard.compat.proto.function_pb2 import FunctionDef, FunctionDefLibrary
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef

from tb_rnnview.sources.wire import LENGTH_DELIMITED, WireError, WireField, walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tb_rnnview.sources.stored_columns import StoredColumns

LARGE = 1 << 22
"""From how many bytes on a graph is left as it is stored. Smaller ones are parsed at once."""

FEWEST = 10_000
"""Nodes. A graph of fewer holds large constants, or functions: it is parsed like a small one."""

_GRAPH_DEF = MetaGraphDef.GRAPH_DEF_FIELD_NUMBER

_NODE, _LIBRARY = GraphDef.NODE_FIELD_NUMBER, GraphDef.LIBRARY_FIELD_NUMBER
_FUNCTION = FunctionDefLibrary.FUNCTION_FIELD_NUMBER
_NODE_DEF = FunctionDef.NODE_DEF_FIELD_NUMBER

_FIELDS = 64
"""Of a function, that come before its nodes."""

_AT_ONCE = 1 << 14
"""Nodes: what is made of them at once then takes little memory, and stays in the caches."""


class StoredNodes(Sequence[Any]):
    """The nodes of a stored graph, each parsed anew when it is read."""

    def __init__(
        self, data: bytes, start: NDArray[Any], stop: NDArray[Any], inputs: int = -1
    ) -> None:
        """Takes the bytes of a graph.

        Args:
            data: the bytes.
            start: where in them the message of each node starts.
            stop: where it stops.
            inputs: how many inputs all nodes have; -1 = not known.
        """
        self.data = data
        self.start = start
        self.stop = stop
        self.inputs = inputs
        self.arguments: tuple[str, ...] | None = None
        """Those of the function whose nodes they are; None = they are a graph's."""

    @cached_property
    def columns(self) -> StoredColumns | None:
        """The nodes and edges; None = something is unusual or damaged: parsing will tell."""
        from tb_rnnview.sources.stored_columns import stored_columns

        return stored_columns(self)

    @cached_property
    def attribute_numbers(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Of which nodes `alike_nodes` has found out the number so far; and the numbers."""
        import numpy as np

        return np.zeros(len(self), bool), np.zeros(len(self), np.uint64)

    def __len__(self) -> int:
        return len(self.start)

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> list[Any]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return [self[node] for node in range(*at.indices(len(self)))]
        return NodeDef.FromString(self.data[self.start[at] : self.stop[at]])

    def __iter__(self) -> Iterator[Any]:
        for start, stop in zip(self.start.tolist(), self.stop.tolist(), strict=True):
            yield NodeDef.FromString(self.data[start:stop])

    def chunks(self) -> Iterator[tuple[int, int]]:
        """The nodes in pieces that are handled at once: the first, and the one after the last."""
        for first in range(0, len(self), _AT_ONCE):
            yield first, min(first + _AT_ONCE, len(self))


class StoredFunction:
    """What can be asked like a `FunctionDef`, and is not parsed."""

    def __init__(self, nodes: StoredNodes, rest: FunctionDef) -> None:
        """Takes the nodes, and everything but the nodes."""
        self.node_def = nodes
        self._rest = rest

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rest, name)


class StoredLibrary:
    """What can be asked like a `FunctionDefLibrary`, and is not parsed."""

    def __init__(self, functions: Sequence[StoredFunction], rest: FunctionDefLibrary) -> None:
        """Takes the large functions, and everything else."""
        self.function: list[Any] = [*functions, *rest.function]
        self._rest = rest

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rest, name)


class StoredGraph:
    """What can be asked like a `GraphDef`, and is not parsed."""

    def __init__(
        self, rest: GraphDef, nodes: StoredNodes | None, functions: Sequence[StoredFunction] = ()
    ) -> None:
        """Takes large parts.

        Args:
            rest: everything else.
            nodes: the nodes; None = they are in the rest.
            functions: the large functions.
        """
        self.node: Any = rest.node if nodes is None else nodes
        self.library: Any = StoredLibrary(functions, rest.library) if functions else rest.library
        self._rest = rest

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rest, name)


def graph_of(data: bytes) -> GraphDef | StoredGraph:
    """The graph of the bytes of a GraphDef, left as it is stored if it is large.

    Raises:
        google.protobuf.message.DecodeError: they are no GraphDef.
    """
    stored = _stored(data) if len(data) >= LARGE else None
    return GraphDef.FromString(data) if stored is None else stored


def names_and_ops(nodes: Sequence[Any], stride: int = 1) -> list[tuple[str, str]]:
    """The name and the operation type of each node of a graph or of a function, or of some."""
    columns = nodes.columns if isinstance(nodes, StoredNodes) else None
    if columns is None:
        some = nodes if stride == 1 else (nodes[at] for at in range(0, len(nodes), stride))
        return [(node.name, node.op) for node in some]
    ops = map(columns.op_names.__getitem__, columns.op_ids[::stride].tolist())
    return list(zip(columns.names[::stride], ops, strict=True))


def all_names(nodes: Sequence[Any]) -> Container[str]:
    """The names of all nodes."""
    columns = nodes.columns if isinstance(nodes, StoredNodes) else None
    return {node.name for node in nodes} if columns is None else columns.places


def names_of(nodes: Sequence[Any], op: str) -> list[str]:
    """The names of the nodes of one operation type."""
    columns = nodes.columns if isinstance(nodes, StoredNodes) else None
    if columns is None:
        return [node.name for node in nodes if node.op == op]
    if op not in columns.op_names:
        return []
    of_type = (columns.op_ids == columns.op_names.index(op)).nonzero()[0]
    return [columns.names[node] for node in of_type.tolist()]


def meta_graph_of(data: bytes) -> tuple[MetaGraphDef, GraphDef | StoredGraph]:
    """The MetaGraphDef of some bytes, and its graph; a large one is left as it is stored.

    Raises:
        google.protobuf.message.DecodeError: they are no MetaGraphDef.
    """
    graphs = _fields(data, _GRAPH_DEF) if len(data) >= LARGE else []
    if len(graphs) == 1:
        start, begin, stop = graphs[0]
        graph = graph_of(data[begin:stop])
        if isinstance(graph, StoredGraph):
            return MetaGraphDef.FromString(data[:start] + data[stop:]), graph
    meta = MetaGraphDef.FromString(data)
    return meta, meta.graph_def


def _fields(data: bytes, number: int) -> list[tuple[int, int, int]]:
    """Where fields of a number start, where their messages begin, and where they stop."""
    found = []
    start = 0
    try:
        for field in walk(data):
            if (field.number, field.wire_type) == (number, LENGTH_DELIMITED):
                found.append((start, field.start, field.stop))
            start = field.stop
    except WireError:
        return []
    return found


def _stored(data: bytes) -> StoredGraph | None:
    """The stored graph; None = it is written in an unusual way, or has nothing large.

    Raises:
        google.protobuf.message.DecodeError: the bytes are no GraphDef.
    """
    try:
        nodes = None
        if len(list(islice(walk(data), FEWEST))) == FEWEST:
            nodes = _stored_nodes(data, _NODE)
        rest = data if nodes is None else data[nodes.stop[-1] :]
        libraries = [f for f in walk(rest) if f.number == _LIBRARY]
        if nodes is None and (len(libraries) != 1 or not _is_large(libraries[0])):
            return None
        functions: list[StoredFunction] = []
        if len(libraries) == 1 and _is_large(libraries[0]):
            rest, functions = _large_functions(rest, libraries[0])
    except WireError:
        return None
    if nodes is None and not functions:
        return None
    return StoredGraph(GraphDef.FromString(rest), nodes, functions)


def _is_large(field: WireField) -> bool:
    return field.wire_type == LENGTH_DELIMITED and field.stop - field.start >= LARGE


def _large_functions(data: bytes, library: WireField) -> tuple[bytes, list[StoredFunction]]:
    """What is left of a graph without its large functions, and these."""
    functions = []
    left = []
    start = library.start
    for field in walk(data, library.start, library.stop):
        function = None
        if field.number == _FUNCTION and _is_large(field):
            function = _stored_function(data[field.start : field.stop])
        if function is None:
            left.append(data[start : field.stop])
        else:
            functions.append(function)
        start = field.stop
    if not functions:
        return data, []
    # Where a message is stored twice, the second adds to the first: it may stand anywhere.
    others = FunctionDefLibrary.FromString(b"".join(left))
    graph = GraphDef(library=others).SerializeToString()
    begin = _begin_of(data, library)
    return data[:begin] + data[library.stop :] + graph, functions


def _begin_of(data: bytes, field: WireField) -> int:
    """Where the tag of a field stands."""
    size, head = field.stop - field.start, 2
    while size > 0x7F:
        size, head = size >> 7, head + 1
    if data[field.start - head] != field.number << 3 | field.wire_type:
        raise WireError(field.start, "is written in an unusual way")
    return field.start - head


def _stored_function(data: bytes) -> StoredFunction | None:
    before = next((f for f in islice(walk(data), _FIELDS) if f.number == _NODE_DEF), None)
    if before is None:
        return None
    begin = _begin_of(data, before)
    nodes = _stored_nodes(data, _NODE_DEF, begin)
    if nodes is None:
        return None
    rest = FunctionDef.FromString(data[:begin] + data[nodes.stop[-1] :])
    nodes.arguments = tuple(arg.name for arg in rest.signature.input_arg)
    return StoredFunction(nodes, rest)


def _stored_nodes(data: bytes, number: int, begin: int = 0) -> StoredNodes | None:
    """The nodes of a graph or of a function; None = written in an unusual way, or few.

    Args:
        data: the bytes.
        number: that of the field in which they stand.
        begin: where the first of them is.
    """
    import numpy as np

    from tb_rnnview.sources.merged_nodes import messages

    apart = messages(number).apart.FromString(data).node
    size = np.fromiter(map(len, apart), np.int64, len(apart))
    del apart
    if len(size) < FEWEST:
        return None
    nodes = _one_after_the_other(data, size, number, begin)
    return nodes if nodes is not None and _check(nodes, number, begin) else None


def _one_after_the_other(
    data: bytes, size: NDArray[Any], number: int, begin: int
) -> StoredNodes | None:
    """The nodes, of the given sizes; None = they do not follow each other from there on.

    Protobuf writes sizes as short as can be. That it did is checked: the head of each node, its tag
    and its size, has to stand where the node before it ends.
    """
    import numpy as np

    head = np.full(len(size), 2)
    for k in range(1, 5):
        head += size >> 7 * k > 0
    stop = begin + np.cumsum(head + size)
    start = stop - size
    if stop[-1] > len(data):
        return None
    stored = np.frombuffer(data, np.uint8)
    heads = start - head
    is_head = stored[heads] == (number << 3 | LENGTH_DELIMITED)
    for k in range(5):
        here = np.flatnonzero(head > k + 1)
        more = np.where(head[here] > k + 2, 0x80, 0)
        is_head[here] &= stored[heads[here] + 1 + k] == (size[here] >> 7 * k & 0x7F | more)
    return StoredNodes(data, start, stop) if is_head.all() else None


def _check(nodes: StoredNodes, number: int, begin: int) -> bool:
    """Lets protobuf check all nodes, and count their inputs.

    Raises:
        google.protobuf.message.DecodeError: one of them is damaged.

    Returns:
        Whether they may have one name and one operation each.
    """
    from tb_rnnview.sources.merged_nodes import messages

    merged = messages(number).merged
    inputs = names = kinds = 0
    end = begin
    for _, last in nodes.chunks():
        begin, end = end, int(nodes.stop[last - 1])
        found = merged.FromString(nodes.data[begin:end]).node
        inputs += len(found.input)
        names += len(found.name)
        kinds += len(found.op)
    nodes.inputs = inputs
    return names == kinds == len(nodes)
