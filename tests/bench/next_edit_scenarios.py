"""Replays cursortab's next-edit scenarios (``.txtar``: a document, earlier edits, what should come) with the rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

from attrs import frozen

from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.syntax.service import Syntax
from tests.support.next_edit_session import NextEditSession

_HISTORY = re.compile(
    r"<\|file\|> (?P<file>\S+)\n<\|old\|>\n(?P<old>.*?)<\|new\|>\n(?P<new>.*?)(?=<\|file\|>|\Z)", re.DOTALL
)


@frozen
class ScenarioResult:
    """``is_silent``: nothing should come."""

    name: str
    is_silent: bool
    fired: bool
    is_exact: bool
    right: int
    changed: int


def replay_scenarios(folder: Path, syntax: Syntax) -> list[ScenarioResult]:
    """The results of all scenarios of a folder."""
    return [_replay(path, syntax) for path in sorted(folder.glob("*.txtar"))]


def parts_of(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The fields of the header and the named parts of a ``.txtar`` file."""
    head, *rest = re.split(r"^-- (\S+) --\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(re.findall(r"^([\w-]+): (.*)$", head, re.MULTILINE)), dict(zip(rest[::2], rest[1::2], strict=True))


def session_after(
    now: str, edits: Sequence[tuple[str, str]], language: str, path: str, syntax: Syntax
) -> tuple[NextEditSession, int]:
    """The document after its edits (old, new), and how many lines stand above it: a scenario shows a part of a file,
    and an edit of lines that it does not show is made above."""
    before, above = now, ""
    places: list[int | None] = []  # in the document before the edit; ``None``: above it
    for old, new in reversed(edits):
        at = before.find(new) if new else -1
        places.append(at if at >= 0 else None)
        if at >= 0:
            before = before[:at] + old + before[at + len(new) :]
        else:
            above = f"{old}\n{above}"
    session = NextEditSession(above + before, language, f"file:///p/{path}", syntax=syntax)
    for (old, new), place in zip(edits, reversed(places), strict=True):
        at = above.index(old) if place is None else len(above) + place
        session.replace_offsets(at, at + len(old), new)
        above = above.replace(old, new, 1) if place is None else above
    return session, above.count("\n")


def text_with_next_edit(session: NextEditSession, head: int, line: int, *, by_hand: bool = False) -> str | None:
    """The document below its first ``head`` lines with what the rules propose; ``None`` where they are silent."""
    found = session.next(head + line, by_hand=by_hand)
    if found is None:
        return None
    after = apply_replacements(session.snapshot.text, (found.replacement,))
    grown = after.line_count - session.snapshot.text.line_count
    moved = grown if found.replacement.start.line < head else 0
    return "\n".join(after.lines(head + moved, after.line_count))


def _replay(path: Path, syntax: Syntax) -> ScenarioResult:
    fields, parts = parts_of(path)
    now, language = parts["buffer.txt"], fields.get("language", "plaintext")
    edits = [(m["old"], m["new"]) for m in _HISTORY.finditer(parts.get("history", ""))]
    session, head = session_after(now, edits, language, fields.get("file", "a"), syntax)
    is_manual = "request-completion manual" in parts.get("steps", "")
    after = text_with_next_edit(session, head, int(fields.get("row", "1")) - 1, by_hand=is_manual)
    expected = parts.get("expected", now)
    is_silent = path.name.split("-", 1)[1].startswith("suppress") or expected == now
    if after is None:
        return ScenarioResult(path.stem, is_silent, False, False, 0, 0)
    right, changed = changed_lines(now, after, expected)
    return ScenarioResult(path.stem, is_silent, True, after == expected, right, changed)


def changed_lines(now: str, after: str, expected: str) -> tuple[int, int]:
    """How many of the lines that ``after`` takes away or brings ``expected`` does too."""
    wanted = set(_changes(now, expected))
    made = _changes(now, after)
    return sum(one in wanted for one in made), len(made)


def _changes(old: str, new: str) -> list[tuple[str, str]]:
    before, after = old.split("\n"), new.split("\n")
    found: list[tuple[str, str]] = []
    for tag, first, stop, new_first, new_stop in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            found += [("-", line) for line in before[first:stop]] + [("+", line) for line in after[new_first:new_stop]]
    return found
