"""The models that the configured servers list (``/v1/models``), for the model pickers of the editors.

Asks only servers that the settings name for a role, with that role's key, and none on another machine for a role that
is off, as all are in a workspace that is not trusted (``settings/local_only.py``). A server that cannot be reached,
answers nothing usable or is refused by the settings (plain http to another machine) is left out: the picker shows the
rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

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


@frozen
class ServedModel:
    """A model of a server that is configured for ``roles``; ``used_for`` are those whose settings name the model."""

    name: str
    server: str  # its URL as it may be shown
    roles: tuple[Role, ...]
    used_for: tuple[Role, ...]


async def served_models(settings: Settings) -> tuple[ServedModel, ...]:
    """The models of all configured servers, in the order of the roles and of the servers' lists."""
    listed = await asyncio.gather(*(_listed(settings, role) for role in ROLES))
    found: dict[tuple[str, str], ServedModel] = {}
    for role, (server, names) in zip(ROLES, listed, strict=True):
        chosen = role_settings(settings, role).model
        for name in names:
            known = found.get((server, name), ServedModel(name, server, (), ()))
            used = (role,) if name == chosen else ()
            found[server, name] = evolve(known, roles=(*known.roles, role), used_for=(*known.used_for, *used))
    return tuple(found.values())


async def _listed(settings: Settings, role: Role) -> tuple[str, Sequence[str]]:
    """The server's URL and the names of its models that generate text."""
    configured = role_settings(settings, role)
    if configured.backend == "embedded" or not configured.url or _is_off(settings, role):
        return "", ()
    from autothink_lsp.backends.endpoint import Timeouts
    from autothink_lsp.backends.http import HttpClient
    from autothink_lsp.backends.openai_models import api_base, entries_of, text_models

    try:
        endpoint = http_endpoint(configured, Timeouts())
        if endpoint.is_plain_http and not endpoint.is_loopback and not configured.allow_http:
            return "", ()
        client = HttpClient(endpoint)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await client.fetch_json("GET", f"{api_base(endpoint)}/models")
        finally:
            await client.aclose()
    except (AutothinkError, TimeoutError) as error:
        logger.info("the models of the server of %s are not listed: %s", role, error or f"no answer in {TIMEOUT_S} s")
        return "", ()
    return endpoint.shown_url, text_models(entries_of(answer.value) or ())[:MOST_MODELS]


def _is_off(settings: Settings, role: Role) -> bool:
    """Whether the role may not ask its server: it has none, or is off and the server is on another machine."""
    if role == "next_edit":
        return not has_next_edit_model(settings)
    section = settings.completion if role == "completion" else settings.assist
    return not section.enabled and leaves_this_machine(section)
