"""Checks whether a proposed edit may be shown, and turns it into a replacement. An edit that fails is dropped, never
repaired.

An edit of lines becomes one replacement of the document's text, with the document's own line ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autothink_lsp.context.secrets import find_secrets
from autothink_lsp.document.lines import equal_ends
from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import Replacement, apply_replacements
from autothink_lsp.features.assist.repairs.parse_errors import errors_of, errors_with
from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import LineEdit
from autothink_lsp.syntax.health import error_count
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

MOST_REGION_LINES = 24
MOST_REGION_BYTES = 8_192
MOST_GROWTH_BYTES = 2_048
MOST_LINE_DELTA = 16
MOST_SHRINK = 0.5
_LARGEST_STATEMENT_BYTES = 8_192  # the largest statement that is parsed by itself
_FREE_LINES = 3  # up to this number of lines may be deleted without a replacement
_MARKER = re.compile(
    r"<\|(?! )[^|\n]{1,60}(?<! )\|>|<｜[^｜\n]{1,60}｜>|^(?:<{7}|={7}|>{7}|\|{7})(?:\s|$)|<\[fim-\w+\]>|\x00",
    re.MULTILINE,
)


def refusal_of(
    text: Text,
    tree: SyntaxTree | None,
    edit: LineEdit,
    hunks: Sequence[EditHunk],
    *,
    check_secrets: bool = True,
    may_undo: bool = False,
) -> str:
    """The reason why the edit must not be shown; empty if it may be shown. ``may_undo``: an edit that reverts the
    user's last edit is accepted if it removes a syntax error."""
    old = tuple(text.lines(edit.first, edit.stop))
    if not (0 <= edit.first <= edit.stop <= text.line_count) or len(old) != edit.stop - edit.first:
        return "outside of the document"
    if reason := _out_of_bounds(old, edit.new):
        return reason
    before, after = "\n".join(old), "\n".join(edit.new)
    if "".join(before.split()) == "".join(after.split()):
        return "only blanks change"
    if any("\n" in line or "\r" in line for line in edit.new):
        return "a line end inside of a line"
    if hunks and _undoes(edit, old, hunks[0]) and not (may_undo and mends_syntax(text, tree, edit)):
        return "it undoes the last edit"
    if set(_MARKER.findall(after)) - set(_MARKER.findall(before)):
        return "a marker or special token"
    if check_secrets and len(find_secrets(after)) > len(find_secrets(before)):
        return "a secret"
    if not _is_exact(text, edit):
        return "line ends would join"
    if tree is None and not _net_brackets(old, edit.new) <= {net for h in hunks for net in _net_brackets(h.old, h.new)}:
        return "other brackets are open"
    if tree is not None and _parses_worse(tree, to_replacement(text, edit)):
        return "it parses worse"
    return ""


