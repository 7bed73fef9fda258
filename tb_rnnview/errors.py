"""What tb_rnnview raises for bad input: one line that names the place and the remedy."""

from __future__ import annotations


class RNNViewError(ValueError):
    """Bad input. Its text is one line, fit to be shown to the user as it is."""


class SourceError(RNNViewError):
    """A source cannot be read, holds no graph, or is of a kind that is not supported."""


class FormatError(RNNViewError):
    """Data is no timeline, is damaged, or cannot be understood by this version."""


class NewerSchemaError(FormatError):
    """Data follows a newer schema than this version knows."""
