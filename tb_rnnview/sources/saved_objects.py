"""What the program calls the variables of a SavedModel: its objects are stored beside the graph.

Which variable a function takes at which input is stored, too: that is what proves a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.saved_object_graph_pb2 import SavedObjectGraph

from tb_rnnview.sources.graph_source import DeclaredVariable
from tb_rnnview.sources.keras_metadata import KerasObject, is_of_keras_2
from tb_rnnview.sources.stored_graph import StoredGraph
from tb_rnnview.sources.user_names import Held, told_apart

# Deeper than any program's objects lie; paths would grow with every step further.
_DEEPEST = 100

_LIST, _TUPLE, _DICT = "trackable_list_wrapper", "trackable_tuple_wrapper", "trackable_dict_wrapper"
_COLLECTIONS = (_LIST, _TUPLE, _DICT)
# What the layers of Keras 3 hang their calls on. They are saved without their own names.
_OF_KERAS_3 = "_inbound_nodes"
# How Keras calls what is not trained, and the variables that keep a stateful layer's states.
_NOT_TRAINED, _STATES = "non_trainable_variables", "states"


def captured(objects: SavedObjectGraph, graph: GraphDef | StoredGraph) -> dict[int, str]:
    """The nodes that the functions called in a graph take for objects, by the objects' numbers."""
    functions = objects.concrete_functions
    found: dict[int, str] = {}
    for node in graph.node if functions else ():
        if "f" not in node.attr:
            continue
        name = node.attr["f"].func.name
        if name not in functions:
            continue
        bound = functions[name].bound_inputs
        inputs = [i.partition(":")[0] for i in node.input if not i.startswith("^")]
        if 0 < len(bound) <= len(inputs):
            found.update(zip(bound, inputs[-len(bound) :], strict=True))
    return found


def declared_by_objects(
    objects: SavedObjectGraph, keras: Mapping[int, KerasObject], storing: Mapping[int, str]
) -> tuple[DeclaredVariable, ...]:
    """The variables that some nodes store, named after the objects that hold them.

    Args:
        objects: the object graph.
        keras: what Keras says of its own objects in it.
        storing: the nodes, by the numbers of the objects.
    """
    held = [item for item in _Walk(objects, keras).all() if item.handles[0] in storing]
    return tuple(
        DeclaredVariable(item.name, item.trainable, storing[item.handles[0]], item.layers)
        for item in told_apart(held)
    )


@dataclass(frozen=True)
class _Place:
    """An object, and the way to it."""

    number: int
    depth: int = 0
    path: str = ""
    """From the root on."""
    label: str = ""
    """From what holds it on."""
    layers: tuple[str, ...] = ()
    models: str = ""
    """The Keras models around it, while there is no layer yet."""
    in_keras: bool = False
    nameless: bool = False
    """It belongs to a layer whose name is not stored."""
    is_item: bool = False
    """A list, tuple or dictionary holds it."""
    is_state: bool = False
    in_wrapper: bool = False
    """All that holds it is a wrapper around it that nobody named: ``TimeDistributed(lstm)``."""


