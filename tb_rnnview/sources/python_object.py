"""``module:attribute`` and ``script.py:attribute``: runs that code and takes what it made."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from types import ModuleType
from typing import Any

from tb_rnnview.errors import SourceError

_ATTRIBUTE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z")


def split_address(source: str) -> tuple[str, str] | None:
    """The place and the attribute of an address; None = it is a path.

    A single letter before the colon is a Windows drive; a file of that very name is a file.
    """
    place, colon, attribute = source.rpartition(":")
    if not colon or len(place) < 2 or not _ATTRIBUTE.match(attribute) or os.path.exists(source):
        return None
    if place.endswith(".py") or _ATTRIBUTE.match(place):
        return place, attribute
    return None


def load_object(place: str, attribute: str) -> Any:
    """Runs a module or script, and returns its attribute.

    Raises:
        SourceError: the code fails, or has no such attribute.
    """
    module = _run(place)
    value: Any = module
    for part in attribute.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            known = ", ".join(
                n
                for n, item in vars(module).items()
                if not n.startswith("_") and not isinstance(item, ModuleType)
            )
            raise SourceError(
                f"{place}: there is no {part!r} in it; its names are: {_shortened(known) or 'none'}"
            ) from None
    return value


def call(place: str, attribute: str, function: Any) -> Any:
    """The result of calling a function without arguments.

    Raises:
        SourceError: it fails.
    """
    try:
        return function()
    except (Exception, SystemExit) as error:
        what = f"calling {attribute} without arguments failed"
        raise _failed(place, what, error) from error


def _run(place: str) -> ModuleType:
    if place.endswith(".py"):
        return _run_script(place)
    # As `python -m` does: what lies in the current folder can be imported.
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        missing = error.name or place
        if place == missing or place.startswith(missing + "."):
            raise SourceError(
                f"{place}: there is no such module; "
                "give script.py:attribute, or install it where tb-rnnview is installed"
            ) from None
        raise _failed(place, "importing it failed", error) from error
    except (Exception, SystemExit) as error:
        raise _failed(place, "importing it failed", error) from error


def _run_script(path: str) -> ModuleType:
    if not os.path.isfile(path):
        raise SourceError(f"{path}: there is no such file; check the path")
    # Not "__main__": what a script does only when it is started is not wanted here.
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise SourceError(f"{path}: is no Python program; give script.py:attribute")
    module = importlib.util.module_from_spec(spec)
    folder = os.path.dirname(os.path.abspath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)  # as Python does for a script: it imports its neighbours
    previous = sys.modules.get(name)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        if previous is None:
            del sys.modules[name]
        else:
            sys.modules[name] = previous
        raise _failed(path, "running it failed", error) from error
    return module


def _failed(place: str, what: str, error: BaseException) -> SourceError:
    text = (str(error).strip().splitlines() or [""])[0]
    line = ""
    trace = error.__traceback__
    while trace is not None:
        if os.path.abspath(trace.tb_frame.f_code.co_filename) == os.path.abspath(place):
            line = f" in line {trace.tb_lineno}"
        trace = trace.tb_next
    reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return SourceError(f"{place}: {what}{line} ({reason}); run it by itself first")


def _shortened(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"
