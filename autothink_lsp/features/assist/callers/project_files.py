"""Reads other files of the workspace folder for an action, if a model may see them and an edit may change them.

A file is used only inside the folder (after links are resolved), if the privacy gate allows it, as a regular file of
UTF-8 text below a size. For an open document the editor's text is used. Writes nothing; the client applies edits.
"""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from attrs import frozen

from autothink_lsp.context.index.scan import LARGEST_BYTES, MOST_ENTRIES, MOST_FILES, source_files
from autothink_lsp.context.paths import is_below, is_file_of, local_path, part_below
from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.text import Text
from autothink_lsp.document.uri_identity import path_key
from autothink_lsp.edits.file_edit import FileVersion, digest_of
from autothink_lsp.features.assist.actions import AssistRequest
from autothink_lsp.syntax.languages import Language, LanguageRegistry


@frozen
class FoundFiles:
    """The files that may be read and changed, and the paths of those that contain a call and may not: excluded files
    and files in another encoding than UTF-8."""

    files: tuple[FileVersion, ...]
    unread: tuple[str, ...]


@frozen
class ProjectFiles:
    """The files of one client's workspace folders."""

    documents: DocumentStore
    privacy: PrivacyGate
    registry: LanguageRegistry

    async def with_word(self, word: str, language: Language, request: AssistRequest) -> FoundFiles:
        """The files in the request's folder and language that contain ``word``, except the request's document, sorted
        by path. Reads the disk in a thread."""
        if request.folder is None:
            return FoundFiles((), ())
        found = await asyncio.to_thread(_files_with, word.encode(), request.folder, self._is_language(language))
        opened = [path for uri in self.documents.uris() if (path := local_path(uri)) is not None]
        inside = [file for file in opened if is_below(file, request.folder)]
        every = {path_key(str(file)): file for file in (*inside, *found)}  # in the spelling of the disk, if it has them
        files = {
            file: self.read(file, request) for file in sorted(every.values()) if self._is_language(language)(file.name)
        }
        called = re.compile(rf"(?<!\w){re.escape(word)}\s*\(".encode())
        unread = tuple(
            Path(os.path.relpath(file, request.folder)).as_posix()
            for file, version in files.items()
            if version is None and file in found and not (request.file is not None and _same(file, request.file))
            if called.search(content_of(file) or b"")
        )
        return FoundFiles(
            tuple(one for one in files.values() if one is not None and word in str(one.snapshot.text)), unread
        )

    def _is_language(self, language: Language) -> Callable[[str], bool]:
        return lambda name: (found := self.registry.by_path(name)) is not None and found.name == language.name

    def read(self, file: Path, request: AssistRequest) -> FileVersion | None:
        """The editor's or the disk's text of the file; ``None`` if the model must not see it, it is not text, or it is
        the request's document."""
        folder = request.folder
        if folder is None or not is_inside(file, folder) or (request.file is not None and _same(file, request.file)):
            return None
        snapshot = next((one for one in self._snapshots() if is_file_of(one.uri, file)), None)
        digest = ""
        if snapshot is None:
            content = content_of(file)
            text = decoded(content)
            if content is None or text is None:
                return None
            digest = digest_of(content)
            language = self.registry.by_path(file.name)
            language_id = language.name if language is not None else ""
            snapshot = Snapshot(file.as_uri(), language_id, 0, text, request.snapshot.encoding)
        settings = request.settings
        if self.privacy.refusal(snapshot.uri, folder.as_uri(), snapshot.text, settings, settings.assist):
            return None
        return FileVersion(snapshot, part_below(file, folder), file, digest)

    def _snapshots(self) -> list[Snapshot]:
        found = (self.documents.snapshot(uri) for uri in self.documents.uris())
        return [one for one in found if one is not None]


def content_of(file: Path) -> bytes | None:
    """The bytes of a regular file up to the size limit, else ``None``."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_BYTES:
            return None
        return file.read_bytes()
    except (OSError, ValueError):
        return None


def decoded(content: bytes | None) -> Text | None:
    """The decoded text without a byte order mark, so that lines have the editor's numbers; ``None`` if it is not UTF-8
    text."""
    if content is None or b"\0" in content:
        return None
    try:
        return Text.from_str(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None


def _files_with(word: bytes, folder: Path, is_language: Callable[[str], bool]) -> list[Path]:
    files = (file for file, _ in source_files(folder, MOST_ENTRIES) if is_language(file.name))
    return [file for file in islice(files, MOST_FILES) if word in (content_of(file) or b"")]


def is_inside(file: Path, folder: os.PathLike[str]) -> bool:
    """Whether the file is in the folder, both by its name and after links are resolved."""
    return is_below(file, Path(folder)) and is_below(Path(os.path.realpath(file)), Path(os.path.realpath(folder)))


def _same(one: Path, other: Path) -> bool:
    return path_key(os.path.realpath(one)) == path_key(os.path.realpath(other))
