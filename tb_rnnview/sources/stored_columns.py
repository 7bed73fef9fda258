"""What a graph needs to know of all nodes of a stored one, found without parsing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.sources.hash_index import HashIndex
from tb_rnnview.sources.node_texts import NodeTexts, node_texts
from tb_rnnview.sources.text_hashes import LONGEST, hash_of, hashes

if TYPE_CHECKING:
    from tb_rnnview.sources.stored_graph import StoredNodes

_CONTROL, _COLON, _ZERO = b"^:0"
_MOST_DIGITS = 9
"""Of an output's number; more are none."""


class StoredNames(Sequence[str]):
    """The names of the nodes of a stored graph, each read when it is asked for."""

    def __init__(self, data: bytes, start: NDArray[Any], size: NDArray[Any]) -> None:
        """Takes the bytes of the graph, and the place and size of each name in them."""
        self._data = data
        self._start = start
        self._size = size

    def __len__(self) -> int:
        return len(self._start)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> StoredNames: ...
    def __getitem__(self, at: int | slice) -> str | StoredNames:
        if isinstance(at, slice):
            return StoredNames(self._data, self._start[at], self._size[at])
        start = self._start[at]
        return self._data[start : start + self._size[at]].decode()

    def mention(self, text: str) -> bool:
        """Whether a text stands anywhere in the graph: else no name has it."""
        return text.encode(errors="replace") in self._data

    def __iter__(self) -> Iterator[str]:
        for start, size in zip(self._start.tolist(), self._size.tolist(), strict=True):
            yield self._data[start : start + size].decode()


class StoredPlaces(Mapping[str, int]):
    """Nodes by name, without a table of all names."""

    def __init__(self, names: StoredNames, index: HashIndex) -> None:
        """Takes the names, and where the hash of each leads."""
        self._names = names
        self._index = index

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __getitem__(self, name: str) -> int:
        place = self._index.place(hash_of(name.encode(errors="replace")))
        if place < 0 or self._names[place] != name:
            raise KeyError(name)
        return place


@dataclass(frozen=True)
class StoredColumns:
    """The nodes and edges of a stored graph or function."""

    names: StoredNames
    places: StoredPlaces
    op_ids: NDArray[Any]
    """Each node's operation type, by its place in ``op_names``."""
    op_names: list[str]
    """In the order in which they come."""
    count: NDArray[Any]
    """How many inputs each node has."""
    source: NDArray[Any]
    """The node that each input comes from, all of one node's after the other.

    Argument ``k`` of a function is the node ``-1 - k``.
    """
    port: NDArray[Any]
    is_control: NDArray[Any]
    rest: NDArray[Any]
    """Where in the bytes each node's attributes start, and all else that is no text."""
    output: NDArray[Any]
    """In a function, what its node calls the output that each input is, by its place in these."""
    output_names: list[str]


class _Gathered:
    """What is found piece by piece."""

    def __init__(self) -> None:
        self.name_start: list[NDArray[Any]] = []
        self.name_size: list[NDArray[Any]] = []
        self.name: list[NDArray[Any]] = []
        self.op: list[NDArray[Any]] = []
        self.count: list[NDArray[Any]] = []
        self.input: list[NDArray[Any]] = []
        self.port: list[NDArray[Any]] = []
        self.is_control: list[NDArray[Any]] = []
        self.rest: list[NDArray[Any]] = []
        self.output_start: list[NDArray[Any]] = []
        self.output_size: list[NDArray[Any]] = []
        self.output: list[NDArray[Any]] = []


def stored_columns(nodes: StoredNodes) -> StoredColumns | None:
    """The nodes and edges of stored nodes, which protobuf has checked.

    Returns:
        None = something in them is unusual or damaged: parsing it all will tell.
    """
    gathered = _Gathered()
    for first, last in nodes.chunks():
        texts = node_texts(nodes, first, last)
        add = _add if nodes.arguments is None else _add_of_function
        if texts is None or not add(gathered, texts, int(nodes.start[first])):
            return None
    index = HashIndex(np.concatenate(gathered.name))
    reads = np.concatenate(gathered.input)
    if index.has_twins or len(reads) != nodes.inputs:
        return None
    source = index.places(reads)
    if nodes.arguments and not _find_arguments(nodes.arguments, index, reads, source):
        return None
    # What is not there, parsing will tell.
    if len(source) and source.min() < -len(nodes.arguments or ()):
        return None
    start, size = np.concatenate(gathered.name_start), np.concatenate(gathered.name_size)
    names = StoredNames(nodes.data, start, size)
    op_ids, first_of_each = _numbered(np.concatenate(gathered.op))
    output, output_names = _output_names(nodes.data, gathered)
    return StoredColumns(
        names=names,
        places=StoredPlaces(names, index),
        op_ids=op_ids,
        op_names=[nodes[node].op for node in first_of_each],
        count=np.concatenate(gathered.count),
        source=source,
        port=np.concatenate(gathered.port),
        is_control=np.concatenate(gathered.is_control),
        rest=np.concatenate(gathered.rest),
        output=output,
        output_names=output_names,
    )


