"""Random edits, as editors send them: no proposal garbles the document, is for a stale version, or changes only blanks.
Rules propose, and a model that answers anything.

The history's regions always lead from the text at opening to the newest one. ``AUTOTHINK_RANDOM_EDITS=10000`` makes as
many edits, ``AUTOTHINK_RANDOM_SEED`` others.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
from typing import Any

import pytest

from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import LineEdit
from autothink_lsp.features.next_edit.service import NextEdit
from autothink_lsp.lsp.handlers.next_edit import to_wire
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, Position, PositionEncoding, Range
from tests.support.example_counts import examples
from tests.support.next_edit_session import NextEditSession

ENDS = ("\n", "\r\n", "\r")
LINES = (
    *("def fetch(client, name):", "    return client.fetch(name)", "value = fetch(client, 'ä𝒳')", "# fetch it", ""),
    *(
        "if a:",
        "    send(name, 1)",
        "else:",
        "    send(name, 1)",
        "x = 'fetch'",
        "self.a = a",
        "self.b = b",
        "import os",
    ),
)
WORDS = ("fetch", "load", "send", "name", "𝒳", "a", "b", "(", ")", ", c", "\n", "\r\n", "    ", "value", "#", "'")
CODECS = {
    PositionEncoding.UTF8: ("utf-8", 1),
    PositionEncoding.UTF16: ("utf-16-le", 2),
    PositionEncoding.UTF32: ("utf-32-le", 4),
}
PROSE = (
    "* one",
    "* two fetch",
    "1. load",
    "2. send",
    "3. name",
    "| a | b |",
    "|---|---|",
    "| c | fetch |",
    "# fetch",
    "",
)
SEED = os.environ.get("AUTOTHINK_RANDOM_SEED", "")
EDITS = int(os.environ.get("AUTOTHINK_RANDOM_EDITS", examples(600, fewest=300)))
SYNTAX = Syntax()


def document(chosen: random.Random, some: tuple[str, ...] = LINES) -> str:
    mixed = chosen.random() < 0.3
    end = chosen.choice(ENDS[:2])
    lines = [chosen.choice(some) + (chosen.choice(ENDS) if mixed else end) for _ in range(chosen.randrange(4, 30))]
    text = "".join(lines)
    return text.rstrip("\r\n") if chosen.random() < 0.3 else text


def change(
    session: NextEditSession, chosen: random.Random, undo: list[str], words: tuple[str, str] = ("fetch", "load")
) -> None:
    """One ``didChange``: a replaced word at several places, a typed piece, a whole document, or an earlier text."""
    snapshot, text = session.snapshot, session.text
    how = chosen.random()
    if how < 0.1 and undo:
        session.documents.change(session.uri, snapshot.version + 1, [ContentChange(None, undo.pop())])
        return
    undo.append(text)
    if how < 0.18:
        session.documents.change(
            session.uri, snapshot.version + 1, [ContentChange(None, reformatted(text, chosen, words))]
        )
        return
    if how < 0.75:
        old, new = words
        places = [at for at in range(len(text)) if text.startswith(old, at)]
        if places:
            at = chosen.choice(places)
            session.replace_offsets(at, at + len(old), new)
            return
    if how < 0.85:
        changes = []
        for _ in range(2):
            at = Position(chosen.randrange(snapshot.text.line_count + 1), chosen.randrange(12))
            changes.append(ContentChange(Range(at, at), chosen.choice(WORDS)))
        session.documents.change(session.uri, snapshot.version + 1, changes)
        return
    start = chosen.randrange(len(text) + 1)
    end = min(len(text), start + chosen.choice((0, 0, 1, 3, 12)))
    session.replace_offsets(start, end, chosen.choice(WORDS))


def reformatted(text: str, chosen: random.Random, words: tuple[str, str]) -> str:
    """The text after a formatter, or another tool that sends all of it."""
    old, new = chosen.choice(
        ((", ", ","), ("(", "(\n    "), (*words,), ("    ", "\t"), ("* ", "- "), ("'", '"'), ("\r\n", "\n"))
    )
    return text.replace(old, new, chosen.choice((1, 2, -1)))


def check_hunks(session: NextEditSession, hunks: tuple[EditHunk, ...]) -> None:
    text = session.snapshot.text
    for hunk in hunks:
        assert tuple(text.lines(hunk.line, hunk.stop)) == hunk.new
        assert hunk.old != hunk.new


def of_a_model(session: NextEditSession, chosen: random.Random) -> NextEdit | None:
    """What the checks leave of an edit as a bad model may make it."""
    text = session.snapshot.text
    first = chosen.randrange(text.line_count)
    stop = min(text.line_count, first + chosen.randrange(4))
    new = [*text.lines(first, stop)]
    for _ in range(chosen.randrange(1, 3)):
        at = chosen.randrange(len(new) + 1)
        new[at : at + chosen.randrange(2)] = [chosen.choice((*LINES, *WORDS, "  ", "<|cursor|>"))]
    edit = LineEdit("model", "model", first, stop, tuple(new))
    point = Point(first, chosen.randrange(len(text.line(first)) + 1))
    return session.service.from_model(session.snapshot, point, edit, by_hand=chosen.random() < 0.5)


def line_ends(text: str) -> int:
    return len(re.findall(r"\r\n|\r|\n", text))


def applied_by_client(text: str, wire: dict[str, Any], encoding: PositionEncoding) -> str:
    """The text after the edit, by an implementation of its own: positions count code units of the encoding."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    if re.search(r"[\r\n]\Z", text) is None or lines[-1]:
        lines.append("")

    def offset(position: dict[str, int]) -> int:
        line = lines[position["line"]]
        codec, width = CODECS[encoding]
        coded = line.encode(codec)[: width * position["character"]]
        return sum(map(len, lines[: position["line"]])) + len(coded.decode(codec))

    start, end = offset(wire["range"]["start"]), offset(wire["range"]["end"])
    return text[:start] + wire["text"] + text[end:]


