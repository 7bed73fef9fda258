"""How long, and with how much memory, a large graph is analysed, next to protobuf reading it.

    python benchmarks/analyze_large.py                    # 1,000,024 nodes, five rounds
    python benchmarks/analyze_large.py --steps 5000 --rounds 3
    python benchmarks/analyze_large.py --growth           # from 10,024 to 1,000,024 nodes
    python benchmarks/analyze_large.py --spelling all     # as other programs write it down

The peer is what any program has to do that looks at a graph with plain Python: read the file, parse
it, read every node's name and operation type, and then every node's inputs. Each measurement is a
process of its own, with Python's garbage collector on; the imports that it needs count. The two
take turns, and medians are compared. The graph is that of `large_graph.py`, or any GraphDef file.
"""

from __future__ import annotations

import argparse
import compileall
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

SIZES = (500, 1_600, 5_000, 16_000, 50_000)


def peer(path: str) -> dict[str, float]:
    """Reads a graph with protobuf alone."""
    started = time.perf_counter()
    from tensorboard.compat.proto.graph_pb2 import GraphDef
    from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

    before = peak()
    with open(path, "rb") as file:
        data = file.read()
    copied = 0
    if data[:1] == b"\x08":  # a SavedModel
        begin = next(k for k in range(3, 13) if data[k] < 0x80) + 1
        copied = len(data)
        graph = MetaGraphDef.FromString(data[begin:]).graph_def
    else:
        graph = GraphDef.FromString(data)
    parsed = peak()
    listed = [graph.node, *(function.node_def for function in graph.library.function)]
    names = [(node.name, node.op) for nodes in listed for node in nodes]
    inputs = [list(node.input) for nodes in listed for node in nodes]
    took = time.perf_counter() - started
    assert len(names) == len(inputs)
    return {"seconds": took, "memory": parsed - before - (len(data) + copied) / (1 << 20)}


def analyze(path: str) -> dict[str, float]:
    """What is measured."""
    started = time.perf_counter()
    import tb_rnnview
    from tb_rnnview.facade import analyze_opened
    from tb_rnnview.sources.open_source import open_source

    assert tb_rnnview.__version__
    before = peak()
    opened = open_source(path)
    loaded = time.perf_counter()
    timeline = analyze_opened(opened)
    finished = time.perf_counter()
    return {
        "seconds": finished - started,
        "without_opening": finished - loaded,
        "memory": peak() - before,
        "layers": len(timeline.recurrent_layers),
        "length": max((a.length or 0 for a in timeline.axes), default=0),
    }


def peak() -> float:
    """The most memory that this process has had, in MiB."""
    try:
        # Unlike what the process inherits, this starts anew with the program.
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line[:6] == "VmHWM:") / (1 << 10)
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def measured(action: str, path: str) -> dict[str, float]:
    """One measurement, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--only", action, "--file", path],
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def in_turn(path: str, rounds: int) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """(analyze, peer), each so many times, after one of each that is not counted."""
    found: dict[str, list[dict[str, float]]] = {"analyze": [], "peer": []}
    for number in range(rounds + 1):
        order = ("analyze", "peer") if number % 2 else ("peer", "analyze")
        for action in order:
            result = measured(action, path)
            if number:
                found[action].append(result)
    return found["analyze"], found["peer"]


def middle(results: list[dict[str, float]], key: str) -> float:
    return statistics.median(result[key] for result in results)


def compare(path: str, rounds: int) -> None:
    """Prints both, and their ratio."""
    ours, theirs = in_turn(path, rounds)
    print(f"{path}, {rounds} rounds            min  median     max")
    for name, results, key in (
        ("protobuf alone, s", theirs, "seconds"),
        ("analyze, s", ours, "seconds"),
        ("  without opening it, s", ours, "without_opening"),
        ("the parsed graph, MiB", theirs, "memory"),
        ("analyze, all that it takes, MiB", ours, "memory"),
    ):
        values = [result[key] for result in results]
        digits = 2 if name.endswith("s") else 0
        low, high = min(values), max(values)
        print(f"  {name:34}{low:8.{digits}f}{middle(results, key):8.{digits}f}{high:8.{digits}f}")
    for what, key in (("time", "seconds"), ("memory", "memory")):
        print(
            f"  {what + ', analyze / protobuf':34}{middle(ours, key) / middle(theirs, key):16.2f}"
        )
    print(f"  found: {ours[0]['layers']:.0f} recurrent layers, {ours[0]['length']:,.0f} timesteps")


def compare_spellings(names: Sequence[str], steps: int, rounds: int) -> None:
    """Writes each spelling and compares both on it."""
    from spellings import SPELLINGS, stored

    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            path = os.path.join(folder, f"{name}.pb")
            with open(path, "wb") as file:
                file.write(stored(SPELLINGS[name](steps)))
            compare(path, rounds)
            os.remove(path)


def growth(rounds: int) -> None:
    """Prints how time grows with size: the slope of its logarithm over that of the nodes."""
    from large_graph import chain_of_cells

    points = []
    with tempfile.TemporaryDirectory() as folder:
        for steps in SIZES:
            path = os.path.join(folder, f"{steps}.pb")
            graph = chain_of_cells(steps)
            with open(path, "wb") as file:
                file.write(graph.SerializeToString(deterministic=True))
            results = [measured("analyze", path) for _ in range(rounds + 1)][1:]
            seconds = middle(results, "seconds")
            points.append((math.log(len(graph.node)), math.log(seconds)))
            print(f"  {len(graph.node):>9,} nodes {seconds:8.2f} s")
    x, y = ([p[i] for p in points] for i in (0, 1))
    print(f"  slope of log time over log nodes: {statistics.linear_regression(x, y).slope:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--file", help="a GraphDef file (default: that of large_graph.py)")
    parser.add_argument("--steps", type=int, default=50_000, help="timesteps (default: 50000)")
    parser.add_argument("--spelling", default="plain", help="one of spellings.py, or all")
    parser.add_argument("--rounds", type=int, default=5, help="of each (default: 5)")
    parser.add_argument("--growth", action="store_true", help="measure how time grows with size")
    parser.add_argument("--only", choices=("analyze", "peer"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        action = {"analyze": analyze, "peer": peer}[arguments.only]
        print(json.dumps(action(arguments.file)))
        return
    import tb_rnnview

    # As an installation does, in a checkout too.
    compileall.compile_dir(os.path.dirname(tb_rnnview.__file__), quiet=1)
    if arguments.growth:
        growth(arguments.rounds)
    elif arguments.file:
        compare(arguments.file, arguments.rounds)
    else:
        from spellings import SPELLINGS

        chosen = list(SPELLINGS) if arguments.spelling == "all" else [arguments.spelling]
        compare_spellings(chosen, arguments.steps, arguments.rounds)


if __name__ == "__main__":
    main()
