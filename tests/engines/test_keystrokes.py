"""What keystrokes cost the real model: typing along nothing, a burst two answers at most, a key in place a few tokens.

Counts only: the machine that runs this may be busy. The milliseconds are printed (pytest -s).
"""

from __future__ import annotations

import asyncio

import pytest

from tests.engines.conftest import Rig, Serve, engine_of, open_with_hole, suggestion
from tests.engines.engine_load import CpuLoad, EngineLoad, SlotLoad, cpu_s
from tests.support.edited_document import EditedDocument
from tests.support.lsp_client import LspClient, ServerError

pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

AS_SHIPPED = {"AUTOTHINK_COMPLETION__DEADLINE_MS": "600", "AUTOTHINK_COMPLETION__DEBOUNCE_MS": "auto"}
BURST = "for other in self.it"
KEY_GAP_S = 0.03
# A batch that was being computed and a token or two; a whole answer is ten or twenty, all waiting ones a hundred.
# OpenAI's API has no word for a free slot, so that up to three requests of a burst are with the server before it sees
# the hang-ups.
MOST_TOKENS_AFTER_CANCEL = {"embedded": 8, "llama-server": 8, "openai": 16}
REQUEST_CANCELLED = -32800


async def test_typing_along_sends_nothing(rig: Rig, serve: Serve) -> None:
    client = await serve(rig.environ)
    document = open_with_hole(client, "python/inventory.py", "python", "            self.items[▏item.name] = item")
    ghost = document.ghost(await suggestion(document))
    sent = len(rig.runs(client))
    assert len(ghost) > 2
    assert "\n" not in ghost  # an editor would put indentation of its own behind it
    for count, key in enumerate(ghost[:-1], start=1):
        document.insert(key)
        (item,) = (await document.ask()[1])["items"]
        assert document.ghost(item) == ghost[count:]
    assert len(rig.runs(client)) == sent


TYPED = "stock.write(name, 3 * quantity, why='sold')  # for the books"


async def test_typing_in_place_evaluates_a_few_tokens_for_each_key(rig: Rig, serve: Serve) -> None:
    """In the middle of a file, saying other things than the model does. Two tokens of answer, so that keys are
    quick."""
    client = await serve({**rig.environ, "AUTOTHINK_COMPLETION__MAX_TOKENS": "2"})
    document = open_with_hole(client, "python/inventory.py", "python", "        ▏item.quantity -= quantity")
    await document.ask("invoked")[1]
    told: list[int | None] = []  # for each key that sent something, all its requests together
    for key in TYPED:
        before = len(rig.runs(client))
        document.insert(key)
        await document.ask()[1]
        counts = [run.evaluated_tokens for run in rig.runs(client)[before:]]
        if counts:
            told.append(None if None in counts else sum(count or 0 for count in counts))
    # OpenAI's API tells it in the last event only, and not of answers that we stopped reading before.
    evaluated = [tokens for tokens in told if tokens is not None]
    print(f"\n{rig.kind}: {len(TYPED)} keys, {len(told)} sent something, tokens evaluated for each: {evaluated}")
    assert len(evaluated) >= 20
    assert len(evaluated) == len(told) or rig.kind == "openai"
    assert max(evaluated) <= 5


@pytest.mark.parametrize("cancels", [True, False], ids=["cancelled as VS Code does", "superseded as Neovim does"])
async def test_a_burst_of_keys(rig: Rig, serve: Serve, cancels: bool) -> None:
    client = await serve({**rig.environ, **AS_SHIPPED})
    document = open_with_hole(client, "python/inventory.py", "python", "        ▏item.quantity -= quantity")
    load = await _load_at(rig, client, document)
    before, sent_before = len(_ended(client)), len(rig.runs(client))
    requests: list[asyncio.Future] = []
    number = 0
    for key in BURST:
        if cancels and requests and not requests[-1].done():
            client.cancel(number)
        document.insert(key)
        number, future = document.ask()
        requests.append(future)
        await asyncio.sleep(KEY_GAP_S)
    await load.begin()
    if cancels:
        client.cancel(number)
    idle_ms = await load.until_idle()
    await asyncio.wait(requests, timeout=60)
    assert client.unanswered() == []
    assert all(_is_answer_or_cancelled(future) for future in requests)
    ended, sent = len(_ended(client)) - before, len(rig.runs(client)) - sent_before
    print(
        f"\n{rig.kind}: {len(requests)} keys, {sent} requests sent, {ended} to their end; "
        f"idle after {idle_ms:.0f} ms and {load.tokens:.1f} tokens"
    )
    assert ended <= 2
    assert sum(run.ended for run in rig.runs(client)[sent_before:]) <= 2
    if cancels:
        assert load.tokens <= MOST_TOKENS_AFTER_CANCEL[rig.kind]
    assert await suggestion(document)  # and it goes on


async def _load_at(rig: Rig, client: LspClient, document: EditedDocument) -> EngineLoad:
    """Have the model warm at this place, and a way to see what it does from then on."""
    if rig.address is not None:
        await suggestion(document)
        return SlotLoad(rig.address)
    await document.ask("invoked")[1]  # there is no process before the first answer
    engine = engine_of(client)
    begin_s, before = cpu_s(engine), len(rig.runs(client))
    document.insert("z")
    await document.ask("invoked")[1]
    tokens = sum(run.generated_tokens + (run.evaluated_tokens or 0) for run in rig.runs(client)[before:])
    return CpuLoad(engine, (cpu_s(engine) - begin_s) / tokens)


def _ended(client: LspClient) -> list[str]:
    """The server's own log, so that an answer counts which the early stop found to be whole."""
    lines = (params["message"] for method, params in client.notifications if method == "$/logTrace")
    return [line for line in lines if line.partition(": ")[2].startswith("run ended:")]


def _is_answer_or_cancelled(future: asyncio.Future) -> bool:
    error = future.exception()
    if error is None:
        return isinstance(future.result()["items"], list)
    return isinstance(error, ServerError) and error.code == REQUEST_CANCELLED
