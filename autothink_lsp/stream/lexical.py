"""Tells code from strings and comments while text is still arriving, and reports the brackets that stand in code.

A lexer for text that no parser would accept: it starts anywhere, it is fed piece by piece (however the pieces are cut,
the result is the same), and after a mistake it recovers at the next line, because a quote that is not meant for several
lines ends with its line. It knows no grammar: what a statement is, is decided elsewhere.
"""

from __future__ import annotations

import re
from enum import Enum
from types import MappingProxyType
from typing import Literal

from attrs import evolve, frozen

BlockStyle = Literal["brackets", "indent", "keywords", "none"]
CLOSER_OF = MappingProxyType({"(": ")", "[": "]", "{": "}"})
CLOSERS = frozenset(CLOSER_OF.values())


@frozen
class LexicalStyle:
    """How one language writes comments, strings and blocks. A wrong guess may cost a suggestion, never an error."""

    line_comments: tuple[str, ...] = ()
    block_comments: tuple[tuple[str, str], ...] = ()
    quotes: str = '"'  # each begins a string that ends on its line
    long_quotes: tuple[str, ...] = ()  # strings that may span lines: a single character, or one of quotes three times
    character_quote: bool = True  # ' holds one character ('{'), else it is a lifetime, a prime, a digit separator
    brackets: str = "([{"  # openers that are balanced in this language
    blocks: BlockStyle = "brackets"
    word_comments: bool = False  # a comment begins only where a word could ("$#" and "a#b" are none)
    word_quotes: bool = False  # a quote inside a word is an apostrophe
    regex_literals: bool = False


_C = LexicalStyle(line_comments=("//",), block_comments=(("/*", "*/"),))
_JS = evolve(_C, quotes="\"'", long_quotes=("`",), character_quote=False, regex_literals=True)
_HASH = LexicalStyle(line_comments=("#",), quotes="\"'", character_quote=False)
_RUBY = evolve(_HASH, blocks="keywords", word_comments=True)
_DASHES = LexicalStyle(line_comments=("--",), quotes="\"'", character_quote=False)
_PROSE = LexicalStyle(quotes="", character_quote=False, brackets="", blocks="none")
_MARKUP = evolve(_PROSE, block_comments=(("<!--", "-->"),))
_LISP = LexicalStyle(line_comments=(";",), character_quote=False)
_YAML = evolve(_HASH, brackets="[{", blocks="indent", word_comments=True, word_quotes=True)
_SHELL = evolve(_RUBY, brackets="{")  # the ")" of a case pattern has no opener

# Keyed by LSP language identifier, and by the other names that editors use.
_STYLES = MappingProxyType(
    {
        **dict.fromkeys(("c", "cpp", "c++", "objective-c", "objective-cpp", "rust", "zig", "glsl", "proto"), _C),
        **dict.fromkeys(("java", "kotlin", "scala", "csharp", "cs", "dart"), evolve(_C, long_quotes=('"""',))),
        "swift": evolve(_C, long_quotes=('"""',), character_quote=False),
        "go": evolve(_C, long_quotes=("`",)),
        "php": evolve(_C, line_comments=("//", "#"), quotes="\"'", character_quote=False),
        **dict.fromkeys(("javascript", "javascriptreact", "typescript", "typescriptreact"), _JS),
        **dict.fromkeys(("typescript.tsx", "javascript.jsx"), _JS),
        "json": LexicalStyle(character_quote=False, blocks="none"),
        "jsonc": LexicalStyle(
            line_comments=("//",), block_comments=(("/*", "*/"),), character_quote=False, blocks="none"
        ),
        "css": evolve(_C, line_comments=(), quotes="\"'", character_quote=False),
        **dict.fromkeys(("scss", "less"), evolve(_C, quotes="\"'", character_quote=False)),
        **dict.fromkeys(("python", "starlark", "gdscript"), evolve(_HASH, long_quotes=('"""', "'''"), blocks="indent")),
        **dict.fromkeys(("nim", "coffeescript"), evolve(_HASH, long_quotes=('"""',), blocks="indent")),
        **dict.fromkeys(("yaml", "dockercompose", "ansible"), _YAML),
        "toml": evolve(_HASH, long_quotes=('"""', "'''"), blocks="none"),
        "r": _HASH,
        "perl": evolve(_HASH, word_comments=True),
        **dict.fromkeys(("ruby", "crystal"), _RUBY),
        "elixir": evolve(_RUBY, long_quotes=('"""',)),
        "julia": evolve(_RUBY, quotes='"', long_quotes=('"""',), character_quote=True),
        **dict.fromkeys(("shellscript", "sh", "bash", "zsh", "fish", "makefile", "make", "dockerfile"), _SHELL),
        "lua": evolve(_DASHES, block_comments=(("--[[", "]]"),), blocks="keywords"),
        "sql": evolve(_DASHES, block_comments=(("/*", "*/"),), blocks="none"),
        "haskell": LexicalStyle(line_comments=("--",), blocks="indent"),
        **dict.fromkeys(("lisp", "commonlisp", "scheme", "clojure", "racket", "elisp"), _LISP),
        **dict.fromkeys(("html", "xml", "vue", "svelte", "handlebars", "htmldjango", "jinja-html", "erb"), _MARKUP),
        **dict.fromkeys(("markdown", "mdx", "quarto", "rmd"), _MARKUP),
        **dict.fromkeys(("plaintext", "text", "restructuredtext", "latex", "tex", "git-commit", "gitcommit"), _PROSE),
        "": _PROSE,
    }
)


