"""The edit of the editor's own language server becomes an edit of ours, or a reason why there is none."""
# ruff: noqa: E501 - a table

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from attrs import evolve

from autothink_lsp.document import uri_identity
from autothink_lsp.document.snapshot import ContentChange
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.document.uri_identity import uri_key
from autothink_lsp.edits.replacement import apply_replacements
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult, RenamePlan
from autothink_lsp.lsp import editor_rename
from autothink_lsp.lsp.assist_actions import AssistActions
from autothink_lsp.lsp.edit_delivery import EditDelivery, Fate
from autothink_lsp.lsp.editor_rename import EditorRename
from autothink_lsp.lsp.file_edits import parts_now
from autothink_lsp.lsp.recent_changes import RecentChanges
from autothink_lsp.lsp.rename_answer import RenameAnswer, RenameFailure, read_rename
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import Point, Position, PositionEncoding, Range

OWN = "def total(a):\n    return a\n\n\nprint(total(1))\n"
OTHER = "from own import total\r\n\r\n'ü', total(2)\r\n"


def place(line: int, start: int, end: int, text: str = "add") -> Any:
    return {
        "range": {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}},
        "newText": text,
    }


def change(uri: str, version: int | None, *edits: Any) -> Any:
    return {"textDocument": {"uri": uri, "version": version}, "edits": list(edits)}


OWN_EDITS = (place(0, 4, 9), place(4, 6, 11))
OTHER_EDITS = (place(0, 16, 21), place(2, 5, 10))


class Bench:
    """A document and a file beside it, and the client's answer."""

    def __init__(self, folder: Path, *, rename: bool = True) -> None:
        self.folder = folder
        self.own, self.other = folder / "own.py", folder / "other.py"
        self.other.write_bytes(OTHER.encode())
        self.store, self.recent = DocumentStore(), RecentChanges()
        recent = self.recent
        listener: Any = SimpleNamespace(did_open=recent.opened, did_change=recent.changed, did_close=recent.closed)
        self.store.subscribe(listener)
        self.snapshot = self.store.open(self.own.as_uri(), "python", 1, OWN)
        self.answer: Any = None
        self.asked: list[tuple[int, Point, str]] = []
        self.before_answer: Callable[[], object] = lambda: None
        self.client: Any = SimpleNamespace(
            features=SimpleNamespace(rename=rename), rename=self._rename, round_trip=self._round_trip
        )
        self.delivery = EditDelivery(self.client, self.recent)
        self.renames = EditorRename(self.client, self.recent, self.delivery)

    async def _rename(self, snapshot: Any, at: Point, new: str) -> Any:
        self.asked.append((snapshot.version, at, new))
        self.before_answer()
        return read_rename(self.answer)

    async def _round_trip(self) -> bool:
        return True

    def result(self, **fields: Any) -> AssistResult:
        request = AssistRequest(
            action=ActionKind.RENAME,
            snapshot=self.snapshot,
            start=Point(0, 6),
            end=Point(0, 6),
            settings=Settings(),
            path="own.py",
            file=self.own,
            folder=self.folder,
        )
        plan = RenamePlan(at=Point(0, 4), old_name="total", new_name="add")
        return AssistResult(request=request, title="Rename `total` to `add`", rename=plan, **fields)

    async def completed(self, *changes: Any, **more: Any) -> AssistResult:
        self.answer = {"edit": {"documentChanges": list(changes)}, "by": "pyright", **more}
        return await self.renames.completed(self.result())

    def own_change(self, version: int | None = 1) -> Any:
        return change(self.own.as_uri(), version, *OWN_EDITS)

    def other_change(self, version: int | None = None, *edits: Any) -> Any:
        return change(self.other.as_uri(), version, *(edits or OTHER_EDITS))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_the_edit_of_all_files_is_taken_over(bench: Bench) -> None:
    result = await bench.completed(bench.own_change(), bench.other_change())
    assert bench.asked == [(1, Point(0, 4), "add")], "the first character of the name, in this version"
    assert str(apply_replacements(bench.snapshot.text, result.replacements)) == OWN.replace("total", "add")
    (other,) = result.file_edits
    assert str(apply_replacements(other.base.snapshot.text, other.replacements)) == OTHER.replace("total", "add")
    assert (other.base.path, other.base.is_open) == ("other.py", False)
    assert result.rename is not None
    assert result.rename.by == "pyright"
    assert (
        result.explanation
        == "`total` becomes `add` at 4 places in 2 files. pyright, the editor's language server, found them."
    )
    assert (result.message, result.concerns) == ("", ())


