"""The states of a recurrence, one by one, and how to look through what does not change them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.carried import Carried
from tb_rnnview.analysis.cuts import cut_of, cut_source
from tb_rnnview.analysis.recurrences import Core
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.control_flow import MERGE, origin
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.walk import walk

HANDED_ON = frozenset(
    {
        "Identity",
        "IdentityN",
        "Switch",
        "Enter",
        "Cast",
        "StopGradient",
        "Snapshot",
        "Print",
        "CheckNumerics",
    }
)
CLIPS = frozenset({"Minimum", "Maximum", "ClipByValue"})
ACTIVATIONS = ops.ELEMENTWISE_UNARY - HANDED_ON - {"Neg", "ZerosLike", "OnesLike"}
SUMS = ("Add", "AddV2")
_MOVES_OR_NORMS = ops.SPLITS | ops.LAYOUT | ops.FUSED_NORMS


@dataclass(frozen=True)
class Piece:
    """One state: a carried value, or the part of one that holds several side by side."""

    carried: Carried
    end: Tensor
    """What it becomes in a step that counts."""
    cut: tuple[int, int] | None = None
    """Its place [start, stop) in the carried value; None = all of it."""
    packed: int | None = None
    """The dimension along which states are packed; None = they are joined along the last one."""

    def is_input(self, graph: Graph, tensor: Tensor, values: Values) -> bool:
        """Whether a tensor is this state, of the timestep before."""
        tensor = handed_on(graph, tensor)
        if self.cut is None:
            return tensor[0] == self.carried.merge
        source = cut_source(graph, tensor[0])
        if source is None or handed_on(graph, source)[0] != self.carried.merge:
            return False
        cut = cut_of(graph, values, tensor)
        return cut is not None and cut[1:] == self.cut


@dataclass
class Cell:
    """A recognised cell."""

    name: str = ""
    """"LSTM", "GRU", "SimpleRNN"; "" = not recognised."""
    states: list[tuple[str, Piece]] = field(default_factory=list)
    """The states by name."""
    gates: list[tuple[str, Tensor]] = field(default_factory=list)
    """Gate name and the tensor that is that gate (after its activation)."""
    gate_order: tuple[str, ...] = ()
    """The columns of the kernel, where one operation fixes them."""
    peephole_barrier: frozenset[int] = frozenset()
    """Nodes at which a search upstream for the source of a gate ends."""


def pieces_of(graph: Graph, core: Core, values: Values) -> list[Piece]:
    """The states of a core: its carried values, or the parts of one joined at its end."""
    states = core.all_states
    ends = [resolve(graph, carried) for carried in states]
    end = ends[0][0]
    packs = graph.op(end) == "Pack"
    if len(states) == 1 and (packs or _joins_features(graph, end, values)):
        parts = graph.inputs(end)[: None if packs else -1]
        widths = [1 if packs else values.last_dimension(part) for part in parts]
        known = [w for w in widths if w is not None]
        if len(known) == len(parts):
            axis = graph.number(end, "axis") if packs else None
            stops = [sum(known[: i + 1]) for i in range(len(known))]
            return [
                Piece(states[0], _unmasked(graph, part, states[0].merge), (b - w, b), axis)
                for part, w, b in zip(parts, known, stops, strict=True)
            ]
    return [Piece(c, end) for c, end in zip(states, ends, strict=True)]


def _joins_features(graph: Graph, node: int, values: Values) -> bool:
    """Whether values are put side by side. Behind one another, they are one window of the past."""
    if graph.op(node) != "ConcatV2":
        return False
    axis, rank = values.scalar(graph.inputs(node)[-1]), values.rank((node, 0))
    return axis is None or rank is None or axis in (-1, rank - 1)


def handed_on(graph: Graph, tensor: Tensor) -> Tensor:
    """The tensor that plumbing, and nothing else, hands on as ``tensor``."""
    return origin(graph, tensor, HANDED_ON)


def resolve(graph: Graph, carried: Carried) -> Tensor:
    """What a carried value becomes in a step that counts.

    Masks that keep the old value where a sequence has ended, and clipping, are looked through.
    """
    return _unmasked(graph, graph.inputs(carried.next)[0], carried.merge)


def _unmasked(graph: Graph, tensor: Tensor, merge: int) -> Tensor:
    while True:
        tensor = handed_on(graph, tensor)
        node = tensor[0]
        op = graph.op(node)
        if op in CLIPS:
            tensor = graph.inputs(node)[0]
        elif op in ops.SELECTS or (op in MERGE and node not in graph.loop_merges):
            # a mask, or a condition that either computes the step or hands the old value on
            operands = graph.inputs(node)[1 if op in ops.SELECTS else 0 :]
            new = [t for t in operands if handed_on(graph, t)[0] != merge]
            # Under a condition, a mask may choose between the old value and what is new either way.
            ends = {_unmasked(graph, t, merge) for t in new} if len(new) > 1 else set(new)
            if len(ends) != 1:
                return tensor
            tensor = ends.pop()
        elif op in SUMS and (held := _held_for(graph, node, merge)) is not None:
            tensor = held
        else:
            return tensor


def _held_for(graph: Graph, node: int, merge: int) -> Tensor | None:
    """The new value n of m * old + (1 - m) * n where m is no gate: a mask, or noise.

    A gate is made of a matrix product.
    """
    for term, other in both_ways(graph.inputs(node)):
        for old, mask in both_ways(factors(graph, term)):
            if handed_on(graph, old)[0] != merge or holds_product(graph, mask):
                continue
            for rest, new in both_ways(factors(graph, other)):
                if complements(graph, rest, mask) or complements(graph, mask, rest):
                    return new
    return None


def complements(graph: Graph, rest: Tensor, share: Tensor) -> bool:
    """Whether ``rest`` is 1 - ``share``."""
    node = handed_on(graph, rest)[0]
    return graph.op(node) == "Sub" and (
        handed_on(graph, graph.inputs(node)[1]) == handed_on(graph, share)
    )


def holds_product(graph: Graph, tensor: Tensor) -> bool:
    """Whether a value is made of a matrix product, elementwise from there on."""

    def before(node: int) -> list[int]:
        op = graph.op(node)
        follows = op in ops.ELEMENTWISE or op in HANDED_ON or op in _MOVES_OR_NORMS
        return list(graph.sources(node)) if follows else []

    return any(graph.op(node) in ops.MATRIX for node in walk([tensor[0]], before))


def operand_of(graph: Graph, node: int, slot: int) -> Tensor:
    """What a matrix operation multiplies the weights by that enter it at a slot."""
    other = 1 - slot if slot < 2 else 0
    return origin(graph, graph.inputs(node)[other], HANDED_ON | ops.LAYOUT)


def joined(graph: Graph, tensor: Tensor) -> list[Tensor]:
    """The values that stand side by side in a tensor, those of inner concatenations too."""
    tensor = handed_on(graph, tensor)
    if graph.op(tensor[0]) != "ConcatV2":
        return [tensor]
    return [part for t in graph.inputs(tensor[0])[:-1] for part in joined(graph, t)]


def factors(graph: Graph, tensor: Tensor) -> list[Tensor]:
    """The two factors of a product; none where a tensor is no product."""
    node = handed_on(graph, tensor)[0]
    return graph.inputs(node) if graph.op(node) == "Mul" else []


def both_ways(operands: list[Tensor]) -> list[list[Tensor]]:
    """Two operands in either order: sums and products commute."""
    return [operands, operands[::-1]] if len(operands) == 2 else []


def unclipped(graph: Graph, tensor: Tensor) -> Tensor:
    """A value before it was clipped."""
    return origin(graph, tensor, HANDED_ON | CLIPS)


def peeled(graph: Graph, tensor: Tensor, core: Core) -> Tensor:
    """A value without what only scales or drops it: factors from outside the recurrence."""
    while True:
        tensor = unclipped(graph, tensor)
        op = graph.op(tensor[0])
        if op not in ops.MULTIPLICATIVE and op not in ops.SELECTS:
            return tensor
        operands = graph.inputs(tensor[0])[1 if op in ops.SELECTS else 0 :]
        own = [t for t in operands if t[0] in core.nodes]
        if len(own) != 1:
            return tensor
        tensor = own[0]
