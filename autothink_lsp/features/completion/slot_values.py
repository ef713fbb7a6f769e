"""The values of the request slot's state machine: its state, the events that change it, and the effects that follow.

``slot.py`` decides what an event changes. All times are milliseconds of one monotonic clock; no value contains text of
a document.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from autothink_lsp.values import frozen

# A prompt of which the server has all but the end in its cache is evaluated in less time. A prefill that has taken so
# long is worth finishing.
LONG_PREFILL_MS = 250.0

RequestId = int


class Purpose(StrEnum):
    """The purpose of a stream."""

    ANSWER = "answer"  # a request of the editor
    PREFETCH = "prefetch"  # the text after a suggestion that is not accepted yet
    PREWARM = "prewarm"  # a prompt that is evaluated; no token is generated
    SAMPLE = "sample"  # an alternative to a suggestion


class StreamPhase(StrEnum):
    """What the server is doing for a stream: evaluating the prompt, or generating."""

    PREFILL = "prefill"
    DECODE = "decode"


class Until(StrEnum):
    """The condition that a deferred request waits for."""

    CONNECTED = "connected"
    PREFILLED = "prefilled"


class Resolution(StrEnum):
    """How the wait of an editor request ended. The values are the reasons in the log."""

    FINISHED = "finished"  # the stream ended or diverged; its output may be in the store
    PARTIAL = "partial"  # the output so far can be shown
    DEADLINE = "deadline"
    SUPERSEDED = "superseded"
    BACKEND_FAILED = "backend failed"
    NO_BACKEND = "no backend"
    DOCUMENT_CLOSED = "document closed"
    SHUTTING_DOWN = "shutting down"


class AbortReason(StrEnum):
    """Why a stream is closed before its end. The values are for the log."""

    PREEMPTED = "another request takes the slot"
    CONTRADICTED = "the edit contradicts its output"
    DIVERGED = "its output contradicts the typed text"
    PREFILLED = "only the prefill was wanted"
    CANCELLED = "no request waits for it"
    WITHDRAWN = "its purpose is withdrawn"
    FORGOTTEN = "the document is closed or its settings changed"
    SHUTTING_DOWN = "the server ends"


class Timer(StrEnum):
    """The scheduler's timers: ``DEADLINE`` and ``PARTIAL`` belong to a request, ``GRACE`` to the slot."""

    DEADLINE = "deadline"
    PARTIAL = "partial"
    GRACE = "grace"


# ---- state


@frozen
class ActiveStream:
    """The stream in flight, of the document ``uri``. ``waiter`` is the editor request that gets its result, if any.

    ``discard_output``: it goes on only because the next request shares its prefill, and is closed at its first token.
    ``in_grace``: its request was cancelled, and it is closed unless an edit or a request wants it soon.
    """

    uri: str
    purpose: Purpose
    started_ms: float
    phase: StreamPhase = StreamPhase.PREFILL
    waiter: RequestId | None = None
    discard_output: bool = False
    in_grace: bool = False

    @property
    def has_answer(self) -> bool:
        """Whether its output is text for the cursor: that of an answer or a prefetch."""
        return self.purpose in {Purpose.ANSWER, Purpose.PREFETCH}

    def is_prefilling(self, now_ms: float) -> bool:
        """Whether the server has been evaluating the prompt for so long that it must be a long one."""
        return self.phase is StreamPhase.PREFILL and now_ms - self.started_ms >= LONG_PREFILL_MS


@frozen
class WaitingRequest:
    """The newest editor request without a reply. ``statements_at_ms``: from then on complete statements are worth
    showing, ``partial_at_ms``: any whole lines (``None`` for a request by hand). ``resolution`` is set while its
    handler, which has been woken, is not done."""

    request: RequestId
    uri: str
    partial_at_ms: float | None = None
    statements_at_ms: float | None = None
    resolution: Resolution | None = None


UNKNOWN_ENDPOINT: Final = -1
"""Of a request that does not wait for a connection: its endpoint is known when it is sent."""


@frozen
class DeferredRequest:
    """A request that is sent as soon as ``until`` holds. ``after_deadline``: it was replied to at its deadline or after
    a failure, and is sent all the same, because its result is stored and the server caches its prompt."""

    request: RequestId
    uri: str
    until: Until
    endpoint: int
    after_deadline: bool = False


@frozen
class MissedRequest:
    """The newest automatic request, if it was replied to without a suggestion, at its deadline or because its server
    was away, and its stream goes on or waits to be started. The editor is told when the answer has come.
    ``shown_part``: it was replied to with a part of the answer, and the editor is told if the whole one extends it."""

    request: RequestId
    uri: str
    shown_part: bool = False


@frozen
class SlotState:
    """The state of the slot. ``agreed_ms``: the time of the latest edit that agreed with the stream's output."""

    active: ActiveStream | None = None
    waiting: WaitingRequest | None = None
    deferred: DeferredRequest | None = None
    agreed_ms: float | None = None
    missed: MissedRequest | None = None

    @property
    def is_answering(self) -> bool:
        """Whether a stream is in flight whose output is text for the cursor (not a prewarm or sample)."""
        return self.active is not None and self.active.has_answer


# ---- events


@frozen
class RequestReceived:
    """The editor sent a request. Whether it needs a model is not decided yet."""


@frozen
class RequestAdmitted:
    """The newest editor request was accepted, and supersedes the one before."""


