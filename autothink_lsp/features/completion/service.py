"""The keystroke path: from a request of the editor to one suggestion, or to the reason why there is none.

``complete`` tells the story in its order: gate, context, stored suggestions, suppression, then a model (the stream in
flight if it serves the request, else a new one after a short delay), post-processing. Every request gets exactly one
outcome: when it is answered, superseded, cancelled or past its deadline. An automatic request never outlives its
deadline, but its stream goes on and what it brings is stored.

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
from autothink_lsp.features.completion.cache import SuggestionCache, SuggestionStore
from autothink_lsp.features.completion.debounce import AdaptiveDebouncer
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.metrics import Counters
from autothink_lsp.features.completion.model import CompletionQuery, CompletionUsage, Outcome, Source
from autothink_lsp.features.completion.postprocess.post_processor import PostProcessor
from autothink_lsp.features.completion.prefetch import Ask, Prefetcher
from autothink_lsp.features.completion.prompt_context import PromptContext, hidden_secret
from autothink_lsp.features.completion.scheduler import PendingRequest, RequestScheduler
from autothink_lsp.features.completion.slot import Purpose, Resolution
from autothink_lsp.features.completion.suppression.suppression_filter import SuppressionFilter
from autothink_lsp.features.completion.trace import SlotTrace
from autothink_lsp.features.completion.type_through import RemainingText
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax

logger = logging.getLogger(__name__)


class CompletionService:
    """See the module's docstring; the ``did_`` methods are the document store's listener.

    ``now_ms`` is a monotonic clock, ``endpoint_for`` gives the endpoint of some settings, ``observe`` is told what each
    answering stream has cost. ``acting``: the models are busy with an action that the user asked for."""

    def __init__(
        self,
        *,
        endpoint_for: Callable[[Settings], CompletionEndpoint],
        syntax: Syntax,
        windows: Windows,
        now_ms: Callable[[], float],
        observe: Callable[[CompletionUsage], None] = lambda _usage: None,
        privacy: PrivacyGate | None = None,
        names: SecretNames | None = None,
        acting: Callable[[], bool] = lambda: False,
    ) -> None:
        self.counters = Counters()
        self.suppression = SuppressionFilter(syntax, now_ms)
        self._windows = windows
        self._now_ms = now_ms
        self._prompt_context = PromptContext(syntax, windows, privacy or PrivacyGate(), endpoint_for)
        self._debouncer = AdaptiveDebouncer()
        post_processor, cache = PostProcessor(syntax), SuggestionCache()
        self._answers = SuggestionStore(post_processor, cache)
        self._scheduler = RequestScheduler(
            prompt_context=self._prompt_context,
            store=self._answers,
            debouncer=self._debouncer,
            counters=self.counters,
            names=names or SecretNames(),
            now_ms=now_ms,
            observe=observe,
            trace=SlotTrace.from_environment(),
        )
        self._alternatives = Alternatives(self._scheduler, post_processor, endpoint_for)
        self._prefetcher = Prefetcher(self._prompt_context, self._scheduler, cache, self.counters, acting)

    # ---- the story of a request

    async def complete(self, query: CompletionQuery) -> Outcome:
        """One outcome for one request, at the latest at its deadline."""
        self.counters.queries += 1
        self._prefetcher.on_request(query)
        self._debouncer.on_request(query.received_ms)
        self._scheduler.on_request_received()
        outcome = self.suppression.apply(query, await self._outcome(query))
        elapsed_ms = self._now_ms() - query.received_ms
        if outcome.suggestion is not None:
            self.counters.shown += 1
        else:
            self._prefetcher.on_nothing_shown(query)
        logger.debug("completion %s in %.0f ms: %s", query.path, elapsed_ms, outcome.reason)
        return evolve(outcome, elapsed_ms=elapsed_ms)

    async def _outcome(self, query: CompletionQuery) -> Outcome:
        uri = query.snapshot.uri
        # May anything of this place go to a model?
        refusal = self._prompt_context.refusal(query)
        if refusal is not None:
            return Outcome(None, refusal)
        if self._answers.outdated(uri, query.settings):
            self._forget(uri, closed=False)
        # What would the model see? From here on this is the newest request, and the one before gets its reply.
        context = self._prompt_context.gather(query)
        self._prefetcher.on_context(query, context)
        self._scheduler.supersede()
        if kind := hidden_secret(query, context):
            return Outcome(None, f"inside a secret ({kind})")
        # Is the answer stored, so that typing along a suggestion asks no model?
        stored = self._stored(uri, context)
        if stored is not None and (stored.text or query.trigger == "automatic"):
            self.counters.from_cache += 1
            return await self._from_store(stored, query, context)
        # Is a suggestion welcome here? What the model is writing already has been judged when it was asked for.
        if not self._scheduler.serves(uri, context):
            reason = self.suppression.refusal(query, context)
            if reason is not None:
                return Outcome(None, reason)
        return await self._from_model(query, context)

    async def _from_model(self, query: CompletionQuery, context: CodeContext) -> Outcome:
        request = self._scheduler.request(query, context)
        try:
            outcome = self._resolved(request, await request.resolution())
            if outcome is None and request.joined:
                # The stream diverged from the typed text: send a new request in the time that is left.
                self._scheduler.retry(request)
                outcome = self._resolved(request, await request.resolution())
            return outcome or Outcome(None, "something else was typed")
        except asyncio.CancelledError:
            self._scheduler.cancel(request)
            raise
        finally:
            self._scheduler.release(request)

    def _resolved(self, request: PendingRequest, resolution: Resolution) -> Outcome | None:
        """What to reply with; ``None`` if the stream has ended and does not answer the request."""
        query, context = request.query, request.context
        is_partial = resolution in {Resolution.DEADLINE, Resolution.PARTIAL}
        if is_partial and (left := self._scheduler.remaining(request.uri, context)) is not None:
            outcome = self._answers.partial(left, context)
            if outcome.suggestion is not None:
                self._scheduler.mark_shown()
            return outcome
        if not is_partial and resolution is not Resolution.FINISHED:
            return Outcome(None, resolution.value)
        stored = self._answers.take(request.uri, context)  # the stream may have ended in this very moment
        if stored is None:
            return Outcome(None, resolution.value) if is_partial else None
        outcome = self._shown(stored, query, context, "in flight" if request.joined else "model")
        return evolve(outcome, usage=self._scheduler.last_usage)

    def _stored(self, uri: str, context: CodeContext) -> RemainingText | None:
        """A stored suggestion that goes on from here; one of those that were cycled through, where the user typed along
        it; an empty one where the model had nothing to say at this very place."""
        first = self._answers.take(uri, context)
        return first if first is not None and first.text else self._alternatives.lookup(uri, context) or first

    async def _from_store(self, stored: RemainingText, query: CompletionQuery, context: CodeContext) -> Outcome:
        outcome = self._shown(stored, query, context, "cache")
        if query.trigger != "invoked" or outcome.suggestion is None:
            return outcome
        self._scheduler.withdraw(Purpose.PREFETCH)
        others = await self._alternatives.beside(stored, query, context)
        answers = (self._answers.outcome(one, context, "cache").suggestion for one in others)
        return evolve(outcome, others=tuple(one for one in answers if one is not None))

    def _shown(self, left: RemainingText, query: CompletionQuery, context: CodeContext, source: Source) -> Outcome:
        outcome = self._answers.outcome(left, context, source)
        if outcome.suggestion is not None:
            self._prefetcher.on_shown(query, context, outcome.suggestion)
        return outcome

    # ---- ahead of requests

    async def warm(self, ask: Ask) -> None:
        """Connect, and have the server evaluate the prompt at the place of ``ask``."""
        await self._prefetcher.prewarm(ask)

    def rests(self, ask: Ask) -> None:
        """The cursor is at the place of ``ask``, as far as the editor tells."""
        self._prefetcher.on_cursor_moved(ask)

    # ---- documents

    def did_open(self, snapshot: Snapshot) -> None:
        """Nothing is known of a new document."""
        self._windows.did_open(snapshot)

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """Move the window with the text; abort a stream that the edit has made pointless."""
        self._windows.did_change(snapshot, changes)
        self.suppression.did_change(snapshot.uri, changes)
        self._prefetcher.did_change(snapshot, changes)
        self._scheduler.did_change(snapshot.uri, changes)

    def did_close(self, uri: str) -> None:
        """Forget the document."""
        self._windows.did_close(uri)
        self.suppression.did_close(uri)
        self._prefetcher.did_close(uri)
        self._forget(uri, closed=True)

    def _forget(self, uri: str, *, closed: bool) -> None:
        """The document is ``closed``, or is completed with other settings from now on."""
        self._answers.forget(uri, closed=closed)
        self._alternatives.forget(uri)
        self._prefetcher.drop()
        self._scheduler.forget(uri, closed=closed)

    async def aclose(self) -> None:
        """Reply to the request that waits and abort the stream. Idempotent."""
        self._scheduler.shut_down()
        await self._prefetcher.aclose()
        await self._scheduler.aclose()
        logger.debug("completion counted %s", self.counters)
