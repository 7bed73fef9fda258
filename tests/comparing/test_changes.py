"""What `tb_rnnview.compare` says of networks that differ in one known way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings

import tb_rnnview
from tb_rnnview.comparing.codes import CODES
from tb_rnnview.timeline import (
    Application,
    Axis,
    Connection,
    Direction,
    Encoding,
    Evidence,
    Finding,
    Kind,
    Layer,
    State,
    Timeline,
    Use,
    Variable,
)
from tests.timelines import arbitrary, stacked

Edit = Callable[[Timeline], Timeline]

LONE = Variable("decay", (2,), "float32", True, role="other")


def layer(**facts: object) -> Edit:
    """Changes facts of the last layer."""
    return lambda t: replace(t, layers=(*t.layers[:-1], replace(t.layers[-1], **facts)))


def kernel(**facts: object) -> Edit:
    """Changes facts of the first kernel."""
    return lambda t: replace(t, variables=(replace(t.variables[0], **facts), *t.variables[1:]))


def axis(**facts: object) -> Edit:
    """Changes facts of the one axis."""
    return lambda t: replace(t, axes=(replace(t.axes[0], **facts), *t.axes[1:]))


def with_dense(t: Timeline) -> Timeline:
    """One more layer at the end, which is no recurrence."""
    dense = Layer("dense", "dense", kind=Kind.ONCE, applications=(Application(),))
    weight = Variable("dense/w", (100, 3), layers=("dense",), role="kernel")
    return replace(t, layers=(*t.layers, dense), variables=(*t.variables, weight))


def one_application_more(t: Timeline) -> Timeline:
    applications = t.layers[-1].applications
    return layer(applications=applications * 2)(t)


def inside_another(t: Timeline) -> Timeline:
    """Its axis is run at each timestep of another one, on which a layer of its own runs."""
    outer = Axis("outer", "outer", 7)
    above = Layer("o", "o", "GRU", 5, Kind.RECURRENT, 0, (Application("outer"),))
    return replace(t, axes=(*t.axes, outer), layers=(*t.layers, above))


def open_ended(t: Timeline) -> Timeline:
    """Its length is not known, so every use goes on to the end."""
    to_the_end = [
        replace(v, uses=tuple(replace(u, stop=None) for u in v.uses)) for v in t.variables
    ]
    return replace(axis(length=None)(t), variables=tuple(to_the_end))


def nested(t: Timeline) -> Timeline:
    return axis(parent="outer")(inside_another(t))


CASES: dict[str, tuple[Edit, Edit, str, str, str]] = {
    # what is done to A, to B; then the code, and both values
    "LAYER_REMOVED": (
        with_dense, lambda t: t, "LAYER_REMOVED", "once, 300 parameters", "",
    ),
    "LAYER_ADDED": (
        lambda t: t, with_dense, "LAYER_ADDED", "", "once, 300 parameters",
    ),
    "KIND": (
        lambda t: layer(kind=Kind.STEPWISE)(with_dense(t)), with_dense, "KIND", "STEPWISE", "ONCE",
    ),
    "CELL": (lambda t: t, layer(cell="GRU"), "CELL", "SimpleRNN", "GRU"),
    "no cell": (lambda t: t, layer(cell=""), "CELL", "SimpleRNN", "not known"),
    "UNITS": (lambda t: t, layer(units=1200), "UNITS", "100", "1,200"),
    "DIRECTION": (
        lambda t: t,
        layer(applications=(Application("axis0", Direction.BACKWARD),)),
        "DIRECTION", "forward", "backward",
    ),
    "APPLICATIONS": (lambda t: t, one_application_more, "APPLICATIONS", "1 place", "2 places"),
    "EVIDENCE": (lambda t: t, layer(evidence=Evidence.CONFIG), "EVIDENCE", "GRAPH", "CONFIG"),
    "LENGTH": (lambda t: t, lambda _: stacked(2, 5), "LENGTH", "3 timesteps", "5 timesteps"),
    "no length": (open_ended, lambda t: t, "LENGTH", "T timesteps", "3 timesteps"),
    "bound": (
        lambda t: t, axis(length_is_bound=True), "LENGTH", "3 timesteps", "up to 3 timesteps",
    ),
    "ENCODING": (
        lambda t: t, axis(encoding=Encoding.FUSED_OP), "ENCODING", "a while loop",
        "one fused operation",
    ),
    "NESTING": (
        inside_another, nested, "NESTING", "by itself", "at each timestep of outer",
    ),
    "SHAPE": (lambda t: t, kernel(shape=(152, 100)), "SHAPE", "126 × 100", "152 × 100"),
    "DTYPE": (lambda t: t, kernel(dtype="float16"), "DTYPE", "float32", "float16"),
    "TRAINABLE": (lambda t: t, kernel(trainable=False), "TRAINABLE", "yes", "no"),
    "ROLE": (lambda t: t, kernel(role="other"), "ROLE", "kernel", "other"),
    "SHARING": (
        lambda t: t, kernel(layers=("layer0", "layer1")), "SHARING", "Layer 0", "Layer 0, Layer 1",
    ),
    "USES": (
        lambda t: t, kernel(uses=(Use("layer0", "axis0", 1, 3),)), "USES", "timesteps 0 – 2",
        "timesteps 1 – 2",
    ),
    "twice": (
        lambda t: t, kernel(uses=(Use("layer0", "axis0", 0, 3, reads=2),)), "USES",
        "timesteps 0 – 2", "timesteps 0 – 2 × 2",
    ),
    "WEIGHT_ADDED": (
        lambda t: t,
        lambda t: replace(t, variables=(*t.variables, LONE)),
        "WEIGHT_ADDED", "", "other, 2, 2 parameters",
    ),
    "WEIGHT_REMOVED": (
        lambda t: replace(t, variables=(*t.variables, LONE)),
        lambda t: t,
        "WEIGHT_REMOVED", "other, 2, 2 parameters", "",
    ),
    "STATE": (
        lambda t: t,
        lambda t: replace(t, states=(State("h", "layer0", (None, 100), "x"), *t.states[1:])),
        "STATE", "[batch, 100] starts from zeros", "[batch, 100] starts from x",
    ),
    "no state": (
        lambda t: t, lambda t: replace(t, states=t.states[1:]), "STATE",
        "[batch, 100] starts from zeros", "none",
    ),
    "CONNECTION_ADDED": (
        lambda t: t,
        lambda t: replace(t, connections=(*t.connections, Connection("layer1", "layer0", 1))),
        "CONNECTION_ADDED", "", "Layer 1 feeds Layer 0 at the next timestep",
    ),
    "CONNECTION_REMOVED": (
        lambda t: t, lambda t: replace(t, connections=()), "CONNECTION_REMOVED",
        "Layer 0 feeds Layer 1", "",
    ),
    "FINDING_ADDED": (
        lambda t: t, lambda t: replace(t, findings=(Finding("C", message="bad"),)),
        "FINDING_ADDED", "", "bad",
    ),
    "FINDING_REMOVED": (
        lambda t: replace(t, findings=(Finding("C", message="bad"),)), lambda t: t,
        "FINDING_REMOVED", "bad", "",
    ),
    "NAMES": (lambda t: t, layer(name="top"), "NAMES", "cell_1", "top"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_one_thing_is_changed_and_one_is_told(case: str) -> None:
    to_a, to_b, code, before, after = CASES[case]
    start = stacked(2, 3)
    (change,) = tb_rnnview.compare(to_a(start), to_b(start)).changes
    assert (change.code, change.before, change.after) == (code, before, after)


def test_every_code_is_told_of_somewhere() -> None:
    assert {case[2] for case in CASES.values()} | {"AXIS_ADDED", "AXIS_REMOVED"} == set(CODES)


def test_an_axis_goes_with_its_layers() -> None:
    start = stacked(2, 3)
    found = tb_rnnview.compare(inside_another(start), start)
    assert [c.code for c in found.changes] == ["LAYER_REMOVED", "AXIS_REMOVED"]
    found = tb_rnnview.compare(start, inside_another(start))
    assert [c.code for c in found.changes] == ["LAYER_ADDED", "AXIS_ADDED"]


def test_a_longer_sequence_is_no_other_use() -> None:
    found = tb_rnnview.compare(stacked(2, 3), stacked(2, 50))
    assert [c.code for c in found.changes] == ["LENGTH"]


def test_which_part_of_a_kernel_grew() -> None:
    start = stacked(1, 3)
    (rows, hidden) = start.variables[0].blocks
    grown = (replace(rows, stop=52), replace(hidden, start=52, stop=152))
    found = tb_rnnview.compare(start, kernel(shape=(152, 100), blocks=grown)(start))
    assert [c.message for c in found.changes] == ["shape: 126 × 100 → 152 × 100 (input 26 → 52)"]


@settings(max_examples=60, deadline=None)
@given(arbitrary(Timeline))
def test_nothing_differs_from_itself(timeline: Timeline) -> None:
    assert tb_rnnview.compare(timeline, timeline).is_same


@settings(max_examples=60, deadline=None)
@given(arbitrary(Timeline), arbitrary(Timeline))
def test_what_is_there_and_what_is_gone_change_places(a: Timeline, b: Timeline) -> None:
    there, back = tb_rnnview.compare(a, b), tb_rnnview.compare(b, a)
    assert there.is_same == back.is_same
    for name in ("a", "b"):
        ids = [pair[name] for pair in json.loads(there.to_json())["layers"]]
        ids = [id_ for id_ in ids if id_ is not None]
        assert sorted(ids) == sorted(x.id for x in getattr(there, name).layers)
    str(there)
