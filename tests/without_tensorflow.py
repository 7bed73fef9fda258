"""``pytest --without-tensorflow``: every test that needs no TensorFlow, where there is none.

Left out are, and the report says how many,

* modules that import it, or import a module of the tests that does;
* in the other modules the tests that import it themselves or through a fixture of theirs, and those
  marked ``tensorflow``: they start a program that does.

Nothing is skipped: a test that needs TensorFlow and is not recognised here fails.
"""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from pathlib import Path

import pytest

OPTION = "--without-tensorflow"
FRAMEWORKS = frozenset({"tensorflow", "tf_keras", "keras"})
ROOT = Path(__file__).resolve().parents[1]

_left_out = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        OPTION,
        action="store_true",
        help="run only what needs no TensorFlow; refused where TensorFlow is installed",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_left_out] = []
    if not config.getoption(OPTION):
        return
    there = [name for name in sorted(FRAMEWORKS) if importlib.util.find_spec(name)]
    if there:
        raise pytest.UsageError(f"{OPTION}: {', '.join(there)} can be imported here")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    path = collection_path
    if not config.getoption(OPTION) or path.suffix != ".py" or not needs_tensorflow(path):
        return None
    config.stash[_left_out].append(path.relative_to(ROOT).as_posix())
    return True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption(OPTION):
        return
    kept, left = [], []
    for item in items:
        name = getattr(item, "originalname", item.name)
        marked = item.get_closest_marker("tensorflow") is not None
        needs = marked or name in functions_with_tensorflow(item.path)
        (left if needs else kept).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = kept


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    left_out = sorted(config.stash[_left_out])
    if left_out:
        tests = [path for path in left_out if Path(path).name.startswith("test_")]
        terminalreporter.section(f"{len(tests)} test modules need TensorFlow and were left out")
        for path in tests:
            terminalreporter.line(path)


@cache
def needs_tensorflow(path: Path) -> bool:
    """Whether importing a module of the tests imports TensorFlow."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        names = imported(_outside_functions(_tree(module)))
        if {name.partition(".")[0] for name in names} & FRAMEWORKS:
            return True
        waiting.extend(file for name in names if (file := _file_of(name)))
    return False


@cache
def functions_with_tensorflow(path: Path) -> frozenset[str]:
    """The functions of a module that import TensorFlow, or use one of these."""
    functions = {
        node.name: list(ast.walk(node))
        for node in _tree(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    needing = {
        name
        for name, nodes in functions.items()
        if any(x.partition(".")[0] in FRAMEWORKS or _brings_it(x) for x in imported(nodes))
    }
    used = {
        name: {x.id for x in nodes if isinstance(x, ast.Name)}
        | {x.arg for x in nodes if isinstance(x, ast.arg)}
        for name, nodes in functions.items()
    }
    while more := {name for name, uses in used.items() if uses & needing} - needing:
        needing |= more
    return frozenset(needing)


def imported(nodes: list[ast.AST]) -> set[str]:
    """The modules that these nodes may import."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _brings_it(name: str) -> bool:
    file = _file_of(name)
    return file is not None and needs_tensorflow(file)


def _outside_functions(node: ast.AST) -> list[ast.AST]:
    found: list[ast.AST] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        found += [child, *_outside_functions(child)]
    return found


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _file_of(name: str) -> Path | None:
    """The file of a module of the tests."""
    if name.partition(".")[0] != "tests":
        return None
    file = ROOT.joinpath(*name.split(".")).with_suffix(".py")
    return file if file.is_file() else None
