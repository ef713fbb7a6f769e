"""The journal of a run: one line of JSON for each task, written to the disk before the next task begins.

A killed run loses only its current task. An incomplete last line is dropped when the journal is read. The journal
contains no code and no messages.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import define, field

from autothink_lsp.errors import AutothinkError
from autothink_lsp.settings.own_files import make_private_file
from autothink_lsp.tuning.outcomes import TaskOutcome, outcome_from_json, outcome_to_json


@define
class Journal:
    """The journal in ``file``. Only a run with the same ``header`` continues it."""

    file: Path
    header: Mapping[str, Any]
    outcomes: list[TaskOutcome] = field(factory=list)
    dropped: dict[str, str] = field(factory=dict)  # candidate -> the reason why it is not a task

    @classmethod
    def begin(cls, file: Path, header: Mapping[str, Any]) -> Journal:
        """A new journal. An existing one is kept as ``FILE.1``. Raises ``AutothinkError``."""
        journal = cls(file, header)
        try:
            if file.exists():
                file.replace(file.with_name(f"{file.name}.1"))
            make_private_file(file)
        except OSError as error:
            raise _unwritable(file, error) from error
        journal._append({"type": "run", **header})
        return journal

    @classmethod
    def resume(cls, file: Path, header: Mapping[str, Any]) -> Journal:
        """The journal of an interrupted run; a new one if there is none or its header differs. Raises
        ``AutothinkError``."""
        try:
            content = file.read_bytes()
        except OSError:
            return cls.begin(file, header)
        whole = content[: content.rfind(b"\n") + 1]
        journal = cls(file, header)
        lines = whole.splitlines()
        if not lines or _read(lines[0]) != {"type": "run", **header}:
            return cls.begin(file, header)
        if whole != content:
            _truncate(file, len(whole))
        for line in lines[1:]:
            journal._take(_read(line))
        return journal

    @classmethod
    def read(cls, file: Path) -> Journal | None:
        """The journal in ``file``, whatever its header is; ``None`` if there is none. Writes nothing."""
        try:
            content = file.read_bytes()
        except OSError:
            return None
        lines = content[: content.rfind(b"\n") + 1].splitlines()
        header = dict(_read(lines[0])) if lines else {}
        if header.pop("type", None) != "run":
            return None
        journal = cls(file, header)
        for line in lines[1:]:
            journal._take(_read(line))
        return journal

    @property
    def done(self) -> frozenset[str]:
        """The ids of the tasks and dropped candidates, which are not tried again."""
        return frozenset({one.task for one in self.outcomes} | set(self.dropped))

    def add(self, outcome: TaskOutcome) -> None:
        """Write the outcome of a task. Raises ``AutothinkError``."""
        self._append({"type": "task", **outcome_to_json(outcome)})
        self.outcomes.append(outcome)

    def drop(self, task: str, reason: str) -> None:
        """Write the reason why a candidate is not a task. Raises ``AutothinkError``."""
        self._append({"type": "dropped", "task": task, "reason": reason})
        self.dropped[task] = reason

    def _take(self, values: Mapping[str, Any]) -> None:
        try:
            if values.get("type") == "task":
                self.outcomes.append(outcome_from_json(values))
            elif values.get("type") == "dropped":
                self.dropped[str(values["task"])] = str(values["reason"])
        except (KeyError, ValueError):
            return  # written by another version: the task is repeated

    def _append(self, values: Mapping[str, Any]) -> None:
        line = json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"
        try:
            with self.file.open("ab") as opened:
                opened.write(line.encode("utf-8", "surrogatepass"))
                opened.flush()
                os.fsync(opened.fileno())
        except OSError as error:
            raise _unwritable(self.file, error) from error


def _read(line: bytes) -> Mapping[str, Any]:
    try:
        values = json.loads(line)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _truncate(file: Path, size_bytes: int) -> None:
    try:
        os.truncate(file, size_bytes)
    except OSError as error:
        raise _unwritable(file, error) from error


def _unwritable(file: Path, error: OSError) -> AutothinkError:
    return AutothinkError(
        f"{file} cannot be written: {error.strerror}.", hint="Set AUTOTHINK_HOME to a folder that is."
    )
