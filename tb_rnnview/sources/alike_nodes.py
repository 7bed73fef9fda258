"""Which stored nodes have the same attributes, found without parsing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.sources.node_texts import chunk_bytes
from tb_rnnview.sources.text_hashes import LONGEST, hashes

if TYPE_CHECKING:
    from tb_rnnview.sources.stored_graph import StoredNodes


def attribute_numbers(nodes: StoredNodes, asked: NDArray[Any]) -> NDArray[np.uint64]:
    """A number for each of some nodes: equal where all that is stored behind the inputs is equal.

    Args:
        nodes: the nodes; their columns are known.
        asked: the places of those that are asked for.
    """
    known, numbers = nodes.attribute_numbers
    missing = np.unique(asked[~known[asked]])
    for first, last in nodes.chunks():
        here = missing[slice(*np.searchsorted(missing, (first, last)))]
        if len(here):
            numbers[here] = _numbers(nodes, first, last, here)
    known[missing] = True
    found: NDArray[np.uint64] = numbers[asked]
    return found


def _numbers(nodes: StoredNodes, first: int, last: int, here: NDArray[Any]) -> NDArray[np.uint64]:
    assert nodes.columns is not None
    data, begin = chunk_bytes(nodes, first, last)
    start = nodes.columns.rest[here]
    size = nodes.stop[here] - start
    is_short = size <= LONGEST
    numbers = here.astype(np.uint64)  # a long one, a large constant say, is like no other
    numbers[is_short] = hashes(data, start[is_short] - begin, size[is_short])
    return numbers
