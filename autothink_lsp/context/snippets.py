"""The query for a source of context and the snippets that it returns, as values; and the words of a text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from attrs import define, field

from autothink_lsp.document.lines import indent_length
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text, is_word
from autothink_lsp.document.uri_identity import is_same_document, path_key
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.languages import Language
from autothink_lsp.values import Point, frozen

_WORD = re.compile(r"[^\W\d]\w{2,}")
# Keywords and words of all code: that two places share them is no evidence.
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
    and any args as assert async await bool break case catch char class const continue def default del delete dict
    do double elif else enum except export extends extern false False final finally float fn for from func function
    get global if impl import in include int interface is isinstance lambda len let list long match mut namespace
    new nil None nonlocal not null object or package pass private protected pub public raise range return self set
    short signed sizeof static str string struct super switch template this throw True true try tuple type typedef
    typeof union unsigned use using value var void volatile where while with yield
    """,
    )
)
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
EXCERPT_ABOVE = 12
EXCERPT_BELOW = 4
LINES_BEFORE = 12
LINES_AFTER = 4
_MOST_READ_BYTES = 150_000
_HEADER_LINES = 80


@frozen
class Excerpt:
    """The document lines of a snippet, and the lines around them in which a secret may begin or end."""

    lines: str
    above: str
    below: str

    @classmethod
    def of(cls, text: Text, first: int, stop: int, lines: Sequence[str] | None = None) -> Excerpt:
        """The lines ``first`` to ``stop`` (excluded); or ``lines``, where a query has split them already."""
        above = text.lines(max(0, first - EXCERPT_ABOVE), first)
        below = text.lines(stop, min(text.line_count, stop + EXCERPT_BELOW))
        shown = text.lines(first, stop) if lines is None else lines
        return cls(*("\n".join(part) for part in (shown, above, below)))


@frozen
class ContextSnippet:
    """One candidate for the prompt. ``head``: lines of the document itself, placed right before its window.

    ``uri`` is the file that it comes from, empty for the document itself; the caller checks whether the file may be
    shown.
    """

    source: str
    path: str
    text: str
    reason: str
    uri: str = ""
    head: bool = False
    line: int = 0  # of heads: the line in the document
    may_end_early: bool = False  # whether its last lines may be left out
    subject: str = ""  # its topic: one snippet for each subject is enough
    excerpts: tuple[Excerpt, ...] = field(default=(), repr=False)  # the source lines of snippets that are excerpts


@define(eq=False)
class SourceQuery:
    """A cursor, and the window of its document that the model sees: the lines ``first`` to ``stop`` (excluded).

    ``over`` returns whether the time limit of gathering is reached.
    """

    snapshot: Snapshot
    point: Point
    path: str
    folder: str | None
    language: Language | None
    settings: Settings
    first: int
    stop: int
    over: Callable[[], bool] = field(default=lambda: False)
    budget_tokens: int = 1_024

    @property
    def uri(self) -> str:
        """The document's URI."""
        return self.snapshot.uri

    def is_own_path(self, path: str) -> bool:
        """Whether a path in the folder is the document's, in any spelling (``uri_identity.py``)."""
        return path == self.path or path_key(path) == path_key(self.path)

    def is_own_uri(self, uri: str) -> bool:
        """Whether a URI is the document's, in any spelling."""
        return is_same_document(uri, self.uri)

    @cached_property
    def near_words(self) -> dict[str, int]:
        """The words around the cursor with their distance in lines, nearest first.

        The word that contains the cursor is left out, because it is incomplete.
        """
        text, line = self.snapshot.text, self.point.line
        current = text.line(line)
        before = re.sub(r"(?<!\w)\w++\Z", "", current[: self.point.column])
        after = re.sub(r"\A\w+", "", current[self.point.column :])
        found = dict.fromkeys((*reversed(words(before)), *words(after)), 0)
        above = text.lines(max(0, line - LINES_BEFORE), line)
        below = text.lines(line + 1, min(text.line_count, line + 1 + LINES_AFTER))
        for away in range(1, LINES_BEFORE + 1):
            for near in (above[-away : len(above) - away + 1], below[away - 1 : away]):
                for word in words("\n".join(near)):
                    found.setdefault(word, away)
        return found

    @cached_property
    def near_text(self) -> str:
        """The lines that contain ``near_words``."""
        first, last = max(0, self.point.line - LINES_BEFORE), self.point.line + LINES_AFTER + 1
        return "\n".join(self.snapshot.text.lines(first, min(last, self.snapshot.text.line_count)))

    @cached_property
    def near_parts(self) -> frozenset[str]:
        """The parts of the names near the cursor (see ``parts``)."""
        return frozenset(part for word in self.near_words for part in parts(word))

    def affinity(self, name: str) -> float:
        """The share of a name's parts that names near the cursor have too, from 0 to 1."""
        own = parts(name)
        return len(own & self.near_parts) / len(own) if own else 0.0

    @cached_property
    def headers(self) -> tuple[str, ...]:
        """The lines that enclose the cursor by indentation, innermost first."""
        text, line = self.snapshot.text, self.point.line
        current = text.line(line)
        blank = not current.strip()
        depth = self.point.column if blank else indent_length(current)
        found: list[str] = []
        for content in reversed(text.lines(max(0, line - _HEADER_LINES), line)):
            indent = indent_length(content)
            if content.strip() and indent < depth:
                found.append(content)
                depth = indent
        return tuple(found)

    @property
    def is_searchable(self) -> bool:
        """Whether the document is short enough to be searched as a whole."""
        return self.snapshot.text.byte_length <= _MOST_READ_BYTES

    @cached_property
    def counted_words(self) -> Counter[str]:
        """The count of each name in the document; empty for a document that is too long."""
        text = self.snapshot.text
        return Counter(_WORD.findall(text.slice_lines(0, text.line_count)) if self.is_searchable else ())

    @cached_property
    def window_text(self) -> str:
        """The text of the window."""
        return self.snapshot.text.slice_lines(self.first, min(self.stop, self.snapshot.text.line_count))

    @cached_property
    def window_names(self) -> frozenset[str]:
        """All names in the window, common ones (``os``, ``get``) included."""
        return frozenset(re.findall(r"\w+", self.window_text))

    @cached_property
    def window_words(self) -> frozenset[str]:
        """The names in the window without the common ones."""
        return frozenset(words(self.window_text))


def words(text: str) -> list[str]:
    """The names in a text, without the common ones."""
    return [word for word in _WORD.findall(text) if word not in _COMMON]


def occurrences(name: str, text: str) -> Iterator[int]:
    """The offsets at which ``name`` stands in a text as a whole word. Compiling a pattern for a name takes longer than
    most searches."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if not (at and is_word(text[at - 1])) and not is_word(text[end : end + 1]):
            yield at
        at = text.find(name, end)


def parts(name: str) -> frozenset[str]:
    """Split a name: ``read_allFiles`` into ``read``, ``all``, ``file`` (an ``s`` at the end is dropped)."""
    return frozenset(part.lower().rstrip("s") for part in _PART.findall(name) if len(part) > 1)


def alike(a: Iterable[str], b: Iterable[str]) -> float:
    """The similarity of two sets of words, from 0 to 1 (Jaccard)."""
    first, second = frozenset(a), frozenset(b)
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared) if shared else 0.0
