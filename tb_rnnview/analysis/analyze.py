"""From a graph to its timeline: runs the passes in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tb_rnnview.analysis.axes import find_axes
from tb_rnnview.analysis.batch_loops import find_batch_loops, without_loops
from tb_rnnview.analysis.chained_steps import join_chained_steps
from tb_rnnview.analysis.configured import names_by_configuration
from tb_rnnview.analysis.connections import find_flows
from tb_rnnview.analysis.describe import describe
from tb_rnnview.analysis.facts import facts_of
from tb_rnnview.analysis.first_steps import join_first_steps
from tb_rnnview.analysis.fused_sequences import open_fused_sequences
from tb_rnnview.analysis.given import fed_shapes, named_nodes
from tb_rnnview.analysis.hidden import hidden_parts
from tb_rnnview.analysis.instances import find_instances
from tb_rnnview.analysis.layers import find_layers
from tb_rnnview.analysis.lengths import find_length
from tb_rnnview.analysis.liveness import (
    find_derivatives,
    find_roots,
    forward_results,
    needed_by,
)
from tb_rnnview.analysis.loops import find_loops
from tb_rnnview.analysis.picked_elements import PickedElements
from tb_rnnview.analysis.placement import find_sequence_axes
from tb_rnnview.analysis.probes import without_probes
from tb_rnnview.analysis.recurrences import find_cores
from tb_rnnview.analysis.result import Analysis
from tb_rnnview.analysis.rolled.one_step import open_lone_cells
from tb_rnnview.analysis.rolled.roll import Rolled, roll_up
from tb_rnnview.analysis.single_steps import merge_single_steps
from tb_rnnview.analysis.states_in_one_piece import take_states_apart
from tb_rnnview.analysis.values import Values
from tb_rnnview.analysis.variables import find_variables
from tb_rnnview.analysis.weights import find_weighted
from tb_rnnview.analysis.written_out import join_written_out
from tb_rnnview.findings.rules import with_findings
from tb_rnnview.graph.form import Graph
from tb_rnnview.graph.frames import Frames, find_frames
from tb_rnnview.graph.from_graph_def import from_graph_def
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.sources.stored_graph import names_of
from tb_rnnview.timeline import Timeline


def analyze_graph(
    source: GraphSource,
    *,
    inputs: Mapping[str, Any] | None = None,
    outputs: Sequence[Any] | None = None,
    lengths: Mapping[str, int] | None = None,
) -> Timeline:
    """The timeline of the network in a graph.

    Args:
        source: the graph.
        inputs: example values or shapes by placeholder.
        outputs: the tensors that count, or their names.
        lengths: timesteps by axis id or label, for axes whose length the graph leaves open.

    Returns:
        The timeline.

    Raises:
        tb_rnnview.errors.SourceError: the graph is damaged, or a name is not in it.
    """
    return told(analyzed_graph(source, inputs=inputs, outputs=outputs), lengths or {})


def analyzed_graph(
    source: GraphSource,
    *,
    inputs: Mapping[str, Any] | None = None,
    outputs: Sequence[Any] | None = None,
) -> Analysis:
    """What the passes find in a graph; `told` puts it into the timeline's words.

    Raises:
        tb_rnnview.errors.SourceError: as for `analyze_graph`.
    """
    graph = open_fused_sequences(from_graph_def(source.graph_def))
    frames = find_frames(graph)
    derivative = find_derivatives(graph)
    graph, frames, derivative = join_first_steps(graph, frames, derivative)
    batch_loops = find_batch_loops(graph, frames, derivative)
    frames = without_loops(frames, batch_loops)
    roots: Sequence[int]
    if outputs is not None:
        roots = named_nodes(graph, outputs)
        if any(derivative[n] for n in roots):  # then gradients are what is wanted
            derivative = bytearray(len(graph))
        live = needed_by(graph, roots, derivative)
    else:
        roots = forward_results(graph, named_nodes(graph, source.outputs), derivative)
        if not roots:
            roots = find_roots(graph, frames.of, derivative)
            if len(frames) > 1:  # there are loops, then, which may have been probed
                loops = find_loops(graph, frames, needed_by(graph, roots, derivative))
                roots = without_probes(graph, roots, loops)
        live = needed_by(graph, roots, derivative)
    changed = roll_up(graph, live, frames, roots, derivative)
    if changed is not None:
        graph, roots, derivative, batch_loops, frames, live = _known_of(changed)
    changed = open_lone_cells(graph, live, frames, roots, derivative)
    if changed is not None:
        graph, roots, derivative, batch_loops, frames, live = _known_of(changed)
    changed = take_states_apart(graph, live, frames, roots, derivative)
    if changed is not None:
        graph, roots, derivative, batch_loops, frames, live = _known_of(changed)
    loops = find_loops(graph, frames, live)
    static = Values(graph)
    storages = find_variables(graph, live, static)
    weighted = find_weighted(graph, live, storages)
    steps = {loop.frame: find_length(graph, loop, static) for loop in loops}
    picked = PickedElements(static, frames)
    axes = find_axes(graph, frames, loops, steps, picked)
    merge_single_steps(graph, frames, axes)
    cores = find_cores(graph, frames, loops, {**weighted[0], **weighted[1]})
    declared = {
        # What the given outputs do without is not called unused.
        graph.index[d.node or d.name]: replace(d, is_part=d.is_part and outputs is None)
        for d in source.declared
        if (d.node or d.name) in graph.index
    }
    held = {node: d.layers for node, d in declared.items()}
    instances = find_instances(graph, live, frames, loops, cores, storages, weighted, static, held)
    instances = join_written_out(graph, frames, instances, axes, picked)
    instances = join_chained_steps(graph, instances, axes, picked)
    flows = find_flows(graph, live, loops, instances.all, instances.owner)
    sequence_axes = find_sequence_axes(graph, instances.all, axes, picked)
    place = {node: i for i, node in enumerate(declared)}
    order = [place.get(storage.node, len(place)) for storage in storages]
    layers = find_layers(graph, instances.all, flows, axes, sequence_axes, order)
    observed = None
    if inputs or source.fed:
        fed = Values(graph, fed_shapes(graph, {**source.fed, **(inputs or {})}))
        observed = {loop.frame: find_length(graph, loop, fed) for loop in loops}
    return Analysis(
        source=source,
        graph=graph,
        frames=frames,
        values=static,
        loops=loops,
        steps=steps,
        observed=observed or {},
        axes=axes,
        picked=picked,
        storages=storages,
        instances=instances,
        flows=flows,
        layers=layers,
        declared=declared,
        batch_loops=[frames.name[frame] for frame in batch_loops],
        not_covered=hidden_parts(graph, live),
        roots=list(roots),
        live=live,
    )


def _known_of(
    changed: Rolled,
) -> tuple[Graph, list[int], bytearray, list[int], Frames, bytearray]:
    """A graph that was changed, with all that is asked of it before its loops are."""
    graph, roots, derivative = changed.graph, changed.roots, changed.derivative
    batch_loops = find_batch_loops(graph, changed.frames, derivative)
    frames = without_loops(changed.frames, batch_loops)
    return graph, roots, derivative, batch_loops, frames, needed_by(graph, roots, derivative)


def _named(found: Analysis, lengths: Mapping[str, int]) -> Timeline:
    """The timeline, its variables named as far as what stands beside the graph proves it."""
    timeline = describe(found, lengths)
    if found.declared or not found.graph.nodes_of("VarHandleOp"):
        return timeline
    nameless = names_of(found.source.graph_def.node, "Placeholder")
    names = names_by_configuration(timeline, found.source.configured, nameless)
    found = replace(found, declared={found.graph.index[d.node]: d for d in names.declared})
    return names.told_of(describe(found, lengths))


def told(found: Analysis, lengths: Mapping[str, int]) -> Timeline:
    """The timeline with its findings.

    Args:
        found: what the passes found. Its layers get their names here.
        lengths: as for `analyze_graph`.
    """
    return with_findings(_named(found, lengths), facts_of(found))
