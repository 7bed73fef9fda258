"""What a state is after a timestep, which sequences it counts for, and the bounds of gates."""

from __future__ import annotations

from dataclasses import dataclass

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.carried import Carried
from tb_rnnview.analysis.cuts import cut_source
from tb_rnnview.analysis.pieces import CLIPS, handed_on
from tb_rnnview.graph.control_flow import MERGE
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.walk import walk


@dataclass(frozen=True)
class Mask:
    """What says which sequences run: the condition by which an operation chooses."""

    select: int
    runs: bool
    """What the condition is where a sequence runs."""


def new_value(graph: Graph, carried: Carried) -> tuple[Tensor, Mask | None]:
    """What a state is after a timestep, and the mask that says which sequences it counts for."""
    tensor = handed_on(graph, graph.inputs(carried.next)[0])
    found = None
    while (mask := _mask(graph, tensor[0], carried)) is not None:
        found = mask
        tensor = handed_on(graph, graph.inputs(tensor[0])[1 if mask.runs else 2])
    if found is None and graph.op(tensor[0]) in MERGE and tensor[0] not in graph.loop_merges:
        found = _mask_within(graph, tensor, carried)
    return tensor, found


def _mask(graph: Graph, node: int, carried: Carried) -> Mask | None:
    """The mask by which an operation keeps a state; None = it does not."""
    if graph.op(node) not in ops.SELECTS:
        return None
    keeps = [handed_on(graph, t)[0] == carried.merge for t in graph.inputs(node)[1:]]
    return Mask(node, keeps[1]) if keeps in ([True, False], [False, True]) else None


def _mask_within(graph: Graph, tensor: Tensor, carried: Carried) -> Mask | None:
    """The mask in a branch of a condition, whose result a tensor is."""

    def before(node: int) -> list[int]:
        joins = graph.op(node) in MERGE and node not in graph.loop_merges
        return [handed_on(graph, t)[0] for t in graph.inputs(node)] if joins else []

    found = (_mask(graph, node, carried) for node in walk([tensor[0]], before))
    return next(filter(None, found), None)


def is_above_zero(graph: Graph, gate: Tensor) -> bool | None:
    """Whether a gate lies between 0 and 1, or (False) between -1 and 1; None = it has no bounds."""
    node = handed_on(graph, gate)[0]
    while (source := cut_source(graph, node)) is not None:
        node = handed_on(graph, source)[0]
    if graph.op(node) in CLIPS or graph.op(node) == "Sigmoid":
        return True
    return False if graph.op(node) == "Tanh" else None
