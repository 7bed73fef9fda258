"""Which while frame each node runs in."""

from __future__ import annotations

import pytest

from tb_rnnview.errors import SourceError
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import Frames, find_frames
from tests.graph.build import graph, loop


def frames_of(*lines: str) -> tuple[Graph, Frames, dict[str, str]]:
    """{node: the names of the frames around it, outermost first}."""
    g = graph(*lines)
    frames = find_frames(g)
    places = {}
    for node, name in enumerate(g.names):
        around, frame = [], frames.of[node]
        while frame:
            around.insert(0, frames.name[frame])
            frame = frames.parent[frame]
        places[name] = " > ".join(around)
    return g, frames, places


def test_without_a_loop_all_run_outside() -> None:
    _, frames, places = frames_of("a Custom", "b Custom a")
    assert len(frames) == 1
    assert set(places.values()) == {""}


@pytest.mark.parametrize("ref", [False, True])
def test_one_loop(ref: bool) -> None:
    _, frames, places = frames_of("p Custom", *loop("x", "p", ref=ref), "after Custom x/exit")
    assert {n for n, place in places.items() if place == "x"} == {
        f"x/{part}" for part in ("enter", "merge", "test", "cond", "switch", "body", "next", "exit")
    }
    assert places["p"] == places["after"] == ""
    assert (frames.parent[1], frames.depth[1]) == (0, 1)


def test_a_loop_in_a_loop() -> None:
    lines = [*loop("out", "p"), *loop("in", "out/switch:1")]
    lines = [line.replace("out/body Add out/switch:1", "out/body Add in/exit") for line in lines]
    g, frames, places = frames_of("p Custom", *lines, "after Custom out/exit")
    assert places["in/enter"] == places["in/body"] == "out > in"
    assert places["out/body"] == places["out/next"] == "out"
    assert places["after"] == ""
    inner, outer = frames.of[g.index["in/body"]], frames.of[g.index["out/body"]]
    assert frames.inside(inner, outer)
    assert frames.inside(inner, inner)
    assert not frames.inside(outer, inner)
    assert frames.inside(inner, 0)


def test_frames_are_told_apart_by_what_is_around_them() -> None:
    """The same name in two loops is two frames."""
    lines = ["p Custom", *loop("a", "p"), *loop("b", "p")]
    lines += ["ia Enter a/switch:1 frame=same", "ib Enter b/switch:1 frame=same"]
    _, _, places = frames_of(*lines)
    assert (places["ia"], places["ib"]) == ("a > same", "b > same")


def test_a_control_edge_alone_puts_a_node_in_a_loop() -> None:
    _, _, places = frames_of("p Custom", *loop("x", "p"), "one Custom ^x/switch", "two Custom one")
    assert places["one"] == places["two"] == "x"


def test_the_order_of_nodes_does_not_matter() -> None:
    lines = ["p Custom", *loop("out", "p"), *loop("in", "out/switch:1"), "after Custom out/exit"]
    assert frames_of(*lines)[2] == frames_of(*lines[::-1])[2]


def test_a_loop_that_is_entered_from_within_itself() -> None:
    lines = ["p Custom", *loop("x", "p"), "again Enter x/switch:1 frame=x"]
    with pytest.raises(SourceError, match="the loop 'x' is entered from within itself"):
        frames_of(*lines)
