"""What a Keras configuration may name in a graph: what is proven, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tb_rnnview.analysis.configured import ConfiguredNames, names_by_configuration
from tb_rnnview.sources.configured_layer import (
    Call,
    ConfiguredLayer,
    ConfiguredModel,
    ConfiguredVariable,
)
from tb_rnnview.timeline import (
    Application,
    Connection,
    Direction,
    Kind,
    Layer,
    Timeline,
    Use,
    Variable,
)

LSTM = (("kernel", "kernel"), ("recurrent_kernel", "recurrent_kernel"), ("bias", "bias"))
DENSE = (("kernel", "kernel"), ("bias", "bias"))


def found(
    *layers: Layer, roles: dict[str, Sequence[str]] | None = None, edges: str = ""
) -> Timeline:
    """A graph's layers; their variables are p0, p1, ..., three for recurrent ones, else two.

    ``edges`` are like "a>c b>c".
    """
    variables: list[Variable] = []
    for layer in layers:
        made = LSTM if layer.kind is Kind.RECURRENT else DENSE
        for role in (roles or {}).get(layer.id, [r for _, r in made]):
            variables.append(
                Variable(f"p{len(variables)}", None, layers=(layer.id,), role=role,
                         uses=(Use(layer.id),))
            )  # fmt: skip
    pairs = [edge.split(">") for edge in edges.split()]
    return Timeline(
        layers=layers,
        variables=tuple(variables),
        connections=tuple(Connection(a, b) for a, b in pairs),
    )


def lstm(name: str, units: int | None = 4, way: Direction = Direction.FORWARD) -> Layer:
    return Layer(name, name, "LSTM", units, Kind.RECURRENT, applications=(Application("t", way),))


def dense(name: str) -> Layer:
    return Layer(name, name, kind=Kind.ONCE)


def configured(
    name: str, inputs: Sequence[int] = (), kind: str = "LSTM", units: int = 4, *,
    backward: bool = False,
) -> ConfiguredLayer:  # fmt: skip
    made = LSTM if kind == "LSTM" else DENSE
    variables = tuple(ConfiguredVariable(f"{name}/{v}", (3, units), role) for v, role in made)
    return ConfiguredLayer(
        name,
        kind,
        (name,),
        (Call(tuple(inputs)),),
        variables=variables if kind in ("LSTM", "Dense") else None,
        cell="LSTM" if kind == "LSTM" else "",
        units=units,
        is_recurrent=kind == "LSTM",
        is_backward=backward,
    )


def model(*layers: ConfiguredLayer) -> ConfiguredModel:
    return ConfiguredModel("model", "", layers)


def told(timeline: Timeline, *models: ConfiguredModel) -> ConfiguredNames:
    return names_by_configuration(timeline, models, [v.name for v in timeline.variables])


def named(names: ConfiguredNames) -> dict[str, str]:
    return {d.node: d.name for d in names.declared if d.name != d.node}


CHAIN = model(configured("one"), configured("two", [0]), configured("head", [1], "Dense"))


def test_equal_layers_are_told_by_the_order_of_data() -> None:
    # The graph lists them in another order than data flows through them.
    timeline = found(lstm("b"), lstm("a"), dense("c"), edges="a>b b>c")
    names = told(timeline, CHAIN)
    assert named(names) == {
        "p0": "two/kernel", "p1": "two/recurrent_kernel", "p2": "two/bias",
        "p3": "one/kernel", "p4": "one/recurrent_kernel", "p5": "one/bias",
        "p6": "head/kernel", "p7": "head/bias",
    }  # fmt: skip
    assert [d.name for d in names.declared][:3] == ["one/kernel", "one/recurrent_kernel",
                                                    "one/bias"], "the model's order"  # fmt: skip
    assert names.declared[0].layers == ("one",)
    assert names.declared[0].shape == (3, 4)
    assert (names.findings, names.reasons) == ([], {})


BRANCHES = model(
    configured("left"), configured("right"), configured("join", [0, 1], "Dense"),
)  # fmt: skip


def test_equal_branches_stay_unnamed_and_that_is_said() -> None:
    timeline = found(lstm("a"), lstm("b"), dense("c"), edges="a>c b>c")
    names = told(timeline, BRANCHES)
    assert named(names) == {"p6": "join/kernel", "p7": "join/bias"}
    (finding,) = names.findings
    assert finding.code == "NAMES_NOT_PROVEN"
    assert "left or right" in finding.message
    assert finding.layers == ("a", "b")
    assert finding.variables == tuple(f"p{i}" for i in range(6))
    told_of = names.told_of(timeline)
    assert "left or right" in told_of.variable("p4").reason
    assert told_of.variable("p6").reason == ""
    assert told_of.findings == (finding,)


@pytest.mark.parametrize("difference", ["units", "way", "further", "cell"])
def test_branches_that_differ_in_anything_are_named(difference: str) -> None:
    a, b = lstm("a"), lstm("b")
    left, right = configured("left"), configured("right")
    tail, edges = [configured("join", [0, 1], "Dense")], "a>c b>c"
    more = [dense("c")]
    if difference == "units":
        a, left = lstm("a", 5), configured("left", units=5)
    elif difference == "way":
        a, left = lstm("a", way=Direction.BACKWARD), configured("left", backward=True)
    elif difference == "cell":
        a, left = replace(a, cell="GRU"), replace(left, cell="GRU", class_name="GRU")
    else:
        tail = [configured("between", [0], "Dense"), configured("join", [1, 2], "Dense")]
        edges, more = "a>d d>c b>c", [dense("c"), dense("d")]
    names = told(found(a, b, *more, edges=edges), model(left, right, *tail))
    assert {named(names)["p0"], named(names)["p3"]} == {"left/kernel", "right/kernel"}
    assert named(names)["p0"] == "left/kernel"
    assert names.findings == []


def test_a_direction_that_is_not_known_tells_nothing() -> None:
    both = found(lstm("a", way=Direction.UNKNOWN), lstm("b", way=Direction.UNKNOWN))
    pair = model(configured("forward"), configured("backward", backward=True))
    assert named(told(both, pair)) == {}
    one = found(lstm("a", way=Direction.UNKNOWN), lstm("b", way=Direction.BACKWARD))
    assert named(told(one, pair))["p0"] == "forward/kernel"


def in_scopes(timeline: Timeline, **scopes: str) -> Timeline:
    return replace(
        timeline,
        variables=tuple(
            replace(v, name=f"{scopes.get(v.layers[0], 'x')}/{v.name}") for v in timeline.variables
        ),
    )


def test_scopes_break_a_tie_only_where_they_tell_all_apart() -> None:
    timeline = found(lstm("a"), lstm("b"), dense("c"), edges="a>c b>c")
    names = told(in_scopes(timeline, a="model/right", b="model/left"), BRANCHES)
    assert named(names)["model/right/p0"] == "right/kernel"
    assert named(names)["model/left/p3"] == "left/kernel"
    for scopes in (
        {"a": "m/left"},
        {"a": "m/left", "b": "m/left"},
        {"a": "left/right", "b": "left"},
    ):
        names = told(in_scopes(timeline, **scopes), BRANCHES)
        assert set(named(names).values()) == {"join/kernel", "join/bias"}, scopes


def running_in(timeline: Timeline, **scopes: str) -> Timeline:
    return replace(
        timeline,
        layers=tuple(
            replace(x, applications=(Application("t", name=f"{scopes.get(x.id, 'x')}/while"),))
            for x in timeline.layers
        ),
    )


def test_where_layers_run_breaks_a_tie_too() -> None:
    timeline = found(lstm("a"), lstm("b"), dense("c"), edges="a>c b>c")
    for numbered in ("", "_1"):
        places = {"a": f"m{numbered}/right{numbered}", "b": f"m{numbered}/left{numbered}"}
        names = told(running_in(timeline, **places), BRANCHES)
        assert named(names)["p0"] == "right/kernel"
        assert named(names)["p3"] == "left/kernel"


@pytest.mark.parametrize("scopes", [("lstm_1", "lstm_1_1"), ("lstm_1", "lstm_2"), ("x", "y")])
def test_numbers_that_may_be_names_or_not_tell_nothing(scopes: tuple[str, str]) -> None:
    timeline = found(lstm("a"), lstm("b"), dense("c"), edges="a>c b>c")
    twins = model(configured("lstm"), configured("lstm_1"), configured("join", [0, 1], "Dense"))
    names = told(running_in(timeline, a=scopes[0], b=scopes[1]), twins)
    assert set(named(names).values()) == {"join/kernel", "join/bias"}


def test_scopes_never_go_against_the_graph() -> None:
    timeline = found(lstm("b"), lstm("a"), dense("c"), edges="a>b b>c")
    names = told(in_scopes(timeline, a="m/two", b="m/one"), CHAIN)
    assert named(names)["m/two/p3"] == "one/kernel"


@pytest.mark.parametrize(
    "other",
    [
        model(configured("one"), configured("head", [0], "Dense")),
        model(configured("one"), configured("two"), configured("head", [0, 1], "Dense")),
        model(configured("one", units=5), configured("two", [0]), configured("head", [1], "Dense")),
        model(*CHAIN.layers, configured("more", [2], "Dense")),
        model(configured("head", [], "Dense"), configured("one", [0]), configured("two", [1])),
    ],
)
def test_the_configuration_of_another_model_names_nothing(other: ConfiguredModel) -> None:
    timeline = found(lstm("a"), lstm("b"), dense("c"), edges="a>b b>c")
    names = told(timeline, other)
    assert names.declared == []
    assert set(names.reasons) == {v.name for v in timeline.variables}
    (finding,) = names.findings
    assert "no Keras configuration beside the graph fits it" in finding.message
    # Beside it, the right one is found.
    assert named(told(timeline, other, CHAIN))["p0"] == "one/kernel"


def test_a_shape_that_contradicts_is_a_contradiction() -> None:
    timeline = found(lstm("a"), lstm("b"), dense("c"), edges="a>b b>c")
    first = replace(timeline.variables[0], shape=(7, 4))
    timeline = replace(timeline, variables=(first, *timeline.variables[1:]))
    assert told(timeline, CHAIN).declared == []


def test_two_models_that_both_fit_name_nothing() -> None:
    timeline = found(lstm("a"), lstm("b"), dense("c"), edges="a>b b>c")
    again = model(*(replace(x, name=f"other_{x.name}") for x in CHAIN.layers))
    names = told(timeline, CHAIN, again)
    assert names.declared == []
    assert "2 different Keras configurations" in names.findings[0].message


def test_without_a_configuration_it_is_said_that_names_are_missing() -> None:
    timeline = found(lstm("a"))
    names = told(timeline)
    assert names.findings[0].code == "NAMES_NOT_PROVEN"
    assert "no Keras configuration is beside the graph" in names.findings[0].message
    own_names = names_by_configuration(timeline, [], [])
    assert (own_names.findings, own_names.reasons) == ([], {}), "variables that have names"


def test_a_class_that_is_not_known_may_be_anything_in_its_place() -> None:
    with_own = model(
        configured("one"), configured("own", [0], "MyLayer"), configured("head", [1], "Dense"),
    )  # fmt: skip
    for inside in ("a>x x>c", "a>x x>y y>c", "a>c"):
        ids = dict.fromkeys(inside.replace(">", " ").split())
        layers = [lstm("a"), *(dense(i) for i in ids if i != "a")]
        timeline = found(*layers, edges=inside)
        names = told(timeline, with_own)
        assert named(names)["p0"] == "one/kernel", inside
        last = timeline.variables_of("c")[0].name
        if "x" in inside:  # else the head may be within the layer that is not known
            assert named(names)[last] == "head/kernel", inside
        for inner in timeline.variables_of("x") if "x" in ids else ():
            declared = next(d for d in names.declared if d.node == inner.name)
            assert declared.layers == ("own",)
            assert declared.name == inner.name, "which of its variables is not known"


def test_gain_and_shift_of_a_norm_are_not_told_apart() -> None:
    variables = tuple(
        ConfiguredVariable(f"norm/{n}", (4,), "norm") for n in ("gamma", "beta", "moving_mean")
    )
    norm = ConfiguredLayer("norm", "BatchNormalization", ("norm",), (Call((0,)),), variables)
    whole = model(configured("one"), norm, configured("head", [1], "Dense"))
    timeline = found(
        lstm("a"), dense("n"), dense("c"), roles={"n": ["norm", "norm"]}, edges="a>n n>c"
    )
    names = told(timeline, whole)
    assert named(names)["p5"] == "head/kernel"
    declared = {d.node: d for d in names.declared}
    assert (declared["p3"].name, declared["p3"].layers) == ("p3", ("norm",))
    assert "is a variable of norm" in names.reasons["p3"]
    # Where the norm is folded into its neighbours, the others are named all the same.
    folded = found(lstm("a"), dense("c"), edges="a>c")
    assert named(told(folded, whole))["p3"] == "head/kernel"


def test_one_layer_called_twice_is_one() -> None:
    timeline = found(lstm("a"), lstm("b"), dense("c"), edges="a>c b>c")
    shared = tuple(
        replace(v, layers=("a", "b")) if "a" in v.layers else v
        for v in timeline.variables
        if "b" not in v.layers
    )
    timeline = replace(timeline, variables=shared)
    twice = replace(configured("both"), calls=(Call(()), Call(())))
    names = told(timeline, model(twice, configured("head", [0], "Dense")))
    assert set(named(names).values()) == {
        "both/kernel", "both/recurrent_kernel", "both/bias", "head/kernel", "head/bias",
    }  # fmt: skip


def test_states_of_a_layer_keep_their_names_beside_its_weights() -> None:
    roles = {"a": [r for _, r in LSTM] + ["initial_state"]}
    names = told(
        found(lstm("a"), dense("c"), roles=roles, edges="a>c"),
        model(configured("one"), configured("head", [0], "Dense")),
    )
    assert named(names)["p0"] == "one/kernel"
    assert "p3" not in named(names)
    assert "is a variable of one" in names.reasons["p3"]
