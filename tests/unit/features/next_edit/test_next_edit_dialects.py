"""The dialects of next-edit models: prompts equal to recorded ones, how answers are read, how a dialect is chosen."""

from __future__ import annotations

import pytest
from attrs import evolve

from autothink_lsp.document.text import Text
from autothink_lsp.features.next_edit.model_window import answered_edit, edit_window
from autothink_lsp.prompt.next_edit.detect import markers, possible_dialects, probe_result, probes, speaks
from autothink_lsp.prompt.next_edit.dialect import NextEditDialect
from autothink_lsp.prompt.next_edit.dialects import DIALECTS, INSTINCT, SWEEP_V1, SWEEP_V2, ZETA_1, ZETA_2, ZETA_2_1
from autothink_lsp.prompt.next_edit.window import EditWindow, PastEdit, window_bounds
from autothink_lsp.values import Point
from tests.bench.next_edit import RECORDINGS
from tests.bench.next_edit_recordings import MODELS, Recording, load

ALL = load(RECORDINGS)
# The recorder wrote several edits in no fixed order for this dialect.
UNORDERED = {("19-typescript-add-decorator", "zeta-2"), ("21-rust-tuple-to-struct-field", "zeta-2")}
WINDOW = EditWindow(
    path="src/a.py",
    lines=("a = 1", "b = old", "", "c = 3"),
    first=10,
    row=1,
    column=4,
    above=("above",),
    below=("below",),
    former=("a = 0", "b = old", "", "c = 3"),
    edits=(PastEdit("src/b.py", ("x",), ("y",), 4), PastEdit("src/a.py", ("a = 0",), ("a = 1",), 10)),
)


@pytest.mark.parametrize("recording", ALL, ids=lambda one: one.name)
def test_prompts_equal_the_recorded_prompts(recording: Recording) -> None:
    for answer in recording.answers:
        dialect = MODELS[answer.model]
        if (recording.name, dialect.name) not in UNORDERED:
            assert dialect.render(recording.window(answer)) == recording.prompts[dialect.name]


def test_sweep_v1() -> None:
    assert SWEEP_V1.render(WINDOW) == (
        "<|file_sep|>src/b.py.diff\noriginal:\nx\nupdated:\ny\n"
        "<|file_sep|>src/a.py.diff\noriginal:\na = 0\nupdated:\na = 1\n"
        "<|file_sep|>original/src/a.py\na = 0\nb = old\n\nc = 3\n"
        "<|file_sep|>current/src/a.py\na = 1\nb = old\n\nc = 3\n"
        "<|file_sep|>updated/src/a.py\n"
    )


def test_zeta_2_1() -> None:
    assert ZETA_2_1.render(WINDOW) == (
        "<[fim-suffix]>\nbelow\n<[fim-prefix]><filename>edit_history\n"
        "--- a/src/b.py\n+++ b/src/b.py\n@@ -5,1 +5,1 @@\n-x\n+y\n\n"
        "--- a/src/a.py\n+++ b/src/a.py\n@@ -11,1 +11,1 @@\n-a = 0\n+a = 1\n\n"
        "<filename>src/a.py\nabove\n<|marker_1|>\na = 1\nb = <|user_cursor|>old\n\nc = 3\n<|marker_2|>\n<[fim-middle]>"
    )


def test_instinct_names_the_newest_edit_first() -> None:
    prompt = INSTINCT.render(WINDOW)
    assert prompt.index("a = 0") < prompt.index("-x\n+y")
    assert "\nabove\n<|editable_region_start|>\na = 1\nb = <|user_cursor_is_here|>old\n\nc = 3\n" in prompt
    assert prompt.endswith("<|editable_region_end|>\nbelow\n```\n### Response:")


def test_braces_in_code_are_not_template_fields() -> None:
    window = EditWindow("a.c", ("{path} {0} {", "}"), 0, 0, 0, edits=(PastEdit("a.c", ("{old}",), ("{new}",)),))
    for dialect in DIALECTS:
        prompt = dialect.render(window)
        assert "{path} {0} {" in prompt
        assert "{old}" in prompt


NEW = ("a = 1", "b = new", "", "c = 3")
WHOLE = "a = 1\nb = new\n\nc = 3\n"
ECHO = "a = 1\nb = old\n\nc = 3\n"


@pytest.mark.parametrize(
    ("dialect", "answer", "lines"),
    [
        (SWEEP_V2, "b = new\n\nc = 3\n", NEW),
        (SWEEP_V2, "b = new\n\nc = 3", NEW),
        (SWEEP_V2, "b = new\n\nc = 3\n\n\n", NEW),
        (SWEEP_V2, "b = new\n\nc = 3\n<|file_sep|>other.py\nx\n", NEW),
        (SWEEP_V2, "b = new\r\n\r\nc = 3\r\n", NEW),
        (SWEEP_V2, "b = <|cursor|>new\n\nc = 3\n", NEW),
        (SWEEP_V2, "b = old\n\nc = 3\n", None),
        (SWEEP_V2, "b = old\n\nc = 3", None),
        (SWEEP_V2, "b = old\n\nc = 3\n\n", None),
        (SWEEP_V2, "", None),
        (SWEEP_V1, WHOLE, NEW),
        (SWEEP_V1, ECHO, None),
        (ZETA_1, "<|editable_region_start|>\n" + WHOLE.rstrip("\n"), NEW),
        (ZETA_1, "<|editable_region_start|>\n" + WHOLE + "<|editable_region_end|>\n```", NEW),
        (ZETA_2, WHOLE, NEW),
        (ZETA_2, WHOLE + ">>>>>>> UPDATED\nmore", NEW),
        (ZETA_2, "NO_EDITS\n", None),
        (ZETA_2_1, "<|marker_1|>\n" + WHOLE + "<|marker_2|>\n", NEW),
        (ZETA_2_1, "<|marker_1|>\nNO_EDITS", None),
        (INSTINCT, WHOLE, NEW),
        (INSTINCT, "\n" + WHOLE, NEW),
        (ZETA_2, "NO_EDITS\n\nThe code is fine.\n", None),
        (INSTINCT, f"```python\n{WHOLE}```\n", None),
        (SWEEP_V1, f"```\n{WHOLE}```", None),
    ],
)
def test_answer_is_parsed(dialect: NextEditDialect, answer: str, lines: tuple[str, ...] | None) -> None:
    assert dialect.read(WINDOW, answer) == lines


