"""A better name for what is used elsewhere: the model proposes it, the editor's language server renames, and the edit is
shown and applied as every other. A real server process, a scripted model and a scripted editor."""

# ruff: noqa: E501 - a table
from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start, actions_at, shown, until
from tests.support.action_client import FULL, ActionEditor, choose
from tests.support.fault_server import FaultServer, Mode
from tests.support.lsp_client import REFUSED, SILENCE, LspClient, ServerError
from tests.support.project_editor import ProjectEditor

pytestmark = pytest.mark.usefixtures("without_checkers")

REQUEST = "autothink/rename"
OWN = "def calc(a):\n    return a\n\n\nprint(calc(1))\n"
OTHER = "from own import calc\n\ncalc(2)\n"
WHERE = {"start": {"line": 0, "character": 6}, "end": {"line": 0, "character": 6}}
NOTHING = "No language server here can rename `calc` to `total`."

CAPABLE = deepcopy(FULL)
CAPABLE["experimental"]["autothinkRename"] = True
PERFORMS = deepcopy(CAPABLE)  # gets edits with ``workspace/applyEdit``, and shows how an action ended
PERFORMS["experimental"] |= {"autothinkDetails": True, "autothinkDiagnostics": True}
del PERFORMS["textDocument"]["codeAction"]["resolveSupport"]

Begin = Callable[..., Awaitable[ProjectEditor]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "own.py").write_text(OWN)
    (folder / "other.py").write_text(OTHER)
    return folder


@pytest.fixture
async def begin(start: Start, backend: FaultServer, project: Path) -> Begin:
    async def made(capabilities: Any = CAPABLE, answer: Any = None, **environ: str) -> ProjectEditor:
        client = await start(
            url=backend.url,
            capabilities=capabilities,
            folder=project,
            answers={REQUEST: answer},
            environ=actions_at(backend.url, COMPLETION__ENABLED="false", **environ),
        )
        editor = ProjectEditor(client, project, encoding="utf-16")
        client._answers["workspace/applyEdit"] = editor.apply
        return editor

    backend.chat_answers = ["total"]
    return made


def place(line: int, start: int, text: str = "total") -> Any:
    end = start + len("calc")
    return {
        "range": {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}},
        "newText": text,
    }


def edit_of(project: Path, *, other: bool = True, version: int = 1) -> Any:
    own = {"textDocument": {"uri": (project / "own.py").as_uri(), "version": version}}
    changes = [{**own, "edits": [place(0, 4), place(4, 6)]}]
    if other:
        document = {"uri": (project / "other.py").as_uri(), "version": None}
        changes.append({"textDocument": document, "edits": [place(0, 16), place(2, 0)]})
    return {"edit": {"documentChanges": changes}, "by": "pyright"}


async def offered(one: ActionEditor) -> Any:
    return choose(await one.offers(WHERE), "clearer name")


async def performed(one: ActionEditor) -> Any:
    action = await offered(one)
    command = action if isinstance(action["command"], str) else action["command"]
    ask = {"command": command["command"], "arguments": command["arguments"]}
    return await one.client.request("workspace/executeCommand", ask, timeout_s=60)


def questions(client: LspClient) -> list[str]:
    return [params["message"] for method, params in client.requests if method == "window/showMessageRequest"]


def told(client: LspClient) -> list[str]:
    return [params["message"] for method, params in client.notifications if method == "window/logMessage"]


async def test_a_rename_in_two_files_is_shown_first_and_told_after_it_was_applied(begin: Begin, project: Path) -> None:
    editor = await begin(PERFORMS, edit_of(project))
    await performed(editor.open("own.py"))
    (asked,) = [params for method, params in editor.client.requests if method == REQUEST]
    assert asked == {
        "textDocument": {"uri": (project / "own.py").as_uri(), "version": 1},
        "position": {"line": 0, "character": 4},
        "newName": "total",
    }
    (edit,) = editor.applied
    (annotation,) = edit["changeAnnotations"].values()
    assert annotation == {"label": "AutoThink: Rename `calc` to `total`", "needsConfirmation": True}
    assert [one["textDocument"]["version"] for one in edit["documentChanges"]] == [1, None]
    assert editor.text("own.py") == OWN.replace("calc", "total")
    assert editor.text("other.py") == OTHER.replace("calc", "total")
    done = "AutoThink: Renamed `calc` to `total` in 2 files with pyright."
    await until(lambda: done in questions(editor.client))


