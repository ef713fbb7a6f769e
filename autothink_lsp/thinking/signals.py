"""What is known of a request before the model is asked: values that the policy decides by.

Made from LSP and tree-sitter in a few milliseconds; nothing here reads anything.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily


class RequestKind(StrEnum):
    """Keystrokes and instant edits first, then the actions (their names are those of ``ActionKind``)."""

    COMPLETION = "completion"
    ACCEPT_WORD = "accept_word"
    DOCSTRING_STUB = "docstring_stub"
    IMPORT_INSERTION = "import_insertion"
    FORMATTING = "formatting"
    FIX = "fix"
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
    """What the smallest telling node at the cursor is."""

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
    """Of the function around the place; zeros where there is none."""

    lines: int = 0
    branches: int = 0
    loops: int = 0
    nesting: int = 0
    recursive: bool = False
    concurrent: bool = False  # async, threads, locks, channels


@frozen(kw_only=True)
class TargetHistory:
    """What happened at this target before, in this session."""

    failed_off: int = 0
    rejected: int = 0
    last_thought: bool | None = None  # for hysteresis: what the last decision was


@frozen(kw_only=True)
class Cost:
    """What thinking costs here. ``decode_tokens_per_s`` is ``None`` before anything was measured."""

    decode_tokens_per_s: float | None = None
    deadline_ms: float = 120_000.0
    on_battery: bool = False


@frozen(kw_only=True)
class Signals:
    """Everything at once."""

    kind: RequestKind
    cursor: CursorPlace = CursorPlace.CODE
    selected_lines: int = 0
    expected_tokens: int = 0
    families: tuple[DiagnosticFamily, ...] = ()
    survived_fix: bool = False  # the message is still there after an earlier edit of ours
    scope: ScopeComplexity = field(factory=ScopeComplexity)
    references: int = 0
    history: TargetHistory = field(factory=TargetHistory)
    cost: Cost = field(factory=Cost)


@frozen(kw_only=True)
class Capability:
    """What the model and its server can do. ``judges``: trained to decide by itself whether to think."""

    can_off: bool = True
    can_on: bool = True
    can_auto: bool = False
    judges: bool = False
    max_thinking_tokens: int = 4096
