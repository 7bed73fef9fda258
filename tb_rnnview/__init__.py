"""tb_rnnview: see the recurrent network you really built.

Names are imported when they are first used, so that ``import tb_rnnview`` is cheap and never
imports TensorFlow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tb_rnnview.comparing.comparison import Change, Comparison
    from tb_rnnview.facade import analyze, compare, export
    from tb_rnnview.reading import Run, read
    from tb_rnnview.statistics import LayerStatistics, Statistics, StatisticsRow
    from tb_rnnview.timeline import Timeline
    from tb_rnnview.training.logger import RNNViewLogger

__version__ = "0.1.0"

__all__ = [
    "Change",
    "Comparison",
    "LayerStatistics",
    "RNNViewLogger",
    "Run",
    "Statistics",
    "StatisticsRow",
    "Timeline",
    "__version__",
    "analyze",
    "compare",
    "export",
    "hooks",
    "keras",
    "read",
    "summary",
]

_HOMES = {
    "analyze": "tb_rnnview.facade",
    "compare": "tb_rnnview.facade",
    "export": "tb_rnnview.facade",
    "Change": "tb_rnnview.comparing.comparison",
    "Comparison": "tb_rnnview.comparing.comparison",
    "read": "tb_rnnview.reading",
    "Run": "tb_rnnview.reading",
    "LayerStatistics": "tb_rnnview.statistics",
    "Statistics": "tb_rnnview.statistics",
    "StatisticsRow": "tb_rnnview.statistics",
    "Timeline": "tb_rnnview.timeline",
    "RNNViewLogger": "tb_rnnview.training.logger",
}


def __getattr__(name: str) -> Any:
    import importlib

    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    if name in ("hooks", "keras", "summary"):
        return importlib.import_module(f"tb_rnnview.{name}")
    raise AttributeError(f"module 'tb_rnnview' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
