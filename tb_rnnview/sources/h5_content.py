"""What an HDF5 file of Keras holds: read in a process of its own.

The library that reads these files ends the process, or goes on without end, on some that are
damaged. Nobody's program must suffer from that: `read_apart` starts another one, and may give up
on it.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from tb_rnnview.sources.configuration import StoredArray

_SECONDS = 60
_COMMAND = "from tb_rnnview.sources.h5_content import main; main()"
_MOST_ARRAYS = 100_000
_DEEPEST = 50
# What Keras 3 calls the groups of a file of weights. It gives their arrays no names.
_KERAS_3 = ("layers", "_layer_checkpoint_dependencies")


class Content(NamedTuple):
    """What such a file tells."""

    configuration: str
    """The model's; "" = it holds none."""
    version: str
    """Of Keras; "" = not said."""
    stored: dict[str, tuple[StoredArray, ...]]
    """The arrays by layer, in Keras' order."""
    is_of_keras_3: bool
    """It is a file of weights that Keras 3 wrote."""
    unnamed: dict[str, tuple[StoredArray, ...]]
    """What such a file holds by the places of layers, which are called after their classes:
    ``lstm``, ``lstm_1``. The arrays are called by where they lie: ``cell/vars/0``."""


class UnreadableError(Exception):
    """The file cannot be read. Its text says why."""


def read_apart(data: bytes) -> Content:
    """The content of a file, read by another process.

    Raises:
        UnreadableError: it is damaged.
    """
    if not sys.executable:  # there is no interpreter to start
        return read(data)
    path = os.pathsep.join(part for part in sys.path if part)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _COMMAND],
            input=data,
            capture_output=True,
            timeout=_SECONDS,
            env={**os.environ, "PYTHONPATH": path},
        )
    except subprocess.TimeoutExpired:
        raise UnreadableError(f"reading it takes more than {_SECONDS} seconds") from None
    except OSError:  # no process may be started here
        return read(data)
    try:
        told = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise UnreadableError("it breaks the library that reads it") from None
    if "why" in told:
        raise UnreadableError(told["why"])
    stored, unnamed = (
        {
            name: tuple(StoredArray(array[0], tuple(array[1]), array[2]) for array in arrays)
            for name, arrays in told[key]
        }
        for key in ("stored", "unnamed")
    )
    return Content(told["configuration"], told["version"], stored, told["is_of_keras_3"], unnamed)


def main() -> None:
    """Reads a file from the standard input, and writes what it tells to the standard output."""
    try:
        content = read(sys.stdin.buffer.read())
    except UnreadableError as error:
        told: dict[str, Any] = {"why": str(error)}
    else:
        lists = {key: list(getattr(content, key).items()) for key in ("stored", "unnamed")}
        told = {**content._asdict(), **lists}
    sys.stdout.write(f"\n{json.dumps(told)}\n")


def read(data: bytes) -> Content:
    """The content of a file.

    Raises:
        UnreadableError: it is damaged, and that is found out in time.
    """
    import h5py

    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            weights = _group(file, "model_weights") or file
            version = _text(file.attrs.get("keras_version"))
            return Content(
                configuration=_text(file.attrs.get("model_config")),
                version=version or _text(weights.attrs.get("keras_version")),
                stored=dict(_arrays(weights)),
                is_of_keras_3=any(key in file for key in _KERAS_3),
                unnamed=dict(_unnamed(file)),
            )
    except Exception as error:  # h5py raises whatever its library does
        text = " ".join(str(error).split())[:200]
        raise UnreadableError(f"{type(error).__name__}: {text}") from error


def _arrays(weights: Any) -> Iterator[tuple[str, tuple[StoredArray, ...]]]:
    """The arrays of each layer, in Keras' order."""
    left = _MOST_ARRAYS
    for layer in _names(weights, "layer_names"):
        group = _group(weights, layer)
        if group is None:
            continue
        names = _names(group, "weight_names")[: max(left, 0)]
        left -= len(names)
        found = [(name, _dataset(group, name)) for name in names]
        yield (
            layer,
            tuple(
                StoredArray(name.removesuffix(":0"), tuple(array.shape), str(array.dtype))
                for name, array in found
                if array is not None
            ),
        )


def _unnamed(file: Any) -> Iterator[tuple[str, tuple[StoredArray, ...]]]:
    """The arrays of each layer of the outermost model in a file of weights of Keras 3."""
    layers = next((g for key in _KERAS_3 if (g := _group(file, key)) is not None), None)
    left = _MOST_ARRAYS
    for name in layers or ():
        found: list[StoredArray] = []
        pending = [name]
        while pending and left > 0:
            path = pending.pop()
            here = _member(layers, path)
            if hasattr(here, "dtype"):
                found.append(StoredArray(path[len(name) + 1 :], tuple(here.shape), str(here.dtype)))
            elif here is not None and path.count("/") < _DEEPEST:
                pending += [
                    f"{path}/{below}" for below in sorted(here, key=_in_order, reverse=True)
                ]
            left -= 1
        yield name, tuple(found)


def _in_order(name: str) -> tuple[bool, int, str]:
    """A layer's own arrays before those of the layers in it; arrays are called by numbers."""
    return name != "vars", int(name) if name.isdecimal() and len(name) < 10 else 0, name


def _names(group: Any, key: str) -> list[str]:
    """A list of names. Keras cuts a long one into several attributes."""
    parts = [group.attrs.get(key)]
    if parts[0] is None:
        parts = []
        while f"{key}{len(parts)}" in group.attrs:
            parts.append(group.attrs[f"{key}{len(parts)}"])
    return [_text(name) for part in parts if part is not None for name in list(part)]


def _group(parent: Any, path: str) -> Any:
    import h5py

    found = _member(parent, path)
    return found if isinstance(found, h5py.Group) else None


def _dataset(parent: Any, path: str) -> Any:
    import h5py

    found = _member(parent, path)
    return found if isinstance(found, h5py.Dataset) else None


def _member(parent: Any, path: str) -> Any:
    """What is stored under a path in this very file: a link may lead anywhere."""
    import h5py

    here = parent
    for part in path.split("/"):
        if not isinstance(here, h5py.Group) or not part:
            return None
        if not isinstance(here.get(part, getlink=True), h5py.HardLink):
            return None
        here = here[part]
    return here


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""
