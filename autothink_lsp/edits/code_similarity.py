"""Compares a block of a model's answer with the code that the model was asked about.

An answer may have several blocks: the changed code, the unchanged code, a shell command, an output, a usage example,
the same code in another language. The changed code is recognized by the tokens and lines that it shares with the asked
code, the names that it defines, the tag of its fence, and whether its lines begin like those of a console. Similarity
of single lines is `alignment.line_similarity`. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from types import MappingProxyType

from attrs import frozen

from autothink_lsp.syntax.language_style import indent_columns

# A name of letters, digits and underscores is one token. Scripts without blanks count by character.
_TOKEN = re.compile(r"[A-Za-z0-9_]+|[^\x00-\x7f\s]")
_DEFINITION = re.compile(
    r"^([ \t]*)(?:[\w@.]+[ \t]+){0,4}?(?:def|class|fn|func|function|fun|struct|enum|trait|interface|module|sub|proc)"
    r"[ \t*]+(?:\([^)\n]*\)[ \t]*)?([^\W\d]\w*)",
    re.MULTILINE,
)
_CONSOLE = re.compile(
    r"[ \t]*(?:[$%]|>>>|In ?\[\d*\]:|PS [^>\n]*>|[A-Za-z]:\\[^>\n]*>|[\w.-]+@[\w.-]+:[^$#\n]*[$#])[ \t]+\S"
)
_DIFF_HUNK = re.compile(r"^@@ |^--- \S.*\n\+\+\+ \S|^\*\*\* (?:Begin Patch$|Update File: )", re.MULTILINE)

# Tags of fenced blocks, grouped by language (linguist's names and aliases, and LSP's language identifiers). Languages
# whose code is often tagged as one another are in one row.
_FAMILIES: tuple[tuple[str, ...], ...] = (
    ("python", "py", "python3", "py3", "pyi", "starlark", "bazel", "bzl", "cython", "pyx", "sage", "jupyter"),
    ("javascript", "js", "jsx", "mjs", "cjs", "node", "javascriptreact", "typescript", "ts", "tsx", "mts", "cts",
     "typescriptreact", "vue", "svelte", "html", "htm", "xhtml", "htmldjango", "jinja", "jinja2", "jinja-html",
     "django", "handlebars", "hbs", "mustache", "erb", "ejs", "twig", "liquid", "astro", "xml", "svg", "xsl", "razor"),
    ("c", "h", "cpp", "c++", "cc", "cxx", "hpp", "objective-c", "objective-cpp", "objc", "objectivec", "cuda",
     "cuda-cpp", "arduino", "ino", "glsl", "hlsl"),
    ("java", "jsp"), ("kotlin", "kt", "kts"), ("scala", "sbt"), ("groovy", "gradle", "jenkinsfile"),
    ("csharp", "cs", "c#"), ("fsharp", "fs", "f#"), ("vb", "vbnet", "visual-basic", "vba", "vbscript"),
    ("go", "golang"), ("rust", "rs"), ("ruby", "rb"), ("php",), ("swift",), ("dart",), ("zig",), ("nim",), ("d",),
    ("css", "scss", "sass", "less", "postcss"), ("json", "jsonc", "json5", "jsonl", "ndjson"),
    ("yaml", "yml", "dockercompose", "ansible", "helm", "github-actions-workflow"),
    ("toml", "ini", "cfg", "conf", "properties", "dotenv", "env", "editorconfig", "systemd"),
    ("markdown", "md", "mdx", "rst", "restructuredtext", "asciidoc", "adoc", "quarto", "qmd", "rmd", "text", "txt",
     "plaintext", "plain", "org"),
    ("shellscript", "shell", "sh", "bash", "zsh", "fish", "ksh"), ("powershell", "ps1", "pwsh"),
    ("bat", "batch", "cmd", "dosbatch"), ("sql", "plsql", "mysql", "postgresql", "pgsql", "sqlite", "tsql"),
    ("lua", "luau"), ("perl", "pl"), ("r",), ("julia", "jl"), ("elixir", "ex", "exs", "heex"), ("erlang", "erl"),
    ("haskell", "hs"), ("ocaml", "ml"), ("clojure", "clj", "cljs"), ("lisp", "elisp", "scheme", "racket", "commonlisp"),
    ("makefile", "make", "mk"), ("dockerfile", "docker", "containerfile"), ("cmake",), ("nix",),
    ("terraform", "tf", "hcl"), ("graphql", "gql"), ("protobuf", "proto", "proto3"), ("latex", "tex", "bibtex"),
    ("vim", "viml", "vimscript"), ("matlab", "octave"), ("fortran", "f90"), ("solidity", "sol"), ("asm", "nasm"),
)  # fmt: skip
_FAMILY: Mapping[str, int] = MappingProxyType({tag: row for row, tags in enumerate(_FAMILIES) for tag in tags})
_OUTPUT_TAGS = frozenset(
    {"console", "terminal", "output", "out", "log", "logs", "stdout", "stderr", "shell-session", "shellsession",
     "sh-session", "bash-session", "zsh-session", "pycon", "pytb", "ipython", "irb", "result", "results", "ansi"}
)  # fmt: skip
_DIFF_TAGS = frozenset({"diff", "patch", "udiff", "git", "gitdiff"})

# The minimum share of the asked code's tokens in a block that is a changed version of it.
LEAST_COVERAGE = 0.5
# The same for a block with the same defined name: a definition may be rewritten.
_LEAST_COVERAGE_NAMED = 0.2
# The minimum share of its lines: an excerpt around the changed line shares many tokens.
_LEAST_LINES = 0.75
_MOST_COMPARED_LINES = 400
# Texts with at least this similarity are versions of one text, whatever the tag is.
_SAME_TEXT = 0.6
_SAME_LINE = 0.85


class BlockKind(StrEnum):
    """The kind of a block according to its tag and its lines."""

    CODE = "code"
    DIFF = "diff"
    OTHER = "other"  # a shell command, an output, code in another language


@frozen
class AskedCode:
    """The lines to change, with ``\n`` line ends, and the LSP identifier of their language.

    If ``code`` is empty, the answer is a new text, and only tags and kinds count. ``may_comment``: new comments may be
    what the user asked for.
    """

    code: str
    language_id: str = ""
    may_comment: bool = False

    @property
    def lines(self) -> list[str]:
        """The lines, without their line ends."""
        return self.code.split("\n")


@frozen
class CodeSimilarity:
    """Measures blocks against ``asked``. Built once per answer; each measurement is linear in the block."""

    asked: AskedCode
    _lines: Counter[str]
    _tokens: Counter[str]
    _names: frozenset[str]

    @classmethod
    def to(cls, asked: AskedCode) -> CodeSimilarity:
        """Prepare the measurements against ``asked``."""
        return cls(asked, _line_counts(asked.code), Counter(_TOKEN.findall(asked.code)), _outer_names(asked.code))

    def score(self, code: str) -> float:
        """0 to 1: the average of the shares of equal lines and of equal tokens (Dice's coefficient)."""
        return (self._line_share(code) + self._token_share(code)) / 2

    def coverage(self, code: str) -> float:
        """0 to 1: the share of the asked code's tokens that are in ``code``."""
        total = self._tokens.total()
        if not total:
            return self._line_share(code)
        return (self._tokens & Counter(_TOKEN.findall(code))).total() / total

    def is_same(self, code: str) -> bool:
        """Whether ``code`` repeats the asked code, ignoring blanks at line ends and blank lines."""
        return _filled(code) == _filled(self.asked.code)

    def is_complete(self, code: str) -> bool:
        """Whether ``code`` is a changed version of the asked code, as opposed to a part of it or another text."""
        if not code.strip():
            return False
        if not self.asked.code.strip():
            return True
        asked_lines, given_lines = len(_filled(self.asked.code)), len(_filled(code))
        if given_lines >= asked_lines and self._line_share(code) >= LEAST_COVERAGE:
            return True
        if self._names:
            defined = _all_names(code)
            return self._names <= defined and self.coverage(code) >= _LEAST_COVERAGE_NAMED
        return self.coverage(code) >= LEAST_COVERAGE and given_lines >= asked_lines * _LEAST_LINES

    def is_part(self, code: str) -> bool:
        """Whether ``code`` is an excerpt of the asked code: the changed line alone, or one of several definitions.

        Each of its lines is an unchanged or slightly changed line of the asked code, and at least half of the lines are
        missing. If lines are only missing, it is a deletion, unless nearly all are missing.
        """
        asked, given = _filled(self.asked.code), _filled(code)
        if len(given) * 2 > len(asked) or not 3 <= len(asked) <= _MOST_COMPARED_LINES:
            return False
        if self._names and self._names <= _all_names(code):
            return False
        nearly_all_missing = len(asked) >= 8 and len(given) * 4 <= len(asked)
        if not nearly_all_missing and set(given) <= set(asked):
            return False
        return all(line in asked or any(_nearly_same(line, one) for one in asked) for line in given)

    def shares_definitions(self, code: str) -> bool:
        """Whether ``code`` defines some, but not all, of several outer names of the asked code."""
        found = self._names & _all_names(code)
        return bool(found) and found != self._names

    def kind(self, info: str, code: str) -> BlockKind:
        """The kind of a block with this info string. A block that is nearly the asked code is code in any case."""
        tag = tag_of(info)
        if tag in _DIFF_TAGS or _is_diff(code):
            if tag_of(self.asked.language_id) in _DIFF_TAGS or _is_diff(self.asked.code):
                return BlockKind.CODE
            return BlockKind.DIFF
        wrong = tag in _OUTPUT_TAGS or self._is_other_language(tag)
        if wrong and min(self._line_share(code), self._token_share(code)) < _SAME_TEXT:
            return BlockKind.OTHER
        return BlockKind.OTHER if _is_console(code) and not _is_console(self.asked.code) else BlockKind.CODE

    def _is_other_language(self, tag: str) -> bool:
        asked = _FAMILY.get(self.asked.language_id.lower())
        meant = _FAMILY.get(tag)
        if is_prose(self.asked.language_id):
            return False  # a document about a language may be tagged with that language
        return asked is not None and meant is not None and asked != meant

    def _line_share(self, code: str) -> float:
        return _share(self._lines, _line_counts(code))

    def _token_share(self, code: str) -> float:
        return _share(self._tokens, Counter(_TOKEN.findall(code)))


def is_tag(word: str) -> bool:
    """Whether ``word``, in lower case, is the tag of a fence."""
    return word in _FAMILY


def tag_of(info: str) -> str:
    """The language tag of an info string, in lower case.

    Supported forms are ``python``, ``python title="a.py"``, ``{.python #id}``, ``python:src/a.py``, ``src/a.py`` and
    ``12:20:src/a.py``.
    """
    word = next(iter(info.strip().lstrip("{").split()), "").lower().strip("{}.,;")
    parts = [part for part in word.split(":") if part and not part.isdigit()]
    first = parts[0] if parts else ""
    if first in _FAMILY or first in _OUTPUT_TAGS or first in _DIFF_TAGS:
        return first
    return parts[-1].rpartition(".")[2] if parts and "." in parts[-1] else first


def is_language_tag(word: str) -> bool:
    """Whether ``word`` is a tag that fenced blocks have."""
    return word.lower() in _FAMILY


def is_prose(language_id: str) -> bool:
    """Whether documents of this language contain fenced blocks as normal text."""
    return _FAMILY.get(language_id.lower()) == _FAMILY["markdown"]


def _share(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def _filled(code: str) -> list[str]:
    return [line.rstrip() for line in code.split("\n") if line.strip()]


def _nearly_same(one: str, other: str) -> bool:
    """Whether two lines differ only slightly."""
    matcher = SequenceMatcher(None, one.strip()[:200], other.strip()[:200], autojunk=False)
    return matcher.quick_ratio() >= _SAME_LINE and matcher.ratio() >= _SAME_LINE


def _line_counts(code: str) -> Counter[str]:
    return Counter(line.strip() for line in code.split("\n") if line.strip())


def _all_names(code: str) -> set[str]:
    return {match[2] for match in _DEFINITION.finditer(code)}


def _outer_names(code: str) -> frozenset[str]:
    """The names that are defined at the smallest indentation of all definitions."""
    found = [(indent_columns(match[1]), match[2]) for match in _DEFINITION.finditer(code)]
    outermost = min((columns for columns, _ in found), default=0)
    return frozenset(name for columns, name in found if columns == outermost)


def _is_console(code: str) -> bool:
    first = next((line for line in code.split("\n") if line.strip()), "")
    return _CONSOLE.match(first) is not None


def _is_diff(code: str) -> bool:
    return _DIFF_HUNK.search(code) is not None


def repeats_most(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether ``new`` has more than half of the lines of ``old`` once more than ``old`` has them, or half of them with
    the first.

    Lines without a word, such as closing brackets, do not count. An answer with the code before and after the change,
    or with the new code twice, is recognized by this. A new branch may repeat a few lines, but not the first line with
    its indentation.
    """
    counts, answered = (
        Counter(bare for line in lines if any(map(str.isalnum, bare := line.strip()))) for lines in (old, new)
    )
    total = counts.total()
    if total < 2 or answered.total() < 2 * total - total // 4:
        return False
    repeated = sum(min(count, max(0, answered[line] - count)) for line, count in counts.items())
    first = next(line.rstrip() for line in old if any(map(str.isalnum, line)))
    before, after = (sum(line.rstrip() == first for line in lines) for lines in (old, new))
    return 2 * repeated > total or (2 * repeated == total and after > before)
