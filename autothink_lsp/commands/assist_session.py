"""One document and the assistant for a command: what ``fix``, ``explain`` and ``eval`` share. Talks to no editor."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, evolve

from autothink_lsp.commands.terminal import printable
from autothink_lsp.errors import AutothinkError

if TYPE_CHECKING:
    from autothink_lsp.app import House
    from autothink_lsp.document.snapshot import Snapshot
    from autothink_lsp.features.assist.values import ActionKind, AssistRequest, Stage
    from autothink_lsp.settings.model import Settings
    from autothink_lsp.values import Diagnostic, Point

# Nine digits: more are no line of a file, and ``int`` refuses thousands of them.
PLACE = re.compile(r"(?P<file>.+?)(?::(?P<line>\d{1,9}))?(?::(?P<column>\d{1,9}))?", re.DOTALL)


@define
class CommandSession:
    """``settings`` are those of the current folder, changed by the command's arguments."""

    house: House
    settings: Settings
    folder: Path
    trusted: bool

    def open(self, file: Path, text: str) -> Snapshot:
        """Take a file in as an editor would."""
        path = file.absolute()
        language = self.house.syntax.registry.by_path(path.as_uri())
        language_id = language.language_ids[0] if language else "plaintext"
        return self.house.documents.open(path.as_uri(), language_id, 1, text)

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
        """The same request as an editor's would become."""
        from autothink_lsp.features.assist.values import AssistRequest

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
            diagnostics=diagnostics,
            **more,
        )


@contextlib.asynccontextmanager
async def command_session(*, quiet: bool = False, **assist: Any) -> AsyncIterator[CommandSession]:
    """``assist`` replaces settings of that section."""
    from autothink_lsp.app import build_house
    from autothink_lsp.settings.load import load_settings
    from autothink_lsp.settings.paths import PROJECT_FILE, state_dir
    from autothink_lsp.settings.trust import TrustStore

    folder = Path.cwd()
    trust = TrustStore(state_dir())
    loaded = load_settings(folder=folder, environ=os.environ, trust=trust)
    for warning in loaded.warnings:
        print(f"autothink-lsp: {warning.message}", file=sys.stderr)
    project = folder / PROJECT_FILE
    trusted = trust.trusts(folder, project.read_bytes() if project.is_file() else b"")
    settings = evolve(loaded.settings, assist=evolve(loaded.settings.assist, **assist)) if assist else loaded.settings
    listener = _Listener(quiet=quiet)
    house = build_house(listener=listener, consent=listener.may_fetch, working=listener.working)
    try:
        yield CommandSession(house, settings, folder, trusted)
    finally:
        await house.aclose()


def show_stage(stage: Stage) -> None:
    """A progress line, as an editor shows it: on a terminal one line that changes, elsewhere a line for each step."""
    line = printable(f"{stage.text}: {stage.last_line}" if stage.last_line else stage.text)
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line[:110]}", end="\n" if stage.name == "done" else "", file=sys.stderr, flush=True)
    elif stage.text.endswith("…") or stage.name == "done":
        print(f"[{stage.elapsed_s:5.1f} s] {line}", file=sys.stderr)


def silent(stage: Stage) -> None:
    """For programs that want the result only."""


class _Listener:
    """Progress goes to standard error."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def endpoint_ready(self, connected: Any) -> None: ...

    def endpoint_failed(self, error: AutothinkError) -> None: ...

    def endpoint_recovered(self) -> None: ...

    def working(self, text: str, _fraction: float | None) -> None:
        if not self._quiet and sys.stderr.isatty():
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    async def may_fetch(self, _entry: Any, _why: str) -> bool:
        return False  # the error names the command that fetches it
