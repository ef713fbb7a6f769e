"""Requests that come while the model is still being reached: the newest one gets its turn before any warm-up."""

from __future__ import annotations

import asyncio

import pytest

from autothink_lsp.settings.model import CompletionSettings, Settings
from tests.support.completion_house import ELSEWHERE, SETTINGS, URI, CompletionHouse, turns
from tests.support.scripted_backend import Hold, ScriptedBackend


async def test_a_request_goes_before_the_warm_up_that_waits_with_it() -> None:
    house = CompletionHouse(ScriptedBackend(["return a + b"]))
    house.warm()
    asked = house.ask()
    await turns()
    house.reached.set()
    outcome = await asyncio.wait_for(asked, 5)
    assert outcome.suggestion is not None
    assert [request.max_tokens for request in house.backend.requests] == [64]


async def test_while_a_request_waits_nothing_is_warmed_elsewhere() -> None:
    never = asyncio.Event()
    house = CompletionHouse(ScriptedBackend(lambda request: ["return a + b"] if request.max_tokens else [Hold(never)]))
    asked = house.ask()
    await turns()
    house.warm(ELSEWHERE)
    await turns()
    house.reached.set()
    assert (await asyncio.wait_for(asked, 5)).suggestion is not None


async def test_the_newest_of_several_is_the_one_that_is_sent() -> None:
    house = CompletionHouse(ScriptedBackend(["return a + b"]))  # the word being typed is the model's to say
    first = house.ask()
    await turns()
    house.edit(1, 4, 4, "r")
    second = house.ask(1, 5)
    await turns()
    house.reached.set()
    assert (await asyncio.wait_for(second, 5)).suggestion is not None
    assert (await asyncio.wait_for(first, 5)).suggestion is None
    assert len(house.backend.requests) == 1


@pytest.mark.parametrize("closed", [False, True])
async def test_a_warm_up_reads_the_document_as_it_is_when_the_model_is_there(closed: bool) -> None:
    house = CompletionHouse(ScriptedBackend([]))
    warming = house.warm()
    await turns()
    if closed:
        house.documents.close(URI)
    else:
        house.edit(3, 5, 5, "234")
    house.reached.set()
    await warming
    await turns()
    assert ["x = 1234" in request.prompt for request in house.backend.requests] == ([] if closed else [True])


async def test_a_warm_up_asks_the_gate_again_when_there_is_a_connection() -> None:
    house, settings = CompletionHouse(ScriptedBackend(["return a + b"])), [SETTINGS]
    warming = asyncio.create_task(house.service.warm(lambda: house.query(4, 0, settings[0])))
    await turns()
    settings[0] = Settings(completion=CompletionSettings(enabled=False))
    house.reached.set()
    await warming
    await turns()
    assert house.backend.requests == []
