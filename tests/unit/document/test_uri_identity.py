"""Which spellings of a URI or a path name one file, on each platform."""

from __future__ import annotations

import sys

import pytest

from autothink_lsp.document.uri_identity import is_same_document, path_key

LINUX, MACOS, WINDOWS = "linux", "darwin", "win32"
ALL = {LINUX, MACOS, WINDOWS}
IGNORE_CASE = {MACOS, WINDOWS}


@pytest.mark.parametrize("platform", sorted(ALL))
@pytest.mark.parametrize(
    ("one", "other", "same_on"),
    [
        ("file:///c:/work/a.py", "file:///c:/work/a.py", ALL),
        ("file:///C:/work/a.py", "file:///c:/work/a.py", ALL),  # as VS Code, which writes every drive in lower case
        ("file:///C%3A/work/a.py", "file:///c:/work/a.py", ALL),
        ("file:///c%3a/work/a.py", "file:///C:/work/a.py", ALL),
        ("file:///C:/Work/a.py", "file:///c:/work/a.py", IGNORE_CASE),
        ("file:///c:/work/A.PY", "file:///c:/work/a.py", IGNORE_CASE),
        ("file:///Users/me/Work/a.py", "file:///users/me/work/a.py", IGNORE_CASE),
        ("file:///w/Ä.py", "file:///w/%C3%A4.py", IGNORE_CASE),
        ("file:///w/two%20words.py", "file:///w/two words.py", ALL),
        ("FILE:///w/a.py", "file:///w/a.py", ALL),
        ("file://localhost/w/a.py", "file:///w/a.py", ALL),
        ("file://Server/Share/a.py", "file://server/Share/a.py", ALL),
        ("file://server/Share/a.py", "file://server/share/a.py", IGNORE_CASE),
        ("file://server/share/a.py", "file://other/share/a.py", set()),
        ("file:///c:/work/a.py", "file:///d:/work/a.py", set()),
        ("file:///w/a.py", "file:///w/b.py", set()),
        ("file:///w/a%2Fb.py", "file:///w/a%2Fc.py", set()),
        ("vscode-notebook-cell:/w/N.ipynb#W0s", "vscode-notebook-cell:/w/n.ipynb#W0s", IGNORE_CASE),
        ("vscode-notebook-cell:/w/n.ipynb#W0s", "vscode-notebook-cell:/w/n.ipynb#W1s", set()),
        ("vscode-notebook-cell:/w/n.ipynb#W0s", "vscode-notebook-cell:/w/n.ipynb#w0S", set()),
        ("untitled:Untitled-1", "untitled:untitled-1", set()),
        ("git:/w/a.py?%7B%22ref%22%3A%22HEAD%22%7D", "git:/w/A.py?%7B%22ref%22%3A%22HEAD%22%7D", set()),
        ("file://[no/a.py", "file://[no/a.py", ALL),
        ("file://[no/a.py", "file://[no/A.py", set()),
        ("", "", ALL),
    ],
)
def test_spellings_of_a_document(
    platform: str, one: str, other: str, same_on: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert is_same_document(one, other) is (platform in same_on)
    assert is_same_document(other, one) is (platform in same_on)


@pytest.mark.parametrize("platform", sorted(ALL))
@pytest.mark.parametrize(
    ("one", "other", "same_on"),
    [
        ("C:/work", "c:/work", ALL),
        ("C:\\work", "c:\\work", ALL),
        ("C:/Work", "c:/work", IGNORE_CASE),
        ("/Users/me", "/users/me", IGNORE_CASE),
        ("src/A.py", "src/a.py", IGNORE_CASE),
        ("A:b", "a:b", IGNORE_CASE),  # no drive: a file's name has a colon
        ("/w/a", "/w/b", set()),
    ],
)
def test_spellings_of_a_path(
    platform: str, one: str, other: str, same_on: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert (path_key(one) == path_key(other)) is (platform in same_on)
