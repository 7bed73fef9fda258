"""Whether what a model is traced for may fix lengths that the model itself leaves open.

A model that is traced for one batch has the sizes of that batch as constants in its graph, beside
its own. It is not traced with open sizes instead: what then runs may be other operations than those
that run on the batch (Keras' ``TimeDistributed`` makes a loop where it does not know the length).
"""

from __future__ import annotations

from typing import Any

from tb_rnnview.sources.example_inputs import Arguments, leaves


def fixes_lengths(arguments: Arguments) -> bool:
    """Whether a length in the trace for these specifications may be theirs."""
    tensors = [spec for spec in leaves(list(arguments)) if hasattr(spec, "shape")]
    has_sequences = any(map(_is_sequence, tensors))
    return any(
        # Where there are sequences beside it, a matrix is one vector for each.
        (_is_sequence(spec) or not has_sequences) and _has_sizes(spec)
        for spec in tensors
    )


def _is_sequence(spec: Any) -> bool:
    """Whether a tensor is a sequence for sure: of vectors, or of numbers of words."""
    rank = spec.shape.rank or 0
    return bool(rank > 2 or (rank == 2 and spec.dtype.is_integer))


def _has_sizes(spec: Any) -> bool:
    """Whether it fixes the batch or the time, whichever comes first."""
    return spec.shape.rank is not None and any(d is not None for d in spec.shape.as_list()[:2])
