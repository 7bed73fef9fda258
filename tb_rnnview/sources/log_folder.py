"""Event files and log folders: which run, which tag, a timeline or a graph."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tb_rnnview.errors import SourceError
from tb_rnnview.event_files import files_by_run
from tb_rnnview.files import is_file, is_remote
from tb_rnnview.sources.configuration import Configuration
from tb_rnnview.sources.configured_layer import ConfiguredModel
from tb_rnnview.sources.event_configs import configured_in
from tb_rnnview.sources.event_file import EventFile, GraphRecord, scan
from tb_rnnview.sources.event_graphs import choose_graph, is_network, names_of
from tb_rnnview.sources.foreign_file import why_no_graph_beside
from tb_rnnview.sources.graph_source import GraphSource
from tb_rnnview.timeline import Finding, Severity, Source, Timeline

_PARTS_OF_SAVED_MODELS = ("keras_metadata.pb", "fingerprint.pb")
_FOLDERS_SEARCHED = 100
_GRAPH_ENDINGS = (".meta", ".pb", ".pbtxt", ".pb.txt")


@dataclass(frozen=True)
class _Run:
    name: str  # relative to the folder, as TensorBoard names runs; "." = the folder itself
    files: tuple[EventFile, ...]

    @property
    def graphs(self) -> tuple[GraphRecord, ...]:
        return tuple(record for file in self.files for record in file.graphs)

    @property
    def configs(self) -> tuple[GraphRecord, ...]:
        return tuple(record for file in self.files for record in file.configs)


def open_folder(
    path: str,
    *,
    name: str = "",
    run: str | None = None,
    tag: str | None = None,
    step: int | None = None,
) -> GraphSource | Configuration | Timeline:
    """The timeline or the graph that a log folder holds. Exported timelines come first.

    Raises:
        SourceError: it holds none, or several and the caller did not choose.
    """
    try:
        paths = files_by_run(path)
    except SourceError:
        raise SourceError(f"{path}: {_why_empty(path)}") from None
    scanned, problems = _scan_all([file for files in paths.values() for file in files])
    if not scanned:
        raise problems[0]
    runs = [_Run(r, tuple(scanned[f] for f in files if f in scanned)) for r, files in paths.items()]
    return _choose(path, [r for r in runs if r.files], name, run, tag, step)


def open_event_file(
    path: str,
    *,
    name: str = "",
    run: str | None = None,
    tag: str | None = None,
    step: int | None = None,
) -> GraphSource | Configuration | Timeline:
    """The timeline or the graph that one event file holds.

    Raises:
        SourceError: it holds none, or several and the caller did not choose.
    """
    return _choose(path, [_Run(".", (scan(path),))], name, run, tag, step)


def _choose(
    path: str,
    runs: Sequence[_Run],
    name: str,
    run: str | None,
    tag: str | None,
    step: int | None,
) -> GraphSource | Configuration | Timeline:
    if run is not None:
        _check_run(path, runs, run)
    if any(file.has_timelines for r in runs for file in r.files):
        has_graph = any(r.graphs for r in runs if run in (None, r.name))
        timeline = _timeline(path, run, tag, step, has_graph)
        if timeline is not None:
            return timeline
    if step is not None:
        raise SourceError(f"{path}: --step chooses among exported timelines; none is stored here")
    graphs: dict[str, GraphSource] = {}
    for r in runs:
        if r.graphs and run in (None, r.name):
            source = choose_graph(r.graphs, path, name or _title(path, r.name), tag)
            if source is None or (tag is None and r.configs and not is_network(source)):
                continue  # what is configured beside it tells more
            graphs[r.name] = replace(source, configured=configured_in(r.configs))
    if len(graphs) == 1:
        return next(iter(graphs.values()))
    if graphs:
        raise SourceError(
            f"{path}: {len(graphs)} runs hold a graph: {_listed(graphs)}; choose one with --run"
        )
    wanted = [r for r in runs if run in (None, r.name)]
    declared = _declared(path, wanted, name) if tag is None else {}
    if len(declared) == 1:
        return next(iter(declared.values()))
    if declared:
        raise SourceError(
            f"{path}: {len(declared)} runs hold a Keras model's configuration: "
            f"{_listed(list(declared))}; choose one with --run"
        )
    raise SourceError(f"{path}: {_why_nothing(wanted, tag)}")


def _declared(path: str, runs: Sequence[_Run], name: str) -> dict[str, Configuration]:
    """By run, the latest model of which there is no graph, but a configuration."""
    found = {}
    for r in runs:
        models = configured_in(r.configs)
        if models:
            model = models[-1]
            source = Source("event_file", path, "keras", model.version)
            findings = () if len(models) == 1 else (_chosen(model, models),)
            title = name or model.name or _title(path, r.name)
            found[r.name] = Configuration(model, source, title, findings=findings)
    return found


def _chosen(model: ConfiguredModel, models: Sequence[ConfiguredModel]) -> Finding:
    return Finding(
        code="GRAPH_CHOSEN",
        severity=Severity.INFO,
        message=(
            f"{len(models)} different configurations of Keras models are logged here, and no "
            f"graph. This is the latest, {model.name!r}."
        ),
        advice="To see another one, export that model: tb_rnnview.export(model, logdir).",
    )


def _timeline(
    path: str, run: str | None, tag: str | None, step: int | None, has_graph: bool
) -> Timeline | None:
    # Reading timelines is further right in the flow of data: needed only if there are some.
    from tb_rnnview.reading import read_timelines

    runs, skipped = read_timelines(path)
    stored = {
        (r, t): steps
        for r, tags in runs.items()
        if run in (None, r)
        for t, steps in tags.items()
        if steps
    }
    found = {place: steps for place, steps in stored.items() if tag in (None, place[1])}
    if stored and not found:
        raise SourceError(
            f"{path}: no timeline is stored under the tag {tag!r}; "
            f"there are: {_listed([t for _, t in stored])}"
        )
    if len(found) > 1:
        places = ", ".join(f"--run {r!r} --tag {t!r}" for r, t in list(found)[:10])
        more = ", …" if len(found) > 10 else ""
        raise SourceError(
            f"{path}: {len(found)} timelines are stored here; choose one of: {places}{more}"
        )
    for steps in found.values():
        _warn_of(skipped)
        return _at_step(path, steps, step)
    if skipped and not has_graph:
        raise SourceError(f"{path}: {'; '.join(skipped)}")
    _warn_of(skipped)
    return None


def _at_step(path: str, steps: Sequence[tuple[int, Timeline]], step: int | None) -> Timeline:
    """The timeline of a training step; the last one that was written of several."""
    by_step = dict(sorted(steps, key=lambda item: item[0]))
    if step is None:
        return max(steps, key=lambda item: item[0])[1]
    if step not in by_step:
        raise SourceError(
            f"{path}: no timeline is stored at step {step}; "
            f"there are: {_listed([str(number) for number in by_step])}"
        )
    return by_step[step]


def _warn_of(skipped: Sequence[str]) -> None:
    for message in skipped:
        warnings.warn(message, stacklevel=2)


def _check_run(path: str, runs: Sequence[_Run], run: str) -> None:
    names = [r.name for r in runs]
    if run not in names:
        raise SourceError(f"{path}: there is no run {run!r}; there are: {_listed(names)}")


def _why_nothing(runs: Sequence[_Run], tag: str | None) -> str:
    files = [file for r in runs for file in r.files]
    records = [record for r in runs for record in r.graphs]
    if tag is not None:
        names = names_of(records)
        known = f"there are: {_listed(names)}" if names else "no graph is here"
        return f"holds no timeline and no graph under the tag {tag!r}; {known}"
    events = sum(file.records for file in files)
    damage = next((file for file in files if file.damage), None)
    if damage is not None:
        where = f"{os.path.basename(damage.path)} is {damage.damage}"
        return f"holds no graph that can be read ({where}); copy it again or give a .meta file"
    if any(file.configs for file in files):
        return (
            "holds a Keras model's configuration that cannot be read, and no graph; export the "
            "model itself, tb_rnnview.export(model, logdir), or log with profile_batch=1"
        )
    return (
        f"holds {events:,} event{'s' if events != 1 else ''}, but no graph and no timeline; "
        "give a .meta or .pb graph, or a run whose program logged its graph"
    )


def _scan_all(paths: Sequence[str]) -> tuple[dict[str, EventFile], list[SourceError]]:
    """The files that can be read, and what is wrong with the others."""
    scanned: dict[str, EventFile] = {}
    problems: list[SourceError] = []
    for path in paths:
        try:
            scanned[path] = scan(path)
        except SourceError as error:
            problems.append(error)
    return scanned, problems


def _why_empty(folder: str) -> str:
    if is_remote(folder):
        return "no event file is in the folder, or below it; give a log or graph file"
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        return f"the folder cannot be read ({error.strerror or error}); change its permissions"
    if not names:
        return "the folder is empty; give a log folder, or a .meta, .pb or .pbtxt file"
    graphs = _graph_files(folder)
    if graphs:
        return f"no event file is in the folder, or below it; give a graph: {_listed(graphs)}"
    return why_no_graph_beside(folder) or (
        "no event file and no graph is in the folder, or below it; give a log or graph file"
    )


def _graph_files(folder: str) -> list[str]:
    """Files in or below a folder that are graphs by their names; not all, if it is a large one."""
    found = []
    for count, (place, folders, files) in enumerate(os.walk(folder)):
        folders.sort()
        found += [
            os.path.relpath(os.path.join(place, file), folder)
            for file in sorted(files)
            if file.endswith(_GRAPH_ENDINGS) and file not in _PARTS_OF_SAVED_MODELS
        ]
        if count > _FOLDERS_SEARCHED:
            break
    return found


def _listed(names: Sequence[str] | dict[str, GraphSource]) -> str:
    shown = list(names)
    return ", ".join(shown[:10]) + (f", … ({len(shown)} in all)" if len(shown) > 10 else "")


def _title(path: str, run: str) -> str:
    where = path.rstrip("/") if is_remote(path) else os.path.abspath(path)
    # An event file's name says when and on which machine; its folder says what.
    base = os.path.basename(os.path.dirname(where) if is_file(where) else where)
    return base if run == "." else f"{base}/{run}"
