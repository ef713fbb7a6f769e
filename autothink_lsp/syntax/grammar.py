"""Loads tree-sitter grammars and their queries, each once and only when a tree of that language is first asked for.

A grammar whose wheel is missing or does not fit is one line in the log with the remedy; everything above then goes on
without trees. The only module that imports tree_sitter at run time, and it does so inside functions: importing this
package must stay cheap.
"""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Literal

from autothink_lsp.syntax.languages import Language

if TYPE_CHECKING:
    import tree_sitter

logger = logging.getLogger(__name__)

QueryName = Literal["scopes", "imports", "definitions", "errors"]
ReadBytes = Callable[[int], bytes]  # byte offset -> some bytes from there on, empty at the end

# CPU time after which a parse is given up. 100,000 lines of Python take about 250 ms.
PARSE_LIMIT_MS = 2_000.0
_ASKED_PER_LOOK = 16
_CHUNK_BYTES = 8_192
_NODE_TEXT_BYTES = 64


class Grammar:
    """One loaded grammar: parses and holds the language's compiled queries."""

    def __init__(self, language: Language, parser: tree_sitter.Parser, *, cpu_clock: Callable[[], float]) -> None:
        self.language = language
        self._parser = parser
        self._cpu_clock = cpu_clock
        self._queries: dict[str, tree_sitter.Query | None] = {}
        self._chunk = bytearray()

    def parse(
        self, read: ReadBytes, old_tree: tree_sitter.Tree | None = None, *, limit_ms: float = PARSE_LIMIT_MS
    ) -> tree_sitter.Tree | None:
        """Parse what ``read`` gives (UTF-8); None when it took more than ``limit_ms`` of CPU time.

        ``old_tree`` must have been edited to the new text's coordinates. The limit is checked about every 1,600 bytes;
        it cannot interrupt a grammar's own scanner in between. Holds the GIL all the while.

        tree_sitter 0.26 never lets go of what a read callback returned (measured; its issue 464 says the same of
        ``Node.text``): a document's text at every key. So all parses return one and the same buffer. ``Node.text`` and
        the predicates of queries want real bytes from the callback: they get little, and nothing else here asks them.
        """
        deadline = self._cpu_clock() + limit_ms / 1_000
        asked = count(1)  # tree_sitter asks about every 100 bytes, and the clock of a thread is a system call

        def over_time(_byte: int, _has_error: bool) -> bool:
            return next(asked) % _ASKED_PER_LOOK == 0 and self._cpu_clock() > deadline

        parsing = True

        def chunk(byte: int, _point: object) -> bytes | bytearray:
            return self._lent(read(byte)) if parsing else read(byte)[:_NODE_TEXT_BYTES]

        try:
            if old_tree is None:
                return self._parser.parse(chunk, progress_callback=over_time)
            return self._parser.parse(chunk, old_tree, progress_callback=over_time)
        except ValueError:  # how tree_sitter 0.26 says that the callback stopped it
            self._parser.reset()
            logger.info("Parsing %s was given up after %.0f ms.", self.language.name, limit_ms)
            return None
        finally:
            parsing = False

    def _lent(self, data: bytes) -> bytearray:
        """``data`` in the one buffer; in a new one if tree_sitter still looks at it (a parse that was given up)."""
        try:
            self._chunk[:] = data
        except BufferError:
            self._chunk = bytearray(data)
        return self._chunk

    def parse_source(self, source: str, *, limit_ms: float = PARSE_LIMIT_MS) -> tree_sitter.Tree | None:
        """Parse a text that stands for itself, such as a region of a file."""
        data = source.encode("utf-8", "surrogatepass")
        # A parser asks anew wherever it jumps back to: the whole rest each time would be the square of the text.
        return self.parse(lambda byte: data[byte : byte + _CHUNK_BYTES], limit_ms=limit_ms)

    def query(self, name: QueryName) -> tree_sitter.Query | None:
        """The language's compiled ``<name>.scm``; None when there is none or (logged once) it does not compile."""
        if name not in self._queries:
            self._queries[name] = self._compile(name)
        return self._queries[name]

    def _compile(self, name: str) -> tree_sitter.Query | None:
        import tree_sitter

        files = [folder / f"{name}.scm" for folder in self.language.query_folders]
        source = "\n".join(file.read_text(encoding="utf-8") for file in files if file.is_file())
        if not source or self._parser.language is None:
            return None
        try:
            return tree_sitter.Query(self._parser.language, source)
        except tree_sitter.QueryError as error:
            logger.warning("%s.scm of %s does not fit the installed grammar: %s", name, self.language.name, error)
            return None


class Grammars:
    """Every loaded grammar of this process. ``cpu_clock`` gives seconds of CPU time of the calling thread."""

    def __init__(self, *, cpu_clock: Callable[[], float] = time.thread_time) -> None:
        self._cpu_clock = cpu_clock
        self._loaded: dict[str, Grammar | None] = {}

    def load(self, language: Language | None) -> Grammar | None:
        """None when there is no language, or when its grammar is missing or does not fit (logged once)."""
        if language is None:
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
                *(language.name, error, language.grammar_package),
            )
            return None
