"""Keras networks with attention between two sequences, and what goes on in the decoder's time."""

from __future__ import annotations

from typing import Any

from tests.programs import cells
from tests.programs.keras_cells import dense, recurrent
from tests.programs.program import Axis, Layer, Program, Truth, Uses, Weight
from tests.programs.tf2 import name_of, of_model

AXES = {"source": Axis(5), "target": Axis(4)}
ON_SOURCE = Layer("SEQUENCE", runs=(("source", "*"),))
ON_TARGET = Layer("SEQUENCE", runs=(("target", "*"),))


def _ends(keras: Any) -> tuple[Any, Any]:
    """An encoder and a decoder."""
    encoder = keras.layers.GRU(6, return_sequences=True, name="encoder")
    return encoder, keras.layers.LSTM(6, return_sequences=True, name="decoder")


def _about(encoder: Any, decoder: Any) -> dict[str, Any]:
    """What is true of both, once they are built."""
    return {
        "axes": AXES,
        "layers": {
            "encoder": Layer("RECURRENT", "GRU", 6, 0, (("source", "FORWARD"),)),
            "decoder": Layer("RECURRENT", "LSTM", 6, 0, (("target", "FORWARD"),)),
        },
        "weights": recurrent(encoder, "encoder", ("source",))
        | recurrent(decoder, "decoder", ("target",)),
        "starts": cells.zeros("encoder") + cells.zeros("decoder", 2),
    }


def _connected(flows: tuple[str, ...]) -> tuple[tuple[str, str, int], ...]:
    pairs = [flow.split() for flow in flows]
    return tuple((one, other, 0) for one, other in pairs)


def attention_of_many_heads(keras: Any) -> Program:
    """Multi-head attention of a decoder to an encoder, added, normalised, and projected."""
    layers = keras.layers
    source, target = keras.Input((5, 3)), keras.Input((4, 2))
    encoder, decoder = _ends(keras)
    attention = layers.MultiHeadAttention(2, 3, name="attention")
    norm, scores = layers.LayerNormalization(name="norm"), layers.Dense(7, name="scores")
    asks = decoder(target)
    told = attention(query=asks, value=encoder(source))
    model = keras.Model([source, target], scores(norm(layers.Add()([asks, told]))))
    about = _about(encoder, decoder)
    inner = {
        "query": attention._query_dense,
        "key": attention._key_dense,
        "value": attention._value_dense,
        "joined": attention._output_dense,
    }
    for key, layer in inner.items():
        about["layers"][key] = ON_SOURCE if key in ("key", "value") else ON_TARGET
        about["weights"] |= dense(layer, key)
    about["layers"] |= {"norm": ON_TARGET, "scores": ON_TARGET}
    about["weights"] |= dense(scores, "scores")
    about["weights"] |= {name_of(v): Weight("norm", (Uses("norm"),)) for v in norm.weights}
    flows = (
        "encoder key",
        "encoder value",
        "decoder query",
        "decoder norm",
        "query joined",
        "key joined",
        "value joined",
        "joined norm",
        "norm scores",
    )
    return of_model(model, Truth(**about, connections=_connected(flows)))


def additive_attention(keras: Any) -> Program:
    """Additive attention of a decoder to an encoder, and a dense layer over what it gives."""
    layers = keras.layers
    source, target = keras.Input((5, 3)), keras.Input((4, 2))
    encoder, decoder = _ends(keras)
    attention, scores = layers.AdditiveAttention(name="attention"), layers.Dense(7, name="scores")
    model = keras.Model([source, target], scores(attention([decoder(target), encoder(source)])))
    about = _about(encoder, decoder)
    # The scale is applied to each pair of a timestep of the one and one of the other.
    about["layers"] |= {"attention": Layer("SEQUENCE", runs=None), "scores": ON_TARGET}
    about["weights"] |= dense(scores, "scores") | {
        name_of(attention.scale): Weight("other", (Uses("attention"),))
    }
    flows = ("decoder attention", "encoder attention", "encoder scores", "attention scores")
    return of_model(model, Truth(**about, connections=_connected(flows)))


def each_with_each(keras: Any) -> Program:
    """A dense layer over every pair of timesteps of two networks: a transducer's joint."""
    layers = keras.layers
    source, target = keras.Input((5, 3)), keras.Input((4, 2))
    encoder, decoder = _ends(keras)
    joint = layers.Dense(7, name="joint")
    one, other = encoder(source), decoder(target)
    pairs = layers.Reshape((5, 1, 6))(one) + layers.Reshape((1, 4, 6))(other)
    model = keras.Model([source, target], joint(pairs))
    about = _about(encoder, decoder)
    about["layers"]["joint"] = Layer("SEQUENCE", runs=None)
    about["weights"] |= dense(joint, "joint")
    flows = ("encoder joint", "decoder joint")
    return of_model(model, Truth(**about, connections=_connected(flows)))


def scores_over_time(keras: Any) -> Program:
    """Weights of the timesteps by a dense layer over all of them, and a head on all outputs."""
    layers = keras.layers
    x = keras.Input((4, 3))
    rnn = layers.LSTM(5, return_sequences=True, name="rnn")
    scores = layers.Dense(4, activation="softmax", name="scores")
    head = layers.Dense(2, name="head")
    outputs = rnn(x)
    chances = layers.Permute((2, 1))(scores(layers.Permute((2, 1))(outputs)))
    model = keras.Model(x, head(layers.Flatten()(layers.Multiply()([outputs, chances]))))
    at_once = Layer("SEQUENCE", runs=(("time", "*"),))
    truth = Truth(
        axes={"time": Axis(4)},
        layers={
            "rnn": Layer("RECURRENT", "LSTM", 5, 0, (("time", "FORWARD"),)),
            "scores": at_once,
            "head": at_once,
        },
        weights=recurrent(rnn, "rnn") | dense(scores, "scores") | dense(head, "head"),
        starts=cells.zeros("rnn", 2),
        connections=(("rnn", "scores", 0), ("rnn", "head", 0), ("scores", "head", 0)),
    )
    return of_model(model, truth)
