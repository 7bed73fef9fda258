"""The body of a function, with its inputs resolved to positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.errors import SourceError
from tb_rnnview.graph.form import Tensor
from tb_rnnview.graph.outputs import position
from tb_rnnview.sources.stored_columns import StoredColumns
from tb_rnnview.sources.stored_graph import StoredNodes

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class FunctionBody:
    """Nodes by position in the FunctionDef; argument ``k`` is the node ``-1 - k``."""

    names: Sequence[str]
    nodes: Sequence[Any]
    """The raw NodeDefs."""
    op_ids: Ints
    op_names: list[str]
    count: Ints
    """How many inputs each node has."""
    source: Ints
    """The nodes that all inputs come from, one node's after another's."""
    port: Ints
    waits: Ints
    """How many nodes each node waits for."""
    waits_for: Ints
    results: tuple[Tensor, ...]
    places: Mapping[str, int]
    """Nodes by name."""

    @cached_property
    def _first(self) -> Ints:
        return np.concatenate(([0], np.cumsum(self.count)))

    @cached_property
    def waits_in_place(self) -> tuple[Ints, Ints]:
        """The same as ``waits`` and ``waits_for``, where what reads nothing waits for -1, too."""
        alone = self.count == 0
        behind = np.cumsum(self.waits)[alone]
        return self.waits + alone, np.insert(self.waits_for, behind, -1)

    def __len__(self) -> int:
        return len(self.op_ids)

    def op(self, node: int) -> str:
        """The operation type of a node."""
        return self.op_names[int(self.op_ids[node])]

    def inputs(self, node: int) -> list[Tensor]:
        """The tensors that a node reads."""
        here = slice(*self._first[node : node + 2].tolist())
        return list(zip(self.source[here].tolist(), self.port[here].tolist(), strict=True))


def function_body(function: Any, library: Mapping[str, Any]) -> FunctionBody:
    """Reads a FunctionDef.

    Args:
        function: the raw FunctionDef.
        library: all functions by name; a node may be a call of one, by its operation type.

    Raises:
        SourceError: something in it reads what is not there.
    """
    if isinstance(function.node_def, StoredNodes) and function.node_def.columns is not None:
        return _stored_body(function, function.node_def, function.node_def.columns, library)
    name = function.signature.name
    nodes = tuple(function.node_def)
    names = [node.name for node in nodes]
    index = {name: i for i, name in enumerate(names)}
    places = dict(index)
    index.update({arg.name: -1 - k for k, arg in enumerate(function.signature.input_arg)})

    def node_of(text: str) -> int:
        if text not in index:
            raise SourceError(
                f"the graph is incomplete: function {name!r} reads {text!r}, which is not in it; "
                "export the whole graph again"
            )
        return index[text]

    def tensor(text: str) -> Tensor:
        head, _, rest = text.partition(":")
        node = node_of(head)
        if node < 0 or not rest:
            return node, 0
        output, _, number = rest.partition(":")
        offset = int(number) if number.isdecimal() else 0
        return node, _port(nodes[node].op, output, offset, library)

    data = [tensor(t) for node in nodes for t in node.input if t[:1] != "^"]
    waits = [
        [i for t in node.input if t[:1] == "^" and (i := node_of(t[1:])) >= 0] for node in nodes
    ]
    results = tuple(tensor(function.ret[arg.name]) for arg in function.signature.output_arg)
    kinds: dict[str, int] = {}
    op_ids = [kinds.setdefault(node.op, len(kinds)) for node in nodes]
    ends = np.array(data, np.int32).reshape(-1, 2)
    return FunctionBody(
        names=names,
        nodes=nodes,
        op_ids=np.array(op_ids, np.int32),
        op_names=list(kinds),
        count=np.array([sum(t[:1] != "^" for t in node.input) for node in nodes], np.int32),
        source=ends[:, 0],
        port=ends[:, 1],
        waits=np.array([len(w) for w in waits], np.int32),
        waits_for=np.array([i for w in waits for i in w], np.int32),
        results=results,
        places=places,
    )


def _port(op: str, output: str, offset: int, library: Mapping[str, Any]) -> int:
    """The position of an output: so many behind the first of those that have its name."""
    if op not in library:
        return position(op, output, offset)
    names = [arg.name for arg in library[op].signature.output_arg]
    return names.index(output) + offset if output in names else offset


def _stored_body(
    function: Any, nodes: StoredNodes, columns: StoredColumns, library: Mapping[str, Any]
) -> FunctionBody:
    """A body whose nodes and edges have been found without parsing them."""
    is_control = columns.is_control
    reader = np.repeat(np.arange(len(nodes)), columns.count)
    source, output = columns.source[~is_control], columns.output[~is_control]
    # Where the outputs of a name start, for each operation type that has some of the name.
    # An argument is a number below zero; a function may have more of them than nodes.
    kind = np.where(source < 0, -1, columns.op_ids[np.maximum(source, 0)]).astype(np.int64)
    kinds, which = np.unique(kind * len(columns.output_names) + output, return_inverse=True)
    first = []
    for number in kinds.tolist():
        at, name = divmod(number, len(columns.output_names))
        op = columns.op_names[at] if at >= 0 else ""
        name = columns.output_names[name]
        first.append(_port(op, name, 0, library) if at >= 0 and name else 0)
    port = columns.port[~is_control] + np.array(first, np.int64)[which]
    port[source < 0] = 0
    waits = is_control & (columns.source >= 0)

    def tensor(text: str) -> Tensor:
        head, _, rest = text.partition(":")
        if head in (nodes.arguments or ()):
            return -1 - (nodes.arguments or ()).index(head), 0
        node = columns.places.get(head)
        if node is None:
            raise SourceError(
                f"the graph is incomplete: function {function.signature.name!r} reads {head!r}, "
                "which is not in it; export the whole graph again"
            )
        output, _, number = rest.partition(":")
        if not rest:
            return node, 0
        op = columns.op_names[int(columns.op_ids[node])]
        return node, _port(op, output, int(number) if number.isdecimal() else 0, library)

    return FunctionBody(
        names=columns.names,
        nodes=nodes,
        op_ids=columns.op_ids.astype(np.int32),
        op_names=columns.op_names,
        count=np.bincount(reader[~is_control], minlength=len(nodes)).astype(np.int32),
        source=source.astype(np.int32),
        port=port.astype(np.int32),
        waits=np.bincount(reader[waits], minlength=len(nodes)).astype(np.int32),
        waits_for=columns.source[waits].astype(np.int32),
        results=tuple(tensor(function.ret[arg.name]) for arg in function.signature.output_arg),
        places=columns.places,
    )
