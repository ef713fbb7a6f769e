"""The settings of next edits. See ``model.py``, which has the whole tree."""

from __future__ import annotations

from types import MappingProxyType

from autothink_lsp.settings.spec import LanguageSwitches, setting, settings_section
from autothink_lsp.settings.types.collection import is_on


@settings_section
class NextEditSettings:
    """What you will change next, proposed where you will change it."""

    enabled: bool = setting(
        True,
        "Propose the next edit after an edit, by rules that need no model.",
        trust="narrows",
        narrowest=False,
        suggested_for="next_edit_suggestions nes",
    )
    languages: LanguageSwitches = setting(
        MappingProxyType({}),
        'Languages with next edits: language IDs with true or false ("*": all others), or a list of IDs.',
        trust="narrows",
    )

    def allows_language(self, language_id: str) -> bool:
        """Whether to propose edits in documents of this language."""
        return is_on(self.languages, language_id)
