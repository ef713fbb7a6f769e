"""Decides which files are never shown to a model: matches paths with the patterns of ``completion.exclude``.

Patterns are git's (``gitignore.py``), matched against the path relative to the workspace folder and, so that a secret
file outside of every folder is covered too, against the bare file name. A path that cannot be decided within the limits
of ``gitignore.py`` is excluded.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache

from autothink_lsp.context.gitignore import Patterns, TooMuchWork, Work, as_bytes
from autothink_lsp.document.uri_identity import case_is_ignored, path_key

logger = logging.getLogger(__name__)


class Exclusion:
    """Matches paths against patterns; parsed once per list of patterns."""

    def __init__(self) -> None:
        # Per instance, so that nothing module-level is mutable; a few lists at most (one per workspace folder).
        self._parsed = lru_cache(maxsize=16)(_parsed)
        self._matches = lru_cache(maxsize=1024)(self._match)  # asked with every key, of the same few documents

    def excluded(self, path: str, patterns: Sequence[str]) -> bool:
        """Whether ``path`` (relative, "/" between parts) matches; later patterns win, ``!`` re-includes.

        Unlike in git, ``!`` re-includes a file below an excluded folder, because the setting can name single files.
        Case counts where it does in file names (``uri_identity.path_key``).
        """
        return bool(patterns) and self._matches(path, tuple(patterns), case_is_ignored())

    def _match(self, path: str, patterns: tuple[str, ...], _case_is_ignored: bool) -> bool:
        """The last argument is part of the cache's key only."""
        path, parsed = path_key(path), self._parsed(tuple(map(path_key, patterns)))
        if parsed is None:
            return True
        work = Work()
        try:
            return any(
                _is_excluded(parsed, as_bytes(one), work) for one in dict.fromkeys((path, path.rpartition("/")[2]))
            )
        except TooMuchWork:
            logger.warning("the patterns of files to exclude need too long for a path, which is excluded")
            return True


def _parsed(patterns: tuple[str, ...]) -> Patterns | None:
    try:
        return Patterns.of(patterns)
    except TooMuchWork:
        logger.warning("there are too many or too long patterns of files to exclude: every file is excluded")
        return None


def _is_excluded(patterns: Patterns, path: bytes, work: Work) -> bool:
    verdict = patterns.match(path, is_folder=False, work=work)
    if verdict is not None:
        return verdict
    at = path.find(b"/")
    while at >= 0:
        if patterns.match(path[:at], is_folder=True, work=work):
            return True
        at = path.find(b"/", at + 1)
    return False