async def test_a_resolved_action_has_the_edit_and_is_told_when_it_arrives(begin: Begin, project: Path) -> None:
    capabilities = deepcopy(CAPABLE)
    capabilities["experimental"]["autothinkDiagnostics"] = True
    editor = await begin(capabilities, edit_of(project))
    one = editor.open("own.py")
    action = await one.resolve(await offered(one))
    assert {text["annotationId"] for change in action["edit"]["documentChanges"] for text in change["edits"]}
    editor.apply_edit(action["edit"])
    wanted = "Renamed `calc` to `total` in 2 files with pyright."

    def reasons() -> list[str]:
        return [params.get("reason") for method, params in editor.client.notifications if method == "autothink/status"]

    await until(lambda: wanted in reasons())


async def test_only_one_file_is_applied_at_once_where_the_setting_says_so(begin: Begin, project: Path) -> None:
    editor = await begin(PERFORMS, edit_of(project, other=False), ASSIST__PREVIEW="never")
    await performed(editor.open("own.py"))
    (edit,) = editor.applied
    assert "changeAnnotations" not in edit
    assert editor.text("own.py") == OWN.replace("calc", "total")
    await until(lambda: "AutoThink: Renamed `calc` to `total` in 2 places with pyright." in questions(editor.client))


async def test_a_file_that_the_user_left_out_is_named(begin: Begin, project: Path) -> None:
    editor = await begin(PERFORMS, edit_of(project))

    def without_other(params: Any) -> Any:
        params["edit"]["documentChanges"].pop()
        return editor.apply(params)

    editor.client._answers["workspace/applyEdit"] = without_other
    await performed(editor.open("own.py"))
    done = "AutoThink: Renamed `calc` to `total` in 1 of 2 files with pyright. Not as proposed: other.py."
    await until(lambda: done in questions(editor.client))


async def test_a_refused_preview_renames_nothing_and_tells_nothing(begin: Begin, project: Path) -> None:
    editor = await begin(PERFORMS, edit_of(project))
    editor.client._answers["workspace/applyEdit"] = {"applied": False}
    await performed(editor.open("own.py"))
    await editor.client.request("workspace/executeCommand", {"command": "autothink.cancel"})
    assert (questions(editor.client), shown(editor.client)) == ([], [])
    assert editor.text("own.py") == OWN


async def test_without_the_capability_the_sentence_stays(begin: Begin) -> None:
    editor = await begin(FULL)
    one = editor.open("own.py")
    assert (await one.resolve(await offered(one))).get("edit") is None
    await until(lambda: shown(editor.client))
    said = "AutoThink: The model proposes `total` instead of `calc`. Use your editor's rename for it."
    assert shown(editor.client) == [said]
    assert REQUEST not in [method for method, _ in editor.client.requests]


# The editor's answer, and what the user is told.
ANSWERS: dict[str, tuple[Any, str]] = {
    "no language server": ({"failure": "unsupported"}, NOTHING),
    "an error": ({"failure": "refused", "by": "pyright", "reason": "no"}, "pyright did not rename `calc` to `total`: no."),
    "null": (None, "The editor's language server did not rename `calc` to `total`."),
    "no such method": (REFUSED, "The editor's language server did not rename `calc` to `total`."),
    "another form": ([1], "The editor's answer cannot be read, so `calc` was not renamed to `total`. Use your editor's rename."),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS)
