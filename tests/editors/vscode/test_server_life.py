"""The server's process: found, missing, wrong, killed, restarted, installed; its settings, its key; trust."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from autothink_lsp import __version__
from tests.editors.vscode.conftest import ENVIRONMENT, Share, Start, scripted, with_command
from tests.editors.vscode.shared_window import SharedWindow
from tests.editors.vscode.workbench import READY, READY_MS, Workbench
from tests.support.fault_server import FaultServer

SOURCE = "def add(a, b):\n    \n"
SERVER = r"autothink_lsp serve"
NO_PROMPT = {"security.workspace.trust.startupPrompt": "never"}
KEY = "sk-test-0123456789-never-in-a-file"


async def ghost_after(window: Workbench, key: str, wanted: str) -> None:
    await window.go_to(2, 5)
    await window.type(key)
    await window.ghost_says(wanted)


async def test_a_killed_server_comes_back_and_answers_the_key_typed_meanwhile(
    share: Share, backend: FaultServer
) -> None:
    backend.pieces = ["return a + b"]
    window = await share({"a.py": SOURCE}, scripted(backend))
    await ghost_after(window, "r", "eturn a + b")
    await window.press("Escape")
    (server,) = window.server.processes(SERVER)
    os.kill(server, signal.SIGKILL)
    await window.type("e")  # before the new server has registered: it is answered all the same
    again = await window.until(window.servers, lambda found: bool(found) and found != [server], "a new server")
    assert len(again) == 1
    await window.ghost_says("turn a + b")
    await window.status_says(READY, timeout_ms=READY_MS)


async def test_a_restart_by_hand_during_one_by_itself_leaves_one_server(share: Share, backend: FaultServer) -> None:
    window = await share({"a.py": SOURCE}, scripted(backend))
    (server,) = window.server.processes(SERVER)
    os.kill(server, signal.SIGKILL)
    await window.command("AutoThink: Restart Server")
    await window.command("AutoThink: Restart Server")
    await window.until(window.servers, lambda found: len(found) == 1 and found != [server], "one other server")
    await window.status_says(READY, timeout_ms=READY_MS)
    backend.pieces = ["return a + b"]
    await window.go_to(2, 5)
    await window.type("r")  # the second restart may still be to come
    await window.ghost_says("eturn a + b")
    await window.until(window.servers, lambda found: len(found) == 1, "one server")


async def test_an_interpreter_of_an_untrusted_folder_is_refused(share_restricted: Share, backend: FaultServer) -> None:
    """Not even where the user's own setting points into the folder that is open."""
    files = {"a.py": SOURCE, ".venv/bin/python": "#!/bin/sh\ntouch ran\n"}
    window = await share_restricted(
        files, {**scripted(backend), **NO_PROMPT}, ready="AutoThink", executable=".venv/bin/python"
    )
    setting = {"autothink.server.command": [], "autothink.server.python": "${workspaceFolder}/.venv/bin/python"}
    window.server.write_settings({**window.settings, **setting})
    await window.status_says("server stopped")
    assert "not trusted" in await window.notified("server.python")
    ran = [*window.server.state.parent.rglob("ran"), *window.folder.parent.rglob("ran")]
    assert not ran


async def test_a_restart_by_hand_replaces_the_server(share: Share, backend: FaultServer) -> None:
    window = await share({"a.py": SOURCE}, scripted(backend))
    (server,) = window.server.processes(SERVER)
    await window.command("AutoThink: Restart Server")
    await window.until(window.servers, lambda found: len(found) == 1 and found != [server], "another server")
    await window.status_says(READY, timeout_ms=READY_MS)


async def test_a_wrong_interpreter_is_told_and_mended(share: Share, backend: FaultServer) -> None:
    window = await share({"a.py": SOURCE}, scripted(backend))
    wrong = {"autothink.server.python": "/no/such/python", "autothink.server.command": []}
    window.server.write_settings({**window.settings, **wrong})
    await window.status_says("server stopped")
    told = await window.notified("server.python")
    assert '"/no/such/python"' in told
    assert "there is no such program" in told
    await window.screenshot("wrong-interpreter")
    window.server.write_settings({**scripted(backend), "autothink.server.python": sys.executable})
    await window.status_says(READY, timeout_ms=READY_MS)


async def test_a_python_without_the_server_is_told(share: Share, backend: FaultServer) -> None:
    window = await share({"a.py": SOURCE}, scripted(backend))
    python = str(ENVIRONMENT / "node/bin/python")
    wrong = {"autothink.server.python": python, "autothink.server.command": []}
    window.server.write_settings({**window.settings, **wrong})
    await window.status_says("server stopped")
    assert "autothink-lsp is not installed there" in await window.notified("server.python")


async def test_a_server_that_dies_at_once_is_told(share: Share, backend: FaultServer, tmp_path: Path) -> None:
    """Its version is right, but it cannot serve."""
    broken = tmp_path / "broken"
    broken.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "autothink-lsp {__version__}" && exit 0\necho boom >&2; exit 3\n'
    )
    broken.chmod(0o755)
    window = await share({"a.py": SOURCE}, scripted(backend))
    window.server.write_settings({**window.settings, **with_command({}, [str(broken)])})
    await window.status_says("server stopped")
    await window.notified("AutoThink: The language server did not start. It said: boom")
    assert len(await window.notifications()) == 1, "it is told once"
    await window.click_notification("Show Log")
    await window.until(window.output, bool, "the log")
    (log,) = window.server.state.rglob("AutoThink.log")
    assert "boom" in log.read_text()


