"""The rules of the repairs in their order; the first certain repair is used.

A repair that does not change the text, or makes it parse worse, is dropped. Starts nothing, waits for nothing, and
never raises.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import EditRefused, apply_replacements
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.conversation import word_and_start
from autothink_lsp.features.assist.repairs.compiler_words import compiler_words
from autothink_lsp.features.assist.repairs.dropped_return import dropped_return
from autothink_lsp.features.assist.repairs.immutable_binding import immutable_binding
from autothink_lsp.features.assist.repairs.indentation import indentation
from autothink_lsp.features.assist.repairs.method_self import method_self
from autothink_lsp.features.assist.repairs.missing_import import missing_import
from autothink_lsp.features.assist.repairs.misspelt_member import misspelt_member
from autothink_lsp.features.assist.repairs.misspelt_name import misspelt_name
from autothink_lsp.features.assist.repairs.misspelt_return import misspelt_return
from autothink_lsp.features.assist.repairs.parse_errors import errors_of, errors_with
from autothink_lsp.features.assist.repairs.rename import rename
from autothink_lsp.features.assist.repairs.repair import (
    ProjectNames,
    Repair,
    RepairContext,
    RepairStopped,
    Rule,
)
from autothink_lsp.features.assist.repairs.rewording import rewording
from autothink_lsp.features.assist.repairs.syntax_slip import syntax_slip
from autothink_lsp.features.assist.repairs.unused_import import unused_import
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.trees import SyntaxTree

logger = logging.getLogger(__name__)

MAX_BYTES = 1_000_000
_GENERATED = re.compile(
    r"(?i)\b(?:code generated .*do not edit|@generated\b|do not edit (?:this file|by hand|manually))"
)
_GENERATED_LINES = 10

RULES: tuple[Rule, ...] = (
    unused_import,
    method_self,
    misspelt_name,
    missing_import,
    misspelt_return,
    misspelt_member,
    compiler_words,
    rewording,
    dropped_return,
    immutable_binding,
    indentation,
    syntax_slip,
)


def repair(
    request: AssistRequest,
    tree: SyntaxTree | None,
    language: Language | None,
    *,
    project: ProjectNames | None = None,
    check_stop: Callable[[], None] = lambda: None,
) -> Repair | None:
    """The certain repair of the request's first diagnostic, or the requested rename.

    ``None`` if no rule is certain, if ``check_stop`` raises ``RepairStopped``, without a tree of exactly this text, and
    for generated or very large files. Raises ``EditRefused`` if the requested name cannot be used.
    """
    try:
        return find_repair(request, tree, language, project=project, check_stop=check_stop)
    except RepairStopped:
        return None
    except EditRefused:  # a requested rename that would break the code
        raise
    except Exception:  # repairs are optional: the model is asked if they fail
        logger.exception("The repairs without a model failed; the model is asked instead.")
        return None


def find_repair(
    request: AssistRequest,
    tree: SyntaxTree | None,
    language: Language | None,
    *,
    project: ProjectNames | None = None,
    check_stop: Callable[[], None] = lambda: None,
) -> Repair | None:
    """Like ``repair``, but raises the errors of a rule. For tests."""
    if tree is None or language is None or tree.text is not request.snapshot.text or not _is_repairable(tree.text):
        return None
    if request.action is ActionKind.RENAME:
        return rename(request, tree, *word_and_start(request))
    if request.action is not ActionKind.FIX or not request.diagnostics:
        return None
    case = RepairContext(
        request=request, diagnostic=request.diagnostics[0], tree=tree, project=project, check_stop=check_stop
    )
    for rule in RULES:
        check_stop()
        found = rule(case)
        if found is not None and _is_sound(tree, found):
            return found
    return None


def _is_repairable(text: Text) -> bool:
    if text.byte_length > MAX_BYTES:
        return False
    return not any(_GENERATED.search(line[:300]) for line in text.lines(0, _GENERATED_LINES))


def _is_sound(tree: SyntaxTree, found: Repair) -> bool:
    if not found.replacements:
        return found.rename is not None
    changed = apply_replacements(tree.text, found.replacements)
    if str(changed) == str(tree.text):
        return False
    errors = errors_with(tree, found.replacements)
    return errors is not None and errors <= errors_of(tree)
