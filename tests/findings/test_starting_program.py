"""The starting program: what it is told, and what comes of doing just that."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tb_rnnview import analyze
from tb_rnnview.timeline import Severity, Timeline
from tests.docs.pages import ROOT
from tests.programs.tf1 import tf

EXAMPLES = ROOT / "examples"


def built(text: str) -> Timeline:
    """The timeline of the graph that a program builds."""
    # The programs switch TensorFlow 2 off for their process, which is not only theirs here.
    text = text.replace("import tensorflow.compat.v1 as tf\n", "")
    text = text.replace("tf.disable_v2_behavior()\n", "")
    scope: dict[str, Any] = {"tf": tf, "__name__": "program"}
    exec(compile(text, "program", "exec"), scope)
    return analyze(scope["build"]())


def source(name: str) -> str:
    return (EXAMPLES / f"{name}.py").read_text("utf-8")


@pytest.fixture(scope="module")
def starting() -> Timeline:
    return built(source("starting_program"))


def test_it_is_told_two_things_and_nothing_else(starting: Timeline) -> None:
    assert [(f.code, f.severity) for f in starting.findings] == [
        ("LAYERS_EQUAL_TIMESTEPS", Severity.WARNING),
        ("INPUT_NOT_CONNECTED", Severity.WARNING),
    ]


def test_what_was_meant_is_told_nothing() -> None:
    assert built(source("what_was_meant")).findings == ()


def test_the_advice_followed_to_the_letter_makes_what_was_meant(starting: Timeline) -> None:
    lines = re.findall(r"`([^`]+)`", starting.findings[0].advice)
    assert len(lines) == 2
    text = source("starting_program")
    old = re.findall(r"^( +)(cells = .*|outputs, _ = .*)\n", text, re.M)
    assert len(old) == 2
    for (indent, statement), line in zip(old, lines, strict=True):
        # ``inputs`` in the advice is what the program calls x.
        text = text.replace(f"{indent}{statement}\n", f"{indent}{line}\n".replace("inputs", "x"))
    followed, meant = built(text), built(source("what_was_meant"))
    assert followed.findings == ()
    for part in ("axes", "layers", "variables", "states", "connections"):
        assert getattr(followed, part) == getattr(meant, part)
