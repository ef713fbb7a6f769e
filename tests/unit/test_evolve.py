"""``values.evolve`` makes what ``attrs.evolve`` makes."""

from __future__ import annotations

import attrs
import pytest
from attrs import define, field, frozen

from autothink_lsp.values import evolve


@frozen
class One:
    only: int


@frozen
class Several:
    """With an alias, a converter, a value that is not a parameter, and one by name only."""

    _private: int
    converted: int = field(converter=int)
    named: str = field(default="a", kw_only=True)
    made: list[int] = field(factory=list, init=False)


@define
class Inherited(One):
    more: int = 2


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        (One(1), {}),
        (One(1), {"only": 2}),
        (Several(1, 2, named="b"), {"private": 3}),
        (Several(1, 2, named="b"), {"converted": "4"}),
        (Several(1, 2, named="b"), {"named": "c", "private": 5}),
        (Inherited(1), {"more": 3}),
        (Inherited(1, 5), {"only": 3}),
    ],
    ids=str,
)
def test_it_makes_what_attrs_makes(value: attrs.AttrsInstance, changes: dict[str, object]) -> None:
    made = evolve(value, **changes)
    assert made == attrs.evolve(value, **changes)
    assert type(made) is type(value)
    assert made is not value


@pytest.mark.parametrize("name", ["unknown", "_private", "made"])
def test_what_is_no_parameter_is_an_error(name: str) -> None:
    with pytest.raises(TypeError):
        evolve(Several(1, 2), **{name: 3})


def test_values_that_are_not_parameters_are_made_anew() -> None:
    value = Several(1, 2)
    value.made.append(3)
    assert evolve(value).made == []
