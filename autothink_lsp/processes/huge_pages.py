"""Backs this process's heap with huge pages on Linux, so that a key after a pause costs less.

In the pause between two keys the processor loses its cached address translations. A heap of 50 MiB has 13,000 of them
in pages of 4 KiB and 25 in pages of 2 MiB. ``docs/measurements/keystroke.md`` has what it saves. The kernel's setting
is respected: where transparent huge pages are set to ``never``, nothing is done.

Kernel documentation: ``Documentation/admin-guide/mm/transhuge.rst`` and ``pagemap.rst``; madvise(2) describes
``MADV_COLLAPSE``, which Linux has since 6.1. Older kernels only get the advice and replace the pages in their own time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import mmap
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

logger = logging.getLogger(__name__)

# The heap grows mostly while the first document is opened and at the first requests.
_DELAYS_S = (2.0, 30.0, 300.0)
# A huge page occupies its full size. Below this share of pages in use the memory of the process would grow too much:
# the stack of a thread has 8 MiB of which some KiB are in use.
_LEAST_SHARE_IN_USE = 0.75
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25
_PRESENT = 1 << 63  # of an entry of /proc/self/pagemap


async def keep_heap_in_huge_pages() -> None:
    """Replace the heap's pages some seconds after the start, and twice more for what was allocated meanwhile."""
    if sys.platform != "linux" or huge_page_bytes() is None:
        return
    for delay_s in _DELAYS_S:
        await asyncio.sleep(delay_s)
        replaced_bytes = await asyncio.to_thread(use_huge_pages)
        logger.debug("%d MiB of memory are in huge pages", replaced_bytes >> 20)


def use_huge_pages() -> int:
    """Replace the pages of the heap by huge pages where most of a huge page is in use. Returns their bytes; 0 where the
    kernel refuses."""
    import ctypes

    size_bytes = huge_page_bytes()
    if size_bytes is None:
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    replaced_bytes = 0
    with contextlib.suppress(OSError), Path("/proc/self/pagemap").open("rb", buffering=0) as pagemap:
        mappings = list(anonymous_mappings(Path("/proc/self/maps").read_bytes().split(b"\n")))
        for start, end in mappings:
            for first, last in _ranges_in_use(pagemap, start, end, size_bytes):
                libc.madvise(first, last - first, _MADV_HUGEPAGE)
                if libc.madvise(first, last - first, _MADV_COLLAPSE) == 0:
                    replaced_bytes += last - first
    return replaced_bytes


def anonymous_mappings(lines: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    """The addresses (first, one past the last) of writable private memory that belongs to no file, from the lines of
    ``/proc/self/maps``: the heap, and what was mapped by allocators. The lines are bytes, because the name of a mapped
    file may have any."""
    for line in lines:
        addresses, permissions, _offset, _device, _inode, *name = line.split(maxsplit=5) or (b"",) * 5
        if permissions == b"rw-p" and name in ([], [b"[heap]"]):
            start, end = addresses.split(b"-")
            yield int(start, 16), int(end, 16)


def _ranges_in_use(pagemap: BinaryIO, start: int, end: int, size_bytes: int) -> Iterator[tuple[int, int]]:
    """The longest runs of huge pages between two addresses of which each has most of its pages in use."""
    first = -(-start // size_bytes) * size_bytes
    run_start = None
    for at in range(first, end - size_bytes + 1, size_bytes):
        if _share_in_use(pagemap, at, size_bytes) >= _LEAST_SHARE_IN_USE:
            run_start = at if run_start is None else run_start
        elif run_start is not None:
            yield run_start, at
            run_start = None
    if run_start is not None:
        yield run_start, end // size_bytes * size_bytes


def _share_in_use(pagemap: BinaryIO, start: int, size_bytes: int) -> float:
    pages = size_bytes // mmap.PAGESIZE
    pagemap.seek(start // mmap.PAGESIZE * 8)
    entries = memoryview(pagemap.read(pages * 8)).cast("Q")
    return sum(entry >= _PRESENT for entry in entries) / pages


def huge_page_bytes() -> int | None:
    """The size of a huge page; ``None`` if the administrator forbids them: ``MADV_COLLAPSE`` would ignore that."""
    settings = Path("/sys/kernel/mm/transparent_hugepage")
    try:
        if "[never]" in (settings / "enabled").read_text(encoding="ascii"):
            return None
        return int((settings / "hpage_pmd_size").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
