"""What a user is told of what leaves the machine: on the command line, and as an editor's status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import Start, did_open, inline
from tests.support.fault_server import FaultServer

SECRET = "q8wq8wq8wZ" + "12345"
CODE = f'def connect():\n    password = "{SECRET}"\n    return open(password)\n'


def privacy(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "autothink_lsp", "privacy", *arguments],
        cwd=folder,
        env={"PATH": "", "AUTOTHINK_HOME": str(folder / "home"), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_privacy_command_lists_what_is_sent_and_where(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(CODE)
    remote = {
        "AUTOTHINK_ASSIST__BACKEND": "openai",
        "AUTOTHINK_ASSIST__URL": "https://me:pw@models.example.org/v1?key=1",
    }
    result = privacy(tmp_path, "a.py", **remote)
    assert result.returncode == 0
    assert "completion: sent to an engine of ours" in result.stdout
    assert "actions: sent to a server on another machine (https://***@models.example.org/v1?key=***)" in result.stdout
    assert "line 2: password" in result.stdout
    assert SECRET not in result.stdout
    shown = privacy(tmp_path, "a.py", "--text")
    assert SECRET not in shown.stdout
    assert "return open(password)" in shown.stdout


def test_privacy_command_explains_an_exclusion(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("local/\n")
    (tmp_path / "local").mkdir()
    for name, reason in ((".env", "usually contains secrets"), ("local/a.py", ".gitignore")):
        (tmp_path / name).write_text("A = 1\n")
        result = privacy(tmp_path, name, "--json")
        assert result.returncode == 1
        report = json.loads(result.stdout)
        assert [role["sent"] for role in report["roles"]] == [False, False]
        assert all(reason in role["reason"] for role in report["roles"])


async def test_the_status_shows_excluded_and_why(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("local.py\n")
    client = await start(url=backend.url, folder=tmp_path)
    reasons = []
    for name in ("local.py", ".env", "open.py"):
        uri = (tmp_path / name).as_uri()
        did_open(client, "def add(a, b):\n    ", uri)
        items = await inline(client, 1, 4, uri)
        status = await client.request("autothink/documentStatus", {"uri": uri})
        assert bool(items) is status["completes"] is status["assists"] is (name == "open.py")
        reasons.append(status["reason"])
    assert reasons[0] == "excluded: it is ignored by .gitignore"
    assert reasons[1].startswith("excluded: .env is a file that usually contains secrets")
    assert reasons[2] == ""
    assert not any("local.py" in json.dumps(body) or ".env" in json.dumps(body) for body in backend.bodies)


async def test_placeholders_hide_secrets_and_are_stable_between_requests(start: Start, backend: FaultServer) -> None:
    """Placeholders are the same from key to key; the real value comes back where the model repeats its name."""
    client = await start(url=backend.url, environ={"AUTOTHINK_COMPLETION__DEBOUNCE_MS": "0"})
    did_open(client, CODE + "\ndef again():\n    ")
    await inline(client, 5, 4)
    first = backend.bodies[-1]["prompt"]
    assert SECRET not in first
    assert "REDACTED_" in first
    name = first[first.index("REDACTED_") :].split('"')[0]
    backend.pieces = ["return", " open(", '"', name[:4], name[4:11], name[11:], '")']
    client.notify(
        "textDocument/didChange",
        {
            "textDocument": {"uri": "file:///project/a.py", "version": 2},
            "contentChanges": [
                {"range": {"start": {"line": 5, "character": 4}, "end": {"line": 5, "character": 4}}, "text": "z"}
            ],
        },
    )
    backend.pieces[0] = "z ="
    (item,) = await inline(client, 5, 5)
    second = backend.bodies[-1]["prompt"]
    assert second.startswith(first.rstrip())  # so the server's cache serves it
    assert SECRET in item["insertText"], item
    assert await inline(client, 1, 20) == []  # inside the secret
