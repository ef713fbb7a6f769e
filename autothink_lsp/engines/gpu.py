"""The GPUs of this machine, as the driver's own tool tells them."""

from __future__ import annotations

import asyncio
import contextlib
import shutil

from attrs import frozen

_PATIENCE_S = 10.0


@frozen
class Gpu:
    """Bytes as the driver counts them."""

    name: str
    total_bytes: int
    free_bytes: int


async def gpus() -> tuple[Gpu, ...]:
    """NVIDIA's; empty where there is none or its tool is missing. AMD's are not looked at: vLLM finds out itself."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            "--query-gpu=name,memory.total,memory.free",
            "--format=csv,noheader,nounits",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            output, _ = await process.communicate()
    except TimeoutError:
        return ()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return parse_smi(output.decode("utf-8", "replace")) if process.returncode == 0 else ()


def parse_smi(output: str) -> tuple[Gpu, ...]:
    """From lines of ``name, total, free`` in MiB. A line that cannot be read is left out."""
    found: list[Gpu] = []
    for line in output.splitlines():
        name, *numbers = (word.strip() for word in line.rsplit(",", 2))
        with contextlib.suppress(ValueError):
            total_mib, free_mib = (int(number) for number in numbers)
            found.append(Gpu(name, total_mib << 20, free_mib << 20))
    return tuple(found)
