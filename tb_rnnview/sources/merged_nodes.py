"""Looks at all nodes of a stored graph at once, by messages that protobuf reads as one.

Where a message is stored several times in a field that holds one, protobuf merges them. So a
message that declares a single node, with lists where a node has one text, becomes all nodes at
once: what is in a node is checked just as in a `NodeDef`, and no object is made for any of them.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tensorboard.compat.proto.node_def_pb2 import NodeDef

_PACKAGE = "tb_rnnview.merged_nodes"
_Field = descriptor_pb2.FieldDescriptorProto


class Messages(NamedTuple):
    """Message types that read the bytes of a GraphDef or of a FunctionDef."""

    apart: Any
    """Has the bytes of each node, in a list ``node``."""
    merged: Any
    """Has all nodes as one ``node``, with lists of all ``name``, ``op`` and ``input``."""


@cache
def messages(number: int) -> Messages:
    """The message types, made of what this installation knows a node to be.

    Args:
        number: that of the field that holds nodes.
    """
    package = f"{_PACKAGE}_{number}"
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}.proto", package=package, syntax="proto3"
    )
    file.dependency.extend(d.name for d in NodeDef.DESCRIPTOR.file.dependencies)
    nodes = file.message_type.add()
    NodeDef.DESCRIPTOR.CopyToProto(nodes)
    nodes.name = "Nodes"
    own, copied = f".{NodeDef.DESCRIPTOR.full_name}.", f".{package}.Nodes."
    for field in nodes.field:
        if field.type_name:
            field.type_name = field.type_name.replace(own, copied)
        if field.type == _Field.TYPE_STRING:
            field.label = _Field.LABEL_REPEATED
    for name, node_type, label in (
        ("Apart", {"type": _Field.TYPE_BYTES}, _Field.LABEL_REPEATED),
        (
            "Merged",
            {"type": _Field.TYPE_MESSAGE, "type_name": f".{package}.Nodes"},
            _Field.LABEL_OPTIONAL,
        ),
    ):
        file.message_type.add(name=name).field.add(
            name="node", number=number, label=label, **node_type
        )
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return Messages(_class(pool, f"{package}.Apart"), _class(pool, f"{package}.Merged"))


def _class(pool: Any, name: str) -> Any:
    descriptor = pool.FindMessageTypeByName(name)
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    factory: Any = message_factory.MessageFactory(pool)
    return factory.GetPrototype(descriptor)  # protobuf before 4.22
