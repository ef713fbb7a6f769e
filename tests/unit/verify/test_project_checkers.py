"""Checkers with the configuration and the other files of a trusted project, and without both in any other folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.checker_spec import CheckerSpec, read_checkers
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.checkers import check, find_program
from autothink_lsp.verify.evidence import Evidence, evidence_of
from autothink_lsp.verify.project_command import CheckedFile, is_own_path, project_command
from autothink_lsp.verify.service import VerificationRequest, Verifier

pytestmark = pytest.mark.process

REGISTRY = LanguageRegistry()


async def evidence(
    folder: Path, name: str, versions: tuple[str, str], target: Diagnostic, *, trusted: bool = True
) -> Evidence:
    before, after = versions
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(before)
    case = VerificationRequest(
        before=Text.from_str(before),
        after=Text.from_str(after),
        language=REGISTRY.by_path(f"file:///{name}"),
        path=name,
        file=file,
        folder=folder,
        target=target,
        trusted=trusted,
        deadline_s=60.0,
    )
    report = await Verifier().verify(case)
    assert file.read_text() == before
    return evidence_of(report)


def message(line: int, text: str, code: str = "", source: str = "") -> Diagnostic:
    return Diagnostic(Point(line, 0), Point(line, 1), text, code=code, source=source)


PRINTS = "def f(a):\n    print(a)\n    return a\n"


@pytest.mark.usefixtures("of_own_programs_only_ruff")
@pytest.mark.parametrize(("trusted", "proved_by"), [(True, ("ruff",)), (False, ())])
async def test_ruff_with_the_rules_that_the_project_selects(
    tmp_path: Path, trusted: bool, proved_by: tuple[str, ...]
) -> None:
    (tmp_path / "ruff.toml").write_text("lint.select = ['T20']\n")
    target = message(1, "`print` found", "T201", "Ruff")
    found = await evidence(tmp_path, "a.py", (PRINTS, PRINTS.replace("    print(a)\n", "")), target, trusted=trusted)
    assert found.proved_by == proved_by
    assert not found.has_failed


async def test_a_type_checker_sees_the_other_files(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").touch()
    (tmp_path / "pkg" / "other.py").write_text("def load(key: str, retries: int) -> str:\n    return key * retries\n")
    before = "from pkg.other import load\n\nx = load('a')\n"
    target = message(2, 'Argument missing for parameter "retries"', "reportCallIssue", "Pylance")
    good = await evidence(tmp_path, "pkg/a.py", (before, before.replace("'a'", "'a', 2")), target)
    assert good.proved_by == ("basedpyright",)
    bad = await evidence(tmp_path, "pkg/a.py", (before, before.replace("'a'", "'b'")), target)
    assert bad.has_failed
    assert "still reports it" in bad.sentence


@pytest.mark.skipif(shutil.which("go") is None, reason="no Go")
async def test_go_in_its_module(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module ex\n\ngo 1.19\n")
    for name in ("a", "z"):
        (tmp_path / name).mkdir()
    (tmp_path / "z" / "z.go").write_text("package z\n\nfunc Other(s string) int { return len(s) }\n")
    before = 'package a\n\nimport "ex/z"\n\nfunc G() int {\n\treturn z.Other(3)\n}\n'
    target = message(5, "cannot use 3 (untyped int constant) as string value in argument to z.Other", "", "compiler")
    found = await evidence(tmp_path, "a/a.go", (before, before.replace("(3)", '("3")')), target)
    assert found.proved_by == ("vet",)
    for broken in ("package a\n\nvar X int = true\n", "package a\n\nfunc G() {}\n"):  # vet stops at the first error
        (tmp_path / "a" / "a.go").write_text(broken)
        found = await evidence(tmp_path, "a/c.go", (before, before.replace("(3)", '("3")')), target)
        assert "vet" not in found.ran


@pytest.mark.skipif(shutil.which("cargo") is None, reason="no Cargo")
async def test_rust_in_its_crate(tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "ex"\nversion = "0.1.0"\nedition = "2021"\n')
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "lib.rs").write_text("mod a;\nmod b;\n")
    (tmp_path / "src" / "b.rs").write_text("pub fn other(s: &str) -> usize { s.len() }\n")
    before = "use crate::b::other;\npub fn f() -> usize {\n    other(3)\n}\n"
    target = message(2, "mismatched types", "E0308", "rust-analyzer")
    found = await evidence(tmp_path, "src/a.rs", (before, before.replace("(3)", '("3")')), target)
    assert found.proved_by == ("cargo",)
    assert not (tmp_path / "Cargo.lock").exists()
    assert not (tmp_path / "target").exists()


def spec(**table: object) -> CheckerSpec:
    return read_checkers({"tool": {"program": "tool", "pattern": r"^(?P<line>\d+): (?P<message>.+)$", **table}})[0]


def test_the_overlay_holds_the_text_and_writes_nothing_to_the_project(tmp_path: Path) -> None:
    root, temporary = tmp_path / "project", tmp_path / "temporary"
    for name in ("src/a.py", "src/b.py", "src/deep/c.py", "other/d.py", "lock", ".git/config"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    made = project_command(
        spec(project_args=["{overlay_file}", "{real}"], in_overlay=True),
        CheckedFile(root, root / "src/a.py"),
        "new",
        temporary,
    )
    assert made is not None
    copy = Path(made.args[0])
    assert copy.read_text() == "new"
    assert Path(made.args[1]).read_text() == "src/a.py"
    assert (made.cwd / "other" / "d.py").read_text() == "other/d.py"
    (made.cwd / "lock").write_text("changed by the checker")
    (copy.parent / "b.py").write_text("changed by the checker")
    assert [(root / name).read_text() for name in ("lock", "src/b.py")] == ["lock", "src/b.py"]
    assert not (made.cwd / ".git").exists()


def test_which_command_a_project_gets(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b.ts"
    needs = spec(project_args=["{config}"], project_files=["tsconfig.json"])
    assert project_command(needs, CheckedFile(tmp_path, file), "", tmp_path / "t") is None
    (tmp_path / "tsconfig.json").write_text("{}")
    made = project_command(needs, CheckedFile(tmp_path, file), "", tmp_path / "t")
    assert made is not None
    assert made.args == (str(tmp_path / "tsconfig.json"),)
    assert project_command(needs, CheckedFile(tmp_path / "a", tmp_path / "c.ts"), "", tmp_path / "t") is None
    outside = CheckedFile(tmp_path / "a", tmp_path / "a" / ".." / "c.ts")
    assert outside.relative is None


@pytest.mark.parametrize(
    ("reported", "is_own"),
    [
        *((own, True) for own in ("src/a.ts(", "./src/a.ts:", "vet: ./src/a.ts:", "-:", "")),
        *((other, False) for other in ("a.ts:", "lib/src/a.ts:", "b.ts(")),
    ],
)
def test_findings_of_other_files_are_not_ours(reported: str, is_own: bool) -> None:
    assert is_own_path(reported, frozenset({"src/a.ts", "/srv/shop/src/a.ts"})) is is_own


async def test_a_checker_that_cannot_run_in_the_project_runs_on_a_copy(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text("no such key = ]")
    ruff = next(one for one in REGISTRY.by_language_id("python").checkers if one.name == "ruff")
    program = find_program(ruff, None, trusted=False)
    assert program is not None
    ran = await check(ruff, program, "x = y\n", "a.py", wall_s=30, project=CheckedFile(tmp_path, tmp_path / "a.py"))
    assert not ran.in_project
    assert [finding.code for finding in ran.findings] == ["F821"]


async def test_untrusted_checkers_learn_nothing_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each program of each language is replaced by one that records its arguments and its working folder."""
    log, programs, project = tmp_path / "log", tmp_path / "programs", tmp_path / "secret-project"
    programs.mkdir()
    project.mkdir()
    languages = [
        REGISTRY.by_path(f"file:///a.{extension}")
        for extension in ("py", "ts", "tsx", "js", "go", "rs", "c", "cpp", "lua", "sh", "rb", "php")
    ]
    specs = {one.program for language in languages for one in language.checkers}
    for name in specs - {"{python}"}:
        file = programs / name
        file.write_text(f'#!/bin/sh\necho "$0 $@" >> "{log}"\n/bin/pwd >> "{log}"\nexit 0\n')
        file.chmod(0o755)
    for name in ("tsconfig.json", "eslint.config.js", "mypy.ini", ".pylintrc", "Cargo.toml", "go.mod"):
        (project / name).write_text(json.dumps({}))
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")
    for trusted in (False, True):
        log.write_text("")
        for language in languages:
            name = f"a{language.extensions[0]}"
            await evidence(project, name, ("a\n", "b\n"), message(0, "x", source="eslint"), trusted=trusted)
        assert ("secret-project" in log.read_text()) is trusted, log.read_text()
