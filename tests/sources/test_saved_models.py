"""SavedModels open by file and by folder, and what is damaged in them is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

from tb_rnnview import analyze
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


def called(*, bound: tuple[int, ...] = (1,), children: tuple[int, ...] = (1,)) -> MetaGraphDef:
    """A function of TensorFlow 2 that multiplies by one variable, which the root calls ``v``."""
    meta = MetaGraphDef()
    meta.meta_info_def.tags.append("serve")
    made = meta.graph_def
    made.versions.producer = 24
    for name, op in (("w", "VarHandleOp"), ("x", "Placeholder")):
        made.node.add(name=name, op=op).attr["dtype"].type = 1
    for size in (2, 3):
        made.node[0].attr["shape"].shape.dim.add(size=size)
    call = made.node.add(name="call", op="StatefulPartitionedCall", input=["x", "w"])
    call.attr["f"].func.name = "f"
    function = made.library.function.add()
    function.signature.name = "f"
    function.signature.input_arg.add(name="x", type=1)
    function.signature.input_arg.add(name="v", type=20)
    function.signature.output_arg.add(name="y", type=1)
    read = function.node_def.add(name="read", op="ReadVariableOp", input=["v"])
    read.attr["dtype"].type = 1
    function.node_def.add(name="product", op="MatMul", input=["x", "read:value:0"])
    function.ret["y"] = "product:product:0"
    signature = meta.signature_def["serving_default"]
    signature.inputs["x"].name = "x:0"
    signature.outputs["y"].name = "call:0"
    objects = meta.object_graph_def
    root = objects.nodes.add()
    root.user_object.identifier = "_generic_user_object"
    for child in children:
        root.children.add(node_id=child, local_name="v")
    variable = objects.nodes.add().variable
    variable.name = "Variable"
    variable.dtype = 1
    variable.trainable = True
    objects.concrete_functions["f"].bound_inputs.extend(bound)
    return meta


@pytest.mark.parametrize("by_folder", [False, True])
def test_a_saved_model_of_tensorflow_2(tmp_path: Path, by_folder: bool) -> None:
    path = stored(tmp_path / "m", called())
    source = opened(path.parent if by_folder else path)
    assert source.declared == (DeclaredVariable("v", True, "w"),)
    assert (source.outputs, source.inputs) == (("call:0",), {"x": "x"})
    (variable,) = analyze(path).variables
    assert (variable.name, variable.shape, len(variable.uses)) == ("v", (2, 3), 1)


@pytest.mark.parametrize("bound", [(7,), (-1,), (1, 1, 1, 1), (0,), ()])
@pytest.mark.parametrize("children", [(7, -1), (0,), ()])
def test_objects_that_are_not_there_cost_only_names(
    tmp_path: Path, bound: tuple[int, ...], children: tuple[int, ...]
) -> None:
    path = stored(tmp_path / "m", called(bound=bound, children=children))
    (variable,) = analyze(path).variables
    assert (variable.name, len(variable.uses)) == ("w", 1)


def test_objects_without_end_are_read_to_an_end(tmp_path: Path) -> None:
    meta = called()
    nodes = meta.object_graph_def.nodes
    for _ in range(20_000):
        nodes.add().user_object.identifier = "trackable_list_wrapper"
        nodes[-2 if len(nodes) > 3 else 0].children.add(node_id=len(nodes) - 1, local_name="0")
    path = stored(tmp_path / "m", meta)
    assert opened(path).declared == (DeclaredVariable("v", True, "w"),)
    del nodes[0].children[:1]  # now it hangs only where no program's objects lie
    nodes[-1].children.add(node_id=1, local_name="w")
    assert opened(stored(tmp_path / "deep", meta)).declared == ()


def test_a_signature_of_what_is_not_there_is_refused(tmp_path: Path) -> None:
    for broken in ("inputs", "outputs"):
        meta = called()
        getattr(meta.signature_def["serving_default"], broken)["z"].name = "gone:0"
        path = stored(tmp_path / broken, meta)
        with pytest.raises(SourceError, match=r"'serving_default' names 'gone(:0)?', which is not"):
            open_source(path)
    meta = called()
    meta.signature_def["serving_default"].ClearField("outputs")
    with pytest.raises(SourceError, match="gives nothing back"):
        open_source(stored(tmp_path / "none", meta))


def test_a_function_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    for i, change in enumerate(("library", "bound")):
        meta = called(bound=(1, 1, 1) if change == "bound" else (1,))
        meta.ClearField("signature_def")
        child = meta.object_graph_def.nodes[0].children.add(node_id=2, local_name="f")
        assert child.node_id == 2
        meta.object_graph_def.nodes.add().function.concrete_functions.append("f")
        if change == "library":
            meta.graph_def.ClearField("library")
        with pytest.raises(SourceError, match="the function 'f' is not whole"):
            open_source(stored(tmp_path / str(i), meta))


def test_a_signature_of_tensorflow_1_is_what_counts(tmp_path: Path) -> None:
    meta = tagged("serve")
    meta.signature_def["predict"].outputs["y"].name = "n2:0"
    assert opened(stored(tmp_path / "one", meta)).outputs == ("n2:0",)
    meta.signature_def["other"].outputs["values"].coo_sparse.values_tensor_name = "n3:0"
    path = stored(tmp_path / "two", meta)
    source = opened(path)
    assert source.outputs == ()
    assert "2 signatures are in this SavedModel: other, predict. None is" in (
        source.findings[0].message
    )
    chosen = open_source(path, signature="other")
    assert isinstance(chosen, GraphSource)
    assert chosen.outputs == ("n3:0",)


def test_a_cut_one_is_refused_at_every_length(tmp_path: Path) -> None:
    for data in (saved_model(tagged("serve")), saved_model(called())):
        path = tmp_path / "saved_model.pb"
        refused_at_every_length(path, data)


def refused_at_every_length(path: Path, data: bytes) -> None:
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


def text_of(*metas: MetaGraphDef) -> str:
    graphs = "".join(
        f"meta_graphs {{\n{text_format.MessageToString(meta, indent=2)}}}\n" for meta in metas
    )
    return f"# proto-file: saved_model.proto\nsaved_model_schema_version: 1\n{graphs}"


@pytest.mark.parametrize("by_folder", [False, True])
def test_the_text_form(tmp_path: Path, by_folder: bool) -> None:
    """As `tf.saved_model.save` does with ``as_text``; a brace in a text closes nothing."""
    meta = tagged("serve")
    meta.graph_def.node[1].attr["label"].s = b'}} # { "quoted" \\'
    path = tmp_path / "saved_model.pbtxt"
    path.write_text(text_of(tagged("train", nodes=2), meta))
    found = opened(path.parent if by_folder else path)
    assert (found.graph_def, found.source.path) == (meta.graph_def, str(path))
    assert found.source.kind == "saved_model"
    assert [f.code for f in found.findings] == ["GRAPH_CHOSEN"]


def test_the_binary_form_is_taken_first(tmp_path: Path) -> None:
    stored(tmp_path / "m", tagged("serve"))
    (tmp_path / "m" / "saved_model.pbtxt").write_text("nonsense")
    assert opened(tmp_path / "m").source.path.endswith("saved_model.pb")


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        (lambda text: text[:-3], "is a SavedModel that is damaged or cut off"),
        (
            lambda text: text.replace("node {", "node [", 1),
            "cannot be read as a text graph at line",
        ),
        (lambda text: text.split("meta_graphs")[0], "is a SavedModel that holds no graph"),
    ],
)
def test_damaged_text(tmp_path: Path, cut: Callable[[str], str], said: str) -> None:
    path = tmp_path / "saved_model.pbtxt"
    path.write_text(cut(text_of(tagged("serve"))))
    with pytest.raises(SourceError, match=f"^{re.escape(str(path))}: {said}"):
        open_source(path)


def test_the_line_of_an_error_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "saved_model.pbtxt"
    text = text_of(tagged("train"), tagged("serve")) + "meta_graphs {\n  ] nonsense\n}\n"
    path.write_text(text)
    line = text[: text.index("nonsense")].count("\n") + 1
    with pytest.raises(SourceError, match=f"at line {line}, column"):
        open_source(path)


def test_many_braces_end_soon(tmp_path: Path) -> None:
    path = tmp_path / "saved_model.pbtxt"
    path.write_text("meta_graphs " + "{<" * 500_000 + "'" * 999)
    with pytest.raises(SourceError, match="damaged or cut off"):
        open_source(path)


def test_a_saved_model_in_chunks_is_named(tmp_path: Path) -> None:
    (tmp_path / "saved_model.cpb").write_bytes(b"\x83\xaf\x70\xd1")
    with pytest.raises(SourceError, match=r"saved_model\.cpb: is a SavedModel in chunks"):
        open_source(tmp_path)