async def test_settings_take_effect_at_once(share: Share, backend: FaultServer) -> None:
    backend.pieces = ["return a + b"]
    window = await share({"a.py": SOURCE}, scripted(backend))
    window.server.write_settings({**window.settings, "autothink.completion.enabled": False})
    await window.status_says("completion is off")
    await window.go_to(2, 5)
    await window.type("r")
    window.server.write_settings(window.settings)
    await window.status_says(READY)
    await window.type("e")
    await window.ghost_says("turn a + b")
    assert len(window.server.processes(SERVER)) == 1


async def test_an_api_key_goes_to_its_server_and_is_in_no_file(share: Share, backend: FaultServer) -> None:
    backend.pieces = ["return a + b"]
    backend.requires_key = KEY
    window = await share(
        {"a.py": SOURCE}, scripted(backend, **{"autothink.log.level": "trace"}), ready="model server not reachable"
    )
    await window.command("AutoThink: Set API Key…")
    await window.answer_input("Set API Key: Server", "")  # its address is proposed
    await window.answer_input("API Key for", KEY)
    await window.status_says(READY, timeout_ms=READY_MS)
    await ghost_after(window, "r", "eturn a + b")
    asked = [headers for headers in backend.headers if "authorization" in headers]
    assert asked
    assert {headers["authorization"] for headers in asked} == {f"Bearer {KEY}"}
    await window.saves("a.py", "def add(a, b):\n    r\n")
    leaks = [path for path in _files(window) if KEY.encode() in path.read_bytes()]
    assert leaks == [], "the key is in a file"
    await window.command("AutoThink: Remove API Key…")
    await window.pick(backend.url)
    await window.status_says("model server not reachable", timeout_ms=READY_MS)


def _files(window: Workbench) -> list[Path]:
    """All that VS Code and the server wrote; the browser's own secret store is not among them."""
    return [path for path in (window.server.state.parent).rglob("*") if path.is_file() and not path.is_symlink()]


async def test_settings_of_an_untrusted_folder_name_no_server(share_restricted: Share, backend: FaultServer) -> None:
    """Its settings name a url and a program; neither counts before the folder is trusted."""
    backend.pieces = ["return a + b"]
    settings = {
        "autothink.completion.backend": "openai",
        "autothink.completion.url": backend.url,
        "autothink.completion.deadline_ms": 20_000,
        "autothink.server.command": ["/no/such/program"],
    }
    files = {"a.py": SOURCE, ".vscode/settings.json": json.dumps(settings)}
    user = {"autothink.embedded.download": "never", **NO_PROMPT}
    window = await share_restricted(files, user, ready="AutoThink")
    await window.status_says("not reachable|not loaded|AutoThink$")
    await window.go_to(2, 5)
    await window.type("return")
    await window.notified(r"is not installed and embedded.download is \"never\"\.$")
    await window.page.locator('.notification-list-item .monaco-button:has-text("Choose Model")').first.wait_for()
    await window.screenshot("untrusted")
    await window.saves("a.py", "def add(a, b):\n    return\n")
    assert backend.connections == 0
    assert len(window.server.processes(SERVER)) == 1, "the user's own server, not the folder's"


async def test_a_remote_server_is_not_asked_before_the_folder_is_trusted(
    share_restricted: Share, restricted_window: SharedWindow
) -> None:
    """Not even one that the user has named for all folders: code of a stranger's folder goes to this machine only. With
    trust another server begins, which may."""
    remote = {"autothink.completion.backend": "openai", "autothink.completion.url": "https://model.example.invalid"}
    window = await share_restricted({"a.py": SOURCE}, {**remote, **NO_PROMPT}, ready="AutoThink")
    await window.go_to(2, 5)
    await window.type("return", delay_ms=100)
    await window.status_says("this workspace is not trusted")
    (server,) = await window.servers()
    restricted_window.forget()
    await window.page.locator('.part.statusbar .statusbar-item a:has-text("Restricted Mode")').first.click()
    await window.page.locator('.workspace-trust-buttons-row .monaco-button:text-is("Trust")').first.click()
    await window.until(window.servers, lambda found: len(found) == 1 and found != [server], "another server")
    await window.open_file("a.py")
    await window.status_says("model server not reachable", timeout_ms=READY_MS)


@pytest.mark.timeout(600)
async def test_a_missing_server_is_installed_after_a_click(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    """Nothing there: asked, installed from the wheel in the .vsix, started."""
    backend.pieces = ["return a + b"]
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    path = {
        "PATH": os.pathsep.join([str(ENVIRONMENT / "node/bin"), "/usr/bin", "/bin", str(Path(sys.base_prefix) / "bin")])
    }
    window = await start(
        {"a.py": SOURCE},
        {**scripted(backend), "autothink.server.command": []},
        ready="server not installed",
        environ={**pip, **path},
    )
    await window.notified("needs its language server")
    await window.screenshot("no-server")
    assert not list((window.server.state / "user/User/globalStorage/autothink.autothink").glob("server-*"))
    await window.click_notification("Install")
    await window.notified("creating an environment|installing")
    await window.status_says(READY, timeout_ms=400_000)
    await ghost_after(window, "r", "eturn a + b")
    (server,) = window.server.processes(SERVER)
    assert "globalStorage/autothink.autothink/server-" in Path(f"/proc/{server}/cmdline").read_text()
