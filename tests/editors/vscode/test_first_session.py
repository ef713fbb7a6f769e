"""The first session of a new user, filmed: from the click on Install to the first ghost text.

A key is typed while the model is being downloaded; the suggestion comes without another one.

Everything is real: the .vsix (``AUTOTHINK_VSCODE_VSIX`` names a built one), the server that it brings and the model,
which is downloaded. It takes minutes and 0.5 GB, so only ``make first-session`` runs it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import ViewportSize

from tests.editors.vscode.conftest import ENVIRONMENT, Start

SOURCE = '''"""Small things."""


def add(a, b):
    """The sum of both."""
    '''
INSTALL_MS = 400_000
DOWNLOAD_MS = 280_000
VARIABLE = "AUTOTHINK_FILM"
SIZE: Final[ViewportSize] = {"width": 860, "height": 300}


@pytest.mark.skipif(not os.environ.get(VARIABLE), reason=f"a film: {VARIABLE}=1 (make first-session)")
@pytest.mark.timeout(900)
async def test_from_the_click_on_install_to_ghost_text(start: Start, measured: Callable[[str], None]) -> None:
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    programs = [str(ENVIRONMENT / "node/bin"), "/usr/bin", "/bin", str(Path(sys.base_prefix) / "bin")]
    window = await start(
        {"a.py": SOURCE},
        {"autothink.server.command": []},
        ready="server not installed",
        environ={**pip, "PATH": os.pathsep.join(programs)},
    )
    # Nothing but what the pictures are about.
    await window.page.set_viewport_size(SIZE)
    await window.press("Control+b")
    await window.notified("needs its language server")
    await window.screenshot("1-asks-to-install")
    began_s = time.monotonic()

    async def scene(name: str) -> None:
        measured(f"{time.monotonic() - began_s:6.1f} s  {name}")
        await asyncio.sleep(0.6)  # a notification is still moving
        await window.screenshot(name)

    await window.click_notification("Install")
    await window.notified("creating an environment|installing")
    await scene("2-installing")
    await window.notified("[Dd]ownload", timeout_ms=INSTALL_MS)
    await scene("3-asks-for-the-model")
    await window.click_notification("Download")
    await window.status_says(r"\d+ ?%", timeout_ms=DOWNLOAD_MS)
    await window.go_to(6, 5)
    await window.type("r")
    await window.status_says(r"[1-9]\d ?%|[5-9] ?%", timeout_ms=DOWNLOAD_MS)
    await scene("4-downloading")
    await window.ghost_says("a + b", timeout_ms=DOWNLOAD_MS)
    await scene("5-ghost-text")
    await window.press("Tab")
    await window.saves("a.py", SOURCE + "return a + b")
