"""``.h5`` and ``.json`` files of Keras, and configurations in logs: read as what they declare."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary

from tb_rnnview.errors import SourceError
from tb_rnnview.event_records import framed
from tb_rnnview.facade import analyze
from tb_rnnview.sources import h5_content
from tb_rnnview.timeline import Direction, Evidence, Kind, Source, Timeline
from tests.configurations import layer, sequential

LSTM = layer("LSTM", "rnn", units=4, batch_input_shape=[None, 5, 3])
WEIGHTS = {"rnn/kernel:0": (3, 16), "rnn/recurrent_kernel:0": (4, 16), "rnn/bias:0": (16,)}


def saved(path: Path, text: str | None, weights: dict[str, Any] | None = None) -> Path:
    """A model as Keras 2 saves it."""
    with h5py.File(path, "w") as file:
        if text is not None:
            file.attrs["model_config"] = text
            file.attrs["keras_version"] = b"2.9.0"
        where = file.create_group("model_weights") if text is not None else file
        layers = {"rnn": WEIGHTS} if weights is None else weights
        where.attrs["layer_names"] = [name.encode() for name in layers]
        for name, arrays in layers.items():
            group = where.create_group(name)
            group.attrs["weight_names"] = [array.encode() for array in arrays]
            for array, shape in arrays.items():
                group.create_dataset(array, shape, "f4")
    return path


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(SourceError) as caught:
        analyze(path, **options)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def checked(timeline: Timeline) -> Timeline:
    assert [(x.name, x.cell, x.units) for x in timeline.recurrent_layers] == [("rnn", "LSTM", 4)]
    assert [a.length for a in timeline.axes] == [5]
    assert timeline.is_declared
    return timeline


def test_a_whole_model(tmp_path: Path) -> None:
    path = saved(tmp_path / "net.h5", sequential(LSTM, version="2.9.0"))
    timeline = checked(analyze(path))
    assert timeline.name == "net"
    assert timeline.source == Source("keras_file", str(path), "keras", "2.9.0")
    assert [(v.name, v.shape, v.dtype) for v in timeline.variables] == [
        (name.removesuffix(":0"), shape, "float32") for name, shape in WEIGHTS.items()
    ]
    assert "declared by the configuration" in str(timeline)
    assert "Declared by a configuration: no graph was there to prove it." in str(timeline)
    assert '"evidence": "CONFIG"' in timeline.to_json()


def test_it_is_read_without_tensorflow_and_keras(tmp_path: Path) -> None:
    path = saved(tmp_path / "net.hdf5", sequential(LSTM))
    blocked = "; ".join(f"sys.modules[{x!r}] = None" for x in ("tensorflow", "keras", "tf_keras"))
    code = f"import sys; {blocked}\nfrom tb_rnnview.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "show", str(path), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    checked(Timeline.from_json(done.stdout))


def test_names_that_are_cut_into_several_attributes(tmp_path: Path) -> None:
    path = saved(tmp_path / "net.h5", sequential(LSTM))
    with h5py.File(path, "r+") as file:
        group = file["model_weights/rnn"]
        names = list(group.attrs["weight_names"])
        del group.attrs["weight_names"]
        group.attrs["weight_names0"], group.attrs["weight_names1"] = names[:2], names[2:]
    assert len(checked(analyze(path)).variables) == 3


def test_a_layer_without_weights_in_the_file_has_none(tmp_path: Path) -> None:
    text = sequential(LSTM, layer("Mine", "own"), layer("Dense", "head", units=1))
    head = {"head/kernel:0": (4, 1), "head/bias:0": (1,)}
    path = saved(tmp_path / "net.h5", text, {"rnn": WEIGHTS, "own": {}, "head": head})
    assert [x.name for x in analyze(path).layers] == ["rnn", "head"]
    without = saved(tmp_path / "other.h5", text, {"rnn": WEIGHTS})
    assert [x.name for x in analyze(without).layers] == ["rnn", "own", "head"]


def test_links_out_of_the_file_are_not_followed(tmp_path: Path) -> None:
    saved(tmp_path / "secret.h5", None, {"rnn": {"rnn/kernel:0": (7, 7)}})
    path = saved(tmp_path / "net.h5", sequential(LSTM))
    with h5py.File(path, "r+") as file:
        del file["model_weights/rnn/rnn/kernel:0"]
        link = h5py.ExternalLink("secret.h5", "/rnn/rnn/kernel:0")
        file["model_weights/rnn/rnn/kernel:0"] = link
    assert (7, 7) not in {v.shape for v in analyze(path).variables}


def test_files_that_hold_no_model(tmp_path: Path) -> None:
    dense = {"dense": {"dense/kernel:0": (3, 4), "dense/bias:0": (4,)}}
    assert "holds weights only" in refusal(saved(tmp_path / "weights.h5", None, dense))
    newest = saved(tmp_path / "model.weights.h5", None, {})
    with h5py.File(newest, "r+") as file:
        file.create_group("layers/lstm/cell/vars").create_dataset("0", (3, 16), "f4")
    assert "holds weights only" in refusal(newest)
    assert "none of a Keras model" in refusal(saved(tmp_path / "data.h5", None, {}))
    subclassed = json.dumps({"class_name": "Mine", "config": {"name": "own"}})
    said = refusal(saved(tmp_path / "own.h5", subclassed))
    assert "its model_config is no configuration of a Keras model that lists its layers" in said


def packed(scope: str, features: int, units: int, gates: int, *bias: int) -> dict[str, Any]:
    """The arrays of a recurrence as Keras 2 names them."""
    wide = units * gates
    shapes = {"kernel": (features, wide), "recurrent_kernel": (units, wide), "bias": bias}
    return {f"{scope}/{name}:0": shape for name, shape in shapes.items() if shape}


def apart(scope: str, features: int, units: int, gates: str) -> dict[str, Any]:
    """The arrays of a recurrence as Keras 1 names them."""
    shapes = {"W": (features, units), "U": (units, units), "b": (units,)}
    return {f"{scope}_{kind}_{gate}".rstrip("_"): s for gate in gates for kind, s in shapes.items()}


@pytest.mark.parametrize(
    ("arrays", "cell", "units"),
    [
        (packed("a", 3, 5, 4, 20), "LSTM", 5),
        (packed("a", 3, 5, 4, 40), "LSTM", 5),  # cuDNN's
        (packed("a", 3, 5, 4), "LSTM", 5),
        (packed("a", 3, 5, 3, 15), "GRU", 5),
        (packed("a", 3, 5, 3, 2, 15), "GRU", 5),
        (packed("a", 3, 5, 1, 5), "SimpleRNN", 5),
        (apart("a", 3, 5, "icfo"), "LSTM", 5),
        (apart("a", 3, 5, "zrh"), "GRU", 5),
        (apart("a", 3, 5, "_"), "SimpleRNN", 5),
    ],
)
def test_what_weights_alone_tell(
    arrays: dict[str, Any], cell: str, units: int, tmp_path: Path
) -> None:
    head = {"dense/kernel:0": (5, 1), "dense/bias:0": (1,)}
    path = saved(tmp_path / "net.h5", None, {"a": arrays, "none": {}, "dense": head})
    timeline = analyze(path)
    (found,) = timeline.recurrent_layers
    assert (found.name, found.cell, found.units) == ("a", cell, units)
    assert found.applications[0].direction is Direction.UNKNOWN
    assert [(a.length, a.reason) for a in timeline.axes] == [(None, "weights tell no length")]
    assert {s.initial for s in timeline.states} == {""}
    assert [x.name for x in timeline.layers if x.kind is Kind.UNKNOWN] == ["dense"]
    assert len(timeline.variables) == len(arrays) + 2
    assert [f.code for f in timeline.findings] == ["READ_AS_CONFIGURATION", "NOT_RECOGNISED"]
    assert not timeline.connections


def test_both_directions_are_told_by_weights(tmp_path: Path) -> None:
    arrays = {**packed("b/forward_lstm", 3, 5, 4, 20), **packed("b/backward_lstm", 3, 5, 4, 20)}
    timeline = analyze(saved(tmp_path / "net.h5", None, {"b": arrays}))
    ways = [x.applications[0].direction for x in timeline.recurrent_layers]
    assert ways == [Direction.FORWARD, Direction.BACKWARD]
    assert len(timeline.axes) == 1


@pytest.mark.parametrize(
    "arrays",
    [
        packed("a", 3, 5, 2, 10),
        packed("a", 3, 5, 4, 15),
        {**packed("a", 3, 5, 4, 20), "a/recurrent_kernel:0": (5, 19)},
        {**packed("a", 3, 5, 4, 20), "a/kernel:0": (3, 15)},
        {**packed("a", 3, 5, 4, 20), "a/more:0": (3, 15)},
        {**apart("a", 3, 5, "icfo"), "a_U_f": (5, 4)},
        apart("a", 3, 5, "icf"),
        {"a/kernel:0": (), "a/recurrent_kernel:0": (0, 0)},
    ],
)
def test_weights_that_are_none_of_a_recurrence(arrays: dict[str, Any], tmp_path: Path) -> None:
    assert "none that is known" in refusal(saved(tmp_path / "net.h5", None, {"a": arrays}))


def test_damaged_files(tmp_path: Path) -> None:
    path = saved(tmp_path / "net.h5", sequential(LSTM))
    data = path.read_bytes()
    for length in (8, 60, 700, len(data) // 2):
        path.write_bytes(data[:length])
        assert "is an HDF5 file that is cut off or damaged" in refusal(path)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("import os; os.abort()", "it breaks the library that reads it"),
        ("import time; time.sleep(60)", "reading it takes more than"),
    ],
)
def test_what_breaks_the_library_breaks_nothing_else(
    command: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "net.h5", sequential(LSTM))
    monkeypatch.setattr(h5_content, "_COMMAND", command)
    monkeypatch.setattr(h5_content, "_SECONDS", 2)
    message = refusal(path)
    assert "is an HDF5 file that is cut off or damaged" in message
    assert said in message


def test_where_no_process_can_be_started_the_file_is_read_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "net.h5", sequential(LSTM))
    monkeypatch.setattr(sys, "executable", "")
    checked(analyze(path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    checked(analyze(path))


def test_inputs_and_outputs_are_for_graphs(tmp_path: Path) -> None:
    path = saved(tmp_path / "net.h5", sequential(LSTM))
    for options in ({"inputs": [1]}, {"outputs": ["x"]}):
        assert "holds a configuration and no graph" in refusal(path, **options)
    assert "--signature" in refusal(path, signature="serve")


def test_json(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    text = sequential(LSTM)
    for content in (text, "\ufeff" + text, "\n " + text, json.dumps(text)):
        path.write_text(content, "utf-8")
        assert checked(analyze(path)).name == "net"
    path.write_text(text[:-20])
    assert "is no Keras configuration" in refusal(path)
    path.write_text('{"class_name": "Mine", "config": {}}')
    assert "give what model.to_json() gave" in refusal(path)


def log(folder: Path, *texts: str) -> Path:
    """An event file as Keras' TensorBoard callback writes it, with configurations only."""
    folder.mkdir(parents=True)
    path = folder / "events.out.tfevents.1.host"
    with path.open("wb") as file:
        for step, text in enumerate(texts):
            summary = Summary()
            value = summary.value.add(tag="keras")
            value.metadata.plugin_data.plugin_name = "graph_keras_model"
            value.tensor.string_val.append(text.encode())
            event = Event(wall_time=1.0, step=step, summary=summary)
            file.write(framed(event.SerializeToString()))
    return path


