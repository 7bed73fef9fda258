"""Many small graphs are traced here, and much is thrown away each time."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector need not go through TensorFlow again and again."""
    gc.collect()
    gc.freeze()
