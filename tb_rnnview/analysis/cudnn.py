"""CudnnRNN, CudnnRNNV2 and CudnnRNNV3 become loops: one for each layer and direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tensorboard.compat.proto.attr_value_pb2 import AttrValue

from tb_rnnview.analysis.cudnn_weights import Sizes, Weights, weights_of
from tb_rnnview.analysis.fused_cells import gru_step, lstm_step
from tb_rnnview.analysis.fused_loop import Around, SequenceLoop
from tb_rnnview.analysis.known import Number, Unknown
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.form import Tensor
from tb_rnnview.graph.growing import Growing

_GATES = {
    "lstm": ("i", "f", "c", "o"),
    "gru": ("r", "z", "h"),
    "rnn_tanh": ("h",),
    "rnn_relu": ("h",),
}
"""The gates of each mode, in cuDNN's order."""
_ACTIVATIONS = {"rnn_tanh": "Tanh", "rnn_relu": "Relu"}
_MOST_LAYERS = 256
"""Layers and directions in one operation; more is no network."""


@dataclass(frozen=True)
class _Operation:
    """What the attributes of a cuDNN operation say."""

    mode: str
    directions: int
    skips: str
    projects: bool
    time_major: bool

    @property
    def layer_dimension(self) -> int:
        """The dimension of the states that counts layers and directions."""
        return 0 if self.time_major else 1


