"""Which variable of one network is which of another: by layer, role and shape, then by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable

from tb_rnnview.comparing.sides import Sides
from tb_rnnview.timeline import Variable

VariablePairs = list[tuple[Variable, Variable]]


def matched_variables(sides: Sides) -> tuple[VariablePairs, list[Variable], list[Variable]]:
    """The variables that are on both sides, and those of ``a`` and of ``b`` that are not.

    A variable is looked for in the layer that its own layer became. The first rule that finds one
    counts: the same role, shape and name; role and shape; role and name; name; role.
    """
    pairs: VariablePairs = []
    left_a, left_b = list(sides.a.variables), list(sides.b.variables)
    rules: tuple[Callable[[Variable], Hashable], ...] = (
        lambda v: (v.role, v.shape, v.name),
        lambda v: (v.role, v.shape),
        lambda v: (v.role, v.name),
        lambda v: v.name,
        lambda v: v.role,
    )
    for rule in rules:
        places = defaultdict[Hashable, list[Variable]](list)
        for variable in left_b:
            for home in _homes(sides.a_of, variable):
                places[home, rule(variable)].append(variable)
        found: dict[int, Variable] = {}
        taken: set[int] = set()
        for variable in left_a:
            for home in _homes(None, variable):
                free = (v for v in places[home, rule(variable)] if id(v) not in taken)
                other = next(free, None)
                if other is not None:
                    found[id(variable)] = other
                    taken.add(id(other))
                    break
        pairs += [(v, found[id(v)]) for v in left_a if id(v) in found]
        left_a = [v for v in left_a if id(v) not in found]
        left_b = [v for v in left_b if id(v) not in taken]
    order = {id(v): place for place, v in enumerate(sides.a.variables)}
    return sorted(pairs, key=lambda pair: order[id(pair[0])]), left_a, left_b


def _homes(renamed: dict[str, str] | None, variable: Variable) -> Iterable[str]:
    """The layers of a variable, by their ids in ``a``; "" for one that has none."""
    if not variable.layers:
        return [""]
    if renamed is None:
        return variable.layers
    return [renamed[id_] for id_ in variable.layers if id_ in renamed]
