"""Several recurrent layers read one storage: `[cell] * n` puts ONE cell into a list n times.

That may be meant, as a network with tied weights, so it is told as a fact.
"""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.findings.facts import Facts
from tb_rnnview.findings.naming import layer_names, listed, new_cell
from tb_rnnview.timeline import Finding, Layer, Severity, Timeline

CODE = "SHARED_ACROSS_LAYERS"
PLACE = 40

_KERNELS = ("kernel", "recurrent_kernel")


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """A finding for each group of layers that read the same elements of the same kernels."""
    roles = {v.name: v.role for v in timeline.variables}
    groups: dict[tuple[str, ...], list[str]] = {}
    for variable, ids in facts.same_elements.items():
        groups.setdefault(ids, []).append(variable)
    by_id = {layer.id: layer for layer in timeline.layers}
    for ids, variables in groups.items():
        kernels = [name for name in variables if roles.get(name) in _KERNELS]
        if kernels:
            layers = [by_id[i] for i in ids]
            yield Finding(
                code=CODE,
                severity=Severity.INFO,
                message=(
                    f"{len(layers)} layers read one storage. {layer_names(timeline, layers)} are "
                    f"different layers and use the same {listed(kernels)}: training one of them "
                    "changes the others. Either one cell stands in a list several times, as "
                    "`[cell] * n` puts it there, and layers with weights of their own were meant; "
                    "or the layers are meant to share."
                ),
                advice=_advice(timeline, layers),
                layers=ids,
                variables=tuple(variables),
            )


def _advice(timeline: Timeline, layers: list[Layer]) -> str:
    return (
        "For weights of their own, make a cell for each: "
        f"`cells = [{new_cell(timeline, layers[0])} for _ in range({len(layers)})]`. If they are "
        "meant to share, change nothing."
    )
