"""A loop over a data set becomes a while frame.

``for x in dataset`` in a tf.function is one operation, ReduceDataset: it hands a state from one
element of a data set to the next. A newer TensorFlow lets a ScanDataset do that work on the way,
and reduces what the scan gives to the last of it; both are steps of the one loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tensorboard.compat.proto.attr_value_pb2 import AttrValue

from tb_rnnview.graph.form import Tensor
from tb_rnnview.graph.growing import Growing
from tb_rnnview.graph.handed_on import handed_on

REDUCTIONS = ("ReduceDataset",)
_SCAN = "ScanDataset"
_ENDS_EARLY = "TakeWhileDataset"


@dataclass(frozen=True)
class _Part:
    """What a scan, or the reduction, does with each element."""

    node: int
    function: str
    states: list[Tensor]
    """What its state starts from."""
    captured: list[Tensor]
    """What its function takes beside the state and the element."""


def lower_dataset_loop(graph: Growing, node: int) -> None:
    """Puts a while frame in the place of a loop over a data set."""
    if not graph.inputs[node]:
        return  # damaged
    parts, data, passed_by = _parts(graph, node)
    frame = AttrValue(s=graph.names[node].encode())
    entered = 0

    def enter(tensor: Tensor, constant: bool) -> Tensor:
        nonlocal entered
        attributes = {"frame_name": frame, "is_constant": AttrValue(b=constant)}
        entered += 1
        return graph.add(node, f"Enter_{entered}", "Enter", [tensor], **attributes), 0

    optional = graph.add(node, "next", "IteratorGetNextAsOptional", [enter(data, True)])
    has_value = graph.add(node, "has_value", "OptionalHasValue", [(optional, 0)])
    goes_on = graph.add(node, "LoopCond", "LoopCond", [(has_value, 0)])
    element = _element(graph, parts[0], optional, goes_on)
    leaving: list[Tensor] = []
    for part in parts:
        same = handed_on(graph, part.function)
        given: list[Tensor] = []
        merges: dict[int, int] = {}
        leaving = []
        for k, start in enumerate(part.states):
            unchanged = k < len(same) and same[k] == k
            into = enter(start, unchanged)
            if unchanged:
                given.append(into)
                leaving.append(start)
                continue
            noted = _noted(graph, part, k)
            merges[k] = graph.add(part.node, f"Merge_{k}", "Merge", [into], **noted)
            switch = graph.add(part.node, f"Switch_{k}", "Switch", [(merges[k], 0), (goes_on, 0)])
            given.append((switch, 1))
            leaving.append((graph.add(part.node, f":{k}", "Exit", [(switch, 0)]), 0))
        given += [*element, *(enter(tensor, True) for tensor in part.captured)]
        results = graph.put_in(part.node, part.function, given, goes_on)
        for k, merge in merges.items():
            if k < len(results):
                back = graph.add(part.node, f"NextIteration_{k}", "NextIteration", [results[k]])
                graph.inputs[merge].append((back, 0))
        element = results[len(part.states) :]
    for other in (*passed_by, *(part.node for part in parts[:-1])):
        graph.replace(other, [])
    graph.replace(node, leaving)


def _parts(graph: Growing, node: int) -> tuple[list[_Part], Tensor, list[int]]:
    """What is done with each element, in order; the data set; what only ends the loop early."""
    part = _part(graph, node)
    parts = [part]
    passed_by: list[int] = []
    data = graph.inputs[node][0]
    waiting: list[int] = []
    seen: set[int] = set()
    while graph.inputs[data[0]] and data[0] not in seen:  # seen: a damaged graph, in a circle
        seen.add(data[0])
        op = graph.ops[data[0]]
        if op == _ENDS_EARLY and len(graph.inputs[data[0]]) == 1:
            waiting.append(data[0])
            data = graph.inputs[data[0]][0]
            continue
        if op != _SCAN:
            break
        part = _part(graph, data[0])
        if not graph.can_hold(data[0], [part.function]):
            break
        passed_by += waiting
        waiting = []
        parts.insert(0, part)
        data = graph.inputs[data[0]][0]
    if waiting:
        data = waiting[0], 0
    return parts, data, passed_by


def _part(graph: Growing, node: int) -> _Part:
    raw, given = graph.nodes[node], graph.inputs[node][1:]
    states = len(raw.attr["Tstate"].list.type) if "Tstate" in raw.attr else 0
    return _Part(node, raw.attr["f"].func.name, given[:states], given[states:])


def _element(graph: Growing, part: _Part, optional: int, goes_on: int) -> list[Tensor]:
    """The components of one element of the data set."""
    first = len(part.states)
    arguments = len(graph.library[part.function].signature.input_arg) - len(part.captured)
    shapes = [_argument_shape(graph, part, k) for k in range(first, arguments)]
    noted = {}
    if all(shape is not None for shape in shapes):
        noted["output_shapes"] = AttrValue(list=AttrValue.ListValue(shape=shapes))
    value = graph.add(part.node, "element", "OptionalGetValue", [(optional, 0)], **noted)
    graph.controls[value].append(goes_on)
    return [(value, k) for k in range(len(shapes))]


def _noted(graph: Growing, part: _Part, k: int) -> dict[str, AttrValue]:
    """The type and the shape of a state, as far as the program has noted them."""
    raw = graph.nodes[part.node]
    noted = {"T": AttrValue(type=raw.attr["Tstate"].list.type[k])}
    shape = _argument_shape(graph, part, k)
    if shape is not None:
        noted["_output_shapes"] = AttrValue(list=AttrValue.ListValue(shape=[shape]))
    return noted


def _argument_shape(graph: Growing, part: _Part, k: int) -> Any:
    attributes = graph.library[part.function].arg_attr
    noted = attributes[k].attr.get("_output_shapes") if k in attributes else None
    return noted.list.shape[0] if noted is not None and len(noted.list.shape) == 1 else None
