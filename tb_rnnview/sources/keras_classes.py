"""What is known of Keras' own layer classes: the variables that they make.

Configurations of Keras 1, 2 and 3 are understood; their words differ (``output_dim`` became
``units``), and so do some variables. Of a class that is not listed nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tb_rnnview.sources.keras_json import size_of, sizes_of
from tb_rnnview.timeline import Shape

Config = Mapping[str, Any]


class Made(NamedTuple):
    """A variable that a class makes."""

    name: str
    shape: Shape
    role: str
    trainable: bool = True
    gates: tuple[str, ...] = ()
    """The gates whose columns it holds."""


# In the order in which Keras packs them.
_GATES = {"SimpleRNN": (), "GRU": ("z", "r", "h"), "LSTM": ("i", "f", "c", "o")}
_RECURRENT = {
    word + ending: word for word in _GATES for ending in ("", "V1", "V2", "Cell", "CellV2")
} | {"CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU"}
CONVOLVED = {f"ConvLSTM{n}D": n for n in (1, 2, 3)}
"""Recurrences that convolve, with the number of dimensions of their images."""
CONVOLUTIONS = {
    f"{word}{n}D{end}": n
    for n in (1, 2, 3)
    for word in ("Conv", "Convolution", "SeparableConv", "DepthwiseConv")
    for end in ("", "Transpose")
}
"""Layers that convolve, with the number of dimensions of their images."""

SAME = frozenset(
    """
    Activation ActivityRegularization AlphaDropout Dropout ELU GaussianDropout GaussianNoise
    Identity LeakyReLU Masking ReLU Rescaling Softmax SpatialDropout1D SpatialDropout2D
    SpatialDropout3D ThresholdedReLU UnitNormalization
    """.split()
)
"""Layers without variables that keep the shape of what they take."""
# Other layers without variables.
_BARE = frozenset(
    """
    AveragePooling1D AveragePooling2D AveragePooling3D AvgPool1D AvgPool2D AvgPool3D Cropping1D
    Cropping2D Cropping3D Dot InputLayer Lambda MaxPool1D MaxPool2D MaxPool3D MaxPooling1D
    MaxPooling2D MaxPooling3D Merge Permute UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D
    ZeroPadding2D ZeroPadding3D Add Average Maximum Minimum Multiply Subtract TFOpLambda
    SlicingOpLambda TensorFlowOpLayer ClassMethod GlobalAveragePooling1D GlobalAveragePooling2D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalAvgPool1D GlobalMaxPool1D Flatten Reshape
    RepeatVector Concatenate
    """.split()
)


def cell_of(class_name: str) -> str:
    """The kind of cell of a recurrent class; "" = it is none of the known ones."""
    return "LSTM" if class_name in CONVOLVED else _RECURRENT.get(class_name, "")


def states_of(class_name: str) -> tuple[str, ...]:
    """What a recurrence of a known class carries, in Keras' order; () = not known."""
    cell = cell_of(class_name)
    return ("h", "c") if cell == "LSTM" else ("h",) if cell else ()


def is_recurrent(class_name: str) -> bool:
    """Whether a layer of this class is known to be a recurrence of its own."""
    return (class_name in _RECURRENT and not is_cell(class_name)) or class_name in CONVOLVED


def is_cell(class_name: str) -> bool:
    """Whether this class is one timestep of a known recurrence."""
    return class_name in _RECURRENT and class_name.endswith(("Cell", "CellV2"))


def units_of(config: Config) -> int | None:
    """The size of what a layer puts out, as its configuration says."""
    keys = ("units", "filters", "output_dim", "nb_filter")
    return next((n for key in keys if (n := _count(config.get(key))) is not None), None)


