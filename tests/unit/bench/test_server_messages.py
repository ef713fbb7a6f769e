"""The journal of ``python -m tests.bench messages``: what a later run measures again, and the table."""

from __future__ import annotations

import json
from pathlib import Path

from attrs import asdict, evolve

from tests.bench.server_messages import FixResult, _append, left_to_do, read_journal, table
from tests.servers.message_table import SIBLINGS, load_messages

MESSAGES = load_messages(SIBLINGS)


def result(index: int = 0, *, when: str = "before", is_seen: bool = True) -> FixResult:
    return FixResult.measured_now(
        MESSAGES[index], when, 1.0, seen=is_seen, claimed=False, right="Proved.", wrong="Failed."
    )


def test_a_later_run_measures_only_what_is_left(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    _append(journal, asdict(result()))
    with journal.open("a") as file:
        file.write('{"name": "killed')
    _append(journal, asdict(result(1)))
    done = read_journal(journal)
    assert set(done) == {(MESSAGES[0].name, "before"), (MESSAGES[1].name, "before")}
    left = [one for ones in left_to_do(MESSAGES, done, "before").values() for one in ones]
    assert left == MESSAGES[2:]
    assert len([one for ones in left_to_do(MESSAGES, done, "after").values() for one in ones]) == len(MESSAGES)


def test_a_message_that_was_changed_is_measured_again() -> None:
    changed = evolve(MESSAGES[0], wrong=f"{MESSAGES[0].wrong}\n")
    done = {(MESSAGES[0].name, "before"): result()}
    assert left_to_do([changed], done, "before") == {changed.tool: [changed]}


def test_table_counts_what_was_measured() -> None:
    first, second = MESSAGES[:2]
    assert first.tool == second.tool
    done = {(first.name, "before"): result(), (second.name, "before"): result(1, is_seen=False)}
    said = table([first, second], done)
    assert f"| {first.tool} | 2 | 1 of 2 | 0 of 0 | 0 of 2 | 0 of 0 |" in said
    assert f"- {second.name}, before: right fix: Proved." in said


def test_sibling_messages_are_new_and_their_fixes_change_the_text() -> None:
    names = [one.name for one in MESSAGES]
    assert len(set(names)) == len(names) >= 80
    assert {one.name for one in load_messages()}.isdisjoint(names)
    for one in MESSAGES:
        assert len({one.text, one.right, one.wrong}) == 3, one.name
        assert json.dumps(dict(one.diagnostic))
