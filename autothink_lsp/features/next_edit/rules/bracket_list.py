"""The items between two brackets, such as parameters or arguments, on one line or several, and edits of them. Pure.

Strings and comments are skipped. A list whose edit would delete a comment is not edited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrs import field, frozen

from autothink_lsp.features.next_edit.proposal import LineEdit
from autothink_lsp.stream.lexical import Mode, Scanner
from autothink_lsp.syntax.language_style import LanguageStyle

_MOST_LINES = 40
_MOST_CHARACTERS = 4_000
_LONGEST_TYPE_ARGUMENTS = 200
_COMMENTS = frozenset({Mode.LINE_COMMENT, Mode.BLOCK_COMMENT})
_COMMENT_MARKS = "/*#-;%[("
_OPENERS = frozenset("([{")
_MARKS = frozenset("([{<,)]}>")
_MARK = re.compile(r"[(\[{<,)\]}>]")
# Type arguments before a call, a member access or the next item: ``new Map<String, Integer>()``, but not ``a < b``.
_TYPE_ARGUMENTS = re.compile(r"(?<=[\w:])<(?=\S)[\w\s,.<>?\[\]&*'|:]*>\s*(?=[()\[\]{},.]|::)")


@frozen
class BracketList:
    """A list in the lines ``first`` to ``last`` of a document. ``text`` are these lines joined by ``\\n``; ``code`` is
    the same with quotes in place of strings and spaces in place of comments. ``items`` are the (start, end) of each
    item in both, without the blanks around it; ``opening`` is the offset behind the opening bracket, ``closing`` that
    of the closing one."""

    first: int
    text: str = field(repr=False)
    code: str = field(repr=False)
    opening: int
    closing: int
    items: tuple[tuple[int, int], ...]

    @property
    def last(self) -> int:
        """The line of the closing bracket."""
        return self.first + self.text.count("\n", 0, self.closing)

    def item(self, number: int) -> str:
        """The text of an item."""
        start, end = self.items[number]
        return self.text[start:end]

    def code_of(self, number: int) -> str:
        """The text of an item, with quotes in place of strings and spaces in place of comments."""
        start, end = self.items[number]
        return self.code[start:end]

    @property
    def texts(self) -> list[str]:
        """The texts of all items."""
        return [self.item(number) for number in range(len(self.items))]

    def without(self, number: int) -> str | None:
        """``text`` without an item; ``None`` if a comment would be deleted."""
        start, end = self.items[number]
        if number + 1 < len(self.items):
            end = self.items[number + 1][0]
        elif number:
            start = self.items[number - 1][1]
        else:
            start, end = self.opening, self.closing
        return None if self._has_comment(start, end) else self.text[:start] + self.text[end:]

    def with_item(self, number: int, added: str) -> str:
        """``text`` with another item in front of item ``number``, on a line of its own where its neighbour has one."""
        if not self.items:
            return self.text[: self.opening] + added + self.text[self.opening :]
        if number < len(self.items):
            at = self.items[number][0]
            return self.text[:at] + added + self._separator(at) + self.text[at:]
        start, end = self.items[-1]
        return self.text[:end] + self._separator(start) + added + self.text[end:]

    def in_order(self, order: Sequence[int]) -> str:
        """``text`` with the items in another order."""
        text = self.text
        for number in reversed(range(len(order))):
            start, end = self.items[number]
            text = text[:start] + self.item(order[number]) + text[end:]
        return text

    def with_text(self, number: int, item: str) -> str:
        """``text`` with ``item`` in place of an item."""
        start, end = self.items[number]
        return self.text[:start] + item + self.text[end:]

    def edit(self, rule: str, pattern: str, text: str) -> LineEdit:
        """The edit that replaces the list's lines by ``text``."""
        return LineEdit(rule, pattern, self.first, self.first + self.text.count("\n") + 1, tuple(text.split("\n")))

    def _separator(self, start: int) -> str:
        head = self.text[self.text.rfind("\n", 0, start) + 1 : start]
        return ", " if head.strip() or "\n" not in self.text[self.opening : start] else f",\n{head}"

    def _has_comment(self, start: int, end: int) -> bool:
        inside = [one for one in self.items if start <= one[0] and one[1] <= end]
        outside, at = "", start
        for first, stop in (*inside, (end, end)):
            outside += self.text[at:first]
            at = stop
        return bool(outside.replace(",", "").strip())


def bracket_list(
    style: LanguageStyle, lines: Sequence[str], line: int, column: int, *, has_types: bool = False
) -> BracketList | None:
    """The list whose opening bracket is before ``column`` of ``line``; ``None`` if it is not closed soon.
    ``has_types``: it has declarations, so ``<`` and ``>`` are brackets."""
    text = "\n".join(lines[line : line + _MOST_LINES])[: column + _MOST_CHARACTERS]
    if not 0 < column <= len(lines[line]) or text[column - 1] not in _OPENERS:
        return None
    code = [*text[:column], *" " * (len(text) - column)]
    depth, start, skipped = 0, column, column
    items: list[tuple[int, int]] = []
    for at in _marks_in_code(Scanner(style), text, column, code):
        character = text[at]
        if at < skipped:
            continue
        if character == "<" and not has_types:
            found = _TYPE_ARGUMENTS.match(text, at, at + _LONGEST_TYPE_ARGUMENTS)
            skipped = found.end() if found is not None else at
        elif depth or character in "([{<":
            depth += _step(character, text[at - 1], has_types=has_types)
        elif character in ",)]}":
            item = _trimmed("".join(code[start:at]), start)
            items += [item] if item is not None else []
            start = at + 1
            if character != ",":
                end = text.find("\n", at)
                end = end if end >= 0 else len(text)
                return BracketList(line, text[:end], "".join(code[:end]), column, at, tuple(items))
    return None


def _step(character: str, before: str, *, has_types: bool) -> int:
    """How much deeper it is behind a character of code. An arrow is no bracket."""
    if character in "<>" and not (has_types and before not in "-="):
        return 0
    return (character in "([{<") - (character in ")]}>")


def _marks_in_code(scanner: Scanner, text: str, start: int, code: list[str]) -> Iterator[int]:
    """Yield the offsets of the brackets, commas and angle brackets in the code behind ``start``, and write the code, or
    what stands for it, to ``code``."""
    at = start
    while at < len(text):
        was_code, former = scanner.is_between_tokens, scanner.mode
        end = scanner.quiet_until(text, at)
        if end > at:  # a run that does not leave its code, string or comment
            scanner.feed(text[at:end])
            if was_code:
                code[at:end] = text[at:end]
                yield from (mark.start() for mark in _MARK.finditer(text, at, end))
            elif former not in _COMMENTS:
                code[at:end] = '"' * (end - at)
            at = end
            continue
        scanner.step(text[at])
        if was_code and scanner.is_between_tokens:
            code[at] = text[at]
            if text[at] in _MARKS:
                yield at
        elif former in _COMMENTS or scanner.mode in _COMMENTS:
            back = at - 1
            while former is Mode.CODE and back >= start and code[back] in _COMMENT_MARKS:
                code[back] = " "
                back -= 1
        else:
            code[at] = '"'
        at += 1


def _trimmed(code: str, start: int) -> tuple[int, int] | None:
    """The offsets of ``code``, which begins at ``start``, without the blanks around it; ``None`` if it is blank."""
    if not code.strip():
        return None
    return start + len(code) - len(code.lstrip()), start + len(code.rstrip())
