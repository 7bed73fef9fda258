"""How a rule asks for what it needs: one question at a time, and whoever drives it answers.

So a graph may be as deep as it likes: no rule calls another.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from tb_rnnview.graph.form import Graph, Tensor

Question = tuple[str, Tensor]
"""("shape" or "value", of which tensor)."""
Rule = Generator[Question, Any, Any]
"""Yields questions, is sent their answers, and returns its own."""


@dataclass(frozen=True)
class Output:
    """The output of an operation that a rule is to tell about."""

    graph: Graph
    node: int
    port: int

    @property
    def op(self) -> str:
        """The operation's type."""
        return self.graph.op(self.node)

    @property
    def inputs(self) -> list[Tensor]:
        """The tensors that the operation reads."""
        return self.graph.inputs(self.node)

    def input(self, slot: int) -> Tensor:
        """The tensor at one slot. Every operation that has rules has its inputs (`soundness`)."""
        tensor = self.graph.input(self.node, slot)
        assert tensor is not None, (self.op, slot)
        return tensor

    def shape(self, slot: int) -> Question:
        """Asks for the shape of an input."""
        return "shape", self.input(slot)

    def value(self, slot: int) -> Question:
        """Asks for the elements of an input."""
        return "value", self.input(slot)

    def attr(self, name: str) -> Any:
        """The raw AttrValue; None = the operation has no such attribute."""
        return self.graph.attr(self.node, name)

    def number(self, name: str, default: int = 0) -> int:
        """A whole-number attribute."""
        return self.graph.number(self.node, name, default)

    def flag(self, name: str) -> bool:
        """A boolean attribute."""
        return self.graph.flag(self.node, name)


RuleOf = Callable[[Output], Rule]


class Rules(dict[str, RuleOf]):
    """Rules by the operation type that they are for."""

    def asking(self, *names: str) -> Callable[[RuleOf], RuleOf]:
        """Registers a rule for operation types."""

        def register(rule: RuleOf) -> RuleOf:
            self._add(names, rule)
            return rule

        return register

    def stating(self, *names: str) -> Callable[[Callable[[Output], Any]], Callable[[Output], Any]]:
        """Registers a plain function: one that has nothing to ask."""

        def register(fact: Callable[[Output], Any]) -> Callable[[Output], Any]:
            def rule(output: Output) -> Rule:
                return fact(output)
                yield  # a generator, like every rule

            self._add(names, rule)
            return fact

        return register

    def _add(self, names: tuple[str, ...], rule: RuleOf) -> None:
        assert self.keys().isdisjoint(names), names
        self.update(dict.fromkeys(names, rule))
