"""Typing along the suggestion on the screen is answered from it, as the long way would; anything else goes that way."""

from __future__ import annotations

import asyncio

import pytest
from attrs import evolve

from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import ContextRequest
from autothink_lsp.document.snapshot import Change
from autothink_lsp.features.completion.model import CompletionRequest, Suggestion
from autothink_lsp.features.completion.type_through import DisplayedSuggestion
from autothink_lsp.values import Point
from tests.support.completion_harness import URI, CompletionHarness
from tests.support.scripted_backend import Hold, ScriptedBackend

ANSWER = "return a + b\n"


def typed(text: str, line: int = 1, column: int = 4, removed: str = "") -> Change:
    start, end = Point(line, column), Point(line, column + len(removed))
    new_end = Point(line, column + len(text))
    return Change(start, end, new_end, 0, 0, 0, (0, 0), (0, 0), (0, 0), removed=removed, inserted=text)


class Followed:
    """A displayed suggestion in the harness's document."""

    def __init__(self, text: str = "return a + b") -> None:
        harness = CompletionHarness(ScriptedBackend([]))
        request = harness.query(1, 4)
        assert request is not None
        self.request: CompletionRequest = request
        self.displayed = DisplayedSuggestion()
        self.displayed.show(request, Suggestion(1, text, "model"))

    def rest(self, column: int, **more: object) -> str | None:
        along = self.displayed.along(evolve(self.request, point=Point(1, column), **more))
        return None if along is None else along.rest


def test_the_rest_of_what_was_typed_along() -> None:
    followed = Followed()
    assert followed.rest(4) is None, "nothing was typed"
    followed.displayed.did_change(URI, [typed("re")])
    assert followed.rest(6) == "turn a + b"
    followed.displayed.did_change(URI, [typed("turn", column=6)])
    assert followed.rest(10) == " a + b"
    assert followed.rest(9) is None, "another place"


@pytest.mark.parametrize(
    "changes",
    [
        [typed("x")],
        [typed("r", column=3)],
        [typed("r", line=2)],
        [typed("r", removed=" ")],
        [typed("return a + b and")],
        [typed("r"), typed("e", column=5)],
        [typed("")],
        [],
    ],
)
def test_any_other_edit_ends_it(changes: list[Change]) -> None:
    followed = Followed()
    followed.displayed.did_change(URI, changes)
    followed.displayed.did_change(URI, [typed("r")])
    assert followed.rest(5) is None


def test_edits_of_other_documents_do_not() -> None:
    followed = Followed()
    followed.displayed.did_change("file:///b.py", [typed("x")])
    followed.displayed.did_change(URI, [typed("r")])
    assert followed.rest(5) == "eturn a + b"


def test_a_line_end_and_the_last_character_go_the_long_way() -> None:
    followed = Followed("a\n    b")
    followed.displayed.did_change(URI, [typed("a")])
    assert followed.rest(5) is None
    followed = Followed("a")
    followed.displayed.did_change(URI, [typed("a")])
    assert followed.rest(5) is None


def test_a_request_by_hand_and_other_settings_go_the_long_way() -> None:
    followed = Followed()
    followed.displayed.did_change(URI, [typed("r")])
    assert followed.rest(5, trigger="invoked") is None
    assert followed.rest(5, settings=evolve(followed.request.settings)) is None


class Gathering(CompletionHarness):
    """Counts how often context is gathered."""

    @property
    def gathered(self) -> int:
        return self._count

    _count = 0

    def watch(self) -> None:
        gatherer = self.service._gatherer
        gather = gatherer.gather

        def counted(request: ContextRequest) -> CodeContext:
            self._count += 1
            return gather(request)

        gatherer.gather = counted  # pyright: ignore[reportAttributeAccessIssue] - a method of a protocol


async def test_keys_along_gather_nothing_and_dismissed_stays_dismissed() -> None:
    harness = Gathering(ScriptedBackend([ANSWER]))
    harness.reached.set()
    first = await harness.ask()
    assert first.suggestion is not None
    assert first.suggestion.text == "return a + b"
    harness.watch()
    ids = {first.suggestion.id}
    for number, key in enumerate("return"):
        harness.edit(1, 4 + number, 4 + number, key)
        outcome = await harness.ask(1, 5 + number)
        assert outcome.suggestion is not None
        assert outcome.suggestion.text == "return a + b"[number + 1 :]
        ids.add(outcome.suggestion.id)
    assert (harness.gathered, len(ids), len(harness.backend.requests)) == (0, 7, 1)
    assert harness.service.counters.from_cache == 6
    harness.service.suppression.on_feedback(max(ids), "dismissed")
    assert (await harness.ask(1, 10)).suggestion is None
    harness.edit(1, 10, 10, " ")
    again = await harness.ask(1, 11)
    assert again.suggestion is not None, "the user types towards it"
    await harness.service.aclose()


async def test_what_is_typed_along_is_answered_without_a_wait_and_nothing_else_is() -> None:
    harness = CompletionHarness(ScriptedBackend([ANSWER]))
    harness.reached.set()
    await harness.ask()
    service = harness.service

    def at_once(column: int) -> str | None:
        query = harness.query(1, column)
        assert query is not None
        outcome = service.complete_typed_along(query)
        return outcome.suggestion.text if outcome is not None and outcome.suggestion is not None else None

    assert not service.may_be_typed_along, "nothing was typed"
    assert at_once(4) is None
    harness.edit(1, 4, 4, "r")
    assert service.may_be_typed_along
    before = service.counters.requests
    assert at_once(3) is None, "another place"
    assert service.counters.requests == before
    assert at_once(5) == "eturn a + b"
    assert service.counters.requests == before + 1
    harness.edit(1, 5, 5, "x")
    assert not service.may_be_typed_along
    assert at_once(6) is None
    await harness.service.aclose()


async def test_a_suggestion_that_still_grows_is_not_cut_off() -> None:
    more = asyncio.Event()
    harness = CompletionHarness(ScriptedBackend(["return a +", Hold(more), " b\n"]))
    harness.reached.set()
    task = harness.ask()
    await asyncio.sleep(0.5)
    if task.done() and (shown := task.result().suggestion) is not None:
        assert "return a + b".startswith(shown.text)
    more.set()
    await asyncio.sleep(0.05)
    harness.edit(1, 4, 4, "r")
    outcome = await harness.ask(1, 5)
    assert outcome.suggestion is not None
    assert outcome.suggestion.text == "eturn a + b"
    await harness.service.aclose()
