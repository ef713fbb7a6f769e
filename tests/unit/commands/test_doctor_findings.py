"""What a server says of itself reaches the terminal of `doctor` without control characters."""

from __future__ import annotations

import pytest

from autothink_lsp.commands.doctor.finding import DoctorFinding, print_finding

CONTROL = "\x1b]0;owned\x07\x9b31m\u202e"


def test_a_finding_with_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    print_finding(DoctorFinding("problem", "assist", f"It serves {CONTROL}.", f"Choose {CONTROL}."))
    out = capsys.readouterr().out
    assert not set(out) & set("\x1b\x07\x9b\u202e")
    assert "owned" in out
