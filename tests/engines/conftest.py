"""The real server process with the real model behind it, reached in each of the three ways that users have.

``embedded``      the server starts the model's engine itself
``llama-server``  an engine that we started, as one that a user runs; a recording proxy stands before it
``openai``        the same engine by its OpenAI-compatible API, through the same proxy
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio
from attrs import define, field, frozen

from autothink_lsp.engines.base import EngineAddress
from autothink_lsp.engines.llama import LlamaEngine
from autothink_lsp.engines.llama_parameters import LlamaParameters
from autothink_lsp.engines.machine import available_cores, engine_threads
from autothink_lsp.engines.models.catalogue import QWEN_CODER_05B
from tests.support.edited_document import CAPABILITIES, EditedDocument
from tests.support.lsp_client import LspClient
from tests.support.recording_proxy import RecordingProxy

KINDS = ("embedded", "llama-server", "openai")
EMBEDDED = {
    "AUTOTHINK_COMPLETION__BACKEND": "embedded",
    "AUTOTHINK_EMBEDDED__MODEL": QWEN_CODER_05B.name,
    "AUTOTHINK_EMBEDDED__SHARE": "false",  # an engine that ends with its test; test_shared_engine.py is about sharing
}
EXAMPLES = Path(__file__).parents[2] / "examples" / "projects"
KEY_NAME = "MODEL_SERVER_KEY"
# The engine's child process, as `module_command` starts it.
ENGINE_MODULE = "autothink_lsp.engines.llama_main"
ENDED = re.compile(
    r"^(?:req=\S+: )?run (\w+): (\d+) tokens generated, (\d+|None) of the prompt evaluated, (\d+|None) cached$"
)
NO_TIMEOUT = {
    # A loaded machine must not turn answers into misses, except where a test is about just that.
    "AUTOTHINK_COMPLETION__DEADLINE_MS": "60000",
    "AUTOTHINK_COMPLETION__DEBOUNCE_MS": "0",
    "AUTOTHINK_COMPLETION__CONFIDENCE": "0",  # these are about the way of a suggestion, not about its worth
}


@frozen
class RunCost:
    """What one request to the model came to. ``ended`` is false where the stream was closed by us."""

    ended: bool
    generated_tokens: int
    evaluated_tokens: int | None


@define(eq=False)
class Rig:
    """One of the three ways, and what can be seen of it from outside of the server."""

    kind: str
    environ: dict[str, str] = field(factory=dict)
    proxy: RecordingProxy | None = None
    address: EngineAddress | None = None

    def runs(self, client: LspClient) -> list[RunCost]:
        """Every request for an answer so far: from the wire, or for the embedded engine from the server's own log."""
        if self.proxy is None:
            return _logged_runs(client)
        costs = []
        for exchange in self.proxy.completions:
            timings = exchange.timings or {}
            # Tokens without timings (OpenAI's API on the way) are counted as the pieces they came in.
            pieces = sum(bool(event.get("choices")) for event in exchange.events)
            generated = timings.get("predicted_n", pieces)
            costs.append(RunCost(exchange.end == "finished", generated, timings.get("prompt_n")))
        return costs


def _logged_runs(client: LspClient) -> list[RunCost]:
    costs = []
    for method, params in client.notifications:
        if method == "$/logTrace" and (found := ENDED.match(params["message"])):
            evaluated = None if found[3] == "None" else int(found[3])
            costs.append(RunCost(found[1] == "ended", int(found[2]), evaluated))
    return costs


@pytest.fixture
def home(tmp_path: Path, embedded_model: Path) -> Path:
    """A home of its own for each test, so that nothing of the user's counts, with the model linked into it."""
    return make_home(tmp_path / "home", embedded_model)


def make_home(home: Path, model: Path) -> Path:
    """``AUTOTHINK_HOME`` with a model that is installed."""
    models = home / "data" / "models"
    models.mkdir(parents=True)
    (models / model.name).symlink_to(model)
    record = f"{model.name}.verified.json"
    shutil.copy(model.with_name(record), models / record)
    return home


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_engine(embedded_model: Path) -> AsyncIterator[LlamaEngine]:
    """A model server for the tests of one file; it starts when it is first asked for its address."""
    threads = engine_threads(0, available_cores())
    engine = LlamaEngine(
        LlamaParameters(model_path=embedded_model, model_name="shared", threads=threads, context_tokens=2048)
    )
    yield engine
    await engine.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=KINDS)
