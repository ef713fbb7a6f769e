"""The definitions known of a project: from the index of the workspace folder, and from open documents.

An open document has precedence over the indexed file, where parsing it is cheap. Queried only when context is gathered,
never for each key.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from attrs import define, field

from autothink_lsp.context.import_paths import leads_to, names_in, nearest
from autothink_lsp.context.index.service import ProjectIndexes
from autothink_lsp.context.index.store import IndexReader
from autothink_lsp.context.index.symbols import Symbol, symbols_of
from autothink_lsp.context.installed_packages import InstalledPackages, InstalledSymbol
from autothink_lsp.context.paths import display_path, folder_of
from autothink_lsp.context.snippets import ContextSnippet, SourceQuery
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.text import Text
from autothink_lsp.document.uri_identity import path_key
from autothink_lsp.syntax.scopes import Import, imports
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import frozen

_BYTES_PER_MS = 2_500  # parsed and searched for definitions
_BUDGET_MS = 8.0  # for one document
_IMPORT_LINES = 150
_STUB_CHARS_PER_TOKEN = 0.8  # of the members of a class or a module; for each token of the budget
_LEAST_STUB_CHARS = 240
_MOST_DOCUMENTS = 8


@frozen(eq=False)
class _Own:
    text: Text
    symbols: list[Symbol]


@frozen
class Module:
    """A file of the project with the definitions that an importing file needs."""

    path: str
    text: str
    uri: str

    def snippet(self, source: str, reason: str) -> ContextSnippet:
        """The signatures of the module's definitions, as one snippet."""
        return ContextSnippet(source, self.path, self.text, reason, self.uri, may_end_early=True, subject=self.path)


