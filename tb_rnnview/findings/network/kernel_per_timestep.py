"""Each timestep has weights of its own: they are not shared over time.

A chain of layers, each fed by the one before, that take the elements of one sequence one after the
other, with variables of the same shapes, each its own: a loop over time that makes a cell at each
turn. Layers that take elements of a sequence and do not feed each other are no timesteps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tb_rnnview.findings.by_layer import variables_by_layer
from tb_rnnview.findings.facts import Facts
from tb_rnnview.findings.naming import listed
from tb_rnnview.timeline import Finding, Severity, Timeline, Variable

CODE = "KERNEL_PER_TIMESTEP"
PLACE = 30

_Layers = dict[int, list[str]]
"""The ids of the layers that take an element, by its index."""
_Weights = dict[int, list[Variable]]
"""Their variables."""
_Feeds = set[tuple[str, str]]


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """A finding for each chain of timesteps with weights of their own."""
    by_sequence: dict[str, dict[int, list[str]]] = {}
    for taken in facts.taken:
        by_sequence.setdefault(taken.sequence, {}).setdefault(taken.index, []).append(taken.layer)
    if not by_sequence:
        return
    of_layer = variables_by_layer(timeline)
    feeds = {(c.from_layer, c.to_layer) for c in timeline.connections if c.offset == 0}
    for steps in by_sequence.values():
        weights = {at: _weights(of_layer, layers) for at, layers in steps.items()}
        for chain in _chains(steps, weights, feeds):
            yield _finding(steps, weights, chain)


def _chains(steps: _Layers, weights: _Weights, feeds: _Feeds) -> Iterator[list[int]]:
    """Runs of consecutive timesteps, two at least, each fed by the one before and like it."""
    chain: list[int] = []
    for at in sorted(steps):
        if chain and not (chain[-1] == at - 1 and _follows(steps, weights, at, feeds)):
            if len(chain) > 1:
                yield chain
            chain = []
        chain.append(at)
    if len(chain) > 1:
        yield chain


def _follows(steps: _Layers, weights: _Weights, at: int, feeds: _Feeds) -> bool:
    before, here = weights[at - 1], weights[at]
    alike = _shapes(before) == _shapes(here) and None not in _shapes(here)
    own = {v.name for v in before}.isdisjoint(v.name for v in here)
    fed = any((a, b) in feeds for a in steps[at - 1] for b in steps[at])
    return alike and own and fed


def _weights(of_layer: Mapping[str, list[Variable]], layers: list[str]) -> list[Variable]:
    return list({v.name: v for layer in layers for v in of_layer.get(layer, ())}.values())


def _shapes(variables: list[Variable]) -> list[object]:
    return sorted((None if v.parameters is None else v.shape for v in variables), key=str)


def _finding(steps: _Layers, weights: _Weights, chain: list[int]) -> Finding:
    each = [weights[at] for at in chain]
    names = [max(weights, key=lambda v: v.parameters or 0).name for weights in each]
    one = sum(v.parameters or 0 for v in each[0])
    return Finding(
        code=CODE,
        severity=Severity.WARNING,
        message=(
            f"Timesteps {chain[0]} – {chain[-1]} have weights of their own: {listed(names)} have "
            "the same shape and are different variables. Weights are not shared over time: these "
            f"are {one * len(chain):,} parameters, where one cell has {one:,}, and what is learnt "
            "at one timestep is not known at the next."
        ),
        advice=(
            "Make the cell once, before the loop, `cell = tf.nn.rnn_cell.BasicRNNCell(units)`, and "
            "only call it at each timestep: `output, state = cell(inputs[:, t], state)`."
        ),
        layers=tuple(layer for at in chain for layer in steps[at]),
        variables=tuple(v.name for weights in each for v in weights),
    )
