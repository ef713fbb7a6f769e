"""Wording of errors: what a server or the network said, and what the user can do."""

from __future__ import annotations

import base64
import json
import socket
import ssl
from datetime import UTC, datetime

import httpx
import pytest

from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http_errors import (
    MAX_QUOTE_CHARS,
    MOST_RETRY_AFTER_S,
    ErrorTranslator,
    retry_after_s,
    server_message_in,
)
from autothink_lsp.errors import (
    BackendAuthError,
    BackendError,
    BackendRateLimited,
    BackendTimeout,
    BackendUnavailable,
    BadResponse,
    SettingsError,
)

URL = "http://box:8000/v1"


def translator(**fields: str) -> ErrorTranslator:
    endpoint = Endpoint(URL, **fields)  # type: ignore[arg-type]
    return ErrorTranslator(endpoint, Credentials(endpoint, environ={"KEY": "s3cret"}))


def raised_from(error: Exception, *causes: BaseException) -> Exception:
    current: BaseException = error
    for cause in causes:
        current.__cause__ = cause
        current = cause
    return error


EXCEPTIONS = [
    (httpx.ConnectTimeout(""), BackendTimeout, "did not accept a connection within 2 s", "firewall"),
    (httpx.ReadTimeout(""), BackendTimeout, "silent for 30 s", "loading its model"),
    (httpx.WriteTimeout(""), BackendTimeout, "did not take the request within 5 s", ""),
    (httpx.PoolTimeout(""), BackendTimeout, "All connections", ""),
    (httpx.ProxyError("503 Forbidden"), BackendUnavailable, "proxy on the way", "NO_PROXY"),
    (
        raised_from(httpx.ConnectError("x"), OSError("y"), ConnectionRefusedError()),
        BackendUnavailable,
        f"No server answers at {URL}",
        "Is the server running",
    ),
    (
        raised_from(httpx.ConnectError("x"), OSError("y"), ExceptionGroup("g", [socket.gaierror(-2, "unknown")])),
        BackendUnavailable,
        "cannot be resolved",
        "spelt",
    ),
    (
        raised_from(httpx.ConnectError("x"), ssl.SSLCertVerificationError("self-signed certificate")),
        BackendUnavailable,
        "No safe connection",
        "SSL_CERT_FILE",
    ),
    (httpx.ReadError(""), BackendUnavailable, "broke off", "log"),
    (
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
        BackendUnavailable,
        "broke off",
        "log",
    ),
    (
        httpx.RemoteProtocolError("illegal status line"),
        BadResponse,
        "not HTTP (illegal status line)",
        "another program",
    ),
    (httpx.LocalProtocolError("Illegal header value b'x'"), BadResponse, "Illegal header value", ""),
    (httpx.InvalidURL("bad"), BadResponse, "bad", ""),
    (OSError(24, "Too many open files"), BackendUnavailable, "broke off", ""),
]


@pytest.mark.parametrize(("error", "kind", "message", "hint"), EXCEPTIONS, ids=lambda value: str(value)[:40])
def test_an_exception_becomes_an_error_with_a_hint(
    error: Exception, kind: type[BackendError], message: str, hint: str
) -> None:
    ours = translator().from_exception(error)
    assert type(ours) is kind
    assert message in ours.message
    assert hint in ours.hint
    assert ours.message.endswith(".")


