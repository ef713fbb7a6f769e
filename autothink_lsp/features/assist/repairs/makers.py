"""The repairs themselves: each gives one edit where it is certain, else ``None``. All are checked by the caller."""
# ruff: noqa: E501, S105 - tables of names

from __future__ import annotations

import re
import sys

from autothink_lsp.edits.values import Replacement
from autothink_lsp.features.assist.repairs.names import IDENTIFIER, names_in_scope, near
from autothink_lsp.features.assist.repairs.values import Case, Repair
from autothink_lsp.syntax.health import tree_error_count
from autothink_lsp.syntax.scopes import imports
from autothink_lsp.thinking.diagnostic_family import DiagnosticFamily, diagnostic_family
from autothink_lsp.values import Point

_SAID = re.compile(r"did you mean (?:to (?:use|write) )?[`'\"“‘]?([^\W\d]\w*)", re.IGNORECASE)
# Names of the standard library that are used without their module, and what everybody calls some modules.
_FROM = {
    **dict.fromkeys(("Path", "PurePath", "PurePosixPath"), "pathlib"),
    **dict.fromkeys(("dataclass", "field", "asdict"), "dataclasses"),
    **dict.fromkeys(("defaultdict", "Counter", "OrderedDict", "deque", "namedtuple", "ChainMap"), "collections"),
    **dict.fromkeys(("Any", "Optional", "Union", "Literal", "TypeVar", "Protocol", "NamedTuple", "TypedDict", "cast"), "typing"),
    **dict.fromkeys(("Callable", "Iterable", "Iterator", "Mapping", "Sequence", "Generator", "Awaitable"), "collections.abc"),
    **dict.fromkeys(("partial", "lru_cache", "cache", "wraps", "reduce", "cached_property"), "functools"),
    **dict.fromkeys(("datetime", "timedelta", "timezone"), "datetime"),
    **dict.fromkeys(("contextmanager", "suppress", "ExitStack", "closing"), "contextlib"),
    **dict.fromkeys(("chain", "pairwise", "groupby", "islice", "accumulate"), "itertools"),
    **dict.fromkeys(("Enum", "StrEnum", "IntEnum"), "enum"),
    **dict.fromkeys(("Decimal",), "decimal"),
    **dict.fromkeys(("ABC", "abstractmethod"), "abc"),
    **dict.fromkeys(("sleep", "perf_counter", "monotonic"), "time"),
    **dict.fromkeys(("TemporaryDirectory", "NamedTemporaryFile"), "tempfile"),
}  # fmt: skip
_AMBIGUOUS_MODULES = frozenset(
    {"time", "datetime", "copy", "field", "code", "token", "test", "this", "select", "queue"}
)
_GO_PACKAGES = {
    name: path
    for path in [
        "fmt",
        "strings",
        "strconv",
        "os",
        "io",
        "errors",
        "time",
        "math",
        "sort",
        "sync",
        "bytes",
        "bufio",
        "context",
        "regexp",
        "log",
        "net/http",
        "encoding/json",
        "path/filepath",
        "unicode",
        "reflect",
        "math/rand",
        "slices",
        "maps",
    ]
    for name in [path.rpartition("/")[2]]
}


def misspelt_name(case: Case) -> Repair | None:
    """A name that is not defined and one slip away from exactly one that is."""
    if _family(case) is not DiagnosticFamily.UNDEFINED and not _SAID.search(case.diagnostic.message):
        return None
    place = _marked_name(case)
    if place is None:
        return None
    start, end, name = place
    said = _SAID.search(case.diagnostic.message)
    right = said[1] if said else near(name, names_in_scope(case))
    if right is None or right == name:
        return None
    where = "the checker proposes it" if said else "it is the only name in scope that is spelt nearly so"
    return Repair(
        replacements=(Replacement(start, end, right),),
        title=f"Change `{name}` to `{right}`",
        explanation=f"`{name}` is not defined here. `{right}` is: {where}.",
        rule_id="repair-misspelt-name",
    )


def missing_import(case: Case) -> Repair | None:
    """A name that one module of the standard library, or one open document, gives."""
    if _family(case) is not DiagnosticFamily.UNDEFINED:
        return None
    place = _marked_name(case)
    if place is None:
        return None
    name = place[2]
    if case.language.name == "python":
        line = _python_import(case, name)
    elif case.language.name == "go":
        return _go_import(case, name)
    else:
        return None
    if line is None:
        return None
    at = _import_place(case, line)
    return Repair(
        replacements=(Replacement(at, at, line + case.text.eol),),
        title=f"Add `{line}`",
        explanation=f"`{name}` is used but never imported.",
        rule_id="repair-missing-import",
    )


