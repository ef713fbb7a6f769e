"""Imports of the document: its import lines above the window, and the definitions of imported names.

An import line is most useful where the window does not use its names yet: a name that the document uses nowhere was
probably imported for the code that is being written. Definitions come from the project's index; those of third-party
packages, which the index lacks, from the files of the environment (``installed_packages.py``). They and their import
lines come after those of the project.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import cached_property
from itertools import groupby

from attrs import define, field

from autothink_lsp.context.import_paths import leads_to
from autothink_lsp.context.index.symbols import one_line
from autothink_lsp.context.knowledge import Knowledge
from autothink_lsp.context.snippets import ContextSnippet, SourceQuery, occurrences, words
from autothink_lsp.syntax.scopes import Import

NAME = "imports"
_MOST_NAMES = 60
_MOST_LINES = 60  # of one statement
_LONGEST_LINE = 240  # characters
_ATTRIBUTE = re.compile(r"\.(\w{1,80})")
_LATE = 4  # statements with this rank or more come after the definitions


def snippets(query: SourceQuery, knowledge: Knowledge) -> Iterator[ContextSnippet]:
    """Import lines with names that the window lacks, then the definitions of imported names, then the other lines."""
    by_line = groupby(knowledge.imports(query.snapshot), key=lambda one: one.start.line)
    found = [_Statement(query, knowledge, tuple(group)) for _, group in by_line]
    above = sorted((one for one in found if one.last < query.first), key=lambda one: (one.rank, one.first))
    for one in above:
        if one.rank < _LATE:
            yield one.snippet()
    yield from _definitions(query, knowledge, found)
    for one in above:
        if one.rank >= _LATE:
            yield one.snippet()


@define(eq=False)
class _Statement:
    """One import statement, which may import from several sources."""

    query: SourceQuery
    knowledge: Knowledge
    imports: tuple[Import, ...]
    first: int = field(init=False)
    last: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.first = self.imports[0].start.line
        self.last = min(max(one.end.line for one in self.imports), self.first + _MOST_LINES)

    @cached_property
    def rank(self) -> int:
        """Names that the document uses nowhere and imports of the project first; names that the window uses last."""
        known_as = frozenset(name for one in self.imports for name in _known_as(one))
        ours = any(self.knowledge.is_ours(one.source or "", self.query) for one in self.imports)
        if known_as <= self.query.window_names:
            return _LATE if ours else _LATE + 1
        waits = any(is_waiting(self.query, name) for name in known_as)
        return (0 if ours else 1) if waits else (2 if ours else 3)

    @property
    def is_of_modules(self) -> bool:
        """Whether it imports modules (``import a as b``), and not names from one."""
        return self.query.snapshot.text.line(self.first)[self.imports[0].start.column :].startswith("import")

    @property
    def reason(self) -> str:
        """Why the statement is offered, for ``explain``."""
        reasons = ("imported, and used nowhere yet", "imported, and not in the window", "used in the window")
        return f"an import above the window: {reasons[min(self.rank // 2, 2)]}"

    def snippet(self) -> ContextSnippet:
        """The statement, on one line where that is not too long."""
        lines = self.query.snapshot.text.lines(self.first, self.last + 1)
        if len(lines) > 2:  # names that the window uses already are less useful
            lines = [lines[0], *(line for line in lines[1:-1] if not self._is_shown(line)), lines[-1]]
        joined = one_line("\n".join(lines), _LONGEST_LINE + 1)
        text = joined if len(lines) > 1 and len(joined) <= _LONGEST_LINE else "\n".join(lines)
        text = f"{text.strip()}\n"
        return ContextSnippet(NAME, self.query.path, text, self.reason, head=True, line=self.first, may_end_early=True)

    def _is_shown(self, line: str) -> bool:
        found = re.findall(r"\w+", line)
        return bool(found) and self.query.window_names.issuperset(found)


def is_waiting(query: SourceQuery, name: str) -> bool:
    """Whether the document contains the name only in its import."""
    return query.counted_words[name] == 1


def _definitions(query: SourceQuery, knowledge: Knowledge, found: list[_Statement]) -> Iterator[ContextSnippet]:
    """The definitions of unused names, then of names in the window, the latest import first."""
    sources = {name: one.source or "" for statement in found for one in statement.imports for name in one.names}
    order = {word: place_in for place_in, word in enumerate(words(query.window_text))}
    waiting = [name for name in sources if is_waiting(query, name)]
    used = sorted((name for name in sources if name in order and name not in waiting), key=lambda name: -order[name])
    names = [*waiting, *used][:_MOST_NAMES]
    known = knowledge.named(names, query)
    installed: dict[str, str] = {}
    for name in names:
        matching = [s for s in known.get(name, ()) if s.path != query.path and leads_to(sources[name], s.path)]
        state = "not used yet" if name in waiting else "used in the window"
        reason = f"{name} is imported from {sources[name]}, {state}"
        if matching:
            yield knowledge.snippet(NAME, matching[0], query, reason)
        elif module := knowledge.module(f"{sources[name]}.{name}", query):
            yield module.snippet(NAME, reason)
        elif sources[name] and not knowledge.is_ours(sources[name], query):
            installed[name] = sources[name]
    for name, source in sources.items():  # "np" is too short for a word
        if name not in order and name in query.window_names and source and not knowledge.is_ours(source, query):
            installed.setdefault(name, source)
    for statement in found:
        for one in statement.imports:
            if not one.names and one.source and not knowledge.is_ours(one.source, query):
                installed.setdefault(one.source, "")
    modules = {
        name for statement in found if statement.is_of_modules for one in statement.imports for name in one.names
    }
    yield from _of_packages(query, knowledge, installed, modules)


def _of_packages(
    query: SourceQuery, knowledge: Knowledge, sources: dict[str, str], modules: Set[str]
) -> Iterator[ContextSnippet]:
    """The definitions of names that installed packages have; of a module the attributes that are used near the cursor.
    ``sources``: the module that each name was imported from, empty where the name is the module; ``modules``: the names
    that are other names of their modules."""
    visit = knowledge.packages.visit(query)
    if not visit.sites:
        return
    for name, source in sources.items():
        if query.over():
            return
        whole = knowledge.packages.definition(visit, source, name) if source and name not in modules else None
        if whole:
            yield knowledge.installed_snippet(NAME, whole, query, f"{name} is imported from {source}")
            continue
        # "import a.b", "import a as b", or "from a import b" of a module b
        module = source if name in modules else f"{source}.{name}" if source else name
        is_found = knowledge.packages.is_module(visit, module)
        for attribute in dict.fromkeys(attributes_of(name, query.near_text)) if is_found else ():
            part = knowledge.packages.definition(visit, module, attribute)
            if part is not None:
                yield knowledge.installed_snippet(NAME, part, query, f"{name}.{attribute} is used near the cursor")


def attributes_of(name: str, text: str) -> Iterator[str]:
    """The names behind ``name.`` in a text, in their order."""
    for at in occurrences(name, text):
        found = _ATTRIBUTE.match(text, at + len(name))
        if found and text[max(0, at - 1) : at] != ".":
            yield found[1]


def _known_as(one: Import) -> frozenset[str]:
    """The names under which the document can use an import."""
    if one.names:
        return frozenset(one.names)
    return frozenset(re.findall(r"\w+", one.source or "")[-2:])
