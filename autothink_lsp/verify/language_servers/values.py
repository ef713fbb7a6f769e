"""Requests to language servers and their results. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from attrs import field, frozen

from autothink_lsp.values import Diagnostic
from autothink_lsp.verify.report import Finding

Severity = Literal["error", "warning", "information"]
Origin = Literal["setting", "project", "PATH", "mason", "extension"]
WORKSPACE_FOLDER = "{workspaceFolder}"
"""A value in ``LanguageServerSpec.settings`` that is replaced by the folder, as LSP's ``WorkspaceFolder``."""

# How to get complete diagnostics: by publications that settle, by request (LSP 3.17) if the server supports it, or by
# requests of tsserver that its wrappers forward.
Reads = Literal["push", "pull", "tsserver"]


@frozen(kw_only=True)
class LanguageServerSpec:
    """A row of the table. Names of sources and languages are lower case."""

    name: str  # the identifier of settings, logs and results
    title: str  # the name for users
    languages: frozenset[str]  # LSP language ids
    sources: frozenset[str]  # ``source`` of its diagnostics, in its own and other editors' extensions
    commands: tuple[tuple[str, ...], ...]  # alternatives, the program first, without a path
    bundled: tuple[tuple[str, ...], ...] = ()
    """Programs of VS Code extensions: a glob pattern below the folder of extensions, then arguments. ``*.js`` is run
    by node."""
    least_package_major: Mapping[str, int] = field(factory=lambda: MappingProxyType({}))
    """Programs of npm packages that are a language server only from this major version on."""
    root_markers: tuple[str, ...] = ()
    initialization_options: Mapping[str, Any] = field(factory=lambda: MappingProxyType({}), repr=False)
    settings: Mapping[str, Any] = field(factory=lambda: MappingProxyType({}), repr=False)
    """Answers to ``workspace/configuration`` where the project says nothing; nested as the sections are."""
    reads: Reads = "push"
    quiet_s: float = 0.3  # for "push": the time without a publication after which diagnostics are complete
    start_s: float = 20.0  # time limit of ``initialize``
    is_primary: bool = False  # checks edits in its languages for messages of any tool
    replaces_checkers: frozenset[str] = frozenset()  # command-line checkers (language.toml) with the same messages


@frozen(kw_only=True)
class OverlayFile:
    """One file of an edit, in memory. ``before`` equals ``after`` for a file that is only open with unsaved text, or
    because the edit may break it: then it ``uses_edit``, and is opened although it is equal on the disk."""

    path: Path
    language_id: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    uses_edit: bool = False


@frozen(kw_only=True)
class OverlayCase:
    """An edit to check. ``target`` is a message in ``files[0]``; its lines are those before the edit."""

    folder: Path  # the workspace folder
    files: tuple[OverlayFile, ...]
    target: Diagnostic | None = None


@frozen(kw_only=True)
class ServerMessage:
    """One diagnostic of a server. Lines are zero-based in the text that was checked."""

    line: int
    end_line: int
    message: str
    code: str = ""
    source: str = ""
    severity: Severity = "error"


@frozen(kw_only=True)
class OverlayResult:
    """One server's result for an edit. ``skipped`` is the reason if there is no valid result."""

    server: str
    version: str = ""
    target_gone: bool | None = None  # None: the server does not report the message, or there is none
    new_findings: tuple[Finding, ...] = ()
    skipped: str = ""
    wall_ms: float = 0.0

    @property
    def title(self) -> str:
        """The server's name and version for users."""
        return f"{self.server} {self.version}".strip()


@frozen(kw_only=True)
class FoundServer:
    """A server that can be started: its command line, and where its program was found."""

    spec: LanguageServerSpec
    command: tuple[str, ...]
    origin: Origin
