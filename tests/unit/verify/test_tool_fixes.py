"""Fixes that tools propose for their own messages: which are certain, and what of them is an edit of the document."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.service import VerificationRequest, Verifier
from autothink_lsp.verify.tool_fixes import certain_action, read_ruff, read_rustc, replacements_of

URI = "file:///project/a.py"


def action(title: str = "Fix it", **more: Any) -> dict[str, Any]:
    return {"title": title, "kind": "quickfix", "edit": {"changes": {}}, **more}


PREFERRED = action("Use the other", isPreferred=True)


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ([action()], "Fix it"),
        ([action("one"), PREFERRED, action("two")], "Use the other"),
        ([action("one"), action("two")], None),
        ([PREFERRED, PREFERRED], None),
        ([action(), action("Ruff (F401): Disable for this line"), action("Add `# type: ignore`")], "Fix it"),
        ([action("Suppress rule F401")], None),
        ([action(disabled={"reason": "no"})], None),
        ([action(kind="refactor.inline")], None),
        ([action(kind="source.fixAll")], None),
        ([action(edit=None)], None),
        ([action(edit=None, data={"id": 1})], "Fix it"),
        ([{"title": "a command", "command": "x.y"}, 7, None], None),
        (None, None),
    ],
)
def test_the_certain_action(actions: Any, expected: str | None) -> None:
    found = certain_action(actions)
    assert (found["title"] if found else None) == expected


def text_edit(line: int, first: int, last: int, new: str, **more: Any) -> dict[str, Any]:
    where = {"start": {"line": line, "character": first}, "end": {"line": line, "character": last}}
    return {"range": where, "newText": new, **more}


def changed(edit: Any, text: str) -> str | None:
    document = Text.from_str(text)
    found = replacements_of(edit, URI, document)
    return str(apply_replacements(document, found)) if found else None


def test_an_edit_of_the_document_alone() -> None:
    text = "x = '😀' is y\r\nz\r\n"
    edits = [text_edit(1, 0, 1, "a\nb"), text_edit(0, 9, 11, "==")]  # behind a character of two UTF-16 units
    expected = "x = '😀' == y\r\na\r\nb\r\n"
    assert changed({"changes": {URI: edits}}, text) == expected
    document = {"textDocument": {"uri": URI.replace("a.py", "%61.py"), "version": 1}, "edits": edits}
    assert changed({"documentChanges": [document]}, text) == expected


@pytest.mark.parametrize(
    "edit",
    [
        {"changes": {"file:///project/b.py": [text_edit(0, 0, 1, "y")]}},
        {"changes": {URI: [text_edit(0, 0, 1, "y")], "file:///project/b.py": []}},
        {"documentChanges": [{"kind": "create", "uri": URI}]},
        {"changes": {URI: [text_edit(0, 0, 1, "$1", insertTextFormat=2)]}},
        {"changes": {URI: [text_edit(0, 0, 2, "y"), text_edit(0, 1, 3, "z")]}},
        {"changes": {URI: [{"range": 5, "newText": "y"}]}},
        {"changes": {URI: [text_edit(0, 0, 1, "y") | {"newText": 7}]}},
        {"changes": 7},
        {},
        None,
    ],
)
def test_no_other_edit_is_taken(edit: Any) -> None:
    assert changed(edit, "abcdef\n") is None


RUFF = {
    "code": "F632",
    "filename": "/p/a.py",
    "fix": {
        "applicability": "safe",
        "edits": [{"content": "==", "location": {"row": 2, "column": 6}, "end_location": {"row": 2, "column": 8}}],
        "message": "Replace `is` with `==`",
    },
    "location": {"row": 2, "column": 4},
    "message": "Use `==` to compare constant literals",
}


def ruff_fixes(text: str = "\nif x is 1:\n", **changes: Any) -> list[str]:
    document = Text.from_str(text)
    found = read_ruff(json.dumps({**RUFF, **changes}), "ruff", document, lambda path: path == "/p/a.py")
    return [str(apply_replacements(document, one.replacements)) for one in found]


def test_safe_fixes_of_ruff() -> None:
    assert ruff_fixes() == ["\nif x == 1:\n"]
    assert ruff_fixes(fix=None) == []
    assert ruff_fixes(fix={**RUFF["fix"], "applicability": "unsafe"}) == []  # type: ignore[dict-item]
    assert ruff_fixes(filename="/p/b.py") == []
    assert read_ruff("warning: x\n{broken\n[]\n", "ruff", Text.from_str("x"), lambda _: True) == []


def rustc(*suggestions: tuple[str, str]) -> str:
    span = {"file_name": "/p/a.rs", "line_start": 1, "line_end": 1, "column_start": 9, "column_end": 12}
    children = [
        {"message": f"use {text}", "spans": [{**span, "suggested_replacement": text, "suggestion_applicability": how}]}
        for text, how in suggestions
    ]
    message = {
        "message": "no",
        "code": {"code": "E1"},
        "spans": [{**span, "is_primary": True}],
        "children": children,
    }
    return json.dumps(message)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (rustc(("len", "MachineApplicable")), ["let a = len;\n"]),
        (json.dumps({"reason": "compiler-message", "message": json.loads(rustc(("len", "MachineApplicable")))}), None),
        (rustc(("len", "MaybeIncorrect")), []),
        (rustc(("len", "MachineApplicable"), ("max", "MachineApplicable")), []),
        (rustc(), []),
        ('{"message": null, "spans": []}', []),
    ],
)
def test_machine_applicable_suggestions_of_rustc(output: str, expected: list[str] | None) -> None:
    document = Text.from_str("let a = foo;\n")
    found = read_rustc(output, "rustc", document, lambda path: path == "/p/a.rs")
    fixed = [str(apply_replacements(document, one.replacements)) for one in found]
    assert fixed == (["let a = len;\n"] if expected is None else expected)


@pytest.mark.process
@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize(
    ("name", "program", "code", "message", "expected"),
    [
        ("a.py", "ruff", 'if x is "a":\n', ("F632", "Use `==` to compare constant literals"), 'if x == "a":\n'),
        ("a.py", "ruff", "if x == None:\n", ("E711", "Comparison to `None` should be `cond is None`"), None),
        (
            "a.rs",
            "rustc",
            "pub fn f(x: u8) -> u16 {\n    x\n}\n",
            ("E0308", "mismatched types"),
            "pub fn f(x: u8) -> u16 {\n    x.into()\n}\n",
        ),
    ],
)
async def test_real_tools(
    tmp_path: Path,
    name: str,
    program: str,
    code: str,
    message: tuple[str, str],
    expected: str | None,
    *,
    trusted: bool,
) -> None:
    folder = str(Path(sys.executable).parent)
    if shutil.which(program) is None and shutil.which(program, path=folder) is None:
        pytest.skip(f"{program} is not installed")
    text = "x = 1\n" + code + "    pass\n" if name == "a.py" else code
    language = LanguageRegistry().by_path(name)
    assert language is not None
    (tmp_path / name).write_text("")
    line = 1
    case = VerificationRequest(
        before=Text.from_str(text),
        after=Text.from_str(text),
        language=language,
        path=name,
        file=tmp_path / name,
        folder=tmp_path,
        target=Diagnostic(Point(line, 0), Point(line, 3), message[1], code=message[0], source=program),
        trusted=trusted,
        deadline_s=60.0,
    )
    found = await Verifier().tool_fix(case)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        fixed = str(apply_replacements(case.before, found.replacements))
        assert fixed == text.replace(code, expected)
