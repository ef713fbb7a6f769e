"""What is asked of the assistant and what it gives back. Values only; nothing here knows LSP or HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from attrs import define, field, frozen

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.edits.values import Replacement
from autothink_lsp.settings.model import Settings
from autothink_lsp.thinking.values import ThinkMode, ThinkOutcome
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.values import CheckReport


class ActionKind(StrEnum):
    """What a user can ask for. The value is the command line's and the action's name."""

    FIX = "fix"  # "Explain and fix" a diagnostic
    DESCRIBE = "describe"  # fix a problem that I describe
    SIMPLIFY = "simplify"
    EXTRACT = "extract"
    RENAME = "rename"  # for clarity
    TYPES = "types"
    ERRORS = "errors"  # add error handling
    CASES = "cases"  # handle all cases
    DOCSTRING = "docstring"
    TESTS = "tests"  # a new file
    CONVERT = "convert"
    EXPLAIN = "explain"


@frozen(kw_only=True)
class AssistRequest:
    """One action on one document. ``start``/``end`` are the selection, the diagnostic's range, or the cursor twice."""

    action: ActionKind
    snapshot: Snapshot
    start: Point
    end: Point
    settings: Settings
    path: str  # what the model may know the file as (``context/paths.display_path``)
    file: Path | None = None  # where it lies on this machine, if it does
    folder: Path | None = None  # its workspace folder
    trusted: bool = False  # the user trusts the folder: its own tools and tests may run
    diagnostics: tuple[Diagnostic, ...] = ()  # what to fix, the first is the target
    surrounding: tuple[Diagnostic, ...] = ()  # what else the editor shows in this document
    instruction: str = ""  # the user's words
    think: ThinkMode | None = None  # the user's override


@frozen(kw_only=True)
class Stage:
    """One step, as a progress line shows it. ``text`` is ready to show: "thinking 9 s · 210 tokens"."""

    name: Literal["repair", "quick", "retry", "thinking", "checking", "done"]
    text: str
    elapsed_s: float
    tokens: int = 0
    last_line: str = ""  # of the reasoning, where the user wants to see it
    thinking: str = field(default="", repr=False)  # all of it so far, likewise
    judge: str = field(default="", repr=False)


@define(eq=False)
class Control:
    """``answer_now`` is set by the user: end thinking and take what is known. Cancelling is cancelling the task."""

    answer_now: asyncio.Event = field(factory=asyncio.Event)


@frozen(kw_only=True)
class Attempt:
    """One step of the ladder, for the virtual document, ``--json`` and the statistics."""

    step: str  # "repair", "quick", "retry", "think-low", "think-medium"
    outcome: ThinkOutcome | None
    result: str  # "verified", "unverified", or the refusal's or failed check's sentence
    checks: CheckReport | None = None
    thinking: str = field(default="", repr=False)
    judge: str = field(default="", repr=False)
    seconds: float = 0.0
    tokens: int = 0


@frozen(kw_only=True)
class NewFile:
    """A file to be made, after the user has confirmed it."""

    path: Path
    text: str = field(repr=False)


@frozen(kw_only=True)
class RenamePlan:
    """A rename for the editor's own language server (or for us, as ``replacements``, where it has none)."""

    at: Point
    old_name: str
    new_name: str


@frozen(kw_only=True)
class AssistResult:
    """``replacements`` are against ``request.snapshot.text``. Without edit and explanation ``message`` says why."""

    request: AssistRequest = field(repr=False)
    title: str = ""  # what the edit does, one line
    replacements: tuple[Replacement, ...] = ()
    new_file: NewFile | None = None
    rename: RenamePlan | None = None
    explanation: str = ""  # Markdown
    reason: str = ""  # why the model did or did not think, for the user
    rule_id: str = ""
    verified: bool = False  # unverified edits are previewed, never applied silently
    concerns: tuple[str, ...] = ()  # sentences: why the user is asked before a verified edit, too
    checks_in_words: str = ""  # "diagnostic gone, 0 new (ruff, compile)"
    attempts: tuple[Attempt, ...] = ()
    message: str = ""
    id: str = ""  # for the statistics

    @property
    def may_apply_unasked(self) -> bool:
        """Whether the edit was verified and changes nothing that the user should look at first."""
        return self.verified and not self.concerns

    @property
    def has_edit(self) -> bool:
        return bool(self.replacements or self.new_file or self.rename)


class StageListener(Protocol):
    """Hears of every step, some times a second while the model writes. Must not block."""

    def __call__(self, stage: Stage) -> None: ...


class Assistant(Protocol):
    """``features/assist/service.py``; the protocol layers know only this."""

    async def run(
        self, request: AssistRequest, on_stage: StageListener, control: Control | None = None
    ) -> AssistResult:
        """Do it. Errors of ours come back as ``message``; only cancellation is raised."""
        ...

    async def warm(self, request: AssistRequest) -> None:
        """Have the model read what ``run`` would send, while the user reads the menu. Never raises an error of ours."""
        ...

    def offered(self, request: AssistRequest, actions: Iterable[ActionKind]) -> None:
        """A menu with these was opened; for the local statistics."""
        ...

    def record(self, result_id: str, event: Literal["offered", "applied", "rejected", "undone"]) -> None:
        """For the local statistics."""
        ...
