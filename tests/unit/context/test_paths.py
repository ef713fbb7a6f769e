"""What a file is called in a prompt: nothing above its folder."""

import pytest

from autothink_lsp.context.paths import display_path, folder_of


@pytest.mark.parametrize(
    ("uri", "folder", "path"),
    [
        ("file:///home/me/project/src/a.py", "file:///home/me/project", "src/a.py"),
        ("file:///home/me/project/src/a.py", "file:///home/me/project/", "src/a.py"),
        ("file:///home/me/project/sp%20ace/%C3%A4.py", "file:///home/me/project", "sp ace/ä.py"),
        ("file:///home/me/project-two/a.py", "file:///home/me/project", "a.py"),
        ("file:///etc/secret/a.py", None, "a.py"),
        ("untitled:Untitled-1", None, "Untitled-1"),
        ("vscode-notebook-cell:/home/me/n.ipynb#W0s", None, "n.ipynb"),
        ("git:/home/me/a.py?%7B%22ref%22%3A%22~%22%7D", None, "a.py"),
        ("untitled:", None, "untitled"),
    ],
)
def test_display_path(uri: str, folder: str | None, path: str) -> None:
    assert display_path(uri, folder) == path


def test_the_innermost_folder_holds_the_document() -> None:
    folders = ["file:///w", "file:///w/inner", "file:///other"]
    assert folder_of("file:///w/inner/a.py", folders) == "file:///w/inner"
    assert folder_of("file:///w/innermost/a.py", folders) == "file:///w"
    assert folder_of("file:///elsewhere/a.py", folders) is None
