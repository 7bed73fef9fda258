"""What each variable is to its layer."""

from __future__ import annotations

from dataclasses import replace

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.norms import is_normed
from tb_rnnview.analysis.pieces import operand_of, resolve
from tb_rnnview.analysis.recurrences import Core
from tb_rnnview.analysis.variables import UseSite
from tb_rnnview.graph.control_flow import origin
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk


def role_of(graph: Graph, site: UseSite, instance: Instance | None, core: Core | None) -> str:
    """The role that one use gives a variable.

    Args:
        graph: the graph.
        site: the use.
        instance: what it belongs to.
        core: its recurrence, if it is in one.
    """
    if site.carried:
        return "initial_state"
    if core is not None and _starts_state(graph, site.node, core):
        return "initial_state"
    if is_normed(graph, site.node, site.slot) and not _follows_product(graph, site):
        return "norm"
    if instance is not None and site.node in instance.taken_by:
        # A weight made of weights: what is made of it says what it is.
        node, slot = instance.taken_by[site.node]
        return role_of(graph, replace(site, node=node, slot=slot), None, core)
    op = graph.op(site.node)
    if op in ops.MATRIX:
        return _product_role(graph, site, core)
    if op in ops.FUSED_CELL_SLOTS:
        return ops.FUSED_CELL_SLOTS[op].get(site.slot, "other")
    if op in ops.GATHERS:
        return "embedding" if site.slot == ops.GATHERS[op] else "other"
    if op in ops.ADDITIVE:
        return "bias"
    if op in ops.MULTIPLICATIVE and core is not None and site.node in core.nodes:
        return "peephole" if core.matrices else "recurrent_kernel"
    return "other"


def _follows_product(graph: Graph, site: UseSite) -> bool:
    """Whether a sum adds the variable to a product as it is."""
    other = graph.input(site.node, 1 - site.slot) if site.slot < 2 else None
    return other is not None and (
        graph.op(origin(graph, other, ("Identity", *ops.LAYOUT))[0]) in ops.MATRIX
    )


def _starts_state(graph: Graph, node: int, core: Core) -> bool:
    """Whether a value made outside the loop goes nowhere but into the first state."""
    starts = {c.enter for c in core.all_states}
    pending, seen = [node], {node}
    reached = False
    while pending:
        here = pending.pop()
        if here in starts:
            reached = True
            continue
        if here in core.nodes:
            return False
        for _, to, _ in graph.consumers(here):
            if to not in seen and graph.op(to) not in ops.SHAPE_READERS:
                seen.add(to)
                pending.append(to)
                if len(seen) > 64:
                    return False
    return reached


def _product_role(graph: Graph, site: UseSite, core: Core | None) -> str:
    if core is None or site.node not in core.matrices:
        return "kernel"
    if _is_projection(graph, site.node, core):
        return "projection"
    operand = operand_of(graph, site.node, site.slot)[0]
    if graph.op(operand) in ("ConcatV2", "Concat", "Pack"):
        return "kernel"  # packed: some of its rows see the input, some the state
    return "recurrent_kernel" if operand in core.nodes else "kernel"


def _is_projection(graph: Graph, node: int, core: Core) -> bool:
    """Whether the product is the new state as it stands, made of a product before it."""
    if not any(resolve(graph, c)[0] == node for c in core.states):
        return False

    def before(here: int) -> list[int]:
        inside = here in core.nodes and here not in graph.loop_merges
        return list(graph.sources(here)) if inside else []

    return any(here in core.matrices for here in walk(graph.sources(node)[:1], before))
