"""Graph files, and what is read off them, carried from one environment to another.

    python scripts/graph_files.py write FOLDER      # needs TensorFlow
    python scripts/graph_files.py compare FOLDER    # needs none

``write`` builds every network of tests/programs and writes its graph as a .meta file, beside the
timeline that is read off this file. ``compare`` reads the files again and compares
the timelines. Exit status: 1 if one differs, or if there are none.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import tb_rnnview

ROOT = Path(__file__).resolve().parents[1]


def write(folder: Path) -> int:
    """Writes ``NAME.meta`` and ``NAME.json``."""
    os.environ.update(TF_USE_LEGACY_KERAS="1", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
    sys.path.insert(0, str(ROOT))
    from tests.programs.catalogue import NAMES, program
    from tests.programs.tf1 import tf

    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)  # a timeline holds its source's path
    for name in NAMES:
        graph = program(name).graph
        with graph.as_default():
            tf.train.export_meta_graph(f"{name}.meta", graph=graph, clear_extraneous_savers=True)
        Path(f"{name}.json").write_text(tb_rnnview.analyze(f"{name}.meta").to_json(), "utf-8")
    print(f"{len(NAMES)} graph files written")
    return 0


def compare(folder: Path) -> int:
    """Prints how many files give the same timeline here."""
    os.chdir(folder)
    names = sorted(path.stem for path in Path().glob("*.meta"))
    different = [
        name
        for name in names
        if tb_rnnview.analyze(f"{name}.meta").to_json() != Path(f"{name}.json").read_text("utf-8")
    ]
    if different:
        print(f"not the same timeline: {', '.join(different)}", file=sys.stderr)
    print(f"{len(names) - len(different)} of {len(names)} graph files read alike")
    return 1 if different or not names else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("write", "compare"))
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    return (write if arguments.command == "write" else compare)(arguments.folder)


if __name__ == "__main__":
    sys.exit(main())
