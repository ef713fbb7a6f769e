"""The GPUs of this machine, as the driver's own tool tells them."""

from __future__ import annotations

import contextlib

from attrs import frozen

from autothink_lsp.engines.ask_program import ask_program
from autothink_lsp.processes import find_program

_PATIENCE_S = 10.0


@frozen
class Gpu:
    """Bytes as the driver counts them."""

    name: str
    total_bytes: int
    free_bytes: int


async def gpus() -> tuple[Gpu, ...]:
    """NVIDIA's; empty where there is none or its tool is missing. AMD's are not looked at: vLLM finds out itself."""
    program = find_program("nvidia-smi")
    if program is None:
        return ()
    query = ("--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits")
    try:
        printed = await ask_program((program, *query), _PATIENCE_S)
    except OSError:
        return ()
    return parse_smi(printed.output) if printed.returncode == 0 else ()


def parse_smi(output: str) -> tuple[Gpu, ...]:
    """From lines of ``name, total, free`` in MiB. A line that cannot be read is left out."""
    found: list[Gpu] = []
    for line in output.splitlines():
        name, *numbers = (word.strip() for word in line.rsplit(",", 2))
        with contextlib.suppress(ValueError):
            total_mib, free_mib = (int(number) for number in numbers)
            found.append(Gpu(name, total_mib << 20, free_mib << 20))
    return tuple(found)
