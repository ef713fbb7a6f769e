"""What is defined where, as far as it is known: from the index of the workspace folder, and from open documents.

A document that is open counts before what the disk had of it, where reading it is cheap. Everything is asked at the
rare moments when context is gathered anew, never at each key.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from attrs import define, field, frozen

from autothink_lsp.context.import_paths import leads_to, names_in, nearest
from autothink_lsp.context.index.service import ProjectIndexes
from autothink_lsp.context.index.store import IndexReader
from autothink_lsp.context.index.symbols import Symbol, symbols_of
from autothink_lsp.context.paths import display_path, folder_of
from autothink_lsp.context.place import Piece, Place
from autothink_lsp.document.snapshot import Snapshot
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.text import Text
from autothink_lsp.syntax.scopes import Import, imports
from autothink_lsp.syntax.service import Syntax

_BYTES_PER_MS = 2_500  # parsed and searched for definitions
_BUDGET_MS = 8.0  # for one document
_IMPORT_LINES = 150
_STUB_CHARS_PER_TOKEN = 0.8  # of what a class holds, and of a module; for each token of the budget
_LEAST_STUB_CHARS = 240
_MOST_DOCUMENTS = 8


@frozen(eq=False)
class _Own:
    text: Text
    symbols: list[Symbol]


@frozen
class Module:
    """A file of the project as an importing file has to know it."""

    path: str
    text: str
    uri: str

    def piece(self, source: str, reason: str) -> Piece:
        return Piece(source, self.path, self.text, reason, self.uri, may_end_early=True, subject=self.path)


@define(eq=False)
class Knowledge:
    """Belongs to the event loop. State per open document, dropped by ``forget``."""

    documents: DocumentStore
    syntax: Syntax
    indexes: ProjectIndexes
    _own: dict[str, _Own] = field(factory=dict, init=False)

    def forget(self, uri: str) -> None:
        """A document was closed."""
        self._own.pop(uri, None)

    def named(self, names: Iterable[str], place: Place) -> dict[str, list[Symbol]]:
        """Name -> its definitions, in the order of ``names``; those without any are left out."""
        wanted = list(dict.fromkeys(names))
        found: dict[str, list[Symbol]] = {name: [] for name in wanted}
        if not wanted:
            return {}
        reader = self.indexes.reader(place.folder)
        fresh = self._fresh(place, reader)
        rows = reader.named(wanted) if reader is not None else []
        own_language = place.language.name if place.language else ""
        for symbol in (*(s for symbols in fresh.values() for s in symbols), *rows):
            if symbol.name in found and (symbol.path not in fresh or symbol in fresh[symbol.path]):
                language = self.syntax.registry.by_path(symbol.path)
                if language is not None and _related(language.name, own_language):
                    found[symbol.name].append(symbol)
        return {name: _without_repeats(symbols) for name, symbols in found.items() if symbols}

    def own(self, place: Place) -> list[Symbol]:
        """What this document defines."""
        reader = self.indexes.reader(place.folder)
        fresh = self._fresh(place, reader)
        if place.path in fresh:
            return fresh[place.path]
        return reader.of(place.path) if reader is not None else []

    def with_members(self, holder: Symbol, members: list[Symbol]) -> str:
        """A class with some of what it holds."""
        language = self.syntax.registry.by_path(holder.path)
        return _body(holder.signature, members, by_indent=language is None or language.block_style == "indent")

    def imports(self, snapshot: Snapshot) -> tuple[Import, ...]:
        """What the document's first lines import; nothing where a parse would take too long."""
        tree = self.syntax.tree_within(snapshot, _BUDGET_MS)
        return imports(tree, (0, min(_IMPORT_LINES, snapshot.text.line_count))) if tree is not None else ()

    def stub(self, symbol: Symbol, place: Place, *, inside: bool = False) -> str:
        """The definition as its users have to know it: a class with what it holds, a method in its class.

        ``inside``: for code that extends it.
        """
        language = self.syntax.registry.by_path(symbol.path)
        by_indent = language is None or language.block_style == "indent"
        if symbol.kind in {"class", "type"} and "\n" not in symbol.signature:
            members = [one for one in self._members(symbol.path, symbol.name, place) if inside or _is_open(one)]
            return _body(symbol.signature, likeliest(members, place, _stub_chars(place)), by_indent=by_indent)
        if symbol.container:
            holder = next((one for one in self._holders(symbol, place)), None)
            if holder is not None and "\n" not in holder.signature:
                return _body(holder.signature, [symbol], by_indent=by_indent)
        return closed(symbol.signature)

    def piece(self, source: str, symbol: Symbol, place: Place, reason: str, *, inside: bool = False) -> Piece:
        """What ``source`` tells of a definition; ``inside`` as in ``stub``."""
        text, uri = self.stub(symbol, place, inside=inside), self.uri(symbol, place)
        subject = f"{symbol.path}:{symbol.container}:{symbol.name}"
        return Piece(source, symbol.path, text, reason, uri, may_end_early=True, subject=subject)

    def is_ours(self, source: str, place: Place) -> bool:
        """Whether an import's source seems to be a file of the project."""
        return bool(self._files_of(source, place, of_last_parts=2)) or source.startswith(".")

    def module(self, source: str, place: Place) -> Module | None:
        """The file that an import means as a whole, with the likeliest of what it defines."""
        path = nearest(self._files_of(source, place, of_last_parts=1), place.path)
        if path is None or path == place.path:
            return None
        own = self._symbols_at(path, place)
        reader = self.indexes.reader(place.folder)
        known = own if own is not None else reader.of(path) if reader is not None else []
        outer = [one for one in known if not one.container and _is_open(one)]
        text = "\n".join(closed(one.signature) for one in likeliest(outer, place, _stub_chars(place)))
        return Module(path, text, self._uri(path, place)) if text else None

    def _files_of(self, source: str, place: Place, of_last_parts: int) -> list[str]:
        """The files that a source may mean; by its last part, or the one before, which may be a name in the file."""
        reader = self.indexes.reader(place.folder)
        names = names_in(source)[-of_last_parts:]
        if reader is None or not names:
            return []
        return [path for name in names for path in reader.paths().get(name, ()) if leads_to(source, path)]

    def uri(self, symbol: Symbol, place: Place) -> str:
        """The file that defines it; empty for the document itself."""
        return "" if symbol.path == place.path else self._uri(symbol.path, place)

    def _uri(self, path: str, place: Place) -> str:
        open_one = next((uri for uri in self.documents.uris() if self._path(uri, place) == path), None)
        return open_one or f"{(place.folder or '').rstrip('/')}/{quote(path)}"

    def _members(self, path: str, name: str, place: Place) -> list[Symbol]:
        own = self._symbols_at(path, place)
        if own is not None:
            return [symbol for symbol in own if symbol.container == name]
        reader = self.indexes.reader(place.folder)
        return reader.members(path, name) if reader is not None else []

    def _holders(self, symbol: Symbol, place: Place) -> list[Symbol]:
        own = self._symbols_at(symbol.path, place)
        reader = self.indexes.reader(place.folder)
        known = own if own is not None else reader.named([symbol.container]) if reader is not None else []
        return [one for one in known if one.path == symbol.path and one.name == symbol.container]

    def _symbols_at(self, path: str, place: Place) -> list[Symbol] | None:
        return next((own.symbols for uri, own in self._own.items() if self._path(uri, place) == path), None)

    def _fresh(self, place: Place, reader: IndexReader | None) -> dict[str, list[Symbol]]:
        """Path -> definitions, of documents that are read as they are now."""
        newest = [uri for uri in reversed(self.documents.uris()) if uri != place.uri][:_MOST_DOCUMENTS]
        fresh: dict[str, list[Symbol]] = {}
        for uri in (place.uri, *newest):
            path = self._path(uri, place)
            snapshot = place.snapshot if uri == place.uri else self.documents.snapshot(uri)
            if snapshot is None or path is None or place.over():
                continue
            own = self._own.get(uri)
            if own is None or own.text is not snapshot.text:
                # The index has what was saved, which is the same for most documents at most times.
                if uri != place.uri and reader is not None and reader.has(path):
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

    def _path(self, uri: str, place: Place) -> str | None:
        """What a document of the same folder is called; ``None`` for those of other folders."""
        if uri == place.uri:
            return place.path
        folder = folder_of(uri, [place.folder]) if place.folder is not None else None
        return display_path(uri, folder) if folder == place.folder else None


