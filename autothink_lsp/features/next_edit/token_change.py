"""The changes inside the lines of a hunk, as tokens: lines are compared by words, so that a changed part of an
identifier is a change of the whole identifier."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from attrs import evolve, field, frozen

from autothink_lsp.document.lines import indent_length
from autothink_lsp.features.next_edit.history import EditHunk

TOKEN = re.compile(r"\d+(?:\.\d+)+|\w+|\s+|[^\w\s]")
MOST_LINE_CHARACTERS = 600  # longer lines are data
_MOST_JOINED_LINES = 12  # of a statement that was wrapped in another way
_LINE_COMMENT = re.compile(r"(?:^|\s)(?:#|//|--)")
_CONTINUING = (".", "?.", "->", "&&", "||", "+", "?", ":", "=", "and ", "or ")  # a statement
_LEAST_SIMILAR = 0.3  # of two lines that are versions of one


@frozen
class TokenChange:
    """The tokens ``old`` of a line became ``new``; ``left`` and ``right`` are the line's tokens before and after them.

    ``at`` is the position of the first changed character in the newest text (line, column).
    """

    uri: str
    at: tuple[int, int]
    left: tuple[str, ...] = field(repr=False)
    old: tuple[str, ...]
    new: tuple[str, ...]
    right: tuple[str, ...] = field(repr=False)
    order: int = 0

    @property
    def old_text(self) -> str:
        return "".join(self.old)

    @property
    def new_text(self) -> str:
        return "".join(self.new)


def tokens(text: str) -> tuple[str, ...]:
    """Split ``text`` into words, versions (``1.2.0``), runs of blanks, and single other characters."""
    return tuple(TOKEN.findall(text))


def line_pairs(hunk: EditHunk) -> Iterator[tuple[int, str, str]]:
    """Yield each changed line of a hunk with as many new as old lines: its number in the newest text, its old and its
    new text. Skips lines that are too long to be code."""
    if len(hunk.old) != len(hunk.new):
        return
    for number, (old, new) in enumerate(zip(hunk.old, hunk.new, strict=True)):
        if old != new and max(len(old), len(new)) <= MOST_LINE_CHARACTERS:
            yield hunk.line + number, old, new


@frozen
class LogicalLine:
    """Lines of one statement as one line, as a formatter would join them. ``places`` has the line (from 0) and the
    column of each character."""

    text: str
    places: tuple[tuple[int, int], ...] = field(repr=False)

    def place(self, column: int) -> tuple[int, int]:
        """Where the character of ``text`` stands; behind its end, where the next one would stand."""
        if column < len(self.places):
            return self.places[column]
        line, last = self.places[-1] if self.places else (0, -1)
        return line, last + 1


def rewrapped_pair(hunk: EditHunk) -> tuple[LogicalLine, LogicalLine] | None:
    """Both sides of a hunk with another number of lines, each as one line, if each is one statement or a part of one:
    what was changed besides the line breaks shows."""
    if len(hunk.old) == len(hunk.new) or not hunk.old or not hunk.new:
        return None
    if max(len(hunk.old), len(hunk.new)) > _MOST_JOINED_LINES:
        return None
    old, new = _joined(hunk.old), _joined(hunk.new)
    if old is None or new is None or max(len(old.text), len(new.text)) > MOST_LINE_CHARACTERS:
        return None
    return (old, new) if old.text.strip() != new.text.strip() else None


def _joined(lines: Sequence[str]) -> LogicalLine | None:
    text, depth = lines[0].rstrip(), _depth(lines[0])
    places = [(0, column) for column in range(len(text))]
    for number, line in enumerate(lines[1:], 1):
        part = line.strip()
        if not part or _LINE_COMMENT.search(lines[number - 1]):
            return None
        if depth <= 0 and not part.startswith(_CONTINUING):
            return None  # another statement
        if part[0] in ")]}" and text.endswith(","):
            text = text[:-1]
            del places[-1]
        indent = indent_length(line)
        if text[-1:] not in tuple("([{") and part[0] not in ")]}.":
            text += " "
            places.append((number, max(0, indent - 1)))
        text += part
        places += [(number, indent + column) for column in range(len(part))]
        depth += _depth(line)
    return LogicalLine(text, tuple(places))


def _depth(line: str) -> int:
    return sum((character in "([{") - (character in ")]}") for character in line)


def token_changes(hunks: Sequence[EditHunk]) -> tuple[TokenChange, ...]:
    """The changes inside lines, in the order of the hunks."""
    found: list[TokenChange] = []
    for hunk in hunks:
        for number, old, new in line_pairs(hunk):
            found += _changes(hunk, number, tokens(old), tokens(new))
        if (pair := rewrapped_pair(hunk)) is not None:
            changes = list(_changes(hunk, hunk.line, *(tokens(side.text) for side in pair)))
            if len({(change.old, change.new) for change in changes}) == 1:  # else each says only a part of the edit
                places = [pair[1].place(change.at[1]) for change in changes]
                found += [
                    evolve(change, at=(hunk.line + line, column))
                    for change, (line, column) in zip(changes, places, strict=True)
                ]
    return tuple(found)


def effect_of(old: Sequence[str], new: Sequence[str]) -> str:
    """A text that describes an edit without its place: the changed tokens of each line, each change in a line, or else
    the deleted and the added lines."""
    hunk = EditHunk("", 0, tuple(old), tuple(new), 0)
    if len(old) == len(new) and (changes := token_changes((hunk,))):
        return "\n".join(sorted({f"{change.old_text} → {change.new_text}" for change in changes}))
    before, after = [one.strip() for one in old], [one.strip() for one in new]
    gone, added = [one for one in before if one not in after], [one for one in after if one not in before]
    return " ⏎ ".join(gone) + " → " + " ⏎ ".join(added)


def _changes(hunk: EditHunk, number: int, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[TokenChange]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _LEAST_SIMILAR:
        return
    blocks: list[tuple[int, int, int, int]] = []
    for tag, first, stop, new_first, new_stop in matcher.get_opcodes():
        if tag == "equal":
            continue
        # What only blanks separate is one change.
        if blocks and not "".join(old[blocks[-1][1] : first]).strip():
            blocks[-1] = (blocks[-1][0], stop, blocks[-1][2], new_stop)
        else:
            blocks.append((first, stop, new_first, new_stop))
    blocks = [_without_alignment(old, new, *block) for block in blocks]
    for first, stop, new_first, new_stop in (_leftmost(old, new, *block) for block in blocks):
        column = sum(map(len, new[:new_first]))
        yield TokenChange(
            hunk.uri,
            (number, column),
            old[:first],
            old[first:stop],
            new[new_first:new_stop],
            old[stop:],
            hunk.order,
        )


def _without_alignment(
    old: tuple[str, ...], new: tuple[str, ...], first: int, stop: int, new_first: int, new_stop: int
) -> tuple[int, int, int, int]:
    """A change without the blanks behind it, of which a formatter made more or fewer to align what follows."""
    are_blank = stop - first > 1 and new_stop - new_first > 1 and not (old[stop - 1] + new[new_stop - 1]).strip()
    return (first, stop - 1, new_first, new_stop - 1) if are_blank else (first, stop, new_first, new_stop)


def _leftmost(
    old: tuple[str, ...], new: tuple[str, ...], first: int, stop: int, new_first: int, new_stop: int
) -> tuple[int, int, int, int]:
    """An insertion or deletion moved as far to the left as its result stays the same: ``b, `` inserted before ``c`` is
    ``, b`` inserted after ``a``. A blank at its beginning is moved to its end where the result stays the same."""
    if first != stop and new_first != new_stop:
        return first, stop, new_first, new_stop
    while first and new_first and old[first - 1] == new[new_first - 1]:
        if (old[stop - 1] if first != stop else new[new_stop - 1]) != old[first - 1]:
            break
        first, stop, new_first, new_stop = first - 1, stop - 1, new_first - 1, new_stop - 1
    changed = old[first:stop] or new[new_first:new_stop]
    if not changed[0].strip() and "".join(changed).strip() and old[stop : stop + 1] == changed[:1]:
        return first + 1, stop + 1, new_first + 1, new_stop + 1  # ``final `` wherever it stands, never `` final``
    return first, stop, new_first, new_stop
