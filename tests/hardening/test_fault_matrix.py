"""Behaviours of a model server × (completion, fix): each request is answered, each condition told once, and its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start, actions_at, did_change, did_open, inline, shown, until
from tests.hardening.conftest import Count
from tests.support.action_client import FULL, ActionEditor, choose, diagnostic
from tests.support.fault_server import FAULTS, FaultServer, Mode
from tests.support.wire_faults import WIRE_FAULTS

BEHAVIOURS = (*FAULTS, *WIRE_FAULTS)
ADD = "def add(a, b):\n    "
ONLY_ASKED = {"ASSIST__RUN_CHECKERS": "false", "COMPLETION__ENABLED": "false"}  # what is counted is the model's part
RECOVERED = "AutoThink: Completion works again."
# Addresses at which no model server answers: each needs a session of its own.
ADDRESSES = {
    "refused": ("http://127.0.0.1:9", {}),
    "no such host": ("https://models.invalid/v1", {}),
    "TLS at a server without": ("https://127.0.0.1:{port}/v1", {}),
    "a proxy that refuses": ("https://models.invalid/v1", {"HTTPS_PROXY": "http://127.0.0.1:9"}),
}
BROKEN = "def total(prices):\n    result = 0\n    for price in prices:\n        result += prices\n    return result\n"
RIGHT = f"Fixed.\n\nThe whole edited code:\n```python\n{BROKEN.replace('+= prices', '+= price')}```\n"


@pytest.fixture
async def odd() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        server.passes_warm_ups = True
        yield server


@pytest.mark.timeout(400)
async def test_completion(start: Start, odd: FaultServer, count: Count) -> None:
    """Each behaviour has a document of its own, so that nothing is answered from memory."""
    odd.passes_warm_ups = False
    environ = {"AUTOTHINK_COMPLETION__DEADLINE_MS": "400", "AUTOTHINK_COMPLETION__DEBOUNCE_MS": "0"}
    client = await start(url=odd.url, environ=environ)
    asked, answered, told, most, slowest_ms = 0, 0, 0, 0, 0.0
    problems: list[Any] = []
    for number, behaviour in enumerate(BEHAVIOURS):
        odd.misbehave(behaviour)
        before, started = len(shown(client)), odd.started
        uri = f"file:///project/fault_{number}.py"
        did_open(client, f"def fault_{number}(a, b):\n    ", uri)
        for key in range(3):
            did_change(client, 2 + key, 1, 4 + key, 4 + key, "xyz"[key], uri)
            asked += 1
            items = await inline(client, 1, 5 + key, uri)
            answered += 1
            problems += [(behaviour, "an answer", items)] if any("evil" in str(item) for item in items) else []
        await asyncio.sleep(0)
        requests = odd.started - started
        most = max(most, requests)
        problems += [(behaviour, "too many requests", requests)] if requests > 8 else []
        odd.misbehave("ok")
        at = time.monotonic()
        fine = f"file:///project/fine_{number}.py"
        did_open(client, f"def fine_{number}(a, b):\n    ", fine)
        async with asyncio.timeout(60):
            while not await inline(client, 1, 4, fine):
                await asyncio.sleep(0.02)
        if behaviour not in {Mode.RATE_LIMITED, Mode.UNAUTHORIZED, Mode.FORBIDDEN}:
            slowest_ms = max(slowest_ms, (time.monotonic() - at) * 1_000)
        said = shown(client)[before:]
        faults = [text for text in said if text != RECOVERED]
        told += len(faults)
        if len(faults) > 1 or said[len(faults) :] != [RECOVERED] * bool(faults):
            problems.append((behaviour, "messages", said))
        for one in (uri, fine):
            client.notify("textDocument/didClose", {"textDocument": {"uri": one}})
    count("faults, completion: behaviours / requests / answered / messages", (
        f"{len(BEHAVIOURS)} / {asked} / {answered} / {told}"
    ))  # fmt: skip
    count("faults, completion: most requests to a broken server for 3 keys", most)
    count("faults, completion: slowest recovery (measured, not asserted)", f"{slowest_ms:.0f} ms")
    assert problems == []
    assert client.unanswered() == []


@pytest.mark.timeout(400)
async def test_fix(start: Start, odd: FaultServer, tmp_path: Path, count: Count) -> None:
    client = await start(
        url=odd.url,
        capabilities=FULL,
        folder=tmp_path,
        environ=actions_at(odd.url, deadline_s=5, ASSIST__THINK="off", **ONLY_ASKED),
    )
    editor = ActionEditor(client, (tmp_path / "a.py").as_uri(), "python", BROKEN)
    editor.open()
    problem = diagnostic(3, 18, 24, "wrong operand")
    answered, told, problems = 0, 0, []
    for behaviour in BEHAVIOURS:
        action = choose(await editor.offers(problem["range"], [problem], trigger=2), "Explain and fix")
        odd.misbehave(behaviour)
        before, started = len(shown(client)), odd.started
        resolved = await editor.resolve(action)
        answered += 1
        if resolved.get("edit"):
            problems.append((behaviour, "an edit", resolved["edit"]))
        await until(lambda before=before: len(shown(client)) > before)
        messages = shown(client)[before:]
        told += len(messages)
        problems += [(behaviour, "messages", messages)] if len(messages) != 1 else []
        problems += [(behaviour, "requests", odd.started - started)] if odd.started - started > 8 else []
        odd.misbehave("ok")
        odd.chat_answers = [RIGHT] * 40  # the probe of a new endpoint takes some
        again = await editor.resolve(action)
        problems += [(behaviour, "no recovery", shown(client)[-1:])] if not again.get("edit") else []
        odd.chat_answers = []
    count("faults, fix: behaviours / requests / answered / messages", (
        f"{len(BEHAVIOURS)} / {len(BEHAVIOURS)} / {answered} / {told}"
    ))  # fmt: skip
    assert problems == []
    assert client.unanswered() == []


@pytest.mark.parametrize("name", ADDRESSES)
async def test_addresses_without_a_server(
    start: Start, odd: FaultServer, tmp_path: Path, name: str, count: Count
) -> None:
    url, more = ADDRESSES[name]
    url = url.replace("{port}", str(odd.port))
    client = await start(
        url=url,
        capabilities=FULL,
        folder=tmp_path,
        environ={**actions_at(url, deadline_s=10, COMPLETION__MODEL="m", ASSIST__MODEL="m"), **more},
    )
    editor = ActionEditor(client, (tmp_path / "a.py").as_uri(), "python", BROKEN)
    editor.open()
    for column in (4, 8, 6):
        assert await inline(client, 3, column, editor.uri) == []
    await until(lambda: shown(client))
    assert len(shown(client)) == 1, shown(client)
    problem = diagnostic(3, 18, 24, "wrong operand")
    resolved = await editor.resolve(choose(await editor.offers(problem["range"], [problem]), "Explain and fix"))
    assert not resolved.get("edit")
    await until(lambda: len(shown(client)) == 2)
    count(f"faults, {name}: completion / fix", "answered, one message each")
