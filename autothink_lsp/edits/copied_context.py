"""Removes lines that a model copied from around the piece, and that the document would contain twice.

Such an answer parses and keeps every name, so no check would detect it. Only whole lines at the ends of added code are
removed, never lines that the piece itself has there, and only if the document parses no worse without them: a closing
brace may belong to the piece.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from autothink_lsp.document.lines import indent_of
from autothink_lsp.edits.alignment import Stretch, stretches

# The number of errors of the document with these lines in place of the piece; ``None`` if unknown.
Errors = Callable[[list[str]], int | None]
_MOST_LINES = 40
_CLOSER = re.compile(
    r"[)\]}>]*+(?:@?end\w{0,12}(?:[ \t]+\w{1,40}){0,2}|fi|done|esac|</\w{1,40}>)?[)\]},;.]*", re.IGNORECASE
)
_BYTE_ORDER_MARK = "\ufeff"
_FEWEST_OUTSIDE = 4  # lines of the document outside of the piece; fewer are known by the other rules
_OUTSIDE_SHARE = 0.8  # minimum share of them in an answer that is the whole document; chosen
_WORD = re.compile(r"[^\W\d]\w*")
# A line that defines a name, or assigns to one without an object before it.
_DEFINED = re.compile(
    r"\s*+(?:[\w.:<>\[\]*&?-]++[ \t]++){0,5}?(?:\([^()]{0,80}\)[ \t]*)?(?P<name>[^\W\d]\w*+)[ \t]*+(?:[({<]|:?=(?!=)|:)"
)
_FEWEST_BEHIND_END = 3  # fewer lines may be repeated on purpose


def part_of_whole_document(
    lines: list[str], old: Sequence[str], above: Sequence[str], below: Sequence[str]
) -> tuple[int, int] | None:
    """The lines [first, stop) of the answer that stand where ``old`` stands, if the answer is the whole document, also
    with changes elsewhere; ``None`` if it is not, or if the lines at an edge of ``old`` are changed together with those
    beside them."""
    document = [line.rstrip().removeprefix(_BYTE_ORDER_MARK) for line in (*above, *old, *below)]
    answered = [line.rstrip().removeprefix(_BYTE_ORDER_MARK) for line in lines]
    outside = Counter(filter(None, (*document[: len(above)], *document[len(above) + len(old) :])))
    if outside.total() < _FEWEST_OUTSIDE or len(lines) * 2 < len(document):
        return None
    ends = [[line for line in one if line] for one in (document, answered)]
    if not all(ends) or ends[0][0] != ends[1][0] or ends[0][-1] != ends[1][-1]:
        return None
    if (outside & Counter(answered)).total() < _OUTSIDE_SHARE * outside.total():
        return None
    while answered and not answered[-1]:  # the blank lines at the end of a block are those of its fence
        answered.pop()
    while document and not document[-1]:
        document.pop()
    found = stretches(document, answered)
    first = _counterpart(found, len(above))
    stop = len(answered) if len(above) + len(old) >= len(document) else _counterpart(found, len(above) + len(old))
    return (first, stop) if first is not None and stop is not None and first < stop else None


def defined_outside(lines: Sequence[str], first: int, stop: int, document: str) -> str | None:
    """A name that ``lines[first:stop]`` of a whole document uses and the other lines define, and that ``document`` does
    not have; ``None`` if there is none."""
    known = set(_WORD.findall(document))
    used = {word for line in lines[first:stop] for word in _WORD.findall(line)} - known
    if not used:
        return None
    for line in (*lines[:first], *lines[stop:]):
        found = _DEFINED.match(line)
        if found is not None and found["name"] in used:
            return found["name"]
    return None


def _counterpart(found: Sequence[Stretch], line: int) -> int | None:
    """The line of the second sequence before which ``line`` of the first one stands; ``None`` inside of a change."""
    for equal, i1, i2, j1, _ in found:
        if equal and i1 <= line < i2:
            return j1 + line - i1
        if not equal and i1 == line < i2:
            return j1  # an insertion before it would be its own stretch, or belongs to the change
    return None


def without_copied_context(new: list[str], old: Sequence[str], above: Sequence[str], below: Sequence[str]) -> list[str]:
    """``new``, which replaces ``old``, without context lines if it has some at both ends: the model repeated the code
    around the piece. Indentation is ignored."""
    lines, present = [line.strip() for line in new], [line.strip() for line in old if line.strip()]
    head = _doubled_count(lines[::-1], [line.strip() for line in above[::-1]])
    tail = _doubled_count(lines, [line.strip() for line in below])
    if not present or not head or not tail or head + tail >= len(new):
        return new
    if (
        present[0] == lines[0]
        or present[-1] == lines[-1]
        or not any(c.isalnum() for line in (*lines[:head], *lines[-tail:]) for c in line)
    ):
        return new
    return new[head : len(new) - tail]


def without_code_around(
    new: list[str], old: Sequence[str], above: Sequence[str], below: Sequence[str], errors: Errors
) -> list[str]:
    """``new``, which replaces ``old``, without first lines that are the last ones of ``above``, and without last lines
    that are the first ones of ``below``, if the document then parses as well as with ``old``; else ``new``. Indentation
    is ignored. For an answer that begins with the header of the code around the piece."""
    lines = [line.strip() for line in new]
    head = _doubled_count(lines[::-1], [line.strip() for line in above[::-1]])
    present = errors(list(old))
    if not head or present is None:
        return new
    for tail in range(_doubled_count(lines, [line.strip() for line in below]), -1, -1):
        cut = new[head : len(new) - tail]
        if cut and (found := errors(cut)) is not None and found <= present:
            return cut
    return new


def without_copied_closers(new: list[str], old: Sequence[str], below: Sequence[str], errors: Errors) -> list[str]:
    """``new``, which replaces ``old``, without last lines that are the first lines of ``below`` but for their
    indentation, if the document parses better without them, or as well and they are ends of blocks that ``new`` does
    not begin."""
    lines, present = [line.strip() for line in new], [line.strip() for line in old]
    added = sum(map(_is_text, lines)) - sum(map(_is_text, present))
    count = min(_doubled_count(lines, [line.strip() for line in below]), added)
    if count <= 0 or lines[-count:] == present[-count:] != lines[-2 * count : -count]:
        return new
    cut, whole = errors(new[:-count]), errors(new)
    is_same_length = sum(map(_is_text, lines[:-count])) == sum(map(_is_text, present))
    if is_same_length and all(_CLOSER.fullmatch(line) for line in lines[-count:] if line):
        if cut is None or whole is None:  # else the piece may have had no end
            return new[:-count] if (last := lines[-count - 1]) and _CLOSER.fullmatch(last) else new
        return new[:-count] if cut <= whole else new
    return new[:-count] if cut is not None and whole is not None and cut < whole else new


def _doubled_count(new: list[str], below: list[str]) -> int:
    """The number of lines at the end of ``new`` that are the first lines of ``below``."""
    next_lines = _from_text(below[:_MOST_LINES])
    counts = range(min(len(next_lines), len(new) - 1), 0, -1)
    return next((n for n in counts if _is_text(next_lines[n - 1]) and new[-n:] == next_lines[:n]), 0)


def without_copied_end(new: list[str], old: Sequence[str], below: Sequence[str], errors: Errors) -> list[str]:
    """``new``, which replaces ``old``, without last lines that are the first lines of ``below``."""
    return _without_doubled(new, old, below, errors)


def _without_doubled(new: list[str], old: Sequence[str], below: Sequence[str], errors: Errors) -> list[str]:
    next_lines = _from_text([line.rstrip() for line in below[:_MOST_LINES]])
    ends = [line.rstrip() for line in new]
    for count in range(min(len(next_lines), len(new) - 1), 0, -1):
        if not _is_text(next_lines[count - 1]) or ends[-count:] != next_lines[:count]:
            continue
        if [line.rstrip() for line in old[-count:]] == next_lines[:count]:
            continue
        if _added_at_end(old, ends) < count and not _is_added_behind_end(old, ends, count):
            continue
        cut = new[:-count]
        while cut and not cut[-1].strip():
            cut.pop()
        if cut and _no_worse(errors(cut), errors(new), next_lines[:count]):
            return cut
    return new


def without_copied_start(new: list[str], old: Sequence[str], above: Sequence[str], errors: Errors) -> list[str]:
    """``new``, which replaces ``old``, without first lines that are the last lines of ``above``. Indentation is
    ignored, because it is not adjusted yet."""
    mirrored, present, ahead = ([line.strip() for line in reversed(lines)] for lines in (new, old, above))
    kept = len(_without_doubled(mirrored, present, ahead, lambda lines: errors(new[len(new) - len(lines) :])))
    return new[len(new) - kept :]


def without_copied_head(
    new: list[str], old: Sequence[str], above: Sequence[str], heads: tuple[int, int], notes: set[int], errors: Errors
) -> list[str]:
    """``new``, which replaces ``old``, without first lines that the document has in the same order above the piece,
    where other ones may follow them. For an answer with some of the decorators, attributes and comments of a
    definition, which are the last ``heads[0]`` lines of ``above`` and the first ``heads[1]`` lines of ``new``. Of these
    ``notes`` are comments; a comment is removed only as a whole."""
    in_document, in_answer = heads
    candidates = [line.strip() for line in above[len(above) - in_document :]]
    present = {line.strip() for line in old}
    count = place = 0
    while count < in_answer and (line := new[count].strip()) not in present and line in candidates[place:]:
        place = candidates.index(line, place) + 1
        count += 1
    while count > 0 and count in notes and count - 1 in notes:
        count -= 1
    if not 0 < count < len(new) or not _no_worse(errors(new[count:]), errors(new), new[:count]):
        return new
    return new[count:]


def without_ends_of_start(new: list[str]) -> list[str]:
    """``new``, from which first lines were removed, without the ends of blocks that those lines began: closers at its
    end that are indented less than its first line."""
    stop, base = len(new), len(indent_of(next(filter(_is_text, new), "")))
    while stop > 1 and (not _is_text(new[stop - 1]) or _is_end_outside(new[stop - 1], base)):
        stop -= 1
    return new[:stop] if any(map(_is_text, new[stop:])) else new


def _is_end_outside(line: str, base: int) -> bool:
    return len(indent_of(line)) < base and _CLOSER.fullmatch(line.strip()) is not None


def _added_at_end(old: Sequence[str], new: list[str]) -> int:
    """The number of lines that the end of ``new`` adds: a changed line that equals the next one is no copy."""
    *_, (equal, i1, i2, j1, j2) = stretches([line.rstrip() for line in old], new)
    return 0 if equal else (j2 - j1) - (i2 - i1)


def _is_added_behind_end(old: Sequence[str], new: list[str], count: int) -> bool:
    """Whether ``new`` has the last line of ``old`` before its last ``count`` lines, which end with the same line, as
    the members of an object do."""
    ends = old[-1].rstrip() if old else ""
    is_longer = count >= _FEWEST_BEHIND_END and len(new) - len(old) >= count
    return is_longer and _is_text(ends) and new[-count - 1] == ends == new[-1]


def _no_worse(cut: int | None, whole: int | None, doubled: list[str]) -> bool:
    if cut is None or whole is None:
        return any(character.isalnum() for line in doubled for character in line)
    return cut <= whole


def _from_text(lines: list[str]) -> list[str]:
    return next((lines[number:] for number, line in enumerate(lines) if _is_text(line)), [])


def _is_text(line: str) -> bool:
    return bool(line.strip())
