"""Alternatives to a suggestion, for the editor to cycle through.

Requested only by hand, and only where a suggestion is stored already: a request by hand at a new place should show its
first suggestion soon, not three of them later. They are sampled one after the other, so that a real key can abort at
once, and stored beside the first, so that cycling on and typing along one of them sends nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.cache import SuggestionCache
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionQuery
from autothink_lsp.features.completion.postprocess.post_processor import PostProcessor
from autothink_lsp.features.completion.scheduler import RequestScheduler
from autothink_lsp.features.completion.type_through import RemainingText
from autothink_lsp.settings.model import Settings

# With the first answer three, as Tabby and llama.vscode ask for (read: ``config/default.ts``, ``llama-server.ts``).
MOST = 2
_TRIES = 4  # a model that is sure of itself says the same again
_TEMPERATURE = 0.8
_DEADLINE_S = 8.0
_KEPT = 20


class Alternatives:
    """Samples and stores alternatives. ``endpoint_for`` gives the endpoint of some settings."""

    def __init__(
        self, scheduler: RequestScheduler, shaper: PostProcessor, endpoint_for: Callable[[Settings], CompletionEndpoint]
    ) -> None:
        self._scheduler = scheduler
        self._shaper = shaper
        self._endpoint_for = endpoint_for
        # One for each rank: a cache has one answer for a place.
        self._caches = tuple(SuggestionCache(max_entries=_KEPT) for _ in range(MOST))

    def lookup(self, uri: str, context: CodeContext) -> RemainingText | None:
        """What is left of an alternative that was typed along."""
        for left in self._remembered(uri, context):
            return left
        return None

    def forget(self, uri: str) -> None:
        """Drop the document's alternatives."""
        for cache in self._caches:
            cache.forget(uri)

    async def beside(self, first: RemainingText, query: CompletionQuery, context: CodeContext) -> list[RemainingText]:
        """Up to ``MOST`` alternatives to ``first``; fewer if the model samples no others in time, or a key was
        typed."""
        uri = query.snapshot.uri
        found = [left for left in self._remembered(uri, context) if left.text != first.text]
        connected = self._endpoint_for(query.settings).connected
        if found or connected is None or self._scheduler.is_answering:
            return found
        seen = {_bare(first.text)}
        try:
            async with asyncio.timeout(_DEADLINE_S):
                for _ in range(_TRIES):
                    text = await self._sampled(query, context) if len(found) < MOST else None
                    if text is None:
                        break
                    if text and _bare(text) not in seen:
                        seen.add(_bare(text))
                        self._caches[len(found)].remember(uri, context, text)
                        found = [left for left in self._remembered(uri, context) if left.text != first.text]
        except TimeoutError:
            pass
        return found

    async def _sampled(self, query: CompletionQuery, context: CodeContext) -> str | None:
        """One more output, post-processed (``""`` if not worth showing); ``None`` if the slot is needed for a key."""
        connected = self._endpoint_for(query.settings).connected
        if connected is None or self._scheduler.is_answering:
            return None
        stream = await self._scheduler.sample(query, context, connected, _TEMPERATURE)
        if stream.aborted or stream.error is not None:
            return None
        return self._shaper.shape(stream.text, query, context, finished=stream.complete).text

    def _remembered(self, uri: str, context: CodeContext) -> Sequence[RemainingText]:
        found = (cache.lookup(uri, context) for cache in self._caches)
        return [left for left in found if left is not None and left.text]


def _bare(text: str) -> str:
    """The text without what a user does not see."""
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))
