"""One VS Code window for many tests. Each test has a folder, settings and a model server of its own; what an earlier
test has left is closed. A test that fails, or that ends the window, makes the next one start another."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

from attrs import define, evolve, field

from tests.editors.vscode.workbench import OFF, READY_MS, Workbench

_HIDDEN_FOLDER = re.compile(r"\.\w+/")
_COMMAND = "autothink.server.command"
# What one key does: everything is saved and closed, and nothing is said any more.
_CLEAN_UP_KEY = "F9"
_KEYBINDINGS = [
    {
        "key": _CLEAN_UP_KEY.lower(),
        "command": "runCommands",
        "args": {
            "commands": [
                "workbench.action.files.saveFiles",
                "workbench.action.closeAllEditors",
                "workbench.action.closePanel",
                "notifications.clearAll",
            ]
        },
    }
]


@define(eq=False)
class SharedWindow:
    """``begin(folder, settings)`` starts a window on a folder, without a file."""

    begin: Callable[[Path, dict[str, Any]], Awaitable[Workbench]]
    folder: Path
    window: Workbench | None = None
    _numbers: count[int] = field(factory=lambda: count(1))

    async def open(
        self, files: dict[str, str], settings: dict[str, Any], *, ready: str, pictures: Path, executable: str = ""
    ) -> Workbench:
        """The window with only the first of these files open and these settings, once the status says ``ready``."""
        if self.window is None:
            self.window = await self.begin(self.folder, settings)
        else:
            await self._clean_up(self.window)
            await self._set(evolve(self.window, settings=settings))
        root, case = self.window.folder, f"example-{next(self._numbers):03}"
        for name, text in files.items():
            # Hidden folders are the workspace's: VS Code's settings, an environment of Python.
            path = root / name if _HIDDEN_FOLDER.match(name) else root / case / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            if name == executable:
                path.chmod(0o755)
        window = evolve(self.window, folder=root / case, case=case, pictures=pictures, settings=settings)
        await window.open_file(next(iter(files)))
        if ready:
            await window.status_says(ready, READY_MS)
        return window

    async def _set(self, window: Workbench) -> None:
        """Settings are in force when the status shows what only they can cause: completion is off, or no longer. It
        says so of a document only, and what is opened afterwards is met by a server that has the settings."""
        settings = window.settings
        is_off = settings.get("autothink.completion.enabled") is False
        window = evolve(window, folder=window.folder / "example-000", case="example-000")
        window.folder.mkdir()
        (window.folder / "any.py").write_text("any = 1\n")
        await window.open_file("any.py")
        await window.until(window.status, _is_settled, "the status is known", READY_MS)
        if _says_off(await window.status()) == is_off:
            # Without the rest: that may be another reason for which completion is off.
            kept = settings if is_off else {name: settings[name] for name in settings if name == _COMMAND}
            window.server.write_settings({**kept, "autothink.completion.enabled": is_off})
            await self._is_off(window, not is_off)
        window.server.write_settings(settings)
        await self._is_off(window, is_off)
        await self._clean_up(evolve(window, folder=window.folder.parent))

    async def _is_off(self, window: Workbench, wanted: bool) -> None:
        def shows(status: str) -> bool:
            return _is_settled(status) and _says_off(status) == wanted

        await window.until(window.status, shows, f"completion is {'off' if wanted else 'on'}", READY_MS)

    async def _clean_up(self, window: Workbench) -> None:
        await window.page.mouse.move(0, 0)

        async def cleaned() -> bool:
            for key in ("Escape", "Escape", _CLEAN_UP_KEY):
                await window.press(key)
            return not await window.tab_titles() and not await window.notifications()

        await window.until(cleaned, bool, "nothing is open")
        await window.page.evaluate("window.autothinkStatusBar.length = 0")
        # Hidden folders, too: settings that did not count in an untrusted workspace would count once it is trusted.
        for place in (*window.folder.glob("example-*"), *window.folder.glob(".*/")):
            shutil.rmtree(place)

    def forget(self) -> None:
        """Have the next test start another window."""
        self.window = None


def _is_settled(status: str) -> bool:
    return bool(status) and "starting" not in status


def _says_off(status: str) -> bool:
    return bool(re.search(OFF, status))


def write_keybindings(user_settings: Path) -> None:
    """Beside the user's settings."""
    (user_settings.parent / "keybindings.json").write_text(json.dumps(_KEYBINDINGS))
