"""Large graphs are analysed whole, in time that grows with their size and no faster."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tb_rnnview.analysis.rolled.arrays import all_differ, pairs
from tb_rnnview.facade import analyze
from tb_rnnview.graph.form import Graph
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.sources.stored_graph import StoredGraph
from tb_rnnview.timeline import Direction, Encoding, Kind, Timeline


@pytest.fixture(scope="module")
def large_graph() -> ModuleType:
    """The generator of the benchmark."""
    path = Path(__file__).parents[2] / "benchmarks" / "large_graph.py"
    spec = importlib.util.spec_from_file_location("large_graph", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
