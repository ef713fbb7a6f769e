"""Settings of the model servers that we start ourselves: one section for each kind. See ``model.py``."""
# ruff: noqa: RUF009 - as in model.py

from __future__ import annotations

from typing import Literal, get_args

from attrs import frozen

from autothink_lsp.settings.kinds import Choice, Switch, Text, WholeNumber
from autothink_lsp.settings.kinds_of_address import CommandLine, FilePath
from autothink_lsp.settings.spec import setting

DownloadConsent = Literal["ask", "always", "never"]
Guessing = Literal["off", "ngram"]
Speculation = Literal["ngram", "mtp", "draft", "off"]


@frozen(kw_only=True)
class EmbeddedSettings:
    """The model server that we run ourselves."""

    model: str = setting(
        Text('"auto" or a name that `autothink-lsp model list` shows'),
        "auto",
        'Model to run; "auto" takes the best one that this machine runs within the deadline.',
        trust="trusted",
    )
    model_path: str = setting(
        FilePath(), "", "A GGUF file of your own, instead of `embedded.model`.", trust="trusted", aliases="path gguf"
    )
    threads: int = setting(
        WholeNumber(0, 1024),
        0,
        "Threads to compute with; 0 leaves one core free.",
        trust="trusted",
        aliases="n_threads",
    )
    context_tokens: int = setting(
        WholeNumber(512, 131_072),
        2048,
        "Size of the model's context: prompt and answer together, in tokens.",
        trust="trusted",
        aliases="n_ctx ctx_size context_size context_length context_window num_ctx",
    )
    speculation: Guessing = setting(
        Choice[Guessing](get_args(Guessing)),
        "off",
        "Guess tokens ahead by copying them from the prompt: edits come sooner, keystrokes mostly not.",
        trust="trusted",
        aliases="speculative spec_type",
    )
    download: DownloadConsent = setting(
        Choice[DownloadConsent](get_args(DownloadConsent)),
        "ask",
        "Whether a missing model may be downloaded.",
        trust="trusted",
        aliases="auto_download",
    )


@frozen(kw_only=True)
class SharedEngineSettings:
    """What all engines have in common that run once for all editor windows of a user."""

    python: str = setting(
        FilePath(),
        "",
        "Python in whose environment the engine is installed; empty takes the server's own.",
        trust="trusted",
        aliases="interpreter python_path executable",
    )
    port: int = setting(
        WholeNumber(0, 65_535), 0, "Port on 127.0.0.1 to listen on; 0 takes a free one.", trust="trusted"
    )
    idle_minutes: int = setting(
        WholeNumber(0, 10_080),
        5,
        "The engine ends so many minutes after the last editor window has let go of it.",
        trust="trusted",
        aliases="keep_alive idle_timeout",
    )
    dtype: str = setting(
        Text('"auto", "bfloat16", "float16" or "float32"'), "auto", "Type of the weights.", trust="trusted"
    )
    extra_args: tuple[str, ...] = setting(
        CommandLine(), (), "More arguments for the engine's command line.", trust="trusted", aliases="args"
    )


@frozen(kw_only=True)
class VllmSettings(SharedEngineSettings):
    """The vLLM server that we start where a role's backend is "vllm" and its url is empty."""

    context_tokens: int = setting(
        WholeNumber(512, 1_048_576),
        16_384,
        "Longest prompt and answer together, in tokens; memory for it is checked before the start.",
        trust="trusted",
        aliases="max_model_len context_size context_length",
    )
    gpu_memory_percent: int = setting(
        WholeNumber(5, 100),
        90,
        "Share of each GPU's memory that vLLM may take.",
        trust="trusted",
        aliases="gpu_memory_utilization",
    )
    tensor_parallel: int = setting(
        WholeNumber(1, 64), 1, "GPUs that one model is spread over.", trust="trusted", aliases="tensor_parallel_size tp"
    )
    max_requests: int = setting(
        WholeNumber(1, 4096), 64, "Requests computed at the same time.", trust="trusted", aliases="max_num_seqs"
    )
    quantization: str = setting(
        Text('empty, or a method such as "awq", "gptq", "fp8"'),
        "",
        "Quantization method; empty takes what the model's files say.",
        trust="trusted",
    )
    speculation: Speculation = setting(
        Choice[Speculation](get_args(Speculation)),
        "ngram",
        "Guess tokens ahead: copied from the prompt, by the model's own heads, by a small model, or not.",
        trust="trusted",
        aliases="speculative speculative_config",
    )
    speculative_tokens: int = setting(
        WholeNumber(1, 32), 6, "Tokens that are guessed at a time.", trust="trusted", aliases="num_speculative_tokens"
    )
    draft_model: str = setting(
        Text("a model's name or folder"), "", 'The small model where speculation is "draft".', trust="trusted"
    )
    prefix_caching: bool = setting(
        Switch(), True, "Keep evaluated prompts, so that a key costs only what is new.", trust="trusted"
    )
    reasoning_parser: str = setting(
        Text('empty, "autothink", or a parser of vLLM\'s own'),
        "",
        'Parser that parts reasoning from answers for other clients too; "autothink" is ours.',
        trust="trusted",
    )
    lora: tuple[str, ...] = setting(
        CommandLine(), (), 'Adapters as "NAME=FOLDER"; `assist.model` may name one.', trust="trusted", aliases="loras"
    )


@frozen(kw_only=True)
class TransformersSettings(SharedEngineSettings):
    """The `transformers serve` that we start where a role's backend is "transformers" and its url is empty."""

    device: str = setting(Text('"auto", "cpu", "mps" or "cuda:0"'), "auto", "Where to compute.", trust="trusted")
