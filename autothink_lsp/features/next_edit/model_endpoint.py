"""The server of a next-edit model: finds its dialect, measures its speed, and requests its answers.

The server is connected and probed in the background, so no request waits for that. Until then, and whenever the
measured speed does not predict an answer within a second, next edits come from the rules only. The model never thinks:
raw prompts do not ask for it, chat requests turn it off, and an answer with reasoning is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import AsyncGenerator, Callable
from types import MappingProxyType

from attrs import define, field, frozen

from autothink_lsp.backends.base import (
    Backend,
    ChatEvent,
    ChatRequest,
    FimRequest,
    Finished,
    ReasoningDelta,
    ServerDescription,
    StreamEvent,
)
from autothink_lsp.engines.speed import Throughput
from autothink_lsp.errors import AutothinkError, BackendError, RequestLimitReached
from autothink_lsp.features.endpoints import Connect, EndpointPool, RoleEndpoint
from autothink_lsp.prompt.next_edit.detect import ProbeResult, markers, possible_dialects, probe_result, probes, speaks
from autothink_lsp.prompt.next_edit.dialect import NextEditDialect
from autothink_lsp.prompt.next_edit.window import EditWindow, Lines, block
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import ChatMessage

logger = logging.getLogger(__name__)

MOST_PREDICTED_MS = 1_000.0
CHARS_PER_TOKEN = 3.0  # of code in a prompt with line numbers and markers; a low estimate predicts more tokens
RETRY_S = 600.0  # the pause after which a server that was slow or spoke no dialect is tried again
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
ANSWER_TIMEOUT_S = 3.0
PROBE_TIMEOUT_S = 20.0
_MOST_ANSWER_TOKENS = 768
_GROWTH_TOKENS = 160  # the tokens by which an answer may be longer than its window
_PROBE_GROWTH_TOKENS = 24  # for probes, whose answers are as long as their windows
_NEWEST_WEIGHT = 0.3
_NO_THINKING = MappingProxyType({"chat_template_kwargs": {"enable_thinking": False}})
Report = Callable[[str], None]
"""Shows the user the text of a problem."""


@define
class AnswerSpeed:
    """The measured speed of a server's answers, and the predicted time of the next one."""

    prefill: Throughput = field(factory=lambda: Throughput(_NEWEST_WEIGHT, min_tokens=24))
    decoding: Throughput = field(factory=lambda: Throughput(_NEWEST_WEIGHT, min_tokens=8))

    def observe(self, end: Finished, prompt_tokens: int, answer_tokens: int, first_ms: float, took_ms: float) -> None:
        """Record an answer's times: the server's own, else ``first_ms`` and ``took_ms``, measured here until its first
        and its last token."""
        timings = end.timings
        if timings is not None:
            self.prefill.observe(timings.prompt_evaluated_tokens, timings.prompt_ms)
            self.decoding.observe(timings.predicted_tokens, timings.predicted_ms)
        else:
            self.prefill.observe(end.usage.prompt_tokens or prompt_tokens, first_ms)
            self.decoding.observe((end.usage.completion_tokens or answer_tokens) - 1, took_ms - first_ms)

    def predicted_ms(self, prompt_tokens: int, answer_tokens: int) -> float | None:
        """The time for a prompt of which nothing is cached and its answer; ``None`` until both speeds are measured."""
        prefill, decoding = self.prefill.tokens_per_s, self.decoding.tokens_per_s
        if prefill is None or decoding is None:
            return None
        return 1_000 * (prompt_tokens / prefill + answer_tokens / decoding)


@frozen
class NextEditConnection:
    """A server whose model speaks ``dialect``."""

    backend: Backend
    dialect: NextEditDialect
    model: str
    speed: AnswerSpeed

    def is_fast_enough(self, window: EditWindow) -> bool:
        """Whether an answer that changes nothing is predicted within a second."""
        prompt_tokens, answer_tokens = _tokens(self.dialect.render(window)), _answer_tokens(self.dialect, window)
        predicted_ms = self.speed.predicted_ms(prompt_tokens, answer_tokens)
        return predicted_ms is not None and predicted_ms <= MOST_PREDICTED_MS


