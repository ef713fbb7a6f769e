"""Cuts repetitions of the text after the cursor: of the rest of the line, or of the lines below."""

from __future__ import annotations

import re
from itertools import islice

from autothink_lsp.document.text import is_word
from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate
from autothink_lsp.features.completion.postprocess.closing_marks import (
    closes_own,
    ends_own_block,
    is_block_end,
    mark_alone,
    mark_at,
)
from autothink_lsp.features.completion.postprocess.comparing import (
    common_beginning,
    normal_form,
    repeats_parameter,
    same_line,
)
from autothink_lsp.stream.brackets import BracketTracker
from autothink_lsp.stream.extent import stands_before_line
from autothink_lsp.stream.layout import significant
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.syntax.language_style import indent_columns

_PUNCTUATION = re.compile(
    r"(?:[\s()\[\]{}>\"'`;,:]|/>)*"
)  # what a model says again; operators are half of another operator

_MOST_SUFFIX_CHARACTERS = 1_500
_OVERLAP_CHARACTERS = 200
_SEVERAL = 2  # lines
_SHORTEST_WHOLE = 2  # characters of the rest of a line


def suffix_overlap(candidate: CompletionCandidate) -> str:
    """The text without its repetitions: first those of the lines below (a whole line or more), then those of the rest
    of the cursor's line."""
    if stands_before_line(candidate.context):
        return _above_line(candidate)
    text = _without_lines_below(candidate)
    rest = candidate.context.line_suffix.strip()
    if not rest:
        return text
    cut = _without_rest_of_line(candidate, text, rest)
    # The rest begins with the blank that the answer has before its repetition.
    return cut.rstrip(" ") or cut if cut != text and candidate.context.line_suffix[0] == " " else cut


def _above_line(candidate: CompletionCandidate) -> str:
    """The text of an answer that inserts lines above the cursor's line, up to its repetition of that line."""
    context = candidate.context
    pushed_down = context.line_prefix + context.line_suffix
    for index, line in enumerate(candidate.lines):
        if line.rstrip() == pushed_down.rstrip():
            return candidate.keep_lines(index) + "\n" + context.line_prefix if index else ""
    return candidate.text


def _without_lines_below(candidate: CompletionCandidate) -> str:
    lines = candidate.lines
    if len(lines) == 1:
        return candidate.text
    below = list(islice((line for line in candidate.lines_below if line.strip()), len(lines)))
    for index in range(1, len(lines)):
        line = lines[index]
        if not below or not line.strip() or indent_columns(line) != indent_columns(below[0]):
            continue
        unfinished = index == len(lines) - 1 and not candidate.finished
        cut_off = unfinished and significant(line) >= 4 and below[0].startswith(line)
        if cut_off or _begins_below(candidate, lines, index, below):
            return candidate.keep_lines(index)
    return candidate.text


def _begins_below(candidate: CompletionCandidate, lines: list[str], index: int, below: list[str]) -> bool:
    """Whether the answer repeats the lines below from its line ``index`` on.

    One line is enough if it has enough content, or closes a bracket that the answer did not open; after another line of
    the answer, one name or number (``B,``) is enough. Of lines with less content, such as brackets, several are needed.
    """
    style = candidate.around.style
    line, next_line = lines[index], below[0]
    before = candidate.text.split("\n")[:index]
    mark = mark_alone(line, candidate)
    if mark:
        return mark_at(next_line.strip(), candidate) == mark and not closes_own("\n".join(before), mark)
    if is_block_end(line, style):
        return normal_form(line) == normal_form(next_line) and not ends_own_block(before, style)
    if same_line(line, next_line) or repeats_parameter(index, candidate):
        return True
    short = normal_form(line) == normal_form(next_line) and significant(line) > 0
    if short and any(one.strip() for one in before):
        return True
    return common_beginning(lines[index:], below) >= _SEVERAL


def _without_rest_of_line(candidate: CompletionCandidate, text: str, rest: str) -> str:
    mark = mark_at(rest, candidate)
    doubled = text.find(mark) if mark else -1
    while doubled >= 0 and closes_own(text[:doubled], mark):
        doubled = text.find(mark, doubled + len(mark))
    if doubled >= 0:
        trimmed = rest.find(mark)  # "-%}": the trim mark is repeated too
        return text[: doubled - trimmed if text[:doubled].endswith(rest[:trimmed]) else doubled]
    in_word = is_word(candidate.context.line_prefix[-1:]) and is_word(candidate.context.line_suffix[:1])
    at = _line_end(text, rest, anywhere=in_word)
    if at is not None:
        return text[:at]
    whole = "".join(rest.split())[:_OVERLAP_CHARACTERS]
    near = max(0, len(text) - 2 * len(whole) - 8)  # with white space, the answer's form may be longer
    overlaps = [start for start in range(near, len(text)) if _repeats(text, start, whole)]
    telling = next((start for start in overlaps if _is_telling(text[start:], whole)), None)
    if telling is not None:
        return text[:telling]
    closing = [start for start in overlaps if _is_closing(text, start, whole)]
    if not closing and (end := _attribute_end(candidate, text, rest)) >= 0:
        return text[:end]
    ends = (*closing, len(text), *_string_end(candidate, text, rest))
    return text[: min(ends, key=lambda end: _misfits(candidate, text[:end]))]


