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

_HANDED_ON = ("Identity", "Switch", "Enter", "Cast", "StopGradient", "Snapshot")
_ACTIVATIONS = ops.ELEMENTWISE_UNARY - {"Identity", "Cast", "Neg", "ZerosLike", "OnesLike"}
_CLIPS = ("Minimum", "Maximum", "ClipByValue")


@dataclass
class Cell:
    """A recognised cell."""

    name: str = ""
    """"LSTM", "GRU", "SimpleRNN"; "" = not recognised."""
    state_names: dict[int, str] = field(default_factory=dict)
    """Names of the carried values, by their Merge node."""
    gates: list[tuple[str, Tensor]] = field(default_factory=list)
    """Gate name and the tensor that is that gate (after its activation)."""
    gate_order: tuple[str, ...] = ()
    """The columns of the kernel, where one operation fixes them."""
    peephole_barrier: frozenset[int] = frozenset()
    """Nodes at which a search upstream for the source of a gate ends."""


def recognise(graph: Graph, core: Core, values: Values) -> Cell:
    """The kind of cell of a recurrence."""
    cell = Cell()
    states = [*core.states, *core.weightless]
    fused = {graph.op(n) for n in core.matrices if graph.op(n) in ops.FUSED_CELLS}
    if fused:
        return _fused(graph, core, fused)
    for carried in core.states:
        cell.state_names[carried.merge] = "h"
    if len(core.states) == 1 and len(core.weightless) == 1:
        found = _lstm(graph, core)
        if found is not None:
            return found
    if len(core.states) == 1 and not core.weightless:
        found = _gru(graph, core) or _simple(graph, core)
        if found is not None:
            return found
    for i, carried in enumerate(states):
        cell.state_names[carried.merge] = "h" if i == 0 else f"s{i}"
    return cell


def _fused(graph: Graph, core: Core, fused: set[str]) -> Cell:
    cell = Cell()
    if len(fused) != 1:
        return cell
    op = next(iter(fused))
    if op == "LSTMBlockCell":
        cell.name = "LSTM"
        cell.gate_order = ("i", "c", "f", "o")
        node = next(n for n in core.matrices if graph.op(n) == op)
        for carried in (*core.states, *core.weightless):
            end = resolve(graph, carried)
            # outputs: i, cs, f, o, ci, co, h
            cell.state_names[carried.merge] = (
                "c" if end is not None and end == (node, 1) else "h"
            )
    else:
        cell.name = "GRU"
        for carried in core.states:
            cell.state_names[carried.merge] = "h"
    return cell


def handed_on(graph: Graph, tensor: Tensor) -> Tensor:
    """The tensor that plumbing, and nothing else, hands on as ``tensor``."""
    while graph.op(tensor[0]) in _HANDED_ON:
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


def _lstm(graph: Graph, core: Core) -> Cell | None:
    h, c = core.states[0], core.weightless[0]
    new_c = resolve(graph, c)
    if new_c is None or graph.op(new_c[0]) not in ("Add", "AddV2"):
        return None
    forget = kept = None
    for term, other in (graph.inputs(new_c[0])[:2], graph.inputs(new_c[0])[:2][::-1]):
        factors = _factors(graph, term)
        if factors is None:
            continue
        for mine, gate in (factors, factors[::-1]):
            if handed_on(graph, mine)[0] == c.merge:
                forget, kept = gate, other
    written = _factors(graph, kept) if kept is not None else None
    if forget is None or written is None:
        return None
    out = _output_gate(graph, core, h, c, new_c)
    if out is None:
        return None
    output, squashed = out
    cell = Cell("LSTM", {h.merge: "h", c.merge: "c"})
    cell.gates = [("f", forget), ("o", output)]
    # The candidate is squashed as the cell is on its way out; the input gate is a gate like f.
    kinds = [_activation(graph, t) for t in written]
    like_cell = _activation(graph, squashed)
    gate_kind = _activation(graph, forget)
    if kinds[0] != kinds[1] and like_cell != gate_kind:
        for i in (0, 1):
            if kinds[i] == like_cell and kinds[1 - i] == gate_kind:
                cell.gates += [("c", written[i]), ("i", written[1 - i])]
    cell.peephole_barrier = frozenset({new_c[0]})
    return cell


