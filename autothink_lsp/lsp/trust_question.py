"""Asks the user whether a folder is trusted when its ``autothink.toml`` wants what only a trusted one may have.

Asked once for each content of the file: "Trust" and "Never" are remembered in the state folder, never in the project;
"Not now", or no answer, counts for this session. Until there is an answer the file counts as far as it forbids.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autothink_lsp.errors import SettingsError
from autothink_lsp.lsp.messages import Messages
from autothink_lsp.settings.paths import PROJECT_FILE
from autothink_lsp.settings.toml_file import TomlFile, read_toml_file
from autothink_lsp.settings.trust import TrustStore

if TYPE_CHECKING:
    from autothink_lsp.lsp.server import AutothinkServer

logger = logging.getLogger(__name__)

TRUST, NOT_NOW, NEVER = "Trust this folder", "Not now", "Never"


class TrustQuestions:
    """One client's. ``changed`` is called when a folder has become trusted."""

    def __init__(
        self, server: AutothinkServer, messages: Messages, trust: TrustStore, changed: Callable[[], None]
    ) -> None:
        self._server = server
        self._messages = messages
        self._trust = trust
        self._refused = TrustStore(trust.state_dir, "refused-folders")
        self._changed = changed
        self._asked: set[tuple[Path, str]] = set()

    def ask(self, folder: Path, keys: Sequence[str]) -> None:
        """Ask, unless this was asked. Returns at once."""
        file = read_toml_file(folder / PROJECT_FILE)
        if not isinstance(file, TomlFile):
            return
        about = (folder, hashlib.sha256(file.content).hexdigest())
        if about in self._asked:
            return
        self._asked.add(about)
        if self._refused.trusts(folder, file.content):
            logger.info("%s is not trusted: the user said so", folder)
            return
        self._server.spawn(self._ask(folder, file, tuple(keys)), "ask for trust")

    async def _ask(self, folder: Path, file: TomlFile, keys: tuple[str, ...]) -> None:
        text = (
            f"{file.path} sets {', '.join(keys)}: where your code goes, what is run or downloaded, or what it costs. "
            "Look at the file before you trust this folder."
        )
        answer = await self._messages.ask(text, (TRUST, NOT_NOW, NEVER))
        try:
            if answer == TRUST:  # as the file was when we asked: a change meanwhile asks again
                self._trust.trust(folder, file.content)
                self._changed()
            elif answer == NEVER:
                self._refused.trust(folder, file.content)
        except SettingsError as error:
            self._messages.warning(error.for_user())
