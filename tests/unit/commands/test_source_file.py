"""A command reads and writes a user's file: every kind of file, every property that must survive a write."""

from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from autothink_lsp.commands import source_file
from autothink_lsp.commands.source_file import backup_path, read_source_file, write_source_file
from autothink_lsp.errors import AutothinkError

OLD, NEW = "a = 1\n", "a = 22\nb = 3\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "a.py"
    path.parent.mkdir()
    path.write_bytes(OLD.encode())
    return path


def names(file: Path) -> list[str]:
    return sorted(entry.name for entry in file.parent.iterdir())


# What cannot be read. Each of these is a sentence, and none of them blocks.


def folder(path: Path) -> None:
    path.mkdir()


def named_pipe(path: Path) -> None:
    os.mkfifo(path)


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(os.path.relpath(path))


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def three_gigabytes(path: Path) -> None:
    with path.open("wb") as out:
        out.truncate(3 << 30)


UNREADABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder": (folder, "is a folder"),
    "named pipe": (named_pipe, "is a named pipe"),
    "socket": (bound_socket, "is a socket"),
    "device": (device, "is a device"),
    "dangling link": (dangling_link, "No such file"),
    "link to itself": (link_to_itself, "symbolic links"),
    "3 GB": (three_gigabytes, "larger than 2 MB"),
    "binary": (lambda path: path.write_bytes(b"a\0b"), "binary"),
    "UTF-16": (lambda path: path.write_bytes("a = 1".encode("utf-16")), "UTF-16"),
    "Latin-1": (lambda path: path.write_bytes(b"caf\xe9"), "not UTF-8 (byte 3)"),
    "encoded lone surrogate": (lambda path: path.write_bytes(b"ab\xed\xa0\x80"), "not UTF-8 (byte 2)"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.process
def test_what_is_no_text_file_is_refused(tmp_path: Path, kind: str) -> None:
    make, words = UNREADABLE[kind]
    make(tmp_path / "a.py")
    with pytest.raises(AutothinkError, match=words.replace("(", r"\(").replace(")", r"\)")):
        read_source_file(tmp_path / "a.py")


@pytest.mark.parametrize("name", ["x" * 300, "a/" * 3000 + "a.py"])
def test_a_name_that_is_too_long_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(AutothinkError, match="name too long"):
        read_source_file(tmp_path / name)


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 252 + ".py")
    path.write_text(OLD)
    write_source_file(read_source_file(path), NEW)
    assert path.read_text() == NEW


# Properties that must survive. Each one is set up, and read back after the write.


def set_mode(path: Path) -> None:
    path.chmod(0o2754)


def set_owner(path: Path) -> None:
    os.chown(path, 1234, 2345)


def set_attribute(path: Path) -> None:
    os.setxattr(path, "user.comment", b"kept")


def set_access_control_list(path: Path) -> None:
    # struct posix_acl_xattr_header (version 2) and: user::rw-, user:1234:rw-, group::r--, mask::rw-, other::r--
    entries = [(1, 6, 0xFFFFFFFF), (2, 6, 1234), (4, 4, 0xFFFFFFFF), (16, 6, 0xFFFFFFFF), (32, 4, 0xFFFFFFFF)]
    value = (2).to_bytes(4, "little")
    for tag, permissions, identity in entries:
        value += tag.to_bytes(2, "little") + permissions.to_bytes(2, "little") + identity.to_bytes(4, "little")
    os.setxattr(path, "system.posix_acl_access", value)


def make_hard_link(path: Path) -> None:
    os.link(path, path.parent / "second.py")


def properties(path: Path) -> dict[str, object]:
    status = path.stat()
    attributes = {name: os.getxattr(path, name) for name in os.listxattr(path)}
    return {"mode": status.st_mode, "owner": (status.st_uid, status.st_gid), "links": status.st_nlink, **attributes}


PROPERTIES = [set_mode, set_owner, set_attribute, set_access_control_list, make_hard_link]


@pytest.mark.skipif(sys.platform != "linux", reason="extended attributes and owners are set as Linux does")
@pytest.mark.parametrize("prepare", PROPERTIES, ids=[one.__name__ for one in PROPERTIES])
@pytest.mark.parametrize("in_place", [False, True])
def test_a_write_keeps_every_property(
    file: Path, monkeypatch: pytest.MonkeyPatch, prepare: Callable[[Path], None], in_place: bool
) -> None:
    try:
        prepare(file)
    except OSError as error:
        pytest.skip(f"this file system or user cannot: {error}")
    before = properties(file)
    if in_place:
        monkeypatch.setattr(source_file, "_replace", lambda *_: False)
    write_source_file(read_source_file(file), NEW)
    assert file.read_text() == NEW
    assert properties(file) == before
    assert set(names(file)) <= {"a.py", "second.py"}


@pytest.mark.parametrize("text", [NEW, "", "\ufeffa = 1\r\nb\rc\n\x0c\n", "x" * 1_000_000], ids=len)
def test_the_bytes_are_those_of_the_text(file: Path, text: str) -> None:
    write_source_file(read_source_file(file), text)
    assert file.read_bytes() == text.encode()


@pytest.mark.parametrize("absolute", [True, False])
def test_a_link_stays_a_link(file: Path, absolute: bool) -> None:
    link = file.parent.parent / "link.py"
    link.symlink_to(file if absolute else Path("folder/a.py"))
    write_source_file(read_source_file(link), NEW)
    assert link.is_symlink()
    assert file.read_text() == NEW
    assert names(link) == ["folder", "link.py"]


def test_hard_links_keep_one_content(file: Path) -> None:
    make_hard_link(file)
    write_source_file(read_source_file(file), NEW)
    assert (file.parent / "second.py").read_text() == NEW


