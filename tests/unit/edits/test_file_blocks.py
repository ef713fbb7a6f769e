"""Search/replace blocks for several files: each block belongs to the file that is named above it."""

from __future__ import annotations

import pytest

from autothink_lsp.edits.file_blocks import read_file_blocks
from autothink_lsp.edits.replacement import EditRefused, Refusal

CODES = {"pkg/a.py": "x = 1\ny = 2", "b.py": "x = 1"}
BLOCK = "<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n"

FORMS: dict[str, tuple[str, dict[str, int]]] = {
    "named": (f"So.\nFile: pkg/a.py\n{BLOCK}", {"pkg/a.py": 1}),
    "two files": (f"File: pkg/a.py\n{BLOCK}\nFile: b.py\n{BLOCK}", {"pkg/a.py": 1, "b.py": 1}),
    "two blocks under one name": (f"File: b.py\n{BLOCK}{BLOCK.replace('2', '3')}", {"b.py": 2}),
    "bold and code": (f"**File:** `b.py`\n{BLOCK}", {"b.py": 1}),
    "a heading": (f"### File: b.py\n\n{BLOCK}", {"b.py": 1}),
    "the bare path": (f"pkg/a.py\n{BLOCK}", {"pkg/a.py": 1}),
    "in fences": (f"File: b.py\n```python\n{BLOCK}```\n", {"b.py": 1}),
    "the name alone": (f"File: a.py\n{BLOCK}", {"pkg/a.py": 1}),
    "with ./": (f"File: ./b.py\n{BLOCK}", {"b.py": 1}),
    "no name": (f"So.\n{BLOCK}", {"": 1}),
    "carriage returns": (f"File: b.py\n{BLOCK}".replace("\n", "\r\n"), {"b.py": 1}),
}


@pytest.mark.parametrize("form", FORMS)
def test_whose_the_blocks_are(form: str) -> None:
    answer, expected = FORMS[form]
    read = read_file_blocks(answer, CODES, CODES)
    assert read is not None
    assert {path: len(blocks) for path, blocks in read.by_path.items()} == expected


@pytest.mark.parametrize("path", ["c.py", "../b.py", "/etc/passwd", "pkg/../../b.py", "C:\\b.py", "other/b.py"])
def test_a_file_that_was_not_shown_is_refused(path: str) -> None:
    with pytest.raises(EditRefused) as refused:
        read_file_blocks(f"File: {path}\n{BLOCK}", CODES, CODES)
    assert refused.value.reason is Refusal.OUTSIDE


def test_an_answer_without_blocks() -> None:
    assert read_file_blocks("No change is needed.", CODES, CODES) is None


def test_a_block_without_an_end() -> None:
    with pytest.raises(EditRefused) as refused:
        read_file_blocks("File: b.py\n<<<<<<< SEARCH\nx = 1\n=======\nx", CODES, CODES)
    assert refused.value.reason is Refusal.TRUNCATED
