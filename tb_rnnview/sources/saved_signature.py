"""Which of the functions in a SavedModel is looked at: a signature, or a function of its object.

A signature is what a program calls from outside; the graph holds a call of each. Objects that
were saved without one have functions, which are called here as their signatures would be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef, SignatureDef, TensorInfo

from tb_rnnview.errors import SourceError
from tb_rnnview.sources.saved_function import call_function, functions_of
from tb_rnnview.sources.stored_graph import StoredGraph, all_names
from tb_rnnview.timeline import Finding, Severity

_DEFAULT = "serving_default"
_CALL = "__call__"
# TensorFlow's own, which initialise or train.
_RESERVED = "__saved_model"
_LISTED = 20


@dataclass(frozen=True)
class Chosen:
    """What is looked at."""

    outputs: tuple[str, ...] = ()
    """Empty = everything that the graph computes."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """The placeholders, by what the program calls its inputs."""
    storing: Mapping[int, str] = field(default_factory=dict)
    """The nodes made for variables, by the numbers of their objects."""
    findings: tuple[Finding, ...] = ()


def choose_signature(
    path: str, meta: MetaGraphDef, graph: GraphDef | StoredGraph, wanted: str | None
) -> Chosen:
    """The signature that is wanted, or the one that TensorFlow's own tools take.

    Args:
        path: what the user gave.
        meta: the MetaGraph.
        graph: its graph. Where a function is to be called, the call is added to it.
        wanted: the name of the signature, if one is wanted.

    Raises:
        SourceError: there is none of that name, or there are several and none is the default.
    """
    signatures = {k: s for k, s in meta.signature_def.items() if not k.startswith(_RESERVED)}
    functions = functions_of(meta.object_graph_def)
    name = wanted if wanted is not None else _default(signatures, list(functions))
    if name is not None and name in signatures:
        others = sorted(set(signatures) - {name}) if wanted is None else []
        finding = (_finding(name, others),) if others else ()
        return _of_signature(path, graph, name, signatures[name], finding)
    if name is not None and name in functions:
        called = call_function(path, graph, meta.object_graph_def, functions[name])
        others = sorted(set(functions) - {name}) if wanted is None else []
        finding = (_finding(name, others, "functions"),) if others else ()
        return Chosen(called.outputs, called.inputs, called.storing, finding)
    if wanted is None and not meta.HasField("object_graph_def"):
        # TensorFlow 1: the network itself is in the graph, whatever is said of it beside.
        return Chosen(findings=_of_all(sorted(signatures)))
    raise SourceError(f"{path}: {_why_not(wanted, sorted(signatures), sorted(functions))}")


def _default(signatures: Mapping[str, SignatureDef], functions: Sequence[str]) -> str | None:
    if _DEFAULT in signatures:
        return _DEFAULT
    if signatures:
        return next(iter(signatures)) if len(signatures) == 1 else None
    if _CALL in functions:
        return _CALL
    return functions[0] if len(functions) == 1 else None


def _of_signature(
    path: str,
    graph: GraphDef | StoredGraph,
    name: str,
    signature: SignatureDef,
    findings: tuple[Finding, ...],
) -> Chosen:
    nodes = all_names(graph.node)
    outputs = [t for key in sorted(signature.outputs) for t in _tensors(signature.outputs[key])]
    inputs = {key: _node(t) for key, t in sorted(signature.inputs.items()) if t.name}
    if not outputs:
        raise SourceError(f"{path}: the signature {name!r} gives nothing back; give another one")
    for tensor in (*outputs, *inputs.values()):
        if tensor.partition(":")[0] not in nodes:
            raise SourceError(
                f"{path}: is damaged: the signature {name!r} names {tensor!r}, which is not in "
                "the graph; copy or write it again"
            )
    return Chosen(tuple(outputs), inputs, findings=findings)


def _tensors(info: TensorInfo) -> list[str]:
    """The tensors that a part of a signature is made of."""
    sparse = info.coo_sparse
    names = [info.name, sparse.values_tensor_name, sparse.indices_tensor_name]
    names += [part.name for part in info.composite_tensor.components]
    return [name for name in names if name]


def _node(info: TensorInfo) -> str:
    return str(info.name).partition(":")[0]


def _finding(name: str, others: Sequence[str], what: str = "signatures") -> Finding:
    return Finding(
        code="GRAPH_CHOSEN",
        severity=Severity.INFO,
        message=(
            f"{len(others) + 1} {what} are in this SavedModel. This is {name!r}; the others: "
            f"{_listed(others)}."
        ),
        advice="To see another one, give --signature NAME, or signature= in Python.",
    )


def _of_all(names: Sequence[str]) -> tuple[Finding, ...]:
    if len(names) < 2:
        return ()
    return (
        Finding(
            code="GRAPH_CHOSEN",
            severity=Severity.INFO,
            message=(
                f"{len(names)} signatures are in this SavedModel: {_listed(names)}. None is the "
                "default; this is the whole graph."
            ),
            advice="To see one of them, give --signature NAME, or signature= in Python.",
        ),
    )


def _why_not(wanted: str | None, signatures: Sequence[str], functions: Sequence[str]) -> str:
    kinds = [("signatures", signatures), ("functions", functions)]
    there = "; ".join(f"{kind}: {_listed(names)}" for kind, names in kinds if names)
    if wanted is not None:
        return f"there is no signature {wanted!r}; there are: {there or 'none'}"
    if not there:
        return (
            "is a SavedModel without signatures and functions, which holds only weights; save it "
            "again with signatures="
        )
    return f"several can be looked at ({there}); choose one with --signature (signature= in Python)"


def _listed(names: Sequence[str]) -> str:
    more = f", … ({len(names)} in all)" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
