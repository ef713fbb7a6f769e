"""Checks the installed packages and grammars, and the settings and checkers of the current folder. Starts no program
and sends no request."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from autothink_lsp.commands.doctor.finding import DoctorFinding, Level

if TYPE_CHECKING:
    from autothink_lsp.settings.load import LoadedSettings
    from autothink_lsp.syntax.languages import Language

PACKAGES = ("pygls", "lsprotocol", "attrs", "cattrs", "httpx", "tree-sitter", "platformdirs")
EMBEDDED_PACKAGES = ("xllamacpp",)
_MOST_FILES = 2_000
_MOST_LANGUAGES = 5
_LEFT_OUT = frozenset({"node_modules", "__pycache__", "target", "dist", "vendor", "venv"})
_REINSTALL = "Reinstall the package: pip install --force-reinstall autothink-lsp"
PYTHON_EXTRA = 'pip install "autothink-lsp[checkers]"'


def package_findings() -> Iterator[DoctorFinding]:
    """The installed versions of the packages that completion and the embedded engine need."""
    extra = 'They are needed for the embedded engine: pip install "autothink-lsp[embedded]"'
    yield from _package_findings(PACKAGES, "problem", _REINSTALL)
    yield from _package_findings(EMBEDDED_PACKAGES, "warning", extra)


def _package_findings(names: Sequence[str], level_if_missing: Level, remedy: str) -> Iterator[DoctorFinding]:
    found, missing = [], []
    for name in names:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if found:
        yield DoctorFinding("ok", "packages", ", ".join(found))
    if missing:
        yield DoctorFinding(level_if_missing, "packages", f"missing: {', '.join(missing)}", remedy)


def grammar_findings() -> Iterator[DoctorFinding]:
    """Whether each language's grammar loads and parses."""
    from autothink_lsp.syntax.grammar import Grammars
    from autothink_lsp.syntax.health import error_count
    from autothink_lsp.syntax.languages import LanguageRegistry

    grammars = Grammars()
    languages = [language for language in LanguageRegistry().all() if language.has_grammar]
    broken = [language.name for language in languages if error_count(grammars.load(language), "\n") is None]
    if not languages:
        yield DoctorFinding("problem", "grammars", "no language was found", _REINSTALL)
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


def checker_findings(folder: Path, *, trusted: bool) -> Iterator[DoctorFinding]:
    """Which checkers of the folder's most frequent languages can prove an edit, one finding for each language."""
    from autothink_lsp.verify.checker_choice import CheckerChoice

    for language in _languages(folder):
        choice = CheckerChoice(known=language.checkers, folder=folder, file=folder / "file", trusted=trusted)
        found = [spec.name for spec in choice.runnable()]
        useful = [spec for spec in choice.runnable() if spec.finds != "syntax"]
        where = "with the project's configuration" if trusted else "without configuration: the folder is not trusted"
        if useful:
            yield DoctorFinding("ok", "checkers", f"{language.name}: {', '.join(found)} ({where})")
            continue
        missing = [spec.program for spec in language.checkers if spec.finds != "syntax"]
        detail = f"{language.name}: {', '.join([*found, 'syntax only'])}; most fixes cannot be proved"
        others = f"Install one of: {', '.join(dict.fromkeys(missing))}" if missing else ""
        yield DoctorFinding("warning", "checkers", detail, PYTHON_EXTRA if language.name == "python" else others)


def _languages(folder: Path) -> list[Language]:
    """The languages of the folder's files that have checkers, the most frequent first."""
    from autothink_lsp.syntax.languages import LanguageRegistry

    registry = LanguageRegistry()
    counts: Counter[str] = Counter()
    found: dict[str, Language] = {}
    seen = 0
    for _, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT and not name.startswith("."))
        for name in files:
            seen += 1
            language = registry.by_path(f"file:///{name}")
            if language is not None and any(spec.finds != "syntax" for spec in language.checkers):
                counts[language.name] += 1
                found[language.name] = language
        if seen > _MOST_FILES:
            break
    return [found[name] for name, _ in counts.most_common(_MOST_LANGUAGES)]