def style_of(
    language_id: str, comment_line: str | None = None, comment_block: tuple[str, str] | None = None
) -> LexicalStyle:
    """The style of a language; of an unknown one a careful guess with the comment tokens that the caller knows."""
    known = _STYLES.get(language_id.lower())
    if known is not None:
        return known
    return LexicalStyle(
        line_comments=(comment_line,) if comment_line else (),
        block_comments=(comment_block,) if comment_block else (),
        word_comments=comment_line == "#",
        word_quotes=True,
    )


class Mode(Enum):
    """What the next character belongs to."""

    CODE = "code"
    STRING = "string"
    LINE_COMMENT = "line comment"
    BLOCK_COMMENT = "block comment"


class Scanner:
    """Reads a text from left to right. ``brackets`` grows by ``(offset, character)`` for each bracket met in code.

    Offsets count from the first character fed, in code points. Cost is linear in the text, however it is cut.
    """

    __slots__ = ("_close", "_escaped", "_literal", "_quiet", "_recent", "_run", "brackets", "mode", "offset", "style")

    def __init__(self, style: LexicalStyle) -> None:
        self.style = style
        self.mode = Mode.CODE
        self.offset = 0
        self.brackets: list[tuple[int, str]] = []
        self._close = ""  # what ends the string or block comment
        self._run = ""  # the newest characters of a string or comment, no more than its end is long
        self._recent = ""  # the newest characters of code on this line
        self._escaped = False
        self._literal = ""  # a ' and what follows it, until it is clear whether that is a character literal
        self._quiet = re.compile("[^" + re.escape(_telling(style)) + "]+")

    def fork(self) -> Scanner:
        """A scanner in the same state that counts offsets and brackets from here on."""
        twin = Scanner(self.style)
        twin.mode, twin._close, twin._run = self.mode, self._close, self._run
        twin._recent, twin._escaped, twin._literal = self._recent, self._escaped, self._literal
        return twin

    @property
    def closing(self) -> str:
        """What ends the string or comment that is open; empty in code."""
        return self._close

    @property
    def in_long_string(self) -> bool:
        """Inside a string that may go on in the next line."""
        return self.mode is Mode.STRING and self._close in self.style.long_quotes

    @property
    def spans_lines(self) -> bool:
        """Inside something in which line ends and indentation are text."""
        return self.in_long_string or self.mode is Mode.BLOCK_COMMENT

    def feed(self, text: str) -> Scanner:
        """Read on; returns itself. Runs of characters that mean nothing in code are passed over at once."""
        position = 0
        while position < len(text):
            end = self._quiet_until(text, position)
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

    def _quiet_until(self, text: str, position: int) -> int:
        """End of the run of characters from ``position`` on that change nothing but ``_recent`` or ``_run``."""
        if self.mode is Mode.CODE:
            quiet = None if self._literal else self._quiet.match(text, position)
            return quiet.end() if quiet else position
        if self._escaped or (self._run and (self.mode is Mode.LINE_COMMENT or self._run[-1] in self._close)):
            return position
        if self.mode is Mode.STRING and not self._run and self._close == "/":
            return position
        stops = (self._close[0],) if self.mode is not Mode.STRING else (self._close[0], "\\", "\n")
        return min(at for stop in stops if (at := text.find(stop, position)) >= 0 or (at := len(text)) >= 0)

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
            self._literal = ""  # a lifetime or a prime: what was held is code
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
        for opener, closer in self.style.block_comments:
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
        elif first and self._close == "/" and char in "/*":  # what looked like a regular expression is a comment
            self._enter(*((Mode.LINE_COMMENT, "\n") if char == "/" else (Mode.BLOCK_COMMENT, "*/")))
        elif self._run == self._close:
            # Two quotes are the empty string or the beginning of a long one: the third tells, so both stay in sight.
            self._leave(char * 2 if first else char)

    def _step_comment(self, char: str) -> None:
        if self.mode is Mode.LINE_COMMENT:
            if char == "\n":
                self._leave("")
                return
            if self._run:  # "--[[" begins as "--" does
                self._run += char
                for opener, closer in self.style.block_comments:
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


def _telling(style: LexicalStyle) -> str:
    """The characters that can mean something in code."""
    heads = "".join(token for token in (*style.line_comments, *(pair[0] for pair in style.block_comments)))
    quotes = style.quotes + "".join(quote[0] for quote in style.long_quotes) + ("'" if style.character_quote else "")
    return "\n([{)]}" + heads + quotes + ("/" if style.regex_literals else "")


def _opener(closer: str) -> str:
    return "([{"[")]}".index(closer)]
