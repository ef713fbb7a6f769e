"""Held-out lines of real multi-file projects, and what the product's context sources bring for each.

Four sets, all drawn by a seed from installed projects and this one; what context there is played no part:

``any-line``: a file that imports another one of its project, a line of code, half of them whole lines after their
indentation, half cut inside. ``cross-file``: the same, but what is held out uses a name that the file imports from
another file of the project and that is defined there, as CrossCodeEval and RepoBench draw; each line at most once.
``library``: the same with a name that is imported from an installed package of another project. ``copied``: any line
that has a line like it elsewhere in its project, farther away than the window; the six lines there are what was copied,
and six lines at random that have none like it are what was copied for something else.

The line's rest is taken out of the file on disk too, before the project is indexed, and three other files are open: two
that it imports and one beside it. The window, the budget and the pieces are those of the product.
"""

from __future__ import annotations

import ast
import difflib
import random
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from attrs import define, field, frozen

from autothink_lsp.app import now_ms
from autothink_lsp.context.context_provider import ContextProvider
from autothink_lsp.context.index.scan import scan
from autothink_lsp.context.index.service import ProjectIndexes, _Folder
from autothink_lsp.context.index.store import IndexReader, IndexWriter
from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.context.redaction import SecretNames
from autothink_lsp.context.sources.clipboard import looks_like_code
from autothink_lsp.context.values import CodeContext
from autothink_lsp.context.window import ContextRequest
from autothink_lsp.document.notebooks import NotebookStore
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.completion.prompt_context import window_size
from autothink_lsp.settings.model import CONTEXT_SOURCES, CompletionSettings, Settings
from autothink_lsp.syntax.scopes import scope_kind
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point

ROOT = Path(__file__).parents[2]
SITE = Path(sysconfig.get_paths()["purelib"])
# Installed for the tests anyway. The model has seen older versions of most of them, never the last one.
PROJECTS = ("pygls", "httpx", "cattrs", "importlinter", "grimp", "hatchling", "pathspec", "autothink_lsp")
TOKENS = 256
LEAST_LINE = 12
MOST_FILE_BYTES = 120_000
HoleSet = Literal["any-line", "cross-file", "library", "copied"]
LEAST_LIKE = 0.6  # the similarity of a line that was worth copying
MOST_UNLIKE = 0.4
COPIED_ABOVE, COPIED_LINES = 2, 6
FARTHER_LINES = 80  # than the window reaches


@frozen
class Hole:
    """The cursor is at ``column`` of ``line``; ``expected`` is the rest of its line."""

    name: str
    project: str
    path: str  # in the project
    line: int
    column: int
    expected: str
    open_too: tuple[str, ...]
    copied: str = ""  # lines that have one like the held-out line, and how like
    unrelated: str = ""
    likeness: float = 0.0


