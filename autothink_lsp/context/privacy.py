"""Decides which documents may be shown to which model. Every feature asks this gate before it builds a prompt.

A model is in one of three locations: an engine that we started, another server on this machine (which may forward its
requests), or a server elsewhere. Exclusions always apply to servers elsewhere, and by default to all
(``privacy.exclude_for``): files that usually hold secrets, version control's own files, files named in ``.gitignore``
or ``.autothinkignore``, files that are too large, and links with a target outside of all workspace folders. A file that
another folder excludes stays excluded when it is reached by a link. Binary files and ``completion.exclude`` apply to
all locations. An excluded document is no context for another one either: code that shows excerpts of other files asks
this gate for each of them.

Reads ignore files and the file system's links, nothing else; never raises. Secrets inside of documents that may be
shown are removed by ``redaction.py``.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

from attrs import define, field

from autothink_lsp.context.exclusion import Exclusion
from autothink_lsp.context.ignore_files import IgnoreFiles
from autothink_lsp.context.paths import display_path, is_below, local_path, originals_of, part_below
from autothink_lsp.document.kinds import DocumentKind, kind_of
from autothink_lsp.document.text import Text
from autothink_lsp.settings.model import AssistSettings, CompletionSettings, EndpointSettings, Settings
from autothink_lsp.settings.secret_files import SECRET_FILES
from autothink_lsp.settings.types.address import is_loopback
from autothink_lsp.values import frozen

# Folders whose every file is a key, wherever they lie; matched against whole paths, too.
_SECRET_FOLDERS = (".git", ".hg", ".svn", ".ssh", ".gnupg", ".aws", ".azure", ".gcloud", ".kube", ".password-store")
IGNORED_BY_GIT = "it is ignored by .gitignore"  # a reason of ``refusal``
KEPT_S = 2.0
_MOST_KEPT = 512
_MOST_PARENTS = 40


class ModelLocation(StrEnum):
    """The location of a role's model."""

    OURS = "an engine of ours on this machine"
    LOOPBACK = "a server on this machine"
    REMOTE = "a server on another machine"


def model_location(role: EndpointSettings) -> ModelLocation:
    """The location of the role's model; an address that is not clearly this machine's counts as elsewhere."""
    if role.backend == "embedded" or not role.url:
        return ModelLocation.OURS
    return ModelLocation.LOOPBACK if is_loopback(role.url) else ModelLocation.REMOTE


def redacts(settings: Settings, role: EndpointSettings) -> bool:
    """Whether secrets are removed from the requests to this role's model."""
    return settings.privacy.redact_for == "everywhere" or model_location(role) is ModelLocation.REMOTE


@frozen
class _Key:
    uri: str
    folder: str | None
    exclude: tuple[str, ...]
    folders: tuple[str, ...]


@frozen
class _Verdict:
    at_s: float
    linked_folder: str | None  # the other workspace folder that really holds the file
    everywhere: str  # why no model may see it
    named: str  # why no model on another machine may; for others the user may have taken the pattern back
    elsewhere: str  # likewise, and by default for all


