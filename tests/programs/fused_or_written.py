"""One network in two ways: by operations that run all timesteps at once, and written out in Python.

The fused operations of cuDNN need a GPU to run, and any fused operation runs once. What is written
out here can be run anywhere, and counted. It follows the documentation of those operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.programs.tf1 import tf

GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


@dataclass(frozen=True)
class Matrices:
    """The weights of one layer in one direction, as cuDNN wants them."""

    input: Sequence[Any]
    """One [units, inputs] matrix per gate: i, f, c, o; or r, z, h. None = the input as it is."""
    state: Sequence[Any]
    biases: Sequence[Any]
    """One per matrix."""
    projection: Any = None


class Fused:
    """By fused operations."""

    def block_lstm(self, x, w, b, peepholes=None, most=None, second=False, first=None):
        """An LSTM over [time, batch, inputs]: its outputs."""
        batch, units = x.shape.as_list()[1], b.shape.as_list()[0] // 4
        c, h = first or [tf.zeros([batch, units])] * 2
        wci, wcf, wco = peepholes or [tf.zeros([units])] * 3
        run = tf.raw_ops.BlockLSTMV2 if second else tf.raw_ops.BlockLSTM
        return run(
            seq_len_max=tf.shape(x, out_type=tf.int64)[0] if most is None else most,
            x=x, cs_prev=c, h_prev=h, w=w, b=b, wci=wci, wcf=wcf, wco=wco,
            use_peephole=peepholes is not None,
        ).h  # fmt: skip

    def cudnn(self, x, layers, mode, units, *, version="V3", both_ways=False, skips=False):
        """Layers over [time, batch, inputs]: their outputs."""
        flat = [tf.reshape(m, [-1]) for one in layers for m in self._matrices(one)]
        flat += [tf.reshape(b, [-1]) for one in layers for b in one.biases]
        return self.opaque(
            x, tf.concat(flat, 0), len(layers), mode, units,
            version=version, both_ways=both_ways, skips=skips,
            projected=0 if layers[0].projection is None else layers[0].projection.shape[0],
        )  # fmt: skip

    def opaque(
        self, x, buffer, count, mode, units, *, version="V3", both_ways=False, skips=False,
        projected=0,
    ):  # fmt: skip
        """Layers whose weights lie in one buffer."""
        steps, batch, _ = x.shape.as_list()
        about = {
            "input": x,
            "input_h": tf.zeros([count, batch, int(projected) or units]),
            "input_c": tf.zeros([count, batch, units]),
            "params": buffer,
            "rnn_mode": mode,
            "direction": "bidirectional" if both_ways else "unidirectional",
            "input_mode": "skip_input" if skips else "linear_input",
        }
        if version == "V3":
            about["sequence_lengths"] = tf.fill([batch], steps or tf.shape(x)[0])
            about["num_proj"] = int(projected)
        return getattr(tf.raw_ops, f"CudnnRNN{version}")(**about).output

    def packed(self, x, w, r, b, mode, units):
        """One layer: the matrices of all gates are rows of w and r."""
        flat = tf.concat([tf.reshape(w, [-1]), tf.reshape(r, [-1]), b], 0)
        return self.opaque(x, flat, 1, mode, units)

    def joined_by_tensorflow(self, x, layers, mode, units):
        """Layers whose weights TensorFlow itself lays out."""
        buffer = tf.raw_ops.CudnnRNNCanonicalToParams(
            num_layers=len(layers), num_units=units, input_size=x.shape.as_list()[2],
            weights=[m for one in layers for m in (*one.input, *one.state)],
            biases=[b for one in layers for b in one.biases],
            rnn_mode=mode,
        )  # fmt: skip
        return self.opaque(x, buffer, len(layers), mode, units)

    def one_step(self, x, h, one: Matrices):
        """One timestep of a GRU."""
        flat = [tf.reshape(m, [-1]) for m in (*self._matrices(one), *one.biases)]
        return tf.raw_ops.CudnnRNN(
            input=tf.expand_dims(x, 0), input_h=tf.expand_dims(h, 0), input_c=0.0,
            params=tf.concat(flat, 0), rnn_mode="gru",
        ).output[0]  # fmt: skip

    @staticmethod
    def _matrices(one: Matrices):
        return [m for m in (*one.input, *one.state, one.projection) if m is not None]


class WrittenOut:
    """Timestep after timestep, in Python."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def block_lstm(self, x, w, b, peepholes=None, most=None, second=False, first=None):
        """See `Fused`."""
        del most  # it is run at full length
        units = b.shape.as_list()[0] // 4
        c, h = first or [tf.zeros([x.shape.as_list()[1], units])] * 2
        order = "ifco" if second else "icfo"
        outputs = []
        for t in range(self.steps):
            product = tf.matmul(tf.concat([x[t], h], 1), w)
            parts = dict(zip(order, tf.split(tf.nn.bias_add(product, b), 4, 1), strict=True))
            c, h = self._lstm(parts, c, peepholes, 0.0 if second else 1.0)
            outputs.append(h)
        return tf.stack(outputs)

    def cudnn(self, x, layers, mode, units, *, version="V3", both_ways=False, skips=False):
        """See `Fused`."""
        del version, skips
        steps = [x[t] for t in range(self.steps)]
        ways = 2 if both_ways else 1
        for k in range(0, len(layers), ways):
            runs = [self._run(steps, layers[k], mode, units)]
            if both_ways:
                runs.append(self._run(steps[::-1], layers[k + 1], mode, units)[::-1])
            steps = [tf.concat(run, 1) for run in zip(*runs, strict=True)]
        return tf.stack(steps)

    def opaque(self, x, buffer, count, mode, units, *, version="V3", both_ways=False):
        """See `Fused`; any place of the weights in the buffer counts alike."""
        layers, place, width = [], 0, x.shape.as_list()[2]

        def next_part(*shape):
            nonlocal place
            size = shape[0] * (shape[1] if len(shape) > 1 else 1)
            place += size
            return tf.reshape(buffer[place - size : place], shape)

        gates, ways = GATES[mode], 2 if both_ways else 1
        for k in range(count):
            wide = width if k < ways else ways * units
            layers.append(
                Matrices(
                    [next_part(units, wide) for _ in range(gates)],
                    [next_part(units, units) for _ in range(gates)],
                    [next_part(units) for _ in range(2 * gates)],
                )
            )
        return self.cudnn(x, layers, mode, units, version=version, both_ways=both_ways)

    def packed(self, x, w, r, b, mode, units):
        """See `Fused`."""
        gates = GATES[mode]
        own = Matrices(tf.split(w, gates, 0), tf.split(r, gates, 0), tf.split(b, 2 * gates, 0))
        return self.cudnn(x, [own], mode, units)

    def joined_by_tensorflow(self, x, layers, mode, units):
        """See `Fused`."""
        return self.cudnn(x, layers, mode, units)

    def one_step(self, x, h, one: Matrices):
        """See `Fused`."""
        return self._gru(x, h, one)

    def _run(self, steps, one: Matrices, mode, units):
        batch = steps[0].shape.as_list()[0]
        gates = GATES[mode]
        c = tf.zeros([batch, units])
        h = tf.zeros([batch, units if one.projection is None else int(one.projection.shape[0])])
        outputs = []
        for x in steps:
            if mode == "gru":
                h = self._gru(x, h, one)
                outputs.append(h)
                continue
            seen = [self._affine(x, m, b) for m, b in zip(one.input, one.biases, strict=False)]
            kept = [
                self._affine(h, m, b) for m, b in zip(one.state, one.biases[gates:], strict=True)
            ]
            if mode == "lstm":
                sums = [a + b for a, b in zip(seen, kept, strict=True)]
                c, h = self._lstm(dict(zip("ifco", sums, strict=True)), c, None, 0.0)
                if one.projection is not None:
                    h = tf.matmul(h, one.projection, transpose_b=True)
            else:
                act = tf.tanh if mode == "rnn_tanh" else tf.nn.relu
                h = act(seen[0] + kept[0])
            outputs.append(h)
        return outputs

    def _gru(self, x, h, one: Matrices):
        seen = [self._affine(x, m, b) for m, b in zip(one.input, one.biases, strict=False)]
        kept = [self._affine(h, m, b) for m, b in zip(one.state, one.biases[3:], strict=True)]
        r, z = (tf.sigmoid(seen[k] + kept[k]) for k in (0, 1))
        return (1 - z) * tf.tanh(seen[2] + r * kept[2]) + z * h

    @staticmethod
    def _affine(value, matrix, bias):
        product = value if matrix is None else tf.matmul(value, matrix, transpose_b=True)
        return tf.nn.bias_add(product, bias)

    @staticmethod
    def _lstm(parts, c, peepholes, forget_bias):
        wci, wcf, wco = peepholes or (None, None, None)

        def gate(value, cell, weights):
            return tf.sigmoid(value if weights is None else value + cell * weights)

        i, f = gate(parts["i"], c, wci), gate(parts["f"] + forget_bias, c, wcf)
        c = f * c + i * tf.tanh(parts["c"])
        return c, gate(parts["o"], c, wco) * tf.tanh(c)
