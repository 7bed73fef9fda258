"""Traces a Python function with TensorFlow, or says in one line why it cannot be traced."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from tb_rnnview.errors import RNNViewError, SourceError
from tb_rnnview.sources.example_inputs import Arguments

_CODE = re.compile(r"\x1b\[[0-9;]*m")
# TensorFlow lists the program's own lines, and then says what went wrong.
_USER_CODE = "in user code:"
_ERROR = re.compile(r"([A-Z]\w*(?:Error|Exception|Interrupt))\b:? ?(.*)")
# Keras first says where, and what it was called with last.
_WHERE, _WITH = "Exception encountered", "Arguments received"

_GIVEN = "call it on such a batch by itself first, or give other inputs="
_KNOWN = "give inputs= an example of what it is called with"


def trace(function: Callable[..., Any], arguments: Arguments, what: str) -> Any:
    """The ConcreteFunction of a Python function or a ``tf.function``.

    Raises:
        SourceError: it cannot be called with these.
    """
    try:
        return _trace(function, arguments)
    except RNNViewError:
        raise
    except Exception as error:  # whatever the user's code and TensorFlow raise
        raise _failed(error, what, _GIVEN) from error


def first_trace(function: Callable[..., Any], ways: Sequence[Arguments], what: str) -> Any:
    """The trace of the first of several ways to call a function that works.

    Raises:
        SourceError: none does; said of the first.
    """
    first: Exception | None = None
    for arguments in ways:
        try:
            return _trace(function, arguments)
        except RNNViewError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the user's code raises; see below
            first = first or error
    raise _failed(first or ValueError("no arguments"), what, _KNOWN) from first


def _trace(function: Callable[..., Any], arguments: Arguments) -> Any:
    import tensorflow as tf

    args, kwargs = arguments
    # A program may be about to build another graph: what is traced is none of it. Where there is
    # none to leave, leaving would only keep gradients in what is traced from being recorded.
    with nullcontext() if tf.executing_eagerly() else tf.init_scope():
        is_traced = hasattr(function, "get_concrete_function")
        traced: Any = function if is_traced else tf.function(function)
        return traced.get_concrete_function(*args, **kwargs)


def lost_variables(what: str) -> SourceError:
    """The one line for a function whose variables are gone: it does not keep them alive."""
    return SourceError(
        f"{what} has lost its variables: keep what holds them (the model, or what "
        "tf.saved_model.load gave) under a name of its own while you look at the function"
    )


def _failed(error: Exception, what: str, remedy: str) -> SourceError:
    if isinstance(error, AssertionError) and "variables which have been deleted" in str(error):
        return lost_variables(what)
    return SourceError(f"{what} cannot be traced ({reason_of(error)}); {remedy}")


def reason_of(error: BaseException) -> str:
    """What went wrong, in one line, of the messages that Keras and TensorFlow write."""
    lines = [line.strip() for line in _CODE.sub("", str(error)).splitlines()]
    lines = [line for line in lines if line]
    kind = type(error).__name__
    if _USER_CODE in lines:
        # Where layers are nested, the last one is where it happened.
        lines = lines[len(lines) - lines[::-1].index(_USER_CODE) :]
        at = next((i for i, line in enumerate(lines) if _ERROR.fullmatch(line)), len(lines) - 1)
        found = _ERROR.fullmatch(lines[at])
        if found is not None:
            kind = found.group(1)
            lines[at] = found.group(2)
        lines = lines[at:]
    told = [line for line in lines if line and not line.startswith((_WHERE, _WITH))]
    text = f"{kind}: {told[0]}" if told else kind
    return text if len(text) <= 300 else text[:299] + "…"
