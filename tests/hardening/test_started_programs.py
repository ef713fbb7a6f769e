"""Every place that starts a program, and what a hostile project could put in its way.

The table holds for each call the folder that it starts in and the environment that it gets. A call that is not in the
table fails the test: look at ``autothink_lsp/processes/`` before you add it.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

import autothink_lsp
from autothink_lsp.backends.credentials import Credentials
from autothink_lsp.backends.endpoint import Endpoint
from autothink_lsp.context.index.service import ProjectIndexes
from autothink_lsp.engines.machine import find_gpus
from autothink_lsp.engines.packages import installed_versions
from autothink_lsp.errors import BackendAuthError
from autothink_lsp.processes.environment import absolute_entries, clean_environment, find_program, minimal_environment
from autothink_lsp.processes.run import run_captured, run_polled
from autothink_lsp.processes.spawn import module_command
from autothink_lsp.settings.model import Settings
from tests.support import fork_server
from tests.support.lsp_client import LspClient

PACKAGE = Path(autothink_lsp.__file__).parent
EDITORS = PACKAGE.parent / "editors"


@frozen
class Rule:
    """What the call says for ``cwd`` and ``env``, as it is written, and why that is safe."""

    cwd: str
    env: str
    why: str


TABLE = {
    ("engines/server_process.py", "start"): Rule(
        "folder",
        "environment",
        "vLLM and transformers with -P in the folder of the supervisor; from clean_environment()",
    ),
    ("verify/language_servers/process.py", "start_process"): Rule(
        "neutral_folder()", "_environment()", "a language server of a trusted folder, by its whole path; no keys"
    ),
    ("processes/limited_main.py", "main"): Rule(
        "", "", "becomes the checker in the folder and environment of run_limited"
    ),
    ("processes/limited.py", "run_limited"): Rule(
        "cwd", "{**_environment(cwd, environ), _MARK: mark}", "a temporary folder; -I -S, then a checker's whole path"
    ),
    ("processes/run.py", "run_captured"): Rule(
        "folder or neutral_folder()",
        "clean_environment()",
        "nvidia-smi and the user's command for a key by their whole paths, there in the home folder; Pythons with -P",
    ),
    ("processes/spawn.py", "start_async_child"): Rule(
        "neutral_folder()",
        "minimal_environment() if is_minimal else clean_environment()",
        "our modules with -P -E: llama.cpp loads libraries from its folder; the indexer has no key in its environment",
    ),
    ("processes/spawn.py", "start_child"): Rule(
        "folder or neutral_folder()",
        "clean_environment(variables) if environment is None else {**environment, **(variables or {})}",
        "our modules with -P -E: pip, the hub's library; the supervisor in the state folder, an embedded engine's with "
        "shared_engine_environment()",
    ),
}
_STARTS = re.compile(
    r"(create_subprocess_(exec|shell)|subprocess_(exec|shell)|(subprocess\.)?(Popen|check_output|check_call|getoutput|"
    r"getstatusoutput)|subprocess\.(run|call)|os\.(exec|spawn|posix_spawn|system|popen|startfile|fork)\w*|pty\.\w+|"
    r"webbrowser\.\w+|(multiprocessing|concurrent\.futures)\.\w*Proc\w+|ProcessPoolExecutor)"
)


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """File, function and call of everything in the package that starts a program."""
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
            if _STARTS.fullmatch(ast.unparse(call.func).removeprefix("asyncio.")):
                around = [one for one in functions if one.lineno <= call.lineno <= (one.end_lineno or 0)]
                name = max(around, key=lambda one: one.lineno).name if around else ""
                yield file.relative_to(PACKAGE).as_posix(), name, call


def test_every_start_of_a_program_is_in_the_table() -> None:
    found = {}
    for file, name, call in calls():
        said = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        found[file, name] = (said.get("cwd", ""), said.get("env", ""))
    assert found == {place: (rule.cwd, rule.env) for place, rule in TABLE.items()}


def test_a_python_never_imports_from_the_folder_that_it_starts_in() -> None:
    """Each command line that begins with a Python has ``-P`` or ``-I``."""
    missing = []
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.List | ast.Tuple) and len(node.elts) > 1:
                first, second = ast.unparse(node.elts[0]), ast.unparse(node.elts[1])
                is_python = "sys.executable" in first or first in {"program", "python"}
                if is_python and second.startswith("'-") and second not in {"'-P'", "'-I'"}:
                    missing.append((file.name, node.lineno))
    assert missing == []


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which everything that could be run or imported writes ``pwned`` beside it. It is the current folder,
    and relative entries of PATH and PYTHONPATH lead there."""
    folder, marker = tmp_path / "project", tmp_path / "pwned"
    folder.mkdir()
    python = f"open({str(marker)!r}, 'a').write(__file__ + '\\n')\n"
    shell = f'#!/bin/sh\necho "$0" >> "{marker}"\necho 1\n'
    modules = "venv pip json site sitecustomize usercustomize encodings keyring attrs sqlite3 logging asyncio tomllib"
    more = "tree_sitter pathspec xllamacpp huggingface_hub vllm transformers importlib ensurepip typing autothink_lsp"
    for name in (*modules.split(), *more.split()):
        (folder / f"{name}.py").write_text(python)
    (folder / "pip").mkdir()
    (folder / "pip" / "__main__.py").write_text(python)
    for name in ("git", "git.exe", "ruff", "node", "nvidia-smi", "pass", "keyring", "python3", "python", "sh", "gcc"):
        for place in (folder, folder / "bin"):
            place.mkdir(exist_ok=True)
            (place / name).write_text(shell)
            (place / name).chmod(0o755)
    (folder / "libggml-cpu.so").write_bytes(b"\x7fELF hostile")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", "bin", os.environ["PATH"]]))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([".", ""]))
    return folder


