"""All codes that a finding may have."""

from __future__ import annotations

from tb_rnnview.findings.rules import log_rules, network_rules

_OF_READING = (
    "GRAPH_CHOSEN",
    "LOOP_OVER_BATCHES",
    "NAMES_NOT_PROVEN",
    "NOT_RECOGNISED",
    "READ_AS_CONFIGURATION",
)
"""What those who read and analyse a network have to tell of that; they are no rules."""


def codes() -> tuple[str, ...]:
    """The codes, sorted."""
    of_networks = (rule.CODE for rule in network_rules())
    of_logs = (rule.CODE for rule in log_rules())
    return tuple(sorted((*_OF_READING, *of_networks, *of_logs)))