@define(eq=False)
class Knowledge:
    """Belongs to the event loop. Keeps state per open document, dropped by ``forget``."""

    documents: DocumentStore
    syntax: Syntax
    indexes: ProjectIndexes
    packages: InstalledPackages
    _own: dict[str, _Own] = field(factory=dict, init=False)

    def forget(self, uri: str) -> None:
        """Drop the state of a closed document."""
        self._own.pop(uri, None)

    def named(self, names: Iterable[str], query: SourceQuery) -> dict[str, list[Symbol]]:
        """Maps each of ``names`` to its definitions, in their order; names without a definition are left out."""
        wanted = list(dict.fromkeys(names))
        found: dict[str, list[Symbol]] = {name: [] for name in wanted}
        if not wanted:
            return {}
        reader = self.indexes.reader(query.folder)
        fresh = self._fresh(query, reader)
        rows = reader.named(wanted) if reader is not None else []
        if query.path in fresh:  # the index may have the file in another spelling
            rows = [one for one in rows if one.path == query.path or not query.is_own_path(one.path)]
        own_language = query.language.name if query.language else ""
        for symbol in (*(s for symbols in fresh.values() for s in symbols), *rows):
            if symbol.name in found and (symbol.path not in fresh or symbol in fresh[symbol.path]):
                language = self.syntax.registry.by_path(symbol.path)
                if language is not None and _related(language.name, own_language):
                    found[symbol.name].append(symbol)
        return {name: _without_repeats(symbols) for name, symbols in found.items() if symbols}

    def own(self, query: SourceQuery) -> list[Symbol]:
        """The definitions in this document."""
        reader = self.indexes.reader(query.folder)
        fresh = self._fresh(query, reader)
        if query.path in fresh:
            return fresh[query.path]
        return reader.of(query.path) if reader is not None else []

    def with_members(self, holder: Symbol, members: list[Symbol]) -> str:
        """The header of a class and the signatures of its members."""
        language = self.syntax.registry.by_path(holder.path)
        return _body(holder.signature, members, by_indent=language is None or language.style.blocks == "indent")

    def imports(self, snapshot: Snapshot) -> tuple[Import, ...]:
        """The imports at the beginning of the document; empty where parsing would take too long."""
        tree = self.syntax.tree_within(snapshot, _BUDGET_MS)
        return imports(tree, (0, min(_IMPORT_LINES, snapshot.text.line_count))) if tree is not None else ()

    def stub(self, symbol: Symbol, query: SourceQuery, *, inside: bool = False) -> str:
        """The signature of a definition: for a class with its members, for a method within its class.

        ``inside``: for code that extends the class.
        """
        language = self.syntax.registry.by_path(symbol.path)
        by_indent = language is None or language.style.blocks == "indent"
        if symbol.kind in {"class", "type"} and "\n" not in symbol.signature:
            members = [one for one in self._members(symbol.path, symbol.name, query) if inside or is_open(one)]
            return _body(symbol.signature, likeliest(members, query, stub_chars(query)), by_indent=by_indent)
        if symbol.container:
            holder = next((one for one in self._holders(symbol, query)), None)
            if holder is not None and "\n" not in holder.signature:
                return _body(holder.signature, [symbol], by_indent=by_indent)
        return closed(symbol.signature)

    def snippet(
        self, source: str, symbol: Symbol, query: SourceQuery, reason: str, *, inside: bool = False
    ) -> ContextSnippet:
        """The stub of a definition as a snippet of ``source``; ``inside`` as in ``stub``."""
        text, uri = self.stub(symbol, query, inside=inside), self.uri(symbol, query)
        subject = f"{symbol.path}:{symbol.container}:{symbol.name}"
        return ContextSnippet(source, symbol.path, text, reason, uri, may_end_early=True, subject=subject)

    def installed_snippet(self, source: str, found: InstalledSymbol, query: SourceQuery, reason: str) -> ContextSnippet:
        """The stub of a definition of an installed package: for a class with the likeliest of its members."""
        symbol = found.symbol
        members = likeliest([one for one in found.members if is_open(one)], query, stub_chars(query))
        by_indent = symbol.kind in {"class", "type"} and "\n" not in symbol.signature
        text = _body(symbol.signature, members, by_indent=True) if by_indent else closed(symbol.signature)
        subject = f"{found.path}:{symbol.container}:{symbol.name}"
        return ContextSnippet(source, found.path, text, reason, found.uri, may_end_early=True, subject=subject)

    def is_ours(self, source: str, query: SourceQuery) -> bool:
        """Whether the source of an import seems to be a file of the project."""
        return bool(self._files_of(source, query, of_last_parts=2)) or source.startswith(".")

    def module(self, source: str, query: SourceQuery) -> Module | None:
        """The file that an import names as a whole, with the most relevant of its definitions."""
        path = nearest(self._files_of(source, query, of_last_parts=1), query.path)
        if path is None or query.is_own_path(path):
            return None
        own = self._symbols_at(path, query)
        reader = self.indexes.reader(query.folder)
        known = own if own is not None else reader.of(path) if reader is not None else []
        outer = [one for one in known if not one.container and is_open(one)]
        text = "\n".join(closed(one.signature) for one in likeliest(outer, query, stub_chars(query)))
        return Module(path, text, self.uri_of(path, query)) if text else None

    def _files_of(self, source: str, query: SourceQuery, of_last_parts: int) -> list[str]:
        """The files that an import's source may name: by its last part, or by the one before, if the last is a name in
        the file."""
        reader = self.indexes.reader(query.folder)
        names = names_in(source)[-of_last_parts:]
        if reader is None or not names:
            return []
        return [path for name in names for path in reader.paths().get(name, ()) if leads_to(source, path)]

    def uri(self, symbol: Symbol, query: SourceQuery) -> str:
        """The URI of the file with the definition; empty for the document itself."""
        return "" if query.is_own_path(symbol.path) else self.uri_of(symbol.path, query)

    def paths(self, query: SourceQuery) -> dict[str, list[str]]:
        """The indexed files of the query's folder, by the names under which they can be imported."""
        reader = self.indexes.reader(query.folder)
        return reader.paths() if reader is not None else {}

    def related(self, path: str, query: SourceQuery) -> bool:
        """Whether code in this file can use definitions of the query's document, judged by their languages."""
        language = self.syntax.registry.by_path(path)
        return language is not None and query.language is not None and _related(language.name, query.language.name)

    def uri_of(self, path: str, query: SourceQuery) -> str:
        """The URI of a file in the query's folder: that of the open document if it is open."""
        key = path_key(path)
        open_one = next((uri for uri in self.documents.uris() if path_key(self._path(uri, query) or "") == key), None)
        return open_one or f"{(query.folder or '').rstrip('/')}/{quote(path)}"

    def _members(self, path: str, name: str, query: SourceQuery) -> list[Symbol]:
        own = self._symbols_at(path, query)
        if own is not None:
            return [symbol for symbol in own if symbol.container == name]
        reader = self.indexes.reader(query.folder)
        return reader.members(path, name) if reader is not None else []

    def _holders(self, symbol: Symbol, query: SourceQuery) -> list[Symbol]:
        own = self._symbols_at(symbol.path, query)
        reader = self.indexes.reader(query.folder)
        known = own if own is not None else reader.named([symbol.container]) if reader is not None else []
        return [one for one in known if one.path == symbol.path and one.name == symbol.container]

    def _symbols_at(self, path: str, query: SourceQuery) -> list[Symbol] | None:
        return next((own.symbols for uri, own in self._own.items() if self._path(uri, query) == path), None)

    def _fresh(self, query: SourceQuery, reader: IndexReader | None) -> dict[str, list[Symbol]]:
        """Path -> definitions of the open documents in their present state."""
        newest = [uri for uri in reversed(self.documents.uris()) if not query.is_own_uri(uri)][:_MOST_DOCUMENTS]
        fresh: dict[str, list[Symbol]] = {}
        for uri in (query.uri, *newest):
            path = self._path(uri, query)
            snapshot = query.snapshot if uri == query.uri else self.documents.snapshot(uri)
            if snapshot is None or path is None or query.over():
                continue
            own = self._own.get(uri)
            if own is None or own.text is not snapshot.text:
                # The index has the saved text, which most documents equal most of the time.
                if uri != query.uri and reader is not None and reader.has(path):
                    self._own.pop(uri, None)
                    continue
                own = self._read(snapshot, path)
            if own is not None:
                fresh[path] = own.symbols
        return fresh

    def _read(self, snapshot: Snapshot, path: str) -> _Own | None:
        if snapshot.text.byte_length > _BUDGET_MS * _BYTES_PER_MS:
            self._own.pop(snapshot.uri, None)
            return None
        tree = self.syntax.tree_within(snapshot, _BUDGET_MS)
        if tree is None:
            return None
        own = self._own[snapshot.uri] = _Own(snapshot.text, symbols_of(tree.grammar, tree.text, tree.root, path))
        return own

    def _path(self, uri: str, query: SourceQuery) -> str | None:
        """The path of a document in the query's folder; ``None`` for documents of other folders."""
        if uri == query.uri:
            return query.path
        folder = folder_of(uri, [query.folder]) if query.folder is not None else None
        return display_path(uri, folder) if folder == query.folder else None


