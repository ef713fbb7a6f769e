"""Held-out lines of commits, behind the commit's other changes: what the ``edits`` of a completion's context gain.

A hole is a line of code that a commit adds, drawn by a seed from bare repositories. The documents of the commit are
opened as they were before it; then all of its other changes of Python files are made, file by file and from the top to
the bottom, one ``didChange`` each, and last the change with the hole, as far as above the hole's line. What the commit
writes below it is not there yet, and what it removes there is gone. That the author worked in this order is assumed.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import define, field, frozen

from autothink_lsp.context.index.service import ProjectIndexes
from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import ContextRequest
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.features.completion.prompt_context import window_size
from autothink_lsp.values import Point, Position, Range
from tests.bench.project_holes import Hole, LineCutter, context_services, settings_for

MOST_CHANGES = 30  # more are moves and reformatting
MOST_FILES = 6
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@frozen
class LineChange:
    """The lines ``first`` to ``stop`` (excluded) of a file, as it was before the commit, become ``lines``."""

    path: str
    first: int
    stop: int
    lines: tuple[str, ...]


@frozen
class CommitHole:
    """``hole`` is in the document as it is when ``before`` has been opened and ``changes`` have been made in turn."""

    hole: Hole
    before: dict[str, str]
    changes: tuple[LineChange, ...]


def changes_of(diff: str) -> list[LineChange]:
    """The changes of a diff without context lines (``git diff -U0``), of files that are there before and after."""
    found: list[LineChange] = []
    path, lines, place = "", list[str](), None

    def keep() -> None:
        if place is not None:
            found.append(LineChange(path, place[0], place[1], tuple(lines)))

    for line in diff.split("\n"):
        head = _HUNK.match(line)
        if head or line.startswith("diff --git "):
            keep()
            place, lines = None, []
        if head:
            count = int(head[2] or 1)
            first = int(head[1]) - 1 if count else int(head[1])  # without old lines: the line above the new ones
            place = (first, first + count)
        elif place is None and line.startswith("+++ b/"):
            path = line.removeprefix("+++ b/").rstrip("\t")
        elif place is not None and line.startswith("+"):
            lines.append(line[1:])
    keep()
    return found


@define(eq=False)
class CommitBench:
    """Draws holes, and says what the product would send for each."""

    repositories: Sequence[Path]
    backend: str = "embedded"  # which decides on the window
    _cutter: LineCutter = field(factory=LineCutter, init=False)

    def holes(self, seed: int) -> Iterator[CommitHole]:
        """Of each commit at most one."""
        chance = random.Random(f"commit {seed}")
        commits = {
            one: _git(one, "log", "--no-merges", "--diff-filter=M", "--format=%H", "HEAD", "--", "*.py").split()
            for one in self.repositories
        }
        number, seen = 0, set[str]()
        while len(seen) < len(set().union(*commits.values())):
            repository = chance.choice(sorted(commits))
            commit = chance.choice(commits[repository])
            inside = chance.random() < 0.5
            if commit in seen:
                continue
            seen.add(commit)
            found = self._hole(chance, repository, commit, number + 1, inside=inside)
            if found is not None:
                number += 1
                yield found

    def _hole(
        self, chance: random.Random, repository: Path, commit: str, number: int, *, inside: bool
    ) -> CommitHole | None:
        diff = _git(repository, "diff", "-U0", "--no-color", "--diff-filter=M", f"{commit}^", commit, "--", "*.py")
        changes = changes_of(diff)
        paths = list(dict.fromkeys(one.path for one in changes))
        if not 2 <= len(changes) <= MOST_CHANGES or len(paths) > MOST_FILES:
            return None
        chosen = chance.choice(changes)
        if not chosen.lines:
            return None
        at = chance.randrange(len(chosen.lines))
        before = {path: _git(repository, "show", f"{commit}^:{path}") for path in paths}
        others = [one for one in changes if one is not chosen]
        last = LineChange(chosen.path, chosen.first, chosen.stop, chosen.lines[: at + 1])
        line = chosen.first + at + _lines_added_above(chosen, others)
        # From the bottom to the top, so that places of the old text hold; the product gets them in reading order.
        text = after(before[chosen.path], [*(one for one in others if one.path == chosen.path), last])
        column = self._cutter.column(chance, chosen.path, text.split("\n"), line, inside=inside)
        if column is None:
            return None
        content = chosen.lines[at]
        cut = LineChange(chosen.path, chosen.first, chosen.stop, (*chosen.lines[:at], content[:column]))
        others.sort(key=lambda one: one.path == chosen.path)  # the hole's file last
        name = f"{number}:{commit[:8]}:{chosen.path}:{line + 1}:{column}"
        hole = Hole(name, repository.parent.name, chosen.path, line, column, content[column:], ())
        return CommitHole(hole, before, (*others, cut))

    def contexts(self, found: CommitHole, variants: Sequence[str]) -> dict[str, CodeContext]:
        """What the product would send for each variant."""
        documents, syntax, provider = context_services(ProjectIndexes(Path("/nowhere")))
        folder = "file:///project"
        uris = {path: f"{folder}/{path}" for path in found.before}
        for path, text in found.before.items():
            documents.open(uris[path], "python", 1, text)
        made: list[LineChange] = []
        for version, change in enumerate(found.changes, start=2):
            moved = _lines_added_above(change, made)
            place = Range(Position(change.first + moved, 0), Position(change.stop + moved, 0))
            text = "".join(f"{line}\n" for line in change.lines)
            documents.change(uris[change.path], version, [ContentChange(place, text)])
            made.append(change)
        hole = found.hole
        snapshot = documents.snapshot(uris[hole.path])
        assert snapshot is not None
        assert len(snapshot.text.line(hole.line)) == hole.column
        contexts: dict[str, CodeContext] = {}
        for variant in variants:
            settings = settings_for(variant, self.backend)
            request = ContextRequest(
                snapshot=snapshot,
                point=Point(hole.line, hole.column),
                size=window_size(settings),
                path=hole.path,
                language=syntax.language(snapshot),
                folder=folder,
                settings=settings,
            )
            contexts[variant] = provider.gather(request)
        return contexts


def _lines_added_above(change: LineChange, others: Sequence[LineChange]) -> int:
    """How many lines the other changes add to the same file above ``change``; negative if they remove more."""
    above = [one for one in others if one.path == change.path and one.first < change.first]
    return sum(len(one.lines) - (one.stop - one.first) for one in above)


def after(text: str, changes: Sequence[LineChange]) -> str:
    """The text of a file after changes whose places are those of ``text``."""
    lines = text.split("\n")
    for change in sorted(changes, key=lambda one: one.first, reverse=True):
        lines[change.first : change.stop] = change.lines
    return "\n".join(lines)


def _git(repository: Path, *arguments: str) -> str:
    command = ["git", f"--git-dir={repository}", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode(errors="replace")
