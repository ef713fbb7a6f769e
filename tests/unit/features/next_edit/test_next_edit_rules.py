"""How proposals follow each other, and what their outcomes do. ``test_editing_situations.py`` says what the rules
propose."""

from __future__ import annotations

import pytest

from autothink_lsp.features.next_edit.rules import repeated_change
from autothink_lsp.features.next_edit.rules.template import new_side
from autothink_lsp.syntax.service import Syntax
from tests.support.next_edit_session import NextEditSession

SYNTAX = Syntax()


def test_chain_of_three_edits_ends() -> None:
    session = NextEditSession("".join(f"v{n} = fetch({n})\n\n" for n in range(5)), syntax=SYNTAX)
    session.type("v0 = ", "load", delete=5)
    session.type("v1 = ", "load", delete=5)
    accepted = [session.accept() is not None for _ in range(4)]
    assert accepted == [True, True, True, False]
    assert session.text == "".join(f"v{n} = load({n})\n\n" for n in range(5))
    assert session.service.record.counts["line-pattern", "accepted"] == 3


@pytest.mark.parametrize("between", ["", "x"], ids=["accepted", "something else"])
def test_an_edit_that_is_applied_in_two_changes(between: str) -> None:
    session = NextEditSession("".join(f"v{n} = fetch({n})\n\n" for n in range(4)), syntax=SYNTAX)
    session.edit("fetch", "load")
    session.edit("fetch", "load")
    assert session.shown() == "5: v2 = fetch(2) → v2 = load(2)"
    session.edit("v2 = fetch(2)", between)
    session.edit("v1 = load(1)\n\n", "v1 = load(1)\n\nv2 = load(2)")
    counts = session.service.record.counts
    assert counts.get(("line-pattern", "accepted"), 0) == (not between)
    assert counts.get(("line-pattern", "diverged"), 0) == bool(between)


def test_dismissal_suppresses_the_pattern() -> None:
    session = NextEditSession("a = fetch(1)\nb = fetch(2)\nc = fetch(3)\n", syntax=SYNTAX)
    session.edit("fetch", "load")
    session.edit("fetch", "load")
    found = session.next()
    assert found is not None
    session.service.dismiss(found.id)
    assert session.next() is None


def test_rule_dismissed_in_most_of_twenty_cases_is_suppressed() -> None:
    session = NextEditSession("a = fetch(1)\nb = fetch(2)\nc = fetch(3)\n", syntax=SYNTAX)
    session.edit("fetch", "load")
    session.edit("fetch", "load")
    record = session.service.record
    for number in range(19):
        record.note("repeated-change", f"p{number}", "dismissed")
        record.note("line-pattern", f"p{number}", "dismissed")
    assert session.next() is not None
    record.note("repeated-change", "p", "dismissed")
    record.note("line-pattern", "p", "dismissed")
    assert session.next() is None


def test_changes_of_one_line_are_compared_only_with_lines_of_found_places(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"name{number}" for number in range(20)]
    call = f"call({', '.join(names)})"
    changed = f"call({', '.join(f'new_{name}' if number % 2 else name for number, name in enumerate(names))})"
    others = "".join(f"value(a, {names[number % 20]}, b)\n" for number in range(200))
    session = NextEditSession(f"{call}\n{call}\n{others}", syntax=SYNTAX)
    for _ in range(2):
        session.edit(call, changed)
    looked_at = 0

    def fits(*arguments: object, **more: object) -> bool:
        nonlocal looked_at
        looked_at += 1
        return real(*arguments, **more)  # type: ignore[arg-type]

    real = repeated_change._fits
    monkeypatch.setattr(repeated_change, "_fits", fits)
    assert session.shown() == "4: value(a, name1, b) → value(a, new_name1, b)"
    assert looked_at < 2 * 200 / 20  # the lines of one name, not all lines for each of ten names


@pytest.mark.parametrize("steps", [1, 2], ids=["at once", "after more typing"])
def test_undoing_an_accepted_edit_dismisses_it(steps: int) -> None:
    session = NextEditSession("a = fetch(1)\nb = fetch(2)\nc = fetch(3)\nd = fetch(4)\n", syntax=SYNTAX)
    session.edit("fetch", "load")
    session.edit("fetch", "load")
    assert session.accept() is not None
    if steps > 1:
        session.edit("d = ", "dd = ")
        session.edit("dd = ", "d = ")
    session.edit("c = load(3)\nd = load", "c = fetch(3)\nd = fetch")
    assert session.shown() is None
    assert session.service.record.counts["line-pattern", "accepted"] == 0
    assert session.service.record.counts["line-pattern", "dismissed"] == 1


