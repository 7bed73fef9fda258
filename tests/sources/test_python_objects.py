"""``script.py:attribute`` and ``module:attribute``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.open_source import open_source
from tb_rnnview.sources.python_object import split_address
from tests.sources.graphs import graph, saved
from tests.timelines import stacked

PROGRAM = """
from tests.sources.graphs import graph
from tests.timelines import stacked
from {module}_neighbour import THREE

made = graph(THREE)
timeline = stacked()
number = 3

def build():
    return graph(5)

def late():
    return stacked()

def needs(x):
    return x

def fails():
    raise RuntimeError("no data\\nsecond line")

def leaves():
    raise SystemExit(1)

class Holder:
    inner = made

if __name__ == "__main__":
    raise RuntimeError("not wanted")
"""


@pytest.fixture
def program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Path:
    name = f"program_{abs(hash(request.node.name))}"
    (tmp_path / f"{name}_neighbour.py").write_text("THREE = 3\n")
    path = tmp_path / f"{name}.py"
    path.write_text(PROGRAM.format(module=name))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return path


def refusal(source: str) -> str:
    with pytest.raises(SourceError) as caught:
        open_source(source)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_what_an_attribute_may_be(program: Path) -> None:
    for attribute, nodes in (("made", 3), ("build", 5), ("Holder.inner", 3)):
        source = f"{program}:{attribute}"
        opened = open_source(source)
        assert isinstance(opened, GraphSource)
        assert opened.graph_def == graph(nodes)
        assert opened.source.path == source
        assert opened.name == attribute.split(".")[-1]
    assert open_source(f"{program}:timeline") == open_source(f"{program}:late") == stacked()


def test_a_module_in_the_current_folder(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(program.parent)
    opened = open_source(f"{program.stem}:made")
    assert isinstance(opened, GraphSource)
    assert opened.graph_def == graph(3)


@pytest.mark.parametrize(
    ("attribute", "said"),
    [
        ("nothing", "there is no 'nothing' in it; its names are: "),
        ("number", "an object of type int is no network"),
        ("needs", "calling needs without arguments failed (TypeError"),
        ("fails", "calling fails without arguments failed in line 20 (RuntimeError: no data)"),
        ("leaves", "calling leaves without arguments failed in line 23 (SystemExit: 1)"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(program: Path, attribute: str, said: str) -> None:
    message = refusal(f"{program}:{attribute}")
    assert message.startswith(f"{program}:")
    assert said in message


def test_a_program_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "broken_program.py"
    path.write_text("x = 1\nx.y\n")
    assert "running it failed in line 2 (AttributeError: " in refusal(f"{path}:x")
    path.write_text("x = (\n")
    assert "running it failed (SyntaxError: " in refusal(f"{path}:x")
    assert "broken_program" not in sys.modules


def test_programs_and_modules_that_are_not_there() -> None:
    assert refusal("nowhere.py:graph") == "nowhere.py: there is no such file; check the path"
    assert "no_such_module: there is no such module" in refusal("no_such_module:graph")
    assert "json.nothing: there is no such module" in refusal("json.nothing:graph")


@pytest.mark.parametrize(
    "path",
    [
        "C:\\models\\a.pb",
        "C:model",
        "D:a.meta",
        "gs://bucket/a.pb",
        "logs/12:30",
        "a:",
        ":b",
        "a b:c",
    ],
)
def test_what_is_a_path(path: str) -> None:
    assert split_address(path) is None


def test_what_is_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert split_address("C:\\a\\b.py:graph") == ("C:\\a\\b.py", "graph")
    assert split_address("package.module:make.it") == ("package.module", "make.it")
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "odd:name", graph())
    assert isinstance(open_source("odd:name"), GraphSource), "a file of that name is a file"
