"""Vim in a terminal, with ALE as ``editors/README.md`` configures it."""

from __future__ import annotations

from tests.editors.others.configuration_page import block
from tests.editors.others.conftest import BEGUN, Desk, needs_editor
from tests.editors.others.samples import FIXED, FIXED_FUNCTION, MISSPELT, WRONG, answer
from tests.editors.others.terminal import Terminal
from tests.support.client_profiles import profile
from tests.support.fault_server import FaultServer

pytestmark = needs_editor("vim")


class Vim:
    """Keys of what the tests do."""

    def __init__(self, terminal: Terminal, desk: Desk) -> None:
        self.terminal = terminal
        self._desk = desk

    async def open(self, name: str, text: str) -> None:
        (self._desk.home / ".vimrc").write_text(block("vim-ale"), encoding="utf-8")
        file = self._desk.write(name, text)
        self.terminal.start(["vim", str(file)], self._desk.environ, self._desk.project)
        await self._desk.until_said("editor", "textDocument/didOpen")

    def command(self, line: str) -> None:
        self.terminal.keys("Escape")
        self.terminal.type(f":{line}")
        self.terminal.keys("Enter")

    async def choose(self, title: str) -> None:
        """An entry of ALE's list, by its number."""
        screen = await self.terminal.until_shown("Type number and <Enter>")
        entry = next(line for line in screen.splitlines() if line.endswith(f") {title}"))
        self.terminal.type(entry.partition(")")[0])
        self.terminal.keys("Enter")


async def test_a_suggestion_is_shown_and_taken(terminal: Terminal, desk: Desk, backend: FaultServer) -> None:
    vim = Vim(terminal, desk)
    await vim.open("add.py", BEGUN)
    terminal.keys("G", "o")
    terminal.type("    ret")
    await terminal.until_shown("AutoThink: suggested by the model")
    assert "return" not in (desk.project / "add.py").read_text()
    terminal.keys("C-n")
    await terminal.until_shown("    return a + b\n~     return a + b")
    terminal.keys("C-y")
    vim.command("w")
    await desk.until_saved("add.py", BEGUN + "    return a + b\n")
    (hello,) = desk.said("editor", "initialize")
    assert hello["params"]["capabilities"] == profile("vim-ale").capabilities, "the profile is what ALE announces"


async def test_a_suggestion_after_other_scripts_and_emoji(terminal: Terminal, desk: Desk, backend: FaultServer) -> None:
    begun = 'def add(a, b):\n    "é 𝕏"; '
    vim = Vim(terminal, desk)
    await vim.open("add.py", begun)
    terminal.keys("G", "A")
    terminal.type("ret")
    await terminal.until_shown("AutoThink: suggested by the model")
    terminal.keys("C-n", "C-y")
    vim.command("w")
    await desk.until_saved("add.py", begun + "return a + b\n")


async def test_a_message_of_ale_s_own_linter_is_fixed_and_undone(
    terminal: Terminal, desk: Desk, backend: FaultServer
) -> None:
    """ALE sends a message only where the cursor is on no word: on the bracket before the name."""
    vim = Vim(terminal, desk)
    await vim.open("shop.py", MISSPELT)
    await terminal.until_shown("undefined name 'pricse'")
    terminal.type("/(pricse")
    terminal.keys("Enter")
    vim.command("ALECodeAction")
    await vim.choose("AutoThink: Explain and fix: undefined name 'pricse'")
    await terminal.until_shown("min(prices,")
    vim.command("w")
    await desk.until_saved("shop.py", MISSPELT.replace("pricse", "prices"))
    assert backend.bodies == [], "the model was not needed"
    terminal.keys("u")
    await terminal.until_shown("min(pricse,")
    vim.command("w")
    await desk.until_saved("shop.py", MISSPELT)


async def test_what_a_comment_says_is_done_by_the_model(terminal: Terminal, desk: Desk, backend: FaultServer) -> None:
    backend.chat_answers = [answer(FIXED_FUNCTION)]
    vim = Vim(terminal, desk)
    await vim.open("shop.py", WRONG)
    terminal.type("/# add")
    terminal.keys("Enter")
    vim.command("ALECodeAction")
    await vim.choose("AutoThink: Do what the comment here says")
    await terminal.until_shown("result += price\n")
    vim.command("w")
    await desk.until_saved("shop.py", FIXED)
    terminal.keys("u")
    await terminal.until_shown("result += prices\n")
    vim.command("w")
    await desk.until_saved("shop.py", WRONG)
