"""Decides whether an answer to a task is right: by the project's tests, else by the checker that noticed the mistake,
else by comparing syntax trees.

Code that equals the original except for layout and comments is always right. Tests run on one copy of the project, and
only those that touch the file.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from attrs import define, field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.tuning.tasks import Candidate, code_tokens
from autothink_lsp.verify.project_tests.project_copy import ProjectCopy
from autothink_lsp.verify.project_tests.related_tests import related_tests
from autothink_lsp.verify.project_tests.runners import runner_of
from autothink_lsp.verify.project_tests.service import SuiteRunner
from autothink_lsp.verify.project_tests.suite_result import SuiteResult
from autothink_lsp.verify.syntax_checks import parse_text

_SUITE_S = 90.0  # a file whose tests take longer is judged without them
_MOST_TESTS = 3  # test files for one source file: the nearest ones
_MESSAGE_CHARACTERS = 400


@frozen
class FailingTests:
    """The names of the tests that a changed text makes fail, and the first message."""

    names: frozenset[str]
    message: str = field(default="", repr=False)


@define(eq=False)
class TestOracle:
    """Runs the tests that touch a file on one copy of the project. Without a ``command`` it runs none."""

    __test__ = False

    folder: Path
    command: tuple[str, ...]
    network: bool = False
    runs: int = 0
    seconds: float = 0.0
    _place: tempfile.TemporaryDirectory[str] | None = None
    _copy: ProjectCopy | None = None
    _baselines: dict[str, SuiteResult | None] = field(factory=dict)

    async def __aenter__(self) -> Self:
        self._place = tempfile.TemporaryDirectory(prefix="autothink-tune-", ignore_cleanup_errors=True)
        path = Path(self._place.name).resolve() / "copy" / (self.folder.name or "project")
        self._copy = ProjectCopy(self.folder, path)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._place is not None:
            await asyncio.to_thread(self._place.cleanup)

    async def failing(self, candidate: Candidate, text: str) -> FailingTests | None:
        """The tests that pass with the original text and fail with ``text``."""
        before = await self._baseline(candidate)
        if before is None:
            return None
        after = await self._run(candidate, text)
        if after is None or not after.has_ended:
            return FailingTests(before.passed, "The tests do not come to an end.")
        names = frozenset(before.passed - after.passed)
        first = next((after.messages[name] for name in sorted(names) if name in after.messages), after.reason)
        return FailingTests(names, first.strip()[-_MESSAGE_CHARACTERS:])

    async def _baseline(self, candidate: Candidate) -> SuiteResult | None:
        if candidate.path not in self._baselines:
            first = await self._run(candidate, candidate.original)
            second = await self._run(candidate, candidate.original) if _is_clean(first) else None
            is_stable = first is not None and second is not None and first.passed == second.passed
            self._baselines[candidate.path] = first if is_stable else None
        return self._baselines[candidate.path]

    async def _run(self, candidate: Candidate, text: str) -> SuiteResult | None:
        if not self.command or self._copy is None or self._place is None:
            return None
        runner = runner_of(self.command)
        copy = self._copy
        try:
            selected = await asyncio.to_thread(related_tests, self.folder, candidate.file, candidate.original, runner)
            if not selected and runner.selects:
                return None
            copy.texts = {Path(candidate.path): text}
            await asyncio.to_thread(copy.update)
            suite = SuiteRunner(self.command, copy, Path(self._place.name).resolve(), time.monotonic() + _SUITE_S)
            started = time.monotonic()
            ran = await suite.run(selected[:_MOST_TESTS], _SUITE_S, network=self.network)
        except (OSError, ValueError):
            return None
        self.runs += 1
        self.seconds += time.monotonic() - started
        return ran if isinstance(ran, SuiteResult) else None


def _is_clean(result: SuiteResult | None) -> bool:
    return result is not None and result.has_run and not result.failed and not result.unloaded


def is_equal_code(grammars: Grammars, candidate: Candidate, text: str) -> bool:
    """Whether ``text`` equals the original except for layout and comments."""
    if text == candidate.original:
        return True
    tree, original = (_tree(grammars, candidate, one) for one in (text, candidate.original))
    return tree is not None and original is not None and code_tokens(tree) == code_tokens(original)


def _tree(grammars: Grammars, candidate: Candidate, text: str) -> SyntaxTree | None:
    return parse_text(grammars.load(candidate.language), Text.from_str(text))
