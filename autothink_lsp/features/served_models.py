"""The models that the configured servers list (``/v1/models``), for the model pickers of the editors.

Asks only servers that the settings name for a role, with that role's key, and none on another machine for a role that
is off, as all are in a workspace that is not trusted (``settings/local_only.py``). The server of a role that uses the
embedded engine now is listed, too, so that the user can go back to it. A server that cannot be reached, answers nothing
usable or is refused by the settings (plain http to another machine) is left out: the picker shows the rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from attrs import evolve, frozen

from autothink_lsp.errors import AutothinkError
from autothink_lsp.features.endpoints import Role, has_next_edit_model, http_endpoint, role_settings
from autothink_lsp.settings.local_only import leaves_this_machine
from autothink_lsp.settings.model import Settings

logger = logging.getLogger(__name__)

ROLES: tuple[Role, ...] = ("completion", "assist", "next_edit")
TIMEOUT_S = 3.0
MOST_MODELS = 200
"""Of one server: gateways list several hundred."""
_BACKENDS = {"llamacpp": "llama-server", "vllm": "vllm"}  # by the ``owned_by`` of the list; others speak OpenAI's API
_NEXT_EDIT_BACKENDS = ("openai", "llama-server")


@frozen
class ServedModel:
    """A model of a server that is configured for ``roles``; ``used_for`` are those whose settings name the model.
    ``back_to``: for each role that uses the embedded engine now, the backend with which it would use the server."""

    name: str
    server: str  # its URL as it may be shown
    roles: tuple[Role, ...]
    used_for: tuple[Role, ...]
    back_to: Mapping[Role, str] = MappingProxyType({})


async def served_models(settings: Settings, *, local_only: bool = False) -> tuple[ServedModel, ...]:
    """The models of all configured servers, in the order of the roles and of the servers' lists. ``local_only``: no
    server on another machine is asked."""
    listed = await asyncio.gather(*(_listed(settings, role, local_only=local_only) for role in ROLES))
    found: dict[tuple[str, str], ServedModel] = {}
    for role, (server, names, backend) in zip(ROLES, listed, strict=True):
        configured = role_settings(settings, role)
        is_embedded = configured.backend == "embedded"
        for name in names:
            known = found.get((server, name), ServedModel(name, server, (), ()))
            used = (role,) if name == configured.model and not is_embedded else ()
            back_to = {**known.back_to, role: backend} if is_embedded else known.back_to
            found[server, name] = evolve(
                known, roles=(*known.roles, role), used_for=(*known.used_for, *used), back_to=back_to
            )
    return tuple(found.values())


async def _listed(settings: Settings, role: Role, *, local_only: bool) -> tuple[str, Sequence[str], str]:
    """The server's URL, the names of its models that generate text, and the backend that fits the server."""
    configured = role_settings(settings, role)
    nothing = "", (), ""
    if configured.backend == "embedded":  # its section may still have the server that was used before
        section = settings.next_edit if role == "next_edit" else configured
        configured = evolve(configured, backend="openai", url=section.url)
    if not configured.url or _is_off(settings, role) or (local_only and leaves_this_machine(configured)):
        return nothing
    from autothink_lsp.backends.endpoint import Timeouts
    from autothink_lsp.backends.http import HttpClient
    from autothink_lsp.backends.openai_models import api_base, entries_of, text_models

    try:
        endpoint = http_endpoint(configured, Timeouts())
        if endpoint.is_plain_http and not endpoint.is_loopback and not configured.allow_http:
            return nothing
        client = HttpClient(endpoint)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await client.fetch_json("GET", f"{api_base(endpoint)}/models")
        finally:
            await client.aclose()
    except (AutothinkError, TimeoutError) as error:
        logger.info("the models of the server of %s are not listed: %s", role, error or f"no answer in {TIMEOUT_S} s")
        return nothing
    entries = entries_of(answer.value) or ()
    return endpoint.shown_url, text_models(entries)[:MOST_MODELS], _backend_for(role, entries)


def _backend_for(role: Role, entries: Sequence[dict[str, Any]]) -> str:
    owners = {str(entry.get("owned_by")) for entry in entries}
    found = _BACKENDS.get(owners.pop(), "openai") if len(owners) == 1 else "openai"
    return found if role != "next_edit" or found in _NEXT_EDIT_BACKENDS else "openai"


def _is_off(settings: Settings, role: Role) -> bool:
    """Whether the role may not ask its server: it has none, or is off and the server is on another machine."""
    if role == "next_edit":
        return not has_next_edit_model(settings)
    section = settings.completion if role == "completion" else settings.assist
    return not section.enabled and leaves_this_machine(section)
