"""What is not asked, and by what name."""

from typing import Any, Literal, cast

import pytest
from attrs import evolve

from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.context.window import WindowTracker
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.features.completion.prompt_context import LONGEST_LINE_CHARS, PromptContext, cursor_refusal
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, PositionEncoding


def asked(marked: str, trigger: str = "automatic", settings: CompletionSettings | None = None) -> str | None:
    """``|`` marks the cursor."""
    before, _, after = marked.partition("|")
    snapshot = Snapshot("file:///a.py", "python", 1, Text.from_str(before + after), PositionEncoding.UTF16)
    point = Point(before.count("\n"), len(before.rpartition("\n")[2]))
    query = CompletionRequest(
        snapshot, point, "automatic", 0.0, Settings(completion=settings or CompletionSettings()), "a.py"
    )
    return cursor_refusal(evolve(query, trigger=trigger))


@pytest.mark.parametrize(
    ("marked", "trigger", "expected"),
    [
        ("x = |", "automatic", None),
        ("|", "automatic", None),
        ("foo(|)", "automatic", None),
        ("foo(|, b)", "automatic", None),
        ("retu|rn", "automatic", "inside a word"),
        ("retu|_n", "automatic", "inside a word"),
        ("retu|rn", "invoked", None),
        ("x = |y", "automatic", "inside a word"),
        ("a" * (LONGEST_LINE_CHARS + 1) + "|", "automatic", "line too long"),
    ],
)
def test_refusal(marked: str, trigger: str, expected: str | None) -> None:
    assert asked(marked, trigger) == expected


def test_what_the_user_switched_off() -> None:
    assert asked("x = |", settings=CompletionSettings(enabled=False)) == "disabled"
    assert asked("x = |", settings=CompletionSettings(languages={"python": False})) == "language is off"
    assert asked("x = |", settings=CompletionSettings(languages={"*": False})) == "language is off"
    assert asked("x = |", settings=CompletionSettings(languages={"*": False, "python": True})) is None


@pytest.mark.parametrize("trigger", ["automatic", "invoked"])
def test_binary_files_are_kept_from_every_model(trigger: Literal["automatic", "invoked"]) -> None:
    prompts = PromptContext(Syntax(), WindowTracker(), PrivacyGate(), cast("Any", None))
    snapshot = Snapshot("file:///a.py", "python", 1, Text.from_str("a\nb\0\n"), PositionEncoding.UTF16)
    request = CompletionRequest(snapshot, Point(0, 1), trigger, 0.0, Settings(), "a.py")
    assert prompts.refusal(request) == "excluded: it is a binary file"
