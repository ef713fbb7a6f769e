"""Rule: repeats a change of tokens that was made at two or more places at the other places of these tokens.

The tokens around the changed places decide where else the change applies. The tokens that all changed places have in
common must be there, and more of them if the changed tokens are not specific (numbers, marks, short words). A change
that the user made only together with another one on the same line is proposed only together with it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from attrs import evolve, frozen

from autothink_lsp.document.lines import indent_of
from autothink_lsp.features.next_edit.proposal import LineEdit, RuleContext
from autothink_lsp.features.next_edit.rules.declared_names import declaration_kind, may_be_declared
from autothink_lsp.features.next_edit.rules.identifier_role import IdentifierRoles
from autothink_lsp.features.next_edit.rules.line_edits import line_edits
from autothink_lsp.features.next_edit.rules.passed_places import LEAST_CHOSEN, is_passed
from autothink_lsp.features.next_edit.token_change import TokenChange, tokens
from autothink_lsp.syntax.scopes import ScopeKind
from autothink_lsp.values import Point

RULE_ID = "repeated-change"
_MOST_HUNKS = 12
_MOST_OTHER_HUNKS = 6
_MOST_SITES = 60
_MOST_CHECKED = 16  # the nearest lines whose kind and role the tree determines; each takes 0.1 ms
_MOST_CONTEXT_TOKENS = 4
_RECENT_HUNKS = 2
_LEAST_WORD = 3
_LEAST_OF_KIND = 1 / 3  # of the changed places: one of two may be in a comment, one of many says nothing
_NEAR = 60  # characters around a place in which its neighbouring tokens are searched
_LEAST_TELLING_TOKENS = 3  # a changed text of a word and this number of tokens needs no context
_KEYWORDS = frozenset(  # of many languages; too common to identify a place
    [
        *("return", "def", "function", "func", "fun", "async", "await", "yield", "import", "from", "export", "new"),
        *("const", "let", "var", "mut", "pub", "public", "private", "protected", "static", "final", "void"),
        *("for", "while", "else", "elif", "and", "not", "self", "this", "case", "match", "try", "catch", "except"),
    ]
)
_DECLARING = frozenset(["let", "var", "const", "val", "final", "readonly", "mut"])  # whatever they declare
_OPENING = ("(", "[", "{")
QUOTES = ("'", '"', "`")
_DEFINING = re.compile(r"\b(?:defp?|fn|func|function|fun|sub|proc|class|struct|interface|trait)[ \t]+(?:[\w.]+[.:])?$")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_BEHIND_NAME = re.compile(r"[!?]\Z|<[^<>]*>\Z|\[[^\[\]]*\]\Z")
_PATH = re.compile(r"\w(?:\.|::)\w\w")  # ``t.IO``
_IMPORTING = re.compile(r"\s*+(?:import|from|use|using|export)\b")
_MEMBER = re.compile(r"(?:\.|::)([^\W\d]\w*)")
_COLOUR = re.compile(r"(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_LENGTH = re.compile(r"[\d.]++(px|r?em|%|pt|vh|vw|ch|ms|s)")


def repeated_change(context: RuleContext) -> Iterator[LineEdit | None]:
    """The edits at the other places of the change that the newest hunks have in common."""
    recent = {hunk.order for hunk in context.hunks[:_RECENT_HUNKS]}
    hunks = (*context.hunks[:_MOST_HUNKS], *context.other_hunks[:_MOST_OTHER_HUNKS])
    changes = tuple(map(_of_keyword, context.changes(hunks)))
    groups: dict[tuple[str, str], list[TokenChange]] = {}
    for change in changes:
        if change.old_text.strip() != change.new_text.strip():
            groups.setdefault((change.old_text, change.new_text), []).append(change)
    roles = IdentifierRoles.of(context)
    repeated = {key: group for key, group in groups.items() if len(group) >= 2 or _is_imported_so(context, group[0])}
    for (old, new), group in repeated.items():
        if not any(change.order in recent for change in group) or _is_never_alone(group, changes, repeated):
            continue
        yield None
        sites = _sites(context, roles, group)
        if sites and _is_object_of_changed(group, changes):
            sites = _with_member(context, roles, sites, repeated.values())
        for other in repeated.values():
            if sites and other is not group and _lines_of(group) <= _lines_of(other):
                also = _sites(context, roles, other, sorted(sites))
                texts = (old, new, other[0].old_text, other[0].new_text)
                are_names = all(_IDENTIFIER.fullmatch(text) for text in texts)
                sites = {n: places + also.get(n, []) for n, places in sites.items() if are_names or n in also}
        _add_neighbours(context, roles, sites, [other for other in repeated.values() if other is not group])
        new_lines = {line: _changed(context.lines[line], places) for line, places in sites.items()}
        new_lines = {line: text for line, text in new_lines.items() if not _is_rest(context.lines[line], text)}
        yield from line_edits(context, RULE_ID, f"{old} → {new}", new_lines)


def _add_neighbours(
    context: RuleContext,
    roles: IdentifierRoles,
    sites: dict[int, list[tuple[int, str, str]]],
    others: Sequence[Sequence[TokenChange]],
) -> None:
    """Add the places of other repeated changes in the adjacent lines to ``sites``, so that they become one edit."""
    around = {line + step for line in sites for step in (-1, 1)} - set(sites) - context.changed_lines
    inside = sorted(line for line in around if 0 <= line < len(context.lines))
    for other in others if inside else ():
        for line, places in _sites(context, roles, other, inside).items():
            sites.setdefault(line, []).extend(places)


def _is_rest(old: str, new: str) -> bool:
    """Whether only signs are left of a line (``;``): the user would join it with another one."""
    return bool(new.strip()) and any(map(str.isalnum, old)) and not any(map(str.isalnum, new))


def _is_never_alone(
    group: Sequence[TokenChange],
    changes: Sequence[TokenChange],
    repeated: Mapping[tuple[str, str], Sequence[TokenChange]],
) -> bool:
    """Whether each change of ``group`` was made together with another one on its line that is not repeated. What the
    other one would be at a new place is unknown."""
    others = _lines_of([change for change in changes if (change.old_text, change.new_text) not in repeated])
    return _lines_of(group) <= others


def _of_keyword(change: TokenChange) -> TokenChange:
    """An insertion behind a keyword, to which it belongs (``pub(crate)``), as a replacement of the keyword."""
    if change.old_text or change.left[-1:] != ("pub",) or not change.new_text.startswith("("):
        return change
    at = change.at[0], change.at[1] - len("pub")
    return evolve(change, at=at, left=change.left[:-1], old=("pub",), new=("pub", *change.new))


def _is_imported_so(context: RuleContext, change: TokenChange) -> bool:
    """Whether an import was changed as a use was: the old name was taken out of it, and the new one put in."""
    old, new = change.old_text, change.new_text
    if not (_IDENTIFIER.fullmatch(old) and _IDENTIFIER.fullmatch(new)):
        return False
    for hunk in context.hunks[:_MOST_HUNKS]:
        if hunk.order == change.order or not any(map(_IMPORTING.match, (*hunk.old[:1], hunk.above))):
            continue
        before, after = ({word for line in side for word in tokens(line)} for side in (hunk.old, hunk.new))
        if old in before - after and new in after - before:
            return True
    return False


def _is_object_of_changed(group: Sequence[TokenChange], changes: Sequence[TokenChange]) -> bool:
    """Whether each change of ``group`` is of an object whose member was changed with it (``a.one``, ``b.two``)."""
    starts = {(change.uri, change.order, *change.at) for change in changes}
    return all(
        change.right[:1] in ((".",), (":",))
        and (change.uri, change.order, change.at[0], change.at[1] + len(change.new_text) + step) in starts
        for change in group
        for step in (1 if change.right[:1] == (".",) else 2,)
    )


def _with_member(
    context: RuleContext,
    roles: IdentifierRoles,
    sites: Mapping[int, list[tuple[int, str, str]]],
    groups: Collection[Sequence[TokenChange]],
) -> dict[int, list[tuple[int, str, str]]]:
    """The places of an object behind which a changed member stands, with the change of the member."""
    members = {group[0].old_text: group for group in groups if _IDENTIFIER.fullmatch(group[0].old_text)}
    found: dict[int, list[tuple[int, str, str]]] = {}
    for line, places in sites.items():
        for column, old, new in places:
            at = column + len(old)
            match = _MEMBER.match(context.lines[line], at)
            if match is not None and match[1] in members and roles.fits(members[match[1]], Point(line, match.start(1))):
                member = (match.start(1), match[1], members[match[1]][0].new_text)
                found.setdefault(line, []).extend([(column, old, new), member])
    return found


def _lines_of(group: Sequence[TokenChange]) -> set[tuple[str, int]]:
    return {(change.uri, change.at[0]) for change in group}


def _changed(line: str, places: Sequence[tuple[int, str, str]]) -> str:
    """The line with ``new`` in place of ``old`` at each (column, old, new). Of two places that overlap, the first
    counts."""
    parts, end = [], 0
    for column, old, new in sorted(places):
        if column >= end:
            parts += [line[end:column], new]
            end = column + len(old)
    return "".join((*parts, line[end:]))


def _sites(
    context: RuleContext, roles: IdentifierRoles, group: Sequence[TokenChange], lines: Sequence[int] | None = None
) -> dict[int, list[tuple[int, str, str]]]:
    """The places at which the change was not made yet: by line the column, the old and the new text of each. Searches
    ``lines`` only, if given. Places between the changed ones are left out, because the user has passed them by; if more
    were passed by than changed, there are no places at all."""
    kinds = edited_kinds(context, group)
    wanted = _Wanted.of(context, group)
    if not wanted.is_strong and not is_telling((*wanted.left, *wanted.right)):
        return {}
    old, new = wanted.old, wanted.new
    places: list[Point] = []
    passed = looked_at = 0
    done_lines = {at.line for at in wanted.done}
    for match in _matches(context, _pattern(old, wanted.left, wanted.right), lines):
        point = context.point_of(match.start("old"))
        if not wanted.is_at(context, point):
            continue
        if is_passed(done_lines, point.line):
            if len(wanted.done) >= LEAST_CHOSEN and looked_at < 2 * _MOST_CHECKED:
                looked_at += 1
                passed += kind_of(context, point, old) in kinds and roles.fits(group, point)
                if passed > len(wanted.done):
                    return {}
            continue
        places.append(point)
        if len(places) == _MOST_SITES:
            break
    if wanted.declared:  # each answer of the tree takes 0.1 ms
        places = [point for point in places if _may_declare(context, point, old, new, wanted.declared)]
    nearest = context.by_distance(sorted({point.line for point in places}))[:_MOST_CHECKED]
    found: dict[int, list[tuple[int, str, str]]] = {}
    for point in places:
        if point.line not in nearest or kind_of(context, point, old) not in kinds:
            continue
        behind = _name_behind(context, point, old)
        if roles.fits(group, point) and roles.knows_names((old + behind,), (new + behind,), point.line):
            found.setdefault(point.line, []).append((point.column, old, _written_at(context, point, old, new)))
    return found


def _name_behind(context: RuleContext, point: Point, old: str) -> str:
    """The name of the member whose object is ``old``: without it, it is a variable."""
    match = _IDENTIFIER.match(context.lines[point.line], point.column + len(old)) if old.endswith(".") else None
    return match[0] if match is not None else ""


@frozen
class _Wanted:
    """What a place of the change must be like. ``left`` and ``right`` are the tokens that all changed places, ``done``,
    have around them; ``says_enough``: they need not be there. ``declared``: what a changed keyword declares."""

    old: str
    new: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    is_strong: bool
    says_enough: bool
    new_word: re.Pattern[str] | None
    declared: frozenset[str]
    is_comment: bool
    at_start: bool  # an insertion or a deletion that was always made at the beginning of a line's text
    at_end: bool
    begins_line: bool  # every change was made at the beginning of a line's text
    joint: str  # the last token of an insertion that was never made behind the same token
    done: tuple[Point, ...]

    @classmethod
    def of(cls, context: RuleContext, group: Sequence[TokenChange]) -> _Wanted:
        """What the places of a group of equal changes have in common."""
        old, new = group[0].old_text, group[0].new_text
        is_strong = has_word(group[0].old) or _is_colour(group) or _is_converted(old, new)
        is_rename = is_strong and bool(_IDENTIFIER.fullmatch(old) and _IDENTIFIER.fullmatch(new))
        declared = _declarations(context, group) if old.strip() in _DECLARING else frozenset[str]()
        left = common_end([change.left for change in group])
        right = common_start([change.right for change in group])
        if not old and left and has_word(left[-1:]) and left[-1] not in _KEYWORDS and _BEHIND_NAME.match(new):
            left, right = left[-1:], right[:1]  # it belongs to the name, whatever stands around it
        is_one_sided = not old.strip() or not new.strip()
        long_enough = sum(bool(token.strip()) for token in group[0].old) >= _LEAST_TELLING_TOKENS
        return cls(
            old=old,
            new=new,
            left=left,
            right=right,
            is_strong=is_strong,
            says_enough=bool(declared) or (is_strong and long_enough),
            new_word=re.compile(rf"(?<![\w.]){re.escape(new)}(?!\w)") if is_rename else None,
            declared=declared,
            is_comment=new.lstrip().startswith(tuple(context.style.line_comments or ("\0",))),
            at_start=is_one_sided and not any("".join(change.left).strip() for change in group),
            at_end=is_one_sided and not any("".join(change.right).strip() for change in group),
            begins_line=not any("".join(change.left).strip() for change in group),
            joint=_joint(group),
            done=tuple(Point(*change.at) for change in group if change.uri == context.snapshot.uri),
        )

    def is_at(self, context: RuleContext, point: Point) -> bool:
        """Whether the change is to be made where the old text stands."""
        line = context.lines[point.line]
        before, behind = line[: point.column], line[point.column + len(self.old) :]
        begins_too = self.is_strong and self.begins_line and not before.strip() and self.old not in _KEYWORDS
        if not (self.says_enough or begins_too) and not _fits(
            context, point, self.old, self.left, self.right, is_strong=self.is_strong
        ):
            return False
        if (self.at_start and before.strip()) or (self.at_end and behind.strip()):
            return False
        if self.joint and before.rstrip().endswith(self.joint):
            return False
        if self.new_word is not None and self.new_word.search(line):
            return False  # the line defines the new name, or has both
        if self.new_word is not None and _DEFINING.search(before) and _is_defined(context, self.new):
            return False  # the uses were changed to another function
        if _is_done(context, point, self.old, self.new):
            return False
        if any(_overlaps(point, len(self.old), at, len(self.new)) for at in self.done):
            return False
        if self.is_comment and behind.strip():
            return False  # what stands behind would become a comment
        return point.line not in context.written_lines


def _is_colour(group: Sequence[TokenChange]) -> bool:
    """Whether the changed tokens are colours (``#336699``), which mean the same wherever they stand."""
    return all(change.left[-1:] == ("#",) and _COLOUR.fullmatch(change.old_text) for change in group)


def _is_converted(old: str, new: str) -> bool:
    """Whether a length got another unit (``16px``, ``1rem``)."""
    units = [found[1] for text in (old, new) if (found := _LENGTH.fullmatch(text)) is not None]
    return len(set(units)) == 2


def _joint(group: Sequence[TokenChange]) -> str:
    """The token that joins an insertion to what stands behind it (``name ::``, ``await``), unless it was inserted
    behind the same token, like an argument behind a comma."""
    last = _nearest(group[0].new[::-1]) if not group[0].old_text.strip() else None
    return last if last is not None and all(_nearest(change.left[::-1]) != last for change in group) else ""


def _is_defined(context: RuleContext, name: str) -> bool:
    return re.search(rf"{_DEFINING.pattern.removesuffix('$')}{re.escape(name)}\b", context.source) is not None


def _declarations(context: RuleContext, group: Sequence[TokenChange]) -> frozenset[str]:
    """What the changed keywords declare: parameters, fields, local variables."""
    here = [Point(*change.at) for change in group if change.uri == context.snapshot.uri]
    return frozenset(declaration_kind(context, point) for point in here)


def _may_declare(context: RuleContext, point: Point, old: str, new: str, declared: frozenset[str]) -> bool:
    """Whether the keyword at a place declares what those do that were changed, and may be changed."""
    if declaration_kind(context, point) not in declared:
        return False
    return may_be_declared(context, point, old.rstrip(), new.strip())


def _written_at(context: RuleContext, point: Point, old: str, new: str) -> str:
    """The new text; an argument in front of others gets a line of its own where they have one."""
    if old or not _is_wrapped(context, point) or not new.rstrip().endswith(","):
        return new
    return f"\n{indent_of(context.lines[point.line + 1])}{new.strip()}"


def _is_wrapped(context: RuleContext, point: Point) -> bool:
    """Whether a bracket is opened at the end of the line, whose contents stand on the next ones."""
    line = context.lines[point.line]
    return (
        line[: point.column].endswith(_OPENING)
        and not line[point.column :].strip()
        and (point.line + 1 < len(context.lines))
    )


def _matches(context: RuleContext, pattern: re.Pattern[str], lines: Sequence[int] | None) -> Iterator[re.Match[str]]:
    if lines is None:
        return context.matches(pattern)
    spans = ((start := context.line_starts[line], start + len(context.lines[line])) for line in lines)
    return (match for span in spans for match in pattern.finditer(context.source, *span))


def edited_kinds(context: RuleContext, group: Sequence[TokenChange]) -> frozenset[ScopeKind]:
    """The kinds (code, comment, string) of the changed places, without those of which few places are. Places in other
    documents count as code."""
    kinds: Counter[ScopeKind] = Counter(
        kind_of(context, Point(*change.at), change.old_text) if change.uri == context.snapshot.uri else "code"
        for change in group
    )
    return frozenset(kind for kind, count in kinds.items() if count >= _LEAST_OF_KIND * len(group))


def kind_of(context: RuleContext, point: Point, old: str) -> ScopeKind:
    """The kind of the place of ``old`` at ``point``. A string that is replaced as a whole counts as code; text that is
    inserted at the end of a string is in it."""
    return context.kind_before(point) if not old or old[:1] in QUOTES else context.kind_at(point)


def has_word(some: Sequence[str]) -> bool:
    """Whether the tokens contain an identifier that is long enough to have one meaning."""
    return any(len(token) >= _LEAST_WORD and _IDENTIFIER.fullmatch(token) for token in some)


def is_telling(some: Sequence[str]) -> bool:
    """Whether the tokens around a place identify it: they contain a specific word, or several keywords."""
    keywords = [token for token in some if token in _KEYWORDS]
    return (
        len(keywords) > 1
        or _PATH.search("".join(some)) is not None
        or has_word([token for token in some if token not in _KEYWORDS])
    )


def common_end(sides: Sequence[tuple[str, ...]], most: int = _MOST_CONTEXT_TOKENS) -> tuple[str, ...]:
    """The tokens with which all ``sides`` end, at most ``most`` of them without blanks."""
    return common_start([side[::-1] for side in sides], most)[::-1]


def common_start(sides: Sequence[tuple[str, ...]], most: int = _MOST_CONTEXT_TOKENS) -> tuple[str, ...]:
    """The tokens with which all ``sides`` begin, at most ``most`` of them without blanks."""
    found: list[str] = []
    for column in zip(*sides, strict=False):
        if len(set(column)) != 1 or sum(bool(token.strip()) for token in found) == most:
            break
        found.append(column[0])
    while found and not found[-1].strip():
        found.pop()
    return tuple(found)


def _pattern(old: str, left: tuple[str, ...], right: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern of the places at which the change may apply: its old tokens; for an insertion, the tokens around it."""
    if old.strip():
        before = r"(?<!\w)" if re.match(r"\w", old) else ""
        behind = r"(?!\w)" if re.search(r"\w\Z", old) else ""
        return re.compile(f"{before}(?P<old>{re.escape(old)}){behind}")
    anchor_left, anchor_right = re.escape("".join(left)), re.escape("".join(right))
    word_left = r"(?<!\w)" if left and re.match(r"\w", left[0]) else ""
    word_right = r"(?!\w)" if right and re.search(r"\w\Z", right[-1]) else ""
    wrapped = r"(?:[ \t]*\n[ \t]*)?" if not old and left[-1:] and left[-1] in _OPENING else ""
    return re.compile(f"{word_left}{anchor_left}(?P<old>{re.escape(old)})(?={wrapped}{anchor_right}{word_right})")


def _fits(
    context: RuleContext, point: Point, old: str, left: tuple[str, ...], right: tuple[str, ...], *, is_strong: bool
) -> bool:
    """Whether enough of the tokens that the changed places have in common stand around ``point``."""
    line, stop = context.lines[point.line], point.column + len(old)
    if not is_strong:
        rest = context.lines[point.line + 1].lstrip() if not old and _is_wrapped(context, point) else line[stop:]
        here_left, here_right = tokens(line[: point.column]), tokens(rest)
        fits_left = here_left[len(here_left) - len(left) :] == left
        if fits_left and is_telling(left) and right:
            return here_right[:1] == right[:1]  # what comes later on the line may differ
        return fits_left and here_right[: len(right)] == right
    nearest_left, nearest_right = _nearest(left[::-1]), _nearest(right)
    if nearest_left is None and nearest_right is None:
        return True
    here_left, here_right = tokens(line[max(0, point.column - _NEAR) : point.column]), tokens(line[stop : stop + _NEAR])
    same_left = nearest_left is not None and nearest_left == _nearest(here_left[::-1])
    same_right = nearest_right is not None and nearest_right == _nearest(here_right)
    return same_left or same_right


def _nearest(side: Sequence[str]) -> str | None:
    return next((token for token in side if token.strip()), None)


def _is_done(context: RuleContext, point: Point, old: str, new: str) -> bool:
    """Whether the place has the new text already, which contains the old one."""
    line, at = context.lines[point.line], new.find(old) if old else -1
    if not old:
        return line.startswith(new, point.column) or line[: point.column].endswith(new)
    while at >= 0:
        if line.startswith(new, point.column - at) and point.column >= at:
            return True
        at = new.find(old, at + 1)
    return False


def _overlaps(point: Point, length: int, done: Point, done_length: int) -> bool:
    if point.line != done.line:
        return False
    return point.column < done.column + max(done_length, 1) and done.column < point.column + max(length, 1)
