"""Only a reason in the list of good ends makes an answer whole, in every spelling that a server is known to send."""

from __future__ import annotations

import json

import pytest

from autothink_lsp.backends.base import Finished
from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.finish_reason import read_finish_reason, worse
from autothink_lsp.backends.http_errors import ErrorTranslator
from autothink_lsp.backends.openai_stream import OpenAIStreamReader
from autothink_lsp.backends.sse import SseEvent
from autothink_lsp.errors import BackendError, BackendUnavailable

WHOLE = [
    *("stop", "STOP", "Stop", "eos", "eos_token", "EOS_TOKEN", "stop_sequence", "stop_token", "stop_string", "word"),
    *("end_turn", "tool_calls", "tool_use", "function_call", "completed", "COMPLETE", "complete", "done", "finished"),
    *("FinishReason.STOP", "FINISH_REASON_STOP", "endTurn", "stop-sequence", " stop ", "end_of_text", "toolCalls"),
    *("end_of_turn", "<|im_end|>", "eot_id", "<|eom_id|>", "eos_found", "stop_criteria_met", "matched_stop"),
    *("eos_token_found", "stop_token_id", "end_of_text_token", "<|endoftext|>", "</s>", "EOSToken", "stopped_eos"),
    *("<｜end▁of▁sentence｜>", "stopped_word", "ended", "finish_stop"),
]
LENGTH = [
    *("length", "LENGTH", "max_tokens", "MAX_TOKENS", "maxTokens", "max_output_tokens", "model_length", "limit"),
    *("max_length", "context_length_exceeded", "model_context_window_exceeded", "ERROR_LIMIT", "incomplete"),
    *("FINISH_REASON_MAX_TOKENS", "token_limit_reached", "FINISHED_LENGTH_CAPPED", "max_tokens_exceeded"),
    *("stopped_limit", "num_predict", "StopReason.MAX_TOKENS"),
    *("max_generation_length", "out_of_tokens", "hit_max_length", "prompt_truncated", "stop_max_tokens"),
    *("output_limit", "context_window", "context_window_exceeded", "context_overflow", "finish_length"),
]
FILTERED = [
    *("content_filter", "CONTENT_FILTER", "contentFilter", "content_filtered", "SAFETY", "RECITATION", "BLOCKLIST"),
    *("PROHIBITED_CONTENT", "SPII", "sensitive", "refusal", "ERROR_TOXIC", "guardrail_intervened", "LANGUAGE"),
    *("ResponsibleAIPolicyViolation", "MODEL_ARMOR", "hate", "copyright", "IMAGE_PROHIBITED_CONTENT"),
    *("OTHER_SAFETY", "output_moderation", "violates_policy"),
]
CUT = [
    *("error", "ERROR", "abort", "aborted", "cancelled", "insufficient_system_resource", "network_error", "timeout"),
    *("pause_turn", "repetition", "other", "OTHER", "load", "unload", "MALFORMED_FUNCTION_CALL", "user_cancel", "x"),
    *("rate_limit", "time_limit", "max_time", "max_retries", "token_error", "invalid_token", "maximum", "stop_error"),
    *("max_turns", "max_steps", "max_iterations", "max_tool_calls", "finish_error"),
    *("eos_token_error", "stop_requested", "0", "2", "停止", "kv_cache_full", "preempted"),
    *(1, 2, True, ["stop"], {"type": "abort"}, {"kind": 1, "type": "error"}),
]
NOT_YET = [
    None,
    "",
    "null",
    "none",
    "None",
    "in_progress",
    False,
    {},
    "FINISH_REASON_UNSPECIFIED",
    "undefined",
    "pending",
    "not_finished",
]
TABLE = [
    *((value, "stop") for value in [*WHOLE, {"type": "stop", "matched": 151645}]),
    *((value, "length") for value in [*LENGTH, {"type": "length", "length": 16}]),
    *((value, "content_filter") for value in FILTERED),
    *((value, "cut") for value in CUT),
    *((value, None) for value in NOT_YET),
]


@pytest.mark.parametrize(("value", "reason"), TABLE, ids=repr)
def test_a_finish_reason_maps_to_ours(value: object, reason: str | None) -> None:
    assert read_finish_reason(value) == reason


