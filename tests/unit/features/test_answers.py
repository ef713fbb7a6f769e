"""What a model said beyond what is shown is there at the next place, without another request."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from attrs import evolve

from autothink_lsp.context.window import WindowSize, WindowTracker
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.features.completion.answer import AnswerShaper
from autothink_lsp.features.completion.answers import Answers
from autothink_lsp.features.completion.cache import CompletionCache
from autothink_lsp.features.completion.query import CompletionQuery
from autothink_lsp.features.completion.run import Run
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point, PositionEncoding

URI = "file:///a.py"
BEFORE = "def add(a, b):\n    total ="


def asked(said: str) -> Run:
    """A run at the end of ``BEFORE`` that has said all of this."""
    snapshot = Snapshot(URI, "python", 1, Text.from_str(BEFORE + "\n\n\nx = 1\n"), PositionEncoding.UTF32)
    syntax, point = Syntax(), Point(1, 11)
    query = CompletionQuery(snapshot, point, "automatic", 0.0, Settings(), "a.py")
    context = WindowTracker().gather(
        snapshot, point, WindowSize(1_000, 1_000), path="a.py", language=syntax.language(snapshot)
    )
    run: Any = SimpleNamespace(uri=URI, query=query, context=context, text=said, complete=True)
    return cast("Run", run)


def test_what_follows_the_cut_is_kept_for_the_place_behind_it() -> None:
    answers, used = Answers(AnswerShaper(Syntax()), CompletionCache()), []
    run = asked(" a + b\n    return total\n\n\ndef other():\n    return 1")
    answers.remember(run, [lambda: used.append("used")])

    first = answers.take(URI, run.context)
    assert first is not None
    assert first.text == " a + b\n    return total"
    behind = answers.take(URI, evolve(run.context, prefix=run.context.prefix + first.text))
    assert behind is not None
    assert behind.text == "\n\n\ndef other():"
    below = answers.take(URI, evolve(run.context, prefix=run.context.prefix + first.text + "\n\n\n"))
    assert below is not None
    assert below.text == "def other():"
    assert used == ["used"], "it was one answer of the model's, however often it helped"


def test_nothing_follows_where_all_is_shown() -> None:
    answers = Answers(AnswerShaper(Syntax()), CompletionCache())
    run = asked(" a + b")
    answers.remember(run, [])
    behind = answers.take(URI, evolve(run.context, prefix=run.context.prefix + " a + b"))
    assert behind is None or not behind.text
