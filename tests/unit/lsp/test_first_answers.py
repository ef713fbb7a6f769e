"""In other editors the first answer of a question agrees to nothing, since Enter may take it while the user types."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from lsprotocol import types

import autothink_lsp.lsp
from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.user_questions import TestCommandQuestions
from autothink_lsp.verify.project_tests.agreed_command import AgreedCommands

FOLDER = Path(autothink_lsp.lsp.__file__).parent
# Questions that follow a choice of the user at once, or whose answer changes nothing.
OTHERS = {"(_DETAILS,)": "assist_actions.py", "tuple(titles)": "code_action.py"}


class Server:
    """An editor that takes the first answer."""

    def __init__(self) -> None:
        self.titles: list[list[str]] = []
        self.protocol = self

    async def send_request_async(self, _method: str, params: types.ShowMessageRequestParams) -> Any:
        assert params.actions is not None
        self.titles.append([action.title for action in params.actions])
        return params.actions[0]


def client_of(server: Server, *, is_ours: bool) -> Client:
    client = Client(cast("Any", server))
    client.announced(types.ClientCapabilities(experimental={"autothinkStatus": is_ours}))
    return client


@pytest.mark.parametrize(("is_ours", "first"), [(True, "Apply"), (False, "No")])
async def test_the_harmless_answer_comes_first_in_other_editors(first: str, *, is_ours: bool) -> None:
    server = Server()
    client = client_of(server, is_ours=is_ours)
    answer = await client.ask("Apply it?", ("Apply", "No"), timeout_s=5, harmless="No")
    assert answer == first
    assert sorted(server.titles[0]) == ["Apply", "No"]


@pytest.mark.parametrize("is_ours", [True, False])
async def test_the_first_answer_to_the_test_command_runs_nothing_in_other_editors(
    tmp_path: Path, *, is_ours: bool
) -> None:
    (tmp_path / "go.mod").touch()
    server, commands = Server(), AgreedCommands(tmp_path / "state")
    TestCommandQuestions(client_of(server, is_ours=is_ours), commands).ask(tmp_path, (), trusted=True)
    await asyncio.wait(asyncio.all_tasks() - {cast("Any", asyncio.current_task())}, timeout=20)
    assert server.titles == [["Yes", "No"] if is_ours else ["Not Now", "Yes", "No"]]
    assert bool(commands.command_for(tmp_path, (), trusted=True)) is is_ours
    assert bool(commands.to_ask_about(tmp_path, (), trusted=True)) is not is_ours, "nothing was stored"


def test_each_question_names_its_harmless_answer() -> None:
    found: dict[str, str] = {}
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("client.ask")):
                continue
            if all(each.arg != "harmless" for each in node.keywords):
                found[ast.unparse(node.args[1])] = path.name
    assert found == OTHERS
