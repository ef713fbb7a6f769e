"""A verified lexer state above a line, so that the next lines need no syntax tree to verify it again.

Lexing begins somewhere in the file, perhaps inside a string, and takes text for code from there on. Once a tree has
confirmed the state at the end of a text, it holds for what is typed below: lexing the same text from the same state
ends in the same state.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, field, frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change
from autothink_lsp.features.completion.model import CompletionQuery
from autothink_lsp.stream.cursor import Surroundings, look_around
from autothink_lsp.stream.lexical import Scanner

_LEAST_SHARED = 200  # characters; less may stand at another place as well


@frozen
class LexerCheckpoint:
    """``above`` is what is shown of document ``uri`` above a line, from line ``top`` on; ``around`` the end of it."""

    uri: str
    top: int
    above: str = field(repr=False)
    around: Surroundings = field(repr=False)

    @classmethod
    def of(cls, query: CompletionQuery, context: CodeContext) -> LexerCheckpoint:
        """Of the lines above the cursor's. Whether it is right is for the caller to find out."""
        above = context.whole_lines_above
        around = look_around(evolve(context, prefix=above))
        return cls(query.snapshot.uri, query.point.line - above.count("\n"), above, around)

    def survives(self, uri: str, changes: Sequence[Change]) -> bool:
        """Whether all changes of document ``uri`` were where the reading sees them, or elsewhere."""
        return uri != self.uri or all(change.start.line >= self.top for change in changes)

    def at(self, query: CompletionQuery, context: CodeContext) -> LexerCheckpoint | None:
        """The same for the line where the cursor is now; ``None`` where that does not follow from this one."""
        above = context.whole_lines_above
        if query.snapshot.uri != self.uri:
            return None
        if above == self.above:
            return self
        end = self._end_in(above)
        if end is None:
            return None
        now = LexerCheckpoint.of(query, context)
        # What is lexed may begin lower than it did: it has to come to the known end in the same state.
        unread = len(above) - now.around.scanner.offset
        again = Scanner(self.around.style).feed_known(above[unread:end])
        return now if end >= unread and again.state == self.around.scanner.state else None

    def _end_in(self, above: str) -> int | None:
        """Where in ``above`` this reading's text ends, if it stands there with lines below it."""
        tail = self.above[-_LEAST_SHARED:]
        at = above.rfind(tail) if len(tail) == _LEAST_SHARED else -1
        end = at + len(tail)
        shared = min(end, len(self.above))
        return end if at >= 0 and above[end - shared : end] == self.above[-shared:] else None
