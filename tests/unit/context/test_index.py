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
from tests.support.context_house import ContextHouse

ON = Settings(completion=CompletionSettings(context_tokens=256))
ONE = "def one(a):\n    pass\n"


@pytest.fixture
def house(tmp_path: Path) -> ContextHouse:
    (tmp_path / "project").mkdir()
    return ContextHouse(tmp_path / "project", tmp_path / "cache")


def names(house: ContextHouse, *wanted: str) -> list[str]:
    """Where these are defined."""
    reader = house.indexes.reader(house.project.as_uri())
    assert reader is not None
    return [f"{symbol.path}:{symbol.name}" for symbol in reader.named(wanted)]


def test_only_what_changed_is_parsed_again(house: ContextHouse) -> None:
    house.write("a.py", ONE)
    house.write("b.py", "def two():\n    pass\n")
    assert house.index().parsed == 2
    assert house.index().parsed == 0
    house.write("a.py", "def three(longer):\n    pass\n")
    assert house.index().parsed == 1
    assert names(house, "one", "two", "three") == ["a.py:three", "b.py:two"]


def test_what_is_gone_or_renamed_is_forgotten(house: ContextHouse) -> None:
    house.write("a.py", ONE)
    house.write("b.py", "def two():\n    pass\n")
    house.index()
    (house.project / "a.py").rename(house.project / "c.py")
    (house.project / "b.py").unlink()
    assert house.index().forgotten == 2
    assert names(house, "one", "two") == ["c.py:one"]


def test_files_by_what_an_import_calls_them(house: ContextHouse) -> None:
    for path in ("a/cart.py", "cart/__init__.py", "web/index.js", "b/cart.py"):
        house.write(path, ONE if path.endswith("py") else "function one() {}\n")
    house.index()
    reader = house.indexes.reader(house.project.as_uri())
    assert reader is not None
    assert reader.paths() == {"cart": ["a/cart.py", "b/cart.py", "cart/__init__.py"], "web": ["web/index.js"]}
    house.write("late.py", ONE)
    house.index()
    reader.close()  # as after every run of the indexing process
    assert reader.paths()["late"] == ["late.py"]


def test_a_value_over_several_lines_is_told_on_one(house: ContextHouse) -> None:
    house.write("a.py", "Kinds = Union[\n    int,  # whole\n    str,\n]\nMany = [\n" + "    1_000_000,\n" * 50 + "]\n")
    house.index()
    reader = house.indexes.reader(house.project.as_uri())
    assert reader is not None
    kinds, many = (symbol.signature for symbol in reader.named(["Kinds", "Many"]))
    assert kinds == "Kinds = Union[int, str]"
    assert many.startswith("Many = [1_000_000, ")
    assert many.endswith("...")
    assert len(many) <= 160


def test_ignored_excluded_and_foreign_files_stay_out(house: ContextHouse, tmp_path: Path) -> None:
    house.write(".gitignore", "generated/\n")
    house.write(".autothinkignore", "private.py\n")
    for path in ("generated/a.py", "private.py", "node_modules/a.js", ".venv/a.py", "env/pyvenv.cfg", "env/a.py"):
        house.write(
            path,
            ""
            if path.endswith("cfg")
            else ONE.replace("def one(a):\n    pass", "function one() {}")
            if path.endswith("js")
            else ONE,
        )
    house.write("secrets.py", ONE)
    outside = tmp_path / "outside.py"
    outside.write_text(ONE, encoding="utf-8")
    (house.project / "link.py").symlink_to(outside)
    house.write("kept.py", ONE)
    house.index()
    assert names(house, "one") == ["kept.py:one"]


def test_a_file_that_is_ignored_from_now_on_is_forgotten(house: ContextHouse) -> None:
    house.write("a.py", ONE)
    house.index()
    house.write(".autothinkignore", "a.py\n")
    house.index()
    assert names(house, "one") == []


