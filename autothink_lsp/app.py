"""The composition root: builds every object once and passes it down. No logic, and nothing heavy at import.

``build_server`` imports what ``initialize`` needs; everything else is imported when the session is built, after that.
The command line uses ``build_services``: the same services without a client.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from attrs import define, field

from autothink_lsp.values import PositionEncoding

if TYPE_CHECKING:
    from autothink_lsp.context.context_provider import ContextProvider
    from autothink_lsp.context.index.service import ProjectIndexes
    from autothink_lsp.context.privacy import PrivacyGate
    from autothink_lsp.document.notebooks import NotebookStore
    from autothink_lsp.document.store import DocumentStore
    from autothink_lsp.engines.models.catalogue import ModelEntry
    from autothink_lsp.features.assist.actions import AssistResult
    from autothink_lsp.features.assist.editor_definitions import AskEditor
    from autothink_lsp.features.assist.endpoint import AssistEndpoint
    from autothink_lsp.features.assist.service import AssistService
    from autothink_lsp.features.completion.endpoint import CompletionEndpoint, EndpointListener
    from autothink_lsp.features.completion.service import CompletionService
    from autothink_lsp.features.connector import BackendConnector
    from autothink_lsp.features.embedded import Consent, EmbeddedModels, Working
    from autothink_lsp.features.endpoints import EndpointPool
    from autothink_lsp.features.model_servers import ModelServers
    from autothink_lsp.features.next_edit.models import NextEditModels
    from autothink_lsp.features.next_edit.service import NextEditService
    from autothink_lsp.lsp.client import Client
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
    from autothink_lsp.lsp.register import register_handlers
    from autothink_lsp.lsp.server import AutothinkServer

    logs = Logs(level=log_level, file=log_file)
    logs.start()

    def session(client: Client, encoding: PositionEncoding, folders: list[str], options: object) -> Session:
        return _build_session(client, encoding, folders, options, logs, client_trust)

    server = AutothinkServer(session)
    register_handlers(server)
    return server


@define
class AssistantLoader:
    """Builds the assistant at the first action, so that its modules do not delay the first keystroke."""

    build: Callable[[], AssistService]
    _assistant: AssistService | None = field(default=None, init=False)

    def get(self) -> AssistService:
        """The assistant; the first call builds it."""
        if self._assistant is None:
            self._assistant = self.build()
        return self._assistant

    def is_acting(self) -> bool:
        """Whether an action is running: then a local engine should get no speculative requests."""
        return self._assistant is not None and self._assistant.running > 0

    @property
    def endpoints(self) -> EndpointPool[AssistEndpoint] | None:
        """The assistant's endpoints; ``None`` before the first action."""
        return self._assistant.endpoints if self._assistant is not None else None

    async def aclose(self) -> None:
        """Cancel running actions. Idempotent."""
        if self._assistant is not None:
            await self._assistant.aclose()


@define
class Services:
    """The object graph of one client: completion and actions, without the protocol."""

    documents: DocumentStore
    notebooks: NotebookStore
    syntax: Syntax
    privacy: PrivacyGate
    context_provider: ContextProvider
    indexes: ProjectIndexes
    completion: CompletionService
    endpoints: EndpointPool[CompletionEndpoint]
    embedded: EmbeddedModels
    servers: ModelServers
    connector: BackendConnector
    assistant_loader: AssistantLoader
    next_edits: NextEditService
    next_edit_models: NextEditModels

    @property
    def assistant(self) -> AssistService:
        """The assistant, built at the first action."""
        return self.assistant_loader.get()

    async def aclose(self) -> None:
        """Close all connections and stop the processes that we started. Idempotent."""
        await self.completion.aclose()
        await self.indexes.aclose()
        await self.assistant_loader.aclose()
        await self.endpoints.aclose()
        await self.next_edit_models.aclose()
        await self.embedded.aclose()
        await self.servers.aclose()


