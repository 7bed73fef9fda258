"""The direction of one recurrence in a loop that reads a sequence from both ends at once.

Step k of such a loop takes element k for one layer and element T-1-k for another. What a recurrence
is reached by within a step tells in which direction it goes.
"""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.axes import Axes
from tb_rnnview.analysis.recurrences import Core
from tb_rnnview.graph.control_flow import NEXT
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk
from tb_rnnview.timeline import Direction


def direction_of(graph: Graph, axes: Axes, core: Core) -> Direction:
    """The direction of a recurrence, by the elements that lead to it within a step."""
    body = set(core.loop.body)

    def after(node: int) -> list[int]:
        return [
            to
            for _, to, _ in graph.consumers(node)
            if to in body and graph.op(to) not in NEXT and graph.op(to) not in ops.SHAPE_READERS
        ]

    turned: set[bool] = set()
    for element in core.loop.elements:
        told = axes.turned.get(element.node, set()) if not element.writes else set()
        if not told <= turned and any(node in core.nodes for node in walk([element.node], after)):
            turned |= told
    if len(turned) != 1:
        return Direction.UNKNOWN
    return Direction.BACKWARD if turned.pop() else Direction.FORWARD
