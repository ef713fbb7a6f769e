"""How many messages of tools can be checked again before an edit is applied: a table of messages and tools.

    python -m tests.servers.message_table ENVIRONMENT [TOOL ...]      the environment of ``make test-servers``

Each message of ``messages.json`` has a text, the diagnostic as the editor shows it, a right fix and a wrong one. Both
edits go through the checks that an action makes in a trusted folder. A message counts as checked again where its right
fix is proved; a wrong fix must never be. Diagnostics were recorded from the real tools (``record_messages.py``), or
written from the documentation of those that cannot be had here (``origin``).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from autothink_lsp.document.text import Text
from autothink_lsp.settings.model import VerifySettings
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.evidence import Evidence, evidence_of
from autothink_lsp.verify.language_servers.pool import LanguageServerPool
from autothink_lsp.verify.language_servers.table import SERVERS
from autothink_lsp.verify.service import VerificationRequest, Verifier

MESSAGES = Path(__file__).with_name("messages.json")
SIBLINGS = Path(__file__).with_name("sibling_messages.json")  # for ``python -m tests.bench messages``
DEADLINE_S = 30.0  # of one check, as an action's
START_S = 60.0
_TSCONFIG = '{"compilerOptions": {"strict": true, "module": "es2020", "moduleResolution": "node", "types": []}}'
_TYPESCRIPT = {"tsconfig.json": _TSCONFIG, "src/prices.ts": "export const price = 3;\n"}
_PYTHON = {"pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n'}
_RUFF = '[tool.ruff.lint]\nselect = ["E4", "E7", "E9", "F", "B"]\n'
_ESLINT = (
    "export default [{rules: {eqeqeq: 'error', 'no-undef': 'error', 'no-unused-vars': 'warn', "
    "'prefer-const': 'error'}}];\n"
)


@frozen(kw_only=True)
class ReportingTool:
    """What a machine that uses the tool has: ``programs`` of the environment, beside those of the PATH, and of them the
    language ``servers``."""

    servers: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    files: Mapping[str, str] = {}
    test_command: tuple[str, ...] = ()


TOOLS: Mapping[str, ReportingTool] = {
    "pyright": ReportingTool(servers=("pyright",), programs=("pyright", "pyright-langserver"), files=_PYTHON),
    "pylance": ReportingTool(servers=("pyright",), programs=("pyright", "pyright-langserver"), files=_PYTHON),
    "basedpyright": ReportingTool(
        servers=("basedpyright",), programs=("basedpyright", "basedpyright-langserver"), files=_PYTHON
    ),
    "ty": ReportingTool(servers=("ty",), programs=("ty",), files=_PYTHON),
    "ruff": ReportingTool(
        servers=("ruff", "pyright"), programs=("ruff", "pyright-langserver"), files={"pyproject.toml": _RUFF}
    ),
    "mypy": ReportingTool(
        servers=("pyright",),
        programs=("mypy", "pyright-langserver"),
        files={**_PYTHON, "mypy.ini": "[mypy]\nstrict = True\n"},
    ),
    "pylint": ReportingTool(
        servers=("pyright",),
        programs=("pylint", "pyright-langserver"),
        files={**_PYTHON, ".pylintrc": "[MAIN]\njobs=1\n"},
    ),
    "pytest": ReportingTool(
        servers=("pyright",), programs=("pyright-langserver",), test_command=(sys.executable, "-m", "pytest", "-q")
    ),
    "typescript-language-server": ReportingTool(
        servers=("typescript-language-server",), programs=("typescript-language-server",), files=_TYPESCRIPT
    ),
    "vtsls": ReportingTool(servers=("vtsls",), programs=("vtsls",), files=_TYPESCRIPT),
    "typescript-7": ReportingTool(servers=("typescript-7",), files=_TYPESCRIPT),
    "eslint": ReportingTool(
        servers=("eslint", "typescript-language-server"),
        programs=("eslint", "vscode-eslint-language-server", "typescript-language-server"),
        files={"package.json": '{"name": "shop", "type": "module"}', "eslint.config.js": _ESLINT},
    ),
    "json": ReportingTool(servers=("vscode-json-language-server",), programs=("vscode-json-language-server",)),
    "css": ReportingTool(servers=("vscode-css-language-server",), programs=("vscode-css-language-server",)),
    "html": ReportingTool(servers=("vscode-html-language-server",), programs=("vscode-html-language-server",)),
    "yaml": ReportingTool(servers=("yaml-language-server",), programs=("yaml-language-server",)),
    "clangd": ReportingTool(servers=("clangd",), programs=("clangd",), files={"compile_flags.txt": "-Wall\n"}),
    "gcc": ReportingTool(),
    "gopls": ReportingTool(servers=("gopls",), files={"go.mod": "module example.org/shop\n\ngo 1.19\n"}),
    "rustc": ReportingTool(),
    "rust-analyzer": ReportingTool(servers=("rust-analyzer",)),
    "luac": ReportingTool(),
    "lua_ls": ReportingTool(servers=("lua-language-server",)),
    "bash": ReportingTool(servers=("bash-language-server",), programs=("bash-language-server",)),
    "shellcheck": ReportingTool(servers=("bash-language-server",), programs=("bash-language-server",)),
    "jdtls": ReportingTool(servers=("jdtls",)),
    "roslyn": ReportingTool(),
}


@frozen(kw_only=True)
class ToolMessage:
    """One message of the data file. ``right`` and ``wrong`` are the whole text after an edit."""

    name: str
    tool: str
    language_id: str
    file: str
    text: str
    diagnostic: Mapping[str, Any]
    right: str
    wrong: str
    origin: str
    others: Mapping[str, str]

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> ToolMessage:
        text = row["text"]
        return cls(
            name=row["id"],
            tool=row["tool"],
            language_id=row["language"],
            file=row["file"],
            text=text,
            diagnostic=row["diagnostic"],
            right=text.replace(*row["right"]),
            wrong=text.replace(*row["wrong"]),
            origin=row["origin"],
            others=row.get("others", {}),
        )

    def target(self) -> Diagnostic:
        """The message as the action has it."""
        said, lines = self.diagnostic, self.text.split("\n")
        line, end_line = said["line"], min(said["end_line"], len(lines) - 1)
        return Diagnostic(
            Point(line, 0),
            Point(end_line, len(lines[end_line])),
            said["message"],
            said["severity"],
            said["code"],
            said["source"],
        )


@frozen(kw_only=True)
class CheckedMessage:
    """What the checks showed of both edits."""

    message: ToolMessage
    right: Evidence
    wrong: Evidence
    seconds: float  # of both

    @property
    def is_checked_again(self) -> bool:
        return self.right.is_proved and not self.wrong.is_proved


def load_messages(file: Path = MESSAGES) -> list[ToolMessage]:
    return [ToolMessage.from_json(row) for row in json.loads(file.read_text(encoding="utf-8"))]


def server_commands(tool: ReportingTool, environment: Path) -> dict[str, tuple[str, ...]]:
    """``verify.servers``: those that the tool's project has not are switched off."""
    commands: dict[str, tuple[str, ...]] = {spec.name: () for spec in SERVERS if spec.name not in tool.servers}
    if "typescript-7" in tool.servers:
        compiler = environment / "typescript7/node_modules/.bin/tsc"
        commands["typescript-7"] = (str(compiler), "--lsp", "--stdio")
    return commands


