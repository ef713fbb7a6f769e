"""What the editor's user sees and sets: log, trace, several folders, folders that come and go."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.conftest import Start, did_open, inline, until
from tests.support.fault_server import FaultServer

ADD = "def add(a, b):\n    "


def texts(notifications: list, method: str) -> list[str]:
    return [params["message"] for name, params in notifications if name == method]


async def test_log_messages_and_trace_follow_the_client(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url, environ={"AUTOTHINK_LOG__LEVEL": "debug"})
    did_open(client, ADD)
    assert await inline(client, 1, 4)
    await until(lambda: any("ready" in text for text in texts(client.notifications, "window/logMessage")))
    assert texts(client.notifications, "$/logTrace") == []
    client.notify("$/setTrace", {"value": "verbose"})
    await inline(client, 1, 4)
    await until(lambda: any("shown" in text for text in texts(client.notifications, "$/logTrace")))
    everything = "\n".join(texts(client.notifications, "window/logMessage") + texts(client.notifications, "$/logTrace"))
    assert "def add" not in everything  # code text is for the trace level only


async def test_each_folder_has_its_own_settings(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    quiet, loud = tmp_path / "quiet", tmp_path / "loud"
    for folder in (quiet, loud):
        folder.mkdir()
    (quiet / "autothink.toml").write_text("[completion]\nenabled = false\n", encoding="utf-8")
    client = await start(url=backend.url, initialize=False)
    folders = [{"uri": folder.as_uri(), "name": folder.name} for folder in (quiet, loud)]
    capabilities = {"textDocument": {"inlineCompletion": {}}, "workspace": {"workspaceFolders": True}}
    await client.request("initialize", {"processId": None, "capabilities": capabilities, "workspaceFolders": folders})
    client.notify("initialized", {})
    silent, spoken = (quiet / "a.py").as_uri(), (loud / "a.py").as_uri()
    did_open(client, ADD, silent)
    did_open(client, ADD, spoken)
    assert await inline(client, 1, 4, silent) == []
    assert await inline(client, 1, 4, spoken)
    event = {"added": [], "removed": [{"uri": quiet.as_uri(), "name": "quiet"}]}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert await inline(client, 1, 4, silent)  # its folder's settings went with the folder


async def test_an_added_folder_has_the_client_s_settings_for_it(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    """Cells of a notebook have the settings of the notebook's folder."""
    first, added = tmp_path / "first", tmp_path / "added"
    asked: list[list[str | None]] = []

    def settings(params: dict[str, list[dict[str, str]]]) -> list[object]:
        scopes = [item.get("scopeUri") for item in params["items"]]
        asked.append(scopes)
        return [{"completion": {"enabled": False}} if scope == added.as_uri() else {} for scope in scopes]

    client = await start(url=backend.url, initialize=False, answers={"workspace/configuration": settings})
    await client.request(
        "initialize",
        {
            "processId": None,
            "capabilities": {
                "textDocument": {"inlineCompletion": {}},
                "workspace": {"workspaceFolders": True, "configuration": True},
            },
            "workspaceFolders": [{"uri": first.as_uri(), "name": "first"}],
        },
    )
    client.notify("initialized", {})
    spoken, silent = (first / "a.py").as_uri(), (added / "a.py").as_uri()
    cell = (added / "n.ipynb").as_uri().replace("file://", "vscode-notebook-cell:") + "#W0"
    for uri in (spoken, silent, cell):
        did_open(client, ADD, uri)
    assert await inline(client, 1, 4, silent), "it is in no folder yet"
    client.notify(
        "workspace/didChangeWorkspaceFolders",
        {"event": {"added": [{"uri": added.as_uri(), "name": "added"}], "removed": []}},
    )
    assert await inline(client, 1, 4, silent) == []
    assert await inline(client, 1, 4, cell) == []
    assert await inline(client, 1, 4, spoken)
    assert asked[-1] == [None, first.as_uri(), added.as_uri()]


async def test_a_project_file_that_changes_is_read_again(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    file = tmp_path / "autothink.toml"
    client = await start(url=backend.url, folder=tmp_path)
    uri = (tmp_path / "a.py").as_uri()
    did_open(client, ADD, uri)
    assert await inline(client, 1, 4, uri)
    file.write_text("[completion]\nenabled = false\n", encoding="utf-8")
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": file.as_uri(), "type": 1}]})
    assert await inline(client, 1, 4, uri) == []


async def test_log_file_receives_the_log(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    file = tmp_path / "server.log"
    client = await start(url=backend.url, environ={"AUTOTHINK_LOG__FILE": str(file)})
    did_open(client, ADD)
    assert await inline(client, 1, 4)
    assert await client.stop() == 0
    assert "ready" in file.read_text(encoding="utf-8")
