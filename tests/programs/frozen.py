"""Frozen graphs: constants took the place of the variables; the truth stays the same."""

from __future__ import annotations

from tests.programs import around, bidirectional, keras_legacy, kernels_on_the_way, lstms, stacked
from tests.programs.freezing import freeze, quantize
from tests.programs.program import Program


def frozen_tutorial() -> Program:
    """GRUs, a bound and a head, frozen."""
    return freeze(stacked.tutorial)


def frozen_peepholes() -> Program:
    """Constants that are used element by element."""
    return freeze(lstms.lstm_everything)


def frozen_bidirectional() -> Program:
    """Two stacked bidirectional layers, frozen."""
    return freeze(bidirectional.stacked_bidirectional)


def frozen_embedding() -> Program:
    """Gather params, LSTM, dense over all timesteps, frozen."""
    return freeze(around.embedding_to_dense)


def frozen_keras_lstm() -> Program:
    """Resource variables read inside the loop become constants outside it."""
    return freeze(keras_legacy.keras_lstm)


def frozen_elman() -> Program:
    """The bias is added to what was added before: a constant, and a variable all the same."""
    return freeze(kernels_on_the_way.elman)


def frozen_block_cell() -> Program:
    """The zeros that stand for peepholes, which the cell is told to do without, are no weights."""
    return freeze(lstms.lstm_block)


def frozen_bytes() -> Program:
    """Matrices kept as bytes, to make a file small: a Dequantize stands behind each."""
    return quantize(freeze(stacked.tutorial))
