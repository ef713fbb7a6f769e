"""The word being typed is left to the model to say; where it says another one, it is asked again with that word."""

from __future__ import annotations

import asyncio

from autothink_lsp.backends.base import CompletionRequest
from tests.support.completion_house import CompletionHouse
from tests.support.scripted_backend import ScriptedBackend, Step


def model(answers: dict[str, str]) -> CompletionHouse:
    """A model that answers by how the text before the cursor ends, as far as it gets to see it."""

    def script(request: CompletionRequest) -> list[Step]:
        return [next(answer for end, answer in answers.items() if seen_before_cursor(request).endswith(end))]

    house = CompletionHouse(ScriptedBackend(script))
    house.reached.set()
    return house


def seen_before_cursor(request: CompletionRequest) -> str:
    return request.prompt.rpartition("def add(a, b):")[2].partition("<")[0]


async def type_and_ask(house: CompletionHouse, column: int, text: str) -> str:
    house.edit(1, column, column, text)
    outcome = await asyncio.wait_for(house.ask(1, column + len(text)), 5)
    return outcome.suggestion.text if outcome.suggestion is not None else ""


async def test_a_word_that_the_model_does_not_say_costs_two_requests_once() -> None:
    house = model({"prex": "y(a)", "pr": "int(a)", "": "    return a + b"})
    assert await type_and_ask(house, 4, "pr") == "int(a)"
    assert len(house.backend.requests) == 2
    assert await type_and_ask(house, 6, "ex") == "y(a)"
    assert len(house.backend.requests) == 3


async def test_where_an_earlier_answer_says_another_word_the_model_is_not_asked_for_it_again() -> None:
    house = model({"print(z": "ip)", "": "    print(a, b)"})
    assert await type_and_ask(house, 4, "p") == "rint(a, b)"
    assert await type_and_ask(house, 5, "rint(") == "a, b)"
    assert len(house.backend.requests) == 1
    assert await type_and_ask(house, 10, "z") == "ip)"
    assert len(house.backend.requests) == 2


async def test_back_in_a_word_that_the_model_may_say_it_is_left_to_it_again() -> None:
    house = model({"x": "y(a)", "": "    return a + b"})
    assert await type_and_ask(house, 4, "x") == "y(a)"
    house.edit(1, 4, 5, "")
    assert await type_and_ask(house, 4, "re") == "turn a + b"
    assert seen_before_cursor(house.backend.requests[-1]) == "\n"
