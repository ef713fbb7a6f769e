"""Forms of prompts for models that were not trained for next edits, as a last resort: fill in the middle, and a chat.

A fill-in-the-middle model writes the cursor's line anew, between the lines above and below it, with the latest edits as
a diff in front of the file. A chat rewrites the window, in a fence. Both are tried after the trained dialects and have
to pass the same probes.
"""

from __future__ import annotations

from autothink_lsp.prompt.fim.families.table import FAMILIES
from autothink_lsp.prompt.fim.family import FimFamily
from autothink_lsp.prompt.next_edit.dialect import NextEditDialect

_MOST_STOPS = 4  # that all servers take
_DIFF = "--- a/{path}\n+++ b/{path}\n@@ {span} @@\n{removed}{added}\n"
_ABOVE, _BELOW = "{edits}{above}{head}", "{tail}{below}"

CHAT = NextEditDialect(
    name="chat",
    markers=(),
    names=(),
    system=(
        "You predict a developer's next edit. You get his latest edits as diffs and an excerpt of the file, with the"
        " cursor at <|cursor|>. If the edits have to be continued in the excerpt, answer with the whole excerpt as it"
        " has to be then, in one fence and without the cursor's mark. Change nothing else. If nothing has to be"
        " changed, answer NO_EDITS."
    ),
    template="Latest edits:\n\n{edits}\nExcerpt of {path}:\n\n```\n{marked}```\n",
    edit=_DIFF,
    cursor="<|cursor|>",
    stop=(),
    size=15,
    edits_head="```diff\n",
    edits_foot="```\n",
    no_edit="NO_EDITS",
    is_fenced=True,
)


def fim_dialect(family: FimFamily) -> NextEditDialect | None:
    """The dialect of a family; ``None`` for one without three tokens of its own."""
    if family.by_name_only or not (family.prefix and family.suffix and family.middle):
        return None
    prefix, suffix, middle = (_literal(token) for token in (family.prefix, family.suffix, family.middle))
    layouts = {
        "psm": f"{prefix}{_ABOVE}{suffix}{_BELOW}{middle}",
        "spm": f"{suffix}{_BELOW}{prefix}{_ABOVE}{middle}",
        "joined": f"{prefix}{suffix}{_BELOW}{middle}{_ABOVE}",
    }
    order = next((order for order in family.orders if order in layouts), None)
    if order is None:
        return None
    return NextEditDialect(
        name=f"fim-{family.name}",
        markers=family.markers,
        names=(),
        template=layouts[order],
        edit=_DIFF,
        cursor="",
        stop=("\n", *family.stop[: _MOST_STOPS - 1]),
        size=15,
        around=30,
        answer="cursor line",
    )


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


_BY_FAMILY = tuple(dialect for family in FAMILIES if (dialect := fim_dialect(family)) is not None)
# Families that differ in more than these tokens have one dialect: a prompt of the same text.
FIM_DIALECTS = tuple({(one.markers, one.template): one for one in reversed(_BY_FAMILY)}.values())[::-1]
PLAIN_DIALECTS = (*FIM_DIALECTS, CHAT)
