"""Files that cannot be used, and the lines of keys in those that can."""

from __future__ import annotations

import os
import tomllib
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
        (b"a = " + b"[" * 50_000, "", "nested deeper than 32 levels"),
        (b"#" * (MAX_FILE_BYTES + 1), "", "has 65,537 bytes, more than settings may have"),
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


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a" + b".a" * 20_000 + b" = 1", "nested deeper"),  # 14 s and gigabytes in tomllib
        (b"a" + b' . "b"' * 9_000 + b" = 1", "nested deeper"),
        (b"[a" + b".a" * 20_000 + b"]", "nested deeper"),
        (b"[[a" + b".a" * 20_000 + b"]]", "nested deeper"),
        (b"a = " + b"[" * 30_000 + b"]" * 30_000, "nested deeper"),
        (b"a = " + b"{a=" * 15_000 + b"1" + b"}" * 15_000, "nested deeper"),
        (b"a = '''" + b"[" * 50 + b"''' + " + b"[" * 50, "nested deeper"),
        (b'a = "\\\\"' + b"[" * 50, "nested deeper"),
        (b"".join(b"k%d=1\n" % number for number in range(6_000)), "more than 4,000 keys"),
        (b"a = {" + b",".join(b"k%d=1" % number for number in range(6_000)) + b"}", "more than 4,000 keys"),
    ],
)
def test_what_would_take_long_is_refused_before_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, reason: str
) -> None:
    def parse(_text: str) -> dict[str, object]:
        raise AssertionError("it was given to tomllib")

    monkeypatch.setattr(tomllib, "loads", parse)
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    warning = read_toml_file(path)
    assert isinstance(warning, SettingWarning)
    assert reason in warning.message


@pytest.mark.parametrize(
    "content",
    [
        b'a = "' + b"[" * 100 + b'"',
        b"a = '" + b"{." * 100 + b"'",
        b'a = """\n' + b"[.[" * 100 + b'\\""" """',
        b'a = """x"""""',
        b"a = '''\n" + b"[.[" * 100 + b"'''",
        b"# " + b"[.[" * 100 + b"\na = 1",
        b"a = [" + b"1.5, " * 100 + b"]",
        b"\n".join(b"[a.b.c%d]" % number for number in range(100)),
        b"a = [\n" + b"[1, 2],\n" * 100 + b"]",
    ],
)
def test_brackets_and_points_in_strings_comments_and_flat_lists_count_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    file = read_toml_file(path)
    assert isinstance(file, TomlFile)
    assert file.table == tomllib.loads(content.decode())


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


# Each line of a file with the keys whose first line it is.
LINES: list[tuple[str, list[str]]] = [
    ("# url = 1", []),
    ('text = """', ["text"]),
    (r'url = 2 \"""', []),
    ("[log]", []),
    ('""""', []),
    ("list = [ # url = 3", ["list"]),
    ('  "]", { url = 4 },', []),
    ("]", []),
    ("quotes = ['''", ["quotes"]),
    ("[x]'''', '[', \"\"\"", []),
    ('x"""", "["', []),
    ("]", []),
    ("[completion] # [y]", ["completion"]),
    ('"url" = 1', ["completion/url"]),
    ('languages = { go = true, "x" = [1,2] }', ["completion/languages"]),
    ('[ completion . deep . "a.b" ]', ["completion/deep", "completion/deep/a.b"]),
    ("k.l = 2024-01-01 00:00:00", ["completion/deep/a.b/k", "completion/deep/a.b/k/l"]),
    ("[[tables]]", ["tables"]),
    ("n = 1", ["tables/n"]),
    ("[last]", ["last"]),
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_each_key_has_its_line(line_end: str) -> None:
    text = line_end.join(line for line, _ in LINES)
    lines = TomlFile(Path("x"), text.encode(), tomllib.loads(text)).lines_of_keys()
    expected = {tuple(key.split("/")): number for number, (_, keys) in enumerate(LINES, 1) for key in keys}
    assert lines == expected
