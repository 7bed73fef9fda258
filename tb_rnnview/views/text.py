"""The terminal view of a timeline."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable, Collection, Mapping

from rich.console import Console, Group
from rich.padding import Padding
from rich.text import Text

from tb_rnnview.timeline import Axis, Encoding, Finding, LengthSource, Severity, State, Timeline
from tb_rnnview.views.lengths import again_words, length_words
from tb_rnnview.views.naming import layer_titles
from tb_rnnview.views.picture import SOFT, TITLE, picture
from tb_rnnview.views.sentence import sentence
from tb_rnnview.views.starts import start_words
from tb_rnnview.views.variable_table import variable_table
from tb_rnnview.views.words import clean, listed, state_shape

_NARROWEST = 40
_DEFAULT_WIDTH = 100

_FRAMEWORKS = {"tensorflow": "TensorFlow", "keras": "Keras"}

_ENCODINGS = {
    Encoding.WHILE_FRAME: "a while loop",
    Encoding.WHILE_OP: "a While operation",
    Encoding.UNROLLED: "a copy of the step per timestep",
    Encoding.FUSED_OP: "one fused operation",
}

_SEVERITY = {
    Severity.INFO: ("note", "cyan"),
    Severity.WARNING: ("warning", "yellow"),
    Severity.ERROR: ("error", "red"),
}


PARTS = ("picture", "variables", "states", "findings")
"""The parts of the view below the headline, in their order. States come with axes and layers."""


def render(
    timeline: Timeline,
    *,
    parts: Collection[str] = PARTS,
    width: int | None = None,
    color: bool | None = None,
) -> str:
    """The terminal view: the headline, the picture, the variables, and what else is known.

    Args:
        timeline: what to show.
        parts: which of `PARTS` to show below the headline.
        width: columns; no line is wider, down to 40. Default: those of the terminal.
        color: whether to colour it. Default: no, because a string can go anywhere.

    Returns:
        Lines of text, without a line end behind the last one. Names from the graph are spelled out
        where they would act on a terminal.
    """
    columns = max(_NARROWEST, width or shutil.get_terminal_size((_DEFAULT_WIDTH, 24)).columns)
    console = Console(
        file=io.StringIO(),
        width=columns,
        color_system="standard" if color else None,
        force_terminal=bool(color),
        no_color=not color,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )
    with console.capture() as capture:
        for section in _sections(timeline, columns, parts):
            console.print(section)
    lines = [line.rstrip() for line in capture.get().splitlines()]
    return writable("\n".join(lines).rstrip("\n"))


def _sections(timeline: Timeline, width: int, parts: Collection[str]) -> list[Group]:
    said = sentence(timeline)
    head = [Text(_origin(timeline), SOFT)] if _origin(timeline) else []
    answer = [Text(said.headline, TITLE), Text(said.detail)]
    blank = Text()
    made: dict[str, Callable[[], Group]] = {
        "picture": lambda: Group(*picture(timeline, width)),
        "variables": lambda: Group(*variable_table(timeline, width)),
        "states": lambda: Group(*_axes(timeline), *_states(timeline), *_layers(timeline)),
        "findings": lambda: Group(*_findings(timeline)),
    }
    order = list(PARTS)
    if not timeline.recurrent_layers:
        # Where there is no other answer, what is not recognised and why is the answer.
        order.insert(0, order.pop())
    sections = [Group(*head, *answer, *(Text(note) for note in said.notes))]
    sections += [made[part]() for part in order if part in parts]
    filled = [section for section in sections if section.renderables]
    return [Group(s, blank) for s in filled[:-1]] + filled[-1:]


def _origin(timeline: Timeline) -> str:
    source = timeline.source
    framework = _FRAMEWORKS.get(source.framework, clean(source.framework))
    made_by = f"{framework} {clean(source.version)}" if source.version else ""
    name = "" if timeline.name in source.path else clean(timeline.name)
    return " · ".join(fact for fact in (name, clean(source.path), made_by) if fact)


def _axes(timeline: Timeline) -> list[Padding]:
    axes = {axis.id: axis for axis in timeline.axes}
    return [
        _item(
            f"Time axis {clean(a.label)}" if a.label not in ("", "time") else "Time",
            _about(a, axes),
        )
        for a in timeline.axes
    ]


def _about(axis: Axis, axes: Mapping[str, Axis]) -> str:
    facts = [length_words(axes, axis)]
    if axis.length_source is LengthSource.STATIC and axis.encoding is Encoding.CONFIG:
        facts[0] += ", declared by the configuration"
    elif axis.length_source is LengthSource.STATIC:
        facts[0] += (
            ", a bound that the graph sets" if axis.length_is_bound else ", fixed by the graph"
        )
    elif axis.length_source is LengthSource.OBSERVED:
        facts[0] += f", {clean(axis.reason) or 'given or observed'}"
    if axis.encoding in _ENCODINGS:
        facts.append(f"written as {_ENCODINGS[axis.encoding]}")
    if axis.parent:
        facts.append(f"runs again {again_words(axes, axis)}")
    if axis.length is None:
        facts.append(f"give it with --length {clean(axis.id)}=N")
    return "; ".join(facts)


def _states(timeline: Timeline) -> list[Padding]:
    titles = layer_titles(timeline)
    alike: dict[str, list[State]] = {}
    for state in timeline.states:
        start = start_words(timeline, state)
        shape = state_shape(state.shape)
        what = " ".join(filter(None, (clean(state.name), shape)))
        alike.setdefault(f"{what}, {start}", []).append(state)
    return [
        _item("State", f"{what} (in {listed(titles.get(s.layer, clean(s.layer)) for s in states)})")
        for what, states in alike.items()
    ]


def _layers(timeline: Timeline) -> list[Padding]:
    """Why something about a layer is not known, where no finding says it."""
    titles = layer_titles(timeline)
    told = {id_ for finding in timeline.findings for id_ in finding.layers}
    return [
        _item(titles[x.id], clean(x.reason))
        for x in timeline.layers
        if x.reason and x.id not in told
    ]


def _findings(timeline: Timeline) -> list[Padding]:
    return [_finding(finding) for finding in timeline.findings]


def _finding(finding: Finding) -> Padding:
    word, style = _SEVERITY[finding.severity]
    advice = f" {clean(finding.advice)}" if finding.advice else ""
    return _hanging(
        Text.assemble(
            (f"{word} ", f"bold {style}"),
            (f"{clean(finding.code)}: ", TITLE),
            clean(finding.message),
            (advice, SOFT),
        )
    )


def _item(what: str, about: str) -> Padding:
    return _hanging(Text.assemble((f"{what}: ", TITLE), about))


def _hanging(text: Text) -> Padding:
    return Padding(text, 0)


def writable(text: str) -> str:
    """The text as the program's output can encode it: an old terminal gets ASCII drawings."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
    return text


_ASCII = str.maketrans("─→←↑●■═×–−…·≤↓₀₁₂₃₄₅₆₇₈₉", "-><^*#=x--.|<v0123456789")
