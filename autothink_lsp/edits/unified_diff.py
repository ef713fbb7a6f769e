"""Applies a model's unified diff if every hunk fits exactly. Its line numbers are ignored.

Source of the format: https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html. The headers of
OpenAI's patches (``*** Update File: PATH``), whose hunks are the same, are read, too:
https://cookbook.openai.com/examples/gpt4-1_prompting_guide.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from autothink_lsp.edits.replacement import EditRefused, Refusal

_HEADER = re.compile(
    r"(?:diff |index |new file |deleted file |old mode |new mode |similarity |rename |\\ "
    r"|\*\*\* (?:(?:Begin Patch|End Patch|End of File)$|Update File: ))"
)
# The file that the hunks below change. It is the asked one, whatever its name is, unless there are several.
_FILE = re.compile(r"(?:\+\+\+ |\*\*\* Update File: )[ \t]*(?:b/)?([^\t]*)")
_ASK = "Do not answer with a diff. Answer in the asked form."

# A line of a hunk: its mark (" ", "-" or "+") and its text.
_Line = tuple[str, str]


def apply_diff(diff: str, asked: str) -> str:
    """``asked`` with the diff applied; context lines are unchanged.

    Raises ``EditRefused``: NOT_FOUND if the old lines of a hunk are missing, AMBIGUOUS if they occur twice, NO_CODE if
    the diff changes nothing.
    """
    lines = asked.split("\n")
    places: list[tuple[int, int, list[_Line]]] = []
    for hunk in _hunks(diff.split("\n"), {line.rstrip() for line in lines}):
        old = [text for mark, text in hunk if mark != "+"]
        first = _only_place(lines, old)
        places.append((first, first + len(old), hunk))
    if not places:
        raise EditRefused(Refusal.NO_CODE, "The model's answer is a diff without a change.", for_model=_ASK)
    places.sort(key=lambda place: place[:2])
    if any(one[1] > other[0] for one, other in pairwise(places)):
        raise _refused(Refusal.AMBIGUOUS, "has hunks that overlap")
    for first, stop, hunk in reversed(places):
        present = iter(lines[first:stop])
        written = [text if mark == "+" else next(present) for mark, text in hunk]
        lines[first:stop] = [text for (mark, _), text in zip(hunk, written, strict=True) if mark != "-"]
    return "\n".join(lines)


def _hunks(lines: Sequence[str], present: Collection[str]) -> list[list[_Line]]:
    """The lines of each hunk that contains a change. A line without a mark that is one of the ``present`` ones is
    context. Raises ``EditRefused`` (NOT_FOUND) for the diff of several files: a hunk of another one may fit, too."""
    hunks: list[list[_Line]] = [[]]
    files: set[str] = set()
    for number, line in enumerate(lines):
        if line.startswith("@@"):
            hunks.append([])
        elif _HEADER.match(line) or _is_file_header(lines, number):
            if (file := _FILE.match(line)) is not None:
                files.add(file[1].strip())
            if len(files) > 1:
                raise _refused(Refusal.NOT_FOUND, "changes several files")
        elif not line or line[0] in " -+":
            hunks[-1].append((line[:1] or " ", line[1:]))
        elif line.rstrip() in present:
            hunks[-1].append((" ", line))
        else:
            raise _refused(Refusal.NOT_FOUND, "has lines that are neither old nor new")
    return [_without_blank_edges(hunk) for hunk in hunks if any(mark != " " for mark, _ in hunk)]


def _is_file_header(lines: Sequence[str], number: int) -> bool:
    """Whether the line belongs to the pair ``--- old file``, ``+++ new file``, as opposed to a removed or an added
    line."""
    if lines[number].startswith("--- "):
        return number + 1 < len(lines) and lines[number + 1].startswith("+++ ")
    return lines[number].startswith("+++ ") and number > 0 and lines[number - 1].startswith("--- ")


def _without_blank_edges(hunk: list[_Line]) -> list[_Line]:
    """The hunk without blank context lines at its edges, which belong to the answer's layout."""
    while hunk and hunk[0][0] == " " and not hunk[0][1].strip():
        hunk = hunk[1:]
    while hunk and hunk[-1][0] == " " and not hunk[-1][1].strip():
        hunk = hunk[:-1]
    return hunk


def _only_place(lines: Sequence[str], old: Sequence[str]) -> int:
    wanted = [line.rstrip() for line in old]
    present = [line.rstrip() for line in lines]
    found = [at for at in range(len(present) - len(wanted) + 1) if present[at : at + len(wanted)] == wanted]
    if not old or not found:
        raise _refused(Refusal.NOT_FOUND, "does not fit the code")
    if len(found) > 1:
        raise _refused(Refusal.AMBIGUOUS, "fits the code in several places")
    return found[0]


def _refused(reason: Refusal, what: str) -> EditRefused:
    return EditRefused(
        reason,
        f"The model answered with a diff that {what}, so it was not applied.",
        hint="Ask again.",
        for_model=f"Your diff {what}. {_ASK}",
    )
