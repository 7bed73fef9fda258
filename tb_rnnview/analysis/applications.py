"""Which groups of uses are one application of one layer: the pieces of a cell that runs once.

Outside a recurrence nothing ties the input weights, the recurrent weights and the bias of a cell
together but that what they compute meets: it is added up, or multiplied element by element. Two
groups that meet so are one layer's if the program's own layer holds both, or if they take different
parts of one variable. The program's own layer may also multiply by one of its variables what it
made with another. A layer that is applied again takes the same weights again, so an application
takes no element of a variable twice: two steps of a cell never become one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.variables import UseSite, reads_per_element
from tb_rnnview.graph.control_flow import MERGE, SWITCH
from tb_rnnview.graph.form import Graph

_MOVES = ops.LAYOUT | ops.SPLITS | {"Identity"}
_SUMS = ops.ADDITIVE | {"AddN"}
_MEETS = ops.ELEMENTWISE | _MOVES | frozenset({"IdentityN", "StopGradient", *MERGE, *SWITCH})
# Of what comes together at a node, the latest few pieces are remembered. A long sum holds many.
_MOST_REMEMBERED = 4
_MOST_SUMMANDS = 64


@dataclass(eq=False)
class Piece:
    """Operations that are known to belong together."""

    nodes: set[int]
    sites: list[UseSite]
    holder: tuple[str, ...] = ()
    """The program's own layer that holds all its variables; () = not known."""
    recurrent: bool = False
    """Whether it is a recurrence."""
    joined: Piece | None = None
    """The one that it has become part of."""
    latest: int = -1
    """When the last of its operations was passed."""

    def whole(self) -> Piece:
        """What it is part of by now."""
        here = self
        while here.joined is not None:
            here = here.joined
        return here


def join_pieces(graph: Graph, live: bytearray, pieces: list[Piece]) -> list[Piece]:
    """The pieces, with those joined that are one application of one layer.

    Args:
        graph: the graph.
        live: what the network's own result needs.
        pieces: groups of uses, and the recurrences.

    Returns:
        What is left, in the order of ``pieces``.
    """
    of = {node: piece for piece in pieces for node in piece.nodes}
    for piece in pieces:
        if not piece.recurrent and all(graph.op(n) in _SUMS for n in piece.nodes):
            _add_to_products(graph, piece, of)
    partners = _with_partners(pieces)
    wanted = {node: piece for node, piece in of.items() if piece.whole() in partners}
    met: dict[int, list[Piece]] = {}
    for time, node in enumerate(_downstream(graph, live, wanted)):
        together = dict.fromkeys(p for s in graph.sources(node) for p in met.get(s, ()))
        own = wanted.get(node)
        if own is None:
            met[node] = _met(together)
            continue
        if graph.op(node) in _MEETS:
            _met({**together, own: None})
        elif own.holder and not own.whole().recurrent:
            _met([*(p for p in together if _goes_on(p.whole(), own.whole())), own])
        own = own.whole()
        own.latest = time
        met[node] = [own]
    return [piece for piece in pieces if piece.joined is None]


def _with_partners(pieces: Iterable[Piece]) -> set[Piece]:
    """The pieces that another one may belong to: by their layer, or by a variable that is cut."""
    by_holder: dict[tuple[str, ...], dict[frozenset[object], list[Piece]]] = {}
    by_variable: dict[int, dict[Piece, None]] = {}
    for piece in dict.fromkeys(p.whole() for p in pieces):
        parts = frozenset((s.variable, s.region, s.branch) for s in piece.sites)
        if piece.holder:
            by_holder.setdefault(piece.holder, {}).setdefault(parts, []).append(piece)
        for site in piece.sites:
            if site.region or site.branch is not None:
                by_variable.setdefault(site.variable, {})[piece] = None
    found = {
        p for parts in by_holder.values() if len(parts) > 1 for ps in parts.values() for p in ps
    }
    return found | {p for group in by_variable.values() if len(group) > 1 for p in group}