def _stub_chars(place: Place) -> int:
    """With little room many small pieces say more than a large one."""
    return max(_LEAST_STUB_CHARS, int(_STUB_CHARS_PER_TOKEN * place.budget_tokens))


def _related(one: str, other: str) -> bool:
    """Whether code in one language uses what the other defines."""
    families = ({"javascript", "typescript", "tsx"}, {"c", "cpp"}, {"java", "kotlin", "scala"})
    return one == other or any({one, other} <= family for family in families)


def _without_repeats(symbols: list[Symbol]) -> list[Symbol]:
    return list({(one.path, one.container, one.signature): one for one in symbols}.values())


def _is_open(symbol: Symbol) -> bool:
    """Not private by its name; how an object is made counts whatever it is called."""
    return not symbol.name.startswith(("_", "#")) or symbol.name == "__init__"


def likeliest(symbols: Iterable[Symbol], place: Place, most_chars: int) -> list[Symbol]:
    """Those whose names are put together like the names near the cursor, as many as fit, in the order of their file."""
    chosen: list[Symbol] = []
    left = most_chars
    for symbol in sorted(symbols, key=lambda one: -place.affinity(one.name)):
        if len(symbol.signature) + 1 <= left:
            chosen.append(symbol)
            left -= len(symbol.signature) + 1
    return sorted(chosen, key=lambda one: one.line)


def closed(signature: str) -> str:
    """A header with something for its body."""
    return f"{signature} ..." if signature.endswith(":") else signature


def _body(header: str, members: list[Symbol], *, by_indent: bool) -> str:
    if not members:
        return closed(header)
    inner = "\n".join(f"    {closed(line)}" for one in members for line in one.signature.split("\n"))
    return f"{header}\n{inner}" if by_indent else f"{header} {{\n{inner}\n}}"
