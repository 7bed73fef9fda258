"""Large graphs are analysed whole, in time that grows with their size and no faster."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.analysis.rolled.arrays import all_differ, pairs
from tb_rnnview.facade import analyze, analyze_opened
from tb_rnnview.graph.form import Graph
from tb_rnnview.sources import stored_graph
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.sources.stored_graph import StoredGraph
from tb_rnnview.timeline import Direction, Encoding, Kind, Timeline

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def large_graph() -> Iterator[ModuleType]:
    """The generator of the benchmark."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(_BENCHMARKS))
        yield importlib.import_module("large_graph")


@pytest.fixture(scope="module")
def spellings(large_graph: ModuleType) -> ModuleType:
    """The same network as other programs write it down."""
    assert large_graph
    return importlib.import_module("spellings")


def written(large_graph: ModuleType, folder: Path, steps: int) -> str:
    path = folder / f"{steps}.pb"
    path.write_bytes(large_graph.chain_of_cells(steps).SerializeToString())
    return str(path)


def is_one_lstm(timeline: Timeline, steps: int) -> None:
    (axis,) = timeline.axes
    assert (axis.length, axis.encoding) == (steps, Encoding.UNROLLED)
    (layer,) = timeline.layers
    assert (layer.cell, layer.units, layer.kind) == ("LSTM", 128, Kind.RECURRENT)
    assert {v.name: v.shape for v in timeline.variables} == {
        "rnn/basic_lstm_cell/kernel": (192, 512),
        "rnn/basic_lstm_cell/bias": (512,),
    }
    for variable in timeline.variables:
        (use,) = variable.uses
        assert (use.layer, use.axis, use.reads) == (layer.id, axis.id, 1)
        assert (use.start, use.stop or steps) == (0, steps)


def test_a_graph_that_stays_stored(large_graph: ModuleType, tmp_path: Path) -> None:
    path = written(large_graph, tmp_path, 2_000)
    opened = open_source(path)
    assert isinstance(opened.graph_def, StoredGraph)
    is_one_lstm(analyze(path), 2_000)


def test_a_large_graph_in_memory(large_graph: ModuleType) -> None:
    graph = large_graph.chain_of_cells(2_000)
    assert len(graph.node) == 40_024
    is_one_lstm(analyze(graph), 2_000)


_SPELLINGS = (
    *("plain", "shuffled", "sliced", "both_ways"),
    *("with_a_call", "in_function", "saved_model"),
)


def test_all_spellings_are_tried(spellings: ModuleType) -> None:
    assert tuple(spellings.SPELLINGS) == _SPELLINGS


@pytest.mark.parametrize("spelling", _SPELLINGS)
def test_a_graph_that_stays_stored_gives_what_it_gives_parsed(
    spellings: ModuleType, spelling: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ("saved_model.pb" if spelling == "saved_model" else f"{spelling}.pb")
    path.write_bytes(spellings.stored(spellings.SPELLINGS[spelling](10)))
    opened = open_source(str(path))
    assert isinstance(opened.graph_def, GraphDef)
    parsed = analyze_opened(opened)
    monkeypatch.setattr(stored_graph, "LARGE", 0)
    monkeypatch.setattr(stored_graph, "FEWEST", 1)
    opened = open_source(str(path))
    assert isinstance(opened.graph_def, StoredGraph)
    assert analyze_opened(opened).to_json() == parsed.to_json()
    if spelling != "both_ways":
        is_one_lstm(parsed, 10)
        return
    (axis,) = parsed.axes
    assert axis.length == 5
    assert [(layer.cell, layer.units, layer.kind) for layer in parsed.layers] == [
        ("LSTM", 128, Kind.RECURRENT)
    ] * 2
    assert {a.direction for layer in parsed.layers for a in layer.applications} == {
        Direction.FORWARD,
        Direction.BACKWARD,
    }


@pytest.mark.slow
def test_time_grows_with_the_size_and_no_faster(large_graph: ModuleType, tmp_path: Path) -> None:
    took = {}
    for steps in (2_000, 16_000):
        path = written(large_graph, tmp_path, steps)
        analyze(path)
        started = time.process_time()
        is_one_lstm(analyze(path), steps)
        took[steps] = time.process_time() - started
    # Eight times as many nodes. What grows with their square would take 64 times as long.
    assert took[16_000] < 16 * took[2_000]


def backward_beside_forward(large_graph: ModuleType, steps: int) -> Any:
    """A second chain over the same elements, from the last to the first, stacked as it runs."""
    graph = large_graph.chain_of_cells(steps)
    to = large_graph.Writer()
    to.graph = graph
    kernel, bias = to.variable("other/kernel", [192, 512]), to.variable("other/bias", [512])
    states = ["rnn/zeros_c", "rnn/zeros_h"]
    outputs = []
    for step in reversed(range(steps)):
        states = large_graph.one_step(to, f"other/{step}", f"unstack:{step}", states, kernel, bias)
        outputs.append(states[1])
    to.add("other/stack", "Pack", outputs, [[steps, 32, 128]], N=steps, axis=0)
    return graph


def test_a_long_list_that_is_rewired_is_read_once(
    large_graph: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reads each timestep's result by itself is not read anew for each of them."""
    graph = backward_beside_forward(large_graph, 400)
    read = 0
    inputs = Graph.inputs

    def counted(self: Graph, node: int) -> list[tuple[int, int]]:
        nonlocal read
        found = inputs(self, node)
        read += len(found)
        return found

    monkeypatch.setattr(Graph, "inputs", counted)
    timeline = analyze(graph)
    directions = {a.direction for layer in timeline.layers for a in layer.applications}
    assert directions == {Direction.FORWARD, Direction.BACKWARD}
    assert read < 2 * len(graph.node)


def test_numbers_that_come_twice_are_found_in_any_order() -> None:
    assert all_differ(np.array([], int))
    assert all_differ(np.array([1, 2, 5]))
    assert all_differ(np.array([5, 1, 2]))
    assert not all_differ(np.array([1, 2, 2]))
    assert not all_differ(np.array([2, 1, 2]))


def test_pairs_come_once_and_in_order() -> None:
    one, other = pairs(np.array([3, 0, 3, 0, 3]), np.array([1, 7, 1, 2, 0]))
    assert list(zip(one.tolist(), other.tolist(), strict=True)) == [(0, 2), (0, 7), (3, 0), (3, 1)]
