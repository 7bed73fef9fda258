"""Names of a graph into which the bodies of functions are put: below those of what calls them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.function_body import FunctionBody
from tb_rnnview.graph.joined import Joined, ScopedNames, below
from tb_rnnview.sources.stored_columns import StoredNames

_FEW = 8
"""Scopes that are searched for one by one."""


class GrownNames(Joined[str]):
    """All names, each of them once, and without a table of those that nobody asks for."""

    def __init__(self, graph: Graph) -> None:
        """Takes over the names of a graph."""
        super().__init__()
        self._graph = graph
        if len(graph):
            self.extend(graph.names)
        self._alone: dict[str, int] = {}
        """Nodes that came one by one, and those of bodies that have another name there."""
        self._below: dict[str, list[str]] = {}
        """What came one by one below a scope."""
        self._bodies: dict[str, list[tuple[int, FunctionBody]]] = {}
        """What was put in below a scope, and where it starts."""
        self._crowded: set[str] = set()
        """Scopes of calls in which the graph has names of its own."""
        self._searched = 0

    def add(self, of: int, name: str) -> str:
        """A free name below that of a node, for a node that comes next.

        What stands for an output has the output's own name (":0").
        """
        if name[:1] == ":":
            full = self[of] + name
        else:
            scope = f"{self[of]}/"
            full = below(scope, name)
            if self.place(full) is not None:
                full = f"{scope}{name}_{len(self)}"
            self._below.setdefault(scope, []).append(name)
        self._alone[full] = len(self)
        last = self.parts[-1]
        if isinstance(last, list):
            last.append(full)
        else:
            self.extend([full])
        return full

    def put_in(self, of: int, body: FunctionBody) -> None:
        """Puts the names of a body below that of a node."""
        scope, first = f"{self[of]}/", len(self)
        if of < len(self._graph) and self._is_in_graph(scope):
            self._crowded.add(scope)
        instead = {at: f"{scope}{body.names[at]}_{first + at}" for at in self._taken(scope, body)}
        self._alone.update((name, first + at) for at, name in instead.items())
        self._bodies.setdefault(scope, []).append((first, body))
        self.extend(ScopedNames(scope, body.names, instead))

    def place(self, name: str) -> int | None:
        """The node of a name; None = there is none."""
        if name in self._alone:
            return self._alone[name]
        if name in self._graph.index:
            return self._graph.index[name]
        end = name.find("/") if self._bodies else -1
        while end >= 0:
            scope = name[: end + 1]
            for first, body in self._bodies.get(scope, ()):
                for inner in (name[end + 1 :], name):
                    at = body.places.get(inner)
                    if at is not None and self[first + at] == name:
                        return first + at
            end = name.find("/", end + 1)
        return None

    @property
    def places(self) -> Mapping[str, int]:
        """Nodes by name."""
        return _Places(self)

    def _taken(self, scope: str, body: FunctionBody) -> list[int]:
        """The nodes of a body whose names below a scope are there already."""
        names = set(self._below.get(scope, ()))
        for _, other in self._bodies.get(scope, ()):
            few, many = sorted((body, other), key=len)
            names.update(name for name in few.names if name in many.places)
        found = {body.places[name] for name in names if name in body.places}
        if self._crowded:
            own = self._graph.index
            found.update(at for at, name in enumerate(body.names) if below(scope, name) in own)
        return sorted(found)

    def _is_in_graph(self, scope: str) -> bool:
        """Whether the graph may have names in a scope."""
        names = self._graph.names
        self._searched += 1
        if isinstance(names, StoredNames) and self._searched <= _FEW:
            return names.mention(scope)
        return scope in self._scopes

    @cached_property
    def _scopes(self) -> set[str]:
        """All scopes of the graph."""
        found: set[str] = set()
        for name in self._graph.names:
            end = name.rfind("/")
            while end >= 0 and name[: end + 1] not in found:
                found.add(name[: end + 1])
                end = name.rfind("/", 0, end)
        return found


class _Places(Mapping[str, int]):
    def __init__(self, names: GrownNames) -> None:
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __getitem__(self, name: str) -> int:
        place = self._names.place(name)
        if place is None:
            raise KeyError(name)
        return place
