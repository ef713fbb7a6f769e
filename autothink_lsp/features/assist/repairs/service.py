"""Step 0: repairs that need no model. The first that is certain counts; most requests have none, at the cost of a
millisecond."""

from __future__ import annotations

import logging

from autothink_lsp.features.assist.gather import word_at
from autothink_lsp.features.assist.repairs import makers
from autothink_lsp.features.assist.repairs.rename import rename
from autothink_lsp.features.assist.repairs.values import Case, Maker, ProjectNames, Repair
from autothink_lsp.features.assist.values import ActionKind, AssistRequest
from autothink_lsp.syntax.languages import Language
from autothink_lsp.syntax.trees import SyntaxTree

logger = logging.getLogger(__name__)

MAKERS: tuple[Maker, ...] = (
    makers.unused_import,
    makers.comparison,
    makers.misspelt_name,
    makers.missing_import,
    makers.unclosed_bracket,
)


def repair(
    request: AssistRequest,
    tree: SyntaxTree | None,
    language: Language | None,
    *,
    project: ProjectNames | None = None,
) -> Repair | None:
    """``None`` where nothing is certain. Never raises."""
    if tree is None or language is None:
        return None
    try:
        if request.action is ActionKind.RENAME:
            return rename(request, tree, word_at(request))
        if not request.diagnostics:
            return None
        case = Case(request, request.diagnostics[0], tree, language, project)
        return next((found for maker in MAKERS if (found := maker(case)) is not None), None)
    except Exception:
        logger.exception("a repair failed")
        return None
