"""Ghost text on the real grid of Neovim, in both encodings: drawn, typed along, accepted, taken away."""

from __future__ import annotations

import pytest

from tests.editors.nvim.conftest import SharedEditor
from tests.editors.nvim.editor import Editor

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADD = "def add(a, b):\n    \n\n\nprint(add(1, 2))\n"


async def test_it_appears_where_the_cursor_is(shared_editor: SharedEditor) -> None:
    editor = await shared_editor.open(ADD, row=2)
    await editor.keys("A")
    frame = await editor.until_ghost("return a + b")
    assert frame.lines[1].rstrip() == "    return a + b"
    assert frame.cursor == (1, 4)
    assert await editor.text() == ADD.rstrip("\n"), "nothing of it is in the buffer"


async def test_typing_along_shrinks_it_without_a_request_and_without_a_flicker(shared_editor: SharedEditor) -> None:
    editor = await shared_editor.open(ADD, row=2)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    started, counts, seen = shared_editor.backend.started, await editor.counts(), len(editor.screen.frames)
    for index, character in enumerate("return a", 1):
        await editor.type(character)
        await editor.until_ghost("return a + b"[index:].strip())
    assert await editor.counts() == counts, "the server was not asked"
    assert shared_editor.backend.started == started
    for frame in editor.screen.frames[seen:]:
        assert frame.lines[1].rstrip() == "    return a + b", "typed and ghost together never change"


async def test_stepping_back_grows_it_again(shared_editor: SharedEditor) -> None:
    editor = await shared_editor.open(ADD, row=2)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    counts = await editor.counts()
    await editor.type("ret")
    await editor.until_ghost("urn a + b")
    await editor.keys("<BS>", "<BS>")
    await editor.until_ghost("eturn a + b")
    assert await editor.counts() == counts


async def test_something_else_typed_takes_it_away_and_asks_anew(shared_editor: SharedEditor) -> None:
    editor = await shared_editor.open(ADD, row=2)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    shared_editor.backend.pieces = ["rint", "(a)"]
    await editor.type("p")
    frame = await editor.until_ghost("rint(a)")
    assert frame.lines[1].rstrip() == "    print(a)"
    assert (await editor.counts())["asked"] == 2


async def test_accepting_all_is_one_undo_step_that_leaves_what_was_typed(shared_editor: SharedEditor) -> None:
    editor = await shared_editor.open(ADD, row=2)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    await editor.type("ret")
    await editor.until_ghost("urn a + b")
    shared_editor.backend.pieces = ["\n"]
    await editor.keys("<Tab>")
    await editor.until_screen(lambda f: f.lines[1].rstrip() == "    return a + b" and not f.ghost_text, "it is text")
    assert await editor.cursor() == (2, 16)
    await editor.type("  # sum")
    await editor.keys("<Esc>", "u")
    await editor.until(lambda: line_is(editor, 1, "    return a + b"), "what came after is undone by itself")
    await editor.keys("u")
    await editor.until(lambda: line_is(editor, 1, "    ret"), "then the suggestion")
    await editor.keys("u")
    await editor.until(lambda: line_is(editor, 1, "    "), "then what was typed")
    await editor.keys("<C-r>", "<C-r>")
    await editor.until(lambda: line_is(editor, 1, "    return a + b"), "redo brings it back")


async def test_dot_repeats_typed_and_accepted_text_together(shared_editor: SharedEditor) -> None:
    editor = await shared_editor.open(ADD, row=2)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    await editor.type("ret")
    await editor.until_ghost("urn a + b")
    await editor.keys("<Tab>")
    await editor.type("!")
    await editor.keys("<Esc>", "j", ".")
    await editor.until(lambda: line_is(editor, 2, "return a + b!"), "repeated on the next line")


