"""How findings call layers and timesteps, and the lines of code that they advise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tb_rnnview.timeline import Axis, Encoding, Layer, Timeline

_NAMED_AT_MOST = 4
_OF_TENSORFLOW_1 = {"SimpleRNN": "BasicRNNCell", "LSTM": "LSTMCell", "GRU": "GRUCell"}


def layer_name(timeline: Timeline, layer: Layer) -> str:
    """What to call a layer in a sentence: its name, else a variable of it."""
    if layer.name:
        return layer.name
    variable = next(iter(timeline.variables_of(layer.id)), None)
    return f"the layer of {variable.name}" if variable is not None else layer.id


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: "a, b and c"; of many, the first ones."""
    shown = list(names)
    if len(shown) > _NAMED_AT_MOST:
        return f"{', '.join(shown[:_NAMED_AT_MOST])} and {len(shown) - _NAMED_AT_MOST:,} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def layer_names(timeline: Timeline, layers: Sequence[Layer]) -> str:
    """The names of layers, in a sentence."""
    return listed(layer_name(timeline, layer) for layer in layers)


def is_keras(timeline: Timeline) -> bool:
    """Whether a Keras made the network."""
    return timeline.source.framework in ("keras", "tf_keras")


def runs_in_dynamic_rnn(timeline: Timeline, axis: Axis) -> bool:
    """Whether it is a program of TensorFlow 1, where cells are run by ``dynamic_rnn``."""
    return not is_keras(timeline) and axis.encoding is Encoding.WHILE_FRAME


def new_cell(timeline: Timeline, layer: Layer) -> str:
    """The expression that makes a cell like the one of a layer."""
    units = "" if layer.units is None else str(layer.units)
    if is_keras(timeline):
        return f"keras.layers.{layer.cell or 'RNN'}Cell({units})"
    return f"tf.nn.rnn_cell.{_OF_TENSORFLOW_1.get(layer.cell, 'RNNCell')}({units})"


def layer_of_keras(layer: Layer) -> str:
    """The line of code that makes a layer's outputs of its inputs."""
    units = "" if layer.units is None else str(layer.units)
    return f"x = keras.layers.{layer.cell or 'RNN'}({units})(x)"
