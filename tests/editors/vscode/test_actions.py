"""Explain, fix and refactor in a real workbench: the messages are TypeScript's own, the model is a script."""

from __future__ import annotations

import re
from typing import Any

from tests.editors.vscode.conftest import BROKEN, Share, scripted
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


async def opened(share: Share, settings: dict[str, Any]) -> Workbench:
    """The broken file, with TypeScript's message under the cursor."""
    window = await share({"shop.ts": WRONG}, {**settings, "autothink.completion.enabled": False}, ready=QUIET)
    await window.problems("error")
    await window.go_to(4, 8)
    return window


async def test_a_fix_from_the_light_bulb_tells_its_result_and_is_changed_in_words(
    share: Share, backend: FaultServer
) -> None:
    backend.chat_answers = [answer(RIGHT)]
    window = await opened(share, scripted(backend))
    menu = await window.light_bulb()
    await menu.locator(f'.monaco-list-row:has-text("{FIX}")').first.wait_for()
    box = await menu.bounding_box()
    assert box is not None
    right, bottom = box["x"] + box["width"], box["y"] + box["height"]
    await window.picture("menu", height=bottom + 12, width=right + 60, resized=False)
    await menu.locator(f'.monaco-list-row:has-text("{FIX}")').first.click()
    await window.saves("shop.ts", RIGHT)
    await window.notified(r"^AutoThink: Fix Operator '\+=' .*\. Nothing found wrong \(parses, no names lost\)")
    await window.screenshot("fixed")
    await window.click_notification("Show Details")
    await window.document_says("Not what you wanted? Say what to change.")
    await window.screenshot("details")
    # The words about it go to the edit that the document is about.
    documented = RIGHT.replace("export function", "/** The sum. */\nexport function")
    backend.chat_answers = [answer(documented)]
    await window.follow_link("Not what you wanted?")
    await window.answer_input("Change Last Edit", "document it")
    await window.focus()
    await window.saves("shop.ts", documented)
    await window.document_says("Change the function")  # also where it ended while its document was being opened
    assert "document it" in str(backend.bodies[-1]["messages"])
    await window.undo()
    await window.saves("shop.ts", RIGHT)
    await window.undo()
    await window.saves("shop.ts", WRONG)


async def test_more_lists_what_the_light_bulb_leaves_out(share: Share, backend: FaultServer) -> None:
    backend.chat_answers = [answer(RIGHT)]
    window = await opened(share, thinker(backend))
    menu = await window.light_bulb()
    rows = menu.locator('.monaco-list-row:has-text("AutoThink: ")')
    await rows.filter(has_text="More…").wait_for()
    titles = [text for text in await rows.all_text_contents() if "fix" in text or "More" in text]
    assert [title.partition(": ")[2] for title in titles] == [
        "Explain and fix: Operator '+=' cannot be applied…",
        "Explain and fix: Operator '+=' cannot be… (think)",
        "More…",
    ]
    await rows.filter(has_text="More…").click()
    await window.page.locator('.quick-input-title:has-text("AutoThink: More Actions")').wait_for()
    await window.screenshot("more")
    backend.chat_answers = [answer(RIGHT) + "\n</answer>"]
    await window.pick("(fast)")
    await window.saves("shop.ts", RIGHT)


async def test_thinking_stays_open_while_it_grows_and_after_the_fix(share: Share, backend: FaultServer) -> None:
    """The whole way: light bulb, thinking in notification, status bar and document, edit, one step of undo."""
    backend.mode = Mode.SLOW
    begun = "The loop adds prices, the whole list, in every turn. Its own variable is price. "
    words = re.findall(r"\S+ ", begun)
    thought = [*words, "That is the item.", "\n</think>\n\n<answer>\n"]
    backend.chat_answers = [[*thought, answer(RIGHT) + "\n</answer>"]]
    window = await opened(share, thinker(backend))
    await window.choose_action(f"{FIX}", "(think)")
    await backend.until(lambda: backend.started == 1)
    backend.step(len(words))
    await window.status_says(r"thinking \d+ s")
    await window.notified("thinking")
    await window.command("AutoThink: Show Last Action")
    await window.document_says("Thinking")
    await window.document_says("Its own variable is price.")  # open while the model thinks
    await window.document_says("Fixing shop.ts")
    await window.picture("thinking", height=400, with_status=True)
    backend.step(1)
    await window.document_says("That is the item.")  # it grows, and stays open
    backend.step(10)
    await window.document_says("The sum adds the list instead of its item.")
    await window.document_says("Nothing found wrong")
    await window.document_says("Attempt 1: with thinking")
    await window.document_says("Its own variable is price.")  # what was watched is not folded
    await window.screenshot("explained")
    await window.saves("shop.ts", RIGHT)
    await window.undo()
    await window.saves("shop.ts", WRONG)


async def test_answer_now_ends_thinking_and_keeps_what_was_thought(share: Share, backend: FaultServer) -> None:
    backend.mode = Mode.SLOW
    backend.chat_answers = [["I think ", "and think ", "never sent"], [answer(RIGHT) + "\n</answer>"]]
    window = await opened(share, thinker(backend))
    await window.choose_action(FIX, "(think)")
    await backend.until(lambda: backend.started == 1)
    backend.step(2)
    await window.notified("thinking")
    await window.click_notification("Answer Now")
    await backend.until(lambda: backend.started == 2)
    await window.screenshot("answering")
    backend.step(5)
    await window.saves("shop.ts", RIGHT)
    assert "I think" in str(backend.bodies[1]["messages"]), "what was thought so far is not lost"


