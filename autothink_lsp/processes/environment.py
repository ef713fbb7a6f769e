"""The folder, the environment and the search path of a child process.

An editor often starts the language server in the folder of the open project. A program started there could load files
of the project: ``json.py`` (Python), a program from a relative entry of ``PATH``, a library (llama.cpp loads backends
from its current folder), a configuration file (git, npm, uv). So every program is started in a neutral folder, by its
absolute path, with an environment without relative search paths. ``tests/hardening/test_started_programs.py`` has a
table of every place that starts one.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# Where a project has programs of its own, in the order in which they are searched. Only for projects that are trusted.
PROJECT_TOOL_FOLDERS = (".venv/bin", "venv/bin", "node_modules/.bin", "vendor/bin", ".venv/Scripts", "venv/Scripts")
_SEARCH_PATHS = ("PATH", "PYTHONPATH")
# The variables that Python needs to start, to find its packages and to make temporary files. None has keys or URLs.
_MINIMAL_VARIABLES = (
    *("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR"),
    *("TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
)
# Prefixes of variables that choose llama.cpp's device, number of threads and libraries.
_COMPUTE_PREFIXES = (
    *("CUDA_", "NVIDIA_", "HIP_", "ROCR_", "HSA_", "ONEAPI_", "SYCL_", "ZE_", "VK_", "GGML_", "LLAMA_"),
    *("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_"),
)
_KEY_WORDS = ("KEY", "TOKEN", "SECRET", "PASSWORD")  # NVIDIA_API_KEY is no choice of a device


def neutral_folder() -> str:
    """Return a folder that is no project: the root of the drive that holds this Python."""
    return Path(sys.executable or os.__file__).absolute().anchor


def find_program(name: str, folders: Sequence[str] | None = None) -> str | None:
    """Return the absolute path of a program in ``folders`` (default: ``PATH``), or ``None`` if it is not there.

    Relative folders are skipped. ``shutil.which`` alone searches them too, and on Windows the current folder.
    """
    if folders is None:
        folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    absolute = [folder for folder in folders if Path(folder).is_absolute()]
    found = shutil.which(name, path=os.pathsep.join(absolute)) if absolute else None
    return found if found is not None and Path(found).is_absolute() else None


def search_path_outside(folder: Path) -> list[str]:
    """Return the absolute entries of ``PATH`` that are not below ``folder``, also by a link."""
    outside = []
    for entry in os.environ.get("PATH", os.defpath).split(os.pathsep):
        place = Path(entry)
        try:
            is_inside = place.resolve().is_relative_to(folder.resolve()) or place.is_relative_to(folder.absolute())
        except (OSError, RuntimeError):  # a loop of links
            continue
        if place.is_absolute() and not is_inside:
            outside.append(entry)
    return outside


def clean_environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment without relative entries in search paths, plus ``variables``."""
    environment = dict(os.environ)
    for name in _SEARCH_PATHS:
        if name in environment:
            environment[name] = absolute_entries(environment[name])
            if not environment[name]:  # an empty PATH means the current folder
                del environment[name]
    return {**environment, **(variables or {})}


def minimal_environment() -> dict[str, str]:
    """Return the environment of a Python child that must see no API key, no ``PATH`` and no ``PYTHONPATH``."""
    return {name: os.environ[name] for name in _MINIMAL_VARIABLES if name in os.environ}


def compute_variables() -> dict[str, str]:
    """Return the variables of this process that decide how llama.cpp computes, and no API key."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_COMPUTE_PREFIXES) and not any(word in name for word in _KEY_WORDS)
    }


def shared_engine_environment() -> dict[str, str]:
    """Return the environment of an engine that other windows use, too: nothing in it is only this window's.

    On Windows the libraries of a GPU are found by ``PATH``.
    """
    cleaned = clean_environment()
    kept = {name: cleaned[name] for name in ("PATH", "AUTOTHINK_HOME") if name in cleaned}
    return {**minimal_environment(), **kept, **compute_variables()}


def absolute_entries(search_path: str) -> str:
    """Return a search path without its relative and empty entries."""
    return os.pathsep.join(entry for entry in search_path.split(os.pathsep) if Path(entry).is_absolute())
