"""A backend that answers from a script, for tests of faults and timing and for benches that must not measure a model.

Never reachable from a user's settings (``registry.py`` does not list it). Deterministic: it waits only where the script
says so, on events that the test sets or on the ``sleep`` that it injects.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing

from attrs import frozen

from autothink_lsp.backends.base import (
    ChatEvent,
    ChatRequest,
    FimRequest,
    Finished,
    ReasoningDelta,
    ServerDescription,
    StreamEvent,
    TextDelta,
    Usage,
)
from autothink_lsp.errors import BackendError, BackendUnavailable


@frozen
class Pause:
    """Wait ``seconds`` of the backend's ``sleep``."""

    seconds: float


@frozen
class Hold:
    """Wait until the test sets ``until``."""

    until: asyncio.Event


Step = str | ReasoningDelta | Pause | Hold | BackendError | Finished
"""Text to say, a wait, an error to raise, or the end. A script without an end ends with ``Finished("stop")``."""

Script = Callable[[FimRequest], Sequence[Step]]
ChatScript = Callable[[ChatRequest], Sequence[Step]]


class ScriptedBackend:
    """See ``Backend``. Counts what happens to its requests."""

    name = "scripted"
    url = ""

    def __init__(
        self,
        script: Script | Sequence[Step],
        *,
        token_count: Callable[[str], int] | None = None,
        description: ServerDescription | BackendError | None = None,
        chat: ChatScript | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._chat_script: ChatScript = chat or (lambda _: ())
        self.chats: list[ChatRequest] = []
        self._script: Script = script if callable(script) else lambda _: script
        self._token_count = token_count
        self._description = description or ServerDescription("scripted")
        self._sleep = sleep
        self._closed = False
        self.requests: list[FimRequest] = []
        self.finished = 0
        self.failed = 0
        self.cancelled = 0
        self.running = 0
        self.most_running = 0

    async def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        self.requests.append(request)
        async with aclosing(self._play(self._script(request), len(request.prompt))) as events:
            async for event in events:
                if not isinstance(event, ReasoningDelta):
                    yield event

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        self.chats.append(request)
        async with aclosing(self._play(self._chat_script(request), 0)) as events:
            async for event in events:
                yield event

    async def _play(self, steps: Sequence[Step], prompt_tokens: int) -> AsyncGenerator[ChatEvent, None]:
        if self._closed:
            raise BackendUnavailable("The scripted backend has been closed.")
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            finished = Finished("stop", Usage(prompt_tokens, 0))
            for step in steps:
                if isinstance(step, Finished):
                    finished = step
                    break
                if isinstance(step, BackendError):
                    raise step
                if isinstance(step, ReasoningDelta):
                    yield step
                elif isinstance(step, str):
                    if step:
                        yield TextDelta(step)
                else:
                    await (step.until.wait() if isinstance(step, Hold) else self._sleep(step.seconds))
            yield finished
            self.finished += 1
        except BackendError:
            self.failed += 1
            raise
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise
        finally:
            self.running -= 1

    async def token_counts(self, texts: Sequence[str]) -> Mapping[str, int] | None:
        return None if self._token_count is None else {text: self._token_count(text) for text in texts}

    async def describe(self) -> ServerDescription:
        if isinstance(self._description, BackendError):
            raise self._description
        return self._description

    async def aclose(self) -> None:
        self._closed = True
