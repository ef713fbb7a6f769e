"""Markers of prompts and thinking are cut; documents about them keep theirs."""

import pytest

from autothink_lsp.features.completion.postprocess.trim_special import trim_special
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    ("python", "x = ‸\n", "1<|endoftext|>", "1"),
    ("python", "x = ‸\n", "1<|fim_middle|>2", "1"),
    ("python", "x = ‸\n", "1\ny = 2<|im_end|>\n<|im_start|>user", "1\ny = 2"),
    ("python", "x = ‸\n", "<|fim_pad|><|fim_pad|>", ""),
    ("go", "x := ‸\n", "1<｜end▁of▁sentence｜>", "1"),
    ("rust", "let x = ‸;\n", "1<EOT>", "1"),
    ("c", "int x = ‸;\n", "1[SUFFIX]", "1"),
    ("python", "x = ‸\n", "<think>\nLet me see.\n</think>\n1", "1"),
    ("python", "x = ‸\n", "<think>\n\n</think>\n\n1", "\n1"),
    ("python", "x = ‸\n", "<judge>easy</judge><think></think>1", "1"),
    ("python", "x = ‸\n", "<think>\nThe user wants", ""),
    ("python", "x = ‸\n", "1</think>2", "1"),
    ("python", "x = ‸\n", "<think_off>1", ""),
    # what is no marker, or is what the document is about, stays
    ("html", "<p>‸</p>\n", "<b>thinking</b>", SAME),
    ("python", "a ‸\n", "<b and b> c", SAME),
    ("python", "a[‸]\n", "[PREFIX", SAME),
    ("python", 'OPEN = "<think>"\nCLOSE = ‸\n', '"</think>"', SAME),
    ("python", 'TAGS = ["<think>", "</think>", ‸]\n', '"<think>"', SAME),
    ("python", 'END = "<|endoftext|>"\nif text == ‸\n', '"<|endoftext|>":', SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(trim_special, case)