async def test_an_edit_of_the_whole_text_changes_only_the_names(bench: Bench) -> None:
    """As python-lsp-server's rope does."""
    end = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    whole = {"range": end, "newText": OTHER.replace("\r\n", "\n").replace("total", "add")}
    result = await bench.completed(bench.own_change(), bench.other_change(None, whole))
    (other,) = result.file_edits
    assert [(one.start, one.end, one.new_text) for one in other.replacements] == [
        (Point(0, 16), Point(0, 21), "add"),
        (Point(2, 5), Point(2, 10), "add"),
    ]


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 6), ("utf-16", 5), (None, 5)])
async def test_positions_are_in_the_language_servers_encoding(bench: Bench, encoding: str | None, column: int) -> None:
    bench.other.write_text("total('ü')\n'ü', total(2)\n")
    edits = (place(0, 0, 5), place(1, column, column + 5))
    result = await bench.completed(bench.own_change(), bench.other_change(None, *edits), positionEncoding=encoding)
    (other,) = result.file_edits
    assert str(apply_replacements(other.base.snapshot.text, other.replacements)) == "add('ü')\n'ü', add(2)\n"


async def test_nothing_is_asked_where_it_is_not_wanted(tmp_path: Path, bench: Bench) -> None:
    plain = AssistResult(request=bench.result().request, title="x")
    assert await bench.renames.completed(plain) is plain
    local = bench.result(replacements=bench.result().replacements, message="no")
    assert await bench.renames.completed(local) is local
    unable = Bench(tmp_path, rename=False)
    assert (await unable.renames.completed(unable.result())).rename is not None
    assert (bench.asked, unable.asked) == ([], [])


def typed_elsewhere(bench: Bench) -> None:
    at = Position(0, 0)
    bench.store.change(bench.own.as_uri(), 2, [ContentChange(Range(at, at), "# above\n")])


async def test_a_change_above_moves_what_is_asked_for(bench: Bench) -> None:
    result = bench.result()
    typed_elsewhere(bench)
    edits = (place(1, 4, 9), place(5, 6, 11))
    bench.answer = {"edit": {"documentChanges": [change(bench.own.as_uri(), 2, *edits)]}}
    renamed = await bench.renames.completed(result)
    assert bench.asked == [(2, Point(1, 4), "add")]
    assert renamed.request.snapshot.version == 2
    assert [one.start for one in renamed.replacements] == [Point(1, 4), Point(5, 6)]


# What the client answers, and what the user is told. The new name is in every message, so that it is not lost.
FAILURES: dict[str, tuple[Any, str]] = {
    "no language server": ({"failure": "unsupported"}, "No language server here can rename `total` to `add`."),
    "changed": (
        {"failure": "changed"},
        "The document has changed meanwhile, so `total` was not renamed. Choose the action again.",
    ),
    "an error": (
        {"failure": "refused", "reason": "Cannot rename\n this.", "by": "pyright"},
        "pyright did not rename `total` to `add`: Cannot rename this.",
    ),
    "refused": ({"failure": "refused"}, "The editor's language server did not rename `total` to `add`."),
    "a failure of later": ({"failure": "moon", "by": "x"}, "x did not rename `total` to `add`."),
    "files": (
        {"failure": "files", "by": "jdtls"},
        "jdtls would also rename or create files to rename `total` to `add`, so nothing was renamed. Use your editor's rename.",
    ),
    "null": (None, "The editor's language server did not rename `total` to `add`."),
    "no changes": ({"edit": {"documentChanges": []}, "by": "x"}, "x did not rename `total` to `add`."),
    "empty edit": (
        {"edit": {"documentChanges": [change("file:///x", None)]}},
        "The editor's language server did not rename `total` to `add`.",
    ),
    "a number": (
        7,
        "The editor's answer cannot be read, so `total` was not renamed to `add`. Use your editor's rename.",
    ),
    "another form": (
        {"edit": {"changes": {}}},
        "The editor's answer cannot be read, so `total` was not renamed to `add`. Use your editor's rename.",
    ),
    "one bad part": (
        {"edit": {"documentChanges": [change("file:///x", None, place(0, -1, 2))]}},
        "The editor's answer cannot be read, so `total` was not renamed to `add`. Use your editor's rename.",
    ),
    "half of a character in a path": (
        {"edit": {"documentChanges": [change("file:///\ud800", None, place(0, 0, 1))]}},
        "The editor's answer cannot be read, so `total` was not renamed to `add`. Use your editor's rename.",
    ),
    "half of a character in the text": (
        {"edit": {"documentChanges": [change("file:///x", None, place(0, 0, 1, "\udc00"))]}},
        "The editor's answer cannot be read, so `total` was not renamed to `add`. Use your editor's rename.",
    ),
    "a bad encoding": (
        {"edit": {"documentChanges": []}, "positionEncoding": "ebcdic"},
        "The editor's answer cannot be read, so `total` was not renamed to `add`. Use your editor's rename.",
    ),
    "a file operation": (
        {"edit": {"documentChanges": [{"kind": "rename", "oldUri": "a", "newUri": "b"}]}},
        "The editor's language server would also rename or create files to rename `total` to `add`, so nothing was renamed. Use your editor's rename.",
    ),
    "too many places": (
        {"edit": {"documentChanges": [change("file:///x", None, *[place(0, 0, 1)] * 20_001)]}},
        "The editor's language server did not rename `total` to `add`: more than 20000 places.",
    ),
}


