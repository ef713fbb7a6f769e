"""Chooses the model family. Pure: the caller asks the server for the token count of each of ``markers()``.

The vocabulary takes precedence over the name: local models are renamed and fine-tuned, but a marker that is one token
in the served vocabulary was in the training data. The name decides between families with the same vocabulary, and if
the server cannot tokenize.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from autothink_lsp.errors import SettingsError
from autothink_lsp.prompt.fim.families.plain import PLAIN
from autothink_lsp.prompt.fim.families.qwen import QWEN_CODER
from autothink_lsp.prompt.fim.families.table import FAMILIES
from autothink_lsp.prompt.fim.family import FimFamily
from autothink_lsp.values import frozen

DEFAULT_FAMILY = QWEN_CODER
"""For a server that cannot tokenize and an unknown name: the spelling of most code models since 2024."""


@frozen
class FamilyChoice:
    """A family and why it was chosen: one sentence for the log and ``doctor``."""

    family: FimFamily
    reason: str


def markers() -> tuple[str, ...]:
    """The texts whose token counts ``choose_family`` needs."""
    return tuple(dict.fromkeys(marker for family in FAMILIES for marker in (*family.markers, *family.signs)))


def choose_family(token_counts: Mapping[str, int] | None, model_name: str | None, override: str = "") -> FamilyChoice:
    """The family of the served model. ``override`` is a family's name from the settings.

    Raises ``SettingsError`` for an override that names no family.
    """
    if override:
        for family in FAMILIES:
            if family.name == override.strip().lower():
                return FamilyChoice(family, f"the settings say {family.name}")
        raise SettingsError(
            f"Unknown model family {override!r}.",
            hint=f"Valid names: {', '.join(family.name for family in FAMILIES)}.",
        )
    named = _by_name(model_name)
    if token_counts is None:
        if named:
            return FamilyChoice(named[0], f"the model's name {model_name!r} says so; the server cannot tokenize")
        return FamilyChoice(
            DEFAULT_FAMILY, f"the default: the server cannot tokenize and {model_name or 'the model'} is unknown"
        )
    return _by_vocabulary(token_counts, named, model_name)


def _by_vocabulary(token_counts: Mapping[str, int], named: list[FimFamily], model_name: str | None) -> FamilyChoice:
    for family in named:
        if family.by_name_only and _fits(family, token_counts, hidden_markers=True):
            return FamilyChoice(family, f"the model's name {model_name!r} says so")
    fitting = [f for f in FAMILIES if f.markers and not f.by_name_only and _fits(f, token_counts)]
    if not fitting:
        return FamilyChoice(
            PLAIN, "the vocabulary has no fill-in-the-middle tokens: only text before the cursor is used"
        )
    most_signs = max(len(family.signs) for family in fitting)
    best = [family for family in fitting if len(family.signs) == most_signs]
    chosen = next((family for family in named if family in best), best[0])
    seen = " ".join((*chosen.markers, *chosen.signs))
    return FamilyChoice(chosen, f"the served vocabulary has {seen}")


def _fits(family: FimFamily, token_counts: Mapping[str, int], *, hidden_markers: bool = False) -> bool:
    """Whether each marker and sign of the family is one token.

    ``hidden_markers``: accept the family by its name although its tokens are hidden, unless the vocabulary has the
    tokens of another one.
    """
    if hidden_markers and not any(token_counts.get(marker) == 1 for marker in markers()):
        return True
    return all(token_counts.get(marker) == 1 for marker in (*family.markers, *family.signs))


def _by_name(model_name: str | None) -> list[FimFamily]:
    """Families whose pattern matches the name, the longest match first, so that ``codegemma`` is not taken for
    ``gemma``."""
    name = (model_name or "").lower()
    found: list[tuple[int, FimFamily]] = []
    for family in FAMILIES:
        lengths = [len(match.group()) for pattern in family.names if (match := re.search(pattern, name))]
        if lengths:
            found.append((max(lengths), family))
    return [family for _, family in sorted(found, key=lambda entry: -entry[0])]
