"""The settings of the log and of privacy. See ``model.py``, which has the whole tree."""

from __future__ import annotations

from typing import Annotated, Literal

from autothink_lsp.settings.spec import FilePath, setting, settings_section
from autothink_lsp.settings.types.scalar import IntegerType

LogLevel = Literal["error", "warning", "info", "debug", "trace"]
Places = Literal["everywhere", "remote"]


@settings_section
class LogSettings:
    """What the server writes about its work."""

    level: LogLevel = setting(
        "info",
        'Log level. "trace" contains pieces of your code.',
        trust="trusted",
        suggested_for="log_level verbosity",
        choices={
            "error": "Only errors.",
            "warning": "Errors and warnings.",
            "info": "Also normal events.",
            "debug": "Also details for debugging, without code.",
            "trace": "Everything, including pieces of your code.",
        },
    )
    file: FilePath = setting(
        "", "Log file, in addition to the editor's output panel.", trust="trusted", suggested_for="log_file"
    )


@settings_section
class PrivacySettings:
    """What models get to see. For models on other machines nothing here can be loosened."""

    exclude_for: Places = setting(
        "everywhere",
        "Which models must not see secret, git-ignored, oversized or externally linked files.",
        trust="narrows",
        narrowest="everywhere",
        choices={
            "everywhere": "All models.",
            "remote": "Only models on other machines.",
        },
    )
    redact_for: Places = setting(
        "everywhere",
        "Which models get placeholders instead of keys and passwords in your code.",
        trust="narrows",
        narrowest="everywhere",
        suggested_for="redact redaction",
        choices={
            "everywhere": "All models.",
            "remote": "Only models on other machines.",
        },
    )
    largest_file_kib: Annotated[int, IntegerType(1, 1_048_576)] = setting(
        8192, "Files larger than this (KiB) are never sent to a model.", trust="trusted", suggested_for="max_file_size"
    )
