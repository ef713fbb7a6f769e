"""One reply to every request, whatever arrives and whenever; and leaving cleanly."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import Start, ask_params, did_close, did_open, inline, until
from tests.support.fault_server import FaultServer, Mode
from tests.support.lsp_client import LspClient, ServerError


def raw(message: object) -> bytes:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


async def check_goes_on(client: LspClient) -> None:
    """The server still opens a document and answers a request for it."""
    did_open(client, "x = ")
    assert await inline(client, 0, 4) == []
    did_close(client)
    assert client.process.returncode is None


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"{not json", -32700),
        (b"[" * 50_000, -32700),
        (b"[]", -32600),
        (b'"text"', -32600),
        ({"id": 7, "method": "shutdown"}, -32600),
        ({"jsonrpc": "1.0", "id": 7, "method": "shutdown"}, -32600),
        ({"jsonrpc": "2.0", "id": 7, "method": 3}, -32600),
        ({"jsonrpc": "2.0", "id": 7, "method": "no/such/method", "params": {}}, -32601),
        ({"jsonrpc": "2.0", "id": 7, "method": "textDocument/inlineCompletion"}, -32602),
        ({"jsonrpc": "2.0", "id": 7, "method": "textDocument/inlineCompletion", "params": {"position": "x"}}, -32602),
        ({"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": {"capabilities": {}}}, -32600),
        ({"jsonrpc": "2.0", "id": 7, "method": "workspace/executeCommand", "params": {"command": "rm"}}, -32602),
        (b"Content-Type: x\r\n\r\n", -32700),
    ],
)
async def test_invalid_requests_get_an_error_response(shared_client: LspClient, message: object, code: int) -> None:
    client = shared_client
    client.stray.clear()
    client.write_raw(message if message == b"Content-Type: x\r\n\r\n" else raw(message))
    await until(lambda: client.stray)
    assert client.stray[0]["error"]["code"] == code
    await check_goes_on(client)


async def test_unknown_request_logs_no_error(start: Start) -> None:
    client = await start()
    did_open(client, "x = ")
    with pytest.raises(ServerError) as caught:
        await client.request("textDocument/documentSymbol", {"textDocument": {"uri": "file:///a.py"}})
    assert caught.value.code == -32601
    assert await inline(client, 0, 4) == []
    logged = [params for method, params in client.notifications if method == "window/logMessage"]
    assert [one for one in logged if "MethodNotFound" in one["message"]] == []


async def test_cancel_after_the_response_logs_nothing(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    with log.open("w") as stderr:
        client = await start(stderr=stderr.fileno())
        did_open(client, "x = ")
        number, answered = client.send("textDocument/inlineCompletion", ask_params(0, 4))
        await answered
        client.cancel(number)
        assert await client.stop() == 0
    assert "ancel" not in log.read_text()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "notification",
    [
        {"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {"textDocument": {"uri": 5}}},
        {"jsonrpc": "2.0", "method": "textDocument/didOpen"},
        {"jsonrpc": "2.0", "method": "no/such/notification", "params": [1]},
        {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 4711}},
        {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": {}}},
        {"jsonrpc": "2.0", "method": "$/cancelRequest"},
        {"jsonrpc": "2.0", "method": "window/workDoneProgress/cancel", "params": {"token": []}},
        {"jsonrpc": "2.0", "method": "$/setTrace", "params": {"value": "loud"}},
        {"jsonrpc": "2.0", "id": 4711, "result": None},
        {"jsonrpc": "2.0", "id": 4711, "error": {"code": 1, "message": "x"}},
        {"jsonrpc": "2.0", "method": "textDocument/didClose", "params": {"textDocument": {"uri": "file:///never"}}},
        {
            "jsonrpc": "2.0",
            "method": "textDocument/didChange",
            "params": {"textDocument": {"uri": "file:///never", "version": 3}, "contentChanges": [{"text": "x"}]},
        },
    ],
)
async def test_wrong_notifications_change_nothing(shared_client: LspClient, notification: object) -> None:
    """They are the client's mistakes, so nothing is logged as an error of the server."""
    shared_client.notifications.clear()
    shared_client.write_raw(raw(notification))
    await check_goes_on(shared_client)
    logged = [params for method, params in shared_client.notifications if method == "window/logMessage"]
    assert [one["message"] for one in logged if one["type"] == 1] == []


