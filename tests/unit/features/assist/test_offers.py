"""What the menu offers: at most four fixes, and no action that has no use at the place."""

from __future__ import annotations

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.features.assist.actions import ActionKind
from autothink_lsp.features.assist.offer_place import OfferPlace
from autothink_lsp.features.assist.offers import MORE, MOST_FIXES, MOST_MORE, MOST_TITLE_CHARS, Offer, offers
from autothink_lsp.values import Diagnostic, Point
from tests.servers.message_table import SIBLINGS, ToolMessage, load_messages

CURSOR = "‸"


def offered(
    marked: str, *diagnostics: Diagnostic, language: str = "python", path: str = "shop.py", variant="on", **more
) -> tuple[Offer, ...]:
    before, _, after = marked.partition(CURSOR)
    start = Point(before.count("\n"), len(before) - before.rfind("\n") - 1)
    head = len(before) - len(before.rstrip("abcdefghijklmnopqrstuvwxyz_"))
    tail = len(after) - len(after.lstrip("abcdefghijklmnopqrstuvwxyz_"))
    word = before[len(before) - head :] + after[:tail]
    place = OfferPlace(
        text=Text.from_str(before + after),
        start=start,
        end=more.pop("end", start),
        language_id=language,
        path=path,
        word=word,
        has_instruction=False,
    )
    return offers(place, diagnostics, None, automatic=False, variant=variant)


def actions(found: tuple[Offer, ...]) -> set[ActionKind]:
    return {one.action for one in found}


def message(line: int, start: int, end: int, text: str, severity="error", **more) -> Diagnostic:
    source = more.get("source", "")
    return Diagnostic(Point(line, start), Point(more.get("last", line), end), text, severity, source=source)


def fixes(found: tuple[Offer, ...]) -> list[str]:
    return [one.title.removeprefix("AutoThink: Explain and fix: ") for one in found if one.action is ActionKind.FIX]


def more(found: tuple[Offer, ...]) -> list[str]:
    """What is behind "More…"."""
    return [one.title.removeprefix("AutoThink: Explain and fix: ") for entry in found for one in entry.more]


def test_one_message_is_offered_in_two_modes_and_the_third_behind_more() -> None:
    found = offered("x = totl‸\n", message(0, 4, 8, "unknown"))
    assert fixes(found) == ["unknown", "unknown (think)", MORE]
    assert more(found) == ["unknown (fast)", "AutoThink: Explain this function"]
    found = offered("x = totl‸\n", message(0, 4, 8, "unknown"), variant="off")
    assert fixes(found) == ["unknown", "unknown (fast)", MORE]
    assert more(found)[0] == "unknown (think)"


def test_there_is_no_more_where_all_is_shown() -> None:
    found = offered("x = totl‸\n", message(0, 4, 8, "unknown"), variant=None)
    assert fixes(found) == ["unknown"]
    found = offered("x = totl‸\n", *[message(0, at, at + 1, f"message {at}") for at in range(4)], variant=None)
    assert fixes(found) == [f"message {at}" for at in range(4)]


def test_many_messages_are_at_most_four_entries_and_the_rest_is_behind_more() -> None:
    many = [message(0, column, column + 1, f"message {column}") for column in range(9)]
    found = offered("abcdefghij‸\n", *many)
    assert len(fixes(found)) == MOST_FIXES == 4
    assert fixes(found)[-1] == MORE
    assert len(more(found)) == MOST_MORE
    assert more(found)[-1] == "AutoThink: Explain this function"
    assert len({*fixes(found), *more(found)}) == MOST_FIXES + MOST_MORE


def test_the_same_place_from_two_tools_is_one_entry_and_errors_come_first() -> None:
    found = offered(
        "def f():\n    x = totl‸\n",
        message(0, 0, 14, "the return type is unknown", "warning", last=1),
        message(1, 8, 12, "Undefined name `totl`", "warning", source="Ruff"),
        message(1, 8, 12, '"totl" is not defined', source="Pyright"),
    )
    first = '"totl" is not defined'
    assert fixes(found) == [first, f"{first} (think)", "the return type is unknown", MORE]


def test_two_messages_of_one_tool_at_one_place_are_two_entries() -> None:
    found = offered("x = totl‸\n", message(0, 4, 8, "unknown"), message(0, 4, 8, "too short"))
    assert fixes(found) == ["unknown", "unknown (think)", "too short", MORE]


def test_a_message_without_words_is_not_the_one_that_is_shown() -> None:
    found = offered("x = totl‸\n", message(0, 4, 8, ""), message(0, 4, 8, "unknown", "warning", source="Ruff"))
    assert fixes(found)[0] == "unknown"


