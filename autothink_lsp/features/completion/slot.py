"""The state machine of the request slot: the next state and the effects of an event.

A model on the user's own machine computes one completion at a time, and a user types in one place. So there is one
slot: at most one stream is in flight (``ActiveStream``), at most one editor request waits for a reply
(``WaitingRequest``), and at most one request waits to be sent (``DeferredRequest``). ``transition`` maps a state and an
event to the next state and a tuple of effects. It reads no clock, does no I/O and compares no text: whether an edit
agrees with the stream is computed before the event is made. ``scheduler.py`` makes the events and executes the effects,
in their order.

    waiting request:  none ─Requested─► debouncing ─DebounceOver─► streaming ─StreamEnded─► replied
                        │                   │  └─not connected─► connecting ─ConnectionReady─► streaming
                        │                   └─prefill shared───► queued ─QueueDue─► streaming
                        └─Requested, the stream in flight serves it─► streaming
    stream in flight: idle ─Start─► prefill ─FirstToken─► decode ─StreamEnded─► idle
                                      └─contradicted after 250 ms─► prefill only ─FirstToken─► idle
                      cancelled ─► grace (2 or 250 ms) ─GraceOver─► idle
    missed request:   none ─Replied without an answer─► missed ─TextArrived, StreamEnded─► checked ─LateAnnounced─► none
                                                          └─the stream that it joined diverges─► queued ─► missed

All times are milliseconds of one monotonic clock.
"""

from __future__ import annotations

from typing import assert_never

from autothink_lsp.features.completion.slot_values import (
    UNKNOWN_ENDPOINT,
    Abort,
    AbortReason,
    ActiveStream,
    Arm,
    Cancelled,
    CheckLate,
    CheckPartial,
    Connect,
    ConnectionFailed,
    ConnectionReady,
    DeadlinePassed,
    Debounce,
    DebounceOver,
    DeferredRequest,
    Disarm,
    DocumentClosed,
    Edited,
    Effect,
    Event,
    FirstToken,
    GraceOver,
    LateAnnounced,
    MissedRequest,
    PartialDue,
    PartialReady,
    Purpose,
    QueueDue,
    Record,
    Replied,
    RequestAdmitted,
    Requested,
    RequestId,
    RequestReceived,
    Resolution,
    Resolve,
    Retried,
    SettingsChanged,
    ShutDown,
    SlotState,
    Start,
    StartRequested,
    Store,
    StreamEnded,
    StreamPhase,
    TextArrived,
    Timer,
    Until,
    WaitingRequest,
    WakeQueue,
    Withdrawn,
)
from autothink_lsp.values import evolve

# On a key VS Code cancels the request, then reports the edit, and sends the next request about 50 ms later, also if the
# key agrees with the answer. So a cancelled stream is kept for ``EDIT_GRACE_MS``, until the edit arrives if there is
# one, and for ``REQUEST_GRACE_MS`` after an edit that agrees.
EDIT_GRACE_MS = 2.0
REQUEST_GRACE_MS = 250.0
# An edit at most so long before the cancellation is its cause.
JUST_AGREED_MS = 20.0

Step = tuple[SlotState, tuple[Effect, ...]]


def transition(state: SlotState, event: Event, now_ms: float) -> Step:
    """Return the state after ``event`` and the effects to execute, in order. An outdated event changes nothing."""
    state, effects = _next_step(state, event, now_ms)
    if state.missed is not None and not _is_answered_later(state, state.missed):
        state = evolve(state, missed=None)
    return state, effects


def _is_answered_later(state: SlotState, missed: MissedRequest) -> bool:
    """Whether the missed request's stream goes on or waits to be started."""
    active, deferred = state.active, state.deferred
    is_active = active is not None and active.waiter == missed.request and not active.discard_output
    return is_active or (deferred is not None and deferred.request == missed.request)


