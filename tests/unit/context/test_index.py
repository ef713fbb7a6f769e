"""The project's index on disk: what gets in, what does not, and what damage does to it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from autothink_lsp.context.index.service import ProjectIndexes
from autothink_lsp.context.index.store import IndexReader, IndexWriter, Stamp, database_of
from autothink_lsp.context.index.symbols import Symbol
from autothink_lsp.settings.model import CompletionSettings, Settings
from tests.support.context_harness import ContextHarness

ON = Settings(completion=CompletionSettings(context_tokens=256))
ONE = "def one(a):\n    pass\n"


@pytest.fixture
def harness(tmp_path: Path) -> ContextHarness:
    (tmp_path / "project").mkdir()
    return ContextHarness(tmp_path / "project", tmp_path / "cache")


def names(harness: ContextHarness, *wanted: str) -> list[str]:
    """Where these are defined."""
    reader = harness.indexes.reader(harness.project.as_uri())
    assert reader is not None
    return [f"{symbol.path}:{symbol.name}" for symbol in reader.named(wanted)]


def test_only_what_changed_is_parsed_again(harness: ContextHarness) -> None:
    harness.write("a.py", ONE)
    harness.write("b.py", "def two():\n    pass\n")
    assert harness.index().parsed == 2
    assert harness.index().parsed == 0
    harness.write("a.py", "def three(longer):\n    pass\n")
    assert harness.index().parsed == 1
    assert names(harness, "one", "two", "three") == ["a.py:three", "b.py:two"]


def test_what_is_gone_or_renamed_is_forgotten(harness: ContextHarness) -> None:
    harness.write("a.py", ONE)
    harness.write("b.py", "def two():\n    pass\n")
    harness.index()
    (harness.project / "a.py").rename(harness.project / "c.py")
    (harness.project / "b.py").unlink()
    assert harness.index().forgotten == 2
    assert names(harness, "one", "two") == ["c.py:one"]


def test_files_by_what_an_import_calls_them(harness: ContextHarness) -> None:
    for path in ("a/cart.py", "cart/__init__.py", "web/index.js", "b/cart.py"):
        harness.write(path, ONE if path.endswith("py") else "function one() {}\n")
    harness.index()
    reader = harness.indexes.reader(harness.project.as_uri())
    assert reader is not None
    assert reader.paths() == {"cart": ["a/cart.py", "b/cart.py", "cart/__init__.py"], "web": ["web/index.js"]}
    harness.write("late.py", ONE)
    harness.index()
    reader.close()  # as after every run of the indexing process
    assert reader.paths()["late"] == ["late.py"]


def test_a_value_over_several_lines_is_shown_on_one(harness: ContextHarness) -> None:
    harness.write(
        "a.py", "Kinds = Union[\n    int,  # whole\n    str,\n]\nMany = [\n" + "    1_000_000,\n" * 50 + "]\n"
    )
    harness.index()
    reader = harness.indexes.reader(harness.project.as_uri())
    assert reader is not None
    kinds, many = (symbol.signature for symbol in reader.named(["Kinds", "Many"]))
    assert kinds == "Kinds = Union[int, str]"
    assert many.startswith("Many = [1_000_000, ")
    assert many.endswith("...")
    assert len(many) <= 160


def test_ignored_excluded_and_foreign_files_stay_out(harness: ContextHarness, tmp_path: Path) -> None:
    harness.write(".gitignore", "generated/\n")
    harness.write(".autothinkignore", "private.py\n")
    for path in ("generated/a.py", "private.py", "node_modules/a.js", ".venv/a.py", "env/pyvenv.cfg", "env/a.py"):
        harness.write(
            path,
            ""
            if path.endswith("cfg")
            else ONE.replace("def one(a):\n    pass", "function one() {}")
            if path.endswith("js")
            else ONE,
        )
    harness.write("secrets.py", ONE)
    outside = tmp_path / "outside.py"
    outside.write_text(ONE, encoding="utf-8")
    (harness.project / "link.py").symlink_to(outside)
    harness.write("kept.py", ONE)
    harness.index()
    assert names(harness, "one") == ["kept.py:one"]


def test_a_file_that_is_ignored_from_now_on_is_forgotten(harness: ContextHarness) -> None:
    harness.write("a.py", ONE)
    harness.index()
    harness.write(".autothinkignore", "a.py\n")
    harness.index()
    assert names(harness, "one") == []


def test_a_line_with_a_secret_is_in_no_index(harness: ContextHarness) -> None:
    secret = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    harness.write(
        "a.py", f'STRIPE_KEY = "{secret}"\n\n\ndef pay(key="{secret}"):\n    pass\n\n\ndef other():\n    pass\n'
    )
    harness.index()
    assert names(harness, "STRIPE_KEY", "pay", "other") == ["a.py:other"]
    for file in (database_of(harness.project, harness.cache)).parent.iterdir():
        assert secret.encode() not in file.read_bytes()


def test_the_number_of_files_and_their_size_are_bounded(harness: ContextHarness) -> None:
    for n in range(6):
        harness.write(f"deep/er/f{n}.py", f"def f{n}():\n    pass\n")
    harness.write("top.py", ONE)
    harness.write("huge.py", ONE + "#" * 250_000)
    found = harness.index(most_files=3)
    assert found.files == 3
    assert names(harness, "one", "f0", "f1", "f5") == ["deep/er/f0.py:f0", "deep/er/f1.py:f1", "top.py:one"]


@pytest.mark.parametrize(
    ("near", "files"),
    [
        ((), ["top.py", "app/main.py", "lib/a.py"]),
        (("lib/deep/est",), ["lib/deep/est/x.py", "lib/deep/y.py", "lib/a.py"]),
        (("lib/deep/est", "app"), ["lib/deep/est/x.py", "app/main.py", "top.py"]),
        (("no/such/folder",), ["top.py", "app/main.py", "lib/a.py"]),
        (("../outside",), ["top.py", "app/main.py", "lib/a.py"]),
    ],
)
def test_files_near_the_open_documents_are_read_first(
    harness: ContextHarness, near: tuple[str, ...], files: list[str]
) -> None:
    every = ("top.py", "app/main.py", "lib/a.py", "lib/deep/y.py", "lib/deep/est/x.py", "lib/deep/near/z.py")
    for number, path in enumerate(every):
        harness.write(path, f"def f{number}():\n    pass\n")
    harness.index(most_files=3, near=near)
    found = names(harness, *(f"f{number}" for number in range(len(every))))
    assert {one.partition(":")[0] for one in found} == set(files)


@pytest.mark.parametrize("damage", [b"rubbish", b"", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_index_is_made_anew(harness: ContextHarness, damage: bytes) -> None:
    harness.write("a.py", ONE)
    harness.index()
    database = database_of(harness.project, harness.cache)
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    database.write_bytes(damage)
    assert IndexReader(database).named(["one"]) == []  # found nothing, and raised nothing
    assert harness.index().parsed == 1
    assert names(harness, "one") == ["a.py:one"]


def test_an_index_of_another_version_is_made_anew(harness: ContextHarness) -> None:
    harness.write("a.py", ONE)
    harness.index()
    connection = sqlite3.connect(database_of(harness.project, harness.cache))
    connection.execute("pragma user_version = 99")
    connection.close()
    assert harness.index().parsed == 1


def test_two_servers_write_and_read_at_once(tmp_path: Path) -> None:
    database = tmp_path / "one.db"
    writers = [IndexWriter(database), IndexWriter(database)]
    reader = IndexReader(database)
    for n in range(20):
        symbol = Symbol(f"f{n % 5}.py", f"name{n}", "function", "", f"def name{n}()", 0)
        writers[n % 2].put(symbol.path, Stamp(n, n), [symbol])
        assert [found.name for found in reader.named([f"name{n}"])] == [f"name{n}"]
    assert writers[0].stamps() == writers[1].stamps()
    assert len(writers[0].stamps()) == 5


def test_indexes_of_unused_projects_are_deleted(tmp_path: Path) -> None:
    for n in range(25):
        writer = IndexWriter(tmp_path / f"{n}.db")
        writer.close()
        os.utime(tmp_path / f"{n}.db", (n, n))
    assert len(list(tmp_path.glob("*.db"))) <= 21


@pytest.mark.process
async def test_the_process_that_indexes(harness: ContextHarness) -> None:
    harness.write("a.py", ONE)
    made: list[str] = []
    indexes = ProjectIndexes(harness.cache, on_made=made.append, least_pause_s=0.0)
    folder = harness.project.as_uri()
    indexes.want(folder, ON)
    indexes.want(folder, ON)  # while the first is on its way: one more run at most
    await indexes.up_to_date(folder)
    reader = indexes.reader(folder)
    assert reader is not None
    assert [symbol.path for symbol in reader.named(["one"])] == ["a.py"]
    assert made == [folder]
    assert indexes.runs <= 2
    await indexes.aclose()
    indexes.want(folder, ON)
    assert indexes.reader(folder) is None


@pytest.mark.parametrize(
    "settings",
    [
        Settings(completion=CompletionSettings(context_tokens=256, enabled=False)),
        Settings(completion=CompletionSettings(context_tokens=256, context_sources=("similar",))),
        Settings(completion=CompletionSettings(context_tokens=0)),
    ],
)
async def test_an_index_that_is_not_used_is_not_made(harness: ContextHarness, settings: Settings) -> None:
    indexes = ProjectIndexes(harness.cache)
    indexes.want(harness.project.as_uri(), settings)
    assert indexes.runs == 0
    assert indexes.reader(harness.project.as_uri()) is None
    await indexes.aclose()


@pytest.mark.process
async def test_the_embedded_engine_has_an_index_once_it_reads_fast_enough_for_it(harness: ContextHarness) -> None:
    indexes, folder = ProjectIndexes(harness.cache, least_pause_s=0.0), harness.project.as_uri()
    indexes.want(folder, Settings())
    assert indexes.reader(folder) is None
    indexes.want(folder, Settings(), 256)
    await indexes.up_to_date(folder)
    assert indexes.runs == 1
    indexes.want(folder, Settings())  # after a save
    await indexes.up_to_date(folder)
    assert indexes.runs == 2
    await indexes.aclose()


@pytest.mark.parametrize("content", [b"no database", b""])
def test_an_index_that_cannot_be_read_names_no_files(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "index").write_bytes(content)
    assert IndexReader(tmp_path / "index").paths() == {}


TOKEN = "ghp_" + "A1b2C3d4E5f6G7h8I9j0" * 2


@pytest.mark.parametrize(
    "source",
    [
        "CONFIG = {\n" + "".join(f'    "name_{n}": {n},\n' for n in range(9)) + f'    "x": "{TOKEN}",\n}}\n',
        f'CONFIG = connect({", ".join(f"name_{n}={n}" for n in range(25))}, key="{TOKEN}")\n',
        f"def f({', '.join(f'name_{n}: int = {n}' for n in range(19))}, key='{TOKEN}'):\n    pass\n",
    ],
)
def test_no_part_of_a_secret_that_would_be_cut_is_in_the_index(harness: ContextHarness, source: str) -> None:
    harness.write("a.py", source + "OTHER = 1\n")
    harness.index()
    reader = IndexReader(database_of(harness.project, harness.cache))
    assert [symbol.name for symbol in reader.of("a.py")] == ["OTHER"]


@pytest.mark.process
def test_the_process_ends_when_the_server_is_gone(harness: ContextHarness) -> None:
    for n in range(300):
        harness.write(f"f{n}.py", ONE)
    child = subprocess.Popen(
        (sys.executable, "-m", "autothink_lsp.context.index.indexer_main"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    order = {
        "database": str(database_of(harness.project, harness.cache)),
        "folder": str(harness.project),
        "exclude": [],
        "largest_file_kib": 100,
    }
    output, _ = child.communicate(json.dumps(order).encode() + b"\n", timeout=60)  # and closes its input
    assert json.loads(output)["complete"] is False


def test_the_latest_open_documents_of_the_folder_are_those_near_which_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    uris = [(folder / path).as_uri() for path in ("a/x.py", "b/c/y.py", "a/z.py", "top.py")]
    outside = [(tmp_path / "other" / "z.py").as_uri(), "untitled:1", "file://elsewhere/project/x.py"]
    indexes = ProjectIndexes(tmp_path / "cache", lambda: [*uris, *outside])
    assert indexes._near(folder) == [".", "a", "b/c"]
