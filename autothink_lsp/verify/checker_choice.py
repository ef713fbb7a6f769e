"""Chooses the checkers of a language that run for a document, and their programs."""

from __future__ import annotations

import os
from pathlib import Path

from attrs import frozen

from autothink_lsp.processes.environment import search_path_outside
from autothink_lsp.syntax.checker_spec import CheckerSpec
from autothink_lsp.verify.checkers import find_program
from autothink_lsp.verify.project_command import CheckedFile, nearest_configuration


@frozen(kw_only=True)
class CheckerChoice:
    """The ``known`` checkers of a document in ``folder``. ``source`` is the source of the message to fix, if any."""

    known: tuple[CheckerSpec, ...]
    folder: Path | None
    file: Path | None
    trusted: bool
    source: str = ""

    @property
    def project(self) -> CheckedFile | None:
        """The document in its project; ``None`` if the folder is not trusted."""
        if not self.trusted or self.folder is None or self.file is None:
            return None
        return CheckedFile(self.folder, self.file)

    @property
    def search_path(self) -> str | None:
        """The ``PATH`` of checkers of a folder that is not trusted: ours without the folder's own programs."""
        if self.trusted or self.folder is None:
            return None
        return os.pathsep.join(search_path_outside(self.folder)) or os.defpath

    def runnable(self) -> tuple[CheckerSpec, ...]:
        """The checkers that are installed and not excluded."""
        return tuple(one for one in self.known if not self.why_left_out(one) and self.program(one) is not None)

    def program(self, spec: CheckerSpec) -> str | None:
        """The path of the checker's program; ``None`` if it is not installed."""
        return find_program(spec, self.folder, trusted=self.trusted)

    def is_own(self, spec: CheckerSpec) -> bool:
        """Whether this checker reported the message to fix."""
        return self.source.lower() in spec.names

    def why_left_out(self, spec: CheckerSpec) -> str:
        """The reason why the checker does not run even if it is installed; empty if it runs."""
        if spec.runs_project_code and not self.trusted:
            return "runs code of a folder that is not trusted"
        if self.is_own(spec):
            return ""
        if spec.only_own and not self._is_configured(spec):
            return "is not configured in this project"
        other = next((one for one in self.known if spec.fallback_for and one.name == spec.fallback_for), None)
        if other is None or (other.runs_project_code and not self.trusted):
            return ""
        can_run = bool(other.args) or self._is_configured(other)
        return f"reports the same problems as {other.name}" if can_run and self.program(other) is not None else ""

    def _is_configured(self, spec: CheckerSpec) -> bool:
        project = self.project
        relative = project.relative if project is not None else None
        if project is None or relative is None:
            return False
        return nearest_configuration(spec.project_files, project.folder.absolute(), relative) is not None