def test_a_name_without_letters_has_no_other_case() -> None:
    holes = [(("_",), ("name",))]
    assert new_side(("one",), ("two",), holes) is None
    assert new_side(("get", "(", "_", ")"), ("get", "(", "name", ")"), holes) is not None


SLIPS = {
    "letters in front of a keyword": (
        "import os\n\nfrom sys import argv\n",
        "from sys",
        "imfrom sys",
        "from sys import argv",
    ),
    "letters of a keyword that are missing": ("def f():\n    return 1\n", "return 1", "retrn 1", "    return 1"),
    "a new statement with a slip": ("def f():\n    pass\n", "pass", "retrn 1", "    return 1"),
    "a bracket that was deleted": ("x = f(g(1), 2)\nz = 1\n", "g(1),", "g(1,", "x = f(g(1), 2)"),
    "an unfinished line": ("import os\nx = os\n", "x = os", "x = os.", None),
    "a new line": ("import os\n\nx = 1\n", "os\n\n", "os\n/\n", None),
    "an edit that parses": ("import os\nx = f(1)\n", "f(1)", "fo(1)", None),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_mended_only_by_hand(name: str) -> None:
    text, old, new, expected = SLIPS[name]
    session = NextEditSession(text, syntax=SYNTAX)
    session.edit(old, new)
    assert session.next() is None
    found = session.next(by_hand=True)
    assert (found and found.replacement.new_text) == expected


INSERTIONS = {
    "an indented line below a blank one": (
        "class A:\n"
        + "".join(f"    def {n}(self, rule):\n        return self.go({n!r})\n\n" for n in ("one", "two", "six")),
        [("    def one", "    @checked\n    def one"), ("    def two", "    @checked\n    def two")],
        "\n\n    @checked\n    def six(self, rule):\n",
    ),
    "a line in front of one that is less indented": (
        "".join(f"x{n} = Pool(\n    one={n},\n    limit=9,\n)\ny = {n}\n" for n in range(3)),
        [(f"one={n},\n    limit=9,\n", f"one={n},\n    limit=9,\n    name=1,\n") for n in range(2)],
        "one=2,\n    limit=9,\n    name=1,\n)\ny = 2\n",
    ),
}


@pytest.mark.parametrize("name", INSERTIONS)
def test_inserted_lines_are_indented_as_the_examples(name: str) -> None:
    text, edits, expected = INSERTIONS[name]
    session = NextEditSession(text, syntax=SYNTAX)
    for old, new in edits:
        session.edit(old, new)
    assert session.accept() is not None
    assert expected in session.text


def numbered_list(count: int) -> NextEditSession:
    items = "".join(f"{number}. item w{number * 7}\n" for number in range(1, count + 1))
    session = NextEditSession(items, "markdown", "file:///p/a.md", syntax=SYNTAX)
    session.edit("3. item", "3. new\n3. item")
    return session


@pytest.mark.parametrize("count", [10, 130, 300])
def test_a_long_list_is_numbered_to_its_end(count: int) -> None:
    session = numbered_list(count)
    taken = 0
    while session.accept() is not None:
        taken += 1
    assert taken == (count - 2 + 23) // 24
    assert [line.partition(".")[0] for line in session.text.splitlines()] == [str(n) for n in range(1, count + 2)]


@pytest.mark.parametrize("by_line", [1, -1], ids=["from the first line", "from the last line"])
@pytest.mark.parametrize("count", [10, 30, 70])
def test_what_is_undone_line_by_line_is_not_proposed_again(count: int, by_line: int) -> None:
    session = numbered_list(count)
    before = session.text.split("\n")
    session.accept()
    changed = [n for n, (old, new) in enumerate(zip(before, session.text.split("\n"), strict=True)) if old != new]
    for number in changed[::by_line]:
        lines = session.text.split("\n")
        start = sum(len(line) + 1 for line in lines[:number])
        session.replace_offsets(start, start + len(lines[number]), before[number])
        assert session.shown() is None, number


def test_a_dismissed_line_is_not_proposed_among_others() -> None:
    session = NextEditSession("".join(f"v{n} = fetch({n})\n" for n in range(2)) + "\na = fetch(8)\n\n", syntax=SYNTAX)
    session.edit("fetch", "load")
    session.edit("fetch", "load")
    found = session.next()
    assert found is not None
    session.service.dismiss(found.id)
    record = session.service.record
    assert record.is_silent("other", "a → b\nfetch → load")
    assert not record.is_silent("other", "a → b\nfetch → loads")