@frozen
class Requested:
    """The newest request needs a model. The flags describe the stream in flight: ``serves``: its output agrees with the
    text at the cursor; ``shares_prefill``: its prompt and the new one have the same beginning; ``stalled``: it has sent
    nothing for too long. ``partial_in_ms`` and ``statements_in_ms`` are ``None`` for a request by hand."""

    request: RequestId
    uri: str
    deadline_in_ms: float
    partial_in_ms: float | None = None
    statements_in_ms: float | None = None
    serves: bool = False
    shares_prefill: bool = False
    stalled: bool = False


@frozen
class DebounceOver:
    """The request's delay is over. ``connected``: ``endpoint`` has a connection."""

    request: RequestId
    endpoint: int
    connected: bool


@frozen
class Retried:
    """The stream that the request joined ended without an answer to it."""

    request: RequestId


@frozen
class Replied:
    """The request's handler is done. ``missed``: it is an automatic request without an answer, because its deadline
    passed or its server was away. ``shown_part``: it is one that showed a part of an answer that goes on."""

    request: RequestId
    missed: bool = False
    shown_part: bool = False


@frozen
class Cancelled:
    """The editor cancelled the request."""

    request: RequestId


@frozen
class DeadlinePassed:
    """The request's deadline has passed: it must be replied to."""

    request: RequestId


@frozen
class PartialDue:
    """The request has waited so long that whole lines are shown while the stream goes on."""

    request: RequestId


@frozen
class PartialReady:
    """Post-processing has left text of the partial output that can be shown."""

    request: RequestId


@frozen
class LateAnnounced:
    """The editor was told that there is an answer to the missed request."""

    request: RequestId


@frozen
class GraceOver:
    """The grace period of the cancelled stream ended without a request for its output."""


@frozen
class Edited:
    """The document changed. ``agrees``: the typed text agrees with the stream's output so far."""

    uri: str
    agrees: bool = False


@frozen
class DocumentClosed:
    """The document is closed."""

    uri: str


@frozen
class SettingsChanged:
    """The completion settings of the document changed."""

    uri: str


@frozen
class ShutDown:
    """The language server shuts down."""


@frozen
class ConnectionReady:
    """The endpoint has a connection now."""

    endpoint: int


@frozen
class ConnectionFailed:
    """The endpoint cannot be reached."""

    endpoint: int


@frozen
class QueueDue:
    """The stream whose prefill a deferred request waited for is closed."""

    endpoint: int
    connected: bool


@frozen
class StartRequested:
    """A prefetch, prewarm or sample takes the slot."""

    request: RequestId
    uri: str
    purpose: Purpose


@frozen
class Withdrawn:
    """Streams of these purposes are not needed any more."""

    purposes: tuple[Purpose, ...]


@frozen
class FirstToken:
    """The server has evaluated the prompt."""


@frozen
class TextArrived:
    """The output grew. ``diverged``: it contradicts text that was typed meanwhile. ``whole_lines``: the number of its
    complete lines with content if a line has just ended, else 0. ``line_ms``: the average time of one of them."""

    diverged: bool = False
    whole_lines: int = 0
    line_ms: float = 0.0


@frozen
class StreamEnded:
    """The stream ended by itself. ``endpoint``: the one that served it."""

    failed: bool = False
    endpoint: int = 0


Event = (
    RequestReceived
    | RequestAdmitted
    | Requested
    | DebounceOver
    | Retried
    | Replied
    | Cancelled
    | DeadlinePassed
    | PartialDue
    | PartialReady
    | LateAnnounced
    | GraceOver
    | Edited
    | DocumentClosed
    | SettingsChanged
    | ShutDown
    | ConnectionReady
    | ConnectionFailed
    | QueueDue
    | StartRequested
    | Withdrawn
    | FirstToken
    | TextArrived
    | StreamEnded
)


# ---- effects


@frozen
class Start:
    """Send the request. ``regather``: collect its context again first, because the server's context length was unknown
    before."""

    request: RequestId
    purpose: Purpose
    regather: bool = False


@frozen
class Abort:
    """Close the stream. ``prefill_only``: its output was not wanted, so that its duration is no latency sample."""

    reason: AbortReason
    prefill_only: bool = False


@frozen
class Record:
    """Record the ended stream's metrics for its endpoint."""


@frozen
class Store:
    """Post-process and store the ended stream's output."""


@frozen
class Resolve:
    """Wake the request's handler."""

    request: RequestId
    resolution: Resolution


@frozen
class Debounce:
    """Delay the request as the debouncer says, then report ``DebounceOver``."""

    request: RequestId


@frozen
class Connect:
    """Connect the request's endpoint, unless that is under way, and report the result."""

    request: RequestId


@frozen
class WakeQueue:
    """Report ``QueueDue`` once the closed stream has been cleaned up."""


@frozen
class Arm:
    """Start the timer; an earlier one of that kind and request is replaced."""

    timer: Timer
    after_ms: float
    request: RequestId | None = None


@frozen
class Disarm:
    """Stop the timer of the slot."""

    timer: Timer


@frozen
class CheckPartial:
    """Post-process the output so far, and report ``PartialReady`` if text is left to show. ``statements_only``: not if
    its lines end within a statement, or with the header of a block."""

    request: RequestId
    statements_only: bool = False


@frozen
class CheckLate:
    """Post-process the output for the missed request. If text is left to show, tell the editor and report
    ``LateAnnounced``. ``is_finished``: the stream has ended and its output is stored."""

    request: RequestId
    is_finished: bool


Effect = (
    Start | Abort | Record | Store | Resolve | Debounce | Connect | WakeQueue | Arm | Disarm | CheckPartial | CheckLate
)