async def rig(request: pytest.FixtureRequest, shared_engine: LlamaEngine) -> AsyncIterator[Rig]:
    """pytest runs all tests of one kind before those of the next, so that there is one model server at a time."""
    kind = request.param
    if kind == "embedded":
        yield Rig(kind, EMBEDDED)
        return
    address = await shared_engine.address()
    async with RecordingProxy(address.url) as proxy:
        environ = {
            "AUTOTHINK_COMPLETION__BACKEND": kind,
            "AUTOTHINK_COMPLETION__URL": proxy.url,
            "AUTOTHINK_COMPLETION__API_KEY_ENV": KEY_NAME,
            KEY_NAME: address.api_key,
        }
        yield Rig(kind, environ, proxy, address)


Serve = Callable[..., Awaitable[LspClient]]


@pytest_asyncio.fixture(loop_scope="module")
async def serve(home: Path) -> AsyncIterator[Serve]:
    """``await serve(environ)``: an initialized client of a server of its own. All are stopped at the end.

    Every request must have been answered by then, whatever the test did.
    """
    clients: list[LspClient] = []

    async def start(environ: dict[str, str], *, answers: Any = None, capabilities: Any = None) -> LspClient:
        client = await start_server(home, environ, answers=answers, capabilities=capabilities)
        clients.append(client)
        return client

    yield start
    for client in clients:
        if client.process.returncode is None:
            assert await client.stop() == 0
            assert client.unanswered() == []


async def start_server(
    home: Path, environ: dict[str, str], *, answers: Any = None, capabilities: Any = None
) -> LspClient:
    """The server as an editor starts it, with its debug log in the editor's trace (and on our standard error)."""
    client = await LspClient.start(
        (sys.executable, "-m", "autothink_lsp", "serve", "--log-level", "debug"),
        environ={"AUTOTHINK_HOME": str(home), **NO_TIMEOUT, **environ},
        answers=answers,
    )
    await client.initialize(capabilities or CAPABILITIES)
    client.notify("$/setTrace", {"value": "messages"})
    return client


def engines_of(client: LspClient) -> list[psutil.Process]:
    """The processes of engines that this server has started."""
    children = psutil.Process(client.process.pid).children(recursive=True)
    return [child for child in children if any(ENGINE_MODULE in word for word in child.cmdline())]


def engine_of(client: LspClient) -> psutil.Process:
    """The only one of them."""
    (engine,) = engines_of(client)
    return engine


RECOVERED = "AutoThink: Completion works again."


def told(client: LspClient) -> list[str]:
    """Every problem that popped up."""
    return [text for text in _popped_up(client) if text != RECOVERED]


def recoveries(client: LspClient) -> int:
    """How often the end of a problem popped up."""
    return _popped_up(client).count(RECOVERED)


def _popped_up(client: LspClient) -> list[str]:
    return [params["message"] for method, params in client.notifications if method == "window/showMessage"]


def gone(process: psutil.Process, timeout_s: float = 20.0) -> bool:
    """Whether a process ends by itself. The limit is there to fail."""
    _, alive = psutil.wait_procs([process], timeout=timeout_s)
    return not alive


def open_with_hole(client: LspClient, path: str, language_id: str, marked_line: str) -> EditedDocument:
    """Open an example of which the rest of one line is taken away.

    ``marked_line`` is that line with ``▏`` where the cursor goes; what stands behind the mark in it is the hole.
    """
    before, _, hole = marked_line.partition("▏")
    lines = (EXAMPLES / path).read_text(encoding="utf-8").split("\n")
    number = lines.index(before + hole)
    lines[number] = before
    document = EditedDocument.open(client, f"file:///project/{path}", language_id, "\n".join(lines))
    document.move(number, len(before))
    return document


async def suggestion(document: EditedDocument, *, limit_s: float = 120.0) -> Any:
    """Ask by hand until there is one. After a failure the server pauses before it looks again; the limit is there to
    fail."""
    async with asyncio.timeout(limit_s):
        while True:
            items = (await document.ask("invoked")[1])["items"]
            if items:
                return items[0]
            await asyncio.sleep(0.1)
