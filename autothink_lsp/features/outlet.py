"""The gate at which every prompt leaves: takes secrets out of what is sent, and puts them back into completions.

Every backend that a feature gets is wrapped in one of these by ``connector.py``; there is no other way to a model
server. What was hidden when a prompt was built is found here again, so that a feature which forgets it, or builds a
prompt from pieces that are harmless one by one, still sends none. Answers of chats keep the placeholders: only who
makes an edit of one may put secrets back (``features/assist``), since prose is shown where links are followed.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence

from attrs import define, evolve

from autothink_lsp.backends.base import (
    Backend,
    ChatEvent,
    ChatRequest,
    CompletionRequest,
    Finished,
    ServerDescription,
    StreamEvent,
    TextDelta,
)
from autothink_lsp.context.redaction import Restorer, SecretNames


@define(eq=False)
class Outlet:
    """A ``Backend`` in front of another one."""

    inner: Backend
    names: SecretNames

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def url(self) -> str:
        return self.inner.url

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[StreamEvent, None]:
        """An answer that names a secret which was not in its prompt ends there."""
        prompt = self.names.hide(request.prompt)
        restorer = Restorer(self.names, self.names.sent_in(prompt))
        logprobs: tuple[float, ...] = ()  # of text that is held back, too
        async with contextlib.aclosing(self.inner.stream(evolve(request, prompt=prompt))) as events:
            async for event in events:
                final = isinstance(event, Finished)
                logprobs += () if isinstance(event, Finished) else event.logprobs
                text = restorer.finish() if final else restorer.feed(event.text)
                if text:
                    yield TextDelta(text, event.timings, logprobs)
                    logprobs = ()
                if restorer.unresolved:
                    yield Finished("stop", timings=event.timings)
                    return
                if final:
                    yield event

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        *contents, prefill = self.names.hide_all((*(message.content for message in request.messages), request.prefill))
        messages = tuple(
            evolve(message, content=content) for message, content in zip(request.messages, contents, strict=True)
        )
        hidden = evolve(request, messages=messages, prefill=prefill)
        async with contextlib.aclosing(self.inner.chat(hidden)) as events:
            async for event in events:
                yield event

    async def token_counts(self, texts: Sequence[str]) -> Mapping[str, int] | None:
        """Of texts of ours: vocabularies' markers."""
        return await self.inner.token_counts(texts)

    async def describe(self) -> ServerDescription:
        return await self.inner.describe()

    async def aclose(self) -> None:
        await self.inner.aclose()
