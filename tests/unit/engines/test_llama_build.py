"""The devices of a build of llama.cpp: a machine with a processor only puts no layer anywhere."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from autothink_lsp.engines.llama_build import gpu_free_bytes, parse_devices


class DeviceType(Enum):
    GGML_BACKEND_DEVICE_TYPE_CPU = 0
    GGML_BACKEND_DEVICE_TYPE_GPU = 1
    GGML_BACKEND_DEVICE_TYPE_ACCEL = 3


def device(kind: str, free_bytes: int) -> dict[str, Any]:
    return {
        "name": kind,
        "description": "x",
        "memory_free": free_bytes,
        "type": DeviceType[f"GGML_BACKEND_DEVICE_TYPE_{kind}"],
    }


@pytest.mark.parametrize(
    ("kinds", "free_bytes"),
    [(["CPU"], 0), (["CPU", "ACCEL"], 0), (["GPU", "CPU"], 5), (["GPU", "GPU", "CPU"], 10), ([], 0)],
)
def test_only_gpu_devices_count_as_gpus(kinds: list[str], free_bytes: int) -> None:
    found = [device(kind, 5) for kind in kinds]
    assert gpu_free_bytes(found) == free_bytes
    assert [one.kind for one in parse_devices(found)] == kinds


def test_device_without_memory_values_counts_no_gpu_memory() -> None:
    assert gpu_free_bytes([{"name": "x", "type": "GGML_BACKEND_DEVICE_TYPE_GPU", "memory_free": None}]) == 0
