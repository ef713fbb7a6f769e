"""The probe at servers that say 200 to everything: it must see through them, and say what each "no" costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import evolve

from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.errors import BackendError
from autothink_lsp.features.probing.capabilities import Capabilities, ProbeReport, as_probed
from autothink_lsp.features.probing.findings import findings_of
from autothink_lsp.features.probing.inspect import inspect_endpoint
from autothink_lsp.features.probing.known import STALE_S, KnownEndpoints
from autothink_lsp.features.probing.store import ProbeStore
from autothink_lsp.prompt.think.choose import choose_profile
from autothink_lsp.prompt.think.profile import ThinkControl
from autothink_lsp.settings.model import AssistSettings, Settings
from tests.support.fault_server import FaultServer
from tests.support.server_features import ServerFeatures

pytestmark = pytest.mark.process

EVERYTHING = ("fim", "cache", "prefill", "structured", "priority", "stops", "off", "on", "budget", "counters")


async def probed(*honours: str, model: str = "Qwen/Qwen3-8B") -> tuple[ProbeReport, FaultServer]:
    async with FaultServer(respond=ServerFeatures(*honours, model=model)) as server:
        return await inspect_endpoint(Endpoint(server.url)), server


async def test_a_server_that_does_all() -> None:
    report, server = await probed(*EVERYTHING)
    facts = report.capabilities
    assert (facts.server, facts.version, facts.model, facts.context_tokens) == ("vllm", "9.9", "Qwen/Qwen3-8B", 8192)
    names = ("fim", "prefix_cache", "aborts", "prefill", "structured")
    assert facts.priority is None, "accepting the field shows no effect"
    assert {name: getattr(facts, name) for name in names} == dict.fromkeys(names, True)
    assert facts.off_honoured is facts.on_honoured is facts.budget_honoured is True
    assert facts.stop_limit is None
    assert [finding.subject for finding in report.findings if finding.verdict == "no"] in ([], ["speed"])
    assert report.requests <= 20
    assert all(body["max_tokens"] <= 512 for body in server.bodies), "tiny requests"


async def test_a_server_that_ignores_all_and_says_200() -> None:
    report, _ = await probed()
    facts = report.capabilities
    assert facts.fim is facts.prefix_cache is facts.prefill is facts.structured is facts.priority is False
    assert facts.off_honoured is False or facts.on_honoured is False
    assert facts.aborts is None, "without a counter it is unknown"
    assert facts.stop_limit == 4
    for finding in report.findings:
        if finding.verdict == "no":
            assert finding.loses, finding.subject
            assert finding.remedy, finding.subject


@pytest.mark.parametrize(
    ("honours", "fact", "value"),
    [
        (("on",), "off_honoured", False),
        (("off",), "on_honoured", False),
        (("off", "on"), "budget_honoured", False),
        (("off", "on", "budget"), "budget_honoured", True),
        (("prefill", "echo"), "echoes_prefill", True),
        (("prefill", "echo"), "prefill", True),
        (("prefill",), "echoes_prefill", False),
    ],
)
async def test_each_lie(honours: tuple[str, ...], fact: str, value: bool) -> None:
    report, _ = await probed(*honours)
    assert getattr(report.capabilities, fact) is value


async def test_an_address_without_a_server() -> None:
    with pytest.raises(BackendError, match="No server answers"):
        await inspect_endpoint(Endpoint("http://127.0.0.1:9"))


def test_what_was_seen_goes_before_the_name() -> None:
    kat = choose_profile("Kwaipilot/KAT-V1-40B", "x")
    assert as_probed(kat, Capabilities()) == kat
    assert as_probed(kat, Capabilities(prefill=True, off_honoured=True, on_honoured=True)) == kat
    bare = as_probed(kat, Capabilities(prefill=False)).profile
    assert (bare.control, bare.can_on, bare.can_off, bare.prefill_on) == (ThinkControl.NONE, False, False, "")
    qwen = choose_profile("Qwen/Qwen3-8B", "vllm")
    assert not as_probed(qwen, Capabilities(off_honoured=False)).profile.can_off
    assert not as_probed(qwen, Capabilities(on_honoured=False)).profile.can_on


def test_the_budget_in_seconds() -> None:
    speed = findings_of(Capabilities(decode_tokens_per_s=25.0, prefill_tokens_per_s=250.0), {}, 120.0)[-1]
    assert "60 s of thinking are about 1500 tokens" in speed.text
    assert findings_of(Capabilities(decode_tokens_per_s=2.0), {}, 120.0)[-1].verdict == "no"


async def test_it_is_remembered_by_server_and_version(tmp_path: Path) -> None:
    report, server = await probed(*EVERYTHING)
    store = ProbeStore(tmp_path / "sub" / "probes.json")
    assert store.get(server.url, "Qwen/Qwen3-8B", "9.9") is None
    store.put(report)
    assert store.get(server.url, "Qwen/Qwen3-8B", "9.9") == report
    assert store.get(server.url, "Qwen/Qwen3-8B", "10.0") is None
    newer = evolve(report, at_s=report.at_s + 9, capabilities=evolve(report.capabilities, version="10.0"))
    store.put(newer)
    assert store.latest(server.url, "Qwen/Qwen3-8B") == newer
    store.path.write_text(json.dumps({"format": 1, "reports": {"a\nb\nc": {"url": 3}}}))
    assert store.get("a", "b", "c") is None
    store.path.write_text("rubbish")
    assert store.latest("a", "b") is None


async def test_the_assistant_asks_once_and_again_when_the_server_changed(tmp_path: Path) -> None:
    async with FaultServer(respond=ServerFeatures(*EVERYTHING)) as server:
        settings = Settings(assist=AssistSettings(backend="openai", url=server.url))
        now = [1e9]
        known = KnownEndpoints(ProbeStore(tmp_path / "probes.json"), lambda: now[0])
        assert known.of(settings.assist, "Qwen/Qwen3-8B") is None
        known.find_out(settings, "Qwen/Qwen3-8B", 8192)
        known.find_out(settings, "Qwen/Qwen3-8B", 8192)
        assert len(known._running) == 1
        await next(iter(known._running.values()))
        facts = known.of(settings.assist, "Qwen/Qwen3-8B")
        assert facts is not None
        assert facts.prefill is True
        for later_s, context, asks in ((0, 8192, False), (0, 4096, True), (STALE_S + 1, 8192, True)):
            report = known.store.latest(server.url, "Qwen/Qwen3-8B")
            assert report is not None
            now[0] = report.at_s + later_s
            again = KnownEndpoints(known.store, lambda: now[0])
            again.find_out(settings, "Qwen/Qwen3-8B", context)
            assert bool(again._running) == asks
            await again.aclose()
        await known.aclose()
