"""Extracts the code from a completion in the form of a chat: a sentence, a fence, the code, a fence, a remark.

Instruct models answer a fill-in-the-middle prompt so, and small models sometimes. The text around the code must be
removed before anything reads the layout: a fence in the first column looks like the end of the block. Fences are text
where the cursor is in a comment or a string, and in documents of prose; the caller decides that. Works one character at
a time, so the result does not depend on how a stream is split.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from enum import Enum

from autothink_lsp.context.values import CodeContext
from autothink_lsp.stream.cursor import CursorContext
from autothink_lsp.stream.layout import goes_on
from autothink_lsp.stream.lexical import Mode

_SENTENCE = re.compile(r"[^\W\d_a-z][^\W_]*(?:['’][^\W\d_]+)*[,!.]?(?: [^\s;={}<>]+)+ ?[.!?:…]")
_SENTENCE_BEGUN = re.compile(r"[^\W\d_a-z](?:[^\W_]|['’])*(?:[,!.]?(?: [^;={}<>\[\]]*)?)?")
_WITHOUT_BLANKS_BEGUN = re.compile(r"[^\x00-\x7f][^\n;={}<>()]*")
_OWN_WORDS = re.compile(r"[A-Z][A-Z\d_]+\b")  # SELECT, BEGIN: keywords and constants
_WITHOUT_BLANKS = re.compile(r"[^\x00-\x7f][^\n;={}<>()]*[：:。！!.…]")
_FENCE_CHARACTERS = "`~"
_MOST_SENTENCES = 4
_LONGEST_SENTENCE = 300  # characters
_MOST_BLANKS = 200  # characters of a line before its text
REPEATABLE_LINES = 12  # above the cursor
_COMMENT = re.compile(r"\s*(?://|#|--|\*|/\*|;)")
_OPENS_BELOW = re.compile(r"(?::|\b(?:then|do|else|begin|of|where))\s*\Z")  # besides brackets and operators
_CONTINUES = frozenset(".?|&=<")  # the first character of a line that goes on with the one above


class _State(Enum):
    BEFORE = "nothing but blanks and sentences so far"
    OPENING = "in the opening fence's line"
    CODE = "code without a fence around it"
    FENCED = "code between fences"
    ENDED = "behind the code"


def fences_are_text(context: CodeContext, around: CursorContext) -> bool:
    """Whether a fence at the cursor belongs to the document: in prose, in a comment, in a string; but not in place of
    a line that begins with ``*``."""
    if around.style.is_prose(context.language_id):
        return True
    return around.scanner.mode is not Mode.CODE and not begins_starred_line(context, around)


def begins_starred_line(context: CodeContext, around: CursorContext) -> bool:
    """Whether the cursor is where a line of a block comment begins whose lines begin with ``*``."""
    if around.scanner.mode is not Mode.BLOCK_COMMENT or context.line_prefix.strip():
        return False
    above = context.prefix.rstrip().rpartition("\n")[2].lstrip()
    return above.startswith(("*", "/**"))


def is_sentence(line: str) -> bool:
    """Whether a line reads like a sentence of a natural language that introduces or explains code.

    It begins with a capital letter, has several words, and ends like a sentence or an introduction; in scripts
    without capitals it need not have blanks.
    """
    bare = line.strip().strip("*_")
    if _OWN_WORDS.match(bare):
        return False
    return _SENTENCE.fullmatch(bare) is not None or _WITHOUT_BLANKS.fullmatch(bare) is not None


class Unwrapper:
    """``step`` through the characters of one completion; ``release`` at its end.

    ``line_prefix`` is the cursor's line up to the cursor: fenced code that begins in the first column is indented by
    it. ``names`` are the names of the document's language: one after an opening fence is no code. ``above`` are the
    nearest lines above: fenced code that begins with one of them is counted from the first column. ``tags`` returns
    the opening tags that, alone on a line before the code, are like a fence; ``special_tokens.py`` knows their closing
    ones.
    """

    __slots__ = (
        "_above",
        "_first_indent",
        "_first_line",
        "_held",
        "_indent",
        "_line_start",
        "_mark",
        "_names",
        "_prefix",
        "_sentences",
        "_shift",
        "_state",
        "_tags",
    )

    def __init__(
        self,
        line_prefix: str,
        names: Collection[str] = (),
        above: Collection[str] = (),
        tags: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._state = _State.BEFORE
        self._tags = tags
        self._held = ""  # the part of the current line that may not be code; before the code, all of it
        self._sentences = 0
        self._mark = ""  # the opening fence
        self._names = names
        self._prefix = "" if line_prefix.strip() else line_prefix
        self._above = above
        self._first_indent = ""  # of the first fenced line
        self._indent = ""  # of a fenced line, as the model wrote it
        self._shift: str | None = None  # prefix of every further line of fenced code
        self._first_line: str | None = ""  # of fenced code, until the second line shows what the lines are counted from
        self._line_start = True

    @classmethod
    def behind_code(
        cls,
        line_prefix: str,
        names: Collection[str] = (),
        above: Collection[str] = (),
        tags: Callable[[], Collection[str]] = tuple,
    ) -> Unwrapper:
        """An unwrapper that has already read the beginning of the completion, which was code without a fence."""
        unwrapper = cls(line_prefix, names, above, tags)
        unwrapper._state = _State.CODE
        unwrapper._line_start = False
        return unwrapper

    @property
    def is_within_line(self) -> bool:
        """Whether every character up to the next line end is code; ``step`` would return it unchanged."""
        return self._state is _State.CODE and not self._line_start

    def keeps(self, *, blanks: bool) -> bool:
        """Whether ``step`` would return every character up to the next line end unchanged; with ``blanks``, every
        blank before the next other character."""
        return self._state is _State.CODE and (not self._held if blanks else not self._line_start)

    @property
    def took_from_fence(self) -> bool:
        """Whether the code was between fences."""
        return bool(self._mark)

    @property
    def held_line(self) -> str:
        """The held-back part of the newest line, which may not be code."""
        return self._held.rpartition("\n")[2]

    def step(self, char: str, *, in_text: bool) -> tuple[str, bool]:
        """Return the text that is known to be code, and whether the code has ended. ``in_text``: the text before leaves
        a string or a comment open, in which a fence is text."""
        if self._state is _State.ENDED:
            return "", True
        if self._state is _State.BEFORE:
            return self._before(char), False
        if self._state is _State.OPENING:
            return self._opening(char)
        return self._code(char, in_text=in_text)

    def release(self) -> str:
        """The held-back code at the end of the completion."""
        held, self._held = self._held, ""
        if self._state is _State.OPENING:
            return self._on_one_line(held)
        if self._state in {_State.CODE, _State.FENCED} and _is_fence(held.strip()):
            return ""
        return "" if self._state is _State.ENDED else held

    def _before(self, char: str) -> str:
        line = self._held.rpartition("\n")[2]
        if char == "\n":
            if not line.strip():
                return self._released(char) if not self._sentences else self._hold(char)
            if line.lstrip()[:1] == "<" and line.strip() in self._tags():
                self._state, self._held = _State.FENCED, ""
                return ""
            if is_sentence(line) and self._sentences < _MOST_SENTENCES:
                self._sentences += 1
                return self._hold(char)
            return self._bare(char)
        begun = (line + char).lstrip()
        if not begun:
            return self._hold(char) if len(line) < _MOST_BLANKS else self._bare(char)
        if begun[0] in _FENCE_CHARACTERS:
            if begun != begun[0] * len(begun):
                return self._bare(char)
            if len(begun) == 3:
                self._state, self._held, self._mark = _State.OPENING, "", begun
                return ""
            return self._hold(char)
        if begun[0] == "<" and any(tag.startswith(begun.rstrip()) for tag in self._tags()):
            return self._hold(char)
        possible = any(begins.fullmatch(begun) for begins in (_SENTENCE_BEGUN, _WITHOUT_BLANKS_BEGUN))
        own = _OWN_WORDS.match(begun) is not None
        return self._hold(char) if possible and not own and len(begun) < _LONGEST_SENTENCE else self._bare(char)

    def _hold(self, char: str) -> str:
        self._held += char
        return ""

    def _released(self, char: str) -> str:
        held, self._held = self._held + char, ""
        return held

    def _bare(self, char: str) -> str:
        self._state = _State.CODE
        self._line_start = char == "\n"
        return self._released(char)

    def _opening(self, char: str) -> tuple[str, bool]:
        """Read up to the end of the fence's line, or to a fence that closes it on the same line."""
        if char == "\n":
            code = self._on_one_line(self._held) if self._mark in self._held else ""
            self._held = ""
            self._state = _State.ENDED if code else _State.FENCED
            return code, bool(code)
        self._held += char
        if not self._held.strip(self._mark[0]):
            self._held = ""  # a longer fence
        elif self._held.endswith(self._mark):
            code, self._held, self._state = self._on_one_line(self._held), "", _State.ENDED
            return code, True
        return "", False

    def _on_one_line(self, held: str) -> str:
        """The code of a block that is closed on the line of its opening fence; empty if it is not closed there."""
        code, closing, _ = held.partition(self._mark)
        word, _, rest = code.strip().partition(" ")
        if not closing:
            return ""
        return rest.strip() if rest.strip() and word.lower() in self._names else code.strip()

    def _code(self, char: str, *, in_text: bool) -> tuple[str, bool]:
        fenced = self._state is _State.FENCED
        if self._held:
            if char == self._held[0]:
                self._held += char
                return self._end() if len(self._held) >= 3 and self._line_start else ("", False)
            if char == "\n" and len(self._held) >= 3:
                return self._end()
            free, self._held = self._indentation(self._held[0]) + self._held, ""
            self._line_start = False
            return free + self._code(char, in_text=in_text)[0], False
        if char in _FENCE_CHARACTERS and not in_text and (self._line_start or fenced):
            self._held = char
            return "", False
        if char == "\n":
            self._line_start, self._indent = True, ""
            return char, False
        if fenced and self._line_start and char in " \t":
            self._indent += char
            return "", False
        free = self._indentation(char)
        self._line_start = self._line_start and char in " \t"
        if fenced and self._first_line is not None:
            self._first_line += char
        return free + char, False

    def _end(self) -> tuple[str, bool]:
        self._state, self._held = _State.ENDED, ""
        return "", True

    def _indentation(self, char: str) -> str:
        """The indentation of a line of fenced code in the document, whose code begins with ``char``; for the first
        line, after the cursor."""
        indent, self._indent = self._indent, ""
        if self._state is not _State.FENCED or not self._line_start:
            return indent
        if self._shift is not None:
            if self._first_line is not None and self._counts_from_margin(indent, char):
                self._shift = ""
            self._first_line = None
            return self._shift + indent
        self._first_indent = indent
        if indent.startswith(self._prefix):
            self._shift = ""
            return indent[len(self._prefix) :]
        self._shift = self._prefix[len(indent) :] if self._prefix.startswith(indent) else ""
        return ""

    def _counts_from_margin(self, indent: str, char: str) -> bool:
        """Whether the lines are counted from the first column: they repeat lines above, or only the first one begins at
        the cursor."""
        first = self._first_indent + (self._first_line or "")
        if first.strip() and first.rstrip() in self._above:
            return True
        return self._shift == self._prefix and self._is_absolute(indent, char)

    def _is_absolute(self, indent: str, char: str) -> bool:
        """Whether the second line, with this indentation, is counted from the first column, and the first one, without
        any, from the cursor."""
        first = self._first_line or ""
        is_open = goes_on(first) or _OPENS_BELOW.search(first) is not None or _opens_bracket(first)
        continues = char in _CONTINUES and first[:1] != char
        if (is_open or continues) and not _COMMENT.match(first):
            return indent.startswith(self._prefix) and len(indent) > len(self._prefix)
        return bool(indent) or char in ")]}"


def _opens_bracket(line: str) -> bool:
    return sum(line.count(char) for char in "([{") > sum(line.count(char) for char in ")]}")


def _is_fence(text: str) -> bool:
    return len(text) >= 3 and not text.strip(text[0]) and text[0] in _FENCE_CHARACTERS