@define(eq=False)
class PrivacyGate:
    """Shared by all features. Verdicts that need the file system are kept for ``KEPT_S`` seconds."""

    now_s: Callable[[], float] = time.monotonic
    # The folders of the workspace (URIs) and the settings of each; without them only the document's own folder counts.
    folders: Callable[[], Sequence[str]] = tuple
    settings_of: Callable[[str], Settings] | None = None
    _exclusion: Exclusion = field(factory=Exclusion)
    _ignored: IgnoreFiles = field(factory=IgnoreFiles)
    _kept: OrderedDict[_Key, _Verdict] = field(factory=OrderedDict)

    def refusal(
        self, uri: str, folder: str | None, text: Text | None, settings: Settings, role: EndpointSettings
    ) -> str:
        """The reason not to show this document to the role's model, or an empty text. ``folder`` is its workspace
        folder (URI); ``text`` is ``None`` where only the name counts."""
        verdict = self._verdict(uri, folder, settings.completion.exclude)
        if verdict.everywhere:
            return verdict.everywhere
        if verdict.linked_folder is not None and (off := self._off_in(verdict.linked_folder, role)):
            return off
        if text is not None and kind_of(text) is DocumentKind.BINARY:
            return "it is a binary file"
        remote = model_location(role) is ModelLocation.REMOTE
        if remote and verdict.named:
            return verdict.named
        if settings.privacy.exclude_for == "remote" and not remote:
            return ""
        limit = settings.privacy.largest_file_kib
        if text is not None and text.byte_length > limit * 1024:
            return f"it is larger than {limit} KiB (privacy.largest_file_kib)"
        return verdict.elsewhere

    def _off_in(self, folder: str, role: EndpointSettings) -> str:
        """The reason not to show files of another workspace folder to a role, or an empty text."""
        if self.settings_of is None:
            return ""
        other = self.settings_of(folder)
        match role:
            case CompletionSettings():
                is_on = other.completion.enabled
            case AssistSettings():
                is_on = other.assist.enabled
            case _:
                is_on = other.next_edit.enabled
        return "" if is_on else f"it is a link into {display_path(folder, None)}, where this is off"

    def _verdict(self, uri: str, folder: str | None, exclude: tuple[str, ...]) -> _Verdict:
        key, now_s = _Key(uri, folder, exclude, tuple(self.folders())), self.now_s()
        verdict = self._kept.get(key)
        if verdict is None or now_s - verdict.at_s > KEPT_S:
            verdict = self._kept[key] = _Verdict(now_s, *self._judged(key))
            self._kept.move_to_end(key)
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return verdict

    def _judged(self, key: _Key) -> tuple[str | None, str, str, str]:
        uri, folder = key.uri, key.folder
        names = [(display_path(uri, folder), key.exclude)]
        file = local_path(uri)
        base = local_path(folder) if folder is not None else None
        real: Path | None = None
        linked: str | None = None
        if file is not None:
            file = Path(os.path.normpath(file))
            real = _real(file)
            if real is not None and real != file:
                linked = self._linked_folder(real, folder, key.folders)
                home = local_path(linked) if linked is not None else base
                names.append((_relative(real, _real(home) if home is not None else None), key.exclude))
            names += self._names_in(key.folders, file, real)
        names += [(original, exclude) for name, exclude in names for original in originals_of(name)]
        names += [(name.lower(), exclude) for name, exclude in names if name != name.lower()]  # .ENV is .env on some
        for name, exclude in names:
            if self._exclusion.excluded(name, exclude):
                secret = self._exclusion.excluded(name, SECRET_FILES)
                why = "is a file that usually contains secrets" if secret else "is excluded by completion.exclude"
                return linked, f"{name} {why}", "", ""
        named = next((name for name, _ in names if self._exclusion.excluded(name, SECRET_FILES)), "")
        named = f"{named} is a file that usually contains secrets" if named else ""
        bases = [path for path in (base, *map(local_path, key.folders)) if path is not None]
        return linked, "", named, self._elsewhere(file, real, base, bases)

    @staticmethod
    def _linked_folder(real: Path, folder: str | None, folders: Sequence[str]) -> str | None:
        """The innermost workspace folder with the target of a link; ``None`` for the document's own."""
        holder = _holder(real, folders)
        return holder if holder != folder else None

    def _names_in(self, folders: Sequence[str], file: Path, real: Path | None) -> list[tuple[str, tuple[str, ...]]]:
        """The file's path in each workspace folder that contains it, and the exclusions of that folder."""
        if self.settings_of is None:
            return []
        names = []
        for uri in folders:
            base = local_path(uri)
            home = _real(base) if base is not None else None
            for path, start in ((file, base), (real, home)):
                name = part_below(path, start) if path is not None and start is not None else ""
                if name:
                    names.append((name, self.settings_of(uri).completion.exclude))
        return names

    def _elsewhere(self, file: Path | None, real: Path | None, base: Path | None, bases: Sequence[Path]) -> str:
        """``bases`` are all folders of the workspace, ``base`` among them."""
        for path in (file, real):
            found = next((part for part in path.parts[:-1] if part.lower() in _SECRET_FOLDERS), "") if path else ""
            if found:
                return f"it lies in {found}"
        if file is None:
            return ""
        if base is not None and _leaves(file, real, base, bases):
            return "it is a link that leaves the workspace"
        for path in dict.fromkeys((file, real or file)):
            holding = [one for one in bases if _holds(one, path)]
            ignored = self._ignored.ignored_by(path, _base_of(path, max(holding, key=_depth, default=base)))
            if ignored:
                return f"it is ignored by {ignored}"
        return ""


def _real(file: Path) -> Path | None:
    try:
        return Path(os.path.realpath(file))
    except (OSError, ValueError):
        return None


def _relative(file: Path, base: Path | None) -> str:
    return (part_below(file, base) if base is not None else "") or file.name


def _leaves(file: Path, real: Path | None, base: Path, bases: Sequence[Path]) -> bool:
    """Whether a file of the workspace is outside of all its folders, links resolved; True where that is unknown."""
    if not is_below(file, base):
        return False
    return real is None or not any(_holds(one, real) for one in bases)


def _holds(folder: Path, file: Path) -> bool:
    """Whether the folder, links resolved, contains the file."""
    real = _real(folder)
    return is_below(file, folder) or (real is not None and is_below(file, real))


def _holder(file: Path, folders: Sequence[str]) -> str | None:
    """The innermost of the folders (URIs) that contains the file."""
    holding = [(path, uri) for uri in folders if (path := local_path(uri)) is not None and _holds(path, file)]
    return max(holding, key=lambda one: _depth(one[0]))[1] if holding else None


def _depth(folder: Path) -> int:
    return len((_real(folder) or folder).parts)


def _base_of(file: Path, base: Path | None) -> Path:
    """The folder from which ignore files apply: the repository's root, else the workspace folder, else the file's
    own."""
    for count, parent in enumerate(file.parents):
        if count == _MOST_PARENTS:
            break
        if os.path.lexists(parent / ".git"):
            return parent
    if base is not None and is_below(file, base):
        return Path(*file.parts[: len(Path(os.path.normpath(base)).parts)])
    return file.parent
