"""The transition table of the request slot: one row for each thing that can happen in each state that matters."""

from __future__ import annotations

from typing import get_args

import pytest
from attrs import evolve

from autothink_lsp.features.completion.slot import EDIT_GRACE_MS, JUST_AGREED_MS, REQUEST_GRACE_MS, transition
from autothink_lsp.features.completion.slot_values import (
    LONG_PREFILL_MS,
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

NOW = 1_000.0
A, B = "file:///a.py", "file:///b.py"
OLD, NEW, ENDPOINT = 1, 2, 7
SHORT_AGO, LONG_AGO = NOW - LONG_PREFILL_MS + 1, NOW - LONG_PREFILL_MS

ANSWER, PREFETCH, PREWARM, SAMPLE = Purpose.ANSWER, Purpose.PREFETCH, Purpose.PREWARM, Purpose.SAMPLE

IDLE = SlotState()
WAITS = WaitingRequest(NEW, A, partial_at_ms=NOW + 300, statements_at_ms=NOW + 50)
WAITS_FOR_BLOCK = evolve(WAITS, statements_at_ms=None)
WAITS_BY_HAND = WaitingRequest(NEW, A)
WOKEN = evolve(WAITS, resolution=Resolution.DEADLINE)
DEBOUNCING = SlotState(waiting=WAITS)

BEGUN = ActiveStream(A, ANSWER, SHORT_AGO, waiter=NEW)  # evaluates a prompt, most of which it may know
PREFILLING = evolve(BEGUN, started_ms=LONG_AGO)
DECODING = evolve(PREFILLING, phase=StreamPhase.DECODE)
PREFILL_ONLY = evolve(PREFILLING, waiter=OLD, discard_output=True)
IN_GRACE = evolve(DECODING, waiter=OLD, in_grace=True)
DETACHED = evolve(DECODING, waiter=OLD)
PREFETCHING = ActiveStream(A, PREFETCH, LONG_AGO, StreamPhase.DECODE)
PREWARMING = ActiveStream(A, PREWARM, LONG_AGO)
SAMPLING = ActiveStream(A, SAMPLE, LONG_AGO, StreamPhase.DECODE)
STREAMING = SlotState(DECODING, WAITS)

CONNECTING = DeferredRequest(NEW, A, Until.CONNECTED, ENDPOINT)
QUEUED = DeferredRequest(NEW, A, Until.PREFILLED, ENDPOINT)
LATE = evolve(CONNECTING, after_deadline=True)

MISSED = MissedRequest(NEW, A)
MISSED_AGAIN = DeferredRequest(NEW, A, Until.PREFILLED, UNKNOWN_ENDPOINT, after_deadline=True)
MISSING = SlotState(DECODING, missed=MISSED)  # the stream of a missed request goes on
PART = evolve(MISSING, missed=evolve(MISSED, shown_part=True))

NEEDS_MODEL = Requested(NEW, A, deadline_in_ms=575.0, partial_in_ms=300.0, statements_in_ms=50.0)
DEADLINE_TIMER, PARTIAL_TIMER = Arm(Timer.DEADLINE, 575.0, NEW), Arm(Timer.PARTIAL, 300.0, NEW)
TIMERS = (DEADLINE_TIMER, PARTIAL_TIMER)
DISARM = Disarm(Timer.GRACE)
SEND = DebounceOver(NEW, ENDPOINT, connected=True)
STARTED = ActiveStream(A, ANSWER, NOW, waiter=NEW)
START = Start(NEW, ANSWER)
GONE = Resolve(NEW, Resolution.SUPERSEDED)


def active(stream: ActiveStream | None, **others: object) -> SlotState:
    return SlotState(stream, **others)  # type: ignore[arg-type]


def joined(stream: ActiveStream) -> SlotState:
    return active(evolve(stream, waiter=NEW, purpose=ANSWER, in_grace=False), waiting=WAITS)


def aborted(reason: AbortReason, *, prefill_only: bool = False) -> Abort:
    return Abort(reason, prefill_only)


Row = tuple[str, SlotState, Event, SlotState, tuple[Effect, ...]]
CASES: list[Row] = [
    # A request needs a model.
    ("idle: debounce", IDLE, NEEDS_MODEL, DEBOUNCING, (*TIMERS, Debounce(NEW))),
    (
        "by hand: no partial results",
        IDLE,
        evolve(NEEDS_MODEL, partial_in_ms=None, statements_in_ms=None),
        SlotState(waiting=WAITS_BY_HAND),
        (DEADLINE_TIMER, Debounce(NEW)),
    ),
    (
        "at the beginning of a block: no statements alone",
        IDLE,
        evolve(NEEDS_MODEL, statements_in_ms=None),
        SlotState(waiting=WAITS_FOR_BLOCK),
        (*TIMERS, Debounce(NEW)),
    ),
    ("the stream serves it: join", active(DETACHED), evolve(NEEDS_MODEL, serves=True), joined(DETACHED), TIMERS),
    ("a prefetch serves it", active(PREFETCHING), evolve(NEEDS_MODEL, serves=True), joined(PREFETCHING), TIMERS),
    (
        "a cancelled stream serves it: its grace period is over",
        active(IN_GRACE),
        evolve(NEEDS_MODEL, serves=True),
        joined(IN_GRACE),
        (*TIMERS, DISARM),
    ),
    (
        "a stalled stream is not waited for",
        active(DETACHED),
        evolve(NEEDS_MODEL, serves=True, stalled=True),
        DEBOUNCING,
        (*TIMERS, aborted(AbortReason.PREEMPTED), Debounce(NEW)),
    ),
    (
        "another text: preempt",
        active(DETACHED),
        NEEDS_MODEL,
        DEBOUNCING,
        (*TIMERS, aborted(AbortReason.PREEMPTED), Debounce(NEW)),
    ),
    (
        "another text, its prefill is shared: finish that",
        active(evolve(PREFILLING, waiter=OLD)),
        evolve(NEEDS_MODEL, shares_prefill=True),
        active(PREFILL_ONLY, waiting=WAITS),
        (*TIMERS, Debounce(NEW)),
    ),
    (
        "its prefill is shared and has hardly begun: preempt",
        active(evolve(BEGUN, waiter=OLD)),
        evolve(NEEDS_MODEL, shares_prefill=True),
        DEBOUNCING,
        (*TIMERS, aborted(AbortReason.PREEMPTED), Debounce(NEW)),
    ),
    (
        "its prefill is shared and stalled: preempt",
        active(evolve(PREFILLING, waiter=OLD)),
        evolve(NEEDS_MODEL, shares_prefill=True, stalled=True),
        DEBOUNCING,
        (*TIMERS, aborted(AbortReason.PREEMPTED), Debounce(NEW)),
    ),
    (
        "another document's prefill: preempt",
        active(evolve(PREFILLING, uri=B, waiter=OLD)),
        evolve(NEEDS_MODEL, shares_prefill=True),
        DEBOUNCING,
        (*TIMERS, aborted(AbortReason.PREEMPTED), Debounce(NEW)),
    ),
    (
        "a prewarm is finished for its prefill",
        active(PREWARMING),
        evolve(NEEDS_MODEL, shares_prefill=True),
        active(evolve(PREWARMING, discard_output=True), waiting=WAITS),
        (*TIMERS, Debounce(NEW)),
    ),
    (
        "what is only prefilled is not joined, though it says the same",
        active(PREFILL_ONLY),
        evolve(NEEDS_MODEL, serves=True, shares_prefill=True),
        active(PREFILL_ONLY, waiting=WAITS),
        (*TIMERS, Debounce(NEW)),
    ),
    (
        "a sample is preempted",
        active(SAMPLING),
        NEEDS_MODEL,
        DEBOUNCING,
        (*TIMERS, aborted(AbortReason.PREEMPTED), Debounce(NEW)),
    ),
    # The debounce is over.
    ("connected: start", DEBOUNCING, SEND, SlotState(STARTED, WAITS), (START,)),
    (
        "not connected: connect",
        DEBOUNCING,
        evolve(SEND, connected=False),
        SlotState(None, WAITS, CONNECTING),
        (Connect(NEW),),
    ),
    ("a shared prefill: queue", active(PREFILL_ONLY, waiting=WAITS), SEND, SlotState(PREFILL_ONLY, WAITS, QUEUED), ()),
    (
        "a prewarm began meanwhile: preempt",
        active(PREWARMING, waiting=WAITS),
        SEND,
        SlotState(STARTED, WAITS),
        (aborted(AbortReason.PREEMPTED), START),
    ),
    (
        "superseded meanwhile",
        SlotState(waiting=evolve(WAITS, request=3)),
        SEND,
        SlotState(waiting=evolve(WAITS, request=3)),
        (),
    ),
    # DeferredRequest requests.
    (
        "the connection is there: gather anew and start",
        SlotState(None, WAITS, CONNECTING),
        ConnectionReady(ENDPOINT),
        SlotState(STARTED, WAITS),
        (Start(NEW, ANSWER, regather=True),),
    ),
    (
        "the connection is there after the deadline",
        SlotState(deferred=LATE),
        ConnectionReady(ENDPOINT),
        SlotState(STARTED),
        (Start(NEW, ANSWER, regather=True),),
    ),
    (
        "a newer request is wanted instead of one that was replied to and waits for a connection",
        SlotState(deferred=evolve(LATE, request=1)),
        NEEDS_MODEL,
        SlotState(waiting=evolve(WAITS, partial_at_ms=NOW + 300.0)),
        (*TIMERS, Debounce(NEW)),
    ),
    (
        "the connection is there after a newer request",
        SlotState(None, evolve(WAITS, request=3), LATE),
        ConnectionReady(ENDPOINT),
        SlotState(waiting=evolve(WAITS, request=3)),
        (),
    ),
    (
        "the connection is there after a cancellation",
        SlotState(deferred=CONNECTING),
        ConnectionReady(ENDPOINT),
        IDLE,
        (),
    ),
    (
        "the connection is there while another place is answered",
        SlotState(DETACHED, WAITS, CONNECTING),
        ConnectionReady(ENDPOINT),
        SlotState(DETACHED, WAITS),
        (),
    ),
    (
        "another endpoint's connection",
        SlotState(None, WAITS, CONNECTING),
        ConnectionReady(ENDPOINT + 1),
        SlotState(None, WAITS, CONNECTING),
        (),
    ),
    (
        "no connection",
        SlotState(None, WAITS, CONNECTING),
        ConnectionFailed(ENDPOINT),
        SlotState(None, evolve(WAITS, resolution=Resolution.NO_BACKEND), LATE),
        (Resolve(NEW, Resolution.NO_BACKEND),),
    ),
    (
        "no connection of another endpoint",
        SlotState(None, WAITS, CONNECTING),
        ConnectionFailed(0),
        SlotState(None, WAITS, CONNECTING),
        (),
    ),
    (
        "the prefill is done: start",
        SlotState(None, WAITS, QUEUED),
        QueueDue(ENDPOINT, True),
        SlotState(STARTED, WAITS),
        (START,),
    ),
    (
        "the prefill is done and the connection is gone",
        SlotState(None, WAITS, QUEUED),
        QueueDue(ENDPOINT, False),
        SlotState(None, WAITS, CONNECTING),
        (Connect(NEW),),
    ),
    (
        "the prefill is done after the deadline",
        SlotState(deferred=evolve(QUEUED, after_deadline=True)),
        QueueDue(ENDPOINT, True),
        SlotState(STARTED),
        (START,),
    ),
    (
        "the prefill is done and a prewarm began",
        SlotState(PREWARMING, WAITS, QUEUED),
        QueueDue(ENDPOINT, True),
        SlotState(PREWARMING, WAITS),
        (),
    ),
    ("nothing is queued any more", DEBOUNCING, QueueDue(ENDPOINT, True), DEBOUNCING, ()),
    (
        "a new request drops what is queued",
        SlotState(PREFILL_ONLY, None, QUEUED),
        RequestReceived(),
        active(PREFILL_ONLY),
        (),
    ),
    ("but not what connects", SlotState(deferred=CONNECTING), RequestReceived(), SlotState(deferred=CONNECTING), ()),
    # The stream.
    (
        "first token",
        active(BEGUN, waiting=WAITS),
        FirstToken(),
        active(evolve(BEGUN, phase=StreamPhase.DECODE), waiting=WAITS),
        (),
    ),
    (
        "first token of a prefill: abort and start what is queued",
        SlotState(PREFILL_ONLY, WAITS, QUEUED),
        FirstToken(),
        SlotState(None, WAITS, QUEUED),
        (aborted(AbortReason.PREFILLED, prefill_only=True), WakeQueue()),
    ),
    (
        "whole lines, and the next would be late: show them",
        STREAMING,
        TextArrived(whole_lines=1, line_ms=301.0),
        STREAMING,
        (CheckPartial(NEW),),
    ),
    (
        "whole lines, and the next would be late for statements",
        STREAMING,
        TextArrived(whole_lines=1, line_ms=51.0),
        STREAMING,
        (CheckPartial(NEW, statements_only=True),),
    ),
    ("whole lines, and the next is soon there", STREAMING, TextArrived(whole_lines=1, line_ms=50.0), STREAMING, ()),
    (
        "whole lines of a block, and the next is soon there",
        SlotState(DECODING, WAITS_FOR_BLOCK),
        TextArrived(whole_lines=1, line_ms=300.0),
        SlotState(DECODING, WAITS_FOR_BLOCK),
        (),
    ),
    (
        "whole lines, and the reply is under way",
        SlotState(DECODING, evolve(WAITS, resolution=Resolution.PARTIAL)),
        TextArrived(whole_lines=2, line_ms=301.0),
        SlotState(DECODING, evolve(WAITS, resolution=Resolution.PARTIAL)),
        (),
    ),
    (
        "by hand nothing partial is shown",
        SlotState(DECODING, WAITS_BY_HAND),
        TextArrived(whole_lines=1, line_ms=301.0),
        SlotState(DECODING, WAITS_BY_HAND),
        (),
    ),
    (
        "lines of another request's stream",
        SlotState(DETACHED, WAITS),
        TextArrived(whole_lines=1, line_ms=301.0),
        SlotState(DETACHED, WAITS),
        (),
    ),
    (
        "the stream diverges from the typed text",
        STREAMING,
        TextArrived(diverged=True),
        SlotState(waiting=evolve(WAITS, resolution=Resolution.FINISHED)),
        (aborted(AbortReason.DIVERGED), Resolve(NEW, Resolution.FINISHED)),
    ),
    (
        "the stream ends",
        STREAMING,
        StreamEnded(),
        SlotState(waiting=evolve(WAITS, resolution=Resolution.FINISHED)),
        (Record(), Store(), Resolve(NEW, Resolution.FINISHED)),
    ),
    (
        "the stream fails",
        STREAMING,
        StreamEnded(failed=True, endpoint=ENDPOINT),
        SlotState(None, evolve(WAITS, resolution=Resolution.BACKEND_FAILED), LATE),
        (Record(), Resolve(NEW, Resolution.BACKEND_FAILED)),
    ),
    (
        "the stream fails after some of it was shown",
        SlotState(DECODING, evolve(WAITS, resolution=Resolution.PARTIAL)),
        StreamEnded(failed=True, endpoint=ENDPOINT),
        SlotState(waiting=evolve(WAITS, resolution=Resolution.PARTIAL)),
        (Record(),),
    ),
    (
        "a stream that nothing waits for fails",
        active(DECODING),
        StreamEnded(failed=True, endpoint=ENDPOINT),
        IDLE,
        (Record(),),
    ),
    ("a detached stream ends", active(DETACHED), StreamEnded(), IDLE, (Record(), Store())),
    (
        "a cancelled stream ends within its grace period",
        active(IN_GRACE),
        StreamEnded(),
        IDLE,
        (Record(), Store(), DISARM),
    ),
    ("a prewarm ends", active(PREWARMING), StreamEnded(), IDLE, (Record(),)),
    (
        "a prewarm ends that a request is queued behind",
        SlotState(evolve(PREWARMING, discard_output=True), WAITS, QUEUED),
        StreamEnded(),
        SlotState(None, WAITS, QUEUED),
        (Record(), WakeQueue()),
    ),
    ("a sample ends", active(SAMPLING), StreamEnded(), IDLE, (Record(),)),
    ("text of a sample", active(SAMPLING), TextArrived(diverged=True), active(SAMPLING), ()),
    # Partial results and the deadline.
    ("long enough for more lines", STREAMING, PartialDue(NEW), STREAMING, (CheckPartial(NEW),)),
    ("the reply is under way", SlotState(DECODING, WOKEN), PartialDue(NEW), SlotState(DECODING, WOKEN), ()),
    (
        "a partial result: reply, the stream goes on",
        STREAMING,
        PartialReady(NEW),
        SlotState(DECODING, evolve(WAITS, resolution=Resolution.PARTIAL)),
        (Resolve(NEW, Resolution.PARTIAL),),
    ),
    (
        "the deadline: reply, the stream goes on",
        STREAMING,
        DeadlinePassed(NEW),
        SlotState(DECODING, WOKEN),
        (Resolve(NEW, Resolution.DEADLINE),),
    ),
    (
        "the deadline while it connects",
        SlotState(None, WAITS, CONNECTING),
        DeadlinePassed(NEW),
        SlotState(None, WOKEN, LATE),
        (Resolve(NEW, Resolution.DEADLINE),),
    ),
    ("the deadline of a request that is gone", DEBOUNCING, DeadlinePassed(OLD), DEBOUNCING, ()),
    ("the handler is done", SlotState(DECODING, WOKEN), Replied(NEW), active(DECODING), ()),
    ("an older handler is done", DEBOUNCING, Replied(OLD), DEBOUNCING, ()),
    ("a newer request passed the gate", STREAMING, RequestAdmitted(), active(DECODING), (GONE,)),
    ("nothing waited", active(DECODING), RequestAdmitted(), active(DECODING), ()),
    (
        "the joined stream did not answer: debounce again",
        SlotState(waiting=evolve(WAITS, resolution=Resolution.FINISHED)),
        Retried(NEW),
        DEBOUNCING,
        (Debounce(NEW),),
    ),
    (
        "nor does a newer request let it try again",
        SlotState(waiting=evolve(WAITS, request=3)),
        Retried(NEW),
        SlotState(waiting=evolve(WAITS, request=3)),
        (GONE,),
    ),
    # A request that got no suggestion by its deadline.
    (
        "missed, and its stream goes on",
        SlotState(DECODING, WOKEN),
        Replied(NEW, missed=True),
        MISSING,
        (),
    ),
    (
        "missed while it connects",
        SlotState(None, WOKEN, LATE),
        Replied(NEW, missed=True),
        SlotState(deferred=LATE, missed=MISSED),
        (),
    ),
    (
        "missed while it debounces: it is never sent",
        SlotState(waiting=WOKEN),
        Replied(NEW, missed=True),
        IDLE,
        (),
    ),
    (
        "missed while the slot prefills: its stream starts later",
        SlotState(PREFILL_ONLY, WOKEN, evolve(QUEUED, after_deadline=True)),
        Replied(NEW, missed=True),
        SlotState(PREFILL_ONLY, None, evolve(QUEUED, after_deadline=True), missed=MISSED),
        (),
    ),
    (
        "the connection for a missed request is there",
        SlotState(deferred=LATE, missed=MISSED),
        ConnectionReady(ENDPOINT),
        SlotState(STARTED, missed=MISSED),
        (Start(NEW, ANSWER, regather=True),),
    ),
    (
        "no connection for a missed request: the next one may succeed",
        SlotState(deferred=LATE, missed=MISSED),
        ConnectionFailed(ENDPOINT),
        SlotState(deferred=LATE, missed=MISSED),
        (),
    ),
    (
        "missed because there was no connection",
        SlotState(None, evolve(WAITS, resolution=Resolution.NO_BACKEND), LATE),
        Replied(NEW, missed=True),
        SlotState(deferred=LATE, missed=MISSED),
        (),
    ),
    (
        "an edit while a missed request waits for a connection",
        SlotState(deferred=LATE, missed=MISSED),
        Edited(A, True),
        IDLE,
        (),
    ),
    (
        "its answer comes",
        MISSING,
        StreamEnded(),
        IDLE,
        (Record(), Store(), CheckLate(NEW, is_finished=True)),
    ),
    (
        "whole lines of its answer come",
        MISSING,
        TextArrived(whole_lines=1, line_ms=1.0),
        MISSING,
        (CheckLate(NEW, is_finished=False),),
    ),
    ("half a line of its answer comes", MISSING, TextArrived(), MISSING, ()),
    (
        "its answer fails: it is sent again when the connection is restored",
        MISSING,
        StreamEnded(failed=True, endpoint=ENDPOINT),
        SlotState(deferred=LATE, missed=MISSED),
        (Record(),),
    ),
    (
        "the stream that it joined says something else: it is sent by itself",
        MISSING,
        TextArrived(diverged=True),
        SlotState(deferred=MISSED_AGAIN, missed=MISSED),
        (aborted(AbortReason.DIVERGED), WakeQueue()),
    ),
    (
        "it is sent by itself",
        SlotState(deferred=MISSED_AGAIN, missed=MISSED),
        QueueDue(ENDPOINT, connected=True),
        SlotState(STARTED, missed=MISSED),
        (Start(NEW, ANSWER),),
    ),
    ("an edit before that", SlotState(deferred=MISSED_AGAIN, missed=MISSED), Edited(A, False), IDLE, ()),
    # A request that was replied to with a part of an answer.
    ("a part is shown, and the stream goes on", SlotState(DECODING, WOKEN), Replied(NEW, shown_part=True), PART, ()),
    ("a part is shown, and the stream has ended", SlotState(None, WOKEN), Replied(NEW, shown_part=True), IDLE, ()),
    ("more lines come: not yet", PART, TextArrived(whole_lines=1, line_ms=1.0), PART, ()),
    ("the rest has come", PART, StreamEnded(), IDLE, (Record(), Store(), CheckLate(NEW, is_finished=True))),
    ("the rest fails: it is not sent again", PART, StreamEnded(failed=True, endpoint=ENDPOINT), IDLE, (Record(),)),
    ("the rest was announced", PART, LateAnnounced(NEW), active(DECODING), ()),
    ("the user types along the part", PART, Edited(A, True), active(DECODING, agreed_ms=NOW), ()),
    ("a newer request came behind the part", PART, RequestReceived(), active(DECODING), ()),
    ("it was announced", MISSING, LateAnnounced(NEW), active(DECODING), ()),
    ("an older one was announced", MISSING, LateAnnounced(OLD), MISSING, ()),
    ("a newer request came: not announced", MISSING, RequestReceived(), active(DECODING), ()),
    ("the user types along it: not announced", MISSING, Edited(A, True), active(DECODING, agreed_ms=NOW), ()),
    ("the user types something else", MISSING, Edited(A, False), IDLE, (aborted(AbortReason.CONTRADICTED),)),
    ("another document changes: still announced", MISSING, Edited(B, False), MISSING, ()),
    ("its document is closed", MISSING, DocumentClosed(A), IDLE, (aborted(AbortReason.FORGOTTEN),)),
    (
        "another stream takes the slot",
        MISSING,
        StartRequested(5, A, SAMPLE),
        active(ActiveStream(A, SAMPLE, NOW)),
        (aborted(AbortReason.PREEMPTED), Start(5, SAMPLE)),
    ),
    # Cancellation and its grace period.
    (
        "cancelled: wait for an edit",
        STREAMING,
        Cancelled(NEW),
        active(evolve(DECODING, in_grace=True)),
        (Arm(Timer.GRACE, EDIT_GRACE_MS),),
    ),
    (
        "cancelled right after an edit that agrees: wait for a request",
        evolve(STREAMING, agreed_ms=NOW - JUST_AGREED_MS + 1),
        Cancelled(NEW),
        active(evolve(DECODING, in_grace=True), agreed_ms=NOW - JUST_AGREED_MS + 1),
        (Arm(Timer.GRACE, REQUEST_GRACE_MS),),
    ),
    (
        "cancelled long after one",
        evolve(STREAMING, agreed_ms=NOW - JUST_AGREED_MS),
        Cancelled(NEW),
        active(evolve(DECODING, in_grace=True), agreed_ms=NOW - JUST_AGREED_MS),
        (Arm(Timer.GRACE, EDIT_GRACE_MS),),
    ),
    (
        "cancelled while queued: nothing is sent after the prefill",
        SlotState(PREFILL_ONLY, WAITS, QUEUED),
        Cancelled(NEW),
        active(evolve(PREFILL_ONLY, in_grace=True)),
        (Arm(Timer.GRACE, EDIT_GRACE_MS),),
    ),
    ("cancelled while debouncing", DEBOUNCING, Cancelled(NEW), IDLE, ()),
    (
        "cancelled while a prewarm runs",
        active(PREWARMING, waiting=WAITS),
        Cancelled(NEW),
        IDLE,
        (aborted(AbortReason.CANCELLED),),
    ),
    ("an older one is cancelled", STREAMING, Cancelled(OLD), STREAMING, ()),
    ("no request came", active(IN_GRACE), GraceOver(), IDLE, (aborted(AbortReason.CANCELLED), DISARM)),
    ("a request came", STREAMING, GraceOver(), STREAMING, ()),
    # Edits.
    ("an edit that agrees", STREAMING, Edited(A, True), evolve(STREAMING, agreed_ms=NOW), ()),
    (
        "an edit that agrees within the grace period prolongs it",
        active(IN_GRACE),
        Edited(A, True),
        active(IN_GRACE, agreed_ms=NOW),
        (Arm(Timer.GRACE, REQUEST_GRACE_MS),),
    ),
    (
        "an edit that contradicts: abort",
        STREAMING,
        Edited(A, False),
        SlotState(waiting=evolve(WAITS, resolution=Resolution.SUPERSEDED)),
        (aborted(AbortReason.CONTRADICTED), GONE),
    ),
    (
        "an edit that contradicts a long prefill: finish that only",
        active(PREFILLING),
        Edited(A, False),
        active(evolve(PREFILLING, discard_output=True), agreed_ms=NOW),
        (),
    ),
    (
        "an edit that contradicts a prefill that has hardly begun",
        active(BEGUN),
        Edited(A, False),
        IDLE,
        (aborted(AbortReason.CONTRADICTED),),
    ),
    (
        "an edit drops what is queued",
        SlotState(PREFILL_ONLY, None, QUEUED),
        Edited(A, False),
        active(PREFILL_ONLY, agreed_ms=NOW),
        (),
    ),
    ("an edit drops what connects", SlotState(deferred=CONNECTING), Edited(A, False), IDLE, ()),
    (
        "an edit of another document",
        SlotState(DECODING, WAITS, QUEUED),
        Edited(B, False),
        SlotState(DECODING, WAITS, QUEUED),
        (),
    ),
    ("an edit while a prewarm runs", active(PREWARMING), Edited(A, False), active(PREWARMING), ()),
    ("an edit while a sample runs", active(SAMPLING), Edited(A, False), active(SAMPLING), ()),
    (
        "an edit that contradicts a prefetch",
        active(PREFETCHING),
        Edited(A, False),
        IDLE,
        (aborted(AbortReason.CONTRADICTED),),
    ),
    # Documents and the end.
    (
        "the document is closed",
        STREAMING,
        DocumentClosed(A),
        SlotState(waiting=evolve(WAITS, resolution=Resolution.DOCUMENT_CLOSED)),
        (Resolve(NEW, Resolution.DOCUMENT_CLOSED), aborted(AbortReason.FORGOTTEN)),
    ),
    ("another document is closed", STREAMING, DocumentClosed(B), STREAMING, ()),
    ("its settings change", active(DETACHED), SettingsChanged(A), IDLE, (aborted(AbortReason.FORGOTTEN),)),
    ("its settings change while it connects", SlotState(deferred=LATE), SettingsChanged(A), IDLE, ()),
    (
        "the server ends",
        SlotState(PREFILL_ONLY, WAITS, QUEUED),
        ShutDown(),
        SlotState(waiting=evolve(WAITS, resolution=Resolution.SHUTTING_DOWN)),
        (Resolve(NEW, Resolution.SHUTTING_DOWN), aborted(AbortReason.SHUTTING_DOWN, prefill_only=True)),
    ),
    # Prefetches, prewarms and samples.
    (
        "a prefetch starts",
        IDLE,
        StartRequested(5, A, PREFETCH),
        active(ActiveStream(A, PREFETCH, NOW)),
        (Start(5, PREFETCH),),
    ),
    (
        "a sample takes the slot",
        active(PREWARMING),
        StartRequested(5, A, SAMPLE),
        active(ActiveStream(A, SAMPLE, NOW)),
        (aborted(AbortReason.PREEMPTED), Start(5, SAMPLE)),
    ),
    ("a prefetch is withdrawn", active(PREFETCHING), Withdrawn((PREFETCH,)), IDLE, (aborted(AbortReason.WITHDRAWN),)),
    ("a prefetch that a request joined is not", joined(PREFETCHING), Withdrawn((PREFETCH,)), joined(PREFETCHING), ()),
    ("nothing to withdraw", IDLE, Withdrawn((SAMPLE, PREWARM)), IDLE, ()),
    ("a token after the end", IDLE, FirstToken(), IDLE, ()),
    ("text after the end", IDLE, TextArrived(diverged=True), IDLE, ()),
    ("an end after the end", IDLE, StreamEnded(), IDLE, ()),
]


@pytest.mark.parametrize(
    ("state", "event", "expected", "effects"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_transition(state: SlotState, event: Event, expected: SlotState, effects: tuple[Effect, ...]) -> None:
    assert transition(state, event, NOW) == (expected, effects)


def test_every_event_has_rows_and_no_two_rows_are_the_same() -> None:
    assert {type(row[2]) for row in CASES} == set(get_args(Event))
    assert len({(row[1], row[2]) for row in CASES}) == len(CASES) == len({row[0] for row in CASES})
    assert {type(effect) for row in CASES for effect in row[4]} == set(get_args(Effect))


def test_whatever_happens_in_whatever_state() -> None:
    """One reply, one abort and one start at most; a stream begins by a start, and ends by an abort or by itself."""
    states, events = [row[1] for row in CASES], [row[2] for row in CASES]
    for state in states:
        for event in events:
            after, effects = transition(state, event, NOW)
            kinds = [type(effect) for effect in effects]
            assert max(kinds.count(kind) for kind in (Resolve, Abort, Start)) <= 1
            assert (Abort in kinds) <= (state.active is not None)
            if after.active is None and state.active is not None:
                assert Abort in kinds or isinstance(event, StreamEnded)
            if after.active is not None and (state.active is None or Abort in kinds):
                assert Start in kinds
            grace = Arm in kinds and any(isinstance(e, Arm) and e.timer is Timer.GRACE for e in effects)
            assert not grace or (after.active is not None and after.active.in_grace)
