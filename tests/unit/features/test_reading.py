"""How fast a backend reads, and what it gets to see and how long it may be silent because of that."""

from __future__ import annotations

from typing import Literal

import pytest
from attrs import evolve

from autothink_lsp.context.compose import EMBEDDED_TOKENS, budget_tokens
from autothink_lsp.context.window import GROWN, WindowSize
from autothink_lsp.features.completion.endpoint import STALLED_MS, UNKNOWN_MS, PromptThroughput
from autothink_lsp.features.completion.model import CompletionUsage
from autothink_lsp.features.completion.prompt_context import EMBEDDED_WINDOW, REMOTE_WINDOW, window_size
from autothink_lsp.settings.model import CompletionSettings, Settings

UNKNOWN_WINDOW = evolve(EMBEDDED_WINDOW, is_provisional=True)
ELSEWHERE = Settings(completion=CompletionSettings(backend="llama-server", url="http://127.0.0.1:1"))
EMBEDDED = Settings(completion=CompletionSettings(backend="embedded"))


def read(tokens: int, took_ms: float, speed: PromptThroughput | None = None) -> PromptThroughput:
    speed = speed or PromptThroughput()
    speed.record_timings(CompletionUsage(10, prompt_evaluated_tokens=tokens, prompt_ms=took_ms))
    return speed


@pytest.mark.parametrize(
    ("tokens", "took_ms", "window"),
    [
        (400, 2_760.0, EMBEDDED_WINDOW),  # 145 a second
        (400, 100.0, REMOTE_WINDOW),  # 4,000 a second
        (400, 800.0, WindowSize(3_825, 1_275, 0)),  # 500 a second: 3 s are 5,100 characters
        (5, 100.0, UNKNOWN_WINDOW),  # too few to say anything
    ],
)
def test_a_slow_reader_sees_less(tokens: int, took_ms: float, window: WindowSize) -> None:
    assert window_size(ELSEWHERE, read(tokens, took_ms)) == window


def test_a_server_of_unknown_speed_gets_the_small_window() -> None:
    assert window_size(ELSEWHERE, PromptThroughput()) == UNKNOWN_WINDOW
    assert window_size(EMBEDDED, PromptThroughput()) == EMBEDDED_WINDOW


def test_a_remote_server_without_timings_gets_the_large_window_once_it_answered_promptly() -> None:
    speed = PromptThroughput()
    speed.record_remote_answer(5_000.0)
    assert (speed.is_known, window_size(ELSEWHERE, speed)) == (False, UNKNOWN_WINDOW)
    speed.record_remote_answer(300.0)
    assert (speed.is_known, window_size(ELSEWHERE, speed)) == (True, REMOTE_WINDOW)
    assert speed.evaluates_soon(REMOTE_WINDOW)


@pytest.mark.parametrize(("tokens", "soon"), [(1_000, False), (4_000, True)])
def test_the_window_grows_at_once_where_the_server_evaluates_it_within_a_second(tokens: int, *, soon: bool) -> None:
    speed = read(tokens, 1_000.0)
    assert speed.evaluates_soon(window_size(ELSEWHERE, speed)) is soon


def test_a_prompt_from_the_cache_does_not_make_the_window_grow_at_once() -> None:
    speed = PromptThroughput()
    speed.record_silence(1_600, 3_200.0)
    speed.record_silence(1_600, 40.0)
    assert not speed.evaluates_soon(REMOTE_WINDOW)


@pytest.mark.parametrize(
    ("tokens_per_s", "block_tokens"), [(65, 0), (145, 0), (240, 0), (260, 256), (300, 384), (400, 512)]
)
def test_the_embedded_engine_gets_code_from_elsewhere_where_it_reads_fast_enough(
    tokens_per_s: int, block_tokens: int
) -> None:
    size = window_size(EMBEDDED, read(tokens_per_s, 1_000.0))
    assert (size.prefix_chars, size.suffix_chars) == (EMBEDDED_WINDOW.prefix_chars, EMBEDDED_WINDOW.suffix_chars)
    assert budget_tokens(EMBEDDED, size.block_tokens) == block_tokens
    assert budget_tokens(EMBEDDED, window_size(EMBEDDED, read(4_000, 1_000.0)).block_tokens) == EMBEDDED_TOKENS