def variables_of(
    class_name: str, config: Config, shape: Shape, *, is_operation: bool = False
) -> tuple[Made, ...] | None:
    """The variables of a layer, in the order in which Keras makes them; None = not known.

    Args:
        class_name: the layer's class, without a package.
        config: the layer's own configuration.
        shape: of what it takes, the batch first.
        is_operation: it is an operation on tensors that Keras wrote down as a layer.
    """
    if is_operation or class_name in SAME or class_name in _BARE:
        return ()
    features = shape[-1] if shape else None
    units = units_of(config)
    trainable = config.get("trainable") is not False
    if class_name in _RECURRENT:
        made = _recurrent(class_name, config, features, units)
    elif class_name in CONVOLVED:
        made = _convolved(config, shape, units, CONVOLVED[class_name])
    elif class_name in ("Dense", "TimeDistributedDense"):
        made = [Made("kernel", (features, units), "kernel"), *_bias(config, (units,))]
    elif class_name == "Embedding":
        made = [Made("embeddings", (_count(config.get("input_dim")), units), "embedding")]
    elif class_name in CONVOLUTIONS:
        made = _convolution(class_name, config, shape, units, CONVOLUTIONS[class_name])
    elif class_name in ("BatchNormalization", "LayerNormalization", "GroupNormalization"):
        made = _normalization(class_name, config, shape)
    elif class_name == "PReLU":
        made = [Made("alpha", _slopes(config, shape), "other")]
    elif class_name in ("Attention", "AdditiveAttention") and "use_scale" in config:
        made = _attention(class_name, config, features)
    else:
        return None
    return tuple(m._replace(trainable=m.trainable and trainable) for m in made)


def projections_of(config: Config, shapes: Sequence[Shape]) -> dict[str, tuple[Made, ...]]:
    """The variables of the four products in a MultiHeadAttention, by their names.

    Args:
        config: the layer's own configuration.
        shapes: of the query, the value and the key; the key may be left out.
    """
    sizes = [shape[-1] if shape else None for shape in shapes]
    query, value = (*sizes, None, None)[:2]
    key = sizes[2] if len(sizes) > 2 else value
    heads, width = _count(config.get("num_heads")), _count(config.get("key_dim"))
    deep = _count(config.get("value_dim")) or width
    out = sizes_of(config.get("output_shape")) or [query]

    def made(shape: Shape, bias: Shape) -> tuple[Made, ...]:
        return (Made("kernel", shape, "kernel"), *_bias(config, bias))

    return {
        "query": made((query, heads, width), (heads, width)),
        "key": made((key, heads, width), (heads, width)),
        "value": made((value, heads, deep), (heads, deep)),
        "attention_output": made((heads, deep, *out), tuple(out)),
    }


def _recurrent(
    class_name: str, config: Config, features: int | None, units: int | None
) -> list[Made]:
    gates = _GATES[_RECURRENT[class_name]]
    wide = _times(units, len(gates) or 1)
    if "output_dim" in config and config.get("consume_less") != "gpu" and gates:
        return _keras_1(_RECURRENT[class_name], features, units)
    made = [
        Made("kernel", (features, wide), "kernel", gates=gates),
        Made("recurrent_kernel", (units, wide), "recurrent_kernel", gates=gates),
    ]
    if class_name.startswith("CuDNN"):
        return [*made, Made("bias", (_times(wide, 2),), "bias")]
    if _RECURRENT[class_name] == "GRU" and config.get("reset_after"):
        return [*made, *_bias(config, (2, wide), gates)]
    return [*made, *_bias(config, (wide,), gates)]


def _keras_1(cell: str, features: int | None, units: int | None) -> list[Made]:
    """Keras 1 keeps the gates apart, unless it was told to save work on a GPU."""
    gates = ("i", "c", "f", "o") if cell == "LSTM" else ("z", "r", "h")
    return [
        made._replace(gates=(gate,))
        for gate in gates
        for made in (
            Made(f"W_{gate}", (features, units), "kernel"),
            Made(f"U_{gate}", (units, units), "recurrent_kernel"),
            Made(f"b_{gate}", (units,), "bias"),
        )
    ]


