"""What is shown of an answer that is still coming: whole lines after ``SOON_MS``, what ends well at the deadline.

A slow model writes one line in the time that somebody looks up for, and two before the deadline if they are short.
Waiting for the second costs everybody a quarter of a second for the sake of few. The run goes on in either case: what
follows comes up when the user accepts what is shown, or types along it.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve, frozen

from autothink_lsp.features.completion.cache import SuggestionStore
from autothink_lsp.features.completion.model import Outcome
from autothink_lsp.features.completion.scheduler import Runner
from autothink_lsp.features.completion.stream import Run
from autothink_lsp.features.completion.ticket import Ticket
from autothink_lsp.features.completion.type_through import presentable, whole_lines

# From the key on. 4,000/100 tokens a second write four lines in it, and 145/33 one.
SOON_MS = 400.0


@frozen
class Early:
    """``now_ms`` is the clock of the queries. Only who asked by typing is answered early."""

    runner: Runner
    answers: SuggestionStore
    now_ms: Callable[[], float]

    def watch(self, ticket: Ticket) -> None:
        """Look at the ticket's answer once it has waited long enough for more lines."""
        ticket.after(self._left_ms(ticket), lambda: self._show_lines(ticket))

    def said(self, run: Run, ticket: Ticket) -> None:
        """The ticket's run has said more: show it if it ends a line, and the next cannot be there soon enough."""
        if ticket.query.trigger != "automatic" or run.first_ms is None or not run.text.endswith("\n"):
            return
        lines = whole_lines(run.text)
        if lines and (run.elapsed_ms - run.first_ms) / lines > self._left_ms(ticket):
            self._show_lines(ticket)

    def outcome(self, ticket: Ticket) -> Outcome:
        """What is there already, as far as it is fit to be shown."""
        left = self.runner.remaining(ticket.uri, ticket.context)
        text = presentable(left.text) if left is not None else ""
        if left is None or not text:
            return Outcome(None, "deadline")
        whole = left.text.startswith(text + "\n")  # its last line is
        return self.answers.outcome(evolve(left, text=text), ticket.context, "model", finished=whole)

    def _left_ms(self, ticket: Ticket) -> float:
        return SOON_MS - (self.now_ms() - ticket.query.received_ms)

    def _show_lines(self, ticket: Ticket) -> None:
        left = self.runner.remaining(ticket.uri, ticket.context) if ticket.settled is None else None
        if left is not None and whole_lines(left.text) and self.outcome(ticket).suggestion is not None:
            ticket.settle("soon")
