"""What TensorBoard imports when it starts.

TensorBoard imports this module unguarded: an exception here would take it down with us. So it
imports nothing but the base class; everything that might fail happens inside `load`.
"""

from __future__ import annotations

import logging
from typing import Any

from tensorboard.plugins import base_plugin

_logger = logging.getLogger(__name__)


class RNNViewLoader(base_plugin.TBLoader):
    """Makes the plugin, or explains why it cannot and leaves TensorBoard alone."""

    def fix_flags(self, flags: Any) -> None:
        """Keeps up to 1000 steps of a tag, where TensorBoard would keep 10 of a third party's."""
        samples = getattr(flags, "samples_per_plugin", None)
        if isinstance(samples, dict):
            samples.setdefault("rnnview", 1000)

    def load(self, context: Any) -> base_plugin.TBPlugin | None:
        """The plugin; None if it cannot be loaded."""
        try:
            from tb_rnnview.plugin.plugin import RNNViewPlugin

            return RNNViewPlugin(context)
        except Exception as error:  # noqa: BLE001  whatever it is, TensorBoard goes on
            _logger.error("The RNN VIEW tab is not available: %s: %s", type(error).__name__, error)
            return None
