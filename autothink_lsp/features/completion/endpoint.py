"""The completion endpoint: connection with backoff, and what has been measured about its server.

Settings name a backend; a ``Connector`` (built by ``app.py``) turns them into a connection, which for the embedded
engine means starting it. The endpoint detects the FIM family from the server's vocabulary. When something fails it
notifies the listener *once*, refuses to connect for a while, and doubles that pause at each failure: a dead backend
costs the user suggestions, never the session, and its return is noticed without a restart.

``PromptThroughput`` is how fast a server evaluates prompts (prefill) and how many tokens they are, and what follows:
how much of a file may be shown to it, and how long it may be silent before its first token. A model on a CPU evaluates
some hundred tokens a second: the window of a fast server would cost it ten seconds after each jump to other code. And a
page of Chinese comments is three times as many tokens as one of code.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from attrs import define, evolve, field, frozen

from autothink_lsp.backends.base import Backend
from autothink_lsp.context.window import GROWN, WindowSize
from autothink_lsp.errors import AutothinkError, BackendError
from autothink_lsp.features.completion.debounce import LatencyTracker
from autothink_lsp.features.completion.model import CompletionUsage
from autothink_lsp.prompt.budget import TokenRate
from autothink_lsp.prompt.detect import FamilyChoice, choose, markers
from autothink_lsp.settings.model import Settings

CHARS_PER_TOKEN = 3.4  # in code, until the server has counted; sizes of windows are meant so
COLD_PROMPT_S = 3.0  # so long may the prefill of a new place take
MARKER_TOKENS = 64  # of the prompt around the window
WINDOW_SHARE = 0.7  # of a small context, before code from elsewhere
LEAST_SPARE_TOKENS, SPARE_STEP_TOKENS = 256, 128
LEAST_TOKENS = 24  # fewer are evaluated in a batch of their own, at a rate that does not predict a whole prompt's

# A server that is silent for so long hangs, and a new request may help.
STALLED_MS = 4_000.0
UNKNOWN_MS = 15_000.0  # the same before the first token, while the prefill rate is unknown


@define
class PromptThroughput:
    """The prefill rate of one endpoint. ``tokens_per_s`` is ``None`` until it is measured or bounded;
    ``context_tokens`` (prompt and output together) is ``None`` if the server does not report it."""

    tokens_per_s: float | None = field(default=None, init=False)
    context_tokens: int | None = field(default=None, init=False)
    _rate: TokenRate = field(factory=lambda: TokenRate(CHARS_PER_TOKEN, CHARS_PER_TOKEN), init=False)
    _bounds: list[float] = field(factory=list, init=False)
    _measured: bool = field(default=False, init=False)

    def record_timings(self, usage: CompletionUsage) -> None:
        """Take the server's timings of a request, if it reports any."""
        tokens, took_ms = usage.prompt_evaluated_tokens, usage.prompt_ms
        if tokens is None or took_ms is None or tokens < LEAST_TOKENS or took_ms <= 0:
            return
        now = tokens * 1_000 / took_ms
        before = self.tokens_per_s if self._measured else None
        self.tokens_per_s = now if before is None else (before + now) / 2
        self._measured = True

    def record_prompt_tokens(self, chars: int, tokens: int) -> None:
        """A prompt of ``chars`` characters was ``tokens`` tokens."""
        self._rate = self._rate.observe(chars, tokens)

    @property
    def chars_per_token(self) -> float:
        """The average of the prompts that were sent to this server."""
        return self._rate.chars_per_token

    def record_silence(self, chars: int, after_ms: float) -> None:
        """No token arrived within ``after_ms``: use that as an upper bound of the prefill rate until a real measurement
        exists. Short prompts are ignored (their wait is queueing)."""
        if not self._measured and after_ms > 0 and chars >= LEAST_TOKENS * self.chars_per_token:
            # The second slowest: one request may have waited for a model to be loaded, or for another's.
            self._bounds = sorted((*self._bounds, chars / self.chars_per_token * 1_000 / after_ms))[:2]
            self.tokens_per_s = self._bounds[1] if len(self._bounds) == 2 else None

    def spare_tokens(self, size: WindowSize) -> int:
        """The tokens beside such a window that fit into ``COLD_PROMPT_S`` of prefill, in steps; 0 if too few to help,
        or if only an upper bound of the prefill rate is known."""
        if self.tokens_per_s is None or not self._measured:
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
            return most
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
    return WindowSize(round(share * size.prefix_chars), round(share * size.suffix_chars), size.block_tokens)


logger = logging.getLogger(__name__)

FIRST_PAUSE_MS = 500.0
LONGEST_PAUSE_MS = 30_000.0
# An outage that may end at any moment (nothing listens, the server is loading) is noticed two seconds later at most.
# One request in two seconds, and only while the user types, is no burden to a server that is in trouble.
LONGEST_PAUSE_OF_OUTAGE_MS = 2_000.0
LONGEST_WISH_MS = 600_000.0


@frozen
class Connected:
    """A backend that answered, and the prompt layout that fits its vocabulary."""

    backend: Backend
    choice: FamilyChoice
    model: str
    context_tokens: int | None


class Connector(Protocol):
    """Turns settings into a backend; may start an engine, ask the user, or download. Raises ``AutothinkError``."""

    async def __call__(self, settings: Settings) -> Backend: ...


