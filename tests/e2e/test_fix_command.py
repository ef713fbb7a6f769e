"""``autothink-lsp fix --apply`` in a real process: what is written, what is refused, and what reaches the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.e2e.test_commands import run
from tests.support.fault_server import FaultServer

CODE = "def add(a, b):\n    title = '\x1b]0;owned\x07\x9b31m\u202e'\n    return a - b\n"
FIXED = CODE.replace("a - b", "a + b")


def answer(code: str) -> str:
    return f"The sign.\n\nThe whole edited code:\n```python\n{code.rstrip()}\n```\n"


@pytest.fixture
def code(tmp_path: Path) -> Path:
    file = tmp_path / "folder" / "a.py"
    file.parent.mkdir()
    file.write_text(CODE, encoding="utf-8")
    return file


async def fix(
    file: Path | str, home: Path, *more: str, answers: Sequence[str] = (answer(FIXED),), checkers: bool = False
) -> tuple[int, str, str, int]:
    """The exit status, both outputs and how often the model was asked. ``checkers`` run on the edit (2 s of CPU)."""
    async with FaultServer() as server:
        server.chat_answers = list(answers)
        where = {
            "AUTOTHINK_ASSIST__BACKEND": "openai",
            "AUTOTHINK_ASSIST__URL": server.url,
            "AUTOTHINK_ASSIST__MODEL": "qwen2.5-coder-7b-instruct",
            "AUTOTHINK_ASSIST__RUN_CHECKERS": str(checkers).lower(),
        }
        status, out, error = await run("fix", f"{file}", "--message", "wrong sign", *more, home=home, **where)
        assert "Traceback" not in error
        asked = sum(count for path, count in server.requests.items() if path.endswith("/chat/completions"))
    return status, out, error, asked


async def test_an_edit_is_written_and_no_control_character_is_printed(code: Path, tmp_path: Path) -> None:
    status, out, _, _ = await fix(f"{code}:3", tmp_path / "home", "--apply", "--unproved", checkers=True)
    assert status == 0
    assert code.read_text(encoding="utf-8") == FIXED
    assert os.listdir(code.parent) == ["a.py"]  # noqa: PTH208
    assert "+    return a + b" in out
    assert "^[]0;owned^G<U+009B>31m<U+202E>" in out
    assert not set(out) & {"\x1b", "\x07", "\x9b", "\u202e"}


async def test_json_holds_the_exact_diff_and_no_control_character(code: Path, tmp_path: Path) -> None:
    _, out, _, _ = await fix(f"{code}:3", tmp_path / "home", "--json")
    assert not set(out) & {"\x1b", "\x07", "\x9b", "\u202e"}
    assert "\x1b]0;owned\x07\x9b31m\u202e" in json.loads(out)["diff"]


async def test_a_read_only_file_is_refused_before_a_model_is_asked(code: Path, tmp_path: Path) -> None:
    code.chmod(0o444)
    status, _, error, asked = await fix(f"{code}:3", tmp_path / "home", "--apply")
    assert (status, asked) == (1, 0)
    assert "is read-only" in error
    status, out, _, _ = await fix(f"{code}:3", tmp_path / "home")
    assert (status, "+    return a + b" in out) == (0, True), "a diff needs no right to write"


async def test_the_file_that_a_link_names_is_written(code: Path, tmp_path: Path) -> None:
    link, second = tmp_path / "link.py", code.with_name("second.py")
    link.symlink_to(code)
    second.hardlink_to(code)
    assert (await fix(f"{link}:3", tmp_path / "home", "--apply", "--unproved"))[0] == 0
    assert link.is_symlink()
    assert second.read_text(encoding="utf-8") == code.read_text(encoding="utf-8") == FIXED


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("{file}:3:999", "no column 999"),
        ("{file}:0", "no line 0"),
        ("{file}:3:0", "no column 0"),
        ("{file}:" + "9" * 5000, "cannot be read"),
        ("{folder}", "is a folder"),
        ("{folder}/pipe:1", "is a named pipe"),
        ("/dev/zero:1", "is a device"),
        ("{folder}/" + "x" * 300 + ":1", "name too long"),
        ("{folder}/line\nbreak\x1b[31m.py:1", "line^Jbreak^[[31m.py"),
    ],
)
async def test_unfixable_problem_is_explained_in_a_sentence(code: Path, tmp_path: Path, place: str, words: str) -> None:
    os.mkfifo(code.parent / "pipe")
    status, out, error, asked = await fix(place.format(file=code, folder=code.parent), tmp_path / "home", "--apply")
    assert (status, out, asked) == (1, "", 0)
    assert words in error.replace("\n", "^J") if "^J" in words else words in error
    assert "\x1b" not in error


async def test_file_name_that_is_not_utf_8(code: Path, tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(code.parent) + b"/caf\xe9.py")
    code.rename(odd)
    status, out, _, _ = await fix(f"{odd}:3", tmp_path / "home", "--apply", "--unproved")
    assert status == 0
    assert "Wrote " in out
    assert "caf\\udce9.py" in out
    assert Path(odd).read_text(encoding="utf-8") == FIXED


async def test_a_lone_surrogate_of_a_model_is_not_written(code: Path, tmp_path: Path) -> None:
    answers = [answer(FIXED.replace("a + b", "a + b + '\ud800'"))] * 4
    status, _, _, _ = await fix(f"{code}:3", tmp_path / "home", "--apply", "--unverified", answers=answers)
    assert status == 1
    assert code.read_text(encoding="utf-8") == CODE


async def test_an_error_is_printed_once(code: Path, tmp_path: Path) -> None:
    where = {"AUTOTHINK_ASSIST__BACKEND": "openai", "AUTOTHINK_ASSIST__URL": "http://127.0.0.1:9"}
    for command in (("fix", f"{code}:3", "--message", "wrong sign"), ("explain", f"{code}:3")):
        status, out, error = await run(*command, home=tmp_path / "home", **where)
        assert (status, out) == (1, "")
        assert error.count("127.0.0.1") == 1, error


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("{file}", "def first"),  # line 1
        ("{file}:7", "def second"),
        ("{file}:7:5", "def second"),
        ("{file}:6:16", "lambda"),
        ("{file}:2-3", "one = 1"),
        ("{file}:7:999", "there is no column 999"),
        ("{file}:7:0", "there is no column 0"),
        ("{file}:99", "there is no line 99"),
        ("{file}:99:1", "there is no line 99"),
        ("{file}:3-2", "not 3 to 2"),
        ("{file}:1-99", "not 1 to 99"),
        ("{folder}:1:1", "is a folder"),
    ],
)
async def test_explain_takes_the_places_of_fix(tmp_path: Path, place: str, words: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    file = folder / "a.py"
    first = "def first(a):\n    one = 1\n    two = 2\n    return a + one + two\n"
    file.write_text(f"{first}\ndef second(a): return lambda: a\n    # nothing\n", encoding="utf-8")
    async with FaultServer() as server:
        server.chat_answers = ["It adds."] * 4
        where = {"AUTOTHINK_ASSIST__BACKEND": "openai", "AUTOTHINK_ASSIST__URL": server.url}
        status, out, error = await run(
            "explain", place.format(file=file, folder=folder), home=tmp_path / "home", **where
        )
        asked = [str(body["messages"][-1]) for body in server.bodies if "messages" in body]
    if status == 0:
        assert "It adds." in out
        assert words in asked[-1]
    else:
        assert (status, out, asked) == (1, "", [])
        assert words in error


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("arguments", "status"), [("--version", 0), ("fix", 2), ("explain /nowhere", 1)])
def test_closed_standard_streams_end_no_command_early(tmp_path: Path, closed: str, arguments: str, status: int) -> None:
    """Python has ``None`` for a stream that is closed before the program starts."""
    command = f'exec "$0" -P -m autothink_lsp {arguments} {closed}'
    environ = {**os.environ, "AUTOTHINK_HOME": str(tmp_path), "PYTHONPATH": os.getcwd()}  # noqa: PTH109
    result = subprocess.run(
        ["/bin/sh", "-c", command, sys.executable], capture_output=True, text=True, check=False, env=environ
    )
    assert result.returncode == status, result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_output_that_cannot_be_written_is_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "autothink_lsp", "config", "schema"]
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, result.stderr) == (1, "autothink-lsp: No space left on device.\n")
