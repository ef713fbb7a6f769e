"""What is code, string and comment, in many languages, however the text is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autothink_lsp.stream.lexical import Mode, Scanner, _remembered
from tests.support.cursor_mark import style_of

C, S, L, B = Mode.CODE, Mode.STRING, Mode.LINE_COMMENT, Mode.BLOCK_COMMENT
MODES = [
    ("python", "x = 1", C), ("python", "x = 'a", S), ("python", "x = 'a'", C), ("python", "x = 'a\\'", S),
    ("python", "x = 'a\n", C), ("python", '"""a\nb', S), ("python", '"""a"b""', S), ("python", '"""a"""', C),
    ("python", "''", C), ("python", "'''", S), ("python", "'' + '", S), ("python", "# a", L), ("python", "# a\n", C),
    ("python", "'#'", C), ("python", 'f"{x}"', C), ("python", "a // b", C),
    ("javascript", "`a\nb", S), ("javascript", "`a`", C), ("javascript", "// a", L), ("javascript", "/* a\n b", B),
    ("javascript", "/* a */", C), ("javascript", "/*/", B), ("javascript", "x = /'/", C),
    ("javascript", "x = /a\\//", C), ("javascript", "x = /[/]", S), ("javascript", "x = /[/]/", C),
    ("javascript", "x = /[\\]/]/", C), ("javascript", "x = /[^/]", S), ("javascript", "x = a[b / c] / d", C),
    ("javascript", "x = a / 'b", S), ("javascript", "x = // a", L), ("javascript", "x = /* a", B),
    ("rust", "fn f<'a>(x: &'a str", C), ("rust", "'\"'", C), ("rust", "'\\''", C), ("rust", "'", C),
    ("c", "'\"", C), ("c", "1'000'000", C), ("go", "`\\", S), ("go", "'`'", C),
    ("lua", "-- a", L), ("lua", "--[[ a\n b", B), ("lua", "--[[ a ]]", C), ("sql", "-- it's", L), ("sql", "'it''s", S),
    ("shellscript", "echo $#", C), ("shellscript", "echo # a", L), ("shellscript", "a#b", C), ("yaml", "a: it's", C),
    ("yaml", "a: 'b", S), ("html", "it's <!-- a", B), ("html", "<!-- a -->", C), ("css", "/* a", B), ("css", "//a", C),
    ("markdown", "it's \"so", C), ("clojure", "; a", L), ("clojure", "'(a", C), ("json", '"a', S),
    ("toml", '"""a\nb', S), ("ruby", "a # b", L), ("unknown", "it's", C), ("unknown", 'x "', S),
]  # fmt: skip


@pytest.mark.parametrize(("language_id", "text", "mode"), MODES)
def test_the_scanner_ends_in_the_expected_mode(language_id: str, text: str, mode: Mode) -> None:
    assert Scanner(style_of(language_id)).feed(text).mode is mode


BRACKETS = [
    ("python", "f(a[0], '(')  # (", "([])"), ("rust", "'{' '(' b'['  {", "{"),
    ("javascript", "s.match(/[({]/) {", "(){"),
    ("c", '"(" \'(\' /* ( */ (', "("), ("shellscript", "a) {", "{"), ("markdown", "(a) [b]", ""), ("go", "`(`(", "("),
    ("clojure", "'(a b)", "()"), ("haskell", "foldl' (x)", "()"), ("yaml", "a: [1, (2]", "[]"),
]  # fmt: skip


@pytest.mark.parametrize(("language_id", "text", "brackets"), BRACKETS)
def test_brackets_in_code(language_id: str, text: str, brackets: str) -> None:
    scanner = Scanner(style_of(language_id)).feed(text)
    assert "".join(char for _, char in scanner.brackets) == brackets
    assert all(text[offset] == char for offset, char in scanner.brackets)


PIECES = st.sampled_from(
    [
        "'",
        '"',
        "`",
        "\\",
        "\n",
        "/",
        "*",
        "#",
        "-",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "<",
        "!",
        ">",
        "a",
        "=",
        " ",
        '"""',
        "é",
    ]
)


@given(
    st.sampled_from(["python", "javascript", "rust", "lua", "shellscript", "yaml", "html", "klingon"]), st.lists(PIECES)
)
def test_the_fast_way_is_the_slow_way(language_id: str, pieces: list[str]) -> None:
    text = "".join(pieces)
    fast, slow = Scanner(style_of(language_id)).feed(text), Scanner(style_of(language_id))
    for char in text:
        slow.step(char)
    assert (fast.mode, fast.closing, fast.brackets, fast.offset) == (
        slow.mode,
        slow.closing,
        slow.brackets,
        slow.offset,
    )
    more = "*/ ' \" ]] ``` \n("
    assert fast.fork().feed(more).mode is slow.fork().feed(more).mode


TAILS = ("'", '"', '""', '"""', "\n", "\n'a'(", "*/(", "#(", "//(", "`(", "]]", ")")


@given(
    st.sampled_from(["python", "javascript", "rust", "lua", "shellscript", "yaml"]), st.lists(PIECES), st.lists(PIECES)
)
def test_text_that_came_before_changes_nothing(language_id: str, before: list[str], known: list[str]) -> None:
    start, text = "".join(before), "".join(known)
    whole = Scanner(style_of(language_id)).feed(start + text)
    for _ in range(2):  # the second time it is remembered
        scanner = Scanner(style_of(language_id)).feed(start).feed_known(text)
        assert (scanner.mode, scanner.brackets, scanner.offset) == (whole.mode, whole.brackets, whole.offset)
        # What is remembered of a comment's text may differ, what is made of the text after it may not.
        for tail in TAILS:
            ours, theirs = scanner.fork().feed(tail), whole.fork().feed(tail)
            assert (ours.mode, ours.brackets) == (theirs.mode, theirs.brackets), tail


def test_a_fork_counts_from_where_it_began() -> None:
    scanner = Scanner(style_of("python")).feed("f(")
    fork = scanner.fork().feed("a)")
    assert fork.brackets == [(1, ")")]
    assert scanner.brackets == [(1, "(")]


def test_a_new_line_costs_its_piece_and_not_all_that_was_read() -> None:
    style = style_of("python")
    text = (
        "".join(f'value_{n} = call({n}, ["it\'s {n}"])  # a {n}\n' for n in range(200)) + '"""open\n' + "text\n" * 400
    )
    known, read = Scanner(style).feed_known(text), Scanner(style).feed(text)
    assert (known.state, known.offset, known.brackets) == (read.state, read.offset, read.brackets)
    before = _remembered.cache_info()
    Scanner(style).feed_known(text + "one more line\n")
    after = _remembered.cache_info()
    assert after.misses - before.misses == 1
    assert after.hits - before.hits > 5
