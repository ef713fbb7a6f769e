"""The format of ``tests/scenarios``: what is read, compared and rewritten, and what is refused."""

from pathlib import Path

import pytest

from tests.support import scenario_file
from tests.support.keystroke_scenario import parse_model, play
from tests.support.scenario_file import ScenarioError, check, load, parse, without_cursor, without_range
from tests.support.scripted_backend import Pause

TEXT = """\
A title
of two lines.
-- model --
"return a + b"
-- a.py --
def add(a, b):
    ‸
-- play --
# a comment
ask  → ghost "return a + b", requests 1, finished 1, used 1

type "r"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "one.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_sections_and_steps(path: Path) -> None:
    scenario = load(path)
    assert scenario.title == "A title of two lines."
    assert dict(scenario.files) == {"a.py": "def add(a, b):\n    ‸"}
    assert [(step.line, step.command) for step in scenario.steps] == [(9, "ask"), (11, 'type "r"')]


def test_a_scenario_is_played_and_compared(path: Path) -> None:
    scenario = load(path)
    observed = play(scenario)
    check(scenario, observed, update=False)
    with pytest.raises(AssertionError, match=r'line 12: type "r"\n +expected nothing\n +observed requests 2'):
        check(scenario, [observed[0], "requests 2"], update=False)


def test_an_update_rewrites_what_stands_behind_the_arrows_only(path: Path) -> None:
    check(load(path), ["ghost none", "requests 2"], update=True)
    expected = TEXT.replace('ask  → ghost "return a + b", requests 1, finished 1, used 1', "ask       → ghost none")
    assert path.read_text(encoding="utf-8") == expected.replace('type "r"', 'type "r"  → requests 2')


@pytest.mark.parametrize("text", ["-- play --\nask\n", "A title.\n-- a.py --\n‸\n", "T.\n-- play --\n-- play --\n"])
def test_a_file_without_a_title_or_one_play_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError):
        parse(Path("x.txt"), text)


def test_an_unknown_step_is_refused(path: Path) -> None:
    with pytest.raises(ScenarioError, match="unknown step 'fly'"):
        play(parse(path, TEXT.replace('type "r"', "fly")))


def test_the_model_s_script() -> None:
    (rule,) = parse_model('later requests: "a\\n" ⏸250ms "b" ⏸2s\n')
    assert (rule.kind, rule.steps) == ("later", ("a\n", Pause(0.25), "b", Pause(2.0)))
    with pytest.raises(ScenarioError, match="cannot be read"):
        parse_model('"a" ⏸soon')


@pytest.mark.parametrize("text", ["no mark", "a‸b‸"])
def test_a_cursor_is_one_mark(text: str) -> None:
    with pytest.raises(ScenarioError):
        without_cursor(text)


def test_a_range_is_two_marks() -> None:
    assert without_range("ab«cd»e") == ("abcde", 2, 4)
    with pytest.raises(ScenarioError):
        without_range("ab«cd")


@pytest.mark.parametrize("kind", ["keystrokes", "fixes", "clients"])
def test_titles_are_unique_sentences(kind: str) -> None:
    titles = [load(path).title for path in scenario_file.paths(kind)]
    assert len(set(titles)) == len(titles)
    assert all(title.endswith(".") for title in titles)
