"""How commands print: what is encoded how, in colour or not, and with which exit status."""

from __future__ import annotations

import json
import os
import sys

from tb_rnnview.errors import SourceError

DONE, FOUND = 0, 1
"""Exit statuses: all is well; ``check`` or ``diff`` has found something."""


def say(text: str) -> None:
    """Prints a text and a line end.

    Raises:
        SourceError: the output cannot be written.
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise SourceError(f"the output cannot be written ({error.strerror or error})") from error


def encodable(json_text: str) -> str:
    """JSON that the output can encode: escaped throughout where it cannot be written as it is."""
    try:
        json_text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(json.loads(json_text), indent=2)
    return json_text


def wants_color() -> bool:
    """Whether the output is a terminal whose user wants colours."""
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "") != "dumb"
    )
