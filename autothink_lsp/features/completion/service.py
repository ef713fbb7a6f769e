"""The keystroke path: from a request of the editor to one suggestion, or to the reason why there is none.

``complete`` has the steps in order: gate, context, stored suggestions, suppression, then a model (the stream in
flight if it serves the request, else a new one after a short delay), post-processing. Every request gets exactly one
outcome: when it is answered, superseded, cancelled or past its deadline. An automatic request never outlives its
deadline, but its stream goes on and what it brings is stored.

Knows nothing of LSP and raises nothing but cancellation.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import ContextGatherer
from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.features.completion.alternatives import Alternatives
from autothink_lsp.features.completion.cache import SuggestionCache, SuggestionStore
from autothink_lsp.features.completion.debounce import AdaptiveDebouncer
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.fallback import EmbeddedFallback
from autothink_lsp.features.completion.in_flight import PendingRequest
from autothink_lsp.features.completion.late_answers import LateAnswers
from autothink_lsp.features.completion.metrics import Counters, StageClock
from autothink_lsp.features.completion.model import (
    CompletionOutcome,
    CompletionRequest,
    CompletionUsage,
    ContextUse,
    Source,
)
from autothink_lsp.features.completion.postprocess.post_processor import PostProcessor, is_worthless
from autothink_lsp.features.completion.prefetch import Ask, Prefetcher
from autothink_lsp.features.completion.prompt_context import PromptContext, hidden_secret
from autothink_lsp.features.completion.scheduler import RequestScheduler
from autothink_lsp.features.completion.slot import Purpose, Resolution
from autothink_lsp.features.completion.suppression.suppression_filter import SuppressionFilter
from autothink_lsp.features.completion.type_through import DisplayedSuggestion, RemainingText
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import evolve

logger = logging.getLogger(__name__)


class CompletionService:
    """Answers completion requests. The ``did_`` methods implement the document store's listener.

    ``now_ms`` is a monotonic clock, ``endpoint_for`` returns the endpoint of settings, ``on_usage`` is called with the
    usage of each answering stream. ``is_acting``: an action of the user occupies the models."""

    def __init__(
        self,
        *,
        endpoint_for: Callable[[Settings], CompletionEndpoint],
        syntax: Syntax,
        gatherer: ContextGatherer,
        now_ms: Callable[[], float],
        on_usage: Callable[[CompletionUsage], None] = lambda _usage: None,
        privacy: PrivacyGate | None = None,
        names: SecretNames | None = None,
        is_acting: Callable[[], bool] = lambda: False,
    ) -> None:
        self.counters = Counters()
        self._answering = 0
        self.suppression = SuppressionFilter(syntax, now_ms)
        self._gatherer = gatherer
        self._now_ms = now_ms
        self._endpoint_for = endpoint_for
        self._prompt_context = PromptContext(syntax, gatherer, privacy or PrivacyGate(), endpoint_for)
        self._debouncer = AdaptiveDebouncer()
        post_processor, cache = PostProcessor(syntax), SuggestionCache()
        self._answers = SuggestionStore(post_processor, cache)
        self.late_answers = LateAnswers(self._answers, self.suppression.would_show)
        self._scheduler = RequestScheduler(
            prompt_context=self._prompt_context,
            store=self._answers,
            late_answers=self.late_answers,
            debouncer=self._debouncer,
            counters=self.counters,
            names=names or SecretNames(),
            now_ms=now_ms,
            on_usage=on_usage,
        )
        self._alternatives = Alternatives(self._scheduler, post_processor, endpoint_for)
        self._prefetcher = Prefetcher(self._prompt_context, self._scheduler, cache, self.counters, is_acting)
        self._displayed = DisplayedSuggestion()
        self._in_language: dict[str, tuple[Settings, Settings]] = {}  # the settings, and those of the language
        self.fallback = EmbeddedFallback(endpoint_for)

    # ---- the story of a request

    async def complete(self, request: CompletionRequest) -> CompletionOutcome:
        """The outcome of a request, at its deadline at the latest."""
        request = self._with_own_settings(request)
        if (outcome := self._typed_along(request)) is not None:
            return outcome
        self._answering += 1
        try:
            stages = self._received(request)
            outcome = self.suppression.apply(request, await self._outcome(request, stages))
            self._note_displayed(request, outcome)
            return self._finished(request, outcome, stages)
        finally:
            self._answering -= 1

    @property
    def is_answering(self) -> bool:
        """Whether a request waits for its outcome: other work should wait."""
        return self._answering > 0

    @property
    def may_be_typed_along(self) -> bool:
        """Whether ``complete_typed_along`` may have an outcome."""
        return self._displayed.is_typed_along

    def complete_typed_along(self, request: CompletionRequest) -> CompletionOutcome | None:
        """The outcome of a request that the rest of the suggestion on the screen answers, without a wait. ``None``,
        without an effect, if it does not answer the request."""
        return self._typed_along(self._with_own_settings(request))

    def _received(self, request: CompletionRequest) -> StageClock:
        self.counters.requests += 1
        self._prefetcher.on_request(request)
        self._debouncer.on_request(request.received_ms)
        self._scheduler.on_request_received()
        return StageClock(self._now_ms, request.received_ms)

    def _finished(
        self, request: CompletionRequest, outcome: CompletionOutcome, stages: StageClock
    ) -> CompletionOutcome:
        stages.end("postprocess")
        elapsed_ms = stages.last_ms - request.received_ms
        if outcome.suggestion is not None:
            self.counters.shown += 1
        else:
            self._prefetcher.on_nothing_shown(request)
        logger.debug("completion %s in %.0f ms: %s", request.path, elapsed_ms, outcome.reason)
        return evolve(outcome, elapsed_ms=elapsed_ms, stages_ms=stages.stages_ms)

    def _typed_along(self, request: CompletionRequest) -> CompletionOutcome | None:
        """The rest of the suggestion on the screen, if the user has typed nothing else since it was shown."""
        along = self._displayed.along(request)
        if along is None:
            return None
        suggestion = self._answers.suggestion(along.rest, "cache")
        if not self.suppression.show_along(along, suggestion, request.point):
            return None
        stages = self._received(request)
        self._displayed.show(request, suggestion)
        self._prefetcher.on_typed_along(request, suggestion)
        self._scheduler.supersede()
        self._debouncer.on_typed_along()
        self.counters.from_cache += 1
        return self._finished(request, CompletionOutcome(suggestion, "shown (cache)"), stages)

    def _note_displayed(self, request: CompletionRequest, outcome: CompletionOutcome) -> None:
        suggestion = outcome.suggestion
        if suggestion is None or suggestion.replaces_right or not outcome.is_complete:
            self._displayed.clear()
        else:
            self._displayed.show(request, suggestion)

    async def _outcome(self, request: CompletionRequest, stages: StageClock) -> CompletionOutcome:
        uri = request.snapshot.uri
        # May anything of this place go to a model?
        refusal = self._prompt_context.refusal(request)
        stages.end("gate")
        if refusal is not None:
            return CompletionOutcome(None, refusal)
        if self._answers.outdated(uri, request.settings):
            self._forget(uri, closed=False)
        # What would the model see? From here on this is the newest request, and the one before gets its reply.
        context = self._prompt_context.gather(request)
        stages.end("gather")
        self._prefetcher.on_context(request, context)
        self._scheduler.supersede()
        if kind := hidden_secret(request, context):
            return CompletionOutcome(None, f"inside a secret ({kind})")
        # Is the answer stored, so that typing along a suggestion asks no model?
        stored = self._stored(uri, context)
        stages.end("lookup")
        if stored is not None and (stored.text or request.trigger == "automatic"):
            self.counters.from_cache += 1
            if stored.text:
                self._debouncer.on_typed_along()
            return await self._from_store(stored, request, context, stages)
        # Is a suggestion welcome here? What the model is writing already has been judged when it was asked for.
        if not self._scheduler.serves(uri, context):
            reason = self.suppression.refusal(request, context)
            stages.end("suppression")
            if reason is not None:
                return CompletionOutcome(None, reason)
        outcome = await self._from_model(request, context, stages)
        if request.trigger != "invoked" or not is_worthless(outcome.reason):
            return outcome
        # Asked by hand, and nothing of the answer is worth showing: is another one?
        other = await self._alternatives.instead(request, context)
        return outcome if other is None else self._shown(other, request, context, "model")

    async def _from_model(
        self, request: CompletionRequest, context: CodeContext, stages: StageClock
    ) -> CompletionOutcome:
        pending, suggestion, shown_part = self._scheduler.request(request, context), None, ""
        try:
            outcome = await self._resolved(pending, stages)
            if outcome is None and pending.joined:
                # The stream diverged from the typed text: send a new request in the time that is left.
                self._scheduler.retry(pending)
                outcome = await self._resolved(pending, stages)
            suggestion = None if outcome is None else outcome.suggestion
            if outcome is not None and suggestion is not None and not outcome.is_complete:
                shown_part = suggestion.text
            return outcome or CompletionOutcome(None, "something else was typed")
        except asyncio.CancelledError:
            self._scheduler.cancel(pending)
            raise
        finally:
            self._scheduler.release(pending, is_shown=suggestion is not None, shown_part=shown_part)

    async def _resolved(self, pending: PendingRequest, stages: StageClock) -> CompletionOutcome | None:
        """Wait for the outcome to reply with; ``None`` if the stream has ended and does not answer the request."""
        resolution = await pending.resolved
        stages.end_stream(pending.times)
        request, context = pending.request, pending.context
        is_partial = resolution in {Resolution.DEADLINE, Resolution.PARTIAL}
        if is_partial and (left := self._scheduler.remaining(pending.uri, context)) is not None:
            outcome = self._answers.partial(left, request, context)
            if outcome.suggestion is not None:
                self._scheduler.mark_shown()
            return outcome
        if not is_partial and resolution is not Resolution.FINISHED:
            return CompletionOutcome(None, resolution.value)
        stored = self._answers.cache.take(pending.uri, context)  # the stream may have ended in this very moment
        if stored is None:
            return CompletionOutcome(None, resolution.value) if is_partial else None
        outcome = self._shown(stored, request, context, "in flight" if pending.joined else "model")
        return evolve(outcome, usage=self._scheduler.last_usage)

    def _stored(self, uri: str, context: CodeContext) -> RemainingText | None:
        """A stored suggestion that continues here; else an alternative that the user typed through; else an empty one
        if the model generated nothing at this cursor."""
        first = self._answers.cache.take(uri, context)
        return first if first is not None and first.text else self._alternatives.lookup(uri, context) or first

    async def _from_store(
        self, stored: RemainingText, request: CompletionRequest, context: CodeContext, stages: StageClock
    ) -> CompletionOutcome:
        outcome = self._shown(stored, request, context, "cache")
        if request.trigger != "invoked" or outcome.suggestion is None:
            return outcome
        self._scheduler.withdraw(Purpose.PREFETCH)
        stages.end("postprocess")
        others = await self._alternatives.beside(stored, request, context)
        stages.end("alternatives")
        answers = (self._answers.outcome(one, context, "cache").suggestion for one in others)
        return evolve(outcome, others=tuple(one for one in answers if one is not None))

    def _shown(
        self, left: RemainingText, request: CompletionRequest, context: CodeContext, source: Source
    ) -> CompletionOutcome:
        outcome = self._answers.outcome(left, context, source)
        if outcome.suggestion is not None:
            self._prefetcher.on_shown(request, context, outcome.suggestion)
        return outcome

    def context_use(self, settings: Settings) -> ContextUse | None:
        """How much of the model's context the latest prompt used; ``None`` before the first one, or if the server does
        not count its tokens."""
        endpoint = self._endpoint_for(settings)
        used_tokens, connection = endpoint.throughput.latest_prompt_tokens, endpoint.connection
        if connection is None or used_tokens is None:
            return None
        return ContextUse(connection.model, used_tokens, endpoint.throughput.context_tokens)

    # ---- ahead of requests

    async def warm(self, ask: Ask) -> None:
        """Connect, and have the server evaluate the prompt at the place of ``ask``."""
        await self._prefetcher.prewarm(lambda: self._routed(ask))

    def rests(self, ask: Ask) -> None:
        """The editor reports the cursor at the position of ``ask``."""
        self._prefetcher.on_cursor_moved(lambda: self._routed(ask))

    def _routed(self, ask: Ask) -> CompletionRequest | None:
        request = ask()
        return None if request is None else self._with_own_settings(request)

    def _with_own_settings(self, request: CompletionRequest) -> CompletionRequest:
        """The request with the settings of its language, or of the embedded engine during an outage."""
        language_id, settings = request.snapshot.language_id, request.settings
        if settings.completion.by_language:
            known = self._in_language.get(language_id)
            if known is None or known[0] is not settings:
                known = self._in_language[language_id] = settings, settings.in_language(language_id)
            request = request if known[1] is settings else evolve(request, settings=known[1])
        return self.fallback.routed(request)

    # ---- documents

    def did_open(self, snapshot: Snapshot) -> None:
        """Start tracking a new document."""
        self._gatherer.did_open(snapshot)

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """Move the window with the text; abort a stream that the edit has made pointless."""
        self._gatherer.did_change(snapshot, changes)
        self.suppression.did_change(snapshot.uri, changes)
        self._displayed.did_change(snapshot.uri, changes)
        self._prefetcher.did_change(snapshot, changes)
        self._scheduler.did_change(snapshot.uri, changes)

    def did_close(self, uri: str) -> None:
        """Forget the document."""
        self._gatherer.did_close(uri)
        self.suppression.did_close(uri)
        self._prefetcher.did_close(uri)
        self._forget(uri, closed=True)

    def _forget(self, uri: str, *, closed: bool) -> None:
        """The document is ``closed``, or is completed with other settings from now on."""
        self._displayed.clear()
        self._answers.forget(uri, closed=closed)
        self._alternatives.forget(uri)
        self._prefetcher.drop()
        self._scheduler.forget(uri, closed=closed)

    async def aclose(self) -> None:
        """Reply to the request that waits and abort the stream. Idempotent."""
        self._scheduler.shut_down()
        await self.fallback.aclose()
        await self._prefetcher.aclose()
        await self._scheduler.aclose()
        logger.debug("completion counted %s", self.counters)
