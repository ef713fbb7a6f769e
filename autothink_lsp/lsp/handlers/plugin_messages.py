"""Messages of our editor plugins besides LSP's methods (``autothink/feedback``, ``autothink/cursor``,
``autothink/diagnostics``, ``autothink/languageServers``, ``autothink/documentStatus``, ``autothink/models``), and the
documents of actions.

Parameters are plain JSON objects. Missing members and those of another type are ignored, so that an older or newer
plugin never causes an error.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from autothink_lsp.lsp.server import AutothinkServer
from autothink_lsp.lsp.untyped import field
from autothink_lsp.values import Position

if TYPE_CHECKING:
    from autothink_lsp.features.served_models import ServedModel

_MOST_DIAGNOSTICS = 2_000


def feedback(ls: AutothinkServer, params: Any) -> None:
    """``{"id": 7, "event": "shown" | "accepted" | "partly" | "dismissed" | "undone"}``: counted on this machine."""
    ls.session.on_suggestion_event(field(params, "id"), field(params, "event"))


def cursor(ls: AutothinkServer, params: Any) -> None:
    """``{"uri": …, "position": {"line": 3, "character": 0}}``: the cursor has stopped there without a key press."""
    position = field(params, "position")
    line, character = field(position, "line"), field(position, "character")
    if isinstance(line, int) and isinstance(character, int) and line >= 0 and character >= 0:
        ls.session.cursor_rests(str(field(params, "uri")), Position(line, character))


def diagnostics(ls: AutothinkServer, params: Any) -> None:
    """``{"uri": …, "version": number, "diagnostics": [LSP diagnostic], "sources": [text]?}``: the diagnostics of a
    document, and the tools that have published, if the client knows them. Of a watched document they are all."""
    from autothink_lsp.lsp.assist_requests import diagnostic_of

    uri = str(field(params, "uri"))
    listed, sources = field(params, "diagnostics"), field(params, "sources")
    snapshot = ls.session.documents.snapshot(uri)
    if snapshot is None or not isinstance(listed, list):
        return
    found = tuple(diagnostic_of(one, snapshot) for one in listed[:_MOST_DIAGNOSTICS])
    named = frozenset(one for one in sources if isinstance(one, str)) if isinstance(sources, list) else frozenset()
    version = field(params, "version")
    if ls.session.actions.watches.is_watched(uri):
        ls.session.actions.watches.reported(uri, found, named, version=version if isinstance(version, int) else None)
    if version == snapshot.version:  # of an older text the lines may be others
        ls.session.context_provider.on_diagnostics(uri, 0, snapshot.text.line_count, found)


def language_servers(ls: AutothinkServer, params: Any) -> None:
    """``{"programs": [path], "extensionFolders": [path]}``: the editor's language servers."""
    ls.session.on_language_servers(params)


async def document_status(ls: AutothinkServer, params: Any) -> dict[str, Any]:
    """``{"uri": …}`` → ``{"completes": bool, "assists": bool, "reason": text}``: why a document gets no suggestions."""
    await ls.session.configuration.known()
    return ls.session.document_status(str(field(params, "uri")))


async def models(ls: AutothinkServer, _params: Any = None) -> list[dict[str, Any]]:
    """``autothink/models``: the models of the embedded engine, with their fit for this machine and their roles, and
    those of the configured servers."""
    from autothink_lsp.engines.models.store import ModelStore
    from autothink_lsp.engines.speed import SpeedRecord
    from autothink_lsp.features.model_abilities import describe_models
    from autothink_lsp.features.served_models import served_models

    await ls.session.configuration.known()
    settings = ls.session.configuration.settings_for(None)
    embedded = settings.embedded
    found, served = await asyncio.gather(
        asyncio.to_thread(describe_models, ModelStore.default(), SpeedRecord.load(), settings),
        served_models(settings, local_only=ls.session.configuration.is_local_only),
    )
    use = ls.session.completion.context_use(settings)
    rows = [_served_row(one) for one in served]
    rows.extend(
        {
            "name": one.name,
            "server": None,
            "reference": one.reference,
            "licence": one.licence,
            "sizeBytes": one.size_bytes,
            "memoryBytes": one.memory_bytes,
            "installed": one.installed,
            "fits": one.fits,
            "tokensPerSecond": one.tokens_per_s,
            "isSpeedMeasured": one.is_speed_measured,
            "roles": None if one.roles is None else list(one.roles),
            "thinks": one.thinks,
            "evidence": one.evidence,
            "recommendedFor": list(one.recommended_for),
            "usedFor": [
                role
                for role, backend, name in (
                    ("completion", settings.completion.backend, embedded.model),
                    ("assist", settings.assist.backend, embedded.assist_model),
                    ("next edit", settings.next_edit.backend, embedded.next_edit_model),
                )
                if name == one.name and backend == "embedded"
            ],
        }
        for one in found
    )
    is_embedded = settings.completion.backend == "embedded"
    for row in rows:
        # A server of another role, or the embedded engine, may have a model of the same name.
        is_served = row["server"] is not None
        completes = is_served and "completion" in row["roles"] if not is_embedded else not is_served
        is_used = use is not None and row["name"] == use.model and completes
        row["contextUsedTokens"] = use.used_tokens if use is not None and is_used else None
        row["contextTokens"] = use.context_tokens if use is not None and is_used else None
    return rows


def _served_row(one: ServedModel) -> dict[str, Any]:
    """A model of a server, whose size and speed are unknown."""
    return {
        "name": one.name,
        "server": one.server,
        "reference": "",
        "licence": "",
        "sizeBytes": 0,
        "memoryBytes": 0,
        "installed": True,
        "fits": None,
        "tokensPerSecond": None,
        "isSpeedMeasured": False,
        "roles": [_role_name(role) for role in one.roles],
        "thinks": None,
        "evidence": "",
        "recommendedFor": [],
        "usedFor": [_role_name(role) for role in one.used_for],
        "backTo": {_role_name(role): backend for role, backend in one.back_to.items()},
    }


def _role_name(role: str) -> str:
    """The name in messages to a client: ``next edit`` for ``next_edit``."""
    return role.replace("_", " ")


def text_document_content(
    ls: AutothinkServer, params: types.TextDocumentContentParams
) -> types.TextDocumentContentResult:
    """``workspace/textDocumentContent``: the text of an action's document."""
    return types.TextDocumentContentResult(text=ls.session.actions.documents.content(params.uri))
