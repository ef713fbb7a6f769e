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
from attrs import field, frozen

from autothink_lsp.features.next_edit.model_checks import model_refusal
from autothink_lsp.features.next_edit.model_window import answered_edit
from autothink_lsp.features.next_edit.proposal import RuleContext
from autothink_lsp.features.next_edit.verifier import refusal_of
from autothink_lsp.prompt.next_edit.dialect import NextEditDialect
from autothink_lsp.prompt.next_edit.dialects import SWEEP_V2, ZETA_1, ZETA_2
from autothink_lsp.prompt.next_edit.window import EditWindow, PastEdit, window_bounds
from autothink_lsp.syntax.service import Syntax
from tests.bench.next_edit_scenarios import changed_lines, parts_of
from tests.support.next_edit_session import NextEditSession

MODELS: dict[str, NextEditDialect] = {
    "sweep-next-edit-0.5B": SWEEP_V2,
    "sweep-next-edit-1.5B": SWEEP_V2,
    "sweep-next-edit-7B": SWEEP_V2,
    "zeta": ZETA_1,
    "zeta-2": ZETA_2,
}
# In front of the marked window in a prompt of the dialect.
_WINDOW_STARTS = {"sweep-v2": "current/", "zeta-1": "<|editable_region_start|>\n", "zeta-2": "<<<<<<< CURRENT\n"}


@frozen
class RecordedAnswer:
    """An answer to a window that begins at line ``first``, with the cursor at ``row`` and ``column`` in it."""

    model: str
    first: int
    row: int
    column: int
    text: str = field(repr=False)


@frozen
class Recording:
    """A document ``now`` after ``edits`` (old, new), what it should become, and the models' prompts and answers.
    ``prompts`` are by dialect."""

    name: str
    language: str
    path: str
    now: str = field(repr=False)
    expected: str = field(repr=False)
    edits: tuple[tuple[str, str], ...] = field(repr=False)
    answers: tuple[RecordedAnswer, ...] = field(repr=False)
    prompts: dict[str, str] = field(repr=False)

    @property
    def is_silent(self) -> bool:
        """Whether nothing should come."""
        return self.expected == self.now

    def window(self, answer: RecordedAnswer) -> EditWindow:
        """The window that the model was asked about."""
        lines = self.now.split("\n")[:-1]
        past = (PastEdit(self.path, _lines(old), _lines(new)) for old, new in self.edits)
        dialect = MODELS[answer.model]
        first, stop = window_bounds(answer.first + answer.row, len(lines), dialect.size)
        first = max(first, answer.first)
        return EditWindow(
            path=self.path,
            lines=tuple(lines[first:stop]),
            first=first,
            row=answer.first + answer.row - first,
            column=answer.column,
            above=tuple(lines[max(0, first - dialect.around) : first]),
            below=tuple(lines[stop : stop + dialect.around]),
            edits=tuple(past),
        )


@frozen
class ReplayedAnswer:
    """What became of an answer. ``refusal`` is empty for an edit that passes all checks; ``is_shown``: by the gate as
    well. ``right`` of the ``changed`` lines of the edit are in the expected text."""

    recording: Recording
    answer: RecordedAnswer
    is_edit: bool
    refusal: str = ""
    is_shown: bool = False
    is_exact: bool = False
    right: int = 0
    changed: int = 0


def replay(recording: Recording, answer: RecordedAnswer, syntax: Syntax) -> ReplayedAnswer:
    """Read the answer, check its edit, and pass it through the service's gate: no edit in the document, no proposal."""
    session, has_history = _session(recording, syntax)
    window = recording.window(answer)
    lines = MODELS[answer.model].read(window, answer.text)
    edit = answered_edit(window, lines, "model") if lines is not None else None
    if lines is None or edit is None:
        return ReplayedAnswer(recording, answer, is_edit=False)
    before = recording.now.split("\n")
    after = "\n".join((*before[: window.first], *lines, *before[window.stop :]))
    right, changed = changed_lines(recording.now, after, recording.expected)
    snapshot, hunks = session.snapshot, session.service.history.hunks(session.uri)
    tree = syntax.trees.tree(snapshot)
    context = RuleContext(snapshot, tree, syntax.style(snapshot), hunks, (), answer.first + answer.row)
    refusal = model_refusal(context, edit) or refusal_of(snapshot.text, tree, edit, hunks)
    is_shown = session.service.from_model(snapshot, answer.first + answer.row, edit) is not None
    if not has_history and recording.edits:
        is_shown = not refusal
    return ReplayedAnswer(
        recording=recording,
        answer=answer,
        is_edit=True,
        refusal=refusal,
        is_shown=is_shown,
        is_exact=after == recording.expected,
        right=right,
        changed=changed,
    )


def _session(recording: Recording, syntax: Syntax) -> tuple[NextEditSession, bool]:
    """The document after its edits, and whether they could be made: some are of lines that it does not have."""
    before = recording.now
    for old, new in reversed(recording.edits):
        before = before.replace(new, old, 1)
    session = NextEditSession(before, recording.language, f"file:///p/{recording.path}", syntax=syntax)
    for old, new in recording.edits:
        if old in session.text and new:
            session.edit(old, new)
    if session.text != recording.now:
        session = NextEditSession(recording.now, recording.language, f"file:///p/{recording.path}", syntax=syntax)
    return session, bool(session.service.history.hunks(session.uri))


def report(results: Sequence[ReplayedAnswer]) -> str:
    """The figures of each model: of the answers as they are, and of those that are shown."""
    lines = ["recorded answers: fires, exact, changed lines right; silent where right"]
    for model in dict.fromkeys(one.answer.model for one in results):
        own = [one for one in results if one.answer.model == model]
        silent = [one for one in own if one.recording.is_silent]
        others = [one for one in own if not one.recording.is_silent]
        for title, chosen in (
            ("as they are", [one for one in own if one.is_edit]),
            ("checked", [one for one in own if one.is_edit and not one.refusal]),
            ("shown", [one for one in own if one.is_shown]),
        ):
            fired = [one for one in chosen if not one.recording.is_silent]
            right, changed = sum(one.right for one in fired), sum(one.changed for one in fired)
            quiet = len(silent) - sum(one.recording.is_silent for one in chosen)
            lines.append(
                f"  {model:21} {title:11} {len(fired):2} of {len(others)}, {sum(one.is_exact for one in fired)} exact, "
                f"{right} of {changed} lines ({100 * right / max(1, changed):.0f} %); {quiet} of {len(silent)}"
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
        text = response["choices"][0]["text"]
        marked = prompt.split(_WINDOW_STARTS[dialect.name])[-1]
        if dialect is SWEEP_V2:
            marked = marked.split("\n", 1)[1]
        at = marked.index(dialect.cursor)
        row, column = marked.count("\n", 0, at), at - (marked.rfind("\n", 0, at) + 1)
        first = now.split("\n").index(marked.split("\n")[0].replace(dialect.cursor, ""))
        answers.append(RecordedAnswer(model, first, row, column, text))
    expected = parts.get("expected", now).rstrip("\n") + "\n"
    return Recording(
        file.stem, fields["language"], fields["file"], now, expected, tuple(edits), tuple(answers), prompts
    )


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
