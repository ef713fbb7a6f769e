"""Attacks on ``serve --tcp``: what connects is not the user's editor, or is more than it says.

Each attack has a command that would write a file, because a command that ran is the worst that a client can reach. The
same attack with the token of the server is at the end: a command from a TCP client does not run then either.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from tests.hardening.raw_server import PATIENCE_S, frame, notification, request

TOKEN = "a token of this test, 0123456789"
LISTENING = re.compile(r"listening on (\S+):(\d+)")
PRINTED_TOKEN = re.compile(r"token: (\S+)")


@define
class Served:
    """A server process that listens, and what it has written so far."""

    process: subprocess.Popen[bytes]
    errors: Path
    home: Path

    @property
    def said(self) -> str:
        return self.errors.read_text(errors="replace")

    def wait_for(self, pattern: re.Pattern[str]) -> re.Match[str]:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if found := pattern.search(self.said):
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"{pattern.pattern!r} never came; the server said {self.said!r}")

    def connect(self) -> socket.socket:
        found = self.wait_for(LISTENING)
        return socket.create_connection((found[1].strip("[]"), int(found[2])), timeout=PATIENCE_S)


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    running: list[Served] = []

    def start(*arguments: str, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Served:
        errors = tmp_path / f"errors-{len(running)}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AUTOTHINK_")}
        with errors.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "autothink_lsp", "serve", *(arguments or ("--tcp", "127.0.0.1:0"))],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=file,
                cwd=cwd,
                env={
                    **inherited,
                    "AUTOTHINK_HOME": str(tmp_path / "home"),
                    "AUTOTHINK_TCP_TOKEN": TOKEN,
                    "AUTOTHINK_COMPLETION__DEBOUNCE_MS": "0",
                    **(environ or {}),
                },
            )
        running.append(Served(process, errors, tmp_path / "home"))
        return running[-1]

    yield start
    for served in running:
        if served.process.poll() is None:
            served.process.kill()
        served.process.wait()


def attack_messages(
    marker: Path, options: Mapping[str, Any] | None = None, uri: str = "file:///tmp/attack.py"
) -> list[bytes]:
    """``initialize`` with a command in its options, and one completion, for which the command would run."""
    command = [sys.executable, "-c", f"open({str(marker)!r}, 'w').write('ran')"]
    settings = {"completion": {"backend": "openai", "url": "http://127.0.0.1:9", "api_key_command": command}}
    document = {"uri": uri, "languageId": "python", "version": 1, "text": "def f(x):\n    return \n"}
    at = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 11}, "context": {"triggerKind": 1}}
    capabilities = {"textDocument": {"inlineCompletion": {}}}
    initialize = {
        "processId": None,
        "rootUri": None,
        "capabilities": capabilities,
        "initializationOptions": {**settings, **(options or {})},
    }
    return [
        request(1, "initialize", initialize),
        notification("initialized", {}),
        notification("workspace/didChangeConfiguration", {"settings": {"autothink": settings}}),
        notification("textDocument/didOpen", {"textDocument": document}),
        request(2, "textDocument/inlineCompletion", at),
    ]


def read_all(connection: socket.socket, seconds: float = PATIENCE_S) -> bytes:
    """What comes until the other side closes the connection. Fails where it does not."""
    connection.settimeout(seconds)
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(1 << 16):
            data += piece
    return data


def replies(
    connection: socket.socket,
    *ids: int,
    warnings: list[str] | None = None,
    answer: Callable[[Any], Any] = lambda _params: None,
) -> dict[int, Any]:
    """The replies to these requests. ``answer`` answers the server's questions for settings; others get null."""
    found: dict[int, Any] = {}
    with connection.makefile("rb") as stream:
        while set(ids) - found.keys():
            length = 0
            while (line := stream.readline()) != b"\r\n":
                assert line, f"the connection ended; replies so far: {found}"
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            message = json.loads(stream.read(length))
            if "method" not in message:
                found[message["id"]] = message
            elif "id" in message:
                result = answer(message["params"]) if message["method"] == "workspace/configuration" else None
                connection.sendall(frame({"jsonrpc": "2.0", "id": message["id"], "result": result}))
            elif message["method"] == "window/showMessage" and warnings is not None:
                warnings.append(message["params"]["message"])
    return found


def initialize_with(token: object, **more: Any) -> bytes:
    options = {} if token is None else {"token": token}
    params = {"processId": None, "capabilities": {}, "initializationOptions": options, **more}
    return request(1, "initialize", params)


def is_served(served: Served, token: object = TOKEN) -> bool:
    """Whether a client with this token gets an answer to ``initialize``."""
    with served.connect() as connection:
        connection.sendall(initialize_with(token))
        return "result" in replies(connection, 1)[1]


