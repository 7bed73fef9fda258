"""A real TensorBoard on a port of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import urlencode

_DEADLINE = 120.0
"""Seconds after which something that should have happened never will."""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class TensorBoardProcess:
    """Runs until the end of the ``with`` block.

    Args:
        logdir: what it shows.
        arguments: more command-line arguments.
        python: the interpreter of the environment that it runs in.
        environment: variables to add.
        folder: where it is started; Python imports from there too.
    """

    def __init__(
        self,
        logdir: Path,
        *arguments: str,
        python: str = sys.executable,
        environment: dict[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.arguments = arguments
        self._command = [
            *(python, "-m", "tensorboard.main", "--logdir", str(logdir)),
            *("--host", "127.0.0.1", "--port", "0", "--reload_interval", "1"),
            *arguments,
        ]
        self._environment = {**os.environ, **(environment or {})}
        self._folder = folder
        self._lines: list[str] = []
        self._told = threading.Event()
        self.url = ""

    def __enter__(self) -> TensorBoardProcess:
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._told.wait(_DEADLINE)
        if not self.url:
            self.__exit__(None, None, None)
            raise AssertionError(f"TensorBoard did not start:\n{self.log}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    @property
    def log(self) -> str:
        """What TensorBoard has written to its standard error so far."""
        return "".join(self._lines)

    def get(self, path: str, headers: dict[str, str] | None = None, **query: object) -> Answer:
        """What TensorBoard answers; ``path`` is below its own URL."""
        url = self.url + path + (f"?{urlencode(query)}" if query else "")
        request = urllib.request.Request(url, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=_DEADLINE) as response:
                return Answer(response.status, dict(response.headers), response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def plugin(self, path: str, headers: dict[str, str] | None = None, **query: object) -> Answer:
        """What the plugin answers."""
        return self.get(f"/data/plugin/rnnview/{path}", headers, **query)

    def steps(self) -> dict[tuple[str, str], list[int]]:
        """The steps that the plugin lists, by run and tag."""
        runs = self.plugin("runs").json["runs"]
        return {
            (run, tag): item["steps"] for run, tags in runs.items() for tag, item in tags.items()
        }

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Asks again until it is so: TensorBoard loads data beside answering."""
        end = time.monotonic() + _DEADLINE
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"it never happened; last listing: {self.steps()}\n{self.log}")

    def wait_for_steps(self, expected: dict[tuple[str, str], list[int]]) -> None:
        """Waits until exactly these steps are listed, by run and tag."""
        self.wait_for(lambda: self.steps() == expected)

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._lines.append(line)
            found = re.search(r"at (http://127\.0\.0\.1:\d+\S*?)/? \(Press", line)
            if found:
                self.url = found.group(1)
                self._told.set()
        self._told.set()
