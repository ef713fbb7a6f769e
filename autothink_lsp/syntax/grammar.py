"""Loads tree-sitter grammars and their queries, each once and only when a tree of that language is first needed.

A missing or incompatible grammar wheel is logged in one line with the remedy; everything else then works without trees.
The only module that imports tree_sitter at run time, and it does so inside functions: importing this package must stay
cheap.
"""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Literal

from autothink_lsp.syntax.languages import Language

if TYPE_CHECKING:
    import tree_sitter

logger = logging.getLogger(__name__)

QueryName = Literal["scopes", "imports", "definitions", "errors", "mutations"]
ReadBytes = Callable[[int], bytes]  # byte offset -> some bytes from there on, empty at the end

# CPU time after which a parse is aborted. 100,000 lines of Python take about 250 ms.
PARSE_LIMIT_MS = 2_000.0
_ASKED_PER_LOOK = 16
_CHUNK_BYTES = 8_192
_NODE_TEXT_BYTES = 64


class Grammar:
    """One loaded grammar: parses, and caches the language's compiled queries."""

    def __init__(self, language: Language, parser: tree_sitter.Parser, *, cpu_clock: Callable[[], float]) -> None:
        self.language = language
        self._parser = parser
        self._cpu_clock = cpu_clock
        self._queries: dict[str, tree_sitter.Query | None] = {}
        self._chunk = bytearray()

    def for_other_thread(self) -> Grammar:
        """This grammar with a parser of its own: two threads must not use one parser at the same time."""
        import tree_sitter

        assert self._parser.language is not None  # noqa: S101 - ``Grammars`` loads parsers with a language
        other = Grammar(self.language, tree_sitter.Parser(self._parser.language), cpu_clock=self._cpu_clock)
        other._queries = self._queries  # a compiled query has no state
        return other

    def parse(
        self, read: ReadBytes, old_tree: tree_sitter.Tree | None = None, *, limit_ms: float = PARSE_LIMIT_MS
    ) -> tree_sitter.Tree | None:
        """Parse the UTF-8 text that ``read`` returns; ``None`` if it takes more than ``limit_ms`` of CPU time.

        ``old_tree`` must have been edited to the new text's coordinates. The limit is checked about every 1,600 bytes;
        it cannot interrupt a grammar's own scanner in between. Holds the GIL for the whole time.

        tree_sitter 0.26 never releases the objects that a read callback returned (measured; its issue 464 reports the
        same for ``Node.text``): that would leak a document's text at every key. So all parses return the same buffer.
        ``Node.text`` and the predicates of queries need real bytes from the callback: they get a few, and nothing else
        here uses them.
        """
        deadline = self._cpu_clock() + limit_ms / 1_000
        asked = count(1)  # tree_sitter calls it about every 100 bytes, and reading a thread's clock is a system call

        def over_time(_byte: int, _has_error: bool) -> bool:
            return next(asked) % _ASKED_PER_LOOK == 0 and self._cpu_clock() > deadline

        parsing = True

        def chunk(byte: int, _point: object) -> bytes | bytearray:
            return self._lent(read(byte)) if parsing else read(byte)[:_NODE_TEXT_BYTES]

        try:
            if old_tree is None:
                return self._parser.parse(chunk, progress_callback=over_time)
            return self._parser.parse(chunk, old_tree, progress_callback=over_time)
        except ValueError:  # raised by tree_sitter 0.26 when the callback stops the parse
            self._parser.reset()
            logger.info("Parsing %s was given up after %.0f ms.", self.language.name, limit_ms)
            return None
        finally:
            parsing = False

    def _lent(self, data: bytes) -> bytearray:
        """``data`` in the shared buffer; in a new one if tree_sitter still uses it (after an aborted parse)."""
        try:
            self._chunk[:] = data
        except BufferError:
            self._chunk = bytearray(data)
        return self._chunk

    def parse_source(self, source: str, *, limit_ms: float = PARSE_LIMIT_MS) -> tree_sitter.Tree | None:
        """Parse an independent text, such as a region of a file."""
        data = source.encode("utf-8", "surrogatepass")
        # A parser reads again at every position that it returns to: returning the whole rest would be quadratic in the
        # text.
        return self.parse(lambda byte: data[byte : byte + _CHUNK_BYTES], limit_ms=limit_ms)

    def query(self, name: QueryName) -> tree_sitter.Query | None:
        """The language's compiled ``<name>.scm``; ``None`` if there is none or it does not compile (logged once)."""
        if name not in self._queries:
            self._queries[name] = self._compile(name)
        return self._queries[name]

    def _compile(self, name: str) -> tree_sitter.Query | None:
        from tree_sitter import QueryError

        files = [folder / f"{name}.scm" for folder in self.language.query_folders]
        source = "\n".join(file.read_text(encoding="utf-8") for file in files if file.is_file())
        if not source or self._parser.language is None:
            return None
        try:
            return _compiled(self._parser.language, source)
        except QueryError as error:
            logger.warning("%s.scm of %s does not fit the installed grammar: %s", name, self.language.name, error)
            return None


@cache
def _compiled(grammar: tree_sitter.Language, source: str) -> tree_sitter.Query:
    """Compiled once per process: that takes 10 ms on average, and a query holds no state (``QueryCursor`` does)."""
    import tree_sitter

    return tree_sitter.Query(grammar, source)


class Grammars:
    """All loaded grammars of this process. ``cpu_clock`` returns the CPU time of the calling thread in seconds."""

    def __init__(self, *, cpu_clock: Callable[[], float] = time.thread_time) -> None:
        self._cpu_clock = cpu_clock
        self._loaded: dict[str, Grammar | None] = {}

    def load(self, language: Language | None) -> Grammar | None:
        """Load the grammar on first use.

        ``None`` if there is no language, its folder names no grammar, or the grammar is missing or incompatible (logged
        once).
        """
        if language is None or not language.has_grammar:
            return None
        if language.name not in self._loaded:
            self._loaded[language.name] = self._load(language)
        return self._loaded[language.name]

    def _load(self, language: Language) -> Grammar | None:
        try:
            import tree_sitter

            module = importlib.import_module(language.grammar_module)
            grammar = tree_sitter.Language(getattr(module, language.grammar_function)())
            return Grammar(language, tree_sitter.Parser(grammar), cpu_clock=self._cpu_clock)
        except (ImportError, AttributeError, ValueError, TypeError) as error:
            logger.warning(
                "No syntax for %s: %s. Completion works without it; to have it: pip install %s",
                language.name,
                error,
                language.grammar_package,
            )
            return None
