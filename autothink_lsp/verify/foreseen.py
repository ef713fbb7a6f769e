"""Predicts the strongest evidence that is possible for an edit, before a model is asked.

If no tool could detect a mistake, the policy thinks earlier, and the user is told why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from autothink_lsp.values import Diagnostic
from autothink_lsp.verify.checker_choice import CheckerChoice
from autothink_lsp.verify.evidence import ForeseenEvidence
from autothink_lsp.verify.target_message import is_syntax_message

# Phrases that the messages of linters and type checkers have in common.
_ABOUT_NAMES = re.compile(
    r"undefined|not defined|unused|not accessed|never (?:used|read)|resolve import", re.IGNORECASE
)


def foreseen_evidence(
    target: Diagnostic | None,
    choice: CheckerChoice,
    server_sources: Iterable[frozenset[str]] = (),
    *,
    has_tests: bool = False,
    has_grammar: bool = False,
) -> ForeseenEvidence:
    """The strongest possible evidence for an edit that fixes ``target``. ``server_sources`` are the diagnostic sources
    of each language server that would check it. Starts nothing."""
    if has_tests:
        return ForeseenEvidence.TESTS
    servers = tuple(server_sources)
    runnable = choice.runnable()
    is_own = any(choice.source.lower() in sources for sources in servers) or any(map(choice.is_own, runnable))
    if choice.source and is_own:
        return ForeseenEvidence.SAME_TOOL
    tools = [spec for spec in runnable if spec.finds != "syntax"]
    kind = next((spec.finds for spec in choice.known if choice.is_own(spec)), None)
    about_syntax = target is not None and is_syntax_message(target)
    about_names = target is not None and _ABOUT_NAMES.search(target.message) is not None
    if about_syntax:
        can_see = bool(servers or runnable)
    elif target is None or kind is None or about_names:
        can_see = bool(servers or tools)
    else:
        can_see = bool(servers) or any(spec.finds == kind for spec in tools)
    if can_see:
        return ForeseenEvidence.OTHER_TOOL
    return ForeseenEvidence.PARSE if has_grammar else ForeseenEvidence.NOTHING