def open_cudnn(graph: Growing, node: int, values: Values) -> Around | None:
    """Puts loops in the place of a cuDNN operation.

    Returns:
        What it has put there; None where the graph leaves open how many layers there are.
    """
    raw = graph.nodes[node]
    inputs = graph.inputs[node]
    says = _Operation(
        mode=_text(raw, "rnn_mode", "lstm"),
        directions=2 if _text(raw, "direction", "unidirectional") == "bidirectional" else 1,
        skips=_text(raw, "input_mode", "linear_input"),
        projects="num_proj" in raw.attr and raw.attr["num_proj"].i > 0,
        time_major="time_major" not in raw.attr or raw.attr["time_major"].b,
    )
    sizes = _sizes(says, values, inputs)
    if sizes is None:
        return None
    around = Around(graph, node)
    x, h_start, c_start, buffer = inputs[:4]
    lengths = inputs[4] if len(inputs) > 4 else None
    if not says.time_major:
        x = around.transposed(x, 1, 0, 2)
    weights = weights_of(around, values, buffer, sizes)
    run = _Run(around, says, x, lengths, values)
    finals: list[Mapping[str, Tensor]] = []
    for layer in range(len(weights) // says.directions):
        outputs = []
        for k in range(says.directions):
            place = layer * says.directions + k
            starts = {"h": _start(around, values, says, h_start, place, len(sizes))}
            if says.mode == "lstm":
                starts["c"] = _start(around, values, says, c_start, place, len(sizes))
            name = _name(layer, k, len(sizes), says.directions)
            output, final = run.layer(name, weights[place], starts, backward=k == 1)
            outputs.append(output)
            finals.append(final)
        run.x = outputs[0] if len(outputs) == 1 else around.joined(outputs, 2)
    output = run.x if says.time_major else around.transposed(run.x, 1, 0, 2)
    h = _together(around, says, [final["h"] for final in finals])
    c = c_start
    if says.mode == "lstm":
        c = _together(around, says, [final["c"] for final in finals])
    graph.replace(node, [output, h, c])
    return around


class _Run:
    """Layer after layer along one sequence."""

    def __init__(
        self, around: Around, says: _Operation, x: Tensor, lengths: Tensor | None, values: Values
    ) -> None:
        self.x = x
        self._around, self._says = around, says
        self._steps = around.size(x, 0)
        self._lengths = lengths
        graph = values.graph
        if lengths is not None and graph.op(lengths[0]) == "Fill":
            # All sequences are equally long.
            number = graph.inputs(lengths[0])[1]
            self._steps = around.op("Minimum", [self._steps, number])
            self._lengths = None
        elif lengths is not None:
            longest = around.graph.add(lengths[0], "Max", "Max", [lengths, around.number(0)])
            self._steps = around.op("Minimum", [self._steps, (longest, 0)])

    def layer(
        self, name: str, weights: Weights, starts: Mapping[str, Tensor], *, backward: bool
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        """One layer in one direction: its output at all timesteps, and its last states."""
        gates = _GATES[self._says.mode]
        loop = SequenceLoop(self._around, name, self._steps)
        carried = {state: loop.carried(start) for state, start in starts.items()}
        h = carried["h"]
        x = loop.element(self._turned(self.x) if backward else self.x)
        seen, kept = weights.seen(loop, x, gates), weights.kept(loop, h, gates)

        def joined(gate: str, from_state: Tensor) -> Tensor:
            return weights.added(loop, seen[gate], from_state, gates.index(gate))

        if self._says.mode == "lstm":
            sums = {gate: joined(gate, kept[gate]) for gate in gates}
            step = lstm_step(loop, sums, carried["c"], {})
            loop.becomes(carried["c"], step["cs"])
            new = weights.projected(loop, step["h"])
        elif self._says.mode == "gru":
            new = gru_step(loop, kept, joined, h)
        else:
            new = loop.op(_ACTIVATIONS[self._says.mode], [joined("h", kept["h"])])
        loop.becomes(h, new)
        output = loop.collected(new, starts["h"])
        finals = {state: loop.final(tensor) for state, tensor in carried.items()}
        return self._turned(output) if backward else output, finals

    def _turned(self, sequence: Tensor) -> Tensor:
        """The sequence the other way round, each example within its own length."""
        if self._lengths is None:
            return self._around.op("ReverseV2", [sequence, self._around.numbers(0)])
        return self._around.op(
            "ReverseSequence",
            [sequence, self._lengths],
            seq_dim=AttrValue(i=0),
            batch_dim=AttrValue(i=1),
        )


def _sizes(says: _Operation, values: Values, inputs: list[Tensor]) -> list[Sizes] | None:
    """The sizes of each layer and direction; None = not known how many there are."""
    x, h, c = (values.shape(tensor) for tensor in inputs[:3])
    if says.mode not in _GATES or h is None or len(h) != 3:
        return None
    count, state = h[says.layer_dimension], h[2]
    if not isinstance(count, int) or not 0 < count <= _MOST_LAYERS or count % says.directions:
        return None
    units = state
    if says.projects:
        units = c[2] if c is not None and len(c) == 3 else Unknown()
    if 0 in (units, state):
        return None
    width: Number = x[2] if x is not None and len(x) == 3 else Unknown()
    if says.skips == "skip_input" or (says.skips == "auto_select" and width == units):
        width = 0
    found = []
    for _ in range(count // says.directions):
        one = Sizes(len(_GATES[says.mode]), units, width, state, says.projects)
        found += [one] * says.directions
        width = state * says.directions if isinstance(state, int) else Unknown()
    return found


def _start(
    around: Around, values: Values, says: _Operation, states: Tensor, place: int, count: int
) -> Tensor:
    """What one layer and direction starts from."""
    graph = values.graph
    if graph.op(states[0]) == "ExpandDims" and count == 1:
        return graph.inputs(states[0])[0]
    return around.picked_from(states, place, says.layer_dimension)


def _together(around: Around, says: _Operation, states: list[Tensor]) -> Tensor:
    """The last states of all layers and directions in one tensor."""
    if len(states) == 1:
        return around.op("ExpandDims", [states[0], around.number(says.layer_dimension)])
    return around.op("Pack", states, axis=AttrValue(i=says.layer_dimension))


def _name(layer: int, direction: int, count: int, directions: int) -> str:
    """What tells a layer and direction from the others of the operation."""
    parts = [f"layer_{layer}"] if count > directions else []
    return "/".join([*parts, *(("forward", "backward")[direction:][:1] if directions > 1 else ())])


def _text(raw: Any, name: str, default: str) -> str:
    return raw.attr[name].s.decode(errors="replace") if name in raw.attr else default
