"""Decides when two URIs or paths name the same file, as VS Code's URI identity does.

Editors, language servers and this server write the same file differently: escapes (``c%3A``), ``localhost``, the case
of a drive's letter. On Windows and macOS, whose file systems ignore case by default, the case of the whole path is
another spelling as well; on Linux it is another file. Reads no disk: as in VS Code, a folder that is case-sensitive on
such a machine, or a mount that is not on Linux, is no exception. URIs of other schemes (``untitled:``, ``git:``) are
compared as they are.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

_CASE_IS_IGNORED_ON: Final = frozenset({"win32", "cygwin", "darwin"})
SCHEMES_OF_FILES: Final = frozenset({"file", "vscode-notebook-cell", "vscode-notebook"})
"""Of documents that are files. Cells of a notebook are documents of their own, named after the notebook's file: they
differ in their fragment."""
_DRIVE: Final = re.compile(r"/?[A-Za-z]:(?![^/\\])")


def case_is_ignored() -> bool:
    """Whether paths of this machine that differ in case name the same file."""
    return sys.platform in _CASE_IS_IGNORED_ON


def path_key(path: str) -> str:
    """Equal for paths of the same file. Only for comparison: it may be no path of any file."""
    if case_is_ignored():
        return path.lower()
    return path[:2].lower() + path[2:] if _DRIVE.match(path) else path


def uri_key(uri: str) -> str:
    """Equal for URIs of the same document. Only for comparison."""
    return _uri_key(uri, sys.platform)


def is_same_document(one: str, other: str) -> bool:
    """Whether two URIs name the same document."""
    return one == other or uri_key(one) == uri_key(other)


@lru_cache(maxsize=1024)
def _uri_key(uri: str, platform: str) -> str:
    """``platform`` is part of the cache's key only."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # brackets where a host should be
        return uri
    if parts.scheme not in SCHEMES_OF_FILES:
        return uri
    host = "" if parts.netloc.lower() == "localhost" else parts.netloc.lower()
    path = path_key(unquote(parts.path, errors="surrogateescape"))
    return f"{parts.scheme}://{host}{path}?{parts.query}#{parts.fragment}"
