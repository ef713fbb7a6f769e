"""When ghost text comes and goes: the menu, leaving, keys, requests that are superseded, places where it is off."""

from __future__ import annotations

import asyncio

import pytest

from tests.editors.nvim.conftest import SharedEditor
from tests.support.fault_server import Mode

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADD = "def add(a, b):\n    \n\n\nretry = returned = 1\n"


async def ghost_after_insert(shared_editor: SharedEditor, text: str = ADD) -> None:
    await shared_editor.open(text, row=2)
    await shared_editor.editor.keys("A")
    await shared_editor.editor.until_ghost("return a + b")


async def stays(shared_editor: SharedEditor, condition: str = "no ghost") -> None:
    """Nothing comes in the time in which it always came."""
    for _ in range(15):
        await asyncio.sleep(0.02)
        assert not shared_editor.editor.screen.now.ghost_text, condition


async def test_the_popup_menu_hides_it_and_gives_it_back(shared_editor: SharedEditor) -> None:
    await ghost_after_insert(shared_editor)
    editor = shared_editor.editor
    await editor.command("setlocal completeopt=menu,menuone,noselect")
    await editor.type("ret")
    await editor.until_ghost("urn a + b")
    await editor.keys("<C-n>")
    await editor.until(lambda: editor.lua("return vim.fn.pumvisible() == 1"), "the menu")
    await editor.until_no_ghost()
    counts = await editor.counts()
    await editor.keys("<C-e>")
    await editor.until_ghost("urn a + b")
    assert await editor.counts() == counts


# What nvim-cmp and blink.cmp have that the plugin uses; their menus are windows, of which Neovim tells nothing.
MENUS = {
    "cmp": """
        local hear = {}
        package.loaded['cmp'] = {
          visible = function() return _G.test.menu end,
          event = { on = function(_, name, call) hear[name] = call end },
        }
        _G.test.show_menu = function(open)
          _G.test.menu = open
          hear[open and 'menu_opened' or 'menu_closed']()
        end""",
    "blink.cmp": """
        package.loaded['blink.cmp'] = { is_visible = function() return _G.test.menu end }
        _G.test.show_menu = function(open)
          _G.test.menu = open
          vim.cmd.doautocmd('User ' .. (open and 'BlinkCmpMenuOpen' or 'BlinkCmpMenuClose'))
        end""",
}


@pytest.mark.parametrize("plugin", MENUS)
async def test_the_menu_of_a_plugin_hides_it_and_gives_it_back(shared_editor: SharedEditor, plugin: str) -> None:
    editor = shared_editor.editor
    await editor.lua(MENUS[plugin])
    try:
        await ghost_after_insert(shared_editor)
        counts = await editor.counts()
        await editor.lua("_G.test.show_menu(true)")
        await editor.until_no_ghost()
        await editor.lua("_G.test.show_menu(false)")
        await editor.until_ghost("return a + b")
        assert await editor.counts() == counts
    finally:
        await editor.lua("_G.test.menu, package.loaded[...] = false, nil", plugin)


async def test_it_stays_beside_the_menu_where_that_is_wanted_and_can_be_accepted(shared_editor: SharedEditor) -> None:
    await ghost_after_insert(shared_editor)
    editor = shared_editor.editor
    await editor.lua("require('autothink.config').get().inline.hide_with_menu = false")
    try:
        await editor.command("setlocal completeopt=menu,menuone,noselect")
        await editor.type("ret")
        await editor.keys("<C-n>")
        await editor.until(lambda: editor.lua("return vim.fn.pumvisible() == 1"), "the menu")
        # The menu covers what is below the line, not the line.
        await editor.until_screen(lambda f: f.lines[1].rstrip() == "    return a + b" and f.ghost_text, "both")
        await editor.keys("<Tab>")
        await editor.until_screen(
            lambda f: f.lines[1].rstrip() == "    return a + b" and not f.ghost_text, "accepted, the menu is closed"
        )
        assert (await editor.text()).split("\n")[1] == "    return a + b"
    finally:
        await editor.lua("require('autothink.config').get().inline.hide_with_menu = true")


@pytest.mark.parametrize("key", ["<Esc>", "<C-c>"])
async def test_it_goes_when_insert_mode_is_left(shared_editor: SharedEditor, key: str) -> None:
    await ghost_after_insert(shared_editor)
    await shared_editor.editor.keys(key)
    await shared_editor.editor.until_no_ghost()
    await stays(shared_editor)


async def test_it_goes_when_the_cursor_moves_away_and_nothing_is_asked_for_that(shared_editor: SharedEditor) -> None:
    await ghost_after_insert(shared_editor)
    counts = await shared_editor.editor.counts()
    await shared_editor.editor.keys("<Up>")
    await shared_editor.editor.until_no_ghost()
    await stays(shared_editor)
    assert await shared_editor.editor.counts() == counts


