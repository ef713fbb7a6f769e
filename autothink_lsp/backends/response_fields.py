"""Parses the JSON fields that completion servers have in common. Pure."""

from __future__ import annotations

import json
import re
from math import isnan
from typing import Any, TypeGuard

from autothink_lsp.backends.base import Timings, Usage
from autothink_lsp.backends.http_errors import ErrorTranslator
from autothink_lsp.backends.sse import SseEvent

_SIGNS_OF_LIFE = frozenset(
    {"ping", "pong", "heartbeat", "keepalive", "keep-alive", "keep_alive", "comment", "status", "info", "log", "debug"}
)
"""Names of events whose data is never a piece of an answer."""
# Fields of pieces of an answer, in llama.cpp's own API too.
_ANSWER_FIELDS = ("content", "text", "delta", "stop", "tokens", "index")
_SUCCESS = re.compile(r"(?:none|0|2\d\d|ok|success(?:ful)?|)\Z", re.IGNORECASE)  # codes beside a message
_STATE_FIELDS = ("status", "state", "type", "event")
_MESSAGE_FIELDS = ("message", "msg", "detail", "error_msg", "errors", "Message", "title", "reason")
_CODE_FIELDS = ("code", "error_code", "status_code", "statusCode", "errorCode", "err_code", "retcode", "Code")
# Fields that only a failure has.
_FAILURE_FIELDS = (
    *("detail", "errors", "error_msg", "err", "exception", "fault", "error_message", "errorMessage", "errmsg"),
    *("err_msg", "traceback"),
)
_FAILED_STATES = frozenset({"error", "failed", "fail", "failure", "exception", "fatal"})
_FAILED_TYPE = re.compile(r"(?:\A|[._-])(?:error|failed|failure|exception|fatal)\Z", re.IGNORECASE)
_FAILURE_NAME = re.compile(r"[A-Za-z]{2,60}(?:Exception|Error|Failure)\Z")  # Bedrock: "internalServerException"
_FAILURE_TEXT = re.compile(
    r"\b(?:[a-z]*error|[a-z]*exception|failed(?! over)|failure|timed out|timeout|overloaded|exceeded|unavailable|denied"
    r"|unauthori[sz]ed|forbidden|out of memory)\b",
    re.IGNORECASE,
)
_IN_PROGRESS = _SIGNS_OF_LIFE | {
    *("loading", "queued", "queueing", "pending", "waiting", "starting", "started", "running", "processing", "working"),
    *("in_progress", "progress", "ready", "ok", "success", "warn", "warning", "notice"),
}
_NAMED_ERRORS = frozenset({"error", "exception", "fatal", "failure", "failed"})
_ERROR_TEXT = re.compile(
    r"\A\W{0,3}(?:(?:(?:internal|server|upstream|model|api|http|unexpected|an) )*errors?(?!:\s*0\b)"
    r"(?:\s*[:(\[\]]|\s+(?:\d|occurred|while|in|from|during|processing|code)|\W*\Z)"
    r"|exception\b|fatal\b|failed(?::| to | with |\W*\Z)"
    r"|traceback \(|[a-z.]*error:|5\d\d (?:internal|bad|service|gateway)\b)",
    re.IGNORECASE,
)
"""A failure that a server wrote as the text of an event."""


def parse_event(event: SseEvent, errors: ErrorTranslator) -> dict[str, Any] | None:
    """The object in one event; ``None`` for an event to skip.

    Skipped are events without data, named events without an object (``ping``, ``heartbeat``), and data that is no JSON
    object and does not begin like one (a date, ``OK``, ``null``): they are keep-alive signals, and no text can be lost
    with them. Raises ``BackendError`` for a failure that the server reports (an event named ``error``, an object with
    an ``error``, or a text that begins like a message of failure), and for data that begins like an object but cannot
    be parsed: a piece of the answer may be lost, and an incomplete answer must not count as complete.
    """
    data = event.data.strip()
    value: Any = None
    if data:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            value = None
    is_object = isinstance(value, dict)
    is_named_error = event.kind.lower() in _NAMED_ERRORS
    if is_named_error or (not is_object and event.kind == "message" and _ERROR_TEXT.match(data)):
        raise errors.from_status(_status_in(value), {}, data.encode() or b"the server reported an error", "")
    if is_object:
        raise_reported_error(value, errors, is_sign_of_life=event.kind.lower() in _SIGNS_OF_LIFE)
        return value
    if data.startswith("{") and event.kind.lower() not in _SIGNS_OF_LIFE:
        raise errors.rubbish("something that is not a piece of a completion", event.data, status=200)
    return None


