"""Updates the calls of a changed function in its own file, as part of the same edit and before it is checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import Replacement, apply_replacements
from autothink_lsp.edits.signatures import SignatureChange, signature_changes
from autothink_lsp.features.assist.callers.call_sites import CallSite, call_sites
from autothink_lsp.features.assist.callers.python_calls import FunctionPlace
from autothink_lsp.syntax.grammar import Grammar


def changed_functions(
    grammar: Grammar, text: Text, replacements: Sequence[Replacement], *, types_asked: bool
) -> tuple[SignatureChange, ...]:
    """The functions of ``text``, except closures, whose parameters ``replacements`` change."""
    before, after = _lines(text), _lines(apply_replacements(text, replacements))
    found = signature_changes(grammar, before, after, types_asked=types_asked)
    return tuple(one for one in found if not one.before.local)


def own_call_sites(
    grammar: Grammar,
    text: Text,
    changes: Iterable[SignatureChange],
    replacements: Sequence[Replacement],
    *,
    path: str,
    skip: tuple[int, int],
) -> tuple[CallSite, ...]:
    """The calls in the same file that ``replacements`` do not touch and that are not on the lines ``skip``."""
    place = FunctionPlace(path, is_here=True, skip=skip)
    sites = [site for one in changes for site in call_sites(grammar, text, one, place, path)]
    changed = {line for one in replacements for line in range(one.start.line, one.end.line + 1)}
    return tuple(site for site in sites if not changed & set(range(site.line, site.last_line + 1)))


def with_own_calls(
    grammar: Grammar,
    text: Text,
    replacements: tuple[Replacement, ...],
    *,
    path: str,
    skip: tuple[int, int],
    types_asked: bool,
) -> tuple[Replacement, ...]:
    """``replacements`` with those of the calls in the file that a rule can change."""
    changes = changed_functions(grammar, text, replacements, types_asked=types_asked)
    if not changes:
        return replacements
    sites = own_call_sites(grammar, text, changes, replacements, path=path, skip=skip)
    more = {one for site in sites for one in site.replacements}
    return tuple(sorted((*replacements, *more), key=lambda one: (one.start, one.end)))


def _lines(text: Text) -> list[str]:
    return text.lines(0, text.line_count)
