"""The registry of languages: one ``Language`` for each folder of ``grammars/``, read from its ``language.toml``.

Finds the language of a document and its properties that need no parse: its ``LanguageStyle`` and its checkers. Never
imports tree_sitter: ``grammar.py`` loads a grammar when a tree is needed. A language is added by adding a folder; no
language is named in this package's code.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from attrs import field

from autothink_lsp.syntax.checker_spec import CheckerSpec, read_checkers
from autothink_lsp.syntax.language_style import LanguageStyle
from autothink_lsp.values import frozen

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

logger = logging.getLogger(__name__)

_SECTIONS = ("grammar", "fragment", "lexical", "block", "statement")
# The format of language.toml: section -> keys. Any other key is logged as a mistake.
_KEYS: Mapping[str, frozenset[str]] = {
    "": frozenset({"extends", "language_ids", "weak_ids", "extensions", "filenames", "checker", *_SECTIONS}),
    "grammar": frozenset({"package", "module", "function"}),
    "fragment": frozenset({"prefix", "unless"}),
    "lexical": frozenset(
        {
            *("line_comments", "block_comments", "word_comments", "quotes", "long_quotes", "character_quote"),
            *("word_quotes", "regex_literals", "brackets", "closing_tag", "lines_end_statements"),
            *("trailing_blanks_count", "strict_indentation", "headers", "modifiers", "end_words"),
            *("prose", "sentences", "elements", "element_expressions", "type_arguments"),
        }
    ),
    "block": frozenset({"style", "open", "close", "continue", "exit", "outdent", "same_level", "prefix"}),
    "statement": frozenset({"end"}),
}


@frozen
class Language:
    """The content of a ``language.toml``. ``name`` is the folder's name and identifies the language."""

    name: str
    language_ids: tuple[str, ...]  # LSP's languageId and editors' alternatives, lower case
    extensions: tuple[str, ...]  # with the dot, lower case
    filenames: tuple[str, ...]  # whole file names, exact
    style: LanguageStyle = field(repr=False)
    grammar_package: str = field(repr=False)  # the distribution to install; empty without a grammar
    grammar_module: str = field(repr=False)
    grammar_function: str = field(repr=False)  # the function of the module that returns the grammar
    fragment_prefix: str = field(repr=False)  # the text that a piece of a file needs before it to be parsed, unless ...
    fragment_unless: str = field(repr=False)  # ... the piece contains this
    query_folders: tuple[Traversable, ...] = field(repr=False, eq=False)  # this language's last; each may contain *.scm

    checkers: tuple[CheckerSpec, ...] = field(default=(), repr=False, eq=False)
    has_weak_ids: bool = field(default=False, repr=False)  # clients also send its ids for unknown files

    @property
    def has_grammar(self) -> bool:
        """Whether the folder names a grammar. Without one there are no trees; everything else works."""
        return bool(self.grammar_module)

    def prefix_for(self, fragment: str) -> str:
        """The text that must precede a piece of a file so that it parses as code; usually empty."""
        return "" if self.fragment_unless and self.fragment_unless in fragment else self.fragment_prefix


class LanguageRegistry:
    """All languages, read on first use. A folder that cannot be read is logged as a warning and left out.

    ``roots`` are the folders with one folder per language; the first root with a name takes precedence. The default is
    the installed package's copy, otherwise the checkout's ``grammars/`` (an editable install has no copy); it is read
    once per process.
    """

    def __init__(self, roots: Sequence[Traversable] | None = None) -> None:
        self._roots = roots
        self._languages: dict[str, Language] | None = None
        self._by_id: dict[str, Language] = {}
        self._by_extension: dict[str, Language] = {}
        self._by_filename: dict[str, Language] = {}
        self._last_lookup: tuple[str, str] | None = None
        self._answered: Language | None = None

    def all(self) -> tuple[Language, ...]:
        """All languages, sorted by name."""
        return tuple(self._loaded().values())

    def by_language_id(self, language_id: str) -> Language | None:
        """The language for a client's ``languageId``, ignoring case; ``None`` if it is unknown."""
        self._loaded()
        return self._by_id.get(language_id.lower())

    def by_path(self, path_or_uri: str) -> Language | None:
        """The language for a file name, else for the longest known extension. Accepts paths, URIs and notebook cell
        URIs."""
        self._loaded()
        name = _file_name(path_or_uri)
        if name in self._by_filename:
            return self._by_filename[name]
        parts = name.lower().split(".")
        for first in range(1, len(parts)):
            if language := self._by_extension.get("." + ".".join(parts[first:])):
                return language
        return None

    def find(self, language_id: str, uri: str) -> Language | None:
        """The language for the id, otherwise for the file's name; for weak ids (``plaintext``) the name takes
        precedence."""
        if (language_id, uri) != self._last_lookup:  # called several times per key
            by_id = self.by_language_id(language_id)
            self._answered = by_id if by_id is not None and not by_id.has_weak_ids else self.by_path(uri) or by_id
            self._last_lookup = language_id, uri
        return self._answered

    def _loaded(self) -> dict[str, Language]:
        if self._languages is None:
            read = _installed_languages(default_roots()) if self._roots is None else _read_all(self._roots)
            found = {language.name: language for language in read}
            self._languages = dict(sorted(found.items()))
            for language in self._languages.values():
                for key in language.language_ids:
                    self._claim(self._by_id, key, language)
                for key in language.extensions:
                    self._claim(self._by_extension, key, language)
                for key in language.filenames:
                    self._claim(self._by_filename, key, language)
        return self._languages

    def _claim(self, index: dict[str, Language], key: str, language: Language) -> None:
        if index.setdefault(key, language) is not language:
            logger.warning("%s and %s both claim %r; the first keeps it.", index[key].name, language.name, key)