async def test_accepting_a_word_or_a_line_sends_no_request(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["return", " max(a,", " b)"]
    editor = await shared_editor.open(ADD, row=2)
    await editor.keys("A")
    await editor.until_ghost("return max(a, b)")
    counts = await editor.counts()
    for word, rest in (("return", "max(a, b)"), (" max", "(a, b)"), ("(", "a, b)")):
        await editor.keys("<M-Right>")
        await editor.until_ghost(rest)
        assert (await editor.text()).split("\n")[1].endswith(word)
    assert await editor.counts() == counts, "a part taken is no reason to ask"
    await editor.keys("<M-C-Right>")
    await editor.until(lambda: line_is(editor, 1, "    return max(a, b)"), "the rest of the line")


async def test_several_lines_are_shown_and_accepted_line_by_line(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["if a:", "\n        return b", "\n    return a"]
    editor = await shared_editor.open("def pick(a, b):\n    \n\n\nprint(1)\n", row=2)
    await editor.keys("A")
    frame = await editor.until_ghost("if a:\nreturn b\nreturn a")
    shown = [line.rstrip() for line in frame.lines[:6]]
    assert shown == ["def pick(a, b):", "    if a:", "        return b", "    return a", "", ""]
    await editor.type("if")
    await editor.until_ghost("a:\nreturn b\nreturn a")
    await editor.keys("<M-C-Right>")
    await editor.until_ghost("return b\nreturn a")
    await editor.keys("<M-C-Right>")
    await editor.until_ghost("return a")
    await editor.keys("<Tab>")
    await editor.until_no_ghost()
    expected = "def pick(a, b):\n    if a:\n        return b\n    return a\n\n\nprint(1)"
    assert await editor.text() == expected, "indented as suggested, not twice"


async def test_enter_keeps_the_rest_of_a_suggestion_that_begins_with_a_new_line(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["if a:", "\n        return b", "\n    return a"]
    editor = await shared_editor.open("def pick(a, b):\n    \n", row=2)
    await editor.keys("A")
    await editor.until_ghost("if a:\nreturn b\nreturn a")
    counts = await editor.counts()
    await editor.type("if a:\n")
    frame = await editor.until_ghost("return b\nreturn a")
    assert await editor.counts() == counts
    assert [line.rstrip() for line in frame.lines[1:4]] == ["    if a:", "        return b", "    return a"]


async def test_ghost_text_before_a_closing_bracket_is_drawn_inside_it(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["1,", " 2)"]
    editor = await shared_editor.open("def add(a, b): ...\nprint(add())\n", row=2, column=9)
    await editor.keys("a")
    frame = await editor.until_screen(lambda f: f.ghost_text, "ghost text in the middle")
    assert frame.lines[1].rstrip() == "print(add(1, 2))"
    assert frame.ghost_text == "1, 2"
    await editor.keys("<Tab>")
    await editor.until(lambda: line_is(editor, 1, "print(add(1, 2))"), "accepted")
    await editor.until_no_ghost()


async def test_closing_brackets_are_drawn_below_the_last_of_several_lines(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["\n    1,", "\n    2,"]
    editor = await shared_editor.open("def add(a, b): ...\nprint(add())\nend = 1\n", row=2, column=9)
    await editor.keys("a")
    frame = await editor.until_screen(lambda f: f.ghost_text, "ghost text")
    after = "print(add(\n    1,\n    2,\n))\nend = 1"
    assert "\n".join(line.rstrip() for line in frame.lines[1:6]) == after, "brackets are drawn where they will stand"
    await editor.keys("<Tab>")
    await editor.until(lambda: text_is(editor, "def add(a, b): ...\n" + after), "accepted")


@pytest.mark.parametrize("before", ["é = ", "𝕏 = ", "漢字 = ", "x = 'é𝕏漢' + "])
async def test_wide_characters_before_and_in_ghost_text_keep_their_columns(
    shared_editor: SharedEditor, before: str
) -> None:
    shared_editor.backend.pieces = ["'漢", "é𝕏'", " + b"]
    editor = await shared_editor.open("b = ''\n" + before + "\n", row=2)
    await editor.keys("A")
    frame = await editor.until_ghost("'漢é𝕏' + b")
    assert frame.lines[1].rstrip() == before + "'漢é𝕏' + b"
    await editor.type("'漢")
    frame = await editor.until_ghost("é𝕏' + b")
    assert frame.lines[1].rstrip() == before + "'漢é𝕏' + b"
    await editor.keys("<Tab>")
    await editor.until(lambda: line_is(editor, 1, before + "'漢é𝕏' + b"), "accepted")
    await editor.until_no_ghost()


async def test_wide_characters_after_ghost_text_move_to_the_right(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["value"]
    editor = await shared_editor.open("print('é𝕏', ) # 漢\n", row=1, column=0)
    await editor.call("nvim_win_set_cursor", 0, [1, len("print('é𝕏', ".encode())])
    await editor.keys("i")
    frame = await editor.until_screen(lambda f: f.ghost_text, "ghost text")
    assert frame.lines[0].rstrip() == "print('é𝕏', value) # 漢"
    await editor.keys("<Tab>")
    await editor.until(lambda: line_is(editor, 0, "print('é𝕏', value) # 漢"), "accepted")


async def test_accepted_lines_get_dos_line_ends_in_a_dos_file(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["if a:", "\n        return b", "\n    return a"]
    editor = await shared_editor.open("def pick(a, b):\r\n    \r\n\r\nprint(1)\r\n", row=2)
    assert await editor.lua("return vim.bo.fileformat") == "dos"
    await editor.keys("A")
    await editor.until_ghost("if a:\nreturn b\nreturn a")
    await editor.keys("<Tab>")
    await editor.until(lambda: line_is(editor, 3, "    return a"), "accepted")
    await editor.keys("<Esc>")
    await editor.command("write")
    written = (editor.folder / await editor.lua("return vim.fn.expand('%:t')")).read_bytes()
    assert written.count(b"\r\n") == written.count(b"\n") == 6
    assert b"\r\r" not in written


async def test_tabs_are_drawn_at_the_tab_width_and_stay_tabs(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["if a {", "\n\t\treturn b", "\n\t}", "\n\treturn\ta"]
    text = "package main\n\nfunc pick(a bool, b int) int {\n\t\n}\n"
    editor = await shared_editor.open(text, row=4, name="{}.go")
    await editor.command("setlocal tabstop=4")
    await editor.keys("A")
    frame = await editor.until_screen(lambda f: "if a {" in f.ghost_text, "ghost text")
    shown = [line.rstrip() for line in frame.lines[3:7]]
    assert shown[:3] == ["    if a {", "        return b", "    }"]
    await editor.keys("<Tab>")
    await editor.until(lambda: line_is(editor, 4, "\t\treturn b"), "tabs stay tabs")
    await editor.keys("<Esc>")


async def test_a_tab_in_the_first_line_is_drawn_to_its_tab_stop(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["a\t= b"]
    editor = await shared_editor.open("xy\n\n", row=1)
    await editor.keys("A")
    await editor.type(" ")
    await editor.until_screen(lambda f: f.lines[0].rstrip() == "xy a    = b", "a tab to the next stop")


async def test_nothing_is_left_over_on_a_fold(shared_editor: SharedEditor) -> None:
    editor = await shared_editor.open("def add(a, b):\n    \n    pass\n\nprint(1)\n", row=2)
    await editor.command("setlocal foldmethod=manual")
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    await editor.command("2,3fold")
    await editor.until_screen(lambda f: "+--  2 lines" in f.lines[1] and not f.ghost_text, "a closed fold")
    await editor.type("r")  # the editor opens it
    await editor.until_ghost("eturn a + b")


async def test_a_fold_below_stays_closed(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["if a:", "\n        return b", "\n    return a"]
    editor = await shared_editor.open("def pick(a, b):\n    \n\nx = [\n  1,\n  2,\n]\nend = 1\n", row=2)
    await editor.command("setlocal foldmethod=manual")
    await editor.command("4,7fold")
    await editor.keys("A")
    frame = await editor.until_ghost("if a:\nreturn b\nreturn a")
    shown = "\n".join(frame.lines)
    assert "+--  4 lines" in shown
    assert [line.rstrip() for line in frame.lines[1:5]] == ["    if a:", "        return b", "    return a", ""]


async def test_lines_below_the_window_are_shown_as_a_number(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["if a:", "\n        return b", "\n    return a"]
    editor = await shared_editor.open("x = 1\n" * 30 + "def pick(a, b):\n    ", row=32)
    await editor.keys("A")
    frame = await editor.until_screen(lambda f: f.ghost_text, "ghost text in the last line of the window")
    assert frame.note_text == "+2 lines"
    await editor.keys("<Tab>")
    await editor.until(lambda: line_is(editor, 33, "    return a"), "accepted as a whole")


async def test_a_second_window_of_the_buffer_shows_none(shared_editor: SharedEditor) -> None:
    """Lines that have no room in one window have it in the other, and "+2 lines" would be wrong there."""
    shared_editor.backend.pieces = ["if a:", "\n        return b", "\n    return a"]
    editor = await shared_editor.open("x = 1\n" * 5 + "def pick(a, b):\n    ", row=7)
    await editor.command("botright split | resize 7")
    await editor.keys("A")
    frame = await editor.until_screen(lambda f: f.ghost_text, "ghost text in the window with the cursor")
    assert (frame.ghost_text, frame.note_text) == ("if a:", "+2 lines")
    await editor.keys("<Esc>")
    await editor.command("wincmd k")
    await editor.keys("A")
    frame = await editor.until_screen(lambda f: f.ghost_text, "ghost text follows the cursor")
    assert (frame.ghost_text.split("\n")[0], frame.note_text) == ("if a:", "")


async def test_a_long_line_wraps_without_hiding_the_next_line(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["'" + "y" * 70 + "'"]
    editor = await shared_editor.open("x = 1\nname = 'x' + \nend = 2\n", row=2)
    await editor.keys("A")
    frame = await editor.until_screen(lambda f: f.ghost_text, "ghost text over two screen lines")
    assert frame.ghost_text.replace("\n", "") == "'" + "y" * 70 + "'"
    assert frame.lines[3].rstrip() == "end = 2"


async def test_accepted_text_is_not_touched_by_what_the_editor_does_to_typed_text(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["if a:  # a long", " comment", "\n        return b", "\n    return a"]
    editor = await shared_editor.open("def pick(a, b):\n    \n", row=2)
    options = "textwidth=12 formatoptions=tcroql smartindent cindent showmatch softtabstop=3"
    await editor.command(f"setlocal {options}")
    await editor.command("iabbrev <buffer> a banana")
    await editor.command("autocmd InsertCharPre <buffer> let v:char = v:char ==# 'r' ? 'RR' : v:char")
    await editor.keys("A")
    await editor.until_screen(lambda f: "return a" in f.ghost_text, "ghost text")
    await editor.keys("<Tab>")
    expected = "def pick(a, b):\n    if a:  # a long comment\n        return b\n    return a"
    await editor.until(lambda: text_is(editor, expected), "just what was suggested")
    for option in options.split():
        name, _, value = option.partition("=")
        assert str(await editor.lua("return vim.o[...]", name)) == (value or "True"), f"{name} is as before"
    assert await editor.lua("return vim.o.eventignore") == ""
    await editor.keys("<Esc>")
    await editor.command("set noshowmatch")


async def test_control_characters_are_inserted_and_not_executed(shared_editor: SharedEditor) -> None:
    shared_editor.backend.pieces = ["x = '\x01\x16\x1b'"]
    # The server lets such characters pass only where the file has them already; many of them make a file a binary one.
    words = "# a line of words\n" * 20
    editor = await shared_editor.open(f"{ADD}y = '\x01\x16\x1b'\n{words}", row=2)
    await editor.keys("A")
    await editor.until_screen(lambda f: "x = '^A^V^[" in f.ghost_text, "ghost text")
    await editor.keys("<Tab>")
    await editor.until(lambda: line_is(editor, 1, "    x = '\x01\x16\x1b'"), "accepted as it is")
    assert await editor.lua("return vim.fn.mode()") == "i"


async def test_lines_that_come_in_above_do_not_move_it(shared_editor: SharedEditor) -> None:
    editor = await shared_editor.open(ADD, row=2)
    await editor.keys("A")
    await editor.until_ghost("return a + b")
    counts = await editor.counts()
    await editor.lua("vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# one', '# two' })")
    frame = await editor.until_screen(lambda f: f.lines[3].rstrip() == "    return a + b", "it went along")
    assert frame.ghost_text == "return a + b"
    await editor.type("re")
    await editor.until_ghost("turn a + b")
    assert await editor.counts() == counts
    assert await editor.events("AutoThinkSuggestion"), "the event"


async def line_is(editor: Editor, row: int, text: str) -> bool:
    return (await editor.text()).split("\n")[row] == text


async def text_is(editor: Editor, text: str) -> bool:
    return await editor.text() == text