def assert_nothing_ran(project: Path) -> None:
    marker = project.parent / "pwned"
    assert not marker.exists(), marker.read_text()


@pytest.mark.skipif(os.name != "posix", reason="shell scripts")
def test_trap_programs_run_without_the_protection(hostile: Path) -> None:
    """The other way round, so that the tests below can fail."""
    environment = {**os.environ, "PYTHONPATH": ""}
    subprocess.run(["nvidia-smi"], check=True, capture_output=True)
    subprocess.run([sys.executable, "-c", "import json"], check=True, capture_output=True, env=environment)
    assert {Path(line).name for line in (hostile.parent / "pwned").read_text().split()} >= {"nvidia-smi", "json.py"}


async def test_gpu_and_package_queries_run_outside_the_project(hostile: Path) -> None:
    await find_gpus()
    assert "attrs" in await installed_versions("", ["attrs"])
    await run_captured((sys.executable, "-P", "-m", "json.tool", "--help"), 20.0)
    assert_nothing_ran(hostile)


@pytest.mark.parametrize(
    ("command", "works"),
    [
        (("python3", "-m", "json.tool", "--help"), True),
        (("pass", "show", "key"), False),
        (("./pass", "show", "key"), False),
        (("bin/pass",), False),
        (("git", "credential", "fill"), None),
        ((sys.executable, "-c", "import json; print('k')"), True),
    ],
)
async def test_api_key_commands_run_outside_the_project(
    hostile: Path, command: tuple[str, ...], works: bool | None
) -> None:
    credentials = Credentials(Endpoint("http://127.0.0.1:9", api_key_command=command))
    with contextlib.suppress(BackendAuthError):
        await credentials.key()
        assert works is not False
    assert_nothing_ran(hostile)


async def test_keyring_is_read_outside_the_project(hostile: Path) -> None:
    credentials = Credentials(Endpoint("http://127.0.0.1:9", api_key_keyring="service/user"))
    with contextlib.suppress(BackendAuthError):
        await credentials.key()
    assert_nothing_ran(hostile)


async def test_indexing_runs_no_program_of_the_project(hostile: Path, tmp_path: Path) -> None:
    (hostile / "defined.py").write_text("def defined_here():\n    return 1\n")
    indexes = ProjectIndexes(tmp_path / "cache")
    settings = Settings()
    indexes.want(hostile.as_uri(), settings, tokens=500)
    await indexes.up_to_date(hostile.as_uri())
    assert list((tmp_path / "cache").rglob("*.sqlite*")) or list((tmp_path / "cache").rglob("*.db"))
    await indexes.aclose()
    assert_nothing_ran(hostile)