def http_requests(body: bytes) -> dict[str, bytes]:
    """An HTTP request for each way to hide the header of a message in one."""
    length = len(body)
    rest = f"Host: 127.0.0.1\r\nOrigin: https://evil.example\r\nContent-Length: {length}\r\n\r\n".encode()
    return {
        "POST": b"POST / HTTP/1.1\r\n" + rest + body,
        "GET": b"GET /x HTTP/1.1\r\n" + rest + body,
        "PUT, HTTP/1.0": b"PUT /Content-Length:%20%d HTTP/1.0\r\n" + rest + body,
        "lower case": b"post / http/1.1\r\n" + rest.lower() + body,
        "a preflight, then POST": b"OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\n" + rest + body,
        "a message as the body's beginning": b"POST / HTTP/1.1\r\n" + rest + frame(body) + frame(body),
        "blank lines first": b"\r\n\r\nPOST / HTTP/1.1\r\n" + rest + body,
        "a header before it": b"Content-Type: text/plain\r\nPOST / HTTP/1.1\r\n" + rest + body,
        "a target longer than a header block": b"POST /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + rest + body,
        "a header longer than a header block": b"POST / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n" + rest + body,
        "length inside a value": b"POST / HTTP/1.1\r\nX: content-length: %d\r\n\r\n" % length + body,
        "no request line": rest + body,
    }


def one_body(messages: list[bytes]) -> bytes:
    """The messages behind one another; an HTTP request's length covers the first, the rest are whole messages."""
    return messages[0].split(b"\r\n\r\n", 1)[1]


@pytest.mark.parametrize("kind", sorted(http_requests(b"{}")))
def test_http_request_gets_no_reply(serve: Serve, tmp_path: Path, kind: str) -> None:
    """A page can have the browser send any body to any port of this machine. Here even with the right token in it."""
    marker = tmp_path / "ran"
    served = serve()
    messages = attack_messages(marker, {"token": TOKEN})
    with served.connect() as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(http_requests(one_body(messages))[kind] + b"".join(messages[1:]))
        assert b"jsonrpc" not in read_all(connection)
    assert not marker.exists()
    assert "ended a connection" in served.said
    assert is_served(served), "the server still waits for its client"


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: +%d\r\n\r\n",
        b"Content-Length: -%d\r\n\r\n",
        b"Content-Length: 0x%d\r\n\r\n",
        b"Content-Length: %d, 5\r\n\r\n",
        b"Content-Length: %d\r\nContent-Length: 5\r\n\r\n",
        b"Content-Length: %d\r\ncontent-length: %d\r\n\r\n",
        b"Content-Length: %d.0\r\n\r\n",
        b"Content-Length: \xd9\xa1%d\r\n\r\n",
        b"Content-Length:\r\n %d\r\n\r\n",
        b"Content-Length: 99999999999999999999%d\r\n\r\n",
        b"Content-Length: 600000000\r\n\r\n",
        b"Content-Length\r\n\r\n",
        b"X-Content-Length: %d\r\n\r\n",
        b"Content-Length: %d\r\nX-Other: 1\r\n\r\n",
        b"Content-Length: %d\r\nContent-Type: text/plain\r\n\r\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
        b"Content-Length: %d\n\n",
        b"noise\r\nContent-Length: %d\r\n\r\n",
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_invalid_header_block_ends_the_connection(serve: Serve, header: bytes) -> None:
    body = initialize_with(TOKEN).split(b"\r\n\r\n", 1)[1]
    served = serve()
    with served.connect() as connection:
        connection.sendall(header.replace(b"%d", b"%d" % len(body)) + body)
        assert read_all(connection) == b""
    assert is_served(served)


@pytest.mark.parametrize(
    "token", [None, "", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), 5, True, [TOKEN], {"a": TOKEN}, "\ud800", "ä"]
)
def test_connection_without_the_token_ends_and_the_server_keeps_listening(
    serve: Serve, tmp_path: Path, token: object
) -> None:
    marker = tmp_path / "ran"
    served = serve()
    began = time.monotonic()
    with served.connect() as connection:
        connection.sendall(b"".join(attack_messages(marker, {} if token is None else {"token": token})))
        answer = read_all(connection)
    assert time.monotonic() - began > 0.5, "a wrong token is answered late, so that guessing is slow"
    assert b'"error"' in answer
    assert b"initializationOptions.token" in answer
    assert b'"result"' not in answer
    assert not marker.exists()
    assert TOKEN not in served.said
    assert is_served(served)


def test_idle_connections_do_not_delay_the_client_with_the_token(serve: Serve) -> None:
    """Silent, slow, broken and gone clients, more of them than are kept."""
    served = serve()
    silent = [served.connect() for _ in range(80)]
    slow = served.connect()
    slow.sendall(b"Content-Le")
    gone = served.connect()
    gone.close()
    wrong = served.connect()
    wrong.sendall(initialize_with("wrong"))
    assert is_served(served)
    for connection in (*silent, slow, wrong):
        connection.close()