def _convolved(config: Config, shape: Shape, filters: int | None, rank: int) -> list[Made]:
    kernel = kernel_size(config, rank)
    gates, wide = _GATES["LSTM"], _times(filters, 4)
    channels = _channels(config, shape, rank)
    return [
        Made("kernel", (*kernel, channels, wide), "kernel", gates=gates),
        Made("recurrent_kernel", (*kernel, filters, wide), "recurrent_kernel", gates=gates),
        *_bias(config, (wide,), gates),
    ]


def _convolution(
    class_name: str, config: Config, shape: Shape, filters: int | None, rank: int
) -> list[Made]:
    kernel, channels = kernel_size(config, rank), _channels(config, shape, rank)
    each = _count(config.get("depth_multiplier", 1))
    made = None if channels is None or each is None else channels * each
    if class_name.startswith("Depthwise"):
        depthwise = Made("kernel", (*kernel, channels, each), "kernel")
        return [depthwise, *_bias(config, (made,))]
    if class_name.startswith("Separable"):
        return [
            Made("depthwise_kernel", (*kernel, channels, each), "kernel"),
            Made("pointwise_kernel", (*(1,) * rank, made, filters), "kernel"),
            *_bias(config, (filters,)),
        ]
    if class_name.endswith("Transpose"):
        return [Made("kernel", (*kernel, filters, channels), "kernel"), *_bias(config, (filters,))]
    groups = _count(config.get("groups", 1)) or 1
    taken = channels // groups if channels is not None else None
    return [Made("kernel", (*kernel, taken, filters), "kernel"), *_bias(config, (filters,))]


def _normalization(class_name: str, config: Config, shape: Shape) -> list[Made]:
    axes = sizes_of(config.get("axis")) or [size_of(config.get("axis", -1))]
    size: Shape = None
    if shape is not None and all(at is not None and -len(shape) <= at < len(shape) for at in axes):
        size = tuple(shape[at or 0] for at in axes)
    made = []
    if config.get("scale") is not False:
        made.append(Made("gamma", size, "norm"))
    if config.get("center") is not False:
        made.append(Made("beta", size, "norm"))
    if class_name == "BatchNormalization":
        made.append(Made("moving_mean", size, "norm", trainable=False))
        made.append(Made("moving_variance", size, "norm", trainable=False))
    return made


def _slopes(config: Config, shape: Shape) -> Shape:
    """Of a PReLU: one for each element, but for dimensions that share them."""
    shared = sizes_of(config.get("shared_axes")) or []
    return shape and tuple(1 if i in shared else size for i, size in enumerate(shape) if i)


def _attention(class_name: str, config: Config, features: int | None) -> list[Made]:
    made = []
    is_additive = class_name == "AdditiveAttention"
    if config.get("use_scale") is not False:
        made.append(Made("scale", (features,) if is_additive else (), "other"))
    if config.get("score_mode") == "concat":
        made.append(Made("concat_score_weight", (), "other"))
    return made


def _bias(config: Config, shape: Shape, gates: tuple[str, ...] = ()) -> list[Made]:
    has_bias = config.get("use_bias", config.get("bias", True))
    return [Made("bias", shape, "bias", gates=gates)] if has_bias is not False else []


def kernel_size(config: Config, rank: int) -> tuple[int | None, ...]:
    """The size of a layer's windows."""
    size = config.get("kernel_size", config.get("filter_length"))
    if isinstance(size, list) and len(size) == rank:
        return tuple(_count(d) for d in size)
    if rank == 2 and "nb_row" in config:
        return (_count(config.get("nb_row")), _count(config.get("nb_col")))
    return (_count(size),) * rank


def has_channels_first(config: Config) -> bool:
    """Whether an image has its channels before its rows."""
    return config.get("data_format") == "channels_first" or config.get("dim_ordering") == "th"


def _channels(config: Config, shape: Shape, rank: int) -> int | None:
    if not shape:
        return None
    at = -1 - rank if has_channels_first(config) else -1
    return shape[at] if -len(shape) <= at else None


def _times(size: int | None, by: int) -> int | None:
    return None if size is None else size * by


def _count(value: Any) -> int | None:
    size = size_of(value)
    return size if size is None or size >= 0 else None