@pytest.mark.parametrize(
    "outcome", [{"result": {"items": []}}, {"result": None}, {"error": {"code": 1, "message": "x"}}]
)
async def test_a_response_to_the_client_s_own_request_answers_nothing(
    start: Start, backend: FaultServer, outcome: dict[str, object]
) -> None:
    """The id is one that the server is working on, and the client has no say in its result."""
    client = await start(url=backend.url)
    did_open(client, "def add(a, b):\n    ")
    backend.mode = Mode.HANG_BEFORE_HEADERS
    number, answered = client.send("textDocument/inlineCompletion", ask_params(1, 4))
    await until(lambda: backend.started)
    for _ in range(3):
        client.write_raw(raw({"jsonrpc": "2.0", "id": number, **outcome}))
    with pytest.raises(ServerError):  # all of them were read before this
        await client.request("no/such/method")
    assert not answered.done()
    backend.mode = Mode.OK
    client.cancel(number)
    with pytest.raises(ServerError) as caught:
        await answered
    assert caught.value.code == -32800
    assert client.stray == []
    did_open(client, "def add(a, b):\n    ", "file:///project/b.py")
    assert await inline(client, 1, 4, "file:///project/b.py")


async def test_requests_before_initialize_and_after_shutdown_get_an_error(start: Start) -> None:
    client = await start(initialize=False)
    with pytest.raises(ServerError) as caught:
        await client.request("textDocument/inlineCompletion", ask_params(0, 0))
    assert caught.value.code == -32002
    await client.initialize()
    await client.request("shutdown")
    with pytest.raises(ServerError) as caught:
        await client.request("textDocument/inlineCompletion", ask_params(0, 0))
    assert caught.value.code == -32600
    client.notify("exit", None)
    assert await client.process.wait() == 0


@pytest.mark.usefixtures("true_start")
async def test_exit_without_shutdown_is_status_1(start: Start) -> None:
    client = await start()
    client.notify("exit", None)
    assert await client.process.wait() == 1


@pytest.mark.usefixtures("true_start")
async def test_end_of_input_ends_the_server(start: Start) -> None:
    client = await start()
    client.process.stdin.close()
    assert await asyncio.wait_for(client.process.wait(), 20) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="end of input does it there")
@pytest.mark.usefixtures("true_start")
async def test_the_editor_s_death_ends_the_server(start: Start) -> None:
    """Standard input stays open (we hold it), only the process that ``initialize`` named is gone."""
    editor = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE)
    client = await start(initialize=False)
    await client.request("initialize", {"processId": editor.pid, "rootUri": None, "capabilities": {}})
    client.notify("initialized", {})
    editor.kill()
    await editor.wait()
    assert await asyncio.wait_for(client.process.wait(), 20) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.usefixtures("true_start")
async def test_sigterm_ends_the_server_with_its_signal_status(start: Start) -> None:
    client = await start()
    client.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(client.process.wait(), 20) == 128 + signal.SIGTERM


@pytest.mark.usefixtures("true_start")
async def test_nothing_but_the_protocol_on_standard_output(start: Start) -> None:
    """What a library prints goes to standard error: descriptor 1 is not the client's pipe any more."""
    client = await start()
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    one = Path(f"/proc/{client.process.pid}/fd/1").readlink()
    two = Path(f"/proc/{client.process.pid}/fd/2").readlink()
    assert one == two


@pytest.mark.usefixtures("true_start")
async def test_a_tcp_client_with_the_token_is_answered() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "autothink_lsp", "serve", "--tcp", "127.0.0.1:0", stderr=asyncio.subprocess.PIPE
    )
    try:
        line = (await process.stderr.readline()).decode()
        port = int(line.rpartition(":")[2])
        token = (await process.stderr.readline()).decode().rpartition("token: ")[2].strip()
        options = {"capabilities": {}, "initializationOptions": {"token": token}}
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": options}))
        headers = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(headers.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
        assert json.loads(body)["result"]["serverInfo"]["name"] == "autothink-lsp"
        writer.close()
        assert await asyncio.wait_for(process.wait(), 20) == 1
    finally:
        if process.returncode is None:
            process.kill()


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:99999", "999.1.1.1:0"])
async def test_invalid_tcp_address_is_reported(address: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "autothink_lsp", "serve", "--tcp", address, stderr=asyncio.subprocess.PIPE
    )
    _, error = await process.communicate()
    assert process.returncode == 1
    assert address in error.decode()
    assert b"Traceback" not in error


async def test_occupied_tcp_port_is_reported() -> None:
    holder = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = holder.sockets[0].getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "autothink_lsp", "serve", "--tcp", f"127.0.0.1:{port}", stderr=asyncio.subprocess.PIPE
    )
    _, error = await process.communicate()
    holder.close()
    assert process.returncode == 1
    assert b"in use" in error
    assert b"Traceback" not in error


@pytest.mark.usefixtures("true_start")
async def test_exit_leaves_no_child_process(start: Start) -> None:
    client: LspClient = await start()
    process = psutil.Process(client.process.pid)
    children = process.children(recursive=True)
    assert await client.stop() == 0
    assert not [child for child in children if child.is_running()]
