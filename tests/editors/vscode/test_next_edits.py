"""Next edits in a real workbench: drawn, jumped to, accepted, undone, dismissed. No model is asked."""

from __future__ import annotations

from tests.editors.vscode.conftest import Share, scripted
from tests.editors.vscode.workbench import QUIET, Workbench
from tests.support.fault_server import FaultServer

NAMES = ("one", "two", "three", "four", "five")
# The lines behind whose text decorations write ``load``.
_WRITTEN = """() => [...document.querySelectorAll('.view-lines .view-line')]
  .filter(line => [...line.querySelectorAll('span')]
    .some(node => getComputedStyle(node, '::after').content.includes('load')))
  .map(line => line.textContent)
  .join(' ')"""


def calls(names: str) -> str:
    """``calls("lff…")``: a file with ``load``, ``fetch`` and ``query``."""
    called = {"l": "load", "f": "fetch", "q": "query"}
    return "".join(
        f"{name} = {called[one]}({number});\n\n" for number, (name, one) in enumerate(zip(NAMES, names, strict=True))
    )


async def written(window: Workbench) -> str:
    return await window.page.evaluate(_WRITTEN)


async def rename(window: Workbench, line: int) -> None:
    """Replace the name of the call in a line by ``load``."""
    await window.go_to(line, len(NAMES[(line - 1) // 2]) + 4)
    await window.press("Control+d")
    await window.type("load")


async def test_next_edits_are_drawn_taken_undone_and_dismissed_by_key(share: Share, backend: FaultServer) -> None:
    settings = scripted(backend, **{"autothink.completion.enabled": False})
    window = await share({"calls.js": calls("fffff"), "queries.js": calls("qqqqq")}, settings, ready=QUIET)
    await rename(window, 1)
    await rename(window, 3)
    await window.until(lambda: written(window), lambda text: "three" in text, "the next edit is drawn")
    await window.screenshot("next-edit")
    await window.press("Tab")  # goes there
    await window.press("Tab")  # takes it
    await window.saves("calls.js", calls("lllff"))
    await window.until(lambda: written(window), lambda text: "four" in text, "the one after it is drawn")
    await window.press("Tab")
    await window.press("Tab")
    await window.saves("calls.js", calls("llllf"))
    await window.undo()
    await window.saves("calls.js", calls("lllff"))
    await window.go_to(2, 1)
    await window.press("Tab")  # indents: what was undone is not proposed again
    await window.saves("calls.js", calls("lllff").replace("\n\n", "\n    \n", 1))
    await window.open_file("queries.js")
    await rename(window, 1)
    await rename(window, 3)
    await window.until(lambda: written(window), lambda text: "three" in text, "another change's next edit is drawn")
    await window.press("Escape")
    await window.until(lambda: written(window), lambda text: not text, "dismissed")
    await window.go_to(2, 1)
    await window.press("Tab")  # indents again
    await window.saves("queries.js", calls("llqqq").replace("\n\n", "\n    \n", 1))