def build_services(
    *,
    listener: EndpointListener,
    consent: Consent,
    working: Working,
    worked: Callable[[str], None] = lambda _: None,
    encoding: PositionEncoding = PositionEncoding.UTF16,
    folders: Callable[[], Sequence[str]] = tuple,
    settings_of: Callable[[str], Settings] | None = None,
    ask_editor: AskEditor | None = None,
) -> Services:
    """Build the services of one client. ``folders`` returns the workspace folders (URIs), ``settings_of`` the settings
    of one. ``ask_editor`` asks the editor for definitions. Without an editor, in a command, an action may wait for the
    project's index, and a shared engine that the command started ends with it.

    Imports everything that a keystroke needs except what opens sockets or parses.
    """
    from autothink_lsp.context.context_provider import ContextProvider
    from autothink_lsp.context.index.service import ProjectIndexes
    from autothink_lsp.context.privacy import PrivacyGate
    from autothink_lsp.context.redaction import SecretNames
    from autothink_lsp.document.notebooks import NotebookStore
    from autothink_lsp.document.store import DocumentStore
    from autothink_lsp.engines.shared_llama import start_shared
    from autothink_lsp.features.completion.endpoint import completion_endpoints
    from autothink_lsp.features.completion.service import CompletionService
    from autothink_lsp.features.connector import BackendConnector
    from autothink_lsp.features.embedded import EmbeddedModels
    from autothink_lsp.features.model_servers import ModelServers
    from autothink_lsp.features.next_edit.models import NextEditModels
    from autothink_lsp.features.next_edit.service import NextEditService
    from autothink_lsp.settings.paths import cache_dir
    from autothink_lsp.syntax.service import Syntax

    documents = DocumentStore(encoding)
    syntax = Syntax()
    embedded = EmbeddedModels(
        consent=consent,
        working=working,
        worked=worked,
        start_shared=start_shared,
        keeps_engines=ask_editor is not None,
    )
    servers = ModelServers(working, worked)
    privacy, names = PrivacyGate(folders=folders, settings_of=settings_of), SecretNames()
    connector = BackendConnector(embedded, servers, names)
    endpoints = completion_endpoints(connector.completion, listener, now_ms)
    indexes, notebooks = ProjectIndexes(cache_dir(), documents.uris), NotebookStore()
    context_provider = ContextProvider(
        documents=documents,
        syntax=syntax,
        indexes=indexes,
        notebooks=notebooks,
        privacy=privacy,
        names=names,
        now_ms=now_ms,
        request_index=indexes.want,
    )
    indexes.on_made = context_provider.on_index_built
    assistant_loader = AssistantLoader(partial(_build_assistant, connector, context_provider, ask_editor))
    completion = CompletionService(
        endpoint_for=endpoints.get,
        syntax=syntax,
        gatherer=context_provider,
        on_usage=embedded.observe,
        now_ms=now_ms,
        privacy=privacy,
        names=names,
        is_acting=assistant_loader.is_acting,
    )
    completion.fallback.is_installed = embedded.is_installed
    completion.fallback.release = embedded.unload_completion
    documents.subscribe(syntax.trees)
    documents.subscribe(completion)
    next_edits = NextEditService(
        syntax=syntax,
        newest=documents.snapshot,
        is_related=_in_one_folder(folders),
        is_private=_private_documents(privacy, folders, settings_of),
        is_answering=lambda: completion.is_answering,
    )
    documents.subscribe(next_edits)
    return Services(
        documents=documents,
        notebooks=notebooks,
        syntax=syntax,
        privacy=privacy,
        context_provider=context_provider,
        indexes=indexes,
        completion=completion,
        endpoints=endpoints,
        embedded=embedded,
        servers=servers,
        connector=connector,
        assistant_loader=assistant_loader,
        next_edits=next_edits,
        next_edit_models=NextEditModels(connector.next_edit, privacy, newest=documents.snapshot),
    )


def _in_one_folder(folders: Callable[[], Sequence[str]]) -> Callable[[str, str], bool]:
    """A function that returns whether two documents are in the same folder of the workspace."""
    from autothink_lsp.context.paths import folder_of

    return lambda one, other: folder_of(one, folders()) == folder_of(other, folders())


def _private_documents(
    privacy: PrivacyGate, folders: Callable[[], Sequence[str]], settings_of: Callable[[str], Settings] | None
) -> Callable[[str], bool]:
    """A function that returns whether a document is excluded from every model. Nothing of it is remembered when it is
    closed."""
    from autothink_lsp.context.paths import folder_of
    from autothink_lsp.settings.model import Settings

    def is_private(uri: str) -> bool:
        folder = folder_of(uri, folders())
        settings = settings_of(folder) if settings_of is not None and folder is not None else Settings()
        return bool(privacy.refusal(uri, folder, None, settings, settings.completion))

    return is_private


def _build_assistant(
    connector: BackendConnector, context_provider: ContextProvider, ask_editor: AskEditor | None
) -> AssistService:
    """The service that answers actions. Connects to no server before the first one."""
    from autothink_lsp.context.project_code import ProjectCode
    from autothink_lsp.features.assist.action_context import COMMAND_INDEX_WAIT_S, INDEX_WAIT_S, ActionContextSource
    from autothink_lsp.features.assist.callers.project_files import ProjectFiles
    from autothink_lsp.features.assist.endpoint import assist_endpoints
    from autothink_lsp.features.assist.model_records import ModelRecords
    from autothink_lsp.features.assist.repairs.project import OpenDocumentNames
    from autothink_lsp.features.assist.repairs.repair_thread import RepairThread
    from autothink_lsp.features.assist.service import AssistService
    from autothink_lsp.features.assist.think_decider import ThinkDecider
    from autothink_lsp.features.assist.tuned_weights import TunedWeights
    from autothink_lsp.features.probing.known import KnownEndpoints
    from autothink_lsp.features.probing.store import FILE_NAME as PROBES
    from autothink_lsp.features.probing.store import ProbeStore
    from autothink_lsp.features.statistics.store import FILE_NAME, Statistics
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.verify.service import Verifier

    statistics = Statistics(state_dir() / FILE_NAME)
    documents, syntax = context_provider.documents, context_provider.syntax
    privacy, names = context_provider.privacy, context_provider.names
    context_source = ActionContextSource(
        project_code=ProjectCode(context_provider.knowledge),
        indexes=context_provider.indexes,
        privacy=privacy,
        names=names,
        index_wait_s=COMMAND_INDEX_WAIT_S if ask_editor is None else INDEX_WAIT_S,
        ask_editor=ask_editor,
    )
    return AssistService(
        endpoints=assist_endpoints(connector.assist, KnownEndpoints(ProbeStore(state_dir() / PROBES))),
        syntax=syntax,
        verifier=Verifier(syntax.grammars),
        think_decider=ThinkDecider(TunedWeights(state_dir()).of, ModelRecords(state_dir()), random.random),
        statistics=statistics,
        repairs=RepairThread(OpenDocumentNames(documents, syntax)),
        now_ms=now_ms,
        privacy=privacy,
        names=names,
        project_files=ProjectFiles(documents, privacy, syntax.registry),
        context_source=context_source,
        open_documents=documents.snapshots,
    )


