"""The keystroke path: from a request of the editor to one suggestion, or to the reason why there is none.

In order: gate, remembered answers (typing along sends nothing), the run that is still going (typing along a stream
sends nothing either), a short wait for the next key, and only then a request. Every query gets exactly one outcome:
when it is answered, superseded, cancelled or past its deadline. An automatic query never outlives its deadline, but its
run goes on and what it brings is remembered.

Knows nothing of LSP and raises nothing but cancellation.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from attrs import evolve

from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import Windows
from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.features.completion.alternatives import Alternatives
from autothink_lsp.features.completion.cache import FirstUse, SuggestionCache, SuggestionStore
from autothink_lsp.features.completion.connecting import Connecting
from autothink_lsp.features.completion.debounce import AdaptiveDebouncer
from autothink_lsp.features.completion.early import Early
from autothink_lsp.features.completion.endpoint import CompletionEndpoint, Connected
from autothink_lsp.features.completion.metrics import Counters
from autothink_lsp.features.completion.model import CompletionQuery, CompletionUsage, Outcome, Source, deadline_ms
from autothink_lsp.features.completion.postprocess.post_processor import PostProcessor
from autothink_lsp.features.completion.prefetch import Ahead
from autothink_lsp.features.completion.prompt_context import PromptContext, hidden_secret
from autothink_lsp.features.completion.scheduler import Runner
from autothink_lsp.features.completion.stream import Run
from autothink_lsp.features.completion.suppression.suppression_filter import SuppressionFilter
from autothink_lsp.features.completion.ticket import Ticket
from autothink_lsp.features.completion.type_through import RemainingText
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax

logger = logging.getLogger(__name__)


class CompletionService:
    """See the module's docstring; the ``did_`` methods are the document store's listener.

    ``now_ms`` is a monotonic clock, ``endpoint_for`` gives the endpoint of some settings, ``observe`` hears what each
    run has cost. ``acting``: the models are busy with what a user has asked for by hand."""

    def __init__(
        self,
        *,
        endpoint_for: Callable[[Settings], CompletionEndpoint],
        syntax: Syntax,
        windows: Windows,
        now_ms: Callable[[], float],
        observe: Callable[[CompletionUsage], None] = lambda _spent: None,
        privacy: PrivacyGate | None = None,
        names: SecretNames | None = None,
        acting: Callable[[], bool] = lambda: False,
    ) -> None:
        self.counters = Counters()
        self._endpoint_for = endpoint_for
        self._windows = windows
        self._now_ms = now_ms
        self._observe = observe
        self._sight = PromptContext(syntax, windows, privacy or PrivacyGate(), endpoint_for)
        shaper, cache = PostProcessor(syntax), SuggestionCache()
        self._answers = SuggestionStore(shaper, cache)
        self._debouncer = AdaptiveDebouncer()
        self.suppression = SuppressionFilter(syntax, now_ms)
        self._runner = Runner(self.counters, self._ended, self._said, cache.lookup, names or SecretNames())
        self._early = Early(self._runner, self._answers, now_ms)
        self._alternatives = Alternatives(self._runner, shaper, endpoint_for)
        self._connecting = Connecting(self._begin_connected)
        self._ahead = Ahead(
            *(self._sight, self._runner, self._connecting, cache, self.counters),
            waits=lambda: self._ticket is not None or acting(),
        )
        self._ticket: Ticket | None = None  # the newest that waits
        # The one that the run is for: another one while the newest waits for its delay.
        self._attached: Ticket | None = None
        self._spent: CompletionUsage | None = None  # of the last run

    def did_open(self, snapshot: Snapshot) -> None:
        """Nothing is known of a new document."""
        self._windows.did_open(snapshot)

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """Move the window with the text; hang up on a run that the edit has made pointless."""
        self._windows.did_change(snapshot, changes)
        self.suppression.did_change(snapshot.uri, changes)
        self._ahead.did_change(snapshot, changes)
        self._connecting.drop(snapshot.uri)
        self._runner.did_change(snapshot.uri, changes)

    def did_close(self, uri: str) -> None:
        """A closed document's answers are of no use to anybody."""
        self._windows.did_close(uri)
        self.suppression.did_close(uri)
        self._ahead.did_close(uri)
        if self._ticket is not None and self._ticket.uri == uri:
            self._ticket.settle("document closed")
        self._forget(uri, closed=True)

    def _forget(self, uri: str, *, closed: bool = False) -> None:
        self._answers.forget(uri, closed=closed)
        self._alternatives.forget(uri)
        self._connecting.drop(uri)
        self._ahead.drop()
        self._runner.forget(uri)

    async def complete(self, query: CompletionQuery) -> Outcome:
        """One outcome for one query, at the latest at its deadline."""
        self.counters.queries += 1
        self._ahead.asked(query)
        self._debouncer.on_request(query.received_ms)
        outcome = self.suppression.apply(query, await self._complete(query))
        elapsed_ms = self._now_ms() - query.received_ms
        if outcome.suggestion is not None:
            self.counters.shown += 1
        else:
            self._ahead.found_nothing(query)
        logger.debug("completion %s in %.0f ms: %s", query.path, elapsed_ms, outcome.reason)
        return evolve(outcome, elapsed_ms=elapsed_ms)

    async def warm(self, asked: Callable[[], CompletionQuery | None]) -> None:
        """See ``warming.py``."""
        await self._ahead.warm(asked)

    def rests(self, asked: Callable[[], CompletionQuery | None]) -> None:
        """The cursor is where nobody types yet, as far as the editor tells; see ``resting.py``."""
        self._ahead.rests(asked)

    async def aclose(self) -> None:
        """Hang up and settle whoever still waits. Idempotent."""
        if self._ticket is not None:
            self._ticket.settle("shutting down")
        await self._ahead.aclose()
        await self._runner.aclose()
        await self._connecting.aclose()
        logger.debug("completion counted %s", self.counters)

    async def _complete(self, query: CompletionQuery) -> Outcome:
        self._runner.forget_next()
        refusal = self._sight.refusal(query)
        if refusal is not None:
            return Outcome(None, refusal)
        if self._answers.outdated(query.snapshot.uri, query.settings):
            self._forget(query.snapshot.uri)
        context = self._sight.gather(query)
        self._ahead.typed(query, context)
        if self._ticket is not None:
            self._ticket.settle("superseded")
            self._ticket = None
        if kind := hidden_secret(query, context):
            return Outcome(None, f"inside a secret ({kind})")
        known = self._known(query.snapshot.uri, context)
        # An answer that was empty is repeated only to requests that nobody made by hand.
        if known is not None and (known.text or query.trigger == "automatic"):
            self.counters.from_cache += 1
            return await self._again(known, query, context)
        waits = self._runner.remaining(query.snapshot.uri, context) is not None
        if not waits and (quiet := self.suppression.refusal(query, context)):
            return Outcome(None, quiet)
        ticket = self._ticket = Ticket(query, context)
        try:
            return await self._wait(ticket)
        except asyncio.CancelledError:
            if self._ticket is ticket:
                self._runner.release()
            raise
        finally:
            ticket.close()
            if self._ticket is ticket:
                self._ticket = None

    def _known(self, uri: str, context: CodeContext) -> RemainingText | None:
        """A remembered answer; one of those that were cycled through, where the user typed along it."""
        first = self._answers.take(uri, context)
        return first if first is not None and first.text else self._alternatives.lookup(uri, context) or first

    async def _again(self, known: RemainingText, query: CompletionQuery, context: CodeContext) -> Outcome:
        outcome = self._shown(known, query, context, "cache")
        if query.trigger != "invoked" or outcome.suggestion is None:
            return outcome
        self._runner.abort_speculation()
        others = await self._alternatives.beside(known, query, context)
        answers = (self._answers.outcome(one, context, "cache").suggestion for one in others)
        return evolve(outcome, others=tuple(one for one in answers if one is not None))

    async def _wait(self, ticket: Ticket) -> Outcome:
        query = ticket.query
        left_ms = deadline_ms(query) - (self._now_ms() - query.received_ms)
        ticket.after(left_ms, lambda: ticket.settle("deadline"))
        if query.trigger == "automatic":
            self._early.watch(ticket)
        if self._runner.joins(ticket.uri, ticket.context):
            self.counters.from_running += 1
            self._attached = ticket
            outcome = await self._verdict(ticket, "in flight")
            if outcome is not None:
                return outcome
            # It came to say something else than was typed ahead of it: ask anew in the time that is left.
            ticket.reopen()
        else:
            self._runner.give_way(ticket.uri, ticket.context)
        answer_ms = self._endpoint_for(query.settings).answer_times.typical_ms
        delay_ms = self._debouncer.delay_ms(query, ticket.context.line_prefix, answer_ms)
        delay_ms -= self._now_ms() - query.received_ms
        if delay_ms > 0:
            ticket.after(delay_ms, lambda: self._start(ticket))
        else:
            self._start(ticket)
        return await self._verdict(ticket, "model") or Outcome(None, "something else was typed")

    async def _verdict(self, ticket: Ticket, source: Source) -> Outcome | None:
        """The outcome once somebody has settled the ticket; ``None`` if the run that ended does not answer it."""
        verdict = await ticket.verdict()
        early = verdict in {"deadline", "soon"}
        if early and self._runner.remaining(ticket.uri, ticket.context) is not None:
            outcome = self._early.outcome(ticket)
            if outcome.suggestion is not None:
                self._runner.seen()
            return outcome
        if not early and verdict != "ended":
            return Outcome(None, verdict)
        known = self._answers.take(ticket.uri, ticket.context)  # it may have ended in this very moment
        if known is None:
            return Outcome(None, verdict) if early else None
        return self._shown(known, ticket.query, ticket.context, source, self._spent)

    def _start(self, ticket: Ticket) -> None:
        endpoint = self._endpoint_for(ticket.query.settings)
        connected = endpoint.connected
        if connected is None:
            self._connecting.wait(ticket, endpoint)
        elif not self._runner.after_reading(lambda: self._start(ticket) if self._is_wanted(ticket) else None):
            self._begin(ticket, connected, endpoint)

    def _begin_connected(self, ticket: Ticket, connected: Connected, endpoint: CompletionEndpoint) -> None:
        """Only now it is known how much fits into the server's context."""
        if self._is_wanted(ticket):
            ticket.context = self._sight.gather(ticket.query)
            self._begin(ticket, connected, endpoint)

    def _is_wanted(self, ticket: Ticket) -> bool:
        """Its deadline may be over: the answer is remembered, and the server has the prompt in its cache."""
        waits = self._ticket is ticket or (self._ticket is None and ticket.settled == "deadline")
        return waits and not self._runner.answering

    def _begin(self, ticket: Ticket, connected: Connected, endpoint: CompletionEndpoint) -> None:
        self._debouncer.on_sent()
        self._runner.begin(ticket.query, ticket.context, connected, endpoint)
        self._attached = ticket

    def _ended(self, run: Run) -> None:
        """Every run ends here, once."""
        self._spent = run.spent
        self._observe(run.spent)
        if run.error is None and not run.aborted:
            first_use = FirstUse([self.counters.answer_used, *([self._ahead.ended()] if run.speculative else [])])
            self._answers.remember(run, [first_use])
            if run.seen:
                first_use()
        if self._attached is None:
            return
        if run.error is not None:
            self._attached.settle("backend failed")
        else:
            self._attached.settle("superseded" if run.aborted and not run.overtaken else "ended")
        self._attached = None

    def _said(self, run: Run) -> None:
        if self._attached is not None:
            self._early.said(run, self._attached)

    def _shown(
        self,
        left: RemainingText,
        query: CompletionQuery,
        context: CodeContext,
        source: Source,
        spent: CompletionUsage | None = None,
    ) -> Outcome:
        outcome = self._answers.outcome(left, context, source)
        if outcome.suggestion is not None:
            self._ahead.shown(query, context, outcome.suggestion)
        return evolve(outcome, spent=spent)
