"""From a configuration to its timeline: what is declared, where there is no graph to prove it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tb_rnnview.analysis.declared_axes import DeclaredAxes, DeclaredAxis
from tb_rnnview.analysis.declared_calls import Calls
from tb_rnnview.analysis.declared_layers import DeclaredLayer, DeclaredLayers
from tb_rnnview.analysis.declared_variables import DeclaredVariables
from tb_rnnview.analysis.given_lengths import given_steps
from tb_rnnview.analysis.layer_names import Known, name_layers
from tb_rnnview.analysis.naming import distinct
from tb_rnnview.findings.facts import Facts, MaskLost
from tb_rnnview.findings.rules import with_findings
from tb_rnnview.sources.configuration import Configuration
from tb_rnnview.timeline import (
    Application,
    Axis,
    Direction,
    Encoding,
    Evidence,
    Finding,
    Kind,
    Layer,
    Severity,
    Timeline,
)

_ADVICE = (
    "A configuration tells the names and sizes of what a program builds, not what its own code "
    "does. To see that, give the model itself: program.py:model."
)


def analyze_configuration(
    source: Configuration, *, lengths: Mapping[str, int] | None = None
) -> Timeline:
    """The timeline of what a configuration declares.

    Args:
        source: the configuration.
        lengths: timesteps by axis id or label, for axes whose length it leaves open.

    Raises:
        SourceError: a length is given for an axis that is not there, or contradicts it.
    """
    calls = Calls(source.model)
    declared_axes = DeclaredAxes(calls)
    layers = DeclaredLayers(calls, declared_axes)
    _name(layers, source.model.name)
    axes = _axes(layers, lengths or {})
    held = DeclaredVariables(source, layers, {axis.id: axis for axis in axes})
    described = tuple(_layer(layers, layer) for layer in layers.all)
    declared = Timeline(
        name=source.name,
        source=source.source,
        axes=tuple(axes),
        layers=described,
        variables=held.variables,
        states=held.states,
        connections=tuple(layers.connections),
        findings=(*source.findings, *_findings(described)),
    )
    return with_findings(declared, _facts(layers))


def _facts(layers: DeclaredLayers) -> Facts:
    lost: dict[tuple[str, str], list[str]] = {}
    for layer in layers.all:
        masks = {layer.layer.calls[k].mask for _, k in layer.calls}
        for mask in masks if len(masks) == 1 else ():
            if mask is not None and mask.lost_at:
                lost.setdefault((mask.made_by, mask.lost_at), []).append(layer.id)
    return Facts(
        without_cudnn={x.id: x.layer.without_cudnn for x in layers.all if x.layer.without_cudnn},
        masks_lost=tuple(MaskLost(tuple(ids), *where) for where, ids in lost.items()),
    )


def _name(layers: DeclaredLayers, program: str) -> None:
    known = [
        Known(
            variables=[v.name for v in layer.layer.variables or ()],
            held=[[layer.layer.layers]],
            is_recurrent=layer.kind is Kind.RECURRENT,
        )
        for layer in layers.all
    ]
    for layer, name in zip(layers.all, name_layers(known, program), strict=True):
        layer.name = name


def _axes(layers: DeclaredLayers, lengths: Mapping[str, int]) -> list[Axis]:
    """The axes, by data flow; those around others come before them."""
    order: list[DeclaredAxis] = []
    names: list[str] = []

    def add(axis: DeclaredAxis, name: str) -> None:
        if axis not in order:
            if axis.parent is not None:
                add(axis.parent, _first_on(layers, axis.parent))
            order.append(axis)
            names.append(name)

    for layer in layers.all:
        for _, placed in layers.places_of(layer):
            if placed.axis is not None and layer.kind is Kind.RECURRENT:
                add(placed.axis, layer.name)
    for i, axis in enumerate(order):
        axis.id = f"axis{i}"
    labels = _labels(names)
    known = [axis.length for axis in order]
    ids = [axis.id for axis in order]
    given = given_steps(ids, labels, known, lengths, "the configuration says")
    return [
        Axis(
            id=axis.id,
            label=label,
            length=length.steps,
            length_source=length.source,
            reason=length.reason,
            encoding=Encoding.CONFIG,
            parent=axis.parent.id if axis.parent is not None else "",
        )
        for axis, label in zip(order, labels, strict=True)
        for length in (axis.length.given(given.get(axis.id)),)
    ]


def _first_on(layers: DeclaredLayers, axis: DeclaredAxis) -> str:
    """The name of the first recurrence on an axis."""
    return next(
        layer.name
        for layer in layers.all
        if layer.kind is Kind.RECURRENT and any(p.axis is axis for _, p in layers.places_of(layer))
    )


def _labels(names: list[str]) -> list[str]:
    """What to call the axes: as the first recurrence on each is called."""
    if len(names) == 1:
        return ["time"]
    outer = [name.partition("/")[0] for name in names]
    whole = {o: {n for n, other in zip(names, outer, strict=True) if other == o} for o in outer}
    return distinct(
        [o if len(whole[o]) == 1 else name for name, o in zip(names, outer, strict=True)]
    )


def _layer(layers: DeclaredLayers, layer: DeclaredLayer) -> Layer:
    declared, is_known = layer.layer, layer.kind is not Kind.UNKNOWN
    return Layer(
        id=layer.id,
        name=layer.name,
        cell=declared.cell if layer.kind is Kind.RECURRENT else "",
        units=declared.units if is_known else None,
        kind=layer.kind,
        depth=layer.depth,
        applications=tuple(
            Application(
                axis=placed.axis.id if placed.axis is not None and is_known else "",
                direction=placed.direction if is_known else Direction.UNKNOWN,
                name=declared.name,
            )
            for _, placed in layers.places_of(layer)
        ),
        evidence=Evidence.UNKNOWN if layer.kind is Kind.UNKNOWN else Evidence.CONFIG,
        reason=layer.reason,
    )


def _findings(layers: tuple[Layer, ...]) -> Iterator[Finding]:
    for layer in layers:
        if layer.kind is Kind.UNKNOWN:
            yield Finding(
                code="NOT_RECOGNISED",
                severity=Severity.WARNING,
                message=f"Layer {layer.name} is not recognised, because {layer.reason}.",
                advice=_ADVICE,
                layers=(layer.id,),
            )
