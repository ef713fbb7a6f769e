"""Decides which HTTP requests are answered. Pure: takes the bytes of a request, returns it parsed or raises a refusal.

Requests of a browser are refused, with or without the key. A browser sends ``Origin`` or ``Sec-Fetch-*`` with the
requests of a page; after DNS rebinding the ``Host`` is the page's; and it cannot send JSON or a key to another origin
without a preflight request, which is refused. No response has a CORS header.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

LONGEST_HEAD_BYTES = 16_384
LONGEST_BODY_BYTES = 1 << 20
MOST_TOKENS = 2_048
_MOST_STOPS = 16
_LONGEST_STOP_CHARACTERS = 200
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ROUTES = {"/v1/completions": "POST", "/v1/models": "GET"}


class RefusedRequest(Exception):
    """Raised for a request that is not answered. The client gets ``message``, which quotes nothing of the request."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@frozen
class RequestHead:
    """A request that may be answered, before its body was read."""

    path: str
    body_bytes: int


@frozen
class CompletionCall:
    """The parameters of a completion request."""

    prompt: str = field(repr=False)
    max_tokens: int
    stop: tuple[str, ...]
    temperature: float
    is_streamed: bool


def read_head(head: bytes, key: str, port: int) -> RequestHead:
    """The request of a head (request line and headers, without the empty line). Raises ``RefusedRequest``."""
    line, *rest = head.split(b"\r\n")
    parts = line.split(b" ")
    if len(parts) != 3 or parts[2] not in (b"HTTP/1.1", b"HTTP/1.0") or b"\n" in head.replace(b"\r\n", b""):
        raise RefusedRequest(400, "This is not an HTTP/1.1 request.")
    headers = _headers(rest)
    _check_client(headers, port)
    _check_key(headers.get("authorization", ""), key)
    path = parts[1].decode("ascii", "replace")
    allowed = _ROUTES.get(path)
    if allowed is None:
        raise RefusedRequest(404, "Not found. Use POST /v1/completions or GET /v1/models.")
    if parts[0] != allowed.encode():
        raise RefusedRequest(405, f"{path} supports {allowed} only.")
    if "transfer-encoding" in headers:
        raise RefusedRequest(411, "Send a Content-Length; chunked bodies are not supported.")
    if allowed == "GET":
        return RequestHead(path, 0)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedRequest(415, "The body must be application/json.")
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()) or len(length) > 9:
        raise RefusedRequest(411, "The Content-Length is missing or invalid.")
    if int(length) > LONGEST_BODY_BYTES:
        raise RefusedRequest(413, f"The body is larger than {LONGEST_BODY_BYTES} bytes.")
    return RequestHead(path, int(length))


def read_body(body: bytes) -> CompletionCall:
    """The call in a JSON body. Raises ``RefusedRequest``."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedRequest(400, "The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise RefusedRequest(400, "The body must be a JSON object.")
    prompt = value.get("prompt")
    if not isinstance(prompt, str) or not prompt:
        raise RefusedRequest(400, "prompt must be a non-empty string.")
    if value.get("suffix") is not None:
        raise RefusedRequest(
            400, "suffix is not supported: write the model's fill-in-the-middle tokens into the prompt."
        )
    if value.get("n", 1) != 1 or value.get("echo"):
        raise RefusedRequest(400, "n must be 1 and echo false.")
    temperature = value.get("temperature", 0.0)
    if isinstance(temperature, bool) or not isinstance(temperature, (int, float)) or not 0 <= temperature <= 2:
        raise RefusedRequest(400, "temperature must be a number from 0 to 2.")
    return CompletionCall(prompt, _max_tokens(value), _stop(value), float(temperature), value.get("stream") is True)


def _headers(lines: list[bytes]) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not _TOKEN.fullmatch(name):
            raise RefusedRequest(400, "A header is malformed.")
        if name.lower() in headers:  # another reader might use the other one
            raise RefusedRequest(400, "A header is repeated.")
        headers[name.lower()] = value.strip()
    return headers


def _check_client(headers: Mapping[str, str], port: int) -> None:
    if "origin" in headers or any(name.startswith("sec-fetch-") for name in headers):
        raise RefusedRequest(403, "Requests from web pages are refused.")
    if headers.get("host", "").lower() not in {f"127.0.0.1:{port}", f"localhost:{port}"}:
        raise RefusedRequest(403, f"The Host header must be 127.0.0.1:{port} or localhost:{port}.")


def _check_key(authorization: str, key: str) -> None:
    scheme, _, value = authorization.partition(" ")
    expected = key.encode("utf-8", "replace")
    is_same = hmac.compare_digest(value.strip().encode("utf-8", "replace"), expected)
    if not key or scheme.lower() != "bearer" or not is_same:
        raise RefusedRequest(
            401, "The API key is missing or wrong. It is in AUTOTHINK_API_KEY, or printed by `autothink-lsp api`."
        )


def _max_tokens(value: Mapping[str, Any]) -> int:
    wanted = value.get("max_tokens", 64)
    if type(wanted) is not int or wanted < 1:
        raise RefusedRequest(400, "max_tokens must be a positive integer.")
    return min(wanted, MOST_TOKENS)


def _stop(value: Mapping[str, Any]) -> tuple[str, ...]:
    wanted = value.get("stop")
    stops = [wanted] if isinstance(wanted, str) else [] if wanted is None else wanted
    if not isinstance(stops, list) or len(stops) > _MOST_STOPS:
        raise RefusedRequest(400, f"stop must be a string or a list of at most {_MOST_STOPS} strings.")
    if not all(isinstance(one, str) and 0 < len(one) <= _LONGEST_STOP_CHARACTERS for one in stops):
        raise RefusedRequest(400, f"Each stop must be a string of 1 to {_LONGEST_STOP_CHARACTERS} characters.")
    return tuple(stops)
