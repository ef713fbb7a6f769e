"""The embedded engine with the real llama.cpp and the real 0.5B model. Counts tokens and processes, never seconds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import pytest_asyncio

from autothink_lsp.engines.base import EngineState
from autothink_lsp.engines.llama import LlamaEngine
from autothink_lsp.engines.llama_parameters import LlamaParameters
from autothink_lsp.errors import EngineError
from tests.support.gguf_file import QWEN2, gguf_bytes

pytestmark = [pytest.mark.model, pytest.mark.asyncio(loop_scope="module")]

SOURCE = Path(json.__file__).with_name("decoder.py").read_text("utf-8")


def parameters(model: Path, **changes: Any) -> LlamaParameters:
    values: dict[str, Any] = {"model_path": model, "model_name": "tested", "threads": 1, "context_tokens": 1024}
    return LlamaParameters(**{**values, **changes})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(embedded_model: Path) -> AsyncIterator[LlamaEngine]:
    """One engine for all tests that leave it as it was."""
    running = LlamaEngine(parameters(embedded_model))
    await running.start()
    yield running
    await running.stop()


@contextlib.asynccontextmanager
async def client_of(engine: LlamaEngine) -> AsyncIterator[httpx.AsyncClient]:
    address = await engine.address()
    # llama-server closes a connection after a stream without saying so: none is kept.
    limits = httpx.Limits(max_keepalive_connections=0)
    headers = {"Authorization": f"Bearer {address.api_key}"}
    async with httpx.AsyncClient(
        base_url=address.url, headers=headers, limits=limits, trust_env=False, timeout=60
    ) as client:
        yield client


async def complete(client: httpx.AsyncClient, prompt: str, n_predict: int = 1) -> dict[str, Any]:
    response = await client.post(
        "/completion", json={"prompt": prompt, "id_slot": 0, "n_predict": n_predict, "temperature": 0}
    )
    return response.raise_for_status().json()


async def hang_up_when(client: httpx.AsyncClient, prompt: str, seen: str) -> dict[str, Any]:
    """Stream a completion and close the connection at the first event that has ``seen`` in it."""
    body = {"prompt": prompt, "id_slot": 0, "n_predict": 200, "temperature": 0, "ignore_eos": True, "stream": True}
    async with client.stream("POST", "/completion", json={**body, "return_progress": True}) as response:
        async for line in response.aiter_lines():
            if seen in line:
                return json.loads(line.removeprefix("data: "))
    raise AssertionError(f"no event with {seen}")


async def until_idle(client: httpx.AsyncClient) -> None:
    while any(slot["is_processing"] for slot in (await client.get("/slots")).json()):
        await asyncio.sleep(0.002)


async def test_completion_request_returns_text(engine: LlamaEngine) -> None:
    async with client_of(engine) as client:
        answer = await complete(client, "<|fim_prefix|>def add(a, b):\n    return <|fim_suffix|>\n<|fim_middle|>", 3)
    assert answer["content"].startswith("a + b")
    assert answer["model"] == "tested"  # and not the path of the file


async def test_request_without_the_api_key_is_refused(engine: LlamaEngine) -> None:
    address = await engine.address()
    async with httpx.AsyncClient(base_url=address.url, trust_env=False) as stranger:
        for path in ("/slots", "/props", "/v1/models"):
            assert (await stranger.get(path)).status_code == 401
        assert (await stranger.post("/completion", json={"prompt": "x"})).status_code == 401
        assert (await stranger.get("/")).status_code == 404
    listening = [c.laddr.ip for c in psutil.Process(engine.pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]
    assert address.api_key not in " ".join(psutil.Process(engine.pid).cmdline())


async def test_request_cancelled_during_prefill_stops_and_keeps_the_evaluated_prefix(engine: LlamaEngine) -> None:
    prompt = SOURCE[2000:3200]
    async with client_of(engine) as client:
        event = await hang_up_when(client, prompt, '"processed":8')
        await until_idle(client)
        timings = (await complete(client, prompt))["timings"]
    total_tokens = event["prompt_progress"]["total"]
    assert total_tokens > 200
    assert 8 <= timings["cache_n"] <= 8 + 4 * engine.parameters.batch_tokens
    assert timings["cache_n"] + timings["prompt_n"] == total_tokens


async def test_request_cancelled_during_decode_stops_generating(engine: LlamaEngine) -> None:
    prompt = SOURCE[:300]
    async with client_of(engine) as client:
        await complete(client, prompt)
        await hang_up_when(client, prompt, '"tokens_predicted":2')
        await until_idle(client)
        slot = (await client.get("/slots")).json()[0]
    assert slot["next_token"][0]["n_decoded"] < 10


async def test_typing_in_place_evaluates_a_few_tokens_for_each_key(engine: LlamaEngine) -> None:
    before, after = SOURCE[600:1000], SOURCE[1000:1300]
    comment = "".join(f"# {line}" for line in after.splitlines(keepends=True))
    typed = "    for x in range(9):"
    async with client_of(engine) as client:
        evaluated = []
        for count in range(len(typed) + 1):
            prompt = f"<|fim_prefix|>{comment}\n{before}\n{typed[:count]}<|fim_suffix|><|fim_middle|>"
            evaluated.append((await complete(client, prompt))["timings"]["prompt_n"])
    assert evaluated[0] > 60
    assert max(evaluated[1:]) <= 5


async def test_returning_to_an_earlier_prompt_evaluates_few_tokens(engine: LlamaEngine) -> None:
    one, other = SOURCE[3000:3400], SOURCE[5000:5400]
    async with client_of(engine) as client:
        await complete(client, one)
        await complete(client, other)
        again = (await complete(client, one))["timings"]
    assert again["prompt_n"] <= 2


async def test_health_check_of_a_running_engine_succeeds(engine: LlamaEngine) -> None:
    assert await engine.check() is True


async def test_killed_engine_is_restarted(embedded_model: Path) -> None:
    engine = LlamaEngine(parameters(embedded_model, context_tokens=512))
    try:
        await engine.start()
        first = engine.pid
        os.kill(first, signal.SIGKILL)
        while engine.state is EngineState.READY:
            await asyncio.sleep(0.005)
        async with client_of(engine) as client:
            assert (await complete(client, "x"))["tokens_predicted"] == 1
        assert engine.pid != first
    finally:
        await engine.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="sends SIGSTOP")
async def test_suspended_engine_is_ended_by_stop(embedded_model: Path) -> None:
    engine = LlamaEngine(parameters(embedded_model, context_tokens=512))
    await engine.start()
    process = psutil.Process(engine.pid)
    process.suspend()
    await engine.stop()
    assert not process.is_running()


async def test_stop_leaves_no_process(embedded_model: Path) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    engine = LlamaEngine(parameters(embedded_model, context_tokens=512))
    await engine.start()
    await engine.stop()
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


async def test_stop_during_loading_leaves_no_process(embedded_model: Path) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    engine = LlamaEngine(parameters(embedded_model, context_tokens=512))
    starting = asyncio.create_task(engine.start())
    while (engine.status.fraction or 0) < 0.9:
        await asyncio.sleep(0.005)
    await engine.stop()
    with pytest.raises(EngineError, match="was stopped"):
        await starting
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


PARENT = """
import asyncio, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from autothink_lsp.engines.llama import LlamaEngine
from autothink_lsp.engines.llama_parameters import LlamaParameters
async def main():
    engine = LlamaEngine(LlamaParameters(
        model_path=Path({model!r}), model_name="tested", threads=1, context_tokens=512))
    engine.subscribe(lambda status: print(engine.pid, status.state, status.fraction, flush=True))
    await engine.start()
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.parametrize("when", ["starting 0.9", "ready"])
async def test_engine_ends_when_its_parent_is_killed(embedded_model: Path, when: str) -> None:
    script = PARENT.format(root=str(Path(__file__).parents[2]), model=str(embedded_model))
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = None
    for line in parent.stdout:
        pid, _, step = line.partition(" ")
        if step.startswith(when):
            child = psutil.Process(int(pid))
            break
    assert child is not None
    parent.kill()
    parent.communicate()
    _, alive = psutil.wait_procs([child], timeout=20)
    assert alive == []


