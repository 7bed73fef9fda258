"""``tb-rnnview``: what it prints, where, and with which exit status."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

import tb_rnnview
from tb_rnnview.cli import main
from tb_rnnview.timeline import Finding, Timeline
from tb_rnnview.views.text import render
from tests.cli.refused import refused
from tests.server.logs import LiveWriter
from tests.sources.graphs import dense, graph_event, saved
from tests.sources.test_saved_models import called, stored
from tests.timelines import stacked as network
from tests.views import samples

PROGRAMS = str(Path(__file__).with_name("programs.py"))
COMMAND = [sys.executable, "-m", "tb_rnnview"]


@pytest.fixture(autouse=True)
def _in_a_terminal_of_100_columns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = str(Path(tb_rnnview.__file__).parents[1])
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("PYTHONPATH", root)
    monkeypatch.chdir(tmp_path)


def start(*arguments: str, **more) -> subprocess.Popen[str]:
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*COMMAND, *arguments], text=True, **{**streams, **more})


def test_show_prints_the_terminal_view(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", f"{PROGRAMS}:starting"]) == 0
    out, err = capsys.readouterr()
    assert out == render(samples.starting_program(), width=100) + "\n"
    assert err == ""


def test_show_prints_the_parts_that_are_wanted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    finding = Finding("SOME_CODE", message="Something is odd.")
    tb_rnnview.export(replace(network(), findings=(finding,)), tmp_path)

    def shown(*parts: str) -> str:
        assert main(["show", str(tmp_path), *parts]) == 0
        return capsys.readouterr().out

    assert "3 layers × 3 timesteps" in shown("--variables")
    # The columns of the table, a row of the picture, a finding.
    marks = {"Parameters", "h0 ─", "SOME_CODE"}
    assert {mark for mark in marks if mark in shown()} == marks
    assert {mark for mark in marks if mark in shown("--variables")} == {"Parameters"}
    assert {mark for mark in marks if mark in shown("--findings")} == {"SOME_CODE"}
    both = shown("--findings", "--variables")
    assert {mark for mark in marks if mark in both} == {"Parameters", "SOME_CODE"}
    assert "jq .findings" in refused(
        capsys, "show", str(tmp_path), "--findings", "--format", "json"
    )


def test_show_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", f"{PROGRAMS}:hostile", "--format", "json"]) == 0
    out, _ = capsys.readouterr()
    assert Timeline.from_json(out) == samples.hostile()
    fields = json.loads(out)
    assert fields["layers"][1]["depth"] == fields["variables"][0]["uses"][0]["start"] == 0


def test_what_the_program_says_is_no_part_of_the_answer() -> None:
    with start("show", f"{PROGRAMS}:noisy", "--format", "json") as process:
        out, err = process.communicate()
    assert process.returncode == 0
    assert Timeline.from_json(out) == samples.starting_program()
    assert sorted(err.splitlines()) == ["printed by the program", "told by the program"]


def test_a_graph_is_analysed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", f"{PROGRAMS}:plain"]) == 0
    assert "No recurrent layer was found." in capsys.readouterr().out


@pytest.fixture(scope="module")
def starting_meta(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The .meta file of the project's starting program."""
    path = tmp_path_factory.mktemp("meta") / "starting_program.meta"
    root = Path(tb_rnnview.__file__).parents[1]
    code = (
        "import runpy, sys; program = runpy.run_path(sys.argv[1]); "
        "program['tf'].train.export_meta_graph(sys.argv[2], graph=program['build']())"
    )
    program = str(root / "examples" / "starting_program.py")
    environment = {**os.environ, "PYTHONPATH": str(root)}
    subprocess.run(
        [sys.executable, "-c", code, program, str(path)],
        check=True,
        env=environment,
        capture_output=True,
    )
    return str(path)


