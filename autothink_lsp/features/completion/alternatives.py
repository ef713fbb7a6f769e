"""Alternatives to a suggestion, for the editor to cycle through.

Only a request by hand samples alternatives: beside a suggestion that is already stored (at a new place such a request
shows its first suggestion as soon as possible), or instead of an answer that was not worth showing. They are sampled
one after the other, so that a key aborts them at once, and stored with the first suggestion, so that cycling through
them and typing along one of them send no request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from autothink_lsp.context.values import CodeContext
from autothink_lsp.features.completion.cache import SuggestionCache
from autothink_lsp.features.completion.endpoint import CompletionEndpoint
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.features.completion.postprocess.post_processor import PostProcessor
from autothink_lsp.features.completion.scheduler import RequestScheduler
from autothink_lsp.features.completion.type_through import RemainingText
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import evolve

# With the first answer three, as Tabby and llama.vscode ask for (read: ``config/default.ts``, ``llama-server.ts``).
MOST = 2
_TRIES = 4  # a confident model repeats its answer
_TEMPERATURE = 0.8
_DEADLINE_S = 8.0
_KEPT = 20


class Alternatives:
    """Samples and stores alternatives. ``endpoint_for`` returns the endpoint of settings."""

    def __init__(
        self, scheduler: RequestScheduler, shaper: PostProcessor, endpoint_for: Callable[[Settings], CompletionEndpoint]
    ) -> None:
        self._scheduler = scheduler
        self._shaper = shaper
        self._endpoint_for = endpoint_for
        # One for each rank: a cache has one answer for a place.
        self._caches = tuple(SuggestionCache(max_entries=_KEPT) for _ in range(MOST))

    def lookup(self, uri: str, context: CodeContext) -> RemainingText | None:
        """The rest of an alternative that agrees with the typed text."""
        for cache in self._caches:
            left = cache.lookup(uri, context)
            if left is not None and left.text:
                return left
        return None

    def forget(self, uri: str) -> None:
        """Drop the document's alternatives."""
        for cache in self._caches:
            cache.forget(uri)

    async def beside(
        self, first: RemainingText, request: CompletionRequest, context: CodeContext
    ) -> list[RemainingText]:
        """Sample up to ``MOST`` alternatives to ``first``; fewer if the model generates no others in time, or a key was
        typed."""
        uri = request.snapshot.uri
        found = [left for left in self._remembered(uri, context) if left.text != first.text]
        connected = self._endpoint_for(request.settings).connection
        if found or connected is None or self._scheduler.is_answering:
            return found
        seen = {_bare(first.text)}
        try:
            async with asyncio.timeout(_DEADLINE_S):
                for _ in range(_TRIES):
                    text = await self._sampled(request, context) if len(found) < MOST else None
                    if text is None:
                        break
                    if text and _bare(text) not in seen:
                        seen.add(_bare(text))
                        self._caches[len(found)].remember(uri, context, text)
                        found = [left for left in self._remembered(uri, context) if left.text != first.text]
        except TimeoutError:
            pass
        return found

    async def instead(self, request: CompletionRequest, context: CodeContext) -> RemainingText | None:
        """Request another answer after one that was not worth showing: first with a prompt without the next line below
        the cursor, which the model may have repeated, then a sampled one. ``None`` if these are not worth showing, or a
        key was typed."""
        tries = ((_without_next_line(context), 0.0), (context, _TEMPERATURE))
        try:
            async with asyncio.timeout(_DEADLINE_S):
                for shown, temperature in tries:
                    text = await self._sampled(request, context, shown, temperature)
                    if text:
                        self._caches[0].remember(request.snapshot.uri, context, text)
                        return self.lookup(request.snapshot.uri, context)
                    if text is None:
                        break
        except TimeoutError:
            pass
        return None

    async def _sampled(
        self,
        request: CompletionRequest,
        context: CodeContext,
        shown: CodeContext | None = None,
        temperature: float = _TEMPERATURE,
    ) -> str | None:
        """Sample one more output and post-process it (``""`` if it is not worth showing); ``None`` if the slot is
        needed for a key. The prompt is made of ``shown`` instead of ``context``, if given."""
        connected = self._endpoint_for(request.settings).connection
        if connected is None or self._scheduler.is_answering:
            return None
        stream = await self._scheduler.sample(request, shown or context, connected, temperature)
        if stream.aborted or stream.error is not None:
            return None
        ended = {"finished": stream.complete, "left_block": stream.left_block}
        return self._shaper.shape(stream.text, request, context, **ended).text

    def _remembered(self, uri: str, context: CodeContext) -> Sequence[RemainingText]:
        found = (cache.lookup(uri, context) for cache in self._caches)
        return [left for left in found if left is not None and left.text]


def _without_next_line(context: CodeContext) -> CodeContext:
    """The context without the first nonblank line below the cursor's."""
    line, *below = context.suffix.split("\n")
    at = next((index for index, text in enumerate(below) if text.strip()), len(below))
    return evolve(context, suffix="\n".join([line, *below[:at], *below[at + 1 :]]))


def _bare(text: str) -> str:
    """The text without invisible characters, for comparison."""
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))