def linked_programs(tool: ReportingTool, environment: Path, folder: Path) -> Path:
    """A folder of the tool's programs alone."""
    folder.mkdir(parents=True)
    for name in tool.programs:
        (folder / name).symlink_to(environment / "bin" / name)
    return folder


def write_project(folder: Path, tool: ReportingTool, messages: Iterable[ToolMessage]) -> None:
    for name, text in tool.files.items():
        _write(folder / name, text)
    for message in messages:
        for name, text in {**message.others, message.file: message.text}.items():
            _write(folder / name, text)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists() or file.read_text(encoding="utf-8") != text:  # a server reads what changes again
        file.write_text(text, encoding="utf-8")


async def check_tool(
    name: str, messages: Sequence[ToolMessage], environment: Path, folder: Path
) -> list[CheckedMessage]:
    """All messages of one tool, in one project below ``folder``. ``os.environ`` is changed as long as it runs."""
    path, tool = os.environ["PATH"], TOOLS[name]
    os.environ["PATH"] = os.pathsep.join([str(linked_programs(tool, environment, folder / f"bin-{name}")), path])
    verifier = Verifier(servers=LanguageServerPool(home=folder / "home"))
    settings = VerifySettings(servers=server_commands(tool, environment))
    languages = LanguageRegistry()
    project = folder / name
    write_project(project, tool, messages)
    if name == "eslint":
        (project / "node_modules").symlink_to(environment / "npm/node_modules")

    async def checked(message: ToolMessage, after: str) -> Evidence:
        case = request_for(message, after)
        verifier.prepare(case)  # as the menu does: a server starts while the model answers
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_S):
                await asyncio.gather(*verifier.servers._preparing)
        return evidence_of(await verifier.verify(case))

    def request_for(message: ToolMessage, after: str) -> VerificationRequest:
        write_project(project, tool, [message])
        file = project / message.file
        return VerificationRequest(
            before=Text.from_str(message.text),
            after=Text.from_str(after),
            language=languages.by_path(file.as_uri()),
            path=message.file,
            file=file,
            folder=project,
            target=message.target(),
            keep_public_names=False,
            trusted=True,
            language_id=message.language_id,
            server_settings=settings,
            test_command=tool.test_command,
            deadline_s=DEADLINE_S,
        )

    rows: list[CheckedMessage] = []
    try:
        for message in messages:
            started = time.monotonic()
            right, wrong = await checked(message, message.right), await checked(message, message.wrong)
            seconds = time.monotonic() - started
            rows.append(CheckedMessage(message=message, right=right, wrong=wrong, seconds=seconds))
    finally:
        os.environ["PATH"] = path
        await verifier.aclose()
    return rows


