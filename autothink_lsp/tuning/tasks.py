"""Makes tasks with a known right answer from a repository: mutations, undone commits and refactorings.

A ``Candidate`` is a changed text and the request that a user would make about it. `oracle.py` decides later whether its
mistake can be noticed at all. The order is a pure function of the files and the seed, so that an interrupted run
continues with the same tasks.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attrs import define, field, frozen

from autothink_lsp.document.text import Text
from autothink_lsp.features.assist.actions import ActionKind
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.scopes import definitions
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.tuning.mutations import SYNTAX_OPERATORS, Mutation, MutationOperator, mutations, pairs
from autothink_lsp.verify.syntax_checks import error_count, parse_text

MOST_OF_FUNCTION = 3  # tasks of one function
MOST_SHARE_OF_FILE = 0.15  # share of one file's tasks among all
_MOST_FILE_BYTES = 200_000
_MOST_CANDIDATES_OF_FILE = 40
_LONG_DOCSTRING = 30  # least characters of a docstring whose removal is a task

_GROUPS: Mapping[MutationOperator, str] = MappingProxyType(
    {
        MutationOperator.COMPARISON: "logic",
        MutationOperator.ARITHMETIC: "logic",
        MutationOperator.BOOLEAN: "logic",
        MutationOperator.OFF_BY_ONE: "logic",
        MutationOperator.LOST_NOT: "logic",
        MutationOperator.LOST_GUARD: "logic",
        MutationOperator.LOST_RETURN: "names and calls",
        MutationOperator.LOST_AWAIT: "names and calls",
        MutationOperator.WRONG_NAME: "names and calls",
        MutationOperator.SWAPPED_ARGUMENTS: "names and calls",
        MutationOperator.TYPO: "trivial",
        MutationOperator.LOST_IMPORT: "trivial",
        MutationOperator.LOST_BRACKET: "trivial",
        MutationOperator.LOST_COLON: "trivial",
        MutationOperator.PAIR: "two functions",
    }
)
_SIZES = (("≤ 10 lines", 10), ("≤ 40 lines", 40))
_LONGEST = "> 40 lines"
# The relative frequency of each stratum. Mistakes that a rule repairs without a model need few tasks.
_TURNS: Mapping[str, int] = MappingProxyType(
    {"logic": 3, "names and calls": 3, "history": 3, "refactoring": 2, "two functions": 1, "trivial": 1}
)


@frozen(kw_only=True)
class SourceText:
    """A file of the project with its tree. ``path`` is relative to the project, with slashes."""

    path: str
    file: Path
    language: Language
    tree: SyntaxTree = field(repr=False)

    @property
    def text(self) -> str:
        """The original text."""
        return str(self.tree.text)

    def candidate(self, **values: Any) -> Candidate:
        """A candidate of this file; ``values`` are the fields that are not the file's."""
        return Candidate(path=self.path, file=self.file, language=self.language, original=self.text, **values)


@frozen(kw_only=True)
class Candidate:
    """A changed text and the request about it. ``original`` is a right answer."""

    id: str
    source: str  # "mutation", "history", "refactor"
    detail: str
    group: str  # the first part of the stratum's name
    path: str
    file: Path
    language: Language
    original: str = field(repr=False)
    changed: str = field(repr=False)
    function: str
    action: ActionKind
    start_line: int  # of the function in the changed text
    end_line: int
    line: int

    @property
    def stratum(self) -> str:
        """The name of the stratum: its group and the size of the function."""
        return f"{self.group}, {size_of(self.end_line - self.start_line + 1)}"


def size_of(lines: int) -> str:
    """The size class of a function of ``lines`` lines, for its stratum."""
    return next((name for name, most in _SIZES if lines <= most), _LONGEST)


def _sizes(group: str) -> list[str]:
    return [f"{group}, {name}" for name in (*(name for name, _ in _SIZES), _LONGEST)]


def read_source(file: Path, folder: Path, language: Language, grammars: Grammars) -> SourceText | None:
    """The file with its tree; ``None`` if it is not UTF-8, too large, has syntax errors, or its language has no
    grammar."""
    try:
        content = file.read_bytes()
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    if len(content) > _MOST_FILE_BYTES or "\r" in text:
        return None
    tree = parse_text(grammars.load(language), Text.from_str(text))
    if tree is None or error_count(tree):
        return None
    return SourceText(path=file.relative_to(folder).as_posix(), file=file, language=language, tree=tree)