@pytest.mark.parametrize(
    ("value", "native", "reason"),
    [
        ("stop", "STOP", "stop"),
        ("stop", "MAX_TOKENS", "length"),
        ("stop", "SAFETY", "content_filter"),
        ("stop", "whatever", "stop"),
        ("stop", None, "stop"),
        ("length", "STOP", "length"),
        ("error", "stop", "cut"),
        (None, "STOP", None),
    ],
)
def test_the_providers_own_word(value: object, native: object, reason: str | None) -> None:
    assert read_finish_reason(value, native) == reason


def test_of_two_reasons_the_worse_counts() -> None:
    assert worse(None, "stop") == worse("stop", None) == worse("stop", "stop") == "stop"
    assert worse("stop", "length") == worse("length", "stop") == "length"
    assert worse("length", "cut") == "cut"
    assert worse("content_filter", "cut") == "content_filter"


def finished(*choices: dict, done: bool = True, chat: bool = True) -> Finished:
    endpoint = Endpoint("http://127.0.0.1:1")
    answer = OpenAIStreamReader(ErrorTranslator(endpoint, Credentials(endpoint)))
    for choice in choices:
        event = SseEvent(json.dumps({"choices": [choice]}))
        _ = answer.deltas(event) if chat else answer.text(event)
    if done:
        answer.deltas(SseEvent("[DONE]"))
    return answer.finished()


@pytest.mark.parametrize("chat", [True, False])
@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize(("value", "reason"), [row for row in TABLE if row[1] is not None], ids=repr)
def test_a_stream_ends_with_the_mapped_reason(value: object, reason: str, done: bool, chat: bool) -> None:
    text = {"index": 0, "delta": {"content": "a"}, "text": "a", "finish_reason": None}
    end = finished(text, {"index": 0, "delta": {}, "text": "", "finish_reason": value}, done=done, chat=chat)
    assert end.reason == reason
    assert bool(end.server_reason) == (reason in {"cut", "content_filter"})


@pytest.mark.parametrize("value", NOT_YET, ids=repr)
def test_without_a_reason_the_end_mark_decides(value: object) -> None:
    text = {"index": 0, "delta": {"content": "a"}, "finish_reason": value}
    assert finished(text).reason == "stop"
    with pytest.raises(BackendError, match="broke off"):
        finished(text, done=False)


def test_a_reason_beside_the_last_text_and_a_second_one() -> None:
    text = {"delta": {"content": "a"}, "finish_reason": "content_filter"}
    assert finished(text).reason == "content_filter"
    assert finished(text, {"delta": {}, "finish_reason": "stop"}).reason == "content_filter"
    assert (
        finished({"delta": {"content": "a"}, "finish_reason": "stop"}, {"delta": {}, "finish_reason": ""}).reason
        == "stop"
    )


def test_a_refusal_in_its_own_field() -> None:
    end = finished({"delta": {"refusal": "I can't help with that."}}, {"delta": {}, "finish_reason": "stop"})
    assert (end.reason, end.server_reason) == ("content_filter", "refusal")


