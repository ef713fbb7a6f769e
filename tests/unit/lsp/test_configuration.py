"""Waiting for what the client's user set. Virtual time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from autothink_lsp.lsp.configuration import Configuration
from autothink_lsp.settings.trust import TrustStore
from tests.support import virtual_time

ANSWERED_AFTER_S = 2.0


def configuration(folder: Path) -> Configuration:
    return Configuration([], None, warn=lambda _: None, trust=TrustStore(folder))


def test_a_timeout_of_one_answer_does_not_count_for_the_next(tmp_path: Path) -> None:
    async def main() -> None:
        one = configuration(tmp_path)
        one.asking()
        early = asyncio.create_task(one.known())
        await asyncio.sleep(2.9)  # and there is no answer yet
        one.asking()
        late = asyncio.create_task(one.known())
        await asyncio.sleep(ANSWERED_AFTER_S)
        assert not early.done()
        assert not late.done()
        one.settle()
        one.settle()
        await asyncio.gather(early, late)

    virtual_time.run(main())


def test_a_client_that_never_answers_is_waited_for_once(tmp_path: Path) -> None:
    async def main() -> None:
        one, now = configuration(tmp_path), asyncio.get_running_loop().time
        one.asking()
        await one.known()
        assert now() < 5
        before = now()
        await one.known()
        assert now() == before

    virtual_time.run(main())


def test_an_answer_that_a_later_one_has_overtaken_is_dropped(tmp_path: Path) -> None:
    async def main() -> None:
        one = configuration(tmp_path)
        earlier, later = one.asking(), one.asking()
        one.client_sent({None: {"completion": {"enabled": True}}}, later)
        one.client_sent({None: {"completion": {"enabled": False}}}, earlier)
        assert one.settings_for(None).completion.enabled
        one.client_sent({None: {"completion": {"enabled": False}}}, one.asking())
        assert not one.settings_for(None).completion.enabled

    virtual_time.run(main())


def test_removed_folders_are_named_as_they_were_added(tmp_path: Path) -> None:
    settings = configuration(tmp_path)
    settings.change_folders(added=["file:///a%20b", "file:///c"], removed=[])
    assert settings.change_folders(added=[], removed=["file:///a b/", "file:///d"]) == ["file:///a%20b"]
    assert "file:///c" in settings.folders
    assert "file:///a%20b" not in settings.folders


# What is added or removed, and the folders whose settings are loaded anew then.
CHANGES = {
    "another folder": (["c"], [], ["c"]),
    "a folder around": (["a"], [], ["a", "a/in", "a/in/most"]),
    "a folder within": (["b/in"], [], ["b/in"]),
    "a folder around is gone": ([], ["a/in"], ["a/in", "a/in/most"]),
    "another folder is gone": ([], ["b"], ["b", "b/in"]),
    "one replaces another": (["a"], ["b"], ["a", "a/in", "a/in/most", "b", "b/in"]),
    "one that is there": (["b"], [], []),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_folders_keep_the_settings_of_the_others(tmp_path: Path, name: str) -> None:
    added, removed, anew = CHANGES[name]
    settings = configuration(tmp_path)

    def uri(folder: str) -> str:
        return (tmp_path / folder).as_uri()

    settings.change_folders(added=[*map(uri, ("a/in", "a/in/most", "b"))], removed=[])
    asked = ("a", "a/in", "a/in/most", "b", "b/in", "c")
    before = {folder: settings.loaded(uri(folder)) for folder in asked}
    settings.change_folders(added=[*map(uri, added)], removed=[*map(uri, removed)])
    assert [folder for folder in asked if settings.loaded(uri(folder)) is not before[folder]] == sorted(anew)


def test_the_folder_of_a_document_follows_the_folders(tmp_path: Path) -> None:
    settings, uri = configuration(tmp_path), "file:///w/a/b.py"
    assert settings.folder_of(uri) is None
    settings.change_folders(added=["file:///w", "file:///w/a"], removed=[])
    assert settings.folder_of(uri) == "file:///w/a"
    settings.change_folders(added=[], removed=["file:///w/a/"])
    assert settings.folder_of(uri) == "file:///w"
    for number in range(300):  # more than are kept
        assert settings.folder_of(f"file:///w/{number}.py") == "file:///w"
