"""When published diagnostics are complete: tables of events with times in seconds."""

from __future__ import annotations

import pytest

from autothink_lsp.verify.language_servers.settling import Settling

A, B = "file:///a.py", "file:///b.py"


def settling(*uris: str, working: set[str] | None = None) -> Settling:
    return Settling(dict.fromkeys(uris or (A,), 2), 0.5, 10.0, working or set())


def test_nothing_published_never_settles() -> None:
    one = settling()
    assert one.wait_s(1_000.0) is None
    assert one.diagnostics(1_000.0) is None


def test_settles_after_the_quiet_period() -> None:
    one = settling()
    one.published(A, 2, ("x",), 11.0)
    assert one.diagnostics(11.4) is None
    assert one.wait_s(11.4) == pytest.approx(0.1)
    assert one.diagnostics(11.5) == {A: ("x",)}


def test_a_later_publication_replaces_and_restarts_the_quiet_period() -> None:
    one = settling()
    one.published(A, 2, ("syntax",), 11.0)
    one.published(A, 2, ("syntax", "types"), 11.4)
    assert one.diagnostics(11.6) is None
    assert one.diagnostics(12.0) == {A: ("syntax", "types")}


@pytest.mark.parametrize(("version", "counts"), [(1, False), (2, True), (3, True), (None, True)])
def test_publications_of_an_older_text_are_passed_over(version: int | None, counts: bool) -> None:
    one = settling()
    one.published(A, version, (), 11.0)
    assert (one.diagnostics(20.0) is not None) is counts


def test_other_files_do_not_count() -> None:
    one = settling()
    one.published(B, 2, (), 11.0)
    assert one.diagnostics(20.0) is None


def test_every_changed_file_needs_a_publication() -> None:
    one = settling(A, B)
    one.published(A, 2, (), 11.0)
    assert one.diagnostics(20.0) is None
    one.published(B, 2, ("y",), 21.0)
    assert one.diagnostics(21.5) == {A: (), B: ("y",)}


def test_reported_work_holds_it_up() -> None:
    one = settling(working={"load"})
    one.published(A, 2, (), 11.0)
    assert one.wait_s(30.0) is None
    one.worked("load", is_going_on=False, now_s=31.0)
    assert one.diagnostics(31.2) is None
    assert one.diagnostics(31.5) == {A: ()}


def test_no_changed_file_settles_at_once_after_the_quiet_period() -> None:
    one = Settling({}, 0.5, 10.0)
    assert one.diagnostics(10.5) == {}
