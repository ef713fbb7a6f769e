"""What is special about OpenAI-compatible servers: URLs, refused fields, model names, keys."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from autothink_lsp.backends.base import FimRequest, Finished, TextDelta, Usage
from autothink_lsp.backends.endpoint import Endpoint, Timeouts
from autothink_lsp.backends.openai import OpenAIBackend
from autothink_lsp.backends.response_fields import parse_logprobs
from autothink_lsp.errors import BackendAuthError, BackendError, BackendUnavailable, BadResponse
from tests.support.fault_server import FaultServer, Mode
from tests.support.wire_format import closing_reply, error_reply

pytestmark = pytest.mark.process

STOPS = ("<a>", "<b>", "<c>", "<d>", "\n", "STOP")


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


async def read(backend: OpenAIBackend, stop: tuple[str, ...] = (), max_tokens: int = 8) -> tuple[str, Finished]:
    events = [event async for event in backend.stream(FimRequest("P", max_tokens, stop))]
    assert isinstance(events[-1], Finished)
    return "".join(event.text for event in events if isinstance(event, TextDelta)), events[-1]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("", "/v1/completions"),
        ("/", "/v1/completions"),
        ("/v1", "/v1/completions"),
        ("/v1/", "/v1/completions"),
        ("/v1/completions", "/v1/completions"),
        ("/v1/chat/completions", "/v1/completions"),
        ("/openai/v1", "/openai/v1/completions"),
        ("/beta", "/beta/completions"),
    ],
)
async def test_the_path_is_added_to_the_base_url(server: FaultServer, path: str, asked: str) -> None:
    backend = OpenAIBackend(Endpoint(server.url + path, model="m"))
    await read(backend)
    await backend.token_counts(["x"])
    assert asked in server.requests
    assert asked.removesuffix("/completions").removesuffix("/v1") + "/tokenize" in server.requests
    await backend.aclose()


async def test_body(server: FaultServer) -> None:
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    await read(backend, ("\n",), max_tokens=0)
    assert server.bodies == [
        {
            "model": "m",
            "prompt": "P",
            "max_tokens": 1,
            "temperature": 0.0,
            "stop": ["\n"],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]
    await backend.aclose()


@pytest.mark.parametrize("vague", [False, True])
async def test_a_server_without_stream_options_is_asked_once(server: FaultServer, vague: bool) -> None:
    server.refuses_stream_options, server.vague_refusals = True, vague
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    for _ in range(3):
        assert (await read(backend))[0] == "return a + b"
    assert ["stream_options" in body for body in server.bodies] == [True, False, False, False]
    await backend.aclose()


async def test_a_server_with_few_stops_gets_the_first_and_we_cut_at_the_rest(server: FaultServer) -> None:
    server.max_stops = 4
    server.pieces = ["one", "<", "x", " S", "TO", "Ping", " S", "TO", "P", "never"]
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    text, finished = await read(backend, STOPS)
    assert (text, finished.reason) == ("one<x STOPing S"[: len("one<x ")], "stop")
    server.pieces = ["a S", "T"]
    assert (await read(backend, STOPS))[0] == "a ST"  # held back, then given
    assert [len(body["stop"]) for body in server.bodies] == [6, 4, 4]
    server.pieces = ["a STOP"]
    assert (await read(backend, STOPS[:2]))[0] == "a STOP"
    await backend.aclose()


async def test_a_server_without_stops_gets_none_and_we_cut(server: FaultServer) -> None:
    server.max_stops = 0
    server.pieces = ["one", " S", "TO", "P", "never"]
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    assert (await read(backend, STOPS))[0] == "one "
    assert (await read(backend, STOPS))[0] == "one "
    assert [len(body.get("stop", ())) for body in server.bodies] == [6, 4, 0, 0]
    await backend.aclose()


async def test_two_refused_fields_are_left_out_one_after_the_other(server: FaultServer) -> None:
    server.refuses_stream_options, server.max_stops = True, 4
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    for _ in range(2):
        assert (await read(backend, STOPS))[0] == "return a + b"
    assert server.started == 4
    await backend.aclose()


async def test_a_refusal_that_we_cannot_avoid_is_not_remembered(server: FaultServer) -> None:
    server.respond = lambda _: error_reply("Invalid 'stop': array too long", 400)
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    with pytest.raises(BadResponse, match="array too long"):
        await read(backend, STOPS)
    server.respond = None
    server.bodies.clear()
    await read(backend, STOPS)
    assert len(server.bodies[0]["stop"]) == 6
    assert "stream_options" in server.bodies[0]
    await backend.aclose()


async def test_without_a_model_the_first_listed_one_is_used_and_looked_up_again(server: FaultServer) -> None:
    backend = OpenAIBackend(Endpoint(server.url))
    await read(backend)
    await read(backend)
    assert server.requests["/v1/models"] == 1
    server.mode, server.models = Mode.NO_SUCH_MODEL, ["other"]  # restarted with another model
    with pytest.raises(BadResponse) as caught:
        await read(backend)
    assert caught.value.hint == "It serves other: set model to one of them."
    server.mode = Mode.OK
    await read(backend)
    assert [body["model"] for body in server.bodies] == ["qwen", "qwen", "qwen", "other"]
    await backend.aclose()


async def test_a_server_that_lists_no_models_gets_no_model(server: FaultServer) -> None:
    server.models = []
    backend = OpenAIBackend(Endpoint(server.url))
    await read(backend)
    assert "model" not in server.bodies[0]
    assert (await backend.describe()).models == ()
    await backend.aclose()


async def test_a_wrong_model_name_names_the_right_ones(server: FaultServer) -> None:
    server.mode, server.models = Mode.NO_SUCH_MODEL, [f"m{number}" for number in range(9)]
    backend = OpenAIBackend(Endpoint(server.url, model="nope"))
    with pytest.raises(BadResponse) as caught:
        await read(backend)
    assert "does not exist" in caught.value.message
    assert caught.value.hint == "It serves m0, m1, m2, m3, m4 …: set model to one of them."
    description = await backend.describe()
    assert (description.model, len(description.models)) == ("nope", 9)
    await backend.aclose()


async def test_a_key_from_the_environment(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.requires_key = "s3cret"
    monkeypatch.setenv("MY_KEY", "old")
    backend = OpenAIBackend(Endpoint(server.url, model="m", api_key_env="MY_KEY"))
    with pytest.raises(BackendAuthError) as caught:
        await read(backend)
    assert "MY_KEY" in caught.value.hint
    monkeypatch.setenv("MY_KEY", "s3cret")  # asked for again after a refusal
    assert (await read(backend))[0] == "return a + b"
    assert (await backend.token_counts(["x"])) == {"x": 1}
    server.requires_key, server.mode = None, Mode.UNAUTHORIZED  # a server that repeats the key
    with pytest.raises(BackendAuthError) as caught:
        await read(backend)
    assert "s3cret" not in caught.value.for_user()
    await backend.aclose()


async def test_a_missing_key_is_no_request(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)
    backend = OpenAIBackend(Endpoint(server.url, model="m", api_key_env="MY_KEY"))
    with pytest.raises(BackendAuthError, match="MY_KEY is not set"):
        await read(backend)
    assert server.connections == 0
    await backend.aclose()


async def test_user_and_password_in_the_url(server: FaultServer) -> None:
    backend = OpenAIBackend(Endpoint(server.url.replace("//", "//me:p%40ss@"), model="m"))
    await read(backend)
    assert server.headers[0]["authorization"] == "Basic bWU6cEBzcw=="
    assert "p@ss" not in backend.url
    await backend.aclose()


async def test_usage_and_description(server: FaultServer) -> None:
    backend = OpenAIBackend(Endpoint(server.url))
    _, finished = await read(backend)
    assert finished.usage == Usage(10, 4)
    description = await backend.describe()
    assert (description.server, description.model, description.context_tokens) == ("vllm", "qwen", 4096)
    await backend.aclose()


async def test_describe_of_something_else(server: FaultServer) -> None:
    server.has_models = False
    backend = OpenAIBackend(Endpoint(server.url))
    with pytest.raises(BadResponse, match="File Not Found") as caught:
        await backend.describe()
    assert "is the URL right?" in caught.value.hint
    assert (await read(backend))[0] == "return a + b"  # a server may complete without listing models
    await backend.aclose()
    await server.stop()
    with pytest.raises(BackendUnavailable):
        await OpenAIBackend(Endpoint(server.url, model="m")).describe()


@pytest.mark.parametrize(
    ("raw", "text", "reason"),
    [
        (b'data: {"choices":[{"text":"a","finish_reason":null}]}\n\ndata: [DONE]\n\n', "a", "stop"),
        (b'data: {"choices":[{"text":"a","finish_reason":"length"}]}\n\n', "a", "length"),
        (b'data: {"choices":[{"text":null,"finish_reason":"stop"}]}\n\ndata: [DONE]', "", "stop"),
        (b'data: {"choices":[{"text":"a","finish_reason":"eos_token"}],"usage":null}\n\n', "a", "stop"),
        (
            b'data: {"usage":{"prompt_tokens":3}}\n\ndata: {"choices":[{"text":"","finish_reason":"stop"}]}\n\n',
            "",
            "stop",
        ),
        (b'data: {"choices":[{"text":"a"}]}\n\ndata: [DONE]\n\ndata: {"choices":[{"text":"b"}]}\n\n', "a", "stop"),
        (b": ping\n\ndata: [DONE]\n\n", None, "an end without an answer"),
        (b'data: {"choices":[{"text":"a"}]}\n\n', None, "broke off in the middle"),
        (b'data: {"choices":[{"text":5}]}\n\n', None, "not a piece of a completion"),
        (b'data: {"choices":[{}],"error":{"message":"no","code":"429"}}\n\n', None, "slow down (429: no)"),
        (b'data: {"object":"error","message":"gone","code":503}\n\n', None, "not ready (503: gone)"),
        (b"data: 5\n\n", None, "not a piece of a completion"),
    ],
)
async def test_each_shape_of_a_stream_gives_text_and_reason(
    server: FaultServer, raw: bytes, text: str | None, reason: str
) -> None:
    server.respond = lambda _: closing_reply(raw)
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    if text is None:
        with pytest.raises(BackendError) as caught:
            await read(backend)
        assert reason in caught.value.message
    else:
        received, finished = await read(backend)
        assert (received, finished.reason) == (text, reason)
    await backend.aclose()


async def test_a_fault_after_the_reason_to_end_is_none(server: FaultServer) -> None:
    """A server that keeps the stream open after its last piece."""

    last = b'data: {"choices":[{"text":"a","finish_reason":"stop"}]}\n\n'
    server.respond = lambda _: closing_reply(last, then="hang")
    backend = OpenAIBackend(Endpoint(server.url, model="m", timeouts=Timeouts(read_s=0.2)))
    assert (await read(backend))[0] == "a"
    await backend.aclose()


@pytest.mark.parametrize("vague", [False, True])
async def test_a_server_without_log_probabilities_is_asked_without(server: FaultServer, vague: bool) -> None:
    server.refused_fields, server.vague_refusals = frozenset({"logprobs"}), vague
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    for _ in range(2):
        events = [event async for event in backend.stream(FimRequest("P", 8, logprobs=True))]
        assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "return a + b"
    asked = ["logprobs" in body for body in server.bodies]
    assert asked[0]
    assert not any(asked[-2:])
    assert len(asked) == (4 if vague else 3), "found out once, and remembered"
    await backend.aclose()


async def test_log_probabilities_of_text_that_is_held_back_come_with_it(server: FaultServer) -> None:
    server.max_stops, server.pieces, server.logprobs = 4, ["a S", "T", "b"], [-1.0, -2.0, -3.0]
    backend = OpenAIBackend(Endpoint(server.url, model="m"))
    events = [event async for event in backend.stream(FimRequest("P", 8, STOPS, logprobs=True))]
    deltas = [event for event in events if isinstance(event, TextDelta)]
    assert "".join(delta.text for delta in deltas) == "a STb"
    assert [piece for delta in deltas for piece in delta.pieces or ((len(delta.text), sum(delta.logprobs)),)] == [
        (2, -1.0),
        (3, -5.0),
    ]
    await backend.aclose()


@pytest.mark.parametrize(
    ("value", "logprobs"),
    [
        ({"token_logprobs": [None, -0.5]}, (-0.5,)),
        ({"content": [{"logprob": -0.25}, {"token": "a"}]}, (-0.25,)),
        ([{"logprob": 0.5}], (0.0,)),
        ([{"logprob": float("nan")}, {"prob": 1.0}], ()),
        ({"tokens": ["a"]}, ()),
        (None, ()),
        ("x", ()),
        (True, ()),
    ],
)
def test_shapes_of_log_probabilities(value: object, logprobs: tuple[float, ...]) -> None:
    assert parse_logprobs(value) == logprobs
