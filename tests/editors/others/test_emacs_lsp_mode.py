"""Emacs in a terminal, with lsp-mode as ``editors/README.md`` configures it."""

from __future__ import annotations

from tests.editors.others.configuration_page import block
from tests.editors.others.conftest import BEGUN, Desk, needs_editor
from tests.editors.others.samples import FIXED, FIXED_FUNCTION, WRONG, answer
from tests.editors.others.terminal import Terminal
from tests.editors.others.test_emacs import START
from tests.support.fault_server import FaultServer

pytestmark = needs_editor("emacs")


async def opened(terminal: Terminal, desk: Desk, name: str, text: str) -> None:
    """lsp-mode asks for the project's root first; ``i`` takes the one that it found."""
    init = desk.home / "init.el"
    blocks = [START, block("emacs-lsp-mode"), block("emacs-company")]
    init.write_text("\n".join(blocks), encoding="utf-8")
    file = desk.write(name, text)
    terminal.start(["emacs", "-nw", "-q", "-l", str(init), str(file)], desk.environ, desk.project)
    await terminal.until_shown("Import project root")
    terminal.type("i")
    await desk.until_said("editor", "textDocument/didOpen")
    await terminal.until(lambda screen: "starting]" not in screen and "LSP[" in screen, "a server that has started")


async def test_a_suggestion_is_shown_and_taken(terminal: Terminal, desk: Desk, backend: FaultServer) -> None:
    await opened(terminal, desk, "add.py", BEGUN)
    terminal.keys("M->")
    terminal.type("    ret")
    await terminal.until_shown("return a + b")
    terminal.keys("Enter")
    terminal.keys("C-x", "C-s")
    await desk.until_saved("add.py", BEGUN + "    return a + b\n")


async def test_what_a_comment_says_is_done_by_the_model(terminal: Terminal, desk: Desk, backend: FaultServer) -> None:
    """lsp-mode resolves the action: the edit comes with it."""
    backend.chat_answers = [answer(FIXED_FUNCTION)]
    await opened(terminal, desk, "shop.py", WRONG)
    terminal.keys("C-s")
    terminal.type("# add the item")
    await terminal.until_shown("I-search: # add the item")
    terminal.keys("Enter", "M-x")
    terminal.type("lsp-execute-code-action")
    terminal.keys("Enter")
    await terminal.until_shown("Select code action")
    terminal.type("AutoThink: Do what the comment here says")
    terminal.keys("Enter")
    await terminal.until_shown("result += price\n")
    terminal.keys("C-x", "C-s")
    await desk.until_saved("shop.py", FIXED)
    terminal.keys("C-/")
    await terminal.until_shown("result += prices\n")
    terminal.keys("C-x", "C-s")
    await desk.until_saved("shop.py", WRONG)
    assert desk.done("codeAction/resolve")
    assert desk.said("server", "workspace/applyEdit") == []
