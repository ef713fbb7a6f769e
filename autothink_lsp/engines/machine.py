"""The resources of this machine for an engine: usable cores, available memory, NVIDIA GPUs. It only reads them.

Respects the limits of containers: ``os.cpu_count()`` returns the host's cores, and llama.cpp with more threads than
cores is extremely slow (its barriers spin; measured: 2 tokens a second instead of 25).
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from autothink_lsp.processes.environment import find_program
from autothink_lsp.processes.run import run_captured

logger = logging.getLogger(__name__)

_ROOT = Path("/")
_CGROUP = "sys/fs/cgroup"
_UNLIMITED_BYTES = 1 << 62
"""Control groups of version 1 represent "no limit" by a number near 2**63."""
_NVIDIA_SMI_TIMEOUT_S = 10.0


def available_cores(root: Path = _ROOT) -> int:
    """Return the cores that this process may use, at least 1: its CPU affinity, limited by its control groups."""
    process_cpu_count = getattr(os, "process_cpu_count", None)  # Python 3.13
    if process_cpu_count is not None:
        cores = process_cpu_count() or 1
    elif hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    quotas = [math.ceil(quota) for quota in _cpu_quotas(root)]
    return max(1, min([cores, *quotas]))


def engine_threads(wanted: int, cores: int) -> int:
    """Return the number of threads for llama.cpp. ``wanted`` is the setting; 0 chooses automatically.

    One core stays free for the editor. Above four cores half of them are used: most such machines have two logical
    cores for each physical one, or as many slow cores as fast ones, and a thread on the second half only makes the
    first half wait. Eight are enough for models of this size, whose decoding is limited by memory bandwidth.
    """
    if wanted > cores:
        logger.warning("embedded.threads is %d, but only %d cores may be used: using %d", wanted, cores, cores)
    if wanted > 0:
        return max(1, min(wanted, cores))
    return max(1, min(cores - 1, max(3, cores // 2), 8))


def available_memory_bytes(root: Path = _ROOT) -> int | None:
    """Return the memory that a new process can use without swapping, ``None`` if the system does not report it."""
    free = _meminfo_available(root)
    if free is None:
        free = _half_of_physical_memory()
    limits = list(_memory_left_in_cgroups(root))
    known = [*([free] if free is not None else []), *limits]
    return min(known) if known else None


def _cpu_quotas(root: Path) -> Iterator[float]:
    for folder in _cgroup_folders(root, "cpu"):
        words = _read(folder / "cpu.max").split()
        if len(words) == 2 and words[0] != "max":
            yield int(words[0]) / int(words[1])
        quota = _read(folder / "cpu.cfs_quota_us")
        period = _read(folder / "cpu.cfs_period_us")
        if quota and period and int(quota) > 0:
            yield int(quota) / int(period)


def _memory_left_in_cgroups(root: Path) -> Iterator[int]:
    for folder in _cgroup_folders(root, "memory"):
        for limit_name, used_name in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            limit, used = _read(folder / limit_name), _read(folder / used_name)
            if limit.isdecimal() and used.isdecimal() and int(limit) < _UNLIMITED_BYTES:
                yield max(0, int(limit) - int(used) + _reclaimable_bytes(folder))


def _reclaimable_bytes(group: Path) -> int:
    """Return the part of a group's page cache that the kernel reclaims first: the group's use counts it."""
    for line in _read(group / "memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name in ("inactive_file", "total_inactive_file") and value.isdecimal():
            return int(value)
    return 0


def _cgroup_folders(root: Path, controller: str) -> Iterator[Path]:
    """Yield every control group of this process, from its own to the root: each may set a limit.

    The file's lines are ``id:controllers:path``; version 2 has one line, ``0::path`` (Linux manual, cgroups(7)). In a
    container the path may lie outside of what is mounted; the mount's top is then the container's own group.
    """
    mount = root / _CGROUP
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        top = mount / controllers if controllers else mount
        if controllers and not top.is_dir():
            top = mount / controller
        folder = top / path.lstrip("/")
        yield folder
        while folder != top and top in folder.parents:
            folder = folder.parent
            yield folder


def _meminfo_available(root: Path) -> int | None:
    for line in _read(root / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _half_of_physical_memory() -> int | None:
    """Estimate the available memory where the system does not report it (macOS). Windows has no ``sysconf``."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


@frozen
class Gpu:
    """One GPU, with its memory as the driver reports it."""

    name: str
    total_bytes: int
    free_bytes: int


async def find_gpus() -> tuple[Gpu, ...]:
    """Return the NVIDIA GPUs; none if ``nvidia-smi`` is missing or fails. vLLM finds AMD's GPUs by itself."""
    program = find_program("nvidia-smi")
    if program is None:
        return ()
    query = ("--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits")
    try:
        result = await run_captured((program, *query), _NVIDIA_SMI_TIMEOUT_S)
    except OSError:
        return ()
    return parse_nvidia_smi(result.output) if result.returncode == 0 else ()


def parse_nvidia_smi(output: str) -> tuple[Gpu, ...]:
    """Parse lines of ``name, total, free`` in MiB. Lines of another form are skipped."""
    found: list[Gpu] = []
    for line in output.splitlines():
        name, *numbers = (word.strip() for word in line.rsplit(",", 2))
        with contextlib.suppress(ValueError):
            total_mib, free_mib = (int(number) for number in numbers)
            found.append(Gpu(name, total_mib << 20, free_mib << 20))
    return tuple(found)
