"""Takes the code out of a completion that was given as if in a chat: a sentence, a fence, the code, a fence, a remark.

Instruct models answer a fill-in-the-middle prompt so, and small ones now and then. What stands around the code must be
gone before anything looks at layout: a fence at the margin reads like the end of the block. Fences are text where the
cursor is in a comment or a string, and in documents of prose; the caller decides that. Works on one character after
the other, so the result does not depend on how a stream is cut into pieces.
"""

from __future__ import annotations

import re
from enum import Enum

from autothink_lsp.context.values import CodeContext
from autothink_lsp.stream.cursor import Surroundings
from autothink_lsp.stream.lexical import Mode
from autothink_lsp.stream.lexical_style import is_language_name

# Documents that hold fences or sentences as their own text.
PROSE = frozenset(
    {"markdown", "mdx", "quarto", "rmd", "restructuredtext", "asciidoc", "plaintext", "text", "latex", "tex", "bibtex",
     "org", "typst", "gitcommit", "git-commit", "git-rebase", "scminput", "search-result", ""}
)  # fmt: skip
# Languages of code in which a line that reads like a sentence may be text or code.
_SENTENCES_ARE_CONTENT = frozenset(
    {"html", "xml", "vue", "svelte", "handlebars", "htmldjango", "jinja", "jinja-html", "erb", "php", "blade", "twig",
     "javascriptreact", "typescriptreact", "typescript.tsx", "javascript.jsx", "astro", "razor", "yaml",
     "dockercompose", "ansible", "toml", "ini", "properties", "dotenv", "csv", "tsv", "json", "jsonc", "cobol",
     "feature", "gherkin", "cucumber", "robotframework", "applescript", "inform7", "po", "log", "erlang", "prolog",
     "coq", "lean", "isabelle", "smalltalk"}
)  # fmt: skip
_SENTENCE = re.compile(r"[^\W\d_a-z][^\W_]*(?:['’][^\W\d_]+)*[,!.]?(?: [^\s;={}<>]+)+ ?[.!?:…]")
_SENTENCE_BEGUN = re.compile(r"[^\W\d_a-z](?:[^\W_]|['’])*(?:[,!.]?(?: [^;={}<>\[\]]*)?)?")
_WITHOUT_BLANKS_BEGUN = re.compile(r"[^\x00-\x7f][^\n;={}<>()]*")
_OWN_WORDS = re.compile(r"[A-Z][A-Z\d_]+\b")  # SELECT, BEGIN: keywords and constants
_WITHOUT_BLANKS = re.compile(r"[^\x00-\x7f][^\n;={}<>()]*[：:。！!.…]")
_FENCE_CHARACTERS = "`~"
_MOST_SENTENCES = 4
_LONGEST_SENTENCE = 300  # characters


class _State(Enum):
    BEFORE = "nothing but blanks and sentences so far"
    OPENING = "in the opening fence's line"
    CODE = "code without a fence around it"
    FENCED = "code between fences"
    ENDED = "behind the code"


def fences_are_text(context: CodeContext, around: Surroundings) -> bool:
    """Whether a fence at the cursor is the document's own: in prose, in a comment, in a string."""
    return context.language_id.lower() in PROSE or around.scanner.mode is not Mode.CODE


def is_sentence(line: str) -> bool:
    """Whether a line reads like a sentence of a natural language that introduces or explains code.

    It begins with a capital letter, has several words, and ends like a sentence or an introduction; in scripts
    without capitals it need not have blanks.
    """
    bare = line.strip().strip("*_")
    if _OWN_WORDS.match(bare):
        return False
    return _SENTENCE.fullmatch(bare) is not None or _WITHOUT_BLANKS.fullmatch(bare) is not None


def sentences_are_content(language_id: str) -> bool:
    """Whether a line that reads like a sentence says nothing about who wrote it: markup, data, prose."""
    return language_id.lower() in _SENTENCES_ARE_CONTENT or language_id.lower() in PROSE


