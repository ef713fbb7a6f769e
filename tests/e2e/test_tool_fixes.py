"""The fix that a tool proposes for its own message is used before a model is asked, where its silence proves it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.verify.language_servers.table import SERVERS
from tests.e2e.test_action_context import environment
from tests.e2e.test_commands import run
from tests.support.fault_server import FaultServer

SCRIPT = Path(__file__).parents[1] / "support/scripted_language_server.py"
ANSWER = "Set.\n\nThe whole edited code:\n```python\nthis = 'fine'\n```\n"


async def fix(project: Path, server: FaultServer, *args: str, mode: str = "") -> dict[str, Any]:
    """What ``autothink-lsp fix --json`` reports, with the scripted server in ``mode`` as the only one."""
    servers: dict[str, list[str]] = {spec.name: [] for spec in SERVERS}
    if mode:
        servers["pyright"] = [sys.executable, str(SCRIPT), mode]
    table = ", ".join(f"{json.dumps(name)} = {json.dumps(command)}" for name, command in servers.items())
    where = {**environment(server), "AUTOTHINK_VERIFY__SERVERS": f"{{{table}}}"}
    home = project.parent / "home"
    _, out, error = await run("fix", *args, "--json", home=home, cwd=project, **where)
    assert out, error
    return json.loads(out)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


async def trust(project: Path) -> None:
    await run("trust", ".", home=project.parent / "home", cwd=project)


@pytest.mark.usefixtures("real_type_checker")
async def test_ruffs_own_fix_needs_no_model(project: Path) -> None:
    """The message is found by Ruff, in a folder that is not trusted. No repair of ours knows it."""
    (project / "a.py").write_text("def f():\n    raise NotImplemented\n")
    async with FaultServer() as server:
        report = await fix(project, server, "a.py:2")
        assert not any(path.endswith("/chat/completions") for path in server.requests)
    assert "+    raise NotImplementedError" in report["diff"], report
    assert report["evidence"] == "proved"
    assert report["reason"] == "Fixed as Ruff proposes, without a model."


@pytest.mark.parametrize(("mode", "asked"), [("fixes", False), ("fixes-wrong", True), ("good", True)])
async def test_a_quick_fix_is_used_only_if_the_server_no_longer_reports_the_problem(
    project: Path, mode: str, *, asked: bool
) -> None:
    """A quick fix after which the server still reports the problem is not used."""
    (project / "a.py").write_text("x = 1\nthis = 'bad'\n")
    await trust(project)
    async with FaultServer() as server:
        server.chat_answers = [ANSWER, ANSWER]
        report = await fix(project, server, "a.py:2", mode=mode)
        was_asked = any(path.endswith("/chat/completions") for path in server.requests)
    assert was_asked is asked
    assert ("+this = 'fine'" if asked else "+this = 'good'") in report["diff"]
