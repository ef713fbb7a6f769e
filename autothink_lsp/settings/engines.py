"""Settings of the model servers that the language server starts, one section for each kind. See ``model.py``."""

from __future__ import annotations

from typing import Annotated, Literal

from autothink_lsp.settings.spec import Command, FilePath, setting, settings_section
from autothink_lsp.settings.types.scalar import AutoOrIntegerType, IntegerType, TextType

DownloadConsent = Literal["ask", "always", "never"]
Guessing = Literal["off", "ngram"]
MeasuredGuessing = Literal["auto", "off", "ngram"]
Speculation = Literal["ngram", "mtp", "draft", "off"]


@settings_section
class EmbeddedSettings:
    """The model server that we run ourselves."""

    model: Annotated[str, TextType('"auto" or a name that `autothink-lsp model list` shows')] = setting(
        "auto",
        'Model to run. "auto": the best model that this machine can run within the deadline.',
        trust="trusted",
    )
    model_path: FilePath = setting(
        "", "Path of a GGUF file to run instead of `embedded.model`.", trust="trusted", suggested_for="path gguf"
    )
    assist_model: Annotated[str, TextType("empty, or a name that `autothink-lsp model list` shows")] = setting(
        "",
        "Model for actions; it may think. Runs beside `embedded.model` while it is used. Empty: the same model.",
        trust="trusted",
        suggested_for="chat_model",
    )
    assist_model_path: FilePath = setting(
        "",
        "Path of a GGUF file to run instead of `embedded.assist_model`.",
        trust="trusted",
        suggested_for="assist_path",
    )
    assist_context_tokens: Annotated[int, IntegerType(512, 131_072)] = setting(
        8192,
        "Context size of `embedded.assist_model`: prompt, thinking and answer together, in tokens.",
        trust="trusted",
        suggested_for="assist_context_size",
    )
    next_edit_model: Annotated[str, TextType("empty, or a name that `autothink-lsp model list` shows")] = setting(
        "",
        'Next-edit model (Sweep 0.5B or 1.5B) to run beside the others, if `next_edit.backend` is "embedded".',
        trust="trusted",
    )
    next_edit_model_path: FilePath = setting(
        "",
        "Path of a GGUF file to run instead of `embedded.next_edit_model`.",
        trust="trusted",
        suggested_for="next_edit_path",
    )
    idle_minutes: Annotated[int, IntegerType(1, 10_080)] = setting(
        5,
        "Minutes after which `embedded.assist_model` is unloaded if no action used it, and after which a shared engine "
        "is stopped if no editor window uses it.",
        trust="trusted",
    )
    share: bool = setting(
        True,
        "Use one engine for all editor windows of this user that have the same model and settings.",
        trust="trusted",
        suggested_for="shared single_instance",
    )
    gpu_layers: Annotated[int | Literal["auto"], AutoOrIntegerType(IntegerType(0, 1000))] = setting(
        "auto",
        'Layers of a model to run on the GPU, if xllamacpp supports it. "auto": as many as fit. 0: none.',
        trust="trusted",
        suggested_for="n_gpu_layers ngl",
    )
    threads: Annotated[int, IntegerType(0, 1024)] = setting(
        0,
        "Number of CPU threads. 0: all cores but one.",
        trust="trusted",
        suggested_for="n_threads",
    )
    context_tokens: Annotated[int, IntegerType(512, 131_072)] = setting(
        2048,
        "Context size for prompt and answer together, in tokens.",
        trust="trusted",
        suggested_for="n_ctx ctx_size context_size context_length context_window num_ctx",
    )
    speculation: Guessing = setting(
        "off",
        "Speculative decoding of `embedded.model`. Speeds up edits; has little effect on suggestions while typing.",
        trust="trusted",
        suggested_for="speculative spec_type",
        choices={"off": "One token at a time.", "ngram": "Draft tokens from the prompt."},
    )
    assist_speculation: MeasuredGuessing = setting(
        "auto",
        "Speculative decoding of `embedded.assist_model`, which copies most of the code that it edits.",
        trust="trusted",
        suggested_for="draft_mode assist_spec_type",
        choices={
            "auto": "On if it makes answers faster on this machine, which is measured the first two times.",
            "off": "One token at a time.",
            "ngram": "Draft tokens from the prompt.",
        },
    )
    download: DownloadConsent = setting(
        "ask",
        "Whether a missing model is downloaded.",
        trust="trusted",
        suggested_for="auto_download",
        choices={
            "ask": "Ask before a model is downloaded.",
            "always": "Download without asking.",
            "never": "Never download a model.",
        },
    )


