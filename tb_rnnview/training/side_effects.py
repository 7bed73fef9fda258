"""Whether operations only compute: they draw no random number and write to no variable."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tb_rnnview.training.written_variables import functions_of

# Types of operations with a state that none of the results of others depends on.
_ONLY_READ = {
    "Assert", "Placeholder", "Print", "PrintV2", "ReadVariableOp", "ResourceGather",
    "ResourceGatherNd", "VarIsInitializedOp",
}  # fmt: skip


def replays_exactly(operations: Iterable[Any]) -> bool:
    """Whether the operations, run again on the same inputs, give the same and change nothing."""
    return all(map(_only_computes, operations))


def _only_computes(operation: Any) -> bool:
    if operation.op_def is None or not operation.op_def.is_stateful:
        return True
    if operation.type in _ONLY_READ:
        return True
    # A loop or a call has no state but that of the functions that it runs.
    bodies = [body for body, _ in functions_of(operation)]
    return bool(bodies) and all(replays_exactly(body.get_operations()) for body in bodies)
