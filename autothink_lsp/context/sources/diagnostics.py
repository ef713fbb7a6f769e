"""Messages of compilers and linters about lines near the cursor.

A server does not receive the diagnostics of other servers, except in a request for code actions and from our plugins
(``autothink/diagnostics``). Those are kept until their lines change or newer ones arrive for the same lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define, evolve, field

from autothink_lsp.context.secrets import find_secrets
from autothink_lsp.context.snippets import ContextSnippet, Excerpt, SourceQuery
from autothink_lsp.context.window import moved
from autothink_lsp.document.snapshot import Change
from autothink_lsp.values import Diagnostic, frozen

NAME = "diagnostics"
_MOST_KEPT = 50  # per document
_MOST_SHOWN = 3
_NEAR_LINES = 20
_LONGEST = 200


@frozen
class _Seen:
    line: int
    message: str


@define(eq=False)
class SeenDiagnostics:
    """Keeps state per open document, bounded; dropped by ``forget``."""

    _seen: dict[str, list[_Seen]] = field(factory=dict, init=False)

    def saw(self, uri: str, first: int, last: int, diagnostics: Sequence[Diagnostic]) -> None:
        """Record that ``diagnostics`` are all that the client has for the lines ``first`` to ``last``."""
        kept = [one for one in self._seen.get(uri, ()) if not first <= one.line <= last]
        new = [_Seen(one.start.line, _shortened(" ".join(one.message.split()))) for one in diagnostics]
        self._seen[uri] = list(dict.fromkeys((*new, *kept)))[:_MOST_KEPT]

    def between(self, uri: str, first: int, last: int) -> frozenset[tuple[int, str]]:
        """The line and the message of each diagnostic in these lines."""
        return frozenset((one.line, one.message) for one in self._seen.get(uri, ()) if first <= one.line <= last)

    def did_change(self, uri: str, changes: Sequence[Change]) -> None:
        """Drop the diagnostics of changed lines, which may be outdated."""
        seen = self._seen.get(uri)
        if not seen:
            return
        for change in changes:
            places = [(one, moved(one.line, change)) for one in seen]
            seen = [
                evolve(one, line=line)
                for one, line in places
                if line is not None and not change.start.line <= one.line <= change.old_end.line
            ]
        self._seen[uri] = seen

    def forget(self, uri: str) -> None:
        """Drop the diagnostics of a closed document."""
        self._seen.pop(uri, None)

    def snippets(self, query: SourceQuery) -> Iterator[ContextSnippet]:
        """The messages, nearest first."""
        text = query.snapshot.text
        by_distance = sorted(self._seen.get(query.uri, ()), key=lambda one: abs(one.line - query.point.line))
        for one in by_distance[:_MOST_SHOWN]:
            away = abs(one.line - query.point.line)
            if away <= _NEAR_LINES:
                line_and_message = f"{text.line(one.line).strip()}  <- {one.message}"
                excerpt = Excerpt.of(text, one.line, one.line + 1)
                reason = f"a message {away} lines from the cursor"
                yield ContextSnippet(NAME, f"{query.path}.messages", line_and_message, reason, excerpts=(excerpt,))


def _shortened(message: str) -> str:
    """The message cut to the maximum length, before a secret in it: a part of a secret is not recognised."""
    if len(message) <= _LONGEST:
        return message
    spans = find_secrets(message[: 10 * _LONGEST])
    cut = next((span.start for span in spans if span.start < _LONGEST < span.end), _LONGEST)
    return message[:cut]
