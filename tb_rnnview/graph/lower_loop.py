"""A functional While becomes a while frame.

Each value that the body changes gets Enter, Merge, Switch, NextIteration and Exit; one that it
hands on as it is gets a constant Enter, as TensorFlow 1 gives to what a loop takes from outside.
"""

from __future__ import annotations

from tensorboard.compat.proto.attr_value_pb2 import AttrValue

from tb_rnnview.graph.form import Tensor
from tb_rnnview.graph.growing import Growing
from tb_rnnview.graph.handed_on import handed_on

LOOPS = ("While", "StatelessWhile")


def lower_loop(graph: Growing, node: int) -> None:
    """Puts a while frame in the place of a functional loop."""
    raw = graph.nodes[node]
    cond, body = raw.attr["cond"].func.name, raw.attr["body"].func.name
    given = list(graph.inputs[node])
    frame = AttrValue(s=graph.names[node].encode())
    types = list(raw.attr["T"].list.type) if "T" in raw.attr else []
    shapes = list(raw.attr["output_shapes"].list.shape) if "output_shapes" in raw.attr else []
    same = _unchanged(graph, body, len(given))
    entered: list[Tensor] = []
    merges: dict[int, int] = {}
    for k, tensor in enumerate(given):
        constant = AttrValue(b=k in same)
        enter = graph.add(
            node, f"Enter_{k}", "Enter", [tensor], frame_name=frame, is_constant=constant
        )
        entered.append((enter, 0))
        if k not in same:
            noted = {"T": AttrValue(type=types[k])} if k < len(types) else {}
            if k < len(shapes):
                noted["_output_shapes"] = AttrValue(list=AttrValue.ListValue(shape=[shapes[k]]))
            merges[k] = graph.add(node, f"Merge_{k}", "Merge", [(enter, 0)], **noted)
            entered[k] = merges[k], 0
    inside = entered[0][0] if entered else node
    goes_on = graph.put_in(node, cond, entered, inside)
    loop_cond = graph.add(node, "LoopCond", "LoopCond", goes_on[:1])
    switches = {
        k: graph.add(node, f"Switch_{k}", "Switch", [(merge, 0), (loop_cond, 0)])
        for k, merge in merges.items()
    }
    arguments = [(switches[k], 1) if k in switches else t for k, t in enumerate(entered)]
    results = graph.put_in(node, body, arguments, loop_cond)
    leaving = list(given)
    for k, merge in merges.items():
        if k < len(results):
            comes_round = graph.add(node, f"NextIteration_{k}", "NextIteration", [results[k]])
            graph.inputs[merge].append((comes_round, 0))
        leaving[k] = graph.add(node, f":{k}", "Exit", [(switches[k], 0)]), 0
    graph.replace(node, leaving)


def _unchanged(graph: Growing, function: str, count: int) -> set[int]:
    """The arguments that the body hands on as they are."""
    results = handed_on(graph, function)
    return {k for k, argument in enumerate(results[:count]) if argument == k}