@pytest.mark.parametrize("case", FAILURES)
async def test_an_answer_without_an_edit_is_told(bench: Bench, case: str) -> None:
    bench.answer, said = FAILURES[case]
    result = await bench.renames.completed(bench.result())
    assert result.message == said
    assert not result.has_edit


async def test_no_answer_in_time_is_told(bench: Bench) -> None:
    async def silent(*_: Any) -> Any:
        return RenameAnswer(failure=RenameFailure.TIMEOUT)

    bench.client.rename = silent
    result = await bench.renames.completed(bench.result())
    assert (
        result.message
        == "The editor did not answer in time, so `total` was not renamed to `add`. Choose the action again."
    )


async def test_a_place_that_was_typed_over_is_not_asked_for(bench: Bench) -> None:
    result = bench.result()
    bench.store.change(bench.own.as_uri(), 2, [ContentChange(Range(Position(0, 4), Position(0, 9)), "x")])
    renamed = await bench.renames.completed(result)
    assert renamed.message
    assert bench.asked == []


async def test_a_name_that_was_typed_on_is_another_one(bench: Bench) -> None:
    result = bench.result()
    bench.store.change(bench.own.as_uri(), 2, [ContentChange(Range(Position(0, 9), Position(0, 9)), "s")])
    renamed = await bench.renames.completed(result)
    wanted = "The document has changed meanwhile, so `total` was not renamed. Choose the action again."
    assert (renamed.message, bench.asked) == (wanted, [])


def other_open(bench: Bench, text: str, version: int = 3) -> None:
    bench.store.open(bench.other.as_uri(), "python", version, text)


UNFIT: dict[str, tuple[Callable[[Bench], Any], str]] = {
    "other text": (lambda b: b.other.write_text("x = 1\n"), "does not fit the text of other.py"),
    "binary": (lambda b: b.other.write_bytes(b"\0\1"), "other.py cannot be read as a text file"),
    "gone": (lambda b: b.other.unlink(), "other.py cannot be read as a text file"),
    "opened without its version": (lambda b: other_open(b, "x = 1\n"), "does not fit the text of other.py"),
}


@pytest.mark.parametrize("case", UNFIT)
async def test_a_file_of_another_text_is_not_edited(bench: Bench, case: str) -> None:
    prepare, said = UNFIT[case]
    prepare(bench)
    result = await bench.completed(bench.own_change(), bench.other_change())
    assert said in result.message
    assert not result.has_edit, "nothing of it"


async def test_versions_of_open_documents_are_compared(bench: Bench) -> None:
    other_open(bench, OTHER)
    assert (await bench.completed(bench.own_change(), bench.other_change(3))).file_edits[0].base.is_open
    stale = await bench.completed(bench.own_change(), bench.other_change(4))
    assert stale.message == "other.py was changed meanwhile, so nothing was renamed. Choose the action again."


async def test_the_documents_own_version_is_compared(bench: Bench) -> None:
    stale = await bench.completed(bench.own_change(2))
    assert stale.message == "own.py was changed meanwhile, so nothing was renamed. Choose the action again."


async def test_a_document_that_only_the_editor_has_is_not_read_from_disk(bench: Bench) -> None:
    result = await bench.completed(bench.own_change(), bench.other_change(5))
    assert result.message.startswith("other.py has text in the editor that AutoThink does not know")


