"""A graph from which nodes are taken out, and to which others are added."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_INT32

from tb_rnnview.analysis.rolled.arrays import Ints
from tb_rnnview.graph.control_flow import ENTER
from tb_rnnview.graph.form import Graph, Tensor


class Remade:
    """Nodes keep their numbers until the graph is finished; new ones follow the old ones."""

    def __init__(self, graph: Graph, frame: Ints, gone: NDArray[np.bool_]) -> None:
        """Takes the graph, which is not changed.

        Args:
            graph: the graph.
            frame: the while frame of each node.
            gone: the nodes whose names are free.
        """
        self.graph = graph
        self._frame = frame
        # What reads nothing is in a frame only if it waits for something in it.
        self._in_frame = {int(frame[node]): node for node in graph.nodes_of(*ENTER)}
        self._waits: dict[int, int] = {}
        self.inputs: dict[int, list[Tensor]] = {}
        """What a node reads instead, of old nodes; what it reads, of new ones."""
        self._raw: list[NodeDef] = []
        self._of: list[int] = []
        self._gone = gone
        self._names: set[str] = set()

    def add(
        self, of: int, name: str, op: str, inputs: Iterable[Tensor], **attributes: AttrValue
    ) -> int:
        """Adds a node to the call that ``of`` belongs to; a taken name gets a number."""
        raw = NodeDef(name=self.free_name(name), op=op)
        for key, value in attributes.items():
            raw.attr[key].CopyFrom(value)
        node = len(self.graph) + len(self._raw)
        self._raw.append(raw)
        self._of.append(of)
        self.inputs[node] = list(inputs)
        return node

    def free_name(self, name: str) -> str:
        """A name that nothing has; from now on it is taken."""
        free, k = name, 0
        while free in self._names or self._stays(free):
            k += 1
            free = f"{name}_{k}"
        self._names.add(free)
        return free

    def _stays(self, name: str) -> bool:
        node = self.graph.index.get(name)
        return node is not None and not self._gone[node]

    def numbers(self, of: int, name: str, values: int | Sequence[int]) -> Tensor:
        """Adds a constant: a whole number, or a vector of them."""
        vector = [values] if isinstance(values, int) else list(values)
        dims = [] if isinstance(values, int) else [TensorShapeProto.Dim(size=len(vector))]
        tensor = TensorProto(
            dtype=DT_INT32, tensor_shape=TensorShapeProto(dim=dims), int_val=vector
        )
        kind = AttrValue(type=DT_INT32)
        node = self.add(of, name, "Const", [], dtype=kind, value=AttrValue(tensor=tensor))
        if self._frame[of]:
            self._waits[node] = self._in_frame[int(self._frame[of])]
        return node, 0

    def finished(
        self, taken: NDArray[np.bool_], instead: Callable[[Tensor], Tensor]
    ) -> tuple[Graph, Ints]:
        """The graph as it now is, and the number that each node has in it; -1 = it is gone.

        Args:
            taken: the old nodes whose outputs others read in another way now; of these, those stay
                that were given other inputs.
            instead: what stands for an output of such a node.
        """
        old = self.graph
        stays = ~taken
        own = list(self.inputs)
        for node, slot in self._edges_out(taken, set(own)):
            tensors = self.inputs.setdefault(node, old.inputs(node))
            tensors[slot] = instead(tensors[slot])
        stays[[node for node in own if node < len(old)]] = True
        stays &= ~self._unread(stays)
        kept = np.flatnonzero(stays).tolist()
        order = [*kept, *range(len(old), len(old) + len(self._raw))]
        place = np.full(len(old) + len(self._raw), -1, dtype=np.int64)
        place[order] = np.arange(len(order))
        kinds = {op: k for k, op in enumerate(old.op_names)}
        op_ids = array("i", (old.op_ids[n] for n in kept))
        op_ids.extend(kinds.setdefault(raw.op, len(kinds)) for raw in self._raw)
        first_input, source, port = array("i", [0]), array("i"), array("i")
        first_control, control = array("i", [0]), array("i")
        for node in order:
            tensors = self.inputs[node] if node in self.inputs else old.inputs(node)
            source.extend([int(place[made_by]) for made_by, _ in tensors])
            port.extend([out for _, out in tensors])
            if node in self._waits:
                control.append(int(place[self._waits[node]]))
            elif node < len(old) and not taken[node]:
                waits = place[old.controls(node)].tolist()
                control.extend(w for w in waits if w >= 0)
            first_input.append(len(source))
            first_control.append(len(control))
        graph = Graph(
            names=[*(old.names[n] for n in kept), *(raw.name for raw in self._raw)],
            op_ids=op_ids,
            op_names=list(kinds),
            first_input=first_input,
            source=source,
            source_port=port,
            first_control=first_control,
            control_source=control,
            nodes=_Picked(old.nodes, kept, self._raw),
            library=old.library,
            call=array("i", (old.call[n] for n in [*kept, *self._of])) if old.call else old.call,
            calls=old.calls,
        )
        _move_notes(old, graph, place.tolist())
        return graph, place

    def _unread(self, stays: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The constants that nothing reads, or that timesteps read which are gone."""
        edges = self.graph.edges
        new = np.zeros(len(stays), dtype=bool)
        new[[node for node in self.inputs if node < len(stays)]] = True
        constants = edges.of_nodes(("Const",)) & stays
        read = np.zeros(len(stays), dtype=bool)
        read[edges.source[stays[edges.target] & ~new[edges.target]]] = True
        of_inputs = (t[0] for node, tensors in self.inputs.items() for t in tensors)
        read[[node for node in of_inputs if node < len(stays)]] = True
        return constants & ~read

    def _edges_out(self, taken: NDArray[np.bool_], own: set[int]) -> list[tuple[int, int]]:
        """The reader and its input slot, for each edge from a taken node to one that is not."""
        edges = self.graph.edges
        found = np.flatnonzero(taken[edges.source] & ~taken[edges.target])
        readers, slots = edges.target[found].tolist(), edges.slot[found].tolist()
        return [way for way in zip(readers, slots, strict=True) if way[0] not in own]


class _Picked(Sequence[Any]):
    """Some nodes of a graph, and others after them; an old one is looked up when asked for."""

    def __init__(self, old: Sequence[Any], kept: Sequence[int], new: Sequence[Any]) -> None:
        self._old, self._kept, self._new = old, kept, new

    def __len__(self) -> int:
        return len(self._kept) + len(self._new)

    @overload
    def __getitem__(self, at: int) -> Any: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Any]: ...

    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return [self[k] for k in range(*at.indices(len(self)))]
        if at < 0:
            at += len(self)
        before = len(self._kept)
        return self._old[self._kept[at]] if at < before else self._new[at - before]


def _move_notes(old: Graph, graph: Graph, place: Sequence[int]) -> None:
    """Takes over what is noted of nodes, as far as they are still there."""
    graph.replaced = {
        (place[n], port): (place[to], out)
        for (n, port), (to, out) in old.replaced.items()
        if place[n] >= 0 and place[to] >= 0
    }
    graph.chosen_by = {
        place[n]: (place[by], port)
        for n, (by, port) in old.chosen_by.items()
        if place[n] >= 0 and place[by] >= 0
    }
