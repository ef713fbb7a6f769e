"""Bytes that no client sends, to a real server process over its pipe.

Whatever comes: every request that can be read gets exactly one reply, nothing else gets one, the process lives and its
memory stays bounded. Examples are the same everywhere (``derandomize``): new ones are found with
``AUTOTHINK_FUZZ_EXAMPLES=2000`` and without ``derandomize``.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count as counter
from itertools import pairwise
from pathlib import Path

import pytest
from attrs import frozen
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.hardening.conftest import Count
from tests.hardening.raw_server import RawServer, frame, notification, request

EXAMPLES = int(os.environ.get("AUTOTHINK_FUZZ_EXAMPLES", "0"))
FUZZ = settings(
    max_examples=EXAMPLES or 120,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # one process sees all examples: a smaller one alone would prove nothing
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
URI = "file:///fuzz/a.py"
FIRST = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 3}}
NUMBERS = counter(1)
SENT: Counter[str] = Counter()


@frozen
class Piece:
    """Bytes; the ids that must be answered; and how many bytes the header promised and did not send."""

    data: bytes
    ids: tuple[str, ...] = ()
    missing_bytes: int = 0


scalars = st.none() | st.booleans() | st.integers(-(2**33), 2**33) | st.floats() | st.text(max_size=20)
uris = st.sampled_from(
    [URI, "file:///fuzz/b.rs", "untitled:1", "", "file:///never", "\ud800", "vscode-notebook-cell:x"]
)
positions = st.fixed_dictionaries(
    {"line": st.integers(-2, 9) | st.just(2**31 - 1) | scalars, "character": st.integers(-2, 99) | scalars}
)
values = st.recursive(
    scalars | uris | positions,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "uri",
                    "textDocument",
                    "position",
                    "range",
                    "context",
                    "data",
                    "command",
                    "arguments",
                    "version",
                    "text",
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
documents = st.fixed_dictionaries({"uri": uris, "version": st.integers(-3, 9)})
ranges = st.fixed_dictionaries({"start": positions, "end": positions})
nearly_right = st.one_of(
    st.fixed_dictionaries({"textDocument": documents, "position": positions, "context": values}),
    st.fixed_dictionaries(
        {"textDocument": documents, "position": positions, "context": st.just({"triggerKind": 1}), "more": values}
    ),
    st.fixed_dictionaries({"textDocument": documents, "range": ranges, "context": st.just({"diagnostics": []})}),
    st.fixed_dictionaries({"command": st.sampled_from(["autothink.accepted", "autothink.action", "rm"])}).map(
        lambda known: {**known, "arguments": [{"action": "fix", "uri": URI}]}
    ),
    st.fixed_dictionaries(
        {
            "textDocument": st.fixed_dictionaries(
                {"uri": uris, "languageId": st.sampled_from(["python", "rust", "nonsense"]), "version": st.just(1)}
            ).map(lambda known: {**known, "text": "def f(:\n\tx = '\ud800\x0c\r(((\n" * 3}),
        }
    ),
    st.fixed_dictionaries(
        {"textDocument": documents, "contentChanges": st.lists(st.fixed_dictionaries({"text": st.text(max_size=9)}))}
    ),
    st.fixed_dictionaries(
        {
            "textDocument": documents,
            "contentChanges": st.lists(st.fixed_dictionaries({"range": ranges, "text": st.text(max_size=9)})),
        }
    ),
    values,
)
request_methods = st.sampled_from(
    [
        "textDocument/inlineCompletion",
        "textDocument/completion",
        "textDocument/codeAction",
        "codeAction/resolve",
        "workspace/executeCommand",
        "workspace/textDocumentContent",
        "autothink/documentStatus",
        "initialize",
        "textDocument/didOpen",
        "$/cancelRequest",
        "initialized",
        "no/such/method",
        "\ud800",
        "",
    ]
)
notification_methods = st.sampled_from(
    [
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didClose",
        "notebookDocument/didOpen",
        "notebookDocument/didChange",
        "workspace/didChangeConfiguration",
        "workspace/didChangeWatchedFiles",
        "workspace/didChangeWorkspaceFolders",
        "window/workDoneProgress/cancel",
        "autothink/feedback",
        "$/setTrace",
        "textDocument/inlineCompletion",
        "no/such/notification",
    ]
)


@st.composite
def requests(draw: st.DrawFn) -> Piece:
    """Well formed frames; one id may be used twice, for which two replies are right."""
    number = draw(st.sampled_from([next(NUMBERS), f"text {next(NUMBERS)}"]))
    times = draw(st.sampled_from([1, 1, 1, 2]))
    method = draw(request_methods)
    data = request(number, method, draw(nearly_right)) * times
    SENT.update({"requests": times, "duplicate ids": times - 1, "unknown methods": method in {"no/such/method", ""}})
    if draw(st.booleans()):
        data += notification("$/cancelRequest", {"id": number})
        if draw(st.booleans()):  # a "reply" to it, which it is not
            data += frame({"jsonrpc": "2.0", "id": number, "result": None})
    return Piece(data, (json.dumps(number),) * times)


@st.composite
def damaged(draw: st.DrawFn) -> Piece:
    """What costs itself only."""
    kind = draw(st.sampled_from(["truncated", "header", "not utf-8", "not json", "noise", "response", "giant length"]))
    SENT[kind] += 1
    body = json.dumps({"jsonrpc": "2.0", "method": "$/setTrace", "params": draw(values)}).encode()
    if kind == "truncated":
        cut = draw(st.integers(0, len(body)))
        return Piece(b"Content-Length: %d\r\n\r\n%b" % (len(body), body[:cut]), (), len(body) - cut)
    if kind == "header":
        value = draw(st.sampled_from([b"-5", b"abc", b"1e3", b"", b"0x10", b"99999999999999999999"]))
        return Piece(b"Content-Length: " + value + b"\r\n\r\n")
    if kind == "giant length":  # beyond what is taken; as many digits as make the header no header at all
        return Piece(b"Content-Length: " + b"9" * draw(st.integers(13, 900)) + b"\r\n\r\n")
    if kind == "not utf-8":
        return Piece(frame(b'{"jsonrpc":"2.0","method":"' + draw(st.binary(min_size=1, max_size=40)) + b'"}'))
    if kind == "not json":
        return Piece(frame(draw(st.binary(max_size=200))))
    if kind == "noise":
        noise = draw(st.binary(max_size=100)).replace(b"\n", b"").replace(b"\r", b"")
        return Piece(noise + b"\r\n\r\n")
    number = draw(scalars)
    return Piece(frame({"jsonrpc": "2.0", "id": number, draw(st.sampled_from(["result", "error"])): draw(values)}))


@st.composite
def notifications(draw: st.DrawFn) -> Piece:
    SENT["notifications"] += 1
    return Piece(notification(draw(notification_methods), draw(nearly_right)))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawServer]:
    made = RawServer(tmp_path_factory.mktemp("home"))
    made.start()
    yield made
    made.kill()


def check_replies(server: RawServer, pieces: list[Piece]) -> None:
    expected = Counter(number for piece in pieces for number in piece.ids)
    note(f"{[piece.data for piece in pieces]}")
    server.until(lambda: all(server.replies[number] >= times for number, times in expected.items()))
    server.barrier()  # what is one too many has come by now
    assert {number: server.replies[number] for number in expected} == dict(expected)


@FUZZ
@given(st.lists(requests() | requests() | damaged() | notifications(), min_size=1, max_size=12))
def test_every_request_gets_one_reply(server: RawServer, pieces: list[Piece]) -> None:
    for piece in pieces:
        server.send(piece.data + b" " * piece.missing_bytes)
    server.barrier()
    check_replies(server, pieces)
    assert server.process.poll() is None
    # An empty place for the next example: it shall fail by itself where it fails.
    for uri in (URI, "file:///fuzz/b.rs", "untitled:1", "", "file:///never", "vscode-notebook-cell:x"):
        server.send(notification("textDocument/didClose", {"textDocument": {"uri": uri}}))


def test_memory_stays_bounded_after_fuzzing(server: RawServer, count: Count) -> None:
    """The same bytes again and again."""
    burst = b"".join(
        [
            frame(b"\xff\xfe{"),
            b"Content-Length: abc\r\n\r\n",
            notification("no/such/notification", ["x" * 500]),
            notification("workspace/didChangeConfiguration", {"settings": {}}),
            notification("textDocument/didOpen", {"textDocument": {"uri": 5}}),
            frame({"jsonrpc": "2.0", "id": "never asked", "result": "x" * 500}),
        ]
    )
    levels = []
    for _ in range(5):  # the first times decide how long the queues get, which is no leak
        for _ in range(100):
            server.send(burst * 10)
        levels.append(server.settled_rss_kib())
    # A leak grows each time; the allocator takes a new arena now and then.
    grown = min(after - before for before, after in pairwise(levels[1:]))
    count("fuzz: KiB grown over 6,000 damaged messages", grown)
    for what in sorted(SENT):
        count(f"fuzz: {what}", SENT[what])
    # 1,000 futures for 1,000 changes of settings were kept once: about 2 MiB.
    assert grown < 1024


@pytest.mark.parametrize("number", [None, 0, True, 1.5, 1e400, [], {}, "", 10**30, "\ud800", "x" * 100_000])
@pytest.mark.parametrize("method", ["no/such/method", "textDocument/inlineCompletion", "autothink/documentStatus"])
def test_odd_ids(server: RawServer, number: object, method: str) -> None:
    """One reply with the same id; with none where no id may be so. And it tells nothing of the server's inside."""
    before = sum(server.replies.values())
    server.results.clear()
    place = {"uri": URI, "textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}}
    server.send(request(number, method, {**place, "context": {"triggerKind": 2}}))
    server.until(lambda: sum(server.replies.values()) == before + 1)
    server.barrier()
    wrong = isinstance(number, bool | list | dict) or number == float("inf")
    said = server.results[json.dumps(None if wrong else number)]
    assert ("error" in said) == (wrong or method == "no/such/method")
    assert not wrong or said["error"]["code"] == -32600
    assert "line 1" not in json.dumps(said)
    assert "raceback" not in json.dumps(said)


@pytest.mark.parametrize("method", ["test/fail", "test/fail later"])
def test_error_response_contains_no_exception_text(tmp_path: Path, method: str) -> None:
    """It may quote a document, and it names paths of this machine."""
    server = RawServer(tmp_path, observed=True)
    try:
        server.start()
        error = server.ask(method, {"text": "code of the user"})["error"]
        assert error["code"] == -32603
        assert "code of the user" not in json.dumps(error)
        assert "raceback" not in json.dumps(error)
        assert server.stop() == 0
    finally:
        server.kill()


@pytest.mark.parametrize("depth", [50, 400, 900, 100_000])
@pytest.mark.parametrize("method", ["workspace/executeCommand", "codeAction/resolve", "no/such/method"])
def test_deep_nesting(server: RawServer, depth: int, method: str) -> None:
    """Recursive readers of JSON and of LSP's "any"."""
    server.send(
        frame(
            b'{"jsonrpc":"2.0","id":"deep %d %b","method":"%b","params":{"title":"t","command":"autothink.accepted",'
            % (depth, method.encode(), method.encode())
            + b'"data":%b,"arguments":[%b]}}' % ((b"[" * depth + b"]" * depth,) * 2)
        )
    )
    for _ in range(100):  # a resolve waits for the client's settings first
        server.barrier()
        known = server.replies[json.dumps(f"deep {depth} {method}")]
        if known or (depth == 100_000 and server.replies["null"]):
            break
        time.sleep(0.1)
    # Beyond what json itself reads, the id cannot be read either: the error has none.
    assert known == 1 or (depth == 100_000 and known == 0 and server.replies["null"])


def test_ten_thousand_requests_at_once(server: RawServer, count: Count) -> None:
    text = "def f():\n    return \n"
    server.send(
        notification(
            "textDocument/didOpen", {"textDocument": {"uri": URI, "languageId": "python", "version": 1, "text": text}}
        )
    )
    server.barrier()
    before = server.settled_rss_kib()
    kinds = (
        ("textDocument/inlineCompletion", {"position": {"line": 1, "character": 11}, "context": {"triggerKind": 2}}),
        ("textDocument/codeAction", {"range": FIRST, "context": {"diagnostics": []}}),
        ("autothink/documentStatus", {"uri": URI}),
        ("no/such/method", {}),
    )
    levels: list[int] = []
    for turn in range(4):  # the first decides how long the queues get; a leak grows each time
        data = b"".join(
            request(f"flood {turn} {i}", kinds[i % 4][0], {"textDocument": {"uri": URI}, **kinds[i % 4][1]})
            for i in range(10_000)
        )
        server.send(data)
        begin = f'"flood {turn}'
        server.until(
            lambda begin=begin: sum(server.replies[n] for n in server.replies if n.startswith(begin)) == 10_000
        )
        server.barrier()
        assert {server.replies[json.dumps(f"flood {turn} {i}")] for i in range(10_000)} == {1}
        levels.append(server.settled_rss_kib())
        if turn and levels[-1] - levels[-2] < 16 * 1024:
            break
    count("10,000 requests at once: replies", 10_000)
    count(
        "10,000 requests at once: KiB kept afterwards, and after once more",
        f"{levels[0] - before}, {levels[-1] - before}",
    )
    assert levels[-1] - levels[-2] < 16 * 1024, levels


def test_giant_message_is_read_and_its_memory_freed(server: RawServer, count: Count) -> None:
    levels = [server.settled_rss_kib()]
    for _ in range(4):  # a leak grows each time; an allocator may keep the memory of one message for the next
        server.send(notification("no/such/notification", ["x" * (64 << 20)]))
        levels.append(server.settled_rss_kib())
        grown = levels[-1] - levels[-2]
        if grown < 16 * 1024:
            break
    count("64 MiB notification: KiB kept afterwards", levels[-1] - levels[0])
    assert grown < 16 * 1024, levels


def test_server_exits_cleanly_after_fuzzing(server: RawServer) -> None:
    assert server.stop() == 0