# Refusals: the file keeps its content, and nothing lies beside it.


@pytest.mark.parametrize("mode", [0o444, 0o400, 0o555, 0o464])
def test_a_read_only_file_is_refused_for_root_too(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(AutothinkError, match="is read-only"):
        write_source_file(read_source_file(file), NEW)
    assert (file.read_text(), names(file)) == (OLD, ["a.py"])


def changed_in_place(path: Path) -> None:
    path.write_text("b = 1\n")


def replaced_by_equal(path: Path) -> None:
    other = path.with_name("other")
    other.write_text(OLD)
    other.replace(path)


def link_elsewhere(path: Path) -> None:
    path.rename(path.with_name("real.py"))
    path.symlink_to("real.py")


def removed(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("meanwhile", [changed_in_place, replaced_by_equal, link_elsewhere, removed])
def test_a_file_that_changed_meanwhile_is_left_alone(file: Path, meanwhile: Callable[[Path], None]) -> None:
    source = read_source_file(file)
    meanwhile(file)
    before = file.read_bytes() if file.exists() else None
    with pytest.raises(AutothinkError, match=r"changed in the meantime|No such file"):
        write_source_file(source, NEW)
    assert (file.read_bytes() if file.exists() else None) == before


def test_a_lone_surrogate_is_refused(file: Path) -> None:
    with pytest.raises(AutothinkError, match=r"U\+D800"):
        write_source_file(read_source_file(file), "a = '\ud800'\n")
    assert (file.read_text(), names(file)) == (OLD, ["a.py"])


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG])
@pytest.mark.parametrize("linked", [False, True])
def test_a_full_disk_changes_nothing(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, linked: bool
) -> None:
    if linked:
        make_hard_link(file)
    monkeypatch.setenv("AUTOTHINK_HOME", str(tmp_path / "home"))
    source = read_source_file(file)
    calls = 0

    def failing(_descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if not linked or calls == 3:  # 1: the backup, 2: its folder, 3: the file itself
            raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(AutothinkError, match="could not be written: "):
        write_source_file(source, NEW)
    assert file.read_text() == OLD
    assert set(names(file)) <= {"a.py", "second.py"}


def test_a_folder_without_room_for_a_name_is_written_in_place(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No inodes, or a folder without write permission: the backup goes to the state folder."""
    monkeypatch.setenv("AUTOTHINK_HOME", str(tmp_path / "home"))
    source, real_open = read_source_file(file), os.open

    def without_new_files(path: str | Path, flags: int, *rest: int, **more: int) -> int:
        is_unnamed, is_named = flags & os.O_RDWR and Path(path) == file.parent, flags & os.O_CREAT
        if is_unnamed or (is_named and Path(path).parent == file.parent):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_open(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", without_new_files)
    write_source_file(source, NEW)
    assert file.read_text() == NEW
    assert names(file) == ["a.py"]
    assert list((tmp_path / "home").rglob("a.py-*")) == []


def test_a_backup_of_a_killed_run_is_not_lost(file: Path) -> None:
    backup = backup_path(file)
    backup.write_text("before\n")
    with pytest.raises(AutothinkError, match="interrupted") as refused:
        write_source_file(read_source_file(file), NEW)
    assert str(backup) in refused.value.hint
    assert (file.read_text(), backup.read_text()) == (OLD, "before\n")
    backup.write_text(OLD)  # the run was killed before it changed the file
    write_source_file(read_source_file(file), NEW)
    assert (file.read_text(), names(file)) == (NEW, ["a.py"])


def test_abandoned_temporary_files_are_removed(file: Path) -> None:
    old, new = file.with_name(".autothink-0123456789abcdef.tmp"), file.with_name(".autothink-0123456789abcdee.tmp")
    for one in (old, new):
        one.write_text("x")
    os.utime(old, (time.time() - 3600,) * 2)
    write_source_file(read_source_file(file), NEW)
    assert names(file) == [new.name, "a.py"]


KILLED = """
import os, signal, sys
from pathlib import Path
from autothink_lsp.commands import source_file
path, step, linked = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "linked"
calls = 0
def counting(real):
    def call(*arguments, **more):
        global calls
        calls += 1
        if calls == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **more)
    return call
for name in ("open", "write", "fsync", "ftruncate", "link", "fchmod"):
    setattr(os, name, counting(getattr(os, name)))
source_file.write_source_file(source_file.read_source_file(path), "n" * 100_000)
print("done")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="files without a name are Linux's")
@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.process
def test_a_kill_at_any_step_loses_nothing(file: Path, linked: bool) -> None:
    """The file is old or new; a part of both only while a backup with the old content lies beside it."""
    if linked:
        make_hard_link(file)
    for step in range(1, 30):
        file.write_text(OLD)
        arguments = [sys.executable, "-c", KILLED, str(file), str(step), "linked" if linked else ""]
        result = subprocess.run(arguments, capture_output=True, text=True, check=False)
        content, backup = file.read_text(), backup_path(file)
        if backup.exists():
            assert content == OLD or backup.read_text() == OLD, step
            backup.unlink()
        else:
            assert content in {OLD, "n" * 100_000}, step
        leftover = set(names(file)) - {"a.py", "second.py"}
        assert not leftover, (step, leftover)
        if "done" in result.stdout:
            break
    assert "done" in result.stdout, result.stderr
    assert step > 5


def test_the_mode_survives_a_strict_umask(file: Path) -> None:
    file.chmod(0o666)
    before = os.umask(0o077)
    try:
        write_source_file(read_source_file(file), NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o666
