"""The composition root: builds every object once and hands it down. No logic, and nothing heavy at import.

``build_server`` is all that ``serve`` needs; the rest of the house is imported when a client has said ``initialize``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from attrs import define, field

from autothink_lsp.values import PositionEncoding

if TYPE_CHECKING:
    from autothink_lsp.context.index.service import ProjectIndexes
    from autothink_lsp.context.privacy import PrivacyGate
    from autothink_lsp.context.redaction import SecretNames
    from autothink_lsp.context.surroundings import Surroundings
    from autothink_lsp.document.notebooks import NotebookStore
    from autothink_lsp.document.store import DocumentStore
    from autothink_lsp.engines.models.catalogue import ModelEntry
    from autothink_lsp.features.assist.service import AssistService
    from autothink_lsp.features.completion.endpoint import EndpointListener, EndpointPool
    from autothink_lsp.features.completion.service import CompletionService
    from autothink_lsp.features.connector import BackendConnector
    from autothink_lsp.features.embedded import Consent, EmbeddedModels, Working
    from autothink_lsp.features.model_servers import ModelServers
    from autothink_lsp.lsp.logs import Logs
    from autothink_lsp.lsp.server import AutothinkServer
    from autothink_lsp.lsp.session import Session
    from autothink_lsp.settings.model import Settings
    from autothink_lsp.settings.reports import ClientTrust
    from autothink_lsp.syntax.service import Syntax

logger = logging.getLogger(__name__)


def now_ms() -> float:
    """Monotonic milliseconds: the clock of everything that waits."""
    return time.monotonic() * 1_000


def build_server(
    *, log_level: str | None = None, log_file: str | None = None, client_trust: ClientTrust = "user"
) -> AutothinkServer:
    """A server for one client. ``log_level`` and ``log_file`` override the settings of the same name."""
    from autothink_lsp.lsp.logs import Logs
    from autothink_lsp.lsp.server import create_server

    logs = Logs(level=log_level, file=log_file)
    logs.start()

    def session(server: AutothinkServer, encoding: PositionEncoding, folders: list[str], options: object) -> Session:
        return _build_session(server, encoding, folders, options, logs, client_trust)

    return create_server(session)


@define
class House:
    """What completes, without a client: the server's sessions and the command line build on it."""

    documents: DocumentStore
    notebooks: NotebookStore
    syntax: Syntax
    privacy: PrivacyGate
    surroundings: Surroundings
    indexes: ProjectIndexes
    completion: CompletionService
    endpoints: EndpointPool
    embedded: EmbeddedModels
    servers: ModelServers
    connector: BackendConnector
    make_assistant: Callable[[], AssistService]
    _assistant: AssistService | None = field(default=None, init=False)

    @property
    def assistant(self) -> AssistService:
        """Made at the first action: its modules must not hold up the first keystroke."""
        if self._assistant is None:
            self._assistant = self.make_assistant()
        return self._assistant

    @property
    def acting(self) -> bool:
        """Whether an action is under way: an engine of this machine has no time for guesses then."""
        return self._assistant is not None and self._assistant.running > 0

    async def aclose(self) -> None:
        """Hang up everywhere and stop what we started. Idempotent."""
        await self.completion.aclose()
        await self.indexes.aclose()
        if self._assistant is not None:
            await self._assistant.aclose()
        await self.endpoints.aclose()
        await self.embedded.aclose()
        await self.servers.aclose()


def build_house(
    *,
    listener: EndpointListener,
    consent: Consent,
    working: Working,
    worked: Callable[[str], None] = lambda _: None,
    encoding: PositionEncoding = PositionEncoding.UTF16,
    folders: Callable[[], Sequence[str]] = tuple,
    settings_of: Callable[[str], Settings] | None = None,
) -> House:
    """``folders`` are those of the workspace (URIs), ``settings_of`` gives the settings of each.

    Imports everything that a keystroke needs except what opens sockets or parses."""
    from autothink_lsp.context.index.service import ProjectIndexes
    from autothink_lsp.context.privacy import PrivacyGate
    from autothink_lsp.context.redaction import SecretNames
    from autothink_lsp.context.surroundings import Surroundings
    from autothink_lsp.document.notebooks import NotebookStore
    from autothink_lsp.document.store import DocumentStore
    from autothink_lsp.features.completion.endpoint import EndpointPool
    from autothink_lsp.features.completion.service import CompletionService
    from autothink_lsp.features.connector import BackendConnector
    from autothink_lsp.features.embedded import EmbeddedModels
    from autothink_lsp.features.model_servers import ModelServers
    from autothink_lsp.settings.paths import cache_dir
    from autothink_lsp.syntax.service import Syntax

    documents = DocumentStore(encoding)
    syntax = Syntax()
    embedded = EmbeddedModels(consent=consent, working=working)
    servers = ModelServers(working, worked)
    privacy, names = PrivacyGate(folders=folders, settings_of=settings_of), SecretNames()
    connector = BackendConnector(embedded, servers, names)
    endpoints = EndpointPool(connector, listener, now_ms)
    indexes, notebooks = ProjectIndexes(cache_dir()), NotebookStore()
    surroundings = Surroundings(
        *(documents, syntax, indexes, notebooks, privacy, names, now_ms), want_index=indexes.want
    )
    indexes.on_made = surroundings.index_made
    completion = CompletionService(
        endpoint_for=endpoints.get,
        syntax=syntax,
        windows=surroundings,
        observe=embedded.observe,
        now_ms=now_ms,
        privacy=privacy,
        names=names,
        acting=lambda: house.acting,
    )
    documents.subscribe(syntax.trees)
    documents.subscribe(completion)
    make_assistant = partial(_build_assistant, connector, documents, syntax, privacy, names)
    house = House(
        *(documents, notebooks, syntax, privacy, surroundings, indexes),
        *(completion, endpoints, embedded, servers, connector, make_assistant),
    )
    return house


