"""Builds the in-memory form from what was found of a large graph's nodes without parsing them."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tb_rnnview.graph.form import Graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tb_rnnview.sources.stored_columns import StoredColumns


def from_columns(columns: StoredColumns, nodes: Sequence[Any], library: Mapping[str, Any]) -> Graph:
    """The graph, its functions apart.

    Args:
        columns: its nodes and edges.
        nodes: the nodes, to read attributes from.
        library: the FunctionDefs by name.
    """
    is_control = columns.is_control
    return Graph(
        names=columns.names,
        places=columns.places,
        op_ids=_array(columns.op_ids),
        op_names=list(columns.op_names),
        first_input=_starts(columns, ~is_control),
        source=_array(columns.source[~is_control]),
        source_port=_array(columns.port[~is_control]),
        first_control=_starts(columns, is_control),
        control_source=_array(columns.source[is_control]),
        nodes=nodes,
        library=library,
    )


def _starts(columns: StoredColumns, chosen: NDArray[Any]) -> array[int]:
    """Where each node's chosen inputs begin among all chosen ones."""
    import numpy as np

    ends = np.concatenate(([0], np.cumsum(columns.count)))
    return _array(np.concatenate(([0], np.cumsum(chosen)))[ends])


def _array(numbers: NDArray[Any]) -> array[int]:
    return array("i", numbers.astype("i").tobytes())
