"""Keys from the environment and from commands: once, never shown, and a slow command is not started at every key."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from autothink_lsp.backends.credentials import RETRY_AFTER_S, Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.errors import BackendAuthError

pytestmark = pytest.mark.process

URL = "http://127.0.0.1:1"


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def counting(path: Path, rest: str) -> tuple[str, ...]:
    """A command that leaves one byte in ``path`` each time it runs."""
    return python(f"open({str(path)!r}, 'a').write('x'); {rest}")


async def test_without_a_source_there_is_no_key() -> None:
    credentials = Credentials(Endpoint(URL))
    assert await credentials.key() is None
    assert not credentials.configured
    assert credentials.redact("text") == "text"


async def test_from_the_environment() -> None:
    credentials = Credentials(Endpoint(URL, api_key_env="KEY"), environ={"KEY": " s3cret\n"})
    assert await credentials.key() == "s3cret"
    assert credentials.redact("you sent s3cret") == "you sent [key]"


@pytest.mark.parametrize("environ", [{}, {"KEY": ""}, {"KEY": "  "}])
async def test_a_variable_that_is_not_set(environ: dict[str, str]) -> None:
    with pytest.raises(BackendAuthError, match="KEY is not set") as caught:
        await Credentials(Endpoint(URL, api_key_env="KEY"), environ=environ).key()
    assert "api_key_env" in caught.value.hint


async def test_from_a_command_without_a_shell(tmp_path: Path) -> None:
    count = tmp_path / "count"
    credentials = Credentials(Endpoint(URL, api_key_command=counting(count, "print(' k$HOME;ls ')")))
    assert [await credentials.key() for _ in range(3)] == ["k$HOME;ls"] * 3
    assert count.read_text() == "x"
    credentials.forget()  # the server refused it
    assert await credentials.key() == "k$HOME;ls"
    assert count.read_text() == "xx"


async def test_a_command_in_one_string_is_split_like_a_shell_would() -> None:
    command = f"{sys.executable} -c 'print(\"a b\")'"
    assert await Credentials(Endpoint(URL, api_key_command=command)).key() == "a b"


async def test_a_command_goes_before_a_variable() -> None:
    endpoint = Endpoint(URL, api_key_env="KEY", api_key_command=python("print('from command')"))
    assert await Credentials(endpoint, environ={"KEY": "from env"}).key() == "from command"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("/nonexistent/program",), "cannot be started"),
        ("unclosed 'quote", "cannot be read"),
        (python("import sys; sys.stderr.write('vault is\\n sealed'); sys.exit(3)"), "failed (3): vault is sealed."),
        (python("pass"), "returned nothing"),
        (python("print('s3cret'); print('user: me')"), "has 2 lines"),
        (python("print('schl\\u00fcssel')"), "not allowed in an HTTP header"),
        (python("import sys; sys.stdout.buffer.write(b'a\\x01b')"), "not allowed in an HTTP header"),
    ],
)
async def test_a_command_that_fails(command: str | tuple[str, ...], words: str) -> None:
    credentials = Credentials(Endpoint(URL, api_key_command=command))
    with pytest.raises(BackendAuthError) as caught:
        await credentials.key()
    assert words in caught.value.message
    assert caught.value.hint
    assert "s3cret" not in caught.value.for_user()


async def test_a_failure_is_not_repeated_at_every_key(tmp_path: Path) -> None:
    count, now = tmp_path / "count", [0.0]
    credentials = Credentials(
        Endpoint(URL, api_key_command=counting(count, "import sys; sys.exit(1)")), clock=lambda: now[0]
    )
    for _ in range(3):
        with pytest.raises(BackendAuthError):
            await credentials.key()
    assert count.read_text() == "x"
    now[0] = RETRY_AFTER_S
    with pytest.raises(BackendAuthError):
        await credentials.key()
    assert count.read_text() == "xx"


async def test_one_run_serves_all_and_outlives_a_superseded_request(tmp_path: Path) -> None:
    count, go = tmp_path / "count", tmp_path / "go"
    wait = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)\nprint('k')"
    command = python(f"open({str(count)!r}, 'a').write('x')\n{wait}")
    credentials = Credentials(Endpoint(URL, api_key_command=command))
    waiting = [asyncio.create_task(credentials.key()) for _ in range(3)]
    while not count.exists():
        await asyncio.sleep(0.01)
    waiting[0].cancel()
    waiting[1].cancel()
    go.touch()
    assert await waiting[2] == "k"
    assert await credentials.key() == "k"
    assert count.read_text() == "x"


async def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    hang = python(f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(100)")
    credentials = Credentials(Endpoint(URL, api_key_command=hang), command_timeout_s=1.0)
    with pytest.raises(BackendAuthError, match="did not end within 1 s"):
        await credentials.key()
    assert not Path(f"/proc/{pid_file.read_text()}/cmdline").exists()


async def test_closing_ends_a_command_that_runs(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(100)"
    credentials = Credentials(Endpoint(URL, api_key_command=python(code)))
    waiting = asyncio.create_task(credentials.key())
    while not (pid_file.exists() and pid_file.read_text()):
        await asyncio.sleep(0.01)
    await credentials.aclose()
    assert not Path(f"/proc/{pid_file.read_text()}/cmdline").exists()
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_a_command_is_not_shown_with_the_endpoint() -> None:
    endpoint = Endpoint(URL, api_key_command=("vault", "--token", "s3cret"))
    assert "s3cret" not in repr(endpoint) + json.dumps(Credentials(endpoint).origin)
