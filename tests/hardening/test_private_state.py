"""What the program keeps on the disk is readable for its user only, whatever the umask and whatever an earlier version
left."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autothink_lsp.context.index.store import IndexWriter, database_of
from autothink_lsp.engines.supervisor_files import SupervisorFiles
from autothink_lsp.features.probing.capabilities import Capabilities, ProbeReport
from autothink_lsp.features.probing.store import ProbeStore
from autothink_lsp.features.statistics.store import Statistics
from autothink_lsp.lsp.logs import Logs
from autothink_lsp.settings.trust import TrustStore

pytestmark = pytest.mark.skipif(os.name != "posix", reason="mode bits")


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=["umask 000", "umask 022", "umask 077"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    before = os.umask(request.param)
    (tmp_path / "home").mkdir()
    yield tmp_path / "home"
    os.umask(before)


def write_everything(home: Path) -> None:
    state = home / "state"
    TrustStore(state).trust(home, b"x")
    ProbeStore(state / "probes.json").put(ProbeReport("http://x", Capabilities(), at_s=time.time()))
    statistics = Statistics(state / "statistics.sqlite3")
    statistics._open()
    writer = IndexWriter(database_of(home, home / "cache"))
    supervisor = SupervisorFiles(state / "engines", "key")
    supervisor.make_folder()
    supervisor.start_log()
    supervisor.publish(1, "token")
    logs = Logs()
    logs.start()
    logs.apply("info", str(state / "autothink.log"))
    try:
        assert {path.suffix for path in home.rglob("*")} >= {
            ".json",
            ".db",
            ".db-wal",
            ".log",
            ".sqlite3",
            ".sqlite3-wal",
        }
        assert_private(home)
    finally:
        logs.apply("info", "")
        writer.close()
        statistics.close()


def assert_private(home: Path) -> None:
    """The folders that hold files, and the files."""
    files = [path for path in home.rglob("*") if path.is_file()]
    open_to_others = {path.relative_to(home).as_posix() for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077}
    folders = {path.parent for path in files}
    open_folders = {path.relative_to(home).as_posix() for path in folders if path.stat().st_mode & 0o077}
    assert (open_to_others, open_folders) == (set(), set())


def test_written_state_is_readable_by_its_owner_only(home: Path) -> None:
    (home / "state" / "engines").mkdir(parents=True)
    write_everything(home)


def test_permissions_of_an_earlier_version_are_restricted(home: Path) -> None:
    state = home / "state"
    state.mkdir(mode=0o755)
    for name in ("probes.json", "probes.draft", "statistics.sqlite3"):
        (state / name).touch(mode=0o644)
    database = database_of(home, home / "cache")
    database.parent.mkdir(parents=True)
    database.touch(mode=0o644)
    (state / "engines").mkdir()
    write_everything(home)
