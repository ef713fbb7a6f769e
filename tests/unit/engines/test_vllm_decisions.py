"""What is decided before vLLM or transformers is started: command line, what fits, what is installed. No process."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from autothink_lsp.engines.machine import Gpu, parse_nvidia_smi
from autothink_lsp.engines.packages import is_older
from autothink_lsp.engines.server_process import progress_in_log_line
from autothink_lsp.engines.transformers import transformers_spec
from autothink_lsp.engines.vllm import check_installed, vllm_spec
from autothink_lsp.engines.vllm_memory import ModelSize, check_memory, estimate_model_size
from autothink_lsp.errors import EngineError
from autothink_lsp.settings.engines import TransformersSettings, VllmSettings

GIB = 1 << 30
H100 = Gpu("NVIDIA H100", 80 * GIB, 79 * GIB)
RTX = Gpu("NVIDIA RTX 4090", 24 * GIB, 23 * GIB)
# KAT-V1-40B in bfloat16: 81 GB of weights, 320 KiB a token.
KAT = ModelSize(81_120_000_000, 320 << 10, 131_072, measured=True)


def argument(command, name: str) -> str:
    return command[command.index(name) + 1]


def test_command_line_follows_the_settings(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text('{"r": 24}')
    settings = VllmSettings(
        python="/opt/vllm/bin/python",
        context_tokens=8192,
        tensor_parallel=2,
        gpu_memory_percent=85,
        quantization="fp8",
        lora=(f"ours={tmp_path}",),
        extra_args=("--trust-remote-code",),
    )
    command = vllm_spec(settings, "Kwaipilot/HiPO-8B", cpu=False).command
    assert command[:4] == ("/opt/vllm/bin/python", "-P", "-m", "vllm.entrypoints.openai.api_server")
    assert argument(command, "--model") == argument(command, "--served-model-name") == "Kwaipilot/HiPO-8B"
    assert argument(command, "--host") == "127.0.0.1"
    assert argument(command, "--max-model-len") == "8192"
    assert argument(command, "--tensor-parallel-size") == "2"
    assert argument(command, "--gpu-memory-utilization") == "0.85"
    assert argument(command, "--scheduling-policy") == "priority"
    assert argument(command, "--max-lora-rank") == "32"
    assert json.loads(argument(command, "--speculative-config"))["method"] == "ngram"
    assert command[-1] == "--trust-remote-code"
    assert "--reasoning-parser" not in command
    assert not any("key" in word for word in command), "a command line can be read by others"


def test_reasoning_parser_is_passed_by_its_file() -> None:
    command = vllm_spec(VllmSettings(reasoning_parser="autothink"), "m", cpu=False).command
    assert Path(argument(command, "--reasoning-parser-plugin")).is_file()
    command = vllm_spec(VllmSettings(reasoning_parser="qwen3"), "m", cpu=False).command
    assert argument(command, "--reasoning-parser") == "qwen3"
    assert "--reasoning-parser-plugin" not in command


def test_cpu_run_limits_batch_tokens_and_memory() -> None:
    spec = vllm_spec(VllmSettings(speculation="off"), "m", cpu=True)
    assert "--gpu-memory-utilization" not in spec.command
    assert argument(spec.command, "--max-num-batched-tokens") == "512"
    assert spec.environment["VLLM_CPU_KVCACHE_SPACE"]
    assert "--speculative-config" not in spec.command


def test_a_draft_model_must_be_named() -> None:
    with pytest.raises(EngineError, match="draft_model is empty"):
        vllm_spec(VllmSettings(speculation="draft"), "m", cpu=False)
    command = vllm_spec(VllmSettings(speculation="draft", draft_model="small"), "m", cpu=False).command
    assert json.loads(argument(command, "--speculative-config"))["model"] == "small"


def test_different_settings_have_different_keys() -> None:
    one = vllm_spec(VllmSettings(), "m", cpu=False)
    assert one.key == vllm_spec(VllmSettings(), "m", cpu=False).key
    assert one.key != vllm_spec(VllmSettings(context_tokens=4096), "m", cpu=False).key
    assert one.key != vllm_spec(VllmSettings(), "n", cpu=False).key
    assert one.key != transformers_spec(TransformersSettings(), "m").key
    assert one.from_message(json.loads(json.dumps(one.to_message(), default=dict))).key == one.key


FITS = [
    (ModelSize(16 * GIB, 144 << 10), [RTX], VllmSettings(), ""),
    (KAT, [H100], VllmSettings(), "A 4-bit version"),
    (KAT, [H100, H100], VllmSettings(), "set vllm.tensor_parallel to 2"),
    (KAT, [H100, H100], VllmSettings(tensor_parallel=2), ""),
    (KAT, [RTX], VllmSettings(), "Not even a 4-bit version"),
    (ModelSize(16 * GIB, 144 << 10), [RTX], VllmSettings(context_tokens=131_072), "set vllm.context_tokens to"),
    (ModelSize(2 * GIB, None), [Gpu("G", 24 * GIB, 3 * GIB)], VllmSettings(), "set vllm.gpu_memory_percent to 10"),
    (ModelSize(2 * GIB, None), [RTX], VllmSettings(tensor_parallel=2), "several machines"),
    (None, [RTX], VllmSettings(), ""),
    (KAT, [], VllmSettings(), ""),
]


@pytest.mark.parametrize(("size", "found", "settings", "hint"), FITS)
def test_memory_need_is_checked_before_the_start(size, found, settings: VllmSettings, hint: str) -> None:
    if not hint:
        check_memory("m", size, found, settings)
        return
    with pytest.raises(EngineError) as caught:
        check_memory("Kwaipilot/KAT-V1-40B", size, found, settings)
    assert hint in caught.value.hint, caught.value.for_user()


def test_model_size_is_taken_from_files_config_or_name(tmp_path: Path) -> None:
    config = {
        "hidden_size": 5120,
        "num_hidden_layers": 80,
        "intermediate_size": 27648,
        "vocab_size": 152064,
        "num_attention_heads": 40,
        "num_key_value_heads": 8,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    size = estimate_model_size(str(tmp_path))
    assert size is not None
    assert 75e9 < size.weights_bytes < 85e9, "about 81 GB: docs/reference/autothink-format.md, section 1"
    assert size.kv_bytes_per_token == 320 << 10
    (tmp_path / "model.safetensors").write_bytes(b"x" * 1000)
    assert estimate_model_size(str(tmp_path)).weights_bytes == 1000  # type: ignore[union-attr]
    nothing = {"HF_HOME": str(tmp_path / "none")}
    assert estimate_model_size("Kwaipilot/KAT-V1-40B", nothing) == ModelSize(80_000_000_000, None)
    assert estimate_model_size("QuantTrio/KAT-V1-40B-AWQ", nothing).weights_bytes == 24_000_000_000  # type: ignore[union-attr]
    assert estimate_model_size("mystery", nothing) is None
    snapshot = tmp_path / "none" / "hub" / "models--a--b" / "snapshots" / "1"
    snapshot.mkdir(parents=True)
    (snapshot / "w.safetensors").write_bytes(b"x" * 7)
    assert estimate_model_size("a/b", nothing).weights_bytes == 7  # type: ignore[union-attr]


def test_gpus_are_read_from_the_driver() -> None:
    assert parse_nvidia_smi("NVIDIA A, B, 81920, 81000\nrubbish\n") == (Gpu("NVIDIA A, B", 81920 << 20, 81000 << 20),)


@pytest.mark.process
async def test_python_without_vllm_and_missing_python_are_reported(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="vLLM is not installed") as caught:
        await check_installed(sys.executable)
    assert "pip install vllm" in caught.value.hint
    with pytest.raises(EngineError, match="cannot be started"):
        await check_installed(str(tmp_path / "python"))
    fake = tmp_path / "fake"
    fake.write_text('#!/bin/sh\necho \'{"vllm": "0.6.3"}\'\n')
    fake.chmod(0o755)
    with pytest.raises(EngineError, match=r"vLLM 0\.6\.3 is too old"):
        await check_installed(str(fake))
    fake.write_text("#!/bin/sh\necho 'not python' >&2; exit 3\n")
    with pytest.raises(EngineError, match="does not work as a Python: not python"):
        await check_installed(str(fake))


@pytest.mark.parametrize(("version", "older"), [("0.9.2", True), ("0.10.0", False), ("1.0", False), ("dev", False)])
def test_versions_are_compared_by_number(version: str, older: bool) -> None:
    assert is_older(version, (0, 10)) is older


def test_progress_is_read_from_the_log() -> None:
    found = progress_in_log_line("Loading safetensors checkpoint shards:  25% Completed | 1/4 [00:01<00:03]")
    assert found is not None
    assert (found.text, found.fraction) == ("loading the model", 0.25)
    assert progress_in_log_line("INFO 11-24 [gpu_worker.py] Available KV cache memory: 1 GiB") is None
