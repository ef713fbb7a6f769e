"""Makes the models that the tests of real vLLM serve. Run by the Python of vLLM's own environment, never imported.

    python make_vllm_models.py GGUF TEMPLATE FOLDER

``FOLDER/tiny``   a config of the Qwen2 architecture with 20 M parameters, without weights (``--load-format dummy``)
``FOLDER/judge``  the same with our own chat template that opens a judge block, as KAT-V1's does
``FOLDER/coder``  the real 0.5B, dequantised from the GGUF to bfloat16 safetensors
``FOLDER/lora``   a rank-8 adapter of zeros for ``coder``: selectable, and without any effect on the text

The names of the tensors and the settings of the config are those of Hugging Face's Qwen2.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.torch import save_file
from transformers import AutoTokenizer

TENSORS = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
OUTER = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def main() -> None:
    """Make what is missing."""
    gguf, template, folder = (Path(word) for word in sys.argv[1:4])
    reader = GGUFReader(gguf)
    sizes = {name: reader.fields[f"qwen2.{name}"].contents() for name in _SIZES.values()}
    tokenizer = folder / "tokenizer"
    if not (tokenizer / "tokenizer.json").exists():
        AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name).save_pretrained(str(tokenizer))
    tiny = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2}
    tiny |= {"num_attention_heads": 2, "num_key_value_heads": 1}
    _model(folder / "tiny", tokenizer, _config({}, **tiny, tie_word_embeddings=True))
    _model(folder / "judge", tokenizer, _config({}, **tiny, tie_word_embeddings=True))
    shutil.copy(template, folder / "judge" / "chat_template.jinja")
    coder = folder / "coder"
    if not (coder / "model.safetensors").exists():
        _model(coder, tokenizer, _config(sizes, tie_word_embeddings=False))
        save_file({_name(each.name): _bfloat16(each) for each in reader.tensors}, coder / "model.safetensors")
    _adapter(folder / "lora", sizes)


_SIZES = {
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_hidden_layers": "block_count",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "max_position_embeddings": "context_length",
}


def _config(sizes: dict[str, int], **more: object) -> dict[str, object]:
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "hidden_act": "silu",
        "initializer_range": 0.02,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1_000_000.0,
        "vocab_size": 151_936,
        "bos_token_id": 151_643,
        "eos_token_id": 151_645,
        "torch_dtype": "bfloat16",
        "use_cache": True,
        "max_position_embeddings": 32_768,
        **{name: sizes[key] for name, key in _SIZES.items() if sizes},
        **more,
    }


def _model(folder: Path, tokenizer: Path, config: dict[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in tokenizer.iterdir():
        shutil.copy(file, folder)
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    generation = {"eos_token_id": [151_645, 151_643], "bos_token_id": 151_643}
    (folder / "generation_config.json").write_text(json.dumps(generation))


def _name(gguf: str) -> str:
    words = gguf.split(".")
    if words[0] == "blk":
        return f"model.layers.{words[1]}.{TENSORS[words[2]]}.{words[3]}"
    return f"{OUTER[words[0]]}.{words[1]}"


def _bfloat16(tensor: object) -> torch.Tensor:
    values = np.ascontiguousarray(dequantize(tensor.data, tensor.tensor_type))
    return torch.from_numpy(values).to(torch.bfloat16)


def _adapter(folder: Path, sizes: dict[str, int], rank: int = 8) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    hidden = sizes["embedding_length"]
    values = hidden // sizes["attention.head_count"] * sizes["attention.head_count_kv"]
    weights = {}
    for layer in range(sizes["block_count"]):
        for name, width in (("q_proj", hidden), ("v_proj", values)):
            base = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            weights[f"{base}.lora_A.weight"] = torch.zeros(rank, hidden, dtype=torch.bfloat16)
            weights[f"{base}.lora_B.weight"] = torch.zeros(width, rank, dtype=torch.bfloat16)
    save_file(weights, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "r": rank,
        "lora_alpha": rank,
        "target_modules": ["q_proj", "v_proj"],
        "bias": "none",
    }
    (folder / "adapter_config.json").write_text(json.dumps(config))


if __name__ == "__main__":
    main()
