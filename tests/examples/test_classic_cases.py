"""The classic cases show what mathematics says of them.

Each example runs once, here and not in a program of its own, for few training steps. What is
expected is worked out from its first weights, which a second `build` makes again.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import tb_rnnview

pytestmark = pytest.mark.tensorflow

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Case:
    """An example that has run."""

    program: ModuleType
    tables: dict[str, Any]
    """Statistics by layer."""
    printed: str

    def weights(self, layer: str) -> list[np.ndarray]:
        """Those that training began with."""
        model = self.program.build()
        return [np.asarray(w, np.float64) for w in model.get_layer(layer).get_weights()]


@pytest.fixture
def case(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Case:
    name, epochs = request.param
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec
    assert spec.loader
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    program.run(str(tmp_path), epochs)
    tables = tb_rnnview.read(tmp_path)["rnnview"].statistics
    by_layer = {tag.removeprefix(f"{name}/"): table for tag, table in tables.items()}
    return Case(program, by_layer, capsys.readouterr().out)


def of(name: str, epochs: int) -> Any:
    return pytest.mark.parametrize("case", [(name, epochs)], indirect=True, ids=[name])


def right_answers(case: Case) -> dict[str, int]:
    found = re.findall(r"^(\w+): (\d+)% of the answers are right", case.printed, re.M)
    return {layer: int(share) for layer, share in found}


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@of("vanishing", 10)
def test_a_gradient_that_vanishes_beside_one_that_does_not(case: Case) -> None:
    kernel, recurrent, bias = case.weights("simple")
    out, out_bias = case.weights("says_simple")
    x, y = (part[:64] for part in case.program.some_sequences(1024))
    states = [np.zeros([64, case.program.units])]
    for t in range(case.program.length):
        states.append(np.tanh(x[:, t] @ kernel + states[-1] @ recurrent + bias))
    # dL/dh of the last state, L = the mean over 64 of a cross entropy of sigmoids; then backwards
    # by the chain rule, through tanh' = 1 - h² and the recurrent kernel.
    gradient = (sigmoid(states[-1] @ out + out_bias) - y) / 64 @ out.T
    expected = []
    for state in states[:0:-1]:
        expected.insert(0, np.sqrt(np.square(gradient).mean()))
        gradient = (gradient * (1 - state**2)) @ recurrent.T
    simple = case.tables["simple"].values("state_gradient", "h")
    np.testing.assert_allclose(simple[0], expected, rtol=1e-3)

    lstm = case.tables["lstm"].values("state_gradient", "h")
    for step in (0, -1):
        reaches = [values[step, 0] / values[step, -1] for values in (simple, lstm)]
        assert reaches[0] < 1e-3
        assert reaches[1] > 0.1
    answers = right_answers(case)
    assert answers["simple"] < 70 < 80 < answers["lstm"]


@of("exploding", 3)
def test_a_gradient_that_grows_by_the_spectral_radius(case: Case) -> None:
    for layer, radius in (("steady", 1.0), ("exploding", 1.2)):
        _, recurrent, _ = case.weights(layer)
        np.testing.assert_allclose(np.abs(np.linalg.eigvals(recurrent)), radius, rtol=1e-5)
        first = case.tables[layer].values("state_gradient", "h")[0].astype(np.float64)
        np.testing.assert_allclose(first[:-1] / first[1:], radius, rtol=1e-4)
        np.testing.assert_allclose(first[0] / first[-1], radius**49, rtol=1e-3)
    assert round(1.2**49, -2) == 7600  # as the example says
    assert np.isfinite(case.tables["steady"].values("state_gradient", "h")).all()
    assert not np.isfinite(case.tables["exploding"].values("state_gradient", "h")[1:]).any()
    broken = case.tables["exploding"].values("non_finite", "gradients")
    assert (broken > 0).any(axis=1).tolist() == [False, True, True]
    assert "exploding: at step 1 the gradient grows by 1.200 per timestep" in case.printed


@of("saturated", 5)
def test_gates_that_are_saturated_beside_some_that_are_not(case: Case) -> None:
    hours = case.program.some_days(512)[0][:64, 0].astype(np.float64)
    for layer, x in (("raw", hours), ("scaled", (hours - 1013) / 10)):
        kernel, _, bias = case.weights(layer)
        # At the first timestep the state is 0: nothing but the input and the bias is summed up.
        i, f, c, o = np.split(x @ kernel + bias, 4, axis=1)
        for gate, z in {"i": i, "f": f, "o": o}.items():
            share = np.mean((sigmoid(z) < 0.1) | (sigmoid(z) > 0.9))
            found = case.tables[layer].values("saturation", gate)[0, 0]
            np.testing.assert_allclose(found, share, atol=1e-6)
        found = case.tables[layer].values("saturation", "c")[0, 0]
        np.testing.assert_allclose(found, np.mean(np.abs(np.tanh(c)) > 0.9), atol=1e-6)
    assert (case.tables["raw"].values("saturation") > 0.9).all()
    assert (case.tables["scaled"].values("saturation") < 0.1).all()
    answers = right_answers(case)
    assert answers["raw"] < 60 < 80 < answers["scaled"]


@of("padded", 2)
def test_timesteps_of_padding_have_no_vote_where_there_is_a_mask(case: Case) -> None:
    _, _, lengths = case.program.some_words(512)
    longest = lengths[:64].max()
    assert 3 <= longest < case.program.length
    masked, unmasked = case.tables["masked"], case.tables["unmasked"]
    live = np.mean(np.arange(case.program.length) < lengths[:64, None], axis=0)
    for step in range(len(masked.steps)):
        np.testing.assert_allclose(masked.values("live")[step], live, rtol=1e-6)
        assert (unmasked.values("live")[step] == 1).all()
    for row in (row for row in masked.rows if row.measure == "vote"):
        votes = masked.values("vote", row.of)
        assert (votes[:, longest:] == 0).all()
        assert (votes[:, :longest] != 0).any(axis=1).all()
        np.testing.assert_allclose(votes.sum(axis=1), 1, atol=1e-5)
    assert (unmasked.values("vote")[:, longest:] != 0).all()
