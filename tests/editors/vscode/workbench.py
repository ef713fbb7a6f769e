"""Drives a real VS Code workbench in Chromium as a person does: keys go in, what stands on the screen comes out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from attrs import define, evolve
from playwright.async_api import Error as PageError
from playwright.async_api import FloatRect, Locator, Page, ViewportSize
from playwright.async_api import TimeoutError as NotSeen

from tests.editors.vscode.code_server import CodeServer

READY = r"AutoThink$"  # and the model was reached
OFF = QUIET = r"AutoThink: completion is off$"
READY_MS = 90_000
SOON_MS = 40_000
LIGHT_BULB_MS = 20_000
TRIED_MS = 10_000  # then the keys are pressed again
VIEWPORT: Final[ViewportSize] = {"width": 1200, "height": 760}
STATUS_BAR_PX = 24
LAYOUT_S = 0.5  # until the workbench has taken another size
_WITHOUT_SCROLLBARS = ".scrollbar, .diffOverview, .decorationsOverviewRuler { visibility: hidden !important }"
# What is read of an action's rendered document: folded parts are left out.
_ACTION_TEXT = """node => {
  const copy = node.cloneNode(true);
  for (const folded of copy.querySelectorAll('details:not([open]) > :not(summary)')) folded.remove();
  return copy.textContent.replace(/\\u00a0/g, ' ');
}"""
GHOST = '.monaco-editor [class*="ghost-text"]'
EDITOR = ".editor-instance .monaco-editor"
STATUS = '.part.statusbar [id="autothink.autothink.autothink.status"]'


# Each word is an element of its own; those at one height are a line. Outer elements only.
_GHOST_LINES = """selector => {
  const lines = new Map();
  for (const node of document.querySelectorAll(selector)) {
    if (node.parentElement.closest('[class*="ghost-text"]')) continue;
    for (const part of node.querySelectorAll('.view-line').length ? node.querySelectorAll('.view-line') : [node]) {
      const { top, left, height } = part.getBoundingClientRect();
      if (!height || !part.textContent) continue;
      const line = lines.get(Math.round(top)) ?? [];
      line.push([left, part.textContent]);
      lines.set(Math.round(top), line);
    }
  }
  return [...lines.entries()].sort((a, b) => a[0] - b[0])
    .map(([, parts]) => parts.sort((a, b) => a[0] - b[0]).map(part => part[1]).join(''))
    .join('\\n').replace(/[\\u00a0\\u00b7]/g, ' ');
}"""

# Keeps the texts of the status bar's items.
_RECORD_STATUS_BAR = """() => {
  const bar = document.querySelector(".part.statusbar");
  const seen = (window.autothinkStatusBar = []);
  const note = () => {
    const text = [...bar.querySelectorAll(".statusbar-item")].map((item) => item.textContent).join(" | ");
    if (text !== seen.at(-1)) {
      seen.push(text);
    }
  };
  note();
  new MutationObserver(note).observe(bar, { subtree: true, childList: true, characterData: true });
}"""


@define(eq=False)
class Workbench:
    """One window. ``folder`` is the workspace, ``pictures`` where screenshots go."""

    page: Page
    server: CodeServer
    folder: Path
    pictures: Path
    settings: dict[str, Any]  # as the test has written them
    case: str = ""  # a folder of the workspace that only this test uses, where several share the window

    async def open(self, file: str | None = None, *, ready: str = READY) -> None:
        """Open the folder and a file in it, and wait until our status says ``ready`` (a part of its text)."""
        address = f"http://127.0.0.1:{self.server.port}/?folder={quote(str(self.folder))}"
        if file is not None:
            uri = f"vscode-remote://127.0.0.1:{self.server.port}{self.folder / file}"
            address += f"&payload={quote(json.dumps([['openFile', uri]]))}"
        await self._go(address)
        if file is not None:
            await self.page.locator(EDITOR).first.wait_for(timeout=READY_MS)
        if ready:
            await self.status_says(ready, timeout_ms=READY_MS)
        await self.page.evaluate(_RECORD_STATUS_BAR)

    async def another_window(self, workspace: str) -> Workbench:
        """A second window of the same VS Code, on a workspace file of the folder; no file is open."""
        other = evolve(self, page=await self.page.context.new_page())
        place = quote(str(self.folder / workspace))
        await other._go(f"http://127.0.0.1:{self.server.port}/?workspace={place}")
        return other

    async def _go(self, address: str) -> None:
        await self.page.goto(address, timeout=READY_MS)
        await self.page.locator(".part.statusbar").wait_for(timeout=READY_MS)

    # --- the editor ---------------------------------------------------------------------------------------------------

    async def focus(self) -> None:
        await self.page.locator(f"{EDITOR} .view-lines").first.click()

    async def go_to(self, line: int, column: int) -> None:
        """Both from 1, as VS Code counts."""
        await self.focus()
        await self.page.keyboard.press("Control+g")
        await self.page.locator(".quick-input-widget input").first.wait_for()
        await self.page.keyboard.type(f"{line}:{column}" if column else str(line))
        await self.page.keyboard.press("Enter")
        await self.page.locator(".quick-input-widget").first.wait_for(state="hidden")

    async def type(self, text: str, delay_ms: float = 60) -> None:
        await self.page.keyboard.type(text, delay=delay_ms)

    async def press(self, keys: str) -> None:
        await self.page.keyboard.press(keys)

    async def saves(self, file: str, wanted: str) -> None:
        """Save until the file on disk is as wanted: an edit may still be on its way when the key is pressed."""

        async def saved() -> str:
            await self.press("Control+s")
            await asyncio.sleep(0.1)
            return (self.folder / file).read_text(encoding="utf-8")

        await self.until(saved, lambda text: text == wanted, f"saved {file}")

    async def undo(self) -> None:
        await self.focus()
        await self.press("Control+z")

    async def ghost(self) -> str:
        """All of the ghost text that is painted now, line by line; blanks of the screen are plain ones."""
        return await self.page.evaluate(_GHOST_LINES, GHOST)

    async def ghost_says(self, wanted: str, timeout_ms: float = SOON_MS) -> str:
        """Wait until ghost text with this part is painted; all of it."""
        return await self.until(self.ghost, lambda text: wanted in text, f"ghost text {wanted!r}", timeout_ms)

    async def ghost_while_typing(self, text: str, each_ms: float = 8_000) -> None:
        """Type a suggestion's own text until what is left of it is painted. For a server that has just been started:
        VS Code asks at keys only, and a key before the server has registered asks nothing."""
        for typed in range(1, len(text)):
            await self.type(text[typed - 1])
            deadline = time.monotonic() + each_ms / 1_000
            while time.monotonic() < deadline:
                if text[typed:].strip() in await self.ghost():
                    return
                await asyncio.sleep(0.05)
        await self.ghost_says(text[-1:])

    async def tab_takes(self, text: str) -> None:
        """At a line's start VS Code's Tab may indent first, up to where the suggestion begins."""

        async def taken() -> bool:
            await self.press("Tab")
            await asyncio.sleep(0.5)
            return text not in await self.ghost()  # another suggestion may follow

        await self.until(taken, bool, "Tab takes it")

    async def ghost_appears(self) -> None:
        """Without a poll's delay: the browser itself looks at every frame."""
        await self.page.wait_for_function(
            "selector => [...document.querySelectorAll(selector)].some(node => node.textContent.trim())", arg=GHOST
        )

    async def no_ghost(self, timeout_ms: float = SOON_MS) -> None:
        await self.until(self.ghost, lambda text: not text, "no ghost text", timeout_ms)

    async def text(self) -> str:
        """The lines on the screen, ghost text left out; for short files."""
        lines = self.page.locator(f"{EDITOR} .view-lines .view-line")
        found = await lines.evaluate_all(
            "nodes => nodes.map(n => [parseInt(n.style.top), [...n.querySelectorAll('span > span')]"
            ".filter(s => !/ghost-text/.test(s.className)).map(s => s.textContent).join('')])"
        )
        return "\n".join(text.replace("\xa0", " ") for _, text in sorted(found))

    # --- around it ----------------------------------------------------------------------------------------------------

    async def status(self) -> str:
        item = self.page.locator(STATUS)
        return (await item.text_content() or "").strip() if await item.count() else ""

    async def status_says(self, wanted: str, timeout_ms: float = SOON_MS) -> str:
        return await self.until(
            self.status, lambda text: bool(re.search(wanted, text)), f"status {wanted!r}", timeout_ms
        )

    async def status_bar_says(self, wanted: str, timeout_ms: float = SOON_MS) -> str:
        """Anything in the status bar since the file was opened. A message of six seconds counts although the screen
        was not looked at meanwhile, as on a busy machine."""

        async def read() -> str:
            seen: list[str] = await self.page.evaluate("window.autothinkStatusBar ?? []")
            return "\n".join(seen).replace("\xa0", " ")

        return await self.until(read, lambda text: wanted in text, f"status bar {wanted!r}", timeout_ms)

    async def typed_status(self, key: str) -> str:
        """What the status says after a key."""
        await self.type(key)
        await asyncio.sleep(0.5)
        return await self.status()

    async def status_tooltip(self) -> str:
        """What the item says of itself when the pointer rests on it."""
        await self.page.locator(STATUS).hover()
        hover = self.page.locator(".workbench-hover, .monaco-hover").filter(has_text="AutoThink").last
        await hover.wait_for(timeout=SOON_MS)
        return (await hover.text_content() or "").replace("\xa0", " ")

    async def tooltip_says(self, wanted: str) -> None:
        """Wait until the tooltip of our item says it: an open tooltip keeps its text, so the pointer comes again."""

        async def read() -> str:
            await self.page.mouse.move(400, 300)
            return await self.status_tooltip()

        await self.until(read, lambda text: wanted in text, f"the tooltip {wanted!r}")

    async def accepted(self) -> int:
        """How many suggestions the window has counted as accepted."""
        found = re.search(r"Accepted: (\d+) of", await self.status_tooltip())
        return int(found[1]) if found else 0

    async def click_status(self) -> None:
        await self.page.locator(f"{STATUS} a").first.click()

    async def servers(self) -> list[int]:
        """Ids of our server's processes."""
        return self.server.processes(r"autothink_lsp serve")

    async def setting(self, name: str) -> Any:
        """As it is in the user's file."""
        return json.loads(self.server.user_settings.read_text()).get(name)

    async def output(self) -> str:
        """What is to be seen in the output panel."""
        lines = await self.page.locator(".output-view .view-line, .output .view-line").all_text_contents()
        return "\n".join(lines).replace("\xa0", " ")

    async def notifications(self) -> list[str]:
        found = await self.page.locator(".notification-list-item-message").all_text_contents()
        return [text.replace("\xa0", " ") for text in found]

    async def notified(self, wanted: str, timeout_ms: float = SOON_MS) -> str:
        """Wait for a notification that matches; its text."""
        seen: list[str] = []

        async def read() -> list[str]:
            seen.extend(text for text in await self.notifications() if text not in seen)
            return seen

        found = await self.until(
            read, lambda texts: any(re.search(wanted, text) for text in texts), f"a notification {wanted!r}", timeout_ms
        )
        return next(text for text in found if re.search(wanted, text))

    async def click_notification(self, label: str) -> None:
        """A button or a link in a notification."""
        at = self.page.locator(".notification-list-item")
        target = at.locator(f'.monaco-button:has-text("{label}"), a:has-text("{label}")').first
        await target.wait_for(timeout=SOON_MS)

        async def rests() -> bool:
            """Another notification moves it, and a click on the way is lost."""
            before = await target.bounding_box()
            await asyncio.sleep(0.4)
            return before is not None and before == await target.bounding_box()

        await self.until(rests, bool, f"a notification with {label!r} that does not move")
        await target.click(timeout=SOON_MS)

    async def command(self, title: str) -> None:
        """From the command palette: the row with exactly this command. The first row may be another one with the same
        words ("File: Compare New Untitled Text Files"), and before the list is filtered it is any."""
        await self.press("F1")
        field = self.page.locator(".quick-input-widget input").first
        await field.wait_for(timeout=SOON_MS)
        await field.fill(f">{title}")
        name = r"\s+".join(re.escape(word) for word in title.rpartition(": ")[2].split())
        label = self.page.locator(".label-name", has_text=re.compile(rf"(^|:\s){name}\s*$"))
        row = self.page.locator(".quick-input-list .monaco-list-row").filter(has=label)
        await row.first.click(timeout=SOON_MS)

    async def pick(self, label: str) -> None:
        """An entry of the quick pick that is open."""
        row = self.page.locator(f'.quick-input-list .monaco-list-row:has-text("{label}")').first
        await row.click(timeout=SOON_MS)

    async def light_bulb(self) -> Locator:
        """Open the menu of code actions at the cursor; again where VS Code was not ready to ask.

        The key is not pressed again early: in the open menu it chooses the first entry.
        """
        menu = self.page.locator(".action-widget").first

        async def opened() -> bool:
            if not await menu.is_visible():
                await self.press("Control+.")
                with contextlib.suppress(NotSeen):
                    await menu.wait_for(timeout=LIGHT_BULB_MS)
            return await menu.is_visible()

        await self.until(opened, bool, "the menu of actions", 3 * LIGHT_BULB_MS)
        return menu

    async def choose_action(self, *parts: str) -> None:
        """The first action whose title has all of the parts."""
        menu = await self.light_bulb()
        row = menu.locator(".monaco-list-row")
        for part in parts:
            row = row.filter(has_text=part)
        await row.first.click(timeout=SOON_MS)

    async def answer_input(self, title: str, text: str) -> None:
        """Into the input box of this title, once it is open."""
        await self.page.locator(f'.quick-input-title:has-text("{title}")').first.wait_for(timeout=SOON_MS)
        await self.page.locator(".quick-input-widget input").first.press_sequentially(text)
        await self.press("Enter")

    async def problems(self, wanted: str) -> None:
        """Wait until the editor underlines something and the problems count is not nothing."""
        await self.page.locator(f".squiggly-{wanted}").first.wait_for(timeout=READY_MS)

    async def problem(self, words: str) -> None:
        """Wait until the status bar counts problems, and the panel of problems has one with these words."""
        await self.command("Problems: Focus on Problems View")
        row = self.page.locator(f".markers-panel .monaco-list-row:has-text({json.dumps(words)})").first
        await row.wait_for(timeout=READY_MS)

    async def open_file(self, file: str) -> None:
        """Open a file of the folder in the editor."""
        field = self.page.locator(".quick-input-widget input").first
        row = self.page.locator(f'.quick-input-list .monaco-list-row:has-text("{Path(file).name}")')
        tab = self.page.locator(f'.tab.active[data-resource-name="{Path(file).name}"]')

        async def opened() -> bool:
            """A window that still starts takes the list away."""
            if await tab.count():
                return True
            await self.press("Control+p")
            with contextlib.suppress(NotSeen):
                await field.fill(f"{self.case}/{file}" if self.case else file, timeout=TRIED_MS)
                await row.filter(has_text=self.case).first.click(timeout=TRIED_MS)
                await tab.wait_for(timeout=TRIED_MS)
                return True
            return False

        await self.until(opened, bool, f"{file} is open", READY_MS)

    async def new_untitled_file(self) -> None:
        """Open an empty editor without a file, which has the focus then."""
        await self.command("File: New Untitled Text File")
        await self.page.locator('.tab.active:has-text("Untitled")').first.wait_for(timeout=SOON_MS)
        # Not by a click: the empty editor's lines are as wide as its margin, which gets the click.
        await self.page.wait_for_function("() => document.activeElement?.closest('.editor-instance')", timeout=SOON_MS)

    async def told(self, pattern: str, timeout_ms: float) -> str:
        """Wait for a notification or a text in the status bar that matches; the part that does."""
        return await self.until(partial(self._told, pattern), bool, f"told {pattern!r}", timeout_ms)

    async def no_longer_told(self, pattern: str) -> None:
        """Wait until nothing that matches is shown any more: a text in the status bar stays for some seconds."""
        await self.until(partial(self._told, pattern), lambda text: not text, f"{pattern!r} gone")

    async def _told(self, pattern: str) -> str:
        bar = self.page.locator(".part.statusbar .statusbar-item")
        texts = [*await self.notifications(), *(text.replace("\xa0", " ") for text in await bar.all_text_contents())]
        return next((found[0] for text in texts if (found := re.search(pattern, text))), "")

    async def document(self) -> str:
        """What is shown of the document of an action, folded parts left out."""
        shown = await self._action_document()
        return await shown.evaluate(_ACTION_TEXT) if shown is not None else ""

    async def _action_document(self) -> Locator | None:
        for frame in self.page.frames:
            found = frame.locator("#autothink-action")
            with contextlib.suppress(PageError):
                if await found.count():
                    return found.first
        return None

    async def document_says(self, wanted: str) -> str:
        """Wait until the document of an action is shown and has this part."""
        return await self.until(self.document, lambda text: wanted in text, f"document {wanted!r}")

    async def follow_link(self, text: str) -> None:
        """Click a link in the document of an action."""
        shown = await self._action_document()
        assert shown is not None, "no document of an action is open"
        await shown.locator(f'a:has-text("{text}")').first.click(timeout=SOON_MS)

    async def tab_titles(self) -> list[str]:
        return await self.page.locator(".tab .label-name").all_text_contents()

    async def picture(
        self, name: str, *, height: float, width: float = 0, resized: bool = True, with_status: bool = False
    ) -> None:
        """For the extension's page: the editor without what is around it, of a window of this height. A menu closes
        where the window changes its size: not ``resized`` cuts the picture only."""
        if resized:
            await self.page.set_viewport_size({**VIEWPORT, "height": round(height) + STATUS_BAR_PX})
        await self.page.mouse.move(0, 0)
        await asyncio.sleep(LAYOUT_S)
        box = await self.page.locator(".part.editor").bounding_box()
        assert box is not None
        self.pictures.mkdir(parents=True, exist_ok=True)
        left, top, bottom = box["x"], box["y"], height + (STATUS_BAR_PX if with_status else 0)
        clip: FloatRect = {"x": left, "y": top, "width": (width or VIEWPORT["width"]) - left, "height": bottom - top}
        await self.page.screenshot(path=self.pictures / f"{name}.png", clip=clip, style=_WITHOUT_SCROLLBARS)
        if resized:
            await self.page.set_viewport_size(VIEWPORT)
            await asyncio.sleep(LAYOUT_S)

    async def screenshot(self, name: str) -> Path:
        """Kept as an artifact."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        path = self.pictures / f"{name}.png"
        await self.page.screenshot(path=path)
        return path

    async def until(
        self, read: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool], what: str, timeout_ms: float = SOON_MS
    ) -> Any:
        """Poll the screen. The limit is there to fail; the picture shows why."""
        deadline = time.monotonic() + timeout_ms / 1_000
        while True:
            value = await read()
            if wanted(value):
                return value
            if time.monotonic() > deadline:
                picture = await self.screenshot(f"failed-{re.sub(r'[^a-z0-9]+', '-', what.lower())[:50]}")
                raise AssertionError(f"never came: {what}; last seen: {value!r}; picture: {picture}")
            await asyncio.sleep(0.03)
