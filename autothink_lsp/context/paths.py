"""What a document is called in a prompt: its path in its workspace folder, never anything above that folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

# Cells of a notebook are documents of their own, named after the notebook's file.
_OF_FILES = frozenset({"file", "vscode-notebook-cell", "vscode-notebook"})


def folder_of(uri: str, folders: Iterable[str]) -> str | None:
    """The innermost of the workspace ``folders`` (URIs) that holds the document, or ``None``."""
    best: str | None = None
    for folder in folders:
        base = folder.rstrip("/")
        if (uri == base or uri.startswith(base + "/")) and (best is None or len(base) > len(best.rstrip("/"))):
            best = folder
    return best


def display_path(uri: str, folder: str | None) -> str:
    """The path relative to ``folder``, or the bare name for documents outside of every folder (other schemes too)."""
    if folder is not None and uri.startswith(folder.rstrip("/") + "/"):
        return unquote(uri[len(folder.rstrip("/")) + 1 :].partition("?")[0].partition("#")[0])
    path = unquote(urlsplit(uri).path)
    return PurePosixPath(path).name or path or "untitled"


def local_path(uri: str) -> Path | None:
    """The file on this machine that a document is, or is a part of; ``None`` for other schemes."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme not in _OF_FILES or parts.netloc not in {"", "localhost"}:
        return None
    path = url2pathname(parts.path)
    return Path(path) if path and "\0" not in path else None
