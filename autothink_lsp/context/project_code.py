"""Finds code of other files for one action: the definitions that its code uses, and calls of its definitions.

Names come from the project's index and from open documents (``Knowledge``). Signatures cost one query of the index;
bodies and callers read files, in a thread, at most ``_MOST_READ_BYTES``. The caller decides for each snippet whether
the file may be shown to a model (``privacy.py``). Never raises ``OSError``.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from attrs import define

from autothink_lsp.context.import_paths import leads_to, nearest
from autothink_lsp.context.index.symbols import Symbol
from autothink_lsp.context.knowledge import Knowledge
from autothink_lsp.context.paths import local_path
from autothink_lsp.context.snippets import ContextSnippet, Excerpt, SourceQuery, words
from autothink_lsp.document.lines import equal_beginning
from autothink_lsp.document.text import Text
from autothink_lsp.syntax.scopes import definitions
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import frozen

SIGNATURES, BODIES, CALLERS = "definitions", "bodies", "callers"
_MOST_NAMES = 60
_MOST_SAME = 3  # more definitions of one name without an import of it: a guess
_MOST_BODIES = 6
_MOST_BODY_LINES = 60
_MOST_CALLERS = 6
_MOST_CALLERS_OF_FILE = 2
_MOST_CALLER_FILES = 400
_MOST_FILE_BYTES = 120_000
_MOST_READ_BYTES = 4_000_000  # of all files that are searched for callers
_CALLER_LINES = 1  # shown above and below a call


@frozen
class UsedDefinition:
    """A definition in another file that the code of an action uses, and its signature as a snippet."""

    symbol: Symbol
    signature: ContextSnippet


@define(eq=False)
class ProjectCode:
    """Finds code of other files. Belongs to the event loop."""

    knowledge: Knowledge

    def used(self, query: SourceQuery, code: str, message: str) -> list[UsedDefinition]:
        """The definitions in other files of names in ``message`` and ``code``, those of the message first."""
        message_words = words(message)
        names = list(dict.fromkeys((*message_words, *words(code))))[:_MOST_NAMES]
        imports = self.knowledge.imports(query.snapshot)
        source_of = {name: one.source or "" for one in imports for name in one.names}
        sources = [one.source for one in imports if one.source]
        found = self.knowledge.named(names, query)
        used: dict[tuple[str, str, str], UsedDefinition] = {}
        for name in names:
            symbols = found.get(name, [])
            if any(one.path == query.path for one in symbols):
                continue  # the rest of the file shows it
            symbol = _meant(
                symbols, query.path, code, source_of.get(name), sources, is_in_message=name in message_words
            )
            if symbol is None:
                continue
            where = "named in the message" if name in message_words else "used in the code"
            snippet = self.knowledge.snippet(SIGNATURES, symbol, query, f"{name} is {where}")
            used.setdefault((symbol.path, symbol.container, symbol.name), UsedDefinition(symbol, snippet))
        return list(used.values())

    async def bodies(self, used: Sequence[UsedDefinition], query: SourceQuery) -> list[ContextSnippet]:
        """The whole definitions of functions and methods that are short enough."""
        wanted = [one for one in used if one.symbol.kind in {"function", "method"}][:_MOST_BODIES]
        texts = await self._texts(dict.fromkeys(one.symbol.path for one in wanted), query)
        found = []
        for one in wanted:
            text = texts.get(one.symbol.path)
            lines = self._definition_lines(one.symbol, text) if text is not None else None
            if text is None or lines is None or lines[1] - lines[0] > _MOST_BODY_LINES:
                continue
            body = "\n".join(text.lines(*lines))
            signature = one.signature
            found.append(
                ContextSnippet(
                    BODIES,
                    signature.path,
                    body,
                    signature.reason,
                    signature.uri,
                    subject=signature.subject,
                    excerpts=(Excerpt.of(text, *lines),),
                )
            )
        return found

    async def callers(self, name: str, query: SourceQuery) -> list[ContextSnippet]:
        """Calls of ``name`` in other files of the project, the nearest files first."""
        call = re.compile(rf"(?<![\w$]){re.escape(name)}\s*\(")
        paths = [path for path in self._paths_near(query) if not query.is_own_path(path)]
        found: list[ContextSnippet] = []
        texts = await self._texts(paths[:_MOST_CALLER_FILES], query, having=name)
        for path, text in texts.items():
            for line in list(_calls(text, call))[:_MOST_CALLERS_OF_FILE]:
                first, stop = max(0, line - _CALLER_LINES), min(text.line_count, line + 1 + _CALLER_LINES)
                lines = "\n".join(text.lines(first, stop)).strip("\n")
                reason = f"line {line + 1} calls {name}"
                uri, excerpt = self.knowledge.uri_of(path, query), Excerpt.of(text, first, stop)
                found.append(ContextSnippet(CALLERS, path, lines, reason, uri, line=line, excerpts=(excerpt,)))
                if len(found) == _MOST_CALLERS:
                    return found
        return found

    def _paths_near(self, query: SourceQuery) -> list[str]:
        known = {path for paths in self.knowledge.paths(query).values() for path in paths}
        here = query.path.split("/")
        near = sorted(known, key=lambda path: (-equal_beginning(here, path.split("/")), path))
        return [path for path in near if self.knowledge.related(path, query)]

    async def _texts(self, paths: Iterable[str], query: SourceQuery, having: str = "") -> dict[str, Text]:
        """Path -> text: the present text of open documents, else the file's; only texts that contain ``having``."""
        texts: dict[str, Text | None] = {}
        on_disk: list[tuple[str, Path]] = []
        folder = local_path(query.folder)
        for path in paths:
            snapshot = self.knowledge.documents.snapshot(self.knowledge.uri_of(path, query))
            if snapshot is not None:
                texts[path] = snapshot.text if having in str(snapshot.text) else None
            elif folder is not None:
                texts[path] = None
                on_disk.append((path, folder / path))
        for path, content in (await asyncio.to_thread(_read, on_disk, having)).items():
            texts[path] = Text.from_str(content)
        return {path: text for path, text in texts.items() if text is not None}

    def _definition_lines(self, symbol: Symbol, text: Text) -> tuple[int, int] | None:
        """The first line of a definition and the line after its last one."""
        syntax = self.knowledge.syntax
        grammar = syntax.grammars.load(syntax.registry.by_path(symbol.path))
        tree = grammar.parse(text.read_bytes) if grammar is not None else None
        if grammar is None or tree is None:
            return None
        same = [one for one in definitions(SyntaxTree(grammar, tree, text)) if one.name == symbol.name]
        # The file may have changed since it was indexed.
        best = min(same, key=lambda one: abs(one.start.line - symbol.line), default=None)
        return (best.start.line, best.end.line + (1 if best.end.column else 0)) if best is not None else None


