"""Signatures of called names near the cursor that the editor's language servers know and the project's index does not:
of libraries, and of members.

The editor is asked while the cursor rests, never for a key, and once for each name of a document. Its answers are
untrusted data: they are cut to a few lines, and the file of each must pass the privacy gate, like every other snippet.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Container, Iterable, Iterator

from attrs import define, field

from autothink_lsp.context.paths import display_path
from autothink_lsp.context.snippets import LINES_AFTER, LINES_BEFORE, ContextSnippet, SourceQuery, words
from autothink_lsp.document.uri_identity import is_same_document
from autothink_lsp.values import Point, frozen

NAME = "definitions"
_MOST_PLACES = 12  # of one request
_MOST_NAMES = 200  # of one document
_MOST_LINE_CHARS = 1_000  # of one line of the document: minified code is one line
_MOST_LINES = 8
_MOST_CHARS = 600
_CALLED = re.compile(r"(?<!\w)([^\W\d]\w{2,})(?=\s*\()")
_DEFINED = re.compile(r"\b(?:def|class|function|func|fn)\s+\Z")
_DEFINED_CHARS = 40
_KIND = re.compile(
    r"\A\([a-z][a-z ]{2,20}\) "
)  # "(function) def get(url)" of Pylance, "(method) Array.push" of TypeScript


@frozen
class _Signature:
    uri: str  # of the file with the definition
    text: str = field(repr=False)


@define(eq=False)
class EditorSignatures:
    """Keeps what the editor has answered, per open document, bounded; dropped by ``forget``."""

    _answers: dict[str, OrderedDict[str, _Signature | None]] = field(factory=dict, init=False)  # by document and name

    def called_names(self, query: SourceQuery) -> dict[str, Point]:
        """The names that are called near the cursor and were not asked for yet, nearest first, with a place of each."""
        known = self._answers.get(query.uri, {})
        text, line = query.snapshot.text, query.point.line
        first, stop = max(0, line - LINES_BEFORE), min(text.line_count, line + 1 + LINES_AFTER)
        found: dict[str, Point] = {}
        for number in sorted(range(first, stop), key=lambda number: abs(number - line)):
            content = text.line(number)[:_MOST_LINE_CHARS]
            wanted = set(words(content))
            for match in _CALLED.finditer(content):
                name = match[1]
                is_new = name in wanted and name not in known and name not in found
                start = match.start()
                if is_new and not _DEFINED.search(content, max(0, start - _DEFINED_CHARS), start):
                    found[name] = Point(number, start)
        return found

    def ask(self, query: SourceQuery, resolved: Container[str]) -> list[tuple[str, Point]]:
        """The names to ask the editor for, with a place of each. They count as asked from now on. ``resolved``: names
        that are known without the editor."""
        places = [(name, point) for name, point in self.called_names(query).items() if name not in resolved]
        asked = self._answers.setdefault(query.uri, OrderedDict())
        for name, _ in places[:_MOST_PLACES]:
            asked[name] = None
            if len(asked) > _MOST_NAMES:
                asked.popitem(last=False)
        return places[:_MOST_PLACES]

    def ask_again(self, uri: str, names: Iterable[str]) -> None:
        """Count ``names`` of document ``uri``, for which the editor gave no answer, as not asked."""
        asked = self._answers.get(uri, {})
        for name in names:
            if asked.get(name) is None:
                asked.pop(name, None)

    def learn(self, uri: str, name: str, definition_uri: str, signature: str) -> bool:
        """Store the editor's answer that ``name`` in document ``uri`` is defined in ``definition_uri``. Returns whether
        the ``signature`` is useful: it is from another file, and not empty."""
        lines = _KIND.sub("", signature.strip()).split("\n")[:_MOST_LINES]
        text = "\n".join(lines)[:_MOST_CHARS].rstrip()
        asked = self._answers.get(uri)
        if asked is None or name not in asked or is_same_document(definition_uri, uri) or not text:
            return False
        asked[name] = _Signature(definition_uri, text)
        return True

    def snippets(self, query: SourceQuery) -> Iterator[ContextSnippet]:
        """The signatures of the names near the cursor, nearest first."""
        answers = self._answers.get(query.uri)
        if not answers:
            return
        for name, away in query.near_words.items():
            found = answers.get(name)
            if found is not None:
                reason = f"{name} is used {away} lines from the cursor; the editor knows its definition"
                path = display_path(found.uri, query.folder)
                yield ContextSnippet(NAME, path, found.text, reason, found.uri, may_end_early=True)

    def forget(self, uri: str) -> None:
        """Drop the answers for a closed document."""
        self._answers.pop(uri, None)
