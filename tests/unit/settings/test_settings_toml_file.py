"""Files that cannot be used, and the lines of keys in those that can."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autothink_lsp.settings.reports import SettingWarning
from autothink_lsp.settings.toml_file import MAX_FILE_BYTES, TomlFile, read_toml_file


@pytest.mark.parametrize(
    ("content", "where", "reason"),
    [
        (b"a = 1\nb = = 2\n", ":2:5", "is not valid TOML: Invalid value"),
        (b"a = 1\n[b", ":2:3", "is not valid TOML"),
        (b"a = 1\na = 2", ":2:6", "is not valid TOML: Cannot overwrite a value"),
        (b"a = 1\nb = '\xff'", ":2", "is not UTF-8 text"),
        (b"a = " + b"9" * 5000, "", "is not valid TOML: numbers too long or lists too deep"),
        (b"a = " + b"[" * 50_000, "", "is not valid TOML"),
        (b"#" * (MAX_FILE_BYTES + 1), "", "has 262,145 bytes, more than settings may have"),
    ],
)
def test_content_that_cannot_be_used(tmp_path: Path, content: bytes, where: str, reason: str) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    warning = read_toml_file(path)
    assert isinstance(warning, SettingWarning)
    assert warning.key == ""
    assert warning.where.startswith(f"{path}{where}")
    assert reason in warning.message


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        warning = read_toml_file(path)
        assert isinstance(warning, SettingWarning)
        assert "is not a file" in warning.message


def test_a_path_that_no_system_has() -> None:
    assert isinstance(read_toml_file(Path("a\0b")), SettingWarning)


def test_an_absent_file_is_no_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert read_toml_file(tmp_path / "absent") is None
    assert read_toml_file(tmp_path / "file" / "autothink.toml") is None


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    file = read_toml_file(path)
    assert isinstance(file, TomlFile)
    assert file.table == {"a": 1}


LINES = (
    '''\
# url = 1
text = """
url = 2 \\"""
[log]
""""
list = [ # url = 3
  "]", { url = 4 },
]
literal = \'\'\'
[x]\'\'\'

[completion] # [y]
"url" = 1; '''.replace("; ", "\n")
    + """\
languages = { go = true, "x" = [1,
2] }
[ completion . deep . "a.b" ]
k.l = 2024-01-01 00:00:00
[[tables]]
n = 1
[last]"""
)


def test_lines_of_keys() -> None:
    file = TomlFile(Path("x"), LINES.replace("\n", "\r\n").encode(), {})
    assert dict(file.lines_of_keys()) == {
        ("text",): 2,
        ("list",): 6,
        ("literal",): 9,
        ("completion",): 12,
        ("completion", "url"): 13,
        ("completion", "languages"): 14,
        ("completion", "deep"): 16,
        ("completion", "deep", "a.b"): 16,
        ("completion", "deep", "a.b", "k"): 17,
        ("completion", "deep", "a.b", "k", "l"): 17,
        ("tables",): 18,
        ("tables", "n"): 19,
        ("last",): 20,
    }
