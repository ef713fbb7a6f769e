"""Documents that break readers: odd line ends, lone surrogates, enormous lines, nesting that no recursion survives."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autothink_lsp.document.text import Text
from autothink_lsp.edits.minimal import minimal
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.values import Point
from tests.e2e.conftest import Start, actions_at, did_change, did_open, inline
from tests.hardening.conftest import Count
from tests.support.action_client import FULL
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import LspClient

DEEP = 50_000
DOCUMENTS = {
    "form feeds": ("python", "x = 1\x0c\ndef f():\n\x0c    return \x0c1\n" * 50),
    "lone surrogates": ("python", "a = '\ud800'\nb = '\udc00\ud800'\n" * 50),
    "CR only": ("python", "def f():\r    return 1\r" * 500),
    "every line end": ("python", "a\r\nb\rc\nd\u2028e\x85f\x0bg\r\r\n" * 50),
    "NUL": ("python", "a = 1\0\n" * 50),
    "1 MB line": ("javascript", "x = [" + "1," * 500_000 + "];\n"),
    "100,000 lines": ("python", "value = compute(first)\n" * 100_000),
    "brackets": ("python", "(" * DEEP),
    "lists in lists": ("json", "[" * DEEP + "]" * DEEP),
    "blocks": ("c", "void f() {" + "{" * DEEP + "}" * DEEP + "}"),
    "functions": ("javascript", "(function(){" * 10_000),
    "indentation": ("python", "".join(f"{' ' * n}if x:\n" for n in range(1_200))),
    "elements": ("html", "<div>" * DEEP),
    "operators": ("python", "x = " + "1+" * DEEP + "1\n"),
    "unary": ("rust", "fn f() { let x = " + "-" * DEEP + "1; }"),
    "comments": ("rust", "/*" * DEEP),
    "strings": ("python", "f'{" * 5_000),
    "interpolation": ("typescript", "`${" * 10_000),
    "else": ("c", "void f() { " + "if (a) {} else " * 10_000 + "{} }"),
    "here documents": ("shellscript", "cat <<A\n" * 5_000),
}
WHERE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 2}}


async def ask_everything(client: LspClient, uri: str, text: str, language: str) -> None:
    """What an editor does with a file: each is answered."""
    did_open(client, text, uri, language)
    last = len(text.splitlines()) + 2
    await inline(client, last, 10**6, uri)
    await inline(client, 0, 3, uri)
    did_change(client, 2, 0, 1, 1, "(", uri)
    did_change(client, 3, last // 2, 0, 0, "\n)", uri)
    await inline(client, last // 2, 1, uri)
    await client.request("autothink/documentStatus", {"uri": uri})
    problem = {"range": WHERE, "message": "is wrong", "severity": 1}
    params = {"textDocument": {"uri": uri}, "range": WHERE, "context": {"diagnostics": [problem], "triggerKind": 1}}
    for action in (await client.request("textDocument/codeAction", params) or [])[:1]:
        await client.request("codeAction/resolve", action, timeout_s=100)
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


@pytest.mark.timeout(400)
async def test_documents_known_to_break_parsers(
    start: Start, backend: FaultServer, tmp_path: Path, count: Count
) -> None:
    log = tmp_path / "server.log"
    client = await start(
        url=backend.url,
        capabilities=FULL,
        environ=actions_at(backend.url, LOG__FILE=str(log)),
    )
    for number, (name, (language, text)) in enumerate(DOCUMENTS.items()):
        await ask_everything(client, f"file:///odd/{number}", text, language)
        assert client.process.returncode is None, name
        assert "Traceback" not in log.read_text("utf-8"), name  # answered, but with nothing: an error was caught
    rss_kib = psutil.Process(client.process.pid).memory_info().rss // 1024
    count("odd documents: answered, KiB of memory afterwards", f"{len(DOCUMENTS)}, {rss_kib}")
    assert client.unanswered() == []
    assert rss_kib < 1024 * 1024


LINES = st.lists(st.sampled_from(["", "a", "b = 1", "  b = 2", "é𝕏", "\x0c", "\u2028", "return a"]), max_size=12)


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(LINES, LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_inverse_of_an_edit_is_an_edit(old: list[str], new: list[str], eol: str) -> None:
    """There and back by minimal edits is where one was, in every line end."""
    text = Text.from_str(eol.join(old))
    end = Point(text.line_count - 1, len(text.line(text.line_count - 1)))
    there = apply_replacements(text, minimal(text, Point(0, 0), end, "\n".join(new)))
    end = Point(there.line_count - 1, len(there.line(there.line_count - 1)))
    back = apply_replacements(there, minimal(there, Point(0, 0), end, "\n".join(old)))
    assert str(back) == (text.eol if there.eol == text.eol else there.eol).join(old)