def default_roots() -> tuple[Traversable, ...]:
    """The folders with ``grammars/``: in the installed package, else in the checkout. Empty if neither exists."""
    from importlib import resources

    installed = resources.files("autothink_lsp") / "_grammars"
    checkout = Path(__file__).resolve().parents[2] / "grammars"
    root = next((folder for folder in (installed, checkout) if folder.is_dir()), None)
    if root is None:
        logger.warning("No language folders were found; reinstall autothink-lsp. Completion goes on without syntax.")
        return ()
    return (root,)


@cache
def _installed_languages(roots: tuple[Traversable, ...]) -> tuple[Language, ...]:
    """The languages of the installation, read once per process, which takes about 20 ms of CPU time."""
    return tuple(_read_all(roots))


def _read_all(roots: Sequence[Traversable]) -> Iterator[Language]:
    seen: set[str] = set()
    for root in roots:
        for folder in sorted((f for f in root.iterdir() if f.is_dir()), key=lambda folder: folder.name):
            if folder.name in seen or not (folder / "language.toml").is_file():
                continue
            seen.add(folder.name)
            try:
                yield read_language(root, folder)
            except (OSError, ValueError) as error:
                logger.warning("The language folder %s cannot be used and is left out: %s", folder, error)


def read_language(root: Traversable, folder: Traversable) -> Language:
    """Read one folder. Raises ``ValueError`` with a sentence for the log if its ``language.toml`` is invalid."""
    data = tomllib.loads((folder / "language.toml").read_text(encoding="utf-8"))
    sections = {name: _section(data, name) for name in _KEYS if name}
    for name, table in {"": data, **sections}.items():
        if unknown := sorted(set(table) - _KEYS[name]):
            raise ValueError(f"unknown key {', '.join(unknown)} in {f'[{name}]' if name else 'language.toml'}")
    folders = [folder]
    if parent := data.get("extends"):
        folders.insert(0, root / str(parent))
        if not folders[0].is_dir():
            raise ValueError(f"extends {parent!r}, which is not there")
    grammar = sections["grammar"]
    has_weak_ids = data.get("weak_ids", False)
    if not isinstance(has_weak_ids, bool):
        raise ValueError("weak_ids must be true or false")  # noqa: TRY004 - the caller handles one kind of error
    language_ids = tuple(text.lower() for text in _strings(data, "language_ids"))
    extensions = tuple(text.lower() for text in _strings(data, "extensions"))
    if not language_ids:
        raise ValueError("it has no language_ids")
    return Language(
        name=folder.name,
        language_ids=language_ids,
        extensions=extensions,
        filenames=_strings(data, "filenames"),
        style=LanguageStyle.from_tables(
            sections["lexical"],
            sections["block"],
            sections["statement"],
            names=(*language_ids, *(extension.removeprefix(".") for extension in extensions)),
        ),
        grammar_package=_string(grammar, "package") if grammar else "",
        grammar_module=_string(grammar, "module") if grammar else "",
        grammar_function=_string(grammar, "function") if grammar else "",
        fragment_prefix=sections["fragment"].get("prefix", ""),
        fragment_unless=sections["fragment"].get("unless", ""),
        query_folders=tuple(folders),
        checkers=read_checkers(data.get("checker", {})),
        has_weak_ids=has_weak_ids,
    )


def _section(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise ValueError(f"{name} must be a table")  # noqa: TRY004 - the caller handles one kind of error
    return table


def _string(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} must be a text")
    return value


def _strings(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ValueError(f"{key} must be a list of texts")
    return tuple(value)


def _file_name(path_or_uri: str) -> str:
    path = path_or_uri
    if path.startswith("vscode-notebook-cell:"):
        return ""  # named after the notebook, independent of the cell's content
    if "://" in path or path.startswith("untitled:"):
        path = unquote(path.partition("#")[0].partition("?")[0])
    return path.replace("\\", "/").rpartition("/")[2].rpartition(":")[2]
