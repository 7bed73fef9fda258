"""What `import tb_rnnview` costs: its time next to Python's own start, and what it imports.

python benchmarks/import_time.py [--pairs 20]
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import subprocess
import sys
import time

import tb_rnnview

STATEMENTS = ("import tb_rnnview", "pass")
MODULES = (
    "import sys; before = set(sys.modules); import tb_rnnview; "
    "print(*sorted(set(sys.modules) - before))"
)


def seconds(statement: str) -> float:
    """A whole process: Python's start, the statement, and its end."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20, help="pairs to measure (default: 20)")
    pairs = parser.parse_args().pairs
    # As an installation does, in a checkout too.
    compileall.compile_dir(os.path.dirname(tb_rnnview.__file__), quiet=1)
    for statement in STATEMENTS:
        seconds(statement)  # not counted: files come from the disk
    measured = [[seconds(statement) for statement in STATEMENTS] for _ in range(pairs)]
    print(f"{pairs} pairs                             min  median     max")
    for name, values in (
        *(
            (f"python -c '{s}', ms", [1000 * p[i] for p in measured])
            for i, s in enumerate(STATEMENTS)
        ),
        ("difference, ms", [1000 * (a - b) for a, b in measured]),
    ):
        print(f"{name:34}{min(values):6.1f}{statistics.median(values):8.1f}{max(values):8.1f}")
    done = subprocess.run(
        [sys.executable, "-c", MODULES], capture_output=True, text=True, check=True
    )
    print(f"it imports: {done.stdout.strip()}")


if __name__ == "__main__":
    main()
