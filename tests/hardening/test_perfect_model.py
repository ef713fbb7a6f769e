"""A perfect model on real files changes one word and nothing else (``perfect_model.py`` has the table).

The sample is seeded and spread over the languages of the checkout's and Python's files, so that machines with the same
Python check the same cases, and others most of them. ``perfect_model.py`` itself takes the system's files as well.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import pytest

from tests.e2e.conftest import Start, actions_at
from tests.hardening import perfect_model
from tests.hardening.conftest import Count
from tests.hardening.perfect_model import (
    HABITS,
    WAYS,
    Case,
    Outcome,
    Sample,
    answer_of,
    as_asked,
    cases,
    outcomes,
    samples,
)
from tests.hardening.perfect_signatures import SignatureDesk, signature_cases
from tests.support.action_client import FULL, ActionEditor, choose, diagnostic
from tests.support.fault_server import FaultServer
from tests.support.lsp_client import LspClient

SEED = 20
FILES, LANGUAGES = 300, 8
HABIT_FILES, SERVER_FILES = 40, 8
SIGNATURE_FILES, SIGNATURE_CASES = 300, 10
# A name that an edit must keep, or a file that a model must not see: refusals that are no mistakes.
_REFUSED_RIGHTLY = ("answered with other code than", "is excluded from this model")


@pytest.fixture(scope="module")
def chosen() -> list[Sample]:
    return samples(FILES, SEED)


def told(found: list[Outcome]) -> str:
    return "\n".join(
        f"{one.case.sample.path}:{one.case.line + 1} ({one.case.way}, `{one.case.word}`)\n      {one.difference()}"
        for one in found[:10]
    )


def test_corpus_has_enough_files(chosen: list[Sample]) -> None:
    families = {one.family for one in chosen}
    assert len(families) >= LANGUAGES
    assert len(chosen) == FILES or len(chosen) >= len(families)


def test_other_files_and_folders_change_little_of_the_choice(
    chosen: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another version of Python does, or one test more in this checkout."""
    every = perfect_model.machine_files(whole_machine=False)
    fewer = {family: [one for number, one in enumerate(paths) if number % 50] for family, paths in every.items()}
    monkeypatch.setattr(perfect_model, "machine_files", lambda **_: fewer)
    others = {one.path for one in samples(FILES, SEED)}
    assert len({one.path for one in chosen} - others) < FILES / 5
    library, checkout = Path(argparse.__file__), Path(__file__)
    assert perfect_model.place_of(str(library)) == library.name
    assert perfect_model.place_of(str(checkout)) == "tests/hardening/test_perfect_model.py"


@pytest.mark.timeout(400)
def test_a_perfect_model_changes_one_word(chosen: list[Sample], count: Count) -> None:
    """Each file in two of the ways, in turn, so that every way is tried in every language."""
    ways = list(WAYS)
    found: list[Outcome] = []
    for number in range(len(ways)):
        part = chosen[number :: len(ways)]
        pair = (ways[number], ways[(number + 3) % len(ways)])
        found += asyncio.run(outcomes(part, SEED, pair))
    beyond = [one for one in found if one.beyond]
    refused = [one for one in found if one.refused and not any(why in one.refused for why in _REFUSED_RIGHTLY)]
    count("perfect model: files, cases", f"{len(chosen)}, {len(found)}")
    count("perfect model: changed beyond the word", len(beyond))
    count("perfect model: refused", sum(bool(one.refused) for one in found))
    assert not beyond, told(beyond)
    assert not refused, [one.refused for one in refused]
    assert len(found) > len(chosen)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("habit", sorted(HABITS.keys() - {"perfect", "no comments"}))
def test_answer_habit_changes_nothing_unseen(chosen: list[Sample], habit: str, count: Count) -> None:
    """What a model changes besides the word is taken back, refused, or shown before it is applied."""
    found = asyncio.run(outcomes(chosen[:HABIT_FILES], SEED, ("fix",), habit))
    silently = [one for one in found if one.beyond and not one.asks]
    count(f"{habit}: cases, changed beyond the word silently", f"{len(found)}, {len(silently)}")
    assert not silently, told(silently)


