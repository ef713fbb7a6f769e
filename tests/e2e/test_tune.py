"""``tune`` as a user runs it: a real process, a project with tests, and a model whose skill is known.

More worlds, more tasks, in process: ``tests/unit/tuning`` and ``python -m tests.bench tune-worlds``.
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.fault_server import FaultServer
from tests.support.tuning_model import TuningModel, make_project

# Runs the command line, and writes each address that the process looks up, connects to or sends to into a file. It
# keeps its priority: on a machine that is busy with other tests the lowest one would get no time.
OBSERVED = """\
import os, signal, sys
os.nice = lambda _: 0
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it, and so do its children
exec(open(sys.argv.pop(1)).read())
from autothink_lsp.cli import main
sys.exit(main(sys.argv[1:]))
"""
# The observer of one process, which goes to the Python programs that the tests of the project start, too.
OBSERVER = """\
import os, sys
log = open({addresses!r}, "a", buffering=1)
open({started!r}, "a").write(f"{{os.getpid()}}\\n")
def hook(event, args):
    if event in {{"socket.connect", "socket.sendto", "socket.sendmsg"}} and isinstance(args[1], tuple):
        log.write(f"{{args[1][0]}}:{{args[1][1]}}\\n")
    elif event in {{"socket.getaddrinfo", "socket.gethostbyname"}}:
        log.write(f"{{args[0]}}:{{args[1] if len(args) > 1 else ''}}\\n")
sys.addaudithook(hook)
"""
# Stands for ``python3`` in the search path of the project's tests.
PYTHON = """\
#!/bin/sh
[ "$1" = -S ] && shift
PYTHONPATH={folder} exec {python} "$@"
"""
FUNCTIONS, TASKS = 4, 4


class Run:
    """A project, a home folder, and the command in it."""

    def __init__(self, folder: Path, server: FaultServer) -> None:
        self.project, self.home, self.server = folder / "project", folder / "home", server
        folder.mkdir()
        self.model = TuningModel(make_project(self.project, functions=FUNCTIONS), elsewhere)
        server.respond = self.model.respond
        self.addresses, self.started = folder / "addresses.txt", folder / "started.txt"
        self.observer, python = folder / "observer" / "sitecustomize.py", folder / "programs" / "python3"
        self.observer.parent.mkdir()
        python.parent.mkdir()
        self.observer.write_text(OBSERVER.format(addresses=str(self.addresses), started=str(self.started)))
        python.write_text(PYTHON.format(folder=shlex.quote(str(self.observer.parent)), python=sys.executable))
        python.chmod(0o755)
        self.environ = {
            **os.environ,
            "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "AUTOTHINK_HOME": str(self.home),
            "AUTOTHINK_ASSIST__BACKEND": "openai",
            "AUTOTHINK_ASSIST__URL": f"{server.url}/v1",
            "AUTOTHINK_ASSIST__RUN_CHECKERS": "false",  # the tests are the oracle; a type checker takes seconds
            "AUTOTHINK_COMPLETION__ENABLED": "false",
        }

    @classmethod
    async def trusted(cls, folder: Path, server: FaultServer) -> Run:
        """A run whose folder is trusted."""
        run = cls(folder, server)
        assert (await run("trust"))[0] == 0
        return run

    async def start(self, *args: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", OBSERVED, str(self.observer), *args),
            cwd=self.project,
            env=self.environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def __call__(self, *args: str) -> tuple[int | None, str, str]:
        process = await self.start(*args)
        out, error = await process.communicate()
        return process.returncode, out.decode(), error.decode()

    def journal(self) -> list[dict[str, Any]]:
        """The lines of the journal, without what a clock measured."""
        (file,) = self.home.glob("**/tune/*/journal.jsonl")
        return [without_time(json.loads(line)) for line in file.read_text().splitlines()]


def without_time(values: Mapping[str, Any]) -> dict[str, Any]:
    kept = {**values}
    if "signals" in kept:
        kept["signals"] = {name: value for name, value in kept["signals"].items() if name != "cost"}
        kept["attempts"] = [
            {name: value for name, value in one.items() if name != "seconds"} for one in kept["attempts"]
        ]
    return kept


def without_folder(journal: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in line.items() if name != "folder"} for line in journal]


def elsewhere(kind: str, thinks: bool) -> float:
    """Thinking is right in long functions alone, and a quick answer in short ones alone."""
    return float(thinks == (kind == "long"))


OPTIONS = ("--minutes", "5", "--tasks", str(TASKS))


async def test_resumed_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    async with FaultServer() as server, FaultServer() as other:
        whole = await Run.trusted(tmp_path / "whole", server)
        status, out, error = await whole("tune", "--json", *OPTIONS)
        assert status == 0, error
        result, journal = json.loads(out), whole.journal()
        assert result["tasks"] == TASKS
        assert not result["verdict"]["is_adopted"]
        for task in journal[1:]:
            best = {"mutation": "think-low" if task["signals"]["scope"]["lines"] > 10 else "quick"}
            right = {one["step"] for one in task["attempts"] if one["passed"] == "right"}
            assert right == {best[task["source"]]}, task
        assert not [one for one in whole.model.questions if str(tmp_path) in one]

        killed = await Run.trusted(tmp_path / "killed", other)
        process = await killed.start("tune", *OPTIONS)
        while len(killed.model.questions) < 5:
            assert process.returncode is None
            await asyncio.sleep(0.02)
        process.kill()
        await process.communicate()
        before = killed.journal()
        status, out, error = await killed("tune", "--resume", *OPTIONS)
        assert status == 0, error
        assert "policy stays" in out
        after = killed.journal()
        assert 1 < len(before) < len(after)
        assert after[: len(before)] == before
        assert without_folder(after) == without_folder(journal)
        for run in (whole, killed):
            assert set(run.addresses.read_text().split()) == {run.server.url.removeprefix("http://")}
            assert len(set(run.started.read_text().split())) > TASKS  # the programs of the tests were observed, too


async def test_interrupted_run_keeps_its_tasks_and_says_how_to_resume(tmp_path: Path) -> None:
    async with FaultServer() as server:
        run = await Run.trusted(tmp_path / "run", server)
        process = await run.start("tune", *OPTIONS)
        while len(run.model.questions) < 5:
            assert process.returncode is None
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, error = await process.communicate()
        assert process.returncode == 130, error
        assert b"Traceback" not in error
        assert b"you stopped it; `autothink-lsp tune --resume` goes on" in error
        assert b"policy stays" in out
        before = run.journal()
        assert 1 < len(before) <= TASKS
        status, _, error_text = await run("tune", "--resume", *OPTIONS)
        assert status == 0, error_text
        assert run.journal()[: len(before)] == before
        assert len(run.journal()) == TASKS + 1
