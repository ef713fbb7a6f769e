"""Prefetching: requests for what follows a suggestion, and prefill of prompts before the first key.

Four triggers:

- *after accept*: a suggestion stands on the screen and the user pauses: ask for what follows it, so that it is there
  after Tab. A key that types something else aborts the request at once.
- *cursor idle*: the cursor rests in code that the server has not evaluated: prefill the prompt there. A slow model
  takes seconds for new code, and they pass unused while the user looks where to type. LSP has no message for a cursor
  that moves: editors ask by themselves for code actions where it rests (VS Code), and our plugins notify. A prewarm of
  another place is aborted for it.
- *prewarm*: a document was opened: connect, and prefill the prompt where the cursor rests, or else at the place that
  the caller names. The first prompt of a server is small; once that has shown how fast it is, the larger one follows.
- *reconnect*: the server is away for a reason that may pass by itself: look whether it is back, so that the next key
  finds a connection and a warm prompt, and the editor no longer shows that there is no model.

The first two are bounded by a token bucket each: a keystroke adds ``EARNED``, a request costs 1, a used result is
refunded. So in the long run at most ``EARNED`` requests a key are wasted, and a user who accepts what is shown always
has credit. A remote server may cost money or serve others: it is asked ahead only where the settings say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from attrs import define, field

from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change, Snapshot
from autothink_lsp.features.completion.cache import SuggestionCache, after_insertion, is_foreseeable, next_line
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.in_flight import AssumedText
from autothink_lsp.features.completion.metrics import Counters
from autothink_lsp.features.completion.model import CompletionRequest, Suggestion
from autothink_lsp.features.completion.prompt_context import PromptContext, hidden_secret, shares_prefill
from autothink_lsp.features.completion.scheduler import RequestScheduler
from autothink_lsp.features.completion.slot import Purpose
from autothink_lsp.features.completion.stream import InFlightCompletion
from autothink_lsp.settings.local_only import leaves_this_machine
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import Point, evolve

EARNED = 0.02  # requests, by each key
MOST_CREDIT = 2.0

PAUSE_S = 0.3  # before a suggestion that stands; the same as ``debounce.BURST_GAP_MS``
REST_S = 0.25  # of the cursor; editors have waited themselves before they notify
FIRST_RECONNECT_PAUSE_S = 2.0
LONGEST_RECONNECT_PAUSE_S = 60.0
# So long, and at most with these pauses, where the user looks at a place without its suggestion.
WATCHED_S, WATCHED_PAUSE_S = 60.0, 5.0

# Gives the request at a place in the text as it is when it is called; None once there is no such place.
Ask = Callable[[], CompletionRequest | None]


@define
class TokenBucket:
    """Credit for speculative requests; full at first."""

    _credit: float = field(default=MOST_CREDIT, init=False)

    @property
    def can_spend(self) -> bool:
        """Whether there is credit for a request."""
        return self._credit >= 1

    def on_key(self) -> None:
        """Add the credit of one key."""
        self._credit = min(MOST_CREDIT, self._credit + EARNED)

    def spend(self) -> None:
        """Pay for one request."""
        self._credit -= 1

    def refund(self) -> None:
        """Return the credit of a request whose result was used."""
        self._credit = min(MOST_CREDIT, self._credit + 1)


class Prefetcher:
    """Starts prefetches and prewarms. ``cache`` has the suggestions that need no request. ``is_acting``: an action of
    the user occupies the models. Not thread-safe: belongs to one event loop."""

    def __init__(
        self,
        prompt_context: PromptContext,
        scheduler: RequestScheduler,
        cache: SuggestionCache,
        counters: Counters,
        is_acting: Callable[[], bool],
    ) -> None:
        self._prompt_context = prompt_context
        self._scheduler = scheduler
        self._cache = cache
        self._counters = counters
        self._is_acting = is_acting
        self._last_request: CompletionRequest | None = None
        self._last_edit: tuple[Snapshot, Point] | None = None  # in its document since, and where that ends
        self._accept_budget = TokenBucket()
        self._accept_timer: asyncio.TimerHandle | None = None
        self._idle_budget = TokenBucket()
        self._idle_timer: asyncio.TimerHandle | None = None
        self._resting: Ask | None = None  # the position of a cursor that has not moved and typed nothing since
        self._prefilled: tuple[str, CodeContext] | None = None  # document and place of a prefill that no key used yet
        self._reconnects: dict[CompletionEndpoint, asyncio.Task[None]] = {}

    # ---- what the editor does

    def on_request(self, request: CompletionRequest) -> None:
        """The editor sent a request, as it does for each key."""
        self._accept_timer = _cancelled(self._accept_timer)
        self._accept_budget.on_key()
        self._last_request, self._last_edit, self._resting = request, None, None

    def on_context(self, request: CompletionRequest, context: CodeContext) -> None:
        """The context of the newest request is known: refund the idle prefill if it was for this place."""
        self._idle_timer = _cancelled(self._idle_timer)
        self._idle_budget.on_key()
        if self._prefilled is not None and self._prefilled[0] == request.snapshot.uri:
            if shares_prefill(self._prefilled[1], context):
                self._idle_budget.refund()
            self._prefilled = None

    def on_shown(self, request: CompletionRequest, context: CodeContext, suggestion: Suggestion) -> None:
        """A suggestion is shown: prefetch what follows it after a pause without a key."""
        if _may_prefetch(request.settings) and is_foreseeable(suggestion, context.line_suffix):
            self._arm(request, context, suggestion)

    def _arm(self, request: CompletionRequest, context: CodeContext | None, suggestion: Suggestion) -> None:
        _cancelled(self._accept_timer)
        call_later = asyncio.get_running_loop().call_later
        self._accept_timer = call_later(PAUSE_S, self._prefetch_after, request, context, suggestion.text)

    def on_typed_along(self, request: CompletionRequest, suggestion: Suggestion) -> None:
        """The rest of the suggestion on the screen is shown. Does what ``on_context`` and ``on_shown`` do."""
        self._idle_timer = _cancelled(self._idle_timer)
        self._idle_budget.on_key()
        line_suffix = request.snapshot.text.line(request.point.line)[request.point.column :]
        if _may_prefetch(request.settings) and is_foreseeable(suggestion, line_suffix):
            self._arm(request, None, suggestion)

    def on_nothing_shown(self, request: CompletionRequest) -> None:
        """A request got no suggestion: reconnect if its server is down."""
        endpoint = self._endpoint(request)
        if endpoint.connection is None and endpoint.may_return and endpoint not in self._reconnects:
            task = asyncio.get_running_loop().create_task(self._reconnect(endpoint), name="reconnect")
            self._reconnects[endpoint] = task
            task.add_done_callback(lambda _: self._reconnects.pop(endpoint, None))

    def on_cursor_moved(self, ask: Ask) -> None:
        """The editor reports the cursor at the position of ``ask``: prefill there once the cursor is idle."""
        _cancelled(self._idle_timer)
        self._resting = ask
        self._idle_timer = asyncio.get_running_loop().call_later(REST_S, self._on_cursor_idle, ask)

    def did_change(self, snapshot: Snapshot, changes: Sequence[Change]) -> None:
        """Move the last cursor to the end of the newest edit, its most likely position."""
        last = self._last_request
        if last is not None and last.snapshot.uri == snapshot.uri and changes:
            self._last_edit = snapshot, changes[-1].new_end
        self.drop()

    def _last_cursor(self) -> CompletionRequest | None:
        """The latest request, moved along with the edits after it; ``None`` if there is none."""
        if self._last_request is None or self._last_edit is None:
            return self._last_request
        snapshot, point = self._last_edit
        return evolve(self._last_request, snapshot=snapshot, point=point)

    def did_close(self, uri: str) -> None:
        """The document is closed."""
        if self._last_request is not None and self._last_request.snapshot.uri == uri:
            self._last_request = self._last_edit = None

    def drop(self) -> None:
        """Cancel the timers of requests that were not sent yet."""
        self._resting = None
        self._accept_timer = _cancelled(self._accept_timer)
        self._idle_timer = _cancelled(self._idle_timer)

    async def aclose(self) -> None:
        """Cancel all timers and reconnects. Idempotent."""
        self.drop()
        tasks = list(self._reconnects.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- triggers

    def _prefetch_after(self, request: CompletionRequest, context: CodeContext | None, text: str) -> None:
        """Request the text after ``text`` as if it were accepted, and the text after Enter if nothing follows on its
        line. ``context`` is gathered if it is ``None``."""
        self._accept_timer = None
        connected = self._endpoint(request).connection
        if connected is None or self._scheduler.is_busy or not self._accept_budget.can_spend:
            return
        uri = request.snapshot.uri
        context = self._prompt_context.gather(request) if context is None else context
        later, around = after_insertion(request, context, text)
        known = self._cache.lookup(uri, around)
        if known is not None and not known.text and not around.line_suffix.strip() and around.line_prefix.strip():
            text += next_line(around)
            later, around = after_insertion(request, context, text)
            known = self._cache.lookup(uri, around)
        if known is not None or self._has_other_work or self._is_refused(later) or hidden_secret(later, around):
            return
        assumed = AssumedText(request.point, text)
        self._scheduler.start(Purpose.PREFETCH, later, around, connected, assumed=assumed, listener=self)

    def on_prefetched(self) -> None:
        """See ``PrefetchListener``."""
        self._accept_budget.spend()

    def on_prefetch_used(self) -> None:
        """See ``PrefetchListener``."""
        self._accept_budget.refund()
        self._counters.speculative_used += 1

    def _on_cursor_idle(self, ask: Ask) -> None:
        """Prefill the prompt at this position, unless the server has it cached or other work is pending."""
        self._idle_timer = None
        request = ask()
        if request is None or not self._idle_budget.can_spend:
            return
        connected = self._endpoint(request).connection
        is_busy = self._scheduler.is_busy and not self._scheduler.is_prewarming
        is_busy = is_busy or self._scheduler.is_connecting or self._has_other_work
        if is_busy or connected is None or not _may_prefetch(request.settings) or self._is_refused(request):
            return
        context, last_prompt = self._prompt_context.peek(request), self._scheduler.last_prompt
        if context is None:
            return
        if (
            last_prompt is not None
            and last_prompt[0] == request.snapshot.uri
            and shares_prefill(last_prompt[1], context)
        ):
            return
        self._scheduler.start(Purpose.PREWARM, request, context, connected)
        self._idle_budget.spend()
        self._prefilled = request.snapshot.uri, context

    async def prewarm(self, ask: Ask) -> None:
        """Connect and prefill the prompt at the place of ``ask``. It is called again once there is a connection, which
        may be minutes later: the document has changed by then, or is closed, or its settings are others."""
        request = ask()
        if request is None or self._is_refused(request):
            return
        endpoint = self._endpoint(request)
        connected = await endpoint.connect()
        if connected is not None:
            self._scheduler.on_connected(endpoint, connected)
        request = ask()
        if connected is None or request is None or self._scheduler.is_busy or self._scheduler.is_connecting:
            return
        resting = self._resting() if self._resting is not None else None
        if self._resting is not None and resting is not None and resting.snapshot.uri == request.snapshot.uri:
            ask, request = self._resting, resting
        if self._is_refused(request) or self._endpoint(request) is not endpoint:
            return
        if request.settings.completion.requests_per_minute:  # each of these requests is one that the user gets less
            return
        context = self._prompt_context.sendable(request)
        if context is None:
            return
        on_end = None if endpoint.throughput.is_known else partial(self._grow, ask, request, context)
        self._scheduler.start(Purpose.PREWARM, request, context, connected, on_end=on_end)

    def _grow(self, ask: Ask, before: CompletionRequest, context: CodeContext, _stream: InFlightCompletion) -> None:
        """The first prefill of a server has ended: prefill the larger window there, if the server is fast enough for
        one and nothing has happened since."""
        request, last_prompt = ask(), self._scheduler.last_prompt
        if request is None or request.snapshot is not before.snapshot:
            return
        connected = self._endpoint(request).connection
        is_newest = last_prompt is not None and last_prompt[1] is context
        if connected is None or not is_newest or self._scheduler.is_busy or self._has_other_work:
            return
        if self._is_refused(request):
            return
        grown = self._prompt_context.gather_grown(request)
        if grown is not None and not shares_prefill(context, grown):
            self._scheduler.start(Purpose.PREWARM, request, grown, connected)

    async def _reconnect(self, endpoint: CompletionEndpoint) -> None:
        """Retry the connection with exponential backoff while the document of the last request is open. Only after
        temporary errors, never where connecting would ask the user again."""
        pause_s, waited_s = FIRST_RECONNECT_PAUSE_S, 0.0
        while True:
            await asyncio.sleep(pause_s)
            waited_s += pause_s
            if self._last_request is None or not endpoint.may_return:
                return
            await self.prewarm(self._last_cursor)
            if endpoint.connection is not None:
                return
            is_watched = self._scheduler.has_missed and waited_s < WATCHED_S
            pause_s = min(WATCHED_PAUSE_S if is_watched else LONGEST_RECONNECT_PAUSE_S, pause_s * 2)

    # ---- whether anything may be asked ahead

    @property
    def _has_other_work(self) -> bool:
        return self._scheduler.is_awaited or self._is_acting()

    def _is_refused(self, request: CompletionRequest) -> bool:
        return self._prompt_context.refusal(request) is not None

    def _endpoint(self, request: CompletionRequest) -> CompletionEndpoint:
        return self._prompt_context.endpoint_for(request.settings)


def _may_prefetch(settings: Settings) -> bool:
    """Whether the settings allow speculative requests to this model: not where requests are limited."""
    wanted = settings.completion.speculate
    if settings.completion.requests_per_minute:
        return False
    return wanted == "always" or (wanted == "auto" and not leaves_this_machine(settings.completion))


def _cancelled(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