def test_titles_have_at_most_sixty_characters() -> None:
    found = offered(f"{'long_name' * 20}‸ = 1\n", message(0, 0, 5, "a very long message " * 20 + "\nsecond line"))
    assert max(len(one.title) for one in found) <= MOST_TITLE_CHARS == 60
    assert fixes(found)[1].endswith("… (think)")


@pytest.mark.parametrize(
    ("marked", "language", "useless"),
    [
        ("import o‸s\n", "python", {"simplify", "rename", "types", "docstring", "tests", "convert", "errors", "cases"}),
        ("from a import b‸\n", "python", {"simplify", "rename"}),
        ('import { a‸ } from "./a";\n', "typescript", {"simplify", "rename"}),
        ("#include <st‸dio.h>\n", "c", {"simplify", "rename"}),
        ("use std::f‸mt;\n", "rust", {"simplify", "rename"}),
        ("def f(a: int) -> int:\n    return a‸\n", "python", {"types"}),
        ("def f(\n    a: int,\n    b: dict[str, int],\n) -> int:\n    return a‸\n", "python", {"types"}),
        ("func f(a int) int {\n\treturn a‸\n}\n", "go", {"types"}),
        ('def f(a):\n    """Says."""\n    return a‸\n', "python", {"docstring"}),
        ('def f‸(a):\n    """Says."""\n    return a\n', "python", {"docstring"}),
        ("export function f(a: number[]): number {\n  return a‸;\n}\n", "typescript", {"types"}),
        (
            "async function f(\n  a: number,\n  b: [x: number, y: number],\n): Promise<void> {\n  a‸;\n}\n",
            "typescript",
            {"types"},
        ),
        ("/** Says. */\nexport function f(a) {\n  return a‸;\n}\n", "typescript", {"docstring"}),
        ("  /**\n   * Says.\n   */\n  fun f(a: Int) {\n    a‸\n  }\n", "kotlin", {"docstring"}),
        (
            "/** Says. */\nfunction f({\n  a,\n}: Props): void {\n  if (a) {\n    a‸;\n  }\n}\n",
            "typescript",
            {"docstring"},
        ),
        ("/// Says.\n#[inline]\npub(crate) fn f(a: u8) {\n    a‸;\n}\n", "rust", {"docstring"}),
        ("// F says.\nfunc (s *Shop) F() {\n\tx‸()\n}\n", "go", {"docstring"}),
        ('x = "some wor‸d"\n', "python", {"rename"}),
        ("# some wor‸d\n", "python", {"rename"}),
        ("retu‸rn x\n", "python", {"rename"}),
        ("x = 1‸\n", "python", {"extract"}),
    ],
)
def test_nothing_without_a_use(marked: str, language: str, useless: set[str]) -> None:
    found = {one.value for one in actions(offered(marked, language=language))}
    assert found & useless == set()
    assert "explain" in found


@pytest.mark.parametrize(
    ("marked", "language", "useful"),
    [
        ("def f(a, b: int) -> int:\n    return a‸\n", "python", {"types", "docstring", "rename", "tests"}),
        ("def f(a: int):\n    return a‸\n", "python", {"types"}),
        ("function f(a) {\n  return a‸;\n}\n", "typescript", {"types", "rename"}),
        ("function f(a, b: number): number {\n  return a‸;\n}\n", "typescript", {"types", "docstring"}),
        ("function f(a: number) {\n  return a‸;\n}\n", "typescript", {"types", "docstring"}),
        ("/* no */\n\nfunc f() {\n\tx‸()\n}\n", "go", {"docstring"}),
        ("// TODO\nfunction f() {\n  x‸;\n}\n", "javascript", {"docstring"}),
        ("x = 1;  /* no */ y = 2;\nfunction f() {\n  x‸;\n}\n", "javascript", {"docstring"}),
        (
            "/** Says. */\nfunction f(a: number): void {\n  a;\n}\nclass A {\n  sum(a) {\n    return ‸a;\n  }\n}\n",
            "typescript",
            {"types", "docstring"},
        ),
        (
            "/** Says. */\nfunction f(a: number): number {\n  return a;\n}\nconst sum = (a) => {\n  return ‸a;\n};\n",
            "typescript",
            {"types", "docstring"},
        ),
        ('def f(a: int) -> int:\n    """Says."""\n\n\nclass A:\n    x = ‸1\n', "python", {"docstring"}),
        ("important‸ = 1\n", "python", {"simplify", "rename"}),
    ],
)
def test_what_has_a_use_is_offered(marked: str, language: str, useful: set[str]) -> None:
    assert {one.value for one in actions(offered(marked, language=language))} >= useful


