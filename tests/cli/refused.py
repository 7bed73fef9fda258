"""What bad input must come to: one line, exit status 2."""

from __future__ import annotations

import pytest

from tb_rnnview.cli import main


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on stderr of a command that is refused."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tb-rnnview: ")
    assert err.count("\n") == 1
    return err