def _find_arguments(
    arguments: tuple[str, ...], index: HashIndex, reads: NDArray[Any], source: NDArray[Any]
) -> bool:
    """Finds, in place, the arguments that are read; false = nodes are called like some."""
    known = {hash_of(name.encode()): -1 - k for k, name in enumerate(arguments)}
    if any(index.place(key) >= 0 for key in known) or len(known) < len(arguments):
        return False
    missing = np.flatnonzero(source < 0)
    keys, which = np.unique(reads[missing], return_inverse=True)
    nobody = -1 - len(arguments)
    found = np.array([known.get(key, nobody) for key in keys.tolist()], np.int32)
    source[missing] = found[which] if len(keys) else found
    return True


def _output_names(data: bytes, found: _Gathered) -> tuple[NDArray[Any], list[str]]:
    """What the nodes of a function call the outputs that are read, and which each input is."""
    if not found.output:
        return np.zeros(0, np.int32), []
    start, size = np.concatenate(found.output_start), np.concatenate(found.output_size)
    number, first = _numbered(np.concatenate(found.output))
    return number, [data[start[k] : start[k] + size[k]].decode() for k in first]


def _add(found: _Gathered, texts: NodeTexts, begin: int) -> bool:
    """Adds the nodes of a piece; false = it has texts that only parsing can tell."""
    data, names = texts.data, texts.names
    is_control = data[texts.inputs[0]] == _CONTROL
    start, size = texts.inputs[0] + is_control, texts.inputs[1] - is_control
    named, port = _without_port(data, start, size)
    # A name like an output's, or a control input like one: whole names come first.
    is_unclear = (is_control & (named < size)).any() or (
        _without_port(data, *names)[0] < names[1]
    ).any()
    if is_unclear:
        return False
    return _gather(found, texts, begin, (start, named), port, is_control)


def _add_of_function(found: _Gathered, texts: NodeTexts, begin: int) -> bool:
    """The same for nodes of a function, which read ``node:output:number``, or an argument."""
    data = texts.data
    is_control = data[texts.inputs[0]] == _CONTROL
    start, size = texts.inputs[0] + is_control, texts.inputs[1] - is_control
    stop = start + size
    without_number, port = _without_port(data, start, size)
    colons = np.flatnonzero(data == _COLON)
    colons = np.concatenate((colons, np.full(3, len(data))))
    place = np.searchsorted(colons, start)
    colon, second, third = (np.minimum(colons[place + k], stop) for k in range(3))
    # All but a name, and a name with an output and its number, are left to the parser.
    is_plain = (colon == stop) | (
        (second < stop) & (third == stop) & (without_number == second - start) & ~is_control
    )
    names = texts.names[0]
    has_colon = colons[np.searchsorted(colons, names)] < names + texts.names[1]
    if not is_plain.all() or has_colon.any():
        return False
    output_start = np.minimum(colon + 1, stop)
    output_size = np.maximum(second - output_start, 0)
    named = (start, colon - start)
    if not _gather(found, texts, begin, named, port, is_control) or _longest(output_size):
        return False
    found.output_start.append(output_start + begin)
    found.output_size.append(output_size)
    found.output.append(hashes(data, output_start, output_size))
    return True


def _longest(size: NDArray[Any]) -> bool:
    """Whether a text is too long to be looked at."""
    return int(size.max(initial=0)) > LONGEST


def _gather(
    found: _Gathered,
    texts: NodeTexts,
    begin: int,
    reads: tuple[NDArray[Any], NDArray[Any]],
    port: NDArray[Any],
    is_control: NDArray[Any],
) -> bool:
    data, names, ops = texts.data, texts.names, texts.ops
    if any(map(_longest, (names[1], ops[1], reads[1]))):
        return False
    found.name_start.append(names[0] + begin)
    found.name_size.append(names[1])
    found.name.append(hashes(data, *names))
    found.op.append(hashes(data, *ops))
    found.count.append(texts.count)
    found.input.append(hashes(data, *reads))
    found.port.append(port)
    found.is_control.append(is_control)
    found.rest.append(texts.rest + begin)
    return True


def _without_port(
    data: NDArray[np.uint8], start: NDArray[Any], size: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The size of each text without the number of an output (":1") behind it; and that number."""
    named = size.copy()
    port = np.zeros(len(size), np.int64)
    value = np.zeros(len(size), np.int64)
    here = np.flatnonzero(size > 1)
    for digits in range(_MOST_DIGITS + 1):
        byte = data[start[here] + size[here] - 1 - digits]
        if digits:
            at_end = here[byte == _COLON]
            named[at_end] = size[at_end] - 1 - digits
            port[at_end] = value[at_end]
        is_digit = (byte >= _ZERO) & (byte <= _ZERO + 9) & (size[here] > digits + 1)
        here = here[is_digit]
        value[here] += (byte[is_digit].astype(np.int64) - _ZERO) * 10**digits
    return named, port


def _numbered(kinds: NDArray[np.uint64]) -> tuple[NDArray[Any], list[int]]:
    """Each kind by a number, in the order in which they come; and the first place of each."""
    distinct = np.unique(kinds)
    found = np.searchsorted(distinct, kinds)
    first = np.empty(len(distinct), np.int64)
    first[found[::-1]] = np.arange(len(kinds))[::-1]  # the last that is written is the first
    order = np.argsort(first)
    number = np.empty(len(distinct), np.int32)
    number[order] = np.arange(len(distinct))
    return number[found], first[order].tolist()
