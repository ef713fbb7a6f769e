"""What a document is called in a prompt: its path in its workspace folder, never anything above that folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from urllib.parse import SplitResult, unquote, urlsplit
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
    parts = _split(uri)
    path = unquote(parts.path if parts is not None else uri)
    return PurePosixPath(path).name or path or "untitled"


def local_path(uri: str | None) -> Path | None:
    """The file or folder on this machine that a URI names, or that its document is a part of (a notebook's cell);
    ``None`` for other schemes and other machines."""
    parts = _split(uri) if uri is not None else None
    if parts is None or parts.scheme not in _OF_FILES or parts.netloc not in {"", "localhost"}:
        return None
    if os.name == "nt":
        path = url2pathname(
            re.sub(r"^/([A-Za-z])%3a", r"/\1:", parts.path, flags=re.IGNORECASE)
        )  # as VS Code writes it
    else:
        path = unquote(parts.path, errors="surrogateescape")  # once; a name that is no UTF-8 is kept as ``os`` has it
    return Path(path) if path and "\0" not in path else None


def _split(uri: str) -> SplitResult | None:
    try:
        return urlsplit(uri)
    except ValueError:  # brackets where a host should be
        return None
