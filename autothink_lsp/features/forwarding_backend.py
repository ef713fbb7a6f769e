"""A backend around another one: what a subclass does not change goes to the inner backend."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence

from attrs import define

from autothink_lsp.backends.base import Backend, ChatEvent, ChatRequest, ServerDescription


@define(eq=False)
class ForwardingBackend:
    """A ``Backend`` that passes all calls on to ``inner``, except ``stream``, which subclasses define."""

    inner: Backend

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def url(self) -> str:
        return self.inner.url

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """The chat of ``inner``."""
        async with contextlib.aclosing(self.inner.chat(request)) as events:
            async for event in events:
                yield event

    async def token_counts(self, texts: Sequence[str]) -> Mapping[str, int] | None:
        """The token counts of ``inner``."""
        return await self.inner.token_counts(texts)

    async def describe(self) -> ServerDescription:
        return await self.inner.describe()

    async def aclose(self) -> None:
        await self.inner.aclose()
