"""The keystroke path: from a request of the editor to one suggestion, or to the reason why there is none.

In order: gate, remembered answers (typing along sends nothing), the run that is still going (typing along a stream sends nothing
either), a short wait for the next key, and only then a request. There is one run at a time; a newer request that it does not answer
aborts it, and so does an edit that contradicts it. Every query gets exactly one outcome: when it is answered, superseded, cancelled
or past its deadline. An automatic query never outlives its deadline, but its run goes on and what it brings is remembered.

Knows nothing of LSP and raises nothing but cancellation. What an aborted run had received is the seed of the next one that continues
the same text, so hanging up early loses no work.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from itertools import count

from attrs import define, evolve, field

from autothink_lsp.context.exclusion import Exclusion
from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import WindowTracker
from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.features.completion import gate
from autothink_lsp.features.completion.answer import AnswerShaper
from autothink_lsp.features.completion.cache import CompletionCache
from autothink_lsp.features.completion.delay import AdaptiveDelay
from autothink_lsp.features.completion.endpoint import CompletionEndpoint, Connected
from autothink_lsp.features.completion.follow import Follower
from autothink_lsp.features.completion.launch import launch, window_size
from autothink_lsp.features.completion.query import CompletionQuery, Outcome, Source, Suggestion
from autothink_lsp.features.completion.run import Run
from autothink_lsp.features.completion.typed_along import Along, Asked, Remainder, remainder
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.languages import LanguageRegistry

logger = logging.getLogger(__name__)

# Somebody who asked by hand waits; VS Code's and Neovim's limits are for automatic requests only.
INVOKED_DEADLINE_MS = 15_000.0
# What writing the answer to the client may take on a busy machine; taken off the deadline.
REPLY_MARGIN_MS = 25.0


@define(eq=False)
class _Ticket:
    """One query that waits. ``verdict`` is resolved once, by whoever comes first."""

    query: CompletionQuery
    context: CodeContext
    verdict: asyncio.Future[str] = field()
    timers: list[asyncio.TimerHandle] = field(factory=list)

    def settle(self, verdict: str) -> None:
        if not self.verdict.done():
            self.verdict.set_result(verdict)

    def close(self) -> None:
        for timer in self.timers:
            timer.cancel()


@define
class Counters:
    """What was counted since the start; shown by ``autothink/status`` and asserted by tests."""

    queries: int = 0
    sent: int = 0
    from_cache: int = 0
    from_running: int = 0
    aborted: int = 0
    shown: int = 0
    accepted: int = 0


class CompletionService:
    """See the module's docstring. ``now_ms`` is a monotonic clock; ``endpoint_for`` gives the endpoint of some settings."""

    def __init__(
        self,
        *,
        endpoint_for: Callable[[Settings], CompletionEndpoint],
        registry: LanguageRegistry,
        windows: WindowTracker,
        shaper: AnswerShaper,
        now_ms: Callable[[], float],
    ) -> None:
        self._endpoint_for = endpoint_for
        self._registry = registry
        self._windows = windows
        self._shaper = shaper
        self._now_ms = now_ms
        self._exclusion = Exclusion()
        self._cache = CompletionCache()
        self._delay = AdaptiveDelay()
        self._run: Run | None = None
        self._follower: Follower | None = None
        self._ticket: _Ticket | None = None
        self._stump: tuple[str, Asked, str] | None = None  # what the last aborted run had said, and where
        self._tasks: set[asyncio.Task[None]] = set()
        self._ids = count(1)
        self.counters = Counters()

    # The document's side: these are the store's listener methods.

    def did_open(self, snapshot: Snapshot) -> None:
        """Nothing is known of a new document."""
        self._windows.did_open(snapshot)

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """Move the window with the text; hang up on a run that the edit has made pointless."""
        self._windows.did_change(snapshot, changes)
        run = self._run
        if run is None or run.uri != snapshot.uri or self._follower is None:
            return
        if not self._follower.follow(changes, run.text):
            run.abort()

    def did_close(self, uri: str) -> None:
        """A closed document's answers are of no use to anybody."""
        self._windows.did_close(uri)
        self._cache.forget(uri)
        if self._run is not None and self._run.uri == uri:
            self._run.abort()
        if self._ticket is not None and self._ticket.query.snapshot.uri == uri:
            self._ticket.settle("document closed")

    # The editor's side.

    async def complete(self, query: CompletionQuery) -> Outcome:
        """One outcome for one query, at the latest at its deadline."""
        self.counters.queries += 1
        outcome = await self._complete(query)
        elapsed_ms = self._now_ms() - query.received_ms
        if outcome.suggestion is not None:
            self.counters.shown += 1
        logger.debug("completion %s in %.0f ms: %s", query.path, elapsed_ms, outcome.reason)
        return Outcome(outcome.suggestion, outcome.reason, elapsed_ms)

    async def warm(self, query: CompletionQuery) -> None:
        """Have the server evaluate the prompt at this place, so that the first key there is not the expensive one."""
        if self._refusal(query) is not None or self._run is not None:
            return
        endpoint = self._endpoint_for(query.settings)
        connected = await endpoint.connect()
        if connected is None or self._run is not None:
            return
        context = self._gather(query)
        self._begin(query, context, connected, endpoint, seed="", warm=True)

    async def aclose(self) -> None:
        """Hang up and settle whoever still waits. Idempotent."""
        if self._ticket is not None:
            self._ticket.settle("shutting down")
        if self._run is not None:
            run = self._run
            run.abort()
            await run.closed()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _complete(self, query: CompletionQuery) -> Outcome:
        refusal = self._refusal(query)
        if refusal is not None:
            return Outcome(None, refusal)
        context = self._gather(query)
        uri = query.snapshot.uri
        self._settle_older()
        known = self._cache.lookup(uri, context)
        if known is not None and (known.text or query.trigger == "automatic"):
            self.counters.from_cache += 1
            return self._answer(known, context, "cache")
        ticket = _Ticket(query, context, asyncio.get_running_loop().create_future())
        self._ticket = ticket
        try:
            return await self._wait(ticket)
        except asyncio.CancelledError:
            # The editor has hung up, and so do we, at once: an idle engine is worth more than a guess at what comes next.
            if self._ticket is ticket and self._run is not None:
                self._run.abort()
            raise
        finally:
            ticket.close()
            if self._ticket is ticket:
                self._ticket = None

    async def _wait(self, ticket: _Ticket) -> Outcome:
        query = ticket.query
        loop = asyncio.get_running_loop()
        source: Source = "model"
        if self._remaining(ticket) is not None:
            source = "in flight"
            self.counters.from_running += 1
        else:
            if self._run is not None:
                self._run.abort()
            delay_ms = self._delay_ms(ticket)
            if delay_ms > 0:
                ticket.timers.append(loop.call_later(delay_ms / 1_000, self._start, ticket))
            else:
                self._start(ticket)
        left_ms = self._deadline_ms(query) - (self._now_ms() - query.received_ms)
        ticket.timers.append(loop.call_later(max(0.0, left_ms) / 1_000, ticket.settle, "deadline"))
        verdict = await ticket.verdict
        if verdict == "ended":
            return self._result(ticket, source)
        if verdict == "deadline":
            return self._partial(ticket)
        return Outcome(None, verdict)

    def _refusal(self, query: CompletionQuery) -> str | None:
        if self._exclusion.excluded(query.path, query.settings.completion.exclude):
            return "excluded file"
        return gate.refusal(query)

    def _gather(self, query: CompletionQuery) -> CodeContext:
        language = self._registry.find(query.snapshot.language_id, query.snapshot.uri)
        size = window_size(query.settings)
        return self._windows.gather(query.snapshot, query.point, size, path=query.path, language=language)

    def _settle_older(self) -> None:
        if self._ticket is not None:
            self._ticket.settle("superseded")
            self._ticket = None

    def _remaining(self, ticket: _Ticket) -> Remainder | None:
        """What the run has said from the ticket's cursor on (nothing yet, perhaps); ``None`` if it answers another text."""
        run = self._run
        if run is None or self._follower is None or run.uri != ticket.query.snapshot.uri:
            return None
        left = remainder(run.asked, ticket.context, run.text, finished=False)
        return left if left.along in {Along.AGREES, Along.PENDING} else None

    def _seed(self, ticket: _Ticket) -> str:
        """The beginning of the answer, if the last aborted run was about to say it. The server's cache still holds its tokens."""
        if self._stump is None or self._stump[0] != ticket.query.snapshot.uri:
            return ""
        left = remainder(self._stump[1], ticket.context, self._stump[2], finished=False)
        return left.text if left.along is Along.AGREES and not left.replaces_right else ""

    def _delay_ms(self, ticket: _Ticket) -> float:
        query = ticket.query
        wanted = query.settings.completion.debounce_ms
        adaptive = self._delay.next_ms(
            query.received_ms,
            invoked=query.trigger == "invoked",
            line_start=not ticket.context.line_prefix.strip(),
        )
        if query.trigger == "invoked":
            return 0.0
        return adaptive if wanted == "auto" else float(wanted)

    @staticmethod
    def _deadline_ms(query: CompletionQuery) -> float:
        if query.trigger == "invoked":
            return max(INVOKED_DEADLINE_MS, query.settings.completion.deadline_ms)
        return query.settings.completion.deadline_ms - REPLY_MARGIN_MS

    def _start(self, ticket: _Ticket) -> None:
        endpoint = self._endpoint_for(ticket.query.settings)
        if endpoint.connected is not None:
            self._begin(ticket.query, ticket.context, endpoint.connected, endpoint, seed=self._seed(ticket))
            return
        task = asyncio.get_running_loop().create_task(self._connect_and_begin(ticket, endpoint))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect_and_begin(self, ticket: _Ticket, endpoint: CompletionEndpoint) -> None:
        connected = await endpoint.connect()
        if connected is None:
            ticket.settle("no backend")
        elif self._ticket is ticket and self._run is None:
            self._begin(ticket.query, ticket.context, connected, endpoint, seed=self._seed(ticket))

    def _begin(
        self,
        query: CompletionQuery,
        context: CodeContext,
        connected: Connected,
        endpoint: CompletionEndpoint,
        *,
        seed: str,
        warm: bool = False,
    ) -> None:
        def ended(run: Run) -> None:
            self._ended(run, endpoint, warm=warm)

        self.counters.sent += not warm
        # A warm-up has no answer that one could type along; a query that comes meanwhile takes its place.
        self._follower = None if warm else Follower(query.point)
        language = self._registry.find(query.snapshot.language_id, query.snapshot.uri)
        self._run = launch(query, context, language, connected, seed=seed, warm=warm, on_end=ended)

    def _ended(self, run: Run, endpoint: CompletionEndpoint, *, warm: bool) -> None:
        if self._run is run:
            self._run = None
            self._follower = None
        self.counters.aborted += run.aborted
        if run.error is not None:
            endpoint.failed(run.error)
        elif run.finished is not None or run.complete:
            endpoint.worked()
        if not warm:
            self._remember(run)
        if self._ticket is not None and not warm:
            if run.error is not None:
                self._ticket.settle("backend failed")
            else:
                self._ticket.settle("superseded" if run.aborted else "ended")

    def _remember(self, run: Run) -> None:
        if run.aborted or run.error is not None:
            if run.text:
                self._stump = (run.uri, run.asked, run.text)
            return
        self._stump = None
        shaped = self._shaper.shape(run.text, run.context, run.language, finished=run.complete)
        self._cache.remember(run.uri, run.context, shaped.text)

    def _result(self, ticket: _Ticket, source: Source) -> Outcome:
        known = self._cache.lookup(ticket.query.snapshot.uri, ticket.context)
        return Outcome(None, "something else was typed") if known is None else self._answer(known, ticket.context, source)

    def _partial(self, ticket: _Ticket) -> Outcome:
        """At the deadline: the whole lines that are there are worth showing, half a line is not."""
        left = self._remaining(ticket)
        lines = left.text.rpartition("\n")[0] if left is not None else ""
        if left is None or not lines.strip():
            return Outcome(None, "deadline")
        return self._answer(evolve(left, text=lines), ticket.context, "model")

    def _answer(self, left: Remainder, context: CodeContext, source: Source) -> Outcome:
        # The text after the cursor may have changed since the answer came (an auto-closed bracket): filters again, they are cheap.
        shaped = self._shaper.fit(left.text, evolve(context, suffix=context.suffix[left.replaces_right :]))
        if not shaped.text:
            return Outcome(None, shaped.reason)
        suggestion = Suggestion(next(self._ids), shaped.text, source, left.replaces_right)
        return Outcome(suggestion, f"shown ({source})")