def _next_step(state: SlotState, event: Event, now_ms: float) -> Step:  # noqa: C901, PLR0912
    match event:  # the events of each key first: cases are tried in turn
        case Edited():
            return _edited(state, event, now_ms)
        case RequestReceived():
            state = _without_queued(state)
            return (state if state.missed is None else evolve(state, missed=None)), ()
        case RequestAdmitted():
            return _superseded(state)
        case Requested():
            return _requested(state, event, now_ms)
        case DebounceOver():
            return _debounce_over(state, event, now_ms)
        case FirstToken():
            return _first_token(state)
        case TextArrived():
            return _text_arrived(state, event, now_ms)
        case StreamEnded():
            return _stream_ended(state, event)
        case Replied():
            return _replied(state, event), ()
        case Cancelled():
            return _cancelled(state, event, now_ms)
        case Retried():
            return _retried(state, event)
        case DeadlinePassed():
            return _deadline_passed(state, event)
        case PartialDue():
            return state, (CheckPartial(event.request),) if _is_unresolved(state, event.request) else ()
        case PartialReady():
            return _resolve(state, event.request, Resolution.PARTIAL)
        case LateAnnounced():
            is_newest = state.missed is not None and state.missed.request == event.request
            return (evolve(state, missed=None) if is_newest else state), ()
        case GraceOver():
            in_grace = state.active is not None and state.active.in_grace
            return _abort(state, AbortReason.CANCELLED) if in_grace else (state, ())
        case DocumentClosed():
            return _document_closed(state, event.uri)
        case SettingsChanged():
            return _forget(state, event.uri)
        case ShutDown():
            return _shut_down(state)
        case ConnectionReady():
            return _connection_ready(state, event.endpoint, now_ms)
        case ConnectionFailed():
            return _connection_failed(state, event.endpoint)
        case QueueDue():
            return _queue_due(state, event, now_ms)
        case StartRequested():
            return _start(state, event.request, event.uri, event.purpose, now_ms)
        case Withdrawn():
            withdrawn = state.active is not None and state.active.purpose in event.purposes
            return _abort(state, AbortReason.WITHDRAWN) if withdrawn else (state, ())
        case _:
            assert_never(event)


# ---- editor requests


def _superseded(state: SlotState) -> Step:
    if state.waiting is None:
        return state, ()
    state, effects = _resolve(state, state.waiting.request, Resolution.SUPERSEDED)
    return evolve(state, waiting=None), effects


def _requested(state: SlotState, event: Requested, now_ms: float) -> Step:
    """Join the stream in flight if it serves the request. Else keep it until its prefill is done if the request shares
    that, or close it, and debounce the request."""
    partial_at_ms = None if event.partial_in_ms is None else now_ms + event.partial_in_ms
    statements_at_ms = None if event.statements_in_ms is None else now_ms + event.statements_in_ms
    waiting = WaitingRequest(event.request, event.uri, partial_at_ms, statements_at_ms)
    state = evolve(_without_answered(state), waiting=waiting)
    timers: list[Effect] = [Arm(Timer.DEADLINE, event.deadline_in_ms, event.request)]
    if event.partial_in_ms is not None:
        timers.append(Arm(Timer.PARTIAL, event.partial_in_ms, event.request))
    active = state.active
    if active is None:
        return state, (*timers, Debounce(event.request))
    if active.has_answer and event.serves and not event.stalled and not active.discard_output:
        joined, effects = _out_of_grace(active)
        joined = evolve(joined, waiter=event.request, purpose=Purpose.ANSWER)
        return evolve(state, active=joined), (*timers, *effects)
    shared = active.uri == event.uri and event.shares_prefill and not event.stalled
    if shared and active.is_prefilling(now_ms):
        kept, effects = _out_of_grace(active)
        state = evolve(state, active=evolve(kept, discard_output=True))
    else:
        state, effects = _abort(state, AbortReason.PREEMPTED)
    return state, (*timers, *effects, Debounce(event.request))


def _debounce_over(state: SlotState, event: DebounceOver, now_ms: float) -> Step:
    waiting = state.waiting
    if waiting is None or waiting.request != event.request:
        return state, ()
    return _send(state, waiting.request, waiting.uri, event.endpoint, now_ms, connected=event.connected)