def _python_import(case: Case, name: str) -> str | None:
    modules = list(case.project.modules_that_define(name, case.request)) if case.project else []
    if name in _FROM:
        modules.append(_FROM[name])
    if len(set(modules)) == 1:
        return f"from {modules[0]} import {name}"
    if not modules and name in sys.stdlib_module_names and name not in _AMBIGUOUS_MODULES and not name.startswith("_"):
        used_as_module = re.search(rf"(?<![\w.]){re.escape(name)}\.[^\W\d]", case.text.line(case.diagnostic.start.line))
        return f"import {name}" if used_as_module else None
    return None


def _go_import(case: Case, name: str) -> Repair | None:
    path = _GO_PACKAGES.get(name)
    used = re.search(rf"(?<![\w.]){re.escape(name)}\.[A-Z]", case.text.line(case.diagnostic.start.line))
    if path is None or not used:
        return None
    eol = case.text.eol
    found = imports(case.tree)
    lines = case.text.lines(0, case.text.line_count)
    group = next((n for n, line in enumerate(lines) if re.match(r"import\s*\($", line.strip())), None)
    if group is not None:
        at = Point(group + 1, 0)
        edit = Replacement(at, at, f'\t"{path}"{eol}')
    elif found:
        at = Point(found[0].start.line, 0)
        edit = Replacement(at, at, f'import "{path}"{eol}')
    else:
        package = next((n for n, line in enumerate(lines) if line.startswith("package ")), None)
        if package is None:
            return None
        at = Point(package, len(lines[package]))
        edit = Replacement(at, at, f'{eol}{eol}import "{path}"')
    return Repair(
        replacements=(edit,),
        title=f'Import "{path}"',
        explanation=f"`{name}` is used but never imported.",
        rule_id="repair-missing-import",
    )


def _import_place(case: Case, line: str) -> Point:
    """In order among imports of its kind; behind the docstring and ``__future__``."""
    lines = case.text.lines(0, case.text.line_count)
    top = [one for one in imports(case.tree) if one.start.column == 0]
    kind = line.split(maxsplit=1)[0]
    first = next(
        (
            one
            for one in top
            if lines[one.start.line].startswith(f"{kind} ")
            and "__future__" not in lines[one.start.line]
            and lines[one.start.line] > line
        ),
        None,
    )
    if first is not None:
        return Point(first.start.line, 0)
    if top:
        last = top[-1]
        return Point(last.end.line + 1, 0) if last.end.column else Point(last.end.line, 0)
    return Point(_behind_docstring(case, lines), 0)


def _behind_docstring(case: Case, lines: list[str]) -> int:
    for child in case.tree.root.children:
        if child.type == "comment":
            continue
        if child.type == "expression_statement" and child.child_count and child.children[0].type == "string":
            return case.text.point_at_byte(child.end_byte).line + 1
        break
    line = 0
    while line < len(lines) and lines[line].startswith("#"):
        line += 1
    return line


_UNCLOSED = re.compile(
    r"['\"`“]?([(\[{])['\"`”]? was never closed|unclosed|expected ['\"`]?([)\]};:])|['\"`]?([)\]};:])['\"`]? expected"
)
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_PYTHON_BLOCK = re.compile(
    r"^\s*(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|with|match|case)\b"
)


def unclosed_bracket(case: Case) -> Repair | None:
    """One closer or colon that is missing: taken where putting it in makes the whole text parse, at one place only."""
    if _family(case) is not DiagnosticFamily.SYNTAX:
        return None
    before = tree_error_count(case.tree.grammar, case.tree.tree)
    if not before:
        return None
    fits: list[tuple[Point, str]] = []
    for point, token in _insertions(case):
        changed = str(case.text.replace(point, point, token))
        parsed = case.tree.grammar.parse_source(changed)
        if parsed is not None and tree_error_count(case.tree.grammar, parsed) == 0:
            fits.append((point, token))
    if not fits or len({token for _, token in fits}) > 1:
        return None
    point, token = fits[0]
    return Repair(
        replacements=(Replacement(point, point, token),),
        title=f"Add the missing `{token}`",
        explanation=f"A `{token}` is missing in line {point.line + 1}; with it the file parses.",
        rule_id="repair-unclosed",
    )


