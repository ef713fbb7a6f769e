"""Checks the installation: packages, grammars and the settings of the current folder. Starts nothing, queries no
server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from autothink_lsp.commands.doctor.finding import DoctorFinding

if TYPE_CHECKING:
    from autothink_lsp.settings.load import LoadedSettings

PACKAGES = ("pygls", "lsprotocol", "attrs", "cattrs", "httpx", "tree-sitter", "platformdirs")
EMBEDDED_PACKAGES = ("xllamacpp",)


def package_findings() -> Iterator[DoctorFinding]:
    """The installed versions of the packages that completion and the embedded engine need."""
    for names, level, remedy in (
        (PACKAGES, "problem", "Reinstall the package: pip install --force-reinstall autothink-lsp"),
        (
            EMBEDDED_PACKAGES,
            "warning",
            'They are needed for the embedded engine: pip install "autothink-lsp[embedded]"',
        ),
    ):
        found, missing = [], []
        for name in names:
            try:
                found.append(f"{name} {metadata.version(name)}")
            except metadata.PackageNotFoundError:
                missing.append(name)
        if found:
            yield DoctorFinding("ok", "packages", ", ".join(found))
        if missing:
            yield DoctorFinding(
                "problem" if level == "problem" else "warning", "packages", f"missing: {', '.join(missing)}", remedy
            )


def grammar_findings() -> Iterator[DoctorFinding]:
    """Whether each language's grammar loads and parses."""
    from autothink_lsp.syntax.grammar import Grammars
    from autothink_lsp.syntax.health import error_count
    from autothink_lsp.syntax.languages import LanguageRegistry

    grammars = Grammars()
    languages = [language for language in LanguageRegistry().all() if language.has_grammar]
    broken = [language.name for language in languages if error_count(grammars.load(language), "\n") is None]
    if not languages:
        yield DoctorFinding(
            "problem",
            "grammars",
            "no language was found",
            "Reinstall the package: pip install --force-reinstall autothink-lsp",
        )
    elif broken:
        names = ", ".join(broken)
        yield DoctorFinding(
            "warning",
            "grammars",
            f"these do not load: {names}",
            "Completion still works, without syntax-aware trimming. Reinstall the package.",
        )
    else:
        yield DoctorFinding("ok", "grammars", f"{len(languages)} languages parse")


def settings_findings() -> tuple[LoadedSettings, list[DoctorFinding]]:
    """The settings of the current folder, and the findings about them."""
    from autothink_lsp.settings.load import load_settings
    from autothink_lsp.settings.paths import state_dir
    from autothink_lsp.settings.trust import TrustStore

    loaded = load_settings(folder=Path.cwd(), environ=os.environ, trust=TrustStore(state_dir()))
    findings = [
        DoctorFinding("warning", "settings", warning.message, "`autothink-lsp config show` lists what applies.")
        for warning in loaded.warnings
    ]
    if not loaded.settings.completion.enabled:
        findings.append(
            DoctorFinding("warning", "settings", "completion.enabled is false", "Nothing will be suggested.")
        )
    return loaded, findings or [DoctorFinding("ok", "settings", "no warnings")]


def is_folder_trusted() -> bool:
    """Whether the user trusts the current folder."""
    from autothink_lsp.settings.paths import PROJECT_FILE, state_dir
    from autothink_lsp.settings.trust import TrustStore

    project = Path.cwd() / PROJECT_FILE
    return TrustStore(state_dir()).trusts(Path.cwd(), project.read_bytes() if project.is_file() else b"")
