"""The settings of what is written down and of what models get to see. See ``model.py``, which puts all together."""
# ruff: noqa: RUF009 - setting() is attrs' field() with our metadata; ruff only knows the latter

from __future__ import annotations

from typing import Literal, get_args

from attrs import frozen

from autothink_lsp.settings.kinds import Choice, WholeNumber
from autothink_lsp.settings.kinds_of_address import FilePath
from autothink_lsp.settings.spec import setting

LogLevel = Literal["error", "warning", "info", "debug", "trace"]
Places = Literal["everywhere", "remote"]


@frozen(kw_only=True)
class LogSettings:
    """What the server writes about its work."""

    level: LogLevel = setting(
        Choice[LogLevel](get_args(LogLevel)),
        "info",
        'Least important lines to write; "trace" contains pieces of your code.',
        trust="trusted",
        aliases="log_level verbosity",
    )
    file: str = setting(
        FilePath(), "", "File to write to, besides the editor's output panel.", trust="trusted", aliases="log_file"
    )


@frozen(kw_only=True)
class PrivacySettings:
    """What models get to see. For models on other machines nothing here can be loosened."""

    exclude_for: Places = setting(
        Choice[Places](get_args(Places)),
        "everywhere",
        "Whose models do not see files that are secret as a rule, ignored by git, too large, or linked from outside.",
        trust="narrows",
        narrowest="everywhere",
    )
    redact_for: Places = setting(
        Choice[Places](get_args(Places)),
        "everywhere",
        "Whose models get placeholders for keys and passwords that stand in your code.",
        trust="narrows",
        narrowest="everywhere",
        aliases="redact redaction",
    )
    largest_file_kib: int = setting(
        WholeNumber(1, 1_048_576), 8192, "Larger files are excluded.", trust="trusted", aliases="max_file_size"
    )
