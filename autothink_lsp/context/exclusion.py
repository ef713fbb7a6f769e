"""Which files no model ever gets to see: patterns of ``completion.exclude``, and what a path says of itself.

Patterns are git's (``.gitignore``), matched by pathspec against the path relative to the workspace folder and, so that
a secret file outside of every folder is covered too, against the bare file name.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

logger = logging.getLogger(__name__)


class Exclusion:
    """Matches paths against patterns; compiled once per list of patterns."""

    def __init__(self) -> None:
        # Per instance, so that nothing module-level is mutable; a few lists at most (one per workspace folder).
        self._compiled = lru_cache(maxsize=16)(compile_patterns)
        self._matches = lru_cache(maxsize=1024)(self._match)  # asked with every key, of the same few documents

    def excluded(self, path: str, patterns: Sequence[str]) -> bool:
        """Whether ``path`` (relative, "/" between parts) matches; later patterns win, ``!`` re-includes."""
        return bool(patterns) and self._matches(path, tuple(patterns))

    def _match(self, path: str, patterns: tuple[str, ...]) -> bool:
        spec = self._compiled(patterns)
        name = path.rpartition("/")[2]
        return spec.match_file(path) or (name != path and spec.match_file(name))


def compile_patterns(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    """Those that pathspec can use."""
    from pathspec import GitIgnoreSpec  # 73 ms: not before it is needed

    usable = []
    for pattern in patterns:
        try:
            GitIgnoreSpec.from_lines([pattern])
        except (ValueError, re.error):
            # pathspec passes some of git's odder patterns on to re, which refuses them. The others must go on
            # protecting.
            logger.warning("the pattern %r of files to exclude cannot be used", pattern)
        else:
            usable.append(pattern)
    return GitIgnoreSpec.from_lines(usable)