BROKEN = [
    ("a head and then noise", 0, "is damaged"),
    ("cut off", 8 << 20, "is damaged"),
]


@pytest.mark.parametrize(("kept_bytes", "message"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
async def test_truncated_model_file_is_reported(
    embedded_model: Path, tmp_path: Path, kept_bytes: int, message: str
) -> None:
    path = tmp_path / "broken.gguf"
    with embedded_model.open("rb") as file:
        path.write_bytes(file.read(kept_bytes) or b"GGUF\x03\0\0\0" + b"\xa5" * 100_000)
    engine = LlamaEngine(parameters(path))
    with pytest.raises(EngineError, match=message) as raised:
        await engine.address()
    assert str(path) in raised.value.message
    assert "model pull" in raised.value.hint


async def test_unknown_architecture_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "new.gguf"
    path.write_bytes(gguf_bytes({**QWEN2, "general.architecture": "brand-new"}, tensor_bytes=20_000))
    engine = LlamaEngine(parameters(path))
    with pytest.raises(EngineError, match=r"does not support the architecture of new\.gguf") as raised:
        await engine.address()
    assert "xllamacpp" in raised.value.hint
    assert engine.state is EngineState.FAILED
    assert engine.pid is None


async def test_drafted_tokens_save_steps_and_do_not_change_the_text(embedded_model: Path) -> None:
    function = SOURCE[SOURCE.index("def py_scanstring") :][:700]
    prompt = f"# The function, and the same once more.\n{function}\n\n\n{function[:60]}"
    answers = []
    for speculates in (False, True):
        engine = LlamaEngine(parameters(embedded_model, speculates=speculates))
        try:
            await engine.start()
            async with client_of(engine) as client:
                answers.append(await complete(client, prompt, n_predict=48))
        finally:
            await engine.stop()
    plain, guessing = answers
    assert guessing["content"] == plain["content"]
    assert not plain["timings"].get("draft_n")
    assert guessing["timings"]["draft_n_accepted"] >= 16  # a copy is what guessing is good at
