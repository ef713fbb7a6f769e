"""Nothing that a document, a setting or a model's answer holds may take the square of its length.

Times are compared with each other only: CPU time at two lengths, the best of several tries, with a generous ratio.
"""

from __future__ import annotations

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.edits.locate import locate
from autothink_lsp.edits.minimal import minimal
from autothink_lsp.edits.replacement import EditRefused, apply_replacements
from autothink_lsp.features.next_edit.rules.parameter_docs import entry_patterns
from autothink_lsp.stream.early_stop import MAX_CHARACTERS, EarlyStop, StopReason
from autothink_lsp.syntax.captures import MOST_CHILDREN_OF_ERROR, captured
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point
from tests.hardening import regex_growth, slow_inputs
from tests.support.cursor_mark import at

# The stages take up to a minute of CPU time, and other suites run at the same time.
pytestmark = pytest.mark.timeout(900)

SHORT, LONG = 3_000, 12_000
MOST_GROWTH = 9.0  # of a length that grows by 4: 4 is linear, 16 quadratic
LEAST_MS = 60.0
MOST_TRIES = 4  # another process on the same core makes one of two times longer
# Expressions of secrets get at most a few hundred characters, or are matched at the places of a few names only. There
# an expression counts as slow when it takes this long for 3,000 characters; one that never ends counts anywhere.
SECRETS = ("context.secret", "context/secret")
LEAST_OF_SECRETS_MS = 1_000.0


def looks_slow(pairs: list[tuple[float, float]]) -> bool:
    """Whether each pair of times in ms, of the short and the long text, is that of more than linear time."""
    return all(longer > max(LEAST_MS, MOST_GROWTH * max(shorter, 2.0)) for shorter, longer in pairs)


@pytest.mark.parametrize("stage", sorted(set(slow_inputs.STAGES) - {"secrets", "redaction", "applied", "errors"}))
def test_no_stage_takes_quadratic_time(stage: str) -> None:
    run = slow_inputs.STAGES[stage]
    run("a = 1\n")
    slow: list[str] = []
    for unit in list(slow_inputs.UNITS)[::4]:  # the command tries all of them
        long_ms = slow_inputs.took_ms(run, slow_inputs.text_of(unit, LONG))
        if long_ms < LEAST_MS:
            continue
        pairs: list[tuple[float, float]] = []
        while len(pairs) < MOST_TRIES and looks_slow(pairs):
            lengths = (slow_inputs.text_of(unit, length) for length in (SHORT, LONG))
            shorter, longer = (slow_inputs.took_ms(run, text) for text in lengths)
            pairs.append((shorter, longer))
        if looks_slow(pairs):
            slow.append(f"{unit}: {pairs}")
    assert not slow


def test_no_regular_expression_takes_quadratic_time() -> None:
    """Of every expression in the package, found by itself; a part of the attacks that the command tries."""
    growths = [grown for one in regex_growth.expressions() if (grown := regex_growth.grown(one, rounds=1)) is not None]
    slow = [
        str(one)
        for one in growths
        if one.long_ms >= LEAST_OF_SECRETS_MS or not any(name in one.name for name in SECRETS)
    ]
    assert not slow


def test_no_entry_of_documentation_takes_quadratic_time() -> None:
    """These expressions are made with the name of a parameter, so that they are not found by themselves."""
    made = [regex_growth.Expression("entry", one, frozenset({"match"})) for one in entry_patterns("name")]
    assert [one.pattern.pattern for one in made if regex_growth.grown(one, rounds=1) is not None] == []


@pytest.mark.parametrize("pattern", [r"(a+)+b", r"\s*\w*\s*=", r'"(?:[^"\\]|\\.)*"', r"^ *[^\n]*?:(\d+)", r"x*y"])
def test_the_attack_finds_expressions_that_are_known_to_be_slow(pattern: str) -> None:
    import re

    one = regex_growth.Expression("here", re.compile(pattern, re.MULTILINE), frozenset({"search"}))
    assert regex_growth.grown(one) is not None


@pytest.mark.parametrize("pattern", [r"(?<!\w)\w++\Z", r"(?<![ \t])[ \t]++(?=\n)", r"[^\W\d]\w*", r"a{0,3}b"])
def test_the_attack_accepts_expressions_that_are_known_to_be_fast(pattern: str) -> None:
    import re

    assert regex_growth.grown(regex_growth.Expression("here", re.compile(pattern), frozenset({"search"}))) is None


@pytest.mark.parametrize("char", ["(", "a", "é", '"', "[{(", "\\"])
def test_endless_answer_is_stopped(char: str) -> None:
    stop = EarlyStop(at("python", "def f():\n    x = 1\n    ‸\n"))
    fed = 0
    while stop.decision is None and fed < 400_000:
        stop.feed(char * 100)
        fed += 100 * len(char)
    assert stop.decision is not None
    assert fed <= MAX_CHARACTERS + 1_000
    assert stop.decision.reason in {StopReason.MAX_CHARACTERS, StopReason.LOOP}


@pytest.mark.parametrize("language_id", ["python", "javascript", "c"])
def test_no_query_runs_over_one_error_node_with_all_tokens(language_id: str) -> None:
    """With 100,000 brackets it took 90 s."""
    syntax = Syntax()
    language = syntax.registry.by_language_id(language_id)
    grammar = syntax.grammars.load(language)
    assert grammar is not None
    text = Text.from_str("(" * (MOST_CHILDREN_OF_ERROR + 10))
    parsed = grammar.parse_source(str(text))
    assert parsed is not None
    tree = SyntaxTree(grammar, parsed, text)
    assert tree.root.is_error
    before = [*captured(grammar, "scopes", tree.root)]
    assert before == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["x"] * 2_000, ["x", "y"] * 1_000),
        (["a", "b"] * 1_000, ["b", "a"] * 1_001),
        (["( " * 900] * 50, ["( " * 450 + "x" + "( " * 400] * 50),
        ([f"v{n} = 1" for n in range(3_000)], [f"v{n} = 2" for n in range(3_001)]),
    ],
    ids=["equal lines", "two lines in turn", "equal words", "many changed lines"],
)
def test_beyond_the_limit_an_edit_is_larger_and_still_right(old: list[str], new: list[str]) -> None:
    text = Text.from_str("\n".join(old))
    edits = minimal(text, Point(0, 0), Point(len(old) - 1, 10**6), "\n".join(new))
    assert str(apply_replacements(text, edits)) == "\n".join(new)


def test_edit_with_many_similar_locations_is_refused() -> None:
    lines = [f"value = compute({number % 7}, left, right, other)" for number in range(2_900)]
    with pytest.raises(EditRefused):
        locate(lines, "\n".join(["value = compute(8, left, right, othex)"] * 30))


def test_nearest_of_similar_locations_is_found() -> None:
    lines = [f"name_{number} = {number * number}" for number in range(500)]
    lines[250:252] = ["def total(items, start):", "    return sum(items) + start"]
    found = locate(lines, "def total(item, start):\n    return sum(item) + start")
    assert (found.first, found.stop) == (250, 252)
