"""What is known of Keras' own layer classes: the variables that they make, what they put out.

Configurations of Keras 1, 2 and 3 are understood; their words differ (``output_dim`` became
``units``), and so do some variables. Of a class that is not listed nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tb_rnnview.timeline import Shape

Config = Mapping[str, Any]


class Made(NamedTuple):
    """A variable that a class makes."""

    name: str
    shape: Shape
    role: str
    trainable: bool = True


_GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}
_RECURRENT = {
    word + ending: word for word in _GATES for ending in ("", "V1", "V2", "Cell", "CellV2")
} | {"CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU"}
_CONVOLVED = {f"ConvLSTM{n}D": n for n in (1, 2, 3)}
_CONVOLUTIONS = {"Conv1D": 1, "Conv2D": 2, "Conv3D": 3}
_CONVOLUTIONS |= {f"Convolution{n}D": n for n in (1, 2)}

# Layers without variables that keep the shape of what they take.
_SAME = frozenset(
    """
    Activation ActivityRegularization AlphaDropout Dropout ELU GaussianDropout GaussianNoise
    Identity LeakyReLU Masking Add Average Maximum Minimum Multiply ReLU Rescaling Softmax
    SpatialDropout1D SpatialDropout2D SpatialDropout3D Subtract ThresholdedReLU UnitNormalization
    """.split()
)
# Layers without variables whose output shape is not followed.
_BARE = frozenset(
    """
    AveragePooling1D AveragePooling2D AveragePooling3D AvgPool1D AvgPool2D AvgPool3D Cropping1D
    Cropping2D Cropping3D Dot InputLayer Lambda MaxPool1D MaxPool2D MaxPool3D MaxPooling1D
    MaxPooling2D MaxPooling3D Merge Permute UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D
    ZeroPadding2D ZeroPadding3D TFOpLambda SlicingOpLambda TensorFlowOpLayer ClassMethod
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D
    GlobalAvgPool1D GlobalMaxPool1D Flatten Reshape RepeatVector Concatenate
    """.split()
)
_GLOBAL_POOLING = ("GlobalAveragePooling", "GlobalMaxPooling", "GlobalAvgPool", "GlobalMaxPool")


def cell_of(class_name: str) -> str:
    """The kind of cell of a recurrent class; "" = it is none of the known ones."""
    return _RECURRENT.get(class_name, "")


def is_recurrent(class_name: str) -> bool:
    """Whether a layer of this class is known to be a recurrence of its own."""
    return class_name in _RECURRENT or class_name in _CONVOLVED


def units_of(config: Config) -> int | None:
    """The size of what a layer puts out, as its configuration says."""
    for key in ("units", "filters", "output_dim", "nb_filter"):
        if _size(config.get(key)) is not None:
            return _size(config.get(key))
    return None


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
    if is_operation or class_name in _SAME or class_name in _BARE:
        return ()
    features = shape[-1] if shape else None
    units = units_of(config)
    trainable = config.get("trainable") is not False
    if class_name in _RECURRENT:
        made = _recurrent(class_name, config, features, units)
    elif class_name in _CONVOLVED:
        made = _convolved(config, shape, units, _CONVOLVED[class_name])
    elif class_name in ("Dense", "TimeDistributedDense"):
        made = [Made("kernel", (features, units), "kernel"), *_bias(config, (units,))]
    elif class_name == "Embedding":
        made = [Made("embeddings", (_size(config.get("input_dim")), units), "embedding")]
    elif class_name in _CONVOLUTIONS:
        made = _convolution(config, shape, units, _CONVOLUTIONS[class_name])
    elif class_name in ("BatchNormalization", "LayerNormalization"):
        made = _normalization(class_name, config, shape)
    elif class_name == "Attention" and config.get("use_scale") is False:
        made = []
    else:
        return None
    return tuple(m._replace(trainable=m.trainable and trainable) for m in made)


def output_of(class_name: str, config: Config, shapes: Sequence[Shape]) -> Shape:
    """The shape of what a layer puts out first; None = not followed."""
    shape = shapes[0] if shapes else None
    if class_name in _SAME:
        return shape if len(set(shapes)) == 1 else None  # merged ones may broadcast
    if class_name in ("BatchNormalization", "LayerNormalization"):
        return shape
    if shape is None or not shape:
        return None
    units = units_of(config)
    if class_name in _RECURRENT and len(shape) == 3:
        return (*shape[:2], units) if config.get("return_sequences") else (shape[0], units)
    if class_name in _CONVOLVED and len(shape) == _CONVOLVED[class_name] + 3:
        image = (*(None for _ in shape[3:]), units)
        if config.get("data_format") == "channels_first":
            image = (units, *image[:-1])
        return (*shape[:2], *image) if config.get("return_sequences") else (shape[0], *image)
    if class_name in ("Dense", "TimeDistributedDense"):
        return (*shape[:-1], units)
    if class_name == "Embedding":
        return (*shape, units)
    if class_name == "Flatten":
        return (shape[0], _product(shape[1:]))
    if class_name == "Reshape" and isinstance(config.get("target_shape"), list):
        target = [_size(d) for d in config["target_shape"]]
        return (shape[0], *(None if d == -1 else d for d in target))
    if class_name == "RepeatVector" and len(shape) == 2:
        return (shape[0], _size(config.get("n")), shape[1])
    if class_name == "Permute" and isinstance(config.get("dims"), list):
        dims = [_size(d) for d in config["dims"]]
        if sorted(d or 0 for d in dims) == list(range(1, len(shape))):
            return (shape[0], *(shape[d or 0] for d in dims))
    if class_name.startswith(_GLOBAL_POOLING) and not config.get("keepdims"):
        return (shape[0], shape[-1]) if config.get("data_format") != "channels_first" else None
    if class_name == "Concatenate":
        return _joined(shapes, _size(config.get("axis", -1)))
    return None


def _joined(shapes: Sequence[Shape], axis: int | None) -> Shape:
    first = shapes[0]
    if axis is None or first is None or not -len(first) <= axis < len(first):
        return None
    parts = [s for s in shapes if s is not None and len(s) == len(first)]
    if len(parts) < len(shapes):
        return None
    at = axis % len(first)
    sizes = [p[at] for p in parts]
    total = None if None in sizes else sum(d for d in sizes if d is not None)
    return (*first[:at], total, *first[at + 1 :])


def _recurrent(
    class_name: str, config: Config, features: int | None, units: int | None
) -> list[Made]:
    gates = _GATES[_RECURRENT[class_name]]
    wide = _times(units, gates)
    if "output_dim" in config and config.get("consume_less") != "gpu" and gates > 1:
        return _keras_1(_RECURRENT[class_name], features, units)
    made = [
        Made("kernel", (features, wide), "kernel"),
        Made("recurrent_kernel", (units, wide), "recurrent_kernel"),
    ]
    bias: Shape = (wide,)
    if class_name.startswith("CuDNN"):
        return [*made, Made("bias", (_times(wide, 2),), "bias")]
    if _RECURRENT[class_name] == "GRU" and config.get("reset_after"):
        bias = (2, wide)
    return [*made, *_bias(config, bias)]


def _keras_1(cell: str, features: int | None, units: int | None) -> list[Made]:
    """Keras 1 keeps the gates apart, unless it was told to save work on a GPU."""
    gates = ("i", "c", "f", "o") if cell == "LSTM" else ("z", "r", "h")
    return [
        made
        for gate in gates
        for made in (
            Made(f"W_{gate}", (features, units), "kernel"),
            Made(f"U_{gate}", (units, units), "recurrent_kernel"),
            Made(f"b_{gate}", (units,), "bias"),
        )
    ]


def _convolved(config: Config, shape: Shape, filters: int | None, rank: int) -> list[Made]:
    kernel = _kernel_size(config, rank)
    channels = _channels(config, shape)
    wide = _times(filters, 4)
    return [
        Made("kernel", (*kernel, channels, wide), "kernel"),
        Made("recurrent_kernel", (*kernel, filters, wide), "recurrent_kernel"),
        *_bias(config, (wide,)),
    ]


def _convolution(config: Config, shape: Shape, filters: int | None, rank: int) -> list[Made]:
    channels, groups = _channels(config, shape), _size(config.get("groups", 1)) or 1
    taken = channels // groups if channels is not None else None
    kernel = (*_kernel_size(config, rank), taken, filters)
    return [Made("kernel", kernel, "kernel"), *_bias(config, (filters,))]


def _normalization(class_name: str, config: Config, shape: Shape) -> list[Made]:
    axis = config.get("axis", -1)
    if isinstance(axis, list) and len(axis) == 1:
        axis = axis[0]
    at = _size(axis)
    known = shape is not None and at is not None and -len(shape) <= at < len(shape)
    size: Shape = (shape[at],) if known and shape is not None and at is not None else None
    made = []
    if config.get("scale") is not False:
        made.append(Made("gamma", size, "norm"))
    if config.get("center") is not False:
        made.append(Made("beta", size, "norm"))
    if class_name == "BatchNormalization":
        made.append(Made("moving_mean", size, "norm", trainable=False))
        made.append(Made("moving_variance", size, "norm", trainable=False))
    return made


def _bias(config: Config, shape: Shape) -> list[Made]:
    has_bias = config.get("use_bias", config.get("bias", True))
    return [Made("bias", shape, "bias")] if has_bias is not False else []


def _kernel_size(config: Config, rank: int) -> tuple[int | None, ...]:
    size = config.get("kernel_size", config.get("filter_length"))
    if isinstance(size, list) and len(size) == rank:
        return tuple(_size(d) for d in size)
    if rank == 2 and "nb_row" in config:
        return (_size(config.get("nb_row")), _size(config.get("nb_col")))
    return (_size(size),) * rank


def _channels(config: Config, shape: Shape) -> int | None:
    if not shape:
        return None
    first = config.get("data_format") == "channels_first" or config.get("dim_ordering") == "th"
    at = -3 if first and len(shape) > 3 else -1
    return shape[at] if -len(shape) <= at else None


def _times(size: int | None, by: int) -> int | None:
    return None if size is None else size * by


def _product(sizes: Sequence[int | None]) -> int | None:
    total = 1
    for size in sizes:
        if size is None:
            return None
        total *= size
    return total


def _size(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
