"""Which training steps are logged, and by which number they are called.

A training step is called by the number of batches trained on so far, itself included: the first one
is 1, as in the batch-level scalars of Keras' TensorBoard callback. With ``update_freq="epoch"`` it
is called by its epoch, from 0 on, as in that callback's epoch-level scalars.
"""

from __future__ import annotations

from typing import Any

from tb_rnnview.errors import SourceError


class Schedule:
    """Counts batches through every ``fit`` of one callback."""

    def __init__(self, update_freq: Any) -> None:
        """A schedule that logs every ``update_freq`` batches, or once an epoch.

        Raises:
            SourceError: it is neither "epoch" nor "batch" nor a whole number of at least 1.
        """
        if update_freq == "batch":
            update_freq = 1
        is_count = isinstance(update_freq, int) and not isinstance(update_freq, bool)
        if update_freq != "epoch" and not (is_count and update_freq >= 1):
            raise SourceError(
                'update_freq must be "epoch", "batch" or a whole number of batches, such as 100, '
                f"not {update_freq!r}"
            )
        self._every: int | None = None if update_freq == "epoch" else update_freq
        self._before_epoch = 0
        self._in_epoch = 0
        self._epoch = -1
        self._earlier_epochs = 0
        self._is_first_epoch = False
        self._batches_of_epoch: int | None = None
        self._has_logged = False

    def begin_training(self, trained: int, batches_of_epoch: int | None) -> None:
        """A ``fit`` begins.

        Args:
            trained: how many steps the optimizer has made already, with us or without.
            batches_of_epoch: how many batches an epoch has, where that is known.
        """
        self._end_epoch()
        self._before_epoch = max(self._before_epoch, trained)
        self._batches_of_epoch = batches_of_epoch
        self._is_first_epoch = True

    def begin_epoch(self, epoch: int) -> None:
        """An epoch begins; ``fit`` may start with a later one (``initial_epoch``)."""
        self._end_epoch()
        if self._is_first_epoch:
            # A second `fit` counts its epochs from 0 again, unless it is told not to.
            self._earlier_epochs = max(0, self._epoch + 1 - epoch)
            self._is_first_epoch = False
        self._epoch = epoch + self._earlier_epochs
        if self._batches_of_epoch:
            trained = self._epoch * self._batches_of_epoch
            self._before_epoch = max(self._before_epoch, trained)

    def _end_epoch(self) -> None:
        # The last call of an epoch may train on fewer batches than it could.
        self._before_epoch += min(self._in_epoch, self._batches_of_epoch or self._in_epoch)
        self._in_epoch = 0

    def due(self, batches: int) -> int | None:
        """The number of the step that follows, if it is to be logged.

        Args:
            batches: how many batches it trains on at once (``steps_per_execution``). The number is
                that of the first of them.
        """
        if self._every is None:
            return self._epoch if self._is_of_epoch(batches) else None
        before = self._before_epoch + self._in_epoch
        is_multiple = before // self._every != (before + batches) // self._every
        if is_multiple or not self._has_logged:
            self._has_logged = True
            return before + 1
        return None

    def _is_of_epoch(self, batches: int) -> bool:
        # The last one tells most of the epoch; which one that is, is not always known before.
        if self._batches_of_epoch is None:
            return self._in_epoch == 0
        return self._in_epoch < self._batches_of_epoch <= self._in_epoch + batches

    def trained(self, batches: int) -> None:
        """So many batches were trained on."""
        self._in_epoch += batches
