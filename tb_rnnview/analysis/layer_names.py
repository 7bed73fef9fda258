"""What the layers are called: as the program's own objects are that hold their variables.

Where no object is known, as in a graph file, by the scopes that the variables lie in. A variable's
own name says what it is to a layer ("kernel"), not which layer it is: that is a name only for a
layer of one variable.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tb_rnnview.analysis.naming import common_scope, common_start, distinct, shortened

Chain = tuple[str, ...]
"""The program's own layers that hold a variable, outermost first."""

_JOINED_AT_MOST = 3
_NUMBER = re.compile(r"_\d+$")
# Keras puts the weights of a layer into a cell that nobody named. TensorFlow 1's cells, which are
# layers of their own, have no variable of this name.
_KERAS_CELL = re.compile(r"(.+)/(?:lstm|gru|simple_rnn|conv_lstm)_cell(?:_\d+)?")
_KERAS_WEIGHT = "recurrent_kernel"


@dataclass(frozen=True)
class Known:
    """What is known of one layer for its name."""

    variables: Sequence[str]
    """Their names, in the program's order."""
    held: Sequence[Sequence[Chain]] = ()
    """For each variable that an object holds: the ways on which it can be reached."""
    place: str = ""
    """Where it is applied."""
    is_recurrent: bool = False


def name_layers(layers: Sequence[Known], program: str = "") -> list[str]:
    """One name per layer, distinct; "" = the program has no name for it.

    Args:
        layers: the layers.
        program: what the function, module or model is called that holds everything.
    """
    chains = [[_taken(ways, layer.place) for ways in layer.held] for layer in layers]
    by_scopes = _by_scopes([layer.variables for layer in layers])
    names = [mine or other for mine, other in zip(_by_objects(chains), by_scopes, strict=True)]
    if len(layers) == 1 and not chains[0] and not common_scope(layers[0].variables):
        names = [program or names[0]]
    # The recurrence has the plain name, what else the same object computes a number behind it.
    order = sorted(range(len(layers)), key=lambda i: not layers[i].is_recurrent)
    numbered = distinct([names[i] for i in order])
    return [name for _, name in sorted(zip(order, numbered, strict=True))]


def _taken(ways: Sequence[Chain], place: str) -> Chain:
    """The way to a variable that the place where it is used tells of; else the first."""
    scopes = [_NUMBER.sub("", scope) for scope in place.split("/")]

    def told(way: Chain) -> int:
        left = iter(scopes)
        return sum(_NUMBER.sub("", part) in left for part in "/".join(way).split("/"))

    return max(ways, key=told) if len(ways) > 1 else ways[0]


def _by_objects(chains: Sequence[Sequence[Chain]]) -> list[str]:
    """For each layer the path of the objects that hold it, without those that tell nothing apart.

    That ends in the outermost object that holds no more than this layer, and what shares it.
    """
    holds: dict[Chain, set[int]] = {}
    for i, held in enumerate(chains):
        for chain in held:
            for k in range(1, len(chain) + 1):
                holds.setdefault(chain[:k], set()).add(i)
    names = []
    for held in chains:
        common = common_start(held)
        parts = [
            part
            for k, part in enumerate(common)
            if not k or holds[common[: k + 1]] != holds[common[:k]]
        ]
        names.append("/".join(parts) or _joined([chain[0] for chain in held]))
    return names


def _joined(names: Sequence[str]) -> str:
    """The name of what several objects make up together."""
    parts = list(dict.fromkeys(names))
    more = ["…"] * (len(parts) > _JOINED_AT_MOST)
    return " + ".join([*parts[:_JOINED_AT_MOST], *more])


def _by_scopes(variables: Sequence[Sequence[str]]) -> list[str]:
    full = [_scope(names) for names in variables]
    plain = [_without_cell(name, names) for name, names in zip(full, variables, strict=True)]
    return shortened(plain if len(set(plain)) == len(set(full)) else full)


def _scope(names: Sequence[str]) -> str:
    if len(names) == 1:
        return common_scope(names) or names[0]
    return common_scope(names) or _joined([n.partition("/")[0] for n in names if "/" in n])


def _without_cell(scope: str, names: Sequence[str]) -> str:
    found = _KERAS_CELL.fullmatch(scope)
    is_keras = any(name.rpartition("/")[2] == _KERAS_WEIGHT for name in names)
    return found[1] if found and is_keras else scope
