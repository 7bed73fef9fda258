"""Networks of many shapes for the page to draw, each written as a run of its own."""

from __future__ import annotations

import dataclasses
from pathlib import Path

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


def nested() -> Timeline:
    """A layer of four timesteps that runs at each of the three timesteps of another."""
    both = stacked(2, 4, "nested")
    inner, outer = both.layers
    axes = (
        dataclasses.replace(both.axes[0], label="letters", parent="axis1"),
        dataclasses.replace(both.axes[0], id="axis1", label="words", length=3),
    )
    outer = dataclasses.replace(
        outer, depth=0, applications=(Application("axis1", Direction.FORWARD, "words/while"),)
    )
    at_words = tuple(
        dataclasses.replace(v, uses=tuple(Use("layer1", "axis1", 0, 3) for _ in v.uses))
        for v in both.variables[2:]
    )
    variables = (*both.variables[:2], *at_words)
    return dataclasses.replace(both, axes=axes, layers=(inner, outer), variables=variables)


def encoder_decoder() -> Timeline:
    """A final state that another timeline starts from, and a bound on its length."""
    plain = nested()
    encoder, decoder = plain.axes
    bound = "'rnn/Maximum' is computed from data"
    axes = (
        dataclasses.replace(encoder, label="encoder", parent=""),
        dataclasses.replace(decoder, label="decoder", length_is_bound=True, reason=bound),
    )
    first, second = plain.states
    states = (first, dataclasses.replace(second, initial="x", initial_layer="layer0"))
    start = Connection("layer0", "layer1", starts_state=True)
    return dataclasses.replace(
        plain, name="encoder_decoder", axes=axes, states=states, connections=(start,)
    )


FINDINGS = (
    Finding(
        "NOT_RECOGNISED",
        Severity.WARNING,
        "Part of the network is not recognised, because it is a program that another "
        "compiler made (XlaCallModule), which this version does not look into.",
        "What is shown leaves it out.",
    ),
    Finding(
        "GRAPH_CHOSEN",
        Severity.INFO,
        "3 different graphs are logged here. This is the one with 2,012 nodes.",
        "To see another one, give its file.",
    ),
    Finding(
        "INPUT_NOT_CONNECTED",
        Severity.INFO,
        "initial_state [?, 100] is connected to nothing. Nothing reads this placeholder.",
        "Use it, or remove it.",
        layers=("layer1",),
    ),
)


def findings() -> Timeline:
    """As many findings as are shown side by side."""
    return dataclasses.replace(stacked(3, 3, "findings"), findings=FINDINGS)


def not_recognised() -> Timeline:
    """A network of which nothing could be looked into."""
    return Timeline(name="not_recognised", findings=FINDINGS[:2])


def separate() -> Timeline:
    """An embedding, and a layer that keeps the weights for its state apart, as Keras does."""
    one = stacked(1, 30, "separate")
    kernel, bias = one.variables
    lookup = Layer(
        "layer1", "embedding", "", 26, Kind.SEQUENCE, 0, (Application("axis0"),), Evidence.GRAPH
    )
    return dataclasses.replace(
        one,
        layers=(*one.layers, lookup),
        variables=(
            Variable(
                "embeddings",
                (9013, 26),
                layers=("layer1",),
                role="embedding",
                uses=(Use("layer1"),),
            ),
            dataclasses.replace(kernel, shape=(26, 100), blocks=()),
            dataclasses.replace(
                kernel, name="rnn/recurrent", shape=(100, 100), blocks=(), role="recurrent_kernel"
            ),
            bias,
        ),
        connections=(Connection("layer1", "layer0"),),
    )


def no_recurrence() -> Timeline:
    """One dense layer."""
    return Timeline(
        name="no_recurrence",
        layers=(Layer("layer0", "dense", "", 10, Kind.ONCE, evidence=Evidence.GRAPH),),
        variables=(Variable("dense/kernel", (4, 10), layers=("layer0",), uses=(Use("layer0"),)),),
    )


def declared() -> Timeline:
    """What a configuration declares."""
    known = stacked(2, 3, "declared")
    axis = dataclasses.replace(known.axes[0], encoding=Encoding.CONFIG)
    config = Evidence.CONFIG
    return dataclasses.replace(
        known,
        axes=(axis,),
        layers=tuple(dataclasses.replace(x, evidence=config) for x in known.layers),
        variables=tuple(dataclasses.replace(v, evidence=config) for v in known.variables),
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


NETWORKS = (
    ("starting_program", "starting_program", 0, stacked()),
    ("several", "train", 0, stacked(2, 4)),
    ("several", "train", 100, stacked(2, 6)),
    ("several", "sample", 0, stacked(2, 1)),
    ("bidirectional", "net", 0, bidirectional()),
    ("unknown_length", "net", 0, unknown_length()),
    ("no_recurrence", "net", 0, no_recurrence()),
    ("hostile", "net", 0, hostile()),
    ("large", "net", 0, stacked(10, 1000)),
    ("nested", "net", 0, nested()),
    ("encoder_decoder", "net", 0, encoder_decoder()),
    ("findings", "net", 0, findings()),
    ("not_recognised", "net", 0, not_recognised()),
    ("separate", "net", 0, separate()),
    ("declared", "net", 0, declared()),
)
"""Run, tag, step, and what is written there."""


def write_all(log: Path) -> dict[tuple[str, str], list[int]]:
    """Writes them, and returns the steps by run and tag."""
    written: dict[tuple[str, str], list[int]] = {}
    for run, tag, step, timeline in NETWORKS:
        write_timeline(timeline, log / run, tag=tag, step=step)
        written.setdefault((f"{run}/rnnview", tag), []).append(step)
    return written
