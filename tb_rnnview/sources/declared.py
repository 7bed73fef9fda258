"""The variables that a program lists beside its graph: its collections."""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.message import DecodeError
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorboard.compat.proto.variable_pb2 import VariableDef

from tb_rnnview.sources.graph_source import DeclaredVariable

# The values of tf.compat.v1.GraphKeys.
GLOBAL, TRAINABLE, LOCAL = "variables", "trainable_variables", "local_variables"


def declare(
    everything: Iterable[str], trainable: Iterable[str] | None
) -> tuple[DeclaredVariable, ...]:
    """Declarations in the order given; those known only as trainable come last.

    Args:
        everything: names of the storing nodes, ``:0`` allowed.
        trainable: those of them that are trained; None = the source does not say.
    """
    trained = None if trainable is None else dict.fromkeys(map(_node, trainable))
    names = dict.fromkeys(map(_node, everything))
    names.update(trained or {})
    return tuple(DeclaredVariable(n, None if trained is None else n in trained) for n in names)


def declared_in(meta_graph: MetaGraphDef) -> tuple[DeclaredVariable, ...]:
    """What the collections of a MetaGraph declare."""
    listed = [*_names(meta_graph, GLOBAL), *_names(meta_graph, LOCAL)]
    # An empty collection is not stored: without it nobody knows what is trained.
    known = TRAINABLE in meta_graph.collection_def
    return declare(listed, _names(meta_graph, TRAINABLE) if known else None)


def _names(meta_graph: MetaGraphDef, key: str) -> list[str]:
    if key not in meta_graph.collection_def:
        return []
    collection = meta_graph.collection_def[key]
    names = list(collection.node_list.value)
    for data in collection.bytes_list.value:
        try:
            names.append(VariableDef.FromString(data).variable_name)
        except DecodeError:  # some other object, put there by the program
            continue
    return [name for name in names if name]


def _node(name: str) -> str:
    return name.partition(":")[0]
