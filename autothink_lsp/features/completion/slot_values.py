"""The values of the request slot's state machine: its state, the events that change it, and the effects that follow.

``slot.py`` decides what an event changes. All times are milliseconds of one monotonic clock; no value contains text of
a document.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from attrs import frozen

# A prompt that the server knows but for its end is evaluated in less: after this long a prefill is worth finishing.
LONG_PREFILL_MS = 250.0

RequestId = int


class Purpose(StrEnum):
    """The purpose of a stream."""

    ANSWER = "answer"  # a request of the editor
    PREFETCH = "prefetch"  # what follows a suggestion that is not accepted yet
    PREWARM = "prewarm"  # the prompt is evaluated, nothing is generated
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

    FINISHED = "finished"  # the stream ended, or diverged: look at what is stored
    PARTIAL = "partial"  # some of the stream is worth showing now
    DEADLINE = "deadline"
    SUPERSEDED = "superseded"
    BACKEND_FAILED = "backend failed"
    NO_BACKEND = "no backend"
    DOCUMENT_CLOSED = "document closed"
    SHUTTING_DOWN = "shutting down"


class AbortReason(StrEnum):
    """Why a stream is closed before its end. The values are for the log."""

    PREEMPTED = "another request takes the slot"
    CONTRADICTED = "the edit says something else"
    DIVERGED = "the stream says something else than was typed ahead of it"
    PREFILLED = "only the prefill was wanted"
    CANCELLED = "no request waits for it"
    WITHDRAWN = "what it was for is given up"
    FORGOTTEN = "the document is closed or its settings changed"
    SHUTTING_DOWN = "the server ends"


class Timer(StrEnum):
    """Timers that the scheduler keeps: one of each kind for a request, one ``GRACE`` for the slot."""

    DEADLINE = "deadline"
    PARTIAL = "partial"
    GRACE = "grace"


# ---- state


@frozen
class ActiveStream:
    """The stream in flight, of the document ``uri``. ``waiter`` is the editor request that gets its result, if any.

    ``discard_output``: it goes on for its prefill only, which the next request shares, and is closed at its first
    token.
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
        """Whether its output is text that the user may type along."""
        return self.purpose in {Purpose.ANSWER, Purpose.PREFETCH}

    def is_prefilling(self, now_ms: float) -> bool:
        """Whether the server seems to evaluate a long prompt."""
        return self.phase is StreamPhase.PREFILL and now_ms - self.started_ms >= LONG_PREFILL_MS


@frozen
class WaitingRequest:
    """The newest editor request without a reply. ``partial_at_ms``: from then on whole lines are worth showing
    (``None`` for a request by hand). ``resolution`` is set when its handler is woken, until the handler is done."""

    request: RequestId
    uri: str
    partial_at_ms: float | None = None
    resolution: Resolution | None = None


UNKNOWN_ENDPOINT: Final = -1
"""Of a request that does not wait for a connection: its endpoint is known when it is sent."""


@frozen
class DeferredRequest:
    """A request that is sent as soon as ``until`` holds. It outlives its reply at the deadline or after a failure
    (``after_deadline``): its result is worth storing, and the server's cache then has the prompt."""

    request: RequestId
    uri: str
    until: Until
    endpoint: int
    after_deadline: bool = False


@frozen
class MissedRequest:
    """The newest automatic request, replied to without a suggestion at its deadline or because its server was away,
    while its stream goes on or waits to be started: the answer is announced when it comes."""

    request: RequestId
    uri: str


@frozen
class SlotState:
    """``agreed_ms``: when an edit last typed along the stream."""

    active: ActiveStream | None = None
    waiting: WaitingRequest | None = None
    deferred: DeferredRequest | None = None
    agreed_ms: float | None = None
    missed: MissedRequest | None = None

    @property
    def is_answering(self) -> bool:
        """Whether a stream is in flight that answers a place (prewarms and samples do not)."""
        return self.active is not None and self.active.has_answer


# ---- events


@frozen
class RequestReceived:
    """The editor sent a request; it is not decided yet whether a model may answer it."""


@frozen
class RequestAdmitted:
    """The newest editor request passed the gate: the one before is superseded."""


@frozen
class Requested:
    """The newest request needs a model. ``serves``: the stream's output agrees with the text at the cursor.
    ``shares_prefill``: its prompt begins as the new one would. ``stalled``: the server has been silent for too long.
    ``partial_in_ms`` is ``None`` for a request by hand."""

    request: RequestId
    uri: str
    deadline_in_ms: float
    partial_in_ms: float | None = None
    serves: bool = False
    shares_prefill: bool = False
    stalled: bool = False


@frozen
class DebounceOver:
    """The request is to be sent now, to ``endpoint``."""

    request: RequestId
    endpoint: int
    connected: bool


@frozen
class Retried:
    """The stream that the request waited for ended without an answer to it."""

    request: RequestId


@frozen
class Replied:
    """The request's handler is done. ``missed``: it is an automatic one and got no answer, because its deadline passed
    or its server was away."""

    request: RequestId
    missed: bool = False


@frozen
class Cancelled:
    """The editor cancelled the request."""

    request: RequestId


@frozen
class DeadlinePassed:
    """The request has to be replied to now."""

    request: RequestId


@frozen
class PartialDue:
    """The request has waited long enough for more lines."""

    request: RequestId


@frozen
class PartialReady:
    """The partial output was post-processed and something of it is left."""

    request: RequestId


@frozen
class LateAnnounced:
    """The editor was told that the answer to the missed request is there."""

    request: RequestId


@frozen
class GraceOver:
    """No request came for the cancelled stream."""


@frozen
class Edited:
    """The document changed. ``agrees``: the edit types along the stream's output; meaningless if there is none."""

    uri: str
    agrees: bool = False


@frozen
class DocumentClosed:
    """The document is closed."""

    uri: str


@frozen
class SettingsChanged:
    """The document is completed with other settings from now on."""

    uri: str


@frozen
class ShutDown:
    """The server ends."""


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
    """Streams of these purposes are given up."""

    purposes: tuple[Purpose, ...]


@frozen
class FirstToken:
    """The server has evaluated the prompt."""


@frozen
class TextArrived:
    """More output. ``diverged``: it says something else than was typed ahead of it. ``whole_lines``: the lines with
    content if the output ends with a line end now, else 0. ``line_ms``: so long each of them took."""

    diverged: bool = False
    whole_lines: int = 0
    line_ms: float = 0.0


@frozen
class StreamEnded:
    """The stream ended by itself. ``endpoint``: the one that it was sent to."""

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
    """Send the request. ``regather``: its context first, since only now the server's context length is known."""

    request: RequestId
    purpose: Purpose
    regather: bool = False


@frozen
class Abort:
    """Close the stream. ``prefill_only``: its output was not wanted, so the time says nothing about latency."""

    reason: AbortReason
    prefill_only: bool = False


@frozen
class Record:
    """Note what the ended stream says about its endpoint."""


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
    """Decide how long the request waits for the next key, then report ``DebounceOver``."""

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
    """Post-process what the stream has said, and report ``PartialReady`` if something of it may be shown."""

    request: RequestId


@frozen
class CheckLate:
    """Post-process what answers the missed request, and tell the editor of it and report ``LateAnnounced`` if something
    may be shown. ``is_finished``: the stream has ended and its output is stored."""

    request: RequestId
    is_finished: bool


Effect = (
    Start | Abort | Record | Store | Resolve | Debounce | Connect | WakeQueue | Arm | Disarm | CheckPartial | CheckLate
)