def test_a_log_that_holds_only_a_configuration(tmp_path: Path) -> None:
    path = log(tmp_path / "train", sequential(LSTM))
    for source in (path, tmp_path / "train", tmp_path):
        timeline = checked(analyze(source))
        assert (timeline.name, timeline.source.kind) == ("model", "event_file")
        assert {v.evidence for v in timeline.variables} == {Evidence.CONFIG}
    log(tmp_path / "other", sequential(LSTM))
    assert "2 runs hold a Keras model's configuration: other, train" in refusal(tmp_path)


def test_a_graph_that_is_no_network_does_not_hide_a_configuration(tmp_path: Path) -> None:
    path = log(tmp_path / "train", sequential(LSTM))
    graph = GraphDef()
    for i in range(30):
        graph.node.add(name=f"n{i}", op="NoOp")
    event = Event(wall_time=1.0, graph_def=graph.SerializeToString())
    with path.open("ab") as file:
        file.write(framed(event.SerializeToString()))
    checked(analyze(path))


def test_of_several_configurations_the_latest_is_shown(tmp_path: Path) -> None:
    other = sequential(layer("GRU", "old", units=2, batch_input_shape=[None, 9, 3]))
    timeline = checked(analyze(log(tmp_path / "train", other, sequential(LSTM))))
    (finding,) = timeline.findings
    assert finding.code == "GRAPH_CHOSEN"
    assert "2 different configurations" in finding.message
