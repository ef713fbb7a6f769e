"""One character is not worth a suggestion, except the colon that completes a header."""

import pytest

from autothink_lsp.features.completion.postprocess.minimal_worth import minimal_worth
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    ("python", "foo(a‸\n", ")", ""),
    ("javascript", "foo()‸\n", ";", ""),
    ("javascript", "  a();‸\n", "\n}", ""),
    ("python", "x = ‸\n", "1", ""),
    ("python", "retur‸\n", "n", ""),
    ("python", "x = a‸\n", ":", ""),
    ("python", "x = ‸\n", "  \n ", ""),
    ("python", "x = {‸\n", "}", ""),
    ("python", "x = a‸\n", ",", ""),
    ("json", '{"a"‸\n', ":", ""),
    # worth a key
    ("python", "def f()‸\n", ":", SAME),
    ("python", "    async def f(a)‸\n", ":", SAME),
    ("python", "class A‸\n", ":", SAME),
    ("python", "    else‸\n", ":", SAME),
    ("python", "    for x in y‸\n", ":", SAME),
    ("javascript", "foo(() => {‸\n", "});", SAME),
    ("python", "foo(bar(a‸\n", "))", SAME),
    ("python", "x = ‸\n", "[]", SAME),
    ("python", "x = ‸\n", "10", SAME),
    ("python", "x = 名‸\n", "前です", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(minimal_worth, case)
