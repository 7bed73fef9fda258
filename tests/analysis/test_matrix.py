"""Each way to write time down meets each family of cells; each kind of thing has its program.

What is true of a program stands beside it, and every one of them is run and its uses are counted.
Here stands which of them shows what.
"""

from __future__ import annotations

import pytest

from tb_rnnview.timeline import Encoding
from tests.analysis.claims import timeline
from tests.programs.catalogue import NAMES

CELLS = {
    Encoding.WHILE_FRAME: ("basic_rnn", "basic_lstm", "tutorial"),
    Encoding.WHILE_OP: ("simple_rnn_keras3", "lstm_keras3", "gru_keras3"),
    Encoding.UNROLLED: ("static_simple", "static_lstm", "static_gru"),
    Encoding.FUSED_OP: ("cudnn_relu", "block_lstm", "cudnn_keras_gru"),
}

SHOWN = {
    "references to variables, as TensorFlow 0.x wrote them": ("first_variables",),
    "references that a loop carries": ("references_carried",),
    "conditions around loops": ("layer_that_may_be_left_out", "rnn_in_both_branches"),
    "conditions in loops": ("step_that_may_be_left_out", "teacher_forcing"),
    "a loop in a condition in a loop": ("letters_where_a_word_has_some",),
    "If and Case": ("functional_condition_around", "chosen_by_case"),
    "nested functions": ("nested_functions",),
    "steps in one scope": ("static_simple",),
    "a scope for each step": ("scope_for_each_step",),
    "unroll=True": ("unrolled_lstm_keras3", "unrolled_gru_keras2", "unrolled_simple_keras3"),
    "a Python loop in a function": ("python_range", "step_is_a_function"),
    "written by hand": ("by_hand_with_two_kernels", "four_gates_by_hand"),
    "tf.scan": ("scan", "scan_in_a_function"),
    "nested axes": ("nested_axes", "letters_in_words"),
    "map_fn": ("map_fn", "map_fn_function"),
    "a counter": ("counter",),
    "beam search": ("beam_search", "best_of_a_chain"),
    "a conditional random field": ("random_field",),
    "Gibbs steps": ("gibbs", "sampled_for_contrast"),
    "a weight-tied stack": ("tied_stack", "rounds_of_a_dense_layer_keras3"),
    "a fixed point": ("fixed_point", "input_at_every_depth"),
    "an equilibrium": ("equilibrium",),
    "peepholes, a projection, clipping": ("lstm_everything", "lstm_projection"),
    "layer normalisation": ("lstm_normalised", "normalised_lstm_keras3"),
    "both reset modes": ("gru_keras3", "gru_reset_before_keras3"),
    "SRU": ("simple_recurrent_unit", "simple_recurrent_unit_at_once", "simple_unit_keras3"),
    "IndRNN": ("independent_rnn", "independent_stack_keras2"),
    "NAS": ("searched_cell",),
    "ConvLSTM over lines": ("convolutional_lstm_on_lines", "convolutional_1d_keras3"),
    "ConvLSTM over planes": ("convolutional_lstm", "convolutional_2d_keras2"),
    "ConvLSTM in space": ("convolutional_lstm_in_space", "convolutional_3d_keras3"),
    "custom cells": ("own_cell_keras3", "cell_with_constants"),
    "wrappers of cells": ("device_and_residual_and_dropout", "wrapped_cells"),
    "highways and residuals": ("highway_around_cells", "residual_stack"),
    "attention around a cell": ("attention_over_own_outputs", "additive_attention"),
    "stacks of cells": ("starting_program", "stacked_cells_keras3"),
    "merge modes": tuple(
        f"bidirectional_{mode}_keras3" for mode in ("concat", "sum", "mul", "ave", "apart")
    ),
    "stacked bidirectional layers": (
        "stacked_bidirectional",
        "stacked_bidirectional_keras3",
        "static_bidirectional_stack",
    ),
    "TimeDistributed": ("time_distributed_keras3", "time_distributed_keras2"),
    "backwards": ("go_backwards_keras3", "unrolled_backwards_keras3"),
    "masks and lengths": ("masking_keras3", "bounded_length", "static_with_lengths"),
    "kept states": ("stateful_keras3", "unrolled_stateful_keras3"),
    "given states": ("given_states_keras3", "fed_start"),
    "feeding back": ("fed_back_output", "said_word_by_word", "greedy_words"),
    "one kernel in two layers": (
        "one_cell_twice",
        "one_lstm_twice",
        "one_cell_in_a_stack_keras3",
        "static_one_cell_twice",
        "static_one_cell_twice_at_the_end",
    ),
    "one layer on two sequences": ("siamese", "two_sequences_keras3"),
    "copies to train, validate, sample": (
        "train_validate_and_sample",
        "three_copies_trained",
        "sampled_beside_the_loop",
    ),
    "towers": ("towers", "trained_towers"),
    "hoisted kernels": ("hoisted_projection", "products_before_the_steps", "quasi_recurrent"),
    "CTC": ("temporal_classification", "speech_in_frames"),
    "frozen graphs": ("frozen_tutorial", "frozen_bytes", "cudnn_frozen"),
}


@pytest.mark.parametrize(
    ("encoding", "name", "cell"),
    [
        (encoding, name, cell)
        for encoding, names in CELLS.items()
        for name, cell in zip(names, ("SimpleRNN", "LSTM", "GRU"), strict=True)
    ],
)
def test_each_encoding_with_each_family_of_cells(encoding: Encoding, name: str, cell: str) -> None:
    claimed = timeline(name)
    axes = {a.axis for x in claimed.recurrent_layers if x.cell == cell for a in x.applications}
    assert encoding in {claimed.axis(axis).encoding for axis in axes if axis}


@pytest.mark.parametrize("what", SHOWN)
def test_there_is_a_program_that_shows_it(what: str) -> None:
    assert set(SHOWN[what]) <= set(NAMES)
