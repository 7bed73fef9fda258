"""Networks of many shapes for the page to draw, each written as a run of its own."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from tb_rnnview.timeline import (
    Application,
    Axis,
    Direction,
    Evidence,
    Finding,
    Kind,
    Layer,
    LengthSource,
    Severity,
    Timeline,
    Use,
    Variable,
)
from tb_rnnview.writing import write_timeline
from tests.timelines import stacked

HOSTILE = "<img src=x onerror=\"document.title='owned'\">\u202egnp"


def meant() -> Timeline:
    """What the starting program's author meant: one layer."""
    return stacked(1, 3, "what_was_meant")


def bidirectional() -> Timeline:
    """One layer in each direction over five timesteps."""
    both = stacked(2, 5, "bidirectional")
    forward, backward = both.layers
    backward = dataclasses.replace(
        backward, depth=0, applications=(Application("axis0", Direction.BACKWARD, "bw"),)
    )
    return dataclasses.replace(both, layers=(forward, backward), connections=())


def unknown_length() -> Timeline:
    """Three layers over as many timesteps as the data has."""
    known = stacked(3, 3, "unknown_length")
    axis = Axis("axis0", "time", None, False, LengthSource.UNKNOWN, "dimension 1 of x is open")
    variables = tuple(
        dataclasses.replace(v, uses=tuple(dataclasses.replace(u, stop=None) for u in v.uses))
        for v in known.variables
    )
    return dataclasses.replace(known, axes=(axis,), variables=variables)


def no_recurrence() -> Timeline:
    """One dense layer."""
    return Timeline(
        name="no_recurrence",
        layers=(Layer("layer0", "dense", "", 10, Kind.ONCE, evidence=Evidence.GRAPH),),
        variables=(Variable("dense/kernel", (4, 10), layers=("layer0",), uses=(Use("layer0"),)),),
    )


def hostile() -> Timeline:
    """Names that would act if they were taken for markup, and a variable that nothing uses."""
    one = meant()
    return dataclasses.replace(
        one,
        name=HOSTILE,
        axes=(dataclasses.replace(one.axes[0], label=HOSTILE),),
        layers=(dataclasses.replace(one.layers[0], name=HOSTILE, cell=HOSTILE),),
        variables=(
            *(dataclasses.replace(v, name=f"{HOSTILE}/{v.role}") for v in one.variables),
            Variable("left/over", (3, 4), "float32"),
        ),
        states=(dataclasses.replace(one.states[0], initial=HOSTILE),),
        findings=(Finding("HOSTILE", Severity.WARNING, HOSTILE, HOSTILE),),
    )


def write_all(log: Path) -> dict[tuple[str, str], list[int]]:
    """Writes them, and returns the steps by run and tag."""
    written: dict[tuple[str, str], list[int]] = {}
    for run, tag, step, timeline in (
        ("starting_program", "starting_program", 0, stacked()),
        ("several", "train", 0, stacked(2, 4)),
        ("several", "train", 100, stacked(2, 6)),
        ("several", "sample", 0, stacked(2, 1)),
        ("bidirectional", "net", 0, bidirectional()),
        ("unknown_length", "net", 0, unknown_length()),
        ("no_recurrence", "net", 0, no_recurrence()),
        ("hostile", "net", 0, hostile()),
        ("large", "net", 0, stacked(10, 1000)),
    ):
        write_timeline(timeline, log / run, tag=tag, step=step)
        written.setdefault((f"{run}/rnnview", tag), []).append(step)
    return written
