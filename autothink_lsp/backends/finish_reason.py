"""Classifies a server's finish reason: whether the answer is complete. Pure.

The list of good reasons is closed: a reason that is not in it means that the answer was cut. Applying a cut answer as a
complete one deletes code; treating a complete one as cut costs one more request. Sources, as of 2026-08: OpenAI and
Azure (``stop``, ``length``, ``content_filter``, ``tool_calls``, ``function_call``), vLLM (also ``abort``, ``error``,
``repetition``), SGLang (``abort``; ``{"type": "stop"}`` in its own API), llama.cpp (``stop_type``: ``eos``, ``word``,
``limit``), TGI (``eos_token``, ``stop_sequence``), Ollama (``stop``, ``load``, ``unload``), Mistral (``model_length``,
``error``), DeepSeek (``insufficient_system_resource``), Anthropic (``end_turn``, ``tool_use``, ``max_tokens``,
``refusal``, ``pause_turn``, ``model_context_window_exceeded``), Gemini (``STOP``, ``MAX_TOKENS``, ``SAFETY``,
``RECITATION``, ...), Cohere (``COMPLETE``, ``ERROR_TOXIC``), DashScope (the text ``"null"`` until the end), Zhipu
(``sensitive``, ``network_error``), OpenRouter (``native_finish_reason`` beside the normalized one).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

FinishReason = Literal["stop", "length", "content_filter", "cut"]
"""``stop``: the answer is whole. ``length``: a token limit ended it. ``content_filter``: the server withheld the rest.
``cut``: anything else, such as an error or an abort."""

_NOT_YET = frozenset(
    {
        *("", "null", "none", "nil", "undefined", "unspecified"),
        *("in_progress", "running", "generating", "processing", "pending", "queued", "continue", "not_finished"),
    }
)
_WHOLE = frozenset(
    {
        *("stop", "stopped", "stop_sequence", "stop_token", "stop_word", "stop_words", "stop_str", "stop_string"),
        *("eos", "eos_token", "eos_token_id", "end_of_sequence", "end_of_text", "eot", "end", "end_turn", "word"),
        *("end_of_turn", "eot_id", "eom", "eom_id", "im_end", "eos_found", "stop_criteria", "stopping_criteria"),
        *("matched_stop", "stop_criteria_met", "s", "endoftext", "end_of_sentence", "stopped_eos", "stopped_word"),
        *("complete", "completed", "done", "finish", "finished", "success", "normal", "ended"),
        *("tool_calls", "tool_call", "tool_use", "function_call", "function_calls"),
    }
)
_LENGTH = frozenset(
    {
        *(
            "length",
            "limit",
            "max_length",
            "max_tokens",
            "max_output_tokens",
            "max_completion_tokens",
            "max_new_tokens",
        ),
        *("token_limit", "token_limit_reached", "model_length", "context_length", "output_limit", "context_window"),
        *("context_window_exceeded", "context_limit", "context_limit_reached", "context_exceeded", "context_overflow"),
        *("context_length_exceeded", "max_context_length", "truncated", "incomplete"),
        *("model_context_window_exceeded", "error_limit", "max_token", "stopped_limit", "num_predict", "n_predict"),
    }
)
_FILTERED = frozenset(
    {
        *("content_filter", "content_filtered", "content_filtering", "contentfilter", "filter", "filtered", "safety"),
        *("recitation", "blocklist", "prohibited_content", "spii", "language", "image_safety", "sensitive", "refusal"),
        *("error_toxic", "toxic", "guardrail", "guardrails", "guardrail_intervened", "blocked", "moderation"),
        *("flagged", "policy_violation", "malicious", "jailbreak", "copyright", "pii", "model_armor"),
    }
)
# Words of reasons that no list names. A limit of time or of requests is none of length.
_LENGTH_WORDS = frozenset({"length", "max", "truncated"})
_TOKEN_WORDS = frozenset({"token", "tokens"})  # of a limit, if not of the end ("eos_token_found")
_END_WORDS = frozenset({"eos", "eot", "eod", "eom", "stop", "end"})
_FILTERED_WORDS = frozenset(
    {"filter", "filtered", "safety", "toxic", "moderation", "guardrail", "policy", "prohibited", "hate", "violence"}
)
_OTHER_LIMITS = frozenset(
    {
        *("error", "time", "timeout", "rate", "request", "requests", "retries", "invalid"),
        *("turns", "steps", "rounds", "iterations", "calls"),
    }
)
# Reasons that are no stop strings: they count in ambiguous fields, too.
_KNOWN_CUTS = frozenset(
    {
        *("abort", "aborted", "error", "cancelled", "canceled", "timeout", "interrupted", "network_error", "failed"),
        *("insufficient_system_resource", "pause_turn", "malformed_function_call", "user_cancel"),
    }
)
# Other fields with a reason: of gateways to Gemini, Ollama, Anthropic and OpenRouter; of OpenAI (``finish_details``),
# llama.cpp (``stop_type``) and the Responses API (``incomplete_details``). A loss counts in ``reason``, too.
FINISH_FIELDS = (
    *("finish_reason", "finishReason", "done_reason", "stop_reason", "stopReason", "native_finish_reason"),
    *("finish_details", "finish_type", "finish", "stop_type", "completion_reason", "end_reason", "incomplete_details"),
    "reason",
)
_AMBIGUOUS_FIELDS = frozenset(FINISH_FIELDS[3:])
_MAY_BE_STOP_STRINGS = frozenset({"stop_reason", "stopReason"})
# Flags of a loss, and a state in which only a loss is of interest: Cohere, Baidu, TGI; the Responses API. See
# ``says_unfinished`` for the state.
LOSS_FIELDS = ("truncated", "is_truncated", "status", "content_filter_results", "content_filter_result")
# Fields that llama.cpp sends beside ``truncated``, by which it says that the prompt was shortened: the answer is whole.
_OF_LLAMA_CPP = ("stop_type", "stopped_eos", "stopped_word", "tokens_evaluated", "generation_settings", "__verbose")
_LLAMA_CPP_BUILD = re.compile(r"b\d{3,}-[0-9a-f]{6,}\Z")  # its ``system_fingerprint``
_UNFINISHED = frozenset({"incomplete", "truncated"})  # states
_PREFIX = re.compile(r"\A(?:finish_?reason|stop_?reason|finish(?=_))[._]+")
_SEVERITY: tuple[FinishReason, ...] = ("stop", "length", "cut", "content_filter")


def read_finish_reason(value: object, native: object = None) -> FinishReason | None:
    """The meaning of ``finish_reason``; ``None`` while the answer continues.

    ``native`` is the model provider's reason beside a gateway's normalized one. It is used if it reports a limit or a
    filter; an unknown value is ignored.
    """
    reason = _classified(value)
    if reason != "stop":
        return reason
    provider = _classified(native)
    return provider if provider in {"length", "content_filter"} else reason


def finish_of(choice: Mapping[str, Any], event: Mapping[str, Any]) -> tuple[FinishReason, str] | None:
    """The reason of a choice and the server's word for it; ``None`` while the answer continues.

    Servers that translate another API keep the names of its fields, or leave the reason beside the list of choices. Of
    several reasons the one with the greatest loss counts. vLLM's ``stop_reason`` is the stop string that ended the
    answer, so an unknown word in it is no reason.
    """
    finish, native = choice.get("finish_reason"), choice.get("native_finish_reason")
    reason = read_finish_reason(finish, native)
    found: list[tuple[FinishReason, str]] = []
    if reason is not None:
        found.append((reason, _word_of(finish if read_finish_reason(finish) == reason else native)))
    delta = choice.get("delta")
    for holder in (choice, delta if isinstance(delta, dict) else {}, event):
        for name in FINISH_FIELDS:
            value = holder.get(name)
            if value is None or (name == "finish_reason" and holder is choice):
                continue
            if name == "reason" and holder is delta:  # a part of the message
                continue
            reason = _classified(value)
            if reason is None or not _counts(name, value, reason, is_second=bool(found)):
                continue
            found.append((reason, _word_of(value)))
        found += _losses(holder, is_shortened_prompt=says_prompt_shortened(event, choice))
    return max(found, key=lambda each: _SEVERITY.index(each[0]), default=None)


def _counts(name: str, value: object, reason: FinishReason, *, is_second: bool) -> bool:
    """Whether the value of a field is a reason. ``is_second``: another field had one."""
    if name == "reason" and (reason == "stop" or not isinstance(value, str) or len(value.split()) > 1):
        return False  # a name that may mean anything: some gateways send "success" with each event
    word = _normalized(value) if isinstance(value, str) else ""
    if reason == "cut" and name in _AMBIGUOUS_FIELDS and (word not in _KNOWN_CUTS or name in _MAY_BE_STOP_STRINGS):
        return False
    return not (is_second and name in _MAY_BE_STOP_STRINGS and "_" not in word and word != "refusal")


def says_prompt_shortened(event: Mapping[str, Any], choice: Mapping[str, Any]) -> bool:
    """Whether llama.cpp says that the prompt did not fit its context and was shortened."""
    if not (event.get("truncated") is True or choice.get("truncated") is True):
        return False
    build = event.get("system_fingerprint")
    is_build = isinstance(build, str) and _LLAMA_CPP_BUILD.match(build) is not None
    return is_build or any(name in holder for holder in (event, choice) for name in _OF_LLAMA_CPP)


def says_unfinished(holder: Mapping[str, Any]) -> bool:
    """Whether a choice, its delta or an event has the state of an answer that is not whole: cut, or not yet complete,
    which only what follows shows."""
    status = holder.get("status")
    if isinstance(status, str) and status.lower() in _UNFINISHED:
        return True
    delta = holder.get("delta")
    return isinstance(delta, dict) and says_unfinished(delta)


def _losses(holder: Mapping[str, Any], *, is_shortened_prompt: bool) -> list[tuple[FinishReason, str]]:
    """The losses that flags report, of Cohere, Baidu and Azure."""
    found: list[tuple[FinishReason, str]] = []
    if holder.get("is_truncated") is True or (holder.get("truncated") is True and not is_shortened_prompt):
        found.append(("length", "truncated"))
    for name in ("content_filter_results", "content_filter_result"):
        results = holder.get(name)
        for category, result in results.items() if isinstance(results, dict) else ():
            if isinstance(result, dict) and result.get("filtered") is True:
                found.append(("content_filter", f"content_filter: {category}"[:80]))
    return found


def _word_of(value: object) -> str:
    return str(value)[:80]


def worse(old: FinishReason | None, new: FinishReason | None) -> FinishReason | None:
    """Of two reasons for one answer, the one with the greater loss."""
    if old is None or new is None:
        return new if old is None else old
    return old if _SEVERITY.index(old) >= _SEVERITY.index(new) else new


def _classified(value: object) -> FinishReason | None:
    if isinstance(value, dict):  # SGLang's own API: {"type": "length", "length": 16}
        value = value.get("type") or value.get("reason") or value.get("finish_reason")
    if value is None or value is False:
        return None
    if not isinstance(value, str):
        return "cut"
    word = _normalized(value)
    if not word and re.search(r"\w", value):
        return "cut"  # a number, or a word in another script
    if word in _NOT_YET:
        return None
    if word in _WHOLE:
        return "stop"
    if word in _LENGTH:
        return "length"
    words = frozenset(word.split("_"))
    if word in _FILTERED or words & _FILTERED_WORDS:
        return "content_filter"
    if words & _OTHER_LIMITS or not words & (_LENGTH_WORDS | _TOKEN_WORDS):
        return "cut"
    return "stop" if words & _END_WORDS and not words & _LENGTH_WORDS else "length"


def _normalized(value: str) -> str:
    """The words of a reason in lower case, joined by ``_``, without a prefix like ``FINISH_REASON_``."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", value.strip())
    return _PREFIX.sub("", re.sub(r"[^a-z]+", "_", spaced.lower()).strip("_"))
