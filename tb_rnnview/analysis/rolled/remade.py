"""A graph from which nodes are taken out, and to which others are added."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence

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
from tb_rnnview.graph.other_inputs import ints, starts, with_other_inputs
from tb_rnnview.graph.picked import Picked, PickedPlaces


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
        enters = graph.nodes_of(*ENTER)
        self._in_frame = {int(frame[node]): node for node in enters}
        self._waits: dict[int, int] = {}
        self.inputs: dict[int, list[Tensor]] = {}
        """What a node reads instead, of old nodes; what it reads, of new ones."""
        self._raw: list[NodeDef] = []
        self._of: list[int] = []
        self._gone = gone
        # A loop that is put in must not run in the frame of one that is there.
        self._names = {graph.attr(n, "frame_name").s.decode(errors="replace") for n in enters}

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
        edges = old.edges
        stays = ~taken
        own = list(self.inputs)
        self._read_instead(taken, instead)
        stays[[node for node in own if node < len(old)]] = True
        stays &= ~self._unread(stays)
        kept = np.flatnonzero(stays)
        place = np.full(len(old) + len(self._raw), -1, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        place[len(old) :] = np.arange(len(kept), len(kept) + len(self._raw))
        kinds = {op: k for k, op in enumerate(old.op_names)}
        of_new = [kinds.setdefault(raw.op, len(kinds)) for raw in self._raw]
        none = np.zeros(len(self._raw), np.int32)
        of_kept = stays[edges.target]
        count, source, port = with_other_inputs(
            np.concatenate([edges.count[kept], none]),
            edges.source[of_kept],
            edges.port[of_kept],
            {
                int(place[node]): tensors
                for node, tensors in self.inputs.items()
                if place[node] >= 0
            },
        )
        waits, control = self._controls(taken, kept, place)
        names = Picked(old.names, kept, [raw.name for raw in self._raw])
        graph = Graph(
            names=names,
            places=PickedPlaces(names, old.index, place),
            op_ids=ints(np.concatenate([edges.op[kept], np.array(of_new, np.int32)])),
            op_names=list(kinds),
            first_input=starts(count),
            source=ints(place[source]),
            source_port=ints(port),
            first_control=starts(waits),
            control_source=ints(control),
            nodes=Picked(old.nodes, kept, self._raw),
            library=old.library,
            call=array("i", (old.call[n] for n in [*kept.tolist(), *self._of]))
            if old.call
            else old.call,
            calls=old.calls,
        )
        _move_notes(old, graph, place)
        return graph, place

    def _read_instead(self, taken: NDArray[np.bool_], instead: Callable[[Tensor], Tensor]) -> None:
        """Lets nodes that stay read what stands for the outputs of those that do not."""
        for node, slot in self._edges_out(taken, set(self.inputs)):
            if node not in self.inputs:
                self.inputs[node] = self.graph.inputs(node)
            self.inputs[node][slot] = instead(self.inputs[node][slot])

    def _controls(self, taken: NDArray[np.bool_], kept: Ints, place: Ints) -> tuple[Ints, Ints]:
        """How many nodes each node waits for, and for which; what was taken waits for none."""
        old = self.graph
        first = np.frombuffer(old.first_control, np.int32)
        waiting = np.repeat(np.arange(len(old)), np.diff(first))
        source = place[np.frombuffer(old.control_source, np.int32)] if len(waiting) else place[:0]
        here = (place[waiting] >= 0) & ~taken[waiting] & (source >= 0)
        count = np.bincount(place[waiting[here]], minlength=len(kept) + len(self._raw))
        by_new = sorted(self._waits.items())
        count[[int(place[node]) for node, _ in by_new]] = 1
        for_new = [int(place[node]) for _, node in by_new]
        return count, np.concatenate([source[here], np.array(for_new, np.int64)])

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


def _move_notes(old: Graph, graph: Graph, place: Ints) -> None:
    """Takes over what is noted of nodes, as far as they are still there."""
    graph.replaced = {
        (int(place[n]), port): (int(place[to]), out)
        for (n, port), (to, out) in old.replaced.items()
        if place[n] >= 0 and place[to] >= 0
    }
    graph.chosen_by = {
        int(place[n]): (int(place[by]), port)
        for n, (by, port) in old.chosen_by.items()
        if place[n] >= 0 and place[by] >= 0
    }
    graph.written_at = {place[n]: steps for n, steps in old.written_at.items() if place[n] >= 0}
    graph.written_as = {place[n]: of for n, of in old.written_as.items() if place[n] >= 0}
    graph.run_before = {place[n]: of for n, of in old.run_before.items() if place[n] >= 0}
    graph.rolled = old.rolled
    graph.parts = frozenset(int(place[n]) for n in old.parts if place[n] >= 0)
