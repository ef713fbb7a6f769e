"""The completion endpoint: connection with backoff, and what has been measured about its server.

Connecting is in ``features/endpoints.py``; this module detects the FIM family from the server's vocabulary. When
something fails it notifies the listener *once*, refuses to connect for a while, and doubles that pause at each failure:
a dead backend costs the user suggestions, never the session, and its return is noticed without a restart.

``SlownessWatch`` notices that a backend is too slow for suggestions, and says why and what to do. Answers of the last
requests count, not those of the whole session: a machine is slow while something else runs on it. The warning is given
once, and again only after the backend was fast in between.

``PromptThroughput`` is how fast a server evaluates prompts (prefill) and how many tokens they are, and what follows:
how much of a file may be shown to it, and how long it may be silent before its first token. A model on a CPU evaluates
some hundred tokens a second: the window of a fast server would cost it ten seconds after each jump to other code. So
the window is small until the rate is known. And a page of Chinese comments is three times as many tokens as one of
code.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

from attrs import define, field

from autothink_lsp.backends.base import Backend, ServerDescription
from autothink_lsp.context.window import GROWN, WindowSize
from autothink_lsp.engines.speed import Throughput
from autothink_lsp.errors import AutothinkError, BackendError, RequestLimitReached
from autothink_lsp.features.completion.debounce import LatencyTracker
from autothink_lsp.features.completion.model import CompletionUsage
from autothink_lsp.features.endpoints import Connect, EndpointPool, RoleEndpoint
from autothink_lsp.prompt.fim.budget import TokenRate
from autothink_lsp.prompt.fim.detect import FamilyChoice, choose_family, markers
from autothink_lsp.settings.local_only import leaves_this_machine
from autothink_lsp.settings.model import STARTED_BACKENDS, Settings
from autothink_lsp.values import evolve, frozen

CHARS_PER_TOKEN = 3.4  # in code, until the server has counted; sizes of windows are meant so
COLD_PROMPT_S = 3.0  # so long may the prefill of a new place take
MARKER_TOKENS = 64  # of the prompt around the window
WINDOW_SHARE = 0.7  # of a small context, before code from elsewhere
LEAST_SPARE_TOKENS, SPARE_STEP_TOKENS = 256, 128
LEAST_TOKENS = 24  # fewer are evaluated in a batch of their own, at a rate that does not predict a whole prompt's
NEWEST_WEIGHT = 0.5  # of the newest request in the average of the prefill rate
GROW_NOW_S = 1.0  # a larger window that is evaluated in this time replaces the provisional one at the next request
FAST_TOKENS_PER_S = 1_000.0  # of the first prompt: a local server that is as fast gets the large window at once
PROMPT_ANSWER_MS = 1_000.0  # to the first token: a server that reports no timings and is as fast gets the large window

# A server that is silent for so long hangs, and a new request may help.
STALLED_MS = 4_000.0
UNKNOWN_MS = 15_000.0  # the same before the first token, while the prefill rate is unknown


@define
class PromptThroughput:
    """The prefill rate of one endpoint. ``tokens_per_s`` is ``None`` until it is measured or bounded;
    ``context_tokens`` (prompt and output together) and ``latest_prompt_tokens`` are ``None`` if the server does not
    report them."""

    tokens_per_s: float | None = field(default=None, init=False)
    context_tokens: int | None = field(default=None, init=False)
    latest_prompt_tokens: int | None = field(default=None, init=False)
    _answers_promptly: bool = field(default=False, init=False)  # see ``PROMPT_ANSWER_MS`` and ``FAST_TOKENS_PER_S``
    _is_first_local_answer: bool = field(default=True, init=False)
    _rate: TokenRate = field(factory=lambda: TokenRate(CHARS_PER_TOKEN, CHARS_PER_TOKEN), init=False)
    _bounds: list[float] = field(factory=list, init=False)
    _measured: Throughput = field(factory=lambda: Throughput(NEWEST_WEIGHT, LEAST_TOKENS), init=False)

    def record_timings(self, usage: CompletionUsage) -> None:
        """Take the server's timings of a request, if it reports any."""
        tokens, took_ms = usage.prompt_evaluated_tokens, usage.prompt_ms
        if tokens is None or took_ms is None:
            return
        self._measured.observe(tokens, took_ms)
        if self._measured.tokens_per_s is not None:
            self.tokens_per_s = self._measured.tokens_per_s

    def record_prompt_tokens(self, chars: int, tokens: int) -> None:
        """A prompt of ``chars`` characters was ``tokens`` tokens."""
        self._rate = self._rate.observe(chars, tokens)
        self.latest_prompt_tokens = tokens

    @property
    def chars_per_token(self) -> float:
        """The average of the prompts that were sent to this server."""
        return self._rate.chars_per_token

    def record_silence(self, chars: int, after_ms: float) -> None:
        """No token arrived within ``after_ms``: use that as an upper bound of the prefill rate until a real measurement
        exists. Short prompts are ignored (their wait is queueing)."""
        if self._measured.tokens_per_s is None and after_ms > 0 and chars >= LEAST_TOKENS * self.chars_per_token:
            # The second slowest: one request may have waited for a model to be loaded, or for another's.
            self._bounds = sorted((*self._bounds, chars / self.chars_per_token * 1_000 / after_ms))[:2]
            self.tokens_per_s = self._bounds[1] if len(self._bounds) == 2 else None

    def record_local_answer(self, chars: int, after_ms: float) -> None:
        """The first token of a server on this machine arrived after ``after_ms``. The first prompt, however short,
        shows that a server is fast: later ones may be cached."""
        if self._is_first_local_answer:
            rate = chars / self.chars_per_token * 1_000 / max(after_ms, 0.1)
            self._answers_promptly = rate >= FAST_TOKENS_PER_S
        self._is_first_local_answer = False

    def record_remote_answer(self, after_ms: float) -> None:
        """The first token of a server on another machine arrived after ``after_ms``. Its prefill rate stays unknown:
        the network is part of that time."""
        self._answers_promptly = self._answers_promptly or after_ms <= PROMPT_ANSWER_MS

    @property
    def is_known(self) -> bool:
        """Whether enough is known of the server to choose a window for it."""
        return self.tokens_per_s is not None or self._answers_promptly

    def evaluates_soon(self, size: WindowSize) -> bool:
        """Whether all of such a window is evaluated within ``GROW_NOW_S``, by the slowest estimate."""
        rate = self._measured.tokens_per_s or min(self._bounds, default=None)
        if rate is None:
            return self._answers_promptly
        return (size.prefix_chars + size.suffix_chars) / self.chars_per_token <= rate * GROW_NOW_S

    def spare_tokens(self, size: WindowSize) -> int:
        """The tokens beside such a window that fit into ``COLD_PROMPT_S`` of prefill, in steps; 0 if too few to help,
        or if only an upper bound of the prefill rate is known."""
        if self.tokens_per_s is None or self._measured.tokens_per_s is None:
            return 0
        spare = self.tokens_per_s * COLD_PROMPT_S - (size.prefix_chars + size.suffix_chars) / self.chars_per_token
        return int(spare // SPARE_STEP_TOKENS) * SPARE_STEP_TOKENS if spare >= LEAST_SPARE_TOKENS else 0

    def window(
        self, least: WindowSize, most: WindowSize, answer_tokens: int, block_tokens: Callable[[int | None], int]
    ) -> WindowSize:
        """A window of ``COLD_PROMPT_S`` of prefill, between ``least`` and ``most`` (sizes in code), that fits into the
        server's context with ``answer_tokens`` of output and, as far as possible, blocks from elsewhere:
        ``block_tokens(limit)`` is how many tokens these may have."""
        size = _scaled(self._by_speed(least, most), self.chars_per_token / CHARS_PER_TOKEN)
        if self.context_tokens is None:
            return size
        free = max(0, self.context_tokens - answer_tokens - MARKER_TOKENS)
        window = GROWN * (size.prefix_chars + size.suffix_chars) / self.chars_per_token  # as large as it may become
        blocks = block_tokens(size.block_tokens)
        if window + blocks <= free:
            return size
        share = min(1.0, (WINDOW_SHARE if blocks else 1.0) * free / window)
        left = max(0, free - int(window * share))
        return evolve(_scaled(size, share), most_block_tokens=min(blocks, left))

    def _by_speed(self, least: WindowSize, most: WindowSize) -> WindowSize:
        if self.tokens_per_s is None:
            # The large window of a slow server would be ten seconds and more of prefill, in which nothing is shown.
            return most if self._answers_promptly or least == most else evolve(least, is_provisional=True)
        chars = self.tokens_per_s * COLD_PROMPT_S * CHARS_PER_TOKEN
        whole, smallest = most.prefix_chars + most.suffix_chars, least.prefix_chars + least.suffix_chars
        if chars >= whole:
            return most
        if chars <= smallest:
            return least
        share = chars / whole
        return evolve(_scaled(most, share), block_tokens=least.block_tokens)

    def longest_silence_ms(self, chars: int) -> float:
        """How long the server may take to the first token of a prompt of ``chars`` characters."""
        if self.tokens_per_s is None:
            return UNKNOWN_MS
        return STALLED_MS + 2 * chars / self.chars_per_token / self.tokens_per_s * 1_000


def _scaled(size: WindowSize, share: float) -> WindowSize:
    return evolve(size, prefix_chars=round(share * size.prefix_chars), suffix_chars=round(share * size.suffix_chars))


JUDGED_ANSWERS = 20
"""Answers that are looked at. Chosen: about a minute of typing."""
SLOW_SHARE, FAST_SHARE = 0.5, 0.25
"""Share of answers past the deadline from which on a backend is slow, and below which it is fast again. Chosen."""


@define
class SlownessWatch:
    """The last answers of one endpoint. Times are from sending a request to its first usable line."""

    _took_ms: deque[float] = field(factory=lambda: deque(maxlen=JUDGED_ANSWERS), init=False)
    _warning: str = field(default="", init=False)

    @property
    def warning(self) -> str:
        """The warning that holds now; empty while the backend is fast enough or too little is known."""
        return self._warning

    def record(self, took_ms: float, settings: Settings) -> bool:
        """Add an answer, or the time for which none came. Returns whether ``warning`` has changed."""
        self._took_ms.append(took_ms)
        if len(self._took_ms) < JUDGED_ANSWERS:
            return False
        deadline_ms = settings.completion.deadline_ms
        late = sum(took_ms > deadline_ms for took_ms in self._took_ms)
        share = late / len(self._took_ms)
        before = self._warning
        if not before and share >= SLOW_SHARE:
            mean_ms = sum(self._took_ms) / len(self._took_ms)
            self._warning = (
                f"The model is slow: {mean_ms:.0f} ms on average for the last {JUDGED_ANSWERS} answers, {late} of them "
                f"after the deadline of {deadline_ms} ms (completion.deadline_ms). {advice(settings)}"
            )
        elif before and share <= FAST_SHARE:
            self._warning = ""
        return self._warning != before


def advice(settings: Settings) -> str:
    """What to do about a slow backend, as a sentence."""
    completion = settings.completion
    if completion.backend == "embedded":
        return "`autothink-lsp doctor` recommends a model for this machine; other programs may keep its cores busy."
    if completion.backend in STARTED_BACKENDS and not completion.url:
        return "Use a smaller model, or check whether the engine runs on the GPU."
    if leaves_this_machine(completion):
        return "The server or the network is slow: use a smaller model or a server that is nearer."
    return "Use a smaller model, or check whether the server runs it on the GPU and serves others at the same time."


logger = logging.getLogger(__name__)

# The user is told that the first prompt is evaluated if it takes longer.
SHOW_READING_S = 0.7

FIRST_PAUSE_MS = 500.0
LONGEST_PAUSE_MS = 30_000.0
# An outage that may end at any moment (nothing listens, the server is loading) is noticed two seconds later at most.
# One request in two seconds, and only while the user types, is no burden to a server that is in trouble.
LONGEST_PAUSE_OF_OUTAGE_MS = 2_000.0
LIMIT_SHOWN_MS = 60_000.0  # after the latest request that the user's limit held back; limits are per minute
LONGEST_RETRY_AFTER_MS = 600_000.0  # of a server's Retry-After


@frozen
class CompletionConnection:
    """A backend that was identified, and the prompt layout that fits its vocabulary. ``setting`` is the value of
    ``completion.backend`` that led to it."""

    backend: Backend
    choice: FamilyChoice
    model: str
    context_tokens: int | None
    setting: str


class EndpointListener(Protocol):
    """Receives changes that a user wants to see; each problem once, however many requests it fails."""

    def endpoint_ready(self, connection: CompletionConnection, /) -> None: ...

    def endpoint_failed(self, error: AutothinkError, /) -> None: ...

    def endpoint_recovered(self) -> None: ...

    def endpoint_reading(self, *, is_reading: bool) -> None:
        """The server evaluates its first prompt and needs a moment for it, or no longer does."""
        ...

    def endpoint_warning(self, warning: str, /) -> None:
        """The server works, but most answers come after the deadline, or the user's limit of requests is reached. An
        empty ``warning``: no longer."""
        ...


class CompletionEndpoint(RoleEndpoint[CompletionConnection]):
    """The completion endpoint of some settings. All times in milliseconds of ``now_ms``."""

    role = "completion"

    def __init__(
        self, settings: Settings, connect: Connect, listener: EndpointListener, now_ms: Callable[[], float]
    ) -> None:
        super().__init__(settings, connect)
        self.latency = LatencyTracker()
        self.throughput = PromptThroughput()
        self._slowness = SlownessWatch()
        self._listener = listener
        self._now_ms = now_ms
        self._connecting: asyncio.Task[CompletionConnection | None] | None = None
        self._reported: set[str] = set()  # messages since the last request that worked
        self._may_return = False
        self._pause_ms = 0.0
        self._retry_at_ms = 0.0
        self._limited_at_ms: float | None = (
            None  # the latest request that the user's limit held back, while it is shown
        )
        self._limit_timer: asyncio.TimerHandle | None = None
        self._has_read = False  # the server has evaluated a prompt
        self._is_reading_shown = False
        self._reading_timer: asyncio.TimerHandle | None = None

    @property
    def may_return(self) -> bool:
        """Whether the latest failure may end without a change of settings."""
        return self._may_return

    @property
    def is_paused(self) -> bool:
        """Whether ``connect`` would not try, because the latest failure is too recent."""
        return self._now_ms() < self._retry_at_ms

    async def connect(self) -> CompletionConnection | None:
        """The connection, made if necessary; ``None`` while the endpoint is down. Raises no ``AutothinkError``.

        Cancelling the caller does not stop the connecting: the next request will use the connection.
        """
        if self._connection is not None:
            return self._connection
        if self._connecting is None:
            if self.is_paused:
                return None
            self._connecting = asyncio.create_task(self._try_to_connect(), name="connect completion endpoint")
        return await asyncio.shield(self._connecting)

    def on_failed(self, error: AutothinkError) -> None:
        """A request failed: report the error once, pause, and let the next ``connect`` make a new connection. A
        request that the user's limit held back is no failure of the server."""
        if isinstance(error, RequestLimitReached):
            self._on_limit_reached()
            return
        backend = self._connection.backend if self._connection else None
        self._connection = None
        self._may_return = _is_transient(error)
        longest_ms = LONGEST_PAUSE_OF_OUTAGE_MS if self._may_return else LONGEST_PAUSE_MS
        self._pause_ms = min(longest_ms, max(FIRST_PAUSE_MS, self._pause_ms * 2))
        retry_after_s = getattr(error, "retry_after_s", None)
        pause_ms = max(self._pause_ms, min(LONGEST_RETRY_AFTER_MS, (retry_after_s or 0.0) * 1_000))
        self._retry_at_ms = self._now_ms() + pause_ms
        logger.info("completion endpoint: %s; next try in %.0f ms", error.for_user(), pause_ms)
        if backend is not None:
            asyncio.get_running_loop().create_task(backend.aclose())
        if error.message not in self._reported:
            self._reported.add(error.message)
            self._listener.endpoint_failed(error)

    def on_success(self) -> None:
        """A request was answered: the endpoint works again."""
        self._pause_ms = 0.0
        if self._limited_at_ms is not None and self._now_ms() - self._limited_at_ms > LIMIT_SHOWN_MS:
            self._hide_limit()
        if self._reported:
            self._reported.clear()
            self._listener.endpoint_recovered()

    def on_answer_time(self, took_ms: float) -> None:
        """Record that an answer took ``took_ms`` until its first usable line, or that none came within that time."""
        if self._slowness.record(took_ms, self.settings):
            self._warn()

    def _on_limit_reached(self) -> None:
        is_shown, self._limited_at_ms = self._limited_at_ms is not None, self._now_ms()
        if self._limit_timer is not None:
            self._limit_timer.cancel()
        # The user may type nothing for long, so no later answer may end the warning.
        self._limit_timer = asyncio.get_running_loop().call_later(LIMIT_SHOWN_MS / 1_000, self._hide_limit)
        if not is_shown:
            self._warn()

    def _hide_limit(self) -> None:
        if self._limited_at_ms is not None:
            self._limited_at_ms = None
            self._warn()

    def _warn(self) -> None:
        limit = self.settings.completion.requests_per_minute
        limited = (
            f"The limit of {limit} requests a minute (completion.requests_per_minute) is reached: suggestions pause "
            "until a request is free."
        )
        warnings = (self._slowness.warning, limited if self._limited_at_ms is not None else "")
        self._listener.endpoint_warning(" ".join(warning for warning in warnings if warning))

    def on_prompt_sent(self) -> None:
        """A prompt was sent: tell the listener if it is the first of this connection and takes a while."""
        if not self._has_read and self._reading_timer is None:
            self._reading_timer = asyncio.get_running_loop().call_later(SHOW_READING_S, self._show_reading)

    def on_prompt_evaluated(self) -> None:
        """The server answers the prompt."""
        self._has_read = True
        self._stop_reading()

    def on_prompt_ended(self, *, is_evaluated: bool) -> None:
        """The prompt's stream has ended, or was aborted."""
        self._has_read = self._has_read or is_evaluated
        self._stop_reading()

    def _show_reading(self) -> None:
        self._is_reading_shown = True
        self._listener.endpoint_reading(is_reading=True)

    def _stop_reading(self) -> None:
        if self._reading_timer is not None:
            self._reading_timer.cancel()
            self._reading_timer = None
        if self._is_reading_shown:
            self._is_reading_shown = False
            self._listener.endpoint_reading(is_reading=False)

    async def aclose(self) -> None:
        """Stop connecting and close the connection. Idempotent."""
        self._stop_reading()
        if self._limit_timer is not None:
            self._limit_timer.cancel()
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        await super().aclose()

    async def _try_to_connect(self) -> CompletionConnection | None:
        try:
            connection = await self._open()
        except AutothinkError as error:
            self.on_failed(error)
            return None
        finally:
            self._connecting = None
        self.throughput.context_tokens = connection.context_tokens
        self._has_read = False
        self._listener.endpoint_ready(connection)
        return connection

    async def _identify(self, backend: Backend, description: ServerDescription, model: str) -> CompletionConnection:
        counts = await backend.token_counts(markers())
        family = self.settings.completion.fim_family
        choice = choose_family(counts, model, "" if family == "auto" else family)
        logger.info("completion endpoint ready: %s, %s", description.server, choice.reason)
        setting = self.settings.completion.backend
        return CompletionConnection(backend, choice, model, description.context_tokens, setting)


def completion_endpoints(
    connect: Connect, listener: EndpointListener, now_ms: Callable[[], float]
) -> EndpointPool[CompletionEndpoint]:
    """The completion endpoints of one client."""
    return EndpointPool("completion", lambda settings: CompletionEndpoint(settings, connect, listener, now_ms))


def _is_transient(error: AutothinkError) -> bool:
    """Whether the error may end without a change of settings."""
    return isinstance(error, BackendError) and error.retryable
