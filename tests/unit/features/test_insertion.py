"""The shapes of items, by the rules that were tried in editors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.features.completion.insertion import CompletionItemEdit, inline_edit, menu_item
from autothink_lsp.features.completion.model import SelectedItem
from autothink_lsp.values import Point
from tests.support.cursor_mark import CURSOR


def split(line: str) -> tuple[str, int]:
    return line.replace(CURSOR, ""), line.index(CURSOR)


INLINE = [
    # line, answer, start, end, text
    ("x = ‸", "1", 4, 4, "1"),
    ("ret‸", "urn x", 3, 3, "urn x"),
    ("ret‸ x", "urn", 3, 3, "urn"),
    ("    ‸", "a = 1\n    b = 2", 4, 4, "a = 1\n    b = 2"),
    ("def f():‸", "\n    pass", 8, 8, "\n    pass"),
    ("foo(a‸)", "b, b", 5, 5, "b, b"),
    ("\tx𝕏é = ‸", "1", 7, 7, "1"),
    ("", "1", 0, 0, "1"),
    # the closers move below the new lines
    ("foo(‸)", "\n  a,\n", 0, 5, "foo(\n  a,\n)"),
    ("f() {‸}", "\n  a();\n", 0, 6, "f() {\n  a();\n}"),
    # text behind the cursor that is more than closers: one line
    ("x = ‸ + y", "1\nz", 4, 4, "1"),
]


@pytest.mark.parametrize(("line", "answer", "start", "end", "text"), INLINE)
def test_inline(line: str, answer: str, start: int, end: int, text: str) -> None:
    text_of_line, column = split(line) if CURSOR in line else (line, 0)
    assert inline_edit(text_of_line, column, answer) == CompletionItemEdit(start, end, text)


NOTHING = [("x = ‸", ""), ("x = ‸", "  \n"), ("x = ‸ + y", "\n1")]


@pytest.mark.parametrize(("line", "answer"), NOTHING)
def test_nothing_to_show(line: str, answer: str) -> None:
    assert inline_edit(*split(line), answer) is None
    assert menu_item(*split(line), answer) is None


def test_closers_that_the_answer_says_are_replaced() -> None:
    line, column = split("x = foo(‸)")
    assert inline_edit(line, column, "a).b", replaces_right=1) == CompletionItemEdit(0, 9, "x = foo(a).b")


def test_new_lines_get_the_documents_line_end() -> None:
    edit = inline_edit("x", 1, "\na\n\nb", eol="\r\n")
    assert edit is not None
    assert edit.insert_text == "\r\na\r\n\r\nb"


SELECTED = [
    # line, answer, entry that is selected in the menu, what is shown over the entry's range
    ("foo.app‸", "end(x)", (4, 7, "append"), CompletionItemEdit(4, 7, "append(x)")),
    ("foo.app‸", "ly(x)", (4, 7, "append"), None),
    ("foo.app‸", "end", (4, 7, "append"), None),
    ("foo.‸", "append(x)", (4, 4, "append"), CompletionItemEdit(4, 4, "append(x)")),
    ("foo.app‸(y)", "end_all", (4, 7, "append"), CompletionItemEdit(4, 7, "append_all")),
    ("foo.app‸ly(y)", "end_all", (4, 9, "append"), None),
]


@pytest.mark.parametrize(("line", "answer", "selected", "edit"), SELECTED)
def test_a_selected_entry_is_extended(
    line: str, answer: str, selected: tuple[int, int, str], edit: CompletionItemEdit | None
) -> None:
    start, end, text = selected
    assert inline_edit(*split(line), answer, selected=SelectedItem(Point(0, start), Point(0, end), text)) == edit


MENU = [
    # line, answer, start, end, text, label, filter text
    ("x = ret‸", "urn_value", 4, 7, "return_value", "return_value", "return_value"),
    ("x = ‸", "1 + 2", 4, 4, "1 + 2", "1 + 2", "1 + 2"),
    ("foo.‸", "bar()", 4, 4, "bar()", "bar()", "bar()"),
    ("def f():‸", "\n    pass", 8, 8, "\n    pass", "pass", "pass"),
    ("    ret‸", "urn x\n    y", 4, 7, "return x\n    y", "return x", "return x"),
    ("foo(‸)", "\n  a\n", 4, 5, "\n  a\n)", "a", "a"),
    ("foo(‸) + 1", "a\nb", 4, 4, "a", "a", "a"),
]


@pytest.mark.parametrize(("line", "answer", "start", "end", "text", "label", "filter_text"), MENU)
def test_menu(line: str, answer: str, start: int, end: int, text: str, label: str, filter_text: str) -> None:
    item = menu_item(*split(line), answer)
    assert item is not None
    assert item.edit == CompletionItemEdit(start, end, text)
    assert (item.label, item.filter_text) == (label, filter_text)


def test_a_long_label_is_shortened() -> None:
    item = menu_item("", 0, "x" * 300)
    assert item is not None
    assert len(item.label) == 80
    assert item.edit.insert_text == "x" * 300


@given(
    st.text("ab() .\t𝕏", max_size=12),
    st.integers(0, 12),
    st.text("ab()\n ", max_size=12),
    st.sampled_from(["\n", "\r\n"]),
)
def test_an_item_only_ever_adds_text(line: str, column: int, answer: str, eol: str) -> None:
    column = min(column, len(line))
    edit = inline_edit(line, column, answer, eol=eol)
    menu = menu_item(line, column, answer, eol=eol)
    for shape in (edit, menu and menu.edit):
        if shape is None:
            continue
        assert 0 <= shape.start_column <= column <= shape.end_column <= len(line)
        before, after = line[shape.start_column : column], line[column : shape.end_column]
        assert shape.insert_text.startswith(before)
        assert shape.insert_text.endswith(after)
        added = shape.insert_text[len(before) : len(shape.insert_text) - len(after)]
        assert answer.startswith(added.replace(eol, "\n"))
