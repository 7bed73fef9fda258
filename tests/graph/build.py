"""Small graphs for tests, a node a line."""

from __future__ import annotations

from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.from_graph_def import from_graph_def


def graph_def(*lines: str) -> GraphDef:
    """Each line: ``name Op input input …``; ``frame=x`` names the frame of an Enter."""
    made = GraphDef()
    for line in lines:
        name, op, *rest = line.split()
        node = made.node.add(name=name, op=op)
        for word in rest:
            if word.startswith("frame="):
                node.attr["frame_name"].s = word.removeprefix("frame=").encode()
            else:
                node.input.append(word)
    return made


def graph(*lines: str) -> Graph:
    return from_graph_def(graph_def(*lines))


def loop(name: str, start: str, *, ref: bool = False) -> list[str]:
    """The lines of a while frame that carries one value; its step doubles it."""
    r = "Ref" if ref else ""
    return [
        f"{name}/enter {r}Enter {start} frame={name}",
        f"{name}/merge {r}Merge {name}/enter {name}/next",
        f"{name}/test Custom {name}/merge",
        f"{name}/cond LoopCond {name}/test",
        f"{name}/switch {r}Switch {name}/merge {name}/cond",
        f"{name}/body Add {name}/switch:1 {name}/switch:1",
        f"{name}/next {r}NextIteration {name}/body",
        f"{name}/exit {r}Exit {name}/switch",
    ]
