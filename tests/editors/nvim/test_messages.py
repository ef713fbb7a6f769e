"""Messages at 80 columns never wait for "Press ENTER"; a long one is in the log. The status names a dead server."""

from __future__ import annotations

import pytest

from tests.editors.nvim.conftest import SETUP, Start
from tests.support.fault_server import FaultServer

OWN = "vim.notify = _G.test.own_notify\n"
NO_SERVER = "vim.env.PATH = '/usr/bin:/bin'\n"
NO_MODEL = (
    "AutoThink: The model qwen2.5-coder-0.5b is not installed. "
    "Run `autothink-lsp model pull qwen2.5-coder-0.5b`, or set embedded.model_path to a GGUF file."
)
TRACE = "AutoThink: It said:\nTraceback\n  in line 1\nboom"


async def test_without_a_server_the_file_is_shown_and_one_line_says_what_to_do(start: Start) -> None:
    editor = await start(lua=OWN + NO_SERVER + SETUP)
    path = editor.folder / "a.py"
    path.write_text("the_first_line = 1\n")
    await editor.command(f"edit {path}")
    frame = await editor.until_screen(lambda f: ":AutoThink install" in f.text(), "what to do")
    assert frame.lines[0].startswith("the_first_line = 1")
    assert "Press ENTER" not in frame.text()


@pytest.mark.parametrize(("text", "logged"), [(NO_MODEL, "GGUF file"), (TRACE, "in line 1")])
async def test_a_long_message_is_one_line_and_the_whole_of_it_is_in_the_log(
    start: Start, text: str, logged: str
) -> None:
    editor = await start(lua=OWN + SETUP)
    await editor.edit("a.py", "the_first_line = 1\n")
    await editor.lua("require('autothink.say').message(1, ...)", text)
    frame = await editor.until_screen(lambda f: f.lines[-1].startswith(text[:20].splitlines()[0]), "in one line")
    assert "Press ENTER" not in frame.text()
    assert frame.lines[0].startswith("the_first_line = 1")
    await editor.command("AutoThink log")
    assert logged in await editor.text()


async def test_work_on_the_model_is_said_and_what_follows_waits_for_no_key(start: Start) -> None:
    editor = await start(lua=OWN + SETUP)
    await editor.edit("a.py", "the_first_line = 1\n")
    await editor.keys("A", "x")
    heard = "require('autothink.status').heard({ state = 'working', reason = 'reading your file…' })"
    await editor.lua(heard)
    await editor.until_screen(lambda f: "AutoThink: reading your file…" in f.lines[-1], "it is said")
    await editor.lua("require('autothink.say').message(1, ...)", NO_MODEL)
    await editor.until_screen(lambda f: f.lines[-1].startswith("AutoThink: The model"), "the error")
    await editor.keys("y")
    frame = await editor.until_screen(lambda f: f.lines[0].startswith("the_first_line = 1xy"), "typing goes on")
    assert "Press ENTER" not in frame.text()
    await editor.lua(heard)
    await editor.until_screen(lambda f: "reading" in f.text(), "it is said again")
    await editor.lua("require('autothink.status').heard({ state = 'ready' })")
    await editor.until_screen(lambda f: "reading" not in f.text(), "it is over")
    await editor.lua("require('autothink').statusline()")
    await editor.lua(heard)
    await editor.keys("z")
    frame = await editor.until_screen(lambda f: "xyz" in f.lines[0], "a key")
    assert "reading" not in frame.text(), "an item in the status line says it"


async def test_the_end_of_work_leaves_a_question_as_it_is(start: Start) -> None:
    editor = await start(lua=OWN + SETUP)
    await editor.edit("a.py", "the_first_line = 1\n")
    heard = "require('autothink.status').heard({{ state = '{}', reason = 'reading your file…' }})"
    await editor.lua(heard.format("working"))
    await editor.until_screen(lambda f: "reading" in f.lines[-1], "it is said")
    await editor.lua("vim.schedule(function() vim.ui.select({ 'a', 'b' }, {}, function() end) end)")
    await editor.keys("1")
    await editor.until_screen(lambda f: f.lines[-1].rstrip().endswith("): 1"), "an answer is being typed")
    await editor.lua(heard.format("ready"))
    await editor.lua("vim.schedule(function() _G.test.is_over = true end)")
    await editor.until(lambda: editor.lua("return _G.test.is_over"), "it is over")
    assert editor.screen.now.lines[-1].rstrip().endswith("): 1")
    await editor.keys("<CR>")


async def test_advice_for_a_shell_is_the_command_of_the_plugin(start: Start) -> None:
    editor = await start()
    await editor.lua("require('autothink.say').message(1, ...)", NO_MODEL)
    (text,) = await editor.notified()
    assert "Run :AutoThink model, or set" in text, "a plugin that shows windows gets the whole text"


async def test_the_status_names_a_dead_server_of_actions(start: Start, backend: FaultServer) -> None:
    editor = await start(lua=SETUP)
    await editor.edit("a.py", "def add(a, b):\n    return a + b\n")
    own = FaultServer()
    await own.start()
    address = own.url
    await own.stop()
    await editor.lua("require('autothink.client').change_settings({ assist = { url = ... } })", address)
    await editor.command("AutoThink explain")
    line = "return require('autothink').statusline()"

    async def says(wanted: str) -> bool:
        return await editor.lua(line) == wanted

    await editor.until(lambda: says("AT: no model server for fixes"), "the status line")
    lines = await editor.lua("return require('autothink.status').lines()")
    assert any(one.startswith("problem: ") and str(own.port) in one for one in lines), lines
    await editor.lua("require('autothink.client').change_settings({ assist = { url = ... } })", backend.url)
    await editor.until(lambda: says("AT"), "another server may answer")


async def test_health_asks_with_the_settings_of_the_plugin(start: Start) -> None:
    """Else a model's file is missed that a server of the user's own does not need."""
    editor = await start(lua="require('autothink').setup({ settings = { completion = { maxTokens = 32 } } })", rows=60)
    await editor.lua("""
        local system = vim.system
        vim.system = function(cmd, options, ...)
          if vim.list_contains(cmd, 'doctor') then _G.test.doctor = options.env end
          return system(cmd, options, ...)
        end""")
    await editor.edit("a.py", "x = 1\n")
    await editor.command("checkhealth autothink")
    assert await editor.lua("return _G.test.doctor.AUTOTHINK_COMPLETION__MAX_TOKENS") == "32"
