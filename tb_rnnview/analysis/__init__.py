"""Reads a recurrent network off its graph, one pass per file."""
