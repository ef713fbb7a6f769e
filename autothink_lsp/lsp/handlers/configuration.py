"""Settings that change while we run: ``workspace/didChangeConfiguration``, ``workspace/configuration``, and watched
files."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from lsprotocol import types

from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)

SECTION = "autothink"
ANSWER_TIMEOUT_S = 10.0
_WATCHED = (
    "**/autothink.toml",
    "**/*.{py,js,jsx,mjs,ts,tsx,go,rs,java,kt,c,h,cc,cpp,hpp,cs,rb,php,swift,scala,lua,zig}",
)


async def did_change_configuration(ls: AutothinkServer, params: types.DidChangeConfigurationParams) -> None:
    """Clients that can be asked send nothing useful here; the others send everything."""
    if ls.features.configuration:
        await fetch_configuration(ls)
        return
    sent = params.settings
    section = _get(sent, SECTION)
    ls.session.configuration.client_sent({None: section if section is not None else sent})
    ls.settings_changed()


def did_change_watched_files(ls: AutothinkServer, params: types.DidChangeWatchedFilesParams) -> None:
    """Our own file, and sources, of which the index knows the definitions."""
    uris = [change.uri for change in params.changes]
    if any(uri.endswith("/autothink.toml") for uri in uris):
        ls.session.configuration.reload()
        ls.settings_changed()
    if sources := [uri for uri in uris if not uri.endswith("/autothink.toml")]:
        ls.session.files_changed(sources)


def did_save(ls: AutothinkServer, params: types.DidSaveTextDocumentParams) -> None:
    """A moment without typing."""
    ls.session.did_save(params.text_document.uri)


async def fetch_configuration(ls: AutothinkServer) -> None:
    """Ask for the section, for each folder and for none."""
    ls.session.configuration.asking()
    try:
        await _ask_client(ls)
    finally:
        ls.session.configuration.settle()
        ls.settings_changed()


async def _ask_client(ls: AutothinkServer) -> None:
    if not ls.features.configuration:
        return
    scopes: list[str | None] = [None, *ls.session.configuration.folders]
    params = types.ConfigurationParams(
        items=[types.ConfigurationItem(section=SECTION, scope_uri=scope) for scope in scopes]
    )
    try:
        answers: object = await asyncio.wait_for(ls.workspace_configuration_async(params), ANSWER_TIMEOUT_S)
    except Exception as error:  # noqa: BLE001 - the other layers of settings stay
        logger.info("the client did not answer workspace/configuration: %s", type(error).__name__)
        return
    ls.session.configuration.client_sent(sections_of(answers, scopes))


def sections_of(answers: object, scopes: Sequence[str | None]) -> dict[str | None, object]:
    """What a client says for each scope. ``null`` says nothing, a bare section counts for all scopes, and of a list of
    another length each value counts for the scope at its place."""
    if isinstance(answers, dict):
        return {None: answers}
    if isinstance(answers, list):
        return {scope: answer for scope, answer in zip(scopes, answers, strict=False) if answer is not None}
    return {}


async def register_watchers(ls: AutothinkServer) -> None:
    """Ask to be told of changes, where the client lets us."""
    registrations: list[types.Registration] = []
    if ls.features.register_configuration:
        registrations.append(
            types.Registration(
                id="autothink-configuration",
                method=types.WORKSPACE_DID_CHANGE_CONFIGURATION,
                register_options=types.DidChangeConfigurationRegistrationOptions(section=SECTION),
            )
        )
    if ls.features.register_watched_files:
        registrations.append(
            types.Registration(
                id="autothink-project-file",
                method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                register_options=types.DidChangeWatchedFilesRegistrationOptions(
                    watchers=[types.FileSystemWatcher(glob_pattern=pattern) for pattern in _WATCHED]
                ),
            )
        )
    if not registrations:
        return
    try:
        await asyncio.wait_for(
            ls.client_register_capability_async(types.RegistrationParams(registrations)), ANSWER_TIMEOUT_S
        )
    except Exception as error:  # noqa: BLE001 - without it changes are seen at the next start
        logger.info("the client did not take the registrations: %s", type(error).__name__)


def _get(value: Any, name: str) -> Any:
    """pygls gives untyped objects either as dicts or as attribute bags."""
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)
