"""The format of ``tests/scenarios/**/*.txt``: a title, sections, and the steps of a play with what each step shows.

    Typing what is suggested sends no second request.
    -- a.py --
    def add(a, b):
        ‸
    -- play --
    ask          → ghost "return a + b", requests 1
    type "r"
    ask          → ghost "eturn a + b", source cache

A step without an arrow expects that nothing changes. ``pytest --update-scenarios`` rewrites what stands behind the
arrows, and nothing else. What steps mean is decided by the players (``keystroke_scenario.py``, ``server_scenario.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

FOLDER = Path(__file__).parents[1] / "scenarios"
ARROW = "→"
PLAY = "play"
CURSOR = "‸"
RANGE_START, RANGE_END = "«", "»"
_HEADER = re.compile(r"^-- (?P<name>.+?) --$")
_WIDEST_STEP = 60


class ScenarioError(Exception):
    """The file does not follow the format."""


@frozen
class Section:
    """``text`` ends with a newline unless it is empty; ``first_line`` is its line number in the file, from 0."""

    name: str
    text: str
    first_line: int


@frozen
class Step:
    """``expected`` is the text behind the arrow; ``line`` its line number in the file, from 0."""

    line: int
    command: str
    expected: str


@frozen
class Scenario:
    """One file. ``sections`` are in the order of the file and may repeat a name."""

    path: Path
    title: str
    sections: tuple[Section, ...]

    def texts(self, name: str) -> list[str]:
        """The texts of all sections of a name."""
        return [section.text for section in self.sections if section.name == name]

    def text(self, name: str, default: str = "") -> str:
        """The text of the only section of a name; ``default`` without one."""
        found = self.texts(name)
        if len(found) > 1:
            raise ScenarioError(f"{self.path.name} has {len(found)} sections {name!r}")
        return found[0] if found else default

    @property
    def files(self) -> Mapping[str, str]:
        """Documents: the sections whose name has a dot. The last newline of a document is not part of it."""
        return {
            section.name: section.text.removesuffix("\n")
            for section in self.sections
            if "." in section.name and " " not in section.name
        }

    @property
    def steps(self) -> list[Step]:
        """The play, without empty lines and comments."""
        (play,) = [section for section in self.sections if section.name == PLAY]
        steps = []
        for number, line in enumerate(play.text.split("\n"), start=play.first_line):
            command, _, expected = line.partition(ARROW)
            if command.strip() and not command.startswith("#"):
                steps.append(Step(number, command.strip(), expected.strip()))
        return steps


def load(path: Path) -> Scenario:
    """Raises ``ScenarioError`` for a file without a title or a play."""
    return parse(path, path.read_text(encoding="utf-8"))


def parse(path: Path, text: str) -> Scenario:
    """As ``load``, of a text."""
    title: list[str] = []
    sections: list[tuple[str, list[str], int]] = []
    for number, line in enumerate(text.removesuffix("\n").split("\n")):
        if header := _HEADER.match(line):
            sections.append((header["name"], [], number + 1))
        elif sections:
            sections[-1][1].append(line)
        else:
            title.append(line)
    if not "".join(title).strip() or [name for name, *_ in sections].count(PLAY) != 1:
        raise ScenarioError(f"{path.name} needs a title and one section '-- {PLAY} --'")
    made = tuple(Section(name, "".join(f"{line}\n" for line in lines), first) for name, lines, first in sections)
    return Scenario(path, " ".join(" ".join(title).split()), made)


def rewritten(scenario: Scenario, text: str, observed: Sequence[str]) -> str:
    """The file's text with what was observed behind the arrows, the arrows in one column."""
    steps = scenario.steps
    widths = [len(step.command) for step in steps if len(step.command) <= _WIDEST_STEP]
    width = max(widths, default=0)
    lines = text.split("\n")
    for step, seen in zip(steps, observed, strict=True):
        lines[step.line] = f"{step.command:<{width}}  {ARROW} {seen}" if seen else step.command
    return "\n".join(lines)


def check(scenario: Scenario, observed: Sequence[str], *, update: bool) -> None:
    """Compare each step with what was observed, or write it into the file."""
    if update:
        text = scenario.path.read_text(encoding="utf-8")
        new = rewritten(scenario, text, observed)
        if new != text:
            scenario.path.write_text(new, encoding="utf-8", newline="\n")
        return
    wrong = [
        f"line {step.line + 1}: {step.command}\n    expected {step.expected or 'nothing'}\n"
        f"    observed {seen or 'nothing'}"
        for step, seen in zip(scenario.steps, observed, strict=True)
        if step.expected != seen
    ]
    assert not wrong, "\n".join([f"{scenario.path.name}: {scenario.title}", *wrong])


def paths(kind: str) -> list[Path]:
    """The scenario files of a folder, sorted."""
    return sorted((FOLDER / kind).glob("*.txt"))


def without_cursor(text: str) -> tuple[str, int]:
    """The text without its cursor mark, and the mark's offset. Raises ``ScenarioError`` unless there is one mark."""
    before, mark, after = text.partition(CURSOR)
    if not mark or CURSOR in after:
        raise ScenarioError(f"one {CURSOR} is needed in {text!r}")
    return before + after, len(before)


def without_range(text: str) -> tuple[str, int, int]:
    """The text without ``«`` and ``»``, and the offsets that they enclose."""
    before, start, rest = text.partition(RANGE_START)
    inside, end, after = rest.partition(RANGE_END)
    if not start or not end:
        raise ScenarioError(f"{RANGE_START}…{RANGE_END} is needed in {text!r}")
    return before + inside + after, len(before), len(before) + len(inside)