def _output_gate(
    graph: Graph, core: Core, h: Carried, c: Carried, new_c: Tensor
) -> tuple[Tensor, Tensor] | None:
    """The output gate and the squashed cell, whose product is the output (before projection)."""
    end = resolve(graph, h)
    if end is not None and graph.op(end[0]) in ops.MATRIX:
        end = handed_on(graph, _clip_source(graph, graph.inputs(end[0])[0]))
    factors = _factors(graph, end) if end is not None else None
    if factors is None:
        return None
    for squashed, gate in (factors, factors[::-1]):
        if _leads_to(graph, squashed, new_c[0], core):
            return gate, squashed
    return None


def _clip_source(graph: Graph, tensor: Tensor) -> Tensor:
    tensor = handed_on(graph, tensor)
    while graph.op(tensor[0]) in _CLIPS:
        tensor = handed_on(graph, graph.inputs(tensor[0])[0])
    return tensor


def _leads_to(graph: Graph, tensor: Tensor, goal: int, core: Core) -> bool:
    """Whether a value is an elementwise function of ``goal`` alone (norms included)."""
    pending, seen = [tensor[0]], set()
    while pending:
        node = pending.pop()
        if node == goal:
            return True
        op = graph.op(node)
        if node in seen or op in ops.MATRIX or op in ops.SPLITS or op in MERGE:
            continue
        seen.add(node)
        if op in ops.ELEMENTWISE or op in _HANDED_ON or op in ("Mean", "Reshape"):
            pending.extend(graph.sources(node))
    return False


def _activation(graph: Graph, tensor: Tensor) -> str:
    """The function that squashes a value: its operation, or the chain of a piecewise one."""
    node = handed_on(graph, tensor)[0]
    op = graph.op(node)
    if op in _CLIPS or op in ("Mul", "Add", "AddV2"):
        return "piecewise"  # hard_sigmoid: clip(0.2 * x + 0.5, 0, 1)
    return op if op in _ACTIVATIONS else ""


def _gru(graph: Graph, core: Core) -> Cell | None:
    h = core.states[0]
    end = resolve(graph, h)
    if end is None or graph.op(end[0]) not in ("Add", "AddV2"):
        return None
    gate = candidate = None
    for term, other in (graph.inputs(end[0])[:2], graph.inputs(end[0])[:2][::-1]):
        factors = _factors(graph, term)
        rest = _factors(graph, other)
        if factors is None or rest is None:
            continue
        for mine, z in (factors, factors[::-1]):
            if handed_on(graph, mine)[0] != h.merge:
                continue
            for one_minus, new in (rest, rest[::-1]):
                complement = handed_on(graph, one_minus)[0]
                if graph.op(complement) == "Sub" and (
                    handed_on(graph, graph.inputs(complement)[1])[0] == handed_on(graph, z)[0]
                ):
                    gate, candidate = z, new
    if gate is None or candidate is None:
        return None
    cell = Cell("GRU", {h.merge: "h"}, [("z", gate), ("h", candidate)])
    reset = _reset_gate(graph, core, h, candidate, gate)
    if reset is None:
        cell.name = ""  # gated, but without a reset gate it is no GRU
        return cell
    cell.gates.append(("r", reset))
    return cell


