"""A functional condition becomes Switch and Merge nodes around the bodies of its branches."""

from __future__ import annotations

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.types_pb2 import DT_INT32 as _INT32

from tb_rnnview.graph.form import Tensor
from tb_rnnview.graph.growing import Growing

CONDITIONS = ("If", "StatelessIf")
CASES = ("Case", "StatelessCase")


def lower_condition(graph: Growing, node: int) -> None:
    """Puts both branches in the place of an If."""
    raw = graph.nodes[node]
    if not graph.inputs[node]:
        return  # damaged
    predicate, *given = graph.inputs[node]
    ways = _part(graph, node, predicate, given)
    _join(
        graph,
        node,
        [
            graph.put_in(node, raw.attr["else_branch"].func.name, ways[0], node),
            graph.put_in(node, raw.attr["then_branch"].func.name, ways[1], node),
        ],
        predicate,
    )


def lower_case(graph: Growing, node: int) -> None:
    """Puts all branches in the place of a Case: a chain of conditions, the last for all others."""
    names = [function.name for function in graph.nodes[node].attr["branches"].list.func]
    if not graph.inputs[node]:
        return  # damaged
    index, *given = graph.inputs[node]
    ended = []
    for k, name in enumerate(names):
        if k == len(names) - 1:
            ended.append(graph.put_in(node, name, given, node))
            break
        predicate = graph.add(node, f"is_{k}", "Equal", [index, (_number(graph, node, k), 0)])
        given, taken = _part(graph, node, (predicate, 0), given)
        ended.append(graph.put_in(node, name, taken, node))
    _join(graph, node, ended)


def _number(graph: Growing, node: int, k: int) -> int:
    value = AttrValue(tensor=TensorProto(dtype=_INT32, int_val=[k]))
    constant = graph.add(
        node, f"branch_{k}", "Const", [], dtype=AttrValue(type=_INT32), value=value
    )
    graph.controls[constant].append(node)
    return constant


def _part(
    graph: Growing, node: int, predicate: Tensor, given: list[Tensor]
) -> tuple[list[Tensor], list[Tensor]]:
    """What goes on where a condition does not hold, and where it does."""
    switches = [
        graph.add(node, f"Switch_{k}", "Switch", [tensor, predicate])
        for k, tensor in enumerate(given)
    ]
    return [(switch, 0) for switch in switches], [(switch, 1) for switch in switches]


def _join(
    graph: Growing, node: int, branches: list[list[Tensor]], predicate: Tensor | None = None
) -> None:
    """Lets whichever branch ran give the results."""
    results = []
    for k in range(min(map(len, branches))):
        merge = graph.add(node, f":{k}", "Merge", [branch[k] for branch in branches])
        if predicate is not None:
            graph.chosen_by[merge] = predicate
        results.append((merge, 0))
    graph.replace(node, results)
