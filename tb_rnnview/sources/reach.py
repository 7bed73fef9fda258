"""What a Python function refers to: its own object, its closure, and the globals it names."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from types import CodeType
from typing import Any


def reached_by(function: Any) -> Iterator[tuple[str, Any]]:
    """(name, value) of what a function can use; the object of a method has the name ""."""
    function = getattr(function, "python_function", function)
    seen: set[int] = set()
    while function is not None and id(function) not in seen:
        seen.add(id(function))
        if isinstance(function, functools.partial):
            yield from ((f"args[{i}]", value) for i, value in enumerate(function.args))
            yield from function.keywords.items()
            function = function.func
            continue
        owner = getattr(function, "__self__", None)
        if owner is not None:
            # A tf.function that is a method keeps its object behind a weak reference.
            yield "", getattr(owner, "target", owner)
        function = getattr(function, "__func__", function)
        # Not by __module__: wrappers take over that of what they wrap.
        module = str(getattr(function, "__globals__", {}).get("__name__", ""))
        if not module.startswith("tensorflow."):
            yield from _named_in(function)
        function = getattr(function, "__wrapped__", None)


def _named_in(function: Any) -> Iterator[tuple[str, Any]]:
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for name in dict.fromkeys(_global_names(code)):
        if name in function.__globals__:
            yield name, function.__globals__[name]
    for parameter in inspect.signature(function).parameters.values():
        if parameter.default is not parameter.empty:
            yield parameter.name, parameter.default


def _global_names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:  # functions inside it
        if isinstance(constant, CodeType):
            yield from _global_names(constant)
