"""A terminal editor that a test types into: tmux with a server and a socket of its own."""

from __future__ import annotations

import asyncio
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

LIMIT_S = 90.0  # there to fail; a loaded machine starts an editor in some seconds


class Terminal:
    """One program on a screen of 160 x 40."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "tmux"
        self._nothing = folder / "tmux.conf"
        self._nothing.write_text("set -sg escape-time 0\n")

    def start(self, command: list[str], environ: Mapping[str, str], where: Path) -> None:
        """Start ``command`` with ``environ`` on top of ours."""
        setting = [f"{name}={value}" for name, value in environ.items()]
        line = shlex.join(["env", "TERM=tmux-256color", *setting, *command])
        self._tmux("new-session", "-d", "-x", "160", "-y", "40", "-c", str(where), line)

    def type(self, text: str) -> None:
        """Characters as they are."""
        self._tmux("send-keys", "-l", text)

    def keys(self, *names: str) -> None:
        """Keys by tmux's names: ``Enter``, ``Escape``, ``M-x``."""
        self._tmux("send-keys", *names)

    def screen(self) -> str:
        """What is to be seen now; empty when the program has ended."""
        return self._tmux("capture-pane", "-p", check=False)

    async def until(self, condition: Callable[[str], object], what: str, limit_s: float = LIMIT_S) -> str:
        """Poll the screen; the screen that satisfied ``condition``."""
        screen = ""
        try:
            async with asyncio.timeout(limit_s):
                while not condition(screen := await asyncio.to_thread(self.screen)):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"never seen: {what}; the screen:\n{screen}") from None
        return screen

    async def until_shown(self, text: str, limit_s: float = LIMIT_S) -> str:
        """Wait until ``text`` is on the screen."""
        return await self.until(lambda screen: text in screen, repr(text), limit_s)

    def stop(self) -> None:
        """End this tmux server and what runs in it; idempotent."""
        self._tmux("kill-server", check=False)

    def _tmux(self, *arguments: str, check: bool = True) -> str:
        command = ["tmux", "-S", str(self._socket), "-f", str(self._nothing), *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if check and done.returncode:
            raise AssertionError(f"{shlex.join(command)}: {done.stderr}")
        return done.stdout
