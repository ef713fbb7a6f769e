"""A lexer for streamed text: tells code from strings and comments, and reports the brackets in code.

It accepts text that no parser would: it starts anywhere, takes the text in pieces (the result does not depend on the
split), and recovers from an error at the next line, because a quote of a single-line string ends with its line. It
knows no grammar.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from types import MappingProxyType

from autothink_lsp.syntax.language_style import LanguageStyle

CLOSER_OF = MappingProxyType({"(": ")", "[": "]", "{": "}"})
CLOSERS = frozenset(CLOSER_OF.values())
_IN_STRING = r"\\\n"
_KNOWN_CHARACTERS = 1_000  # of a text that is likely to be lexed again, cached together


class Mode(Enum):
    """The kind of text that the next character belongs to."""

    CODE = "code"
    STRING = "string"
    LINE_COMMENT = "line comment"
    BLOCK_COMMENT = "block comment"


_IN_CLASS = "]/"  # what closes a regular expression in a class of characters: ``/[/]/``

ScannerState = tuple[Mode, str, str, str, bool, str]


class Scanner:
    """Reads a text from left to right. ``brackets`` grows by ``(offset, character)`` for each bracket in code.

    Offsets count from the first character fed, in code points. The cost is linear in the text, however it is split.
    """

    __slots__ = ("_close", "_escaped", "_literal", "_quiet", "_recent", "_run", "brackets", "mode", "offset", "style")

    def __init__(self, style: LanguageStyle, state: ScannerState | None = None) -> None:
        self.style = style
        self.offset = 0
        self.brackets: list[tuple[int, str]] = []
        self._quiet = _quiet_run(style)
        self.mode = Mode.CODE
        self._close = ""  # the delimiter that ends the string or block comment
        self._run = ""  # the newest characters of a string or comment, at most as many as its end has
        self._recent = ""  # the newest characters of code on this line
        self._escaped = False
        self._literal = ""  # a ' and what follows it, until it is clear whether that is a character literal
        if state is not None:
            self._enter_state(state)

    @property
    def state(self) -> ScannerState:
        """The lexer's state, without the offset and the brackets."""
        return self.mode, self._close, self._run, self._recent, self._escaped, self._literal

    def _enter_state(self, state: ScannerState) -> None:
        self.mode, self._close, self._run, self._recent, self._escaped, self._literal = state

    def fork(self) -> Scanner:
        """A scanner in the same state whose offsets and brackets begin here."""
        return Scanner(self.style, self.state)

    def copy(self) -> Scanner:
        """A scanner at the same place, with the same offset and brackets."""
        copied = Scanner(self.style, self.state)
        copied.offset, copied.brackets = self.offset, self.brackets.copy()
        return copied

    @property
    def is_between_tokens(self) -> bool:
        """Whether the position is in code, and not within what may be a character literal."""
        return self.mode is Mode.CODE and not self._literal

    @property
    def closing(self) -> str:
        """The delimiter that ends the open string or comment; empty in code."""
        return self._close

    @property
    def in_long_string(self) -> bool:
        """Whether the position is inside a string that may continue on the next line."""
        return self.mode is Mode.STRING and self._close in self.style.long_quotes

    @property
    def spans_lines(self) -> bool:
        """Whether line ends and indentation at this position are content of a string or comment."""
        return self.in_long_string or self.mode is Mode.BLOCK_COMMENT

    def feed(self, text: str) -> Scanner:
        """Read ``text`` and return the scanner. Runs of characters without meaning in code are skipped at once."""
        position = 0
        while position < len(text):
            end = self.quiet_until(text, position)
            if end == position:
                self.step(text[position])
                position += 1
                continue
            self.offset += end - position
            if self.mode is Mode.CODE:
                self._recent = (self._recent + text[max(position, end - 4) : end])[-4:]
            else:
                self._run = " "
            position = end
        return self

    def feed_known(self, text: str) -> Scanner:
        """As ``feed``, for a text that is likely to come again, such as the lines around the cursor.

        The text is read and remembered in pieces, so that a new line costs the reading of its piece only.
        """
        position = 0
        while position < len(text):
            end = text.find("\n", position + _KNOWN_CHARACTERS) + 1 or len(text)
            done = _remembered(self.style, self.state, text[position:end])
            self.brackets += [(self.offset + at, char) for at, char in done.brackets]
            self.offset += end - position
            self._enter_state(done.state)
            position = end
        return self

    def plain_until(self, text: str, position: int, limit: int) -> int:
        """End of the run of characters from ``position`` on that are code without a meaning of their own."""
        if not self.is_between_tokens:
            return position
        quiet = self._quiet.match(text, position, limit)
        return quiet.end() if quiet else position

    def quiet_until(self, text: str, position: int) -> int:
        """End of the run of characters from ``position`` on that change nothing but ``_recent`` or ``_run``."""
        if self.mode is Mode.CODE:
            quiet = None if self._literal else self._quiet.match(text, position)
            return quiet.end() if quiet else position
        if self._escaped or (self._run and (self.mode is Mode.LINE_COMMENT or self._run[-1] in self._close)):
            return position
        if self.mode is Mode.STRING and not self._run and self._close == "/":
            return position
        ends = "/[" if self._close == "/" else self._close[0]
        quiet = _run_without(ends, self.mode is Mode.STRING).match(text, position)
        return quiet.end() if quiet else position

    def step(self, char: str) -> None:
        """Read one character."""
        self.offset += 1
        if self.mode is Mode.CODE:
            self._step_code(char)
        elif self.mode is Mode.STRING:
            self._step_string(char)
        else:
            self._step_comment(char)

    def _step_code(self, char: str) -> None:
        if self._literal:
            if self._step_literal(char):
                return
        elif char == "'" and self.style.character_quote and "'" not in self.style.quotes:
            self._literal = char
            return
        if char == "\n":
            self._recent = ""
            return
        before, self._recent = self._recent, (self._recent + char)[-4:]
        if self._balanced(char):
            self.brackets.append((self.offset - 1, char))
        elif self._begins_string(char, before):
            return
        self._begins_comment(before)

    def _step_literal(self, char: str) -> bool:
        """One character after a single quote. ``True`` if it belongs to the literal."""
        held = self._literal
        if char == "\n" or (len(held) >= 2 and held[1] != "\\" and char != "'"):
            self._literal = ""  # a lifetime or a prime: the held text is code
            if self._balanced(held[1:2]):
                self.brackets.append((self.offset - 2, held[1]))
            self._recent = held[-4:]
            return False
        ended = char == "'" and len(held) >= 2 and held != "'\\"
        self._literal = "" if ended else held + char
        return True

    def _balanced(self, char: str) -> bool:
        return char != "" and (
            char in self.style.brackets or (char in CLOSERS and _opener(char) in self.style.brackets)
        )

    def _begins_string(self, char: str, before: str) -> bool:
        style = self.style
        in_word = style.word_quotes and before[-1:].isalnum()
        if char in style.long_quotes and not in_word:
            self._enter(Mode.STRING, char)
        elif char in style.quotes and not in_word:
            if before[-2:] == char * 2 and char * 3 in style.long_quotes:
                self._enter(Mode.STRING, char * 3)
            else:
                self._enter(Mode.STRING, char)
        elif char == "/" and style.regex_literals and before.rstrip()[-1:] in ("", *"(,=:[!&|?{};"):
            self._enter(Mode.STRING, "/")
        else:
            return False
        return True

    def _begins_comment(self, before: str) -> None:
        for opener, closer in self.style.inline_block_comments:
            if self._recent.endswith(opener):
                self._enter(Mode.BLOCK_COMMENT, closer)
                return
        for token in self.style.line_comments:
            if self._recent.endswith(token):
                left = (before + token[-1])[: -len(token)][-1:]
                if not self.style.word_comments or not left or left.isspace():
                    self._enter(Mode.LINE_COMMENT, "\n")
                    self._run = token
                return

    def _enter(self, mode: Mode, close: str) -> None:
        self.mode, self._close, self._run, self._escaped = mode, close, "", False

    def _step_string(self, char: str) -> None:
        first, self._run = not self._run, (self._run + char)[-len(self._close) :]
        if char == "\n" and self._close not in self.style.long_quotes:
            self._leave("")  # a string that should have ended on its line
        elif self._escaped:
            self._escaped = False
        elif char == "\\":
            self._escaped = True
        elif first and self._close == "/" and char in "/*":  # the assumed regular expression is a comment
            self._enter(*((Mode.LINE_COMMENT, "\n") if char == "/" else (Mode.BLOCK_COMMENT, "*/")))
        elif self._close == "/" and char == "[":
            self._close = _IN_CLASS
        elif self._close == _IN_CLASS:
            self._close = "/" if char == "]" else _IN_CLASS
        elif self._run == self._close:
            # Two quotes are the empty string or the beginning of a long one: the third decides, so both are kept.
            self._leave(char * 2 if first else char)

    def _step_comment(self, char: str) -> None:
        if self.mode is Mode.LINE_COMMENT:
            if char == "\n":
                self._leave("")
                return
            if self._run:  # "--[[" begins as "--" does
                self._run += char
                for opener, closer in self.style.inline_block_comments:
                    if self._run == opener:
                        self._enter(Mode.BLOCK_COMMENT, closer)
                        return
                if len(self._run) > 4:
                    self._run = ""
            return
        self._run = (self._run + char)[-len(self._close) :]
        if self._run == self._close:
            self._leave("")

    def _leave(self, recent: str) -> None:
        self.mode, self._close, self._run, self._recent, self._escaped = Mode.CODE, "", "", recent, False


