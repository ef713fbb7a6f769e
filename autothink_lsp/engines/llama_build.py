"""What the installed build of llama.cpp can compute on: the processor only, or also GPUs.

xllamacpp is asked in a process of its own, because a driver's fault in native code must not end the language server.
Its wheels on the package index are built for the processor, those for macOS also for Metal; its project has indexes
with CUDA, ROCm and Vulkan builds (xllamacpp's README, "Installation").
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from autothink_lsp.errors import EngineError
from autothink_lsp.processes.parent_death import exit_when_parent_exits, read_start_message
from autothink_lsp.processes.run import run_polled
from autothink_lsp.processes.spawn import module_command

_CPU_TYPES = ("CPU", "ACCEL")


@frozen
class LlamaDevice:
    """A device that llama.cpp can use. ``kind`` is llama.cpp's: ``CPU``, ``GPU``, ``IGPU``, ``ACCEL``."""

    name: str
    description: str
    kind: str
    free_bytes: int

    @property
    def is_gpu(self) -> bool:
        """Whether layers can be put on it."""
        return self.kind not in _CPU_TYPES


def parse_devices(found: Iterable[Mapping[str, Any]]) -> tuple[LlamaDevice, ...]:
    """Return the devices in the answer of ``xllamacpp.get_device_info()``."""
    return tuple(
        LlamaDevice(
            name=str(device.get("name", "")),
            description=str(device.get("description", "")),
            kind=str(getattr(device.get("type"), "name", device.get("type", ""))).rpartition("_TYPE_")[2],
            free_bytes=int(device.get("memory_free") or 0),
        )
        for device in found
    )


def gpu_free_bytes(found: Iterable[Mapping[str, Any]]) -> int:
    """Return the free memory of all GPUs in the answer of ``xllamacpp.get_device_info()``; 0 without a GPU."""
    return sum(device.free_bytes for device in parse_devices(found) if device.is_gpu)


def installed_devices() -> tuple[LlamaDevice, ...]:
    """Return the devices of the installed build; none if xllamacpp is missing or fails. Blocks."""
    try:
        result = run_polled(module_command(__name__), {}, lambda _output: None)
        answer = json.loads(result.output.strip().splitlines()[-1])
        return parse_devices(answer["devices"])
    except (OSError, EngineError, ValueError, IndexError, KeyError, TypeError):
        return ()


def main() -> None:
    """Print the devices as one line of JSON. The start message is ``{"parent_pid": …}``."""
    exit_when_parent_exits(read_start_message()["parent_pid"], death_signal=True)
    xllamacpp = importlib.import_module("xllamacpp")  # compiled, without types
    devices = [
        {"name": one.name, "description": one.description, "type": one.kind, "memory_free": one.free_bytes}
        for one in parse_devices(xllamacpp.get_device_info())
    ]
    sys.stdout.write(json.dumps({"devices": devices}) + "\n")
    sys.stdout.flush()
