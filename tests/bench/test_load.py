"""``python -m tests.bench load``: counts only; the numbers are the endpoint's business."""

from __future__ import annotations

import asyncio
import json
import sys

from tests.bench.load_report import Phase, is_clean, ratio, rows_of, text_of
from tests.support.fault_server import FaultServer


async def bench(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench", "load", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


async def test_every_sent_request_is_counted() -> None:
    async with FaultServer() as server:
        status, output, errors = await bench(
            *("--endpoint", server.url, "--editors", "3", "--fixes", "2", "--seconds", "1", "--rounds", "1", "--json"),
            *("--gap-ms", "150"),
        )
        assert server.running == 0
    assert status == 0, (output, errors)
    alone, busy = json.loads(output)["rows"]
    assert (alone["with_fixes"], busy["with_fixes"]) == (False, True)
    for row in (alone, busy):
        assert row["answered"] >= 3
        assert row["unanswered"] == row["failed"] == 0
    assert alone["fix_tokens_per_s"] == 0
    assert busy["fix_tokens_per_s"] > 0


async def test_missing_endpoint_is_reported() -> None:
    status, output, errors = await bench("--endpoint", "http://127.0.0.1:9", "--seconds", "1")
    assert (status, output) == (1, "")
    assert "No server answers" in errors
    assert "Traceback" not in errors


def test_the_report_has_the_ratio_and_the_unanswered_requests() -> None:
    alone = Phase("u", with_fixes=False, first_ms=[1, 2], total_ms=[10, 20], sent=3, given_up=1)
    busy = Phase("u", with_fixes=True, first_ms=[1], total_ms=[50], sent=3, given_up=1, fixes_sent=1, fixes_done=1)
    busy.failed["it broke"] += 1
    assert ratio(rows_of(["u"], [alone, busy]), "u") == 2.5
    assert not is_clean([alone, busy])
    assert is_clean([alone])
    text = text_of(["u"], [alone, busy])
    assert "2.50x, more than 1.5x" in text
    assert "failed 1x: it broke" in text
    assert "unanswered: 0" in text
    assert Phase("u", with_fixes=False, sent=1).unanswered == 1
