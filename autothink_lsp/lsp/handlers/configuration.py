"""Settings that change at run time: ``workspace/didChangeConfiguration``, ``workspace/configuration``, and watched
files."""

from __future__ import annotations

from lsprotocol import types

from autothink_lsp.lsp.names import SECTION
from autothink_lsp.lsp.server import AutothinkServer
from autothink_lsp.lsp.untyped import field

_WATCHED = (
    "**/autothink.toml",
    "**/*.{py,js,jsx,mjs,ts,tsx,go,rs,java,kt,c,h,cc,cpp,hpp,cs,rb,php,swift,scala,lua,zig}",
)


async def did_change_configuration(ls: AutothinkServer, params: types.DidChangeConfigurationParams) -> None:
    """Update the settings: request them from a client that supports ``workspace/configuration``; others send them
    here."""
    if ls.client.features.configuration:
        await ls.session.fetch_settings()
        return
    sent = params.settings
    section = field(sent, SECTION)
    ls.session.configuration.client_sent({None: section if section is not None else sent})
    ls.session.configuration.notify_changed()


def did_change_watched_files(ls: AutothinkServer, params: types.DidChangeWatchedFilesParams) -> None:
    """Reload settings and update indexes after files changed on disk."""
    uris = [change.uri for change in params.changes]
    if any(uri.endswith("/autothink.toml") for uri in uris):
        ls.session.configuration.reload()
        ls.session.configuration.notify_changed()
    if sources := [uri for uri in uris if not uri.endswith("/autothink.toml")]:
        ls.session.files_changed(sources)


def did_save(ls: AutothinkServer, params: types.DidSaveTextDocumentParams) -> None:
    """Update the index after a document was saved."""
    ls.session.did_save(params.text_document.uri)


async def register_watchers(ls: AutothinkServer) -> None:
    """Register for changes of settings and files, if the client supports it."""
    registrations: list[types.Registration] = []
    if ls.client.features.register_configuration:
        registrations.append(
            types.Registration(
                id="autothink-configuration",
                method=types.WORKSPACE_DID_CHANGE_CONFIGURATION,
                register_options=types.DidChangeConfigurationRegistrationOptions(section=SECTION),
            )
        )
    if ls.client.features.register_watched_files:
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
    await ls.client.register(registrations)
