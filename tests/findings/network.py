"""Networks to point a rule at: timelines that are written down by hand, without TensorFlow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tb_rnnview.findings.facts import Facts
from tb_rnnview.findings.rules import network_rules
from tb_rnnview.timeline import Finding, Severity, Timeline


def found(code: str, timeline: Timeline, facts: Facts | None = None) -> list[Finding]:
    """What the rule of that code has to tell."""
    (rule,) = (rule for rule in network_rules() if code == rule.CODE)
    return list(rule.find(timeline, facts or Facts()))


def severities(code: str, timeline: Timeline, facts: Facts | None = None) -> list[Severity]:
    """How much each of the rule's findings matters."""
    return [finding.severity for finding in found(code, timeline, facts)]


def with_layer(timeline: Timeline, position: int, **changed: Any) -> Timeline:
    """The timeline with one layer changed."""
    layers = list(timeline.layers)
    layers[position] = replace(layers[position], **changed)
    return replace(timeline, layers=tuple(layers))


def with_axis(timeline: Timeline, **changed: Any) -> Timeline:
    """The timeline with its only axis changed."""
    (axis,) = timeline.axes
    return replace(timeline, axes=(replace(axis, **changed),))
