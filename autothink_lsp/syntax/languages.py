"""Which languages there are: one ``Language`` for each folder of ``grammars/``, read from its ``language.toml``.

Decides which language a document is in and what is known of it without parsing: comment tokens, how blocks are
written. Never imports tree_sitter: a grammar is loaded by ``grammar.py``, and only when a tree is asked for. Adding a
language is adding a folder; no language is named in this package's code.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from attrs import field, frozen

from autothink_lsp.syntax.blocks import BlockRules
from autothink_lsp.syntax.checker_spec import CheckerSpec, read_checkers

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

logger = logging.getLogger(__name__)

_SECTIONS = ("grammar", "fragment", "comment", "string", "block", "statement")
# The format of language.toml: section -> keys. What is not here is a mistake that the reader of a log should see.
_KEYS: Mapping[str, frozenset[str]] = {
    "": frozenset({"extends", "language_ids", "extensions", "filenames", "checker", *_SECTIONS}),
    "grammar": frozenset({"package", "module", "function"}),
    "comment": frozenset({"line", "block"}),
    "fragment": frozenset({"prefix", "unless"}),
    "string": frozenset({"delimiters"}),
    "block": frozenset({"style", "open", "close", "continue", "exit", "outdent", "same_level", "prefix"}),
    "statement": frozenset({"end"}),
}


@frozen
class Language:
    """What ``language.toml`` says. ``name`` is the folder's name and identifies the language."""

    name: str
    language_ids: tuple[str, ...]  # LSP's languageId and what editors say instead of it, lower case
    extensions: tuple[str, ...]  # with the dot, lower case
    filenames: tuple[str, ...]  # whole file names, exact
    comment_line: str | None  # the token that begins a comment up to the end of the line
    comment_block: tuple[str, str] | None  # the tokens around a block comment
    block: BlockRules = field(repr=False)
    grammar_package: str = field(repr=False)  # the distribution to install
    grammar_module: str = field(repr=False)
    grammar_function: str = field(repr=False)  # the function in it that returns the grammar
    fragment_prefix: str = field(repr=False)  # what a piece of a file needs before it to be parsed, unless ...
    fragment_unless: str = field(repr=False)  # ... it holds this
    query_folders: tuple[Traversable, ...] = field(repr=False, eq=False)  # of this language last; each may hold *.scm

    checkers: tuple[CheckerSpec, ...] = field(default=(), repr=False, eq=False)

    @property
    def block_style(self) -> str:
        """``indent``, ``braces``, ``keyword`` (blocks end with a word), ``tags`` or ``none``."""
        return self.block.style

    def prefix_for(self, fragment: str) -> str:
        """What must stand before a piece of a file so that it parses as code; mostly nothing."""
        return "" if self.fragment_unless and self.fragment_unless in fragment else self.fragment_prefix


class LanguageRegistry:
    """All languages, read on first use. A folder that cannot be read is one logged warning; the rest loads.

    ``roots`` are the folders that hold one folder for each language; the first one that has a name wins. By default the
    installed package's copy, else the checkout's ``grammars/`` (an editable install has no copy in the package).
    """

    def __init__(self, roots: Sequence[Traversable] | None = None) -> None:
        self._roots = roots
        self._languages: dict[str, Language] | None = None
        self._by_id: dict[str, Language] = {}
        self._by_extension: dict[str, Language] = {}
        self._by_filename: dict[str, Language] = {}
        self._asked: tuple[str, str] | None = None
        self._answered: Language | None = None

    def all(self) -> tuple[Language, ...]:
        """Every language, by name."""
        return tuple(self._loaded().values())

    def by_language_id(self, language_id: str) -> Language | None:
        """For what a client sends as ``languageId``; case does not matter."""
        self._loaded()
        return self._by_id.get(language_id.lower())

    def by_path(self, path_or_uri: str) -> Language | None:
        """By file name, else by the longest extension that is known. Takes paths, URIs and notebook cell URIs."""
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
        """The client's word counts first: it may know better than the file's name."""
        if (language_id, uri) != self._asked:  # several times for each key
            self._answered = self.by_language_id(language_id) or self.by_path(uri)
            self._asked = language_id, uri
        return self._answered

    def _loaded(self) -> dict[str, Language]:
        if self._languages is None:
            found = {language.name: language for language in self._read_all()}
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

    def _read_all(self) -> Iterator[Language]:
        seen: set[str] = set()
        for root in self._roots if self._roots is not None else default_roots():
            for folder in sorted((f for f in root.iterdir() if f.is_dir()), key=lambda folder: folder.name):
                if folder.name in seen or not (folder / "language.toml").is_file():
                    continue
                seen.add(folder.name)
                try:
                    yield read_language(root, folder)
                except (OSError, ValueError) as error:
                    logger.warning("The language folder %s cannot be used and is left out: %s", folder, error)


def default_roots() -> tuple[Traversable, ...]:
    """Where ``grammars/`` is: in the installed package, else in the checkout. Empty when neither is there."""
    from importlib import resources

    installed = resources.files("autothink_lsp") / "_grammars"
    checkout = Path(__file__).resolve().parents[2] / "grammars"
    root = next((folder for folder in (installed, checkout) if folder.is_dir()), None)
    if root is None:
        logger.warning("No language folders were found; reinstall autothink-lsp. Completion goes on without syntax.")
        return ()
    return (root,)


def read_language(root: Traversable, folder: Traversable) -> Language:
    """Read one folder. Raises ValueError with a sentence for the log when its ``language.toml`` is wrong."""
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
    grammar, comment = sections["grammar"], sections["comment"]
    block = _strings(comment, "block")
    if len(block) not in {0, 2}:
        raise ValueError("comment.block must be the two tokens around a comment")
    return Language(
        name=folder.name,
        language_ids=tuple(text.lower() for text in _strings(data, "language_ids")),
        extensions=tuple(text.lower() for text in _strings(data, "extensions")),
        filenames=_strings(data, "filenames"),
        comment_line=_string(comment, "line") if "line" in comment else None,
        comment_block=(block[0], block[1]) if block else None,
        block=BlockRules.from_tables(
            {**sections["block"], **{f"statement_{k}": v for k, v in sections["statement"].items()}},
            comment_line=comment.get("line"),
            comment_block=(block[0], block[1]) if block else None,
            delimiters=_strings({"delimiters": ['"', "'"], **sections["string"]}, "delimiters"),
        ),
        grammar_package=_string(grammar, "package"),
        grammar_module=_string(grammar, "module"),
        grammar_function=_string(grammar, "function"),
        fragment_prefix=sections["fragment"].get("prefix", ""),
        fragment_unless=sections["fragment"].get("unless", ""),
        query_folders=tuple(folders),
        checkers=read_checkers(data.get("checker", {})),
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
        return ""  # named after the notebook, whatever is in the cell
    if "://" in path or path.startswith("untitled:"):
        path = unquote(path.partition("#")[0].partition("?")[0])
    return path.replace("\\", "/").rpartition("/")[2].rpartition(":")[2]
