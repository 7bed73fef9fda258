"""The page as one file: what it holds, and that nothing in it can get out of its place."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import replace

import pytest

from tb_rnnview.page_files import page_files
from tb_rnnview.timeline import Source, Timeline
from tb_rnnview.views.page import notebook_frame, page
from tests.timelines import stacked

HOSTILE = "</script><script>alert(1)</script><!--\u2028\u202e"


def script(text: str, start: str) -> str:
    """What is in the script element that begins like this."""
    found = re.search(rf"<script {start}>(.*?)</script>", text, re.DOTALL)
    assert found
    return found[1]


def answers(text: str) -> dict[str, object]:
    """What the page answers in the place of a server, by route."""
    found = json.loads(script(text, 'type="application/json" id="rnnview-answers"'))
    assert isinstance(found, dict)
    return found


def modules(text: str) -> dict[str, str]:
    """The modules of the page, by the names that they import each other by."""
    head = "data:text/javascript;base64,"
    imports: dict[str, str] = json.loads(script(text, 'type="importmap"'))["imports"]
    assert all(address.startswith(head) for address in imports.values())
    return {
        name: base64.b64decode(address.removeprefix(head)).decode()
        for name, address in imports.items()
    }


def test_it_holds_the_timeline_as_json_says_it() -> None:
    timeline = stacked()
    held = answers(page(timeline, paths=True))["./timeline"]
    assert held == json.loads(timeline.to_json())


def test_it_holds_every_module_of_the_page() -> None:
    names = {name.lstrip("/") for name in page_files() if name.endswith(".js")}
    assert {name.removeprefix("rnnview/") for name in modules(page(stacked()))} == names


def test_every_import_is_in_the_map() -> None:
    held = modules(page(stacked()))
    assert 'import "rnnview/alone.js"' in page(stacked())
    imported = {
        name
        for text in held.values()
        for name in re.findall(r"^(?:import\b|\} from\b)[^;]*?['\"]([^'\"]+)['\"];", text, re.M)
    }
    assert "rnnview/vendor/libraries.js" in imported
    assert imported <= set(held)


def test_it_asks_nobody_for_anything() -> None:
    text = page(stacked())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'; ")
    assert "http" not in policy
    assert "connect-src" not in policy


@pytest.mark.parametrize("paths", [True, False])
def test_no_path_unless_it_is_wanted(paths: bool) -> None:
    timeline = replace(stacked(), source=Source("keras_file", "/home/me/secret/model.keras"))
    assert ("/home/me/secret" in page(timeline, paths=paths)) is paths
    assert "/home/me/secret" not in notebook_frame(timeline)


def test_names_stay_text() -> None:
    timeline = stacked(1, 3, HOSTILE)
    hostile = replace(timeline, layers=(replace(timeline.layers[0], name=HOSTILE),))
    text = page(hostile)
    plain = page(stacked(1, 3, "plain"))
    for mark in ("<script", "</script", "<!--", "\u2028"):
        assert text.count(mark) == plain.count(mark), mark
    (title,) = re.findall("<title>(.*?)</title>", text)
    assert "\u202e" not in title
    assert answers(text)["./timeline"]["layers"][0]["name"] == HOSTILE  # type: ignore[index]


def test_a_notebook_gets_it_in_a_frame_of_its_own() -> None:
    timeline = stacked()
    text = timeline._repr_html_()
    (inside,) = re.findall(r'<iframe srcdoc="([^"]*)" sandbox="([^"]*)"', text)
    assert html.unescape(inside[0]) == page(timeline)
    assert "allow-scripts" in inside[1]
    assert "allow-same-origin" not in inside[1]


def test_a_network_without_anything_has_a_page() -> None:
    assert answers(page(Timeline()))["./runs"] == {
        "runs": {".": {"rnnview": {"steps": [0], "description": ""}}}
    }
