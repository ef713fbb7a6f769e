"""The user's words to an edit that was shown: the conversation goes on, before and after the edit was applied; and an
action that the user defined, in the menu."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.conftest import Start
from tests.e2e.test_fix_end_to_end import answer, editor
from tests.support.fault_server import FaultServer

CODE = "def area(w, h):\n    # both in metres\n    return w + h\n"
PROBLEM = {
    "range": {"start": {"line": 2, "character": 11}, "end": {"line": 2, "character": 16}},
    "message": "the result is wrong",
    "severity": 1,
    "source": "test",
}
WITHOUT_COMMENT = "def area(w, h):\n    return w * h"
WITH_COMMENT = "def area(w, h):\n    # both in metres\n    return w * h"


def chats(backend: FaultServer) -> list[list[dict[str, str]]]:
    """The messages of each request of an action; the server is probed between them."""
    found = [body["messages"] for body in backend.bodies if "messages" in body]
    return [messages for messages in found if "careful programmer" in messages[0]["content"]]


async def test_follow_up_instruction_continues_the_conversation(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    one = await editor(start, backend, tmp_path, "area.py", CODE, "python")
    backend.passes_warm_ups = True
    backend.chat_answers = [answer(WITH_COMMENT), answer(WITH_COMMENT.replace("return w * h", "return h * w"))]
    await one.fix(PROBLEM)
    assert one.text == f"{WITH_COMMENT}\n", "the edit was applied or previewed"
    one.client.notify(
        "textDocument/didChange",
        {"textDocument": {"uri": one.uri, "version": one.version + 1}, "contentChanges": [{"text": one.text}]},
    )
    one.client._answers["workspace/applyEdit"] = lambda params: one.apply(params["edit"])
    first = chats(backend)[-1]
    argument = {"text": "put the height first", "uri": one.uri}
    done = await one.client.request(
        "workspace/executeCommand", {"command": "autothink.followUp", "arguments": [argument]}, timeout_s=90
    )
    second = chats(backend)[-1]
    assert second[: len(first)] == first, "one prefix for the cache"
    assert [message["role"] for message in second[len(first) :]] == ["assistant", "user"]
    assert "put the height first" in second[-1]["content"]
    assert WITH_COMMENT in second[-1]["content"], "the present code"
    assert done is True
    assert one.text.rstrip().endswith("return h * w")


async def test_follow_up_without_an_edit_does_nothing(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    one = await editor(start, backend, tmp_path, "area.py", CODE, "python")
    for argument in ({"text": "x", "uri": one.uri}, {"text": "x"}, {"text": ""}, {"text": 1}, None):
        params = {"command": "autothink.followUp", "arguments": [argument]}
        assert await one.client.request("workspace/executeCommand", params) is False
    assert backend.bodies == []


async def test_a_user_defined_action_is_in_the_menu_of_its_language(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    actions = (
        '[{name = "Swap", prompt = "Swap them.", languages = ["python"]}, '
        '{name = "Only Go", prompt = "x", languages = ["go"]}]'
    )
    environ = {"AUTOTHINK_ASSIST__ACTIONS": actions}
    one = await editor(start, backend, tmp_path, "area.py", CODE, "python", environ=environ)
    backend.chat_answers = [answer(WITH_COMMENT.replace("return w * h", "return h + w"))]
    offered = await one.offers(PROBLEM["range"])
    titles = [action["title"] for action in offered]
    assert ("AutoThink: Swap" in titles, "AutoThink: Only Go" in titles) == (True, False)
    chosen = next(action for action in offered if action["title"] == "AutoThink: Swap")
    chosen["data"]["instruction"] = "another prompt"
    resolved = await one.resolve(chosen)
    assert "The user says: Swap them." in chats(backend)[-1][-1]["content"]
    assert "another prompt" not in str(backend.bodies)
    assert "h + w" in str(resolved["edit"]) or '"h"' in str(resolved["edit"]).replace("'", '"')
