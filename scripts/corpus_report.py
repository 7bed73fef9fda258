"""Compares what is said of published graphs and models with what their MANIFEST says.

    python scripts/corpus_report.py CORPUS [--repository OWNER/NAME ...] [--table | --json]

CORPUS is a folder with a MANIFEST.json. Looked at is every entry that states how many layers there
are. A negative (0 layers) and a file that holds only weights may also be refused. Exit status: 1 if
an entry disagrees, else 0.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tb_rnnview
from tb_rnnview.errors import RNNViewError
from tb_rnnview.timeline import Axis, Direction, Layer, Timeline

COLUMNS = ("file", "manifest", "claimed", "verdict")
CELL = re.compile(r"(LSTM|GRU|RNN)\w*\)?\(?(\d+)?")


def chosen(entries: list[dict[str, Any]], repositories: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The entries that state something, of some repositories or of all."""
    for entry in entries:
        stated = (entry.get("structure") or {}).get("layers") is not None
        if stated and (not repositories or any(name in entry["source"] for name in repositories)):
            yield entry


def compare(entry: dict[str, Any], folder: Path) -> dict[str, str]:
    """One row of the report."""
    structure = entry["structure"]
    row = {"file": entry["file"], "manifest": _stated(structure), "claimed": "", "verdict": ""}
    started = time.perf_counter()
    try:
        timeline = tb_rnnview.analyze(str(folder / entry["file"]))
    except RNNViewError as error:
        row["claimed"] = f"refused: {error}".replace(str(folder), "CORPUS")
        holds_none = not structure["layers"] or "weights" in structure["cell"]
        row["verdict"] = "refused, rightly" if holds_none else "REFUSED"
        return row
    except Exception as error:  # noqa: BLE001 - the report goes on; nothing may crash
        row["claimed"] = row["verdict"] = f"CRASHED: {type(error).__name__}: {error}"
        return row
    row["seconds"] = f"{time.perf_counter() - started:.2f}"
    row["claimed"] = _claimed(timeline)
    wrong = list(_disagreements(structure, timeline))
    row["verdict"] = "; ".join(wrong) or "agrees"
    row["findings"] = "; ".join(f"{f.code}: {f.message}" for f in timeline.findings)
    return row


def _stated(structure: dict[str, Any]) -> str:
    if not structure["layers"]:
        return "no recurrence"
    two = "bidirectional " if structure["bidirectional"] else ""
    return f"{structure['layers']} {two}× {structure['cell']}, T {structure['static_T']}"


def _claimed(timeline: Timeline) -> str:
    layers = timeline.recurrent_layers
    if not layers:
        return "no recurrence"
    two = "bidirectional " if _is_bidirectional(layers) else ""
    cells = sorted({f"{x.cell or '?'}({x.units if x.units else '?'})" for x in layers})
    copies = max(len(x.applications) for x in layers)
    return (
        f"{_depths(layers)} {two}× {', '.join(cells)}, T {_lengths(timeline)}"
        f"{f', {copies} applications' if copies > 1 else ''}"
    )


def _disagreements(structure: dict[str, Any], timeline: Timeline) -> Iterator[str]:
    layers = timeline.recurrent_layers
    if _depths(layers) != structure["layers"]:
        yield f"{structure['layers']} layers, not {_depths(layers)}"
    if not structure["layers"] or not layers:
        return
    if _is_bidirectional(layers) != structure["bidirectional"]:
        yield "bidirectional" if structure["bidirectional"] else "not bidirectional"
    cells = CELL.findall(structure["cell"])
    stacked = list(dict.fromkeys(_place(x) for x in layers))
    for layer in layers:
        # One cell is stated for all layers, or one for each.
        at = stacked.index(_place(layer))
        cell, units = cells[min(at, len(cells) - 1)] if cells else ("", "")
        if cell not in layer.cell and layer.cell:
            yield f"{layer.id} is a {cell}, not a {layer.cell}"
        if not layer.cell:
            yield f"{layer.id}: cell not known"
        if units and layer.units not in (None, int(units)):
            yield f"{layer.id} has {units} units, not {layer.units}"
    # That of the first sequence is stated, before those of copies of the network, if there are any.
    stated, axis = re.match(r"\d+", str(structure["static_T"])), _axes(timeline)[0]
    if stated and axis.length is None:
        yield f"T {stated[0]} not known: {axis.reason or 'NO REASON'}"
    elif stated and int(stated[0]) != axis.length:
        yield f"T {stated[0]}, not {axis.length}"
    copies = {len(layer.applications) for layer in layers}
    if structure.get("graph_copies") and copies != {structure["graph_copies"]}:
        yield f"{structure['graph_copies']} copies, not {sorted(copies)}"
    variables = {v.name for x in layers for v in timeline.variables_of(x.id)}
    count = structure.get("n_rnn_variables")
    if count and len(variables) != count:
        yield f"{count} variables, not {len(variables)}"


def _depths(layers: tuple[Layer, ...]) -> int:
    """A forward and a backward layer of one depth on one axis count as one."""
    return len({_place(x) for x in layers})


def _place(layer: Layer) -> tuple[str, int | None]:
    return layer.applications[0].axis, layer.depth


def _is_bidirectional(layers: tuple[Layer, ...]) -> bool:
    ways: dict[tuple[str, int | None], set[Direction]] = {}
    for layer in layers:
        ways.setdefault(_place(layer), set()).update(a.direction for a in layer.applications)
    return any({Direction.FORWARD, Direction.BACKWARD} <= found for found in ways.values())


def _axes(timeline: Timeline) -> list[Axis]:
    used = {a.axis for x in timeline.recurrent_layers for a in x.applications}
    return [axis for axis in timeline.axes if axis.id in used]


def _lengths(timeline: Timeline) -> str:
    texts = (("≤ " if a.length_is_bound else "") + str(a.length) for a in _axes(timeline))
    return ", ".join(dict.fromkeys(texts))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, help="a folder with a MANIFEST.json")
    parser.add_argument(
        "--repository",
        action="append",
        default=[],
        help="only entries whose source has this in it; may be repeated",
    )
    parser.add_argument("--table", action="store_true", help="print a table in Markdown")
    parser.add_argument("--json", action="store_true", help="print JSON, findings included")
    arguments = parser.parse_args()
    manifest = json.loads((arguments.corpus / "MANIFEST.json").read_text())
    rows = [
        compare(entry, arguments.corpus)
        for entry in chosen(manifest["files"], arguments.repository)
    ]
    if arguments.json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
    elif arguments.table:
        print("| file | MANIFEST | claimed | verdict |\n|---|---|---|---|")
        for row in rows:
            cells = (row[key].replace("|", "\\|") for key in COLUMNS)
            print(f"| {' | '.join(cells)} |")
    else:
        for row in rows:
            print(f"{row['file']}\n    MANIFEST {row['manifest']}\n    claimed  {row['claimed']}")
            print(f"    verdict  {row['verdict']}")
    agreeing = sum(row["verdict"] == "agrees" for row in rows)
    refused = sum(row["verdict"] == "refused, rightly" for row in rows)
    print(f"{len(rows)} files: {agreeing} agree, {refused} rightly refused", file=sys.stderr)
    return 0 if agreeing + refused == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