class _Walk:
    """Goes through the objects in the program's order, to each once."""

    def __init__(self, objects: SavedObjectGraph, keras: Mapping[int, KerasObject]) -> None:
        self._nodes = objects.nodes
        self._keras = keras
        self._seen: set[int] = set()
        self._not_trained = {
            item.node_id
            for node in self._nodes
            for child in node.children
            if child.local_name == _NOT_TRAINED and self._is_there(child.node_id)
            for item in self._nodes[child.node_id].children
        }

        self._attributes = {
            child.node_id
            for node in self._nodes
            if node.HasField("user_object") and node.user_object.identifier not in _COLLECTIONS
            for child in node.children
        }

    def all(self) -> Iterator[Held]:
        """The variables."""
        pending = [_Place(0)]
        while pending:
            place = pending.pop()
            number = place.number
            if number in self._seen or not self._is_there(number):
                continue
            node = self._nodes[number]
            if place.is_item and node.HasField("variable") and number in self._attributes:
                continue  # an optimizer lists what a layer holds
            self._seen.add(number)
            if node.HasField("variable"):
                yield self._variable(place)
            elif node.HasField("user_object") and place.depth < _DEEPEST:
                pending.extend(reversed(self._below(place)))

    def _variable(self, place: _Place) -> Held:
        variable = self._nodes[place.number].variable
        layers = place.layers or ((place.models,) if place.models else ())
        is_trained = variable.trainable and place.number not in self._not_trained
        return Held(
            name="/".join((*layers, place.label)) if place.is_state and layers else variable.name,
            handles=(place.number,),
            shape=None,
            dtype=None,
            trainable=is_trained and not place.is_state,
            layers=layers,
            is_part=False,
            attribute="" if place.in_keras else place.path,
        )

    def _below(self, place: _Place) -> list[_Place]:
        """The objects that hang on one."""
        node = self._nodes[place.number]
        kind = node.user_object.identifier
        if kind in _COLLECTIONS:
            return [self._item(place, kind, c.local_name, c.node_id) for c in node.children]
        known = self._keras.get(place.number)
        around = self._around(replace(place, in_wrapper=False), known, place.in_wrapper)
        children = list(node.children)
        is_wrapper = known is not None and self._wraps_one(place.number, known)
        is_of_keras_3 = any(child.local_name == _OF_KERAS_3 for child in children)
        if known is not None:
            # The layers inside come first: Keras also lists all of their variables.
            children.sort(key=lambda child: self._only_lists(child.node_id))
        return [
            replace(
                around,
                number=child.node_id,
                depth=place.depth + 1,
                path=f"{place.path}.{child.local_name}" if place.path else child.local_name,
                label=child.local_name,
                is_item=False,
                # A layer of Keras 3 keeps for itself what Keras has put there.
                nameless=around.nameless or (is_of_keras_3 and child.local_name.startswith("_")),
                in_wrapper=is_wrapper and child.local_name == "layer",
            )
            for child in children
        ]

    def _item(self, place: _Place, kind: str, key: str, number: int) -> _Place:
        index = f"[{key!r}]" if kind == _DICT else f"[{key}]"
        is_state = place.in_keras and place.label == _STATES
        return replace(
            place,
            number=number,
            depth=place.depth + 1,
            path=place.path + index,
            label=f"{_STATES}_{key}" if is_state else place.label + index,
            is_item=True,
            is_state=is_state,
        )

    def _around(self, place: _Place, known: KerasObject | None, in_wrapper: bool) -> _Place:
        """What is known of all that hangs on an object."""
        if known is not None:
            return self._in_keras(place, known, in_wrapper)
        identifier = self._nodes[place.number].user_object.identifier
        if place.nameless or is_of_keras_2(identifier):
            in_keras = place.in_keras or is_of_keras_2(identifier)
            return replace(place, layers=(), nameless=True, in_keras=in_keras)
        if not place.label or place.in_keras:
            return place
        return replace(place, layers=(*place.layers, place.label))

    def _in_keras(self, place: _Place, known: KerasObject, in_wrapper: bool) -> _Place:
        inside = replace(place, in_keras=True)
        if not place.number:
            return replace(inside, layers=() if known.is_model else (known.name,))
        name = f"{place.models}/{known.name}" if place.models and not place.layers else known.name
        if known.is_model and not place.layers:
            return replace(inside, models=name)
        says_more = in_wrapper and not known.is_named_by_keras
        return replace(inside, layers=(*(place.layers[:-1] if says_more else place.layers), name))

    def _wraps_one(self, number: int, known: KerasObject) -> bool:
        """Whether a Keras object is named by Keras and only wraps one layer."""
        children = self._nodes[number].children
        return known.is_named_by_keras and not any(
            child.local_name == "backward_layer"
            or (self._is_there(child.node_id) and self._nodes[child.node_id].HasField("variable"))
            for child in children
        )

    def _only_lists(self, number: int) -> bool:
        """Whether an object of Keras is no layer and no variable, but tells of some."""
        if not self._is_there(number):
            return True
        node = self._nodes[number]
        if number in self._keras or not node.HasField("user_object"):
            return False
        if node.user_object.identifier in _COLLECTIONS:
            return all(
                self._is_there(c.node_id) and self._nodes[c.node_id].HasField("variable")
                for c in node.children
            )
        return True

    def _is_there(self, number: int) -> bool:
        return 0 <= number < len(self._nodes)