def _build_assistant(
    connector: BackendConnector, documents: DocumentStore, syntax: Syntax, privacy: PrivacyGate, names: SecretNames
) -> AssistService:
    """What answers actions. Connects to nothing before the first one."""
    from autothink_lsp.features.assist.endpoint import AssistEndpoints
    from autothink_lsp.features.assist.judgement import Judgement
    from autothink_lsp.features.assist.repairs.project import OpenDocumentNames
    from autothink_lsp.features.assist.service import AssistService
    from autothink_lsp.features.probing.known import KnownEndpoints
    from autothink_lsp.features.probing.store import FILE_NAME as PROBES
    from autothink_lsp.features.probing.store import ProbeStore
    from autothink_lsp.features.statistics.store import FILE_NAME, Statistics
    from autothink_lsp.features.statistics.thresholds import current_threshold
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.verify.service import Verifier

    statistics = Statistics(state_dir() / FILE_NAME)
    return AssistService(
        endpoints=AssistEndpoints(connector.assist, KnownEndpoints(ProbeStore(state_dir() / PROBES))),
        syntax=syntax,
        verifier=Verifier(syntax.grammars),
        judgement=Judgement(lambda: current_threshold(statistics)),
        statistics=statistics,
        project_names=OpenDocumentNames(documents, syntax),
        now_ms=now_ms,
        privacy=privacy,
        names=names,
    )


async def _no_download(_entry: ModelEntry, _why: str) -> bool:
    """The consent to download a model that no TCP client can give."""
    return False


def _build_session(
    server: AutothinkServer,
    encoding: PositionEncoding,
    folders: list[str],
    options: object,
    logs: Logs,
    client_trust: ClientTrust,
) -> Session:
    """The session of one client. A TCP client is never asked whether a folder is trusted or a model may be downloaded:
    the connecting client could say yes."""
    from autothink_lsp.features.statistics.store import FILE_NAME as STATISTICS
    from autothink_lsp.features.statistics.store import Statistics
    from autothink_lsp.features.statistics.suggestions import SuggestionCounts
    from autothink_lsp.lsp.configuration import Configuration
    from autothink_lsp.lsp.messages import Messages
    from autothink_lsp.lsp.notices import Notices
    from autothink_lsp.lsp.session import Session
    from autothink_lsp.lsp.trust_question import TrustQuestions
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.settings.trust import TrustStore

    logs.to_client(server)
    messages = Messages(server)
    notices = Notices(server, messages)
    trust = TrustStore(state_dir())

    def trusted() -> None:
        configuration.reload()
        server.settings_changed()

    asks = client_trust == "user"
    configuration = Configuration(
        folders,
        options,
        warn=messages.warning,
        trust=trust,
        local_only=server.features.untrusted_workspace,
        ask_trust=TrustQuestions(server, messages, trust, trusted).ask if asks else None,
        client_trust=client_trust,
    )
    house = build_house(
        listener=notices,
        consent=messages.may_fetch if asks else _no_download,
        working=notices.working,
        worked=notices.worked,
        encoding=encoding,
        folders=lambda: configuration.folders,
        settings_of=configuration.settings_for,
    )

    def apply_log_settings() -> None:
        log = configuration.settings_for(None).log
        logs.apply(log.level, log.file)

    apply_log_settings()  # clients that cannot be asked for settings may never change any
    server.on_settings_changed.append(apply_log_settings)
    return Session(
        documents=house.documents,
        notebooks=house.notebooks,
        surroundings=house.surroundings,
        indexes=house.indexes,
        configuration=configuration,
        completion=house.completion,
        privacy=house.privacy,
        now_ms=now_ms,
        get_assistant=lambda: house.assistant,
        syntax=house.syntax,
        suggestions=SuggestionCounts(partial(Statistics, state_dir() / STATISTICS)),
        close_house=house.aclose,
    )
