"""The name of a document in a prompt: its path in its workspace folder, never anything above that folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import url2pathname

from autothink_lsp.document.uri_identity import SCHEMES_OF_FILES, path_key

# Suffixes of copies; a name has at most one of them.
_COPY_END = re.compile(
    r"(?:~|\.~\d+~|#|\.(?:bak|backup|bkp|old|orig|original|save|saved|sav|copy|tmp|temp|prev|dist-old|rej|\d{1,3}|\d{8}"
    r"|swp|swo|swn|un~|rpmsave|rpmnew|dpkg-old|dpkg-dist|dpkg-new|ucf-old|pacsave|pacnew)|[ _-](?:copy|backup|old|bak)"
    r"|[ ]?\(\d{1,3}\))\Z",
    re.IGNORECASE,
)
_MOST_ENDINGS = 3


def folder_of(uri: str, folders: Iterable[str]) -> str | None:
    """The innermost of the workspace ``folders`` (URIs) that contains the document, or ``None``.

    The cells of a notebook are in the notebook's folder. URIs that differ in spelling only are equal.
    """
    path = _key_of(uri)
    if path is not None:
        return _innermost(path, {folder: _key_of(folder) for folder in folders})
    return _innermost(uri, {folder: folder.rstrip("/") for folder in folders})


def is_same_folder(one: str, other: str) -> bool:
    """Whether two URIs name the same folder."""
    path = _key_of(one)
    return one.rstrip("/") == other.rstrip("/") or (path is not None and path == _key_of(other))


@lru_cache(maxsize=256)  # asked for each key
def display_path(uri: str, folder: str | None) -> str:
    """The path relative to ``folder``, or the file's name for documents outside of it (and of other schemes)."""
    if folder is not None:
        is_plain = not ("?" in uri or "#" in uri) or local_path(uri) is None
        if is_plain and not folder.endswith("///") and uri.startswith(folder.rstrip("/") + "/"):
            return unquote(uri[len(folder.rstrip("/")) + 1 :].partition("?")[0].partition("#")[0])
        place, base = _path_of(uri), _path_of(folder)
        inside = _below(place, base) if place is not None and base is not None else ""
        if inside:
            return inside.encode("utf-8", "replace").decode()  # a name that is no UTF-8
    parts = _split(uri)
    path = unquote(_path_in(parts) if parts is not None else uri)
    return PurePosixPath(path).name or path or "untitled"


def originals_of(path: str) -> tuple[str, ...]:
    """The paths of the files that this one may be a copy of, made by an editor or by hand: of ``.env.bak``,
    ``key.pem~``, ``.id_rsa.swp`` or ``#.netrc#``. Empty if it is no copy."""
    folder, slash, name = path.rpartition("/")
    found: list[str] = []
    for _ in range(_MOST_ENDINGS):
        shorter = _COPY_END.sub("", name.removeprefix("#"))
        if shorter == name or not shorter.strip("."):
            break
        name = shorter
        found.append(name)
        if name.startswith("."):  # a swap file of vim has a dot before the name
            found.append(name[1:])
    return tuple(f"{folder}{slash}{one}" for one in found)


def local_path(uri: str | None) -> Path | None:
    """The local file or folder of a URI; for a notebook's cell, that of the notebook. ``None`` for other schemes and
    other machines."""
    parts = _split(uri) if uri is not None else None
    if parts is None or parts.scheme not in SCHEMES_OF_FILES or parts.netloc not in {"", "localhost"}:
        return None
    if os.name == "nt":
        path = url2pathname(
            re.sub(r"^/([A-Za-z])%3a", r"/\1:", _path_in(parts), flags=re.IGNORECASE)
        )  # as VS Code writes it
    else:
        path = unquote(
            _path_in(parts), errors="surrogateescape"
        )  # once; a name that is no UTF-8 is kept as ``os`` has it
    return Path(path) if path and "\0" not in path else None


def _path_in(parts: SplitResult) -> str:
    """The path of a URI. Some clients write ``#`` and ``?`` of a file's path without escapes: where that file, or its
    folder, exists, they belong to the path."""
    rest = (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    if parts.scheme != "file" or not rest:
        return parts.path
    whole = unquote(parts.path + rest, errors="surrogateescape")
    exists = "\0" not in whole and (os.path.lexists(whole) or ("/" in rest and _is_folder(Path(whole).parent)))
    return parts.path + rest if exists else parts.path


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # no permission, or too long a name
        return False


def part_below(path: Path, base: Path) -> str:
    """The part of a normalized path below a folder, with ``/`` between its parts; empty if it is not inside, or is the
    folder itself."""
    return _below(_plain(path), _plain(base))


def is_below(path: Path, base: Path) -> bool:
    """Whether a normalized path is a folder or inside of it."""
    return bool(part_below(path, base)) or path_key(_plain(path)) == path_key(_plain(base))


def is_file_of(uri: str, file: Path) -> bool:
    """Whether the URI is that of a local file, in any spelling of its path."""
    path = local_path(uri)
    return path is not None and path_key(str(path)) == path_key(str(file))


def _innermost(place: str, bases: Mapping[str, str | None]) -> str | None:
    """The key of the longest of the ``bases`` that contains ``place``."""
    found: tuple[int, str] | None = None
    for key, base in bases.items():
        if base is None or not (place == base or place.startswith(base + "/")):
            continue
        if found is None or len(base) > found[0]:
            found = len(base), key
    return found[1] if found is not None else None


@lru_cache(maxsize=256)
def _path_of(uri: str) -> str | None:
    """The normalized path of a local URI, with ``/`` between its parts and none at its end; ``None`` for others."""
    path = local_path(uri)
    if path is None:
        return None
    return _plain(path)


def _plain(path: Path) -> str:
    return Path(os.path.normpath(path)).as_posix().rstrip("/")


def _key_of(uri: str) -> str | None:
    """Equal for the local URIs of one file (``uri_identity.path_key``); ``None`` for others."""
    path = _path_of(uri)
    return path_key(path) if path is not None else None


def _below(path: str, base: str) -> str:
    """The part of ``path`` below ``base``, in its own spelling; empty if it is elsewhere. Both have ``/`` between their
    parts and none at their ends."""
    parts, depth = path.split("/"), base.count("/") + 1
    if len(parts) <= depth or path_key("/".join(parts[:depth])) != path_key(base):
        return ""
    return "/".join(parts[depth:])


def _split(uri: str) -> SplitResult | None:
    try:
        return urlsplit(uri)
    except ValueError:  # brackets where a host should be
        return None
