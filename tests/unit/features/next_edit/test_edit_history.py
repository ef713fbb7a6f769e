"""The edit history: what is one hunk, what is forgotten, and what a renamed file keeps."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import pytest

from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.edits import alignment
from autothink_lsp.features.next_edit import history as module
from autothink_lsp.features.next_edit.history import MOST_REGIONS, EditHistory
from autothink_lsp.syntax.service import Syntax
from tests.support.next_edit_session import NextEditSession

SYNTAX = Syntax()
TEXT = "".join(f"line {n}\n" for n in range(60))


def hunks(session: NextEditSession) -> list[tuple[int, tuple[str, ...], tuple[str, ...]]]:
    return [(one.line, one.old, one.new) for one in session.service.history.hunks(session.uri)]


def test_typing_and_backspaces_at_one_place_are_one_hunk() -> None:
    session = NextEditSession(TEXT, syntax=SYNTAX)
    session.type("line 3", "xyz")
    session.edit("xyz", "x")
    session.type("line 7", "b")
    assert hunks(session) == [(7, ("line 7",), ("line 7b",)), (3, ("line 3",), ("line 3x",))]


def test_lines_above_move_a_hunk() -> None:
    session = NextEditSession(TEXT, syntax=SYNTAX)
    session.edit("line 5\n", "five\n")
    session.edit("line 1\n", "line 1\nnew\nnew\n")
    assert hunks(session) == [(2, (), ("new", "new")), (7, ("line 5",), ("five",))]


def test_undone_edit_leaves_no_hunk() -> None:
    session = NextEditSession(TEXT, syntax=SYNTAX)
    session.edit("line 5\n", "five\n")
    session.edit("five\n", "line 5\n")
    assert hunks(session) == []


def test_history_size_is_bounded() -> None:
    session = NextEditSession(TEXT, syntax=SYNTAX)
    for number in range(0, 60, 2):
        session.edit(f"line {number}\n", f"changed {number}\n")
    kept = hunks(session)
    regions = session.service.history._documents[session.uri].regions
    assert len(regions) <= module.MOST_REGIONS
    assert sum(len(new) for _, _, new in kept) <= module.MOST_REGIONS
    assert any("changed 58" in new for _, _, new in kept)


def test_edit_inside_a_long_insertion_is_a_separate_hunk() -> None:
    session = NextEditSession(TEXT, syntax=SYNTAX)
    session.type("line 3\n", "".join(f"new = fetch({n})\n" for n in range(20)))
    assert len(hunks(session)[0][2]) == 20
    session.edit("fetch(4)", "load(4)")
    assert hunks(session) == [(8, ("new = fetch(4)",), ("new = load(4)",))]


def test_a_renamed_file_keeps_its_hunks_and_a_private_one_is_forgotten() -> None:
    now = [0.0]
    history = EditHistory(is_private=lambda uri: uri.endswith(".env"), now_s=lambda: now[0])
    session = NextEditSession(TEXT, syntax=SYNTAX)
    session.documents.subscribe(history)
    for uri in ("file:///p/one.py", "file:///p/.env"):
        session.uri = uri
        session.documents.open(uri, "python", 1, TEXT)
        session.edit("line 5\n", "five\n")
    text = session.text
    session.documents.close("file:///p/one.py")
    session.documents.close("file:///p/.env")
    assert [one.uri for one in history.other_hunks("file:///p/x.py")] == ["file:///p/one.py"]
    now[0] = 2.0
    session.documents.open("file:///p/two.py", "python", 1, text)
    assert [(one.uri, one.new) for one in history.hunks("file:///p/two.py")] == [("file:///p/two.py", ("five",))]
    assert history.hunks("file:///p/one.py") == ()
    assert history.hunks("file:///p/.env") == ()


def whole_document(session: NextEditSession, text: str) -> None:
    session.documents.change(session.uri, session.snapshot.version + 1, [ContentChange(None, text)])


def test_a_formatter_leaves_the_hunks_as_they_are() -> None:
    """It sends the whole document, with blanks and line breaks changed in many lines."""
    text = "".join(f"value{n} = fetch( {n} )\nx = 1\n" for n in range(40))
    session = NextEditSession(text, syntax=SYNTAX)
    session.edit("fetch( 5 )", "load( 5 )")
    session.edit("fetch( 7 )", "load( 7 )")
    formatted = session.text.replace("( ", "(").replace(" )", ")").replace("= fetch(9)", "= fetch(\n    9\n)")
    whole_document(session, formatted)
    assert [(one.old, one.new) for one in session.service.history.hunks(session.uri)] == [
        (("value7 = fetch( 7 )",), ("value7 = load(7)",)),
        (("value5 = fetch( 5 )",), ("value5 = load(5)",)),
    ]
    assert session.shown() == "17: value8 = fetch(8) → value8 = load(8)"


def test_a_whole_document_with_two_changed_lines_has_two_hunks() -> None:
    session = NextEditSession(TEXT, syntax=SYNTAX)
    whole_document(session, TEXT.replace("line 3\n", "three\n").replace("line 50\n", "fifty\n"))
    assert hunks(session) == [(3, ("line 3",), ("three",)), (50, ("line 50",), ("fifty",))]
    whole_document(session, TEXT)
    assert hunks(session) == []


def test_text_that_is_as_before_has_no_hunk_whichever_lines_were_compared() -> None:
    session = NextEditSession("x\nx\nx\nb\na\n", syntax=SYNTAX)
    for text in ("x\nx\nx\na\n", "a\nx\nx\na\n", "x\nx\nx\nb\na\n"):
        whole_document(session, text)
    assert hunks(session) == []


def test_blanks_and_ticked_boxes_are_no_examples() -> None:
    session = NextEditSession("- [ ] one\n- [ ] two\na = f( 1)\n", syntax=SYNTAX)
    session.edit("[ ] one", "[x] one")
    session.edit("f( 1)", "f(1)")
    session.edit("two", "six")
    assert [one.says_something for one in session.service.history.hunks(session.uri)] == [True, False, False]


def test_many_changed_lines_of_a_long_document_are_compared_in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    class Counted(SequenceMatcher[str]):
        def __init__(self, junk: None, old: Sequence[str], new: Sequence[str], *, autojunk: bool) -> None:
            compared.append(max(len(old), len(new)))
            super().__init__(junk, old, new, autojunk=autojunk)

    monkeypatch.setattr(alignment, "SequenceMatcher", Counted)
    before = "".join(f"call(foo, {n})\n" if n % 2 else f"x{n} = {n}\n" for n in range(1_000))
    session = NextEditSession(before)
    session.replace_offsets(0, len(before), before.replace("foo", "bar"))
    hunks = session.service.history.hunks(session.uri)
    assert len(hunks) == MOST_REGIONS
    assert all(hunk.new == (hunk.old[0].replace("foo", "bar"),) for hunk in hunks)
    assert max(compared) < 10


@pytest.mark.parametrize("repeated", [True, False], ids=["lines that are often there", "lines that are there once"])
def test_a_line_in_the_midst_of_a_long_document_that_is_sent_again(*, repeated: bool) -> None:
    lines = ["pass\n" if repeated else f"x{n} = {n}\n" for n in range(1_000)]
    session = NextEditSession("".join(lines))
    after = "".join([*lines[:500], "new\n", *lines[501:]])
    session.replace_offsets(0, len(session.text), after)
    (hunk,) = session.service.history.hunks(session.uri)
    assert (hunk.line, hunk.new, hunk.old) == (500, ("new",), (lines[500].rstrip(),))