def _send(state: SlotState, request: RequestId, uri: str, endpoint: int, now_ms: float, *, connected: bool) -> Step:
    """Start the request's stream, or defer it until there is a connection or the shared prefill is done."""
    if not connected:
        return evolve(state, deferred=DeferredRequest(request, uri, Until.CONNECTED, endpoint)), (Connect(request),)
    if state.active is not None and state.active.discard_output:
        return evolve(state, deferred=DeferredRequest(request, uri, Until.PREFILLED, endpoint)), ()
    return _start(state, request, uri, Purpose.ANSWER, now_ms)


def _retried(state: SlotState, event: Retried) -> Step:
    """Debounce the request again. One that is not the newest any more is resolved as superseded."""
    waiting = state.waiting
    if waiting is None or waiting.request != event.request:
        return state, (Resolve(event.request, Resolution.SUPERSEDED),)
    return evolve(state, waiting=evolve(waiting, resolution=None)), (Debounce(event.request),)


def _replied(state: SlotState, event: Replied) -> SlotState:
    waiting = state.waiting
    if waiting is None or waiting.request != event.request:
        return state
    is_missed = event.missed or event.shown_part
    missed = MissedRequest(waiting.request, waiting.uri, event.shown_part) if is_missed else None
    return evolve(state, waiting=None, missed=missed)


def _cancelled(state: SlotState, event: Cancelled, now_ms: float) -> Step:
    """Close the stream after a grace period, unless an edit or a request shows meanwhile that it is still wanted."""
    if not _is_waiting(state, event.request):
        return state, ()
    state = _without_queued(evolve(state, waiting=None))
    active = state.active
    if active is None or not (active.has_answer or active.discard_output):
        return _abort(state, AbortReason.CANCELLED)
    agreed = state.agreed_ms is not None and now_ms - state.agreed_ms < JUST_AGREED_MS
    grace_ms = REQUEST_GRACE_MS if agreed else EDIT_GRACE_MS
    return evolve(state, active=evolve(active, in_grace=True)), (Arm(Timer.GRACE, grace_ms),)


def _deadline_passed(state: SlotState, event: DeadlinePassed) -> Step:
    if not _is_unresolved(state, event.request):
        return state, ()
    deferred = state.deferred
    if deferred is not None and deferred.request == event.request:
        state = evolve(state, deferred=evolve(deferred, after_deadline=True))
    return _resolve(state, event.request, Resolution.DEADLINE)


# ---- documents


def _edited(state: SlotState, event: Edited, now_ms: float) -> Step:
    """Close a stream that the edit contradicts. While its prompt is being evaluated it is kept, because the prompt of
    the next request probably has the same beginning."""
    state, active = _without_connecting(state, event.uri), state.active
    if state.missed is not None and state.missed.uri == event.uri:
        state = evolve(state, missed=None)  # the cursor is elsewhere, and the editor will send a request
    if active is not None and active.uri != event.uri:
        return state, ()
    state = _without_queued(state)
    if active is None or not (active.has_answer or active.discard_output):
        return state, ()
    if not event.agrees and not active.discard_output:
        if not active.is_prefilling(now_ms):
            return _abort(state, AbortReason.CONTRADICTED)
        active = evolve(active, discard_output=True)
    rearmed = (Arm(Timer.GRACE, REQUEST_GRACE_MS),) if active.in_grace else ()
    return evolve(state, active=active, agreed_ms=now_ms), rearmed


def _document_closed(state: SlotState, uri: str) -> Step:
    waiting, replies = state.waiting, ()
    if waiting is not None and waiting.uri == uri:
        state, replies = _resolve(state, waiting.request, Resolution.DOCUMENT_CLOSED)
    state, effects = _forget(state, uri)
    return state, (*replies, *effects)


def _forget(state: SlotState, uri: str) -> Step:
    state = _without_connecting(state, uri)
    if state.active is None or state.active.uri != uri:
        return state, ()
    return _abort(_without_queued(state), AbortReason.FORGOTTEN)


def _shut_down(state: SlotState) -> Step:
    replies: tuple[Effect, ...] = ()
    if state.waiting is not None:
        state, replies = _resolve(state, state.waiting.request, Resolution.SHUTTING_DOWN)
    state, effects = _abort(evolve(state, deferred=None), AbortReason.SHUTTING_DOWN)
    return state, (*replies, *effects)


