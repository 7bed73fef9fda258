"""How long the time axes of a session's graph are, as a run of it shows."""

from __future__ import annotations

from typing import Any

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.arrays import filled_from, is_array
from tb_rnnview.analysis.elements import Element
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.graph.form import Graph
from tb_rnnview.timeline import Timeline
from tb_rnnview.training.session_operations import Operations


def find_lengths(found: Analysis, timeline: Timeline, graph: Any) -> dict[str, Any]:
    """What to fetch for the lengths that a graph leaves open, by the axes' ids.

    Args:
        found: what the analysis found in the graph.
        timeline: the timeline of it.
        graph: the ``tf.Graph``.
    """
    operations = Operations(graph)
    is_open = {axis.id for axis in timeline.axes if axis.length is None}
    lengths: dict[str, Any] = {}
    for layer, told in zip(found.layers, timeline.layers, strict=True):
        for instance, place in zip(layer.instances, told.applications, strict=True):
            loop = instance.loop
            if loop is None or found.frames.parent[loop.frame] or place.axis not in is_open:
                continue
            for element in loop.elements:
                size = positions(found.graph, operations, element) if element.slope else None
                if size is not None:
                    lengths.setdefault(place.axis, size)
    return lengths


def positions(graph: Graph, operations: Operations, element: Element) -> Any:
    """How many elements a sequence has, a tensor outside of loops; None = it cannot be told.

    Args:
        graph: the graph that was analysed.
        operations: the operations of TensorFlow's graph.
        element: the access of one element.
    """
    array = operations.tensor(graph.names[element.array], 0)
    if graph.op(element.array) in ops.TENSOR_ARRAYS:
        size = array.op.inputs[0] if array is not None else None
    else:
        filled = next(iter(filled_from(graph, element.array)), None)
        if filled is None and is_array(graph, element.array):
            return None  # a list that is filled in the loop
        node, port = filled or element.tensor
        tensor = operations.tensor(graph.names[node], port)
        size = operations.size(tensor, 0 if filled else element.dimension)
    return size if size is not None and operations.graph.is_fetchable(size) else None
