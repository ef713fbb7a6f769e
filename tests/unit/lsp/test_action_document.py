"""The document of a finished action: what was done first, how it came about below."""

from __future__ import annotations

from typing import Any, cast

from attrs import evolve

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult, Attempt, Stage
from autothink_lsp.features.assist.exchange import Exchange
from autothink_lsp.lsp.action_display import (
    _MAX_LINE_CHARS,
    FOLLOW_UP_LINE,
    LiveDocument,
    _first_words,
    as_markdown,
    work_title,
)
from autothink_lsp.lsp.assist_actions import _closing
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import Point
from autothink_lsp.verify.evidence import Evidence, EvidenceLevel

REQUEST = AssistRequest(
    action=ActionKind.FIX,
    snapshot=DocumentStore().open("file:///a.py", "python", 1, "a\n"),
    start=Point(0, 0),
    end=Point(0, 0),
    settings=Settings(),
    path="a.py",
)
RESULT = AssistResult(
    request=REQUEST,
    title="Fix a",
    explanation="It was wrong.",
    reason="The model thought because you asked for it.",
    rule_id="user-on",
    evidence=Evidence(EvidenceLevel.PROVED, "Proved: Ruff no longer reports it.", ("ruff",)),
    attempts=(Attempt(step="think-low", outcome=None, result="proved", thinking="Hm.", seconds=1.5, tokens=7),),
    exchange=cast("Exchange", object()),
)


def test_what_was_shown_stands_before_how_it_came_about() -> None:
    assert as_markdown(RESULT).split("\n\n") == [
        "# Fix a",
        "It was wrong.",
        "**Proved: Ruff no longer reports it.**",
        FOLLOW_UP_LINE,
        "**Thinking:** The model thought because you asked for it.",
        "## Attempt 1: with thinking (1.5 s, 7 tokens)",
        "Result: proved",
        "### Thinking",
        "> Hm.\n",
    ]


def test_the_last_line_of_an_action_ends_with_what_was_proved() -> None:
    assert _closing(RESULT) == "Fix a. Proved: Ruff no longer reports it."
    assert _closing(evolve(RESULT, evidence=None)) == f"Fix a. {RESULT.reason}"
    assert _closing(evolve(RESULT, message="No fix found.")) == "No fix found."


def test_only_an_edit_has_a_follow_up() -> None:
    assert FOLLOW_UP_LINE not in as_markdown(evolve(RESULT, exchange=None))


async def test_a_cancelled_action_ends_with_that_word() -> None:
    written: list[str] = []

    class Documents:
        """Keeps what is written."""

        def write(self, _uri: str, text: str) -> None:
            written.append(text)

        def refresh(self, _uri: str) -> None: ...

    document = LiveDocument(cast("Any", Documents()), REQUEST)
    document.on_stage(Stage(name="quick", text="quick attempt", elapsed_s=1))
    document.on_stage(Stage(name="checking", text="checking, 3 s", elapsed_s=3))
    document.end(None)
    assert written[-1] == "# Fixing a.py\n\n- quick attempt\n- checking, 3 s\n- cancelled\n"


def test_the_last_line_of_thinking_ends_with_a_whole_word() -> None:
    words = "thinking " * 30
    shown = _first_words(words.strip())
    assert len(shown) <= _MAX_LINE_CHARS
    assert set(shown.removesuffix("…").split()) == {"thinking"}
    assert _first_words("short line") == "short line"
    assert _first_words("x" * 200) == "x" * _MAX_LINE_CHARS


def test_a_running_action_says_what_it_does_to_which_file() -> None:
    titles = {kind: work_title(evolve(REQUEST, action=kind, path="src/shop.ts")) for kind in ActionKind}
    assert titles[ActionKind.FIX] == "Fixing shop.ts"
    assert titles[ActionKind.DESCRIBE] == "Editing shop.ts"
    assert all(title.endswith(" shop.ts") and title[0].isupper() for title in titles.values())
