"""A URL's query goes along with every request and is shown in no message; a wrong scheme is named in the hint."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import aclosing

import pytest

from autothink_lsp.backends.base import ChatRequest, FimRequest
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.backends.openai_models import api_base
from autothink_lsp.backends.probe import ServerProbe
from autothink_lsp.errors import BackendError
from autothink_lsp.settings.types.address import UrlType
from autothink_lsp.values import ChatMessage
from tests.support.fault_server import FaultServer
from tests.support.wire_format import HttpReply, ReceivedRequest, error_reply

pytestmark = pytest.mark.process


def not_found(request: ReceivedRequest) -> HttpReply:
    """Repeats the request's path in its message."""
    return error_reply(f"no: {request.path}", 404)


async def asked(url: str, *, llama: bool = False, httpx: bool = False) -> list[BackendError]:
    """Every kind of request."""
    endpoint = Endpoint(url, model="m")
    client = HttpClient(endpoint, with_httpx=httpx)
    backend = LlamaServerBackend(endpoint, client) if llama else OpenAIBackend(endpoint, client)
    probe = ServerProbe(endpoint, client)
    errors = []

    async def chat() -> None:
        async with aclosing(backend.chat(ChatRequest((ChatMessage("user", "u"),), 9))) as events:
            _ = [event async for event in events]

    async def complete() -> None:
        async with aclosing(backend.stream(FimRequest("P", 9))) as events:
            _ = [event async for event in events]

    for ask in (chat, complete, backend.describe, lambda: backend.token_counts(["x"]), probe.identify, probe.running):
        try:
            await ask()
        except BackendError as error:
            errors.append(error)
    await backend.aclose()
    return errors


@pytest.mark.parametrize("httpx", [False, True])
@pytest.mark.parametrize("llama", [False, True])
@pytest.mark.parametrize(
    ("tail", "query"),
    [
        ("?api-version=2024-10-21", "api-version=2024-10-21"),
        ("/?key=s3cret-value", "key=s3cret-value"),
        ("/v1?key=s3cret-value&x=1", "key=s3cret-value&x=1"),
        ("/v1/?key=s3cret-value", "key=s3cret-value"),
        ("/v1/chat/completions?key=s3cret-value", "key=s3cret-value"),
        ("/v1/chat/completions/?key=s3cret-value", "key=s3cret-value"),
        ("/openai/deployments/d?api-version=2024-10-21", "api-version=2024-10-21"),
        ("/v1?key=s3cret-value#part", "key=s3cret-value"),
        ("/v1?a=b%20c%2Fd", "a=b%20c%2Fd"),
        ("/v1?a=1;b=2", "a=1;b=2"),
        ("/v1?flag", "flag"),
        ("/v1#part", ""),
        ("/v1?", ""),
    ],
)
async def test_every_request_has_the_query(tail: str, query: str, llama: bool, httpx: bool) -> None:
    async with FaultServer(respond=not_found) as server:
        errors = await asked(f"{server.url}{tail}", llama=llama, httpx=httpx)
    assert server.requests.total() >= 6
    for line in server.requests:
        path, _, sent = line.partition("?")
        assert sent == query, line
        assert "#" not in line
        assert "//" not in path
        assert "/chat/completions/" not in path
    assert errors
    for error in errors:
        assert "s3cret" not in error.for_user()
        assert "2024-10-21" not in error.for_user()


def test_a_query_in_the_settings_is_shown_without_its_values() -> None:
    assert UrlType().masked("https://h/v1?key=abc&x=1#f").startswith("https://h/v1?key=***&x=***")
    assert "abc" not in repr(Endpoint("https://h/v1?key=abc"))
    assert Endpoint("https://h/v1?key=abc").shown_url == "https://h/v1"


async def test_https_spoken_to_an_http_port() -> None:
    plain = await asyncio.start_server(_answers_plainly, "127.0.0.1", 0)
    port = plain.sockets[0].getsockname()[1]
    errors = await asked(f"https://127.0.0.1:{port}/v1?key=s3cret-value")
    plain.close()
    assert errors
    assert all(f"The server speaks http: try http://127.0.0.1:{port}/v1." == error.hint for error in errors)


async def test_https_spoken_to_a_port_that_hangs_up() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    plain = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = plain.sockets[0].getsockname()[1]
    errors = await asked(f"https://127.0.0.1:{port}/v1")
    plain.close()
    assert errors


@pytest.mark.parametrize("httpx", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        b"\x15\x03\x03\x00\x02\x02\x16",  # a TLS alert
        b"HTTP/1.1 400 Bad Request\r\n\r\n<html><title>400 The plain HTTP request was sent to HTTPS port</title>",
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\nReason: You're speaking plain HTTP to an SSL-enabled server port.",
        b"HTTP/1.1 400 Bad Request\r\n\r\nThis combination of host and port requires TLS.",
    ],
)
async def test_http_spoken_to_an_https_port(answer: bytes, httpx: bool) -> None:
    async with FaultServer(respond=lambda _: HttpReply(answer, then="close")) as server:
        errors = await asked(f"http://127.0.0.1:{server.port}/v1", httpx=httpx)
    assert errors
    assert any(f"try https://127.0.0.1:{server.port}/v1" in error.hint for error in errors)


