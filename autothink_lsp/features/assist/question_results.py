"""Results of the actions whose answer does not edit the code: an explanation, a test file, a clearer name."""

from __future__ import annotations

import re
from pathlib import Path

from autothink_lsp.document.invisible import brings_invisible
from autothink_lsp.edits.answer import read_answer
from autothink_lsp.edits.code_similarity import AskedCode
from autothink_lsp.edits.replacement import EditRefused, Refusal
from autothink_lsp.features.assist.actions import AssistRequest, NewFile, RenamePlan
from autothink_lsp.features.assist.conversation import word_and_start
from autothink_lsp.syntax.grammar import Grammar
from autothink_lsp.syntax.health import error_count

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_LINE_LINK = re.compile(r"(?<![\w\[`/])(?:L|lines? )(\d{1,6})\b")
# The name of a test file beside the tested file (for Python, in the tests folder), as the language's test tools expect
# it.
_TEST_NAMES = {
    "python": "test_{stem}{suffix}",
    "go": "{stem}_test{suffix}",
    "ruby": "{stem}_test{suffix}",
    "java": "{stem}Test{suffix}",
    "kotlin": "{stem}Test{suffix}",
    "csharp": "{stem}Tests{suffix}",
    "php": "{stem}Test{suffix}",
}


def new_test_file(request: AssistRequest, answer: str, grammar: Grammar | None, *, finished: bool) -> NewFile:
    """The test file that the model wrote, at the path that the language's tools expect. Raises ``EditRefused``."""
    if request.file is None:
        raise EditRefused(Refusal.OUTSIDE, "Tests need a file beside them.", hint="Save this document, then ask again.")
    asked = AskedCode("", request.snapshot.language_id)
    code = read_answer(answer, finished=finished, asked=asked).whole
    if not code or not code.strip():
        raise EditRefused(Refusal.NO_CODE, "The model's answer contains no test file.")
    if brings_invisible(code, str(request.snapshot.text)):
        raise EditRefused(Refusal.OTHER_CODE, "The model's test file has invisible characters, so it was not used.")
    text = code.strip("\n") + "\n"
    if error_count(grammar, text):
        raise EditRefused(
            Refusal.TRUNCATED,
            "The test file that the model wrote does not parse.",
            hint="Try again, with thinking if possible.",
        )
    return NewFile(path=_free(test_path(request.file, request.snapshot.language_id, request.folder)), text=text)


def test_path(file: Path, language_id: str, folder: Path | None) -> Path:
    """The usual path of the tests of ``file``."""
    pattern = _TEST_NAMES.get(language_id, "{stem}.test{suffix}")
    name = pattern.format(stem=file.stem, suffix=file.suffix)
    tests = folder / "tests" if folder is not None else None
    if language_id == "python" and tests is not None and tests.is_dir():
        return tests / name
    return file.with_name(name)


def _free(path: Path) -> Path:
    """``path``, or the first numbered variant that does not exist: existing files are never overwritten."""
    number = 2
    free = path
    while free.exists():
        free = path.with_name(f"{path.stem}_{number}{path.suffix}")
        number += 1
    return free


def rename_plan(request: AssistRequest, answer: str) -> RenamePlan:
    """The rename with the name that the model proposes. Raises ``EditRefused`` if it is invalid or the old name."""
    old, start = word_and_start(request)
    code = read_answer(answer, finished=True).whole or answer
    names = [name for name in _IDENTIFIER.findall(code) if name != old]
    lines = [line for line in code.strip().splitlines() if line.strip()]
    if not old or len(lines) != 1 or len(names) != 1:
        reason = Refusal.UNCHANGED if not names else Refusal.NO_CODE
        raise EditRefused(
            reason, "The model proposed no usable name.", hint="Name it yourself with your editor's rename."
        )
    return RenamePlan(at=start, old_name=old, new_name=names[0])


def with_line_links(markdown: str, request: AssistRequest) -> str:
    """``markdown`` with ``L12`` turned into a link to that line of the file."""
    count = request.snapshot.text.line_count

    def link(match: re.Match[str]) -> str:
        number = int(match.group(1))
        return f"[{match.group()}]({request.snapshot.uri}#L{number})" if 1 <= number <= count else match.group()

    parts = re.split(r"(```[\s\S]*?(?:```|\Z))", markdown)
    return "".join(part if part.startswith("```") else _LINE_LINK.sub(link, part) for part in parts)
