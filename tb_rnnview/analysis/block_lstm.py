"""BlockLSTM and BlockLSTMV2, one operation for all timesteps of an LSTM, become a loop."""

from __future__ import annotations

from tensorboard.compat.proto.attr_value_pb2 import AttrValue

from tb_rnnview.analysis.fused_cells import lstm_step
from tb_rnnview.analysis.fused_loop import Around, SequenceLoop
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.growing import Growing

_GATES = {"BlockLSTM": ("i", "c", "f", "o"), "BlockLSTMV2": ("i", "f", "c", "o")}
"""The columns of w and b, in the order in which the operation's kernel reads them."""

_OUTPUTS = ("i", "cs", "f", "o", "ci", "co", "h")


def open_block_lstm(graph: Growing, node: int, values: Values) -> Around:
    """Puts a loop in the place of a fused LSTM."""
    del values
    most, x, c_start, h_start, w, wci, wcf, wco, b = graph.inputs[node]
    use_peephole = graph.nodes[node].attr.get("use_peephole")
    around = Around(graph, node)
    steps = around.op("Minimum", [around.size(x, 0), around.op("Cast", [most])])
    loop = SequenceLoop(around, "", steps)
    c, h = loop.carried(c_start), loop.carried(h_start)
    both = loop.op("ConcatV2", [loop.element(x), h, loop.given(around.number(1))])
    product = loop.op("MatMul", [both, loop.given(w)])
    total = loop.op("BiasAdd", [product, loop.given(b)])
    split, _ = loop.op("Split", [loop.given(around.number(1)), total], num_split=AttrValue(i=4))
    sums = {gate: (split, k) for k, gate in enumerate(_GATES[graph.ops[node]])}
    peepholes = (
        {"i": wci, "f": wcf, "o": wco} if use_peephole is not None and use_peephole.b else {}
    )
    step = lstm_step(loop, sums, c, peepholes)
    loop.becomes(c, step["cs"])
    loop.becomes(h, step["h"])
    graph.replace(node, [loop.collected(step[name], c_start) for name in _OUTPUTS])
    return around
