"""What we depend on is bounded, and what we test with is pinned: a new release of something cannot break an install."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.dependency_audit import judged, pinned

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PYTHONS = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", line)]


@pytest.mark.parametrize("line", [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)])
def test_each_has_a_lower_and_an_upper_bound_or_a_pin(line: str) -> None:
    kinds = {one.operator for one in Requirement(line).specifier}
    assert kinds == {"=="} or (kinds & {">=", "~="} and kinds & {"<", "<=", "~="})


def everything(names: list[str], python: str) -> set[str]:
    """The packages that pip installs for these requirements, by what the installed ones say of themselves."""
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    waiting, found = [Requirement(line) for line in names], set()
    while waiting:
        one = waiting.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key in found:
            continue
        found.add(key)
        try:
            lines = requires(one.name) or []
        except PackageNotFoundError:  # of another Python: that it is pinned can be said, what it needs cannot
            continue
        for needed in map(Requirement, lines):
            extras = one.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({**environment, "extra": each}) for each in extras):
                waiting.append(needed)
    return {name for name, _ in found}


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("extra", ["", "embedded"])
def test_each_package_that_they_pull_in_is_pinned(python: str, extra: str) -> None:
    pins = {canonicalize_name(Requirement(line).name) for line in pinned()}
    wanted = everything([*PROJECT["dependencies"], *(EXTRAS[extra] if extra else [])], python)
    assert len(wanted) > len(PROJECT["dependencies"])
    assert sorted(wanted - pins) == []


def test_a_package_has_one_pin() -> None:
    names = [canonicalize_name(Requirement(line).name) for line in pinned()]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_an_audit_counts_what_was_looked_up_and_not_what_was_skipped() -> None:
    """As pip-audit 2.10 writes it; its status is 0 for the first."""
    skipped = {"name": "a", "skip_reason": "Dependency not found on PyPI and could not be audited: a (1.0)"}
    assert judged({"dependencies": [skipped], "fixes": []}) == (0, [])
    fine = {"name": "b", "version": "2.0", "vulns": []}
    bad = {"name": "c", "version": "3.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1"], "aliases": []}]}
    assert judged({"dependencies": [skipped, fine, bad], "fixes": []}) == (2, ["c 3.0: PYSEC-1 (mended in 3.1)"])
