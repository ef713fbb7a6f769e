"""What becomes of a request to the completions API whose model fails, is slow, or was restarted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from autothink_lsp.backends.base import Backend
from autothink_lsp.commands.api import model_at
from autothink_lsp.commands.service_events import ServiceEvents
from autothink_lsp.errors import BackendError, BackendUnavailable, BadResponse
from autothink_lsp.features.completion.endpoint import FIRST_PAUSE_MS, CompletionEndpoint
from autothink_lsp.features.completions_api import server as api_server
from autothink_lsp.features.completions_api.server import CompletionsApi
from autothink_lsp.settings.model import Settings
from tests.support.scripted_backend import Hold, ScriptedBackend, Step

pytestmark = pytest.mark.process
KEY = "a key of this test, 0123456789"
GONE = BackendUnavailable("Nothing listens.")


class Case:
    """An API whose model is the next of some backends at each new connection."""

    def __init__(self, *answers: Sequence[Step]) -> None:
        self.backends = [ScriptedBackend(steps) for steps in answers]
        self.connected = 0
        self.now_ms = 0.0
        events = ServiceEvents()
        endpoint = CompletionEndpoint(Settings(), self._connect, events, lambda: self.now_ms)
        self.api = CompletionsApi(*model_at(endpoint, events), key=KEY)

    async def _connect(self, _settings: Settings) -> Backend:
        self.connected += 1
        return self.backends[self.connected - 1]

    async def ask(self, *, stream: bool = False, behind: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer to one request; ``behind`` is sent after it."""
        listener = await self.api.listen(0)
        async with listener:
            port = listener.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            body = json.dumps({"prompt": "a = ", "stream": stream}).encode()
            head = (
                f"POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {KEY}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body + behind)
            async with asyncio.timeout(20):
                answer = await reader.read()
            writer.close()
        head_of_answer, _, content = answer.partition(b"\r\n\r\n")
        return int(head_of_answer.split(b" ")[1]), content


async def test_an_engine_that_was_restarted_is_connected_anew() -> None:
    case = Case([GONE], ["1"])
    for _ in range(2):
        assert (await case.ask())[0] == 502
    assert case.connected == 1, "not tried again at once"
    case.now_ms = FIRST_PAUSE_MS
    status, body = await case.ask()
    assert status == 200
    assert json.loads(body)["choices"][0]["text"] == "1"


async def test_a_request_that_the_server_refuses_does_not_end_the_connection() -> None:
    case = Case([BadResponse("The prompt is too long.")])
    for _ in range(2):
        assert (await case.ask())[0] == 502
    assert case.connected == 1


@pytest.mark.parametrize("error", [GONE, BackendError("Something else.")], ids=["gone", "other"])
async def test_an_error_in_the_middle_of_a_stream_is_no_second_reply(error: BackendError) -> None:
    status, body = await Case(["1", error]).ask(stream=True)
    assert status == 200
    assert b'"text": "1"' in body
    assert b"HTTP/1.1" not in body
    assert b"[DONE]" not in body


async def test_a_model_that_takes_too_long_is_an_error_for_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_server, "ANSWER_S", 0.05)
    held = asyncio.Event()
    assert (await Case([Hold(held)]).ask())[0] == 504
    status, body = await Case(["1", Hold(held)]).ask(stream=True)
    assert status == 200
    assert b"HTTP/1.1" not in body


async def test_bytes_behind_a_request_do_not_cost_its_answer() -> None:
    assert (await Case(["1"]).ask(behind=b"\r\n"))[0] == 200


async def test_an_interrupt_ends_what_is_open() -> None:
    case = Case([Hold(asyncio.Event())])
    server = await case.api.listen(0)
    serving = asyncio.create_task(case.api.serve(server))
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    writer.write(b"POST ")
    while not case.api._connections:
        await asyncio.sleep(0)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()