def candidates_of(source: SourceText, seed: int) -> list[Candidate]:
    """The mutations and refactorings of one file, shuffled by ``seed``."""
    data = source.text.encode("utf-8")
    found = list(mutations(source.tree))
    made = [_of_mutation(source, data, one) for one in (*found, *pairs(found, data))]
    made += _docstrings(source)
    known = [one for one in made if one is not None]
    order = random.Random(f"{seed} {source.path}")  # noqa: S311 - reproducible, not secret
    order.shuffle(known)
    kept: list[Candidate] = []
    by_group = Counter[str]()
    for one in known:
        by_group[one.group] += 1
        if by_group[one.group] <= _MOST_CANDIDATES_OF_FILE // 4:
            kept.append(one)
    return kept


def round_robin(sources: Iterable[Iterable[Candidate]], *, refactor_share: float | None = None) -> Iterator[Candidate]:
    """The candidates of all files: the strata take turns, and each takes a candidate of the least used file, so that a
    short run covers many files. ``refactor_share`` is the share of refactorings among the user's own actions."""
    queues: dict[str, dict[str, _ByFile]] = {}
    taken = Counter[str]()
    for found in sources:
        for one in found:
            queues.setdefault(one.group, {}).setdefault(one.stratum, _ByFile(taken)).append(one)
    turns = dict(_TURNS)
    if refactor_share is not None:
        turns["refactoring"] = max(1, min(6, round(10 * refactor_share)))
    counts = Counter[str]()
    while any(queue for strata in queues.values() for queue in strata.values()):
        for group, times in turns.items():
            strata = queues.get(group, {})
            for _ in range(times):
                filled = [name for name in _sizes(group) if strata.get(name)]
                if not filled:
                    break
                yield strata[filled[counts[group] % len(filled)]].pop()
                counts[group] += 1


@define
class _ByFile:
    """The candidates of one stratum by file. ``taken`` counts the candidates of all strata by file."""

    taken: Counter[str]
    _files: dict[str, deque[Candidate]] = field(factory=dict)

    def __bool__(self) -> bool:
        return bool(self._files)

    def append(self, candidate: Candidate) -> None:
        """Add a candidate to the queue of its file."""
        self._files.setdefault(candidate.path, deque()).append(candidate)

    def pop(self) -> Candidate:
        """The next candidate of the file with the fewest taken candidates."""
        path = min(self._files, key=lambda one: self.taken[one])
        candidate = self._files[path].popleft()
        if not self._files[path]:
            del self._files[path]
        self.taken[path] += 1
        return candidate


@define
class Limits:
    """Limits the number of tasks of one function and of one file, and drops repeated candidates. ``wanted`` is the
    number of tasks of the run."""

    wanted: int
    _keys: set[str] = field(factory=set)
    _functions: Counter[tuple[str, str]] = field(factory=Counter)
    _files: Counter[str] = field(factory=Counter)

    def admits(self, candidate: Candidate) -> bool:
        """Count the candidate if it is within the limits. Returns whether it is."""
        function = (candidate.path, candidate.function)
        most_of_file = max(3, round(MOST_SHARE_OF_FILE * self.wanted))
        if candidate.id in self._keys or self._functions[function] >= MOST_OF_FUNCTION:
            return False
        if self._files[candidate.path] >= most_of_file:
            return False
        self._keys.add(candidate.id)
        self._functions[function] += 1
        self._files[candidate.path] += 1
        return True


def undone_hunk(diff: str, current: str) -> tuple[str, int] | None:
    """``current`` with the single hunk of a unified diff undone, and the line of the change; ``None`` if the hunk's new
    text does not occur exactly once."""
    hunks = re.split(r"^@@ [^@\n]*+@@.*\n", diff, flags=re.MULTILINE)[1:]
    if len(hunks) != 1:
        return None
    old, new, offset, first = list[str](), list[str](), 0, None
    for line in hunks[0].splitlines(keepends=True):
        if line.startswith("\\"):
            return None
        if line[:1] in {" ", "-"}:
            old.append(line[1:])
        if line[:1] in {" ", "+"}:
            new.append(line[1:])
        if line[:1] in {"-", "+"} and first is None:
            first = offset
        offset += line[:1] in {" ", "-"}
    new_block, old_block = "".join(new), "".join(old)
    if not new_block.strip() or current.count(new_block) != 1:
        return None
    at = current.index(new_block)
    changed = current[:at] + old_block + current[at + len(new_block) :]
    return changed, current.count("\n", 0, at) + (first or 0)


