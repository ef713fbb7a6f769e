"""A verified lexer state above a line, so that the next lines need no syntax tree to verify it again.

Lexing begins somewhere in the file, perhaps inside a string, and takes text for code from there on. Once a tree has
confirmed the state at the end of a text, it holds for what is typed below: lexing the same text from the same state
ends in the same state.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.stream.cursor import CursorContext, lex_cursor
from autothink_lsp.stream.lexical import Scanner
from autothink_lsp.values import evolve, frozen

_LEAST_SHARED = 200  # characters; less may stand at another place as well


@frozen
class LexerCheckpoint:
    """A lexer state. ``above`` is the window's text above a line, from line ``top`` of document ``uri`` on; ``around``
    the state at its end."""

    uri: str
    top: int
    above: str = field(repr=False)
    around: CursorContext = field(repr=False)

    @classmethod
    def of(cls, request: CompletionRequest, context: CodeContext) -> LexerCheckpoint:
        """The checkpoint of the lines above the cursor's. The caller verifies it."""
        above = context.whole_lines_above
        around = lex_cursor(evolve(context, prefix=above))
        return cls(request.snapshot.uri, request.point.line - above.count("\n"), above, around)

    def survives(self, uri: str, changes: Sequence[Change]) -> bool:
        """Whether the checkpoint is still valid after the changes of document ``uri``."""
        return uri != self.uri or all(change.start.line >= self.top for change in changes)

    def at(self, request: CompletionRequest, context: CodeContext) -> LexerCheckpoint | None:
        """The checkpoint moved to the current cursor's line; ``None`` if it cannot be derived from this one."""
        above = context.whole_lines_above
        if request.snapshot.uri != self.uri:
            return None
        if above == self.above:
            return self
        end = self._end_in(above)
        if end is None:
            return None
        now = LexerCheckpoint.of(request, context)
        # What is lexed may begin lower than it did: it has to come to the known end in the same state.
        unread = len(above) - now.around.scanner.offset
        again = Scanner(self.around.style, now.around.begins).feed_known(above[unread:end])
        return now if end >= unread and again.state == self.around.scanner.state else None

    def _end_in(self, above: str) -> int | None:
        """Where in ``above`` this reading's text ends, if it stands there with lines below it."""
        tail = self.above[-_LEAST_SHARED:]
        at = above.rfind(tail) if len(tail) == _LEAST_SHARED else -1
        end = at + len(tail)
        shared = min(end, len(self.above))
        return end if at >= 0 and above[end - shared : end] == self.above[-shared:] else None
