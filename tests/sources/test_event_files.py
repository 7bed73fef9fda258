"""Event files and log folders: the graph or timeline in them, and which of several."""

from __future__ import annotations

from pathlib import Path

import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.graph_source import DeclaredVariable, GraphSource
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.timeline import Severity, Source
from tests.server.logs import LiveWriter
from tests.sources.graphs import (
    dense,
    graph,
    graph_event,
    meta_graph,
    meta_graph_event,
    saved,
    traced_event,
)
from tests.timelines import stacked


def log(folder: Path, *events: Event, stamp: int = 1_700_000_000) -> Path:
    writer = LiveWriter(folder, stamp)
    for number in range(20):
        writer.scalar("loss", number, 1.0)
    for event in events:
        writer.event(event)
    writer.scalar("loss", 99, 0.5)
    writer.close()
    return writer.path


def opened(source: object, **choice: str) -> GraphSource:
    found = open_source(source, **choice)
    assert isinstance(found, GraphSource)
    return found


def refusal(source: object, **choice: str) -> str:
    with pytest.raises(SourceError) as caught:
        open_source(source, **choice)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_graph_of_an_event_file_and_of_its_folder(tmp_path: Path) -> None:
    path = log(tmp_path / "run1", graph_event(graph()))
    for source, name in ((path, "run1"), (tmp_path / "run1", "run1"), (tmp_path, None)):
        found = opened(source)
        assert found.graph_def == graph()
        assert found.source == Source("event_file", str(source), "tensorflow", "")
        assert found.name == (name or f"{tmp_path.name}/run1")
        assert found.findings == ()


def test_one_graph_in_two_forms_is_one_and_the_form_with_variables_is_taken(tmp_path: Path) -> None:
    meta = meta_graph(variables=("w",), trainable=("w",))
    for events in (
        (graph_event(graph()), meta_graph_event(meta)),
        (meta_graph_event(meta), graph_event(graph())),
    ):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        found = opened(log(folder, *events))
        assert found.declared == (DeclaredVariable("w", True),)
        assert found.source.version == "1.15.0"
        assert found.findings == (), "nothing was chosen"


def test_of_several_graphs_the_best_is_chosen_and_it_says_so(tmp_path: Path) -> None:
    small, large = graph(3), graph(9)
    found = opened(log(tmp_path / "most", graph_event(large), graph_event(small)))
    assert found.graph_def == large
    (finding,) = found.findings
    assert (finding.code, finding.severity) == ("GRAPH_CHOSEN", Severity.INFO)
    assert finding.message == (
        "2 different graphs are logged here. This is the GraphDef with 9 nodes; "
        "the other has 3 nodes."
    )
    declared = meta_graph(small, variables=("w",))
    found = opened(log(tmp_path / "declared", graph_event(large), meta_graph_event(declared)))
    assert found.graph_def == small, "the list of variables is worth more than nodes"
    later = graph(9, "later")
    found = opened(log(tmp_path / "later", graph_event(large), graph_event(later)))
    assert found.graph_def == later


def test_all_graphs_are_offered_and_each_can_be_chosen(tmp_path: Path) -> None:
    declared = meta_graph(dense(2), variables=("w",))
    events = (
        graph_event(dense(9)),
        graph_event(dense(5)),
        graph_event(dense(9)),  # again
        meta_graph_event(declared),
        traced_event(graph(30), "warm_up"),  # no network
        traced_event(dense(7), "batch_2"),
    )
    log(tmp_path, *events)
    (finding,) = opened(tmp_path).findings
    assert finding.message == (
        "4 different graphs are logged here. This is the MetaGraph with 6 nodes and a list of "
        "1 variable; the others have 13, 11, 9 nodes."
    )
    assert finding.advice == (
        "To see another one, give it to --tag: 'GraphDef', 'GraphDef (2)', 'batch_2'."
    )
    for name, units in (("GraphDef", 9), ("GraphDef (2)", 5), ("MetaGraph", 2), ("batch_2", 7)):
        found = opened(tmp_path, tag=name)
        assert len(found.graph_def.node) == 4 + units
        assert found.findings == ()
    assert "there are: GraphDef, GraphDef (2), MetaGraph, batch_2" in refusal(tmp_path, tag="x")


def test_the_files_of_one_run_are_one_log(tmp_path: Path) -> None:
    log(tmp_path, graph_event(graph(5)), stamp=1)
    log(tmp_path, graph_event(graph(7)), stamp=2)
    found = opened(tmp_path)
    assert len(found.graph_def.node) == 7
    assert [finding.code for finding in found.findings] == ["GRAPH_CHOSEN"]


