"""Where an editor tells that the cursor rests, the prompt is read before the first key there: one token, not shown."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import URI, Start, did_open, inline, until
from tests.support.fault_server import FaultServer

CODE = "".join(f"def before_{n}(a):\n    return a\n\n\n" for n in range(300)) + "def here(a, b):\n    \n"
LINE = CODE.count("\n") - 1
CURSOR = {"line": LINE, "character": 4}


def code_action(trigger: int, end: dict[str, int] | None = None) -> tuple[str, dict[str, Any]]:
    where = {"start": CURSOR, "end": end or CURSOR}
    context = {"diagnostics": [], "triggerKind": trigger}
    return "textDocument/codeAction", {"textDocument": {"uri": URI}, "range": where, "context": context}


async def begin(start: Start, backend: FaultServer, **environ: str) -> Any:
    """The server is connected by a key in the first function, and nothing is asked any more."""
    client = await start(url=backend.url, environ={"AUTOTHINK_COMPLETION__CONTEXT_TOKENS": "0", **environ})
    did_open(client, CODE)
    await inline(client, 1, 4, trigger=1)
    await until(lambda: not backend.running)
    backend.passes_warm_ups = False  # from here on they are what is looked at
    return client


@pytest.mark.parametrize("how", ["codeAction", "autothink/cursor"])
async def test_resting_cursor_prefills_the_prompt(start: Start, backend: FaultServer, how: str) -> None:
    client = await begin(start, backend)
    before = len(backend.bodies)
    if how == "codeAction":
        await client.request(*code_action(2))
    else:
        client.notify("autothink/cursor", {"uri": URI, "position": CURSOR})
    await until(lambda: len(backend.bodies) > before)
    assert "def here(a, b):" in backend.bodies[-1]["prompt"]
    assert backend.bodies[-1]["max_tokens"] == 1
    assert len(await inline(client, LINE, 4)) == 1


@pytest.mark.parametrize("params", [None, {}, {"uri": URI}, {"uri": URI, "position": {"line": -1, "character": "x"}}])
async def test_invalid_cursor_notification_is_no_error(start: Start, backend: FaultServer, params: Any) -> None:
    client = await begin(start, backend)
    client.notify("autothink/cursor", params)
    assert len(await inline(client, LINE, 4)) == 1


async def test_selection_and_opened_menu_do_not_prefill(start: Start, backend: FaultServer) -> None:
    client = await begin(start, backend)
    before = len(backend.bodies)
    await client.request(*code_action(2, {"line": LINE, "character": 0}))
    await client.request(*code_action(1))
    client.notify("autothink/cursor", {"uri": "file:///not-open.py", "position": CURSOR})
    await client.request(*code_action(2))
    await until(lambda: len(backend.bodies) > before)
    assert len(backend.bodies) == before + 1