def test_another_method_first_is_refused(serve: Serve) -> None:
    served = serve()
    with served.connect() as connection:
        connection.sendall(request(1, "shutdown") + notification("exit"))
        assert b'"result"' not in read_all(connection)
    assert is_served(served)


def test_the_token_is_made_and_printed_once(serve: Serve) -> None:
    served = serve(environ={"AUTOTHINK_TCP_TOKEN": ""})
    token = served.wait_for(PRINTED_TOKEN)[1]
    assert len(token) >= 32
    assert served.said.count(token) == 1
    assert not is_served_or_refused(served, "wrong")
    assert is_served(served, token)
    assert served.said.count(token) == 1, "it is in no log"
    assert "nknown setting" not in served.said


def is_served_or_refused(served: Served, token: object) -> bool:
    with served.connect() as connection:
        connection.sendall(initialize_with(token))
        return b'"result"' in read_all(connection)


def test_a_token_of_the_caller_is_not_printed_nor_left_in_the_environment(serve: Serve) -> None:
    served = serve()
    assert is_served(served)
    assert TOKEN not in served.said
    assert PRINTED_TOKEN.search(served.said) is None


def test_server_ends_with_its_tcp_client(serve: Serve) -> None:
    served = serve()
    with served.connect() as connection:
        connection.sendall(initialize_with(TOKEN) + request(2, "shutdown") + notification("exit"))
        assert replies(connection, 1, 2)[2]["result"] is None
    assert served.process.wait(PATIENCE_S) == 0


def test_an_http_request_behind_the_handshake_ends_the_session(serve: Serve) -> None:
    served = serve()
    with served.connect() as connection:
        connection.sendall(initialize_with(TOKEN))
        assert "result" in replies(connection, 1)[1]
        body = request(2, "shutdown").split(b"\r\n\r\n", 1)[1]
        connection.sendall(http_requests(body)["POST"])
        assert b'"id":2' not in read_all(connection).replace(b" ", b"")
    assert served.process.wait(PATIENCE_S) == 1


NO_TOKEN = ("--no-token", "--allow-any-local-client")
USERS_SERVER = {"AUTOTHINK_COMPLETION__BACKEND": "openai", "AUTOTHINK_COMPLETION__URL": "http://127.0.0.1:9"}


@pytest.mark.parametrize("environ", [{}, USERS_SERVER], ids=["embedded", "a server of the user"])
@pytest.mark.parametrize("flags", [(), NO_TOKEN], ids=["token", "no token"])
def test_a_command_from_a_tcp_client_does_not_run(
    serve: Serve, tmp_path: Path, flags: tuple[str, ...], environ: dict[str, str]
) -> None:
    """In ``initializationOptions``, in ``workspace/didChangeConfiguration`` and in the answer to
    ``workspace/configuration``."""
    marker = tmp_path / "ran"
    served = serve("--tcp", "127.0.0.1:0", *flags, environ=environ)
    with served.connect() as connection:
        connection.sendall(b"".join(attack_messages(marker, {"token": TOKEN})))
        warnings: list[str] = []
        found = replies(connection, 1, 2, warnings=warnings)
        assert "result" in found[1]
        assert "result" in found[2]
    assert not marker.exists()
    assert any("completion.api_key_command" in one and "over TCP" in one for one in warnings), warnings


def test_a_command_in_the_answer_to_workspace_configuration_does_not_run(serve: Serve, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    served = serve(environ=USERS_SERVER)
    command = [sys.executable, "-c", f"open({str(marker)!r}, 'w').write('ran')"]
    section = {"completion": {"apiKeyCommand": command}, "assist": {"test_command": command}}
    messages = attack_messages(marker)
    capabilities = {"workspace": {"configuration": True}, "textDocument": {"inlineCompletion": {}}}
    messages[0] = initialize_with(TOKEN, capabilities=capabilities)
    messages[2] = notification("workspace/didChangeConfiguration", {"settings": None})
    with served.connect() as connection:
        connection.sendall(b"".join(messages))
        assert "result" in replies(connection, 1, 2, answer=lambda params: [section for _ in params["items"]])[2]
    assert not marker.exists()


def test_a_command_of_the_user_s_own_settings_runs_for_a_tcp_client(serve: Serve, tmp_path: Path) -> None:
    """The other way round, so that the test above can fail."""
    marker = tmp_path / "ran"
    command = [sys.executable, "-c", f"open({str(marker)!r}, 'w').write('ran')"]
    config = tmp_path / "home" / "config" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        f"[completion]\nbackend = 'openai'\nurl = 'http://127.0.0.1:9'\napi_key_command = {json.dumps(command)}\n"
    )
    served = serve()
    with served.connect() as connection:
        connection.sendall(b"".join(attack_messages(tmp_path / "not", {"token": TOKEN})))
        replies(connection, 1, 2)
    assert marker.exists()
    assert not (tmp_path / "not").exists()


