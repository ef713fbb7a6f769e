"""A folder inside another one of the workspace inherits what the outer one's ``autothink.toml`` forbids."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.lsp.configuration import Configuration, outer_folders, real_folder
from autothink_lsp.settings.model import Settings
from autothink_lsp.settings.trust import TrustStore

OFF = "[completion]\nenabled = false\n"
NO_ACTIONS = "[assist]\nenabled = false\n"
NO_SQL = "[completion]\nlanguages = { sql = false }\n"
EXCLUDES = '[completion]\nexclude = ["*.sql"]\n'
ON = "[completion]\nenabled = true\n"
REMOTE = '[completion]\nbackend = "openai"\nurl = "https://example.com"\n'
ALWAYS = '[assist]\npreview = "always"\n'


def completes(settings: Settings) -> bool:
    return settings.completion.enabled


# Files by folder, the workspace's folders, the folder that is asked about, and what is seen in it.
CASES = {
    "off outside": ({"ws": OFF}, ("ws", "ws/in"), "ws/in", lambda s: not s.completion.enabled),
    "the outer itself": ({"ws": OFF}, ("ws", "ws/in"), "ws", lambda s: not s.completion.enabled),
    "off between": ({"ws/mid": OFF}, ("ws", "ws/mid/in"), "ws/mid/in", lambda s: not s.completion.enabled),
    "off two levels up": ({"ws": OFF}, ("ws", "ws/mid/in"), "ws/mid/in", lambda s: not s.completion.enabled),
    "three nested": ({"ws": OFF}, ("ws", "ws/mid", "ws/mid/in"), "ws/mid/in", lambda s: not s.completion.enabled),
    "no actions": ({"ws": NO_ACTIONS}, ("ws", "ws/in"), "ws/in", lambda s: not s.assist.enabled and completes(s)),
    "a language": ({"ws": NO_SQL}, ("ws", "ws/in"), "ws/in", lambda s: not s.completion.allows_language("sql")),
    "excluded files": ({"ws": EXCLUDES}, ("ws", "ws/in"), "ws/in", lambda s: "*.sql" in s.completion.exclude),
    "an untrusted inner one cannot undo it": (
        {"ws": OFF, "ws/in": ON},
        ("ws", "ws/in"),
        "ws/in",
        lambda s: not s.completion.enabled,
    ),
    "both forbid": ({"ws": NO_ACTIONS, "ws/in": OFF}, ("ws", "ws/in"), "ws/in", lambda s: not s.assist.enabled),
    "the order of the folders is no matter": ({"ws": OFF}, ("ws/in", "ws"), "ws/in", lambda s: not completes(s)),
    "the outer one is not open": ({"ws": OFF}, ("ws/in",), "ws/in", completes),
    "a neighbour": ({"ws/other": OFF}, ("ws", "ws/other", "ws/in"), "ws/in", completes),
    "a folder whose name begins alike": ({"ws/i": OFF}, ("ws/i", "ws/in"), "ws/in", completes),
    "the inner one does not reach out": ({"ws/in": OFF}, ("ws", "ws/in"), "ws", completes),
    "what allows is not inherited": ({"ws": REMOTE}, ("ws", "ws/in"), "ws/in", lambda s: not s.completion.url),
    "what is no prohibition is not inherited": (
        {"ws": ALWAYS},
        ("ws", "ws/in"),
        "ws/in",
        lambda s: s.assist.preview == Settings().assist.preview,
    ),
    "a damaged file": ({"ws": "not toml ["}, ("ws", "ws/in"), "ws/in", completes),
}


@pytest.mark.parametrize("name", CASES)
def test_what_counts_in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("AUTOTHINK_HOME", str(tmp_path / "home"))
    files, folders, asked, expected = CASES[name]
    for folder in (*files, *folders):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    for folder, content in files.items():
        (tmp_path / folder / "autothink.toml").write_text(content)
    uris = [(tmp_path / folder).as_uri() for folder in folders]
    warnings: list[str] = []
    configuration = Configuration(uris, None, warn=warnings.append, trust=TrustStore(tmp_path / "state"))
    assert expected(configuration.settings_for((tmp_path / asked).as_uri()))


def test_a_folder_that_is_a_link_is_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "ws/in").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "ws/in")
    link = real_folder((tmp_path / "link").as_uri())
    outer = real_folder((tmp_path / "ws").as_uri())
    assert outer_folders(link, [outer, link]) == [outer]
    assert outer_folders(link, [link]) == []
    assert outer_folders(None, [tmp_path]) == []
