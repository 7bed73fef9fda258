"""Graphs in memory, TensorFlow's own among them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.graph_source import DeclaredVariable, GraphSource
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.timeline import Source
from tests.sources.graphs import graph, meta_graph, saved
from tests.timelines import stacked


def opened(source: object, **more: str) -> GraphSource:
    found = open_source(source, **more)
    assert isinstance(found, GraphSource)
    return found


def test_a_timeline_is_itself() -> None:
    assert open_source(stacked()) == stacked()


def test_a_graph_def_is_not_copied() -> None:
    made = graph()
    found = opened(made)
    assert found.graph_def is made
    assert (found.source, found.name) == (Source("graph_def", "", "tensorflow", ""), "graph")


def test_a_meta_graph_def() -> None:
    found = opened(meta_graph(variables=("v",), trainable=("v",)), name="mine")
    assert found.declared == (DeclaredVariable("v", True),)
    assert (found.source.version, found.name) == ("1.15.0", "mine")


@pytest.mark.parametrize("source", [3, None, object(), [graph()], {}])
def test_other_objects(source: object) -> None:
    with pytest.raises(SourceError, match=r"an object of type .* is no network; give a"):
        open_source(source)


def test_tensorflows_graph() -> None:
    import tensorflow as tf

    v1 = tf.compat.v1
    made = tf.Graph()
    with made.as_default():
        x = v1.placeholder(tf.float32, [None, 3], name="x")
        resource = v1.get_variable("resource", [3, 2], use_resource=True)
        reference = v1.get_variable("reference", [2], use_resource=False, trainable=False)
        v1.get_variable("local", [1], collections=["local_variables"], trainable=False)
        made.add_to_collection("variables", "not a variable at all")
        tf.add(tf.matmul(x, resource), reference, name="y")
    found = opened(made)
    assert {node.name for node in found.graph_def.node} == {op.name for op in made.get_operations()}
    assert found.source == Source("graph", "", "tensorflow", tf.__version__)
    assert found.declared == (
        DeclaredVariable("resource", True),
        DeclaredVariable("reference", False),
        DeclaredVariable("local", False),
    )
    for declared in found.declared:
        op = made.get_operation_by_name(declared.name).type
        assert op in ("VarHandleOp", "VariableV2"), "the node that stores it"
    shapes = {n.name: n.attr["_output_shapes"].list for n in found.graph_def.node}
    assert [d.size for d in shapes["y"].shape[0].dim] == [-1, 2], "the shapes that it inferred"
    assert opened(made.as_graph_def()).graph_def.node[0].name == "x"


def test_an_empty_tensorflow_graph_says_which_to_give() -> None:
    import tensorflow as tf

    with pytest.raises(SourceError, match="graph without nodes; build the network in it first"):
        open_source(tf.Graph())


def test_files_are_opened_without_tensorflow(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.meta", meta_graph())
    code = (
        "import sys; from tb_rnnview.sources.open_source import open_source; "
        "open_source(sys.argv[1]); print([m for m in sys.modules if m == 'tensorflow'])"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