def of_commit(
    source: SourceText, commit: str, diff: str, is_parsed: Callable[[str], SyntaxTree | None]
) -> Candidate | None:
    """The candidate that undoes one commit's change of a file; ``None`` if the change does not fit a task."""
    undone = undone_hunk(diff, source.text)
    if undone is None:
        return None
    changed, line = undone
    tree = is_parsed(changed)
    if tree is None or error_count(tree):
        return None
    around = [
        one
        for one in definitions(tree)
        if one.kind in {"function", "method"} and one.start.line <= line <= one.end.line
    ]
    if not around:
        return None
    inner = around[-1]
    return source.candidate(
        id=_id("history", commit, source.path),
        source="history",
        detail=commit[:10],
        group="history",
        changed=changed,
        function=inner.name,
        action=ActionKind.FIX,
        start_line=inner.start.line,
        end_line=inner.end.line,
        line=line,
    )


def _of_mutation(source: SourceText, data: bytes, mutation: Mutation) -> Candidate | None:
    try:
        changed = mutation.apply(data).decode("utf-8")
    except (UnicodeDecodeError, ValueError):
        return None
    removed = data.count(b"\n") - changed.count("\n")
    end_line = max(mutation.start_line, mutation.end_line - max(0, removed))
    return source.candidate(
        id=_id(
            mutation.operator, mutation.key, "" if mutation.operator is MutationOperator.LOST_IMPORT else source.path
        ),
        source="mutation",
        detail=mutation.operator.value,
        group=_GROUPS[mutation.operator],
        changed=changed,
        function=mutation.function,
        action=ActionKind.FIX,
        start_line=mutation.start_line,
        end_line=end_line,
        line=min(mutation.line, changed.count("\n")),
    )


_DOCSTRING = re.compile(
    r'^[ \t]+(?P<quote>"""|\'\'\')(?P<text>(?:(?!(?P=quote)).)+)(?P=quote)[ \t]*\n', re.DOTALL | re.MULTILINE
)


def _docstrings(source: SourceText) -> list[Candidate]:
    """Candidates that remove the docstring of a Python function."""
    if source.language.name != "python":
        return []
    found: list[Candidate] = []
    lines = source.text.splitlines(keepends=True)
    for one in definitions(source.tree):
        if one.kind not in {"function", "method"} or one.end.line - one.start.line < 3:
            continue
        begin = one.start.line
        while begin < one.end.line and not lines[begin].rstrip().endswith(":"):
            begin += 1
        body = "".join(lines[begin + 1 : one.end.line + 1])
        match = _DOCSTRING.match(body)
        if match is None or len(match["text"]) < _LONG_DOCSTRING or not body[match.end() :].strip():
            continue
        count = match.group().count("\n")
        changed = "".join([*lines[: begin + 1], *lines[begin + 1 + count :]])
        found.append(
            source.candidate(
                id=_id("docstring", source.path, one.name, str(one.start.line)),
                source="refactor",
                detail="docstring",
                group="refactoring",
                changed=changed,
                function=one.name,
                action=ActionKind.DOCSTRING,
                start_line=one.start.line,
                end_line=one.end.line - count,
                line=one.start.line,
            )
        )
    return found


def is_broken(candidate: Candidate, tree: SyntaxTree | None) -> bool:
    """Whether a candidate that is expected to parse does not parse."""
    syntax = {operator.value for operator in SYNTAX_OPERATORS}
    return candidate.detail not in syntax and (tree is None or error_count(tree) > 0)


def code_tokens(tree: SyntaxTree) -> Sequence[tuple[str, bytes]]:
    """The tokens of a text without comments. They are equal for two texts that differ only in layout and comments."""
    source = tree.text.bytes_between(0, tree.text.byte_length)
    found: list[tuple[str, bytes]] = []
    pending = [tree.root]
    while pending:
        node = pending.pop()
        if "comment" in node.type:
            continue
        if node.child_count == 0:
            token = source[node.start_byte : node.end_byte].strip()
            if token:
                found.append((node.type, token))
        pending.extend(reversed(node.children))
    return found


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