def test_a_tcp_client_cannot_trust_a_folder(serve: Serve, tmp_path: Path) -> None:
    """A client names a folder whose ``autothink.toml`` has a command, and answers the question for trust itself."""
    marker, project = tmp_path / "ran", tmp_path / "project"
    project.mkdir()
    command = json.dumps([sys.executable, "-c", f"open({str(marker)!r}, 'w').write('ran')"])
    (project / "autothink.toml").write_text(
        f"[completion]\nbackend = 'openai'\nurl = 'http://127.0.0.1:9'\napi_key_command = {command}\n"
    )
    served = serve()
    messages = attack_messages(tmp_path / "not", uri=(project / "a.py").as_uri())
    capabilities = {"window": {"showMessage": {}}, "textDocument": {"inlineCompletion": {}}}
    messages[0] = initialize_with(TOKEN, rootUri=project.as_uri(), capabilities=capabilities)
    del messages[2]
    with served.connect() as connection:
        connection.sendall(b"".join(messages))
        asked = yes_to_everything(connection, seconds=3.0)
    assert not any("trust" in question.lower() for question in asked)
    assert not marker.exists()
    assert not (tmp_path / "home" / "state" / "trusted-folders").exists()


def yes_to_everything(connection: socket.socket, seconds: float) -> list[str]:
    """The texts of the questions that came; each was answered with its first choice."""
    asked: list[str] = []
    connection.settimeout(seconds)
    with contextlib.suppress(OSError), connection.makefile("rb") as stream:
        while True:
            length = 0
            while (line := stream.readline()) != b"\r\n":
                if not line:
                    return asked
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            message = json.loads(stream.read(length))
            if message.get("method") == "window/showMessageRequest":
                asked.append(message["params"]["message"])
                answer = message["params"]["actions"][0]
                connection.sendall(frame({"jsonrpc": "2.0", "id": message["id"], "result": answer}))
            elif "method" in message and "id" in message:
                connection.sendall(frame({"jsonrpc": "2.0", "id": message["id"], "result": None}))
    return asked


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--tcp", "0.0.0.0:0"), "--allow-remote"),
        (("--tcp", "[::]:0"), "--allow-remote"),
        (("--tcp", "192.0.2.1:0"), "--allow-remote"),
        (("--tcp", "[fe80::1]:0"), "--allow-remote"),
        (("--tcp", "127.0.0.1:0", "--no-token"), "--allow-any-local-client"),
        (("--no-token", "--allow-any-local-client"), "--tcp"),
        (("--tcp", "0.0.0.0:0", "--allow-remote", "--no-token", "--allow-any-local-client"), "--no-token"),
    ],
)
def test_listening_on_other_addresses_needs_a_flag(serve: Serve, arguments: tuple[str, ...], words: str) -> None:
    served = serve(*arguments)
    assert served.process.wait(PATIENCE_S) in {1, 2}
    assert words in served.said
    assert "listening" not in served.said
    assert "Traceback" not in served.said


@pytest.mark.parametrize("address", ["localhost:0", "127.0.0.1:0", ":0", "[::1]:0", "127.8.8.8:0"])
def test_loopback_in_all_spellings(serve: Serve, address: str) -> None:
    if address.startswith("[") and not has_ipv6():
        pytest.skip("no IPv6 here")
    if address.startswith("127.8") and sys.platform == "darwin":
        pytest.skip("macOS has 127.0.0.1 only")
    served = serve("--tcp", address)
    host = served.wait_for(LISTENING)[1].strip("[]")
    assert host.startswith("127.") or host == "::1"
    assert is_served(served)


def test_an_address_of_other_machines_with_its_flag(serve: Serve) -> None:
    served = serve("--tcp", "0.0.0.0:0", "--allow-remote")
    port = int(served.wait_for(LISTENING)[2])
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.sendall(initialize_with(TOKEN))
        assert "result" in replies(connection, 1)[1]


def test_over_standard_input_an_http_request_is_no_message(tmp_path: Path) -> None:
    """A program that bridges a socket and our standard input (socat) makes the same door."""
    marker = tmp_path / "ran"
    messages = attack_messages(marker)
    for data in http_requests(one_body(messages)).values():
        ran = subprocess.run(
            [sys.executable, "-P", "-m", "autothink_lsp", "serve"],
            input=data + b"".join(messages[1:]),
            capture_output=True,
            env={**os.environ, "AUTOTHINK_HOME": str(tmp_path / "home")},
            timeout=PATIENCE_S,
            check=False,
        )
        assert b'"serverInfo"' not in ran.stdout, data[:60]
        assert ran.returncode == 1
    assert not marker.exists()


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