async def test_cancel_ends_the_request_and_changes_nothing(share: Share, backend: FaultServer) -> None:
    backend.mode = Mode.HANG_MID_STREAM
    window = await opened(share, scripted(backend))
    await window.choose_action(FIX)
    await window.notified("quick attempt")
    await window.screenshot("working")
    await window.click_notification("Cancel")
    await backend.until(lambda: backend.aborted == 1)
    await window.status_says(QUIET)
    await window.saves("shop.ts", WRONG)


async def test_an_edit_that_failed_a_check_is_previewed_and_discarded(share: Share, backend: FaultServer) -> None:
    """Both that the preview opens and that nothing is applied before the user agrees."""
    broken = WRONG.replace("result += prices;", "result += price")[:-3]  # does not parse
    backend.chat_answers = [answer(broken + "\n")] * 4
    window = await opened(share, scripted(backend))
    await window.choose_action(FIX)
    await window.notified(r"^AutoThink: Fix Operator '\+=' .*does not parse")
    await window.page.locator(".monaco-diff-editor").first.wait_for(timeout=30_000)
    await window.screenshot("failed-preview")
    assert (window.folder / "shop.ts").read_text() == WRONG
    await window.page.locator('.editor-actions a[aria-label^="Discard Previewed Edit"]').click()
    await window.page.locator(".monaco-diff-editor").first.wait_for(state="detached", timeout=30_000)
    await window.saves("shop.ts", WRONG)


async def test_a_fix_by_key_is_previewed_and_applied_by_key(share: Share, backend: FaultServer) -> None:
    backend.chat_answers = [answer(RIGHT)]
    window = await opened(share, scripted(backend, **{"autothink.assist.preview": "always"}))
    await window.go_to(1, 1)  # elsewhere: the next message below is meant
    await window.press("Control+Alt+f")
    await window.page.locator(".monaco-diff-editor").first.wait_for(timeout=30_000)
    await window.page.locator('.notification-list-item .monaco-button:has-text("Apply")').wait_for(timeout=30_000)
    await window.picture("preview", height=440)
    await window.press("Control+Enter")
    await window.saves("shop.ts", RIGHT)
    await window.undo()
    await window.saves("shop.ts", WRONG)


async def test_an_explained_selection_is_rendered_beside_the_code(share: Share, backend: FaultServer) -> None:
    backend.chat_answers = ["It adds **up** what is in the list."]
    window = await opened(share, scripted(backend))
    await window.go_to(3, 1)
    await window.press("Shift+ArrowDown")
    await window.press("Control+Alt+e")
    await window.document_says("what is in the list")
    await window.screenshot("explanation")
    assert await window.tab_titles(), "the code is still open"


async def test_a_refactoring_is_picked_from_the_list_or_asked_for_in_words(share: Share, backend: FaultServer) -> None:
    documented = RIGHT.replace("export function", "/** The sum. */\nexport function")
    backend.chat_answers = [answer(RIGHT), answer(documented)]
    window = await share({"shop.ts": RIGHT}, scripted(backend))
    await window.go_to(2, 3)
    await window.command("AutoThink: Edit with Instructions…")
    await window.answer_input("Edit with Instructions", "leave it as it is")
    await backend.until(lambda: backend.started >= 1)
    assert "leave it as it is" in str(backend.bodies[-1]["messages"])
    await window.press("Control+Alt+r")
    await window.screenshot("refactors")
    backend.chat_answers = [answer(documented)]
    await window.pick("Write a docstring")
    await window.saves("shop.ts", documented)


async def test_a_dead_model_server_is_told_once_and_named_in_the_status(share: Share, backend: FaultServer) -> None:
    window = await opened(share, scripted(backend))
    await backend.stop()
    await window.choose_action(FIX)
    seen = await window.notified("127.0.0.1")
    assert f":{backend.port}" in seen
    await window.screenshot("dead-backend")
    assert len([text for text in await window.notifications() if "127.0.0.1" in text]) == 1
    await window.status_says("model server (for fixes )?not reachable")  # both, if a suggestion was asked for, too
    assert f":{backend.port}" in await window.status_tooltip()
    await window.saves("shop.ts", WRONG)


async def test_after_a_fix_typescript_says_whether_it_helped(share: Share, backend: FaultServer) -> None:
    """Wrong: asked, and undone. Wrong again: the next attempt begins with the message. Right: told."""
    wrong = WRONG.replace("+= prices", "+= [...prices]")
    settings = thinker(backend, **{"autothink.assist.preview": "never", "autothink.assist.run_checkers": False})
    window = await opened(share, settings)
    backend.chat_answers[:] = [answer(wrong)] * 8
    await window.choose_action(FIX)
    await window.notified("ts (now|still) reports: ")
    await window.screenshot("still-reported")
    await window.click_notification("Undo")
    await window.until(
        window.notifications, lambda texts: not any(" reports: " in text for text in texts), "the question is gone"
    )
    await window.saves("shop.ts", WRONG)
    await window.problems("error")
    await window.go_to(4, 8)
    await window.choose_action(FIX)
    await window.notified("ts (now|still) reports: ")
    backend.chat_answers[:] = [f"Its item.\n</think>\n\n<answer>\n{answer(RIGHT)}</answer>"] * 8
    await window.click_notification("Think about it")
    await window.status_bar_says("ts no longer reports it", 90_000)  # TypeScript may be silent for 30 s
    await window.saves("shop.ts", RIGHT)
    (prompt,) = [str(body) for body in backend.bodies if "An earlier attempt is already in the code" in str(body)]
    assert "ts reports: " in prompt
