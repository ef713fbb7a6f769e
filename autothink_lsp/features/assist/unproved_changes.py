"""Finds changes of a proved edit that the proof does not cover, as reasons to ask the user before it is applied. Pure.

A tool that no longer reports its message proves that the message is gone, not that the code still does its work. The
message of ``user.upper()`` is gone if the call is fixed, and also if it is removed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from autothink_lsp.document.lines import equal_ends, indent_of
from autothink_lsp.document.text import Text
from autothink_lsp.edits.alignment import line_similarity
from autothink_lsp.edits.code_lines import CodeLine, code_lines
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.changed_tests import changed_tests, is_in_test, made_for_tests
from autothink_lsp.features.assist.evasions import evasions, words_of
from autothink_lsp.quantities import shortened
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.languages import Language
from autothink_lsp.values import Diagnostic
from autothink_lsp.verify.evidence import tool_title
from autothink_lsp.verify.line_origins import line_origins
from autothink_lsp.verify.report import CheckReport
from autothink_lsp.verify.suppressions import check_suppressions
from autothink_lsp.verify.target_message import quoted_names

# Messages that are fixed by removing the code they refer to.
_ABOUT_REMOVAL = re.compile(
    r"unused|not used|never (?:used|read|accessed)|unreachable|redundant|unnecessary|unneeded|superfluous|useless"
    r"|duplicate|redefin|redeclar|already (?:been )?(?:defined|declared|imported)|defined (?:multiple|several) times"
    r"|repeated|needless|dead code|has no effect|unexpected (?:console|'debugger') statement|commented-out code"
    r"|F401|F811|F841",
    re.IGNORECASE,
)
# Messages about a part of the code that is too much.
_ABOUT_SHORTENING = re.compile(
    r"\buse\b.{1,80}\binstead of\b|comparison to `?(?:True|False)|E712|without any placeholders|implements the `?Copy"
    r"|exit code directly|can be simplified|simplif(?:y|ied)\b|SIM1\d\d",
    re.IGNORECASE,
)
# Words that stand for a value or for work that is not done.
_PLACEHOLDERS = frozenset(
    (
        *("None", "True", "False", "null", "nullptr", "nil", "NULL", "undefined", "true", "false", "void", "new"),
        *("pass", "return", "raise", "throw", "panic", "todo", "unimplemented", "unreachable", "Error", "Exception"),
        *(
            "NotImplemented",
            "TODO",
            "loop",
            "Default",
            "default",
            "NotImplementedError",
            "NotImplementedException",
            "UnsupportedOperationException",
        ),
    )
)
_JUMP = re.compile(
    r"\s*(return|raise|throw|break|continue|goto|panic!?|unreachable!?|todo!|exit|sys\.exit|os\._exit|process\.exit|abort"
    r"|assert False|assert_never|die)\b(?![.,]|\s*(?:[-+*/|&:]?=(?!=)|:(?!:)))"
)
_MODIFIER = re.compile(r"\s(?:if|unless)\s(?!.{0,300}?\selse\s)")  # Ruby, Perl: ``return if user.nil?``
_BLOCK_END = re.compile(
    r"\s*(?:[})\]]|end\b|else\b|el(?:se ?)?if\b|except\b|finally\b|catch\b|rescue\b|ensure\b|case\b|default\b"
    r"|when\b|\w+:\s*$|#|//|/\*|--|def\b|class\b|@|(?:async )?function\b|fn\b|func\b|pub\b)"
)
# Words that change how other code may use what is declared, or when it runs.
_MODIFIERS = frozenset(
    {"abstract", "async", "const", "constexpr", "constinit", "crate", "explicit", "export", "extern", "final",
     "inline", "internal", "mutable", "native", "noexcept", "nonlocal", "override", "private", "protected",
     "pub", "public", "readonly", "sealed", "static", "suspend", "synchronized", "throws", "transient",
     "unsafe", "virtual", "volatile"}
)  # fmt: skip
_DECLARED = re.compile(r"(?:[ \t]{1,9}\w{1,80}){0,9}[ \t]{1,9}(\w{1,80})")  # the last word before a sign
_NEARLY = 0.7
_MOST_NAMED = 3
_MOST_LINES = 400
_LONGEST_MESSAGE = 100


def unproved_changes(
    texts: tuple[Text, Text],
    replacements: Sequence[Replacement],
    diagnostics: Sequence[Diagnostic],
    reported: Sequence[tuple[int, int]],
    *,
    language: Language | None = None,
    grammar: Grammar | None = None,
    name: str = "",
    is_by_tool: bool = False,
) -> tuple[str, ...]:
    """Sentences about an edit whose message, the first of ``diagnostics``, is gone.

    ``texts`` are those before and after it, ``reported`` the lines of the messages, ``name`` is the file's name.
    ``is_by_tool``: the edit is the fix of the tool that reports the message, which removes only what the message refers
    to.
    """
    text, after = texts

    def is_reported(line: int) -> bool:
        return any(first <= line <= last for first, last in reported)

    is_removal_asked = bool(_ABOUT_REMOVAL.search(f"{diagnostics[0].code} {diagnostics[0].message}"))
    concerns: list[str] = []
    for one in replacements:
        last = max(one.start.line, one.end.line - (one.end.column == 0 and one.end > one.start))
        if not all(map(is_reported, range(one.start.line, last + 1))):
            concerns.append("It also changes lines away from the reported problem.")
            continue
        present = text.between(one.start, one.end)
        if _adds_lines_apart(present, one):
            concerns.append("It also adds lines apart from the reported problem.")
            continue
        is_whole_line = present.strip() == text.line(one.start.line).strip()
        if is_whole_line and not one.new_text.strip() and not is_removal_asked:
            concerns.append("It removes the reported code.")
    if (silenced := check_suppressions(str(text), str(after))) is not None:  # as the user asked
        concerns.append(f"{silenced.detail[:1].upper()}{silenced.detail[1:]}.")
    if not concerns and not is_by_tool:
        message = diagnostics[0].message
        old, new, around = _changed_code(text, after, language, grammar)
        concerns += _unreachable(text.lines(0, text.line_count), after.lines(0, after.line_count))
        concerns += _lost_code(old, new, message, is_removal_asked=is_removal_asked)
        concerns += _lost_modifiers(old, new, message)
        concerns += evasions(
            old,
            new,
            language=language,
            message=message,
            name=name,
            is_removal_asked=is_removal_asked,
            around=around,
        )
    return tuple(dict.fromkeys(concerns))


def changes_for_tests(
    text: Text, after: Text, *, language: Language | None = None, grammar: Grammar | None = None
) -> tuple[str, ...]:
    """Sentences about the changes of an edit that passing tests do not prove: code that depends on whether tests run,
    and changes of tests in the same file."""
    old, new, around = _changed_code(text, after, language, grammar)
    if not is_in_test(new, around):
        return tuple(made_for_tests(old, new))
    return tuple(dict.fromkeys(changed_tests(old, new, "", is_removal_asked=False, around=around)))


def new_warnings(text: Text, after: Text, report: CheckReport | None, target: Diagnostic) -> tuple[str, ...]:
    """A sentence about a new warning in the lines that an edit of ``text`` changed, with the code of ``target`` or a
    name that it quotes: the problem may have become it."""
    found = [one for result in report.results for one in result.new_findings] if report is not None else []
    names = frozenset(quoted_names(target.message))
    warnings = [
        one
        for one in found
        if one.severity == "warning" and (one.code == target.code or not names.isdisjoint(quoted_names(one.message)))
    ]
    if not warnings:
        return ()
    unchanged = line_origins(*(one.lines(0, one.line_count) for one in (text, after)))
    here = next((one for one in warnings if one.line >= 0 and one.line not in unchanged), None)
    if here is None:
        return ()
    message = shortened(here.message.partition("\n")[0], _LONGEST_MESSAGE).rstrip(".")
    return (f"{tool_title(here.checker)} warns of the new code: {message}.",)


def _lost_code(old: Sequence[CodeLine], new: Sequence[CodeLine], message: str, *, is_removal_asked: bool) -> list[str]:
    """A concern about code that was removed or replaced by a placeholder."""
    before, after = words_of(old), words_of(new)
    lost, gained = [word for word in before - after if not word[0].isdigit()], set(after - before)
    has_code = any(line.code.strip() for line in new)
    is_removal_asked = is_removal_asked or (has_code and bool(_ABOUT_SHORTENING.search(message)))
    if lost and not is_removal_asked and all(_is_placeholder(word, lost) for word in gained):
        names = ", ".join(f"`{shortened(word, 40)}`" for word in lost[:_MOST_NAMED])
        return [f"It removes {names} from the reported code."]
    return []


def _lost_modifiers(old: Sequence[CodeLine], new: Sequence[CodeLine], message: str) -> list[str]:
    """A concern about a modifier that is gone although its declaration is not, and the message does not speak of it."""
    present = words_of(new)
    lost = (words_of(old) - present).keys() & _MODIFIERS
    unasked = sorted(word for word in lost if word not in message.lower())
    return [
        f"It removes `{word}` from the reported code."
        for word in unasked
        if any(_is_declared_by(word, line.code, present) for line in old)
    ][:1]


def _is_declared_by(modifier: str, code: str, present: Counter[str]) -> bool:
    """Whether a line with ``modifier`` declares a name that is ``present``, or has it behind its parameters."""
    before, found, after = code.partition(modifier)
    if not found:
        return False
    name = _DECLARED.match(after)
    return ")" in before or (name is not None and name[1] in present)


def _is_placeholder(word: str, lost: Sequence[str]) -> bool:
    """Whether ``word`` stands for nothing; not if it corrects the spelling of a word that was ``lost``."""
    if word not in _PLACEHOLDERS and not word[0].isdigit():
        return False
    return not any(SequenceMatcher(None, word, one).ratio() >= _NEARLY for one in lost)


def _unreachable(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """A concern about a new jump in front of code of the same block. Type checkers do not look at code that is never
    reached."""
    if len(new) <= len(old):
        return []
    present = Counter(old)
    added = {number for number, line in enumerate(new) if not _is_known(line, present)}
    for number in added:
        jump = _JUMP.match(new[number])
        if jump is None or _MODIFIER.search(new[number], jump.end()):
            continue
        behind = next((line for line in new[number + 1 :] if line.strip()), "")
        is_same_block = indent_of(behind) == indent_of(new[number])
        if is_same_block and not _BLOCK_END.match(behind):
            return [f"It makes the code behind `{jump[1]}` unreachable."]
    return []


def _adds_lines_apart(present: str, edit: Replacement) -> bool:
    """Whether ``edit``, which replaces ``present``, adds lines behind blank lines that follow the reported line. Those
    before it may be what its new version needs."""
    column, new = edit.start.column, edit.new_text
    if not new.strip() or _gaps(new, column) <= _gaps(present, column):
        return False
    if not present.strip():
        return column > 0
    first, was = (part.strip().partition("\n")[0] for part in (new, present))
    return column > 0 or line_similarity(first, was) >= _NEARLY


def _gaps(part: str, column: int) -> int:
    """The number of gaps of blank lines in a part of a text that begins at ``column``."""
    lines = part.split("\n")
    blank = [not line.strip() for line in (lines[:-1] if not column else lines[1:-1])]
    return sum(1 for number, one in enumerate(blank) if one and not (number and blank[number - 1]))


def _is_known(line: str, present: Counter[str]) -> bool:
    present[line] -= 1
    return present[line] >= 0


def _changed_code(
    text: Text, after: Text, language: Language | None, grammar: Grammar | None
) -> tuple[list[CodeLine], list[CodeLine], tuple[list[str], list[str]]]:
    """The lines between the first and the last change, before and after the edit, and the lines above and below
    them."""
    old, new = (one.lines(0, one.line_count) for one in (text, after))
    first, same_end = equal_ends(old, new)
    if max(len(old), len(new)) - same_end - first > _MOST_LINES:
        return [], [], ([], [])

    def divided(lines: Sequence[str]) -> list[CodeLine]:
        stop = len(lines) - same_end
        return code_lines(grammar, language, lines[first:stop], lines[:first], lines[stop:])

    return divided(old), divided(new), (new[:first], new[len(new) - same_end :])
