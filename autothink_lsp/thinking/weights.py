"""The parameters of the think policy as one value, and its form in JSON.

Right without thinking:  logit P(off) = off_bias + off_weights · x
Right with thinking:     logit P(on)  = logit P(off) + on_bias + on_weights · x

Both modes share the part that describes the difficulty of a request; the advantage of thinking is a separate part.
``x`` is `features.feature_vector`. The shipped values are a prior. They follow public data
(``docs/reference/autothink-format.md``, section 11: a retry with the failed test adds 21 to 38 points, thinking 1 to
11, and a small model may lose by it) and measured shares of wrong edits that checks notice. Values fitted to a model
and a user's code replace them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import asdict, evolve, fields, frozen

from autothink_lsp.thinking.features import FEATURE_VERSION, FEATURES

Knots = tuple[tuple[float, float], ...]
"""A calibration: pairs (probability of the model above, observed share), increasing, linear in between."""


def _in_order(values: Mapping[str, float]) -> tuple[float, ...]:
    return tuple(values.get(name, 0.0) for name in FEATURES)


_OFF: Mapping[str, float] = MappingProxyType(
    {
        "kind_describing": 1.1,
        "kind_refactor": 0.5,
        "kind_words": -0.1,
        "family_trivial": 2.2,
        "family_local": 0.5,
        "family_type": -0.2,
        "family_logic": -1.2,
        "log_lines": -0.1,
        "branching": -0.2,
        "rewritten_branching": -1.2,
        "concurrent": -0.3,
        "edit_size": -0.2,
        "functions_touched": -1.4,
        "hard_words": -1.2,
        "related_elsewhere": -0.5,
        "failed_before": -2.0,
        "judge": -1.0,
    }
)
_ON: Mapping[str, float] = MappingProxyType(
    {
        "kind_describing": -0.2,
        "kind_refactor": -0.1,
        "kind_words": 0.1,
        "family_trivial": -0.6,
        "family_local": -0.1,
        "family_type": 0.3,
        "family_logic": 0.8,
        "rewritten_branching": 0.6,
        "concurrent": 0.1,
        "functions_touched": 0.6,
        "hard_words": 0.7,
        "related_elsewhere": 0.2,
        "failed_before": 0.9,
        "judge": 1.2,
    }
)


@frozen(kw_only=True)
class PolicyWeights:
    """All parameters of the policy. Weights are in the order of ``FEATURES``; probabilities are from 0 to 1."""

    feature_version: int = FEATURE_VERSION
    source: str = "shipped"  # or the origin of fitted values, for the user
    off_bias: float = 1.1
    off_weights: tuple[float, ...] = _in_order(_OFF)
    on_bias: float = 0.3
    on_weights: tuple[float, ...] = _in_order(_ON)
    retry_bias: float = 0.2  # of a retry after a failed check: the message helps, but the request has proved difficult
    after_failure: float = -0.4  # of thinking after a failed check, in addition to the advantage of thinking
    # The share of wrong edits that the checks notice, by the strongest evidence that is possible here.
    noticed_by_tests: float = 0.9
    noticed_by_same_tool: float = 0.5
    noticed_by_other_tool: float = 0.25
    noticed_by_parse: float = 0.05
    noticed_logic: float = 0.08  # share of logic mistakes that checks other than tests notice
    thinking_share: float = 0.5  # share of its budget that thinking uses
    unseen_loss: float = 0.5  # cost of a wrong edit that no check noticed; a right edit has the value 1
    least_gain: float = 0.02  # thinking is chosen only if it is better by more than this
    follows_judge: bool = True  # whether a model that was trained to judge decides itself
    # What judging models say, without asking one: log odds of thinking, a bias and a weight for each feature.
    judge_score: tuple[float, ...] = ()
    off_calibration: Knots = ()
    on_calibration: Knots = ()

    def __attrs_post_init__(self) -> None:
        if len(self.off_weights) != len(FEATURES) or len(self.on_weights) != len(FEATURES):
            raise ValueError(f"the policy has {len(FEATURES)} features")
        if self.judge_score and len(self.judge_score) != 1 + len(FEATURES):
            raise ValueError(f"the judge's score has a bias and {len(FEATURES)} weights")
        values = asdict(self, recurse=False)
        numbers = [value for value in values.values() if isinstance(value, float)]
        knots = [number for knot in (*self.off_calibration, *self.on_calibration) for number in knot]
        if not all(map(math.isfinite, (*numbers, *self.off_weights, *self.on_weights, *self.judge_score, *knots))):
            raise ValueError("a weight of the policy is not a number")

    def to_json(self) -> dict[str, Any]:
        """The parameters as plain values, the weights by the names of their features."""
        values = asdict(self)
        for name in ("off_weights", "on_weights"):
            values[name] = dict(zip(FEATURES, getattr(self, name), strict=True))
        if self.judge_score:
            values["judge_score"] = dict(zip(("bias", *FEATURES), self.judge_score, strict=True))
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PolicyWeights:
        """The reverse of ``to_json``; a missing value is the shipped one. Raises ``ValueError`` for weights of another
        feature version and for invalid values."""
        if values.get("feature_version") != FEATURE_VERSION:
            raise ValueError(f"the weights are for feature version {values.get('feature_version')}")
        known = {one.name for one in fields(cls)}
        kept: dict[str, Any] = {}
        try:
            for name, value in values.items():
                if name in {"off_weights", "on_weights"}:
                    kept[name] = tuple(float(value[feature]) for feature in FEATURES)
                elif name in {"off_calibration", "on_calibration"}:
                    kept[name] = tuple((float(raw), float(seen)) for raw, seen in value)
                elif name == "judge_score":
                    kept[name] = tuple(float(value[one]) for one in ("bias", *FEATURES)) if value else ()
                elif name == "source":
                    kept[name] = str(value)
                elif name == "follows_judge":
                    kept[name] = bool(value)
                elif name in known - {"feature_version"}:
                    kept[name] = float(value)
        except (TypeError, KeyError, AttributeError, OverflowError) as error:
            raise ValueError(f"these are no weights of a policy: {error!r}") from error
        return evolve(SHIPPED_WEIGHTS, **kept)


SHIPPED_WEIGHTS = PolicyWeights()
