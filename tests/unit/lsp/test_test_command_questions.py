"""The question whether a project's tests check fixes: asked once, only where something is to be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, cast

import pytest

from autothink_lsp.lsp.client import Client
from autothink_lsp.lsp.user_questions import TestCommandQuestions
from autothink_lsp.verify.project_tests.agreed_command import AgreedCommands


class AskedClient:
    """Answers each question with ``answer`` and keeps the questions."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.questions: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []

    def spawn(self, work: Coroutine[Any, Any, None], _name: str) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))

    async def ask(self, text: str, _answers: tuple[str, ...], **_more: object) -> str | None:
        self.questions.append(text)
        return self.answer


@pytest.mark.parametrize(("answer", "used"), [("Yes", ("go", "test", "./...")), ("No", ()), (None, ())])
async def test_the_question_is_asked_once_and_its_answer_counts(
    answer: str | None, used: tuple[str, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "go.mod").touch()
    commands = AgreedCommands(tmp_path / "state")
    client = AskedClient(answer)
    questions = TestCommandQuestions(cast("Client", client), commands)
    questions.ask(folder, (), trusted=False)
    questions.ask(folder, ("make", "check"), trusted=True)
    questions.ask(None, (), trusted=True)
    assert client.tasks == []
    for _ in range(3):
        questions.ask(folder, (), trusted=True)
    await asyncio.gather(*client.tasks)
    (question,) = client.questions
    assert "Use `go test ./...` to check fixes in shop?" in question
    assert commands.command_for(folder, (), trusted=True) == used
    later = AskedClient(answer)
    TestCommandQuestions(cast("Client", later), commands).ask(folder, (), trusted=True)
    assert bool(later.tasks) is (answer is None)
    await asyncio.gather(*later.tasks)
