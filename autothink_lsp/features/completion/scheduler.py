"""The asyncio side of the request slot: makes events, passes them to ``slot.transition`` and executes the effects.

It owns the slot's state, the stream in flight, all timers and the tasks that connect, and decides nothing: ``slot.py``
decides what an event changes, and ``in_flight.py`` compares texts before an event is made. No other module starts or
closes a stream. A scheduler belongs to one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from typing import assert_never

from autothink_lsp.context.privacy import redacts
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.context.values import CodeContext
from autothink_lsp.document.snapshot import Change
from autothink_lsp.features.completion import slot
from autothink_lsp.features.completion.cache import SuggestionStore
from autothink_lsp.features.completion.debounce import AdaptiveDebouncer
from autothink_lsp.features.completion.endpoint import CompletionConnection, CompletionEndpoint
from autothink_lsp.features.completion.in_flight import AssumedText, InFlightRequest, PendingRequest, PrefetchListener
from autothink_lsp.features.completion.late_answers import LateAnswers
from autothink_lsp.features.completion.metrics import Counters, StreamTimes, record_completion
from autothink_lsp.features.completion.model import CompletionRequest, CompletionUsage, SamplingParams, deadline_ms
from autothink_lsp.features.completion.prompt import plan_completion
from autothink_lsp.features.completion.prompt_context import PromptContext
from autothink_lsp.features.completion.slot import Purpose, RequestId, SlotState, StreamPhase, Until, transition
from autothink_lsp.features.completion.stream import InFlightCompletion, ResumeMemory, StreamListener
from autothink_lsp.features.completion.trace import SlotTrace
from autothink_lsp.features.completion.type_through import RemainingText, TypeThroughMatcher, whole_lines

# Output is shown while the stream goes on, unless its next line comes so soon after the key: complete statements after
# ``STATEMENTS_MS`` (except where the body of a definition begins, of which more is wanted), and any whole lines after
# ``LINES_MS``. In these times a model of 4,000/100 tokens a second (prefill/decode) writes one line and four lines, and
# one of 145/33 none and one.
STATEMENTS_MS = 150.0
LINES_MS = 400.0


class RequestScheduler:
    """``now_ms`` is the clock of ``CompletionRequest.received_ms``; ``on_usage`` is called with the usage of each
    answering stream."""

    def __init__(
        self,
        *,
        prompt_context: PromptContext,
        store: SuggestionStore,
        late_answers: LateAnswers,
        debouncer: AdaptiveDebouncer,
        counters: Counters,
        names: SecretNames,
        now_ms: Callable[[], float],
        on_usage: Callable[[CompletionUsage], None],
    ) -> None:
        self.last_usage: CompletionUsage | None = None  # of the latest answering stream
        self.last_prompt: tuple[str, CodeContext] | None = None  # document and context that were sent last
        self._prompt_context = prompt_context
        self._store = store
        self._late_answers = late_answers
        self._debouncer = debouncer
        self._counters = counters
        self._names = names
        self._now_ms = now_ms
        self._on_usage = on_usage
        self._trace = SlotTrace.from_environment()
        self._state = SlotState()
        self._events: deque[slot.Event] = deque()
        self._is_dispatching = False
        self._ids = count(1)
        self._requests: dict[RequestId, PendingRequest] = {}
        self._in_flight: InFlightRequest | None = None
        self._resume = ResumeMemory(store.cache.lookup)
        self._grace: asyncio.TimerHandle | None = None
        self._connecting: dict[CompletionEndpoint, asyncio.Task[None]] = {}
        self._endpoint_ids: dict[CompletionEndpoint, int] = {}

    # ---- what is going on

    @property
    def is_busy(self) -> bool:
        """Whether a stream is in flight, prewarms included."""
        return self._state.active is not None

    @property
    def is_prewarming(self) -> bool:
        """Whether the stream in flight is a prewarm."""
        return self._state.active is not None and self._state.active.purpose is Purpose.PREWARM

    @property
    def is_answering(self) -> bool:
        """Whether an answer or a prefetch is in flight."""
        return self._state.is_answering

    @property
    def is_awaited(self) -> bool:
        """Whether an editor request waits for a reply."""
        return self._state.waiting is not None

    @property
    def is_connecting(self) -> bool:
        """Whether a request waits for a connection that is being made."""
        deferred = self._state.deferred
        return bool(self._connecting) and deferred is not None and deferred.until is Until.CONNECTED

    @property
    def has_missed(self) -> bool:
        """Whether the newest request was replied to without an answer that may still come."""
        return self._state.missed is not None and not self._state.missed.shown_part

    def serves(self, uri: str, now: CodeContext) -> bool:
        """Whether the output so far of the stream in flight agrees with the text at this cursor."""
        in_flight = self._in_flight
        return in_flight is not None and in_flight.remaining(uri, now, in_flight.stream.raw_text) is not None

    def remaining(self, uri: str, now: CodeContext) -> RemainingText | None:
        """The output after this cursor of the stream in flight, with markers restored; it may be empty. ``None`` if the
        stream serves another text, or there is none."""
        in_flight = self._in_flight
        return None if in_flight is None else in_flight.remaining(uri, now, in_flight.stream.text)

    # ---- requests of the editor

    def on_request_received(self) -> None:
        """The editor sent a request: drop the one that is queued behind a prefill."""
        self._dispatch(slot.RequestReceived())

    def supersede(self) -> None:
        """The newest request was accepted: resolve the one that waits."""
        self._dispatch(slot.RequestAdmitted())

    def request(self, request: CompletionRequest, context: CodeContext) -> PendingRequest:
        """Request a completion from a model: join the stream in flight if it serves the request, else send it after a
        delay. The caller waits for its ``resolution`` and then calls ``release``."""
        pending, uri = self._pending(Purpose.ANSWER, request, context), request.snapshot.uri
        elapsed_ms = self._now_ms() - request.received_ms
        before, is_automatic = self._in_flight, request.trigger == "automatic"
        shows_statements = is_automatic and not _begins_definition(context)
        self._dispatch(
            slot.Requested(
                pending.id,
                uri,
                deadline_in_ms=deadline_ms(request) - elapsed_ms,
                partial_in_ms=LINES_MS - elapsed_ms if is_automatic else None,
                statements_in_ms=STATEMENTS_MS - elapsed_ms if shows_statements else None,
                serves=self.serves(uri, context),
                shares_prefill=self._shares_prefill(uri, context),
                stalled=before is not None and before.is_stalled,
            )
        )
        active = self._state.active
        pending.joined = active is not None and active.waiter == pending.id and self._in_flight is before
        if pending.joined and before is not None:
            self._counters.from_running += 1
            if before.stream.raw_text:
                self._debouncer.on_typed_along()
            pending.times = before.pending.times
        return pending

    def retry(self, pending: PendingRequest) -> None:
        """Send a request that the stream which it joined did not answer, in the time that is left."""
        pending.joined, pending.times = False, StreamTimes()
        pending.resolved = asyncio.get_running_loop().create_future()
        self._dispatch(slot.Retried(pending.id))

    def cancel(self, pending: PendingRequest) -> None:
        """The editor cancelled the request."""
        self._dispatch(slot.Cancelled(pending.id))

    def release(self, pending: PendingRequest, *, is_shown: bool, shown_part: str = "") -> None:
        """The request's handler is done. ``is_shown``: it replied with a suggestion; ``shown_part``: which is this part
        of an answer that goes on."""
        for timer in pending.timers:
            timer.cancel()
        pending.is_released = True
        pending.shown_part = shown_part if pending.request.trigger == "automatic" else ""
        is_missed = pending.may_be_answered_late and not is_shown
        self._dispatch(slot.Replied(pending.id, missed=is_missed, shown_part=bool(pending.shown_part)))

    def mark_shown(self) -> None:
        """Output of the stream in flight is shown to the user."""
        if self._in_flight is not None:
            self._in_flight.stream.mark_shown()

    # ---- requests of ours

    def start(
        self,
        purpose: Purpose,
        request: CompletionRequest,
        context: CodeContext,
        connected: CompletionConnection,
        *,
        temperature: float = 0.0,
        assumed: AssumedText | None = None,
        listener: PrefetchListener | None = None,
        on_end: Callable[[InFlightCompletion], None] | None = None,
    ) -> PendingRequest:
        """Start a prefetch, prewarm or sample, and abort the stream in flight. ``on_end`` is called once, after the new
        stream ended or was aborted."""
        pending = self._pending(purpose, request, context)
        pending.connected, pending.temperature = connected, temperature
        pending.assumed, pending.listener, pending.on_end = assumed, listener, on_end
        self._dispatch(slot.StartRequested(pending.id, pending.uri, purpose))
        pending.is_released = True
        return pending

    async def sample(
        self, request: CompletionRequest, context: CodeContext, connected: CompletionConnection, temperature: float
    ) -> InFlightCompletion:
        """Start a sample and wait for its end. Cancelling the caller aborts it."""
        ended: asyncio.Future[InFlightCompletion] = asyncio.get_running_loop().create_future()

        def on_end(stream: InFlightCompletion) -> None:
            if not ended.done():
                ended.set_result(stream)

        self.start(Purpose.SAMPLE, request, context, connected, temperature=temperature, on_end=on_end)
        try:
            return await ended
        except asyncio.CancelledError:
            self.withdraw(Purpose.SAMPLE, Purpose.PREWARM)
            raise

    def withdraw(self, *purposes: Purpose) -> None:
        """Abort the stream in flight if it has one of these purposes."""
        self._dispatch(slot.Withdrawn(purposes))

    # ---- documents

    def did_change(self, uri: str, changes: Sequence[Change]) -> None:
        """Report an edit, and whether it agrees with the output of the stream in flight."""
        active, in_flight, agrees = self._state.active, self._in_flight, False
        if active is not None and in_flight is not None and active.uri == uri and not active.discard_output:
            agrees = in_flight.agrees(changes)
        self._dispatch(slot.Edited(uri, agrees))

    def forget(self, uri: str, *, closed: bool) -> None:
        """The document is ``closed``, or its completion settings changed."""
        self._dispatch(slot.DocumentClosed(uri) if closed else slot.SettingsChanged(uri))
        self._resume.forget(uri)

    def shut_down(self) -> None:
        """Resolve the request that waits, and abort the stream."""
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
        """Process the event and then those that its effects make, one at a time."""
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
        match effect:  # the effects of each request first: cases are tried in turn
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
                self._check_partial(self._requests[effect.request], statements_only=effect.statements_only)
            case slot.CheckLate():
                self._check_late(self._requests[effect.request], is_finished=effect.is_finished)
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

    def _debounce(self, pending: PendingRequest) -> None:
        request = pending.request
        latency_ms = self._endpoint(pending).latency.typical_ms
        delay_ms = self._debouncer.delay_ms(request, pending.context.line_prefix, latency_ms)
        delay_ms -= self._now_ms() - request.received_ms
        if delay_ms > 0:
            timer = asyncio.get_running_loop().call_later(delay_ms / 1_000, self._debounce_over, pending)
            pending.timers.append(timer)
        else:
            self._debounce_over(pending)

    def _debounce_over(self, pending: PendingRequest) -> None:
        endpoint = self._endpoint(pending)
        pending.connected = endpoint.connection
        connected = pending.connected is not None
        self._dispatch(slot.DebounceOver(pending.id, self._endpoint_id(endpoint), connected))

    def _wake_queue(self) -> None:
        """The stream whose prefill a request waited for has been closed."""
        deferred = self._state.deferred
        if deferred is None:
            return
        pending = self._requests[deferred.request]
        endpoint = self._endpoint(pending)
        pending.connected = endpoint.connection
        self._dispatch(slot.QueueDue(self._endpoint_id(endpoint), pending.connected is not None))

    def _connect(self, pending: PendingRequest) -> None:
        """Make one attempt at a time for each endpoint, however many keys come meanwhile: an attempt may ask the user,
        and download and load a model."""
        endpoint = self._endpoint(pending)
        if endpoint not in self._connecting:
            self._connecting[endpoint] = asyncio.get_running_loop().create_task(self._await_connection(endpoint))

    async def _await_connection(self, endpoint: CompletionEndpoint) -> None:
        try:
            connected = await endpoint.connect()
        finally:
            del self._connecting[endpoint]
        if connected is None:
            self._dispatch(slot.ConnectionFailed(self._endpoint_id(endpoint)))
        else:
            self.on_connected(endpoint, connected)

    def on_connected(self, endpoint: CompletionEndpoint, connected: CompletionConnection) -> None:
        """The endpoint has a connection: send the request that waited for it."""
        endpoint_id, deferred = self._endpoint_id(endpoint), self._state.deferred
        if deferred is not None and deferred.until is Until.CONNECTED and deferred.endpoint == endpoint_id:
            self._requests[deferred.request].connected = connected
        self._dispatch(slot.ConnectionReady(endpoint_id))

    def _check_partial(self, pending: PendingRequest, *, statements_only: bool) -> None:
        left = self.remaining(pending.uri, pending.context)
        if left is None or not whole_lines(left.text):
            return
        partial = self._store.partial(left, pending.request, pending.context, statements_only=statements_only)
        if partial.suggestion is not None:
            self._dispatch(slot.PartialReady(pending.id))

    def _check_late(self, pending: PendingRequest, *, is_finished: bool) -> None:
        request, context = pending.request, pending.context
        if is_finished:
            is_announced = self._late_answers.announce_stored(request, context, pending.shown_part)
        else:
            left = self.remaining(pending.uri, context)
            is_announced = self._late_answers.announce_partial(request, context, left)
        if is_announced:
            self._dispatch(slot.LateAnnounced(pending.id))

    # ---- the stream

    def _start(self, effect: slot.Start) -> None:
        pending = self._requests[effect.request]
        request, purpose, connected = pending.request, pending.purpose, pending.connected
        if connected is None:
            raise RuntimeError("a stream is started without a connection")
        pending.times.sent_ms = self._now_ms()
        if effect.regather:
            pending.context = self._prompt_context.gather(request)
        if purpose is Purpose.ANSWER:
            self._debouncer.on_sent()
        self._counters.sent += purpose is not Purpose.PREWARM
        self._counters.speculative += purpose is Purpose.PREFETCH
        context, has_answer = pending.context, purpose in {Purpose.ANSWER, Purpose.PREFETCH}
        assumed = pending.assumed or AssumedText(request.point, "")
        uri = pending.uri
        self.last_prompt = uri, context
        plan = plan_completion(
            request,
            context,
            connected,
            seed=self._resume.seed(uri, context) if has_answer else "",
            params=SamplingParams(warm=purpose is Purpose.PREWARM, temperature=pending.temperature),
            names=self._names if redacts(request.settings, request.settings.completion) else None,
            is_known_mismatch=lambda attempt: self._resume.is_known_mismatch(attempt, uri, context),
        )
        listener = StreamListener(self._on_first_token, self._on_text, self._on_end)
        stream = InFlightCompletion(request, context, connected.backend, plan, listener)
        matcher = TypeThroughMatcher(assumed.point, lead=assumed.text) if has_answer else None
        self._in_flight = InFlightRequest(stream, pending, self._endpoint(pending), matcher)
        self._in_flight.endpoint.on_prompt_sent()
        pending.times.started_ms = self._now_ms()

    def _on_first_token(self, stream: InFlightCompletion) -> None:
        if self._in_flight is not None and self._in_flight.stream is stream:
            self._in_flight.pending.times.first_token_ms = self._now_ms()
            self._in_flight.endpoint.on_prompt_evaluated()
            self._dispatch(slot.FirstToken())

    def _on_text(self, stream: InFlightCompletion) -> None:
        if self._in_flight is not None and self._in_flight.stream is stream:
            arrived = self._in_flight.on_text()
            if arrived is not None:
                self._dispatch(arrived)

    def _on_end(self, stream: InFlightCompletion) -> None:
        if self._in_flight is not None and self._in_flight.stream is stream:
            endpoint_id = self._endpoint_id(self._in_flight.endpoint)
            self._dispatch(slot.StreamEnded(failed=stream.error is not None, endpoint=endpoint_id))
            self._in_flight = None

    def _abort(self, *, prefill_only: bool) -> None:
        if self._in_flight is not None:
            self._in_flight.stream.abort()
            self._record(prefill_only=prefill_only)
            self._in_flight = None

    def _record(self, *, prefill_only: bool) -> None:
        """Record the metrics of the ended stream, and its partial output as the seed of the next request."""
        if self._in_flight is None:
            return
        stream, pending, endpoint = self._in_flight.stream, self._in_flight.pending, self._in_flight.endpoint
        self._resume.record(stream, pending.purpose)
        self._counters.aborted += stream.aborted
        record_completion(stream, endpoint, pending.purpose, prefill_only=prefill_only)
        endpoint.on_prompt_ended(is_evaluated=not stream.aborted and stream.error is None)
        if stream.error is not None:
            endpoint.on_failed(stream.error)
        elif not stream.aborted:
            endpoint.on_success()
        if pending.on_end is not None:
            asyncio.get_running_loop().call_soon(pending.on_end, stream)
        if pending.purpose in {Purpose.ANSWER, Purpose.PREFETCH}:
            self._counters.finished += not stream.aborted and stream.error is None
            self.last_usage = usage = stream.usage
            self._on_usage(usage)

    def _store_output(self) -> None:
        if self._in_flight is None:
            return
        stream, listener = self._in_flight.stream, self._in_flight.pending.listener
        on_first_use = [self._counters.answer_used]
        if listener is not None:
            listener.on_prefetched()
            on_first_use.append(listener.on_prefetch_used)
        used = self._store.remember(stream, on_first_use)
        if stream.was_shown:
            used()

    # ---- texts and endpoints

    def _pending(self, purpose: Purpose, request: CompletionRequest, context: CodeContext) -> PendingRequest:
        state = self._state
        kept = {one.request for one in (state.deferred, state.missed) if one is not None}
        for pending in tuple(self._requests.values()):
            if pending.is_released and pending.id not in kept:
                del self._requests[pending.id]
        pending = PendingRequest(next(self._ids), purpose, request, context)
        self._requests[pending.id] = pending
        return pending

    def _endpoint(self, pending: PendingRequest) -> CompletionEndpoint:
        return self._prompt_context.endpoint_for(pending.request.settings)

    def _endpoint_id(self, endpoint: CompletionEndpoint) -> int:
        return self._endpoint_ids.setdefault(endpoint, len(self._endpoint_ids))

    def _shares_prefill(self, uri: str, now: CodeContext) -> bool:
        active, in_flight = self._state.active, self._in_flight
        is_prefilling = active is not None and active.uri == uri and active.phase is StreamPhase.PREFILL
        return is_prefilling and in_flight is not None and in_flight.shares_prefill(now)


def _begins_definition(context: CodeContext) -> bool:
    """Whether the cursor's line is blank and the line with content above it opens the body of a definition."""
    if context.line_prefix.strip():
        return False
    return context.style.opens_definition(context.prefix.rstrip().rpartition("\n")[2])
