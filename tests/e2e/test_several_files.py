"""A changed signature changes its calls in other files: all or nothing, always shown first; what was not is told.

A real server process and a scripted model; the editor has one or more documents of a folder open.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Start, actions_at, shown, until
from tests.support.action_client import BARE, FULL, ActionEditor
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import SILENCE, ServerError
from tests.support.project_editor import ProjectEditor

pytestmark = pytest.mark.usefixtures("without_checkers")

OWN = "def area(w, h, unit):\n    return w * h\n\n\nprint(area(1, 2, 'm'))\n"
OWN_AFTER = "def area(w, h):\n    return w * h\n\n\nprint(area(1, 2))\n"
CALLER = "from a import area  # keep\n\n\ndef floor(w):\n    return area(w, 2, unit='m')  # two\n"
CALLER_AFTER = CALLER.replace(", unit='m'", "")
ANSWER = "Not used.\n\nThe whole edited code:\n```python\ndef area(w, h):\n    return w * h\n```\n"
WHERE = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 4}}
RESOLVES_NOT = deepcopy(FULL)
del RESOLVES_NOT["textDocument"]["codeAction"]["resolveSupport"]

Begin = Callable[..., Awaitable[ProjectEditor]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.py").write_bytes(OWN.encode())
    (folder / "b.py").write_bytes(CALLER.encode())
    (folder / "c.py").write_bytes(CALLER.replace("\n", "\r\n").encode())
    return folder


@pytest.fixture
async def begin(start: Start, backend: FaultServer, project: Path) -> Begin:
    async def made(capabilities: Any = FULL, handling: Any = "transactional", **answers: Any) -> ProjectEditor:
        client = await start(
            url=backend.url,
            capabilities=capabilities,
            folder=project,
            answers=answers,
            environ=actions_at(backend.url, COMPLETION__ENABLED="false"),
        )
        encoding = capabilities["general"]["positionEncodings"][0]
        editor = ProjectEditor(client, project, handling, encoding=encoding)
        client._answers.setdefault("workspace/applyEdit", editor.apply)
        return editor

    backend.chat_answers = [ANSWER, "No.\n", "No.\n", "No.\n"]
    return made


async def resolved(one: ActionEditor) -> Any:
    offered = await one.offers(WHERE)
    action = next(action for action in offered if "implify" in action["title"])
    return (await one.resolve(action)).get("edit")


async def performed(one: ActionEditor) -> Any:
    offered = await one.offers(WHERE)
    action = next(action for action in offered if "implify" in action["title"])
    command = action if isinstance(action["command"], str) else action["command"]
    ask = {"command": command["command"], "arguments": command["arguments"]}
    return await one.client.request("workspace/executeCommand", ask, timeout_s=60)


def annotation_ids(edit: Any) -> list[str]:
    return [text["annotationId"] for change in edit["documentChanges"] for text in change["edits"]]


async def test_calls_in_other_files_change_with_the_parameters(begin: Begin) -> None:
    """One file is open, one is closed with other line ends: both are in the edit, and nothing else of them changes."""
    editor = await begin()
    one = editor.open("a.py")
    editor.open("b.py")
    edit = await resolved(one)
    assert [change["textDocument"]["version"] for change in edit["documentChanges"]] == [1, 1, None]
    assert set(annotation_ids(edit)) == {"autothink"}, "each part is shown first"
    (annotation,) = edit["changeAnnotations"].values()
    assert annotation["needsConfirmation"] is True
    assert "b.py:5, c.py:5" in annotation["description"]
    assert editor.apply_edit(edit) == {"applied": True}
    assert editor.text("a.py") == OWN_AFTER
    assert editor.text("b.py") == CALLER_AFTER
    assert editor.text("c.py") == CALLER_AFTER.replace("\n", "\r\n")


async def test_call_that_no_rule_can_change_is_sent_to_the_model(
    begin: Begin, backend: FaultServer, project: Path
) -> None:
    (project / "c.py").write_text("from a import area\n\nsize = area(*given)\n")
    blocks = "So.\nFile: c.py\n<<<<<<< SEARCH\nsize = area(*given)\n=======\nsize = area(*given[:2])\n>>>>>>> REPLACE\n"
    backend.chat_answers = [ANSWER, blocks]
    editor = await begin()
    backend.chat_answers = [ANSWER, blocks]
    edit = await resolved(editor.open("a.py"))
    editor.apply_edit(edit)
    assert editor.text("c.py") == "from a import area\n\nsize = area(*given[:2])\n"
    assert editor.text("b.py") == CALLER_AFTER


async def test_unchanged_call_is_reported(begin: Begin, project: Path) -> None:
    (project / "c.py").write_text("from a import area\n\nsize = area(*given)\nmore = area(*given)\n")
    editor = await begin()
    edit = await resolved(editor.open("a.py"))
    (annotation,) = edit["changeAnnotations"].values()
    assert "2 calls in other files were not changed: c.py:3, c.py:4." in annotation["description"]
    assert len(edit["documentChanges"]) == 2


OTHER_FILES: dict[str, str] = {
    "a file that the model was not shown": "File: d.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n",
    "a file above the folder": "File: ../x.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n",
    "a line that it was not shown": "File: c.py\n<<<<<<< SEARCH\nfar = 1\n=======\nfar = 2\n>>>>>>> REPLACE\n",
}


@pytest.mark.parametrize("answer", OTHER_FILES)
async def test_the_model_changes_only_what_it_was_shown(
    begin: Begin, backend: FaultServer, project: Path, answer: str
) -> None:
    (project / "d.py").write_text("x = 1\n")
    (project.parent / "x.py").write_text("x = 1\n")
    (project / "c.py").write_text("from a import area\n\nsize = area(*given)\n" + "\n" * 20 + "far = 1\n")
    editor = await begin()
    backend.chat_answers = [ANSWER, "So.\n" + OTHER_FILES[answer]]
    edit = await resolved(editor.open("a.py"))
    names = [Path(change["textDocument"]["uri"]).name for change in edit["documentChanges"]]
    assert names == ["a.py", "b.py"]


def link_out(project: Path) -> None:
    (project.parent / "outside.py").write_text(CALLER)
    (project / "c.py").unlink()
    (project / "c.py").symlink_to(project.parent / "outside.py")


def ignored(project: Path) -> None:
    (project / ".gitignore").write_text("c.py\n")


def other_encoding(project: Path) -> None:
    (project / "c.py").write_bytes(CALLER.replace("two", "zw\xf6lf").encode("latin-1"))


def wide_encoding(project: Path) -> None:
    (project / "c.py").write_bytes(CALLER.encode("utf-16"))


def empty(project: Path) -> None:
    (project / "c.py").write_text("area = 1\n")


# Whether the user is told that its calls were not looked at.
HIDDEN: dict[str, tuple[Callable[[Path], None], bool]] = {
    "a link out of the folder": (link_out, False),
    "an ignored file": (ignored, True),
    "a file in Latin-1": (other_encoding, True),
    "a file in UTF-16": (wide_encoding, False),
    "a file without a call": (empty, False),
}


@pytest.mark.parametrize("how", HIDDEN)
async def test_files_that_the_model_may_not_see_are_left_alone(
    begin: Begin, backend: FaultServer, project: Path, how: str
) -> None:
    make, is_told = HIDDEN[how]
    make(project)
    editor = await begin()
    edit = await resolved(editor.open("a.py"))
    names = [Path(change["textDocument"]["uri"]).name for change in edit["documentChanges"]]
    assert names == ["a.py", "b.py"]
    (annotation,) = edit["changeAnnotations"].values()
    assert ("were not looked at: c.py" in annotation["description"]) == is_told


ENDS: dict[str, tuple[Callable[[str], bytes], bytes]] = {
    "CRLF": (lambda text: text.replace("\n", "\r\n").encode(), b""),
    "a byte order mark": (lambda text: text.encode(), b"\xef\xbb\xbf"),
    "mixed line ends": (lambda text: text.replace("\n", "\r\n", 2).encode(), b""),
    "no final newline": (lambda text: text.rstrip("\n").encode(), b""),
    "trailing blanks": (lambda text: text.replace("# keep\n", "# keep  \n").encode(), b""),
}


@pytest.mark.parametrize("ends", ENDS)
async def test_the_other_bytes_of_a_closed_file_stay(begin: Begin, project: Path, ends: str) -> None:
    form, mark = ENDS[ends]
    (project / "c.py").write_bytes(mark + form(CALLER))
    editor = await begin()
    edit = await resolved(editor.open("a.py"))
    assert editor.apply_edit(edit) == {"applied": True}
    assert editor.text("c.py").removeprefix("\ufeff").encode() == form(CALLER_AFTER)


# --- what happens to the other file before the edit is applied --------------------------------------------------------


def changed_on_disk(editor: ProjectEditor) -> None:
    (editor.folder / "c.py").write_text("x = 1\n" + CALLER)


def deleted(editor: ProjectEditor) -> None:
    (editor.folder / "c.py").unlink()


def became_a_link(editor: ProjectEditor) -> None:
    link_out(editor.folder)
    (editor.folder.parent / "outside.py").write_bytes(CALLER.replace("\n", "\r\n").encode())


def read_only(editor: ProjectEditor) -> None:
    (editor.folder / "c.py").chmod(0o444)


def opened_and_changed(editor: ProjectEditor) -> None:
    one = editor.open("c.py")
    one._replace({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "x = 1\n")


def closed(editor: ProjectEditor) -> None:
    one = editor.documents.pop((editor.folder / "b.py").as_uri())
    editor.client.notify("textDocument/didClose", {"textDocument": {"uri": one.uri}})


def same_place(editor: ProjectEditor) -> None:
    one = editor.documents[(editor.folder / "b.py").as_uri()]
    one._replace({"start": {"line": 4, "character": 24}, "end": {"line": 4, "character": 24}}, "x")


def other_place(editor: ProjectEditor) -> None:
    one = editor.documents[(editor.folder / "b.py").as_uri()]
    one._replace({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "import os\n")


def only_opened(editor: ProjectEditor) -> None:
    editor.open("c.py")


MEANWHILE: dict[str, tuple[Callable[[ProjectEditor], None], bool]] = {  # and whether the edit is still possible
    "nothing": (lambda _editor: None, True),
    "the closed file has changed on disk": (changed_on_disk, False),
    "the closed file is gone": (deleted, False),
    "the closed file has become a link out of the folder": (became_a_link, False),
    "the closed file is read-only": (read_only, os.geteuid() == 0),
    "the closed file was opened and changed": (opened_and_changed, False),
    "the closed file was opened": (only_opened, True),
    "the open file was closed": (closed, False),
    "the open file was changed in the same place": (same_place, False),
    "the open file was changed in another place": (other_place, True),
}


@pytest.mark.parametrize(
    ("what", "client"),
    [
        *((what, "versions") for what in MEANWHILE),
        ("nothing", "no versions"),
        ("the open file was changed in the same place", "no versions"),
        ("the closed file has changed on disk", "no versions"),
    ],
)
async def test_edits_of_several_files_are_applied_together_or_not_at_all(begin: Begin, what: str, client: str) -> None:
    """The user is asked with the list of files; one of them changes while the question is open."""
    change, is_possible = MEANWHILE[what]
    before: dict[str, str] = {}

    def answer(params: Any) -> Any:
        asked.append(params["message"])
        change(editor)
        before.update({name: _text(editor, name) for name in ("a.py", "b.py", "c.py")})
        return {"title": "Apply"}

    asked: list[str] = []
    capabilities = deepcopy(BARE)
    if client == "versions":
        capabilities["workspace"] = {"workspaceEdit": {"documentChanges": True}}
    editor = await begin(capabilities, **{"window/showMessageRequest": answer})
    one = editor.open("a.py")
    editor.open("b.py")
    await performed(one)
    assert len(asked) == 1
    assert "b.py:5, c.py:5" in asked[0]
    now = {name: _text(editor, name) for name in before}
    if not is_possible:
        assert now == before
        assert editor.applied == []
        assert any("nothing was applied" in text for text in shown(editor.client, 2))
        return
    assert now["a.py"] == OWN_AFTER
    for name in ("b.py", "c.py"):
        assert now[name].replace("\r\n", "\n").endswith(CALLER_AFTER)


def _text(editor: ProjectEditor, name: str) -> str:
    return editor.text(name) if (editor.folder / name).exists() else ""


@pytest.mark.parametrize(("handling", "late"), [("skip", "a.py"), ("skip", "b.py"), ("abort", "b.py")])
async def test_applied_parts_are_reverted_if_one_is_refused(begin: Begin, handling: str, late: str) -> None:
    """A key is on its way to one document when the edit is sent: its version is another one."""

    def apply(params: Any) -> Any:
        if len(editor.applied) == 0:
            one = editor.documents[(editor.folder / late).as_uri()]
            line = 4 if late == "b.py" else 0
            one._replace({"start": {"line": line, "character": 10}, "end": {"line": line, "character": 10}}, "x")
        return editor.apply(params)

    capabilities = deepcopy(BARE)
    capabilities["workspace"] = {"workspaceEdit": {"documentChanges": True}}
    answers = {"window/showMessageRequest": lambda _params: {"title": "Apply"}, "workspace/applyEdit": apply}
    editor = await begin(capabilities, handling, **answers)
    (editor.folder / "c.py").unlink()
    one = editor.open("a.py")
    editor.open("b.py")
    await performed(one)
    typed = {"a.py": OWN, "b.py": CALLER}
    lines = typed[late].split("\n")
    number = 4 if late == "b.py" else 0
    lines[number] = f"{lines[number][:10]}x{lines[number][10:]}"
    typed[late] = "\n".join(lines)
    await until(lambda: any("all of it was taken back" in text for text in shown(editor.client, 2)))
    assert {name: editor.text(name) for name in typed} == typed


async def test_an_action_that_is_cancelled_at_its_question_changes_no_file(begin: Begin) -> None:
    editor = await begin(BARE, **{"window/showMessageRequest": SILENCE})
    one = editor.open("a.py")
    offered = await one.offers(WHERE)
    action = next(action for action in offered if "implify" in action["title"])
    number, reply = one.client.send(
        "workspace/executeCommand", {"command": action["command"], "arguments": action["arguments"]}
    )
    await until(lambda: "window/showMessageRequest" in [method for method, _ in editor.client.requests])
    editor.client.notify("$/cancelRequest", {"id": number})
    with pytest.raises(ServerError):
        await asyncio.wait_for(reply, 30)
    assert editor.applied == []
    assert {name: editor.text(name) for name in ("a.py", "b.py")} == {"a.py": OWN, "b.py": CALLER}


async def test_undo_in_each_document_restores_it(begin: Begin) -> None:
    editor = await begin()
    one, other = editor.open("a.py"), editor.open("b.py")
    (editor.folder / "c.py").unlink()
    edit = await resolved(one)
    editor.apply_edit(edit)
    assert (one.text, other.text) == (OWN_AFTER, CALLER_AFTER)
    for document, text in ((one, OWN), (other, CALLER)):
        end = {"line": document.text.count("\n"), "character": 0}
        document._replace({"start": {"line": 0, "character": 0}, "end": end}, text)
    assert shown(editor.client, 2) == []
