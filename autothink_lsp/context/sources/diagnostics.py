"""What compilers and linters say of the lines near the cursor.

LSP tells a server nothing of other servers' diagnostics except with a request for actions; those that were seen there
are kept until their lines change or newer ones come for the same lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define, evolve, field, frozen

from autothink_lsp.context.place import Excerpt, Piece, Place
from autothink_lsp.context.secrets import find_secrets
from autothink_lsp.context.window import moved
from autothink_lsp.document.snapshot import Change
from autothink_lsp.values import Diagnostic

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
    """Per open document; bounded; dropped by ``forget``."""

    _seen: dict[str, list[_Seen]] = field(factory=dict, init=False)

    def saw(self, uri: str, first: int, last: int, diagnostics: Sequence[Diagnostic]) -> None:
        """All that a client has for these lines, at this moment."""
        kept = [one for one in self._seen.get(uri, ()) if not first <= one.line <= last]
        new = [_Seen(one.start.line, _shortened(" ".join(one.message.split()))) for one in diagnostics]
        self._seen[uri] = list(dict.fromkeys((*new, *kept)))[:_MOST_KEPT]

    def did_change(self, uri: str, changes: Sequence[Change]) -> None:
        """What was said of a line that is another one now may be true no more."""
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
        """A document was closed."""
        self._seen.pop(uri, None)

    def pieces(self, place: Place) -> Iterator[Piece]:
        """The nearest first."""
        text = place.snapshot.text
        by_distance = sorted(self._seen.get(place.uri, ()), key=lambda one: abs(one.line - place.point.line))
        for one in by_distance[:_MOST_SHOWN]:
            away = abs(one.line - place.point.line)
            if away <= _NEAR_LINES:
                said = f"{text.line(one.line).strip()}  <- {one.message}"
                excerpt = Excerpt.of(text, one.line, one.line + 1)
                reason = f"a message {away} lines from the cursor"
                yield Piece(NAME, f"{place.path}.messages", said, reason, excerpts=(excerpt,))


def _shortened(message: str) -> str:
    """Cut to a length, before a secret in it: half of one is not known as one."""
    if len(message) <= _LONGEST:
        return message
    spans = find_secrets(message[: 10 * _LONGEST])
    cut = next((span.start for span in spans if span.start < _LONGEST < span.end), _LONGEST)
    return message[:cut]
