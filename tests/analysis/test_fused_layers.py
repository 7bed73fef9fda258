"""Layers that one operation runs for all timesteps are described as their loops would be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf2
import tf_keras
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorflow.python.framework import op_def_registry
from tf_keras.src.layers.rnn.cudnn_gru import CuDNNGRU
from tf_keras.src.layers.rnn.cudnn_lstm import CuDNNLSTM

from tb_rnnview import analyze
from tb_rnnview.analysis.ops import takes_gradient
from tb_rnnview.errors import SourceError
from tb_rnnview.graph.outputs import position
from tb_rnnview.timeline import Encoding, Timeline
from tests.analysis.claims import timeline
from tests.programs.catalogue import FUSED_NAMES, program
from tests.programs.fused_or_written import Fused
from tests.programs.tf1 import rnn_cell, tf

L = keras.layers


def _stack() -> keras.Model:
    x = keras.Input((7, 4))
    y = L.Bidirectional(L.LSTM(5, return_sequences=True))(x)
    y = L.GRU(6, return_sequences=True, go_backwards=True)(y)
    return keras.Model(x, L.Dense(2)(L.LSTM(3)(y)))


def _translator() -> keras.Model:
    source, target = keras.Input((None, 4)), keras.Input((None, 4))
    *_, h, c = L.LSTM(5, return_state=True)(source)
    y = L.LSTM(5, return_sequences=True)(target, initial_state=[h, c])
    return keras.Model([source, target], L.Dense(3)(y))


def _shared() -> keras.Model:
    one, other = keras.Input((4, 3)), keras.Input((4, 3))
    layer = L.GRU(5)
    return keras.Model([one, other], L.Concatenate()([layer(one), layer(other)]))


def _stateful() -> keras.Model:
    x = keras.Input((4, 3), batch_size=2)
    return keras.Model(x, L.LSTM(5, stateful=True)(x))


def _told(claimed: Timeline) -> Timeline:
    """What is told, but for the names of the operations."""
    plain = [
        replace(
            layer,
            applications=tuple(replace(a, name="") for a in layer.applications),
        )
        for layer in claimed.layers
    ]
    return replace(
        claimed,
        layers=tuple(plain),
        axes=tuple(replace(axis, encoding=Encoding.UNSPECIFIED) for axis in claimed.axes),
        states=tuple(
            replace(s, initial=s.initial if s.initial == "zeros" else "") for s in claimed.states
        ),
    )


@pytest.mark.parametrize("build", [_stack, _translator, _shared, _stateful])
def test_a_model_of_keras_is_told_alike_with_cudnn_and_without(
    build: Callable[[], keras.Model],
) -> None:
    model = build()
    as_loops = analyze(model)
    with mock.patch.object(tf2.config, "list_logical_devices", return_value=["GPU:0"]):
        fused = analyze(model)
    assert {axis.encoding for axis in fused.axes} == {Encoding.FUSED_OP}
    assert {axis.encoding for axis in as_loops.axes} == {Encoding.WHILE_OP}
    assert _told(fused) == _told(as_loops)


@pytest.mark.parametrize("name", FUSED_NAMES)
def test_the_fused_operation_is_named_as_the_encoding(name: str) -> None:
    # A loop around the operation, or a first recurrence without one.
    others = {"cudnn_words_of_characters", "cudnn_or_not", "cudnn_step_in_loop"}
    encodings = {axis.encoding for axis in timeline(name).axes}
    assert (encodings == {Encoding.FUSED_OP}) == (name not in others)


@pytest.mark.parametrize("name", ["block_lstm", "block_lstm_v2", "block_lstm_stack"])
def test_the_twin_computes_what_the_fused_operation_does(name: str) -> None:
    """So that what is counted of the twin is true of the fused operation."""
    case = program(name)
    assert case.twin is not None
    results = []
    for one in (case, case.twin):
        # Values by name, so that both graphs have the same weights.
        with tf.Session(graph=one.graph) as session, one.graph.as_default():
            for variable in tf.global_variables():
                seed = np.random.default_rng(len(variable.name))
                variable.load(seed.normal(size=variable.shape.as_list()), session)
            feeds = {k: np.full_like(v, max(v)) if v.ndim == 1 else v for k, v in one.feeds.items()}
            results.append(session.run(list(one.outputs), feeds)[0])
    np.testing.assert_allclose(*results, rtol=1e-5)


def _opaque(count: int, both_ways: bool) -> Any:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        tf.raw_ops.CudnnRNN(
            input=x,
            input_h=tf.zeros([count, 2, 5]),
            input_c=tf.zeros([count, 2, 5]),
            params=tf.get_variable("buffer", [1000]),
            direction="bidirectional" if both_ways else "unidirectional",
        )
    return graph


def test_layers_of_one_buffer_are_different_layers() -> None:
    """Forward and backward take other elements of it; where, only cuDNN knows."""
    claimed = analyze(_opaque(4, True))
    assert [
        (x.cell, x.units, x.depth, x.applications[0].direction.name, len(x.applications))
        for x in claimed.layers
    ] == [
        ("LSTM", 5, 0, "FORWARD", 1),
        ("LSTM", 5, 0, "BACKWARD", 1),
        ("LSTM", 5, 1, "FORWARD", 1),
        ("LSTM", 5, 1, "BACKWARD", 1),
    ]
    (variable,) = claimed.variables
    assert (variable.role, variable.blocks) == ("kernel", ())
    assert variable.reason == "only cuDNN knows where in it each kernel and each bias lies"
    assert [(u.layer, u.reads, u.stop) for u in variable.uses] == [
        (layer.id, 1, 4) for layer in claimed.layers
    ]


def test_a_decoder_starts_from_the_encoders_final_states_layer_by_layer() -> None:
    """Two layers each; the second operation takes the first one's states as they are."""
    with tf.Graph().as_default() as graph:
        x, y = tf.placeholder(tf.float32, [4, 2, 5]), tf.placeholder(tf.float32, [3, 2, 5])
        about = {"rnn_mode": "gru", "input_c": 0.0}
        encoder = tf.raw_ops.CudnnRNN(
            input=x, input_h=tf.zeros([2, 2, 5]), params=tf.get_variable("encoder", [360]), **about
        )
        tf.raw_ops.CudnnRNNV2(
            input=y,
            input_h=encoder.output_h,
            params=tf.get_variable("decoder", [360]),
            **about,
        )
    claimed = analyze(graph.as_graph_def())  # which states no shapes
    low, high, *decoder = claimed.layers
    assert [x.depth for x in (low, high, *decoder)] == [0, 1, 0, 1]
    assert [(s.layer, s.initial_layer) for s in claimed.states] == [
        (low.id, ""),
        (high.id, ""),
        (decoder[0].id, low.id),
        (decoder[1].id, high.id),
    ]
    starts = [(c.from_layer, c.to_layer) for c in claimed.connections if c.starts_state]
    assert starts == [(low.id, decoder[0].id), (high.id, decoder[1].id)]


