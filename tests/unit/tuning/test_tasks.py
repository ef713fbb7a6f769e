"""Tasks from a repository: what is taken back of a commit, which docstrings are removed, how strata take turns."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from attrs import evolve

from autothink_lsp.document.text import Text
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.tuning.tasks import (
    MOST_OF_FUNCTION,
    Candidate,
    Limits,
    SourceText,
    candidates_of,
    code_tokens,
    of_commit,
    round_robin,
    undone_hunk,
)
from autothink_lsp.verify.syntax_checks import parse_text

SYNTAX = Syntax()
PYTHON = SYNTAX.registry.by_path("file:///a.py")
CODE = '''\
def first(values, limit):
    """Return the values that are below the limit, doubled."""
    found = []
    for value in values:
        if value < limit:
            found.append(value * 2)
    return found


def second(values):
    if not values:
        return 0
    return first(values, 3)
'''
DIFF = """\
diff --git a/a.py b/a.py
@@ -3,5 +3,5 @@ def first(values, limit):
     found = []
     for value in values:
-        if value <= limit:
+        if value < limit:
             found.append(value * 2)
     return found
"""


def parsed(text: str):
    return parse_text(SYNTAX.grammars.load(PYTHON), Text.from_str(text))


def source() -> SourceText:
    assert PYTHON is not None
    tree = parsed(CODE)
    assert tree is not None
    return SourceText(path="a.py", file=Path("/p/a.py"), language=PYTHON, tree=tree)


def test_commit_is_reverted_in_the_current_text():
    candidate = of_commit(source(), "abc", DIFF, parsed)
    assert candidate is not None
    assert candidate.changed == CODE.replace("value < limit", "value <= limit")
    assert (candidate.function, candidate.line) == ("first", 4)
    assert candidate.stratum == "history, ≤ 10 lines"


def test_missing_or_ambiguous_hunk_gives_no_task():
    assert undone_hunk(DIFF, CODE.replace("found.append", "kept.append")) is None
    assert undone_hunk(DIFF, CODE + CODE) is None
    assert undone_hunk(DIFF + DIFF.partition("\n")[2], CODE) is None


def test_a_removed_docstring_is_a_task_that_only_text_solves():
    found = [one for one in candidates_of(source(), 0) if one.detail == "docstring"]
    assert [one.function for one in found] == ["first"]
    (one,) = found
    assert "Return the values" not in one.changed
    before, after = parsed(one.changed), parsed(CODE)
    assert before is not None
    assert after is not None
    strip = [[token for token in code_tokens(tree) if "string" not in token[0]] for tree in (before, after)]
    assert strip[0] == strip[1]


def test_layout_and_comments_do_not_count_as_difference():
    one, other = parsed("x = [1,2]  # two\n"), parsed("x = [\n    1,\n    2]\n")
    assert one is not None
    assert other is not None
    assert code_tokens(one) == code_tokens(other)
    different = parsed("x = [1,3]\n")
    assert different is not None
    assert code_tokens(one) != code_tokens(different)


def test_order_follows_the_seed_and_alternates_strata():
    first, again, other = ([one.id for one in candidates_of(source(), seed)] for seed in (1, 1, 2))
    assert first == again != other
    groups = [one.group for one in round_robin([candidates_of(source(), 1)])]
    assert {"logic", "names and calls", "refactoring", "trivial", "two functions"} == set(groups)
    assert len(set(groups[:10])) >= 4


def test_files_take_turns_in_a_stratum():
    one = candidates_of(source(), 1)
    files = [[evolve(candidate, path=path) for candidate in one] for path in ("a.py", "b.py", "c.py")]
    order = list(round_robin(files))
    assert len(order) == 3 * len(one)
    for stop in range(1, 31):
        counts = Counter(candidate.path for candidate in order[:stop])
        assert max(counts.values()) - min(counts[path] for path in ("a.py", "b.py", "c.py")) <= 1


def test_tasks_per_function_and_file_are_limited():
    limits = Limits(100)
    admitted = [one for one in candidates_of(source(), 1) if limits.admits(one)]
    by_function: dict[str, list[Candidate]] = {}
    for one in admitted:
        by_function.setdefault(one.function, []).append(one)
    assert max(map(len, by_function.values())) <= MOST_OF_FUNCTION
    assert not any(limits.admits(one) for one in admitted)
