"""Findings: what is worth telling about a network, one rule per file."""
