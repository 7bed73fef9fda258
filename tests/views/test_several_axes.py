"""Several axes: which is which, what flows between them, and lengths that nobody knows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_rnnview.timeline import (
    Application,
    Block,
    Connection,
    Direction,
    Kind,
    Layer,
    State,
    Timeline,
    Use,
)
from tb_rnnview.views.sentence import sentence
from tb_rnnview.views.text import render
from tb_rnnview.views.uses import total_words
from tests.views import samples


def translator(*, is_final: bool = True) -> Timeline:
    """An encoder, and a decoder that starts from its final state, or from what is made of it."""
    plain = samples.encoder_decoder()
    start = replace(plain.states[1], initial="x", initial_layer="layer0" if is_final else "")
    return replace(
        plain,
        states=(plain.states[0], start),
        connections=(
            Connection("layer0", "layer1", starts_state=True),
            Connection("layer1", "layer2"),
        ),
    )


def without_lengths(timeline: Timeline) -> Timeline:
    return replace(
        timeline,
        axes=tuple(replace(a, length=None, reason=f"{a.label} is open") for a in timeline.axes),
        variables=tuple(
            replace(v, uses=tuple(replace(u, stop=None if u.axis else u.stop) for u in v.uses))
            for v in timeline.variables
        ),
    )


def applied_twice() -> Timeline:
    """One layer that reads two sequences."""
    plain = samples.what_was_meant()
    other = samples.time_axis(4, id="axis1", label="right")
    places = (Application("axis0", Direction.FORWARD), Application("axis1", Direction.FORWARD))
    return replace(
        plain,
        axes=(replace(plain.axes[0], label="left"), other),
        layers=(replace(plain.layers[0], applications=places),),
        variables=tuple(
            replace(v, uses=(*v.uses, Use("layer0", "axis1", 0, 4))) for v in plain.variables
        ),
    )


def line_with(text: str, part: str) -> str:
    (line,) = [line for line in text.splitlines() if part in line]
    return line


def test_the_headline_follows_the_flow_of_data() -> None:
    said = sentence(translator())
    assert said.headline == "Source: 1 layer × 7 timesteps → target: 1 layer × 4 timesteps"
    apart = replace(translator(), connections=())
    assert sentence(apart).headline == (
        "Source: 1 layer × 7 timesteps; target: 1 layer × 4 timesteps"
    )
    named = replace(translator(), axes=tuple(replace(a, label="enc_1") for a in apart.axes))
    assert sentence(named).headline.startswith("enc_1: 1 layer"), "as the program calls it"
    lstm = replace(translator(), axes=tuple(replace(a, label="lstm") for a in apart.axes))
    assert sentence(lstm).headline.startswith("lstm: 1 layer"), "an abbreviation is no word"
    inside = sentence(samples.nested()).headline
    assert inside == "Words: 1 layer × 3 timesteps; letters: 1 layer × 4 timesteps", (
        "a loop inside another one is no link of a chain"
    )


@pytest.mark.parametrize(
    ("is_final", "what"), [(True, "the final state of"), (False, "a result of")]
)
def test_a_start_from_another_layer_is_said_in_words(is_final: bool, what: str) -> None:
    timeline = translator(is_final=is_final)
    assert f"'decoder' starts from {what} 'encoder'." in sentence(timeline).notes
    text = render(timeline, width=100)
    assert "from encoder → h0 " in line_with(text, "Layer 0 · decoder  ")
    assert line_with(text, "starts from " + what + " encoder").startswith("State: h [batch, 30], ")
    panel = text[text.index("Time axis target") : text.index("● the kernel")]
    assert "from Layer 0 · encoder" not in panel, "it is no input of every timestep"


def test_several_starts_are_one_sentence() -> None:
    plain = translator()
    head = replace(plain.layers[1], id="layer3", name="second", depth=1)
    start = replace(plain.states[1], layer="layer3", initial_layer="")
    timeline = replace(
        plain,
        layers=(*plain.layers, head),
        states=(*plain.states, start),
        connections=(*plain.connections, Connection("layer0", "layer3", starts_state=True)),
    )
    assert (
        "'decoder' starts from the final state of 'encoder', 'second' from a result of 'encoder'."
    ) in sentence(timeline).notes


def test_data_for_every_timestep_start_nothing() -> None:
    timeline = replace(translator(is_final=False), connections=(Connection("layer0", "layer1"),))
    assert not any("starts from" in note for note in sentence(timeline).notes)
    assert "starts from x (in Layer 0 · decoder)" in render(timeline, width=100)


def test_lengths_that_are_not_known_are_told_apart() -> None:
    timeline = without_lengths(translator())
    said = sentence(timeline)
    assert said.headline == "Source: 1 layer × T₁ timesteps → target: 1 layer × T₂ timesteps"
    assert "T₁ is not known: source is open." in said.notes
    assert "T₂ is not known: target is open." in said.notes
    text = render(timeline, width=110)
    row = next(line for line in text.splitlines() if line.startswith("decoder/kernel"))
    assert row.split()[-5:] == ["0", "–", "T₂−1", "T₂", "5,400"]
    assert "hT₁−1 → final h" in text
    assert "shared × T₂" in text


def test_a_layer_that_reads_two_sequences_is_one_layer() -> None:
    timeline = applied_twice()
    said = sentence(timeline)
    assert said.headline == "1 layer × (3 + 4) timesteps"
    # (26 + 100) · 100 + 100 parameters, 3 + 4 times
    assert said.detail == (
        "Its weights are shared by all its 3 + 4 timesteps: 12,700 parameters "
        "(88,900 if every timestep had its own)."
    )
    text = render(timeline, width=110)
    assert "shared × 3" in text
    assert "shared × 4" in text
    assert "Time axis right: 4 timesteps (the same layers again)" in text
    unknown = without_lengths(timeline)
    assert sentence(unknown).headline == "1 layer × (T₁ + T₂) timesteps"
    axes = {axis.id: axis for axis in unknown.axes}
    assert total_words(axes, unknown.variables[0].uses) == "T₁ + T₂"


def test_many_sequences_are_counted() -> None:
    timeline = applied_twice()
    more = tuple(samples.time_axis(5, id=f"more{i}") for i in range(3))
    places = (*timeline.layers[0].applications, *(Application(axis.id) for axis in more))
    layer = replace(timeline.layers[0], applications=places)
    many = replace(timeline, axes=(*timeline.axes, *more), layers=(layer,))
    assert sentence(many).headline == "1 layer on 5 time axes"


def test_layers_on_several_axes_are_told_apart_by_name() -> None:
    plain = translator()
    encoder, decoder, projection = plain.layers
    forward = replace(
        encoder,
        name="encoder/forward_gru",
        applications=(Application("axis0", Direction.FORWARD),),
    )
    backward = replace(
        forward,
        id="layer9",
        name="encoder/backward_gru",
        applications=(Application("axis0", Direction.BACKWARD),),
    )
    both = replace(plain, layers=(forward, backward, decoder, projection))
    text = render(both, width=110)
    for title in ("Layer 0 forward · encoder ", "Layer 0 backward · encoder ", "0 · decoder "):
        assert title in text


def test_a_kept_state_is_called_so() -> None:
    plain = samples.what_was_meant()
    use = Use("layer0")
    stored = samples.weight("rnn/state", (2, 100), use, role="initial_state", trainable=False)
    timeline = replace(
        plain,
        variables=(*plain.variables, stored),
        states=(State("h", "layer0", (2, 100), "rnn/state"),),
    )
    text = render(timeline, width=100)
    assert "kept → h0 " in text
    assert "starts from rnn/state, kept from run to run" in text
    trained = replace(timeline, variables=(*plain.variables, replace(stored, trainable=True)))
    assert "kept" not in render(trained, width=100)


def test_kinds_are_named_in_words() -> None:
    text = " ".join(render(samples.bidirectional(), width=120).split())
    # 1000 · 40 of the embedding, 40 · 3 + 3 of the head
    said = "2 other layers, 40,123 parameters: embedding (all timesteps at once), dense (once)."
    assert said in text


def test_many_other_layers_are_counted_by_kind() -> None:
    plain = samples.bidirectional()
    embedding, *recurrent, head = plain.layers
    layers = [embedding, *recurrent, head]
    variables = list(plain.variables)
    for index in range(4):
        layers.append(replace(head, id=f"more{index}", name=f"dense_{index}"))
        variables.append(samples.weight(f"more{index}/w", (10,), Use(f"more{index}")))
    timeline = replace(plain, layers=tuple(layers), variables=tuple(variables))
    assert sentence(timeline).notes[-1] == (
        "6 other layers, 40,163 parameters: 1 (all timesteps at once), 5 (once)."
    )


def test_what_all_timesteps_use_at_once_is_said_to_be_so() -> None:
    plain = samples.bidirectional()
    table, *others = plain.variables
    table = replace(table, uses=(Use("layer0"),))
    text = render(replace(plain, variables=(table, *others)), width=120)
    row = next(line for line in text.splitlines() if line.startswith("embedding/table"))
    assert row.split()[-5:] == ["all", "at", "once", "1", "40,000"]


def test_a_bias_of_two_rows_has_no_wire() -> None:
    plain = samples.what_was_meant()
    kernel, bias = plain.variables
    text = render(replace(plain, variables=(kernel, replace(bias, shape=(2, 100)))), width=100)
    assert len([line for line in text.splitlines() if "●──" in line]) == 1


def test_one_row_is_one() -> None:
    plain = samples.what_was_meant()
    blocks = (Block("input", 0, 0, 1),)
    kernel = replace(plain.variables[0], shape=(1, 100), blocks=blocks)
    text = render(replace(plain, variables=(kernel, plain.variables[1])), width=110)
    assert "1 row = 1 input" in text


def test_the_end_of_a_long_name_is_kept() -> None:
    plain = translator()
    encoder = replace(plain.layers[0], name="a_very_long_scope_of_the_program/encoder")
    text = render(replace(plain, layers=(encoder, *plain.layers[1:])), width=80)
    assert "/encoder → h0 " in text


def test_many_timesteps_leave_room_for_how_many_they_are() -> None:
    plain = samples.long_lstm()
    axis = replace(plain.axes[0], length=100_000)
    uses = (Use("layer0", "axis0", 0, 100_000),)
    variables = tuple(replace(v, uses=uses) for v in plain.variables)
    layer = replace(plain.layers[0], name="a_name_that_is_longer_than_its_room")
    text = render(replace(plain, axes=(axis,), layers=(layer,), variables=variables), width=70)
    assert line_with(text, "●──").endswith("shared × 100,000")
    assert "h99999 → final c, h" in text


def test_a_state_with_several_starts_ends_as_one() -> None:
    plain = samples.long_lstm()
    fed = tuple(replace(state, initial="fed") for state in plain.states)
    text = render(replace(plain, states=(*plain.states, *fed)), width=100)
    assert line_with(text, "start → h0").endswith("→ final c, h")


def test_a_narrow_terminal_keeps_the_depth_and_cuts_the_name() -> None:
    plain = samples.bidirectional()
    names = {"layer1": "a_long_name/of_a_scope/forward", "layer2": "a_long_name/of_a_scope/back"}
    layers = tuple(replace(x, name=names.get(x.id, x.name)) for x in plain.layers)
    text = render(replace(plain, layers=layers), width=80)
    for way in ("forward", "backward"):
        assert any(line.startswith(f"Layer 0 {way} · …") for line in text.splitlines())


def test_several_sources_with_long_names_are_said_in_short() -> None:
    plain = samples.encoder_decoder()
    parts = [
        Layer(f"part{i}", f"multi_head_attention_of_the_decoder/{name}", kind=Kind.SEQUENCE,
              applications=plain.layers[2].applications)
        for i, name in enumerate(["query", "value"])
    ]  # fmt: skip
    weights = [samples.weight(f"{x.name}/kernel", (30, 9), Use(x.id, "axis1")) for x in parts]
    timeline = replace(
        plain,
        layers=(*plain.layers[:2], *parts, plain.layers[2]),
        variables=(*plain.variables, *weights),
        connections=tuple(Connection(x.id, "layer2") for x in parts),
    )
    assert "from query + 1 more" in render(timeline, width=90)


def test_what_lies_above_a_layer_outside_time_is_fed_by_the_input() -> None:
    plain = samples.encoder_decoder()
    here = plain.layers[0].applications
    actor, critic = (replace(x, depth=0, applications=here) for x in plain.layers[:2])
    head = Layer("head", "head", kind=Kind.ONCE, applications=(Application(),))
    timeline = replace(
        plain,
        axes=plain.axes[:1],
        layers=(actor, head, critic),
        variables=(
            samples.weight("actor/kernel", (60, 90), Use("layer0", "axis0", 0, 7)),
            samples.weight("head/kernel", (30, 2), Use("head")),
            samples.weight("critic/kernel", (60, 90), Use("layer1", "axis0", 0, 7)),
        ),
        states=(),
        connections=(Connection("layer0", "head"),),
    )
    assert line_with(render(timeline, width=90), "the input").strip().startswith("GRU, 30 units")
