"""What has become of the states, of what feeds what, of the findings, and of the names."""

from __future__ import annotations

from collections.abc import Iterator

from tb_rnnview.comparing.comparison import Change
from tb_rnnview.comparing.sides import Sides
from tb_rnnview.comparing.weight_matching import matched_variables
from tb_rnnview.timeline import Connection, Finding, State, Timeline
from tb_rnnview.views.starts import start_words
from tb_rnnview.views.words import clean, counted, listed, state_shape


def state_changes(sides: Sides) -> Iterator[Change]:
    """Every difference of the states of the layers that are there on both sides."""
    for x, y in sides.pairs:
        before = {s.name: _about(sides.a, s) for s in sides.a.states if s.layer == x.id}
        after = {s.name: _about(sides.b, s) for s in sides.b.states if s.layer == y.id}
        for name in dict.fromkeys([*before, *after]):
            one, other = before.get(name, "none"), after.get(name, "none")
            if one != other:
                yield sides.changed("STATE", x.id, y.id, f"state {clean(name)}", one, other)


def connection_changes(sides: Sides) -> Iterator[Change]:
    """What feeds what, among the layers that are there on both sides."""
    before = {
        (sides.b_of[c.from_layer], sides.b_of[c.to_layer], c.offset, c.starts_state): c
        for c in sides.a.connections
        if c.from_layer in sides.b_of and c.to_layer in sides.b_of
    }
    after = {
        (c.from_layer, c.to_layer, c.offset, c.starts_state): c
        for c in sides.b.connections
        if c.from_layer in sides.a_of and c.to_layer in sides.a_of
    }
    for key, connection in before.items():
        if key not in after:
            words = _flow(sides.titles_a, connection)
            yield Change("CONNECTION_REMOVED", "Connection", f"only in A: {words}", before=words)
    for key, connection in after.items():
        if key not in before:
            words = _flow(sides.titles_b, connection)
            yield Change("CONNECTION_ADDED", "Connection", f"only in B: {words}", after=words)


def finding_changes(sides: Sides) -> Iterator[Change]:
    """Findings that are new, and those that are gone."""
    before = [(_key(f, sides.b_of), f) for f in sides.a.findings]
    after = [(_key(f, {}), f) for f in sides.b.findings]
    for key, finding in before:
        if key not in {other for other, _ in after}:
            text = clean(finding.message)
            yield Change("FINDING_REMOVED", clean(finding.code), f"only in A: {text}", before=text)
    for key, finding in after:
        if key not in {other for other, _ in before}:
            text = clean(finding.message)
            yield Change("FINDING_ADDED", clean(finding.code), f"only in B: {text}", after=text)


def name_changes(sides: Sides) -> Iterator[Change]:
    """What is the same and is called otherwise, in one change."""
    layers = [(x.name, y.name) for x, y in sides.pairs if x.name != y.name]
    variables = [(v.name, w.name) for v, w in matched_variables(sides)[0] if v.name != w.name]
    if not layers and not variables:
        return
    renamed = [f"{clean(a) or 'no name'} → {clean(b) or 'no name'}" for a, b in layers + variables]
    counts = [
        counted(len(group), noun) for group, noun in ((layers, "layer"), (variables, "variable"))
    ]
    said = f"{' and '.join(counts)} called otherwise: {listed(renamed, 4)}"
    both = layers + variables
    yield Change(
        "NAMES",
        "Names",
        said,
        listed([clean(a) for a, _ in both]),
        listed([clean(b) for _, b in both]),
    )


def _about(timeline: Timeline, state: State) -> str:
    return " ".join(filter(None, (state_shape(state.shape), start_words(timeline, state))))


def _flow(titles: dict[str, str], connection: Connection) -> str:
    source = titles.get(connection.from_layer, clean(connection.from_layer))
    target = titles.get(connection.to_layer, clean(connection.to_layer))
    if connection.starts_state:
        return f"{target} starts from {source}"
    if connection.offset == 1:
        return f"{source} feeds {target} at the next timestep"
    if connection.offset:
        return f"{source} feeds {target} {connection.offset} timesteps later"
    return f"{source} feeds {target}"


def _key(finding: Finding, b_of: dict[str, str]) -> tuple[str, frozenset[str]]:
    return finding.code, frozenset(b_of.get(id_, id_) for id_ in finding.layers)
