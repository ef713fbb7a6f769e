"""``assist.actions``: what is read, and that each invalid action costs one problem and itself only."""

from __future__ import annotations

from typing import Any

import pytest

from autothink_lsp.settings.user_actions import MAX_ACTIONS, UserAction, UserActionsType

GOOD = {"name": "Log it", "prompt": "Add a log line."}


def parsed(*items: Any) -> tuple[list[str], list[str]]:
    result = UserActionsType().parse(list(items), None)
    return [one.name for one in result.value or ()], [problem.part for problem in result.problems]


def test_a_full_action() -> None:
    item = {**GOOD, "kind": "quickfix", "languages": ["Python"], "place": "file", "think": "on"}
    [action] = UserActionsType().parse([item], None).value or ()
    assert action == UserAction(
        name="Log it", prompt="Add a log line.", kind="quickfix", languages=("python",), place="file", think="on"
    )
    assert (action.is_for("python"), action.is_for("go")) == (True, False)
    assert UserAction(name="x", prompt="y").is_for("go")


@pytest.mark.parametrize(
    "bad",
    [
        "Log it",
        {},
        {"name": "x"},
        {**GOOD, "name": ""},
        {**GOOD, "name": "a\nb"},
        {**GOOD, "name": "x" * 61},
        {**GOOD, "prompt": " "},
        {**GOOD, "prompt": 1},
        {**GOOD, "promt": "x"},
        {**GOOD, "kind": "anything"},
        {**GOOD, "kinds": ["quickfix", "refactor"]},
        {**GOOD, "languages": "python"},
        {**GOOD, "languages": [""]},
        {**GOOD, "place": "module"},
        {**GOOD, "think": "maybe"},
        {**GOOD, "name": "second", "think": 1},
    ],
)
def test_an_invalid_action_costs_itself_and_one_problem(bad: Any) -> None:
    assert parsed({"name": "first", "prompt": "x"}, bad, {"name": "last", "prompt": "y"}) == (
        ["first", "last"],
        ["[1]"],
    )


def test_a_name_counts_once_and_there_is_an_end() -> None:
    assert parsed(GOOD, {**GOOD, "name": "LOG IT"}) == (["Log it"], ["[1]"])
    names, problems = parsed(*({"name": f"a{number}", "prompt": "x"} for number in range(MAX_ACTIONS + 5)))
    assert (len(names), problems) == (MAX_ACTIONS, [""])


def test_what_is_shown_can_be_read_again() -> None:
    kind = UserActionsType()
    actions = kind.parse([{**GOOD, "think": True}], None).value
    assert actions is not None
    assert kind.parse(kind.masked(actions), None).value == actions
