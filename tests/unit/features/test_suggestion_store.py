"""What a model said beyond what is shown is there at the next place, without another request."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from attrs import evolve

from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import ContextRequest, WindowSize, WindowTracker
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.features.completion.cache import SuggestionCache, SuggestionStore
from autothink_lsp.features.completion.model import CompletionRequest, Source
from autothink_lsp.features.completion.postprocess.post_processor import PostProcessor, ProcessedText, is_worthless
from autothink_lsp.features.completion.stream import InFlightCompletion
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, PositionEncoding

URI = "file:///a.py"
BEFORE = "def add(a, b):\n    total ="


def asked(output: str) -> InFlightCompletion:
    """A run at the end of ``BEFORE`` that has said all of this."""
    snapshot = Snapshot(URI, "python", 1, Text.from_str(BEFORE + "\n\n\nx = 1\n"), PositionEncoding.UTF32)
    syntax, point = Syntax(), Point(1, 11)
    request = CompletionRequest(snapshot, point, "automatic", 0.0, Settings(), "a.py")
    context = WindowTracker().gather(
        ContextRequest(snapshot, point, WindowSize(1_000, 1_000), "a.py", syntax.language(snapshot))
    )
    run: Any = SimpleNamespace(
        uri=URI, request=request, context=context, text=output, complete=True, left_block=False, ended_by="stop"
    )
    return cast("InFlightCompletion", run)


def test_what_follows_the_cut_is_kept_for_the_place_behind_it() -> None:
    answers, used = SuggestionStore(PostProcessor(Syntax()), SuggestionCache()), []
    run = asked(" a + b\n    return total\n\n\ndef other():\n    return 1")
    answers.remember(run, [lambda: used.append("used")])

    first = answers.cache.take(URI, run.context)
    assert first is not None
    assert first.text == " a + b\n    return total"
    behind = answers.cache.take(URI, evolve(run.context, prefix=run.context.prefix + first.text))
    assert behind is not None
    assert behind.text == "\n\n\ndef other():"
    below = answers.cache.take(URI, evolve(run.context, prefix=run.context.prefix + first.text + "\n\n\n"))
    assert below is not None
    assert below.text == "def other():"
    assert used == ["used"], "it was one answer of the model's, however often it helped"


def test_nothing_follows_where_all_is_shown() -> None:
    answers = SuggestionStore(PostProcessor(Syntax()), SuggestionCache())
    run = asked(" a + b")
    answers.remember(run, [])
    behind = answers.cache.take(URI, evolve(run.context, prefix=run.context.prefix + " a + b"))
    assert behind is None or not behind.text


SILENT = {
    "the next line": ("    pass", "stop", "filter: duplicate_next_lines"),
    "a bracket": (")", "stop", "filter: bracket_balance"),
    "unsure": ("  ", "confidence", "empty answer: confidence"),
    "nothing": ("", "dedent", "empty answer: dedent"),
}


@pytest.mark.parametrize(("output", "ended_by", "reason"), SILENT.values(), ids=SILENT)
def test_the_reason_why_nothing_is_shown(output: str, ended_by: str, reason: str) -> None:
    """The log names the filter or what ended the answer, not that the stored text is blank."""
    answers, run = SuggestionStore(PostProcessor(Syntax()), SuggestionCache()), asked(output)
    context = evolve(run.context, prefix=BEFORE.partition("\n")[0] + "\n")
    point = Point(1, 0)
    context = evolve(context, suffix="\n    pass\n\n\nx = 1\n")
    snapshot = evolve(run.request.snapshot, text=Text.from_str(context.prefix + context.suffix))
    request = evolve(run.request, point=point, snapshot=snapshot)
    stream: Any = SimpleNamespace(**{**vars(run), "context": context, "request": request, "ended_by": ended_by})
    answers.remember(stream, [])
    left = answers.cache.take(URI, context)
    assert left is not None
    outcome = answers.outcome(left, context, "model")
    assert outcome.suggestion is None
    assert outcome.reason == reason
    assert is_worthless(reason), "a request by hand tries another prompt"


class Counting(PostProcessor):
    """It tells how often an answer went through the filters to be shown."""

    fitted = 0

    def fit(self, answer: str, context: CodeContext, *, seen: bool, finished: bool = True) -> ProcessedText:
        self.fitted += 1
        return super().fit(answer, context, seen=seen, finished=finished)


def shown(answers: SuggestionStore, context: CodeContext, source: Source = "cache") -> str | None:
    """What is shown at the context's cursor."""
    left = answers.cache.take(URI, context)
    suggestion = answers.outcome(left, context, source).suggestion if left is not None else None
    return suggestion.text if suggestion is not None else None


def test_what_was_filtered_is_not_filtered_again_while_it_is_typed() -> None:
    shaper = Counting(Syntax())
    answers = SuggestionStore(shaper, SuggestionCache())
    run = asked(" a + b")
    answers.remember(run, [])
    assert shown(answers, run.context, "model") == " a + b"
    for typed in (" ", " a", " a +", " a + "):
        assert shown(answers, evolve(run.context, prefix=run.context.prefix + typed)) == " a + b"[len(typed) :]
    assert shaper.fitted == 0
    assert shown(answers, evolve(run.context, prefix=run.context.prefix + " a + b")) is None


def test_it_is_filtered_where_the_text_behind_the_cursor_is_another() -> None:
    shaper = Counting(Syntax())
    answers = SuggestionStore(shaper, SuggestionCache())
    run = asked(" max(a, b)")
    answers.remember(run, [])
    assert shown(answers, run.context) == " max(a, b)"
    closed = evolve(run.context, prefix=run.context.prefix + " max(", suffix=")" + run.context.suffix)
    assert shown(answers, closed) in {"a, b", "a, b)"}
    assert shaper.fitted == 1
    assert shown(answers, evolve(closed, prefix=closed.prefix + "a")) in {", b", ", b)"}
    assert shaper.fitted == 1, "from here on it is known again"


def test_the_first_character_of_what_streams_in_is_not_enough() -> None:
    """What was never on the screen must be worth it, even where it was filtered when a little more of it was left."""
    shaper = Counting(Syntax())
    answers = SuggestionStore(shaper, SuggestionCache())
    run = asked(" a + b")
    answers.remember(run, [])
    assert shown(answers, evolve(run.context, prefix=run.context.prefix + " a + "), "model") is None
    assert shaper.fitted == 1
