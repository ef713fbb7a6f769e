"""``source.fixAll.autothink``: asked for by hand with a model, and on save without one. A real server over its own
pipes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Start, shown
from tests.e2e.test_fix_end_to_end import answer, editor
from tests.support.fault_server import FaultServer

KIND = "source.fixAll.autothink"
CODE = """\
def total(prices):
    result = 0
    for price in prices:
        result += pirce
    return result


def check(word):
    return word is 'a'
"""
BY_RULE = CODE.replace("pirce", "price")
ALL = BY_RULE.replace(" is ", " == ")
CHECK = "def check(word):\n    return word == 'a'"
ENVIRON = {"AUTOTHINK_ASSIST__PREVIEW": "failed", "AUTOTHINK_ASSIST__THINK": "off"}


def problem(line: int, start: int, end: int, message: str, code: str) -> dict[str, Any]:
    where = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
    return {"range": where, "message": message, "severity": 1, "source": "Ruff", "code": code}


PROBLEMS = [
    problem(3, 18, 23, "Undefined name `pirce`", "F821"),
    problem(8, 11, 22, "the comparison is wrong", "X1"),
]
CURSOR = {"start": {"line": 6, "character": 0}, "end": {"line": 6, "character": 0}}
WHOLE = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}


async def test_all_problems_are_fixed_by_rule_and_by_the_model(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    one = await editor(start, backend, tmp_path, "shop.py", CODE, "python", environ=ENVIRON)
    backend.passes_warm_ups = True
    backend.chat_answers[:] = [answer(CHECK)] * 4
    # Neovim asks with the cursor's place, VS Code with the whole document.
    (offered,) = await one.offers(CURSOR, PROBLEMS, only=[KIND])
    assert (offered["title"], offered["kind"]) == ("AutoThink: Fix all problems of this file", KIND)
    resolved = await one.resolve(offered)
    one.apply(resolved["edit"])
    assert one.text == ALL
    asked = [body for body in backend.bodies if "careful programmer" in str(body)]
    assert len(asked) == 1, "the misspelt name needs no model"
    assert "2 of 2" in " ".join(shown(one.client)), shown(one.client)


SILENT = "def check(word):\n    return word is 'a'  # noqa"
SWITCHED_OFF = "def check(word):\n    if not True:\n        return word is 'a'"


async def test_a_fix_that_only_silences_the_tool_is_left(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    one = await editor(start, backend, tmp_path, "shop.py", CODE, "python", environ=ENVIRON)
    backend.passes_warm_ups = True
    backend.chat_answers[:] = [answer(SILENT), answer(SWITCHED_OFF)] * 3
    (offered,) = await one.offers(CURSOR, PROBLEMS, only=[KIND])
    resolved = await one.resolve(offered)
    one.apply(resolved["edit"])
    assert one.text == BY_RULE, "the repair by rule alone"
    assert "Fix 1 of 2 problems" in " ".join(shown(one.client)), shown(one.client)
    asked = str([body for body in backend.bodies if "careful programmer" in str(body)][-1])
    assert re.search("silences the tool|switches the code off", asked), "the next attempt begins with the reason"


async def test_fix_on_save_sends_no_request_and_shows_no_message(
    start: Start, backend: FaultServer, tmp_path: Path
) -> None:
    one = await editor(start, backend, tmp_path, "shop.py", CODE, "python", environ=ENVIRON)
    backend.passes_warm_ups = True
    (offered,) = await one.offers(WHOLE, PROBLEMS, only=["source.fixAll"], trigger=2)
    resolved = await one.resolve(offered)
    one.apply(resolved["edit"])
    assert one.text == BY_RULE
    assert [body for body in backend.bodies if "careful programmer" in str(body)] == []
    assert shown(one.client) == []


async def test_fix_all_is_offered_only_as_source_action(start: Start, backend: FaultServer, tmp_path: Path) -> None:
    one = await editor(start, backend, tmp_path, "shop.py", CODE, "python", environ=ENVIRON)
    for only in (None, ["quickfix"], ["refactor"], ["source.organizeImports"]):
        assert KIND not in [action["kind"] for action in await one.offers(WHOLE, PROBLEMS, only=only)]
    assert await one.offers(WHOLE, [], only=[KIND]) == []
