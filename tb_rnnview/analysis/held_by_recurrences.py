"""Which variables are one layer's because one recurrence uses them.

A network that is trained in a loop may be run for one timestep beside it, to sample from. Nothing
around that cell says that its products belong together; that the loop uses the same weights does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tb_rnnview.analysis.unions import Unions
from tb_rnnview.analysis.variables import UseSite


def held_by_recurrences(
    recurrences: Iterable[list[UseSite]], nodes: list[int], held: Mapping[int, tuple[str, ...]]
) -> dict[int, tuple[str, ...]]:
    """The program's own layers that hold a variable, and recurrences where none is known.

    Args:
        recurrences: the uses of variables in each.
        nodes: the node of each variable.
        held: the program's own layers that hold a variable, by its node, where it is known.
    """
    joined = Unions()
    for sites in recurrences:
        variables = sorted({site.variable for site in sites if not held.get(nodes[site.variable])})
        for variable in variables:
            joined.join(variables[0], variable)
    groups = map(sorted, joined.groups())
    return {**held, **{nodes[v]: ("", str(group[0])) for group in groups for v in group}}
