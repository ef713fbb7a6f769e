"""Which HTTP request is answered. Pure: bytes of a head in, a request or a refusal out.

A browser must not get through, with or without the key: it sends ``Origin`` or ``Sec-Fetch-*`` with what a page asks
for, a name of its own in ``Host`` after DNS rebinding, and cannot send JSON with a key without a preflight, which is
refused. No answer has a CORS header.
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
_LONGEST_STOP = 200
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ROUTES = {"/v1/completions": "POST", "/v1/models": "GET"}


class RefusedRequest(Exception):
    """Why a request is not answered. The message is shown to the client and has nothing of the request."""

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
    """What a client asks for."""

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
        raise RefusedRequest(400, "This is no HTTP/1.1 request.")
    headers = _headers(rest)
    _check_client(headers, port)
    _check_key(headers.get("authorization", ""), key)
    path = parts[1].decode("ascii", "replace")
    allowed = _ROUTES.get(path)
    if allowed is None:
        raise RefusedRequest(404, "There are POST /v1/completions and GET /v1/models.")
    if parts[0] != allowed.encode():
        raise RefusedRequest(405, f"{path} takes {allowed} only.")
    if "transfer-encoding" in headers:
        raise RefusedRequest(411, "Send a Content-Length; chunked bodies are not read.")
    if allowed == "GET":
        return RequestHead(path, 0)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedRequest(415, "The body must be application/json.")
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()) or len(length) > 9:
        raise RefusedRequest(411, "A Content-Length is missing.")
    if int(length) > LONGEST_BODY_BYTES:
        raise RefusedRequest(413, f"The body has more than {LONGEST_BODY_BYTES} bytes.")
    return RequestHead(path, int(length))


def read_body(body: bytes) -> CompletionCall:
    """The call in a JSON body. Raises ``RefusedRequest``."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedRequest(400, "The body is no JSON.") from None
    if not isinstance(value, dict):
        raise RefusedRequest(400, "The body must be a JSON object.")
    prompt = value.get("prompt")
    if not isinstance(prompt, str) or not prompt:
        raise RefusedRequest(400, "prompt must be a text.")
    if value.get("suffix") is not None:
        raise RefusedRequest(400, "suffix is not read: put the model's own tokens into the prompt.")
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
            raise RefusedRequest(400, "A header is no header.")
        if name.lower() in headers:  # two of one name may be read in two ways
            raise RefusedRequest(400, "A header comes twice.")
        headers[name.lower()] = value.strip()
    return headers


def _check_client(headers: Mapping[str, str], port: int) -> None:
    if "origin" in headers or any(name.startswith("sec-fetch-") for name in headers):
        raise RefusedRequest(403, "Web pages are not answered.")
    if headers.get("host", "").lower() not in {f"127.0.0.1:{port}", f"localhost:{port}"}:
        raise RefusedRequest(403, "The Host must be this machine's address.")


def _check_key(given: str, key: str) -> None:
    scheme, _, value = given.partition(" ")
    expected = key.encode("utf-8", "replace")
    is_same = hmac.compare_digest(value.strip().encode("utf-8", "replace"), expected)
    if not key or scheme.lower() != "bearer" or not is_same:
        raise RefusedRequest(401, "The key is missing or wrong. The server prints it when it starts.")


def _max_tokens(value: Mapping[str, Any]) -> int:
    wanted = value.get("max_tokens", 64)
    if type(wanted) is not int or wanted < 1:
        raise RefusedRequest(400, "max_tokens must be a positive integer.")
    return min(wanted, MOST_TOKENS)


def _stop(value: Mapping[str, Any]) -> tuple[str, ...]:
    wanted = value.get("stop")
    stops = [wanted] if isinstance(wanted, str) else [] if wanted is None else wanted
    if not isinstance(stops, list) or len(stops) > _MOST_STOPS:
        raise RefusedRequest(400, f"stop must be a text or at most {_MOST_STOPS} texts.")
    if not all(isinstance(one, str) and 0 < len(one) <= _LONGEST_STOP for one in stops):
        raise RefusedRequest(400, f"Each stop must be a text of at most {_LONGEST_STOP} characters.")
    return tuple(stops)
