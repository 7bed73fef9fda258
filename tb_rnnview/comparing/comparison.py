"""The result of a comparison: which layer became which, and what has changed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from tb_rnnview.timeline import Timeline


@dataclass(frozen=True)
class Change:
    """One difference.

    ``before`` and ``after`` are short texts; one of them is "" where something is there on one side
    only. ``a_layer`` and ``b_layer`` are ids of layers, "" = none. ``about`` is what the change is
    about, in the words of the views: "Layer 0", "Time".
    """

    code: str
    about: str
    message: str
    before: str = ""
    after: str = ""
    a_layer: str = ""
    b_layer: str = ""


@dataclass(frozen=True)
class Comparison:
    """What differs between the timelines ``a`` and ``b``.

    ``layers`` are pairs of ids in the order of data flow; None = the layer has no counterpart.
    """

    a: Timeline
    b: Timeline
    layers: tuple[tuple[str | None, str | None], ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.changes

    def without(self, codes: tuple[str, ...]) -> Comparison:
        """The same comparison, blind to changes with these codes."""
        return replace(self, changes=tuple(c for c in self.changes if c.code not in codes))

    def to_json(self, *, indent: int | None = 2) -> str:
        """JSON text: both networks in a line each, the pairs of layers, and the changes."""
        return json.dumps(self._plain(), indent=indent, ensure_ascii=False)

    def _plain(self) -> dict[str, Any]:
        return {
            "a": _summary(self.a),
            "b": _summary(self.b),
            "layers": [{"a": a, "b": b} for a, b in self.layers],
            "changes": [
                {
                    "code": change.code,
                    "about": change.about,
                    "message": change.message,
                    "before": change.before or None,
                    "after": change.after or None,
                    "a_layer": change.a_layer or None,
                    "b_layer": change.b_layer or None,
                }
                for change in self.changes
            ],
        }

    def __str__(self) -> str:
        from tb_rnnview.views.differences import render

        return render(self)


def _summary(timeline: Timeline) -> dict[str, str]:
    from tb_rnnview.views.sentence import sentence

    return {
        "name": timeline.name,
        "source": timeline.source.path,
        "headline": sentence(timeline).headline,
    }
