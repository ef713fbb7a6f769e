"""``autothink-lsp tune [FOLDER]``: learn on your own code when your model should think.

Makes tasks with a known answer from the project (small mistakes, undone commits, removed docstrings), lets the model of
the assistant solve them without and with thinking, and fits the policy to what happened. Another policy is used only
where it is very probably better; else today's stays. Runs the project's tests on a copy, so the folder must be trusted.
Everything stays on this machine; code goes to the assistant's model alone. An interrupted run goes on with --resume.
Exit status: 0 when the result was printed, 1 without one, 130 when Ctrl-C ended the run.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autothink_lsp.commands.assist_session import PLACE, command_session
from autothink_lsp.commands.terminal import printable
from autothink_lsp.document.lines import indent_length
from autothink_lsp.errors import AutothinkError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from autothink_lsp.commands.assist_session import CommandSession
    from autothink_lsp.features.assist.endpoint import AssistConnection
    from autothink_lsp.features.assist.tuned_weights import TuneFiles
    from autothink_lsp.thinking.weights import PolicyWeights
    from autothink_lsp.tuning.campaign import Progress
    from autothink_lsp.tuning.journal import Journal
    from autothink_lsp.tuning.outcomes import Setting, TaskOutcome
    from autothink_lsp.tuning.tasks import Candidate

INTERRUPTED = 130  # the shell's convention, as in cli.py
JOURNAL = "journal.jsonl"
_RESULT = frozenset({"model", "date", "tasks", "rows", "tokens", "verdict", "judge_student"})  # what is printed
_FIRST_FILES = 80  # number of files that are read for tasks


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``tune``."""
    parser = subparsers.add_parser("tune", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(), help="project folder (default: .)")
    parser.add_argument("--minutes", type=float, default=20.0, metavar="N", help="time to use (default: 20)")
    parser.add_argument("--tasks", type=int, default=120, metavar="N", help="tasks to try (default: 120)")
    parser.add_argument("--seed", type=int, default=0, help="random seed of the choice of tasks")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="write a plot of right answers against seconds")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--resume", action="store_true", help="go on with an interrupted run")
    what.add_argument("--dry-run", action="store_true", help="show the tasks; ask no model and change nothing")
    what.add_argument("--report", action="store_true", help="print the result of the last run again; ask no model")
    what.add_argument("--undo", action="store_true", help="take back what the last run changed")
    what.add_argument("--forget", action="store_true", help="remove all that was learned about this model")
    what.add_argument("--why", metavar="FILE:LINE", help="what was learned about mistakes like those at a place")


def run(args: argparse.Namespace) -> int:
    """Tune the policy. Exit status 0 if there is a result."""
    if not 0 < args.minutes < float("inf") or args.tasks < 1:
        raise AutothinkError("--minutes and --tasks must be numbers greater than 0.")
    if not args.folder.is_dir():
        raise AutothinkError(f"{args.folder} is not a folder.")
    plot = args.plot.absolute() if args.plot is not None else None
    os.chdir(args.folder)
    if not (args.undo or args.forget or args.why or args.report):
        _lowest_priority()
    return asyncio.run(_tune(args, plot))


