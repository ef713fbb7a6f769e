"""``AUTOTHINK_TRACE`` records every step of the request slot, and the recording runs through ``transition`` again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import get_args

import pytest

from autothink_lsp.features.completion import slot
from autothink_lsp.features.completion.trace import VARIABLE, SlotTrace
from tests.support import virtual_time
from tests.support.bench_simulation import simulate_bench
from tests.support.completion_harness import CompletionHarness
from tests.support.scripted_backend import Pause, ScriptedBackend
from tests.support.slot_replay import main as print_differences
from tests.support.slot_replay import replay


def record_typing(path: Path) -> list[str]:
    """A key, its cancellation, an edit that agrees, the next request, which is answered, and an edit that does not."""

    async def main() -> None:
        harness = CompletionHarness(
            ScriptedBackend([Pause(0.2), "    return", Pause(0.2), " a + b", Pause(0.2)], sleep=asyncio.sleep)
        )
        harness.reached.set()
        task = harness.ask()
        await asyncio.sleep(0.3)
        task.cancel()
        harness.edit(1, 4, 4, "r")
        assert (await harness.ask(1, 5)).suggestion is not None
        harness.edit(1, 5, 5, "x")
        await harness.service.aclose()

    virtual_time.run(main())
    return path.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "trace.jsonl"
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def test_a_recording_gives_the_same_states_and_effects_again(trace: Path) -> None:
    lines = record_typing(trace)
    kinds = [json.loads(line)["event"]["type"] for line in lines]
    assert {"Requested", "DebounceOver", "Cancelled", "Edited", "StreamEnded", "Replied", "ShutDown"} <= set(kinds)
    assert list(replay(lines)) == []


@pytest.mark.exhaustive
def test_a_minute_of_typing_at_a_slow_model_too(trace: Path) -> None:
    simulate_bench(145.0, 33.0, keys=80, keys_at_place=12)
    lines = trace.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 300
    assert list(replay(lines)) == []


def test_a_step_that_comes_out_otherwise_is_found(trace: Path) -> None:
    lines = record_typing(trace)
    number = next(n for n, line in enumerate(lines) if json.loads(line)["event"]["type"] == "Cancelled")
    changed = json.loads(lines[number])
    changed["effects"][0]["after_ms"] = 3.0
    found = list(replay([*lines[:number], json.dumps(changed), *lines[number + 1 :]]))
    assert [difference.line for difference in found] == [number + 1]
    assert found[0].computed["effects"][0]["after_ms"] == slot.REQUEST_GRACE_MS  # the edit came first


@pytest.mark.parametrize("line", ["{}", "[1]", '{"now_ms": 1, "event": {"type": "Typo"}, "state": {}, "effects": []}'])
def test_what_is_no_step_is_said(line: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        list(replay([line]))


def test_every_event_survives_json(tmp_path: Path) -> None:
    values = {"str": "file:///a.py", "bool": True, "float": 1.5, "RequestId": 3, "int": 3, "float | None": None}
    special = {"purpose": slot.Purpose.SAMPLE, "purposes": (slot.Purpose.SAMPLE, slot.Purpose.PREWARM)}
    path = tmp_path / "trace.jsonl"
    trace, state = SlotTrace(path), slot.SlotState()
    for number, kind in enumerate(get_args(slot.Event)):
        made = {field.name: special.get(field.name, values.get(str(field.type))) for field in kind.__attrs_attrs__}
        event = kind(**made)
        state, effects = slot.transition(state, event, float(number))
        trace.write(float(number), event, state, effects)
    assert list(replay(path.read_text(encoding="utf-8").splitlines())) == []


def test_nothing_is_recorded_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert SlotTrace.from_environment() is None


def test_a_file_that_cannot_be_written_costs_nothing_but_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "missing" / "trace.jsonl"))

    async def main() -> None:
        harness = CompletionHarness(ScriptedBackend(["    return a + b"]))
        harness.reached.set()
        assert (await harness.ask()).suggestion is not None
        await harness.service.aclose()

    virtual_time.run(main())
    assert len([record for record in caplog.records if VARIABLE in record.getMessage()]) == 1


def test_no_code_is_in_a_recording(trace: Path) -> None:
    text = "\n".join(record_typing(trace))
    assert "return" not in text
    assert "def add" not in text


def test_the_command_prints_the_differences(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = record_typing(trace)
    assert print_differences(trace) == 0
    number = next(n for n, line in enumerate(lines) if json.loads(line)["event"]["type"] == "Cancelled")
    trace.write_text("\n".join([*lines[:number], *lines[number + 1 :]]), encoding="utf-8")
    assert print_differences(trace) == 1
    assert f"{len(lines) - 1} steps, " in capsys.readouterr().out