# ---- deferred requests


def _connection_ready(state: SlotState, endpoint: int, now_ms: float) -> Step:
    deferred = state.deferred
    if deferred is None or deferred.until is not Until.CONNECTED or deferred.endpoint != endpoint:
        return state, ()
    state = evolve(state, deferred=None)
    if not _is_wanted(state, deferred):
        return state, ()
    return _start(state, deferred.request, deferred.uri, Purpose.ANSWER, now_ms, regather=True)


def _connection_failed(state: SlotState, endpoint: int) -> Step:
    deferred = state.deferred
    if deferred is None or deferred.until is not Until.CONNECTED or deferred.endpoint != endpoint:
        return state, ()
    # It is replied to and stays deferred: it is sent when the connection is restored, unless an edit comes first.
    state = evolve(state, deferred=evolve(deferred, after_deadline=True))
    return _resolve(state, deferred.request, Resolution.NO_BACKEND)


def _queue_due(state: SlotState, event: QueueDue, now_ms: float) -> Step:
    deferred = state.deferred
    if deferred is None or deferred.until is not Until.PREFILLED:
        return state, ()
    state = evolve(state, deferred=None)
    if state.active is not None or not _is_wanted(state, deferred):
        return state, ()
    return _send(state, deferred.request, deferred.uri, event.endpoint, now_ms, connected=event.connected)


def _is_wanted(state: SlotState, deferred: DeferredRequest) -> bool:
    """Whether the request is still the newest one (it may have been replied to at its deadline), and no other stream
    has an answer."""
    newest = deferred.after_deadline if state.waiting is None else state.waiting.request == deferred.request
    return newest and not state.is_answering


def _without_queued(state: SlotState) -> SlotState:
    is_queued = state.deferred is not None and state.deferred.until is Until.PREFILLED
    return evolve(state, deferred=None) if is_queued else state


def _without_answered(state: SlotState) -> SlotState:
    """Drop a request that was replied to and waits for a connection, because a newer one replaces it."""
    deferred = state.deferred
    is_old = deferred is not None and deferred.until is Until.CONNECTED and deferred.after_deadline
    return evolve(state, deferred=None) if is_old else state


def _without_connecting(state: SlotState, uri: str) -> SlotState:
    deferred = state.deferred
    connecting = deferred is not None and deferred.until is Until.CONNECTED and deferred.uri == uri
    return evolve(state, deferred=None) if connecting else state


# ---- the stream


def _start(
    state: SlotState, request: RequestId, uri: str, purpose: Purpose, now_ms: float, *, regather: bool = False
) -> Step:
    """Put the request into the slot. The stream that is in it is closed."""
    state, effects = _abort(state, AbortReason.PREEMPTED)
    waiter = request if purpose is Purpose.ANSWER else None
    state = evolve(state, active=ActiveStream(uri, purpose, now_ms, waiter=waiter))
    return state, (*effects, Start(request, purpose, regather))


def _first_token(state: SlotState) -> Step:
    active = state.active
    if active is None:
        return state, ()
    if active.discard_output:
        return _abort(state, AbortReason.PREFILLED)
    return evolve(state, active=evolve(active, phase=StreamPhase.DECODE)), ()


def _text_arrived(state: SlotState, event: TextArrived, now_ms: float) -> Step:
    """Close the stream if it diverged. Else show its whole lines if the next one would come too late (earlier where
    they are complete statements), or announce them if its request was missed."""
    active, waiting = state.active, state.waiting
    if active is None or not active.has_answer:
        return state, ()
    if event.diverged:
        return _abort(_queued_again(state, active), AbortReason.DIVERGED)
    if event.whole_lines and (late := _check_late(state, active, is_finished=False)):
        return state, late
    if waiting is None or not event.whole_lines or active.waiter != waiting.request or waiting.resolution is not None:
        return state, ()
    next_line_ms = now_ms + event.line_ms
    if waiting.partial_at_ms is not None and next_line_ms > waiting.partial_at_ms:
        return state, (CheckPartial(waiting.request),)
    if waiting.statements_at_ms is not None and next_line_ms > waiting.statements_at_ms:
        return state, (CheckPartial(waiting.request, statements_only=True),)
    return state, ()


