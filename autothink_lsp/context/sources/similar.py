"""Fragments of open documents, of this one outside the window too, that use the names near the cursor.

A fragment that is nearly the same as the code around the cursor is left out, because a small model would only repeat
it; so is one that is nearly the same as a better fragment.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from autothink_lsp.context.paths import display_path, folder_of
from autothink_lsp.context.snippets import ContextSnippet, Excerpt, SourceQuery, alike, words
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.text import Text
from autothink_lsp.values import frozen

NAME = "similar"
LINES = 8
STEP = 4
LEAST_ALIKE = 0.12
TOO_ALIKE = 0.5  # to the surroundings
CONTAINED = 0.8  # of a fragment's names are those of the surroundings
REPEATED = 0.9  # of another fragment
_MOST_LINES = 3_000
_MOST_DOCUMENTS = 8
_MOST_PIECES = 4
_SURROUNDING_LINES = 10
_NO_WORDS: frozenset[str] = frozenset()


@frozen
class _Fragment:
    first: int
    words: frozenset[str]


@frozen(eq=False)
class _Fragments:
    """``by_line``: the names in each line of ``text``."""

    text: Text
    by_line: dict[str, frozenset[str]] = field(repr=False)
    fragments: list[_Fragment] = field(repr=False)


@define(eq=False)
class SimilarSnippets:
    """Splits each open document into fragments once per version, and searches names in its new lines only. State per
    document, dropped by ``forget``."""

    documents: DocumentStore
    _cut: dict[str, _Fragments] = field(factory=dict, init=False)
    _recent: list[str] = field(factory=list, init=False)

    def touched(self, uri: str) -> None:
        """Make the opened or edited document the most recent one; recent documents are searched first."""
        if not self._recent or self._recent[-1] != uri:
            if uri in self._recent:
                self._recent.remove(uri)
            self._recent.append(uri)

    def forget(self, uri: str) -> None:
        """Drop the fragments of a closed document."""
        self._cut.pop(uri, None)
        if uri in self._recent:
            self._recent.remove(uri)

    def snippets(self, query: SourceQuery) -> Iterator[ContextSnippet]:
        """The fragments, most similar first."""
        text, line = query.snapshot.text, query.point.line
        around = frozenset(query.near_words)
        surroundings = frozenset(
            words("\n".join(text.lines(max(0, line - _SURROUNDING_LINES), line + _SURROUNDING_LINES)))
        )
        scored: list[tuple[float, str, _Fragment, Snapshot]] = []
        for uri in self._candidates(query):
            snapshot = self.documents.snapshot(uri)
            if snapshot is None or query.over():
                continue
            for fragment in self._fragments(snapshot):
                own = uri == query.uri
                if own and fragment.first < query.stop and fragment.first + LINES > query.first:
                    continue
                score = alike(around, fragment.words)
                if score >= LEAST_ALIKE and not _is_known(fragment, surroundings):
                    scored.append((score, uri, fragment, snapshot))
        scored.sort(key=lambda one: (-one[0], one[1], one[2].first))
        chosen: list[tuple[str, _Fragment]] = []
        for score, uri, fragment, snapshot in scored:
            if len(chosen) == _MOST_PIECES:
                break
            if any(_repeats(uri, fragment, *other) for other in chosen):
                continue
            chosen.append((uri, fragment))
            path = query.path if uri == query.uri else display_path(uri, folder_of(uri, [query.folder or uri]))
            code = _dedented(snapshot.text.lines(fragment.first, fragment.first + LINES))
            excerpt = Excerpt.of(snapshot.text, fragment.first, fragment.first + LINES)
            reason = f"shares {score:.0%} of its names with the lines at the cursor (line {fragment.first + 1})"
            yield ContextSnippet(
                *(NAME, path, code, reason, "" if uri == query.uri else uri), may_end_early=True, excerpts=(excerpt,)
            )

    def _candidates(self, query: SourceQuery) -> list[str]:
        """This document and the recent ones in related languages."""
        others = [uri for uri in reversed(self._recent) if not query.is_own_uri(uri) and self._speaks_alike(uri, query)]
        return [query.uri, *others[: _MOST_DOCUMENTS - 1]]

    def _speaks_alike(self, uri: str, query: SourceQuery) -> bool:
        snapshot = self.documents.snapshot(uri)
        return snapshot is not None and snapshot.language_id == query.snapshot.language_id

    def _fragments(self, snapshot: Snapshot) -> list[_Fragment]:
        known = self._cut.get(snapshot.uri)
        if known is None or known.text is not snapshot.text:
            lines = snapshot.text.lines(0, min(snapshot.text.line_count, _MOST_LINES))
            before = known.by_line if known is not None else {}
            by_line = {line: before[line] if line in before else frozenset(words(line)) for line in lines}
            found = [by_line[line] for line in lines]
            fragments = [
                _Fragment(first, _NO_WORDS.union(*found[first : first + LINES])) for first in range(0, len(lines), STEP)
            ]
            known = _Fragments(snapshot.text, by_line, [one for one in fragments if one.words])
            self._cut[snapshot.uri] = known
        return known.fragments


def _is_known(fragment: _Fragment, surroundings: frozenset[str]) -> bool:
    """Whether the window already shows nearly the same text."""
    shared = len(fragment.words & surroundings)
    return alike(surroundings, fragment.words) > TOO_ALIKE or shared > CONTAINED * len(fragment.words)


def _repeats(uri: str, one: _Fragment, other_uri: str, other: _Fragment) -> bool:
    overlap = uri == other_uri and abs(one.first - other.first) < LINES
    return overlap or alike(one.words, other.words) > REPEATED


def _dedented(lines: list[str]) -> str:
    import textwrap

    return textwrap.dedent("\n".join(lines)).strip("\n")
