"""Timelines of the shapes that a view must be able to draw, written down by hand."""

from __future__ import annotations

from dataclasses import replace

from tb_rnnview.timeline import (
    Application,
    Axis,
    Block,
    Connection,
    Direction,
    Encoding,
    Evidence,
    Finding,
    Kind,
    Layer,
    LengthSource,
    Severity,
    Source,
    State,
    Timeline,
    Use,
    Variable,
)


def time_axis(length: int | None = 3, *, bound: bool = False, id: str = "axis0", **more) -> Axis:  # noqa: A002
    source = LengthSource.STATIC if length is not None else LengthSource.UNKNOWN
    return Axis(
        id,
        more.pop("label", "time"),
        length,
        bound,
        source,
        encoding=Encoding.WHILE_FRAME,
        **more,
    )


def layer(number: int, **more) -> Layer:
    settings = {
        "name": f"cell_{number}",
        "cell": "SimpleRNN",
        "units": 100,
        "kind": Kind.RECURRENT,
        "depth": number,
        "applications": (Application("axis0", Direction.FORWARD),),
        "evidence": Evidence.GRAPH,
    }
    return Layer(f"layer{number}", **{**settings, **more})


def weight(name: str, shape: tuple[int | None, ...] | None, *uses: Use, **more) -> Variable:
    settings = {
        "dtype": "float32",
        "trainable": True,
        "layers": tuple(dict.fromkeys(use.layer for use in uses)),
        "role": "bias" if name.endswith("bias") else "kernel",
        "evidence": Evidence.GRAPH,
    }
    return Variable(name, shape, uses=uses, **{**settings, **more})


def starting_program(layers: int = 3, length: int | None = 3) -> Timeline:
    """DESIGN §1: three layers of 100 units used at three timesteps."""
    made, variables = [], []
    for index in range(layers):
        inputs = 26 if index == 0 else 100
        use = Use(f"layer{index}", "axis0", 0, length)
        scope = f"rnn/multi_rnn_cell/cell_{index}/basic_rnn_cell"
        blocks = (Block("input", 0, 0, inputs), Block("hidden", 0, inputs, inputs + 100))
        made.append(layer(index))
        variables.append(weight(f"{scope}/kernel", (inputs + 100, 100), use, blocks=blocks))
        variables.append(weight(f"{scope}/bias", (100,), use))
    return Timeline(
        "starting_program",
        Source("meta_graph", "starting_program.meta", "tensorflow", "2.21.0"),
        (time_axis(length, reason="" if length else "dimension 1 of “x” is not fixed"),),
        tuple(made),
        tuple(variables),
        tuple(State("h", f"layer{i}", (None, 100), "zeros") for i in range(layers)),
        tuple(Connection(f"layer{i}", f"layer{i + 1}") for i in range(layers - 1)),
    )


def what_was_meant() -> Timeline:
    return replace(starting_program(layers=1), name="what_was_meant")


def unknown_length() -> Timeline:
    return starting_program(length=None)


def long_lstm() -> Timeline:
    """One LSTM of 64 units over 200 timesteps of 32 inputs."""
    use = Use("layer0", "axis0", 0, 200)
    gates = tuple(Block(gate, 1, 64 * i, 64 * i + 64) for i, gate in enumerate("icfo"))
    rows = (Block("input", 0, 0, 32), Block("hidden", 0, 32, 96))
    return Timeline(
        "long",
        axes=(time_axis(200),),
        layers=(layer(0, name="lstm", cell="LSTM", units=64),),
        variables=(
            weight("rnn/lstm_cell/kernel", (96, 256), use, blocks=rows + gates),
            weight("rnn/lstm_cell/bias", (256,), use, blocks=()),
        ),
        states=(
            State("c", "layer0", (None, 64), "zeros"),
            State("h", "layer0", (None, 64), "zeros"),
        ),
    )


def bidirectional() -> Timeline:
    """An embedding, one bidirectional GRU over at most 5 timesteps, a head on its last output."""
    here = (Application("axis0"),)
    embedding = Layer("layer0", "embedding", kind=Kind.SEQUENCE, applications=here)
    forward = layer(1, name="fw", cell="GRU", units=20, depth=0)
    backward = layer(
        2,
        name="bw",
        cell="GRU",
        units=20,
        depth=0,
        applications=(Application("axis0", Direction.BACKWARD),),
    )
    head = Layer("layer3", "dense", kind=Kind.ONCE, applications=(Application(),))
    variables = [
        weight("embedding/table", (1000, 40), Use("layer0", "axis0", 0, 5), role="embedding")
    ]
    for id_, scope in (("layer1", "fw"), ("layer2", "bw")):
        use = Use(id_, "axis0", 0, 5)
        variables += [
            weight(f"bi/{scope}/gru_cell/gates/kernel", (60, 40), use),
            weight(f"bi/{scope}/gru_cell/gates/bias", (40,), use),
            weight(f"bi/{scope}/gru_cell/candidate/kernel", (60, 20), use),
            weight(f"bi/{scope}/gru_cell/candidate/bias", (20,), use),
        ]
    variables += [
        weight("dense/kernel", (40, 3), Use("layer3")),
        weight("dense/bias", (3,), Use("layer3")),
        weight("global_step", (), dtype="int64", trainable=False, role="other"),
    ]
    return Timeline(
        "bidirectional",
        axes=(time_axis(5, bound=True, reason="sequence_length stops each sequence"),),
        layers=(embedding, forward, backward, head),
        variables=tuple(variables),
        states=(
            State("h", "layer1", (None, 20), "zeros"),
            State("h", "layer2", (None, 20), "initial_state_bw"),
        ),
        connections=(
            Connection("layer0", "layer1"),
            Connection("layer0", "layer2"),
            Connection("layer1", "layer3"),
            Connection("layer2", "layer3"),
        ),
        findings=(
            Finding(
                "UNUSED_VARIABLE",
                Severity.WARNING,
                "global_step is used by no layer.",
                "Remove it, or connect it.",
                variables=("global_step",),
            ),
        ),
    )


