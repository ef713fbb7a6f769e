"""Finds the files and commits of a project from which tasks are made. Runs git, and reads nothing that the model must
not see."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

from attrs import define, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.processes.environment import find_program
from autothink_lsp.processes.run import run_captured
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.tuning.tasks import Candidate, SourceText, of_commit, read_source
from autothink_lsp.verify.project_tests.related_tests import NOT_WALKED, is_test_file
from autothink_lsp.verify.syntax_checks import parse_text

_GIT_S = 30.0
_MOST_COMMITS = 400
_MOST_HISTORY_TASKS = 60
_MOST_FILES = 400


@frozen
class _Change:
    commit: str
    path: str


@define
class Repository:
    """A project folder."""

    folder: Path
    registry: LanguageRegistry
    grammars: Grammars

    async def files(self, seed: int) -> list[Path]:
        """The source files that are not tests, shuffled by ``seed``: the files tracked by git, or all files without
        git."""
        listed = await self._git("ls-files", "-z", "--cached")
        names = [name for name in listed.split("\0") if name] if listed else [*_walk(self.folder)]
        found = []
        for name in sorted(names):
            file = self.folder / name
            language = self.registry.by_path(file.as_uri())
            is_code = language is not None and language.has_grammar and not is_test_file(name)
            if is_code and file.is_file() and not file.is_symlink():
                found.append(file)
        random.Random(seed).shuffle(found)  # noqa: S311 - reproducible, not secret
        return found[:_MOST_FILES]

    def source(self, file: Path) -> SourceText | None:
        """The file with its tree; ``None`` if no task can be made of it."""
        language = self.registry.by_path(file.as_uri())
        return None if language is None else read_source(file, self.folder, language, self.grammars)

    async def history(self, known: dict[str, SourceText]) -> list[Candidate]:
        """Candidates that undo one hunk of a commit that changed a file of ``known`` together with tests."""
        log = await self._git(
            "log", "--no-merges", f"--max-count={_MOST_COMMITS}", "--name-only", "--no-renames", "--format=%x01%H"
        )
        found: list[Candidate] = []
        for change in _code_and_tests(log, set(known)):
            diff = await self._git(
                "show", "--format=", "--unified=3", "--no-ext-diff", change.commit, "--", change.path
            )
            source = known[change.path]

            def parsed(text: str, source: SourceText = source) -> SyntaxTree | None:
                return parse_text(self.grammars.load(source.language), Text.from_str(text))

            candidate = of_commit(source, change.commit, diff, parsed)
            if candidate is not None:
                found.append(candidate)
            if len(found) >= _MOST_HISTORY_TASKS:
                break
        return found

    async def _git(self, *arguments: str) -> str:
        """The output of git; empty if git is missing or the folder is not a repository."""
        git = find_program("git")
        if git is None:
            return ""
        safe = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.pager=cat")
        try:
            ran = await run_captured((git, *safe, *arguments), _GIT_S, folder=str(self.folder))
        except (OSError, ValueError):
            return ""
        return ran.output if ran.returncode == 0 else ""


def _code_and_tests(log: str, known: set[str]) -> Iterator[_Change]:
    """The changes of commits that touch one file of code and at least one of tests."""
    for entry in log.split("\x01")[1:]:
        commit, *names = [line for line in entry.split("\n") if line]
        code = [name for name in names if name in known]
        if len(code) == 1 and any(is_test_file(name) for name in names):
            yield _Change(commit, code[0])


def _walk(folder: Path) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        place = Path(root)
        folders[:] = sorted(name for name in folders if name not in NOT_WALKED and not (place / name).is_symlink())
        for name in sorted(names):
            yield (place / name).relative_to(folder).as_posix()
