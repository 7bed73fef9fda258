"""Several processes that train one model, each on its part of every batch, measure it together.

Sums over all parts take all processes. A process that waits for one that does not come would wait
for ever, and training with it. So before training they ask each other, with a limit of time,
whether all of them log the same steps; before a step is logged, and before each sum, whether all
can.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tb_rnnview.training.sums import Arrays, lengthened

PATIENCE = 60.0
"""Seconds in which the others must have begun to train, too."""

ANOTHER_FAILED = "another worker of this training cannot measure its part"
# All processes run the same program, so that they count alike.
_meetings = itertools.count()


class Workers:
    """The processes of a ``MultiWorkerMirroredStrategy``, as one of them sees them.

    All of them call the same methods in the same order.

    Args:
        strategy: the strategy.
    """

    def __init__(self, strategy: Any) -> None:
        self._strategy = strategy
        resolver = strategy.cluster_resolver
        cluster = resolver.cluster_spec().as_dict()
        self._all = [
            f"{job}/{index}"
            for job in ("chief", "worker")
            for index in range(len(cluster.get(job, ())))
        ]
        self._own = f"{resolver.task_type}/{resolver.task_id}"
        self._is_chief = bool(strategy.extended.should_save_summary)
        self._reducer: Any = None

    def meet(self, plan: str, patience: float = PATIENCE) -> str:
        """Finds out whether all processes have the same plan.

        The chief decides, so that all of them know the same even if one is late.

        Args:
            plan: which steps this one logs, and how.
            patience: seconds to wait for the others.

        Returns:
            Why they cannot measure together; "" = they can.
        """
        board = _Board(f"tb_rnnview/{next(_meetings)}")
        try:
            board.write(self._own, plan)
            return self._decided(board, plan, patience)
        except Exception as error:  # noqa: BLE001 - the others are out of reach
            return f"the workers of this training cannot agree on it ({type(error).__name__})"

    def _decided(self, board: _Board, plan: str, patience: float) -> str:
        if not self._is_chief:
            return board.read("decision", 2 * patience)
        reason = ""
        for other in self._all:
            try:
                if board.read(other, patience) != plan:
                    reason = "the workers of this training do not all log the same steps"
            except Exception:  # noqa: BLE001 - whatever keeps it from answering
                reason = (
                    f"{other} of this training has not said within {patience:g} s that it logs, "
                    "too; every worker needs the callback"
                )
                break
        board.write("decision", reason)
        return reason

    def all_can(self, this_one_can: bool) -> bool:
        """Whether all processes can go on. All of them get the same answer."""
        return bool(self._of_all([float(this_one_can)]).all())

    def total(self, compute: Callable[[], Arrays]) -> Arrays:
        """The sums of arrays over all processes.

        Args:
            compute: gives this one's arrays: float64, as many as the others'; the first
                dimension, time, may differ. None at all = this one has nothing to add.

        Returns:
            The sums; none at all where this process has nothing to add.

        Raises:
            RuntimeError: another process could not compute its own.
            Exception: whatever ``compute`` raises.
        """
        arrays: Arrays = []
        error: Exception | None = None
        try:
            arrays = compute()
        except Exception as raised:  # noqa: BLE001 - the others must not wait for it
            error = raised
        counts = self._of_all([-1 if error is not None else len(arrays)])
        if error is not None:
            raise error
        most = int(counts.max())
        if not np.isin(counts, [0, most]).all():
            raise RuntimeError(ANOTHER_FAILED)
        lengths = [float(len(array)) for array in arrays] or [0.0] * most
        longest = self._of_all(lengths).max(0)
        arrays = [lengthened(a, int(n)) for a, n in zip(arrays, longest, strict=False)]
        size = int(self._of_all([sum(array.size for array in arrays)]).max())
        flat = np.concatenate([a.ravel() for a in arrays]) if arrays else np.zeros(size)
        whole = self._reduced(flat)
        ends = np.cumsum([array.size for array in arrays])[:-1]
        pieces = np.split(whole, ends) if arrays else []
        return [piece.reshape(a.shape) for piece, a in zip(pieces, arrays, strict=True)]

    def _of_all(self, numbers: Sequence[float]) -> NDArray[np.float64]:
        """The same few numbers of each process: [processes, numbers]."""
        table = np.zeros([len(self._all), len(numbers)])
        table[self._all.index(self._own)] = numbers
        return self._reduced(table.ravel()).reshape(table.shape)

    def _reduced(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum of a vector over all processes."""
        import tensorflow as tf

        if self._reducer is None:
            self._reducer = tf.function(
                self._reduce, input_signature=[tf.TensorSpec([None], tf.float64)], autograph=False
            )
        return np.array(self._reducer(values))

    def _reduce(self, values: Any) -> Any:
        import tensorflow as tf

        here = self._strategy.num_replicas_in_sync // len(self._all)

        def of_replica() -> Any:
            context = tf.distribute.get_replica_context()
            # Of the replicas in one process, the first one speaks for it.
            speaks = tf.equal(context.replica_id_in_sync_group % here, 0)
            return context.all_reduce("SUM", tf.where(speaks, values, tf.zeros_like(values)))

        return self._strategy.experimental_local_results(self._strategy.run(of_replica))[0]


class _Board:
    """What processes of one cluster tell each other, under names that none uses twice."""

    def __init__(self, prefix: str) -> None:
        from tensorflow.python.eager import context

        self._prefix = prefix
        self._context: Any = context.context()

    def write(self, name: str, text: str) -> None:
        """Tells all."""
        # An empty value could not be told from none.
        self._context.set_config_key_value(f"{self._prefix}/{name}", f"={text}")

    def read(self, name: str, patience: float) -> str:
        """What was told, within so many seconds."""
        value = self._context.get_config_key_value(
            f"{self._prefix}/{name}", timeout_in_ms=int(patience * 1000)
        )
        return str(value)[1:]
