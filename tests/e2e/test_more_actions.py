"""The menu's last entry, "More…", and the button that opens the document of an action: a real server over its own
pipes, the model is a script."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Start, until
from tests.e2e.test_fix_end_to_end import answer, editor
from tests.support.action_client import FULL
from tests.support.fault_server import FaultServer

CODE = "def area(w, h):\n    return w + h\n"
RIGHT = "def area(w, h):\n    return w * h"
PROBLEM = {
    "range": {"start": {"line": 1, "character": 11}, "end": {"line": 1, "character": 16}},
    "message": "the result is wrong",
    "severity": 1,
    "source": "test",
}
ASK = "window/showMessageRequest"
KAT = {"AUTOTHINK_ASSIST__THINK_PROFILE": "kat-v1", "AUTOTHINK_ASSIST__PREVIEW": "never"}


async def test_an_entry_behind_more_is_chosen_and_run(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    one = await editor(start, backend, tmp_path, "area.py", CODE, "python", environ=KAT)
    backend.passes_warm_ups = True
    asked: list[Any] = []

    def on_question(params: Any) -> Any:
        asked.append((params["message"], [action["title"] for action in params["actions"]]))
        return {"title": "Explain and fix: the result is wrong (fast)"}

    one.client._answers[ASK] = on_question
    one.client._answers["workspace/applyEdit"] = lambda params: one.apply(params["edit"])
    offered = await one.offers(PROBLEM["range"], [PROBLEM])
    fixes = [action for action in offered if action.get("kind") == "quickfix"]
    assert [action["title"].removeprefix("AutoThink: ") for action in fixes] == [
        "Explain and fix: the result is wrong",
        "Explain and fix: the result is wrong (think)",
        "More…",
    ]
    more = fixes[-1]
    assert await one.resolve(more) == more, "there is nothing to resolve"
    backend.chat_answers[:] = [answer(RIGHT)] * 4
    command = {"command": more["command"]["command"], "arguments": more["command"]["arguments"]}
    await one.client.request("workspace/executeCommand", command, timeout_s=60)
    titles = ["Explain and fix: the result is wrong (fast)", "Explain the selection"]
    assert asked == [("AutoThink: More actions", titles)]
    assert one.text == f"{RIGHT}\n"


async def test_dismissed_menu_runs_no_action(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    one = await editor(start, backend, tmp_path, "area.py", CODE, "python", environ=KAT)
    one.client._answers[ASK] = lambda _params: None
    more = next(a for a in await one.offers(PROBLEM["range"], [PROBLEM]) if a["title"] == "AutoThink: More…")
    for arguments in (more["command"]["arguments"], [{"actions": [{"title": 1}, 5]}], [{"actions": "x"}], [7], []):
        command = {"command": "autothink.moreActions", "arguments": arguments}
        assert await one.client.request("workspace/executeCommand", command) is None
    assert one.text == CODE


async def test_details_can_be_opened_after_an_edit(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    """Clients that announce it get the outcome with a button, others get no message for an applied edit."""
    capabilities = deepcopy(FULL)
    del capabilities["textDocument"]["codeAction"]["resolveSupport"]
    capabilities["experimental"]["autothinkDetails"] = True
    one = await editor(start, backend, tmp_path, "area.py", CODE, "python", environ=KAT, capabilities=capabilities)
    backend.passes_warm_ups = True
    asked: list[Any] = []
    shown: list[str] = []
    one.client._answers[ASK] = lambda params: asked.append(params) or {"title": "Show Details"}
    one.client._answers["window/showDocument"] = lambda params: shown.append(params["uri"]) or {"success": True}
    one.client._answers["workspace/applyEdit"] = lambda params: one.apply(params["edit"])
    backend.chat_answers[:] = [answer(RIGHT)] * 4
    chosen = next(a for a in await one.offers(PROBLEM["range"], [PROBLEM]) if "Explain and fix" in a["title"])
    command = {name: chosen["command"][name] for name in ("command", "arguments")}
    await one.client.request("workspace/executeCommand", command, timeout_s=60)
    await until(lambda: shown)
    (question,) = asked
    assert [action["title"] for action in question["actions"]] == ["Show Details"]
    assert question["message"].startswith("AutoThink: Fix the result is wrong. Nothing found wrong"), question
    (uri,) = shown
    text = (await one.client.request("workspace/textDocumentContent", {"uri": uri}))["text"]
    assert "\nNot what you wanted? Say what to change.\n" in text
