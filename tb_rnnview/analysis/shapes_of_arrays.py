"""The shapes of what is read from and stacked out of TensorArrays."""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.known import Number, Unknown, stated_shape
from tb_rnnview.analysis.questions import Output, Rule, Rules
from tb_rnnview.graph.control_flow import through

RULES = Rules()


@RULES.asking(*ops.ARRAY_STACKS)
def _stack(output: Output) -> Rule:
    if "Gather" not in output.op:
        return None
    indices = yield output.shape(1)
    length: Number = indices[0] if indices else Unknown()
    attr = output.attr("element_shape")
    element = stated_shape(output.graph, output.node, attr.shape) if attr is not None else None
    if element is None:
        return None
    # Which element's dimensions are open says nothing about the sequence's length.
    return (length, *(Unknown() if isinstance(d, Unknown) else d for d in element))


@RULES.asking(*ops.ARRAY_READS)
def _read(output: Output) -> Rule:
    """An element of the tensor that fills the array at once, whose first dimension is time."""
    graph = output.graph
    array = through(graph, output.input(0)[0])
    for port, to, _ in graph.consumers(array):
        value = graph.input(to, ops.FILLED_FROM.get(graph.op(to), -1))
        if port == 0 and value is not None:
            filled = yield "shape", value
            return filled[1:] if filled else None
    return None


@RULES.stating(*ops.TENSOR_ARRAYS, *ops.ARRAY_SIZES)
def _scalar(_: Output) -> tuple[Number, ...]:
    return ()
