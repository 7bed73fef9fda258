"""Tables of numbers that a program fixes, one for each step: step sizes, noise levels, weights.

A loop that walks along such a table only, and puts nothing out, goes through the rounds of an
iteration: denoising, annealing, descent. What a step takes there is not an element of data.
"""

from __future__ import annotations

from tb_rnnview.analysis.arrays import filled_from, is_array
from tb_rnnview.analysis.elements import Element
from tb_rnnview.analysis.values import Values
from tb_rnnview.analysis.without_data import is_without_data
from tb_rnnview.graph.form import Graph, Tensor

_NUMBER_TYPES = ("T", "dtype", "element_dtype", "Tparams", "Tidx")
_FLOATS = frozenset({1, 2, 14, 19})
"""TensorFlow's DataType numbers of float32, float64, bfloat16, float16. Others may be words."""


def walks_along_schedules(graph: Graph, elements: list[Element]) -> bool:
    """Whether a loop takes elements of nothing but schedules, and puts no element into anything."""
    if not elements or any(e.writes for e in elements):
        return False
    values, known = Values(graph), dict[int, bool]()
    return all(
        tensors and all(is_schedule(values, tensor, known) for tensor in tensors)
        for tensors in (_read(graph, element) for element in elements)
    )


def _read(graph: Graph, element: Element) -> list[Tensor]:
    """The tensors whose elements are read."""
    is_kept = is_array(graph, element.array)
    return list(filled_from(graph, element.array)) if is_kept else [element.tensor]


def is_schedule(values: Values, tensor: Tensor, known: dict[int, bool]) -> bool:
    """Whether a tensor is a row of single numbers in which no input has a part."""
    graph = values.graph
    types = (graph.attr(tensor[0], name) for name in _NUMBER_TYPES)
    if not next((t.type in _FLOATS for t in types if t is not None), False):
        return False
    return values.rank(tensor) == 1 and is_without_data(graph, tensor[0], known)
