"""Names for layers, axes and applications, taken from the program. They decide nothing."""

from __future__ import annotations

from collections.abc import Sequence

_LOOP_WORDS = ("while_context", "while")


def scope_of(variable: str) -> str:
    """The scope that a variable's name lies in; "" = none."""
    return variable.rpartition("/")[0]


def common_scope(names: Sequence[str]) -> str:
    """The longest scope that all names lie in."""
    return "/".join(_common_start([tuple(scope_of(name).split("/")) for name in names]))


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


def user_names(chains: Sequence[Sequence[tuple[str, ...]]], fallback: Sequence[str]) -> list[str]:
    """One name per layer, distinct: the program's own name for what holds its variables.

    Args:
        chains: for each layer, for each of its variables: the program's own layers that hold it,
            outermost first. The outermost that holds no other layer's variables names the layer.
        fallback: the name of each layer that no layer of the program holds as a whole.
    """
    holders: dict[tuple[str, ...], set[int]] = {}
    for i, held in enumerate(chains):
        for chain in held:
            for k in range(1, len(chain) + 1):
                holders.setdefault(chain[:k], set()).add(i)
    names = []
    for i, held in enumerate(chains):
        common = _common_start(held)
        own = [k for k in range(1, len(common) + 1) if holders[common[:k]] == {i}]
        if own:
            names.append("/".join(common[: own[0]]))
        else:
            last = fallback[i].rpartition("/")[2]
            names.append("/".join((*common, last)) if common else fallback[i])
    return distinct(names)


def _common_start(chains: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    if not chains:
        return ()
    common = []
    for parts in zip(*chains, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return tuple(common)


def short_names(variables: Sequence[Sequence[str]]) -> list[str]:
    """One short name per layer, distinct, from the names of its variables.

    The last part of the scope where that tells layers apart; else the parts in which the scopes
    differ (``cell_0`` of ``rnn/multi_rnn_cell/cell_0/basic_rnn_cell``).
    """
    scopes = [common_scope(names) for names in variables]
    fallback = [names[0] if names else "layer" for names in variables]
    full = [scope or name for scope, name in zip(scopes, fallback, strict=True)]
    short = [name.rpartition("/")[2] for name in full]
    by_short: dict[str, list[int]] = {}
    for i, name in enumerate(short):
        by_short.setdefault(name, []).append(i)
    for members in by_short.values():
        if len(members) > 1:
            for i, name in zip(members, _differing([full[i] for i in members]), strict=True):
                short[i] = name or short[i]
    return distinct(short)


def _differing(names: list[str]) -> list[str]:
    split = [name.split("/") for name in names]
    if len({len(parts) for parts in split}) > 1:
        return names
    columns = [i for i, column in enumerate(zip(*split, strict=True)) if len(set(column)) > 1]
    return ["/".join(parts[i] for i in columns) for parts in split]


def distinct(names: list[str]) -> list[str]:
    """The names, with a number behind each that another one has already."""
    taken: dict[str, int] = {}
    out = []
    for name in names:
        count = taken.get(name, 0)
        taken[name] = count + 1
        candidate = name
        while count and (candidate := f"{name} ({count + 1})") in taken:
            count += 1
        taken.setdefault(candidate, 1)
        out.append(candidate)
    return out
