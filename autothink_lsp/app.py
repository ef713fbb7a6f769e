"""The composition root: builds every object once and hands it down. No logic, and nothing heavy at import.

``build_server`` is all that ``serve`` needs; the rest of the house is imported when a client has said ``initialize``.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from autothink_lsp.lsp.server import AutothinkServer, create_server
from autothink_lsp.values import PositionEncoding

if TYPE_CHECKING:
    from autothink_lsp.lsp.logs import Logs
    from autothink_lsp.lsp.session import Session

logger = logging.getLogger(__name__)


def now_ms() -> float:
    """Monotonic milliseconds: the clock of everything that waits."""
    return time.monotonic() * 1_000


def build_server(*, log_level: str | None = None, log_file: str | None = None) -> AutothinkServer:
    """A server for one client. The arguments override the settings of the same name."""
    from autothink_lsp.lsp.logs import Logs

    logs = Logs(level=log_level, file=log_file)
    logs.start()

    def session(
        server: AutothinkServer, encoding: PositionEncoding, folders: list[str], options: object
    ) -> Session:
        return _build_session(server, encoding, folders, options, logs)

    return create_server(session)


def _build_session(
    server: AutothinkServer, encoding: PositionEncoding, folders: list[str], options: object, logs: Logs
) -> Session:
    """One client's house. Imports everything that a keystroke needs except what opens sockets or parses."""
    from autothink_lsp.context.window import WindowTracker
    from autothink_lsp.document.notebooks import NotebookStore
    from autothink_lsp.document.store import DocumentStore
    from autothink_lsp.features.completion.answer import AnswerShaper
    from autothink_lsp.features.completion.connector import BackendConnector
    from autothink_lsp.features.completion.endpoints import CompletionEndpoints
    from autothink_lsp.features.completion.service import CompletionService
    from autothink_lsp.features.embedded import EmbeddedModels
    from autothink_lsp.lsp.configuration import Configuration
    from autothink_lsp.lsp.messages import Messages
    from autothink_lsp.lsp.notices import Notices
    from autothink_lsp.lsp.session import Session
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.settings.trust import TrustStore
    from autothink_lsp.syntax.grammar import Grammars
    from autothink_lsp.syntax.languages import LanguageRegistry

    logs.to_client(server)
    messages = Messages(server)
    notices = Notices(server, messages)
    configuration = Configuration(folders, options, warn=messages.warning, trust=TrustStore(state_dir()))
    embedded = EmbeddedModels(consent=messages.may_fetch, working=notices.working)
    endpoints = CompletionEndpoints(BackendConnector(embedded), notices, now_ms)
    documents = DocumentStore(encoding)
    completion = CompletionService(
        endpoint_for=endpoints.get,
        registry=LanguageRegistry(),
        windows=WindowTracker(),
        shaper=AnswerShaper(Grammars()),
        observe=embedded.observe,
        now_ms=now_ms,
    )
    documents.subscribe(completion)

    async def close() -> None:
        await endpoints.aclose()
        await embedded.aclose()

    session = Session(
        documents=documents,
        notebooks=NotebookStore(),
        configuration=configuration,
        completion=completion,
        now_ms=now_ms,
        close_backends=close,
    )
    server.on_settings_changed.append(lambda: logs.apply(configuration.settings_for(None).log))
    # Clients that cannot be asked for settings have said all they will: nothing may change after this.
    logs.apply(configuration.settings_for(None).log)
    return session
