"""Each timestep has weights of its own: they are not shared over time.

A chain of layers, each fed by the one before, that take the elements of one sequence one after the
other, with variables of the same shapes, each its own: a loop over time that makes a cell at each
turn. Layers that take elements of a sequence and do not feed each other are no timesteps.
"""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.findings.facts import Facts
from tb_rnnview.findings.naming import listed
from tb_rnnview.timeline import Finding, Severity, Timeline, Variable

CODE = "KERNEL_PER_TIMESTEP"
PLACE = 30


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """A finding for each chain of timesteps with weights of their own."""
    by_sequence: dict[str, dict[int, list[str]]] = {}
    for taken in facts.taken:
        by_sequence.setdefault(taken.sequence, {}).setdefault(taken.index, []).append(taken.layer)
    for steps in by_sequence.values():
        for chain in _chains(timeline, steps):
            yield _finding(timeline, steps, chain)


def _chains(timeline: Timeline, steps: dict[int, list[str]]) -> Iterator[list[int]]:
    """Runs of consecutive timesteps, two at least, each fed by the one before and like it."""
    feeds = {(c.from_layer, c.to_layer) for c in timeline.connections if c.offset == 0}
    chain: list[int] = []
    for at in sorted(steps):
        if chain and not (chain[-1] == at - 1 and _follows(timeline, steps, at, feeds)):
            if len(chain) > 1:
                yield chain
            chain = []
        chain.append(at)
    if len(chain) > 1:
        yield chain


def _follows(
    timeline: Timeline, steps: dict[int, list[str]], at: int, feeds: set[tuple[str, str]]
) -> bool:
    before, here = _weights(timeline, steps[at - 1]), _weights(timeline, steps[at])
    alike = _shapes(before) == _shapes(here) and None not in _shapes(here)
    own = {v.name for v in before}.isdisjoint(v.name for v in here)
    fed = any((a, b) in feeds for a in steps[at - 1] for b in steps[at])
    return alike and own and fed


def _weights(timeline: Timeline, layers: list[str]) -> list[Variable]:
    return [v for v in timeline.variables if not set(layers).isdisjoint(v.layers)]


def _shapes(variables: list[Variable]) -> list[object]:
    return sorted((None if v.parameters is None else v.shape for v in variables), key=str)


def _finding(timeline: Timeline, steps: dict[int, list[str]], chain: list[int]) -> Finding:
    each = [_weights(timeline, steps[at]) for at in chain]
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
