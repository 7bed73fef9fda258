"""All test programs by name. Each is built once per session."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType

from tests.programs import (
    around,
    beam,
    bidirectional,
    branches,
    by_hand,
    by_hand_cells,
    crossing_states,
    decoders,
    fed_sequences,
    frozen,
    kept_states,
    keras_legacy,
    keras_seq2seq,
    kernels_on_the_way,
    loop_ends,
    lstms,
    not_recurrent,
    shapes_of_time,
    sharing,
    stacked,
    training,
    turned_around,
    written_out,
)
from tests.programs.program import Program


def _builders(module: ModuleType) -> dict[str, Callable[[], Program]]:
    return {
        name: member
        for name, member in vars(module).items()
        if callable(member)
        and getattr(member, "__module__", "") == module.__name__
        and not name.startswith("_")
    }


_MODULES = (
    stacked,
    lstms,
    bidirectional,
    around,
    beam,
    shapes_of_time,
    by_hand,
    by_hand_cells,
    decoders,
    sharing,
    training,
    keras_legacy,
    frozen,
    not_recurrent,
    written_out,
    crossing_states,
    kept_states,
    kernels_on_the_way,
    loop_ends,
    branches,
    turned_around,
    fed_sequences,
    keras_seq2seq,
)

BUILDERS = {name: build for module in _MODULES for name, build in _builders(module).items()}
NAMES = tuple(BUILDERS)


@cache
def program(name: str) -> Program:
    """The program of that name."""
    return BUILDERS[name]()
