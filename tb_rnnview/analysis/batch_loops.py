"""Loops around the network: each round takes the next batch and goes through all of it again.

A program may hold its whole training loop: over a data set, over an iterator, over a number of
steps and epochs. That is no time of the network. What runs in such a loop is described as if it ran
once, for one batch. A loop that hands a state through weights from round to round is a recurrence
over what the data set holds, and stays one.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.ordering import components
from tb_rnnview.graph.control_flow import MERGE, SWITCH, origin
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import Frames

_HANDS_ON = ops.PASS_ON - frozenset(MERGE)


def find_batch_loops(graph: Graph, frames: Frames, derivative: bytearray) -> list[int]:
    """The frames of the loops around the network, outer ones first.

    Args:
        graph: the graph.
        frames: its frames.
        derivative: one flag per node: it descends from what only differentiation makes. What a
            gradient hands from round to round is training.
    """
    taking = {frames.of[n] for n in graph.nodes_of(*filter(ops.takes_next, graph.op_names))} - {0}
    if not taking:
        return []
    around = set[int]()
    for frame in taking:
        while frame:
            around.add(frame)
            frame = frames.parent[frame]
    members: dict[int, list[int]] = {frame: [] for frame in around}
    for node, frame in enumerate(frames.of):
        if derivative[node]:
            continue
        while frame:
            if frame in members:
                members[frame].append(node)
            frame = frames.parent[frame]
    recurrent = {
        frame for frame, nodes in members.items() if _is_recurrent(graph, frames, frame, nodes)
    }
    found = []
    for frame in sorted(around, key=lambda f: (frames.depth[f], f)):
        inner = {f for f in taking if frames.inside(f, frame)}
        if frame not in recurrent and not inner <= recurrent:
            found.append(frame)
    return found


def without_loops(frames: Frames, left_out: Collection[int]) -> Frames:
    """The frames, as if the body of some of them ran in the frame around."""
    if not left_out:
        return frames
    stands_for = list(range(len(frames)))
    depth = [0] * len(frames)
    for frame in sorted(range(1, len(frames)), key=frames.depth.__getitem__):
        parent = stands_for[frames.parent[frame]]
        if frame in left_out:
            stands_for[frame] = parent
        else:
            depth[frame] = depth[parent] + 1
    parents = [stands_for[parent] for parent in frames.parent]
    return Frames(array("i", (stands_for[f] for f in frames.of)), frames.name, parents, depth)


def _is_recurrent(graph: Graph, frames: Frames, frame: int, nodes: list[int]) -> bool:
    """Whether a value goes round through an operation on weights in the loop itself."""
    on_weights = [n for n in nodes if frames.of[n] == frame and _takes_weights(graph, n)]
    if not on_weights:
        return False
    circle = _circles(graph, nodes)
    return any(n in circle for n in on_weights)


def _takes_weights(graph: Graph, node: int) -> bool:
    op = graph.op(node)
    if op in ops.MATRIX or op in ops.FUSED_CELLS:
        return True
    return op in ops.MULTIPLICATIVE and any(
        graph.op(origin(graph, tensor, _HANDS_ON)[0]) in ops.VARIABLES
        for tensor in graph.inputs(node)
    )


def _circles(graph: Graph, nodes: list[int]) -> set[int]:
    """The nodes that reach themselves through others of them."""
    inside = set(nodes)
    groups = components(nodes, lambda node: _sources(graph, node, inside))
    return {node for group in groups if len(group) > 1 for node in group}


def _sources(graph: Graph, node: int, inside: set[int]) -> list[int]:
    if graph.op(node) in ops.SHAPE_READERS:
        return []
    sources = graph.sources(node)
    if graph.op(node) in SWITCH:
        sources = sources[:1]  # whether it goes on is no data
    return [s for s in sources if s in inside]
