"""Step 0 of "Explain and fix": repairs that need no model, in an order; the first rule that is certain answers.

A rule proposes, this module disposes: whatever leaves the text as it was, or parses worse than before, is dropped.
It starts nothing, waits for nothing, and never raises.
"""

from __future__ import annotations

import logging
import re

from autothink_lsp.document.text import Text
from autothink_lsp.features.assist.gather import word_at
from autothink_lsp.features.assist.repairs.missing_import import missing_import
from autothink_lsp.features.assist.repairs.misspelt_name import misspelt_name
from autothink_lsp.features.assist.repairs.outcome import applied, errors_of, errors_with
from autothink_lsp.features.assist.repairs.rename import rename
from autothink_lsp.features.assist.repairs.rewording import rewording
from autothink_lsp.features.assist.repairs.unclosed_bracket import unclosed_bracket
from autothink_lsp.features.assist.repairs.unused_import import unused_import
from autothink_lsp.features.assist.repairs.values import Case, ProjectNames, Repair, Rule
from autothink_lsp.features.assist.values import ActionKind, AssistRequest
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.trees import SyntaxTree

logger = logging.getLogger(__name__)

MAX_BYTES = 1_000_000
_GENERATED = re.compile(
    r"(?i)\b(?:code generated .*do not edit|@generated\b|do not edit (?:this file|by hand|manually))"
)
_GENERATED_LINES = 10

RULES: tuple[Rule, ...] = (unused_import, misspelt_name, missing_import, rewording, unclosed_bracket)


def repair(
    request: AssistRequest,
    tree: SyntaxTree | None,
    language: Language | None,
    *,
    project: ProjectNames | None = None,
) -> Repair | None:
    """The one certain repair of the request's first diagnostic, or the rename that it asks for.

    None when no rule is certain, without a tree of exactly this text, and for generated or very large files.
    """
    try:
        return find_repair(request, tree, language, project=project)
    except Exception:  # a step that is only a shortcut must not end the way behind it
        logger.exception("The repairs without a model failed; the model is asked instead.")
        return None


def find_repair(
    request: AssistRequest,
    tree: SyntaxTree | None,
    language: Language | None,
    *,
    project: ProjectNames | None = None,
) -> Repair | None:
    """The same, but what is wrong in a rule is raised."""
    if tree is None or language is None or tree.text is not request.snapshot.text or not _is_repairable(tree.text):
        return None
    if request.action is ActionKind.RENAME:
        return rename(request, tree, word_at(request))
    if request.action is not ActionKind.FIX or not request.diagnostics:
        return None
    case = Case(request=request, diagnostic=request.diagnostics[0], tree=tree, project=project)
    for rule in RULES:
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
    changed = applied(tree.text, found.replacements)
    if str(changed) == str(tree.text):
        return False
    errors = errors_with(tree, found.replacements)
    return errors is not None and errors <= errors_of(tree)
