"""What a log may hold: no code below trace level, no key at any; who may read it; and what an installation brings."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import stat
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest

from autothink_lsp.engines.models import catalogue
from autothink_lsp.lsp import logs
from tests.e2e.conftest import Start, ask_params, did_change, did_open, until
from tests.e2e.test_fix_end_to_end import PYTHON, PYTHON_FIXED, PYTHON_PROBLEM, answer, editor
from tests.hardening.conftest import Count
from tests.support import scenario_file
from tests.support.action_client import choose
from tests.support.fault_server import FaultServer, Mode

CANARY = "zanzibar_canary"
KEY = "kanarienvogel-0123456789abcdef"
ROOT = Path(__file__).parents[2]
# Of the faults only those that end by themselves.
MODES = [
    mode
    for mode in Mode
    if mode not in {Mode.SLOW, Mode.LATE_END, Mode.HANG_BEFORE_HEADERS, Mode.HANG_MID_STREAM, Mode.LOADING}
]


async def test_no_code_and_no_key_in_any_log_at_debug(
    start: Start, backend: FaultServer, tmp_path: Path, count: Count
) -> None:
    """The canary is a name in the document and in what the model says; faults, cancelled keys and failed fixes
    included."""
    text = PYTHON.replace("result", CANARY)
    log, errors = tmp_path / "debug.log", tmp_path / "stderr"
    with errors.open("w") as stderr:
        one = await editor(
            start_with(start, stderr.fileno()),
            backend,
            tmp_path,
            f"{'shop'}.py",
            text,
            "python",
            environ={
                "AUTOTHINK_LOG__LEVEL": "debug",
                "AUTOTHINK_LOG__FILE": str(log),
                "AUTOTHINK_COMPLETION__ENABLED": "true",
                "AUTOTHINK_COMPLETION__API_KEY_ENV": "SOME_KEY",
                "AUTOTHINK_ASSIST__API_KEY_ENV": "SOME_KEY",
                "SOME_KEY": KEY,
            },
        )
        client = one.client
        client.notify("$/setTrace", {"value": "verbose"})
        backend.pieces = [CANARY, " = ", CANARY]
        for number, mode in enumerate(MODES):
            backend.mode = mode
            uri = f"file:///project/{number}.py"
            did_open(client, f"{CANARY} = 1\n{CANARY}.", uri)
            asked, reply = client.send("textDocument/inlineCompletion", ask_params(1, len(CANARY) + 1, uri))
            if number % 4 == 3:
                client.cancel(asked)
            await asyncio.wait([reply])
            did_change(client, 2, 1, 0, 0, f"({CANARY}", uri)
        backend.mode = Mode.OK
        for said in (*unusable_answers(), answer(PYTHON_FIXED.replace("+= price", "+= (").replace("result", CANARY))):
            backend.chat_answers = [said.replace("result", CANARY)] * 12
            offered = await one.offers(PYTHON_PROBLEM["range"], [{**PYTHON_PROBLEM, "message": f"{CANARY} is wrong"}])
            await one.resolve(choose(offered, "Explain and fix"))
        for broken in ("textDocument/inlineCompletion", "textDocument/codeAction", "workspace/executeCommand"):
            client.write_raw(_frame({"id": f"x{broken}", "method": broken, "params": {"textDocument": CANARY}}))
        client.write_raw(_frame({"method": "textDocument/didOpen", "params": {"textDocument": {"text": CANARY}}}))
        assert await client.stop() == 0
    told = [params for method, params in client.notifications if method in {"window/logMessage", "$/logTrace"}]
    lines = log.read_text()
    assert lines.count(" DEBUG ") > 10, "nothing was logged: this proves nothing"
    assert told
    count("logs at debug: lines without a canary", lines.count("\n"))
    for name, what in (("file", lines), ("stderr", errors.read_text()), ("client", json.dumps(told))):
        assert [line for line in what.split("\n") if CANARY in line] == [], name
        assert KEY not in what, name


def unusable_answers() -> Iterator[str]:
    """What the model says in the scenarios in which no edit comes of it."""
    for path in scenario_file.paths("fixes"):
        if path.name.startswith("answer_"):
            scenario = scenario_file.load(path)
            yield from (part.text for part in scenario.sections if part.name.startswith("model"))


def _frame(message: dict) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def start_with(start: Start, stderr: int) -> Start:
    async def begin(**options: object) -> object:
        return await start(**options, stderr=stderr)

    return begin  # type: ignore[return-value]


@pytest.mark.skipif(not hasattr(logs, "_for_owner"), reason="comes with the privacy work beside this")
def test_log_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "server.log"
    handler = logs._own_file(str(file))
    handler.maxBytes = 200
    for number in range(20):
        handler.emit(logging.LogRecord("x", logging.INFO, "", 1, "line %d \ud800", (number,), None))
    handler.close()
    made = sorted(tmp_path.iterdir())
    assert len(made) == 2, "it turns over, and keeps one"
    assert {stat.S_IMODE(one.stat().st_mode) for one in made} == {0o600}


def test_the_base_installation_is_small_and_bounded() -> None:
    """No engine, no model library; each requirement says from which version on it was tried."""
    wanted = [line for line in requires("autothink-lsp") or [] if "extra ==" not in line]
    names = {re.split(r"[^A-Za-z0-9_-]", line)[0].lower() for line in wanted}
    others = {name for name in names if not name.startswith("tree-sitter")}
    assert others <= {"pygls", "lsprotocol", "anyio", "attrs", "cattrs", "filelock", "httpx", "platformdirs", "sniffio"}
    unbounded = [line for line in wanted if not re.search(r"[=><~]=", line)]
    assert unbounded == []
    pinned = [line for line in wanted if line.startswith("tree-sitter-")]
    assert all("==" in line for line in pinned)
    for extra in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"].values():
        assert all(re.search(r"[=><~]=", line) for line in extra), extra


def test_every_model_of_the_catalogue_has_a_digest() -> None:
    """What is fetched is compared with it: ``tests/unit/engines/test_model_store.py``."""
    entries = [one for one in vars(catalogue).values() if type(one).__name__ == "ModelEntry"]
    assert entries
    assert all(re.fullmatch(r"[0-9a-f]{64}", entry.sha256) for entry in entries)


async def test_canary_is_found_where_it_is_expected(start: Start, backend: FaultServer) -> None:
    """What the test above looks for does reach the model: its silence is not that of a canary that went nowhere."""
    client = await start(url=backend.url)
    did_open(client, f"{CANARY} = 1\n{CANARY}.")
    client.send("textDocument/inlineCompletion", ask_params(1, len(CANARY) + 1))
    await until(lambda: CANARY in json.dumps(backend.bodies))
