"""The request and the result of an action, and the interface of the assistant. Values only: no LSP, no HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from attrs import define, evolve, field, frozen

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.edits.file_edit import FileEdit
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.applied_edit import AppliedVerdict
from autothink_lsp.features.assist.exchange import Exchange, FollowUp
from autothink_lsp.features.assist.prompt_sources import PromptSource
from autothink_lsp.settings.model import Settings
from autothink_lsp.settings.user_actions import UserAction
from autothink_lsp.thinking.mode import ThinkMode, ThinkOutcome
from autothink_lsp.thinking.policy import ThinkDecision
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.evidence import Evidence
from autothink_lsp.verify.report import CheckReport


class ActionKind(StrEnum):
    """The actions. The value is the action's name in settings, statistics and on the command line."""

    FIX = "fix"  # "Explain and fix" a diagnostic
    FIX_ALL = "fix-all"  # all problems of the document
    DESCRIBE = "describe"  # fix a problem that the user describes
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
    USER = "user"  # a user action of the setting ``assist.actions``


@frozen(kw_only=True)
class EarlierEdit:
    """An edit of ours that the text already contains and that did not solve the problem. ``message`` is what the tool
    ``source`` reports after it."""

    step: str  # the rung of the attempt that made it, as in ``Attempt``
    removed: str = field(repr=False)
    inserted: str = field(repr=False)
    message: str = field(repr=False)
    source: str = ""
    seconds: float = 0.0


@frozen(kw_only=True)
class AssistRequest:
    """One action on one document. ``start`` and ``end`` are the selection, the range of the diagnostic, or both the
    cursor."""

    action: ActionKind
    snapshot: Snapshot
    start: Point
    end: Point
    settings: Settings
    path: str  # the file's name for the model (``context/paths.display_path``)
    file: Path | None = None  # its path on this machine, if it has one
    folder: Path | None = None  # its workspace folder
    trusted: bool = False  # the user trusts the folder: its tools and tests may run
    test_command: tuple[str, ...] = ()  # the command that the user confirmed; if empty, the setting applies
    diagnostics: tuple[Diagnostic, ...] = ()  # the diagnostics to fix; the first is the target
    instruction: str = ""  # the user's words
    think: ThinkMode | None = None  # the user's choice, which overrides the setting
    use_model: bool = True  # ``False``: only repairs by rule, as on save
    earlier_edit: EarlierEdit | None = None  # an earlier attempt that was applied
    follow_up: FollowUp | None = None  # the user's reply to an edit that was shown
    most_attempts: int = 4  # of the escalation ladder
    user_action: UserAction | None = None  # for ``ActionKind.USER``; ``instruction`` is its prompt


@frozen(kw_only=True)
class Stage:
    """The state of an action for a progress line. ``text`` is the complete line: "thinking, 210 tokens, 9 s"."""

    name: Literal["repair", "quick", "retry", "thinking", "checking", "done"]
    text: str
    elapsed_s: float
    tokens: int = 0
    last_line: str = ""  # of the reasoning, if the user wants to see it
    thinking: str = field(default="", repr=False)  # the whole reasoning so far, likewise
    judge: str = field(default="", repr=False)


@define(eq=False)
class Control:
    """The user's control of a running action. ``answer_now`` ends the thinking: the model answers from its reasoning so
    far. An action is cancelled by cancelling its task."""

    answer_now: asyncio.Event = field(factory=asyncio.Event)


@frozen(kw_only=True)
class Attempt:
    """One attempt of an action, for the virtual document, ``--json`` and the statistics."""

    step: str  # "repair", "quick", "retry", "think-low", "think-medium"
    outcome: ThinkOutcome | None
    result: str  # the sentence of the evidence or of the refusal
    checks: CheckReport | None = None
    thinking: str = field(default="", repr=False)
    judge: str = field(default="", repr=False)
    replacements: tuple[Replacement, ...] = field(default=(), repr=False)  # its edit, independent of the checks
    is_acceptable: bool = False  # whether the edit failed no check
    seconds: float = 0.0
    first_token_s: float = 0.0
    tokens: int = 0


@frozen(kw_only=True)
class NewFile:
    """A file that the action proposes. It is created after the user's confirmation."""

    path: Path
    text: str = field(repr=False)


