"""Endpoints of the model roles: which settings make two of them different, how one is connected, and their pool.

All connect in the same way and differ in what they do after a failure, which is decided in ``completion/endpoint.py``
(pauses, one message for each problem), ``assist/endpoint.py`` (each action reports its error, the next one connects
again) and ``next_edit/model_endpoint.py`` (the rules go on alone). Sends no request besides those that identify the
server.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeVar

from attrs import fields

from autothink_lsp.backends.base import Backend, ServerDescription
from autothink_lsp.settings.model import EndpointSettings, Settings
from autothink_lsp.settings.model_server import ModelServerSettings

if TYPE_CHECKING:
    from autothink_lsp.backends.endpoint import Endpoint, Timeouts

Role = Literal["completion", "assist", "next_edit"]
Connect = Callable[[Settings], Awaitable[Backend]]
"""Turns settings into a role's backend; may start an engine, ask the user, or download. Raises ``AutothinkError``."""


class RoleConnection(Protocol):
    """A backend that was identified, with what the role knows about its server."""

    @property
    def backend(self) -> Backend: ...


ConnectionT = TypeVar("ConnectionT", bound=RoleConnection)


class RoleEndpoint(ABC, Generic[ConnectionT]):
    """The server that some settings name for a role. Connected when it is needed; ``connection`` is ``None`` before."""

    role: ClassVar[Role]

    def __init__(self, settings: Settings, connect: Connect) -> None:
        self.settings = settings
        self._connect_backend = connect
        self._connection: ConnectionT | None = None

    @property
    def connection(self) -> ConnectionT | None:
        """The connection, if there is one now."""
        return self._connection

    async def aclose(self) -> None:
        """Close the connection. Idempotent."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.backend.aclose()

    async def _open(self) -> ConnectionT:
        """Connect and identify the server. Raises ``AutothinkError``; closes a backend that cannot be identified."""
        backend = await self._connect_backend(self.settings)
        try:
            description = await backend.describe()
            model = role_settings(self.settings, self.role).model or description.model or ""
            self._connection = await self._identify(backend, description, model)
        except BaseException:
            await backend.aclose()
            raise
        return self._connection

    @abstractmethod
    async def _identify(self, backend: Backend, description: ServerDescription, model: str) -> ConnectionT:
        """What the role has to know about the server, which serves ``model``."""


EndpointT = TypeVar("EndpointT", bound=RoleEndpoint[Any])


class EndpointPool(Generic[EndpointT]):
    """One endpoint for each set of settings that lead to another server or to another use of it."""

    def __init__(self, role: Role, make: Callable[[Settings], EndpointT]) -> None:
        self._role: Role = role
        self._make = make
        self._endpoints: dict[object, EndpointT] = {}
        self._newest: tuple[Settings, EndpointT] | None = None  # a key asks several times with the same settings

    def get(self, settings: Settings) -> EndpointT:
        """The endpoint of these settings, made at its first use."""
        if self._newest is not None and self._newest[0] is settings:
            return self._newest[1]
        key = endpoint_key(settings, self._role)
        found = self._endpoints.get(key)
        if found is None:
            found = self._endpoints[key] = self._make(settings)
        self._newest = settings, found
        return found

    async def close_others(self, wanted: Iterable[Settings]) -> None:
        """Close the endpoints to which none of these settings lead."""
        self._newest = None
        keys = {endpoint_key(settings, self._role) for settings in wanted}
        others = [self._endpoints.pop(key) for key in [*self._endpoints] if key not in keys]
        for endpoint in others:
            await endpoint.aclose()

    async def aclose(self) -> None:
        """Close all endpoints. Idempotent."""
        self._newest = None
        endpoints, self._endpoints = list(self._endpoints.values()), {}
        for endpoint in endpoints:
            await endpoint.aclose()


def role_settings(settings: Settings, role: Role) -> EndpointSettings:
    """The section of a role."""
    if role == "next_edit":
        return next_edit_role(settings)
    return settings.completion if role == "completion" else settings.assist


def next_edit_role(settings: Settings) -> EndpointSettings:
    """The next-edit model's server in the form of the other roles' sections."""
    own = settings.next_edit
    server = {each.name: getattr(own, each.name) for each in fields(ModelServerSettings)}
    return EndpointSettings(backend="openai" if own.backend == "none" else own.backend, **server)


def has_next_edit_model(settings: Settings) -> bool:
    """Whether the settings name a next-edit model, so that not all next edits come from the rules."""
    own = settings.next_edit
    if own.backend == "embedded":
        return bool(settings.embedded.next_edit_model or settings.embedded.next_edit_model_path)
    return own.backend != "none" and bool(own.url)


def endpoint_key(settings: Settings, role: Role) -> object:
    """Equal for settings that mean the same connection in a role."""
    endpoint = role_settings(settings, role)
    # The deadline of an action is a timeout of its connection.
    assist = (settings.assist.think_profile, settings.assist.deadline_s)
    uses = {"completion": (settings.completion.fim_family,), "assist": assist}
    use = uses.get(role, (settings.next_edit.plain_models,))
    server: tuple[object, ...]
    if endpoint.backend == "embedded":  # the URL and the model's name in the settings have no meaning then
        server = (settings.embedded,)
    else:
        own_engine = settings.vllm if endpoint.backend == "vllm" else settings.transformers
        server = (
            *(endpoint.url, endpoint.model, endpoint.allow_http, endpoint.requests_per_minute),
            *(endpoint.api_key_env, endpoint.api_key_command, endpoint.api_key_keyring),
            None if endpoint.url else own_engine,
        )
    return (endpoint.backend, *use, settings.privacy.redact_for, *server)


def http_endpoint(role: ModelServerSettings, timeouts: Timeouts, **more: Any) -> Endpoint:
    """The server that a role's settings name. ``more`` are fields of ``Endpoint``. Raises ``SettingsError`` for a URL
    that is not valid. Imports the backends: call it when a connection is needed."""
    from autothink_lsp.backends.endpoint import Endpoint

    named = {
        "url": role.url,
        "model": role.model,
        "api_key_env": role.api_key_env,
        "api_key_command": role.api_key_command,
        "api_key_keyring": role.api_key_keyring,
        "timeouts": timeouts,
    }
    return Endpoint(**{**named, **more})
