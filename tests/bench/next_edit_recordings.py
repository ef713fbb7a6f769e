"""Replays recorded answers of next-edit models through prompt, parser, checks and gate. No model runs.

The recordings are cursortab's (MIT): a folder with ``NAME.txtar`` (a document, earlier edits, what should come) and
``NAME/MODEL.ndjson`` (requests and answers). ``tests/unit/features/next_edit/recordings.json`` keeps what is needed of
them, as ``python -m tests.bench.next_edit_recordings FOLDER`` writes it.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cattrs
from attrs import evolve, field, frozen

from autothink_lsp.features.next_edit.model_checks import model_refusal
from autothink_lsp.features.next_edit.model_window import answered_edit
from autothink_lsp.features.next_edit.proposal import RuleContext
from autothink_lsp.features.next_edit.verifier import refusal_of
from autothink_lsp.prompt.next_edit.dialect import NextEditDialect
from autothink_lsp.prompt.next_edit.dialects import SWEEP_V2, ZETA_1, ZETA_2
from autothink_lsp.prompt.next_edit.window import EditWindow, PastEdit
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point
from tests.bench.next_edit_scenarios import changed_lines, parts_of, session_after, text_with_next_edit

MODELS: dict[str, NextEditDialect] = {
    "sweep-next-edit-0.5B": SWEEP_V2,
    "sweep-next-edit-1.5B": SWEEP_V2,
    "sweep-next-edit-7B": SWEEP_V2,
    "zeta": ZETA_1,
    "zeta-2": ZETA_2,
}
# In front of and behind the marked window in a prompt of the dialect.
_WINDOW_STARTS = {"sweep-v2": "current/", "zeta-1": "<|editable_region_start|>\n", "zeta-2": "<<<<<<< CURRENT\n"}
_WINDOW_ENDS = {"sweep-v2": "<|file_sep|>", "zeta-1": "<|editable_region_end|>", "zeta-2": "=======\n"}


@frozen
class RecordedAnswer:
    """An answer to a window of the lines ``first`` to ``stop`` (excluded), with the cursor at ``row`` and ``column`` in
    it."""

    model: str
    first: int
    stop: int
    row: int
    column: int
    text: str = field(repr=False)


@frozen
class Recording:
    """A document ``now`` after ``edits`` (old, new), what it should become, and the models' prompts and answers.
    ``prompts`` are by dialect. ``by_hand``: the edit is asked for, it does not come by itself."""

    name: str
    language: str
    path: str
    now: str = field(repr=False)
    expected: str = field(repr=False)
    edits: tuple[tuple[str, str], ...] = field(repr=False)
    answers: tuple[RecordedAnswer, ...] = field(repr=False)
    prompts: dict[str, str] = field(repr=False)
    by_hand: bool

    @property
    def is_silent(self) -> bool:
        """Whether nothing should come."""
        return self.expected == self.now

    def window(self, answer: RecordedAnswer) -> EditWindow:
        """The window that the model was asked about."""
        lines = self.now.split("\n")[:-1]
        past = (PastEdit(self.path, _lines(old), _lines(new)) for old, new in self.edits)
        around = MODELS[answer.model].around
        return EditWindow(
            path=self.path,
            lines=tuple(lines[answer.first : answer.stop]),
            first=answer.first,
            row=answer.row,
            column=answer.column,
            above=tuple(lines[max(0, answer.first - around) : answer.first]),
            below=tuple(lines[answer.stop : answer.stop + around]),
            edits=tuple(past),
        )


@frozen
class JudgedEdit:
    """``right`` of the ``changed`` lines of an edit are in the expected text; ``is_exact``: it leads to that text."""

    is_exact: bool
    right: int
    changed: int


@frozen
class ReplayedAnswer:
    """What became of an answer: the model's ``edit``, ``None`` where it makes none, and the edit that the user gets.
    ``refusal`` is empty for an edit that passes all checks; ``is_shown``: by the gate as well. ``by_rule`` is the edit
    of the rules, which are asked before the model."""

    recording: Recording
    answer: RecordedAnswer
    edit: JudgedEdit | None = None
    refusal: str = ""
    is_shown: bool = False
    by_rule: JudgedEdit | None = None

    @property
    def offered(self) -> JudgedEdit | None:
        """What the user gets."""
        return self.by_rule or (self.edit if self.is_shown else None)


def replay(recording: Recording, answer: RecordedAnswer, syntax: Syntax) -> ReplayedAnswer:
    """Ask the rules, read the answer, check its edit, and pass it through the service's gate."""
    by_rule = _by_rule(recording, answer, syntax)
    window = recording.window(answer)
    lines = MODELS[answer.model].read(window, answer.text)
    edit = answered_edit(window, lines, "model") if lines is not None else None
    if lines is None or edit is None:
        return ReplayedAnswer(recording, answer, by_rule=by_rule)
    before = recording.now.split("\n")
    after = "\n".join((*before[: window.first], *lines, *before[window.stop :]))
    session, head = session_after(recording.now, recording.edits, recording.language, recording.path, syntax)
    moved = evolve(edit, first=edit.first + head, stop=edit.stop + head)
    snapshot, hunks = session.snapshot, session.service.history.hunks(session.uri)
    tree = syntax.trees.tree(snapshot)
    point = Point(answer.first + answer.row + head, answer.column)
    context = RuleContext(snapshot, lambda: tree, syntax.style(snapshot), hunks, (), point.line)
    by_hand = recording.by_hand
    refusal = model_refusal(context, moved, point, by_hand=by_hand) or refusal_of(
        snapshot.text, tree, moved, hunks, may_undo=by_hand
    )
    return ReplayedAnswer(
        recording=recording,
        answer=answer,
        edit=_judged(recording, after),
        refusal=refusal,
        is_shown=session.service.from_model(snapshot, point, moved, by_hand=by_hand) is not None,
        by_rule=by_rule,
    )