def stub_chars(query: SourceQuery) -> int:
    """The maximum size of one stub: with a small budget, many small snippets help more than a large one."""
    return max(_LEAST_STUB_CHARS, int(_STUB_CHARS_PER_TOKEN * query.budget_tokens))


def _related(one: str, other: str) -> bool:
    """Whether code in one language uses definitions of the other."""
    families = ({"javascript", "typescript", "tsx"}, {"c", "cpp"}, {"java", "kotlin", "scala"})
    return one == other or any({one, other} <= family for family in families)


def _without_repeats(symbols: list[Symbol]) -> list[Symbol]:
    return list({(one.path, one.container, one.signature): one for one in symbols}.values())


def is_open(symbol: Symbol) -> bool:
    """Whether the name is public; constructors count as public."""
    return not symbol.name.startswith(("_", "#")) or symbol.name == "__init__"


def likeliest(symbols: Iterable[Symbol], query: SourceQuery, most_chars: int) -> list[Symbol]:
    """The definitions whose names resemble the names near the cursor, as many as fit, in the order of their file."""
    chosen: list[Symbol] = []
    left = most_chars
    for symbol in sorted(symbols, key=lambda one: -query.affinity(one.name)):
        if len(symbol.signature) + 1 <= left:
            chosen.append(symbol)
            left -= len(symbol.signature) + 1
    return sorted(chosen, key=lambda one: one.line)


def closed(signature: str) -> str:
    """A header with a placeholder as its body."""
    return f"{signature} ..." if signature.endswith(":") else signature


def _body(header: str, members: list[Symbol], *, by_indent: bool) -> str:
    if not members:
        return closed(header)
    inner = "\n".join(f"    {closed(line)}" for one in members for line in one.signature.split("\n"))
    return f"{header}\n{inner}" if by_indent else f"{header} {{\n{inner}\n}}"