async def test_an_answer_without_an_edit_is_one_clear_message(begin: Begin, case: str) -> None:
    answer, said = ANSWERS[case]
    editor = await begin(CAPABLE, answer)
    one = editor.open("own.py")
    action = await one.resolve(await offered(one))
    assert action.get("edit") is None
    await until(lambda: shown(editor.client))
    assert shown(editor.client) == [f"AutoThink: {said}"]
    assert editor.client.unanswered() == []


async def test_a_name_that_is_taken_is_not_asked_for(begin: Begin, project: Path, backend: FaultServer) -> None:
    (project / "own.py").write_text(f"{OWN}total = 1\n")
    editor = await begin(CAPABLE, edit_of(project))
    one = editor.open("own.py")
    assert (await one.resolve(await offered(one))).get("edit") is None
    await until(lambda: shown(editor.client))
    (said,) = shown(editor.client)
    assert "`total` is already used in line 6, so `calc` was not renamed." in said
    assert REQUEST not in [method for method, _ in editor.client.requests]


async def test_a_name_of_the_client_that_is_a_keyword_is_an_error(begin: Begin, backend: FaultServer) -> None:
    editor = await begin(CAPABLE)
    one = editor.open("own.py")
    action = await offered(one)
    action["data"]["instruction"] = "class"
    assert (await one.resolve(action)).get("edit") is None
    await until(lambda: shown(editor.client))
    assert "`class` is a keyword, so `calc` was not renamed." in shown(editor.client)[0]
    assert [body for body in backend.bodies if "messages" in body and body.get("max_tokens", 0) > 1] == []


async def test_cancelled_while_the_language_server_works_applies_nothing(begin: Begin, project: Path) -> None:
    editor = await begin(PERFORMS, SILENCE)
    one = editor.open("own.py")
    action = await offered(one)
    ask = {"command": action["command"]["command"], "arguments": action["command"]["arguments"]}
    number, reply = editor.client.send("workspace/executeCommand", ask)
    await until(lambda: REQUEST in [method for method, _ in editor.client.requests])
    editor.client.cancel(number)
    with pytest.raises(ServerError):
        await reply
    assert editor.applied == []
    assert editor.client.unanswered() == []


async def test_typing_above_while_the_model_thinks_moves_the_place(
    begin: Begin, project: Path, backend: FaultServer
) -> None:
    backend.mode = Mode.SLOW
    backend.chat_answers = [["to", "tal"]]

    def answer(params: Any) -> Any:
        assert params["textDocument"]["version"] == 2
        assert params["position"] == {"line": 1, "character": 4}
        own = {"uri": (project / "own.py").as_uri(), "version": 2}
        return {"edit": {"documentChanges": [{"textDocument": own, "edits": [place(1, 4), place(5, 6)]}]}}

    editor = await begin(PERFORMS, answer, ASSIST__PREVIEW="never")
    one = editor.open("own.py")
    action = await offered(one)
    ask = {"command": action["command"]["command"], "arguments": action["command"]["arguments"]}
    _, reply = editor.client.send("workspace/executeCommand", ask)
    await backend.until(lambda: backend.started == 1)
    top = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
    one._replace(top, "# above\n")
    backend.step(10)
    await reply
    assert editor.text("own.py") == "# above\n" + OWN.replace("calc", "total")


async def test_a_change_before_the_edit_is_applied_is_kept(begin: Begin, project: Path) -> None:
    editor = await begin(PERFORMS, edit_of(project))
    one = editor.open("own.py")
    changed = {"start": {"line": 4, "character": 6}, "end": {"line": 4, "character": 10}}

    def answer(_params: Any) -> Any:
        one._replace(changed, "abs")
        return edit_of(project)

    editor.client._answers[REQUEST] = answer
    await performed(one)
    await until(lambda: [*shown(editor.client), *questions(editor.client)])
    assert editor.applied == []
    assert editor.text("own.py") == OWN.replace("print(calc", "print(abs")
    assert editor.text("other.py") == OTHER, "all or nothing"
