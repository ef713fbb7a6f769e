"""The settings of each workspace folder, kept up to date: files, environment, and the client's settings.

Knows no protocol; handlers pass the client's values. Loading never fails: each problem is one warning, shown once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from autothink_lsp.context.paths import folder_of, is_same_folder, local_path
from autothink_lsp.settings.layers import EDITOR_SETTINGS
from autothink_lsp.settings.load import LoadedSettings, load_settings
from autothink_lsp.settings.local_only import kept_on_this_machine, leaves_this_machine
from autothink_lsp.settings.model import AssistSettings, CompletionSettings, Settings
from autothink_lsp.settings.paths import PROJECT_FILE
from autothink_lsp.settings.reports import ClientTrust
from autothink_lsp.settings.trust import TrustStore
from autothink_lsp.verify.project_tests.agreed_command import AgreedCommands

logger = logging.getLogger(__name__)

_LONGEST_WAIT_S = 3.0
_MOST_OUTER_FOLDERS = 40
_MOST_DOCUMENTS = 256  # whose folder is kept


def sections_of(answers: object, scopes: Sequence[str | None]) -> dict[str | None, object]:
    """The settings of each scope in a client's answer to ``workspace/configuration``. ``null`` means no settings, a
    bare section applies to all scopes, and in a list of another length each value applies to the scope at its index."""
    if isinstance(answers, dict):
        return {None: answers}
    if isinstance(answers, list):
        return {scope: answer for scope, answer in zip(scopes, answers, strict=False) if answer is not None}
    return {}


class Configuration:
    """The settings of one client's folders.

    ``warn(sentence)`` is called once per problem as long as the problem exists. ``ask_trust(folder, keys)`` is called
    for folders whose file sets more than an untrusted file may; without it, that is a warning, too.
    """

    def __init__(
        self,
        folders: Sequence[str],
        initialization_options: object,
        *,
        warn: Callable[[str], None],
        trust: TrustStore,
        local_only: bool = False,
        ask_trust: Callable[[Path, Sequence[str]], None] | None = None,
        client_trust: ClientTrust = "user",
    ) -> None:
        self._client_trust: ClientTrust = client_trust
        self._ask_trust = ask_trust
        self.folders: list[str] = list(folders)
        self._workspace = {uri: real_folder(uri) for uri in folders}
        self._folder_of: dict[str, str | None] = {}
        self._initial = initialization_options
        self._from_client: dict[str | None, object] = {}
        self._warn = warn
        self._warned: set[str] = set()
        self._loaded: dict[str | None, LoadedSettings] = {}
        self._trust = trust
        self._local_only = local_only
        self._listeners: list[Callable[[], None]] = []
        self._known = asyncio.Event()
        self._pending_requests = 0
        self._question = 0  # number of the newest question
        self._answered = 0  # number of the newest question that has an answer

    async def known(self) -> None:
        """Wait until the client has sent the user's settings, or until ``_LONGEST_WAIT_S`` has passed without an
        answer.

        Otherwise a document that is opened before would start the engine of the default settings.
        """
        while not self._known.is_set():
            question = self._question
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._known.wait(), _LONGEST_WAIT_S)
            if question == self._question:  # a timeout for one answer does not apply to the next one
                self._known.set()

    @property
    def is_known(self) -> bool:
        """Whether ``known`` returns without waiting."""
        return self._known.is_set()

    def asking(self) -> int:
        """Note that the client's settings were requested, and return the number of this request; ``known`` waits for
        the answer."""
        self._pending_requests += 1
        self._question += 1
        self._known.clear()
        return self._question

    def settle(self) -> None:
        """Note that a request was answered or failed. ``known`` still waits for later requests."""
        self._pending_requests -= 1
        if self._pending_requests <= 0:
            self._known.set()

    def folder_of(self, uri: str) -> str | None:
        """The innermost workspace folder (URI) that contains the document, or ``None``. Asked several times a key."""
        if uri not in self._folder_of:
            if len(self._folder_of) >= _MOST_DOCUMENTS:
                self._folder_of.clear()
            self._folder_of[uri] = folder_of(uri, self.folders)
        return self._folder_of[uri]

    def settings_for(self, folder: str | None) -> Settings:
        """The settings of a folder (URI); ``None``: of documents outside all folders."""
        return self.loaded(folder).settings

    def loaded(self, folder: str | None) -> LoadedSettings:
        """The same with origins and warnings; loaded at first use and after each change."""
        found = self._loaded.get(folder)
        if found is None:
            found = self._loaded[folder] = self._load(folder)
        return found

    @property
    def is_local_only(self) -> bool:
        """Whether nothing may be sent to another machine, because the client's workspace is not trusted."""
        return self._local_only

    @property
    def takes_programs(self) -> bool:
        """Whether programs named by the client may be started: only if the client is the user's editor."""
        return self._client_trust == "user" and not self._local_only

    def trusts(self, folder: str | None) -> bool:
        """Whether the user trusts the folder in its current state, so that its tests and tools may run."""
        path = local_path(folder)
        if path is None or self._local_only or self._client_trust == "none":
            return False  # another client could make its text run as a trusted folder's test
        file = path / PROJECT_FILE
        try:
            content = file.read_bytes() if file.is_file() else b""
        except OSError:
            return False
        return self._trust.trusts(path, content)

    def test_command(self, folder: str | None) -> tuple[str, ...]:
        """The command that checks fixes in a folder: the setting, or the detected command that the user confirmed."""
        configured = self.settings_for(folder).assist.test_command
        return AgreedCommands(self._trust.state_dir).command_for(
            local_path(folder), configured, trusted=self.trusts(folder)
        )

    def distrusts(self, role: CompletionSettings | AssistSettings) -> bool:
        """Whether the role is off because its server is remote and the client's workspace is not trusted."""
        return self._local_only and not role.enabled and leaves_this_machine(role)

    def client_sent(self, values: dict[str | None, object], question: int | None = None) -> None:
        """Store the client's section ``autothink`` for each folder (``None``: without a folder).

        ``question``: the number of the request that it answers. An answer that comes after that of a later request is
        older, and dropped.
        """
        if question is not None:
            if question < self._answered:
                return
            self._answered = question
        self._from_client = values
        self.reload()

    def change_folders(self, *, added: Sequence[str], removed: Sequence[str]) -> list[str]:
        """Update the workspace folders (URIs). Returns the folders that are gone, spelled as they were added."""
        gone = [uri for uri in self.folders if any(is_same_folder(uri, one) for one in removed)]
        self.folders = [uri for uri in self.folders if uri not in gone]
        new = [uri for uri in dict.fromkeys(added) if uri not in self.folders]
        self.folders += new
        self._folder_of.clear()
        self._drop_inside([self._workspace.pop(uri, None) for uri in gone])
        self._workspace |= {uri: real_folder(uri) for uri in new}
        self._drop_inside([self._workspace[uri] for uri in new])
        return gone

    def _drop_inside(self, changed: Sequence[Path | None]) -> None:
        """Drop the loaded settings of the folders in ``changed`` and below: the others do not depend on those."""
        real = {one for one in changed if one is not None}
        for uri in [one for one in self._loaded if one is not None]:
            folder = self._workspace.get(uri) or real_folder(uri)
            if folder is None or folder in real or not real.isdisjoint(folder.parents):
                del self._loaded[uri]

    def reload(self) -> None:
        """Drop the loaded settings, because a file or the client's values changed. Links are resolved again."""
        self._loaded.clear()
        self._workspace = {uri: real_folder(uri) for uri in self.folders}

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each change of the settings."""
        self._listeners.append(listener)

    def notify_changed(self) -> None:
        """Call the listeners."""
        for listener in self._listeners:
            listener()

    def _load(self, folder: str | None) -> LoadedSettings:
        layers: list[tuple[str, object]] = []
        if self._initial is not None:
            layers.append(("initializationOptions", self._initial))
        sent = self._from_client.get(folder, self._from_client.get(None))
        if sent is not None:
            layers.append((EDITOR_SETTINGS, sent))
        trust = None if self._local_only else self._trust
        loaded = load_settings(
            folder=local_path(folder),
            outer_folders=outer_folders(real_folder(folder), self._workspace.values()),
            environ=os.environ,
            client_layers=layers,
            trust=trust,
            client_trust=self._client_trust,
        )
        if self._local_only:
            loaded = kept_on_this_machine(loaded)
        path, warnings = local_path(folder), loaded.warnings
        if loaded.untrusted and path is not None and self._ask_trust is not None and not self._local_only:
            self._ask_trust(path, loaded.untrusted)
            warnings = warnings[:-1]  # the last warning says the same, with a command to run
        for warning in warnings:
            if warning.message not in self._warned:
                self._warned.add(warning.message)
                self._warn(warning.message)
        return loaded


def real_folder(uri: str | None) -> Path | None:
    """The folder of a URI with its links resolved; ``None`` if it is not on this machine."""
    path = local_path(uri)
    return None if path is None else Path(os.path.realpath(path))


def outer_folders(folder: Path | None, workspace: Iterable[Path | None]) -> list[Path]:
    """The folders from the outermost workspace folder around ``folder`` down to its parent, outermost first.

    All paths are real ones. Empty if no other workspace folder contains ``folder``.
    """
    if folder is None:
        return []
    parents = tuple(folder.parents)
    around = {one for one in workspace if one is not None}.intersection(parents)
    if not around:
        return []
    outermost = max(map(parents.index, around))
    return list(reversed(parents[: outermost + 1]))[:_MOST_OUTER_FOLDERS]
