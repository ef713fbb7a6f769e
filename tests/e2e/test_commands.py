"""The command line as a user has it: real processes, their output, their exit status."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from tests.support.fault_server import FaultServer, Mode


async def run(*arguments: str, home: Path, cwd: Path | None = None, **environ: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "autothink_lsp", *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=cwd,
        env={**os.environ, "AUTOTHINK_HOME": str(home), "PYTHONPATH": os.getcwd(), **environ},  # noqa: PTH109
    )  # fmt: skip
    out, error = await asyncio.wait_for(process.communicate(), 100)
    return process.returncode or 0, out.decode(), error.decode()


@pytest.fixture
def code(tmp_path: Path) -> Path:
    file = tmp_path / "a.py"
    file.write_text("def add(a, b):\n    \n", encoding="utf-8")
    return file


@pytest.mark.usefixtures("true_start")
async def test_complete_prints_what_would_be_shown(code: Path, tmp_path: Path) -> None:
    async with FaultServer() as server:
        where = {"AUTOTHINK_COMPLETION__BACKEND": "llama-server", "AUTOTHINK_COMPLETION__URL": server.url}
        status, out, _ = await run("complete", f"{code}:2:5", home=tmp_path, **where)
        assert (status, out) == (0, "    return a + b\n")
        status, out, _ = await run("complete", f"{code}:2:5", "--json", home=tmp_path, **where)
    report = json.loads(out)
    assert report["items"] == [
        {
            "insertText": "return a + b",
            "range": {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 4}},
        }
    ]
    assert report["backend"] == "llama-server"
    assert report["tokens"]["predicted"] == 4
    assert report["elapsed_ms"] > 0


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("{file}", "FILE:LINE:COL"),
        ("{file}:9:1", "no line 9"),
        ("{file}:1:99", "no column 99"),
        ("{file}.not:1:1", "cannot be read"),
    ],
)
async def test_complete_reports_errors(code: Path, tmp_path: Path, place: str, words: str) -> None:
    status, out, error = await run("complete", place.format(file=code), home=tmp_path)
    assert (status, out) == (1, "")
    assert words in error
    assert "Traceback" not in error


async def test_complete_names_a_server_that_does_not_answer(code: Path, tmp_path: Path) -> None:
    where = {"AUTOTHINK_COMPLETION__BACKEND": "openai", "AUTOTHINK_COMPLETION__URL": "http://127.0.0.1:9"}
    status, _, error = await run("complete", f"{code}:2:5", home=tmp_path, **where)
    assert status == 1
    assert "127.0.0.1:9" in error
    assert "Traceback" not in error


async def test_complete_without_a_model_names_the_command(code: Path, tmp_path: Path) -> None:
    status, _, error = await run("complete", f"{code}:2:5", home=tmp_path)
    assert status == 1
    assert "autothink-lsp model pull" in error


async def test_doctor_reports_no_problem_with_a_working_server(tmp_path: Path) -> None:
    async with FaultServer() as server:
        where = {"AUTOTHINK_COMPLETION__BACKEND": "openai", "AUTOTHINK_COMPLETION__URL": server.url}
        status, out, error = await run("doctor", "--json", home=tmp_path, cwd=tmp_path, **where)
    findings = json.loads(out)["findings"]
    assert status == 0, (findings, error)
    assert {finding["subject"] for finding in findings} >= {"packages", "grammars", "settings", "server", "prompt"}
    assert not [finding for finding in findings if finding["level"] == "problem"]


@pytest.mark.parametrize("mode", [Mode.UNAUTHORIZED, Mode.HTML, Mode.FAILED])
async def test_doctor_reports_the_problem_of_a_failing_server(tmp_path: Path, mode: Mode) -> None:
    async with FaultServer() as server:
        server.mode = mode
        where = {"AUTOTHINK_COMPLETION__BACKEND": "openai", "AUTOTHINK_COMPLETION__URL": server.url}
        status, out, _ = await run("doctor", "--json", home=tmp_path, cwd=tmp_path, **where)
    problems = [finding for finding in json.loads(out)["findings"] if finding["level"] == "problem"]
    assert status == 1
    assert problems
    assert all(problem["remedy"] for problem in problems)


async def test_doctor_without_a_model_names_the_command_that_fetches_one(tmp_path: Path) -> None:
    status, out, _ = await run("doctor", "--offline", home=tmp_path, cwd=tmp_path)
    assert status == 1
    assert "autothink-lsp model pull" in out


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["serve", "--help"], ["complete", "--help"]])
@pytest.mark.usefixtures("true_start")
async def test_help_names_the_program(tmp_path: Path, arguments: list[str]) -> None:
    status, out, _ = await run(*arguments, home=tmp_path)
    assert status == 0
    assert "autothink-lsp" in out


@pytest.mark.usefixtures("true_start")
async def test_an_unknown_command_is_a_usage_error(tmp_path: Path) -> None:
    status, _, error = await run("complte", home=tmp_path)
    assert status == 2
    assert "complte" in error
    assert "Traceback" not in error