def test_what_was_waited_for_in_vain_counts_until_something_is_measured() -> None:
    speed = PromptThroughput()
    speed.record_silence(8_000, 60_000.0)
    assert speed.tokens_per_s is None, "it may have been the loading of the model"
    speed.record_silence(8_000, 8_000.0)
    assert speed.tokens_per_s == pytest.approx(8_000 / 3.4 / 8)
    speed.record_silence(8_000, 100.0)  # the cache had it
    assert speed.tokens_per_s == pytest.approx(8_000 / 3.4 / 8)
    read(400, 100.0, speed)
    assert speed.tokens_per_s == 4_000.0
    speed.record_silence(8_000, 60_000.0)
    assert speed.tokens_per_s == 4_000.0


def test_a_prompt_may_take_as_long_as_it_takes_to_read() -> None:
    assert PromptThroughput().longest_silence_ms(8_000) == UNKNOWN_MS
    assert read(400, 100.0).longest_silence_ms(8_000) < 1.5 * STALLED_MS
    assert read(400, 4_000.0).longest_silence_ms(8_000) > 40_000.0


def test_the_window_is_as_many_tokens_whatever_is_written_in_it() -> None:
    speed = PromptThroughput()
    for _ in range(30):
        speed.record_prompt_tokens(1_700, 1_000)  # half of what code has
    window = window_size(EMBEDDED, speed)
    assert window.prefix_chars == pytest.approx(EMBEDDED_WINDOW.prefix_chars / 2, rel=0.2)
    assert window.suffix_chars == pytest.approx(EMBEDDED_WINDOW.suffix_chars / 2, rel=0.2)


def test_the_count_of_a_handful_of_tokens_says_nothing() -> None:
    speed = PromptThroughput()
    speed.record_prompt_tokens(20, 20)
    assert window_size(ELSEWHERE, speed) == UNKNOWN_WINDOW


@pytest.mark.parametrize("wanted", ["auto", 0, 3_000])
@pytest.mark.parametrize("context_tokens", [256, 512, 1_024, 2_048, 4_096, 8_192])
def test_a_prompt_and_its_answer_fit_into_the_context(context_tokens: int, wanted: int | Literal["auto"]) -> None:
    speed = read(400, 100.0)
    speed.context_tokens = context_tokens
    completion = CompletionSettings(backend="llama-server", url="http://127.0.0.1:1", context_tokens=wanted)
    size = window_size(Settings(completion=completion), speed)
    blocks = budget_tokens(Settings(completion=completion), size.block_tokens)
    if size.most_block_tokens is not None:
        blocks = min(blocks, size.most_block_tokens)
    window = GROWN * (size.prefix_chars + size.suffix_chars) / speed.chars_per_token
    assert window + blocks + completion.max_tokens < context_tokens
    assert window > 50, "the code around the cursor comes first"
    if context_tokens >= 8_192:
        assert size == REMOTE_WINDOW


@pytest.mark.parametrize("chars", [0, 1, 40])
def test_what_is_waited_for_with_next_to_nothing_to_read_says_nothing(chars: int) -> None:
    speed = PromptThroughput()
    for _ in range(3):
        speed.record_silence(chars, 5_000.0)
    assert speed.tokens_per_s is None
    assert speed.longest_silence_ms(chars) == UNKNOWN_MS


def test_how_fast_it_does_not_read_is_no_reason_to_show_it_more() -> None:
    speed = PromptThroughput()
    for _ in range(3):
        speed.record_silence(1_600, 20.0)  # its cache had it
    assert window_size(EMBEDDED, speed) == EMBEDDED_WINDOW
