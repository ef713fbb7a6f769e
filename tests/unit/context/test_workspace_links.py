"""Links between the folders of a workspace: inside any of them is inside."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from autothink_lsp.context.paths import folder_of
from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.features.endpoints import role_settings
from autothink_lsp.settings.model import Settings

LEAVES = "it is a link that leaves the workspace"
DEFAULT = Settings()
WITH_EXCLUDE = evolve(DEFAULT, completion=evolve(DEFAULT.completion, exclude=(*DEFAULT.completion.exclude, "pkg/b.py")))
OFF = evolve(DEFAULT, completion=evolve(DEFAULT.completion, enabled=False))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """app and libs are folders of the workspace, out is not; linked is a folder that is a link to real."""
    for name in ("app", "libs/pkg", "libs/inner", "out", "real/src", "application"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("app/a.py", "libs/pkg/a.py", "libs/pkg/b.py", "libs/inner/c.py", "out/x.py", "real/src/r.py"):
        (tmp_path / name).write_text("x = 1\n")
    (tmp_path / "application/y.py").write_text("x = 1\n")
    (tmp_path / "libs/pkg/.env").write_text("KEY=1\n")
    for link, target in {
        "app/dep": "libs/pkg",
        "app/x.py": "out/x.py",
        "app/y.py": "application/y.py",
        "app/self.py": "app/a.py",
        "app/twice": "app/dep",
        "app/r.py": "real/src/r.py",
        "app/gone.py": "nowhere/z.py",
        "libs/up": "app",
        "linked": "real",
    }.items():
        (tmp_path / link).symlink_to(tmp_path / target)
    return tmp_path


BOTH = ("app", "libs")
CASES: dict[str, tuple[tuple[str, ...], str, str]] = {  # folders, file, and why it is excluded
    "no link": (BOTH, "app/a.py", ""),
    "into another folder": (BOTH, "app/dep/a.py", ""),
    "by two links": (BOTH, "app/twice/a.py", ""),
    "the other way": (BOTH, "libs/up/a.py", ""),
    "there and back": (BOTH, "libs/up/dep/a.py", ""),
    "in the same folder": (BOTH, "app/self.py", ""),
    "out of all": (BOTH, "app/x.py", LEAVES),
    "into a folder whose name begins alike": (BOTH, "app/y.py", LEAVES),
    "to nothing": (BOTH, "app/gone.py", LEAVES),
    "into a folder that is not open": (("app",), "app/dep/a.py", LEAVES),
    "into a folder around": (("app", "."), "app/x.py", ""),
    "into an inner folder": (("app", "libs", "libs/inner"), "libs/inner/c.py", ""),
    "a folder that is a link": (("app", "linked"), "linked/src/r.py", ""),
    "into a folder that is a link": (("app", "linked"), "app/r.py", ""),
    "a dot-dot": (BOTH, "app/../libs/pkg/a.py", ""),
    "a secret file by a link": (BOTH, "app/dep/.env", "dep/.env is a file that usually contains secrets"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_of_a_workspace(tree: Path, name: str) -> None:
    folders, file, why = CASES[name]
    uris = [
        (tree / folder).resolve(strict=False).as_uri() if folder == "." else (tree / folder).as_uri()
        for folder in folders
    ]
    gate = PrivacyGate(folders=lambda: uris, settings_of=lambda _uri: DEFAULT)
    uri = f"{tree.as_uri()}/{file}"
    assert gate.refusal(uri, folder_of(uri, uris), None, DEFAULT, DEFAULT.completion) == why


def test_a_folder_that_is_opened_later(tree: Path) -> None:
    uris = [(tree / "app").as_uri()]
    gate = PrivacyGate(folders=lambda: uris)
    uri = (tree / "app/dep/a.py").as_uri()
    assert gate.refusal(uri, uris[0], None, DEFAULT, DEFAULT.completion) == LEAVES
    uris.append((tree / "libs").as_uri())
    assert gate.refusal(uri, uris[0], None, DEFAULT, DEFAULT.completion) == ""
    uris.pop()
    assert gate.refusal(uri, uris[0], None, DEFAULT, DEFAULT.completion) == LEAVES


@pytest.mark.parametrize(
    ("settings", "file", "why"),
    [
        (WITH_EXCLUDE, "app/dep/b.py", "pkg/b.py is excluded by completion.exclude"),
        (WITH_EXCLUDE, "app/twice/b.py", "pkg/b.py is excluded by completion.exclude"),
        (WITH_EXCLUDE, "app/dep/a.py", ""),
        (OFF, "app/dep/a.py", "it is a link into libs, where this is off"),
        (OFF, "app/a.py", ""),
    ],
)
def test_what_the_other_folder_forbids_holds(tree: Path, settings: Settings, file: str, why: str) -> None:
    app, libs = (tree / "app").as_uri(), (tree / "libs").as_uri()
    gate = PrivacyGate(folders=lambda: [app, libs], settings_of=lambda uri: settings if uri == libs else DEFAULT)
    assert gate.refusal((tree / file).as_uri(), app, None, DEFAULT, DEFAULT.completion) == why


@pytest.mark.parametrize("off", ["completion", "assist", "next_edit"])
def test_what_is_off_in_the_other_folder_is_off_for_that_role_alone(tree: Path, off: str) -> None:
    app, libs = (tree / "app").as_uri(), (tree / "libs").as_uri()
    other = evolve(DEFAULT, **{off: evolve(getattr(DEFAULT, off), enabled=False)})
    gate = PrivacyGate(folders=lambda: [app, libs], settings_of=lambda uri: other if uri == libs else DEFAULT)
    for role in ("completion", "assist", "next_edit"):
        refusal = gate.refusal((tree / "app/dep/a.py").as_uri(), app, None, DEFAULT, role_settings(DEFAULT, role))
        assert bool(refusal) is (role == off)


def test_what_another_folder_ignores_is_ignored(tree: Path) -> None:
    (tree / "libs/.autothinkignore").write_text("pkg/b.py\n")
    app, libs = (tree / "app").as_uri(), (tree / "libs").as_uri()
    gate = PrivacyGate(folders=lambda: [app, libs])
    assert "ignored" in gate.refusal((tree / "app/dep/b.py").as_uri(), app, None, DEFAULT, DEFAULT.completion)
    assert gate.refusal((tree / "app/dep/a.py").as_uri(), app, None, DEFAULT, DEFAULT.completion) == ""
