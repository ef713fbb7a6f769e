"""Runs a project's tests without and with an edit, on a copy of the project.

Tests related to the edited file run first, then all others if time is left. The result without the edit is cached for
each text and state of the project. Files that a test writes or deletes are restored between runs, no process of a run
outlives it, and the user's folder is read-only for it on Linux.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from attrs import define, evolve, field, frozen

from autothink_lsp.processes.environment import find_program
from autothink_lsp.processes.limited import ProcessLimits, run_limited
from autothink_lsp.verify.project_tests.comparison import TestedEdit, both_runs, compare_runs, without_comparison
from autothink_lsp.verify.project_tests.project_copy import ProjectCopy
from autothink_lsp.verify.project_tests.related_tests import changes_own_tests, decides_tests, related_tests
from autothink_lsp.verify.project_tests.runners import Runner, command_line, runner_of
from autothink_lsp.verify.project_tests.suite_result import SuiteResult, read_suite
from autothink_lsp.verify.report import CheckResult

_REMEMBERED = 16
_BEFORE_SHARE = 0.4  # share of the time for the run without the edit, so that enough is left for the run with it
_LEAST_S = 0.5
_REPEATED_SHARE = 0.4  # of the time that is left: runs that are shorter are repeated before they prove something
_REST_LEAST_S = 3.0  # minimum time for which the other tests are started
_OUTPUT_BYTES = 4 << 20


@frozen(kw_only=True)
class ProjectTestsRequest:
    """A test run to compare. ``before`` and ``after`` are two texts of ``file``, saved or not; ``others`` are (path,
    before, after) of other files of the edit. ``wall_s`` limits all runs together."""

    command: tuple[str, ...]
    folder: Path
    file: Path
    before: str = field(repr=False)
    after: str = field(repr=False)
    has_open_problem: bool
    wall_s: float
    others: tuple[tuple[Path, str, str], ...] = field(default=(), repr=False)

    def texts(self, folder: Path, *, is_after: bool) -> dict[Path, str]:
        """The texts of all files of the edit, by their paths relative to ``folder``. Raises ``ValueError`` for a file
        outside of it."""
        files = ((self.file, self.before, self.after), *self.others)
        return {path.resolve().relative_to(folder): after if is_after else before for path, before, after in files}


@define(eq=False)
class ProjectTests:
    """Runs tests and caches the results of runs without an edit."""

    _before: OrderedDict[tuple[object, ...], SuiteResult] = field(factory=OrderedDict)

    async def check(self, request: ProjectTestsRequest) -> CheckResult:
        """Compare the tests without and with the edit. Does not raise; cancelling ends the programs."""
        folder = request.folder.resolve()
        try:
            relative = request.file.resolve().relative_to(folder)
            with tempfile.TemporaryDirectory(prefix="autothink-tests-", ignore_cleanup_errors=True) as place:
                run = SuiteRunner(
                    request.command,
                    ProjectCopy(folder, Path(place).resolve() / "copy" / (folder.name or "project")),
                    Path(place).resolve(),
                    time.monotonic() + request.wall_s,
                )
                return await self._compare(request, run, relative)
        except (OSError, ValueError) as error:  # creating the temporary folder fails on a full disk, too
            return CheckResult("tests", "skipped", f"tests could not run: the folder could not be copied ({error})")

    async def check_new_file(
        self, command: tuple[str, ...], folder: Path, file: Path, texts: dict[Path, str], *, wall_s: float
    ) -> CheckResult | None:
        """Run the tests of ``file``, which does not exist yet. ``texts`` has its text and those of all unsaved
        documents.

        ``None`` if the command cannot run one file, since the result would not be about it. Does not raise.
        """
        runner = runner_of(command)
        folder = folder.resolve()
        if runner.selects not in {"files", "sources", "folders"}:
            return None
        try:
            relative = {path.resolve().relative_to(folder): text for path, text in texts.items()}
            name = file.resolve().relative_to(folder).as_posix()
            with tempfile.TemporaryDirectory(prefix="autothink-tests-", ignore_cleanup_errors=True) as place:
                copy = ProjectCopy(folder, Path(place).resolve() / "copy" / (folder.name or "project"), relative)
                run = SuiteRunner(command, copy, Path(place).resolve(), time.monotonic() + wall_s)
                await asyncio.to_thread(copy.update)
                selected = (f"./{Path(name).parent.as_posix()}",) if runner.selects == "folders" else (name,)
                ran = await run.run(selected, run.left_s, network=False)
        except (OSError, ValueError):
            return None
        if not isinstance(ran, SuiteResult):
            return None
        return without_comparison(ran)

    async def _compare(self, request: ProjectTestsRequest, run: SuiteRunner, relative: Path) -> CheckResult:
        selected = await asyncio.to_thread(
            related_tests, run.copy.folder, run.copy.folder / relative, request.before, run.runner
        )
        edit = TestedEdit(
            has_open_problem=request.has_open_problem,
            are_tests_related=bool(selected) or not run.runner.selects,
            changes_tests=changes_own_tests(request.before, request.after)
            or any(decides_tests(one.as_posix()) for one in request.texts(run.copy.folder, is_after=True)),
            after_limit_ms=0,
        )
        first = await self._pair(request, run, relative, selected, edit)
        if not selected:
            return first
        if first.verdict == "failed":
            return first
        if run.left_s < _REST_LEAST_S:
            return first
        rest = await self._pair(request, run, relative, (), evolve(edit, has_open_problem=False))
        return _both(first, rest)

    async def _pair(
        self,
        request: ProjectTestsRequest,
        run: SuiteRunner,
        relative: Path,
        selected: tuple[str, ...],
        edit: TestedEdit,
    ) -> CheckResult:
        run.copy.texts = request.texts(run.copy.folder, is_after=False)
        await asyncio.to_thread(run.copy.update)
        texts = hash(tuple(run.copy.texts.items()))
        key = (request.command, run.copy.folder, relative, texts, selected, run.copy.signature)
        before = self._before.get(key)
        if before is None:
            limit_s = run.left_s * _BEFORE_SHARE
            ran = await run.run(selected, limit_s)
            if isinstance(ran, str):
                return CheckResult("tests", "skipped", f"tests could not run: {ran}")
            before = ran
            if before.has_ended:  # an unfinished run may have enough time later
                self._before[key] = before
            while len(self._before) > _REMEMBERED:
                self._before.popitem(last=False)
        run.copy.texts = request.texts(run.copy.folder, is_after=True)
        await asyncio.to_thread(run.copy.update)
        limit_s = run.left_s
        after = await run.run(selected, limit_s)
        if isinstance(after, str):
            return CheckResult("tests", "skipped", f"tests could not run: {after}")
        edit = evolve(edit, after_limit_ms=limit_s * 1_000)
        result = compare_runs(before, after, edit)
        if result.is_proof and before.wall_ms + after.wall_ms < _REPEATED_SHARE * run.left_s * 1_000:
            return await self._repeated(request, run, selected, (before, after), edit)
        return result

    async def _repeated(
        self,
        request: ProjectTestsRequest,
        run: SuiteRunner,
        selected: tuple[str, ...],
        first: tuple[SuiteResult, SuiteResult],
        edit: TestedEdit,
    ) -> CheckResult:
        """Run the tests once more without and with the edit, because a test that fails at random may seem to be
        fixed."""
        runs: list[SuiteResult] = []
        for once, is_after in zip(first, (False, True), strict=True):
            run.copy.texts = request.texts(run.copy.folder, is_after=is_after)
            await asyncio.to_thread(run.copy.update)
            ran = await run.run(selected, run.left_s)
            if isinstance(ran, str) or not ran.has_ended:
                return compare_runs(*first, edit)
            runs.append(both_runs(once, ran))
        return compare_runs(runs[0], runs[1], edit)


def _both(first: CheckResult, rest: CheckResult) -> CheckResult:
    """Combine the results of the related tests and of all tests. The run of all tests can only add a failure, or
    replace a first run without a result."""
    if rest.verdict == "failed":
        # A time-out here is no failure of the edit: the related tests finished with it.
        return first if first.verdict == "passed" and "no longer finish" in rest.detail else rest
    if first.verdict == "skipped":
        return rest if rest.verdict == "passed" else first
    if first.is_proof or rest.verdict == "skipped":
        return first
    return rest if not rest.is_proof else evolve(rest, is_proof=False)


@define(eq=False)
class SuiteRunner:
    """Runs a command on a copy of a project, until ``stop_at`` (of ``time.monotonic``), which moves by the time that
    the tests wait for a processor. ``place`` is the folder for
    result files and for the tests' home folder."""

    command: tuple[str, ...]
    copy: ProjectCopy
    place: Path
    stop_at: float
    runner: Runner = field(init=False)
    _count: int = 0

    def __attrs_post_init__(self) -> None:
        self.runner = runner_of(self.command)

    @property
    def left_s(self) -> float:
        return max(0.0, self.stop_at - time.monotonic())

    async def run(self, selected: Sequence[str], limit_s: float, *, network: bool = True) -> SuiteResult | str:
        """The result of one run, or the reason why there is none."""
        if limit_s < _LEAST_S:
            return "there was no time for them"
        self._count += 1
        result_file = self.place / f"results-{self._count}"
        home = self.place / "home"
        home.mkdir(exist_ok=True)
        for old in self.copy.path.glob(self.runner.result_files) if self.runner.result_files else ():
            old.unlink(missing_ok=True)
        command = command_line(self.command, self.runner, str(result_file), selected)
        is_readable_only = not self.place.is_relative_to(self.copy.folder)
        ran = await run_limited(
            command,
            cwd=self.copy.path,
            limits=ProcessLimits(
                cpu_s=max(10, int(2 * limit_s)),
                wall_s=limit_s,
                is_wall_fair=True,
                network=network,
                processes=None,
                output_bytes=_OUTPUT_BYTES,
                read_only_folder=str(self.copy.folder) if is_readable_only else "",
            ),
            environ={**_caches(), **self.copy.environment(), **_own_folders(home)},
        )
        self.stop_at += max(0.0, ran.wall_ms / 1_000 - limit_s)  # the tests waited for a processor
        if ran.not_found:
            is_there = find_program(command[0]) is not None or (self.copy.path / command[0]).exists()
            return "they start a program that is not installed" if is_there else f"{command[0]} is not installed"
        files = [result_file] if result_file.exists() else []
        if self.runner.result_files:
            files = sorted(self.copy.path.glob(self.runner.result_files))
        output = ran.output.replace(str(self.copy.path), ".")
        return read_suite(output, files, self.runner.result_format, returncode=ran.returncode, wall_ms=ran.wall_ms)


def _own_folders(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "TMPDIR": str(home), "TEMP": str(home)}


def _caches() -> dict[str, str]:
    """Cache folders of build tools for downloaded and compiled packages; without them each run would start from
    scratch."""
    home = Path.home()
    known = {
        "CARGO_HOME": home / ".cargo",
        "GOCACHE": home / ".cache/go-build",
        "GOMODCACHE": home / "go/pkg/mod",
        "GRADLE_USER_HOME": home / ".gradle",
        "NUGET_PACKAGES": home / ".nuget/packages",
    }
    found = {name: str(place) for name, place in known.items() if place.is_dir()}
    found |= {name: os.environ[name] for name in known if os.environ.get(name)}
    if (home / ".m2").is_dir():
        found["MAVEN_ARGS"] = f"-Dmaven.repo.local={home / '.m2/repository'}"
    return found
