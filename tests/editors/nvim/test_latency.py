"""How long from a key to its ghost text on the screen, and what fast typing costs. Printed; counts are asserted."""

from __future__ import annotations

import asyncio
from statistics import median

import pytest

from tests.editors.nvim.conftest import SharedEditor
from tests.support.fault_server import Mode

pytestmark = pytest.mark.asyncio(loop_scope="module")
SAMPLES = 15


async def test_each_key_gets_its_ghost_text(shared_editor: SharedEditor, capsys: pytest.CaptureFixture[str]) -> None:
    editor = await shared_editor.open("def add(a, b):\n" + "    \n" * (SAMPLES + 1))
    shared_editor.backend.pieces = ["1"]
    painted_ms, server_ms = [], []
    for number in range(SAMPLES):
        shared_editor.backend.pieces = ["zero = a"]
        await editor.keys("<Esc>", "j", "A")
        await editor.until_ghost("zero = a")
        shared_editor.backend.pieces = [f"ame{number} = a + b"]
        seen = len(editor.screen.frames)
        await editor.keys("n")
        await editor.until_ghost(f"ame{number} = a + b")
        first = next(f for f in editor.screen.frames[seen:] if f.ghost_text.startswith("ame"))
        painted_ms.append(1000 * (first.at_s - editor.keys_at_s[-1]))
        server_ms.append((await editor.lua("return require('autothink.inline.request').times_ms"))[-1])
    with capsys.disabled():
        print(
            f"\n{shared_editor.encoding}: key to ghost text painted: median {median(painted_ms):.0f} ms, longest"
            f" {max(painted_ms):.0f} ms, of that request to answer {median(server_ms):.0f} ms and a pause of 15 ms"
            f" ({SAMPLES} keys)"
        )


@pytest.mark.parametrize("model", ["instant", "slow"])
@pytest.mark.parametrize("gap_ms", [0, 30, 80])
async def test_fast_typing_sends_few_requests(
    shared_editor: SharedEditor, capsys: pytest.CaptureFixture[str], gap_ms: int, model: str
) -> None:
    """``slow``: nothing is answered before the last key."""
    editor = await shared_editor.open("\n")
    shared_editor.backend.pieces = ["never typed"]
    await editor.keys("i")
    await editor.until_ghost("never typed")
    await shared_editor.forget()
    text = "abcdefghij" * 2
    if model == "slow":
        shared_editor.backend.mode = Mode.SLOW
    await editor.type(text, gap_s=gap_ms / 1000)
    if model == "slow":
        await shared_editor.backend.until(lambda: shared_editor.backend.running == 1)
        await editor.until(lambda: is_text(shared_editor, text), "all keys have arrived")
        shared_editor.backend.mode = Mode.OK
        shared_editor.backend.step(100)
    await editor.until_screen(lambda f: f.lines[0].rstrip().endswith("never typed") and text in f.lines[0], "the last")
    await asyncio.sleep(0.1)
    counts = await editor.counts()
    assert counts["asked"] == counts["answered"] + counts["cancelled"], "each is answered or cancelled"
    assert counts["asked"] <= len(text)
    assert counts["dropped"] == 0
    with capsys.disabled():
        print(f"\n{shared_editor.encoding}: {len(text)} keys, {gap_ms} ms apart, {model} model: {counts}")


async def is_text(shared_editor: SharedEditor, text: str) -> bool:
    return await shared_editor.editor.text() == text
