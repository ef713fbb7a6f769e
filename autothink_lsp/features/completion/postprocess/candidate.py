"""What a filter works on. A filter is a function ``(Candidate) -> str``: what is worth keeping of the candidate's text.

Rules for filters: cut, never write (only white space at line starts may be changed, by ``indentation``); never raise;
an empty or blank result means that nothing is worth showing; a result that is filtered again does not change.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from autothink_lsp.context.values import CodeContext
from autothink_lsp.stream.cursor import Surroundings, look_around
from autothink_lsp.stream.layout import first_filled, last_filled


@frozen
class Candidate:
    """``text`` is what would stand at the cursor, between the context's prefix and suffix, with ``\\n`` line ends.

    ``finished``: the last line is whole, because the model or early stop ended it; ``False`` if the deadline or the
    token limit cut it off.
    """

    text: str
    context: CodeContext
    around: Surroundings
    finished: bool = True

    @classmethod
    def of(
        cls, text: str, context: CodeContext, *, finished: bool = True, around: Surroundings | None = None
    ) -> Candidate:
        """A candidate for the context's cursor; ``around`` if the caller has looked there already."""
        return cls(text, context, around or look_around(context), finished)

    def with_text(self, text: str) -> Candidate:
        """The same place with other text. If its end was cut, what is left ends where a filter wanted it to."""
        return evolve(self, text=text, finished=self.finished or not self.text.endswith(text))

    @property
    def lines(self) -> list[str]:
        """The text's lines as they will stand in the document, the first one with what is left of the cursor."""
        first, *rest = self.text.split("\n")
        return [self.context.line_prefix + first, *rest]

    @property
    def lines_above(self) -> list[str]:
        """The whole lines above the cursor's."""
        return self.context.prefix.split("\n")[:-1]

    @property
    def lines_below(self) -> list[str]:
        """The whole lines below the cursor's."""
        return self.context.suffix.split("\n")[1:]

    @property
    def next_line(self) -> str:
        """The next line below with something on it, or nothing."""
        return first_filled(self.lines_below)

    @property
    def previous_line(self) -> str:
        """The nearest line above with something on it, or nothing."""
        return last_filled(self.lines_above)

    def keep_lines(self, count: int) -> str:
        """The text's first ``count`` lines without their last line end."""
        return "\n".join(self.text.split("\n")[:count])


Filter = Callable[[Candidate], str]