def _out_of_bounds(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    before, after = (sum(len(line.encode("utf-8", "surrogatepass")) + 1 for line in side) for side in (old, new))
    if max(len(old), len(new)) > MOST_REGION_LINES or max(before, after) > MOST_REGION_BYTES:
        return "too large"
    if after - before > MOST_GROWTH_BYTES or abs(len(new) - len(old)) > MOST_LINE_DELTA:
        return "it changes the size too much"
    if len(old) > _FREE_LINES and after < before * MOST_SHRINK:
        return "it deletes too much"
    return ""


def _net_brackets(old: Sequence[str], new: Sequence[str]) -> set[tuple[int, ...]]:
    """How many more brackets of each kind are opened than before, in each line or, if their number changes, in all of
    them; without those in which as many are."""
    pairs = zip(old, new, strict=True) if len(old) == len(new) else [("\n".join(old), "\n".join(new))]
    nets = {
        tuple(
            after.count(opener) - after.count(closer) - before.count(opener) + before.count(closer)
            for opener, closer in ("()", "[]", "{}")
        )
        for before, after in pairs
    }
    return {net for net in nets if any(net)}


def _undoes(edit: LineEdit, old: tuple[str, ...], last: EditHunk) -> bool:
    """Whether the edit reverts lines of the user's last edit to their former text."""
    if not (edit.first < max(last.stop, last.line + 1) and last.line < max(edit.stop, edit.first + 1)):
        return False
    shift = edit.first - last.line
    if len(last.old) != len(last.new) or len(old) != len(edit.new):
        return old == last.new and edit.new == last.old
    former = {last.line + number: line for number, line in enumerate(last.old)}
    back = [number for number, line in enumerate(edit.new) if former.get(last.line + shift + number) == line]
    return any(old[number] != edit.new[number] for number in back)


def _is_exact(text: Text, edit: LineEdit) -> bool:
    """Whether the document has exactly the edit's lines after the replacement. It has not if a line that ends with
    "\\r" would come before a "\\n": both would become one line end."""
    after = apply_replacements(text, (to_replacement(text, edit),))
    grown = len(edit.new) - (edit.stop - edit.first)
    emptied = not edit.new and edit.stop - edit.first == text.line_count  # an empty document has a line
    if after.line_count != text.line_count + grown and not emptied:
        return False
    return emptied or tuple(after.lines(edit.first, edit.first + len(edit.new))) == edit.new


def mends_syntax(text: Text, tree: SyntaxTree | None, edit: LineEdit) -> bool:
    """Whether the text has fewer syntax errors with the edit."""
    if tree is None or not tree.root.has_error:
        return False
    errors = errors_with(tree, (to_replacement(text, edit),))
    return errors is not None and errors < errors_of(tree)


def _parses_worse(tree: SyntaxTree, replacement: Replacement) -> bool:
    """Whether the text has more syntax errors with the replacement, or parsing it takes too long."""
    if _is_sound_by_itself(tree, replacement):
        return False
    errors = errors_with(tree, (replacement,))
    return errors is None or (errors > 0 and errors > errors_of(tree))


def _is_sound_by_itself(tree: SyntaxTree, replacement: Replacement) -> bool:
    """Whether the top-level statement around the replacement parses by itself, before and after the replacement.

    In a file without syntax errors the whole file then parses, too. This saves parsing the file, of which some grammars
    parse everything after the edit again (10 ms for 3,500 lines of Python). False means unknown.
    """
    text, root = tree.text, tree.root
    start, end = text.place(replacement.start).byte, text.place(replacement.end).byte
    if root.has_error or text.has_lone_cr:
        return False
    node = root.descendant_for_byte_range(start, end)
    while node is not None and node.parent is not None and node.parent.id != root.id:
        node = node.parent
    if (
        node is None
        or node.parent is None
        or node.start_point[1]
        or node.end_byte - node.start_byte > _LARGEST_STATEMENT_BYTES
    ):
        return False
    if not node.start_byte < start <= end < node.end_byte:
        return False  # at its edge it may belong to the next one
    whole = text.bytes_between(node.start_byte, node.end_byte)
    changed = b"".join(
        (
            whole[: start - node.start_byte],
            replacement.new_text.encode("utf-8", "surrogatepass"),
            whole[end - node.start_byte :],
        )
    )
    return all(
        error_count(tree.grammar, source.decode("utf-8", "surrogatepass") + "\n") == 0 for source in (whole, changed)
    )


def to_replacement(text: Text, edit: LineEdit) -> Replacement:
    """The edit as one replacement, without the lines that stay the same, with the line ends of the document."""
    old = text.lines(edit.first, edit.stop)
    head, tail = equal_ends(old, edit.new)
    first, new = edit.first + head, edit.new[head : len(edit.new) - tail]
    old = old[head : len(old) - tail]
    stop = first + len(old)
    eol = text.eol_at(first)
    if old and new:
        ends = [_end_of(text, first + number) or eol for number in range(len(old))]
        joined = "".join(
            line + (ends[number] if number < len(old) - 1 else eol) for number, line in enumerate(new[:-1])
        )
        return Replacement(Point(first, 0), Point(stop - 1, len(old[-1])), joined + new[-1])
    if old:
        if stop < text.line_count:
            return Replacement(Point(first, 0), Point(stop, 0), "")
        start = Point(first - 1, len(text.line(first - 1))) if first else Point(0, 0)
        return Replacement(start, Point(stop - 1, len(old[-1])), "")
    if first < text.line_count:
        return Replacement(Point(first, 0), Point(first, 0), "".join(line + eol for line in new))
    end = Point(first - 1, len(text.line(first - 1)))
    return Replacement(end, end, "".join(eol + line for line in new))


def _end_of(text: Text, line: int) -> str:
    whole = text.line_with_end(line)
    return whole[len(whole.rstrip("\r\n")) :]
