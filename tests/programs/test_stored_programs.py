"""What is read of a graph that stays as it is stored is what is read of the parsed one."""

from __future__ import annotations

import pytest
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tb_rnnview.analysis.analyze import analyze_graph
from tb_rnnview.sources import stored_graph
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.stored_graph import StoredGraph, graph_of
from tb_rnnview.timeline import Source
from tests.programs.catalogue import NAMES, program


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_program_gives_the_same_timeline(name, monkeypatch):
    monkeypatch.setattr(stored_graph, "LARGE", 0)
    monkeypatch.setattr(stored_graph, "FEWEST", 1)
    data = program(name).graph.as_graph_def(add_shapes=True).SerializeToString()
    stored = graph_of(data)
    assert isinstance(stored, StoredGraph)
    assert stored.node.columns is not None
    found, expected = (
        analyze_graph(GraphSource(graph, Source("graph_def")))
        for graph in (stored, GraphDef.FromString(data))
    )
    assert found == expected
