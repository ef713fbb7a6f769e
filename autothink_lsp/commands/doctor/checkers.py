"""The checkers of the languages in the current folder: which of them can prove an edit, and how to install one."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from autothink_lsp.commands.doctor.finding import DoctorFinding

if TYPE_CHECKING:
    from autothink_lsp.syntax.languages import Language

_MOST_FILES = 2_000
_MOST_LANGUAGES = 5
_LEFT_OUT = frozenset({"node_modules", "__pycache__", "target", "dist", "vendor", "venv"})
PYTHON_EXTRA = 'pip install "autothink-lsp[checkers]"'


def checker_findings(folder: Path, *, trusted: bool) -> Iterator[DoctorFinding]:
    """One finding for each of the folder's most frequent languages. Starts nothing."""
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
