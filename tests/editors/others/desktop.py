"""A graphical editor that a test types into: an X server of its own without a screen, a private D-Bus, xdotool."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.editors.others.terminal import LIMIT_S

SIZE = "1100x700"


class Desktop:
    """One program in one window. There is no window manager: focus and size are set here."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._environ: dict[str, str] = {}

    async def start(self, command: list[str], environ: Mapping[str, str], where: Path) -> None:
        """Start the X server (on a free display, which it tells us) and ``command`` on it."""
        read, write = os.pipe()
        server = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{SIZE}x24", "-nolisten", "tcp"]
        self._start(server, dict(os.environ), where, pass_fds=(write,))
        os.close(write)
        with os.fdopen(read) as told:  # to the end of the line: the server exits if the pipe is closed before
            display = (await asyncio.to_thread(told.readline)).strip()
        runtime = self._folder / "runtime"
        runtime.mkdir(mode=0o700)
        self._environ = {**os.environ, **environ, "DISPLAY": f":{display}", "XDG_RUNTIME_DIR": str(runtime)}
        self._start(["dbus-run-session", "--", *command], self._environ, where)

    def _start(self, command: list[str], environ: dict[str, str], where: Path, pass_fds: tuple[int, ...] = ()) -> None:
        with (self._folder / "desktop.log").open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    command,
                    env=environ,
                    cwd=where,
                    stdout=log,
                    stderr=log,
                    pass_fds=pass_fds,
                    start_new_session=True,
                )
            )

    async def window(self, title: str) -> str:
        """Wait for a window whose title holds ``title``; its id."""
        found = ""

        def there() -> bool:
            nonlocal found
            found = self.xdotool("search", "--onlyvisible", "--name", title, check=False).split("\n")[0]
            return bool(found)

        await self.until(there, f"a window named {title!r}")
        return found

    async def focus(self, title: str) -> None:
        """Give a window the whole screen and the keyboard."""
        window = await self.window(title)
        width, height = SIZE.split("x")
        self.xdotool("windowmove", window, "0", "0", "windowsize", window, width, height, "windowfocus", window)

    async def until(self, condition: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> None:
        """Poll; on failure a picture is left beside the log."""
        try:
            async with asyncio.timeout(limit_s):
                while not await asyncio.to_thread(condition):
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise AssertionError(f"never seen: {what}; picture: {self.picture()}") from None

    def keys(self, *names: str) -> None:
        """By X's names: ``ctrl+s``, ``Return``."""
        self.xdotool("key", "--clearmodifiers", "--delay", "60", *names)

    def type(self, text: str) -> None:
        """Characters, at the speed of a fast typist."""
        self.xdotool("type", "--clearmodifiers", "--delay", "60", text)

    def windows(self) -> set[str]:
        """Ids of all that are visible: a popup is one of its own."""
        return set(self.xdotool("search", "--onlyvisible", "--name", ".*", check=False).split())

    def picture(self, name: str = "failure") -> Path:
        """What is to be seen now."""
        path = self._folder / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(path)], check=False, env=self._environ, capture_output=True)
        return path

    def stop(self) -> None:
        """End what was started here, the last first, with all children."""
        for process in reversed(self._processes):
            for number in (signal.SIGTERM, signal.SIGKILL):
                if process.poll() is None:
                    os.killpg(process.pid, number)
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    continue
                break

    def xdotool(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(["xdotool", *arguments], check=False, env=self._environ, capture_output=True, text=True)
        if check and done.returncode:
            raise AssertionError(f"xdotool {arguments}: {done.stderr}")
        return done.stdout