def table(rows: Sequence[CheckedMessage]) -> str:
    """One line for each tool, the sum, and why messages were not checked again."""
    lines = ["| tool | messages | checked again | wrong fix claimed | s |", "|---|--:|--:|--:|--:|"]
    groups = {name: [row for row in rows if row.message.tool == name] for name in TOOLS}
    for name, group in (*groups.items(), ("all", list(rows))):
        if group:
            is_written = all(row.message.origin == "documentation" for row in group)
            good, claimed = sum(row.is_checked_again for row in group), sum(row.wrong.is_proved for row in group)
            title = f"{name} (from its documentation)" if is_written and name != "all" else name
            seconds = sum(row.seconds for row in group)
            lines.append(f"| {title} | {len(group)} | {good} | {claimed} | {seconds:.1f} |")
    share = sum(row.is_checked_again for row in rows) / max(1, len(rows))
    lines += ["", f"Checked again before applying: {share:.0%}.", ""]
    lines += [f"- {row.message.name}: {row.right.sentence}" for row in rows if not row.right.is_proved]
    lines += [
        f"- {row.message.name}: THE WRONG FIX IS CLAIMED: {row.wrong.sentence}" for row in rows if row.wrong.is_proved
    ]
    return "\n".join(lines)


async def main(environment: Path, tools: Sequence[str]) -> None:
    messages = load_messages()
    rows: list[CheckedMessage] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in TOOLS:
            own = [message for message in messages if message.tool == name and (not tools or name in tools)]
            if own:
                print(f"{name} ...", file=sys.stderr, flush=True)
                rows += await check_tool(name, own, environment, Path(folder))
    print(table(rows))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).absolute(), sys.argv[2:]))
