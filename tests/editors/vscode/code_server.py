"""A real VS Code server (code-server) of a test: its own folders, its own process group, ended without a trace."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from attrs import define, field

READY_S = 120.0

# What a fresh VS Code would show or start by itself and a test has no use for.
QUIET: dict[str, Any] = {
    "workbench.startupEditor": "none",
    "chat.disableAIFeatures": True,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "git.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "files.hotExit": "off",
    "editor.minimap.enabled": False,
    "breadcrumbs.enabled": False,
    "editor.wordBasedSuggestions": "off",
    "extensions.ignoreRecommendations": True,
    "npm.autoDetect": "off",
    "typescript.disableAutomaticTypeAcquisition": True,
}


@define(eq=False)
class CodeServer:
    """``programs`` is the folder with node, ``installation`` code-server's, ``state`` an empty one of the test's."""

    programs: Path
    installation: Path
    state: Path
    extensions: Path
    environ: dict[str, str] = field(factory=dict)
    trusted: bool = True
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def entry(self) -> list[str]:
        script = self.installation / "node_modules/code-server/out/node/entry.js"
        (self.state / "code-server.yaml").write_text("auth: none\n")
        options = {
            "--user-data-dir": self.state / "user",
            "--extensions-dir": self.extensions,
            "--config": self.state / "code-server.yaml",
        }
        return [str(self.programs / "node"), str(script), *(str(part) for pair in options.items() for part in pair)]

    def install(self, vsix: Path) -> None:
        """Into the extensions folder."""
        done = subprocess.run(
            [*self.entry, "--install-extension", str(vsix)],
            env=self._environ(),
            check=False,
            capture_output=True,
            text=True,
            timeout=READY_S,
        )
        assert "successfully installed" in done.stdout, done.stdout + done.stderr

    def write_settings(self, values: dict[str, Any]) -> None:
        """The extension's settings as those of the machine: a remote workbench notices changes of this file only while
        it runs. The others are in the user's as well, where it reads those of the application."""
        others = {name: value for name, value in values.items() if not name.startswith("autothink.")}
        for place, written in {"User": others, "Machine": values}.items():
            file = self.state / "user" / place / "settings.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({**QUIET, **written}, indent=2))

    @property
    def user_settings(self) -> Path:
        return self.state / "user/User/settings.json"

    def start(self) -> None:
        self.port = _free_port()
        flags = ["--bind-addr", f"127.0.0.1:{self.port}", "--auth", "none", "--disable-telemetry"]
        flags += ["--disable-update-check", "--disable-getting-started-override"]
        if self.trusted:
            flags.append("--disable-workspace-trust")
        with (self.state / "code-server.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*self.entry, *flags], env=self._environ(), stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + READY_S
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise AssertionError((self.state / "code-server.log").read_text())
            time.sleep(0.1)

    def stop(self) -> None:
        """The whole group at once: ended politely it leaves extension hosts and language servers behind."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def processes(self, pattern: str) -> list[int]:
        """Ids of processes of this server whose command line matches."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and self._is_ours(entry):
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if re.search(pattern, command):
                        found.append(int(entry.name))
        return found

    def _is_ours(self, entry: Path) -> bool:
        return f"AUTOTHINK_HOME={self.environ.get('AUTOTHINK_HOME')}".encode() in (
            entry / "environ"
        ).read_bytes().split(b"\0")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def _environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("VSCODE_", "AUTOTHINK_"))}
        path = f"{self.programs}{os.pathsep}{kept.get('PATH', '')}"
        return {**kept, "PATH": path, "HOME": str(self.state), **self.environ}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
