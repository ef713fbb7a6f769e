"""A process that the fork server starts is like one that starts by itself."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.processes.spawn import module_command
from tests.support import fork_server, short_deadlines_server
from tests.support.lsp_client import LspClient

pytestmark = pytest.mark.skipif(fork_server.SERVER is None, reason="there is no fork server here")
ROOT = Path(__file__).parents[2]
OURS = (sys.executable, "-m", "autothink_lsp")
INDEXER = "autothink_lsp.context.index.indexer_main"


def forked() -> int:
    assert fork_server.SERVER is not None
    return fork_server.SERVER.forked


@pytest.mark.parametrize(
    ("command_line", "found"),
    [
        (OURS, ("-m", [])),
        ((sys.executable, "-P", "-m", "autothink_lsp", "serve", "--stdio"), ("-m", ["serve", "--stdio"])),
        ((sys.executable, short_deadlines_server.__file__, "serve"), ("file", ["serve"])),
        (module_command(INDEXER), ("-c", module_command(INDEXER)[5:])),
        (("python", "-m", "autothink_lsp"), None),
        ((sys.executable, "-m", "autothink_lsp.cli"), None),
        ((sys.executable, "-I", "-m", "autothink_lsp"), None),
        ((sys.executable, "-c", "from autothink_lsp.cli import main; main()"), None),
        (module_command("json.tool"), None),
        ((sys.executable, "-P", "-E", "-c"), None),
        ((), None),
    ],
)
def test_only_our_command_lines_are_taken(command_line: tuple[str, ...], found: tuple[str, list[str]] | None) -> None:
    program = fork_server.program_of(command_line)
    assert (program and (program.kind, program.arguments)) == found


def _names_at_import(tree: ast.AST) -> Iterator[str]:
    """Names of attributes that are read when the module is imported."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Attribute):
            yield node.attr
        yield from _names_at_import(node)


def test_no_module_looks_at_its_process_while_it_is_imported() -> None:
    """It would see the fork server's environment and folder."""
    words = {"environ", "environb", "getenv", "getcwd", "cwd", "getpid", "argv", "stdin", "stdout", "stderr"}
    files = [file for file in (ROOT / "autothink_lsp").rglob("*.py") if file.stem != "__main__"]
    found = {}
    for file in files:
        text = file.read_text("utf-8")
        if any(word in text for word in words) and (names := words & set(_names_at_import(ast.parse(text)))):
            found[file.name] = names
    assert found == {}


def run(*arguments: str, **options: Any) -> tuple[int, str, str]:
    options = {"stdin": subprocess.DEVNULL, **options}
    done = subprocess.run((*OURS, *arguments), capture_output=True, text=True, check=False, **options)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--version",), 0),
        (("config", "show"), 0),
        (("no-such-command",), 2),
        (("complete", "missing.py:1:1"), 1),
        (("serve",), 1),
    ],
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_and_status_are_those_of_a_true_start(
    tmp_path: Path, arguments: tuple[str, ...], status: int, unbuffered: str
) -> None:
    environ = {
        **os.environ,
        "AUTOTHINK_HOME": str(tmp_path / "home"),
        "AUTOTHINK_COMPLETION__DEBOUNCE_MS": "77",
        "PYTHONPATH": "relative",
        "PYTHONUNBUFFERED": unbuffered,
    }
    before = forked()
    found = run(*arguments, cwd=tmp_path, env=environ)
    assert forked() == before + 1
    with fork_server.true_starts():
        assert found == run(*arguments, cwd=tmp_path, env=environ)
    assert forked() == before + 1
    assert found[0] == status
    if arguments[0] == "config":
        assert "77" in found[1]


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("new_session", [False, True])
def test_it_is_a_child_that_receives_signals(number: signal.Signals, new_session: bool, tmp_path: Path) -> None:
    environ = {**os.environ, "AUTOTHINK_HOME": str(tmp_path)}
    before = forked()
    command = (*OURS, "serve", "--tcp", "127.0.0.1:0")
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environ, start_new_session=new_session) as process:
        assert process.stderr is not None
        assert b"listening" in process.stderr.readline()
        assert forked() == before + 1
        parent = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[1]
        assert int(parent) == os.getpid()
        assert (os.getsid(process.pid) == process.pid) == new_session
        assert (os.getpgid(process.pid) == os.getpgid(0)) == (not new_session)
        process.send_signal(number)
        process.communicate()
        assert process.returncode == -number


@pytest.mark.process
async def test_it_inherits_no_descriptors(tmp_path: Path) -> None:
    async def descriptors() -> list[str]:
        client = await LspClient.start((*OURS, "serve"), environ={"AUTOTHINK_HOME": str(tmp_path)})
        await client.initialize()
        folder = Path(f"/proc/{client.process.pid}/fd")
        kinds = [str(file.readlink()).partition(":")[0] for file in folder.iterdir()]
        assert await client.stop() == 0
        return sorted(kinds)

    before = forked()
    found = await descriptors()
    assert forked() == before + 1
    found.remove("socket")  # to its own fork server
    with fork_server.true_starts():
        assert found == await descriptors()


@pytest.mark.process
@pytest.mark.parametrize(
    "options",
    [
        {"env": {**os.environ, "LC_ALL": "C"}},
        {"env": {**os.environ, "PYTHONHASHSEED": "7"}},
        {"pass_fds": (0,)},
        {"close_fds": False},
        {"umask": 0o077},
        {"preexec_fn": os.getpid},
    ],
    ids=lambda options: next(iter(options)),
)
def test_what_it_cannot_do_is_a_true_start(options: dict[str, Any]) -> None:
    before = forked()
    assert run("--version", **options)[0] == 0
    assert forked() == before


@pytest.mark.process
def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run("--version", cwd=tmp_path / "missing")


@pytest.mark.process
def test_without_it_processes_start_all_the_same() -> None:
    server = fork_server.SERVER
    assert server is not None
    assert run("--version")[0] == 0
    assert server._process_id is not None
    os.kill(server._process_id, signal.SIGKILL)
    os.waitpid(server._process_id, 0)
    before = forked()
    assert run("--version")[0] == 0
    assert forked() == before
    server.stop()
    assert run("--version")[0] == 0
    assert forked() == before + 1
