"""The parameter lists of functions that the user has changed, before and after the change.

A header is recognized by the scope that begins there, by a keyword before its name, or by a function that is assigned
to its name. Documents without a syntax tree are read as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrs import evolve, field, frozen

from autothink_lsp.features.next_edit.history import EditHunk
from autothink_lsp.features.next_edit.proposal import RuleContext
from autothink_lsp.features.next_edit.rules.bracket_list import BracketList, bracket_list
from autothink_lsp.features.next_edit.rules.class_objects import GO_RECEIVER
from autothink_lsp.syntax.scopes import enclosing_scopes
from autothink_lsp.syntax.trees import SyntaxTree
from autothink_lsp.values import Point

_MOST_LINES = 24  # of a header
_TYPE_FIRST = frozenset(["c", "cpp", "objective-c", "java", "csharp", "dart", "vala", "groovy", "glsl"])  # ``int a``
_CALLED = re.compile(r"(?<![\w$])([^\W\d][\w$]*)[!?]?[ \t]*(?:(?:<[^()\n]{0,120}>|\[[^()\n]{0,120}\])[ \t]*)?\(")
_ASSIGNED = re.compile(
    r"(?<![\w$])([^\W\d][\w$]*+)[ \t]*+(?::[^=()\n]{0,120})?=[ \t]*+(?:async\b[ \t]*+)?(function\b[ \t*]*+\w*+[ \t]*+)?"
    r"(?:<[^()\n]{0,120}>[ \t]*+)?\("
)
_GO_RECEIVER = re.compile(GO_RECEIVER)
_DEFINING = re.compile(
    r"\b(?:def|fn|func|fun|function|sub|proc|method)[ \t]++(?:\([^()]{0,200}\)[ \t]*+|[\w.<>, ?]{1,200}[.:])?\Z"
)
# What may precede a call, but no header.
_IN_EXPRESSION = re.compile(
    r"[.=(\[,!?+]\s*\Z|=\s|\b(?:return|await|in|not|and|or|if|elif|while|yield|throw|raise|new)\s+\Z"
)
_NAMELESS = frozenset(["constructor", "init"])  # keywords that are called by the name of their class
_CONSTRUCTORS = frozenset(["__init__", "__construct", "initialize", "new", *_NAMELESS])
_RECEIVER = re.compile(r"(?:&?(?:'\w+\s+)?(?:mut\s+)?self|cls|this)\b(?!\s*[,=.])")
_ANNOTATIONS = re.compile(r"(?:(?:@[\w.]+(?:\([^()]*\))?|#\[[^\]]*\])\s*)+")
_ATTRIBUTES = re.compile(r"(?:\[[^\]]{0,200}\]\s*+)+")
_DEFAULT = re.compile(r"(?<![=!<>:])=(?![=>])|:=")
_TYPED_NAME = re.compile(r"(?s).*[\s*&>\]?](?:this\.|super\.)?(?P<name>[^\W\d]\w*)\s*(?:\[[^\]]*\]\s*)*\Z")
_FUNCTION_POINTER = re.compile(r"\(\s*[*^&]+\s*([^\W\d]\w*)\s*\)\s*\(")
_WORD = re.compile(r"[^\W\d]\w*")
# What stands behind the list of a header that is read as text.
_BODY = re.compile(
    r"\A\s*+(?>(?:(?:(?:async|sync)\*?|const|noexcept|override|throws\s++[\w., ]++)\s*+)*)"
    r"(?:->[^{};]{1,80}|:[^{};=]{1,80})?(?:\{|=>|=|:?\s*+\Z)"
)
_TYPED_BEFORE = re.compile(
    r"\A[ \t]*+(?!(?:return|await|new|else|throw|yield|raise|case|in|not|and|or)\b)"
    r"(?:[\w:<>\[\],.?][\w:<>\[\],.? ]*+[ \t*&]*+)?(?<=[ \t*&])\Z"
)
_CONTROLS = frozenset(
    [
        *("if", "elif", "elsif", "elseif", "unless", "for", "foreach", "while", "until", "switch", "guard", "match"),
        *("when", "catch", "with", "using", "lock", "synchronized", "do", "return", "await", "sizeof", "typeof"),
    ]
)


@frozen
class Parameter:
    """One parameter. ``name`` is empty where a pattern is taken apart, and where only the type is given. ``label`` is
    the name at calls, where all calls write it (Swift). ``is_named``: calls must name it. ``is_optional``: it has a
    default. ``is_rest``: it takes several arguments."""

    text: str
    name: str = ""
    label: str = ""
    is_named: bool = False
    is_optional: bool = False
    is_rest: bool = False

    @property
    def key(self) -> str:
        """What tells it from the other parameters of its list."""
        return self.name or self.text


@frozen
class ChangedHeader:
    """The header of function ``name`` in the lines ``line`` to ``last``, whose parameters were ``before`` and are
    ``after``. ``owner`` is the class or object to which it belongs; empty for a plain function. ``called`` is the name
    by which it is called: that of the class for a constructor."""

    name: str
    owner: str
    line: int
    last: int
    is_constructor: bool
    before: tuple[Parameter, ...] = field(repr=False)
    after: tuple[Parameter, ...] = field(repr=False)

    @property
    def called(self) -> str:
        return self.owner if self.is_constructor and self.name != "new" else self.name

    @property
    def deleted(self) -> int | None:
        """The index in ``before`` of the only difference, a parameter that is gone."""
        return _extra(self.before, self.after)

    @property
    def added(self) -> int | None:
        """The index in ``after`` of the only difference, a parameter that is new."""
        return _extra(self.after, self.before)

    @property
    def renamed(self) -> int | None:
        """The index in both of the only difference, a parameter with another name."""
        keys, others = [one.key for one in self.before], [one.key for one in self.after]
        different = [n for n, pair in enumerate(zip(keys, others, strict=False)) if pair[0] != pair[1]]
        return different[0] if len(keys) == len(others) and len(different) == 1 else None

    @property
    def order(self) -> tuple[int, ...] | None:
        """The index in ``before`` of each parameter that stands at another place in ``after``, where nothing else was
        changed: in the order of ``after``."""
        texts, others = [one.text for one in self.before], [one.text for one in self.after]
        if texts == others or len(set(texts)) != len(texts) or sorted(texts) != sorted(others):
            return None
        return tuple(texts.index(text) for text in others)


def _extra(longer: Sequence[Parameter], shorter: Sequence[Parameter]) -> int | None:
    keys, others = [one.key for one in longer], [one.key for one in shorter]
    if len(keys) != len(others) + 1:
        return None
    index = next((n for n, key in enumerate(keys) if n >= len(others) or others[n] != key), 0)
    return index if keys[:index] + keys[index + 1 :] == others else None


def changed_headers(context: RuleContext, most_hunks: int) -> Iterator[ChangedHeader]:
    """The headers whose parameters one of the newest hunks has changed, the newest first."""
    for hunk in context.hunks[:most_hunks]:
        key = f"header of {hunk.order}"
        if key not in context.shared:
            context.shared[key] = _header_of(context, hunk)
        if (header := context.shared[key]) is not None:
            yield header


def _header_of(context: RuleContext, hunk: EditHunk) -> ChangedHeader | None:
    """The header whose parameters the hunk has changed."""
    for line, name, column in _candidates(context, hunk) if _is_in_list(hunk) else ():
        header = _changed_header(context, hunk, line, name, column)
        if header is not None:
            return header
    return None


def _is_in_list(hunk: EditHunk) -> bool:
    """Whether the hunk may have changed a parameter list: a word or a comma in few lines."""
    return max(len(hunk.old), len(hunk.new)) <= _MOST_LINES and bool(hunk.old or hunk.new)


def _candidates(context: RuleContext, hunk: EditHunk) -> Iterator[tuple[int, str, int]]:
    """The names before a bracket in the hunk or, of a list that goes on into it, above it: line, name, column of the
    name."""
    for line in range(hunk.line, min(max(hunk.stop, hunk.line), len(context.lines))):
        yield from _names(context.lines[line], line)
    depth = 0
    for line in range(min(hunk.line, len(context.lines)) - 1, max(-1, hunk.line - _MOST_LINES), -1):
        text = context.lines[line]
        depth += sum(map(text.count, ")]}")) - sum(map(text.count, "([{"))
        if depth < 0:
            yield from reversed(list(_names(text, line)))
            depth = 0
        if not text.strip():
            return


def _names(text: str, line: int) -> Iterator[tuple[int, str, int]]:
    if len(text) > 600 or "(" not in text:
        return
    for match in _ASSIGNED.finditer(text):
        yield line, match[1], match.start(1)
    for match in _CALLED.finditer(text):
        head = text[: match.start(1)]
        if _DEFINING.search(head) or not _IN_EXPRESSION.search(head):
            yield line, match[1], match.start(1)


def _changed_header(context: RuleContext, hunk: EditHunk, line: int, name: str, column: int) -> ChangedHeader | None:
    now = _list_behind(context, context.lines, line, name, column)
    if now is None or now.last < hunk.line:
        return None
    first = min(line, hunk.line)
    before = (*context.lines[first : hunk.line], *hunk.old, *context.lines[hunk.stop : now.last + _MOST_LINES])
    former_line = line - first
    if line >= hunk.line:
        found = [(n, c) for n, text in enumerate(hunk.old) for _, one, c in _names(text, n) if one == name]
        if not found:
            return None
        former_line, column = found[0]
    was = _list_behind(context, before, former_line, name, column)
    if was is None or was.code[was.opening : was.closing] == now.code[now.opening : now.closing]:
        return None
    old, new = (parameters(context, one) for one in (was, now))
    if [one.key for one in old] == [one.key for one in new]:
        return None
    owner = _owner_of_header(context, line, name, now)
    if owner is None:
        return None
    return ChangedHeader(name, owner, line, now.last, is_constructor(name, owner), old, new)


def header_at(context: RuleContext, line: int) -> tuple[str, str, BracketList] | None:
    """The function whose header begins at ``line``: its name, its owner and its parameter list."""
    for _, name, column in _names(context.lines[line], line):
        found = _list_behind(context, context.lines, line, name, column)
        owner = _owner_of_header(context, line, name, found) if found is not None else None
        if found is not None and owner is not None:
            return name, owner, found
    return None


def is_constructor(name: str, owner: str) -> bool:
    """Whether a function of this name makes objects of its class."""
    return bool(owner) and (name in _CONSTRUCTORS or name == owner)


def _list_behind(context: RuleContext, lines: Sequence[str], line: int, name: str, column: int) -> BracketList | None:
    text = lines[line]
    for pattern in (_ASSIGNED, _CALLED):
        match = pattern.match(text, column)
        if match is not None and match[1] == name:
            return bracket_list(context.style, lines, line, match.end(), has_types=True)
    return None


def _owner_of_header(context: RuleContext, line: int, name: str, found: BracketList) -> str | None:
    """The class or object of the function whose header is at ``line``; empty for a plain function, ``None`` if it is no
    header."""
    text = context.lines[line]
    match = next((m for p in (_CALLED, _ASSIGNED) for m in p.finditer(text) if m[1] == name), None)
    column = match.start(1) if match is not None else 0
    head, behind = text[:column], found.text[found.closing + 1 :]
    assigned = _ASSIGNED.match(text, column)
    is_assigned = assigned is not None
    if assigned is not None and not (assigned[2] or re.match(r"\s*(?::[^=;{}]{1,120})?=>", behind)):
        return None
    receiver = _GO_RECEIVER.search(head)
    path = re.search(r"(?<!\w)([^\W\d]\w*+)(?:<[^<>]{0,200}>)?(?:::|[.:])\Z", head)  # C++, Lua
    owner = receiver[1] if receiver is not None else path[1] if path is not None else ""
    if context.tree is None:
        if name in _CONTROLS:
            return None
        is_header = (
            _DEFINING.search(head) is not None
            or is_assigned
            or (_BODY.match(behind) is not None and _TYPED_BEFORE.match(head) is not None and "=" not in head)
        )
        return owner if is_header else None
    scopes = enclosing_scopes(context.tree, Point(line, column))
    classes = [scope.name for scope in scopes if scope.kind == "class" and scope.name]
    innermost = next((scope for scope in scopes if scope.kind in ("function", "class")), None)
    begins = innermost is not None and _begins(innermost.name, name) and innermost.start.line >= line - _MOST_LINES
    if begins and innermost is not None and innermost.kind == "class" and not path:
        return name if _is_primary(text, column) else None  # a class with parameters
    is_nameless = name in _NAMELESS and innermost is not None and innermost.start.line == line
    is_header = begins or is_assigned or is_nameless or _DEFINING.search(head) is not None
    if not is_header and not names_parameters(context.tree, Point(line, column)):
        return None
    if owner or is_assigned or not classes:
        return owner if not (is_assigned and innermost is not None and innermost.kind == "class") else classes[0]
    index = next(n for n, scope in enumerate(scopes) if scope.kind == "class" and scope.name == classes[0])
    is_inner = any(scope.kind == "function" and not _begins(scope.name, name) for scope in scopes[:index])
    return "" if is_inner and name not in _NAMELESS else classes[0]


def names_parameters(tree: SyntaxTree, point: Point) -> bool:
    """Whether the identifier at ``point`` is the name of a parameter list: of a function or of a prototype."""
    node = tree.node_at(point)
    parent = node.parent if node is not None else None
    if node is None or parent is None:
        return False
    named = parent.child_by_field_name("name") or parent.child_by_field_name("declarator")
    return named is not None and named.id == node.id and parent.child_by_field_name("parameters") is not None


def _begins(scope_name: str | None, name: str) -> bool:
    return scope_name is not None and re.split(r"[.:]+", scope_name)[-1] == name


def _is_primary(text: str, column: int) -> bool:
    return re.search(r"\b(?:class|record|struct)[ \t]+\Z", text[:column]) is not None


def parameters(context: RuleContext, found: BracketList) -> tuple[Parameter, ...]:
    """The parameters of a list, without receivers and marks."""
    language = context.snapshot.language_id
    result: list[Parameter] = []
    is_named = False
    for number in range(len(found.items)):
        code = " ".join(found.code_of(number).split())
        if code in ("*", "/", "void") or (number == 0 and _RECEIVER.match(code) and language not in _TYPE_FIRST):
            is_named = is_named or code == "*"
            continue
        if number == 0 and language == "csharp" and code.startswith("this "):
            continue  # an extension method
        if language == "dart" and code[:1] in "{[":
            inner = [part.strip() for part in code[1:].rstrip("}] ").split(",") if part.strip()]
            result += [evolve(_parameter(part, language), is_named=code[0] == "{") for part in inner]
            continue
        one = _parameter(code, language)
        result.append(evolve(one, is_named=is_named or one.is_named))
        is_named = is_named or (language == "python" and re.match(r"\*\w", code) is not None)
    return tuple(result)


def _parameter(code: str, language: str) -> Parameter:
    head = _ANNOTATIONS.sub("", code)
    if language == "csharp":
        head = _ATTRIBUTES.sub("", head)
    default = _DEFAULT.search(head)
    is_optional = default is not None
    head = (head[: default.start()] if default is not None else head).strip()
    is_rest = "..." in head or re.match(r"(?:vararg|params)\b", head) is not None
    if language == "go":
        found = _WORD.match(head)
        return Parameter(code, found[0] if found is not None else "", is_rest=is_rest)
    if language == "php":
        found = re.search(r"\$([^\W\d]\w*)", head)
        return Parameter(code, found[1] if found is not None else "", is_optional=is_optional, is_rest=is_rest)
    if language in _TYPE_FIRST:
        found = _FUNCTION_POINTER.search(head)
        named = _TYPED_NAME.match(re.sub(r"\brequired\b", "", head))
        name = found[1] if found is not None else named["name"] if named is not None else ""
        if language == "dart" and not name and (alone := re.fullmatch(r"(?:this\.|super\.)?(\w+)", head)) is not None:
            name = alone[1]
        return Parameter(code, name, is_optional=is_optional, is_rest=is_rest)
    left, colon, behind = _split_type(head)
    if left[:1] in tuple("{[("):
        return Parameter(code, is_optional=is_optional)
    words = _WORD.findall(left)
    name = words[-1] if words else ""
    label = ""
    if language == "swift":
        label = "" if words[:1] == ["_"] else words[0] if words else ""
    is_keyword = language == "ruby" and bool(colon)
    return Parameter(
        code,
        name,
        label,
        is_named=is_keyword,
        is_optional=is_optional or left.rstrip().endswith("?") or (is_keyword and bool(behind.strip())),
        is_rest=is_rest
        or left.startswith("*")
        or (language == "ruby" and left.startswith("&"))
        or behind.endswith("*"),
    )


def _split_type(head: str) -> tuple[str, str, str]:
    found = re.search(r"(?<!:):(?!:)", head)
    return (head, "", "") if found is None else (head[: found.start()], ":", head[found.end() :].strip())
