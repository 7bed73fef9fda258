"""The page as one file: it opens from disk, without a server and without a network.

The modules of the page are carried as they are, in an import map; only the names by which they
import each other are put into a form that the map can answer. Nothing else is loaded: a content
security policy in the file forbids it.
"""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import replace

from tb_rnnview.page_files import page_files
from tb_rnnview.timeline import Timeline
from tb_rnnview.views.sentence import sentence
from tb_rnnview.views.words import clean

_RELATIVE = re.compile(r"""((?:\bfrom|^import)\s*)(['"])\./([\w./-]+\.js)\2""", re.MULTILINE)
_PREFIX = "rnnview/"
_START = "alone.js"
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; "
    "img-src data: blob:"
)
_NOTEBOOK_HEIGHT = 720


def page(timeline: Timeline, *, paths: bool = False) -> str:
    """A whole HTML document that shows a timeline as TensorBoard's tab does.

    It holds what the timeline holds: names, shapes, and when each variable is used. There are no
    values of weights in it.

    Args:
        timeline: what to show.
        paths: whether the path that the network was read from goes into it, too.
    """
    shown = timeline if paths else _without_path(timeline)
    title = html.escape(clean(f"{shown.name or 'RNN view'}: {sentence(shown).headline}"))
    files = page_files()
    modules = {
        _PREFIX + name.lstrip("/"): _as_address(path.read_text("utf-8"))
        for name, path in files.items()
        if path.suffix == ".js"
    }
    style = files["/page.css"].read_text("utf-8")
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{title}</title>",
            f"<style>{style}</style>",
            f'<script type="application/json" id="rnnview-answers">{_answers(shown)}</script>',
            f'<script type="importmap">{_inline({"imports": modules})}</script>',
            f'<script type="module">import "{_PREFIX}{_START}";</script>',
            "</head>",
            "<body></body>",
            "</html>",
            "",
        )
    )


def notebook_frame(timeline: Timeline) -> str:
    """The page in a frame of its own, for notebooks: neither's styles reach the other."""
    inside = html.escape(page(timeline), quote=True)
    return (
        f'<iframe srcdoc="{inside}" sandbox="allow-scripts allow-downloads" width="100%" '
        f'height="{_NOTEBOOK_HEIGHT}" style="border: 0" '
        'title="The timeline of a recurrent network"></iframe>'
    )


def _without_path(timeline: Timeline) -> Timeline:
    return replace(timeline, source=replace(timeline.source, path=""))


def _answers(timeline: Timeline) -> str:
    """What a server would answer, by route (tb_rnnview/plugin/http_api.md)."""
    from tb_rnnview.timeline_codec import to_dict

    tag = timeline.name or "rnnview"
    runs = {".": {tag: {"steps": [0], "description": ""}}}
    return _inline(
        {
            "./runs": {"runs": runs},
            "./timeline": to_dict(timeline),
            "./statistics": {"layers": [], "skipped": []},
        }
    )


def _as_address(module: str) -> str:
    text = _RELATIVE.sub(_named, module)
    return "data:text/javascript;base64," + base64.b64encode(text.encode()).decode("ascii")


def _named(match: re.Match[str]) -> str:
    keyword, quote, path = match.groups()
    return f"{keyword}{quote}{_PREFIX}{path}{quote}"


def _inline(value: object) -> str:
    """JSON that no HTML parser takes for an end of the script, or for a comment."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
