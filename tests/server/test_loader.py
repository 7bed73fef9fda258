"""What TensorBoard imports at its start, and what it gets."""

from __future__ import annotations

import argparse
import subprocess
import sys

import pytest
from tensorboard.plugins import base_plugin

from tb_rnnview.metadata import PLUGIN_NAME
from tb_rnnview.plugin.loader import RNNViewLoader


def test_loader_imports_nothing_but_the_base_class() -> None:
    code = (
        "import sys, tensorboard.plugins.base_plugin; before = set(sys.modules)\n"
        "import tb_rnnview.plugin.loader; print(*sorted(set(sys.modules) - before))"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    ours = {name for name in out.stdout.split() if name.startswith("tb_rnnview")}
    assert ours == {"tb_rnnview", "tb_rnnview.plugin", "tb_rnnview.plugin.loader"}
    assert not {"numpy", "google", "tensorflow", "rich"} & set(out.stdout.split())


def test_plugin_is_loaded_without_data() -> None:
    plugin = RNNViewLoader().load(base_plugin.TBContext())
    assert plugin is not None
    assert plugin.plugin_name == PLUGIN_NAME
    assert plugin.is_active() is False


@pytest.mark.parametrize("broken", ["tb_rnnview.plugin.plugin", "tb_rnnview.timeline_pb2"])
def test_failing_import_is_reported_and_gives_no_plugin(
    broken: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in [n for n in sys.modules if n.startswith("tb_rnnview") and "loader" not in n]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, broken, None)
    assert RNNViewLoader().load(base_plugin.TBContext()) is None
    assert "The RNN VIEW tab is not available" in caplog.text
    assert broken in caplog.text


def test_samples_default_leaves_the_users_choice_alone() -> None:
    flags = argparse.Namespace(samples_per_plugin={"scalars": 7})
    RNNViewLoader().fix_flags(flags)
    assert flags.samples_per_plugin == {"scalars": 7, PLUGIN_NAME: 1000}
    flags = argparse.Namespace(samples_per_plugin={PLUGIN_NAME: 3})
    RNNViewLoader().fix_flags(flags)
    assert flags.samples_per_plugin == {PLUGIN_NAME: 3}


def test_flags_of_another_tensorboard_do_no_harm() -> None:
    RNNViewLoader().fix_flags(argparse.Namespace())
    RNNViewLoader().fix_flags(argparse.Namespace(samples_per_plugin=None))
