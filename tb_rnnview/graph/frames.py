"""Which while frame each node runs in.

A frame is entered by Enter nodes that carry its name and left by Exit nodes. Two Enter nodes of
one name that stand in different frames make two frames, so a frame is (parent, name).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from tb_rnnview.errors import SourceError
from tb_rnnview.graph.control_flow import ENTER, EXIT
from tb_rnnview.graph.form import Graph

_DEEPEST = 200
"""Loops within loops. What is asked of each loop and all around it takes the square of that."""


@dataclass(eq=False)
class Frames:
    """The frames of a graph. Frame 0 is the outside of all loops."""

    of: array[int]
    """The frame of each node. An Enter counts to the frame it opens, an Exit to the one it ends."""
    name: list[str]
    parent: list[int]
    depth: list[int]

    def __len__(self) -> int:
        return len(self.name)

    def around(self, frame: int) -> Iterator[int]:
        """The frames in which a frame is nested, the outside of all loops apart."""
        while (frame := self.parent[frame]) > 0:
            yield frame

    def inside(self, frame: int, outer: int) -> bool:
        """Whether ``frame`` is ``outer`` or nested in it."""
        while self.depth[frame] > self.depth[outer]:
            frame = self.parent[frame]
        return frame == outer


def find_frames(graph: Graph) -> Frames:
    """Assigns a frame to each node.

    A node runs in the innermost frame that any of its inputs, control inputs among them, comes
    from. Labels only ever move inwards, so the walk ends; it visits nothing outside loops.

    Raises:
        SourceError: a loop is entered from within itself.
    """
    of = array("i", bytes(4 * len(graph)))
    frames = Frames(of, [""], [0], [0])
    enters = graph.nodes_of(*ENTER)
    if not enters:
        return frames
    ids: dict[tuple[int, str], int] = {}
    is_enter = set(enters)
    is_exit = set(graph.nodes_of(*EXIT))

    def child(parent: int, name: str) -> int:
        key = (parent, name)
        if key not in ids:
            if frames.depth[parent] >= _DEEPEST:
                raise SourceError(
                    f"the graph is too deep: more than {_DEEPEST} loops lie in each other; give a "
                    "part of it"
                )
            if frames.depth[parent] >= deepest:  # names are unique: no loop is inside itself
                raise SourceError(
                    f"the graph is damaged: the loop {name!r} is entered from within itself; "
                    "export the graph again"
                )
            ids[key] = len(frames)
            frames.name.append(name)
            frames.parent.append(parent)
            frames.depth.append(frames.depth[parent] + 1)
        return ids[key]

    frame_name = {
        node: graph.attr(node, "frame_name").s.decode(errors="replace") for node in enters
    }
    deepest = len(set(frame_name.values()))
    for node in enters:
        of[node] = child(0, frame_name[node])
    pending = list(enters)
    while pending:
        node = pending.pop()
        frame = frames.parent[of[node]] if node in is_exit else of[node]
        if frame == 0:
            continue
        targets = [to for _, to, _ in graph.consumers(node)]
        targets.extend(graph.control_consumers(node))
        for to in targets:
            inner = child(frame, frame_name[to]) if to in is_enter else frame
            if frames.depth[inner] > frames.depth[of[to]]:
                of[to] = inner
                pending.append(to)
    return frames