def _downstream(graph: Graph, live: bytearray, starts: Mapping[int, Piece]) -> list[int]:
    """The starts and all that is made of them element by element, every node after its sources."""

    def after(node: int) -> list[int]:
        return [
            to
            for _, to, _ in graph.consumers(node)
            if live[to] and to not in graph.loop_merges and (to in starts or graph.op(to) in _MEETS)
        ]

    waiting = dict.fromkeys(sorted(starts), 0)
    pending = list(waiting)
    while pending:
        for to in after(pending.pop()):
            if to not in waiting:
                waiting[to] = 0
                pending.append(to)
            waiting[to] += 1
    ready = deque(node for node, count in waiting.items() if not count)
    order = []
    while ready:
        node = ready.popleft()
        order.append(node)
        for to in after(node):
            waiting[to] -= 1
            if not waiting[to]:
                ready.append(to)
    return order


def _met(pieces: Iterable[Piece]) -> list[Piece]:
    """What is left of pieces that have met: those that belong together are joined."""
    left: list[Piece] = []
    for piece in dict.fromkeys(p.whole() for p in pieces):
        partner = next((p for p in left if _belong_together(p, piece)), None)
        if partner is None:
            left.append(piece)
        else:
            left.remove(partner)
            left.append(_join(partner, piece))
    return sorted(left, key=lambda p: p.latest)[-_MOST_REMEMBERED:]


def _belong_together(one: Piece, other: Piece) -> bool:
    if one.holder != other.holder:
        return False
    return bool(one.holder or _shared(one, other)) and _is_one_application(one, other)


def _goes_on(one: Piece, other: Piece) -> bool:
    """Whether a product of one layer takes what another product of it made, and is no later step.

    What follows a recurrence at each timestep is no part of it.
    """
    return not one.recurrent and one.holder == other.holder


def _shared(one: Piece, other: Piece) -> set[int]:
    """The variables of which both take something."""
    return {s.variable for s in one.sites} & {s.variable for s in other.sites}


def _is_one_application(one: Piece, other: Piece) -> bool:
    """Whether no element of a variable is taken both here and there."""
    if one.recurrent and other.recurrent:
        return False
    for variable in _shared(one, other):
        here, there = (
            [replace(s, when=frozenset()) for s in piece.sites if s.variable == variable]
            for piece in (one, other)
        )
        if any(map(_is_whole, here)) and any(map(_is_whole, there)):
            return False
        # Parts whose place is not known differ only if one operation cuts them.
        cutting = {s.branch[0] for s in (*here, *there) if s.branch is not None}
        most = max(reads_per_element(here), reads_per_element(there))
        if len(cutting) > 1 or reads_per_element([*here, *there]) > most:
            return False
    return True


def _is_whole(site: UseSite) -> bool:
    return not site.region and site.branch is None


def _join(one: Piece, other: Piece) -> Piece:
    into, gone = (other, one) if other.recurrent else (one, other)
    into.nodes |= gone.nodes
    into.sites += gone.sites
    into.latest = max(into.latest, gone.latest)
    gone.joined = into
    return into


def _add_to_products(graph: Graph, bias: Piece, of: Mapping[int, Piece]) -> None:
    """Joins what only adds variables with the products, or the part of one, that it adds them to.

    Several products with one bias are one affine function of several inputs, unless the program's
    layers say that the bias belongs to one of them.
    """
    pending = [s for node in bias.nodes for s in graph.sources(node)]
    seen = set(pending)
    products: dict[Piece, None] = {}
    while pending:
        node = pending.pop()
        piece = of.get(node)
        if piece is not None and piece.whole() is not bias:
            if graph.op(node) in ops.MATRIX and piece.whole().holder == bias.holder:
                products[piece.whole()] = None
            continue
        if graph.op(node) not in _SUMS and graph.op(node) not in _MOVES:
            continue
        for source in graph.sources(node):
            if source not in seen:
                seen.add(source)
                pending.append(source)
        if len(seen) > _MOST_SUMMANDS:
            return
    group = [*products, bias]
    if all(_is_one_application(a, b) for i, a in enumerate(group) for b in group[i + 1 :]):
        whole = group[0]
        for piece in group[1:]:
            whole = _join(whole, piece)