async def _no_download(_entry: ModelEntry, _why: str) -> bool:
    """A TCP client cannot consent to the download of a model."""
    return False


def _build_session(
    client: Client,
    encoding: PositionEncoding,
    folders: list[str],
    options: object,
    logs: Logs,
    client_trust: ClientTrust,
) -> Session:
    """The session of one client. A TCP client is never asked whether a folder is trusted or a model may be downloaded,
    because any connecting client could agree."""
    from autothink_lsp.features.statistics.store import FILE_NAME as STATISTICS
    from autothink_lsp.features.statistics.store import Statistics
    from autothink_lsp.features.statistics.suggestions import SuggestionCounts
    from autothink_lsp.features.unused_models import UnusedModels
    from autothink_lsp.lsp.assist_actions import AssistActions
    from autothink_lsp.lsp.configuration import Configuration
    from autothink_lsp.lsp.session import Session
    from autothink_lsp.lsp.status_reporter import StatusReporter
    from autothink_lsp.lsp.user_questions import TestCommandQuestions, TrustQuestions, ask_download
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.settings.trust import TrustStore
    from autothink_lsp.verify.project_tests.agreed_command import AgreedCommands

    logs.to_client(client)
    reporter = StatusReporter(client)
    trust = TrustStore(state_dir())

    def reload_settings() -> None:
        configuration.reload()
        configuration.notify_changed()

    asks = client_trust == "user"
    configuration = Configuration(
        folders,
        options,
        warn=client.show_warning,
        trust=trust,
        local_only=client.features.untrusted_workspace,
        ask_trust=TrustQuestions(client, trust, reload_settings).ask if asks else None,
        client_trust=client_trust,
    )
    services = build_services(
        listener=reporter,
        consent=partial(ask_download, client) if asks else _no_download,
        working=reporter.working,
        worked=reporter.worked,
        encoding=encoding,
        folders=lambda: configuration.folders,
        settings_of=configuration.settings_for,
        ask_editor=client.definitions,
    )
    services.embedded.downloading = reporter.downloading
    services.context_provider.trusts = configuration.trusts

    def apply_log_settings() -> None:
        log = configuration.settings_for(None).log
        logs.apply(log.level, log.file)

    apply_log_settings()  # clients that cannot be asked for settings may never change any
    configuration.subscribe(apply_log_settings)

    unused_models = UnusedModels(
        lambda: [configuration.settings_for(folder) for folder in (None, *configuration.folders)],
        services.endpoints,
        services.assistant_loader,
        services.next_edit_models,
        services.embedded,
        services.servers,
    )
    configuration.subscribe(lambda: client.spawn(unused_models.close(), "closing unused models"))
    test_questions = TestCommandQuestions(client, AgreedCommands(state_dir()))

    def ask_about_tests(result: AssistResult) -> None:
        """Offer the project's tests after an edit that nothing proved."""
        request = result.request
        if asks and result.has_edit and not result.is_proved:
            test_questions.ask(request.folder, request.settings.assist.test_command, trusted=request.trusted)

    actions = AssistActions(client, lambda: services.assistant, on_result=ask_about_tests)
    services.documents.subscribe(actions)
    reporter.is_engine_shared = services.embedded.is_shared_between_windows
    return Session(
        client=client,
        documents=services.documents,
        notebooks=services.notebooks,
        context_provider=services.context_provider,
        indexes=services.indexes,
        configuration=configuration,
        completion=services.completion,
        privacy=services.privacy,
        now_ms=now_ms,
        get_assistant=lambda: services.assistant,
        syntax=services.syntax,
        suggestions=SuggestionCounts(partial(Statistics, state_dir() / STATISTICS)),
        actions=actions,
        next_edits=services.next_edits,
        next_edit_models=services.next_edit_models,
        close_services=services.aclose,
    )
