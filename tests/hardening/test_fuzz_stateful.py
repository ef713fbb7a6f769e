"""Any order of open, change, close, complete, cancel and new settings, to a real server process: its text is the
client's after every step, and each request gets one reply."""

from __future__ import annotations

import json
import re
from itertools import count as counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.hardening.conftest import Count
from tests.hardening.raw_server import RawServer, notification, request

URIS = ("file:///a.py", "file:///b.rs", "untitled:c")
LINE_END = re.compile(r"\r\n|\r|\n")
NUMBERS = counter(1)
texts = st.text(alphabet="ab (){}:=\n\r\t\x0c\u2028\x85é𝕏", max_size=30)


def position(text: str, offset: int) -> dict[str, int]:
    """LSP's position of a code point, in UTF-16: a line ends at \\n, \\r\\n or \\r and nowhere else."""
    ends = [end.end() for end in LINE_END.finditer(text) if end.end() <= offset]
    start = ends[-1] if ends else 0
    return {"line": len(ends), "character": len(text[start:offset].encode("utf-16-le", "surrogatepass")) // 2}


class Client(RuleBasedStateMachine):
    """The model: a text for each open document, and how many replies are owed."""

    server: RawServer
    steps = 0

    @initialize()
    def begin(self) -> None:
        self.texts: dict[str, str] = {}
        self.asked: list[str] = []
        for uri in URIS:
            self.server.send(notification("textDocument/didClose", {"textDocument": {"uri": uri}}))

    @rule(uri=st.sampled_from(URIS), text=texts)
    def open(self, uri: str, text: str) -> None:
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self.server.send(notification("textDocument/didOpen", {"textDocument": document}))
        self.texts[uri] = text

    @rule(uri=st.sampled_from(URIS), edits=st.lists(texts, max_size=3), data=st.data())
    def change(self, uri: str, edits: list[str], data: st.DataObject) -> None:
        changes, text = [], self.texts.get(uri, "")
        for new in edits:
            places = [at for at in range(len(text) + 1) if text[at - 1 : at + 1] != "\r\n" or at == 0]
            start, end = sorted((data.draw(st.sampled_from(places)), data.draw(st.sampled_from(places))))
            if data.draw(st.integers(0, 5)) == 0:
                changes.append({"text": new})
                text = new
                continue
            changes.append({"range": {"start": position(text, start), "end": position(text, end)}, "text": new})
            text = text[:start] + new + text[end:]
        params = {"textDocument": {"uri": uri, "version": next(NUMBERS)}, "contentChanges": changes}
        self.server.send(notification("textDocument/didChange", params))
        if uri in self.texts:
            self.texts[uri] = text

    @rule(uri=st.sampled_from(URIS))
    def close(self, uri: str) -> None:
        self.server.send(notification("textDocument/didClose", {"textDocument": {"uri": uri}}))
        self.texts.pop(uri, None)

    @rule(uri=st.sampled_from(URIS), line=st.integers(0, 5), character=st.integers(0, 30), cancelled=st.booleans())
    def complete(self, uri: str, line: int, character: int, *, cancelled: bool) -> None:
        number = f"complete {next(NUMBERS)}"
        place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
        self.server.send(request(number, "textDocument/inlineCompletion", {**place, "context": {"triggerKind": 2}}))
        if cancelled:
            self.server.send(notification("$/cancelRequest", {"id": number}))
        self.asked.append(json.dumps(number))

    @rule(enabled=st.sampled_from([True, False, "nonsense", None, [], {"x": 1}]))
    def configure(self, enabled: object) -> None:
        section = {"autothink": {"completion": {"enabled": enabled}}}
        self.server.send(notification("workspace/didChangeConfiguration", {"settings": section}))

    @invariant()
    def texts_are_equal(self) -> None:
        type(self).steps += 1
        for uri in URIS:
            assert self.server.ask("test/text", {"uri": uri})["result"] == self.texts.get(uri)

    def teardown(self) -> None:
        asked = getattr(self, "asked", [])
        self.server.until(lambda: all(self.server.replies[number] for number in asked))
        self.server.barrier()
        assert all(self.server.replies[number] == 1 for number in asked)


@pytest.mark.timeout(300)
def test_any_order_of_messages(tmp_path: Path, count: Count) -> None:
    Client.server = RawServer(tmp_path, observed=True)
    try:
        Client.server.start()
        run_state_machine_as_test(
            Client,
            settings=settings(
                max_examples=40,
                stateful_step_count=20,
                derandomize=True,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
        count("stateful: steps after which the text was compared", Client.steps)
        assert Client.server.stop() == 0
    finally:
        Client.server.kill()
