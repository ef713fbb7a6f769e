"""What diagnostics before and after an edit say of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.language_servers.compare import judge, new_messages, read_message, read_messages, target_among
from autothink_lsp.verify.language_servers.values import OverlayCase, OverlayFile, ServerMessage

FILE, OTHER = Path("/p/a.py"), Path("/p/b.py")


def reported(line: int, message: str, code: str = "reportX", severity: Any = "error") -> ServerMessage:
    return ServerMessage(line=line, end_line=line, message=message, code=code, source="Pyright", severity=severity)


def target(line: int, message: str, code: str = "reportX", source: str = "Pylance") -> Diagnostic:
    return Diagnostic(Point(line, 0), Point(line, 5), message, code=code, source=source)


def judged(before: list[ServerMessage], after: list[ServerMessage], old: str, new: str, about: Diagnostic):
    file = OverlayFile(path=FILE, language_id="python", before=old, after=new)
    case = OverlayCase(folder=Path("/p"), files=(file,), target=about)
    return judge(case, {FILE: before}, {FILE: after}, title="Pyright")


OLD = "a\nb\nc\nd"
MESSAGE = "Type int is not assignable to str"


@pytest.mark.parametrize(
    ("before", "after", "new", "gone"),
    [
        pytest.param([reported(1, MESSAGE)], [], "a\nB\nc\nd", True, id="gone"),
        pytest.param([reported(1, MESSAGE)], [reported(1, MESSAGE)], "a\nB\nc\nd", False, id="same-place"),
        pytest.param([reported(1, MESSAGE)], [reported(3, MESSAGE)], "x\ny\na\nb\nc\nd", False, id="moved"),
        pytest.param([reported(1, MESSAGE)], [reported(2, MESSAGE)], "a\nB\nB\nc\nd", False, id="beside"),
        pytest.param(
            [reported(1, MESSAGE), reported(3, MESSAGE)], [reported(3, MESSAGE)], "a\nB\nc\nd", True, id="one-of-two"
        ),
        pytest.param(
            [reported(1, MESSAGE), reported(3, MESSAGE)], [reported(1, MESSAGE)], "a\nb\nc\nD", False, id="the-other"
        ),
        pytest.param(
            [reported(1, MESSAGE)],
            [reported(1, "Type float is not assignable to str")],
            "a\nB\nc\nd",
            False,
            id="reworded",
        ),
        pytest.param(
            [reported(1, MESSAGE)],
            [reported(1, "x is possibly unbound", "reportY")],
            "a\nB\nc\nd",
            True,
            id="other-code",
        ),
        pytest.param([], [], "a\nB\nc\nd", None, id="never-reported"),
        pytest.param([reported(3, MESSAGE)], [], "a\nB\nc\nd", None, id="reported-elsewhere"),
    ],
)
def test_whether_the_target_is_gone(before: Any, after: Any, new: str, gone: bool | None) -> None:
    assert judged(before, after, OLD, new, target(1, MESSAGE)).target_gone is gone


@pytest.mark.parametrize(
    ("code", "message", "found"),
    [
        ("reportX", "Typ int passt nicht", True),  # a localised editor: the code is the same
        ("", MESSAGE, True),
        ("ts2322", "anything", False),
        ("", "Undefined name x", False),
    ],
)
def test_the_target_is_recognised_by_code_or_words(code: str, message: str, found: bool) -> None:
    assert (target_among(target(1, message, code), [reported(1, MESSAGE)]) is not None) is found


def test_codes_of_typescript_are_one_with_and_without_their_prefix() -> None:
    assert target_among(target(0, "?", "ts2322"), [reported(0, "!", "2322")]) is not None


def test_new_messages_count_and_ignore_lines_and_numbers() -> None:
    before = [reported(1, "line 1 is long"), reported(2, "y")]
    after = [reported(5, "line 5 is long"), reported(6, "line 6 is long"), reported(7, "z")]
    assert [one.line for one in new_messages(before, after)] == [6, 7]


def test_new_messages_in_other_files_of_the_edit_are_reported_with_their_file() -> None:
    files = tuple(OverlayFile(path=path, language_id="python", before="a", after="b") for path in (FILE, OTHER))
    result = judge(OverlayCase(folder=Path("/p"), files=files), {}, {OTHER: [reported(0, "bad call")]}, title="Pyright")
    assert [(one.message, one.severity, one.checker) for one in result.new_findings] == [
        ("b.py: bad call", "error", "Pyright")
    ]
    assert result.target_gone is None


RANGE = {"start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 0}}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"range": RANGE, "message": "m"}, ("m", "", "error")),
        ({"range": RANGE, "message": "m", "code": 7, "severity": 2}, ("m", "7", "warning")),
        (
            {"range": RANGE, "message": "m", "code": {"value": "c", "target": "u"}, "severity": 4},
            ("m", "c", "information"),
        ),
        ({"range": RANGE, "message": {"kind": "markdown", "value": "m"}, "severity": 99}, ("m", "", "error")),
    ],
)
def test_reading_a_message(item: Any, expected: tuple[str, str, str]) -> None:
    read = read_message(item)
    assert read is not None
    assert (read.message, read.code, read.severity) == expected
    assert (read.line, read.end_line) == (1, 2)


@pytest.mark.parametrize(
    "item", [None, 3, [], {}, {"range": RANGE}, {"range": {"start": 1}, "message": "m"}, {"range": RANGE, "message": 5}]
)
def test_what_is_no_message_is_passed_over(item: Any) -> None:
    assert read_messages([item, {"range": RANGE, "message": "m"}]) == read_messages([{"range": RANGE, "message": "m"}])


def test_what_is_no_list_holds_no_messages() -> None:
    assert read_messages({"items": 1}) == ()


@pytest.mark.parametrize(
    ("after", "gone"),
    [
        ('Printf format %d has arg "b" of wrong type string', False),
        ("Printf call needs 2 args but has 1 arg", True),
    ],
)
def test_a_message_without_a_code_that_changes_a_word_is_still_there(after: str, gone: bool) -> None:
    before = [reported(0, 'Printf format %d has arg "a" of wrong type string', "")]
    result = judged(before, [reported(0, after, "")], "a\nb", "c\nb", target(0, before[0].message, ""))
    assert result.target_gone is gone
