"""What a fused operation computes at one timestep, from the sums that enter its gates.

Constants that are only added, and clipping, are left out: they change no layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tb_rnnview.analysis.fused_loop import SequenceLoop
from tb_rnnview.graph.form import Tensor

Peepholes = Mapping[str, Tensor]
"""The weights of the cell at each gate that sees it."""


def lstm_step(
    loop: SequenceLoop, sums: Mapping[str, Tensor], c: Tensor, peepholes: Peepholes
) -> dict[str, Tensor]:
    """The gates i, f and o of an LSTM, its candidate ci, its cell cs, co = tanh(cs) and h.

    Args:
        loop: the loop along time.
        sums: what enters i, f, c and o.
        c: the cell of the timestep before.
        peepholes: the weights of the cell at i, f and o; empty = they do not see it.
    """

    def gate(name: str, cell: Tensor) -> Tensor:
        entering = sums[name]
        if name in peepholes:
            seen = loop.op("Mul", [cell, loop.given(peepholes[name])])
            entering = loop.op("AddV2", [entering, seen])
        return loop.op("Sigmoid", [entering])

    i, f = gate("i", c), gate("f", c)
    candidate = loop.op("Tanh", [sums["c"]])
    kept, written = loop.op("Mul", [f, c]), loop.op("Mul", [i, candidate])
    cell = loop.op("AddV2", [kept, written])
    o = gate("o", cell)
    squashed = loop.op("Tanh", [cell])
    h = loop.op("Mul", [o, squashed])
    return {"i": i, "cs": cell, "f": f, "o": o, "ci": candidate, "co": squashed, "h": h}


Join = Callable[[str, Tensor], Tensor]
"""What enters a gate, of what comes from the state."""


def gru_step(loop: SequenceLoop, kept: Mapping[str, Tensor], joined: Join, h: Tensor) -> Tensor:
    """The new state of a GRU whose reset gate scales the product of the state with its kernel.

    Args:
        loop: the loop along time.
        kept: what comes from the state to r, z and h.
        joined: adds what comes from the input.
        h: the state of the timestep before.
    """
    r, z = (loop.op("Sigmoid", [joined(gate, kept[gate])]) for gate in ("r", "z"))
    candidate = loop.op("Tanh", [joined("h", loop.op("Mul", [r, kept["h"]]))])
    rest = loop.op("Sub", [loop.op("OnesLike", [z]), z])
    return loop.op("AddV2", [loop.op("Mul", [z, h]), loop.op("Mul", [rest, candidate])])
