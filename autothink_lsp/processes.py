"""How other programs are started so that nothing of a project runs with them.

An editor often starts the server in the folder that is open. A program that is started there may take things from it: a
``json.py`` (Python), a program of a relative entry of ``PATH``, a library (llama.cpp looks for backends in its current
folder), a configuration (git, npm, uv). So each program is started in a neutral folder, by its whole path, and with an
environment without relative search paths. ``tests/hardening/test_started_programs.py`` lists every place.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import autothink_lsp

_BOOT = "import sys; sys.path.extend(sys.argv.pop(1).split({separator!r})); from {module} import main; main()"
_SEARCH_PATHS = ("PATH", "PYTHONPATH")
# What a Python needs to start, to find its packages and to make temporary files; no keys, no addresses.
_LEAST = (
    *("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR"),
    *("TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
)


def neutral_folder() -> str:
    """A folder that no project is: the root of the drive that this Python lies on."""
    return Path(sys.executable or os.__file__).absolute().anchor


def find_program(name: str, places: Sequence[str] | None = None) -> str | None:
    """The whole path of a program in ``places``, or in the absolute folders of ``PATH``; ``None`` where it is not.

    ``shutil.which`` alone also looks in relative folders, and on Windows in the current one.
    """
    if places is None:
        places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    absolute = [place for place in places if Path(place).is_absolute()]
    found = shutil.which(name, path=os.pathsep.join(absolute)) if absolute else None
    return found if found is not None and Path(found).is_absolute() else None


def clean_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without relative entries in search paths, and ``more``."""
    environment = dict(os.environ)
    for name in _SEARCH_PATHS:
        if name in environment:
            environment[name] = absolute_entries(environment[name])
            if not environment[name]:  # an empty PATH means the current folder
                del environment[name]
    return {**environment, **(more or {})}


def least_environment() -> dict[str, str]:
    """For a Python child of our own that needs nothing of the user's settings: no API key and no ``PYTHONPATH``."""
    return {name: os.environ[name] for name in _LEAST if name in os.environ}


def absolute_entries(search_path: str) -> str:
    """A search path without its relative and empty entries."""
    return os.pathsep.join(entry for entry in search_path.split(os.pathsep) if Path(entry).is_absolute())


def own_module_command(module: str) -> list[str]:
    """The command line that runs ``main()`` of one of our modules in a child process of this very Python.

    ``-P`` keeps the current folder off the import path and ``-E`` the environment's; both could bring a project's
    ``json.py``. The folders that this process finds packages in are appended, not prepended: the child's own standard
    library comes first.
    """
    package_folder = str(Path(autothink_lsp.__file__).parent.parent)
    current = os.path.realpath(".")
    folders = [place for place in sys.path if Path(place).is_absolute() and os.path.realpath(place) != current]
    searched = os.pathsep.join(dict.fromkeys([*folders, package_folder]))
    return [sys.executable, "-P", "-E", "-c", _BOOT.format(separator=os.pathsep, module=module), searched]