@pytest.mark.timeout(300)
async def test_a_changed_signature_changes_its_calls_and_nothing_else(tmp_path: Path, count: Count) -> None:
    """Byte for byte in real files with odd line ends; never applied unasked."""
    desk = SignatureDesk(tmp_path)
    seen, asked = 0, 0
    for number, case in enumerate(signature_cases(samples(SIGNATURE_FILES, SEED, "python"), SEED)[:SIGNATURE_CASES]):
        folder = tmp_path / f"project-{number}"
        folder.mkdir()
        after, message, asks = await desk.files_after(case, folder)
        assert not message, (case.path, message)
        assert after == case.wanted, case.path
        seen, asked = seen + 1, asked + asks
        assert {name: (folder / name).read_bytes() for name in case.files} == case.files, "nothing was written"
    await desk.service.aclose()
    count("perfect model: signatures changed with their calls", seen)
    assert asked == seen >= 3


async def test_calls_that_the_model_leaves_stay_byte_for_byte(tmp_path: Path) -> None:
    desk = SignatureDesk(tmp_path, answers_for_callers=False)
    case = signature_cases(samples(SIGNATURE_FILES, SEED, "python"), SEED)[0]
    after, _, asks = await desk.files_after(case, tmp_path)
    await desk.service.aclose()
    name = "caller_0.py"
    assert after[name] == case.wanted[name].replace(b"(*values[:-1])", b"(*values)")
    assert {**after, name: b""} == {**case.wanted, name: b""}
    assert asks


def test_check_detects_an_unwanted_change() -> None:
    """A model that writes another word, or drops a line, is seen."""
    sample = Sample("a.py", "python", "python", "def function_one(value):\n    other = value\n    return other\n")
    case = next(cases([sample], 1, ["fix"]))
    assert Outcome(case, case.text).beyond
    assert not Outcome(case, case.wanted).beyond
    assert Outcome(case, case.wanted.replace("    return", "  return")).beyond


async def through_the_server(start: Start, backend: FaultServer, folder: Path, case: Case) -> tuple[str, bool]:
    """(the document afterwards, whether there was an edit) with the real server process over its pipes."""

    def say() -> str:
        return answer_of(case, backend.answering["messages"][1]["content"], as_asked(HABITS["perfect"])) or "x"

    backend.chat_answers = [say] * 6
    client: LspClient = await start(
        url=backend.url,
        capabilities=FULL,
        folder=folder,
        environ=actions_at(backend.url, COMPLETION__ENABLED="false", ASSIST__RUN_CHECKERS="false"),
    )
    editor = ActionEditor(client, (folder / Path(case.sample.path).name).as_uri(), case.sample.language_id, case.text)
    editor.open()
    message = diagnostic(case.start.line, case.start.column, case.end.column, f"`{case.word}` is wrong here")
    offered = await editor.offers(message["range"], [message])
    resolved = await editor.resolve(choose(offered, "Explain and fix"))
    if resolved.get("edit"):
        editor.apply(resolved["edit"])
    await client.stop()
    return editor.text, bool(resolved.get("edit"))


@pytest.mark.timeout(300)
async def test_the_server_process_changes_one_word(
    start: Start, backend: FaultServer, tmp_path: Path, chosen: list[Sample], count: Count
) -> None:
    """The same through LSP and HTTP, with fewer files: plain ASCII, as ``ActionEditor`` counts code points."""
    plain = [one for one in chosen if one.text.isascii() and "\r" not in one.text and "\f" not in one.text]
    seen = 0
    for case in cases(plain[:SERVER_FILES], SEED, ["fix"]):
        got, edited = await through_the_server(start, backend, tmp_path, case)
        assert got == (case.wanted if edited else case.text), case.sample.path
        seen += edited
    count("perfect model: through the server process", seen)
    assert seen >= SERVER_FILES // 2
