"""Signatures of installed packages that a Python file imports, read from the files of the project's environment.

Decides which environment that is and which file defines an imported name. Nothing is imported or run: files are parsed,
lazily, within limits of number, size and time, and kept until their modification time or size changes. An environment
inside of the workspace folder is read in trusted folders only, because its files are the project's. Stubs (``.pyi``,
``NAME-stubs``) come before sources. Never raises; what cannot be read or found defines nothing.
"""

from __future__ import annotations

import logging
import os
import stat
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from attrs import define, field

from autothink_lsp.context.index.store import Stamp
from autothink_lsp.context.index.symbols import Symbol, symbols_of
from autothink_lsp.context.paths import local_path
from autothink_lsp.context.secrets import find_secrets
from autothink_lsp.context.snippets import SourceQuery
from autothink_lsp.document.text import Text
from autothink_lsp.syntax.scopes import Import, imports_below
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import frozen

logger = logging.getLogger(__name__)

LANGUAGE = "python"
# Of one gathering. A module of 100 kB takes about 8 ms; what is not read now is read at the next place.
MOST_FILES = 8
MOST_BYTES = 250_000
PARSE_MS = 8.0  # of one file
LARGEST_BYTES = 100_000
_MOST_KEPT = 64  # modules
_DEPTH = 3  # from a package to the file that defines a name it passes on
_MOST_STARS = 8
_MOST_PYTHONS = 4  # folders of one environment's ``lib``
_ENVIRONMENTS = (".venv", "venv")


@frozen
class InstalledSymbol:
    """A definition in an installed module; of a class, with its members. ``path`` is the file's path relative to the
    environment's folder of packages, ``uri`` the file's URI."""

    symbol: Symbol
    members: tuple[Symbol, ...]
    path: str
    uri: str


@frozen(eq=False)
class _Module:
    stamp: Stamp
    symbols: tuple[Symbol, ...] = ()
    imports: tuple[Import, ...] = ()


@define(eq=False)
class _Visit:
    """The remaining limits of one gathering: files, bytes and time."""

    query: SourceQuery
    sites: tuple[Path, ...]
    files: int = MOST_FILES
    left_bytes: int = MOST_BYTES

    def may_read(self, size_bytes: int) -> bool:
        """Whether a file of this size may be read. If it may, it is counted as read."""
        if self.files <= 0 or size_bytes > self.left_bytes or self.query.over():
            return False
        self.files -= 1
        self.left_bytes -= size_bytes
        return True


