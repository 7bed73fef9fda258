"""The raw nodes of a graph, some of them replaced, without a copy of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload


class ReplacedNodes(Sequence[Any]):
    """NodeDefs, and others in the place of some."""

    def __init__(self, nodes: Sequence[Any], instead: Mapping[int, Any]) -> None:
        """Takes the nodes, and what stands in the place of which."""
        self.nodes = nodes
        self.instead = instead
        if isinstance(nodes, ReplacedNodes):
            self.nodes = nodes.nodes
            self.instead = {**nodes.instead, **instead}

    def __len__(self) -> int:
        return len(self.nodes)

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> list[Any]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return [self[node] for node in range(*at.indices(len(self)))]
        return self.instead[at] if at in self.instead else self.nodes[at]
