"""Cases for filters as data: language, document with the cursor in it, answer, what the filter keeps of the answer.

``SAME`` for the last says that the filter must not touch the answer.
"""

from __future__ import annotations

from autothink_lsp.features.completion.postprocess.candidate import CompletionCandidate, Filter
from tests.support.cursor_mark import at

SAME = None
Case = tuple[str, str, str, str | None]


def check(filter_: Filter, case: Case, *, finished: bool = True) -> None:
    language_id, document, answer, kept = case
    expected = answer if kept is SAME else kept
    candidate = CompletionCandidate.of(answer, at(language_id, document), finished=finished)
    result = filter_(candidate)
    assert result == expected
    assert filter_(candidate.with_text(result)) == result, "a second run changes the result"


def named(case: Case) -> str:
    """A readable test id."""
    return f"{case[0]}-{case[1][-30:]!r}-{case[2][:30]!r}"
