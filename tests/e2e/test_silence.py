"""When the server is silent, over standard input and output: by place, after a deletion, after a rejection."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Start, did_change, did_open, inline
from tests.support.fault_server import FaultServer

INVOKED = 1
ADD = "def add(a, b):\n    "
PLACES = [
    ("# see ", 0, 6),
    ('def f():\n    """See \n    """\n', 1, 11),
    ("x = foo(a)", 0, 10),
    ("foo(bar(a))", 0, 10),
]


@pytest.mark.parametrize(("text", "line", "column"), PLACES)
async def test_unsuitable_place_gets_no_automatic_suggestion(
    start: Start, backend: FaultServer, kind: str, text: str, line: int, column: int
) -> None:
    client = await start(backend=kind, url=backend.url)
    did_open(client, text)
    assert await inline(client, line, column) == []
    assert backend.started == 0, "the model was asked"
    assert await inline(client, line, column, trigger=INVOKED), "asked by hand it speaks"


async def test_suggestions_in_comments_follow_the_settings(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url, environ={"AUTOTHINK_COMPLETION__SILENT_IN": "string"})
    did_open(client, "# see \nx = 'a '\n")
    assert await inline(client, 0, 6)
    assert await inline(client, 1, 7) == []


async def test_deletion_suppresses_suggestions(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD + "foo = 1")
    did_change(client, 2, 1, 8, 11, "")
    assert await inline(client, 1, 8) == []
    assert backend.started == 0
    did_change(client, 3, 1, 8, 8, "=")
    assert await inline(client, 1, 9)


async def test_suggestion_that_was_typed_over_is_not_shown_again(start: Start, backend: FaultServer) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD)
    (item,) = await inline(client, 1, 4)
    did_change(client, 2, 1, 4, 4, "y")
    did_change(client, 3, 1, 4, 5, "")
    assert await inline(client, 1, 4) == []
    (again,) = await inline(client, 1, 4, trigger=INVOKED)
    assert again["insertText"] == item["insertText"]
    did_change(client, 4, 1, 4, 4, "r")  # towards it
    assert await inline(client, 1, 5)


@pytest.mark.parametrize("event", ["dismissed", "undone"])
async def test_dismissed_suggestion_is_not_shown_again(start: Start, backend: FaultServer, event: str) -> None:
    client = await start(url=backend.url)
    did_open(client, ADD)
    (item,) = await inline(client, 1, 4)
    client.notify("autothink/feedback", {"id": item["command"]["arguments"][0], "event": event})
    assert await inline(client, 1, 4) == []
    client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///project/a.py"}})
    did_open(client, ADD)
    assert await inline(client, 1, 4), "a closed document is forgotten"


async def test_suggestion_below_a_complete_line_is_not_shown(start: Start, backend: FaultServer) -> None:
    """The model answers with the next line; it comes up there, without another request."""
    backend.pieces = ["\n    ", "return", " c"]
    client = await start(url=backend.url)
    did_open(client, ADD + "c = 1")
    assert await inline(client, 1, 9) == []
    did_change(client, 2, 1, 9, 9, "\n    ")
    (item,) = await inline(client, 2, 4)
    assert item["insertText"] == "return c"
    assert backend.started == 1


SURE = [-0.05, -0.1, -0.1, -3.0]  # of "return", " a", " + ", "b"


async def test_only_the_confident_part_is_shown(start: Start, backend: FaultServer, kind: str) -> None:
    backend.logprobs = SURE
    client = await start(backend=kind, url=backend.url)
    did_open(client, ADD)
    (item,) = await inline(client, 1, 4)
    assert item["insertText"] == "return a"
    await backend.until(lambda: backend.aborted + backend.finished == 1)  # hung up, or too late to


async def test_suggestion_with_an_unconfident_beginning_is_not_shown(
    start: Start, backend: FaultServer, kind: str
) -> None:
    backend.logprobs = [-4.0, 0.0, 0.0, 0.0]
    client = await start(backend=kind, url=backend.url)
    did_open(client, ADD)
    assert await inline(client, 1, 4) == []
    (item,) = await inline(client, 1, 4, trigger=INVOKED)
    assert item["insertText"] == "return a + b"
    asked = [bool(body.get("n_probs") or body.get("logprobs")) for body in backend.bodies]
    assert asked == [True, False], "who asks by hand gets whatever there is"


async def test_minimum_confidence_follows_the_settings(start: Start, backend: FaultServer) -> None:
    backend.logprobs = SURE
    client = await start(url=backend.url, environ={"AUTOTHINK_COMPLETION__CONFIDENCE": "0"})
    did_open(client, ADD)
    (item,) = await inline(client, 1, 4)
    assert item["insertText"] == "return a + b"
    assert "logprobs" not in backend.bodies[0]


async def test_a_server_that_refuses_log_probabilities_still_completes(start: Start, backend: FaultServer) -> None:
    backend.refused_fields = frozenset({"logprobs"})
    client = await start(url=backend.url)
    did_open(client, ADD)
    assert (await inline(client, 1, 4))[0]["insertText"] == "return a + b"
