"""Writes the diagnostics of ``messages.json`` again, as the real tools report them.

    python -m tests.servers.record_messages ENVIRONMENT [FILE]    FILE: other rows, to be added

Each row's message is the first one that holds its words (``says``). Rows from documentation stay as they are.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from autothink_lsp.verify.language_servers.discovery import Discovery
from autothink_lsp.verify.language_servers.session import OpenText, ServerSession
from autothink_lsp.verify.language_servers.table import SERVERS
from tests.servers.message_table import MESSAGES, TOOLS, server_commands

_SERVER_S = 60.0
_GCC = re.compile(r":(\d+):\d+: (error|warning): (.*?)(?: \[(-W[\w=+-]+)\])?$", re.MULTILINE)
_MYPY = re.compile(r":(\d+): (error): (.*?)  \[([\w-]+)\]$", re.MULTILINE)
_LUAC = re.compile(r"luac: [^\n]*?:(\d+): (.+)")
_BASH = re.compile(r": line (\d+): (.+)")
Row = dict[str, Any]


def diagnostic(line: int, message: str, code: str, source: str, severity: str = "error") -> Row:
    return {"line": line, "end_line": line, "message": message, "code": code, "source": source, "severity": severity}


def by_gcc(file: Path) -> Iterable[Row]:
    said = output(["gcc", "-fsyntax-only", "-Wall", str(file)])
    return [diagnostic(int(a) - 1, c, d, "gcc", b) for a, b, c, d in _GCC.findall(said)]


def by_mypy(file: Path) -> Iterable[Row]:
    said = output(["mypy", "--cache-dir", str(file.parent.parent / ".mypy_cache"), str(file)], file.parent.parent)
    return [diagnostic(int(a) - 1, c, d, "Mypy", b) for a, b, c, d in _MYPY.findall(said)]


def by_pylint(file: Path) -> Iterable[Row]:
    for one in json.loads(output(["pylint", "-f", "json", str(file)], file.parent.parent)):
        severity = "error" if one["type"] in {"error", "fatal"} else "warning"
        code = f"{one['message-id']}:{one['symbol']}"
        yield diagnostic(one["line"] - 1, one["message"], code, "Pylint", severity)


def by_rustc(file: Path) -> Iterable[Row]:
    """As rust-analyzer shows the messages of cargo: the labels of the place follow the message."""
    for line in output(
        ["rustc", "--error-format=json", "--emit=metadata", "-o", str(file.with_suffix(".rmeta")), str(file)]
    ).splitlines():
        one = json.loads(line) if line.startswith("{") else {}
        spans = [span for span in one.get("spans", ()) if span["is_primary"]]
        if spans:
            words = "\n".join([one["message"], *(span["label"] for span in spans if span["label"])])
            yield diagnostic(
                spans[0]["line_start"] - 1, words, (one["code"] or {}).get("code", ""), "rustc", one["level"]
            )


def by_luac(file: Path) -> Iterable[Row]:
    return [diagnostic(int(a) - 1, b, "", "luac") for a, b in _LUAC.findall(output(["luac", "-p", str(file)]))]


def by_bash(file: Path) -> Iterable[Row]:
    return [diagnostic(int(a) - 1, b, "", "bash") for a, b in _BASH.findall(output(["bash", "-n", str(file)]))]


PROGRAMS: Mapping[str, Callable[[Path], Iterable[Row]]] = {
    "gcc": by_gcc,
    "mypy": by_mypy,
    "pylint": by_pylint,
    "rustc": by_rustc,
    "luac": by_luac,
    "bash": by_bash,
}


def output(command: list[str], folder: Path | None = None) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    return done.stdout + done.stderr


async def recorded(rows: list[Row], environment: Path, folder: Path) -> None:
    """Write the diagnostic of each row of one tool into it."""
    name = rows[0]["tool"]
    tool, project = TOOLS[name], folder / name
    files = dict(tool.files)
    for row in rows:
        files.update({**row.get("others", {}), row["file"]: row["text"]})
    for file, text in files.items():
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        (project / file).write_text(text)
    if name in PROGRAMS:
        for row in rows:
            (project / row["file"]).write_text(row["text"])
            choose(row, list(PROGRAMS[name](project / row["file"])), name)
        return
    if name == "eslint":
        (project / "node_modules").symlink_to(environment / "npm/node_modules")
    spec = next(spec for spec in SERVERS if spec.name == tool.servers[0])
    found = Discovery(folder / "home", server_commands(tool, environment)).find(spec, project)
    if found is None:
        print(f"{name}: not installed", file=sys.stderr)
        return
    session = await ServerSession.start(found, project, project)
    for row in rows:
        path = project / row["file"]
        said = await session.diagnostics({path: OpenText(row["language"], row["text"])}, time.monotonic() + _SERVER_S)
        ones = [
            {**diagnostic(one.line, one.message, one.code, one.source, one.severity), "end_line": one.end_line}
            for one in said[path]
        ]
        if name == "pylance":  # Pyright's words under another name
            ones = [{**one, "source": "Pylance"} for one in ones]
        choose(row, ones, f"{spec.title} {session.version}".strip())
    await session.aclose()


def choose(row: Row, said: list[Row], origin: str) -> None:
    found = next((one for one in said if row["says"] in one["message"]), None)
    if found is None:
        print(f"{row['id']}: nothing with {row['says']!r} in {[one['message'] for one in said]}", file=sys.stderr)
        return
    row["diagnostic"], row["origin"] = found, origin


async def main(environment: Path, more: list[Row]) -> None:
    rows = (json.loads(MESSAGES.read_text(encoding="utf-8")) if MESSAGES.exists() else []) + more
    with tempfile.TemporaryDirectory() as folder:
        for name in TOOLS:
            own = [row for row in rows if row["tool"] == name and row.get("origin") != "documentation"]
            if own:
                await recorded(own, environment, Path(folder))
    kept = [row for row in rows if "diagnostic" in row]
    MESSAGES.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(kept)} messages, {len(rows) - len(kept)} rows without one are left out")


if __name__ == "__main__":
    here = Path(sys.argv[1]).absolute()
    os.environ["PATH"] = f"{here / 'bin'}{os.pathsep}{os.environ['PATH']}"
    asyncio.run(main(here, json.loads(Path(sys.argv[2]).read_text()) if len(sys.argv) > 2 else []))
