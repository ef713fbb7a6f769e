"""The fence that the prompt shows and asks for is longer than any run of backticks in the code."""

from __future__ import annotations

import re

import pytest

from autothink_lsp.context.redaction import Redaction
from autothink_lsp.document.store import DocumentStore
from autothink_lsp.features.assist.actions import ActionKind, AssistRequest
from autothink_lsp.features.assist.conversation import build_conversation
from autothink_lsp.features.assist.target import choose_target
from autothink_lsp.settings.model import Settings
from autothink_lsp.values import Point

# language, document, backticks of the fence
DOCUMENTS = [
    ("python", "x = 1\n", 3),
    ("shellscript", "x=`date`\n", 3),
    ("restructuredtext", "Use ``x``.\n", 3),
    ("python", '"""\n```\nf()\n```\n"""\n', 4),
    ("python", '"""Use ```x```."""\n', 4),
    ("markdown", "# T\n\n```sh\nls\n```\n", 4),
    ("markdown", "# T\n\n````md\n```sh\nls\n```\n````\n", 5),
    ("markdown", "`````````\n", 10),
    ("rust", "/// ```\n/// f();\n/// ```\nfn f() {}\n", 4),
    ("javascript", "const s = `\n\\`\\`\\`\n`;\nconst t = '```';\n", 4),
    ("markdown", "`" * 1_000 + "\n", 32),
    ("markdown", "~~~\nls\n~~~\n", 3),
]


def prompt(language: str, document: str) -> str:
    snapshot = DocumentStore().open("file:///x", language, 1, document)
    here = Point(0, 0)
    request = AssistRequest(
        action=ActionKind.FIX, snapshot=snapshot, start=here, end=here, settings=Settings(), path="x"
    )
    target = choose_target(request, None)
    return build_conversation(request, target, None, Redaction(), budget_tokens=4_000).messages[-1].content


@pytest.mark.parametrize(("language", "document", "length"), DOCUMENTS)
def test_the_fence_holds_the_code(language: str, document: str, length: int) -> None:
    sent = prompt(language, document)
    fence = "`" * length
    assert f"\n{fence}{language}\n{document.rstrip()}\n{fence}\n" in sent
    asked = re.search(r"Begin and end that block with (\d+) backticks \((`+)\)", sent)
    if length == 3:
        assert asked is None
    else:
        assert asked is not None
        assert (int(asked[1]), asked[2]) == (length, fence)
