"""How many examples hypothesis tries: all of them in ``make test``, a fifth in ``make unit``."""

from __future__ import annotations

from hypothesis import settings

QUICK = "quick"  # the profile of ``make unit``
FULL_EXAMPLES, QUICK_EXAMPLES = 100, 20
_FEWEST = 10


def examples(full: int) -> int:
    """For ``max_examples`` of a test that sets a number of its own: ``full`` of them, or its share in ``make unit``."""
    return max(_FEWEST, full * settings().max_examples // FULL_EXAMPLES)
