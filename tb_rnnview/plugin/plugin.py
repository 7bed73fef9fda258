"""The plugin: its routes, and what they answer. ``http_api.md`` describes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensorboard import errors, plugin_util
from tensorboard.backend import http_util
from tensorboard.context import RequestContext
from tensorboard.plugins import base_plugin
from werkzeug import wrappers

from tb_rnnview.errors import FormatError
from tb_rnnview.metadata import PLUGIN_NAME
from tb_rnnview.page_files import entity_tag, mime_type, page_files
from tb_rnnview.plugin import statistics_replies
from tb_rnnview.plugin.stored import StoredTimelines, UnreadableError
from tb_rnnview.plugin.stored_statistics import StoredStatistics
from tb_rnnview.statistics import Statistics
from tb_rnnview.timeline_codec import from_bytes


class RNNViewPlugin(base_plugin.TBPlugin):
    """Shows recurrent networks as layers over timesteps."""

    plugin_name = PLUGIN_NAME

    def __init__(self, context: Any) -> None:
        """Takes TensorBoard's context. Reads no data yet."""
        self._stored = StoredTimelines(context.data_provider, context.multiplexer)
        self._statistics = StoredStatistics(context.data_provider)
        self._page_files = page_files()

    def get_plugin_apps(self) -> dict[str, Callable[..., Any]]:
        """The routes: the data, and one for each file of the page."""
        apps: dict[str, Callable[..., Any]] = {
            "/runs": self.runs_route,
            "/timeline": self.timeline_route,
            "/statistics": self.statistics_route,
            "/statistics_over_training": self.statistics_over_training_route,
            "/statistics_at_step": self.statistics_at_step_route,
            "/statistics_at_timestep": self.statistics_at_timestep_route,
        }
        for route, path in self._page_files.items():
            apps[route] = _page_file_route(path)
        return apps

    def is_active(self) -> bool:
        """Whether any run holds a timeline."""
        return self._stored.any(RequestContext(), "")

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """The page and the name of its tab."""
        return base_plugin.FrontendMetadata(es_module_path="/index.js", tab_name="RNN VIEW")

    @wrappers.Request.application
    def runs_route(self, request: Any) -> Any:
        """``/runs``: which timelines there are."""
        ctx = plugin_util.context(request.environ)
        experiment = plugin_util.experiment_id(request.environ)
        return http_util.Respond(request, self._runs_impl(ctx, experiment), "application/json")

    @wrappers.Request.application
    def timeline_route(self, request: Any) -> Any:
        """``/timeline?run=&tag=&step=``: one timeline."""
        ctx = plugin_util.context(request.environ)
        experiment = plugin_util.experiment_id(request.environ)
        run = _required(request, "run")
        tag = _required(request, "tag")
        body = self._timeline_impl(ctx, experiment, run, tag, _step(request))
        return http_util.Respond(request, body, "application/json")

    @wrappers.Request.application
    def statistics_route(self, request: Any) -> Any:
        """``/statistics?run=``: which statistics there are in a run."""
        ctx = plugin_util.context(request.environ)
        experiment = plugin_util.experiment_id(request.environ)
        tags = self._statistics.tags(ctx, experiment, _required(request, "run"))
        body = statistics_replies.listing(tags)
        return http_util.Respond(request, body, "application/json")

    @wrappers.Request.application
    def statistics_over_training_route(self, request: Any) -> Any:
        """``/statistics_over_training?run=&tag=``: a few numbers for each step."""
        body = statistics_replies.over_training(self._table(request))
        return http_util.Respond(request, body, "application/octet-stream")

    @wrappers.Request.application
    def statistics_at_step_route(self, request: Any) -> Any:
        """``/statistics_at_step?run=&tag=&step=``: all the numbers of one step."""
        table = self._table(request)
        step = _step(request)
        try:
            record = table.records[-1] if step is None else table.at(step)
        except KeyError as error:
            raise errors.NotFoundError(str(error.args[0])) from None
        body = statistics_replies.at_step(record)
        return http_util.Respond(request, body, "application/octet-stream")

    @wrappers.Request.application
    def statistics_at_timestep_route(self, request: Any) -> Any:
        """``/statistics_at_timestep?run=&tag=&timestep=``: one timestep at every step."""
        table = self._table(request)
        timestep = _whole_number("timestep", _required(request, "timestep"))
        body = statistics_replies.at_timestep(table, timestep)
        return http_util.Respond(request, body, "application/octet-stream")

    def _table(self, request: Any) -> Statistics:
        ctx = plugin_util.context(request.environ)
        experiment = plugin_util.experiment_id(request.environ)
        run, tag = _required(request, "run"), _required(request, "tag")
        return self._statistics.table(ctx, experiment, run, tag)

    def _runs_impl(self, ctx: Any, experiment: str) -> dict[str, Any]:
        descriptions = self._stored.descriptions(ctx, experiment)
        runs: dict[str, dict[str, Any]] = {}
        for run, tags in sorted(self._stored.steps(ctx, experiment).items()):
            for tag, steps in sorted(tags.items()):
                if steps:
                    description = descriptions.get(run, {}).get(tag, "")
                    runs.setdefault(run, {})[tag] = {"steps": steps, "description": description}
        return {"runs": runs}

    def _timeline_impl(
        self, ctx: Any, experiment: str, run: str, tag: str, step: int | None
    ) -> str:
        steps = self._stored.steps(ctx, experiment, run, tag).get(run, {}).get(tag, [])
        if not steps:
            raise errors.NotFoundError(f"run {run!r} has no timeline with tag {tag!r}")
        wanted = steps[-1] if step is None else step
        blob = None
        if wanted in steps:
            blob = self._stored.blob(ctx, experiment, run, tag, wanted)
        if blob is None:
            raise errors.NotFoundError(
                f"run {run!r}, tag {tag!r} has no timeline at step {wanted}; "
                f"the latest is at step {steps[-1]}"
            )
        try:
            return from_bytes(blob).to_json(indent=None)
        except FormatError as error:
            raise UnreadableError(f"run {run!r}, tag {tag!r}, step {wanted}: {error}") from error


def _page_file_route(path: Path) -> Any:
    @wrappers.Request.application
    def serve(request: Any) -> Any:
        try:
            content = path.read_bytes()
        except OSError:
            raise errors.NotFoundError(f"{path.name} is no longer installed") from None
        tag = entity_tag(content)
        # Weak, because the same file is sent compressed or not. "no-cache" (which `Respond` adds)
        # means: ask again each time; so an upgraded page is never mixed with an old one.
        headers = [("ETag", f'W/"{tag}"')]
        if request.if_none_match.contains_weak(tag):
            headers.append(("Cache-Control", "no-cache, must-revalidate"))
            return wrappers.Response(status=304, headers=headers)
        return http_util.Respond(request, content, mime_type(path), headers=headers)

    return serve


def _required(request: Any, name: str) -> str:
    value = request.args.get(name)
    if value is None:
        raise errors.InvalidArgumentError(f"the query parameter {name!r} is missing")
    return str(value)


def _step(request: Any) -> int | None:
    text = request.args.get("step")
    if text is None or text == "":
        return None
    return _whole_number("step", text)


def _whole_number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise errors.InvalidArgumentError(f"{name} {text[:40]!r} is no whole number") from None
