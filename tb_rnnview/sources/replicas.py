"""Variables that a distribution strategy keeps once for each replica: one variable each.

``tf.distribute.MirroredStrategy`` makes a variable for every device and keeps them equal. In a
graph they are storages of their own, and nothing there says that they are one: the program's
objects do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorboard.compat.proto.types_pb2 import DT_RESOURCE

from tb_rnnview.sources.user_names import handles


def join_replicas(graph_def: Any, variables: Iterable[Any]) -> None:
    """Makes what the replicas keep of one variable the same storage.

    Args:
        graph_def: changed in place.
        variables: objects of the graph that it was made of; some may be no variables.
    """
    first: dict[str, str] = {}
    for variable in variables:
        if not isinstance(getattr(variable, "values", None), tuple):
            continue
        ops = [getattr(handle, "op", None) for handle in handles(variable)]
        names = [str(op.name) for op in ops if op is not None]
        first.update((other, names[0]) for other in names[1:] if other != names[0])
    for node in graph_def.node if first else ():
        if node.name in first:
            make_same(node, first[node.name])


def make_same(node: Any, other: str) -> None:
    """Lets a node that stores a variable stand for another one."""
    node.op = "Identity"
    node.ClearField("attr")
    node.attr["T"].type = DT_RESOURCE
    node.input[:] = [other]
