"""The status bar item and what is behind it; reports; the walkthrough."""

from __future__ import annotations

import json

from tests.editors.vscode.conftest import BROKEN, Share, scripted
from tests.editors.vscode.workbench import READY, READY_MS
from tests.support.fault_server import FaultServer, Mode

SOURCE = "def add(a, b):\n    \n"
REPORTED = ("No actions yet.", "To see what thinking is worth")  # its end, where other tests have acted


async def test_the_think_mode_picked_in_the_menu_is_written_to_the_settings(share: Share, backend: FaultServer) -> None:
    window = await share({"a.py": SOURCE}, scripted(backend))
    await window.click_status()
    await window.screenshot("quick-pick")
    await window.pick("Set Think Mode")
    await window.pick("Think for every request")
    await window.until(
        lambda: window.setting("autothink.assist.think"), lambda value: value == "on", "the setting in settings.json"
    )
    await window.tooltip_says("Think mode: on")


async def test_think_mode_off_reaches_the_server(share: Share, backend: FaultServer) -> None:
    backend.chat_answers = ["nothing"] * 4
    window = await share(
        {"shop.ts": (BROKEN / "shop.ts").read_text()},
        scripted(backend, **{"autothink.assist.model": "Kwaipilot/KAT-V1-40B", "autothink.assist.think": "on"}),
    )
    await window.command("AutoThink: Set Think Mode…")
    await window.pick("Never think")
    await window.tooltip_says("Think mode: off")
    await window.problems("error")
    await window.go_to(4, 8)
    await window.press("Control+Alt+f")
    await backend.until(lambda: any("messages" in body for body in backend.bodies))
    chats = [body for body in backend.bodies if "messages" in body]
    assert "<think_off>" in chats[0]["messages"][-1]["content"]


async def test_a_paused_language_gets_no_suggestion_until_it_is_resumed(share: Share, backend: FaultServer) -> None:
    backend.pieces = ["return a + b"]
    window = await share({"a.py": SOURCE}, scripted(backend))
    await window.command("AutoThink: Pause or Resume Suggestions…")
    await window.pick("Pause Suggestions for Language 'python'")
    await window.status_says("paused for python")
    await window.go_to(2, 5)
    await window.type("r", delay_ms=200)
    assert backend.started == 0
    await window.command("AutoThink: Pause or Resume Suggestions…")
    await window.pick("Resume Suggestions for Language 'python'")
    await window.status_says(READY)
    await window.type("e")
    await window.ghost_says("turn a + b")


async def test_the_status_says_completing_not_reachable_and_ready_again(share: Share, backend: FaultServer) -> None:
    backend.mode = Mode.HANG_BEFORE_HEADERS
    window = await share({"a.py": SOURCE}, scripted(backend))
    await window.go_to(2, 5)
    await window.type("r")
    await window.status_says("completing")
    await backend.stop()
    await window.type("x", delay_ms=300)
    await window.status_says("model server not reachable")
    await window.screenshot("no-backend")
    assert str(backend.port) in await window.status_tooltip()
    await backend.start()
    backend.mode = Mode.OK
    await window.type("y", delay_ms=300)  # the next key notices that it is back
    await window.until(lambda: window.typed_status(" "), lambda text: text == "AutoThink", "ready again", READY_MS)


async def test_an_excluded_file_is_named_in_the_status_and_never_sent(share: Share, backend: FaultServer) -> None:
    window = await share({"a.py": SOURCE, ".env": "API_KEY=1\n"}, scripted(backend))
    await window.open_file(".env")
    await window.status_says("excluded")
    await window.go_to(1, 10)
    await window.type("23", delay_ms=200)
    await window.saves(".env", "API_KEY=123\n")
    assert backend.started == 0


async def test_statistics_and_diagnostics_are_shown_in_the_output_panel(share: Share, backend: FaultServer) -> None:
    window = await share({"a.py": SOURCE}, scripted(backend))
    await window.command("AutoThink: Show Statistics")
    await window.until(window.output, lambda text: any(words in text for words in REPORTED), "statistics")
    await window.command("AutoThink: Run Diagnostics")
    await window.until(
        window.output, lambda text: f":{backend.port}" in text and "No problems found" in text, "doctor", 60_000
    )
    assert "0.5b" not in await window.output(), "the settings of this window count, not the defaults"
    await window.screenshot("doctor")


async def test_the_walkthrough_has_its_steps(share: Share, backend: FaultServer) -> None:
    window = await share({"a.py": SOURCE}, scripted(backend))
    await window.command("Welcome: Open Walkthrough...")
    await window.pick("Get Started with AutoThink")
    await window.page.locator('text="Explain and fix"').first.wait_for()
    await window.screenshot("walkthrough")


async def test_code_lenses_are_off_until_asked_for(share: Share, backend: FaultServer) -> None:
    text = (BROKEN / "shop.ts").read_text()
    window = await share({"shop.ts": text}, scripted(backend))
    await window.problems("error")
    assert await window.page.locator('.codelens-decoration:has-text("AutoThink")').count() == 0
    window.server.write_settings({**window.settings, "autothink.codeLens.enabled": True})
    backend.chat_answers = ["It adds **up**."]
    lens = window.page.locator('.codelens-decoration a:has-text("AutoThink: explain")').first
    await lens.click(timeout=30_000)
    await window.document_says("It adds")


async def test_notebook_cells_get_ghost_text(share: Share, backend: FaultServer) -> None:
    cell = {"cell_type": "code", "source": ["x = 1\n"], "metadata": {}, "outputs": [], "execution_count": None}
    book = {"cells": [cell], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
    backend.pieces = ["y = x + 1"]
    window = await share({"a.py": SOURCE, "a.ipynb": json.dumps(book)}, scripted(backend))
    await window.open_file("a.ipynb")
    await window.page.locator(".notebookOverlay .view-lines").first.click()
    await window.press("Control+End")
    await window.type("y")
    await window.ghost_says("= x + 1")