@define(eq=False)
class InstalledPackages:
    """Finds and caches the definitions of installed packages. Belongs to the event loop.

    ``trusts(folder)`` returns whether the user trusts a workspace folder (URI), ``folders()`` returns all workspace
    folders. ``environ["VIRTUAL_ENV"]`` is the environment in which the editor was started.
    """

    syntax: Syntax
    trusts: Callable[[str | None], bool] = lambda _folder: False
    folders: Callable[[], Sequence[str]] = tuple
    environ: Mapping[str, str] = field(factory=lambda: os.environ)
    parsed: int = field(default=0, init=False)  # files so far
    _kept: OrderedDict[Path, _Module] = field(factory=OrderedDict, init=False)
    _sites: set[Path] = field(factory=set, init=False)

    def visit(self, query: SourceQuery) -> _Visit:
        """The limits of one gathering. Nothing may be read if the document is not Python or its environment is
        unknown."""
        is_ours = query.language is not None and query.language.name == LANGUAGE
        visit = _Visit(query, tuple(self._site_folders(query.folder)) if is_ours else ())
        self._sites.update(visit.sites)
        return visit

    def holds(self, uri: str) -> bool:
        """Whether the file lies in an environment that was read."""
        file = local_path(uri)
        return file is not None and any(file.is_relative_to(site) for site in self._sites)

    def definition(self, visit: _Visit, module: str, name: str) -> InstalledSymbol | None:
        """The definition of ``name`` in ``module`` (dotted, absolute), or in the module of the same package from which
        ``module`` imports it; ``None`` if there is none."""
        for site in visit.sites:
            found = self._find(visit, site, module, name, _DEPTH)
            if found is not None:
                return found
        return None

    def is_module(self, visit: _Visit, module: str) -> bool:
        """Whether there is a file for this module."""
        return any(_file_of(site, module) is not None for site in visit.sites)

    def _find(self, visit: _Visit, site: Path, module: str, name: str, depth: int) -> InstalledSymbol | None:
        file = _file_of(site, module)
        known = self._module(visit, site, file) if file is not None else None
        if file is None or known is None:
            return None
        own = next((one for one in known.symbols if one.name == name and not one.container), None)
        if own is not None:
            members = tuple(one for one in known.symbols if one.container == name)
            return InstalledSymbol(own, members, own.path, file.as_uri())
        package = module if file.stem == "__init__" else module.rpartition(".")[0]
        stars = 0
        for one in known.imports if depth else ():
            source = one.source or ""
            is_star = not one.names and source.startswith(".")
            stars += is_star
            if name not in one.names and (not is_star or stars > _MOST_STARS):
                continue
            target = _absolute(source, package)
            # Another distribution's names are found where that is imported, unless a stub passes them on (``attrs`` has
            # its names from ``attr``); the module itself may import its own name.
            is_passed_on = file.suffix == ".pyi" or (target or "").split(".")[0] == module.split(".", maxsplit=1)[0]
            if target is None or target == module or not is_passed_on:
                continue
            found = self._find(visit, site, target, name, depth - 1)
            if found is not None:
                return found
        return None

    def _module(self, visit: _Visit, site: Path, file: Path) -> _Module | None:
        try:
            status = file.stat()
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_BYTES:
            return None
        stamp, kept = Stamp(status.st_mtime_ns, status.st_size), self._kept.get(file)
        if kept is not None and kept.stamp == stamp:
            self._kept.move_to_end(file)
            return kept
        if not visit.may_read(status.st_size):
            return None
        module = self._kept[file] = self._parsed(site, file, stamp)
        self._kept.move_to_end(file)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return module

    def _parsed(self, site: Path, file: Path, stamp: Stamp) -> _Module:
        language = self.syntax.registry.by_path(file.with_suffix(".py").name)
        grammar = self.syntax.grammars.load(language) if language is not None else None
        try:
            with file.open("rb") as opened:  # the file may have grown since stat()
                source = opened.read(LARGEST_BYTES + 1).decode("utf-8", "replace")
        except OSError:
            return _Module(stamp)
        self.parsed += 1
        tree = None
        if grammar is not None and "\0" not in source and len(source) <= LARGEST_BYTES:
            tree = grammar.parse_source(source, limit_ms=PARSE_MS)
        if grammar is None or tree is None:
            return _Module(stamp)
        path, text = file.relative_to(site).as_posix(), Text.from_str(source)
        symbols = symbols_of(grammar, text, tree.root_node, path)
        shown = tuple(one for one in symbols if not any(find_secrets(one.signature)))
        return _Module(stamp, shown, imports_below(grammar, text, tree.root_node))

    def _site_folders(self, folder: str | None) -> Iterator[Path]:
        """Yield the package folders of the project's environment, or else of the one that the editor was started in."""
        base = local_path(folder)
        inside = [base / name for name in _ENVIRONMENTS] if base is not None else []
        started_in = self.environ.get("VIRTUAL_ENV", "")
        outside = [Path(started_in)] if started_in and Path(started_in).is_absolute() else []
        for environment in (*inside, *outside):
            if not self._may_read(environment, folder):
                continue
            found = _packages_of(environment)
            if found:
                yield from found
                return

    def _may_read(self, environment: Path, folder: str | None) -> bool:
        """Whether the user trusts all workspace folders that contain the environment."""
        bases = {one: base for one in (folder, *self.folders()) if one is not None and (base := local_path(one))}
        return all(self.trusts(one) for one, base in bases.items() if _lies_in(environment, base))


def _lies_in(environment: Path, base: Path) -> bool:
    """Whether the environment is inside the folder, by its written path or with links resolved."""
    return any(Path(form(environment)).is_relative_to(form(base)) for form in (os.path.normpath, os.path.realpath))


def _packages_of(environment: Path) -> list[Path]:
    """The folders with packages of a virtual environment; empty if it is none."""
    try:
        if not (environment / "pyvenv.cfg").is_file():
            return []
        lib = environment / "lib"
        pythons = sorted(one.name for one in lib.glob("python3*")) if lib.is_dir() else []
        folders = [environment / "Lib" / "site-packages"] if os.name == "nt" else []
        folders += [lib / name / "site-packages" for name in pythons[:_MOST_PYTHONS]]
        return [one for one in folders if one.is_dir()]
    except (OSError, ValueError):
        return []


def _file_of(site: Path, module: str) -> Path | None:
    """The file that ``import module`` would run, or its stub; ``None`` if it is not in this folder."""
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    for first in (f"{parts[0]}-stubs", parts[0]):
        place = site.joinpath(first, *parts[1:])
        for candidate in (
            place / "__init__.pyi",
            place / "__init__.py",
            place.with_name(f"{place.name}.pyi"),
            place.with_name(f"{place.name}.py"),
        ):
            try:
                if candidate.is_file():
                    return candidate
            except (OSError, ValueError):
                continue
    return None


def _absolute(source: str, package: str) -> str | None:
    """The module that an import in ``package`` names; ``None`` if it is above the package."""
    name = source.lstrip(".")
    dots = len(source) - len(name)
    if not dots:
        return name or None
    parts = package.split(".")
    if dots > len(parts):
        return None
    return ".".join([*parts[: len(parts) - dots + 1], *([name] if name else [])])
