"""The shapes of what operations give that run all timesteps of a layer at once."""

from __future__ import annotations

from tb_rnnview.analysis.known import Number, Unknown, product
from tb_rnnview.analysis.questions import Output, Rule, Rules

RULES = Rules()


@RULES.asking("BlockLSTM", "BlockLSTMV2")
def _block_lstm(output: Output) -> Rule:
    sequence = yield output.shape(1)
    state = yield output.shape(2)
    if sequence is None or state is None or len(sequence) != 3 or len(state) != 2:
        return None
    return (*sequence[:2], state[1])


@RULES.asking("CudnnRNN", "CudnnRNNV2", "CudnnRNNV3")
def _cudnn(output: Output) -> Rule:
    if output.port in (1, 2):
        return (yield output.shape(output.port))
    sequence = yield output.shape(0)
    state = yield output.shape(1)
    if output.port or sequence is None or state is None or len(sequence) != 3 or len(state) != 3:
        return None
    direction = output.attr("direction")
    both = direction is not None and direction.s == b"bidirectional"
    width: Number = product((1 + both, state[2]))
    return (*sequence[:2], width if isinstance(width, int) else Unknown())
