"""``make try`` where it cannot work says why and how to help it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def play(tmp_path: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "examples.demo", "--fast"],
        env={**os.environ, "AUTOTHINK_HOME": str(tmp_path), **environ},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def test_try_without_a_model_is_reported(tmp_path: Path) -> None:
    done = play(tmp_path, {"AUTOTHINK_COMPLETION__BACKEND": "embedded"})
    assert done.returncode == 1
    assert "not installed" in done.stderr
    assert "autothink-lsp model pull" in done.stderr
    assert "Traceback" not in done.stderr


def test_try_with_an_unreachable_server_is_reported(tmp_path: Path) -> None:
    done = play(
        tmp_path, {"AUTOTHINK_COMPLETION__BACKEND": "openai", "AUTOTHINK_COMPLETION__URL": "http://127.0.0.1:9"}
    )
    assert done.returncode == 1
    assert "http://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
