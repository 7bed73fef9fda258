"""Graph files open as what they are, and junk is refused in one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from google.protobuf import text_format
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.graph_source import DeclaredVariable, GraphSource
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.timeline import Source
from tests.sources.graphs import graph, meta_graph, saved


def refusal(path: object) -> str:
    with pytest.raises(SourceError) as caught:
        open_source(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_graph_def(tmp_path: Path) -> None:
    path = saved(tmp_path / "frozen.pb", graph())
    opened = open_source(path)
    assert opened == GraphSource(graph(), Source("graph_def", path, "tensorflow", ""), "frozen")


def test_a_path_object_and_a_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "frozen.pb", graph())
    opened = open_source(Path(path), name="mine")
    assert isinstance(opened, GraphSource)
    assert (opened.name, opened.source.path) == ("mine", path)


def test_a_meta_graph_declares_its_variables_in_the_programs_order(tmp_path: Path) -> None:
    meta = meta_graph(variables=("b", "a", "step"), trainable=("b", "a"))
    path = saved(tmp_path / "model.ckpt-7.meta", meta)
    opened = open_source(path)
    assert opened == GraphSource(
        graph(),
        Source("meta_graph", path, "tensorflow", "1.15.0"),
        "model.ckpt-7",
        (
            DeclaredVariable("b", True),
            DeclaredVariable("a", True),
            DeclaredVariable("step", False),
        ),
    )


def test_without_a_collection_of_trained_variables_nobody_knows(tmp_path: Path) -> None:
    opened = open_source(saved(tmp_path / "m.meta", meta_graph(variables=("a",))))
    assert isinstance(opened, GraphSource)
    assert opened.declared == (DeclaredVariable("a", None),)


def test_a_collection_of_node_names_and_one_of_other_objects(tmp_path: Path) -> None:
    meta = meta_graph(trainable=("a",))
    meta.collection_def["variables"].node_list.value.extend(["a:0", "b:0"])
    meta.collection_def["local_variables"].bytes_list.value.append(b"\xff no VariableDef")
    opened = open_source(saved(tmp_path / "m.meta", meta))
    assert isinstance(opened, GraphSource)
    assert opened.declared == (DeclaredVariable("a", True), DeclaredVariable("b", False))


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    for name, message, kind in (
        ("a.meta", graph(), "graph_def"),
        ("b.pb", meta_graph(), "meta_graph"),
        ("c.dat", graph(), "graph_def"),
    ):
        opened = open_source(saved(tmp_path / name, message))
        assert isinstance(opened, GraphSource)
        assert opened.source.kind == kind
        assert opened.graph_def == graph()


@pytest.mark.parametrize("name", ["g.pbtxt", "g.pb.txt", "g.pb"])
@pytest.mark.parametrize("before", ["", "# made by hand\n\n"])
def test_text_graphs(tmp_path: Path, name: str, before: str) -> None:
    path = tmp_path / name
    path.write_text(before + text_format.MessageToString(graph()))
    opened = open_source(str(path))
    assert isinstance(opened, GraphSource)
    assert (opened.graph_def, opened.name) == (graph(), "g")
    path.write_text(before + text_format.MessageToString(meta_graph(variables=("v",))))
    opened = open_source(str(path))
    assert isinstance(opened, GraphSource)
    assert opened.declared == (DeclaredVariable("v", None),)


def test_fields_and_attributes_of_other_versions_are_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "old.pbtxt"
    path.write_text(
        'node { name: "a" op: "OpOfLongAgo" attr { key: "odd" value { i: 1 } } '
        'from_the_future { x: 1 } } new_field: "x" versions { producer: 1 }'
    )
    opened = open_source(str(path))
    assert isinstance(opened, GraphSource)
    assert opened.graph_def.node[0].op == "OpOfLongAgo"
    unknown_field = b"\xa2\x06\x03abc"  # number 100, length-delimited
    binary = tmp_path / "new.pb"
    binary.write_bytes(graph().SerializeToString() + unknown_field)
    assert isinstance(open_source(str(binary)), GraphSource)


def test_a_graph_without_versions_is_old_not_damaged(tmp_path: Path) -> None:
    assert isinstance(open_source(saved(tmp_path / "a.pb", graph(versioned=False))), GraphSource)


def test_every_way_to_cut_a_file_short_is_noticed(tmp_path: Path) -> None:
    for name, message in (("a.pb", graph()), ("a.pb", graph(versioned=False))):
        data = message.SerializeToString()
        # Without its versions, which stand last, the graph is an old one and whole.
        whole = {len(graph(versioned=False).SerializeToString())}
        for length in set(range(1, len(data))) - whole:
            path = tmp_path / name
            path.write_bytes(data[:length])
            assert refusal(path).startswith(f"{path}: ")


def test_a_cut_meta_graph_says_where(tmp_path: Path) -> None:
    path = tmp_path / "model.meta"
    data = meta_graph().SerializeToString()
    path.write_bytes(data[:-9])
    content = graph().SerializeToString()
    assert len(content) > 127
    begin = data.index(content) - 3  # the graph's tag and its length, which takes two bytes
    assert refusal(path) == (
        f"{path}: is damaged, cut off or no graph: what begins at byte {begin} of "
        f"{len(data) - 9} needs 9 more bytes than there are; copy or write it again"
    )


def test_a_cut_text_graph_says_where(tmp_path: Path) -> None:
    path = tmp_path / "graph.pbtxt"
    path.write_text('node {\n  name: "a"\n  op: ')
    assert "at line 3" in refusal(path)
    path.write_bytes(b'node { name: "a\xff" op: "b" }')
    assert "no UTF-8 text from byte 15" in refusal(path)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(min_size=1, max_size=300), suffix=st.sampled_from([".pb", ".meta", ".x"]))
@example(data=b"\x0a\x00", suffix=".pb")  # one node that says nothing
@example(data=b"\x12\x00", suffix=".pb")  # an empty library
@example(data=b"\x0a\x03\x0a\x01a", suffix=".pb")  # a node without an op
@example(data=b"\xa2\x06\x03abc", suffix=".pb")  # only an unknown field
def test_junk_is_refused_in_one_line(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"junk{suffix}"
    path.write_bytes(data)
    assert refusal(path).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.pb", b"", "the file is empty"),
        ("notes.pb", b"Dear reader,\nthis is no graph.\n", "is a text file, not a graph"),
        ("page.pb", b"<!DOCTYPE html><html>", "is a web page"),
        ("model.h5", b"\x89HDF\r\n\x1a\n\0\0", "is an HDF5 file that is cut off or damaged"),
        ("model.keras", b"PK\x03\x04\0\0", "a .keras file (a zip archive) that is cut off"),
        ("model.json", b'{"class_name": "Sequential"}', "is no configuration of a Keras model"),
        ("graph.pb", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (
            "model.tflite",
            b"\x1c\0\0\0TFL3\x14\0",
            "is a TensorFlow Lite model, which holds no TensorFlow graph",
        ),
        ("graph.pb.gz", b"\x1f\x8b\x08\0", "is gzip'd, and damaged or cut off: copy it again"),
        ("checkpoint", b'model_checkpoint_path: "a"', "give the model itself: a SavedModel"),
        ("a.data-00000-of-00001", b"\0\0\0\0", "is a part of a checkpoint"),
        ("program.py", b"graph = None", "program.py:graph (that runs it)"),
    ],
)
def test_other_files_are_named_for_what_they_are(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    message = refusal(path)
    assert message.startswith(f"{path}: ")
    assert said in message


@pytest.mark.parametrize(
    ("part", "others", "said"),
    [
        ("c-1.index", ["c-1.meta", "c-2.meta"], "give {folder}/c-1.meta"),
        ("c-1.data-00000-of-00001", ["c-1.meta", "c-2.meta"], "give {folder}/c-1.meta"),
        ("checkpoint", ["c-1.meta"], "give {folder}/c-1.meta"),
        ("checkpoint", ["c-1.meta", "c-2.meta"], "give one of the .meta files beside it"),
        (".", ["c-1.meta"], "give a graph: c-1.meta"),
        ("c-1.index", ["../saved_model.pb"], "give the SavedModel that it belongs to, {above}"),
        (".", ["../saved_model.pb"], "give the SavedModel that it belongs to, {above}"),
        ("c-1.index", [], "or the program that builds it (program.py:model)"),
        (".", [], "or the program that builds it (program.py:model)"),
    ],
)
def test_a_checkpoint_leads_to_its_graph(
    tmp_path: Path, part: str, others: list[str], said: str
) -> None:
    folder = tmp_path / "variables"
    folder.mkdir()
    for name in ("c-1.index", "c-1.data-00000-of-00001", "checkpoint", *others):
        (folder / name).write_bytes(b"x")
    message = refusal(folder if part == "." else folder / part)
    assert message.endswith(said.format(folder=folder, above=tmp_path))


def test_a_graph_without_nodes(tmp_path: Path) -> None:
    empty = GraphDef()
    empty.versions.producer = 1
    assert "holds a graph without nodes" in refusal(saved(tmp_path / "a.pb", empty))
    assert "holds a graph without nodes" in refusal(saved(tmp_path / "a.meta", meta_graph(empty)))
    empty.library.function.add().signature.name = "f"
    assert "holds only functions" in refusal(saved(tmp_path / "a.pb", empty))


def test_missing_and_unreadable_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "there is no such file or folder" in refusal(tmp_path / "no.pb")
    saved(tmp_path / "model.ckpt-5.meta", meta_graph())
    assert f"{tmp_path / 'model.ckpt-5'}.meta holds its graph" in refusal(tmp_path / "model.ckpt-5")
    assert "is no file name" in refusal("a\0b")
    assert "cannot be read" in refusal(tmp_path / ("x" * 300))

    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = saved(tmp_path / "a.pb", graph())
    # A test may run as root, whom no permission stops.
    monkeypatch.setattr("builtins.open", forbidden)
    assert refusal(path) == f"{path}: you may not read it; change its permissions or copy it"


def test_a_pipe_or_device_does_not_hang_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pb")
    for path in (os.devnull, str(tmp_path / "pipe.pb")):
        assert refusal(path) == f"{path}: is a pipe or a device; save it as a file first"


def test_a_file_that_is_cut_inside_its_first_part_is_said_to_be_cut(tmp_path: Path) -> None:
    meta = MetaGraphDef()
    meta.meta_info_def.stripped_op_list.op.add(name="Op", summary="long " * 100)
    meta.graph_def.node.add(name="x", op="Placeholder")
    path = tmp_path / "cut.meta"
    path.write_bytes(meta.SerializeToString()[:100])
    with pytest.raises(SourceError, match=r"cut off or no graph: what begins at byte 0 of 100 "):
        open_source(str(path))