@lru_cache(maxsize=64)  # the texts around three or four cursors
def _remembered(style: LanguageStyle, state: ScannerState, text: str) -> Scanner:
    """A scanner that has read ``text`` from ``state`` on. The caller must not feed it."""
    return Scanner(style, state).feed(text)


@lru_cache(maxsize=64)
def _quiet_run(style: LanguageStyle) -> re.Pattern[str]:
    """A run of characters without meaning in code."""
    return re.compile("[^" + re.escape(_telling(style)) + "]+")


@lru_cache(maxsize=16)
def _run_without(closes: str, in_string: bool) -> re.Pattern[str]:
    """A run of characters of a string or comment that neither end it nor, in a string, escape or break it off."""
    return re.compile(f"[^{re.escape(closes)}{_IN_STRING if in_string else ''}]+")


def _telling(style: LanguageStyle) -> str:
    """The characters that can have a meaning in code."""
    heads = "".join(token for token in (*style.line_comments, *(pair[0] for pair in style.inline_block_comments)))
    quotes = style.quotes + "".join(quote[0] for quote in style.long_quotes) + ("'" if style.character_quote else "")
    return "\n([{)]}" + heads + quotes + ("/" if style.regex_literals else "")


def _opener(closer: str) -> str:
    return "([{"[")]}".index(closer)]
