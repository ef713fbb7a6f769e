"""Messages of many tools with a right and a wrong fix: how many are checked again, and that no wrong fix is claimed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.message_table import TOOLS, CheckedMessage, check_tool, load_messages, table

LEAST_SHARE = 0.7
LEAST_MESSAGES = 60
# The tools that answer in seconds. All of them: ``python -m tests.servers.message_table``.
QUICK_TOOLS = (
    "pyright",
    "ty",
    "typescript-language-server",
    "typescript-7",
    "json",
    "css",
    "html",
    "clangd",
    "gcc",
    "luac",
)


@pytest.mark.timeout(900)
async def test_messages_are_checked_again(environment: Path, tmp_path: Path) -> None:
    """Those of the quick tools, all in one run."""
    messages = load_messages()
    assert len(messages) >= LEAST_MESSAGES
    assert {message.tool for message in messages} == set(TOOLS)
    rows: list[CheckedMessage] = []
    for name in QUICK_TOOLS:
        rows += await check_tool(name, [one for one in messages if one.tool == name], environment, tmp_path)
    print(f"\n{table(rows)}")
    assert [row.message.name for row in rows if row.wrong.is_proved] == []
    assert sum(row.is_checked_again for row in rows) >= LEAST_SHARE * len(rows)


def test_fixes_change_the_text() -> None:
    for message in load_messages():
        assert len({message.text, message.right, message.wrong}) == 3, message.name