def _by_rule(recording: Recording, answer: RecordedAnswer, syntax: Syntax) -> JudgedEdit | None:
    session, head = session_after(recording.now, recording.edits, recording.language, recording.path, syntax)
    after = text_with_next_edit(session, head, answer.first + answer.row)
    return None if after is None else _judged(recording, after)


def _judged(recording: Recording, after: str) -> JudgedEdit:
    right, changed = changed_lines(recording.now, after, recording.expected)
    return JudgedEdit(after == recording.expected, right, changed)


def report(results: Sequence[ReplayedAnswer]) -> str:
    """The figures of each model: of the answers as they are, of those that are shown, and of what the user gets, who
    gets a rule's edit where there is one."""
    lines = ["recorded answers: fires, exact, changed lines right; silent where right"]
    for model in dict.fromkeys(one.answer.model for one in results):
        own = [one for one in results if one.answer.model == model]
        for title, edit_of in (
            ("as they are", lambda one: one.edit),
            ("checked", lambda one: None if one.refusal else one.edit),
            ("shown", lambda one: one.edit if one.is_shown else None),
            ("with rules", lambda one: one.offered),
        ):
            silent = [edit_of(one) for one in own if one.recording.is_silent]
            others = [edit_of(one) for one in own if not one.recording.is_silent]
            fired = [edit for edit in others if edit is not None]
            right, changed = sum(edit.right for edit in fired), sum(edit.changed for edit in fired)
            lines.append(
                f"  {model:21} {title:11} {len(fired):2} of {len(others)}, {sum(one.is_exact for one in fired)} exact, "
                f"{right} of {changed} lines ({100 * right / max(1, changed):.0f} %); "
                f"{silent.count(None)} of {len(silent)}"
            )
    return "\n".join(lines)


def load(file: Path) -> list[Recording]:
    """The recordings of a file that ``main`` wrote."""
    return cattrs.structure(json.loads(file.read_text(encoding="utf-8")), list[Recording])


def read_folder(folder: Path) -> list[Recording]:
    """The recordings of cursortab's folder."""
    return [_recording(file) for file in sorted(folder.glob("*.txtar")) if file.with_suffix("").is_dir()]


def _recording(file: Path) -> Recording:
    fields, parts = parts_of(file)
    now = parts["buffer.txt"].rstrip("\n") + "\n"
    edits = re.findall(
        r"<\|file\|> \S+\n<\|old\|>\n(.*?)<\|new\|>\n(.*?)(?=<\|file\|>|\Z)", parts.get("history", ""), re.DOTALL
    )
    answers: list[RecordedAnswer] = []
    prompts: dict[str, str] = {}
    for model, dialect in MODELS.items():
        request, response = _first_exchange(file.with_suffix("") / f"{model}.ndjson")
        prompt = prompts[dialect.name] = request["prompt"]
        first, stop, row, column = _region(now.split("\n"), dialect, prompt)
        answers.append(RecordedAnswer(model, first, stop, row, column, response["choices"][0]["text"]))
    expected = parts.get("expected", now).rstrip("\n") + "\n"
    by_hand = "request-completion manual" in parts["steps"]
    return Recording(
        file.stem, fields["language"], fields["file"], now, expected, tuple(edits), tuple(answers), prompts, by_hand
    )


def _region(lines: Sequence[str], dialect: NextEditDialect, prompt: str) -> tuple[int, int, int, int]:
    """The region of a prompt (first line, line behind it) and the cursor's row and column in it."""
    marked = prompt.rsplit(_WINDOW_STARTS[dialect.name], maxsplit=1)[-1].split(_WINDOW_ENDS[dialect.name], maxsplit=1)[
        0
    ]
    if dialect is SWEEP_V2:
        marked = marked.split("\n", 1)[1]
    at = marked.index(dialect.cursor)
    region = marked.replace(dialect.cursor, "").removesuffix("\n").split("\n")
    places = [n for n in range(len(lines)) if list(lines[n : n + len(region)]) == region]
    first = places[0]
    return first, first + len(region), marked.count("\n", 0, at), at - (marked.rfind("\n", 0, at) + 1)


def _first_exchange(file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    bodies = (next(one for one in lines if one["kind"] == kind)["body_b64"] for kind in ("request", "response"))
    request, response = (json.loads(base64.b64decode(body)) for body in bodies)
    return request, response


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n")[:-1])


def replayed(recordings: Iterable[Recording], syntax: Syntax) -> list[ReplayedAnswer]:
    """All answers of all recordings."""
    return [replay(one, answer, syntax) for one in recordings for answer in one.answers]


if __name__ == "__main__":
    sys.stdout.write(
        json.dumps(cattrs.unstructure(read_folder(Path(sys.argv[1]))), indent=1, ensure_ascii=False) + "\n"
    )