def _reset_gate(
    graph: Graph, core: Core, h: Carried, candidate: Tensor, update: Tensor
) -> Tensor | None:
    """The gate that scales the old state, or its product with the kernel, in the candidate."""
    pending, seen = [candidate[0]], set()
    while pending:
        node = pending.pop()
        if node in seen or node == handed_on(graph, update)[0]:
            continue
        seen.add(node)
        op = graph.op(node)
        if op == "Mul":
            for mine, gate in (graph.inputs(node), graph.inputs(node)[::-1]):
                squashed = handed_on(graph, gate)
                own = handed_on(graph, mine)
                if _is_gate(graph, squashed) and (
                    own[0] == h.merge or _holds_product(graph, own, core)
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
        if node not in seen and (op in ops.ADDITIVE or op in ops.SPLITS or op in _HANDED_ON):
            seen.add(node)
            pending.extend(graph.sources(node))
    return False


def _simple(graph: Graph, core: Core) -> Cell | None:
    """One state, one product on its way round, and no other product of states."""
    h = core.states[0]
    end = resolve(graph, h)
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
        elif op not in ops.ADDITIVE and op not in _HANDED_ON:
            return None
        pending.extend(graph.sources(node))
    product = next(iter(core.matrices))
    if graph.op(product) not in ("MatMul", "BatchMatMul", "BatchMatMulV2"):
        return None
    for source in graph.inputs(product)[:1]:
        node = handed_on(graph, source)[0]
        operands = graph.inputs(node) if graph.op(node) == "ConcatV2" else [source]
        if not any(_is_state(graph, t, h) for t in operands):
            return None
    return Cell("SimpleRNN", {h.merge: "h"})


def _is_state(graph: Graph, tensor: Tensor, carried: Carried) -> bool:
    """The state itself, or the state with a dropout mask on it."""
    node = handed_on(graph, tensor)[0]
    if node == carried.merge:
        return True
    if graph.op(node) in ops.MULTIPLICATIVE or graph.op(node) in ops.SELECTS:
        return any(_is_state(graph, t, carried) for t in graph.inputs(node))
    return False


def gate_columns(
    graph: Graph, core: Core, cell: Cell, values: Values
) -> dict[int, list[tuple[str, int, int]]]:
    """For each matrix product, the columns that make each gate: (gate, start, stop)."""
    states = {c.merge for c in (*core.states, *core.weightless)}
    found: dict[int, list[tuple[str, int, int]]] = {}
    for name, tensor in cell.gates:
        for product, start, stop in _products(graph, tensor, states, cell, values):
            columns = found.setdefault(product, [])
            if (name, start, stop) not in columns:
                columns.append((name, start, stop))
    return found


def _products(
    graph: Graph, gate: Tensor, states: set[int], cell: Cell, values: Values
) -> list[tuple[int, int, int]]:
    """The matrix products that a gate is made of, with the columns of each; (-1, -1) = all."""
    gate = handed_on(graph, gate)
    others = {handed_on(graph, t) for _, t in cell.gates} - {gate}
    found: list[tuple[int, int, int]] = []
    pending: list[tuple[Tensor, tuple[int, int] | None]] = [(gate, None)]
    seen: set[tuple[Tensor, tuple[int, int] | None]] = set()
    while pending:
        here = pending.pop()
        (node, port), columns = here
        op = graph.op(node)
        if here in seen or node in cell.peephole_barrier or node in states:
            continue
        if (node, port) in others:
            continue  # another gate inside this one: r inside the candidate of a GRU
        seen.add(here)
        if op in ops.MATRIX:
            start, stop = columns or (-1, -1)
            found.append((node, start, stop))
        elif op in ops.SPLITS:
            cut = cut_of(graph, values, (node, port))
            source = graph.input(node, 1 if op == "Split" else 0)
            if source is not None and cut is not None and columns is None:
                pending.append((source, cut[1:]))
        elif op in MERGE and any(graph.op(s) in NEXT for s in graph.sources(node)):
            continue
        elif op in ops.ELEMENTWISE or op in _HANDED_ON or op in ops.LAYOUT or op in MERGE:
            pending.extend((t, columns) for t in graph.inputs(node))
    return sorted(found)
