"""SavedModels: TensorFlow 1's open, by file and by folder; TensorFlow 2's are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.graph_source import DeclaredVariable, GraphSource
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.timeline import Source
from tests.sources.graphs import graph, meta_graph


def tagged(*tags: str, nodes: int = 4) -> MetaGraphDef:
    meta = meta_graph(graph(nodes), ("n0",))
    meta.meta_info_def.tags.extend(tags)
    return meta


def saved_model(*metas: MetaGraphDef) -> bytes:
    """Field 1 is the schema's version, field 2 a MetaGraphDef, written without a schema."""
    data = b"\x08\x01"
    for meta in metas:
        content, length = meta.SerializeToString(), b""
        size = len(content)
        while size > 127:
            length += bytes([size & 127 | 128])
            size >>= 7
        data += b"\x12" + length + bytes([size]) + content
    return data


def stored(folder: Path, *metas: MetaGraphDef) -> Path:
    folder.mkdir(parents=True)
    path = folder / "saved_model.pb"
    path.write_bytes(saved_model(*metas))
    return path


def opened(path: Path) -> GraphSource:
    source = open_source(path)
    assert isinstance(source, GraphSource)
    return source


@pytest.mark.parametrize("by_folder", [False, True])
def test_a_saved_model_of_tensorflow_1(tmp_path: Path, by_folder: bool) -> None:
    path = stored(tmp_path / "model", tagged("serve"))
    assert opened(path.parent if by_folder else path) == GraphSource(
        graph(),
        Source("saved_model", str(path), "tensorflow", "1.15.0"),
        "model",
        (DeclaredVariable("n0"),),
    )


def test_a_version_folder_is_named_after_the_model(tmp_path: Path) -> None:
    assert opened(stored(tmp_path / "reader" / "1", tagged("serve"))).name == "reader"


def test_of_several_the_one_that_is_served_is_chosen(tmp_path: Path) -> None:
    path = stored(tmp_path / "m", tagged("train"), tagged("serve", "gpu", nodes=6), tagged())
    source = opened(path)
    assert len(source.graph_def.node) == 6
    (finding,) = source.findings
    assert finding.code == "GRAPH_CHOSEN"
    assert "3 graphs" in finding.message
    assert "serve, gpu; the tags of the others: train; with nothing." in finding.message


def test_without_such_a_tag_it_is_the_first(tmp_path: Path) -> None:
    source = opened(stored(tmp_path / "m", tagged("train", nodes=6), tagged("eval")))
    assert len(source.graph_def.node) == 6


@pytest.mark.parametrize("by_folder", [False, True])
def test_one_of_tensorflow_2_is_refused(tmp_path: Path, by_folder: bool) -> None:
    meta = tagged("serve")
    meta.object_graph_def.nodes.add()
    path = stored(tmp_path / "m", meta)
    with pytest.raises(
        SourceError, match="TensorFlow 2 is not supported yet: load it in a program"
    ):
        open_source(path.parent if by_folder else path)


def test_a_cut_one_is_refused_at_every_length(tmp_path: Path) -> None:
    data = saved_model(tagged("serve"))
    path = tmp_path / "saved_model.pb"
    for length in range(1, len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(SourceError) as caught:
            open_source(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["keras_metadata.pb", "fingerprint.pb"])
def test_its_other_files_hold_no_graph(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x0a\x02ab")
    with pytest.raises(SourceError, match="holds no graph; give the saved_model"):
        open_source(path)