# Beside the text of an answer that ends with [DONE]: the last event, and what it means.
ELSEWHERE: list[tuple[dict, str]] = [
    ({"choices": [{"index": 0, "delta": {}, "finishReason": "MAX_TOKENS"}]}, "length"),  # gateways to Gemini
    ({"choices": [{"index": 0, "delta": {}, "finishReason": "STOP"}]}, "stop"),
    ({"choices": [{"index": 0, "delta": {}, "done_reason": "length"}]}, "length"),  # to Ollama
    ({"choices": [{"index": 0, "delta": {}, "done_reason": "unload"}]}, "cut"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": None, "stop_reason": "max_tokens"}]}, "length"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": None, "stop_reason": "end_turn"}]}, "stop"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": None, "stopReason": "refusal"}]}, "content_filter"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": None, "native_finish_reason": "MAX_TOKENS"}]}, "length"),
    ({"choices": [{"index": 0, "delta": {"finish_reason": "length"}}]}, "length"),
    ({"choices": [], "finish_reason": "length"}, "length"),
    ({"choices": [], "stop_reason": "content_filtered"}, "content_filter"),
    ({"choices": [{"index": 0, "delta": {}}], "finish_reason": "abort"}, "cut"),
    # vLLM's stop_reason is a stop string or a token, beside the reason.
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "stop_reason": "length"}]}, "stop"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "stop_reason": 151645}]}, "stop"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": None, "stop_reason": "```"}]}, "stop"),
    # A second reason beside "stop": the one with the loss counts.
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "stop_reason": "max_tokens"}]}, "length"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "stopReason": "MAX_TOKENS"}]}, "length"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "finishReason": "SAFETY"}]}, "content_filter"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "done_reason": "length"}]}, "length"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "stop_type": "limit"}, "length"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "finish_reason": "abort"}, "cut"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "length", "stop_type": "eos"}]}, "length"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "stop_type": "word"}]}, "stop"),
    # Fields of other interfaces, and flags.
    ({"choices": [{"index": 0, "delta": {}, "finish_details": {"type": "max_tokens"}}]}, "length"),
    ({"choices": [{"index": 0, "delta": {}, "finish_details": {"type": "stop", "stop": "x"}}]}, "stop"),
    ({"choices": [{"index": 0, "delta": {}, "end_reason": "timeout"}]}, "cut"),
    ({"choices": [], "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
    ({"choices": [], "incomplete_details": None}, "stop"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "truncated": True}]}, "length"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "is_truncated": True}, "length"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "truncated": True}, "length"),
    # llama.cpp: the prompt was shortened, the answer is whole.
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "truncated": True, "stop_type": "eos"}, "stop"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "truncated": True, "stop_type": "word"}]}, "stop"),
    ({"choices": [{"index": 0, "finish_reason": "stop"}], "truncated": True, "tokens_evaluated": 4000}, "stop"),
    (
        {"choices": [{"finish_reason": "stop"}], "truncated": True, "system_fingerprint": "b6123-0badc0de"},
        "stop",
    ),
    ({"choices": [{"finish_reason": "stop"}], "truncated": True, "system_fingerprint": "fp_0badc0de"}, "length"),
    ({"choices": [{"index": 0, "finish_reason": "stop"}], "truncated": True, "stop_type": "limit"}, "length"),
    ({"choices": [{"finish_reason": "length"}], "truncated": True, "tokens_evaluated": 4000}, "length"),
    ({"choices": [{"finish_reason": "stop", "is_truncated": True}], "stop_type": "eos"}, "length"),
    # A field of a name that may mean anything: only a known word counts.
    ({"choices": [{"index": 0, "delta": {}, "reason": "max_tokens"}]}, "length"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "reason": "length"}]}, "length"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "reason": "MAX_TOKENS"}, "length"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "reason": "content_filter"}]}, "content_filter"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "reason": "Because of x"}]}, "stop"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "reason": "the max tokens policy"}]}, "stop"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "reason": {"type": "length"}}]}, "stop"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "reason": 3}]}, "stop"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "reason": "stop"}]}, "stop"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "reason": "aborted"}]}, "cut"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "reason": "ok"}]}, "stop"),
    ({"choices": [{"index": 0, "delta": {"reason": "limit"}, "finish_reason": "stop"}]}, "stop"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "status": "incomplete"}, "length"),
    ({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "status": "completed"}, "stop"),
    (
        {
            "choices": [
                {
                    "index": 0,
                    "delta": {},
                    "finish_reason": "stop",
                    "content_filter_results": {"hate": {"filtered": True}, "sexual": {"filtered": False}},
                }
            ]
        },
        "content_filter",
    ),
    # The reason of a choice that has no text.
    ({"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]}, "length"),
    ({"done": True, "done_reason": "length"}, "length"),
]


@pytest.mark.parametrize("chat", [True, False])
@pytest.mark.parametrize(("event", "reason"), ELSEWHERE, ids=str)
def test_a_reason_under_another_name_or_beside_the_choice(event: dict, reason: str, chat: bool) -> None:
    endpoint = Endpoint("http://127.0.0.1:1")
    for text in ({"delta": {"content": "a"}}, {"text": "a"}):
        answer = OpenAIStreamReader(ErrorTranslator(endpoint, Credentials(endpoint)))
        read = answer.deltas if chat else answer.text
        for value in ({"choices": [{"index": 0, **text}]}, event):
            _ = read(SseEvent(json.dumps(value)))
        _ = read(SseEvent("[DONE]"))
        assert answer.finished().reason == reason


def state(text: str, status: str | None = "incomplete", reason: str | None = None, **more: object) -> dict:
    """A piece of a chat and of a completion with a state beside its choices."""
    choice = {"index": 0, "delta": {"content": text}, "text": text, "finish_reason": reason}
    return {"choices": [choice], **({"status": status} if status else {}), **more}


STATES: list[tuple[list[dict], str, str]] = [
    ([state("a"), state("b"), state("", None, "stop")], "ab", "stop"),  # "not yet complete"
    ([state("a"), state("b", None), state("c", None), state("", None, "stop")], "abc", "stop"),
    ([state("a"), state("b"), state("c"), state("", "completed", "stop")], "abc", "stop"),
    ([state("", "incomplete"), state("a", None), state("", None, "stop")], "a", "stop"),
    ([state("a", None), state("b"), state("c", None), state("", None, "stop")], "abc", "stop"),
    ([state("a"), state("b"), state("", "incomplete", "stop")], "ab", "length"),
    ([state("a", None), state("b"), state("", None, "stop")], "ab", "length"),
    ([state("a", None), state("b", None), state("")], "ab", "length"),
    ([state("a", None), state("b"), {"choices": [], "usage": {"prompt_tokens": 1}}], "ab", "length"),
    ([state("a"), state("b"), state("", None, "length")], "ab", "length"),
    ([state("a", "in_progress"), state("b", "in_progress"), state("", "truncated", "stop")], "ab", "length"),
    # Without a finish reason the last state counts.
    ([state("a"), state("b")], "ab", "length"),
    ([state("a"), state("b"), {"choices": [], "status": "incomplete"}], "ab", "length"),
    ([state("a"), state("b", "completed")], "ab", "stop"),
    ([state("a"), state("b"), state("", None)], "ab", "stop"),
    # In an event without choices, and in a delta.
    ([state("a", None), {"type": "done", "status": "incomplete"}], "a", "length"),
    ([state("a", None), {"status": "incomplete", "usage": {"prompt_tokens": 1}}], "a", "length"),
    ([{"type": "created", "status": "incomplete"}, state("a", None), state("b", None, "stop")], "ab", "stop"),
    ([state("a", None), {"type": "done", "status": "completed"}], "a", "stop"),
    (
        [state("a", None), {"choices": [{"index": 0, "delta": {"status": "incomplete"}, "finish_reason": "stop"}]}],
        "a",
        "length",
    ),
]


@pytest.mark.parametrize("chat", [True, False])
@pytest.mark.parametrize(("events", "text", "reason"), STATES)
def test_a_state_in_the_middle_of_a_stream_ends_nothing(events: list[dict], text: str, reason: str, chat: bool) -> None:
    endpoint = Endpoint("http://127.0.0.1:1")
    answer = OpenAIStreamReader(ErrorTranslator(endpoint, Credentials(endpoint)))
    said = ""
    for value in events:
        event = SseEvent(json.dumps(value))
        if chat:
            said += "".join(delta.text for delta in answer.deltas(event))
        elif (usual := answer.usual_delta([event])) is not None:
            said += usual.text
        else:
            said += answer.text(event)
    _ = answer.text(SseEvent("[DONE]"))
    assert (said, answer.finished().reason) == (text, reason)


@pytest.mark.parametrize("word", ["success", "normal", "stop"])
def test_a_plain_reason_in_each_event_is_no_end(word: str) -> None:
    endpoint = Endpoint("http://127.0.0.1:1")
    answer = OpenAIStreamReader(ErrorTranslator(endpoint, Credentials(endpoint)))
    for text in ("a", "b"):
        _ = answer.deltas(SseEvent(json.dumps({**state(text, None), "reason": word})))
    with pytest.raises(BackendUnavailable):
        answer.finished()


def test_a_shortened_prompt_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    end = {"index": 0, "delta": {}, "finish_reason": "stop", "truncated": True, "stop_type": "eos"}
    assert finished({"index": 0, "delta": {"content": "a"}}, end).reason == "stop"
    assert "shortened the prompt" in caplog.text


@pytest.mark.parametrize("name", ["finishReason", "done_reason", "stop_reason", "finish_reason"])
def test_a_reason_beside_the_last_text_of_a_completion(name: str) -> None:
    assert finished({"index": 0, "text": "a", name: "length"}, chat=False).reason == "length"


def test_a_refusal_in_a_part() -> None:
    end = finished(
        {"delta": {"content": [{"type": "refusal", "refusal": "no"}]}}, {"delta": {}, "finish_reason": "stop"}
    )
    assert (end.reason, end.server_reason) == ("content_filter", "refusal")