def projects(work: Path, own: Path = ROOT / "autothink_lsp") -> dict[str, Path]:
    """Copies that may be written to, each in a folder of its own. ``own`` is the copy of this project to draw from."""
    found: dict[str, Path] = {}
    for name in PROJECTS:
        source = own if name == "autothink_lsp" else SITE / name
        if source.is_dir():
            found[name] = work / name
            shutil.copytree(source, work / name / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    return found


@define(eq=False)
class LineCutter:
    """Where a line of a Python file is cut."""

    _syntax: Syntax = field(factory=Syntax, init=False)

    def __attrs_post_init__(self) -> None:
        grammar = self._syntax.grammars.load(self._syntax.registry.by_language_id("python"))
        assert grammar is not None

    def column(self, chance: random.Random, path: str, lines: list[str], line: int, *, inside: bool) -> int | None:
        """Where the line is cut; ``None`` for one that is no code, says little or imports."""
        content = lines[line]
        start = len(content) - len(content.lstrip())
        if len(content.strip()) < LEAST_LINE or re.match(r"\s*(#|import |from |@|\"\"\")", content):
            return None
        documents = DocumentStore()
        documents.subscribe(self._syntax.trees)
        snapshot = documents.open(f"file:///{path}", "python", 1, "\n".join(lines))
        tree = self._syntax.trees.tree(snapshot)
        if tree is None or scope_kind(tree, Point(line, start + 1)) != "code":
            return None
        column = chance.randrange(start + 1, len(content) - 2) if inside else start
        return column if re.search(r"\w", content[column:]) else None


@define(eq=False)
class HoleDrawing:
    """Draws from some projects. The order depends on the seed and on the installed versions only."""

    folders: dict[str, Path]
    _files: dict[str, list[str]] = field(init=False)
    _cross: dict[str, CrossFileNames] = field(factory=dict, init=False)
    _copies: dict[str, LikeLines] = field(factory=dict, init=False)
    _cutter: LineCutter = field(factory=LineCutter, init=False)

    def __attrs_post_init__(self) -> None:
        self._files = {name: _files(folder) for name, folder in self.folders.items()}

    def holes(self, kind: HoleSet, seed: int) -> Iterator[Hole]:
        """Without end."""
        # Another seed for the second set, so that it is not drawn from the same lines; the first one's is as it was.
        chance = random.Random(seed) if kind == "any-line" else random.Random(f"{kind} {seed}")
        number, seen = 0, set[tuple[str, int]]()
        while True:
            project = chance.choice(sorted(self.folders))
            path = chance.choice(self._files[project])
            lines = (self.folders[project] / path).read_text(encoding="utf-8").split("\n")
            line = chance.randrange(len(lines))
            inside = chance.random() < 0.5
            column = self._cutter.column(chance, path, lines, line, inside=inside)
            if column is None:
                continue
            expected = lines[line][column:]
            copy: tuple[str, str, float] | None = ("", "", 0.0)
            if kind == "copied":
                if (path, line) in seen:
                    continue
                seen.add((path, line))
                copy = self._copied(chance, project, path, line)
                if copy is None:
                    continue
            elif kind != "any-line":
                if (path, line) in seen or not self._crosses(kind, project, path, line, expected):
                    continue
                seen.add((path, line))
            number += 1
            opened = self._opened(chance, project, path, lines)
            yield Hole(f"{number}:{path}:{line + 1}:{column}", project, path, line, column, expected, opened, *copy)

    def _opened(self, chance: random.Random, project: str, path: str, lines: list[str]) -> tuple[str, ...]:
        others = _imported(lines, path, self._files[project])
        beside = [one for one in self._files[project] if Path(one).parent == Path(path).parent and one != path]
        opened = chance.sample(others, min(2, len(others)))
        opened += [one for one in chance.sample(beside, min(1, len(beside))) if one not in opened]
        return tuple(opened)

    def _copied(self, chance: random.Random, project: str, path: str, line: int) -> tuple[str, str, float] | None:
        if project not in self._copies:
            self._copies[project] = LikeLines(self.folders[project])
        like = self._copies[project].like(path, line)
        unrelated = self._copies[project].unrelated(chance, path, line)
        return None if like is None or not unrelated else (like[0], unrelated, like[1])

    def _crosses(self, kind: HoleSet, project: str, path: str, line: int, expected: str) -> bool:
        if project not in self._cross:
            self._cross[project] = CrossFileNames(self.folders[project])
        names = self._cross[project]
        find = names.library_used_in if kind == "library" else names.used_in
        return find(path, line, expected)


@define(eq=False)
class LikeLines:
    """Where one project has lines that are like another one."""

    folder: Path
    _files: dict[str, list[str]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._files = {
            file.relative_to(self.folder).as_posix(): file.read_text(encoding="utf-8", errors="replace").split("\n")
            for file in sorted(self.folder.rglob("*.py"))
        }

    def like(self, path: str, line: int) -> tuple[str, float] | None:
        """The lines around the one that is most like ``line`` of ``path``, and its similarity."""
        content = self._files[path][line].strip()
        words, best = set(re.findall(r"\w+", content)), ("", 0, LEAST_LIKE)
        matcher = difflib.SequenceMatcher(None, "", content)
        for other, lines in self._files.items():
            for number, candidate in enumerate(lines):
                if other == path and abs(number - line) <= FARTHER_LINES:
                    continue
                found = set(re.findall(r"\w+", candidate))
                if len(candidate) < LEAST_LINE or 2 * len(words & found) < len(words | found):
                    continue
                if re.match(r"\s*(#|import |from |@)", candidate):
                    continue
                matcher.set_seq1(candidate.strip())
                if matcher.real_quick_ratio() > best[2] and matcher.quick_ratio() > best[2]:
                    ratio = matcher.ratio()
                    if ratio > best[2]:
                        best = (other, number, ratio)
        text = self._around(best[0], best[1]) if best[0] else ""
        return (text, best[2]) if looks_like_code(text) else None

    def unrelated(self, chance: random.Random, path: str, line: int) -> str:
        """As many lines of another file, of which none is like ``line`` of ``path``; empty if there are none."""
        content = self._files[path][line].strip()
        others = [one for one, lines in self._files.items() if one != path and len(lines) >= 2 * COPIED_LINES]
        for _ in range(20 if others else 0):
            other = chance.choice(others)
            text = self._around(other, chance.randrange(COPIED_LINES, len(self._files[other]) - COPIED_LINES))
            likeness = (difflib.SequenceMatcher(None, one.strip(), content).ratio() for one in text.split("\n"))
            if looks_like_code(text) and max(likeness) < MOST_UNLIKE:
                return text
        return ""

    def _around(self, path: str, line: int) -> str:
        first = max(0, line - COPIED_ABOVE)
        return "\n".join(self._files[path][first : first + COPIED_LINES])


@define(eq=False)
class CrossFileNames:
    """Which names the files of one project import from each other."""

    folder: Path
    _trees: dict[str, ast.Module] = field(init=False)

    def __attrs_post_init__(self) -> None:
        files = sorted(self.folder.rglob("*.py"))
        self._trees = {
            file.relative_to(self.folder).as_posix(): ast.parse(file.read_text(encoding="utf-8", errors="replace"))
            for file in files
        }

    def used_in(self, path: str, line: int, code: str) -> bool:
        """Whether ``code``, on ``line`` of ``path``, uses a name that ``path`` imports and another file defines."""
        imports = [node for node in ast.walk(self._trees[path]) if isinstance(node, ast.ImportFrom | ast.Import)]
        if any(node.lineno <= line + 1 <= (node.end_lineno or 0) for node in imports):
            return False
        words = set(re.findall(r"(?<![\w.])[^\W\d]\w*", without_strings(code)))
        return any(
            (alias.asname or alias.name) in words and self._is_of_project(path, node, alias.name)
            for node in imports
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        )

    def library_used_in(self, path: str, line: int, code: str) -> bool:
        """Whether ``code``, on ``line`` of ``path``, uses a name that ``path`` imports from a package that is installed
        for the tests and is not this project."""
        words = set(re.findall(r"(?<![\w.])[^\W\d]\w*", without_strings(code)))
        for node in ast.walk(self._trees[path]):
            if isinstance(node, ast.ImportFrom) and not node.level:
                found = [(node.module or "", alias) for alias in node.names]
            elif isinstance(node, ast.Import):
                found = [(alias.name, alias) for alias in node.names]
            else:
                continue
            if node.lineno <= line + 1 <= (node.end_lineno or 0):
                return False
            for module, alias in found:
                top = module.split(".")[0]
                is_installed = (SITE / top).is_dir() or (SITE / f"{top}.py").is_file()
                if (alias.asname or alias.name.split(".")[0]) in words and is_installed and top != self.folder.name:
                    return True
        return False

    def _is_of_project(self, path: str, node: ast.ImportFrom, name: str, depth: int = 3) -> bool:
        package = Path(path).parent.as_posix().split("/")
        base = package[: len(package) - node.level + 1] if node.level else []
        module = "/".join([*base, *(part for part in (node.module or "").split(".") if part)])
        if f"{module}/{name}.py" in self._trees or f"{module}/{name}/__init__.py" in self._trees:
            return True
        target = next((one for one in (f"{module}.py", f"{module}/__init__.py") if one in self._trees), None)
        if target is None or target == path or not depth:
            return False
        for one in self._trees[target].body:
            if isinstance(one, ast.ImportFrom):
                again = next((alias.name for alias in one.names if (alias.asname or alias.name) == name), None)
                if again is not None:
                    return self._is_of_project(target, one, again, depth - 1)
            elif name in _bound_by(one):
                return True
        return False


def without_strings(code: str) -> str:
    """The code of a line without what is in quotes; of formatted strings the code in braces stays."""

    def kept(match: re.Match[str]) -> str:
        return " ".join(re.findall(r"\{([^{}]*)\}", match[0])) if "f" in match[1].lower() else '""'

    return re.sub(r"""(\b[A-Za-z]{0,2})(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", kept, code).split("  #")[0]


def _bound_by(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}


def _files(folder: Path) -> list[str]:
    """Those that import another file of their project."""
    every = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))
    kept = []
    for path in every:
        text = (folder / path).read_text(encoding="utf-8", errors="replace")
        if text.count("\n") >= 40 and len(text) <= MOST_FILE_BYTES and _imported(text.split("\n"), path, every):
            kept.append(path)
    return kept


def _imported(lines: list[str], path: str, every: list[str]) -> list[str]:
    """Files of the project that these lines import."""
    package = Path(path).parent.as_posix().split("/")
    found: list[str] = []
    for content in lines:
        match = re.match(r"\s*(?:from (\.*)([\w.]*) import|import ()([\w.]+))", content)
        if match:
            dots = match[1] or ""
            parts = (match[2] or match[4] or "").split(".")
            base = package[: len(package) - len(dots) + 1] if dots else []
            target = "/".join([*base, *(part for part in parts if part)])
            found += [one for one in (f"{target}.py", f"{target}/__init__.py") if one in every and one != path]
    return list(dict.fromkeys(found))


def settings_for(variant: str, backend: str = "embedded") -> Settings:
    """The settings of a variant: ``none``, ``all``, ``+NAME``, ``-NAME``, with ``@TOKENS`` behind it."""
    name, *options = variant.split("@")
    static = tuple(one for one in CONTEXT_SOURCES if one not in {"edits", "diagnostics", "notebook"})
    if name == "none":
        sources: tuple[str, ...] = ()
    elif name == "all":
        sources = static
    elif name[0] == "+":
        sources = tuple(name[1:].split("+"))
    else:
        sources = tuple(one for one in static if one not in name[1:].split("-"))
    tokens = next((int(option) for option in options if option.isdigit()), TOKENS)
    completion = CompletionSettings(backend=backend, context_sources=sources, context_tokens=tokens)  # type: ignore[arg-type]
    return Settings(completion=completion)


def context_services(indexes: ProjectIndexes) -> tuple[DocumentStore, Syntax, ContextProvider]:
    """Documents, syntax and a context provider that follow each other, as the server builds them."""
    documents, syntax = DocumentStore(), Syntax()
    provider = ContextProvider(
        documents=documents,
        syntax=syntax,
        indexes=indexes,
        notebooks=NotebookStore(),
        privacy=PrivacyGate(),
        names=SecretNames(),
        now_ms=now_ms,
        cpu_s=lambda: 0.0,  # what there is time for is the machine's business
    )
    documents.subscribe(syntax.trees)
    documents.subscribe(provider)
    return documents, syntax, provider


@define(eq=False)
class ContextBench:
    """What the product would send for one hole after the other."""

    work: Path
    own: Path = ROOT / "autothink_lsp"
    backend: str = "embedded"  # which decides on the window
    folders: dict[str, Path] = field(init=False)
    drawing: HoleDrawing = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.folders = projects(self.work / "projects", self.own)
        self.drawing = HoleDrawing(self.folders)

    def contexts(self, hole: Hole, variants: list[str]) -> dict[str, CodeContext]:
        """What the product would send for each variant."""
        folder = self.folders[hole.project]
        file = folder / hole.path
        original = file.read_text(encoding="utf-8")
        lines = original.split("\n")
        lines[hole.line] = lines[hole.line][: hole.column]
        file.write_text("\n".join(lines), encoding="utf-8")
        try:
            return self._gathered(hole, folder, "\n".join(lines), variants)
        finally:
            file.write_text(original, encoding="utf-8")

    def _indexed(self, folder: Path) -> IndexReader:
        database = self.work / f"{folder.name}.db"
        writer = IndexWriter(database)
        scan(folder, writer, Settings())
        writer.close()
        return IndexReader(database)

    def _gathered(self, hole: Hole, folder: Path, text: str, variants: list[str]) -> dict[str, CodeContext]:
        indexes = ProjectIndexes(self.work / "cache")
        reader = self._indexed(folder)
        indexes._folders[folder.as_uri()] = _Folder(folder, reader)
        documents, syntax, context_provider = context_services(indexes)
        for path in hole.open_too:
            documents.open((folder / path).as_uri(), "python", 1, (folder / path).read_text(encoding="utf-8"))
        snapshot = documents.open((folder / hole.path).as_uri(), "python", 1, text)
        found: dict[str, CodeContext] = {}
        packages = context_provider.knowledge.packages
        for variant in variants:
            settings = settings_for(variant, self.backend)
            packages.environ = {"VIRTUAL_ENV": sys.prefix} if "packages" in variant.split("@") else {}
            options = variant.split("@")
            copied = hole.copied if "copied" in options else hole.unrelated if "unrelated" in options else ""
            context_provider.learn_clipboard(copied)
            context_provider.did_open(snapshot)  # the provider keeps a composition for settings, not for environments
            request = ContextRequest(
                snapshot=snapshot,
                point=Point(hole.line, hole.column),
                size=window_size(settings),
                path=hole.path,
                language=syntax.language(snapshot),
                folder=folder.as_uri(),
                settings=settings,
            )
            found[variant] = context_provider.gather(request)
        reader.close()
        return found