async def test_a_closed_file_outside_of_the_folder_is_not_edited(bench: Bench, tmp_path: Path) -> None:
    (tmp_path.parent / "far.py").write_text(OTHER)
    far = change((tmp_path.parent / "far.py").as_uri(), None, *OTHER_EDITS)
    result = await bench.completed(bench.own_change(), far)
    wanted = "is outside of the workspace folder, so `total` was not renamed to `add`. Use your editor's rename."
    assert result.message == f"far.py {wanted}"
    result = bench.result()
    bench.answer = {"edit": {"documentChanges": [bench.own_change(), bench.other_change()]}}
    alone = await bench.renames.completed(evolve(result, request=evolve(result.request, folder=None)))
    assert alone.message.startswith("other.py is in no workspace folder")


async def test_an_edit_that_begins_behind_a_line_does_not_fit(bench: Bench) -> None:
    far = {"start": {"line": 0, "character": 99}, "end": {"line": 99, "character": 0}}
    edit = change(bench.own.as_uri(), 1, {"range": far, "newText": "add"})
    assert "does not fit the text of own.py" in (await bench.completed(edit)).message


async def test_each_document_is_compared_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rename may change thousands of files; comparing each with each would stop the server for minutes."""
    compared: list[str] = []

    def key(uri: str) -> str:
        compared.append(uri)
        return uri_key(uri)

    monkeypatch.setattr(uri_identity, "uri_key", key)
    monkeypatch.setattr(editor_rename, "uri_key", key, raising=False)
    for number in range(30):
        (bench.folder / f"{number}.py").write_text("total\n")
    files = [change((bench.folder / f"{number}.py").as_uri(), None, place(0, 0, 5)) for number in range(30)]
    assert len((await bench.completed(*files)).file_edits) == 30
    assert 0 < len(compared) < 100


@pytest.mark.parametrize("fate", [Fate.APPLIED, Fate.REJECTED])
async def test_the_watches_end_although_a_check_fails(bench: Bench, fate: Fate) -> None:
    result = await bench.completed(bench.own_change())
    followed = bench.renames.follow(result, bench.snapshot, result.replacements, ())

    async def failing() -> bool:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await AssistActions._checked(cast("Any", bench), failing(), followed, fate)
    assert bench.delivery._watches == []


async def test_overlapping_edits_are_refused(bench: Bench) -> None:
    twice = change(bench.own.as_uri(), 1, place(0, 4, 9), place(0, 6, 9))
    assert "does not fit the text of own.py" in (await bench.completed(twice)).message


async def test_what_should_be_looked_at_first_is_a_concern(bench: Bench) -> None:
    bench.other.write_text("from own import total\nadd = 1\n\ntotal(2)\n")
    edits = (place(0, 16, 21), place(3, 0, 5, "sum"))
    result = await bench.completed(bench.own_change(), bench.other_change(None, *edits))
    assert result.concerns == ("`add` already occurs in other.py.", "Lines without `add` change in other.py.")


async def test_the_user_is_told_what_has_really_changed(bench: Bench) -> None:
    result = await bench.completed(bench.own_change(), bench.other_change())
    parts = parts_now(result.file_edits, bench.recent, bench.folder)
    followed = bench.renames.follow(result, bench.snapshot, result.replacements, parts)
    assert followed is not None
    assert (
        await followed.outcome() == "The rename of `total` to `add` was not seen in the document. Look at the change."
    )
    bench.store.close(bench.own.as_uri())
    bench.store.open(bench.own.as_uri(), "python", 2, OWN.replace("total", "add"))
    assert (
        await followed.outcome() == "Renamed `total` to `add` in 1 of 2 files with pyright. Not as proposed: other.py."
    )
    bench.other.write_bytes(OTHER.replace("total", "add").encode())
    assert await followed.outcome() == "Renamed `total` to `add` in 2 files with pyright."


async def test_a_rename_in_one_file_counts_its_places(bench: Bench) -> None:
    result = await bench.completed(bench.own_change())
    followed = bench.renames.follow(result, bench.snapshot, result.replacements, ())
    assert followed is not None
    bench.own.write_text(OWN.replace("total", "add"))
    bench.store.close(bench.own.as_uri())
    assert await followed.outcome() == "Renamed `total` to `add` in 2 places with pyright."


def test_an_encoding_is_read() -> None:
    given = {"edit": {"documentChanges": [change("file:///x", 2, place(0, 0, 1))]}, "positionEncoding": "utf-32"}
    answer = read_rename(given)
    assert (answer.encoding, answer.files[0].version) == (PositionEncoding.UTF32, 2)
