"""Which operations run all timesteps of a layer at once? Each becomes the loop that it stands for.

So a fused layer is described by the passes that describe any other: its time axis, its states, how
often each timestep uses each weight.
"""

from __future__ import annotations

from collections.abc import Callable

from tb_rnnview.analysis.block_lstm import open_block_lstm
from tb_rnnview.analysis.cudnn import open_cudnn
from tb_rnnview.analysis.fused_loop import Around, drop_unread, unpack
from tb_rnnview.analysis.values import Values
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.growing import Growing

OPENED: dict[str, Callable[[Growing, int, Values], Around | None]] = {
    **dict.fromkeys(("BlockLSTM", "BlockLSTMV2"), open_block_lstm),
    **dict.fromkeys(("CudnnRNN", "CudnnRNNV2", "CudnnRNNV3"), open_cudnn),
}
"""By operation type: what puts a loop in its place, where it can."""


def open_fused_sequences(graph: Graph) -> Graph:
    """The graph with a loop in the place of each operation that runs along a sequence."""
    fused = graph.nodes_of(*OPENED)
    if not fused:
        return graph
    values = Values(graph)
    growing = Growing(graph)
    places = (OPENED[graph.op(n)](growing, n, values) for n in fused)
    opened = [around for around in places if around is not None]
    unread = [source for around in opened for source in graph.sources(around.node)]
    # Once all are open: one may start from what another one ends with.
    for around in opened:
        unread.extend(unpack(growing, around.picked))
    drop_unread(growing, unread)
    return growing.finished()
