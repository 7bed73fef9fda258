"""What Keras' own layer classes put out, dimension by dimension. Of others nothing is claimed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tb_rnnview.sources.dimensions import Dimension, Dims, Positions, turned
from tb_rnnview.sources.keras_classes import (
    CONVOLUTIONS,
    CONVOLVED,
    SAME,
    Config,
    cell_of,
    has_channels_first,
    is_cell,
    kernel_size,
    units_of,
)
from tb_rnnview.sources.keras_json import size_of, sizes_of, text_of
from tb_rnnview.sources.keras_reshape import regrouped

Taken = Sequence[Dims | None]

_GLOBAL_POOLING = ("GlobalAveragePooling", "GlobalMaxPooling", "GlobalAvgPool", "GlobalMaxPool")
_POOLING = ("AveragePooling", "MaxPooling", "AvgPool", "MaxPool")
_MERGES = ("Add", "Average", "Divide", "Maximum", "Minimum", "Multiply", "Subtract")
# Operations on tensors that Keras writes down as layers: TensorFlow's words, Keras 3's classes.
_ELEMENTWISE = frozenset(
    """
    abs absolute add cast clip divide elu exp gelu identity leaky_relu log maximum minimum mul
    multiply negative pow relu relu6 rsqrt selu sigmoid silu sqrt square stop_gradient sub subtract
    tanh truediv
    """.split()
)
_NORMS = ("BatchNormalization", "GroupNormalization", "LayerNormalization", "PReLU")


def outputs_of(
    class_name: str,
    config: Config,
    taken: Taken,
    positions: Positions,
    name: str,
    *,
    is_operation: bool = False,
) -> Dims | None:
    """The dimensions of what a layer puts out first; None = not followed.

    Args:
        class_name: the layer's class, without a package.
        config: the layer's own configuration.
        taken: what it takes.
        positions: those of the model; new ones are added.
        name: what the layer is called, for reasons.
        is_operation: it is an operation on tensors that Keras wrote down as a layer.
    """
    dims = taken[0] if taken else None
    if class_name in _MERGES:
        return _merged(taken, positions)
    if is_operation and _operation(class_name, config) in _ELEMENTWISE:
        return _merged(taken, positions)
    if class_name == "Concatenate":
        return _concatenated(taken, size_of(config.get("axis", -1)), positions)
    if class_name == "Merge":  # Keras 1
        if config.get("mode") == "concat":
            return _concatenated(taken, size_of(config.get("concat_axis", -1)), positions)
        return _merged(taken, positions) if config.get("mode") in ("sum", "mul", "ave") else None
    if class_name in ("Attention", "AdditiveAttention") and "use_scale" in config:
        return _attended(taken)
    if not dims:
        return None
    if class_name in SAME or class_name in _NORMS:
        return dims
    features = positions.new(units_of(config), f"{name!r} declares no size")
    if class_name in ("Dense", "TimeDistributedDense") or is_cell(class_name):
        return (*dims[:-1], features)
    if class_name == "Embedding":
        return (*dims, features)
    if cell_of(class_name) and class_name not in CONVOLVED and len(dims) == 3:
        return recurrent_output(config, dims, features)
    if class_name in CONVOLVED:
        return _convolved(config, dims, CONVOLVED[class_name], features, positions, name)
    rank = CONVOLUTIONS.get(class_name)
    if rank is not None:
        if class_name.startswith("Depthwise"):
            channel = dims[-1].size if not has_channels_first(config) else dims[1].size
            each = size_of(config.get("depth_multiplier", 1))
            features = positions.new(None if channel is None or each is None else channel * each)
        length = _transposed if class_name.endswith("Transpose") else _convolution
        return _windows(config, dims, rank, length, positions, name, features)
    if class_name.startswith(_GLOBAL_POOLING):
        if config.get("keepdims"):
            return None
        return (dims[0], dims[1] if has_channels_first(config) else dims[-1])
    return _moved(class_name, config, dims, positions, name)


def _operation(class_name: str, config: Config) -> str:
    """What an operation on tensors does that is written down as a layer."""
    if class_name == "TFOpLambda":
        return text_of(config.get("function")).rpartition(".")[2]
    return class_name.lower()


def recurrent_output(config: Config, dims: Dims, features: Dimension) -> Dims:
    """What a recurrence gives for a sequence: a sequence, or what its last timestep gives."""
    major = bool(config.get("time_major"))
    batch, time = (dims[1], dims[0]) if major else (dims[0], dims[1])
    if not config.get("return_sequences"):
        return (batch, features)
    time = turned(time) if config.get("go_backwards") else time
    return (time, batch, features) if major else (batch, time, features)


def _moved(
    class_name: str, config: Config, dims: Dims, positions: Positions, name: str
) -> Dims | None:
    """What layers give that compute nothing."""
    if class_name == "Flatten":
        return (dims[0], *regrouped(dims[1:], [-1], positions))
    if class_name == "Reshape":
        target = sizes_of(config.get("target_shape"))
        return None if target is None else (dims[0], *regrouped(dims[1:], target, positions))
    if class_name == "RepeatVector" and len(dims) == 2:
        return (dims[0], positions.new(size_of(config.get("n")), f"{name!r} gives none"), dims[1])
    if class_name == "Permute":
        order = sizes_of(config.get("dims"))
        if order is not None and sorted(d or 0 for d in order) == list(range(1, len(dims))):
            return (dims[0], *(dims[d or 0] for d in order))
        return None
    rank = {"1D": 1, "2D": 2, "3D": 3}.get(class_name[-2:], 0)
    if len(dims) != rank + 2:
        return None
    if class_name.startswith(_POOLING):
        return _windows(config, dims, rank, _pooled, positions, name)
    for start, length in (
        ("UpSampling", _repeated), ("ZeroPadding", _padded), ("Cropping", _cropped),
    ):  # fmt: skip
        if class_name.startswith(start):
            return _windows(config, dims, rank, length, positions, name)
    return None


_Length = Callable[[Config, int, int, "int | None"], "int | None"]
"""The size of a dimension: by the configuration, the number of spatial dimensions, which of them it
is, and its size before."""


def _windows(
    config: Config,
    dims: Dims,
    rank: int,
    length: _Length,
    positions: Positions,
    name: str,
    features: Dimension | None = None,
    before: int = 1,
) -> Dims | None:
    """What a layer gives that goes over spatial dimensions with windows.

    Args:
        config: of the layer.
        dims: what it takes.
        rank: how many spatial dimensions there are.
        length: what size each becomes.
        positions: those of the model.
        name: of the layer.
        features: what its channels become; None = they stay.
        before: how many dimensions come before the image.
    """
    if len(dims) != before + rank + 1:
        return None
    channel = before if has_channels_first(config) else before + rank
    first = before + (channel == before)
    out = list(dims)
    for i in range(rank):
        old = dims[first + i]
        size = length(config, rank, i, old.size)
        if size is None or size != old.size:
            kept = size is None and old.size is None and _keeps(config, rank, i, length)
            if not kept:
                why = f"the size of what {name!r} takes is not known"
                out[first + i] = positions.new(size, why, made_of=old.places)
    if features is not None:
        out[channel] = features
    return tuple(out)


def _keeps(config: Config, rank: int, i: int, length: _Length) -> bool:
    """Whether a size stays the same, whatever it is."""
    return all(length(config, rank, i, n) == n for n in (60, 61))


def _convolution(config: Config, rank: int, i: int, size: int | None) -> int | None:
    kernel = kernel_size(config, rank)[i]
    stride = _each(config, ("strides", "subsample", "subsample_length"), rank, i, 1)
    spread = _each(config, ("dilation_rate", "atrous_rate"), rank, i, 1)
    mode = config.get("padding", config.get("border_mode", "valid"))
    return _windowed(size, kernel, stride, spread, str(mode))


def _pooled(config: Config, rank: int, i: int, size: int | None) -> int | None:
    pool = _each(config, ("pool_size", "pool_length"), rank, i, 2)
    stride = _each(config, ("strides", "stride"), rank, i, pool)
    mode = config.get("padding", config.get("border_mode", "valid"))
    return _windowed(size, pool, stride, 1, str(mode))


def _windowed(
    size: int | None, window: int | None, stride: int | None, spread: int | None, mode: str
) -> int | None:
    if size is None or not window or not stride or not spread:
        return None
    if mode in ("same", "causal"):
        return -(-size // stride)
    left = size - spread * (window - 1) - 1
    return left // stride + 1 if mode == "valid" and left >= 0 else None


def _transposed(config: Config, rank: int, i: int, size: int | None) -> int | None:
    kernel = kernel_size(config, rank)[i]
    stride = _each(config, ("strides",), rank, i, 1)
    if size is None or kernel is None or not stride or config.get("output_padding") is not None:
        return None
    return size * stride + (max(kernel - stride, 0) if config.get("padding") != "same" else 0)


def _repeated(config: Config, rank: int, i: int, size: int | None) -> int | None:
    times = _each(config, ("size", "length"), rank, i, 2)
    return None if size is None or times is None else size * times


def _padded(config: Config, rank: int, i: int, size: int | None) -> int | None:
    added = _both_ends(config.get("padding", 1), rank, i)
    return None if size is None or added is None else size + added


def _cropped(config: Config, rank: int, i: int, size: int | None) -> int | None:
    cut = _both_ends(config.get("cropping", 1), rank, i)
    return None if size is None or cut is None or cut > size else size - cut


def _both_ends(value: object, rank: int, i: int) -> int | None:
    if isinstance(value, list) and len(value) == rank and isinstance(value[i], list):
        value = value[i]
    elif isinstance(value, list) and rank > 1:
        value = value[i] if len(value) == rank else None
    if isinstance(value, list):
        ends = sizes_of(value) or []
        return sum(e or 0 for e in ends) if len(ends) == 2 and None not in ends else None
    each = size_of(value)
    return None if each is None else 2 * each


def _each(
    config: Config, keys: Sequence[str], rank: int, i: int, default: int | None
) -> int | None:
    value = next((config[k] for k in keys if config.get(k) is not None), default)
    if isinstance(value, list):
        return size_of(value[i]) if len(value) == rank else None
    return size_of(value)


def _convolved(
    config: Config,
    dims: Dims,
    rank: int,
    features: Dimension,
    positions: Positions,
    name: str,
) -> Dims | None:
    image = _windows(config, dims, rank, _convolution, positions, name, features, before=2)
    if image is None or not config.get("return_sequences"):
        return image and (image[0], *image[2:])
    time = turned(dims[1]) if config.get("go_backwards") else dims[1]
    return (dims[0], time, *image[2:])


def _merged(taken: Taken, positions: Positions) -> Dims | None:
    known = [dims for dims in taken if dims is not None]
    if not known or len(known) < len(taken) or len({len(dims) for dims in known}) > 1:
        return None
    return tuple(positions.joined(list(column)) for column in zip(*known, strict=True))


def _concatenated(taken: Taken, axis: int | None, positions: Positions) -> Dims | None:
    known = [dims for dims in taken if dims is not None]
    if not known or len(known) < len(taken) or len({len(dims) for dims in known}) > 1:
        return None
    if axis is None or not -len(known[0]) <= axis < len(known[0]):
        return None
    at = axis % len(known[0])
    out = [positions.joined(list(column)) if i != at else None
           for i, column in enumerate(zip(*known, strict=True))]  # fmt: skip
    sizes = [dims[at].size for dims in known]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    parts = [place for dims in known for place in dims[at].places]
    made = positions.new(total, "one of its parts is not fixed", made_of=parts)
    return tuple(made if d is None else d for d in out)


def _attended(taken: Taken) -> Dims | None:
    """For each position of the query, something made of the values."""
    if len(taken) < 2 or taken[0] is None or taken[1] is None or not taken[0] or not taken[1]:
        return None
    return (*taken[0][:-1], taken[1][-1])
