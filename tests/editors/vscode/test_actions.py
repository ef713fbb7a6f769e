"""Explain, fix and refactor in a real workbench: the messages are TypeScript's own, the model is a script."""

from __future__ import annotations

from typing import Any

from tests.editors.vscode.conftest import BROKEN, Start, scripted
from tests.editors.vscode.workbench import QUIET, Workbench
from tests.support.fault_server import FaultServer, Mode

WRONG = (BROKEN / "shop.ts").read_text()
RIGHT = WRONG.replace("+= prices", "+= price")
FIX = "AutoThink: Explain and fix"
ON = "<judge>\nTypes.\n</judge>\n\n<think_on>\n"


def answer(code: str) -> str:
    return f"The sum adds the list instead of its item.\n\nThe whole edited code:\n```typescript\n{code}```\n"


def thinker(backend: FaultServer, **more: Any) -> dict[str, Any]:
    """Settings for a model that can be told to think."""
    return scripted(backend, **{"autothink.assist.model": "Kwaipilot/KAT-V1-40B", **more})


async def opened(start: Start, settings: dict[str, Any]) -> Workbench:
    """The broken file, with TypeScript's message under the cursor."""
    window = await start({"shop.ts": WRONG}, {**settings, "autothink.completion.enabled": False}, ready=QUIET)
    await window.problems("error")
    await window.go_to(4, 8)
    return window


async def test_fix_from_the_light_bulb(start: Start, backend: FaultServer) -> None:
    backend.chat_answers = [answer(RIGHT)]
    window = await opened(start, scripted(backend))
    menu = await window.light_bulb()
    await menu.locator(f'.monaco-list-row:has-text("{FIX}")').first.wait_for()
    await window.screenshot("menu")
    await menu.locator(f'.monaco-list-row:has-text("{FIX}")').first.click()
    await window.saves("shop.ts", RIGHT)
    await window.undo()
    await window.saves("shop.ts", WRONG)


async def test_thinking_is_shown_and_the_explanation(start: Start, backend: FaultServer) -> None:
    """The whole way: light bulb, thinking in notification, status bar and document, edit, one step of undo."""
    backend.mode = Mode.SLOW
    thought = ["The list ", "is added, ", "not its item. ", "Add the item.\n</think>\n\n<answer>\n"]
    backend.chat_answers = [[*thought, answer(RIGHT) + "\n</answer>"]]
    window = await opened(start, thinker(backend))
    await window.choose_action(f"{FIX}", "(think)")
    await backend.until(lambda: backend.started == 1)
    backend.step(2)
    await window.status_says(r"thinking \d+ s")
    await window.notified("thinking")
    await window.command("AutoThink: Show the Last Action")
    await window.document_says("## Thinking")
    await window.screenshot("thinking")
    await window.unfold()  # it is folded at first
    await window.document_says("is added,")
    backend.step(1)
    await window.document_says("not its item.")  # it grows, and stays open
    backend.step(10)
    await window.document_says("The sum adds the list instead of its item.")
    await window.document_says("Checked:")
    await window.screenshot("explained")
    await window.saves("shop.ts", RIGHT)
    await window.undo()
    await window.saves("shop.ts", WRONG)


async def test_answer_now(start: Start, backend: FaultServer) -> None:
    backend.mode = Mode.SLOW
    backend.chat_answers = [["I think ", "and think ", "never sent"], [answer(RIGHT) + "\n</answer>"]]
    window = await opened(start, thinker(backend))
    await window.choose_action(FIX, "(think)")
    await backend.until(lambda: backend.started == 1)
    backend.step(2)
    await window.notified("thinking")
    await window.click_notification("Answer now")
    await backend.until(lambda: backend.started == 2)
    await window.screenshot("answering")
    backend.step(5)
    await window.saves("shop.ts", RIGHT)
    assert "I think" in str(backend.bodies[1]["messages"]), "what was thought so far is not lost"


async def test_cancel(start: Start, backend: FaultServer) -> None:
    backend.mode = Mode.HANG_MID_STREAM
    window = await opened(start, scripted(backend))
    await window.choose_action(FIX)
    await window.notified("quick attempt")
    await window.screenshot("working")
    await window.click_notification("Cancel")
    await backend.until(lambda: backend.aborted == 1)
    await window.status_says(QUIET)
    await window.saves("shop.ts", WRONG)


async def test_unverified_is_previewed(start: Start, backend: FaultServer) -> None:
    """Both that the preview opens and that nothing is applied before the user agrees."""
    broken = WRONG.replace("result += prices;", "result += price")[:-3]  # does not parse
    backend.chat_answers = [answer(broken + "\n")] * 4
    window = await opened(start, scripted(backend))
    await window.choose_action(FIX)
    await window.page.locator('.pane:has-text("Refactor Preview"), .bulk-edit-panel').first.wait_for(timeout=30_000)
    await window.screenshot("preview")
    assert (window.folder / "shop.ts").read_text() == WRONG
    await window.page.locator('.bulk-edit-panel .monaco-button:has-text("Discard")').click()
    await window.saves("shop.ts", WRONG)


async def test_fix_at_the_cursor_by_key(start: Start, backend: FaultServer) -> None:
    backend.chat_answers = [answer(RIGHT)]
    window = await opened(start, scripted(backend))
    await window.go_to(1, 1)  # elsewhere: the next message below is meant
    await window.press("Control+Alt+f")
    await window.saves("shop.ts", RIGHT)
    await window.undo()
    await window.saves("shop.ts", WRONG)


async def test_explain_a_selection(start: Start, backend: FaultServer) -> None:
    backend.chat_answers = ["It adds **up** what is in the list."]
    window = await opened(start, scripted(backend))
    await window.go_to(3, 1)
    await window.press("Shift+ArrowDown")
    await window.press("Control+Alt+e")
    await window.document_says("what is in the list")
    await window.screenshot("explanation")
    assert await window.tab_titles(), "the code is still open"


async def test_refactor_from_a_list_and_in_own_words(start: Start, backend: FaultServer) -> None:
    documented = RIGHT.replace("export function", "/** The sum. */\nexport function")
    backend.chat_answers = [answer(RIGHT), answer(documented)]
    window = await start({"shop.ts": RIGHT}, scripted(backend))
    await window.go_to(2, 3)
    await window.command("AutoThink: Change as Asked…")
    await window.answer_input("change as asked", "leave it as it is")
    await backend.until(lambda: backend.started >= 1)
    assert "leave it as it is" in str(backend.bodies[-1]["messages"])
    await window.press("Control+Alt+r")
    await window.screenshot("refactors")
    backend.chat_answers = [answer(documented)]
    await window.pick("Write a docstring")
    await window.saves("shop.ts", documented)


async def test_a_dead_backend_is_told_once(start: Start, backend: FaultServer) -> None:
    window = await opened(start, scripted(backend))
    await backend.stop()
    await window.choose_action(FIX)
    seen = await window.notified("127.0.0.1")
    assert f":{backend.port}" in seen
    await window.screenshot("dead-backend")
    assert len([text for text in await window.notifications() if "127.0.0.1" in text]) == 1
    await window.saves("shop.ts", WRONG)