@pytest.mark.tensorflow
def test_the_starting_programs_meta_file(
    capsys: pytest.CaptureFixture[str], starting_meta: str
) -> None:
    assert main(["show", starting_meta, "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [(a["length"], a["length_source"], a["length_is_bound"]) for a in shown["axes"]] == [
        (3, "STATIC", False)
    ]
    assert [layer["kind"] for layer in shown["layers"]] == ["RECURRENT"] * 3
    layers = [layer["id"] for layer in shown["layers"]]
    shapes = [[126, 100], [100], [200, 100], [100], [200, 100], [100]]
    assert [v["shape"] for v in shown["variables"]] == shapes
    assert [v["layers"] for v in shown["variables"]] == [[layers[i // 2]] for i in range(6)]
    for variable in shown["variables"]:
        (use,) = variable["uses"]
        assert (use["start"], use["stop"], use["stride"], use["reads"]) == (0, 3, 1, 1)
    assert main(["show", starting_meta]) == 0
    out = capsys.readouterr().out
    assert "\n3 layers × 3 timesteps\n" in out
    assert "52,900 parameters (158,700 if every timestep had" in out
    assert starting_meta in out


@pytest.mark.tensorflow
def test_show_needs_no_tensorflow(starting_meta: str) -> None:
    code = (
        "import sys; from tb_rnnview.cli import main; status = main(['show', sys.argv[1]]); "
        "sys.exit(status or 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, starting_meta], capture_output=True)
    assert done.returncode == 0


def test_export_then_show(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    logdir = str(tmp_path / "logs" / "run1")
    export = ["export", f"{PROGRAMS}:starting", "--logdir", logdir]
    assert main(export) == 0
    out, err = capsys.readouterr()
    folder = os.path.join(logdir, "rnnview")
    assert out.splitlines() == [
        f"3 layers × 3 timesteps: written to {folder}",
        f"See it in the RNN VIEW tab of: tensorboard --logdir {logdir}",
    ]
    assert err == ""
    assert main([*export, "--name", "other", "--step", "7"]) == 0
    (run,) = tb_rnnview.read(logdir).values()
    assert {tag: [s for s, _ in steps] for tag, steps in run.timelines.items()} == {
        "starting_program": [0],
        "other": [7],
    }
    capsys.readouterr()
    assert main(["show", logdir, "--tag", "other"]) == 0
    assert "3 layers × 3 timesteps" in capsys.readouterr().out
    assert "choose one of: --run 'rnnview' --tag" in refused(capsys, "show", logdir)
    assert "there is no run 'x'" in refused(capsys, "show", logdir, "--run", "x")


def test_names_in_error_lines_cannot_act_on_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "\\u{1b}[31mno data" in refused(capsys, "show", f"{PROGRAMS}:broken")
    assert "\\u{a}" in refused(capsys, "show", "no\nsuch file")


def test_export_of_a_log_with_several_graphs_says_which_was_chosen(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    writer = LiveWriter(tmp_path / "train")
    for units in (4, 9, 2):  # four nodes besides
        writer.event(graph_event(dense(units)))
    writer.close()
    logdir = str(tmp_path / "my logs")
    assert main(["export", str(tmp_path), "--logdir", logdir]) == 0
    chosen, written, _ = capsys.readouterr().out.splitlines()
    assert chosen.startswith(
        "3 different graphs are logged here. "
        "This is the GraphDef with 13 nodes; the others have 8, 6 nodes. "
    )
    assert written == f"No recurrent layer was found: written to {logdir}/rnnview"
    (run,) = tb_rnnview.read(logdir).values()
    ((_, timeline),) = next(iter(run.timelines.values()))
    assert [v.shape for v in timeline.variables] == [(2, 9)]
    assert [f.code for f in timeline.findings] == ["GRAPH_CHOSEN"]
    assert main(["export", writer.path.as_posix(), "--logdir", logdir, "--name", "one"]) == 0
    assert "3 different graphs" in capsys.readouterr().out


def test_the_command_to_copy_is_quoted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    logdir = str(tmp_path / "my logs")
    assert main(["export", f"{PROGRAMS}:starting", "--logdir", logdir]) == 0
    assert f"tensorboard --logdir '{logdir}'\n" in capsys.readouterr().out


@pytest.fixture(scope="module")
def open_ended(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A decoder that stops when its data say so: the graph does not fix T."""
    from tests.programs import catalogue

    graph = catalogue.program("raw_rnn_decoder").graph
    return saved(tmp_path_factory.mktemp("pb") / "decoder.pb", graph.as_graph_def())


@pytest.mark.tensorflow
def test_a_length_that_the_graph_leaves_open_can_be_given(
    capsys: pytest.CaptureFixture[str], open_ended: str
) -> None:
    assert main(["show", open_ended]) == 0
    out = capsys.readouterr().out
    assert "\n1 layer × T timesteps\n" in out
    assert "--length axis0=N" in out
    for name in ("axis0", "time"):
        assert main(["show", open_ended, "--length", f"{name}=20"]) == 0
        out = capsys.readouterr().out
        assert "\n1 layer × 20 timesteps\n" in out
        assert "Time: 20 timesteps, given by the user" in out
        assert "T−1" not in out
    assert main(["show", open_ended, "--length", "axis0=20", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    (axis,) = shown["axes"]
    assert (axis["length"], axis["length_source"]) == (20, "OBSERVED")
    on_axis = [u for v in shown["variables"] for u in v["uses"] if u["axis"]]
    assert on_axis
    assert {(u["start"], u["stop"]) for u in on_axis} == {(0, 20)}


@pytest.mark.tensorflow
def test_a_length_that_is_not_taken_is_refused(
    capsys: pytest.CaptureFixture[str], open_ended: str, starting_meta: str
) -> None:
    message = refused(capsys, "show", open_ended, "--length", "axsi0=20")
    assert "no axis 'axsi0'" in message
    assert "axis0, time" in message
    message = refused(capsys, "show", starting_meta, "--length", "axis0=4")
    assert "'axis0' is given as 4, but the graph itself says 3" in message
    assert main(["show", starting_meta, "--length", "axis0=3"]) == 0
    capsys.readouterr()
    twice = ("--length", "axis0=5", "--length", "axis0=6")
    assert "is also given 5 timesteps" in refused(capsys, "show", open_ended, *twice)
    by_two_names = ("--length", "axis0=5", "--length", "time=6")
    assert "it is also given as 5" in refused(capsys, "show", open_ended, *by_two_names)


@pytest.mark.tensorflow
def test_only_what_an_output_needs_is_shown(
    capsys: pytest.CaptureFixture[str], starting_meta: str, tmp_path: Path
) -> None:
    graph = dense(3)
    graph.MergeFrom(dense(5, "other/"))
    path = saved(tmp_path / "two.pb", graph)
    variables = {(): [(2, 3), (2, 5)], ("other/y",): [(2, 5)], ("y:0", "other/y"): [(2, 3), (2, 5)]}
    for outputs, shapes in variables.items():
        options = [word for output in outputs for word in ("--output", output)]
        assert main(["show", path, "--format", "json", *options]) == 0
        shown = Timeline.from_json(capsys.readouterr().out)
        assert [v.shape for v in shown.variables if v.uses] == shapes
    message = refused(capsys, "show", path, "--output", "z")
    assert "no node 'z'" in message


def test_an_output_that_is_full_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        Path("/dev/full").open("w") as full,
        start("show", f"{PROGRAMS}:starting", stdout=full) as p,
    ):
        assert p.stderr is not None
        lines = p.stderr.read().splitlines()
    assert p.returncode == 2
    assert lines[0].startswith("tb-rnnview: the output cannot be written (")


def test_choices_that_a_source_does_not_have(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = saved(tmp_path / "a.pb", dense())
    assert "--run and --tag choose" in refused(capsys, "show", path, "--run", "x")
    source = f"{PROGRAMS}:starting"
    assert "finished timeline" in refused(capsys, "show", source, "--length", "axis0=3")
    assert "finished timeline" in refused(capsys, "show", source, "--output", "y")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "required: COMMAND"),
        (["sow"], "invalid choice: 'sow'"),
        (["show"], "required: SOURCE"),
        (["show", "a", "--length", "axis0"], "'axis0' is not AXIS=N, for example axis0=20"),
        (["show", "a", "--length", "axis0=0"], "is not AXIS=N"),
        (["show", "a", "--format", "xml"], "invalid choice: 'xml'"),
        (["export", "a"], "required: --logdir"),
        (["export", "a", "--logdir", "b", "--step", "-1"], "--step"),
        (["demo", "--port", "x"], "'x' is not a number from 0 on"),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.startswith("usage: tb-rnnview")


def test_help_has_examples_for_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], ["show"], ["export"], ["demo"]):
        with pytest.raises(SystemExit) as caught:
            main([*command, "--help"])
        assert caught.value.code == 0
        out = capsys.readouterr().out
        assert f"examples:\n  tb-rnnview {' '.join(command)}".rstrip() in out
        assert max(map(len, out.splitlines())) <= 100


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"tb-rnnview {tb_rnnview.__version__}\n"


def test_a_mistake_of_ours_is_one_line_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("tb_rnnview.views.text.render", mistaken)
    message = refused(capsys, "show", f"{PROGRAMS}:starting")
    assert "went wrong inside tb-rnnview (ZeroDivisionError: oh)" in message
    monkeypatch.setenv("TB_RNNVIEW_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        main(["show", f"{PROGRAMS}:starting"])


def test_warnings_are_put_back(capsys: pytest.CaptureFixture[str]) -> None:
    before = warnings.showwarning
    main(["show", f"{PROGRAMS}:starting"])
    assert warnings.showwarning is before
    assert capsys.readouterr().err == ""


def test_a_reader_that_stops_early_is_no_error() -> None:
    with start("show", f"{PROGRAMS}:many") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("starting_program")
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_a_reader_of_json_that_stops_early_is_no_error() -> None:
    with start("show", f"{PROGRAMS}:many", "--format", "json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "{\n"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_ctrl_c_is_quiet() -> None:
    with start("show", f"{PROGRAMS}:hanging") as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == ""
        assert process.wait() == 130


def shown_in_a_terminal(**environment: str) -> str:
    """What a real terminal would receive."""
    ours, theirs = pty.openpty()
    settings = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    with start(
        "show",
        f"{PROGRAMS}:starting",
        stdout=theirs,
        env={**settings, "TERM": "xterm", **environment},
    ) as process:
        os.close(theirs)
        received = b""
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:  # how Linux tells that the terminal was left
                break
            if not data:
                break
            received += data
    os.close(ours)
    assert process.returncode == 0
    return received.decode().replace("\r\n", "\n")


def test_a_terminal_gets_colour_unless_it_should_not() -> None:
    assert shown_in_a_terminal() == (
        render(samples.starting_program(), width=100, color=True) + "\n"
    )
    plain = render(samples.starting_program(), width=100) + "\n"
    assert shown_in_a_terminal(NO_COLOR="1") == plain
    assert shown_in_a_terminal(TERM="dumb") == plain


def test_an_output_of_another_encoding_gets_ascii() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    with start("show", f"{PROGRAMS}:starting", env=environment) as process:
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert "3 layers x 3 timesteps" in out
    assert out.isascii()


def test_a_signature_of_a_saved_model_is_chosen(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    meta = called()
    meta.signature_def["other"].CopyFrom(meta.signature_def["serving_default"])
    stored(tmp_path / "model", meta)
    model = str(tmp_path / "model")
    assert main(["show", model]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "This is 'serving_default'; the others: other." in shown
    assert main(["show", model, "--signature", "other"]) == 0
    assert "GRAPH_CHOSEN" not in capsys.readouterr().out
    assert main(["export", model, "--signature", "other", "--logdir", str(tmp_path)]) == 0
    assert main(["show", model, "--signature", "x"]) == 2
    assert "there is no signature 'x'; there are: signatures: other" in capsys.readouterr().err
