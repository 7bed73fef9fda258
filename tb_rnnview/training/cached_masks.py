"""The dropout masks that cells of tf_keras keep for the graph in which they were drawn.

In a loop that is a graph of its own: what is drawn there is another mask at each timestep.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from tb_rnnview.training.cells import keras_layers


def masks_here(cell: Any) -> list[Any]:
    """What each cache of a cell, and of the layers in it, keeps for the current graph; or None."""
    graph = _graph()
    return [cache.get(graph) for cache in _caches(cell)]


@contextlib.contextmanager
def masks_kept(cell: Any, masks: Sequence[Any]) -> Iterator[None]:
    """The caches keep these masks for the current graph, inside; None = none."""
    graph = _graph()
    caches = _caches(cell)
    before = [cache.get(graph) for cache in caches]
    _keep(caches, graph, masks)
    try:
        yield
    finally:
        _keep(caches, graph, before)


def _keep(caches: Sequence[Any], graph: Any, masks: Sequence[Any]) -> None:
    for cache, mask in zip(caches, masks, strict=True):
        if mask is not None:
            cache[graph] = mask
        elif graph in cache:
            del cache[graph]


def _caches(cell: Any) -> list[Any]:
    return [
        value
        for layer in keras_layers(cell)
        for value in vars(layer).values()
        if type(value).__name__ == "ContextValueCache"
    ]


def _graph() -> Any:
    import tensorflow as tf

    return tf.compat.v1.get_default_graph()