def test_answer_that_begins_above_the_cursor_duplicates_no_line() -> None:
    window = evolve(WINDOW, row=3)
    assert SWEEP_V2.read(window, "a = 1\nb = old\n\nc = 4\n") is None
    assert SWEEP_V2.read(window, "c = 4\n") == (*WINDOW.lines[:3], "c = 4")
    assert SWEEP_V2.read(WINDOW, "a = 1\nc = 3\n") == ("a = 1", "a = 1", "c = 3")  # one line may be meant


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_markers_of_the_dialect_are_not_shown(dialect: NextEditDialect) -> None:
    assert dialect.can_show(WINDOW)
    for sign in (dialect.stop[0], dialect.cursor, dialect.markers[0]):
        line = f"STOP = {sign.strip()!r}"
        assert not dialect.can_show(evolve(WINDOW, lines=("a = 1", line)))
        assert not dialect.can_show(evolve(WINDOW, below=(line,)))
        assert not dialect.can_show(evolve(WINDOW, edits=(PastEdit("a.py", (line,), ("x",)),)))


@pytest.mark.parametrize(
    ("answered", "is_edit"),
    [
        (("a = 1", "b = new"), False),
        (("a = 1", "b = old"), False),
        (("a = 1", "", "c = 3"), True),
        (("a = 1", "b = old", "", "c = 4"), True),
        (("a = 1", "b = old", "", "c = 3", "d = 4"), True),
    ],
)
def test_truncated_answer_deletes_no_line(answered: tuple[str, ...], is_edit: bool) -> None:
    assert (answered_edit(WINDOW, answered, "model") is not None) is is_edit


@pytest.mark.parametrize("row", [27, 53])
def test_a_long_line_beside_the_window_is_not_shown(row: int) -> None:
    lines = [f"x{number} = {number}" for number in range(100)]
    lines[40] = "DATA = '" + "a" * 30_000 + "'"
    window = edit_window(Text.from_str("\n".join(lines)), Point(row, 0), (), str, "u", ZETA_1)
    assert window is not None
    assert lines[40] not in (*window.above, *window.below)


def counts(*single: str) -> dict[str, int]:
    return {marker: 1 if marker in single else 5 for marker in markers()}


QWEN = counts("<|file_sep|>", "<|fim_prefix|>", "<|fim_middle|>")
SEED = counts("<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>")


@pytest.mark.parametrize(
    ("token_counts", "name", "expected"),
    [
        (QWEN, "served", [SWEEP_V2, SWEEP_V1, ZETA_1, INSTINCT]),
        (QWEN, "zeta-7b", [ZETA_1, SWEEP_V2, SWEEP_V1, INSTINCT]),
        (QWEN, "sweep-next-edit-1.5b.v1", [SWEEP_V1, SWEEP_V2, ZETA_1, INSTINCT]),
        (QWEN, "instinct", [INSTINCT, SWEEP_V2, SWEEP_V1, ZETA_1]),
        (QWEN, "zeta-2", [SWEEP_V2, SWEEP_V1, ZETA_1, INSTINCT]),  # the vocabulary says that it is none
        (SEED, "served", [ZETA_2, ZETA_2_1]),
        (SEED, "zeta-2.1", [ZETA_2_1, ZETA_2]),
        (counts(), "sweep-next-edit", []),
        (None, "sweep-next-edit-0.5b", [SWEEP_V2, SWEEP_V1]),
        (None, "served", []),
    ],
)
def test_dialect_is_detected_from_the_vocabulary(
    token_counts: dict[str, int] | None, name: str, expected: list[NextEditDialect]
) -> None:
    assert list(possible_dialects(token_counts, name)) == expected


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_probe_results_of_each_dialect(dialect: NextEditDialect) -> None:
    for probe in probes(dialect):
        lines = probe.wanted or probe.window.lines
        said = "\n".join(lines[probe.window.row :] if dialect is SWEEP_V2 else lines) + "\n"
        assert probe_result(dialect, probe, said) == "right"
        assert probe_result(dialect, probe, "I cannot help with that.\n") == "wrong"
        assert probe_result(dialect, probe, "") == "wrong"
        assert probe.wanted != probe.window.lines
    edit = probes(dialect)[0]
    echo = "\n".join(edit.window.lines[edit.window.row if dialect is SWEEP_V2 else 0 :])
    assert probe_result(dialect, edit, echo) == "silent"


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (("right", "right", "right"), True),
        (("right", "silent", "right"), True),
        (("silent", "silent", "right"), False),  # a model that repeats everything
        (("right", "wrong", "right"), False),
        (("right", "right", "wrong"), False),
    ],
)
def test_dialect_is_accepted_by_its_probe_results(results: tuple[str, ...], expected: bool) -> None:
    assert speaks(results) is expected  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("line", "count", "expected"),
    [(0, 100, (0, 5)), (50, 100, (48, 53)), (99, 100, (95, 100)), (1, 3, (0, 3)), (0, 1, (0, 1))],
)
def test_window_bounds(line: int, count: int, expected: tuple[int, int]) -> None:
    assert window_bounds(line, count, 5) == expected
