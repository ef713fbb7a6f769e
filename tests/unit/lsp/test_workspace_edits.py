"""Which edits a client applies at once, and which it shows first."""

from __future__ import annotations

import pytest
from attrs import evolve

from autothink_lsp.document.store import DocumentStore
from autothink_lsp.edits.replacement import Replacement
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest, AssistResult
from autothink_lsp.lsp.workspace_edits import needs_confirmation
from autothink_lsp.settings.model import AssistSettings, PreviewChoice, Settings
from autothink_lsp.values import Point
from autothink_lsp.verify.evidence import Evidence, EvidenceLevel

CONCERN = "It changes the parameters of `f`, and other files may call it."
EDIT = Replacement(Point(0, 0), Point(0, 1), "b")


PROVED = Evidence(EvidenceLevel.PROVED, "Proved: Ruff no longer reports it.", ("ruff",))
UNPROVED = Evidence(EvidenceLevel.NOTHING_FOUND_WRONG, "Nothing found wrong (parses).")
FAILED = Evidence(EvidenceLevel.FAILED, "Failed: Ruff still reports it.")


def result(preview: PreviewChoice = "unproved", **more: object) -> AssistResult:
    snapshot = DocumentStore().open("file:///a.py", "python", 1, "a = 1\n")
    request = AssistRequest(
        action=ActionKind.FIX,
        snapshot=snapshot,
        start=Point(0, 0),
        end=Point(0, 0),
        settings=Settings(assist=AssistSettings(preview=preview)),
        path="a.py",
    )
    return evolve(AssistResult(request=request, replacements=(EDIT,), evidence=PROVED), **more)


@pytest.mark.parametrize(
    ("preview", "more", "confirms"),
    [
        ("unproved", {}, False),
        ("unproved", {"concerns": (CONCERN,)}, True),
        ("unproved", {"evidence": UNPROVED}, True),
        ("unproved", {"evidence": FAILED}, True),
        ("unproved", {"evidence": None}, True),
        ("unproved", {"evidence": UNPROVED, "is_certain": True}, False),
        ("unverified", {}, False),
        ("unverified", {"evidence": UNPROVED}, True),
        ("failed", {"evidence": UNPROVED}, False),
        ("failed", {"evidence": FAILED}, True),
        ("failed", {"concerns": (CONCERN,)}, True),
        ("always", {}, True),
        ("never", {"evidence": FAILED, "concerns": (CONCERN,)}, False),
    ],
)
def test_what_is_confirmed(preview: PreviewChoice, more: dict[str, object], confirms: bool) -> None:
    assert needs_confirmation(result(preview, **more)) is confirms


def test_a_concern_keeps_a_proved_edit_from_being_applied_unasked() -> None:
    assert result().may_apply_unasked
    assert not result(concerns=(CONCERN,)).may_apply_unasked
