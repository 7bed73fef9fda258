"""The demonstration: trains the example programs, then shows them in TensorBoard."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import tb_rnnview
from tb_rnnview.errors import SourceError

_PROGRAMS = ("starting_program", "what_was_meant", "tutorial", "keras_words")
_NEEDED = ("tensorflow", "tf_keras")


def demo(host: str, port: int, logdir: str | None) -> None:
    """Runs the example programs and TensorBoard, until it is interrupted.

    Args:
        host: the address to serve on.
        port: 0 = one that is free.
        logdir: where to keep the logs; None = in a folder that is removed at the end.

    Raises:
        SourceError: TensorFlow or the programs are not there, a program fails, or the port is
            taken.
    """
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise SourceError(
            "the demo trains TensorFlow programs, and TensorFlow is not installed: "
            "pip install 'tb-rnnview[tensorflow]'"
        )
    folder = _programs()
    with _log_folder(logdir) as logs:
        for name in _PROGRAMS:
            _say(f"\n--- {name}.py ---\n")
            _train(folder / f"{name}.py", os.path.join(logs, name))
        with _serving(host, port, logs) as url:
            _say(f"\nOpen {url}#rnnview\nCtrl-C ends it.")
            # In short waits: a signal just before a system call does not interrupt it.
            while not threading.Event().wait(1):
                pass


def _programs() -> Path:
    """The folder of the example programs: in the package if installed, beside it in a checkout."""
    package = Path(tb_rnnview.__file__).parent
    for folder in (package / "examples", package.parent / "examples"):
        if all((folder / f"{name}.py").is_file() for name in _PROGRAMS):
            return folder
    raise SourceError(
        f"{package}: the example programs are not installed; install tb-rnnview again"
    )


@contextlib.contextmanager
def _log_folder(logdir: str | None) -> Iterator[str]:
    if logdir is None:
        with tempfile.TemporaryDirectory(
            prefix="tb_rnnview_demo_", ignore_cleanup_errors=True
        ) as folder:
            yield folder
        return
    try:
        os.makedirs(logdir, exist_ok=True)
    except OSError as error:
        raise SourceError(f"{logdir}: cannot be made ({error.strerror or error})") from error
    yield logdir


def _train(program: Path, logdir: str) -> None:
    # In a session of its own, Ctrl-C reaches only us: the program prints no traceback, and we
    # end it.
    environment = dict(os.environ)
    if program.parent.parent != Path(tb_rnnview.__file__).parent:  # a checkout, maybe not installed
        paths = [str(program.parent.parent), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    # TensorFlow greets on stderr, and no setting stops it. That matters only if the program fails.
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints,
        subprocess.Popen(
            [sys.executable, str(program), "--logdir", logdir],
            env=environment,
            stdin=subprocess.DEVNULL,
            stderr=complaints,
            start_new_session=True,
        ) as process,
    ):
        try:
            status = process.wait()
        except BaseException:
            process.kill()
            raise
        if status:
            complaints.seek(0)
            sys.stderr.write(complaints.read())
            raise SourceError(f"{program}: the program failed with exit status {status}; see above")


@contextlib.contextmanager
def _serving(host: str, port: int, logdir: str) -> Iterator[str]:
    """Runs TensorBoard in a thread of this program; its address."""
    from tensorboard import default, program

    from tb_rnnview.plugin.loader import RNNViewLoader

    plugins = default.get_plugins()
    if RNNViewLoader not in plugins:  # in a checkout that is not installed
        plugins.append(RNNViewLoader)
    server = program.TensorBoard(plugins)
    arguments = ["", "--logdir", logdir, "--host", host, "--port", str(port)]
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # a note about its fast data loading
            server.configure(argv=arguments)
            url = str(server.launch())
        yield url
    except (program.TensorBoardServerException, ValueError) as error:
        first_line = str(error).strip().splitlines()[0]
        raise SourceError(f"TensorBoard does not start: {first_line}") from error
    finally:
        # TensorBoard's data server, a program of its own, ends when its standard input does.
        stdin = getattr(getattr(server, "_ingester", None), "_stdin_handle", None)
        if stdin is not None:
            stdin.close()
            _wait_for_children()


def _wait_for_children() -> None:
    """Waits a moment for the data server: TensorBoard keeps no handle of it."""
    for _ in range(100 if hasattr(os, "WNOHANG") else 0):
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.05)
        except ChildProcessError:
            return


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
