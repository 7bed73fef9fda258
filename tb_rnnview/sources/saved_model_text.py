"""SavedModels in protobuf's text form, ``saved_model.pbtxt``: the text of each graph in them.

TensorBoard ships no schema of the outer message, so its braces are matched here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

FILE_NAME = "saved_model.pbtxt"

_BEGINS = re.compile(rb"(?:\s|#[^\n]*\n)*(?:saved_model_schema_version\s*:|meta_graphs\s*[:{<])")
_PARTS = re.compile(
    rb"""
    "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*'  # braces in texts
    | \#[^\n]*                                 # and in comments count for nothing
    | (?P<graph>\bmeta_graphs\b) | (?P<opens>[{<]) | (?P<closes>[}>])
    """,
    re.VERBOSE | re.DOTALL,
)


def is_text_of_saved_model(data: bytes) -> bool:
    """Whether a file begins as the text of a SavedModel does."""
    return _BEGINS.match(data) is not None


def graphs_in_text(data: bytes) -> Iterator[bytes]:
    """The text of each MetaGraphDef, its lines counted as in the file.

    Raises:
        ValueError: one has no end.
    """
    depth = start = 0
    is_graph = False
    for part in _PARTS.finditer(data):
        if part["graph"]:
            is_graph = is_graph or depth == 0
        elif part["opens"]:
            depth += 1
            if depth == 1:
                start = part.end()
        elif part["closes"]:
            depth -= 1
            if depth == 0:
                if is_graph:
                    yield b"\n" * data.count(b"\n", 0, start) + data[start : part.start()]
                is_graph = False
    if depth > 0:
        raise ValueError("a graph has no end")