async def test_a_dismissed_suggestion_stays_away_until_it_is_triggered(shared_editor: SharedEditor) -> None:
    await ghost_after_insert(shared_editor)
    editor = shared_editor.editor
    await editor.keys("<C-]>")
    await editor.until_no_ghost()
    await stays(shared_editor, "dismissed")
    await editor.keys("<M-\\>")
    await editor.until_ghost("return a + b")
    assert await editor.lua("return vim.fn.mode()") == "i"


async def test_without_ghost_text_the_keys_are_what_they_were(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["\n"]
    editor = await shared_editor.open("x\n", name="{}.txt")
    await editor.command("inoremap <M-Right> [mapped]")
    await editor.command("inoremap <expr> <M-]> toupper('expr')")
    await editor.lua("vim.keymap.set('i', '<M-[>', function() vim.api.nvim_put({'lua'}, 'c', false, true) end)")
    await editor.keys("A", "<Tab>", "<M-Right>", "<M-]>", "<M-[>")
    await editor.until(lambda: is_text(shared_editor, "x\t[mapped]EXPRlua"), "all as without the plugin")
    await editor.keys("<Esc>")
    await editor.command("iunmap <M-Right>")
    await editor.command("iunmap <M-]>")
    await editor.command("iunmap <M-[>")


async def test_a_key_that_the_buffer_has_mapped_is_left_alone_and_reported(shared_editor: SharedEditor) -> None:
    editor = shared_editor.editor
    await editor.command("autocmd FileType python ++once inoremap <buffer> <Tab> mine")
    await shared_editor.open(ADD, row=2)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    await editor.keys("<Tab>")
    await editor.until(
        lambda: is_text(shared_editor, ADD.replace("    \n", "    mine\n").rstrip("\n")), "the user's own map"
    )
    taken = await editor.lua("return require('autothink.keys').taken(0)")
    assert [(one["lhs"], one["by"]) for one in taken] == [("<Tab>", "mine")]
    # What was typed over does not come again by itself.
    await editor.keys("<Esc>", "S", "<M-\\>")
    await editor.until_ghost("return a + b")
    await editor.lua("vim.api.nvim_feedkeys(vim.keycode('<Plug>(autothink-accept)'), 'm', false)")
    await editor.until(
        lambda: is_text(shared_editor, ADD.replace("    \n", "    return a + b\n").rstrip("\n")), "its <Plug>"
    )


async def test_an_answer_about_an_older_text_is_dropped(shared_editor: SharedEditor) -> None:
    shared_editor.backend.mode = Mode.SLOW
    editor = await shared_editor.open(ADD, row=2)
    await editor.keys("A")
    await shared_editor.backend.until(lambda: shared_editor.backend.running == 1)
    # A change that no event tells of.
    await editor.lua("""
        vim.o.eventignore = 'all'
        vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# new' })""")
    try:
        shared_editor.backend.step(10)
        await editor.until(lambda: counts_are(shared_editor, dropped=1), "it was dropped")
    finally:
        await editor.lua("vim.o.eventignore = ''")
    assert not editor.screen.now.ghost_text


async def test_a_key_cancels_the_request_that_it_supersedes(shared_editor: SharedEditor) -> None:
    shared_editor.backend.mode = Mode.SLOW
    editor = await shared_editor.open(ADD, row=2)
    await editor.keys("A")
    await shared_editor.backend.until(lambda: shared_editor.backend.running == 1)
    await editor.type("z")
    await editor.until(lambda: counts_are(shared_editor, asked=2, cancelled=1), "asked twice, cancelled once")
    shared_editor.backend.step(20)
    await editor.until(lambda: counts_are(shared_editor, answered=1), "only the second one is answered")


async def test_leaving_insert_mode_cancels_what_runs(shared_editor: SharedEditor) -> None:
    shared_editor.backend.mode = Mode.SLOW
    editor = await shared_editor.open(ADD, row=2)
    await editor.keys("A")
    await shared_editor.backend.until(lambda: shared_editor.backend.running == 1)
    await editor.keys("<Esc>")
    await shared_editor.backend.until(lambda: shared_editor.backend.running == 0)
    shared_editor.backend.step(10)
    await stays(shared_editor)


async def test_a_held_key_sends_few_requests(shared_editor: SharedEditor) -> None:
    """Each key comes later than the pause of a single one, so without regard to the burst each would be a request."""
    asked: list[int] = []
    while len(asked) < 3 and min(asked, default=30) > 20:  # on a busy machine some keys come late
        asked.append(await requests_of_a_held_key(shared_editor))
    assert min(asked) <= 20, asked


async def requests_of_a_held_key(shared_editor: SharedEditor) -> int:
    shared_editor.backend.pieces = ["\n"]
    editor = await shared_editor.open("\n")
    await editor.keys("i")
    await editor.lua("""
        local left, timer = 30, vim.uv.new_timer()
        timer:start(0, 25, vim.schedule_wrap(function()
          if left > 0 then
            left = left - 1
            vim.api.nvim_input('x')
          elseif not timer:is_closing() then
            timer:close()
          end
        end))""")
    await editor.until(lambda: is_text(shared_editor, "x" * 30), "all keys have arrived")
    await asyncio.sleep(0.2)
    asked = (await editor.counts())["asked"]
    await editor.keys("<Esc>")
    return asked


async def test_a_running_macro_sends_no_request(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["\n"]
    editor = await shared_editor.open("one\ntwo\nthree\n")
    await editor.lua("vim.fn.setreg('q', vim.keycode('A!<Esc>j'))")
    await editor.keys("3", "@", "q")
    await editor.until(lambda: is_text(shared_editor, "one!\ntwo!\nthree!"), "the macro ran")
    await asyncio.sleep(0.1)
    assert (await editor.counts())["asked"] == 0


async def test_a_macro_that_is_recorded_has_the_text_that_was_typed(shared_editor: SharedEditor) -> None:
    """With ghost text its `<Tab>` would accept here, and indent where the macro is executed."""
    editor = await shared_editor.open("one\ntwo\n")
    await editor.keys("q", "q", "A")
    await stays(shared_editor, "recording")
    await editor.keys("<Tab>", "!", "<Esc>", "q", "j", "@", "q")
    await editor.until(lambda: is_text(shared_editor, "one !\ntwo !"), "the macro does the same again")
    assert (await editor.counts())["asked"] == 0
    await editor.keys("A")
    await editor.until_ghost("return a + b")


async def test_nothing_is_shown_while_paused_and_resume_brings_it_back(shared_editor: SharedEditor) -> None:
    editor = shared_editor.editor
    for scope in ("", "buffer", "filetype"):
        await shared_editor.open(ADD, row=2)
        await editor.command(f"AutoThink pause {scope}".strip())
        await editor.keys("A")
        await stays(shared_editor, scope)
        assert "paused" in await editor.lua("return require('autothink').statusline()")
        await editor.keys("<Esc>")
        await editor.command("AutoThink resume")
        await editor.keys("A")
        await editor.until_ghost("return a + b")
        await editor.keys("<Esc>")


async def test_pausing_hides_the_ghost_text(shared_editor: SharedEditor) -> None:
    await ghost_after_insert(shared_editor)
    await shared_editor.editor.keys("<Cmd>AutoThink pause<CR>")
    await shared_editor.editor.until_no_ghost()


async def test_nothing_is_requested_where_a_buffer_a_file_type_or_a_function_switches_it_off(
    shared_editor: SharedEditor,
) -> None:
    editor = shared_editor.editor
    inline = "require('autothink.config').get().inline"
    cases = {
        "vim.b.autothink = false": "vim.b.autothink = nil",
        f"{inline}.filetypes.python = false": f"{inline}.filetypes.python = nil",
        f"{inline}.filetypes['*'] = false": f"{inline}.filetypes['*'] = true",
        f"{inline}.should_suggest = function() return false end": f"{inline}.should_suggest = nil",
        f"{inline}.auto = false": f"{inline}.auto = true",
        "vim.o.paste = true": "vim.o.paste = false",
    }
    for off, on in cases.items():
        await shared_editor.open(ADD, row=2)
        await editor.lua(off)
        await editor.keys("A")
        await stays(shared_editor, off)
        assert (await editor.counts())["asked"] == 0
        if "auto = false" in off:
            await editor.keys("<M-\\>")
            await editor.until_ghost("return a + b")
        await editor.keys("<Esc>")
        await editor.lua(on)


async def test_secret_files_never_reach_the_server(shared_editor: SharedEditor) -> None:
    editor = shared_editor.editor
    path = editor.folder / ".env"
    path.write_text("TOKEN=\n")
    await editor.command(f"edit {path}")
    await editor.command("setfiletype sh")
    await asyncio.sleep(0.3)
    assert not await editor.is_attached()
    off = await editor.lua("return require('autothink').status().off")
    assert off == "excluded: this file is never sent to a model"


async def test_the_groups_are_links_that_a_colour_scheme_may_set(shared_editor: SharedEditor) -> None:
    found = await shared_editor.editor.lua("""
        local all = {}
        for _, name in ipairs({ 'AutoThinkSuggestion', 'AutoThinkMore' }) do
          vim.api.nvim_set_hl(0, name, {})
          vim.cmd('highlight clear ' .. name)
        end
        vim.g.loaded_autothink = nil
        vim.cmd.runtime('plugin/autothink.lua')
        for _, name in ipairs({ 'AutoThinkSuggestion', 'AutoThinkMore' }) do
          all[name] = vim.api.nvim_get_hl(0, { name = name }).link
        end
        return all""")
    assert found == {"AutoThinkSuggestion": "Comment", "AutoThinkMore": "Comment"}


async def is_text(shared_editor: SharedEditor, text: str) -> bool:
    return await shared_editor.editor.text() == text


async def counts_are(shared_editor: SharedEditor, **wanted: int) -> bool:
    counts = await shared_editor.editor.counts()
    return all(counts[name] == value for name, value in wanted.items())
