"""What every backend promises. A new backend adds a row to ``BACKENDS``; scripted ones follow the parts that are not
HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from autothink_lsp.backends.base import Backend, FimRequest, Finished, TextDelta
from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.backends.http import HttpClient
from autothink_lsp.backends.llama_server import LlamaServerBackend
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.errors import (
    BackendAuthError,
    BackendError,
    BackendRateLimited,
    BackendTimeout,
    BackendUnavailable,
    BadResponse,
)
from tests.support.fault_server import FaultServer, Mode
from tests.support.scripted_backend import Hold, ScriptedBackend, Step

pytestmark = pytest.mark.process

REQUEST = FimRequest(prompt="<|fim_prefix|>def add(a, b):\n    <|fim_suffix|><|fim_middle|>", max_tokens=16)
SHORT = Timeouts(connect_s=0.2, read_s=0.2, write_s=0.2, pool_s=0.2)

BACKENDS: dict[str, Callable[[Endpoint], Backend]] = {
    "llama-server": LlamaServerBackend,
    "llama-server, httpx": lambda endpoint: LlamaServerBackend(endpoint, HttpClient(endpoint, with_httpx=True)),
    "openai": OpenAIBackend,
    "openai, httpx": lambda endpoint: OpenAIBackend(endpoint, HttpClient(endpoint, with_httpx=True)),
}


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


@pytest.fixture(params=sorted(BACKENDS))
async def make(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[Endpoint], Backend]]:
    """Makes backends and closes them."""
    made: list[Backend] = []

    def factory(endpoint: Endpoint) -> Backend:
        made.append(BACKENDS[request.param](endpoint))
        return made[-1]

    yield factory
    for backend in made:
        await backend.aclose()


async def read(backend: Backend, request: FimRequest = REQUEST) -> tuple[str, Finished | None, BackendError | None]:
    """All text, the last event, and what ended the stream instead of it."""
    text, finished = "", None
    try:
        async for event in backend.stream(request):
            assert finished is None, "nothing comes after Finished"
            if isinstance(event, Finished):
                finished = event
            else:
                assert event.text
                text += event.text
    except BackendError as error:
        return text, finished, error
    return text, finished, None


# --- whole answers, however they are cut


@pytest.mark.parametrize("mode", [Mode.OK, Mode.BYTE_BY_BYTE, Mode.WHOLE_JSON, Mode.CLOSE_AFTER_ANSWER])
async def test_an_answer_arrives_whole(server: FaultServer, make, mode: Mode) -> None:
    server.mode = mode
    server.pieces = ["return", " a", " + größe", " 😀", '"\\\n']
    text, finished, error = await read(make(Endpoint(server.url)))
    assert (text, error) == ("".join(server.pieces), None)
    assert finished is not None
    assert finished.reason == "stop"
    assert finished.usage.prompt_tokens == 10


async def test_deltas_are_given_as_they_arrive(server: FaultServer, make) -> None:
    server.mode = Mode.SLOW
    async with contextlib.aclosing(make(Endpoint(server.url)).stream(REQUEST)) as stream:
        for piece in server.pieces:
            server.step()
            assert await anext(stream) == TextDelta(piece)
        assert isinstance(await anext(stream), Finished)


async def test_a_connection_that_the_server_has_closed_meanwhile_is_no_error(server: FaultServer, make) -> None:
    backend = make(Endpoint(server.url))
    server.mode = Mode.CLOSE_AFTER_ANSWER
    for number in range(1, 21):  # some at once, some when the close has arrived
        assert (await read(backend))[2] is None
        if number % 2:
            await server.until(lambda: server.open_connections == 0)
    assert server.finished == 20


async def test_the_request_says_what_was_asked(server: FaultServer, make) -> None:
    await read(make(Endpoint(server.url)), FimRequest("P\ud800<|x|>", 5, ("\n", "<|end|>"), 0.5))
    body = server.bodies[0]
    assert body["prompt"] == "P?<|x|>"  # half a surrogate pair cannot be sent
    assert (body.get("n_predict") or body.get("max_tokens")) == 5
    assert (body["stop"], body["temperature"], body["stream"]) == (["\n", "<|end|>"], 0.5, True)


async def test_no_tokens_asked_no_text_given(server: FaultServer, make) -> None:
    server.pieces = ["x"]
    text, finished, error = await read(make(Endpoint(server.url)), FimRequest("P", 0))
    assert (text, error) == ("", None)
    assert finished is not None


# --- leaving early


async def one_delta_then_leave(backend: Backend) -> None:
    async with contextlib.aclosing(backend.stream(REQUEST)) as stream:
        await anext(stream)


async def test_leaving_the_stream_closes_the_connection(server: FaultServer, make) -> None:
    server.mode = Mode.HANG_MID_STREAM
    backend = make(Endpoint(server.url))
    for number in range(1, 4):
        await one_delta_then_leave(backend)
        await server.until(lambda: server.aborted == number and server.open_connections == 0)  # noqa: B023
    server.mode = Mode.OK
    assert (await read(backend))[0] == "return a + b"


@pytest.mark.parametrize("mode", [Mode.HANG_BEFORE_HEADERS, Mode.HANG_MID_STREAM])
async def test_cancelling_the_reader_closes_the_connection(server: FaultServer, make, mode: Mode) -> None:
    server.mode = mode
    backend = make(Endpoint(server.url))
    task = asyncio.create_task(read(backend))
    await server.until(lambda: server.started == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.until(lambda: server.aborted == 1 and server.open_connections == 0)
    server.mode = Mode.OK
    assert (await read(backend))[0] == "return a + b"


# --- faults: (mode, class, retryable, text that came before, words the user must see)

FAULTS = [
    (Mode.CLOSE_BEFORE_HEADERS, BackendUnavailable, True, "", "broke off"),
    (Mode.CLOSE_MID_STREAM, BackendUnavailable, True, "return a", "broke off"),
    (Mode.END_WITHOUT_FINAL, BackendUnavailable, True, "return a + b", "broke off in the middle"),
    (Mode.EMPTY, BackendUnavailable, True, "", "broke off in the middle"),
    (Mode.HANG_BEFORE_HEADERS, BackendTimeout, True, "", "silent for 0.2 s"),
    (Mode.HANG_MID_STREAM, BackendTimeout, True, "return a", "silent for 0.2 s"),
    (Mode.RUBBISH, BadResponse, False, "return a", "Traceback (most recent call last)"),
    (Mode.RUBBISH_JSON, BadResponse, False, "return a", "{not json"),
    (Mode.WRONG_SHAPE, BadResponse, False, "return a", "not a piece of a completion"),
    (Mode.ERROR_MID_STREAM, BadResponse, True, "return a", "CUDA out of memory"),
    (Mode.HUGE_LINE, BadResponse, False, "return a", "more than 1,048,576 bytes"),
    (Mode.NOT_HTTP, BadResponse, False, "", "not HTTP"),
    (Mode.HTML, BadResponse, False, "", "web page (Sign in)"),
    (Mode.WRONG_TYPE, BadResponse, False, "", "'image/png'"),
    (Mode.REDIRECT, BadResponse, False, "", "redirects to http://127.0.0.1:1/login."),
    (Mode.UNAUTHORIZED, BackendAuthError, False, "", "api_key_env"),
    (Mode.FORBIDDEN, BackendAuthError, False, "", "not for you"),
    (Mode.NOT_FOUND, BadResponse, False, "", "/v1 at the end"),
    (Mode.RATE_LIMITED, BackendRateLimited, True, "", "wait 7 s"),
    (Mode.FAILED, BadResponse, True, "", "500: Internal Server Error"),
    (Mode.LOADING, BackendUnavailable, True, "", "still loading its model"),
]


@pytest.mark.parametrize(("mode", "kind", "retryable", "before", "words"), FAULTS, ids=[row[0] for row in FAULTS])
async def test_a_fault_becomes_one_of_our_errors(
    server: FaultServer, make, mode: Mode, kind: type[BackendError], retryable: bool, before: str, words: str
) -> None:
    backend = make(Endpoint(server.url, model="qwen", timeouts=SHORT))
    server.mode = mode
    text, finished, error = await read(backend)
    assert (text, finished) == (before, None)
    assert type(error) is kind
    assert error.retryable is retryable
    assert words in error.for_user()
    assert len(error.for_user()) < 600
    server.mode = Mode.OK  # and it recovers by itself
    assert (await read(backend))[0] == "return a + b"
    await server.until(lambda: server.open_connections <= 1)


async def test_a_label_keeps_urls_and_settings_out_of_messages(server: FaultServer, make) -> None:
    for mode, *_ in FAULTS:
        if mode is Mode.REDIRECT:
            continue
        server.mode = mode
        backend = make(Endpoint(server.url, model="qwen", timeouts=SHORT, label="the embedded model"))
        _, _, error = await read(backend)
        assert error is not None
        assert "embedded model" in error.message, mode
        for word in ("http://", "127.0.0.1", "url", "URL", "api_key", "setting"):
            assert word not in error.for_user(), (mode, error.for_user())
    assert backend.url == ""


async def test_a_refused_connection_asks_whether_the_server_runs(server: FaultServer, make) -> None:
    backend = make(Endpoint(server.url))
    await server.stop()
    _, _, error = await read(backend)
    assert isinstance(error, BackendUnavailable)
    assert error.for_user() == f"No server answers at {server.url}. Is the server running there?"
    await server.start()
    assert (await read(backend))[2] is None  # back by itself


@pytest.mark.parametrize("mode", [Mode.FAILED, Mode.LOADING, Mode.CLOSE_BEFORE_HEADERS, Mode.CLOSE_MID_STREAM])
async def test_nothing_is_asked_twice_after_a_fault(server: FaultServer, make, mode: Mode) -> None:
    server.mode = mode
    await read(make(Endpoint(server.url, model="qwen")))
    assert server.started == 1


async def test_a_closed_backend_says_so(server: FaultServer, make) -> None:
    backend = make(Endpoint(server.url, model="qwen"))
    server.mode = Mode.HANG_MID_STREAM
    running = asyncio.create_task(read(backend))
    await server.until(lambda: server.started == 1)
    await backend.aclose()
    await backend.aclose()
    assert isinstance((await running)[2], BackendUnavailable)
    assert isinstance((await read(backend))[2], BackendUnavailable)
    await server.until(lambda: server.open_connections == 0)


# --- vocabulary and description


async def test_each_text_has_its_token_count(server: FaultServer, make) -> None:
    backend = make(Endpoint(server.url))
    assert await backend.token_counts(["<|fim_prefix|>", "ab cd", "", "ab cd"]) == {
        "<|fim_prefix|>": 1,
        "ab cd": 3,
        "": 0,
    }


async def test_no_tokenizer_is_none_after_one_question(server: FaultServer, make) -> None:
    server.has_tokenize = False
    assert await make(Endpoint(server.url, model="m")).token_counts(["a", "b", "c"]) is None
    assert sum(count for path, count in server.requests.items() if "tokenize" in path) == 1


async def test_describe_names_server_and_model(server: FaultServer, make) -> None:
    description = await make(Endpoint(server.url)).describe()
    assert description.server
    assert description.model in {"qwen", "qwen.gguf"}
    assert description.context_tokens in {2048, 4096}


async def test_describe_without_a_server(server: FaultServer, make) -> None:
    await server.stop()
    with pytest.raises(BackendUnavailable):
        await make(Endpoint(server.url)).describe()
    with pytest.raises(BackendUnavailable):
        await make(Endpoint(server.url, model="m")).token_counts(["a"])


# --- the scripted backend keeps the same promises where there is no HTTP


@pytest.mark.parametrize(
    ("script", "text", "kind"),
    [
        (["return", " a", "", " + b"], "return a + b", None),
        (["x", Finished("length"), "never"], "x", None),
        (["x", BadResponse("no")], "x", BadResponse),
        ([BackendTimeout("slow")], "", BackendTimeout),
    ],
)
async def test_a_script_gives_its_text_or_its_error(
    script: list[Step], text: str, kind: type[BackendError] | None
) -> None:
    backend = ScriptedBackend(script)
    received, finished, error = await read(backend)
    assert received == text
    assert (type(error) if error else None) is kind
    assert (finished is None) is (kind is not None)
    assert (backend.finished, backend.failed, backend.cancelled, backend.running) == (
        kind is None,
        kind is not None,
        0,
        0,
    )


async def test_scripted_counts_cancellation() -> None:
    hold = asyncio.Event()
    backend = ScriptedBackend(["a", Hold(hold)])
    await one_delta_then_leave(backend)
    task = asyncio.create_task(read(backend))
    while backend.running != 1:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (backend.cancelled, backend.finished, backend.running, backend.most_running) == (2, 0, 0, 1)
    await backend.aclose()
    assert isinstance((await read(backend))[2], BackendUnavailable)


async def test_log_probabilities_come_where_they_are_asked_for(
    server: FaultServer, make: Callable[[Endpoint], Backend]
) -> None:
    server.logprobs = [-0.1, -0.2, -0.3]  # and none for the fourth piece
    backend = make(Endpoint(server.url))
    for asked, expected in [(False, []), (True, [-0.1, -0.2, -0.3])]:
        request = FimRequest(REQUEST.prompt, REQUEST.max_tokens, logprobs=asked)
        events = [event async for event in backend.stream(request)]
        deltas = [event for event in events if isinstance(event, TextDelta)]
        assert "".join(event.text for event in deltas) == "return a + b"
        assert [number for event in deltas for number in event.logprobs] == expected
