"""The raw nodes of a graph, some of them replaced and others added, without a copy of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload


class ReplacedNodes(Sequence[Any]):
    """NodeDefs, others in the place of some, and more behind them."""

    def __init__(self, nodes: Sequence[Any], instead: Mapping[int, Any]) -> None:
        """Takes the nodes, and what stands in the place of which."""
        self.nodes = nodes
        self.instead = instead
        self.added: list[Any] = []
        if isinstance(nodes, ReplacedNodes):
            self.nodes = nodes.nodes
            self.instead = {**nodes.instead, **instead}
            self.added = list(nodes.added)

    def __len__(self) -> int:
        return len(self.nodes) + len(self.added)

    def append(self, raw: Any) -> None:
        """Adds a node."""
        self.added.append(raw)

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> list[Any]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return [self[node] for node in range(*at.indices(len(self)))]
        if at in self.instead:
            return self.instead[at]
        return self.nodes[at] if at < len(self.nodes) else self.added[at - len(self.nodes)]
