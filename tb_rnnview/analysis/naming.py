"""Names and scopes of the program, put short. They label what was found, and decide nothing."""

from __future__ import annotations

from collections.abc import Sequence

_LOOP_WORDS = ("while_context", "while")


def scope_of(variable: str) -> str:
    """The scope that a variable's name lies in; "" = none."""
    return variable.rpartition("/")[0]


def common_scope(names: Sequence[str]) -> str:
    """The longest scope that all names lie in."""
    return "/".join(common_start([tuple(scope_of(name).split("/")) for name in names]))


def frame_label(frame: str) -> str:
    """The loop's place in the program: its frame's name without what TensorFlow adds."""
    parts = [part for part in frame.split("/") if part]
    half = len(parts) // 2
    if len(parts) % 2 == 0 and parts[:half] == parts[half:]:
        parts = parts[:half]  # old frames say everything twice
    if len(parts) > 1 and parts[-1] == "while_context":
        parts = parts[:-1]
    return "/".join(parts)


def loop_scope(frame: str) -> str:
    """The scope around a loop."""
    parts = frame_label(frame).split("/")
    while len(parts) > 1 and parts[-1].split("_")[0] in _LOOP_WORDS:
        parts = parts[:-1]
    return "/".join(parts)


def shortened(scopes: Sequence[str]) -> list[str]:
    """The last part of each scope where that tells them apart.

    Else the parts in which they differ (``cell_0`` of
    ``rnn/multi_rnn_cell/cell_0/basic_rnn_cell``).
    """
    short = [scope.rpartition("/")[2] for scope in scopes]
    by_short: dict[str, list[int]] = {}
    for i, name in enumerate(short):
        by_short.setdefault(name, []).append(i)
    for members in by_short.values():
        if len(members) > 1:
            for i, name in zip(members, _differing([scopes[i] for i in members]), strict=True):
                short[i] = name or short[i]
    return short


def _differing(names: list[str]) -> list[str]:
    split = [name.split("/") for name in names]
    if len({len(parts) for parts in split}) > 1:
        return names
    columns = [i for i, column in enumerate(zip(*split, strict=True)) if len(set(column)) > 1]
    return ["/".join(parts[i] for i in columns) for parts in split]


def common_start(chains: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The parts that all chains begin with."""
    common = []
    for parts in zip(*chains, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return tuple(common)


def distinct(names: list[str]) -> list[str]:
    """The names, with a number behind each that another one has already; "" = none, and stays."""
    taken: dict[str, int] = {}
    out = []
    for name in names:
        count = taken.get(name, 0) if name else 0
        taken[name] = count + 1
        candidate = name
        while count and (candidate := f"{name} ({count + 1})") in taken:
            count += 1
        taken.setdefault(candidate, 1)
        out.append(candidate)
    return out
