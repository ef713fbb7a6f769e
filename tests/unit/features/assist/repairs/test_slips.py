"""Single mistakes in whole files, with the messages that real tools gave for them: see ``slips/README.md``.

Nothing may be repaired wrongly: the text is what it was before the mistake, or stays as it is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.repairs.rules import find_repair
from autothink_lsp.settings.model import Settings
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Diagnostic, Point, PositionEncoding

FOLDER = Path(__file__).parent / "slips"
LANGUAGES = {"py": "python", "ts": "typescript", "rs": "rust", "go": "go", "c": "c", "java": "java", "css": "css"} | {
    "json": "json", "yaml": "yaml", "toml": "toml", "rb": "ruby", "php": "php", "lua": "lua", "sh": "shellscript",
    "cs": "csharp", "cpp": "cpp", "js": "javascript",
}  # fmt: skip
SYNTAX = Syntax()
SOURCES = {path.name.removesuffix(".txt"): path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt")}


def rows(name: str) -> list[dict[str, Any]]:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def repaired(row: dict[str, Any]) -> str | None:
    """The text after the repair of the row's message; ``None`` without a repair."""
    broken = SOURCES[row["file"]].replace(row["right"], row["broken"], 1)
    start = Point(*row["start"])
    end = Point(*row["end"]) if row["end"] else start
    diagnostic = Diagnostic(start, end, row["message"], code=row["code"], source=row["tool"])
    return repaired_text(broken, LANGUAGES[row["file"].rpartition(".")[2]], diagnostic)


def repaired_text(broken: str, language: str, diagnostic: Diagnostic) -> str | None:
    """``broken`` after the repair of ``diagnostic``; ``None`` without a repair."""
    start, end = diagnostic.start, diagnostic.end
    snapshot = Snapshot("file:///a", language, 1, Text.from_str(broken), PositionEncoding.UTF16)
    request = AssistRequest(
        action=ActionKind.FIX,
        snapshot=snapshot,
        start=start,
        end=end,
        settings=Settings(),
        path="a",
        diagnostics=(diagnostic,),
    )
    SYNTAX.trees.did_open(snapshot)
    found = find_repair(request, SYNTAX.trees.tree(snapshot), SYNTAX.language(snapshot))
    return None if found is None else str(apply_replacements(snapshot.text, found.replacements))


def outcomes(name: str) -> tuple[dict[tuple[str, str, str], set[str]], list[str]]:
    """By mistake what became of its messages, and the wrong repairs."""
    results: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    wrong = []
    for row in rows(name):
        text = repaired(row)
        outcome = "none" if text is None else "right" if text == SOURCES[row["file"]] else "wrong"
        results[row["file"], row["right"], row["broken"]].add(outcome)
        if outcome == "wrong":
            wrong.append(f"{row['file']} {row['broken']!r}: {row['tool']} {row['message']}")
    return results, wrong


@pytest.mark.exhaustive
def test_three_of_four_trivial_mistakes_are_repaired_and_none_wrongly() -> None:
    results, wrong = outcomes("slips.json")
    done = sum("right" in one for one in results.values())
    always = sum(one == {"right"} for one in results.values())
    print(f"repaired: {done} of {len(results)} mistakes, by every tool's message {always}")
    assert wrong == []
    assert done >= 0.75 * len(results)


@pytest.mark.exhaustive
def test_siblings_that_were_made_after_the_rules_are_repaired_and_none_wrongly() -> None:
    results, wrong = outcomes("siblings.json")
    done = sum("right" in one for one in results.values())
    print(f"siblings repaired: {done} of {len(results)} mistakes")
    assert wrong == []
    assert len(results) >= 200
    assert done >= 0.8 * len(results)


@pytest.mark.exhaustive
def test_mistakes_that_were_held_back_are_repaired_and_none_wrongly() -> None:
    results, wrong = outcomes("held_back.json")
    done = sum("right" in one for one in results.values())
    print(f"held back repaired: {done} of {len(results)} mistakes")
    assert wrong == []
    assert len(results) >= 150
    assert done >= 0.8 * len(results)


@pytest.mark.exhaustive
def test_mistakes_in_more_languages_are_repaired_and_none_wrongly() -> None:
    results, wrong = outcomes("more_languages.json")
    done = sum("right" in one for one in results.values())
    print(f"more languages repaired: {done} of {len(results)} mistakes")
    assert wrong == []
    assert len(results) >= 300
    assert done >= 0.45 * len(results)


@pytest.mark.exhaustive
def test_what_may_mean_two_things_is_left_alone() -> None:
    results, wrong = outcomes("traps.json")
    assert len(results) >= 30
    assert wrong == []


AMBIGUOUS = {
    "a key of either block": ("yaml", "jobs:\n  a:\n    run: x\n   b:\n    run: y\n"),
    "an object that has more lines": ("json", '{\n  "a": {"x": 1,\n        "b": 3\n}'),
    "brackets that end after nothing": ("json", '[\n {\n  "a": [\n   {\n    "b": "c"\n   }\n  ]\n }\n'),
    "an apostrophe in a string": ("python", "x = 'it's'\n"),
    "a quote in a string": ("c", 'int main() {\n  printf("say "hi\\n");\n  return 0;\n}\n'),
}


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_no_line_of_an_ambiguous_text_is_repaired(case: str) -> None:
    language, text = AMBIGUOUS[case]
    places = [Point(line, 0) for line in range(text.count("\n"))]
    found = [repaired_text(text, language, Diagnostic(at, at, "invalid syntax", source="Python")) for at in places]
    assert found == [None] * len(places)


CERTAIN = {
    "tab below a key": ("yaml", "a:\n\tb: 1\n", "a:\n  b: 1\n"),
    "tab beside a key": ("yaml", "a:\n  x: 2\n\tb: 1\n", "a:\n  x: 2\n  b: 1\n"),
    "no comma in a shell": (
        "shellscript",
        "if a; then\n  b\nelse if c; then\n  d\nfi\n",
        "if a; then\n  b\nelif c; then\n  d\nfi\n",
    ),
}


@pytest.mark.parametrize("case", CERTAIN)
def test_every_line_of_a_certain_text_gives_its_one_repair_or_none(case: str) -> None:
    language, text, wanted = CERTAIN[case]
    places = [Point(line, 0) for line in range(text.count("\n"))]
    found = {repaired_text(text, language, Diagnostic(at, at, "invalid syntax", source="Python")) for at in places}
    assert wanted in found <= {wanted, None}


ONE_OF_EACH = [
    ("orders.py", "colon", "class Basket:", "class Basket"),
    ("orders.py", "bracket", "SIZES = [1, 2, 4, 8]", "SIZES = [1, 2, 4, 8"),
    ("orders.py", "keyword", "    return needed", "    retrun needed"),
    ("orders.py", "indent", "        needed += 1", "         needed += 1"),
    ("orders.py", "quote", '"nobody"', '"nobody'),
    ("orders.py", "self", "def count(self) -> int", "def count() -> int"),
    ("orders.py", "is", 'code == "TEN"', 'code is "TEN"'),
    ("orders.py", "return", "    return needed", "    needed"),
]


@pytest.mark.parametrize("case", ONE_OF_EACH, ids=[case[1] for case in ONE_OF_EACH])
def test_one_of_each(case: tuple[str, str, str, str]) -> None:
    file, _, right, broken = case
    found = [row for row in rows("slips.json") if (row["file"], row["right"], row["broken"]) == (file, right, broken)]
    assert found
    assert SOURCES[file] in {repaired(row) for row in found} <= {SOURCES[file], None}
