"""What we promise with vLLM, seen at a real one. Counts, never times: its speed on a CPU says nothing about a GPU's."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tomllib
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

import autothink_lsp
from autothink_lsp.backends.base import ChatRequest, FimRequest, Finished, ReasoningDelta, TextDelta
from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.engines.vllm import vllm_engine
from autothink_lsp.errors import BackendError, EngineError
from autothink_lsp.features.probing.inspect import inspect_endpoint
from autothink_lsp.stream.segments import SegmentKind, StartState, TagStyle
from autothink_lsp.stream.think_parser import ThinkParser
from autothink_lsp.values import ChatMessage
from tests.engines.vllm.conftest import PATIENCE_S, Running

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(PATIENCE_S + 120),
]

HOLE = "<|fim_prefix|>def add(a, b):\n    return <|fim_suffix|>\n\n\nprint(add(1, 2))\n<|fim_middle|>"
JUDGED_OFF = r"Easy\.\n</judge>\n\n<think_off>\n<answer>\n[0-9]{1,4}\n</answer>"
JUDGED_ON = r"Hard\.\n</judge>\n\n<think_on>\n<think>\nstep [a-z]{3,9}\n</think>\n\n<answer>\n[0-9]{1,4}\n</answer>"
QUESTION = (ChatMessage("user", "What is 17 + 25?"),)


async def completed(backend: OpenAIBackend, request: FimRequest) -> tuple[str, Finished]:
    text, end = "", None
    async with aclosing(backend.stream(request)) as stream:
        async for event in stream:
            if isinstance(event, TextDelta):
                text += event.text
            else:
                end = event
    assert end is not None
    return text, end


async def test_fim_request_with_more_stop_strings_than_vllm_accepts(vllm: Running) -> None:
    backend = vllm.backend()
    pieces: list[str] = []
    stops = ("\n", "<|endoftext|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<|im_end|>")
    try:
        async with aclosing(backend.stream(FimRequest(HOLE, 24, stops))) as stream:
            async for event in stream:
                pieces += [event.text] if isinstance(event, TextDelta) else []
        long: list[str] = []
        async with aclosing(backend.stream(FimRequest("# A story about a tree", 40))) as stream:
            async for event in stream:
                long += [event.text] if isinstance(event, TextDelta) else []
    finally:
        await backend.aclose()
    assert "".join(pieces).strip() == "a + b"
    assert len(long) > 4, "it is a stream, though guessing ahead may bring several tokens at once"
    assert pieces


async def test_closed_connection_aborts_the_request(vllm: Running) -> None:
    backend = vllm.backend()
    try:
        async with aclosing(backend.stream(FimRequest("Count: 1 2 3 4 5", 900))) as stream:
            async for _ in stream:
                assert vllm.metric("num_requests_running") == 1
                break
        async with asyncio.timeout(10):
            while vllm.metric("num_requests_running"):
                await asyncio.sleep(0.1)
    finally:
        await backend.aclose()


async def test_typing_hits_the_prefix_cache(vllm: Running) -> None:
    head = (
        "".join(f"def item_{i}(value):\n    return value * {i}\n\n\n" for i in range(30)) + "def total(values):\n    re"
    )
    backend = vllm.backend()
    hits: list[float] = []
    try:
        for end in ("", "t", "tu", "tur", "turn"):
            before = vllm.metric("prefix_cache_hits_total")
            await completed(backend, FimRequest(head + end, 1))
            hits.append(vllm.metric("prefix_cache_hits_total") - before)
    finally:
        await backend.aclose()
    assert hits[0] == 0
    assert all(count >= 256 for count in hits[1:]), hits


@pytest.mark.parametrize(("form", "thought"), [(JUDGED_OFF, ""), (JUDGED_ON, "thinking")])
async def test_reasoning_parser_separates_thinking_from_the_answer(vllm: Running, form: str, thought: str) -> None:
    backend = vllm.backend()
    reasoning = answer = ""
    fields = {"structured_outputs": {"regex": form}}
    try:
        async with aclosing(backend.chat(ChatRequest(QUESTION, 80, fields=fields))) as stream:
            async for event in stream:
                if isinstance(event, ReasoningDelta):
                    reasoning += event.text
                elif isinstance(event, TextDelta):
                    answer += event.text
    finally:
        await backend.aclose()
    assert reasoning.startswith(("Easy.", "Hard."))
    assert answer.strip().isdigit()
    assert "<" not in reasoning + answer, "no tag leaks"
    assert (len(reasoning) > len("Hard.")) == bool(thought)


async def test_reasoning_parser_reads_whole_and_begun_answers(vllm: Running) -> None:
    client = _client(vllm)
    body = {"model": vllm.model, "messages": [{"role": "user", "content": "What is 17 + 25?"}], "max_tokens": 80}
    begun = "<judge>\nTrivial.\n</judge>\n\n<think_off>\n<answer>\n"
    try:
        whole = await client.fetch_json(
            "POST", f"{vllm.url}/v1/chat/completions", body | {"structured_outputs": {"regex": JUDGED_ON}}
        )
        body["messages"] = [*body["messages"], {"role": "assistant", "content": begun}]
        body |= {"continue_final_message": True, "add_generation_prompt": False}
        body |= {"structured_outputs": {"regex": r"[0-9]{2}\n</answer>"}}
        went_on = await client.fetch_json("POST", f"{vllm.url}/v1/chat/completions", body)
    finally:
        await client.aclose()
    message = whole.value["choices"][0]["message"]
    assert message["reasoning"].startswith("Hard.")
    assert message["content"].strip().isdigit()
    message = went_on.value["choices"][0]["message"]
    assert not message.get("reasoning")
    assert message["content"].strip().isdigit()


async def test_our_own_client_reads_the_judge_where_the_server_has_no_parser(vllm: Running) -> None:
    """``/v1/completions`` is never run through a reasoning parser."""
    prompt = "<|im_start|>user\nWhat is 17 + 25?<|im_end|>\n<|im_start|>assistant\n<judge>\n"
    client = _client(vllm)
    body = {"model": vllm.model, "prompt": prompt, "max_tokens": 80, "structured_outputs": {"regex": JUDGED_ON}}
    try:
        answer = await client.fetch_json("POST", f"{vllm.url}/v1/completions", body)
    finally:
        await client.aclose()
    parser = ThinkParser(TagStyle.ANY, StartState.JUDGE)
    segments = [*parser.feed(answer.value["choices"][0]["text"]), *parser.finish()]
    texts = {kind: "".join(each.text for each in segments if each.kind is kind) for kind in SegmentKind}
    assert parser.mode == "on"
    assert texts[SegmentKind.JUDGE].strip() == "Hard."
    assert texts[SegmentKind.THINK].strip()
    assert texts[SegmentKind.ANSWER].strip().isdigit()


async def test_an_adapter_is_chosen_by_its_name(vllm: Running) -> None:
    base, adapted = vllm.backend(), vllm.backend("calm")
    try:
        description = await adapted.describe()
        assert "calm" in description.models
        request = FimRequest(HOLE, 8, ("\n",))
        assert (await completed(base, request))[0] == (await completed(adapted, request))[0], "an adapter of zeros"
    finally:
        await base.aclose()
        await adapted.aclose()


async def test_ngram_speculation_saves_steps_for_copied_text(vllm: Running) -> None:
    code = "".join(f"    self.field_{i} = field_{i}\n" for i in range(12))
    prompt = f"# Before\n{code}\n# After, the same lines again\n{code}\n# And once more\n    self.field_0"
    counters = ("spec_decode_num_drafts_total", "spec_decode_num_accepted_tokens_total", "generation_tokens_total")
    before = [vllm.metric(name) for name in counters]
    backend = vllm.backend()
    try:
        await completed(backend, FimRequest(prompt, 80))
    finally:
        await backend.aclose()
    drafts, accepted, generated = (vllm.metric(name) - old for name, old in zip(counters, before, strict=True))
    steps = generated - accepted
    print(f"n-gram: {generated:.0f} tokens in {steps:.0f} steps, {drafts:.0f} drafts, {accepted:.0f} accepted")
    assert steps <= 0.6 * generated


async def test_completion_request_is_scheduled_before_queued_actions(vllm: Running) -> None:
    """Two are computed at a time here; two more wait; the keystroke comes last and is served before those.

    One place becomes free long before the other, so exactly one of those that wait can begin.
    """
    order: list[str] = []
    assistant, typist = vllm.backend(priority=1), vllm.backend(priority=-1)
    await assistant.describe()
    await typist.describe()

    async def fix(name: str, tokens: int) -> None:
        request = ChatRequest(QUESTION, tokens, fields={"ignore_eos": True, "min_tokens": tokens})
        async with aclosing(assistant.chat(request)) as stream:
            async for event in stream:
                if isinstance(event, TextDelta | ReasoningDelta) and name not in order:
                    order.append(name)

    async def key() -> None:
        async with aclosing(typist.stream(FimRequest(HOLE, 4))) as stream:
            async for event in stream:
                if isinstance(event, TextDelta) and "key" not in order:
                    order.append("key")

    running = [asyncio.create_task(fix("short", 300)), asyncio.create_task(fix("long", 1500))]
    queued = []
    try:
        async with asyncio.timeout(120):
            while len(order) < 2:
                await asyncio.sleep(0.02)
            queued = [asyncio.create_task(fix(f"queued {number}", 4)) for number in range(2)]
            while vllm.metric("num_requests_waiting") < 2:
                assert len(order) == 2, f"none waits: {order}"
                await asyncio.sleep(0.02)
            await key()
            await asyncio.gather(*queued)
    finally:
        for task in (*running, *queued):
            task.cancel()
        await asyncio.gather(*running, *queued, return_exceptions=True)
        await assistant.aclose()
        await typist.aclose()
    assert order[2] == "key", order


async def test_probe_detects_the_capabilities_of_vllm(vllm: Running) -> None:
    endpoint = Endpoint(vllm.url, vllm.model, "VLLM_KEY", timeouts=Timeouts(read_s=120.0))
    client = HttpClient(endpoint, Credentials(endpoint, environ={"VLLM_KEY": vllm.key}))
    try:
        report = await inspect_endpoint(endpoint, think_profile="kat-v1", client=client)
    finally:
        await client.aclose()
    facts = report.capabilities
    assert (facts.server, facts.context_tokens, facts.stop_limit) == ("vllm", 4096, 4)
    assert facts.fim is facts.prefill is facts.prefix_cache is facts.aborts is facts.structured is True
    assert facts.off_honoured is True, "prefilled off: no thinking"
    assert facts.on_honoured is True, "prefilled on: it thinks"
    assert facts.echoes_prefill is False
    assert facts.decode_tokens_per_s is not None
    budget = next(finding for finding in report.findings if finding.subject == "think: budget")
    assert budget.text, "honoured, or said that it is not"
    assert report.requests <= 20


async def test_second_process_shares_the_server(vllm: Running, tmp_path: Path) -> None:
    """The command line, as another editor window would be: same settings, same server, no second start."""
    file = tmp_path / "sample.py"
    file.write_text("def add(a, b):\n    return \n\n\nprint(add(1, 2))\n")
    config = vllm.folder.parents[1] / "config" / "config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    settings = vllm.settings
    config.write_text(
        f'completion.backend = "vllm"\ncompletion.model = {json.dumps(vllm.model)}\ncompletion.deadline_ms = 60000\n'
        f"vllm.python = {json.dumps(settings.python)}\nvllm.context_tokens = 4096\nvllm.max_requests = 2\n"
        f'vllm.idle_minutes = 1\nvllm.reasoning_parser = "autothink"\nvllm.lora = {json.dumps(list(settings.lora))}\n'
        f"vllm.extra_args = {json.dumps(list(settings.extra_args))}\n"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "autothink_lsp", "complete", f"{file}:2:12"),
        env={**os.environ, "AUTOTHINK_HOME": str(config.parents[1])},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), 120)
    assert "a + b" in output.decode(), (output, errors)
    supervisors = [each for each in vllm.folder.glob("*.json")]  # noqa: C416
    assert len(supervisors) == 1
    assert json.loads(supervisors[0].read_text())["pid"] == vllm.supervisor_pid


async def test_missing_model_is_reported(
    vllm_python: str, vllm_environment: None, vllm: Running, tmp_path: Path
) -> None:
    engine = await vllm_engine(vllm.settings, "/nowhere/model", tmp_path / "engines")
    try:
        with pytest.raises(EngineError, match="vLLM cannot find the model /nowhere/model") as caught:
            await engine.address()
    finally:
        await engine.stop()
    assert "folder" in caught.value.hint


async def test_server_killed_during_a_stream_is_restarted_without_leftover_processes(vllm: Running) -> None:
    """Last: it costs a second start."""
    supervisor = psutil.Process(vllm.supervisor_pid)
    server = supervisor.children()[0]
    family = server.children(recursive=True)
    assert len(family) >= 1, "vLLM has workers"
    again = await vllm_engine(vllm.settings, vllm.model, vllm.folder)
    await again.address()
    backend = vllm.backend()
    try:
        with pytest.raises(BackendError) as caught:
            async with aclosing(backend.stream(FimRequest("Count: 1 2 3 4 5", 900))) as stream:
                async for _ in stream:
                    os.kill(server.pid, signal.SIGKILL)
    finally:
        await backend.aclose()
    assert caught.value.hint
    _, alive = await asyncio.to_thread(psutil.wait_procs, [server, *family], 30)
    assert not alive, "no worker stays behind"
    async with asyncio.timeout(PATIENCE_S):
        while True:
            address = await again.address()
            if address.url != vllm.url:
                break
            await asyncio.sleep(0.2)
    endpoint = Endpoint(address.url, vllm.model, "VLLM_KEY", timeouts=Timeouts(read_s=120.0))
    backend = OpenAIBackend(
        endpoint, HttpClient(endpoint, Credentials(endpoint, environ={"VLLM_KEY": address.api_key}))
    )
    try:
        text, _ = await completed(backend, FimRequest(HOLE, 8, ("\n",)))
    finally:
        await backend.aclose()
        await again.stop()
    assert text.strip() == "a + b"


def _client(vllm: Running) -> HttpClient:
    endpoint = Endpoint(vllm.url, vllm.model, "VLLM_KEY", timeouts=Timeouts(read_s=120.0))
    return HttpClient(endpoint, Credentials(endpoint, environ={"VLLM_KEY": vllm.key}))


async def test_reasoning_parser_is_found_by_its_entry_point(vllm_python: str, tmp_path: Path) -> None:
    """No file named on the command line: vLLM loads its general plugins in each of its processes."""
    package = Path(autothink_lsp.__file__).parent
    (tmp_path / "autothink_lsp").symlink_to(package)
    installed = tmp_path / "autothink_lsp-0.0.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: autothink-lsp\nVersion: 0.0.0\n")
    project = tomllib.loads((package.parent / "pyproject.toml").read_text())["project"]
    points = project["entry-points"]["vllm.general_plugins"]
    lines = "".join(f"{name} = {value}\n" for name, value in points.items())
    (installed / "entry_points.txt").write_text(f"[vllm.general_plugins]\n{lines}")
    ask = (
        "from vllm.plugins import load_general_plugins; load_general_plugins()\n"
        "from vllm.reasoning import ReasoningParserManager as known; print(known.get_reasoning_parser('autothink'))"
    )
    process = await asyncio.create_subprocess_exec(
        *(vllm_python, "-c", ask),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), 180)
    assert b"AutoThinkReasoningParser" in output, errors.decode()[-2000:]
