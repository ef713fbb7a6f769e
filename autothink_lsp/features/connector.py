"""From settings to a role's backend: an engine that we start if necessary, or the server that the user named."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from autothink_lsp.backends.base import Backend
from autothink_lsp.context.privacy import redacts
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.errors import ServerNotNamed, SettingsError
from autothink_lsp.features.endpoints import Role, http_endpoint, role_settings
from autothink_lsp.features.redacting_backend import RedactingBackend
from autothink_lsp.features.request_limit import LimitedBackend, RequestBudget
from autothink_lsp.settings.model import STARTED_BACKENDS, EndpointSettings, Settings

if TYPE_CHECKING:
    from autothink_lsp.backends.endpoint import Timeouts
    from autothink_lsp.engines.base import EngineAddress
    from autothink_lsp.features.embedded import EmbeddedModels
    from autothink_lsp.features.model_servers import ModelServers

# Its own name for the key in an environment of its own: no other process sees either.
_KEY_NAME = "ENGINE_KEY"
# The embedded engine has a slot for each role and place, completion's first (``engines/llama_parameters.py``).
COMPLETION_SLOT, ASSIST_SLOT = 0, 1
ONLY_SLOT = 0  # of an engine for one role alone
# vLLM serves the lower number first; other clients of the same server send nothing, which is 0.
KEYSTROKES_FIRST, ACTIONS_LATER = -1, 1


class BackendConnector:
    """Makes the backends of the roles, behind redaction. Raises ``AutothinkError``; opens no connection itself.

    ``session`` is sent with each request: a router in front of several servers keeps one editor on one of them, and so
    on one prefix cache. It is a random word of this process and does not identify the user.
    """

    def __init__(self, embedded: EmbeddedModels, servers: ModelServers, names: SecretNames) -> None:
        self._names = names
        self._embedded = embedded
        self._servers = servers
        self._session = secrets.token_hex(8)
        self._budgets: dict[tuple[Role, str], RequestBudget] = {}

    async def completion(self, settings: Settings) -> Backend:
        """The completion role's backend."""
        return await self._redacting(settings, "completion")

    async def assist(self, settings: Settings) -> Backend:
        """The assist role's backend."""
        return await self._redacting(settings, "assist")

    async def next_edit(self, settings: Settings) -> Backend:
        """The next-edit role's backend."""
        return await self._redacting(settings, "next_edit")

    async def _redacting(self, settings: Settings, role: Role) -> Backend:
        """The only way to a server: see ``redacting_backend.py``."""
        backend = await self._connect(settings, role_settings(settings, role), role)
        return RedactingBackend(backend, self._names) if redacts(settings, role_settings(settings, role)) else backend

    async def _connect(self, settings: Settings, role: EndpointSettings, section: Role) -> Backend:
        from autothink_lsp.backends.endpoint import Timeouts
        from autothink_lsp.backends.registry import make_backend
        from autothink_lsp.features.assist_model_backend import AssistModelBackend
        from autothink_lsp.features.chat_completion import ChatCompletionBackend
        from autothink_lsp.features.embedded_next_edit import OwnEngineBackend

        # A server that thinks without showing it is silent for as long as the whole action may take.
        timeouts = Timeouts(read_s=settings.assist.deadline_s) if section == "assist" else Timeouts()
        if role.backend == "embedded":
            if section == "next_edit":
                address, release = await self._embedded.use_for_next_edits(settings)
                return OwnEngineBackend(self._embedded_backend(address, ONLY_SLOT, timeouts), release)
            if section == "assist" and not self._embedded.is_shared(settings):
                return AssistModelBackend(
                    lambda: self._embedded.use_for_actions(settings),
                    lambda address: self._embedded_backend(address, ONLY_SLOT, timeouts),
                    self._embedded.observe_action,
                )
            slot = ASSIST_SLOT if section == "assist" else COMPLETION_SLOT
            return self._embedded_backend(await self._embedded.address(settings), slot, timeouts)
        priority = ACTIONS_LATER if section == "assist" else KEYSTROKES_FIRST
        if role.backend in STARTED_BACKENDS and not role.url:
            address = await self._servers.address(settings, role, section)
            return self._engine_backend(address, role, timeouts, priority)
        if not role.url:
            raise ServerNotNamed(
                f'{section}.backend is "{role.backend}", but {section}.url is empty.',
                hint=f'Set {section}.url to the server\'s address, or {section}.backend to "embedded".',
            )
        endpoint = http_endpoint(
            role, timeouts, priority=priority, session=self._session, keep_free=1 if section == "assist" else 0
        )
        if endpoint.is_plain_http and not endpoint.is_loopback and not role.allow_http:
            raise SettingsError(
                f"{endpoint.shown_url} is plain http to another machine: code and key could be read on the way.",
                hint=f"Use https (examples/team has a proxy for it), or set {section}.allow_http to true.",
            )
        backend = make_backend(role.backend, endpoint)
        if role.requests_per_minute:
            budget = self._budgets.setdefault((section, endpoint.shown_url), RequestBudget(section))
            backend = LimitedBackend(backend, budget, role.requests_per_minute)
        return ChatCompletionBackend(backend) if section == "completion" and backend.name == "openai" else backend

    @staticmethod
    def _engine_backend(address: EngineAddress, role: EndpointSettings, timeouts: Timeouts, priority: int) -> Backend:
        from autothink_lsp.backends.credentials import Credentials
        from autothink_lsp.backends.endpoint import Endpoint
        from autothink_lsp.backends.http import HttpClient
        from autothink_lsp.backends.openai import OpenAIBackend

        endpoint = Endpoint(
            url=address.url,
            model=role.model,
            api_key_env=_KEY_NAME if address.api_key else "",
            label=f"the {'vLLM' if role.backend == 'vllm' else 'transformers'} engine",
            timeouts=timeouts,
            priority=priority,
        )
        credentials = Credentials(endpoint, environ={_KEY_NAME: address.api_key})
        return OpenAIBackend(endpoint, HttpClient(endpoint, credentials))

    @staticmethod
    def _embedded_backend(address: EngineAddress, slot: int, timeouts: Timeouts) -> Backend:
        from autothink_lsp.backends.credentials import Credentials
        from autothink_lsp.backends.endpoint import Endpoint
        from autothink_lsp.backends.http import HttpClient
        from autothink_lsp.backends.llama_server import LlamaServerBackend

        endpoint = Endpoint(
            url=address.url,
            api_key_env=_KEY_NAME,
            label="the embedded model",
            slot=slot * address.places + address.place,
            timeouts=timeouts,
        )
        credentials = Credentials(endpoint, environ={_KEY_NAME: address.api_key})
        return LlamaServerBackend(endpoint, HttpClient(endpoint, credentials))
