"""Finds the rules, and runs them.

A rule is a file in `tb_rnnview.findings.network` or `tb_rnnview.findings.log`, called as its code
in small letters. Nothing lists them: what lies there is run.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from tb_rnnview.findings import log, network
from tb_rnnview.findings.facts import Facts
from tb_rnnview.timeline import Finding, Severity, Timeline

if TYPE_CHECKING:
    from types import ModuleType

    from tb_rnnview.statistics import Statistics


class NetworkRule(Protocol):
    """A file in `tb_rnnview.findings.network`."""

    CODE: str
    PLACE: int
    """Among findings of one severity, those of a smaller place come first."""

    def find(self, timeline: Timeline, facts: Facts) -> Iterator[Finding]:
        """What the rule has to tell of a network."""


class LogRule(Protocol):
    """A file in `tb_rnnview.findings.log`."""

    CODE: str
    PLACE: int
    """Among findings of one severity, those of a smaller place come first."""

    def find(self, timeline: Timeline, statistics: Statistics) -> Iterator[Finding]:
        """What the rule has to tell of one application of one layer, over the steps logged."""


@cache
def network_rules() -> tuple[NetworkRule, ...]:
    """The rules that read a timeline, by their places."""
    return cast(tuple[NetworkRule, ...], _rules_in(network))


@cache
def log_rules() -> tuple[LogRule, ...]:
    """The rules that read statistics, by their places."""
    return cast(tuple[LogRule, ...], _rules_in(log))


def with_findings(timeline: Timeline, facts: Facts | None = None) -> Timeline:
    """The timeline with what the rules find in it; what matters most comes first.

    Args:
        timeline: a network, with what its reader and the analysis have to tell already.
        facts: what else is known of its graph. Default: nothing, as where there is no graph.
    """
    known = facts if facts is not None else Facts()
    found = [finding for rule in network_rules() for finding in rule.find(timeline, known)]
    if not found:
        return timeline
    return replace(timeline, findings=by_severity((*timeline.findings, *found)))


def findings_of_log(
    timeline: Timeline, statistics: Mapping[str, Statistics]
) -> tuple[Finding, ...]:
    """What the rules find in the statistics of a run; what matters most comes first.

    Args:
        timeline: the network of the run.
        statistics: of its layers, by tag.
    """
    return by_severity(
        finding
        for rule in log_rules()
        for tag in sorted(statistics)
        for finding in rule.find(timeline, statistics[tag])
    )


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then warnings, then notes; otherwise in the order given."""
    order = (Severity.ERROR, Severity.WARNING, Severity.INFO)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


def _rules_in(folder: ModuleType) -> tuple[ModuleType, ...]:
    found = [
        importlib.import_module(f"{folder.__name__}.{info.name}")
        for info in pkgutil.iter_modules(folder.__path__)
    ]
    return tuple(sorted(found, key=lambda rule: (rule.PLACE, rule.CODE)))
