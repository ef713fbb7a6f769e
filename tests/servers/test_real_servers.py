"""Each real server on an overlay: a good edit is proved, one that leaves the message is not, a new mistake is found.

The wall times and the memory of each server are printed with ``-s``.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from attrs import evolve

from autothink_lsp.verify.language_servers.pool import LanguageServerPool, PoolLimits
from autothink_lsp.verify.language_servers.table import SERVERS
from autothink_lsp.verify.language_servers.values import OverlayCase, OverlayFile
from tests.servers.cases import CASES, ServerCase

DEADLINE_S = 90.0  # of the first check of a server, on a busy machine

pytestmark = pytest.mark.timeout(240)


def limits_for(case: ServerCase, environment: Path) -> PoolLimits:
    """The case's server is the only one."""
    spec = next(spec for spec in SERVERS if spec.name == case.server)
    program = environment / "bin" / (case.program or spec.commands[0][0])
    if not program.exists():
        pytest.skip(f"{case.server} could not be installed here")
    named: dict[str, tuple[str, ...]] = {spec.name: () for spec in SERVERS}
    named[case.server] = (str(program), *spec.commands[0][1:])
    return PoolLimits(named=named)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.server)
async def test_edits_in_a_real_server(
    case: ServerCase, environment: Path, pool: LanguageServerPool, tmp_path: Path
) -> None:
    limits = limits_for(case, environment)
    folder = case.made(tmp_path / "project", environment)
    files = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file() and not file.is_symlink()}
    times: list[str] = []
    for edit, expected_gone, has_error in (("good", True, False), ("wrong", False, None), ("worse", None, True)):
        started = time.monotonic()
        results = await pool.check(case.overlay(folder, getattr(case, edit)), limits, deadline_s=DEADLINE_S)
        times.append(f"{edit} {time.monotonic() - started:.2f} s")
        assert len(results) == 1
        result = results[0]
        assert result.skipped == "", edit
        if expected_gone is not None:
            assert result.target_gone is expected_gone, edit
        errors = [finding for finding in result.new_findings if finding.severity == "error"]
        if has_error is not None:
            assert bool(errors) is has_error, (edit, errors)
        if edit == "worse" and case.worse_says:
            assert any(case.worse_says in error.message for error in errors)
    sizes = [kept.session.client.resident_bytes or 0 for kept in pool._kept.values() if kept.session is not None]
    print(f"\n{result.title}: {', '.join(times)}; {sum(sizes) >> 20} MiB")
    # Nothing was written: caches of a server may not lie in the project either.
    assert {file: file.read_bytes() for file in files} == files


async def test_a_call_in_another_file_of_the_edit(environment: Path, pool: LanguageServerPool, tmp_path: Path) -> None:
    """A changed signature and its call site, in one edit and with the call site left out."""
    pyright = next(case for case in CASES if case.server == "basedpyright")
    limits = limits_for(pyright, environment)
    folder = pyright.made(tmp_path / "project", environment)
    prices = folder / "app/prices.py"
    old = prices.read_text()
    new = old.replace("name: str", "name: str, currency: str")
    caller = pyright.good
    edited = caller.replace("price_of(name)", 'price_of(name, "EUR")')

    def case(after: str) -> OverlayCase:
        files = (
            OverlayFile(path=prices, language_id="python", before=old, after=new),
            OverlayFile(path=folder / pyright.name, language_id="python", before=caller, after=after),
        )
        return OverlayCase(folder=folder, files=files)

    (both,) = await pool.check(case(edited), limits, deadline_s=DEADLINE_S)
    (only_one,) = await pool.check(case(caller), limits, deadline_s=DEADLINE_S)
    assert (both.skipped, only_one.skipped) == ("", "")
    assert [one.message for one in both.new_findings if one.severity == "error"] == []
    messages = [one.message for one in only_one.new_findings if one.severity == "error"]
    assert len(messages) == 1
    assert messages[0].startswith("report.py: ")
    assert "currency" in messages[0]


async def test_a_file_that_changes_on_the_disk_is_read_again(
    environment: Path, pool: LanguageServerPool, tmp_path: Path
) -> None:
    case = next(case for case in CASES if case.server == "basedpyright")
    limits = limits_for(case, environment)
    folder = case.made(tmp_path / "project", environment)
    before = await pool.check(case.overlay(folder, case.wrong), limits, deadline_s=DEADLINE_S)
    prices = folder / "app/prices.py"
    prices.write_text(prices.read_text().replace("-> int", "-> str").replace("3", "'3'"))
    # With a text as return type the edit that did nothing is right, and the message was never there.
    after = await pool.check(case.overlay(folder, case.wrong), limits, deadline_s=DEADLINE_S)
    assert [one.target_gone for one in (*before, *after)] == [False, None]


@pytest.mark.parametrize("server", ["pyright", "basedpyright", "ty", "typescript-language-server"])
async def test_types_of_an_unsaved_neighbour(
    server: str, environment: Path, pool: LanguageServerPool, tmp_path: Path
) -> None:
    """The editor has the neighbour file open with another return type than the disk has."""
    case = next(case for case in CASES if case.server == server)
    limits = limits_for(case, environment)
    folder = case.made(tmp_path / "project", environment)
    name, old, new = {
        "python": ("app/prices.py", '-> int:\n    return {"tea": 3}', '-> str:\n    return {"tea": "3"}'),
        "typescript": ("src/prices.ts", ": number {\n  return name.length", ": string {\n  return name"),
    }[case.language_id]
    saved = (folder / name).read_text()
    edit = case.overlay(folder, case.wrong)

    def with_neighbour(text: str) -> OverlayCase:
        neighbour = OverlayFile(path=folder / name, language_id=case.language_id, before=text, after=text)
        return evolve(edit, files=(*edit.files, neighbour))

    unsaved = saved.replace(old, new)
    assert unsaved != saved
    results = [await pool.check(one, limits, deadline_s=DEADLINE_S) for one in (edit, with_neighbour(unsaved))]
    # With a text as return type the message was never there.
    assert [one.target_gone for (one,) in results] == [False, None]
    (again,) = await pool.check(with_neighbour(saved), limits, deadline_s=DEADLINE_S)
    assert again.target_gone is False