def test_where_the_gradients_enter_the_derivatives_of_fused_operations() -> None:
    """By the names that TensorFlow gives the inputs; what else they take are values kept."""
    for name in ("BlockLSTMGrad", "BlockLSTMGradV2", "LSTMBlockCellGrad", "GRUBlockCellGrad"):
        _assert_gradients(name, "_grad", "d_h")
    for name in ("CudnnRNNBackprop", "CudnnRNNBackpropV2", "CudnnRNNBackpropV3"):
        _assert_gradients(name, "_backprop")


def _assert_gradients(name: str, *marks: str) -> None:
    inputs = [arg.name for arg in op_def_registry.get(name).input_arg]
    taken = [slot for slot in range(len(inputs)) if takes_gradient(name, slot, len(inputs))]
    marked = [k for k, text in enumerate(inputs) if text.endswith(marks)]
    assert taken == [k for k in marked if inputs[k] != "d_h_prev"]


def test_outputs_inside_functions_are_found_by_name() -> None:
    for name in ("BlockLSTM", "BlockLSTMV2", "CudnnRNN", "CudnnRNNV2", "CudnnRNNV3"):
        names = [arg.name for arg in op_def_registry.get(name).output_arg]
        assert [position(name, one, 0) for one in names] == list(range(len(names)))


