"""How many steps a loop runs, as far as the graph fixes it.

A while frame goes on as long as every conjunct of its condition holds. A conjunct that compares
the counter with a limit that can be folded gives a length; any other may end the loop earlier.
"""

from __future__ import annotations

from dataclasses import dataclass

from tb_rnnview.analysis.carried import Carried, constant_number
from tb_rnnview.analysis.known import Number, Unknown
from tb_rnnview.analysis.loops import Loop
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import EXIT, MERGE, SWITCH, through
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.walk import walk


@dataclass(frozen=True)
class Length:
    """Steps of a loop."""

    steps: int | None
    is_bound: bool = False
    """A run may stop earlier."""
    reason: str = ""
    """Why the number is not known, or what may make a run shorter."""


def find_length(graph: Graph, loop: Loop, values: Values) -> Length:
    """The number of steps of a loop."""
    if loop.condition < 0:
        return Length(None, reason="the loop has no condition")
    counters = {c.merge: c for c in loop.counters}
    known: list[Number] = []
    open_ended = ""
    for node, negated in _conjuncts(graph, graph.sources(loop.condition)[0]):
        steps = _steps(graph, node, negated, counters, values)
        if steps is None:
            name = graph.names[node]
            open_ended = f"{name!r} may end the loop at any step"
            if graph.op(node) == "OptionalHasValue":
                open_ended = "it goes on for as long as there are data"
        else:
            known.append(steps)
    exact = [s for s in known if isinstance(s, int)]
    bounds = [s for s in known if isinstance(s, Unknown) and s.at_most is not None]
    unknown = [s for s in known if isinstance(s, Unknown) and s.at_most is None]
    limits = exact + [s.at_most for s in bounds if s.at_most is not None]
    # Several conjuncts of one loop usually say the same thing twice; the smallest one ends it.
    if limits:
        steps = min(limits)
        reason = next((s.reason for s in (*bounds, *unknown)), open_ended)
        if not reason and (guard := _guard(graph, loop)) is not None:
            reason = open_ended = f"{graph.names[guard]!r} may leave out the steps after some"
        is_bound = bool(open_ended or bounds or unknown)
        return Length(steps, is_bound, reason if is_bound else "")
    if unknown:
        return Length(None, bool(open_ended), unknown[0].reason or _NO_REASON)
    return Length(None, reason=open_ended or _NO_REASON)


def _guard(graph: Graph, loop: Loop) -> int | None:
    """What compares the counter with data at each step, and lets all states be if it does not hold.

    That is how steps are left out that are written out one by one.
    """
    found = set()
    for carried in loop.carried:
        if not carried.is_state or carried.is_flow:
            continue
        merge = through(graph, graph.sources(carried.next)[0])
        if graph.op(merge) not in MERGE or merge in graph.loop_merges:
            return None
        held = [s for s in graph.sources(merge) if through(graph, s) == carried.merge]
        if len(held) != 1 or graph.op(held[0]) not in SWITCH:
            return None
        found.add(through(graph, graph.sources(held[0])[1]))
    guard = found.pop() if len(found) == 1 else None
    if guard is None or graph.op(guard) not in _CONTRARY:
        return None
    counters = {c.merge for c in loop.counters}

    def before(node: int) -> list[int]:
        return [through(graph, s) for s in graph.sources(node)] if node not in counters else []

    return guard if not counters.isdisjoint(walk([guard], before)) else None


_NO_REASON = "the graph does not fix the number of steps"


def _conjuncts(graph: Graph, condition: int) -> list[tuple[int, bool]]:
    """What must hold for the loop to go on, each with whether it is its contrary that must."""
    found = []
    pending = [(condition, False)]
    while pending:
        node, negated = pending.pop()
        node = through(graph, node)
        op = graph.op(node)
        if op == "LogicalNot":
            pending.append((graph.sources(node)[0], not negated))
        elif op == ("LogicalOr" if negated else "LogicalAnd"):
            pending.extend((source, negated) for source in reversed(graph.sources(node)))
        elif node in graph.chosen_by and not negated and (taken := _only_way(graph, node)):
            # "If p: q, else: no" is "p and q".
            pending.append((graph.sources(node)[taken - 1], False))
            pending.append((graph.chosen_by[node][0], taken == 1))
        elif op != "Const" or constant_number(graph, node) != int(not negated):
            found.append((node, negated))
    return found


def _only_way(graph: Graph, merge: int) -> int:
    """Which branch, 1 or 2, a condition must take to hold, as the other one says no; 0 = either."""
    says_no = [constant_number(graph, source) == 0 for source in graph.sources(merge)]
    predicate = through(graph, graph.chosen_by[merge][0])
    # "Else p", where p does not hold.
    says_no[0] = says_no[0] or through(graph, graph.sources(merge)[0]) == predicate
    return {(True, False): 2, (False, True): 1}.get((says_no[0], says_no[-1]), 0)


_CONTRARY = {
    "Less": "GreaterEqual",
    "LessEqual": "Greater",
    "Greater": "LessEqual",
    "GreaterEqual": "Less",
    "Equal": "NotEqual",
}


def _steps(
    graph: Graph, node: int, negated: bool, counters: dict[int, Carried], values: Values
) -> Number | None:
    """The steps until a comparison fails; None = it is no comparison of a counter."""
    op = graph.op(node)
    if negated:
        op = _CONTRARY.get(op, "")
    if op not in ("Less", "LessEqual", "Greater", "GreaterEqual", "NotEqual"):
        return None
    left, right = graph.inputs(node)
    flipped = False
    counter = counters.get(through(graph, left[0]))
    limit_in = right
    if counter is None:
        counter = counters.get(through(graph, right[0]))
        limit_in, flipped = left, True
    if counter is None or not counter.step:
        return None
    start = values.scalar(_initial(graph, counter))
    limit = values.scalar(limit_in)
    rising = (op in ("Less", "LessEqual")) != flipped
    if op != "NotEqual" and rising != (counter.step > 0):
        return None  # it would never end, or not start
    if isinstance(start, Unknown):
        return Unknown(start.reason)
    bound = None
    if isinstance(limit, Unknown):
        if limit.at_most is None:
            return Unknown(_origin(graph, limit, limit_in))
        bound, limit = limit, limit.at_most
        if counter.step < 0:
            return Unknown(bound.reason)
    distance = (limit - start) * (1 if counter.step > 0 else -1)
    if op in ("LessEqual", "GreaterEqual"):
        distance += 1
    steps = max(0, -(-distance // abs(counter.step)))
    return steps if bound is None else Unknown(bound.reason, at_most=steps)


def _initial(graph: Graph, counter: Carried) -> Tensor:
    return graph.inputs(counter.enter)[0]


def _origin(graph: Graph, limit: Unknown, tensor: Tensor) -> str:
    if limit.reason:
        return limit.reason
    node = through(graph, tensor[0])
    if graph.op(node) in EXIT:
        return f"it is computed by another loop ({graph.names[node]!r})"
    return f"it is computed while running ({graph.names[node]!r})"