STATUSES = [
    (
        400,
        '{"error":{"message":"the request exceeds the available context size"}}',
        BadResponse,
        False,
        "longer than the context",
    ),
    (400, '{"error":"model \\"x\\" not found, try pulling it first"}', BadResponse, False, "model setting"),
    (401, "", BackendAuthError, False, "api_key_env"),
    (404, '{"detail":"Not Found"}', BadResponse, False, "Try it without /v1"),
    (400, '{"error":{"message":"Your credit balance is too low"}}', BadResponse, False, "no credit or quota"),
    (400, '{"error":{"message":"API key not valid. Please pass a valid API key."}}', BadResponse, False, "api_key_env"),
    (402, "", BadResponse, False, "no credit or quota"),
    (
        403,
        '{"error":{"message":"Country, region, or territory not supported"}}',
        BackendAuthError,
        False,
        "may not use",
    ),
    (403, "<html><title>Just a moment...</title></html>", BackendAuthError, False, "a web page"),
    (403, "", BackendAuthError, False, "api_key_env"),
    (410, "", BadResponse, False, "no longer offered"),
    (413, "", BadResponse, False, "context_tokens"),
    (422, '{"detail":[{"loc":["body","x"],"msg":"field required"}]}', BadResponse, False, "message says why"),
    (429, '{"error":{"message":"You exceeded your current quota"}}', BackendRateLimited, True, "no credit or quota"),
    (429, '{"error":{"message":"Please try again in 7.66s."}}', BackendRateLimited, True, "wait 7.66 s"),
    (429, '{"error":{"message":"Please try again in 120ms."}}', BackendRateLimited, True, "wait 0.12 s"),
    (429, '{"error":{"message":"Please retry after 2 minutes."}}', BackendRateLimited, True, "wait 120 s"),
    (524, "", BackendTimeout, True, "overloaded"),
    (521, "", BackendUnavailable, True, "recovers by itself"),
    (529, '{"error":{"message":"Overloaded"}}', BackendUnavailable, True, "recovers by itself"),
    (304, "", BadResponse, False, "right kind of server"),
    (408, "", BackendTimeout, True, "overloaded"),
    (418, "", BadResponse, False, "right kind of server"),
    (500, "boom", BadResponse, True, "log"),
    (502, "<html><title>502 Bad Gateway</title>", BackendUnavailable, True, "recovers by itself"),
    (504, "", BackendTimeout, True, "overloaded"),
]


@pytest.mark.parametrize(("status", "body", "kind", "retryable", "hint"), STATUSES)
def test_a_status_becomes_an_error_with_a_hint(
    status: int, body: str, kind: type[BackendError], retryable: bool, hint: str
) -> None:
    ours = translator().from_status(status, {}, body.encode(), f"{URL}/completions")
    assert (type(ours), ours.status, ours.retryable) == (kind, status, retryable)
    assert hint in ours.hint
    assert str(status) in ours.message


async def test_a_key_is_named_by_its_source_and_never_shown() -> None:
    errors = translator(api_key_env="KEY")
    await errors.credentials.key()
    ours = errors.from_status(401, {}, b'{"error":{"message":"bad key s3cret"}}', URL)
    assert "the environment variable KEY" in ours.hint
    assert "s3cret" not in ours.for_user()
    assert "[key]" in ours.message


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"error":{"message":"m","type":"t"}}', "m"),
        ('{"error":"m"}', "m"),
        ('{"message":"m"}', "m"),
        ('{"detail":"m"}', "m"),
        ('{"detail":[{"loc":["body"],"msg":"field required"}]}', "field required"),
        ('{"detail":[{"loc":["body","messages",0],"msg":"Field required"}]}', "Field required: messages.0"),
        ('{"detail":[{"loc":7,"msg":"Field required"}]}', "Field required"),
        ('{"error":{}}', '{"error":{}}'),
        ("[]", ""),
        ('"m"', "m"),
        ("<html><head><title>\nBad Gateway</title>", "\nBad Gateway"),
        ("plain", "plain"),
        ("[" * 100_000, "[" * 100_000),
        ("", ""),
    ],
)
def test_the_servers_message_is_found_in_the_body(body: str, expected: str) -> None:
    assert server_message_in(body.encode()) == expected


def test_quotes_are_one_short_line() -> None:
    quoted = translator().quote("a\n\tb\x1b[31m\u202e " + "x" * 1000)
    assert quoted.startswith("a b [31m x")
    assert len(quoted) == MAX_QUOTE_CHARS
    assert quoted.isprintable()