def test_a_buffer_that_a_saver_takes_apart_and_whose_shape_is_not_stated() -> None:
    """As TensorFlow 1's own layers of cuDNN are written."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 5])
        first = tf.random_uniform([60])
        buffer = tf.get_variable("buffer", initializer=first, validate_shape=False)
        start = tf.zeros([1, 2, 5])
        tf.raw_ops.CudnnRNN(input=x, input_h=start, input_c=0.0, params=buffer, rnn_mode="rnn_relu")
        parts = tf.raw_ops.CudnnRNNParamsToCanonical(
            num_layers=1, num_units=5, input_size=5, params=buffer, num_params=2
        )
        parts = [*parts.weights, *parts.biases]
        tf.raw_ops.SaveV2(
            prefix="file",
            tensor_names=[str(k) for k in range(len(parts))],
            shape_and_slices=[""] * len(parts),
            tensors=parts,
        )
    claimed = analyze(graph)
    (layer,) = claimed.layers
    (variable,) = claimed.variables
    assert (layer.cell, layer.units) == ("SimpleRNN", 5)
    assert (variable.shape, variable.role, variable.blocks) == (None, "kernel", ())
    assert [(use.axis, use.stop, use.reads) for use in variable.uses] == [("axis0", 4, 1)]


def _cudnn(layers: int, **about: Any) -> Any:
    """A variable for the kernel, one for the state's, one for the biases, as auto_select asks."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 5])
        start = tf.zeros([layers, 2, 5])
        parts = [tf.reshape(tf.get_variable("r", [5, 5]), [-1]), tf.get_variable("b", [10])]
        tf.raw_ops.CudnnRNN(
            input=x,
            input_h=start,
            input_c=0.0,
            params=tf.concat(parts, 0),
            rnn_mode="rnn_tanh",
            **about,
        )
    return graph


def test_a_kernel_of_the_input_is_skipped_where_widths_allow_it() -> None:
    claimed = analyze(_cudnn(1, input_mode="auto_select"))
    assert [(v.name, v.role) for v in claimed.variables] == [
        ("r", "recurrent_kernel"),
        ("b", "bias"),
    ]


@pytest.mark.parametrize(
    ("layers", "about"),
    [
        (1_000_000_000, {}),  # as many loops would be made
        (3, {"direction": "bidirectional"}),
        (0, {}),
    ],
)
def test_a_number_of_layers_that_cannot_be_is_not_looked_into(
    layers: int, about: dict[str, str]
) -> None:
    claimed = analyze(_cudnn(layers, **about))
    assert (claimed.axes, claimed.recurrent_layers) == ((), ())
    assert {finding.code for finding in claimed.findings} == {"NOT_RECOGNISED"}


