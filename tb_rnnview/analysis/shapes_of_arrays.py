"""The shapes of what is read from and stacked out of TensorArrays and TensorLists."""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.arrays import array_of, filled_from, written_last
from tb_rnnview.analysis.known import Number, ShapeOf, Unknown, Value, first, stated_shape
from tb_rnnview.analysis.questions import Output, Rule, Rules

RULES = Rules()


@RULES.asking(*ops.ARRAY_STACKS)
def _stack(output: Output) -> Rule:
    if output.op in ops.LIST_OPS:
        return (yield from _stacked_list(output))
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


def _stacked_list(output: Output) -> Rule:
    if output.op not in ("TensorListStack", "TensorListGather"):
        return None
    element = _element((yield output.value(1 if output.op == "TensorListStack" else 2)))
    if element is None or any(isinstance(d, Unknown) for d in element):
        # All elements that are stacked have one shape: any of them tells.
        written = written_last(output.graph, output.inputs[0][0])
        known = (yield "shape", written) if written is not None else None
        element = _both(element, known)
    if element is None:
        return None
    length: Number = Unknown()
    if output.op == "TensorListGather":
        indices = yield output.shape(1)
        length = indices[0] if indices else length
    elif output.number("num_elements", -1) >= 0:
        length = output.number("num_elements")
    else:
        array = array_of(output.graph, output.node)
        size = output.graph.input(array, 1)
        if output.graph.op(array) == "TensorListReserve" and size is not None:
            length = first((yield "value", size))
    return (length, *element)


def _both(stated: ShapeOf, written: ShapeOf) -> ShapeOf:
    """A shape of which two things are known."""
    if stated is None or written is None or len(stated) != len(written):
        return written if stated is None else stated
    return tuple(s if isinstance(s, int) else w for s, w in zip(stated, written, strict=True))


def _element(value: Value | None) -> ShapeOf:
    """The shape of one element, from a vector in which -1 stands for what is open."""
    if value is None or value.rank != 1:
        return None
    return tuple(d if isinstance(d, int) and d >= 0 else Unknown() for d in value.items)


@RULES.asking(*ops.ARRAY_READS)
def _read(output: Output) -> Rule:
    """An element of the tensor that fills the array at once, whose first dimension is time."""
    graph = output.graph
    array = array_of(graph, output.node)
    value = next(filled_from(graph, array), None)
    if value is not None:
        filled = yield "shape", value
        return filled[1:] if filled else None
    if output.op in ops.LIST_OPS:
        return _element((yield output.value(2)))
    return None


@RULES.stating(*ops.TENSOR_ARRAYS, *ops.ARRAY_SIZES)
def _scalar(_: Output) -> tuple[Number, ...]:
    return ()
