"""What a file is called in a prompt: nothing above its folder."""

import os
import sys
from pathlib import Path

import pytest

from autothink_lsp.context import paths
from autothink_lsp.context.paths import (
    display_path,
    folder_of,
    is_below,
    is_file_of,
    is_same_folder,
    local_path,
    originals_of,
    part_below,
)


@pytest.mark.parametrize(
    ("uri", "folder", "path"),
    [
        ("file:///home/me/project/src/a.py", "file:///home/me/project", "src/a.py"),
        ("file:///home/me/project/src/a.py", "file:///home/me/project/", "src/a.py"),
        ("file:///home/me/project/sp%20ace/%C3%A4.py", "file:///home/me/project", "sp ace/ä.py"),
        ("file:///home/me/project-two/a.py", "file:///home/me/project", "a.py"),
        ("file:///home/me/%70roject/src/a.py", "file:///home/me/project", "src/a.py"),
        ("vscode-notebook-cell:/home/me/project/nb/n.ipynb#W0s", "file:///home/me/project", "nb/n.ipynb"),
        ("vscode-notebook-cell:/home/me/other/n.ipynb#W0s", "file:///home/me/project", "n.ipynb"),
        ("file://localhost/home/me/project/caf%E9.py", "file:///home/me/project", "caf?.py"),
        ("file:///etc/secret/a.py", None, "a.py"),
        ("untitled:Untitled-1", None, "Untitled-1"),
        ("vscode-notebook-cell:/home/me/n.ipynb#W0s", None, "n.ipynb"),
        ("git:/home/me/a.py?%7B%22ref%22%3A%22~%22%7D", None, "a.py"),
        ("untitled:", None, "untitled"),
        ("file://[no/host/a.py", None, "a.py"),
    ],
)
def test_display_path(uri: str, folder: str | None, path: str) -> None:
    assert display_path(uri, folder) == path


def test_the_innermost_folder_holds_the_document() -> None:
    folders = ["file:///w", "file:///w/inner", "file:///other"]
    assert folder_of("file:///w/inner/a.py", folders) == "file:///w/inner"
    assert folder_of("file:///w/innermost/a.py", folders) == "file:///w"
    assert folder_of("file:///elsewhere/a.py", folders) is None
    assert folder_of("file:///elsewhere/a.py", [*folders, "file:///"]) == "file:///"
    assert folder_of("file:///w/a.py", ["file:///", *folders]) == "file:///w"
    assert folder_of("memfs:/w/a.py", ["file:///w", "memfs:/w"]) == "memfs:/w"
    assert display_path("file:///elsewhere/a.py", "file:///") == "elsewhere/a.py"


@pytest.mark.parametrize(
    ("uri", "folder"),
    [
        ("vscode-notebook-cell:/w/inner/n.ipynb#W0s", "file:///w/inner/"),
        ("vscode-notebook-cell:/w/n.ipynb#W0s", "file:///w"),
        ("vscode-notebook-cell:/wide/n.ipynb#W0s", None),
        ("vscode-notebook:/w/n.ipynb", "file:///w"),
        ("file:///w/%69nner/a.py", "file:///w/inner/"),
        ("file:///two%20words/a.py", "file:///two words"),
        ("file:///w/inner/../a.py", "file:///w"),
        ("file://localhost/w/a.py", "file:///w"),
        ("untitled:/w/a.py", None),
        ("git:/w/a.py?x", None),
        ("vscode-notebook-cell://elsewhere/w/n.ipynb#W0s", None),
    ],
)
def test_cells_and_other_spellings_are_in_their_folder(uri: str, folder: str | None) -> None:
    assert folder_of(uri, ["file:///w", "file:///w/inner/", "file:///two words"]) == folder


def test_the_same_folder_in_another_spelling() -> None:
    assert is_same_folder("file:///a%20b/", "file:///a b")
    assert not is_same_folder("file:///a", "file:///b")
    assert not is_same_folder("memfs:/a", "memfs:/b")


def test_drives_in_either_case_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "local_path", lambda uri: Path(uri.removeprefix("file:///").replace("%3A", ":")))
    assert folder_of("file:///c%3A/Drives/a.py", ["file:///C:/Drives"]) == "file:///C:/Drives"
    assert display_path("file:///c%3A/Drives/a.py", "file:///C:/Drives") == "a.py"
    assert is_same_folder("file:///c%3A/Drives", "file:///C:/Drives/")
    assert not is_same_folder("file:///c%3A/Drives", "file:///D:/Drives")


@pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX")
@pytest.mark.parametrize("platform", ["darwin", "linux"])
def test_case_in_paths(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS it is a spelling, and the part below a folder keeps its own."""
    monkeypatch.setattr(sys, "platform", platform)
    is_spelling = platform == "darwin"
    folder, uri = f"file:///Users/me/{platform}", f"file:///users/ME/{platform}/Src/A.py"
    assert (folder_of(uri, [folder]) == folder) is is_spelling
    assert display_path(uri, folder) == ("Src/A.py" if is_spelling else "A.py")
    assert is_same_folder(f"file:///users/me/{platform}/", folder) is is_spelling
    assert is_file_of(uri, Path(f"/Users/me/{platform}/src/a.py")) is is_spelling
    assert part_below(Path("/W/Src/A.py"), Path("/w")) == ("Src/A.py" if is_spelling else "")
    assert is_below(Path("/W"), Path("/w/")) is is_spelling
    assert not is_below(Path("/wide/a.py"), Path("/w"))


@pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX")
@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///home/me/a.py", "/home/me/a.py"),
        ("FILE:///home/me/a.py", "/home/me/a.py"),
        ("file://localhost/home/me/a.py", "/home/me/a.py"),
        ("file:///home/me/two%20words.py", "/home/me/two words.py"),
        ("file:///home/me/100%25.py", "/home/me/100%.py"),
        ("file:///home/me/%2541.py", "/home/me/%41.py"),  # a percent sign and two digits, which are no code
        ("file:///home/me/%C3%A4.py", "/home/me/ä.py"),
        ("file:///home/me/%23%3F.py", "/home/me/#?.py"),
        ("file:////doubled/a.py", "//doubled/a.py"),
        ("vscode-notebook-cell:/home/me/n%20n.ipynb#W0s", "/home/me/n n.ipynb"),
        ("file://other-machine/home/me/a.py", None),
        ("file://[no/host/a.py", None),
        ("file:///home/me/%00.py", None),
        ("untitled:Untitled-1", None),
        ("git:/home/me/a.py", None),
        ("file:", None),
        ("", None),
        (None, None),
    ],
)
def test_the_file_that_a_uri_names(uri: str | None, path: str | None) -> None:
    assert local_path(uri) == (None if path is None else Path(path))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names that are no UTF-8")
def test_a_name_that_is_no_utf_8() -> None:
    assert os.fsencode(local_path("file:///tmp/%FF.py") or "") == b"/tmp/\xff.py"


@pytest.mark.parametrize("name", ["two words", "100%", "%41", "a+b", "#1", "ä𝕏", "semi;colon", "[1]"])
def test_there_and_back(tmp_path: Path, name: str) -> None:
    assert local_path((tmp_path / name).as_uri()) == tmp_path / name


@pytest.mark.skipif(sys.platform != "win32", reason="drives")
@pytest.mark.parametrize("uri", ["file:///c:/a%20b/x.py", "file:///c%3A/a%20b/x.py", "file:///c%3a/a%20b/x.py"])
def test_drives(uri: str) -> None:
    assert local_path(uri) == Path("c:/a b/x.py")


@pytest.mark.parametrize(
    ("path", "originals"),
    [
        ("a/.env.bak", ("a/.env", "a/env")),
        (".env~", (".env", "env")),
        (".id_rsa.swp", (".id_rsa", "id_rsa")),
        ("#key.pem#", ("key.pem",)),
        ("key.pem.old.1", ("key.pem.old", "key.pem")),
        ("key (1)", ("key",)),
        ("app.py", ()),
        (".bak", ()),
        ("~", ()),
    ],
)
def test_originals_of_copies(path: str, originals: tuple[str, ...]) -> None:
    assert originals_of(path) == originals


@pytest.mark.parametrize("name", ["C#/sub/.env", "a#b.py", "what?/a.py", "a?b#c.py"])
def test_signs_that_a_client_did_not_escape(tmp_path: Path, name: str) -> None:
    """Else a file in a folder "C#" is one called "C", and no pattern of secret files fits it."""
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    uri = f"file://{tmp_path}/{name}"
    assert local_path(uri) == file
    assert display_path(uri, f"file://{tmp_path}") == name
    assert display_path(uri, None) == file.name
    assert folder_of(uri, [f"file://{tmp_path}", file.parent.as_uri()]) is not None


def test_signs_behind_a_file_that_exists(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    for end in ("#L3", "?x=1", "?x=1#y"):
        assert local_path(f"file://{tmp_path}/a.py{end}") == tmp_path / "a.py"


def test_signs_in_a_path_that_cannot_be_looked_at() -> None:
    long = "a" * 300
    assert local_path(f"file:///{long}?b/c.py") == Path(f"/{long}")
