"""What the pages promise exists: links, commands, options, names and arguments."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from tensorboard.plugins.core import core_plugin

import tb_rnnview
from tests.docs.pages import PAGES, ROOT, anchors, code_blocks, commands, prose

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))


@lru_cache
def help_of(*subcommand: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tb_rnnview", *subcommand, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@lru_cache
def make_targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in target:
            continue
        path, _, fragment = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        assert goal.exists(), f"{target}: there is no such file"
        assert goal.is_relative_to(ROOT), f"{target}: leads out of the project"
        if fragment:
            assert fragment in anchors(goal), f"{target}: no heading is called so"


def test_every_page_of_docs_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for page in PAGES:
        path = str(page.relative_to(ROOT))
        if not path.startswith("docs/findings/"):  # those are linked from the list of them
            assert path == "README.md" or f"({path})" in readme


@each_page
def test_commands_and_their_options_exist(page: Path) -> None:
    for words in commands(page):
        if words[0] == "make":
            named = [w for w in words[1:] if "=" not in w]
            assert set(named) <= make_targets(), words
        elif words[0] == "tb-rnnview" and len(words) > 1:
            options = [w.partition("=")[0] for w in words if w.startswith("-")]
            subcommand = [] if words[1].startswith("-") else [words[1]]
            known = re.findall(r"(?<![\w-])--?[a-z][\w-]*", help_of(*subcommand))
            assert set(options) <= set(known), words
        elif words[0].startswith("scripts/"):
            assert (ROOT / words[0]).is_file(), words
        elif words[0] == "python" and words[1].endswith(".py"):
            assert (ROOT / words[1]).is_file(), words


@each_page
def test_options_that_the_prose_names_exist(page: Path) -> None:
    """An option that stands alone is one of tb-rnnview's commands, or one of TensorBoard's."""
    named = set(re.findall(r"`(--[a-z][\w-]*)[ =`]", prose(page)))
    ours = "".join(help_of(command) for command in ("show", "check", "export", "demo"))
    known = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", ours))
    theirs = inspect.getsource(core_plugin)
    assert [x for x in sorted(named - known) if f'"{x}"' not in theirs] == []


@each_page
def test_python_names_and_arguments_exist(page: Path) -> None:
    for block in code_blocks(page, "python"):
        tree = ast.parse(block)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and _path(node):
                _resolve(_path(node))
            if isinstance(node, ast.Call) and _path(node.func):
                function = _resolve(_path(node.func))
                keywords = {k.arg: None for k in node.keywords if k.arg}
                inspect.signature(function).bind(*node.args, **keywords)


def test_a_name_that_does_not_exist_would_be_noticed() -> None:
    call = ast.parse("tb_rnnview.export(graph, folder='logs')", mode="eval").body
    assert isinstance(call, ast.Call)
    function = _resolve(_path(call.func))
    with pytest.raises(TypeError):
        inspect.signature(function).bind(
            *call.args, **{k.arg: None for k in call.keywords if k.arg}
        )
    with pytest.raises(AttributeError):
        _resolve(["tb_rnnview", "summary", "no_such_function"])


def _path(node: ast.AST) -> list[str]:
    """``["tb_rnnview", "summary", "timeline"]``; empty for anything not of this package."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    if isinstance(node, ast.Name) and node.id == "tb_rnnview":
        return ["tb_rnnview", *names]
    return []


def _resolve(path: list[str]) -> Any:
    value: Any = tb_rnnview
    for name in path[1:]:
        value = getattr(value, name)
    return value