def encoder_decoder() -> Timeline:
    """Seven timesteps in; four out, where a projection is fed back."""
    encoder = layer(0, name="encoder", cell="GRU", units=30)
    here = (Application("axis1", Direction.FORWARD),)
    decoder = layer(1, name="decoder", cell="GRU", units=30, depth=0, applications=here)
    projection = Layer("layer2", "projection", kind=Kind.STEPWISE, applications=here)
    return Timeline(
        "translator",
        axes=(time_axis(7, label="source"), time_axis(4, id="axis1", label="target")),
        layers=(encoder, decoder, projection),
        variables=(
            weight("encoder/kernel", (60, 90), Use("layer0", "axis0", 0, 7)),
            weight("decoder/kernel", (60, 90), Use("layer1", "axis1", 0, 4)),
            weight("projection/kernel", (30, 50), Use("layer2", "axis1", 0, 4)),
        ),
        states=(
            State("h", "layer0", (None, 30), "zeros"),
            State("h", "layer1", (None, 30), "encoder/while/Exit_3"),
        ),
        connections=(Connection("layer1", "layer2"), Connection("layer2", "layer1", 1)),
    )


def nested() -> Timeline:
    """Three words of four letters: a layer over letters runs again for each word."""
    letters = layer(0, name="letters", units=5, applications=(Application("axis1", _ON),))
    words = layer(1, name="words", units=7, depth=0, applications=(Application("axis0", _ON),))
    return Timeline(
        "nested",
        axes=(
            time_axis(3, label="words"),
            time_axis(4, id="axis1", label="letters", parent="axis0"),
        ),
        layers=(letters, words),
        variables=(
            weight("letters/kernel", (10, 5), Use("layer0", "axis1", 0, 4)),
            weight("words/kernel", (11, 7), Use("layer1", "axis0", 0, 3)),
        ),
        states=(State("h", "layer0", (None, 5), "zeros"), State("h", "layer1", (None, 7), "zeros")),
        connections=(Connection("layer0", "layer1"),),
    )


def partly_recognised() -> Timeline:
    """A recurrent layer, and one on the same axis of which no more is known."""
    base = what_was_meant()
    other = Layer(
        "layer1",
        "mystery",
        kind=Kind.UNKNOWN,
        applications=(Application("axis0"),),
        reason="its loop is none that this version knows",
    )
    finding = Finding(
        "NOT_RECOGNISED",
        Severity.WARNING,
        "Layer mystery is not recognised, because its loop is none that this version knows.",
        "Its variables are listed.",
        layers=("layer1",),
    )
    kernel = weight("mystery/kernel", (8, 8), Use("layer1", "axis0", 0, 3))
    return replace(
        base,
        layers=(*base.layers, other),
        variables=(*base.variables, kernel),
        findings=(finding,),
    )


def no_recurrence() -> Timeline:
    dense = Layer("layer0", "dense", kind=Kind.ONCE, applications=(Application(),))
    return Timeline(
        "mlp",
        layers=(dense,),
        variables=(weight("dense/kernel", (4, 2), Use("layer0")),),
    )


def not_recognised() -> Timeline:
    finding = Finding(
        "NOT_RECOGNISED",
        Severity.WARNING,
        "The loop “StatefulPartitionedCall/while” is a While operation, which is not read yet.",
        "Give the TensorFlow 1 graph.",
    )
    return Timeline("keras", findings=(finding,))


_ON = Direction.FORWARD

HOSTILE = "a\x1b[31mb\r\nc\u202ed\u200be[bold red]f[/]\ud800:smile:\x9b2J"


def hostile() -> Timeline:
    """Every text that comes from a graph tries to act on the terminal."""
    t = bidirectional()
    return replace(
        t,
        name=HOSTILE,
        source=Source("graph", HOSTILE, HOSTILE, HOSTILE),
        axes=(replace(t.axes[0], label=HOSTILE, reason=HOSTILE),),
        layers=tuple(replace(x, name=HOSTILE, cell=HOSTILE, reason=HOSTILE) for x in t.layers),
        variables=tuple(
            replace(v, name=f"{HOSTILE}{i}", role=HOSTILE, blocks=(Block(HOSTILE, 0, 0, 1),))
            for i, v in enumerate(t.variables)
        ),
        states=tuple(replace(s, name=HOSTILE, initial=HOSTILE) for s in t.states),
        findings=(Finding(HOSTILE, Severity.ERROR, HOSTILE, HOSTILE),),
    )


ALL = (
    starting_program,
    what_was_meant,
    unknown_length,
    long_lstm,
    bidirectional,
    encoder_decoder,
    nested,
    partly_recognised,
    no_recurrence,
    not_recognised,
    hostile,
    Timeline,
)
