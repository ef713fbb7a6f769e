"""The assist endpoint: connected at the first action, with a think profile and the speed measured from its replies.

The user requests each action, so a failure is reported as the result of that action, and the next one connects again.
Connecting is in ``features/endpoints.py``.
"""

from __future__ import annotations

import asyncio
import logging

from attrs import define, evolve, field, frozen

from autothink_lsp.backends.base import Backend, ServerDescription
from autothink_lsp.backends.endpoint import host_of
from autothink_lsp.engines.speed import Throughput
from autothink_lsp.features.endpoints import Connect, EndpointPool, RoleEndpoint
from autothink_lsp.features.probing.capabilities import Capabilities, as_probed, prefill_lost
from autothink_lsp.features.probing.known import KnownEndpoints
from autothink_lsp.prompt.think.choose import ProfileChoice, StreamForm, choose_profile, profile_of_stream
from autothink_lsp.prompt.think.profile import ThinkProfile
from autothink_lsp.settings.model import Settings

logger = logging.getLogger(__name__)

# The assumed context of a server that does not report one: enough for a function and its answer.
DEFAULT_CONTEXT_TOKENS = 8192
_NEWEST_WEIGHT = 0.3  # of a new measurement of the speed (chosen)


@define
class ReplySpeed:
    """The speed of replies: decoded tokens per second, and the time to the first token. ``None`` before the first
    measurement."""

    decoding: Throughput = field(factory=lambda: Throughput(newest_weight=_NEWEST_WEIGHT, min_tokens=8))
    first_token_s: float | None = None

    @property
    def tokens_per_s(self) -> float | None:
        """The decode speed, without the time to the first token."""
        return self.decoding.tokens_per_s

    def observe(self, tokens: int, seconds: float, first_token_s: float) -> None:
        """Update the speed with one reply. If the first token came last, the decode time is not known."""
        self.decoding.observe(tokens - 1, (seconds - first_token_s) * 1_000)
        known = self.first_token_s
        self.first_token_s = first_token_s if known is None else known + _NEWEST_WEIGHT * (first_token_s - known)


@frozen
class AssistConnection:
    """An identified backend, and the think profile of its model."""

    backend: Backend
    choice: ProfileChoice
    model: str
    server: str
    context_tokens: int
    embedded: bool
    speed: ReplySpeed = field(factory=ReplySpeed)
    choice_by_name: ProfileChoice | None = None
    """The profile by the model's name, before a probe or a request of its server."""
    refused_prefill: bool = False
    """A request of this session showed that the server does not continue a begun answer."""


class AssistEndpoint(RoleEndpoint[AssistConnection]):
    """The assist endpoint of some settings. ``known`` caches the results of probes."""

    role = "assist"

    def __init__(self, settings: Settings, connect: Connect, known: KnownEndpoints | None = None) -> None:
        super().__init__(settings, connect)
        self._known = known
        self._connecting = asyncio.Lock()

    async def connect(self) -> AssistConnection:
        """The connection, made if necessary. Raises ``AutothinkError``. Cancelling stops the connecting."""
        async with self._connecting:
            return self._connection or await self._open()

    @property
    def profile(self) -> ThinkProfile | None:
        """The think profile of the connected model; ``None`` before a connection."""
        return self._connection.choice.profile if self._connection is not None else None

    async def on_failed(self) -> None:
        """Close the connection after a failed request, so that the next action makes a new one."""
        await super().aclose()

    def on_answered(self, connection: AssistConnection) -> None:
        """Probe the server after an answer, when the user is not waiting for it."""
        if self._known is not None and not connection.embedded:
            self._known.find_out(self.settings, connection.model, connection.context_tokens, self.on_probed)

    def on_prefill_lost(self) -> None:
        """Stop sending prefills, because a request showed that the server refuses or ignores them."""
        if self._connection is not None:
            choice = prefill_lost(self._connection.choice)
            logger.info("assistant: %s", choice.reason)
            self._connection = evolve(self._connection, choice=choice, refused_prefill=True)

    def on_form_seen(self, form: StreamForm) -> None:
        """Switch the profile, because a stream of a model that was not known to think contained thinking."""
        connection = self._connection
        if connection is None or self.settings.assist.think_profile != "auto" or connection.choice.profile.can_on:
            return
        found = profile_of_stream(form, connection.server, host_of(self.settings.assist.url))
        if found is None:
            return
        logger.info("assistant: %s", found.reason)
        choice = prefill_lost(found) if connection.refused_prefill else found
        self._connection = evolve(connection, choice=choice, choice_by_name=found)

    def on_probed(self, facts: Capabilities) -> None:
        """Use the results of a probe for later actions."""
        connection = self._connection
        if connection is None or facts.model not in {"", connection.model}:
            return
        choice = as_probed(connection.choice_by_name or connection.choice, facts)
        if connection.refused_prefill:
            choice = prefill_lost(choice)
        self._connection = evolve(connection, choice=choice)

    async def aclose(self) -> None:
        """Stop probing and close the connection. Idempotent."""
        if self._known is not None:
            await self._known.aclose()
        await super().aclose()

    async def _identify(self, backend: Backend, description: ServerDescription, model: str) -> AssistConnection:
        assist = self.settings.assist
        embedded = assist.backend == "embedded"
        by_name = choose_profile(
            model,
            description.server,
            configured=assist.think_profile,
            embedded=embedded,
            host=host_of(assist.url),
            chat_template=description.chat_template,
        )
        facts = self._known.of(assist, model) if self._known is not None else None
        choice = as_probed(by_name, facts) if facts is not None else by_name
        logger.info("assistant ready: %s %s, %s", description.server, model, choice.reason)
        default_tokens = self.settings.embedded.context_tokens if embedded else DEFAULT_CONTEXT_TOKENS
        context_tokens = description.context_tokens or default_tokens
        speed = ReplySpeed()
        speed.decoding.tokens_per_s = facts.decode_tokens_per_s if facts else None
        return AssistConnection(
            backend, choice, model, description.server, context_tokens, embedded, speed, choice_by_name=by_name
        )


def assist_endpoints(connect: Connect, known: KnownEndpoints | None = None) -> EndpointPool[AssistEndpoint]:
    """The assist endpoints of one client."""
    return EndpointPool("assist", lambda settings: AssistEndpoint(settings, connect, known))
