"""The table of variables: what the program prints, with the columns that it leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.text import Text

from tb_rnnview.timeline import Axis, Kind, Timeline, Variable
from tb_rnnview.views.naming import layer_titles
from tb_rnnview.views.row import Row, fitted
from tb_rnnview.views.sentence import source_word
from tb_rnnview.views.uses import outside_layers, total_words, when_words
from tb_rnnview.views.words import clean, counted, number, parts, shape_tuple

_HEADS = ("Shape", "Role", "Layer", "Timesteps", "Uses", "Parameters")
_RIGHT = (4, 5)  # numbers
_GAP = 2
_NAME_AT_LEAST = 12


def variable_table(timeline: Timeline, width: int) -> list[Text]:
    """The lines of the table, in the order in which the program made its variables."""
    if not timeline.variables:
        whole = f"The {source_word(timeline)} has"
        known = "In what is recognised there are" if timeline.is_partly_unknown else whole
        return [Text(f"{known} no variables.", "dim")]
    titles = layer_titles(timeline)
    axes = {axis.id: axis for axis in timeline.axes}
    kinds = {layer.id: layer.kind for layer in timeline.layers}
    rows = [_cells(v, titles, axes, kinds) for v in timeline.variables]
    names = [clean(v.name) for v in timeline.variables]
    reasons = [[*parts(v), *outside_layers(axes, v.uses)] for v in timeline.variables]
    total = _total(timeline.variables)
    widths = [
        max(len(head), *(cell_len(row[i]) for row in rows), cell_len(total) if i == 5 else 0)
        for i, head in enumerate(_HEADS)
    ]
    widths[2] = min(widths[2], 22)
    room = width - sum(widths) - _GAP * len(widths)
    if room < min(_NAME_AT_LEAST, max(map(cell_len, names))):
        return _stacked(names, rows, reasons, total, width)
    column = max(len("Variable"), min(room, max(map(cell_len, names))))
    lines = [_line(Row(width), column, ("Variable", *_HEADS), widths, "bold")]
    for name, cells, why in zip(names, rows, reasons, strict=True):
        if cell_len(name) <= column:
            lines.append(_line(Row(width), column, (name, *cells), widths, ""))
        else:  # the name whole, on a line of its own: it is what people compare
            lines.append(Row(width).put(0, fitted(name, width)).line())
            beside = [reason for reason in why[:1] if cell_len(reason) + 2 <= column]
            why = why[len(beside) :]
            first = f"  {beside[0]}" if beside else ""
            lines.append(_line(Row(width), column, (first, *cells), widths, "", "dim"))
        lines += [Row(width).put(2, reason, "dim").line() for reason in why]
    count = counted(len(rows), "variable")
    lines.append(_line(Row(width), column, (count, "", "", "", "", "", total), widths, "bold"))
    return lines


def _stacked(
    names: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    reasons: Sequence[Sequence[str]],
    total: str,
    width: int,
) -> list[Text]:
    """For narrow terminals: the name on a line of its own, the rest below it."""
    lines = [Text("Variables", "bold")]
    for name, cells, why in zip(names, rows, reasons, strict=True):
        shape, role, layer, steps, uses, parameters = cells
        lines.append(Row(width).put(0, fitted(name, width)).line())
        layer = layer if layer == "no layer" else f"layer {layer}"
        place = f"{layer}, timesteps {steps}, uses {uses}" if steps != "–" else "unused"
        noun = "parameter" if parameters == "1" else "parameters"
        lines.append(Row(width).put(2, f"{shape} {role}, {parameters} {noun}", "dim").line())
        lines.append(Row(width).put(2, place, "dim").line())
        lines += [Row(width).put(2, reason, "dim").line() for reason in why]
    lines.append(Text(f"{counted(len(rows), 'variable')}, {total} parameters", "bold"))
    return lines


def _line(
    row: Row,
    name_width: int,
    cells: Sequence[str],
    widths: Sequence[int],
    style: str,
    name_style: str = "",
) -> Text:
    row.put(0, cells[0], name_style or style)
    column = name_width
    for index, (cell, width) in enumerate(zip(cells[1:], widths, strict=True)):
        column += _GAP
        text = fitted(cell, width)
        if text:
            pad = width - cell_len(text) if index in _RIGHT else 0
            row.put(column + pad, text, style)
        column += width
    return row.line()


def _cells(
    variable: Variable,
    titles: Mapping[str, str],
    axes: Mapping[str, Axis],
    kinds: Mapping[str, Kind],
) -> tuple[str, ...]:
    used = bool(variable.uses)
    layers = [titles.get(x, clean(x)).removeprefix("Layer ") for x in variable.layers]
    parameters = variable.parameters
    return (
        shape_tuple(variable.shape),
        clean(variable.role).replace("_", " "),
        ", ".join(layers) or ("no layer" if used else "unused"),
        when_words(axes, variable.uses, kinds) if used else "–",
        total_words(axes, variable.uses) if used else "0",
        "?" if parameters is None else number(parameters),
    )


def _total(variables: Sequence[Variable]) -> str:
    sizes = [v.parameters for v in variables]
    known = number(sum(s for s in sizes if s is not None))
    return f"{known} + ?" if None in sizes else known
