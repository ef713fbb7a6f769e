"""``CompletionCandidate``, the input of all filters. A filter is a function ``(CompletionCandidate) -> str`` that
returns the part of the candidate's text to keep.

Rules for filters: cut, never write (only white space may be: at line starts by ``indentation``, at the end by
``closer_line``); never raise;
an empty or blank result means that nothing is worth showing; a result that is filtered again does not change.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from autothink_lsp.context.values import CodeContext
from autothink_lsp.stream.cursor import CursorContext, lex_cursor
from autothink_lsp.stream.layout import first_filled, last_filled
from autothink_lsp.values import evolve, frozen


@frozen
class CompletionCandidate:
    """``text`` would be inserted at the cursor, between the context's prefix and suffix, with ``\n`` line ends.

    ``finished``: the last line is whole, because the model or early stop ended it; ``False`` if the deadline or the
    token limit cut it off.
    """

    text: str
    context: CodeContext
    around: CursorContext
    finished: bool = True

    @classmethod
    def of(
        cls, text: str, context: CodeContext, *, finished: bool = True, around: CursorContext | None = None
    ) -> CompletionCandidate:
        """A candidate for the context's cursor; ``around`` if the caller has lexed the cursor already."""
        return cls(text, context, around or lex_cursor(context), finished)

    def with_text(self, text: str) -> CompletionCandidate:
        """The same cursor with another text. If its end was cut, the last line counts as whole."""
        return evolve(self, text=text, finished=self.finished or not self.text.endswith(text))

    @cached_property
    def lines(self) -> list[str]:
        """The lines as they would be in the document: the first one includes the text before the cursor."""
        first, *rest = self.text.split("\n")
        return [self.context.line_prefix + first, *rest]

    @cached_property
    def lines_above(self) -> list[str]:
        """The whole lines above the cursor's line."""
        return self.context.prefix.split("\n")[:-1]

    @cached_property
    def lines_below(self) -> list[str]:
        """The whole lines below the cursor's line."""
        return self.context.suffix.split("\n")[1:]

    @property
    def next_line(self) -> str:
        """The first line below the cursor that is not blank, or an empty text."""
        return first_filled(self.lines_below)

    @property
    def previous_line(self) -> str:
        """The first line above the cursor that is not blank, or an empty text."""
        return last_filled(self.lines_above)

    def keep_lines(self, count: int) -> str:
        """The text's first ``count`` lines without their last line end."""
        return "\n".join(self.text.split("\n")[:count])


Filter = Callable[[CompletionCandidate], str]
