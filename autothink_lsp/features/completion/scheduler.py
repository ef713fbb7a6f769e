"""The asyncio side of the request slot: makes events, runs them through ``slot.transition`` and executes the effects.

Owns the slot's state, the stream in flight, all timers and the tasks that connect. Decides nothing itself: what an
event means is in ``slot.py``; what a text means is computed before an event is made, with ``type_through.py``. Nothing
else in the package starts or closes a stream. Belongs to one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from typing import Protocol, assert_never

from attrs import define, evolve, field, frozen

from autothink_lsp.context.privacy import redacts
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change
from autothink_lsp.features.completion import slot
from autothink_lsp.features.completion.cache import SuggestionStore
from autothink_lsp.features.completion.debounce import AdaptiveDebouncer
from autothink_lsp.features.completion.endpoint import STALLED_MS, CompletionEndpoint, Connected
from autothink_lsp.features.completion.metrics import Counters, record_completion
from autothink_lsp.features.completion.model import CompletionQuery, CompletionUsage, SamplingParams, deadline_ms
from autothink_lsp.features.completion.prompt import FimAttempt, WordMismatch, plan_completion
from autothink_lsp.features.completion.prompt_context import PromptContext, shares_prefill
from autothink_lsp.features.completion.slot import (
    Purpose,
    RequestId,
    Resolution,
    SlotState,
    StreamPhase,
    Until,
    transition,
)
from autothink_lsp.features.completion.stream import InFlightCompletion, StreamListener
from autothink_lsp.features.completion.trace import SlotTrace
from autothink_lsp.features.completion.type_through import (
    Match,
    RemainingText,
    RequestPosition,
    TypeThroughMatcher,
    remaining_text,
    whole_lines,
)
from autothink_lsp.values import Point

# From the key on; then whole lines are shown though the stream goes on. A slow model writes one line in the time in
# which a user looks up, and two before the deadline if they are short: 4,000/100 tokens a second (prefill/decode) write
# four lines in it, and 145/33 one.
SOON_MS = 400.0


@frozen
class AssumedText:
    """``text``, not accepted yet, would have to be inserted at ``point`` for the stream's output to fit."""

    point: Point
    text: str


class PrefetchListener(Protocol):
    """Is told what became of a prefetch."""

    def on_prefetched(self) -> None:
        """It came to its end."""
        ...

    def on_prefetch_used(self) -> None:
        """Its output answered a request for the first time."""
        ...


@define(eq=False)
class PendingRequest:
    """A request that has been given to the scheduler, of the editor or of ours. ``joined``: it waits for a stream that
    was in flight already. Attributes are set by the scheduler only."""

    id: RequestId
    purpose: Purpose
    query: CompletionQuery
    context: CodeContext
    connected: Connected | None = None
    joined: bool = False
    temperature: float = 0.0
    assumed: AssumedText | None = None
    listener: PrefetchListener | None = None
    resolved: asyncio.Future[Resolution] = field(factory=lambda: asyncio.get_running_loop().create_future())
    sampled: asyncio.Future[InFlightCompletion] | None = None
    is_released: bool = False
    timers: list[asyncio.TimerHandle] = field(factory=list)

    @property
    def uri(self) -> str:
        """The document's."""
        return self.query.snapshot.uri

    async def resolution(self) -> Resolution:
        """Wait until there is something to reply with, or a reason why there is nothing."""
        return await self.resolved


@frozen
class _InFlight:
    stream: InFlightCompletion
    request: PendingRequest
    endpoint: CompletionEndpoint
    matcher: TypeThroughMatcher | None  # None for a stream without text to type along


@frozen
class _PartialOutput:
    """What an aborted or failed stream had said, as the model spelled it. The server's cache still has its tokens."""

    uri: str
    position: RequestPosition
    raw_text: str