def test_traced_graphs_are_chosen_by_their_tag(tmp_path: Path) -> None:
    log(tmp_path, traced_event(graph(5, "a"), "train"), traced_event(graph(4, "b"), "eval"))
    assert len(opened(tmp_path).graph_def.node) == 5
    assert opened(tmp_path, tag="eval").graph_def == graph(4, "b")
    assert "no graph under the tag 'x'; there are: train, eval" in refusal(tmp_path, tag="x")


def test_the_only_run_with_a_graph_is_taken_and_of_several_one_must_be_chosen(
    tmp_path: Path,
) -> None:
    log(tmp_path / "eval")
    log(tmp_path / "train", graph_event(graph(4)))
    assert opened(tmp_path).graph_def == graph(4)
    log(tmp_path / "b" / "more", graph_event(graph(5)))
    message = refusal(tmp_path)
    assert message == f"{tmp_path}: 2 runs hold a graph: b/more, train; choose one with --run"
    assert opened(tmp_path, run="b/more").graph_def == graph(5)
    assert "there is no run 'x'; there are: b/more, eval, train" in refusal(tmp_path, run="x")
    assert "holds 22 events, but no graph and no timeline" in refusal(tmp_path, run="eval")


def test_an_exported_timeline_is_returned_as_it_is(tmp_path: Path) -> None:
    log(tmp_path, graph_event(graph()))
    writer = LiveWriter(tmp_path / "rnnview")
    writer.timeline("net", 0, stacked(layers=1))
    writer.timeline("net", 5, stacked(layers=2))
    writer.close()
    assert open_source(tmp_path) == stacked(layers=2), "the latest step"
    assert open_source(writer.path) == stacked(layers=2)
    assert open_source(tmp_path, run="rnnview", tag="net") == stacked(layers=2)
    assert opened(tmp_path, run=".").graph_def == graph()
    writer = LiveWriter(tmp_path / "other" / "rnnview")
    writer.timeline("b", 0, stacked())
    writer.timeline("a", 0, stacked())
    writer.close()
    message = refusal(tmp_path)
    assert "3 timelines are stored here; choose one of: " in message
    assert "--run 'other/rnnview' --tag 'a'" in message
    assert open_source(tmp_path, run="other/rnnview", tag="a") == stacked()
    message = refusal(tmp_path, tag="x")
    assert "no timeline is stored under the tag 'x'" in message


def test_a_live_file_that_ends_in_half_a_record_is_read_so_far(tmp_path: Path) -> None:
    path = log(tmp_path, graph_event(graph()))
    path.write_bytes(path.read_bytes()[:-5])
    assert opened(path).graph_def == graph()


def test_a_file_cut_inside_its_graph_says_where(tmp_path: Path) -> None:
    path = log(tmp_path)
    begin = path.stat().st_size
    path = log(tmp_path, graph_event(graph(50)))
    data = path.read_bytes()
    path.write_bytes(data[: begin + 100])
    message = refusal(tmp_path)
    assert "holds no graph that can be read" in message
    assert f"{path.name} is cut off or damaged at byte" in message


def test_a_damaged_graph_does_not_spoil_another(tmp_path: Path) -> None:
    broken = Event(wall_time=1.0, graph_def=b"\xff\xff no graph")
    empty = Event(wall_time=1.0, graph_def=GraphDef().SerializeToString())
    assert opened(log(tmp_path, broken, empty, graph_event(graph()))).graph_def == graph()


def test_a_log_without_a_graph_says_what_it_holds(tmp_path: Path) -> None:
    assert "holds 22 events, but no graph and no timeline" in refusal(log(tmp_path / "a"))
    summary = Summary()
    summary.value.add(tag="keras").metadata.plugin_data.plugin_name = "graph_keras_model"
    path = log(tmp_path / "b", Event(wall_time=1.0, summary=summary))
    message = refusal(path)
    assert "holds a Keras model's configuration that cannot be read, and no graph" in message
    assert "tb_rnnview.export(model, logdir)" in message


def test_a_file_that_only_bears_the_name(tmp_path: Path) -> None:
    path = tmp_path / "events.out.tfevents.1.host"
    path.write_bytes(b"\0\1\2\3" * 10)
    assert "is no event file" in refusal(tmp_path)
    log(tmp_path / "good", graph_event(graph()))
    assert opened(tmp_path).graph_def == graph()


def test_folders_without_a_log(tmp_path: Path) -> None:
    assert "the folder is empty" in refusal(tmp_path)
    (tmp_path / "notes.txt").write_text("nothing")
    assert "no event file and no graph is in the folder" in refusal(tmp_path)
    saved(tmp_path / "sub" / "model.meta", meta_graph())
    assert refusal(tmp_path).endswith("give a graph: sub/model.meta")


def test_choices_that_a_file_does_not_have(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pb", graph())
    assert "--run and --tag choose within event files" in refusal(path, run="train")