@pytest.mark.parametrize("encoding", list(PositionEncoding))
def test_random_edits(encoding: PositionEncoding) -> None:
    chosen = random.Random(f"next edit {encoding}{SEED}")
    proposals = made = 0
    while made < EDITS // 3:
        language = chosen.choice(("python", "python", "javascript", "markdown"))
        some = PROSE if language == "markdown" else LINES
        session = NextEditSession(document(chosen, some), language, encoding=encoding, syntax=SYNTAX)
        undo: list[str] = []
        words = chosen.sample(WORDS[:6], 2)
        for _ in range(12):
            change(session, chosen, undo, (words[0], words[1]))
            made += 1
            check_hunks(session, session.service.history.hunks(session.uri))
            if chosen.random() < 0.5:
                continue
            by_hand = chosen.random() < 0.1
            found = session.next(chosen.randrange(session.snapshot.text.line_count), by_hand=by_hand)
            by_rule = found is not None
            if found is None:
                found = of_a_model(session, chosen)
            if found is None:
                continue
            proposals += by_rule
            assert found.snapshot is session.snapshot
            before, one = session.text, found.replacement
            after = str(apply_replacements(session.snapshot.text, (one,)))
            assert "".join(after.split()) != "".join(before.split())
            start = session.snapshot.text.place(one.start).offset
            end = session.snapshot.text.place(one.end).offset
            assert after == before[:start] + one.new_text + before[end:]
            assert line_ends(after) == sum(map(line_ends, (before[:start], one.new_text, before[end:])))  # none joined
            wire = to_wire(found)
            assert wire["textDocument"] == {"uri": session.uri, "version": session.snapshot.version}
            assert applied_by_client(before, wire, encoding) == after
            if not by_rule:
                continue
            if chosen.random() < 0.5:
                accepted = session.accept(by_hand=by_hand)
                assert accepted is not None
                assert session.text == after
                assert session.service.record.counts[accepted.rule, "accepted"] > 0
    assert proposals


def test_undoing_everything_leaves_no_hunk() -> None:
    chosen = random.Random(f"5{SEED}")
    for _ in range(10):
        text = document(chosen)
        session = NextEditSession(text, syntax=SYNTAX)
        for _ in range(8):
            change(session, chosen, [])
        session.documents.change(session.uri, session.snapshot.version + 1, [ContentChange(None, text)])
        hunks = session.service.history.hunks(session.uri)
        assert not any(hunk.says_something for hunk in hunks)  # of a formatter's blanks some may be left
        assert session.next() is None


async def test_changes_during_requests_give_no_stale_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests and changes in any order: what comes is for the text at the time of the answer."""
    for name in ("QUIET_S", "TYPING_QUIET_S"):
        monkeypatch.setattr(f"autothink_lsp.features.next_edit.service.{name}", 0.0)
    chosen = random.Random(f"races{SEED}")
    answered = made = 0

    async def ask(session: NextEditSession) -> None:
        nonlocal answered
        found = await session.service.find(session.snapshot, Point(chosen.randrange(4), 0))
        if found is not None:
            answered += 1
            assert found.snapshot is session.snapshot

    while made < EDITS // 3:
        session = NextEditSession(document(chosen), syntax=SYNTAX)
        words = chosen.sample(WORDS[:6], 2)
        async with asyncio.TaskGroup() as requests:
            for _ in range(12):
                change(session, chosen, [], (words[0], words[1]))
                made += 1
                for _ in range(chosen.randrange(3)):
                    requests.create_task(ask(session))
                for _ in range(chosen.choice((0, 0, 1, 3, 12))):
                    await asyncio.sleep(0)
    assert answered > 3
