"""Which names the editor is asked for while the cursor rests, by a client that answers when and what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from autothink_lsp.features.assist.editor_definitions import EditorDefinition
from autothink_lsp.lsp.resting_cursor import RestingCursor
from autothink_lsp.values import Point, Position
from tests.support.context_harness import ContextHarness, settings

LIBRARY = "file:///lib/requests.pyi"
CODE = "fetch_all(1)\n" + "\n" * 200 + "send_all(2)\n"
LAST = 201


class Client:
    features = SimpleNamespace(definitions=True)

    def __init__(self) -> None:
        self.asked: list[int] = []  # lines
        self.answers: asyncio.Queue[tuple[EditorDefinition, ...] | None] = asyncio.Queue()
        self.tasks: list[asyncio.Task[object]] = []

    def spawn(self, work: Coroutine[Any, Any, object], name: str) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work, name=name))

    async def definitions(self, _snapshot: Any, points: Sequence[Point]) -> tuple[EditorDefinition, ...] | None:
        self.asked.append(points[0].line)
        return await self.answers.get()


class Rig:
    def __init__(self, folder: Path) -> None:
        self.context = ContextHarness(folder / "project", folder / "cache")
        self.uri = self.context.open("a.py", CODE)
        self.client = Client()
        context_provider = self.context.context_provider
        self.cursor = RestingCursor(cast("Any", self.client), self.context.documents, context_provider, rest_s=0.0)

    def gather(self, line: int) -> None:
        """As a suggestion does before: names are asked for where context is used."""
        self.context.gather("a.py", line, 0, settings("definitions"))

    async def settle(self) -> None:
        await asyncio.wait(self.client.tasks, timeout=5)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def answer(name: str) -> tuple[EditorDefinition, ...]:
    return (EditorDefinition(0, LIBRARY, 0, 1, f"def {name}(): ..."),)


async def until_asked(rig: Rig, times: int) -> None:
    async with asyncio.timeout(5):
        while len(rig.client.asked) < times:
            await asyncio.sleep(0)


async def test_a_cursor_that_moved_on_while_the_editor_was_asked_is_asked_for_next(rig: Rig) -> None:
    rig.gather(0)
    rig.cursor.rests(rig.uri, Position(0, 0))
    await until_asked(rig, 1)
    for line in (100, LAST):
        rig.cursor.rests(rig.uri, Position(line, 0))
    for name in ("fetch_all", "send_all"):
        rig.client.answers.put_nowait(answer(name))
    await rig.settle()
    assert rig.client.asked == [0, LAST]


async def test_a_name_is_asked_for_again_only_if_there_was_no_answer(rig: Rig) -> None:
    rig.gather(0)
    for reply in (None, (), answer("fetch_all")):
        rig.client.answers.put_nowait(reply)
        rig.cursor.rests(rig.uri, Position(0, 0))
        await rig.settle()
    assert rig.client.asked == [0, 0]


async def test_an_editor_that_never_answers_is_left_alone(rig: Rig) -> None:
    rig.gather(0)
    for _ in range(5):
        rig.client.answers.put_nowait(None)
        rig.cursor.rests(rig.uri, Position(0, 0))
        await rig.settle()
    assert rig.client.asked == [0, 0, 0]


async def test_an_editor_that_answers_late_at_first_is_asked_again_after_a_pause(rig: Rig) -> None:
    rig.cursor.pause_s = 0.0
    rig.gather(0)
    for reply in (None, None, None, answer("fetch_all")):
        rig.client.answers.put_nowait(reply)
        rig.cursor.rests(rig.uri, Position(0, 0))
        await rig.settle()
    assert rig.client.asked == [0, 0, 0, 0]
