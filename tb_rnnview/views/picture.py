"""The picture: layers go up, time goes right, one wire from each kernel taps its timesteps."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from rich.cells import cell_len
from rich.text import Text

from tb_rnnview.timeline import Axis, Kind, Timeline, Use, Variable
from tb_rnnview.views.columns import columns
from tb_rnnview.views.lanes import Lane, Panel, panels
from tb_rnnview.views.lengths import again_words, axis_title, length_words, symbol
from tb_rnnview.views.naming import joint_titles, layer_names, layer_titles
from tb_rnnview.views.others import when_runs
from tb_rnnview.views.row import Row, fitted
from tb_rnnview.views.uses import shared_words
from tb_rnnview.views.words import clean, counted, listed, parts, shape_times

# Styles, named by what they mean.
TITLE, SOFT, WIRE, CELL = "bold", "dim", "magenta", "cyan"

_INDENT = 2
_NARROWEST_LABEL = 16
_SHORTEST_NAME = 4
_WIRES_PER_LAYER = 4
_ONCE_LAYERS_SHOWN = 4
_NOTE = len("  shared × 999")
_LONGEST_END = 18
"""Of what a state starts from, or ends in."""
_LONGEST_NOTE = len("  from Layer 0 + 12 more")


def picture(timeline: Timeline, width: int) -> list[Text]:
    """The lines of the picture. Empty if nothing has to do with time."""
    if not timeline.recurrent_layers:
        return []
    drawn = panels(timeline)
    titles = layer_titles(timeline)
    axes = {axis.id: axis for axis in timeline.axes}
    lines: list[Text] = []
    seen: set[str] = set()
    for panel in drawn:
        if len(drawn) > 1:
            again = {x.layer.id for x in panel.lanes if x.layer.kind is Kind.RECURRENT}
            same = " (the same layers again)" if again and again <= seen else ""
            lines += [Text(_heading(panel.axis, axes) + same, style=TITLE)]
            seen |= again
        lines += _Drawing(panel, timeline, titles, width).lines()
        lines.append(Text())
    feedback = [c for c in timeline.connections if c.offset]
    for c in feedback:
        step = f"t + {c.offset}"
        source, target = (titles.get(x, clean(x)) for x in (c.from_layer, c.to_layer))
        lines.append(Text(f"{source} at timestep t feeds {target} at timestep {step}.", SOFT))
    lines.append(_legend())
    return lines


def _heading(axis: Axis | None, axes: Mapping[str, Axis]) -> str:
    if axis is None:
        return "Outside time"
    inside = f", repeated {again_words(axes, axis)}" if axis.parent else ""
    return f"Time axis {axis_title(axis)}: {length_words(axes, axis)}{inside}"


def _legend() -> Text:
    return Text.assemble(
        ("●", WIRE),
        (" the kernel, read at this timestep   ", SOFT),
        ("h", CELL),
        (" ──→ the state goes on to the next timestep   ↑ input", SOFT),
    )


class _Drawing:
    """Draws one panel from the top to the bottom."""

    def __init__(
        self, panel: Panel, timeline: Timeline, titles: Mapping[str, str], width: int
    ) -> None:
        self._lanes = panel.lanes
        self._timeline = timeline
        self._axes = {axis.id: axis for axis in timeline.axes}
        self._titles = titles
        self._names = layer_names(timeline)
        self._width = width
        in_time = [lane for lane in panel.lanes if lane.is_in_time]
        labels = [cell_len(" · ".join(self._title(lane))) for lane in panel.lanes]
        labels += [_INDENT + cell_len(_kernel(v, x)) + 3 for x in in_time for v in x.kernels]
        labels += [_INDENT + cell_len(_facts(lane)) for lane in panel.lanes]
        ends = [_final(lane) if lane.is_backward else _initial(lane) for lane in in_time]
        start = max([len("zeros"), *map(cell_len, ends)])
        # At most half of the width goes to words; what does not fit is cut.
        self._label = min(max(labels, default=0), max(_NARROWEST_LABEL, width // 2 - start - 3))
        notes = [2 + len(self._shared(v, lane)) for lane in in_time for v in lane.kernels]
        notes += [
            2 + cell_len(self._source(x, b, is_lowest=b is None))
            for b, x in pairwise([None, *in_time])
            if x
        ]
        note = min(max([_NOTE, *notes]), _LONGEST_NOTE)
        axis = panel.axis or Axis("")
        sign = symbol(self._axes, axis.id)
        self._columns = columns(axis, sign, self._label + start + 4, width - note)
        over = self._columns.stop + note - width
        if over > 0:  # few wide cells: the names give way
            self._label = max(_NARROWEST_LABEL, self._label - over)
            self._columns = columns(axis, sign, self._label + start + 4, width - note)

    def lines(self) -> list[Text]:
        """The rows: per layer its cells, its wires, and the arrows from below."""
        rows: list[Row] = []
        shown = self._shown()
        inside = [index for index, lane in enumerate(shown) if lane.is_in_time]
        for index in range(len(shown) - 1, -1, -1):
            lane = shown[index]
            if lane.is_in_time:
                below = shown[index - 1] if index else None
                rows += self._in_time(lane, below, is_lowest=index == inside[0])
            else:
                rows += self._once(lane)
            if inside and index == inside[0]:
                rows += self._time()
                if index:
                    rows.append(self._row())
        lines = [row.line() for row in rows]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def _in_time(self, lane: Lane, below: Lane | None, *, is_lowest: bool) -> list[Row]:
        rows = [self._cells(lane)]
        rows += [self._wire(variable, lane) for variable in lane.kernels[:_WIRES_PER_LAYER]]
        rest = len(lane.kernels) - _WIRES_PER_LAYER
        if rest > 0:
            rows.append(self._row().put(_INDENT, f"and {rest} more", SOFT))
        is_fed = below is not None and below.is_in_time
        return [*rows, self._arrows(lane, below if is_fed else None, is_lowest=is_lowest)]

    def _shown(self) -> list[Lane]:
        """Long tails of layers outside time (a vision network below, say) are cut short."""
        inside = [i for i, lane in enumerate(self._lanes) if lane.is_in_time]
        first, last = (inside[0], inside[-1]) if inside else (0, len(self._lanes))
        return self._lanes[max(0, first - _ONCE_LAYERS_SHOWN) : last + 1 + _ONCE_LAYERS_SHOWN]

    def _row(self) -> Row:
        return Row(self._width)

    def _title(self, lane: Lane) -> list[str]:
        """What it is called here, and, where that is not its own name, its name."""
        name, title = self._names[lane.layer.id], self._titles[lane.layer.id]
        is_told = not lane.layer.name or name in title
        return title.split(" · ", 1) if is_told else [title, name]

    def _titled(self, lane: Lane) -> Row:
        """A row with the title whole and, in what room is left, the end of the name."""
        title, *name = self._title(lane)
        is_counted = title.startswith("Layer ")
        row = self._row().put(0, fitted(title, self._label, keep_start=is_counted), TITLE)
        room = self._label - row.column - len(" · ")
        if name and room >= _SHORTEST_NAME:
            row.put(row.column, f" · {fitted(name[0], room)}", TITLE)
        return row

    def _labelled(self, text: str, indent: int, style: str) -> Row:
        cut = fitted(text, self._label - indent, keep_start=style == SOFT)
        return self._row().put(indent, cut, style)

    def _cells(self, lane: Lane) -> Row:
        row = self._titled(lane)
        cols = self._columns
        kind = lane.layer.kind
        if kind is Kind.RECURRENT:
            return self._states(row, lane)
        if kind is Kind.SEQUENCE:
            row.put(cols.start, "═" * (cols.stop - cols.start), CELL)
            return row.put(cols.stop + 2, "all at once", SOFT)
        for index, label in enumerate(cols.labels):
            row.put(cols.at(index), "…" if label == "…" else "■", CELL)
        return row.put(cols.stop + 2, "no state", SOFT)

    def _states(self, row: Row, lane: Lane) -> Row:
        cols = self._columns
        ends = [_initial(lane), _final(lane)]
        left, right = reversed(ends) if lane.is_backward else ends
        pointer = " ← " if lane.is_backward else " → "
        row.put(cols.start - 3 - cell_len(left), left, SOFT).put(row.column, pointer, SOFT)
        for index, label in enumerate(cols.labels):
            cell = label if label == "…" else f"h{label}"
            row.put(cols.at(index), cell, CELL)
            if index + 1 < len(cols.labels):
                shaft = "─" * (cols.pitch - cell_len(cell) - 3)
                row.put(row.column, f" ←{shaft} " if lane.is_backward else f" {shaft}→ ", SOFT)
        return row.put(row.column, pointer, SOFT).put(row.column, right, SOFT)

    def _wire(self, variable: Variable, lane: Lane) -> Row:
        cols = self._columns
        row = self._labelled(_kernel(variable, lane), _INDENT, WIRE)
        uses = _uses_here(variable, lane)
        taps = [
            index
            for index in range(len(cols.labels))
            if any(cols.is_used(index, use) for use in uses)
        ]
        if not taps:
            is_once = any(u.layer == lane.layer.id and not u.axis for u in variable.uses)
            return row.put(cols.start, "used once" if is_once else "not on this axis", SOFT)
        position = row.column + 1
        for index in taps:
            row.put(position, "─" * (cols.at(index) - position), WIRE).put(row.column, "●", WIRE)
            position = row.column
        row.put(cols.stop + 2, self._shared(variable, lane), WIRE)
        why = "; ".join(parts(variable)[:1])
        if why and row.column + 3 + len(why) <= self._width:
            row.put(row.column + 3, why, SOFT)
        return row

    def _shared(self, variable: Variable, lane: Lane) -> str:
        uses = _uses_here(variable, lane)
        if lane.axis is None or not uses:
            return ""
        return shared_words(self._axes, lane.axis, uses)

    def _arrows(self, lane: Lane, below: Lane | None, *, is_lowest: bool) -> Row:
        cols = self._columns
        row = self._labelled(_facts(lane), _INDENT, SOFT)
        if lane.layer.kind is Kind.SEQUENCE and is_lowest:
            return row
        for index, label in enumerate(cols.labels):
            if label != "…":
                row.put(cols.at(index), "↑", SOFT)
        source = self._source(lane, below, is_lowest=is_lowest)
        if cols.stop + 2 + cell_len(source) > self._width:
            source = self._source(lane, below, is_lowest=is_lowest, is_short=True)
        row.put(cols.stop + 2, source, SOFT)
        return row

    def _source(
        self, lane: Lane, below: Lane | None, *, is_lowest: bool, is_short: bool = False
    ) -> str:
        """What is beside the arrows where they do not come from the row below."""
        from_below = [below.layer.id] if below is not None else []
        if lane.inputs and lane.inputs != from_below:
            titles = joint_titles(self._timeline, lane.inputs)
            if not is_short:
                return f"from {listed(titles, most=2)}"
            more = f" + {len(titles) - 1} more" if len(titles) > 1 else ""
            name = titles[0].rpartition(" · ")[2].rpartition("/")[2]
            return f"from {name}{more}"
        return "" if lane.inputs or is_lowest else "the input"

    def _once(self, lane: Lane) -> list[Row]:
        row = self._titled(lane)
        if lane.layer.kind is Kind.ONCE:
            times = when_runs(self._timeline, lane.layer)
            once = times if times == "outside time" else f"{times}, outside time"
            row.put(self._columns.start, once, SOFT)
        else:
            row.put(self._columns.start, "not recognised", SOFT)
        rows = [row]
        for variable in lane.kernels[:_WIRES_PER_LAYER]:
            rows.append(self._labelled(_kernel(variable, lane), _INDENT, WIRE))
        return [*rows, self._row()]

    def _time(self) -> list[Row]:
        cols = self._columns
        inputs = self._row()
        steps = self._row().put(max(0, cols.start - len("timestep ")), "timestep", SOFT)
        for index, label in enumerate(cols.labels):
            inputs.put(cols.at(index), "…" if label == "…" else f"x{label}", CELL)
            steps.put(cols.at(index), label, SOFT)
        inputs.put(cols.stop + 2, "inputs", SOFT)
        steps.put(cols.stop + 2, "→ time", SOFT)
        return [inputs, steps]


def _uses_here(variable: Variable, lane: Lane) -> list[Use]:
    axis = lane.axis.id if lane.axis is not None else None
    return [u for u in variable.uses if u.layer == lane.layer.id and u.axis == axis]


def _kernel(variable: Variable, lane: Lane) -> str:
    """Its own name with as little scope as tells it apart: "gates/kernel 60 × 40"."""
    last = variable.name.rpartition("/")[2]
    alike = sum(other.name.rpartition("/")[2] == last for other in lane.kernels)
    name = "/".join(variable.name.split("/")[-2:]) if alike > 1 else last
    return f"{clean(name)} {shape_times(variable.shape)}"


def _facts(lane: Lane) -> str:
    layer = lane.layer
    facts = [clean(layer.cell)] if layer.cell else []
    if layer.units is not None:
        facts.append(counted(layer.units, "unit"))
    if lane.applications > 1:
        facts.append(f"applied {lane.applications} times")
    return ", ".join(facts)


def _initial(lane: Lane) -> str:
    source = lane.initial.removeprefix("from ")
    words = "from " if source != lane.initial else ""
    return words + fitted(source, _LONGEST_END - len(words))


def _final(lane: Lane) -> str:
    # One that starts from several values, copy by copy of the network, is one state all the same.
    states = list(dict.fromkeys(clean(name) for name in lane.states))
    words = "final " + ", ".join(states) if states else "final state"
    return fitted(words, _LONGEST_END, keep_start=True)
