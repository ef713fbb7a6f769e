"""``serve --record`` with the real server, the replay of what it wrote, and the closing lines of the log."""

from __future__ import annotations

import json
import re
import stat
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Start, ask_params, did_change, did_open
from tests.support.fault_server import FaultServer, Mode
from tests.support.lsp_client import ServerError
from tests.support.replay_recording import read_recording, replay

CODE = "def zanzibar(a, b):\n    "
SERVE = ("-P", "-m", "autothink_lsp", "serve")


def environ(backend: FaultServer, tmp_path: Path) -> dict[str, str]:
    return {
        "AUTOTHINK_HOME": str(tmp_path / "home"),
        "AUTOTHINK_COMPLETION__BACKEND": "openai",
        "AUTOTHINK_COMPLETION__URL": backend.url,
        "AUTOTHINK_COMPLETION__DEADLINE_MS": "20000",
        "AUTOTHINK_COMPLETION__DEBOUNCE_MS": "0",
        "PATH": "/usr/bin:/bin",
    }


async def record(start: Start, backend: FaultServer, file: Path, *flags: str) -> None:
    """A session with a suggestion, a key along it and a request that is refused."""
    backend.pieces = ["return zanzibar_sum", "\n"]
    client = await start(
        url=backend.url,
        command=(*SERVE, "--record", str(file), *flags),
        capabilities={"textDocument": {"inlineCompletion": {}}, "workspace": {"configuration": True}},
        answers={"workspace/configuration": [{"completion": {"debounce_ms": 0}}]},
    )
    did_open(client, CODE)
    await client.request("textDocument/inlineCompletion", ask_params(1, 4))
    did_change(client, 2, 1, 4, 4, "r")
    await client.request("textDocument/inlineCompletion", ask_params(1, 5))
    _, missing = client.send("textDocument/hover", {})
    with pytest.raises(Exception, match="32602"):
        await missing
    assert await client.stop() == 0


@pytest.mark.parametrize("flags", [(), ("--record-code",)], ids=["masked", "with code"])
async def test_a_session_is_recorded_and_replayed(
    start: Start, backend: FaultServer, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    file = tmp_path / "session.jsonl"
    file.write_text("left over")
    file.chmod(0o644)
    await record(start, backend, file, *flags)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert ("zanzibar" in file.read_text()) == bool(flags)
    header, entries = read_recording(file)
    assert header["with_code"] == bool(flags)
    sent = [entry.message.get("method") for entry in entries if entry.sender == "client"]
    assert sent[0] == "initialize"
    assert sent[-2:] == ["shutdown", "exit"]
    assert sent.count("textDocument/inlineCompletion") == 2
    assert [entry.t_ms for entry in entries] == sorted(entry.t_ms for entry in entries)
    command = (sys.executable, *SERVE)
    differences = await replay(file, command=command, environ=environ(backend, tmp_path), speed=100)
    # The key along the suggestion is an x in a masked recording, which the suggestion does not begin with.
    assert [(one.recorded["id"], one.replayed) for one in differences if flags or one.recorded["id"] != 3] == []
    backend.pieces = ["return 1 + 2", "\n"]
    differences = await replay(file, command=command, environ=environ(backend, tmp_path), speed=100)
    assert {one.method for one in differences} == {"textDocument/inlineCompletion"}


async def test_incompatible_flags_are_refused(start: Start, tmp_path: Path) -> None:
    for flags in (("--record-code",), ("--record", str(tmp_path / "missing" / "file"))):
        client = await start(initialize=False, command=(*SERVE, *flags))
        assert await client.process.wait() == 1


async def test_every_line_has_its_request_and_every_request_a_closing_line(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    log = tmp_path / "server.log"
    backend.pieces = ["return a + b", "\n"]
    client = await start(url=backend.url, environ={"AUTOTHINK_LOG__LEVEL": "debug", "AUTOTHINK_LOG__FILE": str(log)})
    did_open(client, CODE)
    number, reply = client.send("textDocument/inlineCompletion", ask_params(1, 4))
    await reply
    backend.mode = Mode.SLOW
    other = "file:///project/other.py"
    did_open(client, "def other(c):\n    ", other)
    cancelled, reply = client.send("textDocument/inlineCompletion", ask_params(1, 4, other))
    await backend.until(lambda: backend.running == 1)
    client.cancel(cancelled)
    with pytest.raises(ServerError, match="-32800"):
        await reply
    assert await client.stop() == 0
    lines = log.read_text(encoding="utf-8").splitlines()
    assert all(re.search(r" req=\S+: ", line) for line in lines if re.match(r"\d{4}-", line))
    (closing,) = [line for line in lines if f"req={number}: textDocument/inlineCompletion" in line]
    pattern = r"answered in \d+ ms mode=automatic language=python result=model .*complete_ms=\d+ stages_ms=gate:\d+,.*"
    pattern += r"first_token:\d+,output:\d+,postprocess:\d+ .*output_tokens=\d+"
    assert re.search(pattern, closing), closing
    (closing,) = [line for line in lines if f"req={cancelled}: textDocument/inlineCompletion" in line]
    assert "cancelled in" in closing
    assert any("req=-: " in line for line in lines)


def test_a_recording_of_another_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(json.dumps({"recording": 99}) + "\n")
    with pytest.raises(ValueError, match="no recording"):
        read_recording(file)
