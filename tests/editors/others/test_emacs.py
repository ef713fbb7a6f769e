"""Emacs in a terminal, with eglot as ``editors/README.md`` configures it."""

from __future__ import annotations

from tests.editors.others.configuration_page import block
from tests.editors.others.conftest import BEGUN, Desk, needs_editor
from tests.editors.others.samples import FIXED, FIXED_LOOP, MISSPELT, WRONG, answer
from tests.editors.others.terminal import Terminal
from tests.support.client_profiles import profile
from tests.support.fault_server import FaultServer

pytestmark = needs_editor("emacs")

# Not ours to configure: Debian's packages are found, and the compiler's warnings do not cover the file.
START = "(package-initialize)\n(setq native-comp-async-report-warnings-errors nil)\n"


class Emacs:
    """Keys of what the tests do."""

    def __init__(self, terminal: Terminal, desk: Desk) -> None:
        self.terminal = terminal
        self._desk = desk

    async def open(self, name: str, text: str, *blocks: str, connected: str = "[eglot:project") -> None:
        init = self._desk.home / "init.el"
        init.write_text(START + "\n".join(block(each) for each in blocks), encoding="utf-8")
        file = self._desk.write(name, text)
        command = ["emacs", "-nw", "-q", "-l", str(init), str(file)]
        self.terminal.start(command, self._desk.environ, self._desk.project)
        await self.terminal.until_shown(connected)

    async def command(self, name: str) -> None:
        self.terminal.keys("M-x")
        await self.terminal.until_shown("M-x")
        self.terminal.type(name)
        self.terminal.keys("Enter")

    async def find(self, text: str) -> None:
        """Put the cursor on its first character."""
        self.terminal.keys("M-<", "C-s")
        await self.terminal.until_shown("I-search")
        self.terminal.type(text)
        await self.terminal.until_shown(f"I-search: {text}")
        self.terminal.keys("Enter")
        self.terminal.keys(*["C-b"] * len(text))

    async def choose(self, title: str) -> None:
        """An entry of the menu of actions, by the first words of its title."""
        await self.terminal.until_shown("Pick an action")
        self.terminal.type(title)
        self.terminal.keys("Tab")
        await self.terminal.until(lambda screen: f"): {title}" in screen.replace("\\\n", ""), f"the entry {title}")
        self.terminal.keys("Enter")

    async def save(self) -> None:
        self.terminal.keys("C-x", "C-s")


async def test_a_suggestion_is_shown_and_taken(terminal: Terminal, desk: Desk, backend: FaultServer) -> None:
    emacs = Emacs(terminal, desk)
    await emacs.open("add.py", BEGUN, "emacs-eglot", "emacs-company")
    terminal.keys("M->")
    terminal.type("    ret")
    await terminal.until_shown("return a + b")
    assert "return" not in (desk.project / "add.py").read_text()
    terminal.keys("Enter")
    await emacs.save()
    await desk.until_saved("add.py", BEGUN + "    return a + b\n")
    (hello,) = desk.said("editor", "initialize")
    assert hello["params"]["capabilities"] == profile("emacs-eglot").capabilities, "the profile is what eglot announces"


async def test_a_suggestion_after_other_scripts_and_emoji(terminal: Terminal, desk: Desk, backend: FaultServer) -> None:
    """Positions are counted in UTF-16 here: é is one, 𝕏 is two."""
    begun = 'def add(a, b):\n    "é 𝕏"; '
    emacs = Emacs(terminal, desk)
    await emacs.open("add.py", begun, "emacs-eglot", "emacs-company")
    terminal.keys("M->")
    terminal.type("ret")
    await terminal.until_shown("return a + b")
    terminal.keys("Enter")
    await emacs.save()
    await desk.until_saved("add.py", begun + "return a + b\n")


async def test_a_message_of_another_server_is_fixed_and_undone(
    terminal: Terminal, desk: Desk, backend: FaultServer
) -> None:
    """Ruff's message reaches us through rass; the edit comes by command and ``workspace/applyEdit``."""
    emacs = Emacs(terminal, desk)
    await emacs.open("shop.py", MISSPELT, "emacs-eglot-rass", "emacs-company")
    await terminal.until_shown("Flymake[1")
    await emacs.find("pricse")
    await emacs.command("eglot-code-actions")
    await emacs.choose("AutoThink: Explain and fix: Undefined name `pricse`")
    await terminal.until_shown("Proceed? (y or n)")
    terminal.type("y")
    await terminal.until_shown("min(prices,")
    await emacs.save()
    await desk.until_saved("shop.py", MISSPELT.replace("pricse", "prices"))
    assert backend.bodies == [], "the model was not needed"
    terminal.keys("C-/")
    await terminal.until_shown("min(pricse,")
    await emacs.save()
    await desk.until_saved("shop.py", MISSPELT)


async def test_what_a_comment_says_is_done_by_the_model(terminal: Terminal, desk: Desk, backend: FaultServer) -> None:
    """No other server, no message: an action of the place."""
    backend.chat_answers = [answer(FIXED_LOOP)]
    emacs = Emacs(terminal, desk)
    await emacs.open("shop.py", WRONG, "emacs-eglot")
    await emacs.find("# add the item")
    await emacs.command("eglot-code-actions")
    await emacs.choose("AutoThink: Do what the comment here says")
    await terminal.until_shown("Proceed? (y or n)")
    terminal.type("y")
    await terminal.until_shown("result += price\n")
    await emacs.save()
    await desk.until_saved("shop.py", FIXED)
    terminal.keys("C-/")
    await terminal.until_shown("result += prices\n")
    await emacs.save()
    await desk.until_saved("shop.py", WRONG)
    assert desk.said("server", "workspace/applyEdit")
