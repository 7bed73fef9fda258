"""docs/how_it_works.md names the parts and the passes that there are, in their order."""

from __future__ import annotations

import ast
import re

import pytest

from tests.docs.pages import ROOT

PACKAGE = ROOT / "tb_rnnview"
PAGE = (ROOT / "docs" / "how_it_works.md").read_text("utf-8")
FROM_GRAPH_TO_TIMELINE = PAGE.partition("## From a graph")[2].partition("\n## ")[0]
PASSES = FROM_GRAPH_TO_TIMELINE.partition("### The passes")[2]

FILES = sorted(
    path.relative_to(PACKAGE / folder).as_posix()
    for folder in ("analysis", "graph")
    for path in (PACKAGE / folder).rglob("*.py")
    if path.name not in ("__init__.py", "analyze.py")
)
PARTS = sorted(
    path.name
    for path in PACKAGE.iterdir()
    if (path.suffix == ".py" or (path / "__init__.py").is_file()) and path.name[0] != "_"
)
# What is generated, and what only keeps the terminal quiet.
PARTS_WITHOUT_A_LINE = {"timeline_pb2.py", "tensorflow_chatter.py"}


def passes_run() -> list[str]:
    """The files of analysis/ whose functions analyze.py calls, in the order of the calls."""
    tree = ast.parse((PACKAGE / "analysis" / "analyze.py").read_text("utf-8"))
    home = {
        alias.name: node.module.partition(".analysis.")[2].replace(".", "/")
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("tb_rnnview.analysis")
        for alias in node.names
        if node.module
    }
    calls = [
        (node.lineno, node.col_offset, home[node.func.id])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in home
    ]
    return list(dict.fromkeys(f"{module}.py" for _, _, module in sorted(calls)))


def test_the_passes_are_listed_in_the_order_in_which_they_run() -> None:
    run = passes_run()
    assert len(run) > 10
    named = [name for name in dict.fromkeys(re.findall(r"`([\w/]+\.py)`", PASSES)) if name in run]
    assert named == run


@pytest.mark.parametrize("name", FILES)
def test_every_file_of_graph_and_analysis_is_named(name: str) -> None:
    assert f"`{name}`" in FROM_GRAPH_TO_TIMELINE


def test_no_file_of_sources_is_named_that_is_gone() -> None:
    section = PAGE.partition("## From what the user has")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(\w+\.py)`", section)) - {"script.py"}
    assert len(named) > 10
    assert named <= {path.name for path in (PACKAGE / "sources").glob("*.py")}


def test_no_file_is_named_that_is_gone() -> None:
    named = set(re.findall(r"`(\w+\.py)`", FROM_GRAPH_TO_TIMELINE))
    assert named <= set(FILES)


@pytest.mark.parametrize("name", sorted(set(PARTS) - PARTS_WITHOUT_A_LINE))
def test_every_part_has_a_line(name: str) -> None:
    table = PAGE.partition("## The parts")[2].partition("## From a graph")[0]
    assert re.search(rf"^\|.*`tb_rnnview/{re.escape(name)}/?`.*\|.*\|", table, re.M)