class Unwrapper:
    """``step`` through the characters of one completion; ``release`` at its end.

    ``line_prefix`` is the cursor's line up to the cursor: fenced code that begins at the margin gets its indentation.
    """

    __slots__ = ("_held", "_indent", "_line_start", "_mark", "_prefix", "_sentences", "_shift", "_state")

    def __init__(self, line_prefix: str) -> None:
        self._state = _State.BEFORE
        self._held = ""  # of the line that comes in, what may turn out to be no code; before the code, all of it
        self._sentences = 0
        self._mark = ""  # the opening fence
        self._prefix = "" if line_prefix.strip() else line_prefix
        self._indent = ""  # of a fenced line, as the model wrote it
        self._shift: str | None = None  # what every further line of fenced code gets in front
        self._line_start = True

    @classmethod
    def behind_code(cls, line_prefix: str) -> Unwrapper:
        """One that has seen the beginning of the completion already, which was code without a fence."""
        unwrapper = cls(line_prefix)
        unwrapper._state = _State.CODE
        unwrapper._line_start = False
        return unwrapper

    @property
    def is_within_line(self) -> bool:
        """Whether every character up to the next line end is code; ``step`` would give it back as it is."""
        return self._state is _State.CODE and not self._line_start

    @property
    def took_from_fence(self) -> bool:
        """Whether the code stood between fences."""
        return bool(self._mark)

    @property
    def held_line(self) -> str:
        """What of the newest line is held back, because it may turn out to be no code."""
        return self._held.rpartition("\n")[2]

    def step(self, char: str, *, in_text: bool) -> tuple[str, bool]:
        """The code that is now known to be code, and whether it has ended. ``in_text``: what came before leaves a
        string or a comment open, in which a fence is text."""
        if self._state is _State.ENDED:
            return "", True
        if self._state is _State.BEFORE:
            return self._before(char), False
        if self._state is _State.OPENING:
            return self._opening(char)
        return self._code(char, in_text=in_text)

    def release(self) -> str:
        """The code that is held back; the completion ends here."""
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
            if is_sentence(line) and self._sentences < _MOST_SENTENCES:
                self._sentences += 1
                return self._hold(char)
            return self._bare(char)
        begun = (line + char).lstrip()
        if not begun:
            return self._hold(char)
        if begun[0] in _FENCE_CHARACTERS:
            if begun != begun[0] * len(begun):
                return self._bare(char)
            if len(begun) == 3:
                self._state, self._held, self._mark = _State.OPENING, "", begun
                return ""
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
        """Up to the end of the fence's line, or to a fence that closes it on the same line."""
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
        """The code of a block that is closed on the line of its opening fence; empty where it is not."""
        code, closing, _ = held.partition(self._mark)
        word, _, rest = code.strip().partition(" ")
        if not closing:
            return ""
        return rest.strip() if rest.strip() and is_language_name(word) else code.strip()

    def _code(self, char: str, *, in_text: bool) -> tuple[str, bool]:
        fenced = self._state is _State.FENCED
        if self._held:
            if char == self._held[0]:
                self._held += char
                return self._end() if len(self._held) >= 3 and self._line_start else ("", False)
            if char == "\n" and len(self._held) >= 3:
                return self._end()
            free, self._held = self._indentation() + self._held, ""
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
        free = self._indentation()
        self._line_start = self._line_start and char in " \t"
        return free + char, False

    def _end(self) -> tuple[str, bool]:
        self._state, self._held = _State.ENDED, ""
        return "", True

    def _indentation(self) -> str:
        """What a line of fenced code begins with in the document; for the first line, behind the cursor."""
        indent, self._indent = self._indent, ""
        if self._state is not _State.FENCED or not self._line_start:
            return indent
        if self._shift is not None:
            return self._shift + indent
        if indent.startswith(self._prefix):
            self._shift = ""
            return indent[len(self._prefix) :]
        self._shift = self._prefix[len(indent) :] if self._prefix.startswith(indent) else ""
        return ""


def _is_fence(text: str) -> bool:
    return len(text) >= 3 and not text.strip(text[0]) and text[0] in _FENCE_CHARACTERS
