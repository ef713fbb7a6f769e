"""Cases for next edits from git histories: a commit that changes one file in three or more similar places.

The first two places are the user's history, the others the truth. What a place is similar to is decided here by the
changed tokens, without any rule of the server. Places that must stay silent come from the same commits: everything is
done, the edits were undone, two edits have nothing in common, what is left of the old text is a comment and a string.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from hashlib import sha256
from pathlib import Path
from typing import Literal

from attrs import field, frozen

LANGUAGES = {
    ".py": "python",
    ".go": "go",
    ".rs": "rust",
    ".js": "javascript",
    ".ts": "typescript",
    ".tsx": "tsx",
    ".java": "java",
    ".php": "php",
    ".dart": "dart",
    ".c": "c",
    ".h": "c",
    ".cpp": "cpp",
    ".cc": "cpp",
    ".lua": "lua",
    ".rb": "ruby",
    ".cs": "csharp",
    ".kt": "kotlin",
    ".swift": "swift",
    ".scala": "scala",
    ".ex": "elixir",
    ".exs": "elixir",
    ".hs": "haskell",
    ".tf": "terraform",
    ".css": "css",
    ".scss": "scss",
    ".yml": "yaml",
    ".yaml": "yaml",
}
_COMMENTS = {
    **dict.fromkeys(("python", "ruby", "elixir", "terraform", "yaml"), ("#", "")),
    **dict.fromkeys(("lua", "haskell"), ("--", "")),
    "css": ("/*", " */"),
}
SIMILAR = 0.5
DISSIMILAR = 0.2
_MOST_HUNKS = 60
_MOST_HUNK_LINES = 12
_MOST_CHARACTERS = 400_000
_TOKEN = re.compile(r"\w+|[^\w\s]")

CaseKind = Literal["positive", "complete", "reverted", "dissimilar", "trap", "untouched"]


@frozen
class LineHunk:
    """``new`` for the lines ``first`` to ``stop`` of the file before the commit."""

    first: int
    stop: int
    new: tuple[str, ...] = field(repr=False)


@frozen
class HarvestedCase:
    """``edits`` are made one after the other to ``text`` (lines of the text before all of them); then ``truth`` is what
    the commit still changes. Nothing in ``truth``: every proposal is wrong."""

    id: str
    kind: CaseKind
    language: str
    text: tuple[str, ...] = field(repr=False)
    edits: tuple[LineHunk, ...]
    truth: tuple[LineHunk, ...] = ()

    @property
    def is_held_back(self) -> bool:
        """Half of the cases is for looking at while rules are written, the other half is not."""
        return sha256(self.id.split("#")[0].encode()).digest()[0] % 2 == 1


def harvest(repository: Path, most_commits: int, suffixes: Sequence[str] = tuple(LANGUAGES)) -> Iterator[HarvestedCase]:
    """The cases of one repository, the newest commits first."""
    folder = repository.name if repository.name != "repo" else repository.parent.name
    for commit, path, hunks in _changed_files(repository, most_commits, suffixes):
        if not is_telling([_changed_tokens(removed, hunk) for removed, hunk in hunks]):
            continue
        text = _git(repository, ["show", f"{commit}^:{path}"])
        if text and len(text) <= _MOST_CHARACTERS and "\0" not in text and "\r" not in text:
            old = tuple(text.split("\n"))
            if all(old[hunk.first : hunk.stop] == removed for removed, hunk in hunks):
                name = f"{folder}:{commit[:10]}:{path}"
                yield from cases_of(name, LANGUAGES[Path(path).suffix], old, [hunk for _, hunk in hunks])


def is_telling(changed: Sequence[Counter[str]]) -> bool:
    """Whether the hunks with these changed tokens make a case: three are similar, or the only two are not."""
    return len(_cluster(changed)) >= 3 or (len(changed) == 2 and _similarity(*changed) < DISSIMILAR)


def cases_of(name: str, language: str, old: tuple[str, ...], hunks: Sequence[LineHunk]) -> Iterator[HarvestedCase]:
    """The cases of one file before a commit and the hunks of the commit."""
    changed = [_changed_tokens(old[hunk.first : hunk.stop], hunk) for hunk in hunks]
    if not is_telling(changed):
        return
    cluster = _cluster(changed)
    if len(cluster) < 3:
        yield HarvestedCase(f"{name}#dissimilar", "dissimilar", language, old, tuple(hunks))
        return
    first, second = cluster[:2]
    truth = tuple(hunk for number, hunk in enumerate(hunks) if number not in (first, second))
    edits = (hunks[first], hunks[second])
    yield HarvestedCase(f"{name}#positive", "positive", language, old, edits, truth)
    back = tuple(LineHunk(one.first, one.stop, old[one.first : one.stop]) for one in edits)
    yield HarvestedCase(f"{name}#reverted", "reverted", language, old, (*edits, *back))
    ordered = (*(h for n, h in enumerate(hunks) if n not in cluster), *(hunks[number] for number in cluster))
    yield HarvestedCase(f"{name}#complete", "complete", language, old, ordered)
    if trap := _trap(language, old, ordered, changed[first]):
        yield HarvestedCase(f"{name}#trap", "trap", language, *trap)
    yield HarvestedCase(f"{name}#untouched", "untouched", language, old, ())


def _changed_files(
    repository: Path, most_commits: int, suffixes: Sequence[str]
) -> Iterator[tuple[str, str, list[tuple[tuple[str, ...], LineHunk]]]]:
    """Commits with the files in which they change two or more places: each place with the lines that it had."""
    command = ["log", "--no-merges", f"-n{most_commits}", "-p", "-U0", "--diff-filter=M", "--format=%x00%H", "--"]
    log = _git(repository, [*command, *(f"*{suffix}" for suffix in suffixes)])
    for entry in (log or "").split("\0")[1:]:
        for part in entry.split("\ndiff --git ")[1:]:
            found = re.search(r"^\+\+\+ b/(.+)$", part, re.MULTILINE)
            if found is None or not 2 <= len(re.findall(r"^@@ ", part, re.MULTILINE)) <= _MOST_HUNKS:
                continue
            hunks = _parsed_hunks(part)
            if all(max(len(removed), len(hunk.new)) <= _MOST_HUNK_LINES for removed, hunk in hunks):
                yield entry[:40], found.group(1), hunks


def _parsed_hunks(patch: str) -> list[tuple[tuple[str, ...], LineHunk]]:
    found: list[tuple[tuple[str, ...], LineHunk]] = []
    for piece in re.split(r"^@@ ", patch, flags=re.MULTILINE)[1:]:
        head, *body = piece.split("\n")
        numbers = re.match(r"-(\d+)(?:,(\d+))? ", head)
        if numbers is None:
            continue
        removed = tuple(line[1:] for line in body if line.startswith("-"))
        first = int(numbers[1]) - (1 if removed else 0)
        found.append((removed, LineHunk(first, first + len(removed), tuple(x[1:] for x in body if x.startswith("+")))))
    return found


def _git(repository: Path, arguments: Sequence[str]) -> str | None:
    done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def _changed_tokens(removed: Sequence[str], hunk: LineHunk) -> Counter[str]:
    before, after = _TOKEN.findall("\n".join(removed)), _TOKEN.findall("\n".join(hunk.new))
    changed: Counter[str] = Counter()
    for tag, first, stop, new_first, new_stop in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            changed.update(f"-{token}" for token in before[first:stop])
            changed.update(f"+{token}" for token in after[new_first:new_stop])
    return changed


def _similarity(one: Counter[str], two: Counter[str]) -> float:
    union = (one | two).total()
    return (one & two).total() / union if union else 0.0


def _cluster(changed: Sequence[Counter[str]]) -> list[int]:
    """The largest group of hunks that are similar to its first one."""
    best: list[int] = []
    for number, one in enumerate(changed):
        group = [n for n in range(number, len(changed)) if n == number or _similarity(one, changed[n]) >= SIMILAR]
        if one and len(group) > len(best):
            best = group
    return best


def _trap(
    language: str, old: tuple[str, ...], edits: Sequence[LineHunk], changed: Counter[str]
) -> tuple[tuple[str, ...], tuple[LineHunk, ...]] | None:
    """Everything is done; the replaced word stands in a comment and in a string behind the end of the file. No trap
    where the commit changes comments, too: the user does, so the rules may."""
    mark, end = _COMMENTS.get(language, ("//", ""))
    signs = (mark, "/*", "*", '"""')
    if any(line.strip().startswith(signs) for edit in edits for line in (*old[edit.first : edit.stop], *edit.new)):
        return None
    words = [token[1:] for token in changed if token.startswith("-") and re.fullmatch(r"-[^\W\d]\w{2,}", token)]
    if not words:
        return None
    quoted = f'"{words[0]} = {words[0]}({words[0]})"'
    return (
        *old,
        f"{mark} {words[0]}({words[0]}) = {words[0]}.{words[0]}{end}",
        f"{mark} {quoted}{end}",
        "",
    ), tuple(edits)
