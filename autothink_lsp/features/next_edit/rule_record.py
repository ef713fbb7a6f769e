"""Records whether the user accepted or dismissed proposals, and which proposals are suppressed because of that.

An effect that was dismissed is not proposed again, at any place; a rule whose proposals are mostly dismissed proposes
nothing more. Holds counts in memory, for one session."""

from __future__ import annotations

from typing import Literal

from attrs import define, field

Outcome = Literal["accepted", "dismissed", "diverged", "superseded"]

LEAST_JUDGED = 20  # accepted and dismissed proposals before a rule's rate counts
LEAST_ACCEPTED = 0.25  # chosen; Cursor's Tab model shows edits with at least this probability of acceptance
_MOST_SILENCED = 500


@define(eq=False)
class RuleRecord:
    """The number of outcomes of each rule. *Diverged* (the user typed something else) and *superseded* (another
    proposal replaced it) do not count for or against a rule."""

    counts: dict[tuple[str, Outcome], int] = field(factory=dict, init=False)
    shown: int = field(default=0, init=False)
    _silenced: dict[str, None] = field(factory=dict, init=False)

    def note(self, rule: str, effect: str, outcome: Outcome) -> None:
        """Count an outcome. A dismissed effect is suppressed for all rules, because another rule may propose it,
        too."""
        self.counts[rule, outcome] = self.counts.get((rule, outcome), 0) + 1
        if outcome == "dismissed":
            self.silence(effect)

    def silence(self, effect: str) -> None:
        """Suppress an effect for the session."""
        self._silenced[effect] = None
        if len(self._silenced) > _MOST_SILENCED:
            del self._silenced[next(iter(self._silenced))]

    def is_silent(self, rule: str, effect: str) -> bool:
        """Whether an edit of ``rule`` with this effect is suppressed, or contains one that is."""
        if effect in self._silenced:
            return True
        if "\n" in effect:
            parts = set(effect.split("\n"))
            if any(parts.issuperset(one.split("\n")) for one in self._silenced):
                return True
        accepted, dismissed = self.counts.get((rule, "accepted"), 0), self.counts.get((rule, "dismissed"), 0)
        judged = accepted + dismissed
        return judged >= LEAST_JUDGED and accepted < LEAST_ACCEPTED * judged
