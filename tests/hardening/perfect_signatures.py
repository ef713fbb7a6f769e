"""The perfect-model check over several files: a real function loses its last parameter, and real files call it.

Each project has a real Python file with a function in it and other real files with calls added to them, in odd line
ends. The model changes the signature and, where it is asked, the calls that no rule can change. Whatever else differs
in any file afterwards was changed by autothink-lsp. Run through ``AssistService``; no process or socket is used.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import field, frozen

from autothink_lsp.backends.base import ChatRequest
from autothink_lsp.context.privacy import PrivacyGate
from autothink_lsp.document.text import Text
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.callers.project_files import ProjectFiles
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.values import Diagnostic, Point
from tests.hardening.perfect_model import Desk, Sample, piece_in, place_of
from tests.support.scripted_backend import Step

_FUNCTION = re.compile(r"^def (?P<name>\w{4,})\((?P<kept>\w+(?:, \w+){0,3}), (?P<last>\w+)\):$", re.MULTILINE)
_MOST_LINES = 70  # of a function, so that its whole text fits into an answer
BOM = "\ufeff"
ENDS = ("as it is", "CRLF", "mixed", "no final newline", "byte order mark")


@frozen
class SignatureCase:
    """A project. ``files`` and ``wanted`` are bytes by name; ``definition`` is the file of the function."""

    path: str  # the real file that the function is from
    definition: str
    line: int
    name: str
    parameters: tuple[str, ...]
    files: Mapping[str, bytes] = field(repr=False)
    wanted: Mapping[str, bytes] = field(repr=False)


def signature_cases(samples: Sequence[Sample], seed: int) -> list[SignatureCase]:
    """One case for each Python file with a function that can lose a parameter; the callers are other Python files."""
    python = [one for one in samples if one.language_id == "python" and _parses(one.text)]
    found = []
    for number, sample in enumerate(python):
        chooser = random.Random(f"{seed} {place_of(sample.path)}")
        functions = [one for one in _FUNCTION.finditer(sample.text) if _is_fit(sample.text, one)]
        others = [one for one in python if one is not sample]
        if functions and len(others) >= 2:
            function = chooser.choice(functions)
            fit = [one for one in others if not re.search(rf"\b{function['name']}\b", one.text)]
            found.append(_case(sample, function, chooser.sample(fit, 2), ENDS[number % len(ENDS)]))
    return found


def _parses(text: str) -> bool:
    try:
        compile(text, "x", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return "\r" not in text and "\f" not in text


def _is_fit(text: str, function: re.Match[str]) -> bool:
    """A function of the module, not text of a string, that is named in its own file once and is short."""
    if len(re.findall(rf"\b{function['name']}\b", text)) != 1:
        return False
    if not any(isinstance(one, ast.FunctionDef) and one.name == function["name"] for one in ast.parse(text).body):
        return False
    body = re.split(r"^(?=\S)", text[function.end() + 1 :], maxsplit=1, flags=re.MULTILINE)[0]
    return 1 < body.count("\n") < _MOST_LINES


def _case(sample: Sample, function: re.Match[str], callers: Sequence[Sample], ends: str) -> SignatureCase:
    name, kept, last = function["name"], function["kept"].split(", "), function["last"]
    given = ", ".join(map(str, range(len(kept))))
    by_rule = f"\n\ndef added_caller():\n    return {name}({given}, 'gone')  # stays\n"
    by_model = f"\n\ndef added_call_with_a_list(values):\n    return {name}(*values)  # stays\n"
    files, wanted = {}, {}
    for number, caller in enumerate(callers):
        before = f"{caller.text.rstrip()}\n\n\nfrom defined_here import {name}\n{by_rule}"
        after = before.replace(f"({given}, 'gone')", f"({given})")
        if number == 0:
            before += by_model
            after += by_model.replace("(*values)", "(*values[:-1])")
        files[f"caller_{number}.py"] = _in_bytes(before, ends)
        wanted[f"caller_{number}.py"] = _in_bytes(after, ends)
    changed = sample.text[: function.start()] + function[0].replace(f", {last})", ")") + sample.text[function.end() :]
    files["defined_here.py"], wanted["defined_here.py"] = sample.text.encode(), changed.encode()
    line = sample.text[: function.start()].count("\n")
    return SignatureCase(sample.path, "defined_here.py", line, name, (*kept, last), files, wanted)


def _in_bytes(text: str, ends: str) -> bytes:
    lines = text.split("\n")
    if ends == "CRLF":
        text = "\r\n".join(lines)
    elif ends == "mixed":
        text = "".join(line + ("\r\n" if number % 3 else "\n") for number, line in enumerate(lines[:-1])) + lines[-1]
    elif ends == "no final newline":
        text = text.rstrip("\n")
    elif ends == "byte order mark":
        text = BOM + text
    return text.encode()


class SignatureDesk(Desk):
    """The assistant with the model of this check behind it, for projects in folders."""

    def __init__(self, folder: Path, *, answers_for_callers: bool = True) -> None:
        super().__init__(folder)
        self.service.project_files = ProjectFiles(self.documents, PrivacyGate(), LanguageRegistry())
        self.answers_for_callers = answers_for_callers
        self.signature_case: SignatureCase | None = None

    def _say(self, request: ChatRequest) -> Sequence[Step]:
        assert self.signature_case is not None
        prompt = request.messages[1].content
        if prompt.startswith("File: ") and "These functions have new parameters" in prompt:
            return [caller_answer(self.signature_case, prompt) if self.answers_for_callers else "No.\n"]
        return [signature_answer(self.signature_case, prompt)]

    async def files_after(self, case: SignatureCase, folder: Path) -> tuple[dict[str, bytes], str, bool]:
        """(each file's bytes after the edit, the message where there is none, whether the user is asked first)."""
        self.signature_case = case
        for name, content in case.files.items():
            (folder / name).write_bytes(content)
        file = folder / case.definition
        snapshot = self.documents.open(file.as_uri(), "python", 1, file.read_bytes().decode())
        end = Point(case.line, len(snapshot.text.line(case.line)))
        message = Diagnostic(Point(case.line, 0), end, f"Unused parameter `{case.parameters[-1]}`", source="perfect")
        request = AssistRequest(
            action=ActionKind.FIX,
            snapshot=snapshot,
            start=message.start,
            end=message.start,
            settings=self.settings,
            path=case.definition,
            file=file,
            folder=folder,
            diagnostics=(message,),
        )
        result = await self.service.run(request, lambda _stage: None)
        self.documents.close(file.as_uri())
        after = dict(case.files)
        if result.replacements:
            after[case.definition] = str(apply_replacements(snapshot.text, result.replacements)).encode()
        for edit in result.file_edits:
            content = case.files[edit.base.path]
            mark = BOM.encode() if content.startswith(BOM.encode()) else b""
            text: Text = apply_replacements(edit.base.snapshot.text, edit.replacements)
            after[edit.base.path] = mark + str(text).encode()
        return after, result.message, not result.may_apply_unasked


def signature_answer(case: SignatureCase, prompt: str) -> str:
    """The piece without the last parameter, in the form that is asked for."""
    code = piece_in(prompt)
    old = f"def {case.name}({', '.join(case.parameters)}):"
    new = f"def {case.name}({', '.join(case.parameters[:-1])}):"
    if code is None or old not in code:
        return "x"
    if "SEARCH repeats the present lines" in prompt:
        return f"So.\n\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`{3,}", code)), default=2))
    return f"So.\n\nThe whole edited code:\n{fence}\n{code.replace(old, new)}\n{fence}\n"


def caller_answer(case: SignatureCase, prompt: str) -> str:
    """A block for each call with a list that the prompt shows."""
    said = ["So."]
    path = ""
    for line in prompt.split("\n"):
        if line.startswith("File: ") and line.endswith(".py"):
            path = line.removeprefix("File: ")
        if f"{case.name}(*values)" in line:
            new = line.replace("(*values)", "(*values[:-1])")
            said.append(f"File: {path}\n<<<<<<< SEARCH\n{line}\n=======\n{new}\n>>>>>>> REPLACE")
    return "\n".join(said) + "\n"