@frozen(kw_only=True)
class RenamePlan:
    """A rename. ``AssistResult.replacements`` has it as an edit if the name is local; otherwise a language server of
    the editor has to compute the edit."""

    at: Point  # the first character of the name
    old_name: str
    new_name: str
    by: str | None = None  # the language server that computed the edit, empty if unknown; ``None`` if none did


@frozen(kw_only=True)
class AssistResult:
    """The result of an action. ``replacements`` are ranges of ``request.snapshot.text``. Without an edit and an
    explanation, ``message`` is the reason."""

    request: AssistRequest = field(repr=False)
    title: str = ""  # the edit in one line
    replacements: tuple[Replacement, ...] = ()
    file_edits: tuple[FileEdit, ...] = ()  # edits of other files, applied together with ``replacements`` or not at all
    new_file: NewFile | None = None
    rename: RenamePlan | None = None
    explanation: str = ""  # Markdown
    reason: str = ""  # why the model thought or not, for the user
    rule_id: str = ""
    decision: ThinkDecision | None = field(default=None, repr=False)  # with its numbers; ``None`` without a model
    model: str = ""  # the model that was asked, for its record
    evidence: Evidence | None = None  # the result of the edit's checks
    is_certain: bool = False  # a repair by rule that is right by construction and failed no check
    concerns: tuple[str, ...] = ()  # sentences: reasons to ask the user even before a proved edit is applied
    attempts: tuple[Attempt, ...] = ()
    message: str = ""
    cannot_ask_model: bool = False  # the model could not be reached
    id: str = ""  # for the statistics
    exchange: Exchange | None = field(default=None, repr=False)  # for a reply of the user
    prompt_sources: tuple[PromptSource, ...] = field(default=(), repr=False)  # the parts of the prompt

    @property
    def may_apply_unasked(self) -> bool:
        """Whether the edit is proved or certain, and has no change that the user should review first."""
        return (self.is_proved or self.is_certain) and not self.concerns and not self.file_edits

    @property
    def is_proved(self) -> bool:
        return self.evidence is not None and self.evidence.is_proved

    @property
    def has_failed(self) -> bool:
        return self.evidence is not None and self.evidence.has_failed

    @property
    def evidence_sentence(self) -> str:
        """The result of the checks for the user; empty if there was nothing to check."""
        return self.evidence.sentence if self.evidence is not None else ""

    @property
    def has_edit(self) -> bool:
        """Whether there is an edit of the document or of other files, a new file or a rename."""
        return bool(self.replacements or self.file_edits or self.new_file or self.rename)

    def without_edit(self, message: str) -> AssistResult:
        """The same result with ``message`` in place of its edit."""
        return evolve(self, replacements=(), file_edits=(), new_file=None, rename=None, message=message)


class StageListener(Protocol):
    """Called at every stage, and several times a second while the model generates. Must not block."""

    def __call__(self, stage: Stage) -> None: ...


class Assistant(Protocol):
    """The interface of ``AssistService``, for the protocol layers."""

    async def run(
        self, request: AssistRequest, on_stage: StageListener, control: Control | None = None
    ) -> AssistResult:
        """Run the action. An ``AutothinkError`` becomes ``message`` of the result; only cancellation is raised."""
        ...

    async def warm(self, request: AssistRequest) -> None:
        """Prefill the prompt that ``run`` would send, while the user reads the menu. Raises no ``AutothinkError``."""
        ...

    def other_mode(self, request: AssistRequest) -> Literal["off", "on"] | None:
        """The think mode that a user may want instead of the configured one; ``None`` if the model has only one."""
        ...

    def offered(self, request: AssistRequest, actions: Iterable[ActionKind]) -> None:
        """Count ``actions`` as offered in a menu, for the local statistics."""
        ...

    def record(self, result_id: str, event: Literal["offered", "applied", "rejected", "undone"]) -> None:
        """Record the user's reaction to a result, for the local statistics and later think decisions."""
        ...

    def record_outcome(self, result: AssistResult, verdict: AppliedVerdict) -> None:
        """Record what the editor's diagnostics showed after the result's edit was applied."""
        ...