def _insertions(case: Case) -> list[tuple[Point, str]]:
    """Where a token may be missing: at the end of the lines around the message, and before their last character."""
    match = _UNCLOSED.search(case.diagnostic.message)
    line = case.diagnostic.start.line
    tokens: list[str] = []
    if match and match[1]:
        tokens = [_CLOSERS[match[1]]]
    elif match and (match[2] or match[3]) and (match[2] or match[3]) != ";":
        tokens = [match[2] or match[3]]
    else:
        tokens = [")", "]", "}", ":"]
    places: list[tuple[Point, str]] = []
    for number in range(max(0, line - 1), min(case.text.line_count, line + 2)):
        bare = case.text.line(number).rstrip()
        for token in tokens:
            if token == ":" and not (case.language.name == "python" and _PYTHON_BLOCK.match(bare)):
                continue
            if not bare:
                continue
            places.append((Point(number, len(bare)), token))
            if bare[-1] in ":{;,)" and token != ":":
                places.append((Point(number, len(bare) - 1), token))
    return places


def unused_import(case: Case) -> Repair | None:
    """An import that nothing uses: the whole line where it imports one name, else the name."""
    if _family(case) is not DiagnosticFamily.UNUSED or case.language.name != "python":
        return None
    line = case.diagnostic.start.line
    text = case.text.line(line)
    if not re.match(r"\s*(?:import|from)\s", text) or "(" in text or "\\" in text or ";" in text:
        return None
    head, _, names = (
        text.partition(" import ") if text.lstrip().startswith("from") else (text.split("import")[0], "", "")
    )
    listed = [name.strip() for name in (names or text.partition("import ")[2]).split("#")[0].split(",")]
    said = case.word.strip() or ""
    unused = next((name for name in listed if said and said in {name, name.split(" as ")[-1].strip()}), None)
    if unused is None and len(listed) == 1:
        unused = listed[0]
    if unused is None:
        return None
    rest = [name for name in listed if name != unused]
    if rest:
        fresh = f"{head} import {', '.join(rest)}" if names else f"{head}import {', '.join(rest)}"
        edit = Replacement(Point(line, 0), Point(line, len(text)), fresh)
    else:
        edit = Replacement(Point(line, 0), Point(line + 1, 0), "")
    return Repair(
        replacements=(edit,),
        title=f"Remove the import of `{unused}`",
        explanation=f"Nothing uses `{unused}`.",
        rule_id="repair-unused-import",
    )


_COMPARISONS = (
    (re.compile(r"== None\b"), "is None", "E711"),
    (re.compile(r"!= None\b"), "is not None", "E711"),
    (re.compile(r"\bnot (\w+) in\b"), r"\1 not in", "E713"),
    (re.compile(r"\bnot (\w+) is\b"), r"\1 is not", "E714"),
)


def comparison(case: Case) -> Repair | None:
    """What a linter wants written in another way that means the same."""
    line = case.diagnostic.start.line
    text = case.text.line(line)
    for pattern, fresh, code in _COMPARISONS:
        if case.diagnostic.code == code and len(pattern.findall(text)) == 1:
            match = pattern.search(text)
            if match is None:
                continue
            new = match.expand(fresh)
            return Repair(
                replacements=(Replacement(Point(line, match.start()), Point(line, match.end()), new),),
                title=f"Write `{new}`",
                explanation=f"`{match.group()}` is written `{new}`; it means the same.",
                rule_id="repair-comparison",
            )
    return None


def _family(case: Case) -> DiagnosticFamily:
    return diagnostic_family(case.diagnostic.source, case.diagnostic.code, case.diagnostic.message)


def _marked_name(case: Case) -> tuple[Point, Point, str] | None:
    """The identifier that the message is about: what it marks, else the only one that it quotes on that line."""
    text, start = case.text, case.diagnostic.start
    line = text.line(start.line)
    quoted = set(re.findall(r"[`'\"“]([^\W\d]\w*)[`'\"”]", case.diagnostic.message))
    quoted |= set(re.findall(r"(?:undefined:|undefined name) ([^\W\d]\w*)", case.diagnostic.message, re.IGNORECASE))
    said = _SAID.search(case.diagnostic.message)
    if said:
        quoted.discard(said[1])
    marked = [match for match in IDENTIFIER.finditer(line) if match.start() <= start.column < match.end()]
    if marked and (not quoted or marked[0].group() in quoted):
        chosen = marked[0]
    else:
        found = [match for match in IDENTIFIER.finditer(line) if match.group() in quoted]
        first = re.match(r"[^\W\d]\w*", case.diagnostic.message)
        if not found and first:
            found = [match for match in IDENTIFIER.finditer(line) if match.group() == first.group()]
        if len(found) != 1:
            return None
        chosen = found[0]
    return Point(start.line, chosen.start()), Point(start.line, chosen.end()), chosen.group()
