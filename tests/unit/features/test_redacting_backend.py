"""The gate at which every prompt leaves."""

from __future__ import annotations

import ast
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.backends.base import (
    ChatHole,
    ChatRequest,
    FimRequest,
    Finished,
    StreamEvent,
    TextDelta,
    joined_deltas,
)
from autothink_lsp.context.redaction import Restorer, SecretNames
from autothink_lsp.features.redacting_backend import RedactingBackend
from autothink_lsp.values import ChatMessage
from tests.support.scripted_backend import ScriptedBackend

SECRET = "q8wq8wq8w" + "12345"
PROMPT = f'password = "{SECRET}"\nuse('
PACKAGE = Path(__file__).parents[3] / "autothink_lsp"


async def received(backend: RedactingBackend, prompt: str) -> tuple[str, bool]:
    text, finished = "", False
    async for event in backend.stream(FimRequest(prompt, 10)):
        if isinstance(event, TextDelta):
            text += event.text
        finished = isinstance(event, Finished)
    return text, finished


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
async def test_a_completion_gets_back_what_was_taken_out(size: int) -> None:
    names = SecretNames(tag="abcde")
    answer = f'"{names.stem}0001", "{names.stem[:-2]}", REDACTED'
    backend = ScriptedBackend([answer[i : i + size] for i in range(0, len(answer), size)])
    text, finished = await received(RedactingBackend(backend, names), PROMPT)
    assert SECRET not in backend.requests[0].prompt
    assert text == answer.replace(f"{names.stem}0001", SECRET)
    assert finished


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("joined", [1, 2, 5, 50])
async def test_the_pieces_of_joined_parts_are_kept(size: int, joined: int) -> None:
    """The confidence is measured by piece, and pieces are counted as tokens."""
    names = SecretNames(tag="abcde")
    answer = f'call("{names.stem}0001", b)'
    deltas = [TextDelta(answer[at : at + size], None, (-0.5,)) for at in range(0, len(answer), size)]
    parts = [joined_deltas(deltas[at : at + joined]) for at in range(0, len(deltas), joined)]
    request = FimRequest(PROMPT, 10)
    events = [event async for event in RedactingBackend(_Parts(parts), names).stream(request)]
    got = [event for event in events if isinstance(event, TextDelta)]
    assert "".join(event.text for event in got) == answer.replace(f"{names.stem}0001", SECRET)
    assert sum(event.piece_count for event in got) == len(deltas)
    pieces = [piece for event in got for piece in event.pieces or ((len(event.text), sum(event.logprobs)),)]
    assert sum(logprob for _, logprob in pieces) == pytest.approx(-0.5 * len(deltas))
    assert sum(length for length, _ in pieces) == len(answer.replace(f"{names.stem}0001", SECRET))
    assert [logprob for event in got for logprob in event.logprobs] == [-0.5] * len(deltas)


class _Parts(ScriptedBackend):
    """A server whose parts are given."""

    def __init__(self, parts: list[TextDelta]) -> None:
        super().__init__([])
        self.parts = parts

    async def stream(self, request: FimRequest) -> AsyncGenerator[StreamEvent, None]:
        for part in self.parts:
            yield part
        yield Finished("stop")


async def test_a_name_that_was_not_sent_ends_the_answer() -> None:
    names = SecretNames(tag="abcde")
    names.name("of another file")  # number 1; the secret of this prompt is number 2
    for answer in ([f"a {names.stem}0001 b"], [f"a {names.stem}", "0077", " b"]):
        text, finished = await received(RedactingBackend(ScriptedBackend(answer), names), PROMPT)
        assert (text, finished) == ("a ", True)


async def test_a_chat_is_sent_without_secrets_and_its_answer_keeps_the_names() -> None:
    names = SecretNames(tag="abcde")
    backend = ScriptedBackend([], chat=lambda _: [f"use {names.stem}0001"])
    request = ChatRequest((ChatMessage("user", PROMPT), ChatMessage("assistant", PROMPT)), 10, prefill=PROMPT)
    answer = "".join([e.text async for e in RedactingBackend(backend, names).chat(request) if isinstance(e, TextDelta)])
    assert SECRET not in str(backend.chats[0])
    assert answer == f"use {names.stem}0001"


async def test_the_chat_form_of_a_completion_is_sent_without_secrets() -> None:
    names = SecretNames(tag="abcde")
    backend = ScriptedBackend(["x"])
    hole = ChatHole((ChatMessage("system", "Complete."), ChatMessage("user", PROMPT)), "use(")
    async for _ in RedactingBackend(backend, names).stream(FimRequest(PROMPT, 10, chat=lambda: hole)):
        pass
    make = backend.requests[0].chat
    assert make is not None
    assert SECRET not in str(make())
    assert f"{names.stem}0001" in str(make())


async def test_leaving_early_hangs_up() -> None:
    backend = ScriptedBackend(["a", "b", "c"])
    stream = RedactingBackend(backend, SecretNames()).stream(FimRequest("x", 10))
    await anext(stream)
    await stream.aclose()
    assert (backend.running, backend.cancelled) == (0, 1)


@given(
    st.lists(st.sampled_from(["REDACTED_", "abcde_", "1", "000", "0001", "x", "R", "RE", "_", " "]), max_size=12),
    st.data(),
)
def test_every_split_restores_the_same(parts: list[str], data: st.DataObject) -> None:
    names = SecretNames(tag="abcde")
    sent = {f"{names.stem}0001": "ONE"}
    text = "".join(parts)
    whole = Restorer(names, dict(sent))
    expected = whole.feed(text) + ("" if whole.unresolved else whole.finish())
    split = Restorer(names, dict(sent))
    got, rest = "", text
    while rest and not split.unresolved:
        count = data.draw(st.integers(1, len(rest)))
        got += split.feed(rest[:count])
        rest = rest[count:]
    assert got + ("" if split.unresolved else split.finish()) == expected


def test_only_the_connector_makes_backends() -> None:
    """Probes and lists of models talk to servers themselves: they send fixed texts and never a document."""
    makers = {"OpenAIBackend", "LlamaServerBackend", "HttpClient", "make_backend", "ServerProbe"}
    users = {}
    texts = {file.relative_to(PACKAGE).as_posix(): file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")}
    for file, text in texts.items():
        if not any(maker in text for maker in makers):  # to parse every file takes seconds
            continue
        names = {
            node.func.id
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers
        }
        if names:
            users[file] = names
    outside = {name for name in users if not name.startswith("backends/")}
    assert outside == {
        "features/connector.py",
        "features/probing/inspect.py",
        "features/served_models.py",
        "commands/doctor/probe.py",
    }
    ways = {
        "AsyncClient(": {"backends/httpx_sender.py"},
        "urlopen(": set(),
        "create_connection(": {"backends/loopback.py"},
        "open_connection(": set(),
    }
    for way, allowed in ways.items():
        senders = {name for name, text in texts.items() if way in text and not name.startswith("engines/")}
        assert senders == allowed, way