def test_a_server_that_is_not_ready_says_when_it_will_be() -> None:
    ours = translator().from_status(503, {"retry-after": "20"}, b"", f"{URL}/completions")
    assert ours.hint == "It asks to wait 20 s."


NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "7", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Fri, 02 Jan 2026 03:04:15 GMT"}, 10.0),
        ({"retry-after": "Fri, 02 Jan 2026 03:04:15 -0000"}, 10.0),
        ({"retry-after": "Fri, 02 Jan 2020 03:04:15 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "315360000"}, MOST_RETRY_AFTER_S),
        ({"retry-after": "9999999999999"}, MOST_RETRY_AFTER_S),
        ({"retry-after-ms": "315360000000"}, MOST_RETRY_AFTER_S),
        ({"retry-after": "Wed, 21 Oct 2065 07:28:00 GMT"}, MOST_RETRY_AFTER_S),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, MOST_RETRY_AFTER_S),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -2300"}, MOST_RETRY_AFTER_S),
        ({"retry-after": "Mon, 01 Jan 0001 00:00:00 +2300"}, 0.0),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_retry_after_is_read_in_seconds(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, NOW) == seconds


async def test_no_part_of_an_error_shows_the_key() -> None:
    """In the body, in the content type, in the address of a redirect, and in what is no HTTP."""
    key = "sk-proj-Zq7Xk29LmTr4vB8nYd3Hf6Jc"
    endpoint = Endpoint("https://me:pass-word-1@elsewhere.example/v1", api_key_env="KEY")
    credentials = Credentials(endpoint, environ={"KEY": key})
    assert await credentials.key() == key
    credentials.forget()
    errors = ErrorTranslator(endpoint, credentials)
    percent = "".join(f"%{byte:02x}" for byte in key.encode())
    forms = (key, percent, base64.b64encode(key.encode()).decode(), "pass-word-1", f"{key[:8]}****")
    for form in forms:
        shown = [
            errors.from_status(401, {}, json.dumps({"error": {"message": f"bad {form}"}}).encode(), "https://x"),
            errors.from_status(400, {}, f"<title>{form}</title>".encode(), "https://x"),
            errors.from_status(500, {}, form.encode(), "https://x"),
            errors.from_status(302, {"location": f"https://x.example/{form}"}, b"", "https://x"),
            errors.not_a_stream(f"text/{form}", form.encode()),
            errors.rubbish("something", form),
        ]
        for error in shown:
            assert form not in error.for_user()
            assert "[key]" in error.for_user()


# --- where errors come from: the endpoint


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8080",
        "ftp://x",
        "http://",
        "http://x:99999",
        "http://x:port",
        "http://[::1",
        "//x",
        "unix:/run/s",
    ],
)
def test_an_invalid_url_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="not the URL of a model server"):
        Endpoint(url)


def test_a_password_in_a_url_is_used_but_not_shown() -> None:
    endpoint = Endpoint("https://me:p%40ss@example.org/v1/?key=s3cret#x")
    assert endpoint.base_url == "https://example.org/v1"
    assert endpoint.userinfo == ("me", "p@ss")
    assert endpoint.place == "the model server at https://example.org/v1/"
    with pytest.raises(SettingsError) as caught:
        Endpoint("https://me:p4ss@example.org:port/?s3cret")
    assert "p4ss" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:1", True),
        ("http://LOCALHOST.:1", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:8", True),
        ("http://0.0.0.0:8", True),
        ("http://a.localhost", True),
        ("http://127.0.0.1.example.org", False),
        ("http://127.example.org", False),
        ("http://192.168.0.2", False),
        ("https://example.org", False),
    ],
)
def test_only_loopback_hosts_are_this_machine(url: str, loopback: bool) -> None:
    assert Endpoint(url).is_loopback is loopback


def test_json_in_a_message_is_read_before_it_is_cut() -> None:
    body = json.dumps({"padding": "x" * 5000, "error": {"message": "m"}}).encode()
    assert server_message_in(body) == "m"