@pytest.fixture(autouse=True)
def true_start() -> Iterator[None]:
    """A process of the fork server has that one's environment in /proc."""
    with fork_server.true_starts():
        yield


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
async def test_the_indexing_process_has_no_key_and_no_search_path_of_the_user(
    hostile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-key-of-the-user")
    monkeypatch.setenv("AUTOTHINK_COMPLETION__URL", "http://user:password@127.0.0.1:9")
    monkeypatch.setenv("LD_PRELOAD", "")
    seen: list[dict[str, str]] = []
    start = asyncio.create_subprocess_exec

    async def watched(*command: str, **how: object) -> object:
        process = await start(*command, **how)  # pyright: ignore[reportCallIssue, reportArgumentType]
        pairs = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
        seen.append(dict(pair.decode().split("=", 1) for pair in pairs if pair))
        seen[-1]["cwd"] = str(Path(f"/proc/{process.pid}/cwd").readlink())
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    indexes = ProjectIndexes(tmp_path / "cache")
    indexes.want(hostile.as_uri(), Settings(), tokens=500)
    await indexes.up_to_date(hostile.as_uri())
    await indexes.aclose()
    [environment] = seen
    assert environment.pop("cwd") == "/"
    assert "sk-a-key" not in str(environment)
    assert not {name for name in environment if name.startswith(("AUTOTHINK", "PYTHON", "OPENAI")) or name == "PATH"}


def test_the_child_that_runs_pip_imports_nothing_of_a_project(hostile: Path) -> None:
    message = {"arguments": ["--version"], "pip_wheel": None}
    run_polled(module_command("autothink_lsp.engines.models.pip_main"), message, lambda _output: None)
    assert_nothing_ran(hostile)


@pytest.mark.parametrize("module", ["llama_main", "supervisor", "llama_supervisor"])
def test_children_that_serve_import_nothing_of_a_project(hostile: Path, module: str) -> None:
    """Even where they are started in it."""
    command = module_command(f"autothink_lsp.engines.{module}")
    subprocess.run(command, input=b"{}\n", capture_output=True, check=False, timeout=60)
    assert_nothing_ran(hostile)


@pytest.mark.parametrize("flags", [("-P",), ()], ids=["-P", "as users write it"])
async def test_a_server_that_an_editor_starts_in_a_project(
    hostile: Path, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    """Its own imports, the index, and checkers. PYTHONPATH is the user's own there: a Python obeys it before we run."""
    for name in ("autothink_lsp", "importlib", "encodings"):  # found before a line of ours could run
        (hostile / f"{name}.py").unlink()
    environ = {
        "AUTOTHINK_HOME": str(tmp_path / "home"),
        "AUTOTHINK_COMPLETION__BACKEND": "openai",
        "AUTOTHINK_COMPLETION__URL": "http://127.0.0.1:9",
        "AUTOTHINK_COMPLETION__API_KEY_COMMAND": "git credential fill",
    }
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = (sys.executable, *flags, "-m", "autothink_lsp", "serve")
    client = await LspClient.start(command, environ=environ, inherited=inherited, stderr=asyncio.subprocess.DEVNULL)
    try:
        await client.initialize(folder_uri=hostile.as_uri())
        uri = (hostile / "a.py").as_uri()
        document = {
            "uri": uri,
            "languageId": "python",
            "version": 1,
            "text": "import jsno\n\n\ndef f():\n    return jsno\n",
        }
        client.notify("textDocument/didOpen", {"textDocument": document})
        at = {"textDocument": {"uri": uri}, "position": {"line": 4, "character": 15}}
        await client.request("textDocument/inlineCompletion", {**at, "context": {"triggerKind": 1}})
        span = {"start": {"line": 0, "character": 7}, "end": {"line": 0, "character": 11}}
        diagnostic = {"range": span, "message": 'Import "jsno" could not be resolved', "severity": 1}
        actions = await client.request(
            "textDocument/codeAction",
            {"textDocument": {"uri": uri}, "range": span, "context": {"diagnostics": [diagnostic]}},
        )
        for action in actions[:1]:
            with contextlib.suppress(Exception):
                await client.request("codeAction/resolve", action, timeout_s=20.0)
    finally:
        await client.stop()
    assert_nothing_ran(hostile)


def test_search_paths_without_relative_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    absolute = str(Path(sys.executable).parent)
    assert absolute_entries(os.pathsep.join([".", "", "bin", absolute, "../x", "~"])) == absolute
    monkeypatch.setenv("PATH", os.pathsep.join([".", absolute]))
    monkeypatch.setenv("PYTHONPATH", ".")
    assert clean_environment({"A": "b"})["PATH"] == absolute
    assert "PYTHONPATH" not in clean_environment()
    assert "PATH" not in minimal_environment()
    monkeypatch.setenv("PATH", "")
    assert "PATH" not in clean_environment()
    assert find_program("python") is None
