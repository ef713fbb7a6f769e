"""Families told apart by what is one token in the served vocabulary, then by name."""

from __future__ import annotations

import re

import pytest

from autothink_lsp.errors import SettingsError
from autothink_lsp.prompt.fim.detect import DEFAULT_FAMILY, choose_family, markers
from autothink_lsp.prompt.fim.families.table import FAMILIES

OLD = ["<fim_prefix>", "<fim_suffix>", "<fim_middle>"]
NEW = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"]


def vocabulary(*single: str) -> dict[str, int]:
    return {marker: 1 if marker in single else 6 for marker in markers()}


VOCABULARIES = [
    # (tokens of one piece, name, family)
    ([*NEW, "<|repo_name|>", "<|file_sep|>"], "my-finetune", "qwen-coder"),
    ([*NEW, "<|repo_name|>", "<|file_sep|>", "<think>", "</think>"], "m", "qwen3"),
    ([*NEW, "<|file_separator|>"], None, "codegemma"),
    ([*NEW, "<|end_of_text|>"], "", "granite-4"),
    (OLD, "m", "starcoder"),
    (OLD, "stable-code-3b", "stable-code"),
    (OLD, "Mellum-4b-base.gguf", "mellum"),
    ([*OLD, "<|end_of_text|>"], "m", "granite-3"),
    ([*OLD, "<|im_start|>"], "m", "codeqwen"),
    (["<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"], "m", "deepseek"),
    (["[PREFIX]", "[SUFFIX]"], "m", "codestral"),
    (["<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>"], "m", "seed-coder"),
    (["<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"], "m", "glm-4"),
    (["<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"], "codegeex4-all-9b", "codegeex-4"),
    ([], "CodeLlama-7b", "codellama"),
    ([], "aixcoder-7b", "aixcoder"),
    ([], "KAT-V1-40B", "plain"),
    # The vocabulary goes before the name.
    ([*NEW, "<|repo_name|>", "<|file_sep|>"], "codellama-in-name-only", "qwen-coder"),
    ([*NEW, "<|repo_name|>", "<|file_sep|>"], "deepseek-r1-distill-qwen-7b", "qwen-coder"),
    ([], "qwen2.5-coder", "plain"),
    # Half a set is none.
    (NEW[:2], "m", "plain"),
]


@pytest.mark.parametrize(("single", "name", "expected"), VOCABULARIES)
def test_the_vocabulary_decides_the_family(single: list[str], name: str | None, expected: str) -> None:
    choice = choose_family(vocabulary(*single), name)
    assert choice.family.name == expected
    assert choice.reason


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Qwen/Qwen2.5-Coder-7B-Instruct", "qwen-coder"),
        ("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "qwen-coder"),
        ("Qwen3-Coder-30B-A3B", "qwen-coder"),
        ("Qwen3-8B", "qwen3"),
        ("CodeQwen1.5-7B", "codeqwen"),
        ("deepseek-coder:6.7b-base", "deepseek"),
        ("bigcode/starcoder2-3b", "starcoder"),
        ("stabilityai/stable-code-3b", "stable-code"),
        ("codellama:7b-code", "codellama"),
        ("codestral-latest", "codestral"),
        ("google/codegemma-2b", "codegemma"),
        ("ibm-granite/granite-3.1-8b", "granite-3"),
        ("granite-4.0-h-tiny", "granite-4"),
        ("ByteDance-Seed/Seed-Coder-8B-Base", "seed-coder"),
        ("JetBrains/Mellum-4b-sft-python", "mellum"),
        ("THUDM/glm-4-9b", "glm-4"),
        ("codegeex4-all-9b", "codegeex-4"),
        ("aixcoder-7b", "aixcoder"),
        ("whatever", DEFAULT_FAMILY.name),
        (None, DEFAULT_FAMILY.name),
    ],
)
def test_the_name_decides_where_the_server_cannot_tokenize(name: str | None, expected: str) -> None:
    assert choose_family(None, name).family.name == expected


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_setting_goes_before_everything(family) -> None:
    assert choose_family(vocabulary(*NEW), "codellama", family.name.upper()).family is family


def test_an_unknown_setting_names_the_families() -> None:
    with pytest.raises(SettingsError) as caught:
        choose_family(None, None, "qwen9")
    assert "qwen-coder" in caught.value.hint


def test_markers_are_asked_once_each_and_have_no_blanks() -> None:
    assert len(set(markers())) == len(markers())
    assert all(marker == marker.strip() != "" for marker in markers())


def test_data_of_the_families() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    for family in FAMILIES:
        assert family.orders
        assert family.line_start_order in (None, *family.orders)
        for pattern in family.names:
            re.compile(pattern)
