"""``make try`` as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.model, pytest.mark.timeout(300)]


def test_demo_session_completes(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "examples.demo"],
        env={**os.environ, "AUTOTHINK_HOME": str(home)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    print(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    rows = done.stdout.splitlines()
    assert any("⟧   Tab" in row for row in rows)
    assert any("⟧" in row and " ms" in row for row in rows)
    accepted = next(row for row in rows if "⟧   Tab" in row).partition("▏⟦")[2].partition("⟧")[0]
    assert f"        return {accepted}" in done.stdout
    assert "\x1b" not in done.stdout
