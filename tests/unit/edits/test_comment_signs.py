"""Lines of languages without a grammar are divided into code and comment by the signs of comments."""

from __future__ import annotations

from autothink_lsp.edits.comment_signs import divided_lines


class CountedLines(list[str]):
    """Lines that count how often one is read."""

    reads = 0

    def __getitem__(self, key):
        self.reads += 1
        return super().__getitem__(key)


def test_comments_of_several_lines_end_where_they_end() -> None:
    lines = ["/* a", "b */", "c", "/* d */", "/*", "e", "*/", "/* f", "g"]
    divided = divided_lines(lines, None)
    assert [one.is_comment for one in divided] == [True, True, False, True, True, True, True, False, False]


def test_a_sign_behind_an_open_quote_begins_no_comment() -> None:
    lines = ["it's # here", 'say "a # b', "x = 1 # here", "x = 'a' # here"]
    assert [one.comment for one in divided_lines(lines, None)] == ["", "", " # here", " # here"]


def test_comments_without_an_end_are_searched_once() -> None:
    for last in ("*/ x", "x"):
        few, many = (CountedLines(["/*"] * count + [last]) for count in (100, 1_000))
        for lines in (few, many):
            divided_lines(lines, None)
        assert many.reads < 11 * few.reads
