"""Questions to the user outside an action: model downloads, trust in a folder, the test command that checks fixes.

The question about trust is asked when a folder's ``autothink.toml`` sets values that only a trusted folder may set,
once for each content of the file. "Trust This Folder" and "Never" are stored in the state folder, never in the project.
"Not Now", or no answer, applies to this session. Until there is an answer, only the file's restrictions apply.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autothink_lsp.errors import SettingsError
from autothink_lsp.lsp.client import Client
from autothink_lsp.quantities import megabytes
from autothink_lsp.settings.paths import PROJECT_FILE
from autothink_lsp.settings.toml_file import TomlFile, read_toml_file
from autothink_lsp.settings.trust import TrustStore
from autothink_lsp.verify.project_tests.agreed_command import AgreedCommands, shown_command

if TYPE_CHECKING:
    from autothink_lsp.engines.models.catalogue import ModelEntry

logger = logging.getLogger(__name__)

ANSWER_TIMEOUT_S = 600.0
DOWNLOAD, TRUST, NOT_NOW, NEVER = "Download", "Trust This Folder", "Not Now", "Never"
YES, NO = "Yes", "No"


async def ask_download(client: Client, entry: ModelEntry, why: str) -> bool:
    """Ask whether a model may be downloaded. ``why`` is the first sentence of the question."""
    size = f"{megabytes(entry.size_bytes)} MB"
    text = f"{why} Download {entry.name} ({size}, {entry.licence})? It runs on this machine; your code never leaves it."
    return await _answer(client, text, (DOWNLOAD, NOT_NOW)) == DOWNLOAD


async def _answer(client: Client, text: str, answers: tuple[str, ...]) -> str | None:
    """The chosen answer. ``None`` if the user closed the question, or the client did not answer or cannot ask."""
    try:
        return await client.ask(f"AutoThink: {text}", answers, timeout_s=ANSWER_TIMEOUT_S, harmless=NOT_NOW)
    except TimeoutError:
        return None
    except Exception as error:  # noqa: BLE001 - a client that refuses the question has not agreed to anything
        logger.info("the client did not take the question: %s", type(error).__name__)
        return None


class TrustQuestions:
    """Asks one client's user. ``on_trusted`` is called when a folder has become trusted."""

    def __init__(self, client: Client, trust: TrustStore, on_trusted: Callable[[], None]) -> None:
        self._client = client
        self._trust = trust
        self._refused = TrustStore(trust.state_dir, "refused-folders")
        self._on_trusted = on_trusted
        self._questions_shown: set[tuple[Path, str]] = set()

    def ask(self, folder: Path, keys: Sequence[str]) -> None:
        """Ask in the background, unless this content of the folder's file was already asked about or refused."""
        file = read_toml_file(folder / PROJECT_FILE)
        if not isinstance(file, TomlFile):
            return
        about = (folder, hashlib.sha256(file.content).hexdigest())
        if about in self._questions_shown:
            return
        self._questions_shown.add(about)
        if self._refused.trusts(folder, file.content):
            logger.info("%s is not trusted: the user said so", folder)
            return
        self._client.spawn(self._ask(folder, file, tuple(keys)), "ask for trust")

    async def _ask(self, folder: Path, file: TomlFile, keys: tuple[str, ...]) -> None:
        text = (
            f"{file.path} sets {', '.join(keys)}. They decide where your code is sent, what is run or downloaded, or "
            "what it costs. Review the file before you trust this folder."
        )
        answer = await _answer(self._client, text, (TRUST, NOT_NOW, NEVER))
        try:
            if answer == TRUST:  # for the content in the question: a changed file causes a new question
                self._trust.trust(folder, file.content)
                self._on_trusted()
            elif answer == NEVER:
                self._refused.trust(folder, file.content)
        except SettingsError as error:
            self._client.show_warning(error.for_user())


class TestCommandQuestions:
    """Asks once per folder whether the detected test command may check fixes there. "Yes" and "No" are stored; no
    answer applies to this session."""

    __test__ = False

    def __init__(self, client: Client, commands: AgreedCommands) -> None:
        self._client = client
        self._commands = commands
        self._questions_shown: set[Path] = set()

    def ask(self, folder: Path | None, configured: tuple[str, ...], *, trusted: bool) -> None:
        """Ask in the background, if there is a command to confirm."""
        if folder is None or folder in self._questions_shown:
            return
        command = self._commands.to_ask_about(folder, configured, trusted=trusted)
        if command:
            self._questions_shown.add(folder)
            self._client.spawn(self._ask(folder, command), "ask about tests")

    async def _ask(self, folder: Path, command: tuple[str, ...]) -> None:
        shown, name = shown_command(command), folder.name or folder
        text = f"Use `{shown}` to check fixes in {name}? It runs on a copy of the folder."
        answer = await _answer(self._client, text, (YES, NO))
        if answer not in {YES, NO}:
            return
        try:
            self._commands.answer(folder, command, agreed=answer == YES)
        except SettingsError as error:
            self._client.show_warning(error.for_user())
