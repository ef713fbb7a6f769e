"""Cuts what the answer says again of the text after the cursor: the rest of the line, or the lines below."""

from __future__ import annotations

from autothink_lsp.features.completion.filters.candidate import Candidate
from autothink_lsp.features.completion.filters.comparing import same_line
from autothink_lsp.stream.brackets import BracketTracker
from autothink_lsp.stream.layout import indent_columns, significant


def suffix_overlap(candidate: Candidate) -> str:
    """First the lines below (a whole line, then perhaps more), then the rest of the cursor's line."""
    text = _without_lines_below(candidate)
    rest = candidate.context.line_suffix.strip()
    return _without_rest_of_line(candidate, text, rest) if rest else text


def _without_lines_below(candidate: Candidate) -> str:
    lines = candidate.lines
    below = [line for line in candidate.lines_below if line.strip()]
    if not below:
        return candidate.text
    for index in range(1, len(lines)):
        line = lines[index]
        if not line.strip() or indent_columns(line) != indent_columns(below[0]):
            continue
        if significant(line) >= 2 and same_line(line, below[0]):
            return candidate.keep_lines(index)
        unfinished = index == len(lines) - 1 and not candidate.finished
        if unfinished and significant(line) >= 4 and below[0].startswith(line):
            return candidate.keep_lines(index)
    return candidate.text


def _without_rest_of_line(candidate: Candidate, text: str, rest: str) -> str:
    if significant(rest) >= 3:
        at = text.find(rest)
        if at >= 0:
            return text[:at]
    near = max(0, len(text) - 2 * len(rest) - 8)  # white space may make the answer's form the longer one
    overlaps = [start for start in range(near, len(text)) if _begins(rest, text[start:])]
    telling = next((start for start in overlaps if significant(text[start:])), None)
    if telling is not None:
        return text[:telling]
    if not overlaps or _balanced(candidate, text):
        return text
    return text[: next((start for start in overlaps if _balanced(candidate, text[:start])), overlaps[0])]


def _begins(rest: str, tail: str) -> bool:
    """Whether ``rest`` begins with ``tail``, white space aside. A tail never begins with some."""
    return not tail[0].isspace() and "".join(rest.split()).startswith("".join(tail.split()))


def _balanced(candidate: Candidate, text: str) -> bool:
    """Whether the brackets above, in ``text`` and below fit together."""
    around = candidate.around
    tracker = BracketTracker(around, candidate.context.line_prefix)
    for _, char in around.scanner.fork().feed(text).brackets:
        tracker.read(char)
    return not tracker.borrowed and not tracker.line_is_open
