"""As many equal layers on top of each other as timesteps: layers taken for timesteps?

That is the mistake which this project started from, and nothing but a habit: a network of 2 layers
and 2 timesteps may well be meant. An input of the shape of ONE layer's state that is connected to
nothing is a second sign, because the author of such a program thinks of one state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from tb_rnnview.findings.facts import Facts, UnreadInput
from tb_rnnview.findings.naming import (
    is_keras,
    layer_names,
    layer_of_keras,
    new_cell,
    runs_in_dynamic_rnn,
)
from tb_rnnview.findings.unread_states import first_of, unread_states
from tb_rnnview.timeline import Axis, Direction, Finding, Kind, Layer, Severity, Timeline

CODE = "LAYERS_EQUAL_TIMESTEPS"
PLACE = 10


def find(timeline: Timeline, facts: Facts) -> Iterator[Finding]:
    """A finding for each stack of equal cells that is as high as its axis is long."""
    by_layer = unread_states(timeline, facts)
    for axis, stack in _stacks(timeline):
        if len(stack) < 2 or len(stack) != axis.length:
            continue
        ids = tuple(layer.id for layer in stack)
        unread = first_of(ids, by_layer)
        yield Finding(
            code=CODE,
            severity=Severity.INFO if unread is None else Severity.WARNING,
            message=_message(timeline, stack, unread),
            advice=_advice(timeline, axis, stack[0], unread),
            layers=ids,
        )


def _stacks(timeline: Timeline) -> Iterator[tuple[Axis, list[Layer]]]:
    """The stacks of layers with the same cell and units, each layer fed by the one below."""
    alike: dict[tuple[str, Direction, str, int], list[Layer]] = {}
    for layer in timeline.layers:
        places = {(a.axis, a.direction) for a in layer.applications}
        if layer.kind is not Kind.RECURRENT or layer.units is None or len(places) != 1:
            continue
        axis, direction = places.pop()
        alike.setdefault((axis, direction, layer.cell, layer.units), []).append(layer)
    axes = {axis.id: axis for axis in timeline.axes}
    feeds = {(c.from_layer, c.to_layer) for c in timeline.connections if c.offset == 0}
    beside = Counter(
        place
        for layer in timeline.layers
        if layer.kind is Kind.RECURRENT
        for place in {(a.axis, a.direction) for a in layer.applications}
    )
    for (axis, direction, _, _), stack in alike.items():
        stack.sort(key=lambda layer: layer.depth or 0)
        steps = pairwise(stack)
        # Another recurrent layer on the axis was put there by somebody who thinks in layers.
        if beside[axis, direction] == len(stack) and all((a.id, b.id) in feeds for a, b in steps):
            yield axes[axis], stack


def _message(timeline: Timeline, stack: list[Layer], unread: UnreadInput | None) -> str:
    n = len(stack)
    told = (
        f"There are as many layers as timesteps: {n}. {layer_names(timeline, stack)} stand on top "
        f"of each other, and each of them runs at all {n} timesteps. If {n} cells were made "
        f"because there are {n} timesteps, layers were taken for timesteps: ONE layer runs at "
        "every timestep, with one kernel for all of them."
    )
    if unread is None:
        return told
    return f"{told} And {unread}, which fits the state of one layer, is connected to nothing."


def _advice(timeline: Timeline, axis: Axis, layer: Layer, unread: UnreadInput | None) -> str:
    if is_keras(timeline):
        line = f"`{layer_of_keras(layer)}`, once"
    elif runs_in_dynamic_rnn(timeline, axis):
        start = "dtype=tf.float32" if unread is None else f"initial_state={unread.name}"
        line = (
            f"`cell = {new_cell(timeline, layer)}` and, without MultiRNNCell, "
            f"`outputs, state = tf.nn.dynamic_rnn(cell, inputs, {start})`"
        )
    else:
        line = "one cell, called at each timestep: `output, state = cell(inputs[:, t], state)`"
    return f"If one layer was meant: {line}. If {axis.length} layers were meant, change nothing."
