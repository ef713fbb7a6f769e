"""Which requests the completions API answers (``autothink-lsp api``)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autothink_lsp.features.completions_api.gate import (
    LONGEST_BODY_BYTES,
    MOST_TOKENS,
    CompletionCall,
    RefusedRequest,
    RequestHead,
    read_body,
    read_head,
)

KEY, PORT = "a key of this test, 0123456789", 4321
HEADERS = {
    "Host": f"127.0.0.1:{PORT}",
    "Authorization": f"Bearer {KEY}",
    "Content-Type": "application/json",
    "Content-Length": "20",
}


def head(line: str = "POST /v1/completions HTTP/1.1", **changed: str | None) -> bytes:
    """A head that is answered, with other headers (``None``: without it)."""
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    headers = {**HEADERS, **named}
    return "\r\n".join((line, *(f"{name}: {value}" for name, value in headers.items() if value is not None))).encode()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (head(), RequestHead("/v1/completions", 20)),
        (head(Host=f"localhost:{PORT}"), RequestHead("/v1/completions", 20)),
        (head(Authorization=f"bearer  {KEY}"), RequestHead("/v1/completions", 20)),
        (head(Content_Type="application/json; charset=utf-8"), RequestHead("/v1/completions", 20)),
        (head("GET /v1/models HTTP/1.1"), RequestHead("/v1/models", 0)),
    ],
)
def test_an_editor_is_answered(sent: bytes, expected: RequestHead) -> None:
    assert read_head(sent, KEY, PORT) == expected


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (head(Authorization=None), 401),
        (head(Authorization="Bearer wrong"), 401),
        (head(Authorization="Bearer "), 401),
        (head(Authorization=f"Basic {KEY}"), 401),
        (head(Authorization=KEY), 401),
        (head("GET /v1/models HTTP/1.1", Authorization=None), 401),
        (head("GET / HTTP/1.1", Authorization=None), 401),  # what there is, is not told either
        (head(Origin="https://evil.example"), 403),
        (head(Origin="null"), 403),
        (head(Origin=f"http://127.0.0.1:{PORT}"), 403),
        (head(origin="http://localhost"), 403),
        (head(Sec_Fetch_Site="cross-site"), 403),
        (head(Sec_Fetch_Mode="no-cors"), 403),
        (head("OPTIONS /v1/completions HTTP/1.1", Origin="https://evil.example", Authorization=None), 403),
        (head("OPTIONS /v1/completions HTTP/1.1"), 405),
        (head(Host="evil.example"), 403),
        (head(Host=f"evil.example:{PORT}"), 403),
        (head(Host="127.0.0.1"), 403),
        (head(Host=f"127.0.0.1.evil.example:{PORT}"), 403),
        (head(Host=f"127.0.0.1:{PORT + 1}"), 403),
        (head(Host=None), 403),
        (head(Content_Type="text/plain"), 415),
        (head(Content_Type="application/x-www-form-urlencoded"), 415),
        (head(Content_Type=None), 415),
        (head(Transfer_Encoding="chunked"), 411),
        (head(Content_Length=None), 411),
        (head(Content_Length="-1"), 411),
        (head(Content_Length="1e3"), 411),
        (head(Content_Length="²"), 411),
        (head(Content_Length=str(LONGEST_BODY_BYTES + 1)), 413),
        (head(Content_Length="9" * 400), 411),
        (head("GET /v1/completions HTTP/1.1"), 405),
        (head("POST /v1/models HTTP/1.1"), 405),
        (head("POST /v1/chat/completions HTTP/1.1"), 404),
        (head("POST /v1/completions/../models HTTP/1.1"), 404),
        (head("POST http://127.0.0.1/v1/completions HTTP/1.1"), 404),
        (head("POST /v1/completions"), 400),
        (head("POST /v1/completions HTTP/2.0"), 400),
        (head("POST  /v1/completions HTTP/1.1"), 400),
        (head() + b"\r\nContent-Length: 3", 400),
        (head() + b"\r\nno header", 400),
        (head() + b"\r\n folded: x", 400),
        (head().replace(b"\r\n", b"\n"), 400),
        (b"", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b'Content-Length: 2\r\n\r\n{}', 400),
    ],
)  # fmt: skip
def test_others_are_refused(sent: bytes, status: int) -> None:
    with pytest.raises(RefusedRequest) as raised:
        read_head(sent, KEY, PORT)
    assert raised.value.status == status
    assert KEY not in raised.value.message


def test_without_a_key_no_client_is_answered() -> None:
    with pytest.raises(RefusedRequest):
        read_head(head(Authorization="Bearer "), "", PORT)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"prompt": "a"}, CompletionCall("a", 64, (), 0.0, False)),
        (
            {"model": "x", "prompt": "a", "max_tokens": 9, "stop": ["b", "c"], "temperature": 0.2, "stream": True},
            CompletionCall("a", 9, ("b", "c"), 0.2, True),
        ),
        ({"prompt": "a", "stop": "b", "n": 1, "echo": False}, CompletionCall("a", 64, ("b",), 0.0, False)),
        ({"prompt": "a", "max_tokens": 10**9, "stop": None}, CompletionCall("a", MOST_TOKENS, (), 0.0, False)),
    ],
)
def test_calls(body: dict[str, Any], expected: CompletionCall) -> None:
    assert read_body(json.dumps(body).encode()) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"prompt": ',
        *(
            json.dumps({"prompt": "a", **more}).encode()
            for more in (
                {"prompt": ""},
                {"prompt": ["a", "b"]},
                {"prompt": 3},
                {"max_tokens": 0},
                {"max_tokens": True},
                {"max_tokens": "9"},
                {"stop": [1]},
                {"stop": [""]},
                {"stop": ["x"] * 17},
                {"stop": ["x" * 201]},
                {"stop": {"a": 1}},
                {"temperature": "hot"},
                {"temperature": -1},
                {"n": 2},
                {"echo": True},
                {"suffix": "b"},
            )
        ),
    ],
)
def test_bad_bodies(body: bytes) -> None:
    with pytest.raises(RefusedRequest) as raised:
        read_body(body)
    assert raised.value.status == 400