def _lowest_priority() -> None:
    """Lower the priority of this process and its children."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(19)


async def _tune(args: argparse.Namespace, plot: Path | None) -> int:
    from autothink_lsp.features.assist.tuned_weights import TunedWeights, TuneFiles, model_digest
    from autothink_lsp.settings.paths import state_dir

    async with command_session(quiet=True) as session:
        if not session.trusted:
            raise AutothinkError(
                f"{session.folder} is not trusted, so its tests may not run.",
                hint="autothink-lsp trust, in that folder, if you trust its code.",
            )
        if args.dry_run:
            return await _dry_run(args, session)
        if args.report:
            return _print_result(_last_result(state_dir(), _folder_digest(session)), plot, as_json=args.json)
        connection = await session.services.assistant.endpoints.get(session.settings).connect()
        files = TuneFiles(state_dir(), model_digest(connection))
        if args.undo:
            print(files.undo())
            return 0
        if args.forget:
            print("Forgotten." if files.forget() else "Nothing was known about this model.")
            return 0
        setting, today = _setting(session, connection), TunedWeights(state_dir()).of(connection)
        header = _header(args, session, connection)
        if args.why:
            return _why(args.why, session, _last(files, header))
        return await _campaign(args, session, files, setting, today, header, plot)


async def _campaign(
    args: argparse.Namespace,
    session: CommandSession,
    files: TuneFiles,
    setting: Setting,
    today: PolicyWeights,
    header: dict[str, Any],
    plot: Path | None,
) -> int:
    from autothink_lsp.features.statistics.store import FILE_NAME
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.tuning.campaign import Campaign
    from autothink_lsp.tuning.journal import Journal
    from autothink_lsp.tuning.oracle import TestOracle
    from autothink_lsp.tuning.trials import Trials

    journal = (Journal.resume if args.resume else Journal.begin)(files.folder / JOURNAL, header)
    command = _test_command(session)
    _print_note(f"Model: {header['model']}. Tests: {' '.join(command) or 'none found'}.")
    line = _ProgressLine()
    interrupted = False
    async with TestOracle(session.folder, command) as oracle:
        trials = Trials(
            assistant=session.services.assistant,
            documents=session.services.documents,
            settings=session.settings,
            folder=session.folder,
            trusted=session.trusted,
            test_command=session.test_command,
            oracle=oracle,
            setting=setting,
        )
        campaign = Campaign(
            trials=trials,
            journal=journal,
            wanted=args.tasks,
            minutes=args.minutes,
            on_progress=line.show,
            setting=setting,
            today=today,
            activity=tuple(state_dir() / f"{FILE_NAME}{end}" for end in ("", "-wal")),
        )
        try:
            await campaign.run(await _candidates(args, session))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None:
                raise
            task.uncancel()
            interrupted = True
            campaign.ended = "you stopped it; `autothink-lsp tune --resume` goes on"
        finally:
            line.end()
    _print_note(f"Ended after {len(journal.outcomes)} tasks: {campaign.ended}.")
    if oracle.runs:
        _print_note(f"Tests ran {oracle.runs} times, {oracle.seconds:.0f} s in all.")
    status = _result(args, files, journal, setting, today, plot)
    return INTERRUPTED if interrupted else status


async def _candidates(args: argparse.Namespace, session: CommandSession) -> Iterator[Candidate]:
    from autothink_lsp.tuning.repository import Repository
    from autothink_lsp.tuning.tasks import candidates_of, round_robin

    syntax = session.services.syntax
    repository = Repository(session.folder, syntax.registry, syntax.grammars)
    sources = {}
    for file in await repository.files(args.seed):
        source = repository.source(file)
        if source is not None:
            sources[source.path] = source
        if len(sources) >= _FIRST_FILES:
            break
    made = [candidates_of(source, args.seed) for source in sources.values()]
    return round_robin([await repository.history(sources), *made])


async def _dry_run(args: argparse.Namespace, session: CommandSession) -> int:
    from autothink_lsp.tuning.tasks import Limits

    limits = Limits(args.tasks)
    shown = [one for one in await _candidates(args, session) if limits.admits(one)][: args.tasks]
    for one in shown:
        print(printable(f"{one.path}:{one.line + 1}: {one.stratum}: {one.detail}"))
    command = " ".join(_test_command(session)) or "none found"
    print(f"{len(shown)} candidates. Tests: {printable(command)}. No model was asked.")
    return 0 if shown else 1


def _test_command(session: CommandSession) -> tuple[str, ...]:
    """The command whose results define a right edit: the confirmed one, else the one detected from the folder's
    files."""
    from autothink_lsp.verify.project_tests.runners import find_test_command

    return session.test_command or find_test_command(session.folder) or ()


def _setting(session: CommandSession, connection: AssistConnection) -> Setting:
    from autothink_lsp.thinking.signals import Capability
    from autothink_lsp.tuning.outcomes import Setting

    profile, assist = connection.choice.profile, session.settings.assist
    capability = Capability(
        can_off=profile.can_off,
        can_on=profile.can_on and assist.max_thinking_tokens > 0,
        can_auto=profile.can_auto,
        judges=profile.judges,
        max_thinking_tokens=assist.max_thinking_tokens,
    )
    return Setting(capability=capability, patience_s=float(assist.patience_s))


def _header(args: argparse.Namespace, session: CommandSession, connection: AssistConnection) -> dict[str, Any]:
    """The identity of a journal."""
    from autothink_lsp.thinking.features import FEATURE_VERSION

    return {
        "model": f"{connection.model or connection.server} ({connection.choice.profile.name})",
        "folder": _folder_digest(session),
        "seed": args.seed,
        "feature_version": FEATURE_VERSION,
    }


def _folder_digest(session: CommandSession) -> str:
    """A digest of the folder's name, which is stored in place of the name."""
    import hashlib

    return hashlib.sha256(str(session.folder.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _last(files: TuneFiles, header: dict[str, Any]) -> Journal:
    """The journal of the last run in this folder, with any seed. Raises ``AutothinkError`` without one."""
    from autothink_lsp.tuning.journal import Journal

    journal = Journal.read(files.folder / JOURNAL)
    if journal is None:
        raise AutothinkError("Nothing was tried with this model yet.", hint="autothink-lsp tune, in the project.")
    if journal.header.get("folder") != header["folder"]:
        raise AutothinkError(
            "The last run with this model was in another folder.", hint="Go to that folder, or tune in this one."
        )
    if journal.header.get("feature_version") != header["feature_version"]:
        raise AutothinkError("The last run was made by another version.", hint="autothink-lsp tune runs again.")
    return journal


def _result(
    args: argparse.Namespace,
    files: TuneFiles,
    journal: Journal,
    setting: Setting,
    today: PolicyWeights,
    plot: Path | None,
) -> int:
    """Fit the weights, evaluate and adopt them, and store and print the result."""
    from attrs import asdict, evolve

    from autothink_lsp.features.assist.tuned_weights import CHANGED, JUDGE, PREVIOUS, WEIGHTS, stored_weights
    from autothink_lsp.tuning.fit import fit
    from autothink_lsp.tuning.gate import judge_fit
    from autothink_lsp.tuning.judge_student import calibrated, judge_student
    from autothink_lsp.tuning.report import rows_of, token_totals

    outcomes: Sequence[TaskOutcome] = journal.outcomes
    if not outcomes:
        _print_note("No task could be tried, so nothing was learned.")
        return 1
    values = dict(files.read())
    posterior = fit(outcomes)
    verdict = judge_fit(outcomes, posterior, setting, today=today, seed=journal.header.get("seed", args.seed))
    student = judge_student(outcomes)
    if verdict.is_adopted:
        earlier = stored_weights(values)
        weights = evolve(posterior.weights, source=f"tune, {len(outcomes)} tasks, {time.strftime('%Y-%m-%d')}")
        values |= {WEIGHTS: weights.to_json(), PREVIOUS: earlier.to_json() if earlier is not None else None}
    shares = student is not None and student.can_be_shared
    if changed := [*([WEIGHTS] if verdict.is_adopted else []), *([JUDGE] if shares else [])]:
        values[CHANGED] = changed
    values |= {
        "model": journal.header["model"],
        "folder": journal.header["folder"],
        "date": time.strftime("%Y-%m-%d"),
        "tasks": len(outcomes),
        "verdict": asdict(verdict),
        "deviations": [round(one, 4) for one in posterior.deviations()],
        "judge_student": None if student is None else asdict(student),
        "rows": rows_of(outcomes, posterior.weights, setting, today=today),
        "tokens": token_totals(outcomes),
    }
    files.write(values)
    if student is not None and shares:
        shared = evolve(
            calibrated(student, outcomes), source=f"shipped, with the judgement of {journal.header['model']}"
        )
        files.share_judge(shared, {"model": values["model"], "date": values["date"], **asdict(student)})
    return _print_result(values, plot, as_json=args.json)


def _last_result(state: Path, folder_digest: str) -> Mapping[str, Any]:
    """The stored result of the last run in a folder, with any model. Raises ``AutothinkError`` without one."""
    from autothink_lsp.features.assist.tuned_weights import all_files

    def ended(files: TuneFiles) -> float:
        try:
            return (files.folder / JOURNAL).stat().st_mtime
        except OSError:
            return 0.0

    runs = [
        (files, values)
        for files in all_files(state)
        if (values := files.read()).get("folder") == folder_digest and values.keys() >= _RESULT
    ]
    if not runs:
        raise AutothinkError(
            "There is no result of a run in this folder.",
            hint="autothink-lsp tune, or tune --resume after a crash. Runs of earlier versions stored no table.",
        )
    return max(runs, key=lambda run: ended(run[0]))[1]


def _print_result(values: Mapping[str, Any], plot: Path | None, *, as_json: bool) -> int:
    """Print a result as it is stored, and write its plot."""
    from autothink_lsp.tuning.judge_student import JudgeStudent
    from autothink_lsp.tuning.report import judge_sentence, plot_svg, render_bars, render_table

    rows, about = values["rows"], f"{values['model']}, {values['tasks']} tasks"
    if plot is not None:
        plot.write_text(plot_svg(rows, about), encoding="utf-8")
    if as_json:
        print(json.dumps(dict(values), indent=2, default=str))
        return 0
    print(printable(f"{about}, {values['date']}:"))
    print(render_table(rows))
    print()
    print(render_bars(rows))
    print()
    print(f"Tokens: {', '.join(f'{name} {count}' for name, count in values['tokens'].items())}.")
    if values["judge_student"] is not None:
        print(judge_sentence(JudgeStudent(**values["judge_student"])))
    print(values["verdict"]["sentence"])
    return 0


def _why(place: str, session: CommandSession, journal: Journal) -> int:
    """Print the observations of tasks similar to a function."""
    from autothink_lsp.syntax.scopes import enclosing_scopes
    from autothink_lsp.tuning.report import by_stratum, like_these
    from autothink_lsp.tuning.repository import Repository
    from autothink_lsp.tuning.tasks import size_of
    from autothink_lsp.values import Point

    match = PLACE.fullmatch(place)
    if match is None or not match["line"]:
        raise AutothinkError(f"{place!r} is not FILE:LINE.", hint="For example: src/main.py:12.")
    syntax = session.services.syntax
    source = Repository(session.folder, syntax.registry, syntax.grammars).source(Path(match["file"]).absolute())
    if source is None:
        raise AutothinkError(f"{match['file']} cannot be read as source code.")
    line = min(int(match["line"]), source.tree.text.line_count) - 1
    text = source.tree.text.line(line)
    scopes = enclosing_scopes(source.tree, Point(line, indent_length(text)))
    function = next((one for one in scopes if one.kind == "function"), None)
    lines = function.end.line - function.start.line + 1 if function is not None else 1
    size = size_of(lines)
    arm_lines = [
        f"{stratum}: {sentence}"
        for stratum in by_stratum(journal.outcomes)
        if stratum.endswith(size) and (sentence := like_these(journal.outcomes, stratum))
    ]
    print("\n".join(arm_lines) or f"Nothing was tried in functions of this size ({size}).")
    return 0


def _print_note(text: str) -> None:
    print(printable(text), file=sys.stderr, flush=True)


class _ProgressLine:
    """Prints the progress to standard error: on a terminal one line that is rewritten, otherwise a line every 30
    seconds."""

    def __init__(self) -> None:
        self._shown_s = -1e9

    def show(self, progress: Progress) -> None:
        left = "" if progress.left_s is None else f", about {progress.left_s / 60:.0f} min left"
        counted = f"{progress.tasks} of {progress.wanted} tasks, {progress.dropped} dropped"
        line = printable(f"{counted}, {progress.seconds / 60:.1f} min{left}: {progress.detail}")
        if sys.stderr.isatty():
            print(f"\r\x1b[K{line[:110]}", end="", file=sys.stderr, flush=True)
        elif progress.seconds - self._shown_s >= 30:
            self._shown_s = progress.seconds
            print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        if sys.stderr.isatty():
            print(file=sys.stderr)