class RequestScheduler:
    """``now_ms`` is the clock of the queries; ``observe`` is told what each answering stream has cost."""

    def __init__(
        self,
        *,
        prompt_context: PromptContext,
        store: SuggestionStore,
        debouncer: AdaptiveDebouncer,
        counters: Counters,
        names: SecretNames,
        now_ms: Callable[[], float],
        observe: Callable[[CompletionUsage], None],
        trace: SlotTrace | None = None,
    ) -> None:
        self.last_usage: CompletionUsage | None = None  # of the latest answering stream
        self.last_prompt: tuple[str, CodeContext] | None = None  # document and context that were sent last
        self._prompt_context = prompt_context
        self._store = store
        self._debouncer = debouncer
        self._counters = counters
        self._names = names
        self._now_ms = now_ms
        self._observe = observe
        self._trace = trace
        self._state = SlotState()
        self._events: deque[slot.Event] = deque()
        self._is_dispatching = False
        self._ids = count(1)
        self._requests: dict[RequestId, PendingRequest] = {}
        self._in_flight: _InFlight | None = None
        self._partial_output: _PartialOutput | None = None
        self._mismatch: WordMismatch | None = None  # the latest
        self._grace: asyncio.TimerHandle | None = None
        self._connecting: dict[CompletionEndpoint, asyncio.Task[None]] = {}
        self._endpoint_ids: dict[CompletionEndpoint, int] = {}

    # ---- what is going on

    @property
    def is_busy(self) -> bool:
        """Whether a stream is in flight, prewarms included."""
        return self._state.active is not None

    @property
    def is_answering(self) -> bool:
        """Whether a stream is in flight that answers a place."""
        return self._state.is_answering

    @property
    def is_awaited(self) -> bool:
        """Whether an editor request waits for a reply."""
        return self._state.waiting is not None

    @property
    def is_connecting(self) -> bool:
        """Whether a request waits for a connection."""
        deferred = self._state.deferred
        return deferred is not None and deferred.until is Until.CONNECTED

    def serves(self, uri: str, now: CodeContext) -> bool:
        """Whether the stream in flight answers the text at this cursor, as far as it has come."""
        in_flight = self._in_flight
        return in_flight is not None and self._remaining(uri, now, in_flight.stream.raw_text) is not None

    def remaining(self, uri: str, now: CodeContext) -> RemainingText | None:
        """The stream's output from this cursor on, in the document's spelling (nothing yet, perhaps); ``None`` if it
        answers another text, or none."""
        in_flight = self._in_flight
        return None if in_flight is None else self._remaining(uri, now, in_flight.stream.text)

    # ---- requests of the editor

    def on_request_received(self) -> None:
        """The editor sent a request: one that is queued behind a prefill is dropped."""
        self._dispatch(slot.RequestReceived())

    def supersede(self) -> None:
        """The newest request passed the gate: the one that waits is replied to."""
        self._dispatch(slot.RequestAdmitted())

    def request(self, query: CompletionQuery, context: CodeContext) -> PendingRequest:
        """Have a model answer: join the stream in flight if that serves the request, else send it after a delay. The
        caller waits for its ``resolution`` and then calls ``release``."""
        pending, uri = self._pending(Purpose.ANSWER, query, context), query.snapshot.uri
        elapsed_ms = self._now_ms() - query.received_ms
        before = self._in_flight
        self._dispatch(
            slot.Requested(
                pending.id,
                uri,
                deadline_in_ms=deadline_ms(query) - elapsed_ms,
                partial_in_ms=SOON_MS - elapsed_ms if query.trigger == "automatic" else None,
                serves=self.serves(uri, context),
                shares_prefill=self._shares_prefill(uri, context),
                stalled=before is not None and _is_stalled(before),
            )
        )
        active = self._state.active
        pending.joined = active is not None and active.waiter == pending.id and self._in_flight is before
        self._counters.from_running += pending.joined
        return pending

    def retry(self, request: PendingRequest) -> None:
        """The stream that the request joined did not answer it: send it in the time that is left."""
        request.joined = False
        request.resolved = asyncio.get_running_loop().create_future()
        self._dispatch(slot.Retried(request.id))

    def cancel(self, request: PendingRequest) -> None:
        """The editor cancelled the request."""
        self._dispatch(slot.Cancelled(request.id))

    def release(self, request: PendingRequest) -> None:
        """The request's handler is done."""
        for timer in request.timers:
            timer.cancel()
        request.is_released = True
        self._dispatch(slot.Replied(request.id))

    def mark_shown(self) -> None:
        """Some of the output of the stream in flight is shown."""
        if self._in_flight is not None:
            self._in_flight.stream.mark_shown()

    # ---- requests of ours

    def start(
        self,
        purpose: Purpose,
        query: CompletionQuery,
        context: CodeContext,
        connected: Connected,
        *,
        temperature: float = 0.0,
        assumed: AssumedText | None = None,
        listener: PrefetchListener | None = None,
    ) -> PendingRequest:
        """Put a prefetch, prewarm or sample into the slot; what is in it is aborted."""
        pending = self._pending(purpose, query, context)
        pending.connected, pending.temperature = connected, temperature
        pending.assumed, pending.listener = assumed, listener
        self._dispatch(slot.StartRequested(pending.id, pending.uri, purpose))
        pending.is_released = True
        return pending

    async def sample(
        self, query: CompletionQuery, context: CodeContext, connected: Connected, temperature: float
    ) -> InFlightCompletion:
        """A whole stream of its own, however it ends. Cancelling the caller aborts it."""
        pending = self.start(Purpose.SAMPLE, query, context, connected, temperature=temperature)
        pending.sampled = asyncio.get_running_loop().create_future()
        try:
            return await pending.sampled
        except asyncio.CancelledError:
            self.withdraw(Purpose.SAMPLE, Purpose.PREWARM)
            raise

    def withdraw(self, *purposes: Purpose) -> None:
        """Abort the stream in flight if it is for one of these."""
        self._dispatch(slot.Withdrawn(purposes))

    # ---- documents

    def did_change(self, uri: str, changes: Sequence[Change]) -> None:
        """Abort the stream in flight if the edit says something else than its output."""
        active, in_flight, agrees = self._state.active, self._in_flight, False
        if active is not None and in_flight is not None and active.uri == uri and not active.discard_output:
            matcher = in_flight.matcher
            agrees = matcher is not None and matcher.follow(changes, in_flight.stream.raw_text)
        self._dispatch(slot.Edited(uri, agrees))

    def forget(self, uri: str, *, closed: bool) -> None:
        """The document is ``closed``, or is completed with other settings from now on."""
        self._dispatch(slot.DocumentClosed(uri) if closed else slot.SettingsChanged(uri))
        if self._partial_output is not None and self._partial_output.uri == uri:
            self._partial_output = None
        self._mismatch = None

    def shut_down(self) -> None:
        """Resolve to the request that waits and abort the stream."""
        self._dispatch(slot.ShutDown())

    async def aclose(self) -> None:
        """Shut down, and wait until the connection is closed. Idempotent."""
        in_flight, tasks = self._in_flight, list(self._connecting.values())
        self.shut_down()
        if in_flight is not None:
            await in_flight.stream.closed()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- events and effects

    def _dispatch(self, event: slot.Event) -> None:
        """Process the event, and those that its effects cause, one at a time."""
        self._events.append(event)
        if self._is_dispatching:
            return
        self._is_dispatching = True
        try:
            while self._events:
                event, now_ms = self._events.popleft(), asyncio.get_running_loop().time() * 1_000
                self._state, effects = transition(self._state, event, now_ms)
                if self._trace is not None:
                    self._trace.write(now_ms, event, self._state, effects)
                for effect in effects:
                    self._execute(effect)
        finally:
            self._is_dispatching = False
            self._events.clear()

    def _execute(self, effect: slot.Effect) -> None:  # noqa: C901, PLR0912
        match effect:
            case slot.Start():
                self._start(effect)
            case slot.Abort():
                self._abort(prefill_only=effect.prefill_only)
            case slot.Record():
                self._record(prefill_only=False)
            case slot.Store():
                self._store_output()
            case slot.Resolve():
                resolved = self._requests[effect.request].resolved
                if not resolved.done():
                    resolved.set_result(effect.resolution)
            case slot.Debounce():
                self._debounce(self._requests[effect.request])
            case slot.Connect():
                self._connect(self._requests[effect.request])
            case slot.WakeQueue():
                asyncio.get_running_loop().call_soon(self._wake_queue)
            case slot.Arm():
                self._arm(effect)
            case slot.Disarm():
                self._disarm()
            case slot.CheckPartial():
                self._check_partial(self._requests[effect.request])
            case _:
                assert_never(effect)

    def _arm(self, effect: slot.Arm) -> None:
        call_later, after_s = asyncio.get_running_loop().call_later, max(0.0, effect.after_ms) / 1_000
        if effect.timer is slot.Timer.GRACE:
            self._disarm()
            self._grace = call_later(after_s, self._grace_over)
        elif effect.request is not None:
            is_deadline = effect.timer is slot.Timer.DEADLINE
            event = slot.DeadlinePassed(effect.request) if is_deadline else slot.PartialDue(effect.request)
            self._requests[effect.request].timers.append(call_later(after_s, self._dispatch, event))

    def _disarm(self) -> None:
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None

    def _grace_over(self) -> None:
        self._grace = None
        self._dispatch(slot.GraceOver())

    def _debounce(self, request: PendingRequest) -> None:
        query = request.query
        latency_ms = self._endpoint(request).latency.typical_ms
        delay_ms = self._debouncer.delay_ms(query, request.context.line_prefix, latency_ms)
        delay_ms -= self._now_ms() - query.received_ms
        if delay_ms > 0:
            timer = asyncio.get_running_loop().call_later(delay_ms / 1_000, self._debounce_over, request)
            request.timers.append(timer)
        else:
            self._debounce_over(request)

    def _debounce_over(self, request: PendingRequest) -> None:
        endpoint = self._endpoint(request)
        request.connected = endpoint.connected
        connected = request.connected is not None
        self._dispatch(slot.DebounceOver(request.id, self._endpoint_id(endpoint), connected))

    def _wake_queue(self) -> None:
        """The stream whose prefill was wanted has been closed."""
        deferred = self._state.deferred
        if deferred is None:
            return
        request = self._requests[deferred.request]
        endpoint = self._endpoint(request)
        request.connected = endpoint.connected
        self._dispatch(slot.QueueDue(self._endpoint_id(endpoint), request.connected is not None))

    def _connect(self, request: PendingRequest) -> None:
        """One attempt at a time for each endpoint, however many keys come meanwhile: it may mean to ask the user, to
        download and to load a model."""
        endpoint = self._endpoint(request)
        if endpoint not in self._connecting:
            self._connecting[endpoint] = asyncio.get_running_loop().create_task(self._await_connection(endpoint))

    async def _await_connection(self, endpoint: CompletionEndpoint) -> None:
        try:
            connected = await endpoint.connect()
        finally:
            del self._connecting[endpoint]
        endpoint_id = self._endpoint_id(endpoint)
        if connected is None:
            self._dispatch(slot.ConnectionFailed(endpoint_id))
            return
        deferred = self._state.deferred
        if deferred is not None and deferred.until is Until.CONNECTED and deferred.endpoint == endpoint_id:
            self._requests[deferred.request].connected = connected
        self._dispatch(slot.ConnectionReady(endpoint_id))

    def _check_partial(self, request: PendingRequest) -> None:
        left = self.remaining(request.uri, request.context)
        if left is None or not whole_lines(left.text):
            return
        if self._store.partial(left, request.context).suggestion is not None:
            self._dispatch(slot.PartialReady(request.id))

    # ---- the stream

    def _start(self, effect: slot.Start) -> None:
        request = self._requests[effect.request]
        query, purpose, connected = request.query, request.purpose, request.connected
        if connected is None:
            raise RuntimeError("a stream is started without a connection")
        if effect.regather:
            request.context = self._prompt_context.gather(query)
        if purpose is Purpose.ANSWER:
            self._debouncer.on_sent()
        self._counters.sent += purpose is not Purpose.PREWARM
        self._counters.speculative += purpose is Purpose.PREFETCH
        context, has_answer = request.context, purpose in {Purpose.ANSWER, Purpose.PREFETCH}
        assumed = request.assumed or AssumedText(query.point, "")
        self.last_prompt = request.uri, context
        plan = plan_completion(
            query,
            context,
            connected,
            seed=self._seed(request.uri, context) if has_answer else "",
            params=SamplingParams(warm=purpose is Purpose.PREWARM, temperature=request.temperature),
            names=self._names if redacts(query.settings, query.settings.completion) else None,
            is_known_mismatch=lambda attempt: self._is_known_mismatch(attempt, request),
        )
        listener = StreamListener(self._on_first_token, self._on_text, self._on_end)
        stream = InFlightCompletion(query, context, connected.backend, plan, listener)
        matcher = TypeThroughMatcher(assumed.point, lead=assumed.text) if has_answer else None
        self._in_flight = _InFlight(stream, request, self._endpoint(request), matcher)

    def _on_first_token(self, stream: InFlightCompletion) -> None:
        if self._is_current(stream):
            self._dispatch(slot.FirstToken())

    def _on_text(self, stream: InFlightCompletion) -> None:
        in_flight = self._in_flight
        if in_flight is None or in_flight.stream is not stream or in_flight.matcher is None:
            return
        text, first_token_ms = stream.raw_text, stream.first_token_ms
        diverged = in_flight.matcher.diverges(text)
        lines = whole_lines(text) if text.endswith("\n") and first_token_ms is not None else 0
        if diverged or lines:
            line_ms = (stream.elapsed_ms - (first_token_ms or 0.0)) / max(1, lines)
            self._dispatch(slot.TextArrived(diverged, lines, line_ms))

    def _on_end(self, stream: InFlightCompletion) -> None:
        if self._is_current(stream):
            self._dispatch(slot.StreamEnded(failed=stream.error is not None))
            self._in_flight = None

    def _is_current(self, stream: InFlightCompletion) -> bool:
        return self._in_flight is not None and self._in_flight.stream is stream

    def _abort(self, *, prefill_only: bool) -> None:
        if self._in_flight is not None:
            self._in_flight.stream.abort()
            self._record(prefill_only=prefill_only)
            self._in_flight = None

    def _record(self, *, prefill_only: bool) -> None:
        """Note what the ended stream says about its endpoint, and keep partial output for the next request."""
        if self._in_flight is None:
            return
        stream, request, endpoint = self._in_flight.stream, self._in_flight.request, self._in_flight.endpoint
        if request.purpose is not Purpose.SAMPLE:  # sampled output does not predict the greedy one
            self._mismatch = stream.mismatch or self._mismatch
        self._counters.aborted += stream.aborted
        record_completion(stream, endpoint, request.purpose, prefill_only=prefill_only)
        if stream.error is not None:
            endpoint.failed(stream.error)
        elif not stream.aborted:
            endpoint.worked()
        if request.sampled is not None and not request.sampled.done():
            request.sampled.set_result(stream)
        if request.purpose in {Purpose.ANSWER, Purpose.PREFETCH}:
            unfinished = stream.aborted or stream.error is not None
            kept = unfinished and bool(stream.raw_text)
            self._partial_output = _PartialOutput(stream.uri, stream.position, stream.raw_text) if kept else None
            self._counters.finished += not unfinished
            self.last_usage = stream.usage
            self._observe(stream.usage)

    def _store_output(self) -> None:
        if self._in_flight is None:
            return
        stream, listener = self._in_flight.stream, self._in_flight.request.listener
        on_first_use = [self._counters.answer_used]
        if listener is not None:
            listener.on_prefetched()
            on_first_use.append(listener.on_prefetch_used)
        used = self._store.remember(stream, on_first_use)
        if stream.was_shown:
            used()

    # ---- texts and endpoints

    def _pending(self, purpose: Purpose, query: CompletionQuery, context: CodeContext) -> PendingRequest:
        deferred = None if self._state.deferred is None else self._state.deferred.request
        for request in tuple(self._requests.values()):
            if request.is_released and request.id != deferred:
                del self._requests[request.id]
        pending = PendingRequest(next(self._ids), purpose, query, context)
        self._requests[pending.id] = pending
        return pending

    def _endpoint(self, request: PendingRequest) -> CompletionEndpoint:
        return self._prompt_context.endpoint_for(request.query.settings)

    def _endpoint_id(self, endpoint: CompletionEndpoint) -> int:
        return self._endpoint_ids.setdefault(endpoint, len(self._endpoint_ids))

    def _remaining(self, uri: str, now: CodeContext, text: str) -> RemainingText | None:
        in_flight = self._in_flight
        if in_flight is None or in_flight.matcher is None or in_flight.stream.uri != uri:
            return None
        left = remaining_text(in_flight.stream.position, now, text, finished=False)
        return left if left.along in {Match.AGREES, Match.PENDING} else None

    def _shares_prefill(self, uri: str, now: CodeContext) -> bool:
        active, in_flight = self._state.active, self._in_flight
        if active is None or in_flight is None or active.uri != uri or active.phase is not StreamPhase.PREFILL:
            return False
        return shares_prefill(in_flight.stream.context, now)

    def _seed(self, uri: str, context: CodeContext) -> str:
        """The beginning of the output, if the last aborted stream was about to say it."""
        partial = self._partial_output
        if partial is None or partial.uri != uri:
            return ""
        left = remaining_text(partial.position, context, partial.raw_text, finished=False)
        return left.text if left.along is Match.AGREES and not left.replaces_right else ""

    def _is_known_mismatch(self, attempt: FimAttempt, request: PendingRequest) -> bool:
        """Whether an earlier output shows that the model will not produce the withheld word."""
        if self._mismatch is not None and self._mismatch.holds_for(attempt):
            return True
        word, context = attempt.withheld.word, request.context
        left = self._store.lookup(request.uri, evolve(context, prefix=context.prefix.removesuffix(word)))
        return left is not None and attempt.withheld.contradicted_by(left.text)


def _is_stalled(in_flight: _InFlight) -> bool:
    stream = in_flight.stream
    if stream.first_token_ms is not None:
        return stream.idle_ms > STALLED_MS
    return stream.idle_ms > in_flight.endpoint.throughput.longest_silence_ms(stream.window_chars)
