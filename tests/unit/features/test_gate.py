"""What is not asked, and by what name."""

import pytest
from attrs import evolve

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.features.completion.gate import LONGEST_LINE_CHARS, refusal
from autothink_lsp.features.completion.model import CompletionRequest
from autothink_lsp.settings.model import CompletionSettings, Settings
from autothink_lsp.values import Point, PositionEncoding


def asked(marked: str, trigger: str = "automatic", settings: CompletionSettings | None = None) -> str | None:
    """``|`` marks the cursor."""
    before, _, after = marked.partition("|")
    snapshot = Snapshot("file:///a.py", "python", 1, Text.from_str(before + after), PositionEncoding.UTF16)
    point = Point(before.count("\n"), len(before.rpartition("\n")[2]))
    query = CompletionRequest(
        snapshot, point, "automatic", 0.0, Settings(completion=settings or CompletionSettings()), "a.py"
    )
    return refusal(evolve(query, trigger=trigger))


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
        ("a\0b\n|", "automatic", "binary"),
        ("a\nb\0\n|", "invoked", "binary"),
    ],
)
def test_refusal(marked: str, trigger: str, expected: str | None) -> None:
    assert asked(marked, trigger) == expected


def test_what_the_user_switched_off() -> None:
    assert asked("x = |", settings=CompletionSettings(enabled=False)) == "disabled"
    assert asked("x = |", settings=CompletionSettings(languages={"python": False})) == "language is off"
    assert asked("x = |", settings=CompletionSettings(languages={"*": False})) == "language is off"
    assert asked("x = |", settings=CompletionSettings(languages={"*": False, "python": True})) is None