@settings_section
class SharedEngineSettings:
    """What all engines have in common that run once for all editor windows of a user."""

    python: FilePath = setting(
        "",
        "Python interpreter of the environment in which the engine is installed. Empty: the language server's own.",
        trust="trusted",
        suggested_for="interpreter python_path executable",
    )
    port: Annotated[int, IntegerType(0, 65_535)] = setting(
        0, "Port on 127.0.0.1 that the engine listens on. 0: any free port.", trust="trusted"
    )
    idle_minutes: Annotated[int, IntegerType(0, 10_080)] = setting(
        5,
        "Minutes after which an engine that no editor window uses is stopped.",
        trust="trusted",
        suggested_for="keep_alive idle_timeout",
    )
    dtype: Annotated[str, TextType('"auto", "bfloat16", "float16" or "float32"')] = setting(
        "auto", "Data type of the model weights.", trust="trusted"
    )
    extra_args: Command = setting(
        (), "Additional command-line arguments for the engine.", trust="trusted", suggested_for="args"
    )


@settings_section
class VllmSettings(SharedEngineSettings):
    """The vLLM server that we start where a role's backend is "vllm" and its url is empty."""

    context_tokens: Annotated[int, IntegerType(512, 1_048_576)] = setting(
        16_384,
        "Context size for prompt and answer together, in tokens. The memory for it is checked before the start.",
        trust="trusted",
        suggested_for="max_model_len context_size context_length",
    )
    gpu_memory_percent: Annotated[int, IntegerType(5, 100)] = setting(
        90,
        "Share of each GPU's memory that vLLM may use, in percent.",
        trust="trusted",
        suggested_for="gpu_memory_utilization",
    )
    tensor_parallel: Annotated[int, IntegerType(1, 64)] = setting(
        1, "Number of GPUs to split the model across.", trust="trusted", suggested_for="tensor_parallel_size tp"
    )
    max_requests: Annotated[int, IntegerType(1, 4096)] = setting(
        64, "Maximum number of requests processed at the same time.", trust="trusted", suggested_for="max_num_seqs"
    )
    quantization: Annotated[str, TextType('empty, or a method such as "awq", "gptq", "fp8"')] = setting(
        "",
        "Quantization method. Empty: as declared by the model's files.",
        trust="trusted",
    )
    speculation: Speculation = setting(
        "ngram",
        "Speculative decoding: how tokens are drafted ahead.",
        trust="trusted",
        suggested_for="speculative speculative_config",
        choices={
            "ngram": "Draft tokens from the prompt.",
            "mtp": "Draft tokens with the prediction layers of a model that has them.",
            "draft": "Draft tokens with the draft model that you name.",
            "off": "One token at a time.",
        },
    )
    speculative_tokens: Annotated[int, IntegerType(1, 32)] = setting(
        6, "Number of tokens to draft at a time.", trust="trusted", suggested_for="num_speculative_tokens"
    )
    draft_model: Annotated[str, TextType("a model's name or folder")] = setting(
        "", 'Name or folder of the draft model for speculation "draft".', trust="trusted"
    )
    prefix_caching: bool = setting(
        True, "Cache evaluated prompts, so that only new text is evaluated at each keystroke.", trust="trusted"
    )
    reasoning_parser: Annotated[str, TextType('empty, "autothink", or a parser of vLLM\'s own')] = setting(
        "",
        'Parser that separates reasoning from answers for all clients of the server. "autothink" is included.',
        trust="trusted",
    )
    lora: Command = setting(
        (), 'Adapters as "NAME=FOLDER"; `assist.model` may name one.', trust="trusted", suggested_for="loras"
    )


@settings_section
class TransformersSettings(SharedEngineSettings):
    """The `transformers serve` that we start where a role's backend is "transformers" and its url is empty."""

    device: Annotated[str, TextType('"auto", "cpu", "mps" or "cuda:0"')] = setting(
        "auto", "Device to run the model on.", trust="trusted"
    )
