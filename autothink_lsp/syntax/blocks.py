"""How a language writes blocks, told from lines of text alone: indentation, openers, closers, statement extents.

Knows nothing of trees, so it also serves files without a grammar and text that does not parse. It never decides what to
keep of an answer; that is ``holes.py`` (by text) and ``cut.py`` (with a tree as the judge).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from attrs import field, frozen

BlockStyle = Literal["indent", "braces", "keyword", "tags", "none"]

_LONG_LINE = 4_000  # characters; longer ones are data or minified, and patterns would take long on them
TAB_WIDTH = 8  # only compared within one file, so any width does; Python's own rule is 8

# What a style means where language.toml does not say it. A pattern sees a line without indentation, trailing blanks and
# trailing line comment.
_STYLE_PATTERNS: Mapping[str, Mapping[str, str]] = {
    "indent": {"open": r"[:{(\[]$", "close": r"^[)\]}]"},
    "braces": {"open": r"[{(\[]$", "close": r"^[)\]}]", "continue": r"^(\{|else\b|catch\b|finally\b|\.)"},
    "keyword": {"open": r"[{(\[]$", "close": r"^(end\b|[)\]}])"},
    # A start tag at the end of the line that is neither empty by definition nor closed in itself.
    "tags": {
        "open": r"<(?!area\b|base\b|br\b|col\b|embed\b|hr\b|img\b|input\b|link\b|meta\b|source\b|track\b|wbr\b)"
        r"[A-Za-z][^<>]*(?<!/)>$",
        "close": r"^(</|-->)",
    },
    "none": {},
}
_PATTERN_KEYS = ("open", "close", "continue", "exit", "outdent", "same_level", "prefix", "statement_end")
_OPENERS, _CLOSERS = "([{", ")]}"


class Line(NamedTuple):
    """One line as block rules see it: how far it is indented, and its code without comment and outer blanks."""

    indent: int
    code: str

    @property
    def blank(self) -> bool:
        return not self.code


@frozen
class BlockRules:
    """``[block]`` and ``[statement]`` of ``language.toml``. Each pattern is ``None`` where the language has none.

    open: the line opens a block, which stands deeper than the line. close: the line begins with what ends a block.
    continue_: at the level of a statement, the line still belongs to it (``else``, ``catch``, a brace on its own line).
    exit: nothing after this statement is reached in its block. outdent: the line may stand left of its block (labels,
    ``#if``). same_level: a block's lines may stand at their opener's level. prefix: the line belongs to the statement
    below it (decorators, attributes). statement_end: a statement goes on at one level until a line matches.
    """

    style: BlockStyle
    comment_line: str | None
    comment_block: tuple[str, str] | None
    strings: re.Pattern[str]  # what may hold brackets that do not count, and (as group "comment") a comment's token
    open: re.Pattern[str] | None
    close: re.Pattern[str] | None
    continue_: re.Pattern[str] | None
    exit: re.Pattern[str] | None
    outdent: re.Pattern[str] | None
    same_level: re.Pattern[str] | None
    prefix: re.Pattern[str] | None
    statement_end: re.Pattern[str] | None
    # The lines around the cursor are measured with every answer, and stay from key to key.
    _measure: Callable[[str], Line] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        remembered = lru_cache(maxsize=2_048)(lambda text: Line(indent_width(text), self.code_part(text)))
        object.__setattr__(self, "_measure", remembered)

    @classmethod
    def from_tables(
        cls,
        table: Mapping[str, Any],
        *,
        comment_line: str | None = None,
        comment_block: tuple[str, str] | None = None,
        delimiters: Sequence[str] = ('"', "'"),
    ) -> BlockRules:
        """Raises ValueError when the style is unknown or a pattern is no regular expression."""
        style = table.get("style", "none")
        if style not in _STYLE_PATTERNS:
            raise ValueError(f"block.style must be one of {', '.join(_STYLE_PATTERNS)}, not {style!r}")
        texts = {**_STYLE_PATTERNS[style], **{key: text for key, text in table.items() if key != "style"}}
        patterns: dict[str, re.Pattern[str] | None] = {}
        for key in _PATTERN_KEYS:
            try:
                patterns[key] = re.compile(texts[key]) if key in texts else None
            except (re.error, TypeError) as error:
                raise ValueError(f"the pattern {key!r} is no regular expression: {error}") from error
        continue_ = patterns.pop("continue")
        strings = _string_pattern(delimiters, comment_line)
        return cls(style, comment_line, comment_block, strings, continue_=continue_, **patterns)

    def line(self, text: str) -> Line:
        """Measure one line; one that is all comment has code: the comment. Of a very long one only the ends count."""
        if len(text) > _LONG_LINE:
            text = text[: _LONG_LINE // 2] + text[-_LONG_LINE // 2 :]
        return self._measure(text)

    def opens(self, line: Line) -> bool:
        return bool(self.open and self.open.search(line.code)) and not self.is_comment(line)

    def closes(self, line: Line) -> bool:
        return bool(self.close and self.close.search(line.code))

    def continues(self, line: Line) -> bool:
        return bool(self.continue_ and self.continue_.search(line.code))

    def exits(self, line: Line) -> bool:
        return bool(self.exit and self.exit.search(line.code))

    def may_stand_left(self, line: Line) -> bool:
        return bool(self.outdent and self.outdent.search(line.code))

    def stays_level(self, line: Line) -> bool:
        return bool(self.same_level and self.same_level.search(line.code))

    def ends_statement(self, line: Line) -> bool:
        return self.statement_end is None or bool(self.statement_end.search(line.code))

    def is_comment(self, line: Line) -> bool:
        return bool(self.comment_line and line.code.startswith(self.comment_line))

    def belongs_below(self, line: Line) -> bool:
        """A comment, a decorator or an attribute goes with the statement under it."""
        return self.is_comment(line) or bool(self.prefix and self.prefix.search(line.code))

    def depth_after(self, line: Line) -> int:
        """Brackets that the line opens less those that it closes; those in strings and comments do not count."""
        return self.depths(line)[1]

    def depths(self, line: Line) -> tuple[int, int]:
        """(lowest depth reached in the line, depth at its end) where 0 is the depth before it."""
        lowest = depth = 0
        for character in self._brackets(line):
            depth += 1 if character in _OPENERS else -1
            lowest = min(lowest, depth)
        return lowest, depth

    def open_brackets(self, line: Line) -> str:
        """The brackets that the line opens and does not close, in their order."""
        open_ones: list[str] = []
        for character in self._brackets(line):
            if character in _OPENERS:
                open_ones.append(character)
            elif open_ones:
                open_ones.pop()
        return "".join(open_ones)

    def _brackets(self, line: Line) -> Iterator[str]:
        if not self.is_comment(line):
            code = self.strings.sub("", line.code)
            yield from (character for character in code if character in _OPENERS or character in _CLOSERS)

    def code_part(self, text: str) -> str:
        """The line without outer blanks and without a comment after code. A line that is all comment stays."""
        code = text.strip()
        if self.comment_line is None or self.comment_line not in code:
            return code
        for match in self.strings.finditer(code):
            if match.lastgroup == "comment":
                return code if match.start() == 0 else code[: match.start()].rstrip()
        return code


def indent_width(text: str) -> int:
    """Columns before the first character that is no blank; 0 for a blank line."""
    width = len(text) - len(text.lstrip(" "))
    if width == len(text):
        return 0
    if text[width] != "\t":
        return width
    width = 0
    for character in text:
        if character == " ":
            width += 1
        elif character == "\t":
            width += TAB_WIDTH - width % TAB_WIDTH
        else:
            return width
    return 0


def _string_pattern(delimiters: Sequence[str], comment_line: str | None) -> re.Pattern[str]:
    """Strings that end on their line, one-character literals, and the comment token where it begins a word.

    An escaped quote outside of a string is taken first: else each of many would be tried as the beginning of a string
    that never ends, which takes the square of the line's length.
    """
    parts = [r"\\[\\\"'`]", *(rf"{d}(?:[^{d}\\]|\\.)*+{d}" for d in map(re.escape, delimiters))]
    parts.append(r"'(?:\\[^']+|[^'\\])'")
    if comment_line:
        parts.append(rf"(?P<comment>(?<!\S){re.escape(comment_line)})")
    return re.compile("|".join(parts))


def statement_extent(rules: BlockRules, lines: Sequence[Line], first: int) -> tuple[int, bool]:
    """How far the statement that begins at ``lines[first]`` goes, with its block and its further clauses.

    Returns (index after its last line, whether a line was seen that shows its end). Blank lines after it are no part of
    it. ``lines[first]`` must not be blank.
    """
    start = first
    while start < len(lines) - 1 and (lines[start].blank or rules.belongs_below(lines[start])):
        start += 1
    level, end = lines[first].indent, start + 1
    depth, opened = rules.depth_after(lines[start]), rules.opens(lines[start])
    ended = rules.ends_statement(lines[start])
    for index in range(start + 1, len(lines)):
        line = lines[index]
        if line.blank:
            continue
        if depth <= 0 and ended:
            if line.indent < level and not rules.may_stand_left(line):
                return end, True
            if line.indent > level and not opened and rules.style == "indent":
                return end, True
            if line.indent == level:
                if not (rules.continues(line) or (opened and (rules.closes(line) or rules.stays_level(line)))):
                    return end, True
                opened = rules.opens(line) or (opened and rules.stays_level(line))
        was_inside = depth > 0
        depth = max(0, depth + rules.depth_after(line))
        if was_inside and depth == 0:
            opened = rules.opens(line)
        ended = ended or (depth == 0 and rules.ends_statement(line))
        end = index + 1
    return end, False


# For documents in no known language: a line, what stands deeper below it, brackets.
PLAIN_TEXT = BlockRules.from_tables({})
