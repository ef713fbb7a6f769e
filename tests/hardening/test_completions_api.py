"""Attacks on ``autothink-lsp api``: what connects is not the user's editor. The model behind it is the fault server."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from tests.hardening.raw_server import PATIENCE_S
from tests.support.fault_server import FaultServer, Mode

KEY = "a key of this test, 0123456789"
LISTENING = re.compile(r"listening on http://127\.0\.0\.1:(\d+)/v1/completions")
PRINTED_KEY = re.compile(r"key: (\S+)")


@define(eq=False)
class Api:
    """A process that listens, and what it has written."""

    process: asyncio.subprocess.Process
    errors: Path
    port: int = 0

    @property
    def said(self) -> str:
        return self.errors.read_text(errors="replace")

    async def wait_for(self, pattern: re.Pattern[str]) -> re.Match[str]:
        async with asyncio.timeout(PATIENCE_S):
            while (found := pattern.search(self.said)) is None:
                assert self.process.returncode is None, self.said
                await asyncio.sleep(0.02)
        return found

    async def ask(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer; status 0 if the connection was closed without one."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        async with asyncio.timeout(PATIENCE_S):
            answer = await reader.read()
        writer.close()
        if not answer:
            return 0, {}, b""
        head, _, body = answer.partition(b"\r\n\r\n")
        line, *headers = head.decode("latin-1").split("\r\n")
        return int(line.split(" ")[1]), dict(one.lower().split(": ", 1) for one in headers), body

    def request(self, body: Any = None, *, key: str = KEY, path: str = "/v1/completions", **headers: str) -> bytes:
        data = json.dumps(body if body is not None else {"prompt": "a = ", "max_tokens": 8}).encode()
        named = {
            "Host": f"127.0.0.1:{self.port}",
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = "\r\n".join((f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())))
        return f"{lines}\r\n\r\n".encode() + data


Start = Callable[..., Awaitable[Api]]


@pytest.fixture
async def model() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        server.passes_warm_ups = True
        yield server


@pytest.fixture
async def start(tmp_path: Path, model: FaultServer) -> AsyncIterator[Start]:
    running: list[Api] = []

    async def begin(*arguments: str, key: str = KEY, listens: bool = True, **environ: str) -> Api:
        errors = tmp_path / f"errors-{len(running)}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AUTOTHINK_")}
        with errors.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "autothink_lsp", "api", *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=file,
                env={
                    **inherited,
                    "AUTOTHINK_HOME": str(tmp_path / "home"),
                    "AUTOTHINK_COMPLETION__BACKEND": "openai",
                    "AUTOTHINK_COMPLETION__URL": model.url,
                    "AUTOTHINK_API_KEY": key,
                    **environ,
                },
            )
        running.append(api := Api(process, errors))
        if listens:
            api.port = int((await api.wait_for(LISTENING))[1])
        return api

    yield begin
    for api in running:
        if api.process.returncode is None:
            api.process.kill()
        await api.process.wait()


async def test_an_editor_gets_a_completion(start: Start, model: FaultServer) -> None:
    model.pieces = ["1", " + 1"]
    api = await start()
    status, headers, body = await api.ask(
        api.request({"model": "x", "prompt": "a = ", "max_tokens": 8, "stop": ["\n"]})
    )
    answer = json.loads(body)
    assert status == 200, body
    assert answer["choices"][0]["text"] == "1 + 1"
    assert answer["id"]
    assert not [name for name in headers if name.startswith("access-control")]
    assert headers["cache-control"] == "no-store"


async def test_a_stream(start: Start, model: FaultServer) -> None:
    model.pieces = ["1", " + 1"]
    api = await start()
    status, _, body = await api.ask(api.request({"prompt": "a = ", "stream": True}))
    assert status == 200
    events = [line.removeprefix("data: ") for line in body.decode().split("\n\n") if line]
    assert events[-1] == "[DONE]"
    assert "".join(json.loads(event)["choices"][0]["text"] for event in events[:-1]) == "1 + 1"


async def test_requests_of_browsers_and_without_the_key_are_refused(start: Start, model: FaultServer) -> None:
    api = await start()
    before = model.started
    attacks = [
        (api.request(key="wrong"), 401),
        (api.request(Origin="https://evil.example"), 403),
        (api.request(Sec_Fetch_Site="cross-site"), 403),
        (api.request(Host=f"evil.example:{api.port}"), 403),
        (api.request(Content_Type="text/plain"), 415),
        (api.request(Transfer_Encoding="chunked"), 411),
        (api.request(X="y" * 20_000), 431),
        (api.request(Content_Length="5000000"), 413),
        (api.request(path="/v1/chat/completions"), 404),
        (b"GET / HTTP/1.1\r\n\r\n", 403),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b'Content-Length: 2\r\n\r\n{"jsonrpc": "2.0", "id": 1, "method": "initialize"}', 400),
    ]
    for data, status in attacks:
        found, headers, body = await api.ask(data)
        assert found == status, (data[:80], body)
        assert not [name for name in headers if name.startswith("access-control")]
        assert KEY.encode() not in body
    assert model.started == before
    assert (await api.ask(api.request()))[0] == 200


async def test_silent_slow_and_closed_connections_delay_no_other_client(start: Start) -> None:
    api = await start()
    silent = [socket.create_connection(("127.0.0.1", api.port)) for _ in range(20)]
    for connection in silent[:5]:
        connection.sendall(b"POST /v1/comp")
    for connection in silent[5:10]:
        connection.sendall(api.request()[:-3])
    for connection in silent[10:]:
        connection.close()
    assert (await api.ask(api.request()))[0] == 200
    for connection in silent:
        connection.close()


async def test_closed_connection_ends_the_stream(start: Start, model: FaultServer) -> None:
    model.mode = Mode.SLOW  # a piece for each step
    api = await start()
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    writer.write(api.request({"prompt": "a = ", "stream": True}))
    await model.until(lambda: model.started == 1)
    model.step()
    await reader.readuntil(b"data: ")
    writer.close()
    await model.until(lambda: model.aborted == 1)


async def test_it_listens_on_this_machine_s_loopback_alone(start: Start) -> None:
    api = await start()
    for address in ("127.0.0.2", "::1"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as other, pytest.raises(OSError):
            other.settimeout(2)
            other.connect((address, api.port))


async def test_the_key_is_made_and_printed_once(start: Start) -> None:
    api = await start(key="")
    key = (await api.wait_for(PRINTED_KEY))[1]
    assert len(key) >= 32
    assert (await api.ask(api.request(key="wrong")))[0] == 401
    assert (await api.ask(api.request(key=key)))[0] == 200
    assert api.said.count(key) == 1


async def test_a_key_of_the_user_is_not_printed(start: Start) -> None:
    api = await start()
    assert (await api.ask(api.request()))[0] == 200
    assert KEY not in api.said


@pytest.mark.parametrize(
    ("arguments", "key", "words"),
    [
        ((), "short", "can be guessed"),
        (("--port", "99999"), KEY, "not a valid port"),
        (("--host", "0.0.0.0"), KEY, "unrecognized"),
    ],
)
async def test_options_that_would_expose_the_api_are_refused(
    start: Start, arguments: tuple[str, ...], key: str, words: str
) -> None:
    api = await start(*arguments, key=key, listens=False)
    assert await api.process.wait() in {1, 2}
    assert words in api.said
    assert "listening" not in api.said


async def test_unreachable_model_is_reported(start: Start) -> None:
    api = await start(AUTOTHINK_COMPLETION__URL="http://127.0.0.1:9")
    status, _, body = await api.ask(api.request())
    assert status in (502, 503)
    assert json.loads(body)["error"]["message"]
    assert api.process.returncode is None


async def test_secrets_are_hidden_from_the_model(start: Start, model: FaultServer) -> None:
    secret = "hunter2-Horse-9"
    api = await start(AUTOTHINK_PRIVACY__REDACT_FOR="everywhere")
    status, _, _ = await api.ask(api.request({"prompt": f"password = '{secret}'\nlogin("}))
    assert status == 200
    assert secret not in json.dumps(model.bodies)
