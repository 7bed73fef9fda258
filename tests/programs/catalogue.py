"""All test programs by name. Each is built once per session."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache, partial
from types import ModuleType

import keras
import tf_keras

from tests.programs import (
    above_sequences,
    around,
    beam,
    bidirectional,
    branches,
    by_hand,
    by_hand_cells,
    cells_without_loops,
    convolutional,
    crossing_states,
    decoders,
    dynamic_decoding,
    fed_sequences,
    first_steps,
    frozen,
    frozen_functions,
    function_decoders,
    function_feedback,
    function_fused_cells,
    function_indices,
    function_loops,
    function_training,
    functional_graphs,
    fused_block,
    fused_cudnn,
    fused_keras,
    iterations,
    joined_states,
    kept_states,
    keras_attention,
    keras_layers,
    keras_legacy,
    keras_nested,
    keras_networks,
    keras_own_cells,
    keras_seq2seq,
    keras_steps,
    keras_windows,
    kernels_on_the_way,
    layers_used_again,
    lone_cells,
    loop_ends,
    loop_starts,
    loops_around,
    lstms,
    made_word_by_word,
    not_recurrent,
    old_graphs,
    published_kinds,
    rare_cells,
    roles_of_weights,
    rounds_and_windows,
    schedules,
    shapes_of_time,
    sharing,
    stacked,
    states_in_one_piece,
    training,
    turned_around,
    unrolled,
    unrolled_by_hand,
    unrolled_first_steps,
    unrolled_functions,
    unrolled_published,
    vectorized_steps,
    wrappers,
    written_out,
)
from tests.programs.program import Program

# Before this, Keras 3 knew no `implementation=` and no `ops.scan`; TimeDistributed failed on a T of
# None, and Bidirectional on `return_state=True`.
_KERAS_SINCE = {
    "implementation_1": (3, 4),
    "any_length": (3, 4),
    "bidirectional_encoder": (3, 3),
    "scan_of_keras": (3, 4),
}
_KERAS = tuple(map(int, keras.__version__.split(".")[:2]))


def _builders(module: ModuleType) -> Iterator[tuple[str, Callable[[], Program]]]:
    for name, member in tuple(vars(module).items()):
        own = callable(member) and getattr(member, "__module__", "") == module.__name__
        if not own or name.startswith("_"):
            continue
        if list(inspect.signature(member).parameters) == ["keras"]:
            if _KERAS_SINCE.get(name, (3,)) <= _KERAS:
                yield f"{name}_keras3", partial(member, keras)
            yield f"{name}_keras2", partial(member, tf_keras)
        elif _KERAS_SINCE.get(name, (3,)) <= _KERAS:
            yield name, member


_TF1 = (
    stacked,
    states_in_one_piece,
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
    loop_starts,
    branches,
    turned_around,
    fed_sequences,
    keras_seq2seq,
    rare_cells,
    convolutional,
    wrappers,
    iterations,
    schedules,
    joined_states,
    above_sequences,
    dynamic_decoding,
    old_graphs,
    made_word_by_word,
    published_kinds,
    unrolled,
    unrolled_by_hand,
    unrolled_first_steps,
    unrolled_published,
    frozen_functions,
    lone_cells,
)

_TF2 = (
    keras_layers,
    keras_networks,
    keras_own_cells,
    keras_steps,
    first_steps,
    function_feedback,
    function_fused_cells,
    keras_attention,
    keras_windows,
    keras_nested,
    function_indices,
    function_loops,
    function_decoders,
    function_training,
    rounds_and_windows,
    functional_graphs,
    cells_without_loops,
    loops_around,
    roles_of_weights,
    layers_used_again,
    unrolled_functions,
    vectorized_steps,
)

_FUSED = (fused_block, fused_cudnn, fused_keras)

TF1_NAMES = tuple(name for module in _TF1 for name, _ in _builders(module))
TF2_NAMES = tuple(name for module in _TF2 for name, _ in _builders(module))
FUSED_NAMES = tuple(name for module in _FUSED for name, _ in _builders(module))
NAMES = TF1_NAMES + TF2_NAMES + FUSED_NAMES
BUILDERS = {name: build for module in _TF1 + _TF2 + _FUSED for name, build in _builders(module)}


@cache
def program(name: str) -> Program:
    """The program of that name."""
    return BUILDERS[name]()
