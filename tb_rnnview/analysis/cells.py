"""What kind of cell a recurrence is, and which columns of its kernels make which gate.

Read off the equations, never off names:

* LSTM: c_t = f * c_{t-1} + i * g and h_t = o * act(c_t) (Hochreiter & Schmidhuber 1997, with the
  forget gate of Gers et al. 2000).
* GRU: h_t = z * h_{t-1} + (1 - z) * g, with a reset gate r on h_{t-1} inside g (Cho et al. 2014).
* SimpleRNN: h_t = act(W [x_t, h_{t-1}] + b) (Elman 1990).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.loops import Carried
from tb_rnnview.analysis.recurrences import Core
from tb_rnnview.analysis.values import Values
from tb_rnnview.analysis.variables import cut_of
from tb_rnnview.graph.form import Graph, Tensor
from tb_rnnview.graph.frames import MERGE, NEXT

HANDED_ON = ("Identity", "Switch", "Enter", "Cast", "StopGradient", "Snapshot")
_ACTIVATIONS = ops.ELEMENTWISE_UNARY - {"Identity", "Cast", "Neg", "ZerosLike", "OnesLike"}
_CLIPS = ("Minimum", "Maximum", "ClipByValue")


@dataclass(frozen=True)
class Piece:
    """One state: a carried value, or the part of one that holds several side by side."""

    carried: Carried
    end: Tensor | None
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
        if graph.op(tensor[0]) not in ops.SPLITS:
            return False
        source = graph.input(tensor[0], 1 if graph.op(tensor[0]) == "Split" else 0)
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


def recognise(graph: Graph, core: Core, values: Values) -> Cell:
    """The kind of cell of a recurrence."""
    pieces = _pieces(graph, core, values)
    fused = {graph.op(n) for n in core.matrices if graph.op(n) in ops.FUSED_CELLS}
    if fused:
        return _fused(graph, core, fused, pieces)
    if len(pieces) == 2:
        for h, c in (pieces, pieces[::-1]):
            found = _lstm(graph, core, h, c, values)
            if found is not None:
                return found
    if len(pieces) == 1:
        found = _gru(graph, core, pieces[0], values) or _simple(graph, core, pieces[0], values)
        if found is not None:
            return found
    return Cell("", [("h" if i == 0 else f"s{i}", piece) for i, piece in enumerate(pieces)])


def _pieces(graph: Graph, core: Core, values: Values) -> list[Piece]:
    """The states of a core: its carried values, or the parts of one joined at its end."""
    states = [*core.states, *core.weightless]
    ends = [resolve(graph, carried) for carried in states]
    end = ends[0]
    if len(states) == 1 and end is not None and graph.op(end[0]) in ("ConcatV2", "Pack"):
        packs = graph.op(end[0]) == "Pack"
        parts = graph.inputs(end[0])[: None if packs else -1]
        widths = [1 if packs else values.last_dimension(part) for part in parts]
        known = [w for w in widths if w is not None]
        if len(known) == len(parts):
            axis = graph.attr(end[0], "axis").i if packs else None
            stops = [sum(known[: i + 1]) for i in range(len(known))]
            return [
                Piece(states[0], _unmasked(graph, part, states[0].merge), (b - w, b), axis)
                for part, w, b in zip(parts, known, stops, strict=True)
            ]
    return [Piece(c, end) for c, end in zip(states, ends, strict=True)]


def _fused(graph: Graph, core: Core, fused: set[str], pieces: list[Piece]) -> Cell:
    cell = Cell("", [("h" if i == 0 else f"s{i}", piece) for i, piece in enumerate(pieces)])
    if len(fused) != 1:
        return cell
    op = next(iter(fused))
    if op == "LSTMBlockCell":
        cell.name = "LSTM"
        cell.gate_order = ("i", "c", "f", "o")
        node = next(n for n in core.matrices if graph.op(n) == op)
        # outputs: i, cs, f, o, ci, co, h
        cell.states = [("c" if p.end == (node, 1) else "h", p) for p in pieces]
    else:
        cell.name = "GRU"
    return cell


def handed_on(graph: Graph, tensor: Tensor) -> Tensor:
    """The tensor that plumbing, and nothing else, hands on as ``tensor``."""
    while graph.op(tensor[0]) in HANDED_ON:
        source = graph.input(tensor[0], 0)
        if source is None:
            break
        tensor = source
    return tensor


def resolve(graph: Graph, carried: Carried) -> Tensor | None:
    """What a carried value becomes in a step that counts.

    Masks that keep the old value where a sequence has ended, and clipping, are looked through.
    """
    source = graph.input(carried.next, 0)
    return None if source is None else _unmasked(graph, source, carried.merge)


def _unmasked(graph: Graph, tensor: Tensor, merge: int) -> Tensor:
    while True:
        tensor = handed_on(graph, tensor)
        node = tensor[0]
        op = graph.op(node)
        inputs = graph.inputs(node)
        if op in ops.SELECTS:
            a, b = (handed_on(graph, t) for t in inputs[1:3])
            if a[0] == merge:
                tensor = inputs[2]
            elif b[0] == merge:
                tensor = inputs[1]
            else:
                return tensor
        elif op in _CLIPS:
            tensor = inputs[0]
        elif op in MERGE and not any(graph.op(t[0]) in NEXT for t in inputs):
            # a condition that either computes the step or hands the old value on
            new = [t for t in inputs if handed_on(graph, t)[0] != merge]
            if len(new) != 1:
                return tensor
            tensor = new[0]
        else:
            return tensor


def _factors(graph: Graph, tensor: Tensor) -> list[Tensor] | None:
    node = handed_on(graph, tensor)[0]
    return graph.inputs(node) if graph.op(node) == "Mul" else None


def _peeled(graph: Graph, tensor: Tensor | None, core: Core) -> Tensor | None:
    """A value without what only scales or drops it: factors from outside the recurrence."""
    while tensor is not None:
        tensor = _clip_source(graph, tensor)
        op = graph.op(tensor[0])
        if op not in ops.MULTIPLICATIVE and op not in ops.SELECTS:
            return tensor
        operands = graph.inputs(tensor[0])[1 if op in ops.SELECTS else 0 :]
        own = [t for t in operands if t[0] in core.nodes]
        if len(own) != 1:
            return tensor
        tensor = own[0]
    return None


def _lstm(graph: Graph, core: Core, h: Piece, c: Piece, values: Values) -> Cell | None:
    update = _update(graph, core, c, values)
    if update is None:
        return None
    new_c, forget, kept = update
    written = _factors(graph, kept)
    out = _output_gate(graph, core, h, new_c)
    if written is None or out is None:
        return None
    output, squashed = out
    cell = Cell("LSTM", [("c", c), ("h", h)], [("f", forget), ("o", output)])
    # The candidate is squashed as the cell is on its way out; the input gate is a gate like f.
    kinds = [_activation(graph, t) for t in written]
    like_cell = _activation(graph, squashed)
    gate_kind = _activation(graph, forget)
    if kinds[0] != kinds[1] and like_cell != gate_kind:
        for i in (0, 1):
            if kinds[i] == like_cell and kinds[1 - i] == gate_kind:
                cell.gates += [("c", written[i]), ("i", written[1 - i])]
    cell.peephole_barrier = frozenset({new_c})
    return cell


def _update(
    graph: Graph, core: Core, c: Piece, values: Values
) -> tuple[int, Tensor, Tensor] | None:
    """The sum f * c_{t-1} + i * g, with f and the second term; a norm may follow it."""
    pending = [c.end[0]] if c.end is not None else []
    seen = set()
    while pending:
        node = pending.pop(0)
        if node in seen or node not in core.nodes:
            continue
        seen.add(node)
        op = graph.op(node)
        if op in ("Add", "AddV2"):
            terms = graph.inputs(node)[:2]
            for term, other in (terms, terms[::-1]):
                for mine, gate in _pairs(_factors(graph, term)):
                    if c.is_input(graph, mine, values) and _factors(graph, other):
                        return node, gate, other
        if op in ops.ELEMENTWISE or op in HANDED_ON or op in ("Mean", *ops.LAYOUT):
            pending.extend(graph.sources(node))
    return None


def _pairs(factors: list[Tensor] | None) -> list[list[Tensor]]:
    return [] if factors is None else [factors, factors[::-1]]


def _output_gate(graph: Graph, core: Core, h: Piece, new_c: int) -> tuple[Tensor, Tensor] | None:
    """The output gate and the squashed cell, whose product is the output (before projection)."""
    end = _peeled(graph, h.end, core)
    if end is not None and graph.op(end[0]) in ops.MATRIX:
        end = _peeled(graph, graph.inputs(end[0])[0], core)
    for squashed, gate in _pairs(_factors(graph, end) if end is not None else None):
        if _made_of(graph, squashed, new_c):
            return gate, squashed
    return None


def _clip_source(graph: Graph, tensor: Tensor) -> Tensor:
    tensor = handed_on(graph, tensor)
    while graph.op(tensor[0]) in _CLIPS:
        tensor = handed_on(graph, graph.inputs(tensor[0])[0])
    return tensor


def _made_of(graph: Graph, tensor: Tensor, goal: int) -> bool:
    """Whether a value is an elementwise function of ``goal`` and of nothing else that varies."""
    pending, seen = [tensor[0]], set()
    reached = False
    while pending:
        node = pending.pop()
        if node == goal:
            reached = True
            continue
        op = graph.op(node)
        if node in seen:
            continue
        seen.add(node)
        if op in ops.MATRIX or op in ops.SPLITS or op in MERGE:
            return False
        if op in ops.ELEMENTWISE or op in HANDED_ON or op in ("Mean", "Reshape"):
            pending.extend(graph.sources(node))
    return reached


def _activation(graph: Graph, tensor: Tensor) -> str:
    """The function that squashes a value: its operation, or the chain of a piecewise one."""
    node = handed_on(graph, tensor)[0]
    op = graph.op(node)
    if op in _CLIPS or op in ("Mul", "Add", "AddV2"):
        return "piecewise"  # hard_sigmoid: clip(0.2 * x + 0.5, 0, 1)
    return op if op in _ACTIVATIONS else ""


def _gru(graph: Graph, core: Core, h: Piece, values: Values) -> Cell | None:
    end = _peeled(graph, h.end, core)
    if end is None or graph.op(end[0]) not in ("Add", "AddV2"):
        return None
    found = _mixed(graph, graph.inputs(end[0])[:2], h, values)
    if found is None:
        return None
    gate, candidate = found
    cell = Cell("", [("h", h)], [("z", gate), ("h", candidate)])
    reset = _reset_gate(graph, core, h, candidate, gate, values)
    if reset is not None:  # gated, but without a reset gate, it is no GRU
        cell.name = "GRU"
        cell.gates.append(("r", reset))
    return cell


def _mixed(
    graph: Graph, terms: list[Tensor], h: Piece, values: Values
) -> tuple[Tensor, Tensor] | None:
    """z and g of z * h_{t-1} + (1 - z) * g."""
    for term, other in (terms, terms[::-1]):
        for mine, z in _pairs(_factors(graph, term)):
            if not h.is_input(graph, mine, values):
                continue
            for one_minus, new in _pairs(_factors(graph, other)):
                node = handed_on(graph, one_minus)[0]
                if graph.op(node) == "Sub" and (
                    handed_on(graph, graph.inputs(node)[1]) == handed_on(graph, z)
                ):
                    return z, new
    return None


def _reset_gate(
    graph: Graph, core: Core, h: Piece, candidate: Tensor, update: Tensor, values: Values
) -> Tensor | None:
    """The gate that scales the old state, or its product with the kernel, in the candidate."""
    pending, seen = [candidate[0]], set()
    while pending:
        node = pending.pop()
        if node in seen:
            continue
        seen.add(node)
        op = graph.op(node)
        if op == "Mul":
            for mine, gate in (graph.inputs(node), graph.inputs(node)[::-1]):
                squashed = handed_on(graph, gate)
                own = handed_on(graph, mine)
                if (
                    squashed != handed_on(graph, update)
                    and _is_gate(graph, squashed)
                    and (h.is_input(graph, own, values) or _holds_product(graph, own, core))
                ):
                    return squashed
        if op in MERGE:
            continue
        pending.extend(s for s in graph.sources(node) if s in core.nodes)
    return None


def _is_gate(graph: Graph, tensor: Tensor) -> bool:
    """Whether a value went through a squashing function, before or after it was split off."""
    node = tensor[0]
    if graph.op(node) in ops.SPLITS:
        source = graph.input(node, 1 if graph.op(node) == "Split" else 0)
        node = handed_on(graph, source)[0] if source else node
    return graph.op(node) in _ACTIVATIONS or graph.op(node) in _CLIPS


def _holds_product(graph: Graph, tensor: Tensor, core: Core) -> bool:
    pending, seen = [tensor[0]], set()
    while pending:
        node = pending.pop()
        if node in core.matrices:
            return True
        op = graph.op(node)
        if node not in seen and (op in ops.ADDITIVE or op in ops.SPLITS or op in HANDED_ON):
            seen.add(node)
            pending.extend(graph.sources(node))
    return False


def _simple(graph: Graph, core: Core, h: Piece, values: Values) -> Cell | None:
    """One state, one product on its way round, and no other product of states."""
    end = _peeled(graph, h.end, core)
    if end is None or len(core.matrices) != 1:
        return None
    squashed = False
    pending, seen = [end[0]], set()
    while pending:
        node = pending.pop()
        if node in seen or node not in core.nodes or node in core.matrices:
            continue
        seen.add(node)
        op = graph.op(node)
        if op in _ACTIVATIONS:
            if squashed:
                return None
            squashed = True
        elif op not in ops.ADDITIVE and op not in HANDED_ON:
            return None
        pending.extend(graph.sources(node))
    product = next(iter(core.matrices))
    if graph.op(product) not in ("MatMul", "BatchMatMul", "BatchMatMulV2"):
        return None
    for source in graph.inputs(product)[:1]:
        node = handed_on(graph, source)[0]
        operands = graph.inputs(node) if graph.op(node) == "ConcatV2" else [source]
        if not any(_is_state(graph, t, h, values) for t in operands):
            return None
    return Cell("SimpleRNN", [("h", h)])


def _is_state(graph: Graph, tensor: Tensor, h: Piece, values: Values) -> bool:
    """The state itself, or the state with a dropout mask on it."""
    if h.is_input(graph, tensor, values):
        return True
    node = handed_on(graph, tensor)[0]
    if graph.op(node) in ops.MULTIPLICATIVE or graph.op(node) in ops.SELECTS:
        return any(_is_state(graph, t, h, values) for t in graph.inputs(node))
    return False
