"""The embedded engine without a model that works: asked once, told once, every request answered, the server goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.e2e.conftest import Start, did_change, did_open, inline, shown, until
from tests.support.lsp_client import SILENCE, LspClient

ADD = "def add(a, b):\n    "
QUESTION = "window/showMessageRequest"
# Nothing is fetched over a network here: pip looks into an empty folder.
OFFLINE = {"AUTOTHINK_MODEL_SOURCES": "wheels", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "."}
ERROR, INFO = 1, 3
# From the failure on the server looks again after 0.5, 1, 2 s: so long a typist keeps asking.
PAUSES_S = 1.8


def asked(client: LspClient) -> list[Any]:
    return [params for method, params in client.requests if method == QUESTION]


def choose(beginning: str):
    """Answer with the button whose title begins so."""
    return lambda params: next(action for action in params["actions"] if action["title"].startswith(beginning))


async def type_for_a_while(client: LspClient) -> None:
    """Keys with empty answers, past some of the pauses after which the server tries again."""
    column, until_s = 4, asyncio.get_running_loop().time() + PAUSES_S
    while asyncio.get_running_loop().time() < until_s:
        did_change(client, column, 1, column, column, "x")
        column += 1
        assert await inline(client, 1, column) == []
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("answer", "is_ours", "titles"),
    [
        (choose("Not Now"), True, ["Download", "Not Now"]),
        # An editor that takes the first answer at Enter, while the user types, must not agree to anything.
        (None, False, ["Not Now", "Download"]),
    ],
    ids=["not now", "closed"],
)
async def test_a_declined_download_is_asked_about_once(
    start: Start, answer: Any, titles: list[str], *, is_ours: bool
) -> None:
    capabilities = {"experimental": {"autothinkStatus": is_ours}}
    client = await start(backend="embedded", answers={QUESTION: answer}, capabilities=capabilities)
    did_open(client, ADD)
    assert await inline(client, 1, 4) == []
    await type_for_a_while(client)
    (question,) = asked(client)
    assert [action["title"] for action in question["actions"]] == titles
    assert "qwen2.5-coder-0.5b" in question["message"]
    (problem,) = shown(client)
    assert "not installed" in problem
    assert "model pull qwen2.5-coder-0.5b" in problem


async def test_an_unanswered_download_question_is_asked_once(start: Start) -> None:
    client = await start(
        backend="embedded", answers={QUESTION: SILENCE}, environ={"AUTOTHINK_COMPLETION__DEADLINE_MS": "100"}
    )
    did_open(client, ADD)
    await type_for_a_while(client)
    assert len(asked(client)) == 1
    assert shown(client) == []
    assert await client.stop() == 0


async def test_a_forbidden_download_is_reported_and_not_asked_about(start: Start) -> None:
    client = await start(backend="embedded", environ={"AUTOTHINK_EMBEDDED__DOWNLOAD": "never"})
    did_open(client, ADD)
    await type_for_a_while(client)
    assert asked(client) == []
    (problem,) = shown(client)
    assert "embedded.download" in problem


@pytest.mark.parametrize("damaged", [False, True])
async def test_a_failed_download_is_reported_once(start: Start, tmp_path: Path, damaged: bool) -> None:
    """A damaged file cannot be replaced either; it is kept for inspection."""
    file = tmp_path / "home/data/models/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
    if damaged:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"GGUF\x03\0\0\0" + bytes(1_000))
    client = await start(backend="embedded", answers={QUESTION: choose("Download")}, environ=OFFLINE)
    did_open(client, ADD)
    assert await inline(client, 1, 4) == []
    await until(lambda: shown(client))
    await type_for_a_while(client)
    assert len(asked(client)) == 1
    (problem,) = shown(client, ERROR)
    assert "could not be downloaded" in problem
    assert "qwen2.5-coder-0.5b" in problem
    assert file.exists() == damaged


async def test_a_download_is_cancelled_from_its_progress(start: Start, tmp_path: Path) -> None:
    """It waits for another process that downloads the model, so that it cannot end before it is cancelled."""
    models = tmp_path / "home/data/models"
    models.mkdir(parents=True)
    capabilities = {"window": {"workDoneProgress": True}, "experimental": {"autothinkStatus": True}}
    with FileLock(models / "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf.lock"):
        client = await start(
            backend="embedded", answers={QUESTION: choose("Download")}, environ=OFFLINE, capabilities=capabilities
        )
        did_open(client, ADD)
        assert await inline(client, 1, 4) == []
        await until(lambda: progress(client, "begin"))
        token, begun = progress(client, "begin")[0]
        assert begun["cancellable"]
        assert token.startswith("autothink-download-")
        client.notify("window/workDoneProgress/cancel", {"token": token})
        await until(lambda: shown(client, ERROR))
    await until(lambda: token in dict(progress(client, "end")))
    await type_for_a_while(client)
    (problem,) = shown(client)
    assert "The download of qwen2.5-coder-0.5b was cancelled" in problem
    assert len(asked(client)) == 1, "neither asked again nor begun again"
    states = [params for method, params in client.notifications if method == "autothink/status"]
    assert (states[-1]["state"], states[-1]["problem"]) == ("unavailable", "no model")


def progress(client: LspClient, kind: str) -> list[tuple[str, Any]]:
    """The token and the value of each message of a progress."""
    messages = [params for method, params in client.notifications if method == "$/progress"]
    return [(one["token"], one["value"]) for one in messages if one["value"]["kind"] == kind]


FILES = [
    ("missing", None, "There is no model file at"),
    ("empty", b"", "is empty"),
    ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(5_000), "is not a GGUF model"),
    ("a head and then noise", b"GGUF\x03\0\0\0" + b"\xa5" * 100_000, "is damaged"),
]


@pytest.mark.parametrize(("content", "words"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
async def test_a_configured_file_that_is_no_model_is_reported(
    start: Start, tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "own.gguf"
    if content is not None:
        file.write_bytes(content)
    client = await start(backend="embedded", environ={"AUTOTHINK_EMBEDDED__MODEL_PATH": str(file)})
    did_open(client, ADD)
    assert await inline(client, 1, 4) == []
    await until(lambda: shown(client))
    await type_for_a_while(client)
    (problem,) = shown(client, ERROR)
    assert words in problem
    assert str(file) in problem
    assert asked(client) == []
