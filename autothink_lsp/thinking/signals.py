"""The signals of a request: everything that the policy knows about it. Values only.

`features/assist/think_signals.py` fills them from LSP and tree-sitter in a few milliseconds.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily
from autothink_lsp.verify.evidence import ForeseenEvidence


class RequestKind(StrEnum):
    """What is requested: keystrokes and instant edits first, then the actions (with the values of ``ActionKind``)."""

    COMPLETION = "completion"
    ACCEPT_WORD = "accept_word"
    DOCSTRING_STUB = "docstring_stub"
    IMPORT_INSERTION = "import_insertion"
    FORMATTING = "formatting"
    FIX = "fix"
    FIX_ALL = "fix-all"
    DESCRIBE = "describe"
    SIMPLIFY = "simplify"
    EXTRACT = "extract"
    RENAME = "rename"
    TYPES = "types"
    ERRORS = "errors"
    CASES = "cases"
    DOCSTRING = "docstring"
    TESTS = "tests"
    CONVERT = "convert"
    EXPLAIN = "explain"
    USER = "user"


KEYSTROKES = frozenset(
    {
        RequestKind.COMPLETION,
        RequestKind.ACCEPT_WORD,
        RequestKind.DOCSTRING_STUB,
        RequestKind.IMPORT_INSERTION,
        RequestKind.FORMATTING,
    }
)


class CursorPlace(StrEnum):
    """The kind of the smallest significant syntax node at the cursor."""

    COMMENT = "comment"
    STRING = "string"
    IMPORT = "import"
    ARGUMENTS = "arguments"
    CONDITION = "condition"
    LOOP = "loop"
    HANDLER = "handler"
    OPERATOR = "operator"
    ERROR = "error"
    CODE = "code"


@frozen(kw_only=True)
class ScopeComplexity:
    """Counts of the function around the cursor; zeros outside of functions."""

    lines: int = 0
    branches: int = 0
    loops: int = 0
    nesting: int = 0
    recursive: bool = False
    concurrent: bool = False  # async, threads, locks, channels


@frozen(kw_only=True)
class TargetHistory:
    """Earlier actions at this target in this session."""

    failed_off: int = 0  # attempts without thinking that failed a check
    rejected: int = 0  # edits that the user rejected or undid
    survived: int = 0  # applied edits after which the editor still reported a problem
    last_thought: bool | None = None  # whether the model thought in the last action
    judge_probability: float | None = None  # of thinking, in the model's own judgement in the last action

    @property
    def failures(self) -> int:
        """The number of failures that are evidence against another quick attempt here."""
        return self.failed_off + self.rejected + self.survived


@frozen(kw_only=True)
class Cost:
    """The cost of time for this request. Speeds are ``None`` before the first measurement."""

    decode_tokens_per_s: float | None = None  # excluding the wait for the first token
    first_token_s: float | None = None
    deadline_ms: float = 120_000.0
    patience_s: float = 150.0  # ``assist.patience_s``


@frozen(kw_only=True)
class ModeRecord:
    """The outcomes of a model's applied edits in one mode, as the editor's diagnostics showed them."""

    good: int = 0
    bad: int = 0
    expected: float = 0.0  # the sum of their estimated probabilities of being right


@frozen(kw_only=True)
class ModelRecord:
    """The record of this model: its edits in each mode, and how much it thinks."""

    off: ModeRecord = field(factory=ModeRecord)
    on: ModeRecord = field(factory=ModeRecord)
    thinking_tokens: float | None = None  # mean of the requests that thought


@frozen(kw_only=True)
class Signals:
    """All signals of a request."""

    kind: RequestKind
    cursor: CursorPlace = CursorPlace.CODE
    expected_tokens: int = 0
    families: tuple[DiagnosticFamily, ...] = ()
    related_elsewhere: int = 0  # places outside of the target that the messages name
    hard_words: int = 0  # words of the user that indicate a difficult change (``features.hard_words``)
    functions_touched: int = 0  # functions that the selection or the target reaches
    scope: ScopeComplexity = field(factory=ScopeComplexity)
    history: TargetHistory = field(factory=TargetHistory)
    record: ModelRecord = field(factory=ModelRecord)
    cost: Cost = field(factory=Cost)
    foreseen_evidence: ForeseenEvidence | None = None  # None if it is unknown, or nothing is edited
    is_asked: bool = True  # whether the user must confirm an edit that is not proved

    @property
    def is_blind(self) -> bool:
        """Whether no tool here could notice a wrong edit."""
        return self.foreseen_evidence is not None and self.foreseen_evidence.is_blind


@frozen(kw_only=True)
class Capability:
    """The abilities of the model and its server. ``judges``: the model was trained to decide whether to think."""

    can_off: bool = True
    can_on: bool = True
    can_auto: bool = False
    judges: bool = False
    max_thinking_tokens: int = 4096