async def _answers_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()


@pytest.mark.parametrize(("path", "is_azure"), [("/openai/deployments/d?api-version=1", True), ("/v1", False)])
@pytest.mark.parametrize("httpx", [False, True])
async def test_azures_own_header(path: str, is_azure: bool, httpx: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "s3cret-value")
    seen: list[ReceivedRequest] = []

    def respond(request: ReceivedRequest) -> HttpReply:
        seen.append(request)
        return error_reply(f"Access denied: {request.headers}", 401)

    async with FaultServer(respond=respond) as server:
        endpoint = Endpoint(f"{server.url}{path}", model="m", api_key_env="A_KEY")
        backend = OpenAIBackend(endpoint, HttpClient(endpoint, with_httpx=httpx))
        with pytest.raises(BackendError) as caught:
            await backend.describe()
        await backend.aclose()
    assert seen[0].headers.get("authorization") == (None if is_azure else "Bearer s3cret-value")
    assert seen[0].headers.get("api-key") == ("s3cret-value" if is_azure else None)
    assert "s3cret-value" not in caught.value.for_user()


async def test_azures_token_goes_into_the_usual_header(monkeypatch: pytest.MonkeyPatch) -> None:
    token = "eyJ0eXAiOiJKV1Qi.eyJhdWQiOiJodHRwcw.c2lnbmF0dXJl"
    monkeypatch.setenv("A_KEY", token)
    seen: list[ReceivedRequest] = []

    def respond(request: ReceivedRequest) -> HttpReply:
        seen.append(request)
        return error_reply("no", 401)

    async with FaultServer(respond=respond) as server:
        backend = OpenAIBackend(Endpoint(f"{server.url}/openai/deployments/d", model="m", api_key_env="A_KEY"))
        with pytest.raises(BackendError):
            await backend.describe()
        await backend.aclose()
    assert seen[0].headers["authorization"] == f"Bearer {token}"
    assert "api-key" not in seen[0].headers


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://openrouter.ai", "https://openrouter.ai/api/v1"),
        ("https://openrouter.ai/api", "https://openrouter.ai/api/v1"),
        ("https://openrouter.ai/v1", "https://openrouter.ai/api/v1"),
        ("https://openrouter.ai/api/v1/chat/completions", "https://openrouter.ai/api/v1"),
        ("https://api.groq.com", "https://api.groq.com/openai/v1"),
        ("https://api.groq.com/openai/v1/", "https://api.groq.com/openai/v1"),
        ("https://api.fireworks.ai/inference", "https://api.fireworks.ai/inference/v1"),
        (
            "https://generativelanguage.googleapis.com/v1beta",
            "https://generativelanguage.googleapis.com/v1beta/openai",
        ),
        (
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            "https://generativelanguage.googleapis.com/v1beta/openai",
        ),
        ("https://api.deepinfra.com", "https://api.deepinfra.com/v1/openai"),
        ("https://api.deepinfra.com/v1/openai", "https://api.deepinfra.com/v1/openai"),
        (
            "https://bedrock-runtime.us-east-1.amazonaws.com",
            "https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1",
        ),
        ("https://x.openai.azure.com/", "https://x.openai.azure.com/openai/v1"),
        ("https://x.openai.azure.com/openai/deployments/d", "https://x.openai.azure.com/openai/deployments/d"),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "https://dashscope.aliyuncs.com/compatible-mode/v1"),
        ("https://codestral.mistral.ai/v1/fim/completions", "https://codestral.mistral.ai/v1"),
        ("https://api.deepseek.com/beta", "https://api.deepseek.com/beta"),
        ("https://api.deepseek.com", "https://api.deepseek.com/v1"),
        ("http://127.0.0.1:8080/generate_stream", "http://127.0.0.1:8080/v1"),
        ("http://127.0.0.1:8080/infill", "http://127.0.0.1:8080/v1"),
        ("http://127.0.0.1:8080/completion", "http://127.0.0.1:8080/v1"),
        ("http://127.0.0.1:1234/api/v0", "http://127.0.0.1:1234/api/v0"),
        ("http://h//v1//", "http://h/v1"),
        ("http://openrouter.ai.example.org", "http://openrouter.ai.example.org/v1"),
        ("http://h/mygroq/v1", "http://h/mygroq/v1"),
        ("http://[::1]:8080", "http://[::1]:8080/v1"),
        ("http://u:p@h/v1", "http://h/v1"),
    ],
)
def test_the_base_of_the_api(url: str, base: str) -> None:
    assert api_base(Endpoint(url)) == base


def test_azures_hosts() -> None:
    assert Endpoint("https://x.openai.azure.com/openai/v1").is_azure
    assert Endpoint("https://x.services.ai.azure.com/models").is_azure
    assert Endpoint("https://x.openai.azure.us/openai/v1").is_azure
    assert Endpoint("https://x.azure-api.net/models").is_azure
    assert not Endpoint("https://x.eastus.inference.ml.azure.com/v1").is_azure
    assert not Endpoint("https://x.eastus.models.ai.azure.com/v1").is_azure
    assert not Endpoint("https://azure.com.example.org/v1").is_azure
    assert not Endpoint("https://example.org/azure.com").is_azure
