"""Which requests think: cases from a misspelt name to a refactoring of two functions, over a real server process.

The scripted model thinks if it is told to. Its quick answers parse and are wrong, what it says after thinking is right,
so a case shows whether the policy chose well, and that no wrong edit arrives as one that needs no look.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import pytest
from attrs import define, field, frozen

from tests.e2e.conftest import Start, actions_at
from tests.support.action_client import FULL, ActionEditor, choose, diagnostic
from tests.support.fault_server import FaultServer

Json = Any
Mode = Literal["no model", "quick", "thinks"]
_LONG = "\n".join(
    f"    if key == {number}:\n        for one in items:\n            value += one" for number in range(8)
)
TEXT = f'''"""A module."""
import os


def short(items):
    lenght = len(items)
    return length


def typed(items: list[str]) -> int:
    value = 0
    return value + items


def optional(found):
    value = 0
    return value + found.group()


def long(key, items):
    value = 0
{_LONG}
    return value


def load(store, key):
    value = 0
    if key not in store:
        store[key] = read(key)
    return store[key]


def reload(store, key):
    if key in store:
        del store[key]
    return load(store, key)


# Make it impossible that two callers load the same key twice
def fetch(store, key):
    value = 0
    return load(store, key)


async def later(client):
    value = 0
    client.send()
    return value


def described(items):
    value = 0
    return value
'''


@frozen
class Case:
    """``line`` is the first one that has these words. A case is a message, or an action with a selection of lines."""

    name: str
    line: str
    mode: Mode
    message: str = ""
    source: str = "Pyright"
    code: str = ""
    word: str = ""  # that the message is about
    action: str = ""
    until: str = ""  # the last line of the selection
    has_edit: bool = True


CASES = (
    Case("typo", "return length", "no model", '"length" is not defined', code="reportUndefinedVariable", word="length"),
    Case("import", "import os", "no model", 'Import "os" is not accessed', code="reportUnusedImport", word="os"),
    Case("rename", "lenght = len", "quick", action="Propose a clearer name", word="lenght", has_edit=False),
    Case("docstring", "def described", "quick", action="Write a docstring", has_edit=False),
    Case("types", "def described", "quick", action="Add types"),
    Case("explain", "def long", "quick", action="Explain", has_edit=False),
    Case(
        "type",
        "return value + items",
        "thinks",
        'Operator "+" not supported for types "int" and "list[str]"',
        code="reportOperatorIssue",
        word="items",
    ),
    Case(
        "optional",
        "return value + found",
        "thinks",
        '"group" is not a known attribute of "None"',
        code="reportOptionalMemberAccess",
        word="group",
    ),
    Case(
        "wrong result", "return value + items", "thinks", "AssertionError: assert 3 == 4", source="pytest", word="value"
    ),
    Case("refactor at its name", "def long", "thinks", action="Simplify"),
    Case("refactor at column 0", "def long", "thinks", action="Simplify", word="def"),
    Case("refactor of a selection", "def long", "thinks", action="Simplify", until="return value"),
    Case("two functions selected", "def load", "thinks", action="Simplify", until="return load(store, key)"),
    Case("above two functions, in words", "# Make it impossible", "thinks", action="Do what the comment"),
    Case(
        "missing await",
        "client.send()",
        "thinks",
        'Result of async function call is not used; use "await" or assign result to variable',
        code="reportUnusedCoroutine",
        word="client",
    ),
    Case("race", "value = 0", "thinks", "data race: two goroutines write value", source="checker", word="value"),
)


@define
class Model:
    """Answers every chat: with the fenced code of the prompt, changed."""

    backend: FaultServer
    asked: list[Mode] = field(factory=list)

    def answer(self) -> list[str | dict[str, Any]]:
        body = self.backend.answering
        thinks = bool(body.get("chat_template_kwargs", {}).get("enable_thinking"))
        self.asked.append("thinks" if thinks else "quick")
        prompt = body["messages"][-1]["content"]
        fences = re.findall(r"```[a-z]*\n(.*?)```", prompt, re.DOTALL)
        code = next((one for one in reversed(fences) if "value = 0" in one), "x = 1\n")
        changed = code.replace("value = 0", "value = 2" if thinks else "value = 1")
        answer = f"It was wrong.\n\n```python\n{changed}```\n"
        return [{"reasoning": "Let me see. "}, {"reasoning": "It is 2."}, answer] if thinks else [answer]


@pytest.fixture
async def editor(start: Start, backend: FaultServer, tmp_path: Path) -> ActionEditor:
    backend.models = ["Qwen3-8B"]
    file = tmp_path / "project" / "cases.py"
    file.parent.mkdir()
    file.write_text(TEXT)
    environ = actions_at(backend.url, COMPLETION__ENABLED="false", ASSIST__PREVIEW="unproved")
    client = await start(url=backend.url, capabilities=FULL, folder=file.parent, environ=environ)
    made = ActionEditor(client, file.as_uri(), "python", TEXT)
    made.open()
    return made


def place(case: Case) -> Json:
    lines = TEXT.split("\n")
    first = next(number for number, line in enumerate(lines) if case.line in line)
    start = lines[first].find(case.word) if case.word else lines[first].find("(") - 1
    if not case.until:
        end = start + len(case.word) if case.message else start
        return {"start": {"line": first, "character": start}, "end": {"line": first, "character": end}}
    last = next(number for number, line in enumerate(lines) if number > first and case.until in line)
    return {"start": {"line": first, "character": 0}, "end": {"line": last, "character": len(lines[last])}}


def written_by(edit: Json) -> list[str]:
    """What the edit writes; the model changes one figure, so a minimal edit is that figure."""
    changes = (edit or {}).get("documentChanges") or []
    return [one["newText"] for change in changes for one in change.get("edits", ())]


def needs_confirmation(edit: Json) -> bool:
    annotations = edit.get("changeAnnotations") or {}
    return any(one.get("needsConfirmation") for one in annotations.values())


async def test_hard_cases_think_and_no_wrong_edit_is_reported_as_proved(
    editor: ActionEditor, backend: FaultServer
) -> None:
    model = Model(backend)
    wrong: list[str] = []
    for case in CASES:
        backend.chat_answers = [model.answer] * 9
        model.asked.clear()
        where = place(case)
        first = where["start"]
        message = diagnostic(
            first["line"],
            first["character"],
            where["end"]["character"],
            case.message,
            source=case.source,
            code=case.code,
        )
        found = await editor.offers(where, [message] if case.message else [])
        resolved = await editor.resolve(choose(found, case.action or "Explain and fix"))
        asked: Mode = "no model" if not model.asked else model.asked[0]
        if asked != case.mode:
            wrong.append(f"{case.name}: {asked} instead of {case.mode}")
        edit = resolved.get("edit")
        written = written_by(edit)
        if written == ["1"] and not needs_confirmation(edit):
            wrong.append(f"{case.name}: a wrong edit without confirmation")
        if case.mode == "thinks" and written != ["2"]:
            wrong.append(f"{case.name}: not the right edit")
    assert not wrong, "\n".join(wrong)
