"""`tb-rnnview check`: the findings of a network, and of its training where a log holds that."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace

from tb_rnnview.errors import SourceError
from tb_rnnview.findings.rules import by_severity, findings_of_log
from tb_rnnview.timeline import Finding, Severity, Timeline
from tb_rnnview.views.words import clean, counted

_ORDER = {"info": 0, "warning": 1, "error": 2}
_NOUNS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


@dataclass(frozen=True)
class Checked:
    """A network with all its findings."""

    timeline: Timeline

    def has_at_least(self, severity: str) -> bool:
        """Whether there is a finding of this severity ("info", "warning", "error"), or above."""
        levels = (_ORDER[f.severity.value.lower()] for f in self.timeline.findings)
        return any(level >= _ORDER[severity] for level in levels)

    def to_text(self, source: str) -> str:
        """A line for each finding, with its advice below, and how many there are.

        Args:
            source: what each line begins with.
        """
        findings = self.timeline.findings
        lines = [line for finding in findings for line in _lines(source, finding)]
        return "\n".join([*lines, _summary(findings)])

    def to_json(self) -> str:
        """The findings as JSON, with what they are about."""
        from tb_rnnview.timeline_codec import to_dict

        whole = to_dict(self.timeline)
        kept = {name: whole[name] for name in ("name", "source", "findings")}
        return json.dumps(kept, indent=2, ensure_ascii=False, allow_nan=False)


def check(
    timeline: Timeline, source: str, *, run: str | None = None, ignore: Collection[str] = ()
) -> Checked:
    """The findings of a network, and of the statistics that lie beside it.

    Args:
        timeline: the network.
        source: where it is from. Of an event file or a log folder, the statistics are read.
        run: which run of a log folder.
        ignore: codes of findings that are left out.
    """
    found = by_severity((*timeline.findings, *_of_training(timeline, source, run)))
    return Checked(replace(timeline, findings=tuple(f for f in found if f.code not in ignore)))


def _of_training(timeline: Timeline, source: str, run: str | None) -> tuple[Finding, ...]:
    from tb_rnnview.reading import read

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # whoever read the timeline has said it
            runs = read(source)
    except SourceError:
        return ()  # it is no log
    names = {layer.name for layer in timeline.layers}
    statistics = {
        f"{name}/{tag}": of_layer
        for name, logged in runs.items()
        if run in (None, name)
        for tag, of_layer in logged.statistics.items()
        if of_layer.layer in names
    }
    return findings_of_log(timeline, statistics)


def _lines(source: str, finding: Finding) -> list[str]:
    told = f"{clean(source)}: {_NOUNS[finding.severity]} {clean(finding.code)}"
    advice = [f"    {clean(finding.advice)}"] if finding.advice else []
    return [f"{told}: {clean(finding.message)}", *advice]


def _summary(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "no findings"
    number = Counter(finding.severity for finding in findings)
    parts = [counted(number[s], noun) for s, noun in _NOUNS.items() if number[s]]
    return f"{counted(len(findings), 'finding')}: {', '.join(parts)}"
