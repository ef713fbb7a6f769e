"""From a diagnostic to the edit and back, through the real server; the model is a script."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import psutil

from autothink_lsp.features.statistics.store import FILE_NAME, Statistics
from tests.editors.nvim import picture
from tests.editors.nvim.conftest import Start
from tests.editors.nvim.editor import REPOSITORY, Editor
from tests.support.fault_server import FaultServer, Mode

BROKEN = REPOSITORY / "examples/projects/broken"
SHOP = (BROKEN / "shop.py").read_text()
SUM_PROBLEM, NAME_PROBLEM = json.loads((BROKEN / "diagnostics.json").read_text())["shop.py"]
FIXED_SUM = "def total(prices):\n    result = 0\n    for price in prices:\n        result += price\n    return result"
KAT = {"AUTOTHINK_ASSIST__THINK_PROFILE": "kat-v1"}
QUIET = {"AUTOTHINK_COMPLETION__ENABLED": "false"}


def answer(code: str) -> str:
    return f"The sum adds the list instead of its item.\n\nThe whole edited code:\n```python\n{code}\n```\n"


async def shop(editor: Editor, *problems: Any, text: str = SHOP) -> None:
    """The sample with messages that another language server has published."""
    await editor.edit("shop.py", text)
    for number, problem in enumerate(problems):
        where = problem["range"]
        await editor.lua(
            """local number, row, column, last_row, last_column, message, code = ...
            vim.diagnostic.set(vim.api.nvim_create_namespace('pyright' .. number), 0, { { lnum = row, col = column,
              end_lnum = last_row, end_col = last_column, message = message, severity = 1, source = 'Pyright',
              code = code ~= '' and code or nil } })""",
            number,
            where["start"]["line"],
            where["start"]["character"],
            where["end"]["line"],
            where["end"]["character"],
            problem["message"],
            problem.get("code", ""),
        )
        await editor.call("nvim_win_set_cursor", 0, [where["start"]["line"] + 1, where["start"]["character"]])


async def text_is(editor: Editor, text: str) -> bool:
    return await editor.text() == text.rstrip("\n")


async def flush(editor: Editor) -> None:
    """Neovim tells the server of changes after 150 ms, or with the next message: no user undoes faster than that."""
    await editor.lua("vim.lsp.get_clients({ name = 'autothink' })[1]:notify('$/setTrace', { value = 'off' })")


async def test_a_fix_is_shown_in_progress_applied_and_undone_in_one_step(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    backend.chat_answers = [answer(FIXED_SUM)]
    editor = await start(environ=QUIET)
    await editor.lua("""_G.test.progress = {}
        vim.api.nvim_create_autocmd('LspProgress', { callback = function(args)
          table.insert(_G.test.progress, args.data.params.value.message or '')
        end })""")
    await shop(editor, SUM_PROBLEM)
    await editor.command("AutoThink fix")
    await editor.until(lambda: text_is(editor, SHOP.replace("+= prices", "+= price")), "the edit")
    progress = await editor.lua("return _G.test.progress")
    assert any("quick attempt" in line for line in progress), progress
    assert any("checking" in line for line in progress), progress
    await editor.until(lambda: editor.events("AutoThinkDone"), "the event")
    (done,) = await editor.events("AutoThinkDone")
    assert done["decision"].startswith("This model does not think")
    line = editor.screen.now.lines[-1]
    assert "Fix" in line, "the message line says what was done"
    assert "think" not in line, "and ends with what was proved"
    await flush(editor)
    await editor.keys("u")
    await editor.until(lambda: text_is(editor, SHOP), "one undo takes it back")
    await flush(editor)
    await editor.lua("for _, client in ipairs(vim.lsp.get_clients()) do client:stop() end")
    await editor.until(lambda: editor.lua("return #vim.lsp.get_clients() == 0"), "the server has ended")
    statistics = Statistics(tmp_path / "home" / "state" / FILE_NAME)
    (row,) = statistics.summary()
    statistics.close()
    assert (row.applied, row.undone) == (1, 1)


async def test_neovims_own_code_action_offers_the_fix_of_another_servers_message(
    start: Start, backend: FaultServer
) -> None:
    editor = await start(environ=QUIET)
    await shop(editor, NAME_PROBLEM)
    await editor.lua("""vim.lsp.buf.code_action({ apply = true, filter = function(action)
        return action.title:match('^AutoThink: Explain and fix') and not action.title:match('%)$') end })""")
    await editor.until(lambda: text_is(editor, SHOP.replace("pricse", "prices")), "repaired without the model")
    assert not [body for body in backend.bodies if body.get("max_tokens", 0) > 1 and "messages" in body]


async def test_an_edit_that_did_not_pass_its_checks_is_a_diff_first(start: Start, backend: FaultServer) -> None:
    bad = answer(FIXED_SUM.replace("+= price", "+= (price"))
    editor = await start(environ=QUIET, columns=140)
    for key, applied in (("q", False), ("y", True)):
        backend.chat_answers = [bad] * 12
        await shop(editor, SUM_PROBLEM)
        await editor.command("AutoThink fix")
        frame = await editor.until_screen(lambda f: "y apply" in f.text(), "the preview")
        assert "+        result += (price" in frame.text()
        assert "-        result += prices" in frame.text()
        assert "failed its checks" in frame.text()
        assert await editor.lua("return vim.fn.getbufline(vim.fn.bufnr('shop.py'), 7)[1]") == "        result += prices"
        await editor.keys(key)
        await editor.until_screen(lambda f: "y apply" not in f.text(), "it closes")
        wanted = SHOP.replace("+= prices", "+= (price") if applied else SHOP
        await editor.until(lambda wanted=wanted: text_is(editor, wanted), key)
        await editor.command("bwipeout!")


async def test_a_preview_waits_until_nothing_is_typed(start: Start, backend: FaultServer) -> None:
    """Else it would take the keys that are meant for another buffer, and "y" would apply it."""
    backend.mode = Mode.SLOW
    backend.chat_answers = [[answer(FIXED_SUM)]] * 12
    editor = await start(environ=QUIET | {"AUTOTHINK_ASSIST__PREVIEW": "always"}, columns=100, rows=24)
    await editor.command("set laststatus=0")  # the folder of a test is of no interest in a picture
    await shop(editor, SUM_PROBLEM)
    await editor.command("AutoThink fix")
    await backend.until(lambda: backend.started >= 1, timeout_s=60)
    await editor.command("edit notes.txt")
    await editor.keys("i")
    backend.step(50)
    typed = 0
    while "question is waiting" not in editor.screen.now.text():  # it would be shown now
        await editor.type("y", gap_s=0.05)
        typed += 1
        assert typed < 2_000, editor.screen.now.text()
    await editor.type("yy")
    assert await editor.text() == "y" * (typed + 2)
    await editor.keys("<Esc>")
    await editor.until_screen(lambda f: "y apply" in f.text(), "the preview")
    await editor.keys("q")
    assert await shop_is(editor, SHOP.splitlines())
    backend.mode = Mode.OK
    await editor.command("buffer shop.py")
    await editor.command("AutoThink fix")
    await editor.until_screen(lambda f: "y apply" in f.text(), "the preview again")
    picture.keep(editor.screen, "preview", "Neovim: a fix is shown before it is applied")
    await editor.keys("y")
    fixed = SHOP.replace("+= prices", "+= price").splitlines()
    await editor.until(lambda: shop_is(editor, fixed), "applied")


async def test_thinking_is_shown_growing_and_answer_now_ends_it(start: Start, backend: FaultServer) -> None:
    backend.mode = Mode.SLOW
    backend.chat_answers = [["I think ", *["and think "] * 20, "never sent"], [answer(FIXED_SUM) + "\n</answer>"]]
    editor = await start(environ=KAT | QUIET, columns=100, rows=64)
    await shop(editor, SUM_PROBLEM)
    await editor.command("AutoThink think on")
    await editor.command("AutoThink fix")
    await backend.until(lambda: backend.running == 1)
    backend.step()
    await editor.until(lambda: editor.events("AutoThinkThinking"), "it thinks")
    assert "thinking" in await editor.lua("return require('autothink').statusline()")
    await editor.command("AutoThink show")
    await editor.until_screen(lambda f: " a answer now · x cancel · q close " in f.text(), "its keys")
    for times in (1, 2):  # the server refreshes the document some times a second
        for _ in range(6):
            backend.step()
            await asyncio.sleep(0.1)
        await editor.until_screen(lambda f, n=times: f.text().count("and think") > 2 * n, "it grows")
    await editor.command("AutoThink show")  # goes to the window
    await editor.keys("a")
    backend.step(20)
    fixed = SHOP.replace("+= prices", "+= price").splitlines()
    await editor.until(lambda: shop_is(editor, fixed), "answered from what was known")
    await editor.until_screen(lambda f: "Thinking" in f.text() and "Attempt 1" in f.text(), "the whole story")
    assert "and think" not in editor.screen.now.text(), "what was thought is folded away"
    assert " AutoThink · c change the edit · q close " in editor.screen.now.text()
    await editor.keys("q")
    await editor.until_screen(lambda f: "Attempt 1" not in f.text(), "closed")


async def shop_is(editor: Editor, lines: list[str]) -> bool:
    return await editor.lua("return vim.fn.getbufline(vim.fn.bufnr('shop.py'), 1, '$')") == lines


async def test_cancelling_changes_nothing(start: Start, backend: FaultServer) -> None:
    backend.mode = Mode.SLOW
    backend.chat_answers = [["The sum", "never sent"]]
    editor = await start(environ=QUIET)
    await shop(editor, SUM_PROBLEM)
    await editor.command("AutoThink fix")
    await backend.until(lambda: backend.running == 1)
    await editor.command("AutoThink cancel")
    await backend.until(lambda: backend.aborted == 1)
    await editor.until(lambda: editor.events("AutoThinkDone"), "it is over")
    assert await text_is(editor, SHOP)
    assert await editor.notified() == [], "the user knows that"
    await editor.command("AutoThink cancel")
    await editor.until(editor.notified, "a word")
    assert await editor.notified() == ["AutoThink: No action is running."]


async def test_an_explanation_opens_in_a_float(start: Start, backend: FaultServer) -> None:
    backend.chat_answers = ["## What it does\n\nIt **sums** the prices."]
    editor = await start(environ=QUIET)
    await shop(editor, text=SHOP)
    await editor.call("nvim_win_set_cursor", 0, [5, 4])
    await editor.command("AutoThink explain")
    frame = await editor.until_screen(lambda f: "sums" in f.text(), "the explanation")
    assert "╭" in frame.text()
    assert await editor.lua("return vim.bo.filetype") == "markdown", "its keys work at once"
    assert " AutoThink · q close " in frame.text(), "there is no edit to change"
    await editor.keys("q")
    await editor.until_screen(lambda f: "sums" not in f.text(), "closed")
    assert await text_is(editor, SHOP)


async def test_an_explanation_of_lines_opens_in_a_split(start: Start, backend: FaultServer) -> None:
    backend.chat_answers = ["## What it does\n\nIt **sums** the prices."]
    lua = "require('autothink').setup({ document = { layout = 'vsplit', keys = { close = 'Z' } } })"
    editor = await start(lua=lua, environ=QUIET, columns=120)
    await shop(editor, text=SHOP)
    await editor.command("4,8AutoThink explain")
    frame = await editor.until_screen(lambda f: "sums" in f.text(), "the explanation")
    assert "│" in frame.text()
    assert "╭" not in frame.text()
    await editor.command("AutoThink show")
    await editor.keys("Z")
    await editor.until_screen(lambda f: "sums" not in f.text(), "closed")


async def test_a_refactoring_is_chosen_from_a_list(start: Start, backend: FaultServer) -> None:
    backend.chat_answers = [answer(FIXED_SUM)] * 6
    editor = await start(environ=QUIET)
    await shop(editor, text=SHOP)
    await editor.call("nvim_win_set_cursor", 0, [7, 8])
    await editor.lua("""vim.ui.select = function(items, options, choose)
        _G.test.offered = vim.tbl_map(options.format_item, items)
        for _, item in ipairs(items) do
          -- As Neovim's own items of this kind, which choosers read.
          assert(vim.lsp.get_client_by_id(item.ctx.client_id).name == 'autothink')
          if item.action.title:match('Simplify') then return choose(item) end
        end
    end""")
    await editor.command("AutoThink refactor")
    offered = await editor.until(lambda: editor.lua("return _G.test.offered"), "the list")
    assert any(title.startswith("Simplify") for title in offered)
    assert not any(title.startswith("AutoThink") for title in offered)
    await backend.until(lambda: any("messages" in body for body in backend.bodies))
    await editor.until(lambda: editor.events("AutoThinkDone"), "it was done")


async def test_a_refactoring_in_the_user_s_own_words_is_applied(start: Start, backend: FaultServer) -> None:
    backend.chat_answers = [answer(FIXED_SUM.replace("total", "total").replace("+= price", "+= price"))] * 6
    editor = await start(environ=QUIET)
    await shop(editor, text=SHOP)
    await editor.command("4,8AutoThink refactor add the item, not the list")
    await backend.until(lambda: any("messages" in body for body in backend.bodies))
    assert "add the item, not the list" in json.dumps([body for body in backend.bodies if "messages" in body])
    await editor.until(lambda: text_is(editor, SHOP.replace("+= prices", "+= price")), "applied by request")


async def test_the_mode_of_thinking_changes_without_a_restart_and_outlives_one(
    start: Start, backend: FaultServer
) -> None:
    editor = await start(environ=KAT | QUIET)
    thoughts = []
    for mode in ("off", "on"):
        backend.chat_answers = ["<think>never</think>" + answer(FIXED_SUM)] * 12
        await editor.command(f"AutoThink think {mode}")
        await shop(editor, SUM_PROBLEM)
        if mode == "on":
            await editor.command("AutoThink restart")
            await editor.until(editor.is_attached, "restarted")
        before = len(backend.bodies)
        await editor.command("AutoThink fix")
        await backend.until(lambda before=before: len([b for b in backend.bodies[before:] if real(b)]) > 0)
        first = next(b for b in backend.bodies[before:] if real(b))
        thoughts.append(first["messages"][-1]["content"])
        await editor.command("AutoThink cancel")
        await editor.until(lambda: editor.lua("return require('autothink').status().action == nil"), "over")
        await editor.lua("_G.test.events = {}")
        await editor.keys("<Esc>")
        await editor.command("silent! %bwipeout!")
    assert "<think_off>" in thoughts[0]
    assert "<think_on>" in thoughts[1]


def real(body: Any) -> bool:
    return "messages" in body and body.get("max_tokens", 0) > 1


async def test_a_killed_server_is_started_again(start: Start, backend: FaultServer) -> None:
    editor = await start()
    await editor.edit("a.py", "def add(a, b):\n    \n", row=2)
    process = (await servers(editor))[0]
    process.kill()
    await editor.until(lambda: gone_and_back(editor, process.pid), "another server is attached")
    await editor.keys("A")
    await editor.until_ghost("return a + b")


async def test_restart_attaches_a_new_server(start: Start, backend: FaultServer) -> None:
    editor = await start()
    await editor.edit("a.py", "def add(a, b):\n    \n", row=2)
    process = (await servers(editor))[0]
    await editor.command("AutoThink restart")
    await editor.until(lambda: gone_and_back(editor, process.pid), "another server is attached")
    await editor.keys("A")
    await editor.until_ghost("return a + b")


async def servers(editor: Editor) -> list[psutil.Process]:
    children = psutil.Process(editor.nvim.process.pid).children()
    alive = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if any("autothink" in word for word in child.cmdline())]


async def gone_and_back(editor: Editor, pid: int) -> bool:
    return await editor.is_attached() and pid not in [each.pid for each in await servers(editor)]