def _queued_again(state: SlotState, active: ActiveStream) -> SlotState:
    """Send a missed request by itself if its stream, which was begun for an earlier text, answers another one. It is
    sent once: nothing was typed since, so its own stream cannot diverge."""
    missed = state.missed
    if missed is None or missed.shown_part or active.waiter != missed.request or state.deferred is not None:
        return state
    deferred = DeferredRequest(missed.request, missed.uri, Until.PREFILLED, UNKNOWN_ENDPOINT, after_deadline=True)
    return evolve(state, deferred=deferred)


def _stream_ended(state: SlotState, event: StreamEnded) -> Step:
    active = state.active
    if active is None:
        return state, ()
    stored: tuple[Effect, ...] = ()
    if active.has_answer and not event.failed:
        stored = (Store(), *_check_late(state, active, is_finished=True))
    if event.failed:
        state = _sent_again_later(state, active, event.endpoint)
    resolution = Resolution.BACKEND_FAILED if event.failed else Resolution.FINISHED
    state, effects = _vacate(state, active, resolution)
    return state, (Record(), *stored, *effects)


def _sent_again_later(state: SlotState, active: ActiveStream, endpoint: int) -> SlotState:
    """Defer the unanswered request of a failed stream until the connection is restored."""
    request = active.waiter
    if request is None or state.deferred is not None or active.discard_output:
        return state
    if not _is_unresolved(state, request) and not _is_missed(state, request):
        return state
    deferred = DeferredRequest(request, active.uri, Until.CONNECTED, endpoint, after_deadline=True)
    return evolve(state, deferred=deferred)


def _check_late(state: SlotState, active: ActiveStream, *, is_finished: bool) -> tuple[Effect, ...]:
    """The effects that announce the stream's output if it answers the missed request."""
    missed = state.missed
    if missed is None or active.waiter != missed.request or active.discard_output:
        return ()
    if missed.shown_part and not is_finished:
        return ()
    return (CheckLate(missed.request, is_finished),)


def _abort(state: SlotState, reason: AbortReason) -> Step:
    active = state.active
    if active is None:
        return state, ()
    diverged = reason is AbortReason.DIVERGED
    state, effects = _vacate(state, active, Resolution.FINISHED if diverged else Resolution.SUPERSEDED)
    return state, (Abort(reason, prefill_only=active.discard_output), *effects)


def _vacate(state: SlotState, active: ActiveStream, resolution: Resolution) -> Step:
    """Empty the slot. Wake the request that waits for the stream, and the one that waits for its prefill."""
    effects: tuple[Effect, ...] = _out_of_grace(active)[1]
    state = evolve(state, active=None)
    if active.waiter is not None:
        state, replies = _resolve(state, active.waiter, resolution)
        effects = (*effects, *replies)
    if state.deferred is not None and state.deferred.until is Until.PREFILLED:
        effects = (*effects, WakeQueue())
    return state, effects


def _out_of_grace(active: ActiveStream) -> tuple[ActiveStream, tuple[Effect, ...]]:
    return (evolve(active, in_grace=False), (Disarm(Timer.GRACE),)) if active.in_grace else (active, ())


# ---- replies


def _resolve(state: SlotState, request: RequestId, resolution: Resolution) -> Step:
    """Resolve the request, unless it is already resolved or is not the newest any more."""
    waiting = state.waiting
    if waiting is None or waiting.request != request or waiting.resolution is not None:
        return state, ()
    return evolve(state, waiting=evolve(waiting, resolution=resolution)), (Resolve(request, resolution),)


def _is_waiting(state: SlotState, request: RequestId) -> bool:
    return state.waiting is not None and state.waiting.request == request


def _is_missed(state: SlotState, request: RequestId) -> bool:
    return state.missed is not None and state.missed.request == request and not state.missed.shown_part


def _is_unresolved(state: SlotState, request: RequestId) -> bool:
    return state.waiting is not None and state.waiting.request == request and state.waiting.resolution is None
