"""The heap in huge pages: what is replaced, and what is left alone."""

from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path

import pytest

from autothink_lsp.processes import huge_pages
from autothink_lsp.processes.huge_pages import anonymous_mappings, use_huge_pages

_SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
needs_huge_pages = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not _SETTING.exists() or "[never]" in _SETTING.read_text(encoding="ascii"),
    reason="this kernel has no transparent huge pages",
)

_MiB = 1 << 20


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("7f0000200000-7f0000600000 rw-p 00000000 00:00 0", [(0x7F0000200000, 0x7F0000600000)]),
        ("559a4b7c0000-559a4bfe1000 rw-p 00000000 00:00 0          [heap]", [(0x559A4B7C0000, 0x559A4BFE1000)]),
        ("7ffd1c000000-7ffd1c021000 rw-p 00000000 00:00 0          [stack]", []),
        ("7f0000200000-7f0000600000 r--p 00000000 00:00 0", []),
        ("7f0000200000-7f0000600000 ---p 00000000 00:00 0", []),
        ("7f0000200000-7f0000600000 rw-s 00000000 00:05 8          /dev/zero (deleted)", []),
        ("7f0000200000-7f0000600000 rw-p 00443000 fe:00 131        /usr/lib/a b/libpython3.so", []),
        ("7f0000200000-7f0000600000 r-xp 00000000 fe:00 131        /usr/lib/libpython3.so", []),
        ("7f0000200000-7f0000600000 rw-p 00443000 fe:00 131        /home/jos\u00e9/\x1c\u2028.so", []),
        ("", []),
    ],
)
def test_only_private_memory_without_a_file_is_replaced(line: str, expected: list[tuple[int, int]]) -> None:
    assert list(anonymous_mappings([line.encode()])) == expected


def _field_kib(field: str) -> int:
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(field + ":")).split()[1])


@pytest.mark.exhaustive
@needs_huge_pages
def test_memory_in_use_is_replaced_and_keeps_its_content() -> None:
    text = bytes(range(256)) * 4096 * 16  # 16 MiB
    before_kib = _field_kib("AnonHugePages")
    assert use_huge_pages() >= 12 * _MiB
    assert _field_kib("AnonHugePages") - before_kib >= 12 * 1024
    assert text == bytes(range(256)) * 4096 * 16


@needs_huge_pages
@pytest.mark.parametrize("name", ["jos\u00e9".encode(), b"\xff", b"a\x1c b"])
def test_files_of_any_name_may_be_mapped(name: bytes, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "wb+") as file:  # noqa: PTH123 - a path of bytes
        file.write(bytes(mmap.PAGESIZE))
        file.flush()
        with mmap.mmap(file.fileno(), mmap.PAGESIZE):
            assert use_huge_pages() >= 0


@needs_huge_pages
def test_memory_that_is_hardly_in_use_does_not_grow() -> None:
    use_huge_pages()
    with mmap.mmap(-1, 64 * _MiB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as sparse:
        for at in range(0, len(sparse), 2 * _MiB):
            sparse[at] = 1
        before_kib = _field_kib("Rss")
        use_huge_pages()
        assert _field_kib("Rss") - before_kib < 4 * 1024


def test_nothing_is_done_where_the_kernel_forbids_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huge_pages, "huge_page_bytes", lambda: None)
    assert use_huge_pages() == 0