def test_a_buffer_that_is_joined_over_and_over_is_left_as_it_is() -> None:
    """Twice two to the fortieth pieces: nobody lists them."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 5])
        buffer = tf.get_variable("buffer", [2])
        for _ in range(40):
            buffer = tf.concat([buffer, buffer], 0)
        start = tf.zeros([1, 2, 5])
        tf.raw_ops.CudnnRNN(input=x, input_h=start, input_c=0.0, params=buffer, rnn_mode="rnn_relu")
    (layer,) = analyze(graph).layers
    assert (layer.cell, layer.units) == ("SimpleRNN", 5)


def test_an_ignored_peephole_is_no_use() -> None:
    """What the cell is told to do without is not used, whatever stands there."""

    def run(peepholes: bool) -> Timeline:
        with tf.Graph().as_default() as graph:
            x = tf.placeholder(tf.float32, [4, 2, 3])
            w, b = tf.get_variable("w", [8, 20]), tf.get_variable("b", [20])
            scale = tf.get_variable("scale", [5])

            def step(t: Any, c: Any, h: Any) -> tuple[Any, Any, Any]:
                new = tf.raw_ops.LSTMBlockCell(
                    x=x[t], cs_prev=c, h_prev=h, w=w, b=b, use_peephole=peepholes,
                    wci=scale, wcf=scale, wco=scale,
                )  # fmt: skip
                return t + 1, new.cs, new.h

            zeros = tf.zeros([2, 5])
            tf.while_loop(lambda t, *_: t < 4, step, (tf.constant(0), zeros, zeros))
        return analyze(graph)

    def uses(claimed: Timeline) -> list[int]:
        return [use.reads for v in claimed.variables if v.name == "scale" for use in v.uses]

    assert uses(run(True)) == [1]
    assert uses(run(False)) == []


def test_states_that_were_packed_together_are_final_states_all_the_same() -> None:
    with tf.Graph().as_default() as graph:
        x, y = tf.placeholder(tf.float32, [4, 2, 3]), tf.placeholder(tf.float32, [5, 2, 3])
        with tf.variable_scope("encoder"):
            _, final = tf.nn.dynamic_rnn(
                rnn_cell.BasicLSTMCell(5), x, dtype=tf.float32, time_major=True
            )
        c, h = tf.unstack(tf.stack([final.c, final.h], 1), axis=1)
        with tf.variable_scope("decoder"):
            first = rnn_cell.LSTMStateTuple(c, h)
            tf.nn.dynamic_rnn(rnn_cell.BasicLSTMCell(5), y, initial_state=first, time_major=True)
    claimed = analyze(graph)
    encoder, decoder = claimed.layers
    assert [(s.layer, s.initial_layer) for s in claimed.states] == [
        (encoder.id, ""),
        (encoder.id, ""),
        (decoder.id, encoder.id),
        (decoder.id, encoder.id),
    ]


def test_the_width_of_what_a_fused_operation_gives_is_known_without_stated_shapes() -> None:
    """It says where in the upper layer's variables each matrix ends."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        lower, upper = Fused(), Fused()
        w, b = tf.get_variable("w", [8, 20]), tf.get_variable("b", [20])
        y = lower.block_lstm(x, w, b)
        rows = tf.get_variable("rows", [15, 5]), tf.get_variable("state", [15, 5])
        y = upper.packed(y, *rows, tf.get_variable("biases", [30]), "gru", 5)
        tf.raw_ops.CudnnRNN(
            input=y,
            input_h=tf.zeros([1, 2, 5]),
            input_c=0.0,
            params=tf.concat([tf.reshape(tf.get_variable("top", [10, 5]), [-1]), b[:10]], 0),
            rnn_mode="rnn_tanh",
        )
    claimed = analyze(graph.as_graph_def())
    assert [(x.cell, x.depth) for x in claimed.layers] == [
        ("LSTM", 0),
        ("GRU", 1),
        ("SimpleRNN", 2),
    ]
    blocks = {v.name: {b.name for b in v.blocks} for v in claimed.variables}
    assert blocks["rows"] == {"r", "z", "h", "input"}
    # Half of its rows sees the input and half the state, each with all of its columns.
    assert blocks["top"] == set()


def test_both_directions_side_by_side_are_the_width_of_what_comes_above() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 2, 3])
        buffer = tf.get_variable("buffer", [2 * (15 + 25 + 10)])
        y = Fused().opaque(x, buffer, 2, "rnn_tanh", 5, both_ways=True)
        rows = tf.get_variable("rows", [15, 10]), tf.get_variable("state", [15, 5])
        Fused().packed(y, *rows, tf.get_variable("biases", [30]), "gru", 5)
    claimed = analyze(graph.as_graph_def())
    assert [(x.cell, x.depth) for x in claimed.layers][2:] == [("GRU", 1)]
    (variable,) = (v for v in claimed.variables if v.name == "rows")
    assert {b.name for b in variable.blocks} == {"r", "z", "h", "input"}


@pytest.mark.parametrize("name", ["block_lstm", "cudnn_relu", "cudnn_skips", "cudnn_packed"])
def test_a_fused_operation_that_lacks_an_input_is_refused(name: str) -> None:
    graph = GraphDef.FromString(program(name).graph.as_graph_def().SerializeToString())
    node = next(n for n in graph.node if n.op.startswith(("BlockLSTM", "CudnnRNN")))
    del node.input[-1]
    with pytest.raises(SourceError, match=f"node '{node.name}' .* inputs, not"):
        analyze(graph)


