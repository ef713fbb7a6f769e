"""Emacs in a terminal, with lsp-mode as ``editors/README.md`` configures it."""

from __future__ import annotations

from tests.editors.others.configuration_page import block
from tests.editors.others.conftest import BEGUN, Desk, needs_editor
from tests.editors.others.samples import MISSPELT
from tests.editors.others.terminal import Terminal
from tests.editors.others.test_emacs import START
from tests.support.fault_server import FaultServer

pytestmark = needs_editor("emacs")

# A user's other server: its messages are passed on to ours.
RUFF = """
(lsp-register-client
 (make-lsp-client :new-connection (lsp-stdio-connection '("ruff" "server"))
                  :activation-fn (lsp-activate-on "python") :server-id 'ruff-server))
"""


async def opened(terminal: Terminal, desk: Desk, name: str, text: str, more: str = "") -> None:
    """lsp-mode asks for the project's root first; ``i`` takes the one that it found."""
    init = desk.home / "init.el"
    blocks = [START, block("emacs-lsp-mode"), block("emacs-company"), more]
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


async def test_a_message_of_another_server_is_fixed_and_undone(
    terminal: Terminal, desk: Desk, backend: FaultServer
) -> None:
    await opened(terminal, desk, "shop.py", MISSPELT, RUFF)
    await terminal.until_shown("Flymake[1")
    terminal.keys("C-s")
    terminal.type("pricse")
    await terminal.until_shown("I-search: pricse")
    terminal.keys("Enter", "C-b", "M-x")
    terminal.type("lsp-execute-code-action")
    terminal.keys("Enter")
    await terminal.until_shown("Select code action")
    terminal.type("AutoThink: Explain and fix: Undefined name `pricse`")
    terminal.keys("Enter")
    await terminal.until_shown("min(prices,")
    terminal.keys("C-x", "C-s")
    await desk.until_saved("shop.py", MISSPELT.replace("pricse", "prices"))
    terminal.keys("C-/")
    await terminal.until_shown("min(pricse,")
    terminal.keys("C-x", "C-s")
    await desk.until_saved("shop.py", MISSPELT)
