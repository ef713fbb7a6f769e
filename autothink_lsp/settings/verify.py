"""The settings of the checks before an edit is applied. See ``model.py``, which has the whole tree."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated

from autothink_lsp.settings.spec import CommandTable, setting, settings_section
from autothink_lsp.settings.types.scalar import IntegerType


@settings_section
class VerifySettings:
    """Language servers that check an edit in memory before it is applied. They run in trusted folders only."""

    language_servers: bool = setting(
        True,
        "In trusted folders, check edits with language servers that are installed here, in memory, before they are "
        "applied.",
        trust="narrows",
        narrowest=False,
    )
    servers: CommandTable = setting(
        MappingProxyType({}),
        "Command lines of language servers by name (docs/guide/language-servers.md), if they are not found or another "
        "one is to be used; an empty list switches a server off.",
        trust="trusted",
    )
    server_idle_minutes: Annotated[int, IntegerType(1, 120)] = setting(
        3, "A language server that was not used for so long is ended.", trust="trusted"
    )
    server_memory_mib: Annotated[int, IntegerType(128, 65_536)] = setting(
        2048, "A language server that uses more memory is ended (Linux).", trust="trusted"
    )
