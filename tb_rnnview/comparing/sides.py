"""Two networks side by side: which layer and which axis of one is which of the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tb_rnnview.comparing.comparison import Change
from tb_rnnview.comparing.likeness import variables_by_layer
from tb_rnnview.timeline import Axis, Layer, Timeline, Variable
from tb_rnnview.views.naming import layer_titles


@dataclass(frozen=True)
class Sides:
    """Both timelines and the pairs of their layers."""

    a: Timeline
    b: Timeline
    layers: tuple[tuple[str | None, str | None], ...]

    @cached_property
    def pairs(self) -> list[tuple[Layer, Layer]]:
        """The layers that are there on both sides."""
        of_a = {layer.id: layer for layer in self.a.layers}
        of_b = {layer.id: layer for layer in self.b.layers}
        return [(of_a[a], of_b[b]) for a, b in self.b_of.items()]

    @cached_property
    def b_of(self) -> dict[str, str]:
        """The id in ``b`` of each layer of ``a`` that is there on both sides."""
        return {a: b for a, b in self.layers if a is not None and b is not None}

    @cached_property
    def a_of(self) -> dict[str, str]:
        """The id in ``a`` of each layer of ``b`` that is there on both sides."""
        return {b: a for a, b in self.b_of.items()}

    @cached_property
    def axes(self) -> list[tuple[Axis, Axis]]:
        """The axes that are one: the same layers run on them, or inside; or they have one label."""
        of_a = {axis.id: axis for axis in self.a.axes}
        of_b = {axis.id: axis for axis in self.b.axes}
        votes: Counter[tuple[str, str]] = Counter()
        for x, y in self.pairs:
            for here, there in zip(x.applications, y.applications, strict=False):
                one, other = here.axis, there.axis
                met: set[tuple[str, str]] = set()  # a log may hold axes that are inside themselves
                while one in of_a and other in of_b and (one, other) not in met:
                    met.add((one, other))
                    one, other = of_a[one].parent, of_b[other].parent
                votes.update(met)
        pairs: list[tuple[Axis, Axis]] = []
        taken_a, taken_b = set(), set()
        for (one, other), _ in sorted(votes.items(), key=lambda item: -item[1]):
            if one not in taken_a and other not in taken_b:
                taken_a.add(one)
                taken_b.add(other)
                pairs.append((of_a[one], of_b[other]))
        left = [axis for axis in self.b.axes if axis.id not in taken_b]
        for axis in self.a.axes:
            alike = [x for x in left if x.label == axis.label and axis.id not in taken_a]
            if alike:
                left.remove(alike[0])
                pairs.append((axis, alike[0]))
        order = {axis.id: place for place, axis in enumerate(self.a.axes)}
        return sorted(pairs, key=lambda pair: order[pair[0].id])

    @cached_property
    def held(self) -> tuple[Mapping[str, list[Variable]], Mapping[str, list[Variable]]]:
        """The variables of each layer of ``a`` and of ``b``."""
        return variables_by_layer(self.a), variables_by_layer(self.b)

    @cached_property
    def titles_a(self) -> dict[str, str]:
        """What the layers of ``a`` are called."""
        return layer_titles(self.a)

    @cached_property
    def titles_b(self) -> dict[str, str]:
        """What the layers of ``b`` are called."""
        return layer_titles(self.b)

    def title(self, a: str, b: str) -> str:
        """What a layer is called: as in ``a``, and as in ``b`` where that is something else."""
        one, other = self.titles_a.get(a, ""), self.titles_b.get(b, "")
        return f"{one} (now {other})" if one and other and one != other else one or other

    def changed(self, code: str, a: str, b: str, message: str, before: str, after: str) -> Change:
        """A change of one layer, told with its title in front and both values at the end."""
        title = self.title(a, b)
        return Change(code, title, f"{message}: {before} → {after}", before, after, a, b)
