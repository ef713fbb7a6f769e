"""The debounce delay of automatic requests, and the measured latency that determines it.

Tabby's agent subtracts the backend's latency from its debounce and so sends the most requests to the slowest backend;
Continue always waits 350 ms (``docs/measurements/keystroke.md``, "How others wait"). Here both speeds count. A
backend that answers within the usual gap between two keys is asked nearly at once, since the answer comes in time. One
that cannot is asked when the burst of keys has paused, so that the slower it is the fewer requests it gets.

A model on this machine is asked at once however slow it is: a wasted request costs one or two tokens of prefill and
the first tokens of an output, and a key seldom comes within half a gap, so waiting for it delays the answer, wakes the
process once more and saves no request (figures in ``docs/measurements/keystroke.md``, "Simulated"). What limits the
number of requests is the budget below. A remote server, which may cost money, gets no such requests.

There is no delay after a pause, at the start of a line, for a request by hand, and where a suggestion was typed along
up to here: the backend has been idle then. Inside a word the delay is a little longer: the next key comes soonest
there, and the model knows least.

A model whose answers come in time but are not what is typed is asked inside words only once the next key is overdue:
each of those answers is read, shaped and shown for nothing. Where a word or an operator has ended it is asked as ever,
because there the user looks up, and the model has another chance. A key that follows a suggestion restores the trust.
The slower the model the less this concerns it: requests that the next key aborts cost little, and in a pause a later
request would be a later answer.
"""

from __future__ import annotations

from collections import deque
from statistics import median

from attrs import define, field

from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.settings.local_only import leaves_this_machine
from autothink_lsp.settings.model import AUTO_DEBOUNCE_MOST_MS

LONGEST_MS = float(AUTO_DEBOUNCE_MOST_MS)
BURST_GAP_MS = 300.0  # a longer gap between two requests is a pause, not typing
GAPS_KEPT = 16
# In a burst the next key is expected after one median gap; waiting slightly longer catches most of them.
MARGIN = 1.15
IN_TIME, TOO_LATE = 0.8, 1.2  # an answer's time in gaps: so soon it comes before most keys, so late before few
INSIDE_WORD = 1.15
# Budget of undelayed requests: each key earns credit. Without credit a request waits for ``PATIENT`` gaps between keys.
EARNED, MOST_CREDIT = 0.5, 8.0
# Budget of answers to undelayed requests inside words that are shown before the next key: a key that was typed as
# suggested earns ``EARNED_ALONG``, any other one ``EARNED_INSIDE``.
EARNED_INSIDE, EARNED_ALONG, MOST_TRUST = 0.12, 1.0, 8.0
PATIENT = 1.4  # gaps, without credit
OVERDUE = 1.2  # gaps, without trust
LEAST = 0.15  # of a gap, elsewhere: of two keys that close the first was not meant to be looked at
MARGIN_HERE = 0.0  # for a model on this machine, however fast it is


@define
class AdaptiveDebouncer:
    """Measures the typing speed from request times. Shared by all documents: a user types in one at a time."""

    _gaps_ms: deque[float] = field(factory=lambda: deque(maxlen=GAPS_KEPT))
    _last_ms: float | None = None
    _credit: float = MOST_CREDIT
    _trust: float = MOST_TRUST
    _wanted_ms: float | None = None  # when a key needed a request last
    _usual_ms: float | None = None  # the median gap, since the newest one

    def on_request(self, now_ms: float) -> None:
        """The editor sent a request, as it does for each key."""
        self._credit = min(MOST_CREDIT, self._credit + EARNED)
        self._trust = min(MOST_TRUST, self._trust + EARNED_INSIDE)
        gap_ms = None if self._last_ms is None else now_ms - self._last_ms
        self._last_ms = now_ms
        if gap_ms is not None and gap_ms <= BURST_GAP_MS:
            self._gaps_ms.append(gap_ms)
            self._usual_ms = None

    def on_typed_along(self) -> None:
        """The newest key was typed as the model had suggested."""
        self._trust = min(MOST_TRUST, self._trust + EARNED_ALONG)

    def on_sent(self) -> None:
        """A request was sent to the backend."""
        self._credit = max(0.0, self._credit - 1)

    def delay_ms(self, request: CompletionRequest, line: str, answer_ms: float) -> float:
        """The milliseconds to wait before ``request``: those of ``delay_before``, unless the settings name a delay or
        the request was made by hand."""
        if request.trigger == "invoked":
            return 0.0
        wanted = request.settings.completion.debounce_ms
        margin = MARGIN if leaves_this_machine(request.settings.completion) else MARGIN_HERE
        return self.delay_before(line, answer_ms, margin) if wanted == "auto" else float(wanted)

    def delay_before(self, line: str, answer_ms: float, margin: float = MARGIN) -> float:
        """Milliseconds to wait before a request to a backend with latency ``answer_ms``.

        ``line`` is the cursor's line up to the cursor. ``margin``: gaps between keys to wait if the answer will be
        late.
        """
        now_ms, wanted_ms = self._last_ms or 0.0, self._wanted_ms
        self._wanted_ms = now_ms
        if wanted_ms is None or now_ms - wanted_ms > BURST_GAP_MS or not line.strip():
            return 0.0
        if len(self._gaps_ms) < 2:  # one gap says nothing of the pace yet
            return 0.0
        if self._usual_ms is None:
            self._usual_ms = max(1.0, median(self._gaps_ms))  # editors that send several keys at once
        usual_ms = self._usual_ms
        lateness = (answer_ms / usual_ms - IN_TIME) / (TOO_LATE - IN_TIME)
        least = min(LEAST, margin)
        inside_word = line[-1].isalnum() or line[-1] == "_"
        if self._credit < 1:
            share = PATIENT
        elif inside_word and self._trust < 1:
            share = OVERDUE
        else:
            share = least + (margin - least) * min(1.0, max(0.0, lateness))
            self._trust -= self._share_in_time(answer_ms) if inside_word else 0.0
        return min(LONGEST_MS, usual_ms * share * (INSIDE_WORD if inside_word else 1.0))

    def _share_in_time(self, answer_ms: float) -> float:
        """The share of the newest gaps between keys in which an answer after ``answer_ms`` would have been shown."""
        return sum(gap_ms > answer_ms for gap_ms in self._gaps_ms) / len(self._gaps_ms)


KEPT = 12


@define
class LatencyTracker:
    """The newest latencies of one endpoint: from a request to a first line or the end of its output, in
    milliseconds."""

    _times_ms: deque[float] = field(factory=lambda: deque(maxlen=KEPT))
    typical_ms: float = field(default=0.0, init=False)  # the median; 0 before the first record

    def record_answer(self, after_ms: float) -> None:
        """An output was usable ``after_ms`` after its request."""
        self._times_ms.append(after_ms)
        self.typical_ms = median(self._times_ms)

    def record_abort(self, after_ms: float) -> None:
        """A request was aborted before its output was usable. Counts only if that was later than usual."""
        if after_ms > self.typical_ms:
            self.record_answer(after_ms)