def test_a_line_with_a_secret_is_in_no_index(house: ContextHouse) -> None:
    secret = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    house.write(
        "a.py", f'STRIPE_KEY = "{secret}"\n\n\ndef pay(key="{secret}"):\n    pass\n\n\ndef other():\n    pass\n'
    )
    house.index()
    assert names(house, "STRIPE_KEY", "pay", "other") == ["a.py:other"]
    for file in (database_of(house.project, house.cache)).parent.iterdir():
        assert secret.encode() not in file.read_bytes()


def test_the_number_of_files_and_their_size_are_bounded(house: ContextHouse) -> None:
    for n in range(6):
        house.write(f"deep/er/f{n}.py", f"def f{n}():\n    pass\n")
    house.write("top.py", ONE)
    house.write("huge.py", ONE + "#" * 250_000)
    found = house.index(most_files=3)
    assert found.files == 3
    assert names(house, "one", "f0", "f1", "f5") == ["deep/er/f0.py:f0", "deep/er/f1.py:f1", "top.py:one"]


@pytest.mark.parametrize("damage", [b"rubbish", b"", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_index_is_made_anew(house: ContextHouse, damage: bytes) -> None:
    house.write("a.py", ONE)
    house.index()
    database = database_of(house.project, house.cache)
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    database.write_bytes(damage)
    assert IndexReader(database).named(["one"]) == []  # found nothing, and raised nothing
    assert house.index().parsed == 1
    assert names(house, "one") == ["a.py:one"]


def test_an_index_of_another_version_is_made_anew(house: ContextHouse) -> None:
    house.write("a.py", ONE)
    house.index()
    connection = sqlite3.connect(database_of(house.project, house.cache))
    connection.execute("pragma user_version = 99")
    connection.close()
    assert house.index().parsed == 1


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


def test_indexes_of_projects_that_nobody_opens_go(tmp_path: Path) -> None:
    for n in range(25):
        writer = IndexWriter(tmp_path / f"{n}.db")
        writer.close()
        os.utime(tmp_path / f"{n}.db", (n, n))
    assert len(list(tmp_path.glob("*.db"))) <= 21


@pytest.mark.process
async def test_the_process_that_indexes(house: ContextHouse) -> None:
    house.write("a.py", ONE)
    made: list[str] = []
    indexes = ProjectIndexes(house.cache, on_made=made.append, least_pause_s=0.0)
    folder = house.project.as_uri()
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
async def test_nobody_indexes_what_nobody_uses(house: ContextHouse, settings: Settings) -> None:
    indexes = ProjectIndexes(house.cache)
    indexes.want(house.project.as_uri(), settings)
    assert indexes.runs == 0
    assert indexes.reader(house.project.as_uri()) is None
    await indexes.aclose()


@pytest.mark.process
async def test_the_embedded_engine_has_an_index_once_it_reads_fast_enough_for_it(house: ContextHouse) -> None:
    indexes, folder = ProjectIndexes(house.cache, least_pause_s=0.0), house.project.as_uri()
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
def test_no_part_of_a_secret_that_would_be_cut_is_in_the_index(house: ContextHouse, source: str) -> None:
    house.write("a.py", source + "OTHER = 1\n")
    house.index()
    reader = IndexReader(database_of(house.project, house.cache))
    assert [symbol.name for symbol in reader.of("a.py")] == ["OTHER"]


@pytest.mark.process
def test_the_process_ends_when_the_server_is_gone(house: ContextHouse) -> None:
    for n in range(300):
        house.write(f"f{n}.py", ONE)
    child = subprocess.Popen(
        (sys.executable, "-m", "autothink_lsp.context.index.child"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    order = {
        "database": str(database_of(house.project, house.cache)),
        "folder": str(house.project),
        "exclude": [],
        "largest_file_kib": 100,
    }
    said, _ = child.communicate(json.dumps(order).encode() + b"\n", timeout=60)  # and closes its input
    assert json.loads(said)["complete"] is False