class UnsuitableModel(AutothinkError):
    """The server works, but its model speaks no known dialect, or an engine of ours is too slow to be kept."""


class NextEditEndpoint(RoleEndpoint[NextEditConnection]):
    """The next-edit server of some settings. ``report`` takes each problem once."""

    role = "next_edit"

    def __init__(
        self, settings: Settings, connect: Connect, report: Report, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(settings, connect)
        self._report = report
        self._now_s = now_s
        self._connecting: asyncio.Task[None] | None = None
        self._not_before_s = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._reported: set[str] = set()
        self._slow_since_s: float | None = None

    def ready(self) -> NextEditConnection | None:
        """The connection; ``None`` while there is none: connecting is then started in the background."""
        if self._connection is None and self._connecting is None and self._now_s() >= self._not_before_s:
            self._connecting = asyncio.get_running_loop().create_task(self._connect(), name="connect next-edit model")
        return self._connection

    async def ask(self, connection: NextEditConnection, window: EditWindow) -> Lines | None:
        """The lines with which the model replaces the window; ``None`` if it changes nothing, is too slow or failed."""
        if not self._is_fast_enough(connection, window):
            return None
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                answer = await answer_of(connection.backend, connection.dialect, window, connection.speed)
        except TimeoutError:
            logger.info("next-edit model: no answer within %.0f s", ANSWER_TIMEOUT_S)
            return None
        except RequestLimitReached as error:
            self._report_once(error)
            return None
        except BackendError as error:
            await self._fail(error, self._next_pause_s())
            return None
        self._pause_s = FIRST_PAUSE_S
        return connection.dialect.read(window, answer) if answer is not None else None

    async def aclose(self) -> None:
        """Stop connecting and close the connection. An answer that is aborted by this is not reported as a problem.
        Idempotent."""
        self._not_before_s, self._report = math.inf, lambda _text: None
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        await super().aclose()

    async def _connect(self) -> None:
        try:
            await self._open()
        except UnsuitableModel as error:
            # Our own engine was stopped: the same file on the same machine would be the same.
            await self._fail(error, math.inf if self.settings.next_edit.backend == "embedded" else RETRY_S)
        except AutothinkError as error:
            await self._fail(error, self._next_pause_s())
        finally:
            self._connecting = None

    async def _identify(self, backend: Backend, description: ServerDescription, model: str) -> NextEditConnection:
        plain, is_own = self.settings.next_edit.plain_models, self.settings.next_edit.backend == "embedded"
        possible = possible_dialects(await backend.token_counts(markers(plain=plain)), model, plain=plain)
        for dialect in possible:
            speed = AnswerSpeed()
            if await _speaks(backend, dialect, speed):
                logger.info("next-edit model: %s %s speaks %s", description.server, model, dialect.name)
                connection = NextEditConnection(backend, dialect, model, speed)
                if is_own and not connection.is_fast_enough(probes(dialect)[0].window):
                    raise UnsuitableModel(
                        f"{model} is too slow on this machine for next edits, which come from the rules only.",
                        hint='Run it on a GPU or another machine, or set next_edit.backend to "none".',
                    )
                return connection
        tried = ", ".join(dialect.name for dialect in possible) or "none"
        name = f"The embedded model {model}" if is_own else "The model at next_edit.url"
        serve = "Name" if is_own else "Serve"
        raise UnsuitableModel(
            f"{name} makes no next edits in a known format (tried: {tried}).",
            hint=f'{serve} a next-edit model (Sweep, Zeta, Instinct), or set next_edit.backend to "none".',
        )

    def _is_fast_enough(self, connection: NextEditConnection, window: EditWindow) -> bool:
        if connection.is_fast_enough(window):
            self._slow_since_s = None
            return True
        now_s = self._now_s()
        if self._slow_since_s is None:
            self._slow_since_s = now_s
            logger.info("next-edit model: too slow for an answer within %.0f ms", MOST_PREDICTED_MS)
        elif now_s - self._slow_since_s > RETRY_S:  # measured again: the machine may have been busy
            self._slow_since_s = now_s
            return True
        return False

    def _next_pause_s(self) -> float:
        pause_s, self._pause_s = self._pause_s, min(LONGEST_PAUSE_S, 2 * self._pause_s)
        return pause_s

    async def _fail(self, error: AutothinkError, pause_s: float) -> None:
        self._not_before_s = max(self._not_before_s, self._now_s() + pause_s)
        logger.info("next-edit model: %s; next try in %.0f s", error.message, pause_s)
        connection, self._connection = self._connection, None
        self._report_once(error)
        if connection is not None:
            await connection.backend.aclose()

    def _report_once(self, error: AutothinkError) -> None:
        if error.message not in self._reported:
            self._reported.add(error.message)
            self._report(f"Next edits: {error.for_user()}")


def next_edit_endpoints(connect: Connect, report: Report) -> EndpointPool[NextEditEndpoint]:
    """The next-edit endpoints of one client."""
    return EndpointPool("next_edit", lambda settings: NextEditEndpoint(settings, connect, report))


async def answer_of(
    backend: Backend,
    dialect: NextEditDialect,
    window: EditWindow,
    speed: AnswerSpeed,
    growth_tokens: int = _GROWTH_TOKENS,
) -> str | None:
    """The model's whole answer to a window; ``None`` if it was cut or the model thought. Raises ``BackendError``."""
    prompt = dialect.render(window)
    most_tokens = min(_MOST_ANSWER_TOKENS, _answer_tokens(dialect, window) + growth_tokens)
    text, pieces, started_s, first_s = "", 0, time.monotonic(), 0.0
    end: Finished | None = None
    async with contextlib.aclosing(_events(backend, dialect, prompt, most_tokens)) as events:
        async for event in events:
            if isinstance(event, Finished):
                end = event
            elif isinstance(event, ReasoningDelta):
                return None
            else:
                first_s = first_s or time.monotonic() - started_s
                text, pieces = text + event.text, pieces + event.piece_count
    if end is None:
        return None
    took_ms = 1_000 * (time.monotonic() - started_s)
    speed.observe(end, _tokens(prompt), pieces, 1_000 * first_s or took_ms, took_ms)
    return text if end.reason == "stop" else None


def _events(
    backend: Backend, dialect: NextEditDialect, prompt: str, most_tokens: int
) -> AsyncGenerator[StreamEvent | ChatEvent, None]:
    if not dialect.system:
        return backend.stream(FimRequest(prompt, most_tokens, dialect.stop))
    messages = (ChatMessage("system", dialect.system), ChatMessage("user", prompt))
    return backend.chat(ChatRequest(messages, most_tokens, dialect.stop, fields=_NO_THINKING))


async def _speaks(backend: Backend, dialect: NextEditDialect, speed: AnswerSpeed) -> bool:
    """Whether the model answers all probes of the dialect correctly. Ends at the first wrong answer."""
    results: list[ProbeResult] = []
    for probe in probes(dialect):
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                answer = await answer_of(backend, dialect, probe.window, speed, _PROBE_GROWTH_TOKENS)
        except TimeoutError:
            return False
        results.append("wrong" if answer is None else probe_result(dialect, probe, answer))
        if results[-1] == "wrong":
            return False
    return speaks(results)


def _tokens(text: str) -> int:
    return int(len(text) / CHARS_PER_TOKEN) + 1


def _answer_tokens(dialect: NextEditDialect, window: EditWindow) -> int:
    parts = {"from cursor line": slice(window.row, None), "cursor line": slice(window.row, window.row + 1)}
    return _tokens(block(window.lines[parts.get(dialect.answer, slice(None))]))
