"""What only our own plugins ask and say: why nothing comes in a document, and what became of suggestions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.features.statistics.store import FILE_NAME, Statistics
from tests.e2e.conftest import URI, Start, did_open, inline
from tests.support.fault_server import FaultServer

ADD = "def add(a, b):\n    "


async def status(client: Any, uri: str = URI) -> Any:
    return await client.request("autothink/documentStatus", {"uri": uri})


async def test_status_of_a_document_lists_all_features(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD)
    assert await status(client) == {"completes": True, "assists": True, "reason": ""}
    assert (await status(client, "file:///nowhere.py"))["reason"] == "not open"


@pytest.mark.parametrize(
    ("name", "environ", "completes", "reason"),
    [
        (".env", {}, False, "excluded"),
        ("a.py", {"AUTOTHINK_COMPLETION__ENABLED": "false"}, False, "completion is off"),
        ("a.py", {"AUTOTHINK_COMPLETION__LANGUAGES": '{"python": false}'}, False, "completion is off for python"),
    ],
)
async def test_status_explains_why_nothing_is_suggested(
    start: Start, backend: FaultServer, tmp_path: Path, name: str, environ: dict[str, str], completes: bool, reason: str
) -> None:
    client = await start(url=backend.url, environ=environ, folder=tmp_path)
    uri = (tmp_path / name).as_uri()
    did_open(client, ADD, uri)
    document_status = await status(client, uri)
    assert document_status["completes"] is completes
    assert document_status["reason"].startswith(reason)


async def test_a_remote_server_is_off_where_the_client_does_not_trust(start: Start) -> None:
    capabilities = {"experimental": {"autothinkUntrustedWorkspace": True}}
    client = await start(url="https://model.example.invalid", capabilities=capabilities)
    did_open(client, ADD)
    document_status = await status(client)
    assert (document_status["completes"], document_status["reason"]) == (False, "off: this workspace is not trusted")


async def test_feedback_is_counted_once_and_invalid_feedback_is_ignored(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    client = await start(url=backend.url, environ={"AUTOTHINK_HOME": str(home)})
    did_open(client, ADD)
    (item,) = await inline(client, 1, 4)
    (number,) = item["command"]["arguments"]
    for params in (
        {"id": number, "event": "shown"},
        {"id": number, "event": "shown"},
        {"id": number, "event": "dismissed"},
        {"id": number, "event": "exploded"},
        {"id": 999, "event": "shown"},
        {"id": "1; drop table", "event": "shown"},
        {},
    ):
        client.notify("autothink/feedback", params)
    assert (await status(client))["completes"], "it is still there"
    await client.stop()
    statistics = Statistics(home / "state" / FILE_NAME)
    counts = {event: count for _, event, count in statistics.suggestions()}
    statistics.close()
    assert counts == {"offered": 1, "shown": 1, "dismissed": 1}


async def test_invalid_reports_of_language_servers_are_ignored(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD)
    for params in (None, 7, {"programs": [3, "relative"], "extensionFolders": "x"}, {"programs": ["/bin/sh"]}):
        client.notify("autothink/languageServers", params)
    assert (await status(client))["completes"] is True


async def test_models_lists_the_served_and_the_known_models(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url, environ={"AUTOTHINK_EMBEDDED__ASSIST_MODEL": "qwen2.5-coder-1.5b"})
    answer = await client.request("autothink/models", {})
    served, found = ([one for one in answer if bool(one["server"]) is is_served] for is_served in (True, False))
    assert [(one["name"], one["server"], one["installed"]) for one in served] == [("qwen", backend.url, True)]
    assert "completion" in served[0]["roles"]
    assert [one["name"] for one in found[:2]] == ["qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"]
    known = (False, ["completion", "assist"], False)
    assert [(one["installed"], one["roles"], one["thinks"]) for one in found[:2]] == [known] * 2
    assert [one["usedFor"] for one in found[:2]] == [[], ["assist"]]
    assert all(one["memoryBytes"] > one["sizeBytes"] for one in found if one["sizeBytes"])
    assert not any(one["installed"] for one in found[2:])
    assert all(one["evidence"].endswith("not tested by autothink-lsp") for one in found[2:])
