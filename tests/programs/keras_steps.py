"""Keras layers (not cells) that a program calls on one timestep after the other, by itself."""

from __future__ import annotations

from typing import Any

from tests.programs.keras_cells import dense, recurrent
from tests.programs.program import ANY, Axis, Layer, Program, Start, Truth, fill
from tests.programs.tf2 import of_model

ON_TIME = (("time", "*"),)


def one_call_a_timestep(keras: Any) -> Program:
    """Four calls of one LSTM layer, each with the states of the one before; a head at each."""
    x, a, c = keras.Input((4, 5)), keras.Input((6,)), keras.Input((6,))
    reshape = keras.layers.Reshape((1, 5))
    lstm = keras.layers.LSTM(6, return_state=True, name="lstm")
    head = keras.layers.Dense(5, name="head")
    starts, found = [a, c], []
    for t in range(4):
        a, _, c = lstm(reshape(x[:, t, :]), initial_state=[a, c])
        found.append(head(a))
    model = keras.Model([x, *starts], found)
    truth = Truth(
        axes={"time": Axis(4, unrolled=True)},
        layers={
            "lstm": Layer("RECURRENT", "LSTM", 6, 0, (("time", "FORWARD"),)),
            "head": Layer("STEPWISE", runs=ON_TIME),
        },
        weights=recurrent(lstm, "lstm") | dense(head, "head", "time"),
        starts=(Start("lstm", "*"), Start("lstm", "*")),
        connections=(("lstm", "head", 0),),
    )
    return of_model(model, truth, fill(2, 4, 5), fill(2, 6), fill(2, 6))


def two_calls_a_timestep(keras: Any) -> Program:
    """Two stacked layers, both called once a timestep, with different numbers of units."""
    x = keras.Input((3, 5))
    low = keras.layers.GRU(4, return_sequences=True, return_state=True, name="low")
    high = keras.layers.GRU(6, return_state=True, name="high")
    first = keras.layers.Reshape((1, 5))
    states, found = [keras.Input((4,)), keras.Input((6,))], []
    starts = list(states)
    for t in range(3):
        y, states[0] = low(first(x[:, t, :]), initial_state=states[0])
        y, states[1] = high(y, initial_state=states[1])
        found.append(y)
    model = keras.Model([x, *starts], found)
    truth = Truth(
        axes={"time": Axis(3, unrolled=True)},
        layers={
            "low": Layer("RECURRENT", "GRU", 4, 0, (("time", "FORWARD"),)),
            "high": Layer("RECURRENT", "GRU", 6, 1, (("time", "FORWARD|UNKNOWN"),)),
        },
        weights=recurrent(low, "low") | recurrent(high, "high"),
        starts=(Start("low", "*"), Start("high", "*")),
        connections=(("low", "high", 0),),
    )
    return of_model(model, truth, fill(2, 3, 5), fill(2, 4), fill(2, 6))


def attention_by_hand(keras: Any) -> Program:
    """A decoder of three calls looks at all of an encoder's outputs before each of them."""
    layers = keras.layers
    x, s, c = keras.Input((5, 3)), keras.Input((6,)), keras.Input((6,))
    encoder = layers.LSTM(4, return_sequences=True, name="encoder")
    decoder = layers.LSTM(6, return_state=True, name="decoder")
    energy = layers.Dense(1, activation="tanh", name="energy")
    head = layers.Dense(7, name="head")
    memory = encoder(x)
    starts, found = [s, c], []
    for _ in range(3):
        seen = layers.Concatenate()([memory, layers.RepeatVector(5)(s)])
        share = layers.Softmax(axis=1)(energy(seen))
        s, _, c = decoder(layers.Dot(axes=1)([share, memory]), initial_state=[s, c])
        found.append(head(s))
    model = keras.Model([x, *starts], found)
    truth = Truth(
        axes={"words": Axis(5), "time": Axis(3, unrolled=True)},
        layers={
            "encoder": Layer("RECURRENT", "LSTM", 4, 0, (("words", "FORWARD"),)),
            "energy": Layer("STEPWISE", runs=ON_TIME),
            "decoder": Layer("RECURRENT", "LSTM", 6, 0, (("time", "FORWARD|UNKNOWN"),)),
            "head": Layer("STEPWISE", runs=ON_TIME),
        },
        weights=recurrent(encoder, "encoder", ("words",))
        | recurrent(decoder, "decoder")
        | dense(energy, "energy", "time")
        | dense(head, "head", "time"),
        starts=(*(Start("encoder"),) * 2, *(Start("decoder", "*"),) * 2),
        connections=(
            ("encoder", "energy", ANY),
            ("encoder", "decoder", ANY),
            ("energy", "decoder", 0),
            ("decoder", "energy", 1),
            ("decoder", "head", 0),
        ),
    )
    return of_model(model, truth, fill(2, 5, 3), fill(2, 6), fill(2, 6))


def one_layer_twice_in_a_row(keras: Any) -> Program:
    """The second call starts from the first one's state, at another sequence: no single steps."""
    x, y = keras.Input((4, 3)), keras.Input((5, 3))
    gru = keras.layers.GRU(4, return_state=True, name="gru")
    _, state = gru(x)
    model = keras.Model([x, y], gru(y, initial_state=state)[0])
    truth = Truth(
        axes={"first": Axis(4), "second": Axis(5)},
        layers={
            "gru": Layer("RECURRENT", "GRU", 4, 0, (("first", "FORWARD"), ("second", "FORWARD"))),
        },
        weights=recurrent(gru, "gru", ("first", "second")),
        starts=(Start("gru"), Start("gru", "*")),
    )
    return of_model(model, truth, fill(2, 4, 3), fill(2, 5, 3))
