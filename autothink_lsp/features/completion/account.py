"""What may be computed ahead of anybody's asking: each key pays a little in, each piece of work is paid from it, and
one that turns out to be of use is paid back. So in the long run at most ``EARNED`` of 100 keys' worth is for nobody.
"""

from __future__ import annotations

from attrs import define, field

EARNED = 0.02  # by each key, in pieces of work
MOST_CREDIT = 2.0


@define
class TokenBucket:
    """Full at first."""

    _credit: float = field(default=MOST_CREDIT, init=False)

    @property
    def affords(self) -> bool:
        """Whether there is enough for one piece of work."""
        return self._credit >= 1

    def key(self) -> None:
        """Somebody typed."""
        self._pay_in(EARNED)

    def spent(self) -> None:
        """A piece of work."""
        self._credit -= 1

    def paid_back(self) -> None:
        """It was of use."""
        self._pay_in(1)

    def _pay_in(self, amount: float) -> None:
        self._credit = min(MOST_CREDIT, self._credit + amount)
