"""Real checkers and the whole action: a changed signature with its calls in another file is checked as one edit, and a
second attempt starts from the message that the tool reports after the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.language_servers.table import SERVERS
from tests.support.project_assistant import ProjectAssistant, block, texts_of, whole

pytestmark = pytest.mark.timeout(300)

PYTHON = {
    "shapes.py": "def area(w: int, h: int, unit: str) -> int:\n    return w * h\n",
    "floor.py": (
        "from shapes import area\n\n\ndef floor(w: int, rest: tuple[int, str]) -> int:\n    return area(w, *rest)\n"
    ),
}
TYPESCRIPT = {
    "tsconfig.json": '{"compilerOptions": {"strict": true, "noEmit": true, "skipLibCheck": true, "types": []}}\n',
    "shapes.ts": "export function area(w: number, h: number, unit: string): number {\n  return w * h;\n}\n",
    "floor.ts": (
        "import { area } from './shapes';\n\nexport function floor(w: number): number {\n  return area(w, 2, 'm');\n}\n"
    ),
}
# server, files, new function, the call, its right change, a wrong one, a part of the message about the wrong one
SIGNATURES = [
    (
        server,
        PYTHON,
        "def area(w: int, h: int) -> int:\n    return w * h",
        "    return area(w, *rest)",
        "    return area(w, rest[0])",
        "    return area(w, rest[1])",
        "str",
    )
    for server in ("pyright", "basedpyright", "ty")
] + [
    (
        "typescript-language-server",
        TYPESCRIPT,
        "export function area(w: number, h: number): number {\n  return w * h;\n}",
        "  return area(w, 2, 'm');",
        "  return area(w, 2);",
        "  return area(w, 'm');",
        "string",
    )
]


def command_of(server: str, environment: Path) -> tuple[str, ...]:
    spec = next(spec for spec in SERVERS if spec.name == server)
    program = environment / "bin" / spec.commands[0][0]
    if not program.exists():
        pytest.skip(f"{server} could not be installed here")
    return str(program), *spec.commands[0][1:]


def project(tmp_path: Path, files: dict[str, str], environment: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    if "tsconfig.json" in files:
        (folder / "node_modules").symlink_to(environment / "npm/node_modules")
    return folder


@pytest.mark.parametrize(
    ("server", "files", "new", "call", "right", "wrong", "says"), SIGNATURES, ids=[row[0] for row in SIGNATURES]
)
async def test_a_changed_signature_and_its_calls_are_one_edit(
    server: str,
    files: dict[str, str],
    new: str,
    call: str,
    right: str,
    wrong: str,
    says: str,
    environment: Path,
    tmp_path: Path,
) -> None:
    own, other = (name for name in files if not name.endswith(".json"))
    language = "python" if own.endswith(".py") else "typescript"
    answers = [whole(new, language), block(other, call, wrong), block(other, call, right)]
    made = ProjectAssistant(
        project(tmp_path, files, environment), answers, {server: command_of(server, environment)}, deadline_s=240
    )
    result = await made.run(own, language, at=Point(0, files[own].index("area")))
    assert texts_of(result) == {own: new + "\n", other: files[other].replace(call, right)}
    assert not result.has_failed, result.evidence_sentence
    assert len(made.prompts) == 3, "the wrong call was reported, so the model was asked again"
    assert says in made.prompts[2]
    assert [(made.folder / name).read_text() for name in files] == list(files.values()), "nothing was written"


@pytest.mark.parametrize("server", ["basedpyright", "typescript-language-server"])
async def test_a_call_that_was_not_changed_is_seen(server: str, environment: Path, tmp_path: Path) -> None:
    """The file of the call is neither open in the editor nor part of the edit: the broken call is a failure, and the
    next attempt keeps the parameters."""
    _, files, new, *_ = next(row for row in SIGNATURES if row[0] == server)
    own, other = (name for name in files if not name.endswith(".json"))
    language = "python" if own.endswith(".py") else "typescript"
    kept = files[own].replace("w * h", "h * w")
    answers = [whole(new, language), "No.\n", "No.\n", whole(kept.strip(), language)]
    made = ProjectAssistant(
        project(tmp_path, files, environment), answers, {server: command_of(server, environment)}, deadline_s=240
    )
    result = await made.run(own, language, at=Point(0, files[own].index("area")))
    assert texts_of(result) == {own: kept}
    assert not result.has_failed, result.evidence_sentence
    assert other in made.prompts[-1]


async def test_the_second_attempt_starts_from_what_the_checker_reports(environment: Path, tmp_path: Path) -> None:
    code = "def label(name: str | None) -> str:\n    return name.upper()\n"
    wrong = code.replace("name.upper()", "name.lower()")
    right = code.replace("name.upper()", "(name or '').upper()")
    folder = project(tmp_path, {"a.py": code}, environment)
    server = {"basedpyright": command_of("basedpyright", environment)}
    made = ProjectAssistant(folder, [whole(wrong.strip()), whole(right.strip())], server, deadline_s=240)
    problem = Diagnostic(
        Point(1, 16),
        Point(1, 21),
        '"upper" is not a known attribute of "None"',
        code="reportOptionalMemberAccess",
        source="basedpyright",
    )
    result = await made.run("a.py", "python", at=problem.start, problem=problem)
    assert texts_of(result) == {"a.py": right}
    assert result.is_proved, result.evidence_sentence
    assert len(made.prompts) == 2
    assert '"lower" is not a known attribute' in made.prompts[1]