def raise_reported_error(value: dict[str, Any], errors: ErrorTranslator, *, is_sign_of_life: bool = False) -> None:
    """Raise the ``BackendError`` for the failure that an event, or a choice in it, reports; return if there is none.
    In a sign of life only a field for failures is one."""
    if _has_error(value) or (not is_sign_of_life and _describes_error(value)):
        raise errors.from_status(_status_in(value), {}, json.dumps(value).encode(), "")


def _has_error(value: dict[str, Any]) -> bool:
    """Whether an object has a field for failures, of OpenAI, vLLM, Groq or MiniMax."""
    if bool(value.get("error")) or value.get("object") == "error" or value.get("type") == "error":
        return True
    delta = value.get("delta")
    if isinstance(delta, dict) and delta.get("error"):
        return True
    stopped = value.get("x_groq")
    if isinstance(stopped, dict) and stopped.get("error"):
        return True
    outcome = value.get("base_resp")
    return isinstance(outcome, dict) and not _is_success(outcome.get("status_code"))


def _describes_error(value: dict[str, Any]) -> bool:
    """Whether an object that is no piece of an answer describes a failure, as FastAPI, DashScope, AWS and others do."""
    if value.get("choices") or value.get("usage") or any(name in value for name in _ANSWER_FIELDS):
        return False
    states = [str(value.get(name)).lower() for name in _STATE_FIELDS]
    if any(state in _FAILED_STATES or _FAILED_TYPE.search(state) for state in states):
        return True
    if any(state in _IN_PROGRESS for state in states):
        return False
    if value.get("success") is False or any(value.get(name) for name in _FAILURE_FIELDS):
        return True
    if any(_FAILURE_NAME.match(name) and value[name] for name in value):
        return True
    header = value.get("header")  # Spark
    codes = [value.get(name) for name in _CODE_FIELDS]
    if isinstance(header, dict):
        codes.append(header.get("code"))
    message = next((value[name] for name in _MESSAGE_FIELDS if value.get(name)), None)
    has_code = not all(map(_is_success, codes)) or _is_http_failure(value.get("status"))
    return (has_code and (message is not None or header is not None)) or _is_failure_text(message)


def _is_http_failure(status: object) -> bool:
    return isinstance(status, int) and not isinstance(status, bool) and 400 <= status < 600


def _is_failure_text(message: object) -> bool:
    return isinstance(message, str) and (_ERROR_TEXT.match(message) or _FAILURE_TEXT.search(message)) is not None


def _is_success(code: object) -> bool:
    return _SUCCESS.match(str(code)) is not None


def parse_timings(value: object, prompt_tokens: int | None = None) -> Timings | None:
    """llama.cpp's ``timings``. Builds before September 2025 have no ``cache_n``: it is computed from
    ``prompt_tokens``."""
    if not isinstance(value, dict):
        return None
    try:
        evaluated = int(value["prompt_n"])
        cached = value.get("cache_n")
        if cached is None:
            cached = max(0, (prompt_tokens or evaluated) - evaluated)
        return Timings(
            prompt_evaluated_tokens=evaluated,
            prompt_cached_tokens=int(cached),
            prompt_ms=float(value["prompt_ms"]),
            predicted_tokens=int(value["predicted_n"]),
            predicted_ms=float(value["predicted_ms"]),
            draft_tokens=int(value.get("draft_n") or 0),
        )
    except (KeyError, TypeError, ValueError):
        return None


def parse_usage(value: object) -> Usage | None:
    """The token counts in OpenAI's ``usage``."""
    if not isinstance(value, dict):
        return None
    return Usage(count_of(value.get("prompt_tokens")), count_of(value.get("completion_tokens")))


def parse_logprobs(value: object) -> tuple[float, ...]:
    """The log-probabilities of one piece's tokens in either of two shapes; empty for anything else.

    llama.cpp lists objects with a ``logprob`` (``completion_probabilities``, and ``logprobs.content`` in its OpenAI
    shape), OpenAI and vLLM numbers (``logprobs.token_logprobs``, null for a token without one).
    """
    if isinstance(value, dict):
        listed = value.get("token_logprobs")
        value = value.get("content") if listed is None else listed
    if not isinstance(value, list):
        return ()
    numbers = [one.get("logprob") if isinstance(one, dict) else one for one in value]
    return tuple(min(0.0, float(number)) for number in numbers if _is_number(number))


def count_of(value: object) -> int | None:
    """A number of tokens, or ``None`` for any other value."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and not isnan(value)


def _status_in(value: object) -> int:
    """The HTTP status in an error object; 500 if it has none. ``code`` may also be a word."""
    for part in (value.get("error") if isinstance(value, dict) else None, value):
        if isinstance(part, dict):
            for code in (part.get("code"), part.get("status"), part.get("status_code")):
                number = int(code) if isinstance(code, str) and re.fullmatch(r"[45][0-9]{2}", code) else code
                if isinstance(number, int) and 400 <= number < 600:
                    return number
    return 500
