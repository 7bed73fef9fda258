"""Uses outside loops of the same variables, one after the other: steps written out, or a stack."""

from __future__ import annotations

from tb_rnnview.analysis import ops
from tb_rnnview.analysis.connections import Flow
from tb_rnnview.analysis.instances import Instance
from tb_rnnview.analysis.unions import Unions
from tb_rnnview.analysis.within_timestep import WithinTimestep
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.walk import walk

_MOVES = ops.LAYOUT | ops.SPLITS | {"Identity"}
_SUMS = ops.ADDITIVE | {"AddN"}


def find_chains(
    graph: Graph,
    instances: list[Instance],
    signatures: list[frozenset[tuple[int, str]]],
    step: WithinTimestep,
    flows: list[Flow],
) -> list[tuple[int, ...]]:
    """Instances outside loops whose variables are used again, alike, downstream of themselves.

    To a chain belong the sums between its steps, and the products that enter it at a sum: the
    biases and the input weights of its steps. Other uses of other variables of which several feed
    one chain make a chain of their own: the inputs of its steps, perhaps.
    """
    outside = [i for i, instance in enumerate(instances) if instance.loop is None]
    groups = [g for g in _sharing(outside, signatures) if len(g) > 1]
    # Others of the same variables that feed none of these are copies of the whole.
    chains = [tuple(linked) for members in groups if (linked := step.linked(members))]
    chains = [_with_sums(chain, outside, signatures, step) for chain in chains]
    chains = _with_input_weights(graph, instances, chains, groups)
    chain_of = {i: k for k, chain in enumerate(chains) for i in chain}
    fed: dict[int, set[int]] = {}
    for flow in flows:
        if flow.target in chain_of:
            fed.setdefault(flow.source, set()).add(chain_of[flow.target])
    for members in groups:
        others = [i for i in members if i not in chain_of]
        feeding = [fed[i] for i in others if i in fed]
        if len(feeding) > 1 and set.intersection(*feeding):
            chains.append(tuple(others))  # what enters the last step feeds no further one
    return chains


def _sharing(members: list[int], signatures: list[frozenset[tuple[int, str]]]) -> list[list[int]]:
    """Groups of instances that use a variable alike, other than for a bias.

    Steps that are written out may each have constants of their own beside the one kernel.
    """
    joined = Unions(members)
    first: dict[tuple[int, str], int] = {}
    for i in members:
        for key in signatures[i]:
            if key[1] != "sum":
                joined.join(i, first.setdefault(key, i))
    return joined.groups()


def _with_sums(
    chain: tuple[int, ...],
    outside: list[int],
    signatures: list[frozenset[tuple[int, str]]],
    step: WithinTimestep,
) -> tuple[int, ...]:
    """The chain, and the sums of variables that stand between two of its members."""
    found = set(chain)
    sums = [i for i in outside if i not in found and all(how == "sum" for _, how in signatures[i])]
    between = {i for i in sums if step.before[i] & found and step.after[i] & found}
    used = {variable for i in between for variable, _ in signatures[i]}
    # The last step leads to no further one.
    last = {i for i in sums if step.before[i] & found and {v for v, _ in signatures[i]} <= used}
    return tuple(sorted(found | between | last))


def _with_input_weights(
    graph: Graph,
    instances: list[Instance],
    chains: list[tuple[int, ...]],
    groups: list[list[int]],
) -> list[tuple[int, ...]]:
    """The chains, each with the products that are added to what its members compute."""
    taken = {i for chain in chains for i in chain}
    found = []
    for chain in chains:
        own = set().union(*(instances[i].nodes for i in chain))
        added = {
            i
            for members in groups
            if taken.isdisjoint(members)
            and all(_is_added_to(graph, instances[i], own) for i in members)
            for i in members
        }
        taken |= added
        found.append(tuple(sorted({*chain, *added})))
    return found


def _is_added_to(graph: Graph, instance: Instance, nodes: set[int]) -> bool:
    """Whether what an instance computes is added to what some nodes compute."""

    def after(node: int) -> list[int]:
        consumers = [to for _, to, _ in graph.consumers(node)]
        return [to for to in consumers if to in instance.nodes or graph.op(to) in _MOVES]

    sums = {
        to
        for node in walk(instance.nodes, after)
        for _, to, _ in graph.consumers(node)
        if to not in instance.nodes and graph.op(to) in _SUMS
    }
    met = {_moved(graph, source) for to in sums for source in graph.sources(to)}
    return not nodes.isdisjoint(sums | met)


def _moved(graph: Graph, node: int) -> int:
    """What a value, or part of it, was before it was moved about."""
    while graph.op(node) in _MOVES:
        node = graph.sources(node)[ops.handed_on_slot(graph.op(node))]
    return node
