"""Everyday edits in many languages, typed key by key into a real server without a model, and the next edit that it
proposes (``everyday_next_edits.py``)."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

import pytest

from tests.e2e.conftest import did_close, did_open
from tests.e2e.everyday_next_edits import EVERYDAY
from tests.support.lsp_client import LspClient
from tests.support.next_edit_session import changed_lines


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", EVERYDAY)
async def test_everyday_edit(name: str, shared_client: LspClient) -> None:
    # Each row has a folder of its own: edits of another document of the folder count.
    folder = f"file:///w/{list(EVERYDAY).index(name)}"
    added = {"event": {"added": [{"uri": folder, "name": name}], "removed": []}}
    shared_client.notify("workspace/didChangeWorkspaceFolders", added)
    assert await _shown(shared_client, folder, name) == EVERYDAY[name][3]


async def _shown(client: LspClient, folder: str, name: str) -> str | None:
    language, text, edits, _ = EVERYDAY[name]
    uri, version = f"{folder}/a.{language}", 1
    did_open(client, text, uri, language)
    for old, new, nth in edits:
        at = -1
        for _ in range(nth):
            at = text.index(old, at + 1)
        for start, end, typed in _keys(old, new):
            version += 1
            where = {"start": _position(text, at + start), "end": _position(text, at + end)}
            client.notify(
                "textDocument/didChange",
                {
                    "textDocument": {"uri": uri, "version": version},
                    "contentChanges": [{"range": where, "text": typed}],
                },
            )
            text = text[: at + start] + typed + text[at + end :]
    asked = {"textDocument": {"uri": uri, "version": version}, "position": {"line": 0, "character": 0}}
    found = (await client.request("textDocument/copilotInlineEdit", asked))["edits"]
    did_close(client, uri)
    return _changed_lines(text, found[0]) if found else None


def _keys(old: str, new: str) -> list[tuple[int, int, str]]:
    """The changes that a user makes of ``old``: what differs is selected, and the new text typed over it."""
    head = _length_of_common_beginning(old, new)
    tail = _length_of_common_beginning(old[head:][::-1], new[head:][::-1])
    typed = new[head : len(new) - tail]
    if not typed:
        return [(head, len(old) - tail, "")]
    first = (head, len(old) - tail, typed[0])
    return [first, *((head + number, head + number, key) for number, key in enumerate(typed[1:], 1))]


def _length_of_common_beginning(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _position(text: str, offset: int) -> dict[str, int]:
    before = text[:offset]
    return {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}


def _changed_lines(text: str, edit: dict[str, Any]) -> str:
    """``3: old → new``, as in ``NextEditSession.shown``."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    start, end = (starts[edit["range"][side]["line"]] + edit["range"][side]["character"] for side in ("start", "end"))
    first, last = edit["range"]["start"]["line"], edit["range"]["end"]["line"]
    after = (text[:start] + edit["text"] + text[end:]).split("\n")
    return changed_lines(lines[first : last + 1], after[first : last + 1 + len(after) - len(lines)], first)
