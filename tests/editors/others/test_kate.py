"""Kate on an X server without a screen, as ``editors/README.md`` configures it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.editors.others.configuration_page import block
from tests.editors.others.conftest import BEGUN, Desk, needs_editor
from tests.editors.others.desktop import Desktop
from tests.editors.others.samples import FIXED, FIXED_LOOP, MISSPELT, WRONG, answer
from tests.editors.others.terminal import LIMIT_S
from tests.support.client_profiles import profile
from tests.support.fault_server import FaultServer

EXECUTE = "workspace/executeCommand"

pytestmark = needs_editor("kate")

# What a user does in a dialog: the plugin is switched on. A cursor that blinks would be seen as a change.
PLUGIN = "[Kate Plugins]\nlspclientplugin=true\n"
STILL = "[KDE]\nCursorBlinkRate=0\n"


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    made = Desktop(tmp_path)
    yield made
    made.stop()


class Kate:
    """Keys of what the tests do."""

    def __init__(self, desktop: Desktop, desk: Desk) -> None:
        self.desktop = desktop
        self._desk = desk

    async def open(self, name: str, text: str, configuration: str = "kate") -> None:
        """Kate asks before it starts a server; Return is Yes."""
        settings = self._desk.home / ".config" / "kate" / "lspclient" / "settings.json"
        settings.parent.mkdir(parents=True)
        settings.write_text(block(configuration), encoding="utf-8")
        (self._desk.home / ".config" / "katerc").write_text(PLUGIN)
        (self._desk.home / ".config" / "kdeglobals").write_text(STILL)
        file = self._desk.write(name, text)
        await self.desktop.start(["kate", "-n", "--startanon", str(file)], self._desk.environ, self._desk.project)
        await self.desktop.window("LSP server start requested")
        self.desktop.keys("Return")
        await self._desk.until_said("editor", "textDocument/didOpen")
        await self.desktop.focus(name)

    def go_to(self, line: int, column: int) -> None:
        """Both from 0."""
        self.desktop.keys("ctrl+Home", *["Down"] * line, *["Right"] * column)

    async def popup(self, before: set[str]) -> None:
        """Wait for a window that was not there: a popup or a menu."""
        await self.desktop.until(lambda: self.desktop.windows() - before, "a popup")

    def quick_fix(self) -> bool:
        """Whether it has worked. Kate refuses an edit two seconds after the command; the server keeps it for the next.

        Without a message of the other server Kate requests no actions, so this also waits for that.
        """
        if self._desk.applied():
            return True
        if self._idle():
            # It asks once for each message: a key and Backspace have the other server send it again.
            self.desktop.keys("space", "BackSpace", "ctrl+period")
        return False

    async def do_first_action(self, line: int, lines: int) -> None:
        """The first of the menu; again where Kate found that it took too long, or was not yet done with its menu."""
        async with asyncio.timeout(LIMIT_S):
            while not self._desk.applied():
                sent = len(self._desk.said("editor", EXECUTE))
                await self._open_menu(line, lines)
                self.desktop.keys("Down", "Return")
                if not await self._soon(lambda before=sent: len(self._desk.said("editor", EXECUTE)) > before):
                    self.desktop.keys("Escape", "Escape", "Escape")
                    continue
                await self.desktop.until(self._idle, "a reply to the command")

    async def _open_menu(self, line: int, lines: int) -> None:
        """For selected lines: without a selection Kate sends the line of the cursor as if it were one."""
        self.go_to(line, 0)
        self.desktop.keys(*["shift+Down"] * lines)
        asked = len(self._desk.done("textDocument/codeAction"))
        before = self.desktop.windows()
        self.desktop.keys("alt+l")
        await self.popup(before)
        self.desktop.keys("c")
        await self.desktop.until(lambda: len(self._desk.done("textDocument/codeAction")) > asked, "an offer")

    async def _soon(self, condition: Callable[[], bool], limit_s: float = 3.0) -> bool:
        """Whether it comes; what does not is tried again."""
        try:
            async with asyncio.timeout(limit_s):
                while not condition():
                    await asyncio.sleep(0.1)
        except TimeoutError:
            return False
        return True

    def _idle(self) -> bool:
        return len(self._desk.said("editor", EXECUTE)) == len(self._desk.done(EXECUTE))

    def save(self) -> None:
        self.desktop.keys("ctrl+s")


@pytest.mark.parametrize("line", ["    ", '    "é 𝕏"; '])
async def test_a_suggestion_is_shown_and_taken(desktop: Desktop, desk: Desk, backend: FaultServer, line: str) -> None:
    kate = Kate(desktop, desk)
    await kate.open("add.py", BEGUN + line + "\n")
    kate.go_to(1, 0)
    desktop.keys("End")
    before = desktop.windows()
    desktop.type("ret")
    await kate.popup(before)
    desktop.picture("popup")
    desktop.keys("Return")
    kate.save()
    await desk.until_saved("add.py", BEGUN + line + "return a + b\n")
    (hello,) = desk.said("editor", "initialize")
    assert hello["params"]["capabilities"] == profile("kate").capabilities, "the profile is what Kate announces"


async def test_a_message_of_another_server_is_fixed_and_undone(
    desktop: Desktop, desk: Desk, backend: FaultServer
) -> None:
    """Ctrl+. is the only thing in Kate that sends messages along; it takes every action that it is given, and ours
    refuse all but the first, since the code has changed then."""
    kate = Kate(desktop, desk)
    await kate.open("shop.py", MISSPELT, "kate-rass")
    line = MISSPELT.split("\n").index("    return min(pricse, default=0)")
    kate.go_to(line, 17)
    await desktop.until(kate.quick_fix, "an edit that Kate applied")
    kate.save()
    await desk.until_saved("shop.py", MISSPELT.replace("pricse", "prices"))
    desktop.picture("fixed")

    def undone() -> bool:
        """By one step, or by two where Kate took two of our edits (the same) before it told us of the first."""
        desktop.keys("ctrl+z", "ctrl+s")
        return (desk.project / "shop.py").read_text(encoding="utf-8") == MISSPELT

    await desktop.until(undone, "the old text, saved")


async def test_an_action_of_the_menu_is_done_by_the_model(desktop: Desktop, desk: Desk, backend: FaultServer) -> None:
    backend.chat_answers = [answer(FIXED_LOOP)]
    kate = Kate(desktop, desk)
    await kate.open("shop.py", WRONG)
    await kate.do_first_action(WRONG.split("\n").index("    for price in prices:"), 3)
    kate.save()
    await desk.until_saved("shop.py", FIXED)
    desktop.picture("fixed")
    desktop.keys("ctrl+z")
    kate.save()
    await desk.until_saved("shop.py", WRONG)
