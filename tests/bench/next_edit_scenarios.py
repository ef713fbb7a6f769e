"""Replays cursortab's next-edit scenarios (``.txtar``: a document, earlier edits, what should come) with the rules."""

from __future__ import annotations

import re
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


def _replay(path: Path, syntax: Syntax) -> ScenarioResult:
    fields, parts = parts_of(path)
    now, language = parts["buffer.txt"], fields.get("language", "plaintext")
    before = now
    edits: list[tuple[str, str]] = [(m["old"], m["new"]) for m in _HISTORY.finditer(parts.get("history", ""))]
    for old, new in reversed(edits):
        before = before.replace(new, old, 1)
    session = NextEditSession(before, language, f"file:///p/{fields.get('file', 'a')}", syntax=syntax)
    for old, new in edits:
        if old in session.text and new:
            session.edit(old, new)
    found = session.next(int(fields.get("row", "1")) - 1)
    expected = parts.get("expected", now)
    is_silent = path.name.split("-", 1)[1].startswith("suppress") or expected == now
    if found is None or session.text != now:
        return ScenarioResult(path.stem, is_silent, found is not None, False, 0, 0)
    after = str(apply_replacements(session.snapshot.text, (found.replacement,)))
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
