"""Ghost text beside what VS Code itself does with the text: rename, format on save, git's commit box."""

from __future__ import annotations

import subprocess

from tests.editors.vscode.conftest import Share, scripted
from tests.editors.vscode.workbench import Workbench
from tests.support.fault_server import FaultServer

COMMIT_BOX = ".scm-editor .monaco-editor"
MESSAGE = "return what was lent"


async def test_after_a_rename_the_new_name_is_sent(share: Share, backend: FaultServer) -> None:
    """Renamed while ghost text behind the name is shown: all places change, and the next answer is for them."""
    backend.pieces = ["price * 2;"]
    window = await share({"a.ts": "const price = 1;\nconst twice = price;\nconst both = \n"}, scripted(backend))
    await window.go_to(3, 14)
    await window.command("AutoThink: Suggest Now")
    await window.ghost_says("price * 2;")
    await rename(window, line=1, column=8, name="cost")
    await window.saves("a.ts", "const cost = 1;\nconst twice = cost;\nconst both = \n")
    backend.pieces = ["cost * 2;"]
    await window.go_to(3, 14)
    await window.command("AutoThink: Suggest Now")
    await window.ghost_says("cost * 2;")
    assert "const twice = price" not in str(backend.bodies[-1])
    await window.press("Tab")
    await window.saves("a.ts", "const cost = 1;\nconst twice = cost;\nconst both = cost * 2;\n")


async def rename(window: Workbench, *, line: int, column: int, name: str) -> None:
    """With VS Code's own box, once TypeScript is there to ask for the places."""
    box = window.page.locator(".rename-box input").first
    await window.go_to(line, column)

    async def opened() -> bool:
        if not await box.is_visible():
            await window.press("F2")
        return await box.is_visible()

    await window.until(opened, bool, "the box of the rename")
    await box.fill(name)
    await window.press("Enter")
    await box.wait_for(state="hidden")


async def test_a_save_that_formats_keeps_the_ghost_text(share: Share, backend: FaultServer) -> None:
    backend.pieces = ["return a + b;"]
    settings = scripted(backend, **{"editor.formatOnSave": True})
    text = "function add(a, b) {\n    \n}\n\nconst   three=add( 1,2 );\n"
    window = await share({"a.ts": text}, settings)
    await window.go_to(2, 5)
    await window.type("r")
    await window.ghost_says("eturn a + b;")
    await window.saves("a.ts", "function add(a, b) {\n    r\n}\n\nconst three = add(1, 2);\n")
    await window.ghost_says("eturn a + b;")
    await window.press("Tab")
    await window.saves("a.ts", "function add(a, b) {\n    return a + b;\n}\n\nconst three = add(1, 2);\n")
    await window.undo()
    await window.saves("a.ts", "function add(a, b) {\n    r\n}\n\nconst three = add(1, 2);\n")


async def test_nothing_is_asked_for_in_the_commit_box_of_git(share: Share, backend: FaultServer) -> None:
    backend.pieces = ["return a + b"]
    window = await share({"a.py": "def add(a, b):\n    \n"}, scripted(backend, **{"git.enabled": True}))
    subprocess.run(["git", "init", "-q", str(window.folder)], check=True)
    await window.open_file("a.py")
    await window.page.locator('.activitybar a[aria-label^="Source Control"]').click()
    box = window.page.locator(COMMIT_BOX).first
    await box.wait_for(timeout=60_000)
    await box.click()
    await window.type(MESSAGE)
    await window.press("Alt+Backslash")
    await window.until(box.text_content, lambda text: MESSAGE in (text or "").replace("\xa0", " "), "it is typed")
    # What is asked for afterwards is answered afterwards.
    await window.go_to(2, 5)
    await window.type("r")
    await window.ghost_says("eturn a + b")
    assert MESSAGE not in str(backend.bodies)
    assert backend.started == 1
    await window.page.locator('.activitybar a[aria-label^="Explorer"]').click()
