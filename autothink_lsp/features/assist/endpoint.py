"""The model behind the assistant: connected at first use, asked once who it is, its speed learned from every reply.

Unlike completion, an action is asked for by hand: what is wrong is told as its result, every time, and the next action
tries anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from attrs import define, evolve, field, frozen

from autothink_lsp.backends.base import Backend, ServerDescription
from autothink_lsp.backends.endpoint import host_of
from autothink_lsp.features.probing.apply import as_probed, prefill_lost
from autothink_lsp.features.probing.known import KnownEndpoints
from autothink_lsp.features.probing.values import Capabilities
from autothink_lsp.prompt.think_profile import ProfileChoice, choose_profile
from autothink_lsp.settings.model import Settings

logger = logging.getLogger(__name__)

_WEIGHT = 0.3  # of the newest measurement
# What a server with an unknown context is believed to have: enough for a function and its answer.
DEFAULT_CONTEXT_TOKENS = 8192


@define
class Speed:
    """Tokens a second, ``None`` before the first measurement."""

    decode_tokens_per_s: float | None = None

    def observe(self, tokens: int, seconds: float) -> None:
        """Learn from one reply; its prompt's evaluation is in the seconds too, so this errs on the slow side."""
        if tokens < 8 or seconds <= 0:
            return
        now = tokens / seconds
        old = self.decode_tokens_per_s
        self.decode_tokens_per_s = now if old is None else old + _WEIGHT * (now - old)


@frozen
class AssistConnected:
    """A backend that answered, and how it is told to think."""

    backend: Backend
    choice: ProfileChoice
    model: str
    server: str
    context_tokens: int
    embedded: bool
    speed: Speed = field(factory=Speed)
    named: ProfileChoice | None = None
    """The profile by the model's name, before anything was seen of its server."""
    refused_prefill: bool = False
    """A request of this session showed that the server does not continue a begun answer."""


@define(eq=False)
class AssistEndpoints:
    """One connection for each distinct set of settings that lead to a server."""

    connect: Callable[[Settings], Awaitable[Backend]]
    known: KnownEndpoints | None = None
    _connected: dict[object, AssistConnected] = field(factory=dict)
    _connecting: dict[object, asyncio.Lock] = field(factory=dict)

    async def get(self, settings: Settings) -> AssistConnected:
        """Raises ``AutothinkError``. Cancelling gives up the connecting."""
        key = _key(settings)
        async with self._connecting.setdefault(key, asyncio.Lock()):
            found = self._connected.get(key)
            if found is None:
                found = self._connected[key] = await self._new(settings)
            return found

    async def failed(self, settings: Settings) -> None:
        """A request failed: the next one looks again who is there."""
        connected = self._connected.pop(_key(settings), None)
        if connected is not None:
            await connected.backend.aclose()

    def answered(self, settings: Settings, connected: AssistConnected) -> None:
        """An action was answered: now there is time to find out what this server can really do."""
        if self.known is not None and not connected.embedded:
            found = partial(self._found_out, settings)
            self.known.find_out(settings, connected.model, connected.context_tokens, found)

    def prefill_lost(self, settings: Settings) -> None:
        """A request showed that the server refuses or ignores begun answers: later actions send none."""
        key = _key(settings)
        connected = self._connected.get(key)
        if connected is not None:
            choice = prefill_lost(connected.choice)
            logger.info("assistant: %s", choice.reason)
            self._connected[key] = evolve(connected, choice=choice, refused_prefill=True)

    def _found_out(self, settings: Settings, facts: Capabilities) -> None:
        """A probe has ended: the next action goes by what it saw."""
        key = _key(settings)
        connected = self._connected.get(key)
        if connected is None or facts.model not in {"", connected.model}:
            return
        choice = as_probed(connected.named or connected.choice, facts)
        if connected.refused_prefill:
            choice = prefill_lost(choice)
        self._connected[key] = evolve(connected, choice=choice)

    async def aclose(self) -> None:
        """Close all. Idempotent."""
        if self.known is not None:
            await self.known.aclose()
        connected, self._connected = list(self._connected.values()), {}
        for one in connected:
            await one.backend.aclose()

    async def _new(self, settings: Settings) -> AssistConnected:
        assist = settings.assist
        embedded = assist.backend == "embedded"
        backend = await self.connect(settings)
        try:
            description = await backend.describe()
        except BaseException:
            await backend.aclose()
            raise
        model = assist.model or description.model or ""
        choice = choose_profile(
            model, description.server, configured=assist.think_profile, embedded=embedded, host=host_of(assist.url)
        )
        named = choice
        facts = self.known.of(assist, model) if self.known is not None else None
        if facts is not None:
            choice = as_probed(choice, facts)
        logger.info("assistant ready: %s %s, %s", description.server, model, choice.reason)
        context = _context_tokens(description, settings, embedded=embedded)
        speed = Speed(facts.decode_tokens_per_s if facts else None)
        return AssistConnected(backend, choice, model, description.server, context, embedded, speed, named)


def _context_tokens(description: ServerDescription, settings: Settings, *, embedded: bool) -> int:
    if embedded:
        return settings.embedded.context_tokens
    return description.context_tokens or DEFAULT_CONTEXT_TOKENS


def _key(settings: Settings) -> object:
    assist, redact = settings.assist, settings.privacy.redact_for
    if assist.backend == "embedded":
        return ("embedded", settings.embedded, assist.think_profile, redact)
    who = (assist.api_key_env, assist.api_key_command, assist.api_key_keyring, assist.allow_http)
    started = settings.vllm if assist.backend == "vllm" else settings.transformers
    return (
        assist.backend,
        assist.url,
        assist.model,
        *who,
        assist.think_profile,
        redact,
        None if assist.url else started,
    )
