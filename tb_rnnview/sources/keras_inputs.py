"""What a Keras model knows of its own inputs: declared, or kept from its first call or its fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tb_rnnview.sources.example_inputs import Arguments, leaves
from tb_rnnview.sources.keras_fit_inputs import seen_by_fit
from tb_rnnview.sources.keras_object import KerasKind


@dataclass(frozen=True)
class KnownInputs:
    """How a model can be called."""

    ways: tuple[Arguments, ...]
    """Ways to call it, the likeliest first: a dtype is not always known."""
    is_declared: bool = False
    """The model itself says so; else it is what it happened to be called with."""
    names: tuple[str, ...] = ()
    """Its inputs' names, in the order of the first way's leaves."""
    seen: Any = field(default_factory=tuple)
    """What it was trained on, where that tells dimensions that the declaration leaves open."""


def known_inputs(model: Any, kind: KerasKind) -> KnownInputs | None:
    """What the model knows of its inputs; None = nothing yet."""
    declared = _declared_2(model) if kind.is_legacy else _declared_3(model)
    fitted = seen_by_fit(model)
    if fitted is not None:
        fitted = _with_structure(fitted, _without_name)
    if declared is not None:
        structure = _with_structure(declared, _spec_of)
        if takes_any(model):
            return KnownInputs((((structure,), {}),))
        names = tuple(_name(leaf) for leaf in leaves(declared))
        return KnownInputs((((structure,), {}),), True, names, () if fitted is None else fitted)
    if kind.is_legacy:
        return _called_2(model, fitted)
    return _called_3(model, fitted)


def _declared_3(model: Any) -> Any:
    """The symbolic inputs of a functional model, or those that a Sequential one was given."""
    structure = getattr(model, "_inputs_struct", None)
    if structure is not None:
        return structure
    return getattr(getattr(model, "_functional", None), "_inputs_struct", None)


def _declared_2(model: Any) -> Any:
    return getattr(model, "_nested_inputs", None)


def takes_any(model: Any) -> bool:
    """Whether a Sequential model declares only what it happened to be called with first.

    It takes other lengths, too.
    """
    if type(model).__name__ != "Sequential":
        return False
    if hasattr(model, "_has_explicit_input_shape"):  # Keras 2
        return not model._has_explicit_input_shape
    # Keras 3 puts an input layer in front, which differs in what it was made with.
    layers = getattr(model, "_layers", None) or (None,)
    made_with = getattr(getattr(layers[0], "_auto_config", None), "config", None) or {}
    is_by_keras = made_with.get("shape") is None and made_with.get("dtype") is not None
    # That of a file has a list there.
    return is_by_keras and isinstance(made_with.get("batch_shape"), tuple)


def _spec_of(symbolic: Any) -> Any:
    import tensorflow as tf

    spec = getattr(symbolic, "type_spec", None)  # Keras 2
    if spec is not None:
        return spec
    shape, dtype = tuple(symbolic.shape), tf.as_dtype(symbolic.dtype)
    if getattr(symbolic, "sparse", False):
        return tf.SparseTensorSpec(shape, dtype)
    if getattr(symbolic, "ragged", False):
        return tf.RaggedTensorSpec(shape, dtype, ragged_rank=getattr(symbolic, "ragged_rank", 1))
    return tf.TensorSpec(shape, dtype, _name(symbolic))


def _name(symbolic: Any) -> str:
    """The name of the input layer: a tensor of Keras 3 has one that nobody gave it."""
    history = getattr(symbolic, "_keras_history", None)
    return str(getattr(history[0] if history else symbolic, "name", symbolic.name))


def _without_name(spec: Any) -> Any:
    """The step that Keras traced has names of its own for what it takes."""
    import tensorflow as tf

    return tf.TensorSpec(spec.shape, spec.dtype) if isinstance(spec, tf.TensorSpec) else spec


def _with_structure(structure: Any, of: Any) -> Any:
    if isinstance(structure, Mapping):
        return {key: _with_structure(value, of) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        made = [_with_structure(item, of) for item in structure]
        return made if isinstance(structure, list) else tuple(made)
    return of(structure)


def _called_2(model: Any, fitted: Any) -> KnownInputs | None:
    """Keras 2 keeps the specification of a first call, dtypes included."""
    spec = getattr(model, "_saved_model_arg_spec", None)
    if spec is not None:
        args, kwargs = spec
        kept = {key: value for key, value in kwargs.items() if key not in ("training", "mask")}
        # Where later batches had other lengths, only its fit knows.
        if fitted is not None and not kept and _ranks(list(args)) == _ranks([fitted]):
            args = (fitted,)
        return KnownInputs(((tuple(args), kept),))
    built_for = getattr(model, "_build_input_shape", None)
    if built_for is None:
        return None
    shapes = {"inputs_shape": _plain_shapes(built_for)}
    return KnownInputs(tuple(_call(shapes, dtype) for dtype in _dtypes(model)))


def _plain_shapes(structure: Any) -> Any:
    """The shapes as tuples: Keras 2 also has TensorFlow's own."""
    as_list = getattr(structure, "as_list", None)
    if as_list is not None:
        return tuple(as_list())
    if _is_shape(structure):
        return tuple(structure)
    return _with_structure(structure, _plain_shapes)


def _called_3(model: Any, fitted: Any) -> KnownInputs | None:
    """Keras 3 keeps the shapes that it was built for; its fit knows the dtypes, too."""
    built_for = getattr(model, "_build_shapes_dict", None)
    shapes = {k: v for k, v in (built_for or {}).items() if v is not None}
    if not shapes:
        return None
    ways = tuple(_call(shapes, dtype) for dtype in _dtypes(model))
    args, kwargs = ways[0]
    if fitted is not None and not kwargs and _ranks(args) == _ranks([fitted]):
        return KnownInputs((((fitted,), {}),))
    return KnownInputs(ways)


def _dtypes(model: Any) -> tuple[str, ...]:
    """Keras casts numbers to what a layer takes, so that its own dtype nearly always works."""
    own = str(getattr(model, "input_dtype", None) or "float32")
    return tuple(dict.fromkeys((own, "int32", "int64", "string")))


def _call(shapes: Mapping[str, Any], dtype: str) -> Arguments:
    """The arguments that the shapes were recorded for: ``x_shape`` is that of ``x``."""
    import tensorflow as tf

    def spec(shape: Any) -> Any:
        return tf.TensorSpec(shape, dtype)

    made = {name: _map_shapes(shape, spec) for name, shape in shapes.items()}
    if len(made) == 1:
        return (next(iter(made.values())),), {}
    return (), {name.removesuffix("_shape"): value for name, value in made.items()}


def _is_shape(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(d is None or isinstance(d, int) for d in value)


def _map_shapes(structure: Any, of: Any) -> Any:
    if _is_shape(structure):
        return of(tuple(structure))
    if isinstance(structure, Mapping):
        return {key: _map_shapes(value, of) for key, value in structure.items()}
    made = [_map_shapes(item, of) for item in structure]
    return made if isinstance(structure, list) else tuple(made)


def _ranks(structure: Any) -> list[int | None]:
    """The number of dimensions of each tensor: enough to tell whether two are the same inputs."""
    shapes = (getattr(leaf, "shape", None) for leaf in leaves(structure))
    return [None if shape is None else shape.rank for shape in shapes]
