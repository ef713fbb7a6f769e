"""Which next edits ghost text can show, and when one is at hand for an inline completion."""

from __future__ import annotations

import asyncio

import pytest
from attrs import evolve

from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.next_edit.inline_item import inline_item
from autothink_lsp.features.next_edit.proposal import LineEdit
from autothink_lsp.features.next_edit.service import NextEditService
from autothink_lsp.features.next_edit.verifier import to_replacement
from autothink_lsp.values import Point
from tests.support.next_edit_session import NextEditSession


def shown(before: str, after: str, eol: str = "\n") -> str | None:
    """The item for the cursor at ``|``: ``[replaced|inserted]`` in the line; ``None`` where there is none."""
    offset = before.index("|")
    text = Text.from_str(before.replace("|", "").replace("\n", eol))
    row = before[:offset].count("\n")
    point = Point(row, offset - (before.rfind("\n", 0, offset) + 1))
    old, new = before.replace("|", "").split("\n"), after.split("\n")
    replacement = to_replacement(text, LineEdit("r", "p", 0, len(old), tuple(new)))
    item = inline_item(text, point, replacement)
    if item is None:
        return None
    line = text.line(row)
    replaced = line[item.start_column : item.end_column]
    whole = f"{line[: item.start_column]}{item.insert_text}{line[item.end_column :]}"
    assert str(apply_replacements(text, (replacement,))).replace(eol, "\n") == "\n".join(
        [*old[:row], *whole.split(eol), *old[row + 1 :]]
    )
    assert item.start_column == point.column
    return f"{replaced}|{item.insert_text}"


@pytest.mark.parametrize(
    ("before", "after", "item"),
    [
        ("self.c = |c\nx", "self.c = check(c)\nx", "c|check(c)"),
        ("self.c = c|\nx", "self.c = check(c)\nx", "|heck(c)"),  # the new text begins with what is in front
        ("|f(a)\nx", "f(a, b)\nx", "f(a)|f(a, b)"),
        ("f(a|)\nx", "f(a, b)\nx", "|, b"),
        ("f(a|, x)\nx", "f(a, b, x)\nx", "|, b"),
        ("f(a, b|)\nx", "g(a, b)\nx", None),  # in front of the cursor
        ("f(|a, b)\nx", "f(a)\nx", None),  # a deletion
        ("f(|old)\nx", "f(new)\nx", None),  # what is replaced is not contained
        ("f(|é𝕏)\nx", "f(check(é𝕏))\nx", "é𝕏)|check(é𝕏))"),
        ("start()|\nx", "start()\nstop()\nx", "|\nstop()"),
        ("start(|)\nx", "start()\nstop()\nx", None),  # lines in front of text
        ("x\nstart()|", "x\nstart()\nstop()", "|\nstop()"),
        ("a|\nx\ny", "a\nx\nz", None),  # another line
        ("a|\nx\ny", "a\ny", None),
    ],
)
@pytest.mark.parametrize("eol", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_edit_is_shown_as_ghost_text_where_possible(before: str, after: str, item: str | None, eol: str) -> None:
    assert shown(before, after, eol) == (None if item is None else item.replace("\n", eol))


TEXT = "".join(f"self.{name} = {name}\n" for name in ("one", "two", "three", "four"))


async def edited() -> tuple[NextEditSession, NextEditService]:
    session = NextEditSession(TEXT)
    for name in ("one", "two"):
        session.edit(f"= {name}", f"= check({name})")
    await session.service.look_ahead(session.snapshot, 1)
    return session, session.service


async def test_edit_found_in_advance_is_offered_only_when_shown() -> None:
    session, service = await edited()
    found = service.found_ahead(session.snapshot)
    assert found is not None
    assert found.replacement.new_text.split("\n")[0] == "self.three = check(three)"
    session.edit("four", "five")
    assert service.record.counts == {}  # no outcome: it was never shown
    assert service.found_ahead(session.snapshot) is None


async def test_each_line_of_an_edit_of_several_lines_can_be_shown_alone() -> None:
    session, service = await edited()
    for line, expected in ((2, "self.three = check(three)"), (3, "self.four = check(four)")):
        found = service.found_ahead(session.snapshot, line)
        assert found is not None
        assert found.replacement.new_text == expected
    assert service.found_ahead(session.snapshot, 0) == service.found_ahead(session.snapshot)


async def test_document_change_accepts_an_offered_edit() -> None:
    session, service = await edited()
    found = service.found_ahead(session.snapshot)
    assert found is not None
    service.offer_ahead(found)
    session.edit("= three\nself.four = four", "= check(three)\nself.four = check(four)")
    assert service.record.counts == {(found.candidate.rule, "accepted"): 1}


async def test_dismissed_edit_is_not_offered_again() -> None:
    session, service = await edited()
    found = service.found_ahead(session.snapshot)
    assert found is not None
    service.dismiss(service.offer_ahead(found).id)
    assert service.found_ahead(session.snapshot) is None


async def test_document_change_cancels_the_search() -> None:
    session = NextEditSession(TEXT)
    for name in ("one", "two"):
        session.edit(f"= {name}", f"= check({name})")
    before = session.snapshot
    search = asyncio.create_task(session.service.look_ahead(before, 1))
    await asyncio.sleep(0)
    session.edit("four", "five")
    await search
    assert session.service.found_ahead(before) is None


async def test_edit_of_an_older_version_is_not_shown() -> None:
    session, service = await edited()
    before = session.snapshot
    assert service.found_ahead(before) is not None
    session.edit("four", "five")
    assert service.found_ahead(before) is None


async def test_a_search_for_an_older_version_replaces_nothing() -> None:
    session, service = await edited()
    before = evolve(session.snapshot, version=1)
    await service.look_ahead(before, 1)
    assert service.found_ahead(session.snapshot) is not None
    session.documents.close(session.uri)
    await service.look_ahead(before, 1)
    assert not service.has_looked_ahead(before)  # nothing is kept of a closed document


async def test_disabled_next_edits_start_no_search() -> None:
    session = NextEditSession(TEXT)
    for name in ("one", "two"):
        session.edit(f"= {name}", f"= check({name})")
    await session.service.look_ahead(session.snapshot, 1, lambda: True)
    assert session.service.found_ahead(session.snapshot) is None
    assert session.service.has_looked_ahead(session.snapshot)