def _meant(
    symbols: Sequence[Symbol], path: str, code: str, source: str | None, sources: Sequence[str], *, is_in_message: bool
) -> Symbol | None:
    """The one of several definitions of a name that the code uses; ``None`` where that would be a guess.

    ``source`` is the import source of the name, ``sources`` are all imports of the file. ``is_in_message``: the message
    contains the name.
    """
    if not symbols:
        return None
    if source is not None:
        return _nearest([one for one in symbols if leads_to(source, one.path) and not one.container], path)
    imported = [one for one in symbols if any(leads_to(each, one.path) for each in sources)]
    likely = imported or list(symbols)
    if len({(one.path, one.container) for one in likely}) > _MOST_SAME:
        return None
    name = re.escape(symbols[0].name)
    is_called = is_in_message or re.search(rf"\b{name}\s*[(<!\[]", code) is not None
    is_member = re.search(rf"(\.|->|::)\s*{name}\b", code) is not None
    fitting = [
        one
        for one in likely
        if one.kind in {"class", "type"}
        or (is_member if one.container or one.kind == "variable" else is_called)
        or (is_in_message and one.kind != "variable")
    ]
    return _nearest(fitting, path)


def _nearest(symbols: Sequence[Symbol], path: str) -> Symbol | None:
    best = nearest([one.path for one in symbols], path)
    return next((one for one in symbols if one.path == best), None)


def _calls(text: Text, call: re.Pattern[str]) -> Iterator[int]:
    """The lines with a call of the name; lines that define it do not count."""
    for number, line in enumerate(text.lines(0, text.line_count)):
        found = call.search(line)
        if found is not None and not re.search(r"\b(def|func|fn|function|fun|sub)\s+\S*\Z", line[: found.start()]):
            yield number


def _read(files: Sequence[tuple[str, Path]], having: str) -> dict[str, str]:
    """The texts of the readable files, until the limit of bytes is reached. Runs in a thread."""
    left_bytes = _MOST_READ_BYTES
    found: dict[str, str] = {}
    for path, file in files:
        try:
            if not file.is_file() or (size := file.stat().st_size) > _MOST_FILE_BYTES:
                continue
            left_bytes -= size
            if left_bytes < 0:
                break
            text = file.read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue
        if having in text:
            found[path] = text
    return found
