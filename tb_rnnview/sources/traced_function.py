"""Functions that TensorFlow traces: ``tf.function``, ``ConcreteFunction`` and ``tf.Module``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.example_inputs import (
    call_arguments,
    fed_shapes,
    leaves,
    placeholders_of,
    tensors_in,
    to_specs,
)
from tb_rnnview.sources.function_graph import from_concrete_function
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.tracing import first_trace, trace
from tb_rnnview.sources.user_names import Held, names_in, names_reached
from tb_rnnview.timeline import Finding, Severity, Source

# What Python and TensorFlow call what nobody named.
_NO_NAMES = frozenset({"call", "function", "lambda", "pruned"})
_MADE_FOR_FILES = ("restored_function_body", "signature_wrapper")


def function_kind(source: Any) -> str:
    """``function``, ``concrete_function``, ``module`` or ``loaded``; "" = it is none of them.

    What ``tf.saved_model.load`` gives is ``loaded``.
    """
    if isinstance(source, type):
        return ""
    for kind in type(source).__mro__:
        package = kind.__module__.partition(".")[0]
        if package == "tensorflow":
            if kind.__name__ in ("PolymorphicFunction", "Function", "GenericFunction"):
                return "function" if hasattr(source, "get_concrete_function") else ""
            if kind.__name__ == "ConcreteFunction":
                return "concrete_function"
            if kind.__name__ == "Module":
                return "module"
            if kind.__name__ == "AutoTrackable" and hasattr(source, "signatures"):
                return "loaded"
    return ""


def open_function(source: Any, kind: str, inputs: Any, name: str) -> GraphSource:
    """The graph of a function or module.

    Args:
        source: the object.
        kind: what `function_kind` says of it.
        inputs: an example of what it is called with; None = what is known without.
        name: what to call the network. Default: as the function or module is called.

    Raises:
        SourceError: nothing tells what it is called with, or it cannot be traced.
    """
    if kind == "concrete_function":
        return _open_concrete(source, inputs, name)
    if kind == "module":
        return _open_module(source, inputs, name)
    if kind == "loaded":
        return _open_loaded(source, inputs, name)
    title = name or _name(source)
    what = f"the tf.function {_name(source)!r}"
    return _open(source, inputs, title, what, "function", names_reached(source), _name(source))


def _open_concrete(function: Any, inputs: Any, name: str) -> GraphSource:
    title = name or _plain_name(str(function.graph.name))
    examples: list[Any] = []
    if inputs is not None:
        count = len(placeholders_of(function))
        examples = [leaf for leaf in leaves(to_specs(inputs)) if hasattr(leaf, "shape")]
        if len(examples) != count:
            raise SourceError(
                f"the concrete function {title!r} takes {count} tensors, and inputs= holds "
                f"{len(examples)}; give one for each, in its order"
            )
    fed = fed_shapes(function, examples)
    called = _own_name(_plain_name(str(function.graph.name)))
    return from_concrete_function(function, _source("function"), title, program=called, fed=fed)


def _open_module(module: Any, inputs: Any, name: str) -> GraphSource:
    title = name or str(module.name)
    what = f"the tf.Module {str(module.name)!r}"
    called = str(module.name)
    return _open(called_of(module, what), inputs, title, what, "module", names_in(module), called)


def _open_loaded(loaded: Any, inputs: Any, name: str) -> GraphSource:
    """What ``tf.saved_model.load`` gave: functions that were traced before they were saved."""
    what = "the loaded SavedModel"
    signatures = dict(getattr(loaded, "signatures", None) or {})
    if not callable(loaded) and not _functions(loaded) and len(signatures) == 1:
        ((key, signature),) = signatures.items()
        return _open_concrete(signature, inputs, name or str(key))
    function = called_of(loaded, what, "loaded", [f"signatures[{key!r}]" for key in signatures])
    return _open(function, inputs, name or "saved_model", what, "function", (), _name(function))


def signature_of(loaded: Any, name: str) -> Any:
    """A signature of what ``tf.saved_model.load`` gave.

    Raises:
        SourceError: it has none of that name.
    """
    signatures = dict(loaded.signatures)
    if name not in signatures:
        known = ", ".join(map(str, signatures)) or "none"
        raise SourceError(f"the loaded SavedModel has no signature {name!r}; there are: {known}")
    return signatures[name]


def called_of(module: Any, what: str, place: str = "module", more: Sequence[str] = ()) -> Any:
    """What runs the module: its ``__call__``, or the one ``tf.function`` that it has.

    Args:
        module: the object.
        what: what to call it.
        place: what a program may call it.
        more: what can be given besides.

    Raises:
        SourceError: it has none of these, or several functions.
    """
    if callable(module):
        return module.__call__
    found = _functions(module)
    if len(found) == 1:
        return next(iter(found.values()))
    names = (*found, *more)
    if not names:
        raise SourceError(f"{what} has no __call__ and no tf.function; give what computes with it")
    raise SourceError(
        f"{what} has no __call__, and not exactly one tf.function (it has: {', '.join(names)}); "
        f"give the function itself, for example {place}.{names[0]}"
    )


def _functions(module: Any) -> dict[str, Any]:
    """The functions of TensorFlow that an object has, by name."""
    values = {n: _attribute(module, n) for n in dir(module) if not n.startswith("__")}
    return {name: v for name, v in values.items() if function_kind(v) == "function"}


def _attribute(module: Any, name: str) -> Any:
    """What an object has under a name; None = nothing, as of a property that cannot be read yet."""
    try:
        return getattr(module, name, None)
    except Exception:  # noqa: BLE001 - whatever the user's property raises: it is no function
        return None


def _open(
    function: Any, inputs: Any, title: str, what: str, kind: str, held: Sequence[Held], called: str
) -> GraphSource:
    findings: tuple[Finding, ...] = ()
    examples: list[Any] = []
    if inputs is not None:
        python = getattr(function, "python_function", function)
        args, kwargs = call_arguments(inputs, python, ("self",))
        given = tuple(map(to_specs, args)), {k: to_specs(v) for k, v in kwargs.items()}
        examples = tensors_in(given, python)
    if getattr(function, "input_signature", None) is not None:
        concrete = first_trace(function, [((), {})], what)
    elif inputs is not None:
        concrete = trace(function, given, what)
    else:
        traces = _traces(function)
        if not traces:
            raise SourceError(
                f"{what} has not been called yet: give inputs= an example of what it is called "
                "with (or a tf.TensorSpec of it), or call it on one first"
            )
        concrete = traces[-1]
        if len(traces) > 1:
            findings = (_finding(traces, what),)
    fed = fed_shapes(concrete, examples)
    held = held or names_reached(function)
    return from_concrete_function(
        concrete, _source(kind), title, held,
        program=_own_name(called), fed=fed, findings=findings,
    )  # fmt: skip


def _traces(function: Any) -> list[Any]:
    listed = getattr(function, "_list_all_concrete_functions", None)
    return list(listed()) if listed is not None else []


def _finding(traces: Sequence[Any], what: str) -> Finding:
    others = "; ".join(_signature(trace) for trace in traces[:-1][-4:])
    return Finding(
        code="GRAPH_CHOSEN",
        severity=Severity.INFO,
        message=(
            f"{what[0].upper()}{what[1:]} has been traced {len(traces)} times. This is the newest "
            f"trace, for {_signature(traces[-1])}; the others are for {others}."
        ),
        advice="To see another one, give inputs= an example of what it was called with.",
    )


def _signature(concrete: Any) -> str:
    found = [f"{t.dtype.name}{_shape(t.shape)}" for t in placeholders_of(concrete)]
    return ", ".join(found) or "no tensors"


def _shape(shape: Any) -> str:
    if shape.rank is None:
        return "[?]"
    return f"[{', '.join('?' if d is None else str(d) for d in shape.as_list())}]"


def _source(kind: str) -> Source:
    import tensorflow as tf

    return Source(kind, "", "tensorflow", str(tf.__version__))


def _name(function: Any) -> str:
    python = getattr(function, "python_function", function)
    name = str(getattr(python, "__name__", "function"))
    if name == "restored_function_body":  # one out of a file: its traces know better
        name = next((str(trace.graph.name) for trace in _traces(function)), name)
    return _plain_name(name)


def _own_name(name: str) -> str:
    """The name, where it is the program's and none that TensorFlow or Python gives."""
    plain = _plain_name(name)
    return "" if plain in _NO_NAMES or plain.startswith(_MADE_FOR_FILES) else plain


def _plain_name(name: str) -> str:
    """A name without what TensorFlow adds, fit to be a tag."""
    name = name.removeprefix("__inference_").strip("<>")
    return name.rstrip("0123456789").strip("_") or "function"
