"""Gets an endpoint's API key from the environment or from a command, once, and never shows it.

The command (``pass show x``, ``op read op://…``) runs without a shell, without standard input, with a time limit, and
in the user's home folder: the server's working folder may be an untrusted project. One run serves every request that
waits for it, and continues if a request is superseded meanwhile: a password manager that prompts the user must not be
started again at every keystroke. A failure is remembered for ``RETRY_AFTER_S`` for the same reason.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.key_masking import mask_key
from autothink_lsp.errors import BackendAuthError
from autothink_lsp.processes.environment import find_program, neutral_folder
from autothink_lsp.processes.run import run_captured

COMMAND_TIMEOUT_S = 60.0
"""Long enough for a person to unlock a key store."""

RETRY_AFTER_S = 30.0
_SHORTEST_MASKED_PASSWORD = 4  # of the URL; a shorter password would match unrelated text
KEYRING_USER = "autothink-lsp"
"""Where the setting names a service only."""

_log = logging.getLogger(__name__)


class Credentials:
    """The key of one endpoint. ``key()`` raises ``BackendAuthError``."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        command_timeout_s: float = COMMAND_TIMEOUT_S,
    ) -> None:
        self._env_name = endpoint.api_key_env
        self._keyring = "" if endpoint.api_key_command else endpoint.api_key_keyring
        self._command = endpoint.api_key_command or _keyring_command(endpoint.api_key_keyring)
        self._environ = os.environ if environ is None else environ
        self._clock = clock
        self._command_timeout_s = command_timeout_s
        self._key: str | None = None
        password = (endpoint.userinfo or ("", ""))[1]
        self._password = password if len(password) >= _SHORTEST_MASKED_PASSWORD else ""
        self._last_key = ""  # kept after ``forget``, because the message of the refusal is shown then
        self._failure: BackendAuthError | None = None
        self._failed_at = 0.0
        self._running: asyncio.Task[None] | None = None

    @property
    def configured(self) -> bool:
        """Whether the settings name a source of a key."""
        return bool(self._command or self._env_name)

    @property
    def origin(self) -> str:
        """The source of the key for messages; empty if none is configured. Without arguments: they may be secret."""
        if self._keyring:
            return f"the keyring's entry {self._keyring!r} (api_key_keyring)"
        if self._command:
            program = self._command.split()[0] if isinstance(self._command, str) else self._command[0]
            return f"the command {program!r} (api_key_command)"
        return f"the environment variable {self._env_name} (api_key_env)" if self._env_name else ""

    async def key(self) -> str | None:
        """The key, or ``None`` if the settings name no source. A command takes precedence over a variable."""
        if self._key is None and self.configured:
            self._key = await self._from_command() if self._command else self._from_environment()
        self._last_key = self._key or self._last_key
        return self._key

    def forget(self) -> None:
        """Discard a key that the server refused; the next request reads it again from its source (keys are rotated)."""
        self._key = None

    def redact(self, text: str) -> str:
        """``text`` without the key. Some servers repeat the key in their messages, unchanged or changed."""
        for secret in filter(None, (self._last_key, self._password)):
            text = mask_key(text, secret)
        return text

    async def aclose(self) -> None:
        """End a running command. Idempotent."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    def _from_environment(self) -> str:
        value = self._environ.get(self._env_name, "").strip()
        if not value:
            raise BackendAuthError(
                f"There is no API key: the environment variable {self._env_name} is not set.",
                hint="Set it before you start the editor, or change api_key_env.",
            )
        return _checked(value, self.origin)

    async def _from_command(self) -> str:
        if self._failure is None or self._clock() - self._failed_at >= RETRY_AFTER_S:
            if self._running is None:
                self._running = asyncio.create_task(self._run_and_store())
            await asyncio.shield(self._running)
        if self._failure is not None:
            raise BackendAuthError(self._failure.message, hint=self._failure.hint)
        return self._key or ""

    async def _run_and_store(self) -> None:
        try:
            self._key, self._failure = await self._run_command(), None
        except BackendAuthError as error:
            self._failure, self._failed_at = error, self._clock()
        finally:
            self._running = None

    async def _run_command(self) -> str:
        command = _split(self._command) if isinstance(self._command, str) else self._command
        program = shown = command[0]
        hint = "Try api_key_command in a terminal: it has to print the key and nothing else."
        if self._keyring:
            shown = f"keyring get {' '.join(command[-2:])}"
            hint = f"Store it with `keyring set {' '.join(command[-2:])}`; the package is in autothink-lsp[keyring]."
        try:
            result = await run_captured(
                (_whole_path(program), *command[1:]), self._command_timeout_s, folder=_home_folder()
            )
        except (OSError, ValueError) as error:
            raise BackendAuthError(
                f"The command {shown!r} for the API key cannot be started: {error}.", hint=hint
            ) from error
        if result.timed_out:
            raise BackendAuthError(
                f"The command {shown!r} for the API key did not end within {self._command_timeout_s:g} s.", hint=hint
            )
        if result.returncode != 0:
            message = " ".join(result.errors.split())[:200]
            raise BackendAuthError(
                f"The command {shown!r} for the API key failed ({result.returncode}): {message or 'no message'}.",
                hint=hint,
            )
        _log.debug("the API key was read from %s", self.origin)
        return _checked(result.output.strip(), self.origin)


def _keyring_command(entry: str) -> tuple[str, ...]:
    """The command that reads a keyring entry; empty without ``entry``. A separate process: a key store may prompt or
    hang."""
    if not entry:
        return ()
    service, _, user = entry.partition("/")
    return (sys.executable, "-P", "-m", "keyring", "get", service, user or KEYRING_USER)


def _home_folder() -> str:
    """The user's home folder, or a neutral folder if there is none."""
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home raises if there is none
    return home if os.path.isdir(home) else neutral_folder()  # noqa: PTH112


def _whole_path(program: str) -> str:
    """Resolve a bare name in the absolute folders of PATH, a relative path in the home folder.

    Raises ``FileNotFoundError``.
    """
    if Path(program).is_absolute():
        return program
    if Path(program).name != program:
        return str(Path(_home_folder(), program))
    found = find_program(program)
    if found is None:
        raise FileNotFoundError("there is no program of that name in the absolute folders of PATH")
    return found


def _split(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command, posix=os.name != "nt"))
    except ValueError as error:
        raise BackendAuthError(
            f"api_key_command cannot be read: {error}.", hint="Write it as a list of strings, the program first."
        ) from error


def _checked(key: str, origin: str) -> str:
    """The key, if it fits into one HTTP header. Raises ``BackendAuthError``, whose message does not contain the key."""
    if not key:
        raise BackendAuthError(
            f"There is no API key: {origin} returned nothing.", hint="Sign in with that program, or use another one."
        )
    lines = len(key.splitlines())
    if lines > 1:
        raise BackendAuthError(
            f"The API key has {lines} lines: {origin} returned more than the key.",
            hint="It must return only the key.",
        )
    if not (key.isascii() and key.isprintable()):
        raise BackendAuthError(
            f"The API key from {origin} contains characters that are not allowed in an HTTP header.",
            hint="It must be plain ASCII text.",
        )
    return key