@pytest.mark.parametrize("in_loop", [True, False])
def test_a_buffer_that_is_joined_outside_of_where_it_is_used(in_loop: bool) -> None:
    """A loop along words, or a condition, around the operation along the characters of one."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [3, 4, 2, 4])
        w, r = tf.get_variable("w", [5, 4]), tf.get_variable("r", [5, 5])
        b, k = tf.get_variable("b", [10]), tf.get_variable("k", [10, 5])
        buffer = tf.concat([tf.reshape(w, [-1]), tf.reshape(r, [-1]), b], 0)

        def characters(word: Any) -> Any:
            return tf.raw_ops.CudnnRNN(
                input=word,
                input_h=tf.zeros([1, 2, 5]),
                input_c=0.0,
                params=buffer,
                rnn_mode="rnn_tanh",
            ).output[3]

        def step(t: Any, h: Any) -> tuple[Any, Any]:
            return t + 1, tf.tanh(tf.matmul(tf.concat([characters(x[t]), h], 1), k))

        if in_loop:
            tf.while_loop(lambda t, _: t < 3, step, (tf.constant(0), tf.zeros([2, 5])))
        else:
            one_word = tf.placeholder(tf.bool, [])
            tf.cond(one_word, lambda: characters(x[0]), lambda: tf.zeros([2, 5]))
    claimed = analyze(graph)
    fused = next(axis for axis in claimed.axes if axis.encoding is Encoding.FUSED_OP)
    assert (fused.length, bool(fused.parent)) == (4, in_loop)
    told = {
        v.name: (v.role, [(u.axis, u.stop, u.reads) for u in v.uses]) for v in claimed.variables
    }
    use = [(fused.id, 4, 1)]
    assert told["w"] == ("kernel", use)
    assert told["r"] == ("recurrent_kernel", use)
    assert told["b"] == ("bias", use)
    sometimes = "a condition may leave out some of its uses: this is the most"
    assert {v.reason for v in claimed.variables if v.uses} == {"" if in_loop else sometimes}


@pytest.mark.parametrize(("axis", "first"), [(0, {"h"}), (1, set())])
def test_states_that_are_packed_along_another_dimension_are_not_one_of_them(
    axis: int, first: set[str]
) -> None:
    """Packed along the batch: what a layer starts from is made of all of them."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [4, 1, 3])
        h = tf.placeholder(tf.float32, [1, 5], name="h")
        tf.raw_ops.CudnnRNN(
            input=x,
            input_h=tf.stack([h], axis),
            input_c=0.0,
            params=tf.get_variable("buffer", [50]),
            rnn_mode="rnn_relu",
        )
    (state,) = analyze(graph).states
    assert state.shape == (1, 5)
    assert {state.initial} & {"h"} == first


def test_the_older_layers_of_keras_for_cudnn() -> None:
    """Their kernels are not turned around: what is a row of the matrix is none of the variable."""
    x = tf_keras.Input((7, 4))
    y = tf_keras.layers.Bidirectional(CuDNNLSTM(5, return_sequences=True))(x)
    y = CuDNNGRU(6, go_backwards=True, return_sequences=True)(y)
    claimed = analyze(tf_keras.Model(x, CuDNNLSTM(3)(y)))
    assert [
        (x.cell, x.units, x.depth, x.applications[0].direction.name) for x in claimed.layers
    ] == [
        ("LSTM", 5, 0, "FORWARD"),
        ("LSTM", 5, 0, "BACKWARD"),
        ("GRU", 6, 1, "BACKWARD"),
        ("LSTM", 3, 2, "BACKWARD"),  # it takes them as the one below has left them
    ]
    (axis,) = claimed.axes
    assert (axis.length, axis.encoding) == (7, Encoding.FUSED_OP)
    assert [(use.stop, use.reads) for v in claimed.variables for use in v.uses] == [(7, 1)] * 12
    blocks = [
        [(b.name, b.dimension, b.start, b.stop) for b in v.blocks]
        for v in claimed.variables
        if v.role == "kernel"
    ]
    assert blocks[0] == [("i", 1, 0, 5), ("f", 1, 5, 10), ("c", 1, 10, 15), ("o", 1, 15, 20)]
    assert blocks[2] == [("z", 1, 0, 6), ("r", 1, 6, 12), ("h", 1, 12, 18)]
