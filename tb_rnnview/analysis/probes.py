"""Dead probes: a cell traced once outside its loop, to learn the shape of its output.

A probe is a sink that sees nothing but one element, at a constant place, of a sequence that a
loop reads, the loop's initial states, and variables that the loop uses too. Nobody reads it.
"""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.arrays import filled_from, is_array
from tb_rnnview.analysis.loops import Loop
from tb_rnnview.analysis.variables import holds_weights
from tb_rnnview.graph.control_flow import ENTER, EXIT, SWITCH, origin
from tb_rnnview.graph.form import Graph

_CUTS = ("Identity", "StridedSlice", "Slice", "SplitV", "Unpack")
_MOVES = ("Identity", "Transpose", "Reshape", "Cast", "ReverseV2", "ReverseSequence")


def without_probes(graph: Graph, roots: list[int], loops: list[Loop]) -> list[int]:
    """The roots that are no probes of any loop."""
    facts = [_Facts(graph, loop) for loop in loops if loop.is_axis]
    if not facts:
        return roots
    kept: list[int] = []
    computed: set[int] = set()
    for root in roots:
        cones = (_probe(graph, root, f) for f in facts)
        cone = next((cone for cone in cones if cone is not None), None)
        if cone is None:
            kept.append(root)
        else:
            computed |= cone
    # A part of what a probe computes may be left over: the last of three pieces, say.
    return [root for root in kept if origin(graph, (root, 0), _CUTS)[0] not in computed]


class _Facts:
    """What a probe of one loop may see."""

    def __init__(self, graph: Graph, loop: Loop) -> None:
        self.sequences: set[int] = set()
        for element in loop.elements:
            if element.writes:
                continue
            if is_array(graph, element.array):
                filled = filled_from(graph, element.array)
                self.sequences.update(_moved_from(graph, tensor[0]) for tensor in filled)
            else:
                self.sequences.add(_moved_from(graph, element.array))
        self.initial = {graph.sources(c.enter)[0] for c in loop.carried if c.step is None}
        self.variables = {_storage(graph, source) for source in _entering(graph, loop)}


def _entering(graph: Graph, loop: Loop) -> set[int]:
    """What a loop takes from outside: through an Enter, or a constant that stands in it."""
    return {
        source
        for node in loop.body
        for source in graph.sources(node)
        if graph.op(node) in ENTER or graph.op(source) == "Const"
    }


def _moved_from(graph: Graph, node: int) -> int:
    return origin(graph, (node, 0), _MOVES)[0]


def _storage(graph: Graph, node: int) -> int:
    """The variable (or constant) whose value, or part of it, a node hands on."""
    while graph.op(node) in ops.PASS_ON:
        node = graph.sources(node)[ops.handed_on_slot(graph.op(node))]
    return node


def _probe(graph: Graph, root: int, facts: _Facts) -> set[int] | None:
    """What is computed for a root that is a probe; None = it is none."""
    computed: set[int] = set()
    sees_element = sees_weight = False
    pending, seen = [root], {root}
    while pending:
        node = pending.pop()
        op = graph.op(node)
        if node in facts.initial and node != root:
            continue  # a state that the loop starts from, wherever it comes from
        if op in EXIT or op in ops.INPUTS:
            return None
        if op == "StridedSlice" and _at_constant_place(graph, node, facts):
            sees_element = True
            continue
        if op in ops.VARIABLES:
            if not holds_weights(graph, node):
                continue  # the seed of a dropout
            if node not in facts.variables:
                return None
            sees_weight = True
            continue
        if op not in ops.PASS_ON:
            computed.add(node)
        sources = graph.sources(node)
        if not len(sources) and op != "Const" and not op.startswith(("Random", "Truncated")):
            return None
        if node in facts.variables and op == "Const":
            sees_weight = True
        if op in SWITCH:
            sources = sources[:1]  # which branch is taken is no data
        for source in sources:
            if source not in seen:
                seen.add(source)
                pending.append(source)
    return computed if sees_element and sees_weight else None


def _at_constant_place(graph: Graph, node: int, facts: _Facts) -> bool:
    sources = graph.sources(node)
    if _moved_from(graph, sources[0]) not in facts.sequences:
        return False
    return graph.number(node, "shrink_axis_mask") != 0 and all(
        graph.op(s) == "Const" for s in sources[1:]
    )
