"""Parts of the plugin that need neither a screen nor a server (``headless.lua``)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.editors.nvim.editor import PLUGIN, environment_of

SCRIPT = Path(__file__).with_name("headless.lua")


def test_headless_checks_of_the_plugin_pass(nvim: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [nvim, "--headless", "-u", "NONE", "-i", "NONE", "-l", SCRIPT, PLUGIN, tmp_path],
        env=environment_of(tmp_path, nvim) | {"PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.stdout.endswith("all\n"), ran.stdout + ran.stderr
