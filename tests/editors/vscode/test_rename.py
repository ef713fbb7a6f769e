"""A better name for what is used outside of one function: VS Code's own TypeScript support renames, and what it would
change is one edit with one preview."""

from __future__ import annotations

from tests.editors.vscode.conftest import Share, scripted
from tests.editors.vscode.workbench import QUIET, READY_MS, Workbench
from tests.support.fault_server import FaultServer

# The last line is an error that TypeScript reports once it has read the project.
OWN = "export function calc(prices: number[]): number {\n  return prices.length;\n}\n\nconsole.log(calc(1));\n"
OTHER = 'import { calc } from "./own";\n\nexport const two = { calc };\nconsole.log(calc([1, 2]));\n'
OWN_AFTER = OWN.replace("calc", "total")
OTHER_AFTER = 'import { total } from "./own";\n\nexport const two = { calc: total };\nconsole.log(total([1, 2]));\n'
CONFIGURATION = '{ "compilerOptions": { "strict": true, "target": "es2022" } }\n'
DIFF = ".monaco-diff-editor"


async def opened(share: Share, backend: FaultServer, files: dict[str, str]) -> Workbench:
    """The first file with the cursor on the function's name, once TypeScript has read it."""
    backend.chat_answers = ["total"] * 4
    settings = {**scripted(backend), "autothink.completion.enabled": False, "autothink.assist.preview": "never"}
    window = await share({**files, "tsconfig.json": CONFIGURATION}, settings, ready=QUIET)
    await window.problems("error")
    await window.go_to(1, 18)
    return window


async def rename(window: Workbench) -> None:
    await window.press("Control+Alt+r")
    await window.pick("Propose a clearer name")


async def test_a_name_of_two_files_is_shown_first_and_renamed_in_both(share: Share, backend: FaultServer) -> None:
    window = await opened(share, backend, {"own.ts": OWN, "other.ts": OTHER})
    await rename(window)
    await window.notified(r"^AutoThink: Rename .?calc.? to .?total")
    await window.page.locator(DIFF).nth(1).wait_for(timeout=READY_MS)
    await window.screenshot("rename-preview")
    titles = await window.tab_titles()
    assert any(title.startswith("AutoThink: Rename") and title.endswith("(2 files)") for title in titles), titles
    await window.click_notification("Discard")
    await window.page.locator(DIFF).first.wait_for(state="detached", timeout=READY_MS)
    await window.saves("own.ts", OWN)
    assert (window.folder / "other.ts").read_text() == OTHER
    await window.go_to(1, 18)
    await rename(window)
    await window.page.locator(DIFF).nth(1).wait_for(timeout=READY_MS)
    await window.press("Control+Enter")
    await window.notified(r"^AutoThink: Renamed .?calc.? to .?total.? in 2 files\.")
    await window.page.locator(DIFF).first.wait_for(state="detached", timeout=READY_MS)
    await window.screenshot("renamed")
    await window.saves("own.ts", OWN_AFTER)
    await window.open_file("other.ts")
    await window.saves("other.ts", OTHER_AFTER)


async def test_a_name_of_one_file_is_renamed_at_once_where_the_setting_says_so(
    share: Share, backend: FaultServer
) -> None:
    window = await opened(share, backend, {"own.ts": OWN})
    await rename(window)
    await window.notified(r"^AutoThink: Renamed .?calc.? to .?total.? in 2 places\.")
    await window.saves("own.ts", OWN_AFTER)
    await window.undo()
    await window.saves("own.ts", OWN)


async def test_without_a_language_server_the_user_is_told(share: Share, backend: FaultServer) -> None:
    backend.chat_answers = ["total"]
    settings = {**scripted(backend), "autothink.completion.enabled": False}
    window = await share({"own.py": "def calc():\n    pass\n"}, settings, ready=QUIET)
    await window.go_to(1, 6)
    await rename(window)
    await window.notified(r"No language server here can rename .?calc.? to .?total")
    await window.saves("own.py", "def calc():\n    pass\n")
