"""Breaks the rules of the analysis on purpose, one after the other, and shows which test notices.

    python scripts/break_rules.py                       # all of them
    python scripts/break_rules.py lengths.py "a probe"  # whose file or words hold one of these
    python scripts/break_rules.py --whole               # where its own tests do not notice: all

The rules stand in tests/rules/*.rules. Each is broken in a copy of the tree, never in the tree
itself, and the tests are run that are named beside it. Printed is a table: the rule, its file, the
first test that failed, or NOT NOTICED. Exit status: 1 if a rule was broken and nothing noticed, or
could not be broken because its text is not in its file any more; else 0. It needs a system that can
fork: what tests import is imported once.
"""

from __future__ import annotations

import argparse
import compileall
import multiprocessing
import os
import py_compile
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.rules.rules import Rule, all_rules  # noqa: E402 - the tests are no installed package

WHOLE = ("tests/analysis", "tests/graph", "tests/sources", "tests/programs", "tests/docs")
NOT_NOTICED, NOT_FOUND, CANNOT_RUN = "NOT NOTICED", "TEXT NOT FOUND", "CANNOT RUN"
BAD = (NOT_NOTICED, NOT_FOUND, CANNOT_RUN)
TOO_LONG = 1800
"""Seconds: a rule may be what keeps something from going on for ever."""
TOO_MUCH = 12 << 30
"""Bytes: or from growing for ever."""
IMPORTED = ("numpy", "pytest", "tensorboard", "tensorflow", "keras", "tf_keras")
OURS = ("tb_rnnview", "tests")


def copy_of_tree(folder: Path) -> Path:
    """All files of the tree that git knows or would know."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    # By the hash: a broken file may be as old and as long as the one before it.
    by_hash = py_compile.PycInvalidationMode.CHECKED_HASH
    for name in OURS:
        compileall.compile_dir(folder / name, quiet=2, invalidation_mode=by_hash)
    return folder


class FirstFailure:
    """A plugin of pytest's that remembers the first test that fails."""

    def __init__(self) -> None:
        self.test = ""

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed and not self.test:
            self.test = report.nodeid.removeprefix("tests/")

    def pytest_collectreport(self, report) -> None:
        if report.failed:
            self.test = CANNOT_RUN


def run_here(tree: str, tests: Sequence[str], result: Connection) -> None:
    """Runs tests of another tree in this process, and sends the first that fails."""
    # Set here, they hold even when the script itself was ended.
    resource.setrlimit(resource.RLIMIT_CPU, (TOO_LONG, TOO_LONG))
    resource.setrlimit(resource.RLIMIT_AS, (TOO_MUCH, TOO_MUCH))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.chdir(tree)
    os.environ["PYTHONPATH"] = tree
    sys.dont_write_bytecode = True
    sys.path[:] = [
        tree,
        *(p for p in sys.path if p and Path(p).resolve() not in (ROOT, ROOT / "scripts")),
    ]
    for name in list(sys.modules):
        if name.partition(".")[0] in OURS:
            del sys.modules[name]
    import pytest

    first = FirstFailure()
    status = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests], plugins=[first])
    result.send(first.test or ("" if status == 0 else CANNOT_RUN))


def run_tests(tree: Path, tests: Sequence[str]) -> str:
    """The first test that fails in a tree; "" = none does."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(IMPORTED))
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=run_here, args=(str(tree), list(tests), theirs))
    process.start()
    theirs.close()
    try:
        if not ours.poll(TOO_LONG):
            process.kill()
            return f"none ends within {TOO_LONG} seconds"
        return str(ours.recv())
    except EOFError:
        return CANNOT_RUN
    finally:
        process.join()


def break_rule(rule: Rule, tree: Path, whole: bool) -> str:
    """What notices that a rule is broken, in a tree that is afterwards as it was before."""
    path = tree / "tb_rnnview" / rule.file
    source = path.read_text("utf-8") if path.exists() else ""
    if rule.times(source) != 1:
        return NOT_FOUND
    path.write_text(rule.broken(source), "utf-8")
    try:
        noticed = run_tests(tree, [f"tests/{test}" for test in rule.tests]) if rule.tests else ""
        if not noticed and whole:
            noticed = run_tests(tree, WHOLE)
    finally:
        path.write_text(source, "utf-8")
    return noticed or NOT_NOTICED


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="only those that hold one of these"
    )
    parser.add_argument("--whole", action="store_true", help="run all tests before saying so")
    parser.add_argument("--jobs", type=int, default=2, help="rules broken at once (default: 2)")
    arguments = parser.parse_args()
    rules = [
        rule
        for rule in all_rules()
        if not arguments.words or any(w in f"{rule.file} {rule.says}" for w in arguments.words)
    ]
    os.environ["TF_USE_LEGACY_KERAS"] = "1"  # before TensorFlow is imported; see tests/conftest.py
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    with tempfile.TemporaryDirectory(prefix="tb_rnnview_rules_") as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        for k in range(arguments.jobs):
            trees.put(copy_of_tree(Path(folder) / str(k)))

        def told(rule: Rule) -> str:
            tree = trees.get()
            try:
                noticed = break_rule(rule, tree, arguments.whole)
            finally:
                trees.put(tree)
            print(f"| {rule.says} | {rule.file} | {noticed} |", flush=True)
            return noticed

        print("| rule | file | first test that failed |\n|---|---|---|", flush=True)
        with ThreadPoolExecutor(arguments.jobs) as workers:
            found = list(workers.map(told, rules))
    counted = Counter(one for one in found if one in BAD)
    bad = "".join(f", {counted[one]} {one}" for one in BAD if counted[one])
    print(f"\n{len(rules)} rules broken, {len(rules) - sum(counted.values())} noticed{bad}")
    return 1 if counted else 0


if __name__ == "__main__":
    sys.exit(main())
