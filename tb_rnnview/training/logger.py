"""`RNNViewLogger`: the same records from a training loop of the program's own."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any

from tb_rnnview.training.recorder import Recorder
from tb_rnnview.training.sinks import sink_of
from tb_rnnview.whole_number import whole_number


class RNNViewLogger:
    """Logs a recurrent model, and what its timesteps do, from a custom training loop.

    Call `log` where a step is to be logged, before the weights are updated::

        with tb_rnnview.RNNViewLogger("logs/run1") as logger:
            for step, (x, y) in enumerate(data):
                if step % 100 == 0:
                    logger.log(model, x, y, loss_fn, step=step)
                train(x, y)

    Whatever cannot be logged is said in one warning, and training goes on.

    Args:
        logdir: the folder that ``tensorboard --logdir`` is given, or a run inside it. The records
            go to ``<logdir>/rnnview``, a run of their own.
        statistics: also log what each timestep does; without it, only the timeline.
        writer: write through this ``tf.summary`` writer instead, into its run.
        name: the tag. Default: the model's name.

    Raises:
        tb_rnnview.errors.SourceError: an argument is none of these.
    """

    def __init__(
        self,
        logdir: str | os.PathLike[str] = "logs",
        *,
        statistics: bool = True,
        writer: Any = None,
        name: str | None = None,
    ) -> None:
        self._recorder = Recorder(sink_of(logdir, writer), name=name, statistics=statistics)
        self._next = 0

    def log(
        self,
        model: Any,
        x: Any,
        y: Any = None,
        loss_fn: Any = None,
        *,
        step: Any = None,
        sample_weight: Any = None,
    ) -> None:
        """Writes what this batch shows: the timeline the first time, and statistics.

        It runs the model once forwards and backwards, and changes nothing in it.

        Args:
            model: the model that is trained.
            x: a batch, as the model takes it.
            y: what should come out.
            loss_fn: ``loss_fn(y, model(x))`` gives a number, or one per example, which are
                averaged then. Default: the loss that the model was compiled with.
            step: the training step, a whole number or a variable that holds one. Default: that of
                ``tf.summary.experimental.set_step``, or one more than the last one.
            sample_weight: weights of the examples.

        Raises:
            tb_rnnview.errors.SourceError: ``step`` is no whole number.
        """
        number = whole_number(self._step() if step is None else step, "step")
        self._next = number + 1
        self._recorder.record(model, x, y, sample_weight, loss=loss_fn, step=number)

    def close(self) -> None:
        """Closes the file. What is logged later is appended to it."""
        self._recorder.close()

    def __enter__(self) -> RNNViewLogger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _step(self) -> Any:
        import tensorflow as tf

        default = tf.summary.experimental.get_step()
        return self._next if default is None else default
