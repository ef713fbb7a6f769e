"""How many examples are tried, of hypothesis, of cuts and of random ones: all of them in ``make test``, a fifth in
``make unit``."""

from __future__ import annotations

from hypothesis import settings

QUICK = "quick"  # the profile of ``make unit``
FULL_EXAMPLES, QUICK_EXAMPLES = 100, 20
_FEWEST = 10


def examples(full: int, *, fewest: int = _FEWEST) -> int:
    """For ``max_examples`` and loops of a test that sets a number of its own: ``full`` of them, or its share in ``make
    unit``, at least ``fewest``."""
    return max(fewest, full * settings().max_examples // FULL_EXAMPLES)


def cut_places(length: int) -> range:
    """Where a text of this length is cut in two: everywhere, and at every fifth place in ``make unit``."""
    step = FULL_EXAMPLES // settings().max_examples or 1
    return range(1 + length % step, length, step)
