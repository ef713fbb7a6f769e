"""One document and the assistant for a command, shared by ``fix``, ``explain`` and ``eval``. Uses no editor."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, evolve

from autothink_lsp.commands.service_events import ServiceEvents
from autothink_lsp.commands.terminal import printable
from autothink_lsp.errors import AutothinkError
from autothink_lsp.quantities import counted

if TYPE_CHECKING:
    from autothink_lsp.app import Services
    from autothink_lsp.document.snapshot import Snapshot
    from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, Stage
    from autothink_lsp.settings.model import Settings
    from autothink_lsp.values import Diagnostic, Point

# At most nine digits: no file has more lines, and ``int`` refuses thousands of digits.
PLACE = re.compile(r"(?P<file>.+?)(?::(?P<line>\d{1,9}))?(?::(?P<column>\d{1,9}))?", re.DOTALL)


def require_place(file: Path, snapshot: Snapshot, line: int, column: int) -> None:
    """Raise ``AutothinkError`` if the file has no such line or column, counted from 1."""
    if not 1 <= line <= snapshot.text.line_count:
        raise AutothinkError(f"{file} has {counted(snapshot.text.line_count, 'line')}; there is no line {line}.")
    length = len(snapshot.text.line(line - 1))
    if not 1 <= column <= length + 1:
        raise AutothinkError(f"Line {line} of {file} has {counted(length, 'character')}; there is no column {column}.")


@define
class CommandSession:
    """The assistant without an editor. ``settings`` are those of the current folder, changed by the command's
    arguments."""

    services: Services
    settings: Settings
    folder: Path
    trusted: bool
    test_command: tuple[str, ...] = ()  # the setting, or the command that the user confirmed

    def open(self, file: Path, text: str) -> Snapshot:
        """Open a file as an editor would."""
        path = file.absolute()
        language = self.services.syntax.registry.by_path(path.as_uri())
        language_id = language.language_ids[0] if language else "plaintext"
        return self.services.documents.open(path.as_uri(), language_id, 1, text)

    def request(
        self,
        action: ActionKind,
        file: Path,
        snapshot: Snapshot,
        start: Point,
        end: Point,
        *,
        diagnostics: tuple[Diagnostic, ...] = (),
        **more: Any,
    ) -> AssistRequest:
        """The request that an editor would send for the same action."""
        from autothink_lsp.features.assist.actions import AssistRequest

        path = file.absolute()
        inside = path.is_relative_to(self.folder)
        return AssistRequest(
            action=action,
            snapshot=snapshot,
            start=start,
            end=end,
            settings=self.settings,
            path=path.relative_to(self.folder).as_posix() if inside else path.name,
            file=path,
            folder=self.folder if inside else path.parent,
            trusted=self.trusted and inside,
            test_command=self.test_command if inside else (),
            diagnostics=diagnostics,
            **more,
        )


@contextlib.asynccontextmanager
async def command_session(*, quiet: bool = False, **assist: Any) -> AsyncIterator[CommandSession]:
    """Open a session. ``assist`` replaces settings of that section."""
    from autothink_lsp.app import build_services
    from autothink_lsp.settings.load import load_settings
    from autothink_lsp.settings.paths import PROJECT_FILE, state_dir
    from autothink_lsp.settings.trust import TrustStore
    from autothink_lsp.verify.project_tests.agreed_command import AgreedCommands

    folder = Path.cwd()
    trust = TrustStore(state_dir())
    loaded = load_settings(folder=folder, environ=os.environ, trust=trust)
    for warning in loaded.warnings:
        print(f"autothink-lsp: {warning.message}", file=sys.stderr)
    project = folder / PROJECT_FILE
    trusted = trust.trusts(folder, project.read_bytes() if project.is_file() else b"")
    settings = evolve(loaded.settings, assist=evolve(loaded.settings.assist, **assist)) if assist else loaded.settings
    listener = ServiceEvents(quiet=quiet)
    services = build_services(listener=listener, consent=listener.may_fetch, working=listener.working)
    try:
        configured = settings.assist.test_command
        command = AgreedCommands(state_dir()).command_for(folder, configured, trusted=trusted)
        yield CommandSession(services, settings, folder, trusted, command)
    finally:
        await services.aclose()


def show_stage(stage: Stage) -> None:
    """Print a progress line: on a terminal one line that is rewritten, otherwise one line per stage. The command itself
    prints the result."""
    is_done = stage.name == "done"
    line = printable(f"{stage.text}: {stage.last_line}" if stage.last_line else stage.text)
    if sys.stderr.isatty():
        print(f"\r\x1b[K{'' if is_done else line[:110]}", end="", file=sys.stderr, flush=True)
    elif is_done:
        print(f"[{stage.elapsed_s:5.1f} s] done", file=sys.stderr)
    elif stage.text.endswith("…"):
        print(f"[{stage.elapsed_s:5.1f} s] {line}", file=sys.stderr)


def silent(stage: Stage) -> None:
    """Print no progress."""
