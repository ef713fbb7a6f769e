"""``assist.actions``: the actions that a user defines, and their setting type.

An invalid action is dropped with one problem; the others apply.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, cast, get_args

from attrs import asdict, frozen

from autothink_lsp.settings.types.base import ParsedValue, Problem, SettingType, described, is_writable, toml_value

ActionPlace = Literal["function", "selection", "file"]
UserActionThink = Literal["", "off", "on"]
_PLACES: tuple[str, ...] = get_args(ActionPlace)
_MEMBERS = frozenset({"name", "prompt", "kind", "kinds", "languages", "place", "think"})
_KIND = re.compile(r"(?:quickfix|refactor|source)(?:\.[A-Za-z0-9_-]+)*")
DEFAULT_KIND = "refactor.rewrite"
MAX_ACTIONS = 50
MAX_NAME_CHARS = 60
MAX_PROMPT_CHARS = 4_000


@frozen(kw_only=True)
class UserAction:
    """An action that the user defines. ``kind`` is LSP's code action kind, ``languages`` are language ids (empty: all),
    ``place`` is the code that the model rewrites, ``think`` is empty if the setting ``assist.think`` decides."""

    name: str
    prompt: str
    kind: str = DEFAULT_KIND
    languages: tuple[str, ...] = ()
    place: ActionPlace = "function"
    think: UserActionThink = ""

    def is_for(self, language_id: str) -> bool:
        """Whether the action is offered in documents of this language."""
        return not self.languages or language_id.lower() in self.languages


class UserActionsType(SettingType[tuple[UserAction, ...]]):
    """A list of tables; a higher layer replaces the list."""

    @property
    def accepts(self) -> str:
        return "a list of tables with name, prompt and, if wanted, kind, languages, place, think"

    def parse(self, raw: object, folder: Path | None) -> ParsedValue[tuple[UserAction, ...]]:
        if not isinstance(raw, list):
            return self.reject(raw)
        actions: dict[str, UserAction] = {}
        problems: list[Problem] = []
        if len(raw) > MAX_ACTIONS:
            problems.append(Problem(f"must have at most {MAX_ACTIONS} actions", consequence="the rest is ignored"))
        for index, item in enumerate(raw[:MAX_ACTIONS]):
            action = _action(item)
            if isinstance(action, UserAction) and action.name.casefold() in actions:
                action = Problem("has the name of an earlier action", described(action.name))
            if isinstance(action, Problem):
                problems.append(Problem(action.requirement, action.got, f"[{index}]", "this action is ignored"))
            else:
                actions[action.name.casefold()] = action
        return ParsedValue(tuple(actions.values()), tuple(problems))

    def from_text(self, text: str) -> object:
        value = toml_value(text)
        return value if isinstance(value, list) else text

    def masked(self, value: tuple[UserAction, ...]) -> list[dict[str, Any]]:
        return [{**asdict(one), "languages": list(one.languages)} for one in value]

    def schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "prompt"],
                "additionalProperties": False,
                "properties": {
                    "name": {"type": "string", "maxLength": MAX_NAME_CHARS},
                    "prompt": {"type": "string", "maxLength": MAX_PROMPT_CHARS},
                    "kind": {"type": "string", "default": DEFAULT_KIND},
                    "languages": {"type": "array", "items": {"type": "string"}},
                    "place": {"type": "string", "enum": list(_PLACES), "default": "function"},
                    "think": {"type": "string", "enum": ["", "off", "on"], "default": ""},
                },
            },
        }


def _action(item: object) -> UserAction | Problem:
    """The action, or the first problem with it."""
    if not isinstance(item, dict):
        return Problem("must be a table with name and prompt", described(item))
    unknown = sorted(str(key) for key in item.keys() - _MEMBERS)
    if unknown:
        return Problem("must have only name, prompt, kind, languages, place and think", described(unknown[0]))
    name, prompt = item.get("name"), item.get("prompt")
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME_CHARS or not is_writable(name):
        return Problem(f"must have a name of at most {MAX_NAME_CHARS} characters", described(name))
    if not isinstance(prompt, str) or not prompt.strip() or len(prompt) > MAX_PROMPT_CHARS:
        return Problem(f"must have a prompt of at most {MAX_PROMPT_CHARS:,} characters", described(prompt))
    kinds = item.get("kind", item.get("kinds", DEFAULT_KIND))
    kind = kinds[0] if isinstance(kinds, list) and len(kinds) == 1 else kinds
    if not isinstance(kind, str) or _KIND.fullmatch(kind) is None:
        return Problem("must have one code action kind as kind, such as refactor.rewrite", described(kind))
    languages = item.get("languages", [])
    if not isinstance(languages, list) or not all(isinstance(one, str) and one.strip() for one in languages):
        return Problem("must have a list of language ids as languages", described(languages))
    place, think = item.get("place", "function"), item.get("think", "")
    if place not in _PLACES:
        return Problem(f"must have one of {', '.join(_PLACES)} as place", described(place))
    think = {True: "on", False: "off"}.get(think, think) if isinstance(think, bool) else think
    if think not in get_args(UserActionThink):
        return Problem("must have on or off as think", described(think))
    return UserAction(
        name=name.strip(),
        prompt=prompt.strip(),
        kind=kind,
        languages=tuple(one.strip().lower() for one in languages),
        place=cast("ActionPlace", place),
        think=cast("UserActionThink", think),
    )