def test_an_unknown_name_is_fixed_and_not_renamed() -> None:
    assert ActionKind.RENAME not in actions(offered("x = totl‸\n", message(0, 4, 8, '"totl" is not defined')))
    assert ActionKind.RENAME in actions(offered("x = totl‸\n", message(0, 4, 8, '"totl" is too long')))


@pytest.mark.parametrize("path", ["tests/a.py", "test_a.py", "src/a.test.ts", "a_test.go", "a/ShopTests.java"])
def test_no_tests_of_tests(path: str) -> None:
    assert ActionKind.TESTS not in actions(offered("x‸ = 1\n", path=path))
    assert ActionKind.TESTS in actions(offered("x‸ = 1\n", path="src/attest.py"))


REAL = [*load_messages(), *load_messages(SIBLINGS)]


def test_real_messages_are_of_many_tools_and_languages() -> None:
    assert len(REAL) >= 160
    assert len({one.language_id for one in REAL}) >= 12


@pytest.mark.parametrize("has_more", [True, False])
def test_the_menus_of_real_messages(has_more: bool) -> None:
    for one in REAL:
        assert_is_a_short_menu(one, has_more=has_more)


def assert_is_a_short_menu(one: ToolMessage, *, has_more: bool) -> None:
    target = one.target()
    place = OfferPlace(
        text=Text.from_str(one.text),
        start=target.start,
        end=target.start,
        language_id=one.language_id,
        path=one.file,
        word="",
        has_instruction=False,
    )
    found = offers(place, (target,), None, automatic=False, variant="on", has_more=has_more)
    fixing = [entry for entry in found if entry.kind == "quickfix"]
    assert 1 <= len(fixing) <= MOST_FIXES == 4
    assert all(entry.kind == "quickfix" or entry.kind.startswith(("refactor", "source")) for entry in found)
    assert [entry.kind == "quickfix" for entry in found] == sorted((e.kind == "quickfix" for e in found), reverse=True)
    titles = [entry.title for entry in found]
    assert len(set(titles)) == len(titles)
    assert all(0 < len(title) <= MOST_TITLE_CHARS == 60 and "\n" not in title for title in titles)
    assert any(entry.more for entry in found) is has_more


LINE = "x = totl‸\ny = 1\n"
ODD: dict[str, list[Diagnostic]] = {
    "no length": [message(0, 4, 4, "unknown")],
    "no length at the line's end": [message(0, 8, 8, "unknown")],
    "end before start": [message(0, 8, 4, "unknown")],
    "behind the line": [message(0, 400, 900, "unknown")],
    "from the line to behind the text": [message(0, 4, 9, "unknown", last=900)],
    "the whole text": [message(0, 0, 0, "unknown", last=3)],
    "fifty at one place": [message(0, 4, 8, f"unknown {at}") for at in range(50)],
    "fifty equal ones": [message(0, 4, 8, "unknown", source=f"tool {at}") for at in range(50)],
    "fifty zero-length ones": [message(0, at % 9, at % 9, f"unknown {at}") for at in range(50)],
    "hints and errors": [
        message(0, 4, 8, f"{kind} {at}", severity=kind)
        for at in range(6)
        for kind in ("hint", "error", "information", "warning")
    ],
    "several lines": [message(0, 4, 8, "unknown:\n\n  - one\r\n\ttwo\u2028three")],
    "long word": [message(0, 4, 8, "x" * 3_000)],
    "long sentence": [message(0, 4, 8, "a name " * 300)],
    "wide characters": [message(0, 4, 8, "\u6f22\u5b57" * 80), message(0, 4, 8, "\U0001f600" * 80)],
    "combining characters": [message(0, 4, 8, "e\u0301" * 90)],
    "control characters": [message(0, 4, 8, "un\x00known\x1b[31m\x7f")],
    "text that changes its direction": [message(0, 4, 8, "\u202eunknown\u202c")],
    "Markdown and a command": [message(0, 4, 8, "[run](command:x) `a` **b** $(zap)")],
}


@pytest.mark.parametrize("variant", ["on", "off", None])
@pytest.mark.parametrize("case", ODD)
def test_odd_messages_give_a_short_menu_of_single_lines(case: str, variant: str | None) -> None:
    found = offered(LINE, *ODD[case], variant=variant)
    assert len(fixes(found)) <= MOST_FIXES
    every = [*found, *(one for entry in found for one in entry.more)]
    for one in every:
        assert len(one.title) <= MOST_TITLE_CHARS, one.title
        assert one.title.isprintable(), ascii(one.title)
        assert one.title == one.title.strip()
    titles = [one.title for one in found]
    assert len(titles) == len(set(titles)), titles
