"""The folders of this program's files. Creates none of them: the writing code does.

``AUTOTHINK_HOME`` puts all of them under one folder (portable installs, tests); otherwise they are at the system's
standard locations (XDG folders, Application Support, AppData), from platformdirs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

HOME_VARIABLE = "AUTOTHINK_HOME"
USER_FILE = "config.toml"
PROJECT_FILE = "autothink.toml"
_APPLICATION = "autothink-lsp"


def config_dir(environ: Mapping[str, str] | None = None) -> Path:
    """The folder of the user's ``config.toml``."""
    return _under_home("config", environ) or _platform_path("user_config_path")


def data_dir(environ: Mapping[str, str] | None = None) -> Path:
    """The folder for data that is expensive to download again: models."""
    return _under_home("data", environ) or _platform_path("user_data_path")


def state_dir(environ: Mapping[str, str] | None = None) -> Path:
    """The folder for persistent state: trusted folders, measured speeds."""
    return _under_home("state", environ) or _platform_path("user_state_path")


def cache_dir(environ: Mapping[str, str] | None = None) -> Path:
    """The folder for data that may be deleted at any time."""
    return _under_home("cache", environ) or _platform_path("user_cache_path")


def user_file(environ: Mapping[str, str] | None = None) -> Path:
    """The path of the user's settings file."""
    return config_dir(environ) / USER_FILE


def _under_home(name: str, environ: Mapping[str, str] | None) -> Path | None:
    home = (os.environ if environ is None else environ).get(HOME_VARIABLE, "")
    return Path(home).absolute() / name if home else None


def _platform_path(function: str) -> Path:
    import platformdirs  # costs 10 ms, only at the first call

    return getattr(platformdirs, function)(_APPLICATION, appauthor=False)
