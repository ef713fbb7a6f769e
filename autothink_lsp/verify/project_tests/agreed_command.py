"""The command that checks fixes in a folder: the setting, or a detected command that the user confirmed.

An answer is stored in the state folder, beside the trusted folders and never in the project, for exactly the command
that was shown: if the project's files lead to another command, the user is asked again. In an untrusted folder nothing
is detected, asked or run.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from attrs import define, field

from autothink_lsp.settings.trust import TrustStore
from autothink_lsp.verify.project_tests.runners import find_test_command


@define(eq=False)
class AgreedCommands:
    """The answers to "Use this command to check fixes in this folder?"."""

    state_dir: Path
    _agreed: TrustStore = field(init=False)
    _refused: TrustStore = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._agreed = TrustStore(self.state_dir, "test-commands")
        self._refused = TrustStore(self.state_dir, "refused-test-commands")

    def found(self, folder: Path) -> tuple[str, ...]:
        """The command detected from the folder's files, whatever the user answered; empty if there is none."""
        return find_test_command(folder) or ()

    def command_for(self, folder: Path | None, configured: tuple[str, ...], *, trusted: bool) -> tuple[str, ...]:
        """The command to use: ``configured``, else the detected one. Empty if there is none or the user has not
        confirmed it."""
        if configured or folder is None or not trusted:
            return configured
        found = find_test_command(folder)
        return found if found is not None and self._agreed.trusts(folder, _content(found)) else ()

    def to_ask_about(self, folder: Path | None, configured: tuple[str, ...], *, trusted: bool) -> tuple[str, ...]:
        """The detected command if the user has not answered for it; empty otherwise."""
        if configured or folder is None or not trusted:
            return ()
        found = find_test_command(folder)
        if found is None or any(store.trusts(folder, _content(found)) for store in (self._agreed, self._refused)):
            return ()
        return found

    def answer(self, folder: Path, command: tuple[str, ...], *, agreed: bool) -> None:
        """Store the answer. Raises ``SettingsError`` if it cannot be written."""
        store, other = (self._agreed, self._refused) if agreed else (self._refused, self._agreed)
        store.trust(folder, _content(command))
        other.untrust(folder)

    def forget(self, folder: Path) -> None:
        """Remove the stored answer. Raises ``SettingsError`` if it cannot be removed."""
        self._agreed.untrust(folder)
        self._refused.untrust(folder)


def shown_command(command: tuple[str, ...]) -> str:
    """The command line as shown to the user."""
    return shlex.join(command)


def _content(command: tuple[str, ...]) -> bytes:
    return "\0".join(command).encode("utf-8", "surrogatepass")