class EndpointListener(Protocol):
    """Hears of changes that a user would want to see; each problem once, however many keys run into it."""

    def endpoint_ready(self, connected: Connected) -> None: ...

    def endpoint_failed(self, error: AutothinkError) -> None: ...

    def endpoint_recovered(self) -> None: ...


class CompletionEndpoint:
    """One endpoint for one set of endpoint settings. All times in milliseconds of ``now_ms``."""

    def __init__(
        self, settings: Settings, connector: Connector, listener: EndpointListener, now_ms: Callable[[], float]
    ) -> None:
        self.latency = LatencyTracker()
        self.throughput = PromptThroughput()
        self._settings = settings
        self._connector = connector
        self._listener = listener
        self._now_ms = now_ms
        self._connected: Connected | None = None
        self._connecting: asyncio.Task[Connected | None] | None = None
        self._told: set[str] = set()  # since it worked last
        self._may_return = False
        self._pause_ms = 0.0
        self._retry_at_ms = 0.0

    @property
    def connected(self) -> Connected | None:
        """The connection if there is one now."""
        return self._connected

    @property
    def may_return(self) -> bool:
        """Whether the latest failure may pass by itself."""
        return self._may_return

    async def connect(self) -> Connected | None:
        """The connection, made if need be; ``None`` while the endpoint is down. Never raises an error of ours.

        Cancelling the caller does not stop the connecting: it is worth having for the next key.
        """
        if self._connected is not None:
            return self._connected
        if self._connecting is None:
            if self._now_ms() < self._retry_at_ms:
                return None
            self._connecting = asyncio.create_task(self._connect(), name="connect completion endpoint")
        return await asyncio.shield(self._connecting)

    def failed(self, error: AutothinkError) -> None:
        """A request failed: tell it once, pause, and have the next connect look again who is there."""
        backend = self._connected.backend if self._connected else None
        self._connected = None
        self._may_return = _may_be_over(error)
        longest_ms = LONGEST_PAUSE_OF_OUTAGE_MS if self._may_return else LONGEST_PAUSE_MS
        self._pause_ms = min(longest_ms, max(FIRST_PAUSE_MS, self._pause_ms * 2))
        wish_s = getattr(error, "retry_after_s", None)
        pause_ms = max(self._pause_ms, min(LONGEST_WISH_MS, (wish_s or 0.0) * 1_000))
        self._retry_at_ms = self._now_ms() + pause_ms
        logger.info("completion endpoint: %s; next try in %.0f ms", error.for_user(), pause_ms)
        if backend is not None:
            asyncio.get_running_loop().create_task(backend.aclose())
        if error.message not in self._told:
            self._told.add(error.message)
            self._listener.endpoint_failed(error)

    def worked(self) -> None:
        """A request got its answer: whatever was wrong is over."""
        self._pause_ms = 0.0
        if self._told:
            self._told.clear()
            self._listener.endpoint_recovered()

    async def aclose(self) -> None:
        """Stop connecting and close the pool. Idempotent."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._connected is not None:
            await self._connected.backend.aclose()
            self._connected = None

    async def _connect(self) -> Connected | None:
        try:
            backend = await self._connector(self._settings)
            try:
                connected = await self._identify(backend)
            except BaseException:
                await backend.aclose()
                raise
        except AutothinkError as error:
            self.failed(error)
            return None
        finally:
            self._connecting = None
        self._connected = connected
        self.throughput.context_tokens = connected.context_tokens
        self._listener.endpoint_ready(connected)
        return connected

    async def _identify(self, backend: Backend) -> Connected:
        completion = self._settings.completion
        description = await backend.describe()
        counts = await backend.token_counts(markers())
        model = completion.model or description.model or ""
        choice = choose(counts, model, "" if completion.fim_family == "auto" else completion.fim_family)
        logger.info("completion endpoint ready: %s, %s", description.server, choice.reason)
        return Connected(backend, choice, model, description.context_tokens)


def _may_be_over(error: AutothinkError) -> bool:
    """Whether it may pass by itself."""
    return isinstance(error, BackendError) and error.retryable


class EndpointPool:
    """Made at first use, closed together."""

    def __init__(self, connector: Connector, listener: EndpointListener, now_ms: Callable[[], float]) -> None:
        self._connector = connector
        self._listener = listener
        self._now_ms = now_ms
        self._endpoints: dict[object, CompletionEndpoint] = {}

    def get(self, settings: Settings) -> CompletionEndpoint:
        """The endpoint of these settings."""
        completion = settings.completion
        # With the embedded engine the address in the settings means nothing, and the other way round.
        where = (
            (settings.embedded,)
            if completion.backend == "embedded"
            else (
                *(completion.url, completion.model, completion.allow_http),
                *(completion.api_key_env, completion.api_key_command, completion.api_key_keyring),
                # An engine of ours is another one with other settings.
                None if completion.url else settings.vllm if completion.backend == "vllm" else settings.transformers,
            )
        )
        key = (completion.backend, completion.fim_family, settings.privacy.redact_for, *where)
        found = self._endpoints.get(key)
        if found is None:
            found = self._endpoints[key] = CompletionEndpoint(settings, self._connector, self._listener, self._now_ms)
        return found

    async def aclose(self) -> None:
        """Close all. Idempotent."""
        endpoints, self._endpoints = list(self._endpoints.values()), {}
        for endpoint in endpoints:
            await endpoint.aclose()