def _line_end(text: str, rest: str, *, anywhere: bool) -> int | None:
    """The offset at which a line of ``text`` begins to end with ``rest``, if ``rest`` is long enough to be no
    coincidence."""
    if len(rest) > len(text):
        return None
    enough = significant(rest)
    for found in re.finditer(re.escape(rest) + r"[ \t]*+$", text, re.MULTILINE):
        if enough >= 8 or (anywhere and len(rest) >= 2) or (enough >= 3 and not _inside_word(text, found.start())):
            return found.start()
    return None


def _repeats(text: str, start: int, whole: str) -> bool:
    """Whether ``text`` from ``start`` on equals the beginning of ``whole``, in whole words, ignoring white space."""
    tail = "".join(text[start:].split())
    if text[start].isspace() or _inside_word(text, start) or not whole.startswith(tail):
        return False
    return len(tail) == len(whole) or not _inside_word(whole, len(tail))


def _is_telling(tail: str, whole: str) -> bool:
    """Whether the repetition ``tail`` of the rest of the line has more than one letter or digit, or is all of it."""
    count = significant(tail)
    return count >= 2 or (count > 0 and len(whole) >= _SHORTEST_WHOLE and "".join(tail.split()) == whole)


def _is_closing(text: str, start: int, whole: str) -> bool:
    """Whether the repetition of the rest of the line consists of marks that a model says again: closing ones, or all of
    it without letters and digits."""
    if _ends_type(text, start):
        return False
    if _PUNCTUATION.fullmatch(text, start) is not None:
        return True
    tail = "".join(text[start:].split())
    is_ruler = len(tail) > 1 and len(set(tail)) == 1
    return tail == whole and significant(tail) == 0 and not is_ruler


def _ends_type(text: str, start: int) -> bool:
    """Whether a ``>`` closes type arguments that the answer begins: ``Array<number>``."""
    return text[start] == ">" and text.count("<", 0, start) > text.count(">", 0, start)


def _string_end(candidate: CompletionCandidate, text: str, rest: str) -> tuple[int, ...]:
    """Where the answer closes the string at the cursor, if its closing quote stands behind the cursor already."""
    scanner = candidate.around.scanner
    if scanner.mode is not Mode.STRING or not rest.startswith(scanner.closing):
        return ()
    ahead = scanner.fork()
    for at, char in enumerate(text):
        ahead.step(char)
        if ahead.mode is not Mode.STRING:
            return (at + 1 - len(scanner.closing),)
    return ()


def _attribute_end(candidate: CompletionCandidate, text: str, rest: str) -> int:
    """Where the answer closes the last of its attributes, the value at the cursor being the first one, if the closing
    quote stands behind the cursor already; -1 if it does not, or if that quote closes the last value."""
    if not candidate.around.style.has_elements(candidate.context.language_id) or rest[0] not in "\"'":
        return -1
    tag = candidate.context.line_prefix.rpartition("<")[2]
    return text.rfind(rest[0]) if tag.count(rest[0]) % 2 and text.count(rest[0]) % 2 else -1


def _inside_word(text: str, at: int) -> bool:
    return at > 0 and is_word(text[at - 1]) and is_word(text[at])


def _misfits(candidate: CompletionCandidate, text: str) -> tuple[bool, bool]:
    """Whether the rest of the line, after ``text``, ends within a string, and whether brackets do not match."""
    scanner = candidate.around.scanner.fork().feed(text)
    tracker = BracketTracker(candidate.around, candidate.context.line_prefix)
    for offset, char in scanner.brackets:
        tracker.read(offset, char)
    scanner.feed(candidate.context.line_suffix[:_MOST_SUFFIX_CHARACTERS])
    in_string = scanner.mode is Mode.STRING and not scanner.in_long_string
    spare = sum(closer.offset < len(candidate.context.line_suffix) for closer in candidate.around.spare_closers)
    return in_string, tracker.borrowed > 0 or tracker.line_lacks or len(tracker.own) != spare
