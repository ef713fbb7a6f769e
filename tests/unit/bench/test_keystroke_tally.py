"""The keystroke benchmark's counts, with literals; the made-up model's cache; the table and the picture."""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast
from xml.etree import ElementTree as ET

from autothink_lsp.document.lines import equal_beginning
from tests.bench.keystroke.editor import Asked
from tests.bench.keystroke.jobs import Job
from tests.bench.keystroke.pace import Speed, tokens
from tests.bench.keystroke.person import Pressed
from tests.bench.keystroke.plot import svg
from tests.bench.keystroke.report import Column, markdown, table
from tests.bench.keystroke.tally import is_right, tally


def key(
    at_s: float, *, answered_s: float | None = None, shown: str = "", rest: str | None = "total = 1\n", **more: Any
) -> Pressed:
    asked = Asked(1, cast("asyncio.Future[Any]", None), at_s, answered_s, shown)
    return Pressed(more.pop("kind", "key"), at_s, asked, rest, **more)


def close(value: float | None, wanted: float) -> bool:
    return value is not None and abs(value - wanted) < 1e-6


PRESSED = [
    key(1.0, next_s=2.0),
    key(2.0, answered_s=2.5, shown="total = 1\nmore", next_s=3.0, before_pause=True),
    key(3.0, answered_s=4.5, shown="late", next_s=4.0, before_pause=True, kind="newline"),
    key(4.0, answered_s=4.1, shown="wrong", next_s=5.0),
]
JOBS = [
    Job(1.1, closed_s=1.9, computed_tokens=7),  # aborted
    Job(2.1, first_s=2.2, finished_s=2.4, said="total = 1\n    more", computed_tokens=1),  # shown
    Job(3.2, first_s=3.3, closed_s=3.5, said="late\n", computed_tokens=30),  # cut short: it was shown, if too late
    Job(3.6, first_s=3.7, finished_s=3.9, said="never shown", computed_tokens=2),  # wasted
    Job(4.9, is_warm_up=True, finished_s=5.0, computed_tokens=10),
]


def test_counts() -> None:
    found = tally(PRESSED, JOBS, unanswered=1)
    assert (found.keys, found.requests, found.warm_ups, found.unanswered) == (4, 4, 1, 1)
    assert found.requests_per_100_keys == 100.0
    assert found.keys_without_request == 25.0  # the last one's is a warm-up
    assert found.aborted_per_100_keys == 25.0
    assert found.cut_short_per_100_keys == 25.0
    assert found.wasted_per_100_keys == 25.0
    assert close(found.tokens_per_key_in_place, (7 + 1 + 10) / 3)
    assert found.tokens_per_key_at_new_line == 32.0
    assert close(found.tokens_per_key, 50 / 4)
    assert found.tokens_per_request == 4.5
    assert close(found.key_to_backend_ms, 150.0)  # 100, 100, 200, 600
    assert (found.pauses, found.pauses_with_suggestion) == (2, 50.0)
    assert close(found.pause_to_suggestion_ms, 500.0)
    assert found.keys_with_suggestion_in_time == 50.0
    assert (found.suggestions, found.suggestions_right) == (2, 50.0)


def test_what_is_not_counted_is_not_claimed() -> None:
    found = tally([key(1.0)], [Job(1.1, closed_s=1.2)], unanswered=0)
    assert found.tokens_per_key is None
    assert found.pause_to_suggestion_ms is None
    assert found.suggestions_right is None


def test_right_is_what_is_typed_next() -> None:
    assert is_right(key(1, shown="total = 1"))
    assert is_right(key(1, shown="tot"))
    assert is_right(key(1, shown="total = 1\nother"))  # the first line counts
    assert is_right(key(1, shown="\n    x = 1\n", rest="\n    x = 1\n"))
    assert not is_right(key(1, shown="total = 2"))
    assert not is_right(key(1, shown="total = 1", rest=None))  # something wrong stands there
    assert not is_right(key(1, shown=""))


def test_tokens_and_the_cache_of_a_model_of_known_speed() -> None:
    assert tokens("<|fim_prefix|>def foo(a):\n    x") == [
        "<|fim_prefix|>",
        "def",
        " foo",
        "(",
        "a",
        ")",
        ":",
        "\n    ",
        "x",
    ]
    assert tokens("<|other|>")[0] == "<"
    assert equal_beginning(["a", "b"], ["a", "c"]) == 1

    async def ask(speed: Speed, prompt: str) -> int:
        job = Job(time.perf_counter())
        assert [piece async for piece in speed.answering(job, prompt, "done")] == ["done"]
        return job.computed_tokens or 0

    async def run() -> list[int]:
        speed = Speed(1e6, 1e6)
        prompts = ("one two three four", "one two three four", "one two three four five", "zero two")
        return [await ask(speed, prompt) for prompt in prompts]

    assert asyncio.run(run()) == [4, 1, 1, 2]


def test_a_request_that_is_given_up_leaves_what_was_computed() -> None:
    async def run() -> tuple[int, int]:
        speed = Speed(100.0, 1e6)
        given_up, after = Job(time.perf_counter()), Job(time.perf_counter())

        async def consume(job: Job) -> None:
            async for _ in speed.answering(job, "word " * 50, "x"):
                pass

        task = asyncio.create_task(consume(given_up))
        while not speed.is_busy:
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        speed.prefill = 1e6
        await consume(after)
        return given_up.computed_tokens or 0, after.computed_tokens or 0

    first, second = asyncio.run(run())
    assert first > 0
    assert first + second == len(tokens("word " * 50))


def test_pauses_where_code_is_still_to_come_on_the_line() -> None:
    pressed = [
        key(1.0, answered_s=1.1, shown="total = 1", before_pause=True),
        key(2.0, before_pause=True),
        key(3.0, before_pause=True, rest="\nmore"),  # the line is whole
        key(4.0, before_pause=True, in_prose=True),
        key(5.0, before_pause=True, rest=None),  # something wrong stands there
        key(6.0),
    ]
    found = tally(pressed, [], unanswered=0)
    assert (found.pauses, found.pauses_with_suggestion) == (5, 20.0)
    assert found.open_pauses_with_suggestion == 50.0


def test_table_page_and_picture() -> None:
    one = tally(PRESSED, JOBS, unanswered=0)
    columns = [
        Column("ours", "x.py", 3_500, "latency", (one, one)),
        Column("<other>", "x.py", 3_500, "latency", (one,)),
    ]
    assert columns[0].value("requests_per_100_keys") == 100.0
    lines = table(columns).split("\n")
    assert lines[0].split() == ["ours", "<other>"]
    assert next(line for line in lines if line.startswith("wasted")).split()[-2:] == ["25.0", "25.0"]
    assert next(line for line in lines if line.startswith("peak")).split()[-2:] == ["–", "–"]
    assert markdown(columns).split("\n")[1] == "|---|--:|--:|"
    assert columns[0].as_json()["medians"]["wasted_per_100_keys"] == 25.0
    picture = svg(columns)
    assert "&lt;other&gt;" in picture
    assert len(ET.fromstring(picture).findall("{*}rect")) > 6
