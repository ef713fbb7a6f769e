"""What the writing of an answer changes in the code is undone, unless it is the only change of the answer."""

from __future__ import annotations

import json

import pytest

from autothink_lsp.edits import transcription
from autothink_lsp.edits.answer import read_answer
from autothink_lsp.edits.code_similarity import AskedCode
from autothink_lsp.edits.prose import prose_concerns
from autothink_lsp.edits.replacement import EditRefused
from autothink_lsp.edits.transcription import remarks, transcribed

CODE = "def greet(names, n):\n    if n < 2 and n > 0:\n        return \"a\" + names[0] - n\n    return ['b', *names]"
WANTED = CODE.replace("names[0]", "names[1]")


def at_change(mark: str) -> str:
    return "\n".join(line + mark if "names[1]" in line else line for line in WANTED.split("\n"))


FORMS: dict[str, str] = {
    "entities": WANTED.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;"),
    "numeric entities": WANTED.replace("'", "&#39;").replace('"', "&#x22;"),
    "typographic quotes": WANTED.replace('"a"', "\u201ca\u201d").replace("'b'", "\u2018b\u2019"),
    "dash": WANTED.replace(" - ", " \u2013 "),
    "no-break spaces": WANTED.replace("    ", "\xa0\xa0\xa0\xa0"),
    "no-break space at the change alone": WANTED.replace("names[1] -", "names[1]\xa0-"),
    "zero width spaces": WANTED.replace("n", "n\u200b"),
    "Markdown's backslashes": WANTED.replace("*names", r"\*names").replace("[", r"\["),
    "escaped quotes": WANTED.replace('"', '\\"'),
    "bold": WANTED.replace("        return", "        **return").replace("- n", "- n**"),
    "arrow": at_change("   <-- here"),
    "comment with an arrow": at_change("  # <-- changed"),
    "other mark of comments": at_change(" // fixed"),
    "comment": at_change("  # fixed: the second one"),
    "comments with numbers": "\n".join(f"/* {at} */ {line}" for at, line in enumerate(WANTED.split("\n"), 1)),
    "sentence first": f"Here is the corrected code:\n\n{WANTED}",
    "sentence last": f"{WANTED}\n\nI changed the index.",
    "comment first": f"# Fixed: the index was wrong\n{WANTED}",
    "twice": f"{WANTED}\n\n{WANTED}",
    "twice with its blank lines": f"\n\n{WANTED}\n\n\n\n{WANTED}\n\n",
    "old and new": f"{CODE}\n\n{WANTED}",
    "listing with marks": (
        '  def greet(names, n):\n      if n < 2 and n > 0:\n-         return "a" + names[0] - n\n'
        "+         return \"a\" + names[1] - n\n      return ['b', *names]"
    ),
    "nothing": WANTED,
}


MARKED: dict[str, tuple[str, str, str]] = {  # the asked code, what was answered, what is right
    "an arrow behind a semicolon": ("f(a);\ng(b);", "f(c);   <-- here\ng(b);", "f(c);\ng(b);"),
    "an arrow behind a decrement": ("i--\nj--", "k--  <-- here\nj--", "k--\nj--"),
    "an arrow behind a percent sign": ("a = 10%\nb = 1", "c = 10%  <-- here\nb = 1", "c = 10%\nb = 1"),
    "an arrow in a comment of SQL": ("select a;\nx;", "select c; -- <-- changed\nx;", "select c;\nx;"),
    "an arrow in a comment of Lisp": ("(f a)\n(g b)", "(f c) ; <-- changed\n(g b)", "(f c)\n(g b)"),
    "a line that stands twice": ("x:\n  t: s\ny:\n  t: s", "x:\n  t: u  # fixed\ny:\n  t: s", "x:\n  t: u\ny:\n  t: s"),
}  # fmt: skip


@pytest.mark.parametrize("case", MARKED)
def test_a_mark_goes_and_the_code_stays(case: str) -> None:
    asked, answered, wanted = MARKED[case]
    assert transcribed(answered, asked) == wanted


@pytest.mark.parametrize("form", FORMS)
def test_what_the_writing_changes_is_undone(form: str) -> None:
    assert transcribed(FORMS[form], CODE) == WANTED


@pytest.mark.parametrize("remark", ["   <-- here", " // <-- changed", "  ; <-- changed", " \u2190 this"])
@pytest.mark.parametrize("end", [";", "%", ") / 2;", "};"])
def test_what_ends_the_line_before_a_remark_stays(end: str, remark: str) -> None:
    code = f"call(a);\nb = teh(c{end}\nd = 1;"
    wanted = code.replace("teh", "the")
    assert transcribed(wanted.replace(end + "\nd", end + remark + "\nd"), code) == wanted


@pytest.mark.parametrize("mark", [" <-- here", "  // <-- here", "   \u2190 changed", " // <- this"])
def test_the_end_of_a_statement_before_an_arrow_is_kept(mark: str) -> None:
    asked, wanted = 'const a = "x";\nf(a);', 'const a = "y";\nf(a);'
    assert transcribed(wanted.replace('"y";', f'"y";{mark}'), asked) == wanted


# The sign of a comment, its end, and what may stand between the sign and the old line.
OLD_SIGNS = [(sign, "") for sign in ("# ", "#", "// ", "-- ", "; ", "% ", "REM ")]
OLD_SIGNS += [("/* ", " */"), ("<!-- ", " -->")]
OLD_LABELS = ["", "was: ", "old: ", "Previously ", "instead of: "]


@pytest.mark.parametrize("label", OLD_LABELS)
@pytest.mark.parametrize("sign", OLD_SIGNS)
def test_the_old_line_as_a_comment_goes(sign: tuple[str, str], label: str) -> None:
    code = "first(1)\n    size = teh + 1\n    other(size)\nlast(2)"
    old, new = "size = teh + 1", "size = the + 1"
    wanted = code.replace(old, new)
    comment = f"{sign[0]}{label}{old}{sign[1]}"
    assert transcribed(wanted.replace(new, f"{comment}\n    {new}"), code) == wanted, "above"
    assert transcribed(wanted.replace(new, f"{new}\n    {comment}"), code) == wanted, "below"
    if sign[0] != "REM " and sign[0] != "#":
        assert transcribed(wanted.replace(new, f"{new}  {comment}"), code) == wanted, "behind"
    assert transcribed(code.replace(old, comment), code) == code.replace(old, comment), "commented out, as asked"
    assert transcribed(wanted.replace(new, f"{comment}\n    {new}"), code, may_comment=True) != wanted


def test_two_old_lines_as_comments_go() -> None:
    code = "a = teh(1)\nb = teh(2)\nc = 3"
    wanted = code.replace("teh", "the")
    answered = "# a = teh(1)\n# b = teh(2)\na = the(1)\nb = the(2)\nc = 3"
    assert transcribed(answered, code) == wanted


def test_lines_that_are_only_commented_out_stay() -> None:
    """However similar they are: none is the new version of the other."""
    code = "print('a', a)\nprint('b', b)\nc = teh(3)"
    wanted = "# print('a', a)\n# print('b', b)\nc = the(3)"
    assert transcribed(wanted, code) == wanted


def test_two_lines_of_which_one_is_a_comment_change_places() -> None:
    """A document that keeps the other version in a comment keeps both."""
    code, wanted = "// a = dev;\na = prod;\nb();", "a = dev;\n// a = prod;\nb();"
    assert transcribed(wanted, code) == wanted


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("src/util.c", "src/main.c\nsrc/teh.c)"),
        ("./build.sh", "run teh server\nrun it"),
        ("jinja2", "flask==1\nteh==2"),
    ],
)
def test_the_first_line_of_a_list_or_script_stays(line: str, code: str) -> None:
    wanted = f"{line}\n{code.replace('teh', 'the')}"
    assert transcribed(wanted, code) == wanted


FIRST_LINES: dict[str, tuple[str, bool]] = {  # the line above the code, and whether it goes
    "a path in a comment": ("# src/shop/cart.py", True),
    "a path in another comment": ("// src/cart.ts", True),
    "a path with its kind": ("# File: cart.py", True),
    "a path in a block comment": ("/* src/cart.css */", True),
    "a path in a comment of XML": ("<!-- a/b.html -->", True),
    "a path of Windows": ("# C:\\src\\cart.py", True),
    "a path": ("src/shop/cart.py", True),
    "a language": ("python", True),
    "a comment": ("# the cart", False),
    "a number": ("# 1.5", False),
    "a member": ("cart.total", False),
    "a word": ("total", False),
}


@pytest.mark.parametrize("case", FIRST_LINES)
def test_the_path_above_the_code_goes(case: str) -> None:
    line, goes = FIRST_LINES[case]
    code, wanted = "a = teh(1)\nb = 2\nc = teh", "a = teh(1)\nb = 3\nc = teh"
    assert transcribed(f"{line}\n{wanted}", code) == (wanted if goes else f"{line}\n{wanted}")
    assert transcribed(f"{line}\n{code}", code) == f"{line}\n{code}", "the only change"


TEST = "def test_a():\n    x = one()\n    assert x\n    assert f(x) == 1\n    assert g(x) == 2"
KEPT: dict[str, tuple[str, str]] = {  # the asked code, and an answer that is meant so
    "entities are asked for": ("<p>a & b</p>\n<p>c</p>", "<p>a &amp; b</p>\n<p>c</p>"),
    "quotes are asked for": ('He said "no".\nYes.', "He said \u201cno\u201d.\nYes."),
    "a dash is asked for": ("one -- two\nthree", "one \u2014 two\nthree"),
    "a no-break space is asked for": ("10 km\n20 km", "10\xa0km\n20 km"),
    "escapes are asked for": ("a_b_c\ntext", r"a\_b\_c" + "\ntext"),
    "the code has entities": ("<p>&lt;a&gt;</p>\n<p>b</p>", "<p>&lt;a&gt;</p>\n<p>c &lt; d</p>"),
    "a comment is added": ("x = 1\ny = 2", "x = 1  # the width\ny = 2"),
    "a comment that says fixed": ("x = 1\ny = 2", "x = 1  # fixed width\ny = 2"),
    "the code repeats itself": ("a\nb\n\na\nb", "a\nb\n\na\nc"),
    "one more function like it": ("def f():\n    return 1", "def f():\n    return 1\n\n\ndef g():\n    return 'two'"),
    "a list of lists": ("- a\n- b", "- a\n- b\n- c"),
    "a new text": ("", "Here is the code:\nx = 1"),
    "entities beside the characters": ("e('<')\nf(1)", "e('<', '&lt;')\nf(2)"),
    "entities of a page": ("<p>R & D</p>\n<b>x</b>", "<p>R &amp; D</p>\n<b>y</b>"),
    "entities of a line": ("a('<', b)\nc = 1", "a('&lt;', b)\nc = x < 1"),
    "escaped quotes in a string": ('s = "a"\nt = 1', 's = "say \\"a\\""\nt = 2'),
    "escapes of an expression": ("P = re.compile('[a]*')\nQ = 1", r"P = re.compile('\[a\]*')" + "\nQ = 2"),
    "escapes of a literal": ("s.replace('[', x[0])\nf(1)", r"s.replace(/\[/g, x[0])" + "\nf(2)"),
    "typographic text": ("a = 'Wait...'\nb = 1", "a = 'Wait\u2026'\nb = 2"),
    "an apostrophe of a text": ("<p>It's on</p>\n<b>1</b>", "<p>It\u2019s on</p>\n<b>2</b>"),
    "Chinese text": ("a = '\u4f60,\u597d'\nb = 1", "a = '\u4f60\uff0c\u597d'\nb = 2"),
    "a no-break space in a string": ("a = '10 km'\nb = 1", "a = '10\u00a0km'\nb = 2"),
    "a receive operator": ("x := 1\ng()", "x := <-ch\nh()"),
    "a comment about a new value": ("x = 1\ny = 2", "x = 1  # new value of x\ny = 3"),
    "a comment about the old value": ("x = 1\ny = 2", "x = 1\ny = 3  # was 2 before"),
    "an arrow in a string": ("a = 'x'\nb = 1", "a = 'x <-- y'\nb = 2"),
    "one more item like it": (
        "- name: a\n  uses: x\n  with: y",
        "- name: a\n  uses: x\n  with: y\n- name: b\n  uses: x\n  with: y",
    ),
    "one more test like it": (TEST, f"{TEST}\n\n\n{TEST.replace('test_a', 'test_b')}"),
    "a name that reads like a remark": (
        "def f(a, new):\n    x = a\n    return x",
        "def f(a, new):\n    x = a // new\n    return x + 1",
    ),
    "a remainder": ("x = a\ny = b", "x = a % changed\ny = b + 1"),
    "a string of the code": ('x = ("a\\n"\n     "b")\ny', '"a\\nb"'),
    "a hunk that is a part of the code": (
        "def f():\n    return 1\n    a()\n    b()\n    c()",
        "  def f():\n+     x = 1\n      return 1",
    ),
    "numbers of some lines": ("10,\n20,", "/* 0 */ 10,\n/* 1 */ 20,\n30,"),
    "the corrected sentence of a comment": (
        "# Heres the entry of the loop\nrun(x)\nstop(1)",
        "# Here's the entry of the loop\nrun(x)\nstop(2)",
    ),
    "a key with a value": ("name: a\nkind: b", "name: a\nkind: c\nupdated: 2024-05-01"),
    "a key with a sentence": ("name: a\nkind: b", "Changed: the form of the file\nname: a\nkind: c"),
    "a key with keys": ("name: a\nkind: b", "fixed:\n  name: a\n  kind: c"),
    "an annotated name": ("x: int\ny: int", "x: int\ny: str\nupdated: bool"),
    "code in another quote": ("print('a')\nprint(b)", 'print("it\'s")\nprint(b)'),
}


@pytest.mark.parametrize("case", KEPT)
def test_what_was_meant_is_kept(case: str) -> None:
    asked, answered = KEPT[case]
    assert transcribed(answered, asked) == answered


PROSE = "# Notes\n\nUse the tool.\nIt reads *one* file.\n\nSee below."
OTHER = PROSE.replace("one", "two")
PROSE_FORMS: dict[str, tuple[str, bool]] = {  # whether the user is asked
    "nothing": (OTHER, False),
    "bold": (OTHER.replace("It reads *two* file.", "**It reads *two* file.**"), True),
    "a remark": (OTHER.replace("file.", "file.  # fixed"), True),
    "another remark": (OTHER.replace("file.", "file. // <-- changed"), True),
    "an arrow": (OTHER.replace("file.", "file.   <-- here"), True),
    "a sentence first": (f"Here is the corrected code:\n\n{OTHER}", True),
    "a remark first": (f"# Fixed: the number was wrong\n{OTHER}", True),
    "a sentence last": (f"{OTHER}\n\nI changed the number.", True),
    "entities": (OTHER.replace("It", "&quot;It&quot;"), True),
    "escapes": (OTHER.replace("*", "\\*").replace("# N", "\\# N"), True),
    "a second bold line": (OTHER.replace("See below.", "**See below.**"), True),
    "a text with arrows of its own": (OTHER.replace("See below.", "See below. <-- see"), True),
}


@pytest.mark.parametrize("language", ["markdown", "restructuredtext", "plaintext", "latex"])
@pytest.mark.parametrize("form", PROSE_FORMS)
def test_the_user_is_asked_about_marks_in_prose(form: str, language: str) -> None:
    answered, asks = PROSE_FORMS[form]
    read = read_answer(f"````\n{answered}\n````", finished=True, asked=AskedCode(PROSE, language))
    assert read.whole == answered
    assert bool(prose_concerns(PROSE.split("\n"), answered.split("\n"), None)) is asks


# Message line, lines before, lines after, and whether the user is asked although the message is about such signs.
MARKUP: dict[str, tuple[int, str, str, bool]] = {
    "a language of a fence": (2, "Run:\n\n```\nmake\n```", "Run:\n\n```console\nmake\n```", False),
    "a fence in place of an indented block": (2, "Run:\n\n    make\n\nDone.", "Run:\n\n```\nmake\n```\n\nDone.", False),
    "blank lines around a fence": (1, "Run:\n```\nmake\n```\nDone.", "Run:\n\n```\nmake\n```\n\nDone.", False),
    "a missing end of a fence": (2, "Run:\n\n```\nmake", "Run:\n\n```\nmake\n```", False),
    "a fence elsewhere, too": (0, "#Run\n\nIt.\n\nmake\n", "# Run\n\nIt.\n\n```\nmake\n```\n", True),
    "a heading in place of emphasis": (0, "**Run**\n\nIt.", "## Run\n\nIt.", False),
    "a level of a heading": (0, "### Run\n\nIt.", "## Run\n\nIt.", False),
    "a blank in a heading": (0, "#Run\n\nIt.", "# Run\n\nIt.", False),
    "a heading that was missing": (0, "It runs.\nAll.", "# Run\n\nIt runs.\nAll.", False),
    "an underlined heading": (1, "Run\n==\n\nIt.", "Run\n===\n\nIt.", False),
    "bold": (0, "__Note__ it\nruns", "**Note it**\nruns", False),
    "bold elsewhere, too": (0, "__Note__ it\n\n\nruns", "**Note** it\n\n\n**runs**", True),
    "an escape": (0, "a *b and c_d\nruns", "a \\*b and c_d\nruns", False),
    "entities": (0, "a <b> c\nruns", "a &lt;b&gt; c\nruns", False),
    "a remark": (0, "#Run\n\nIt.", "# Run  <-- here\n\nIt.", True),
    "a remark with a sign": (0, "#Run\n\nIt.", "# Run  // fixed\n\nIt.", True),
    "a sentence before it": (0, "#Run\n\nIt.", "Here is the corrected code:\n# Run\n\nIt.", True),
    "three more lines": (0, "#Run\n\nIt.", "# Run\n\nIt.\n\nAnd\nthree\nmore.", True),
}


@pytest.mark.parametrize("case", MARKUP)
def test_markup_that_the_message_asks_for_is_no_concern(case: str) -> None:
    line, before, after, asks = MARKUP[case]
    old, new = before.split("\n"), after.split("\n")
    assert bool(prose_concerns(old, new, frozenset({line}), is_markup_asked=True)) is asks
    assert bool(prose_concerns(old, new, None, is_markup_asked=True)) <= asks, "of the user's own words"


def test_a_lost_code_block_is_a_concern() -> None:
    """As of an answer whose own fence ends at that of the text."""
    old, new = ["# A", "", "teh", "", "```", "x", "```"], ["# A", "", "the"]
    assert prose_concerns(old, new, frozenset({2})) == ("It removes a code block.",)
    assert prose_concerns(old, [*new, *old[3:]], frozenset({2})) == ()


def test_wrapped_lines_are_no_added_lines() -> None:
    words = [f"word{number}" for number in range(40)]
    wrapped = [" ".join(words[n : n + 8]) for n in range(0, 40, 8)]
    assert not prose_concerns([" ".join(words)], wrapped, frozenset({0}))
    assert prose_concerns([" ".join(words)], [*wrapped, "more"], frozenset({0}))


@pytest.mark.parametrize("language", ["markdown", "restructuredtext", "plaintext", "latex", "python"])
def test_a_listing_with_marks_is_read_in_prose(language: str) -> None:
    listing = "\n".join(f"  {line}".rstrip() for line in PROSE.split("\n"))
    listing = listing.replace("  It reads *one* file.", "- It reads *one* file.\n+ It reads *two* file.")
    read = read_answer(f"````\n{listing}\n````", finished=True, asked=AskedCode(PROSE, language))
    assert read.whole == OTHER


BLOCKS: dict[str, tuple[str, str, str]] = {  # the asked code, search and replace as written; the replace part is
    "entities": ("// A <a@b.c>:\nf()", "// A &lt;a@b.c&gt;:", "// B &lt;a@b.c&gt;:"),
    "numeric entities": ('s = "A"\nf()', "s = &#34;A&#34;", "s = &#34;B&#34;"),
    "no-break spaces": ("  A = 1\nf()", "\xa0\xa0A = 1", "\xa0\xa0B = 1"),
    "typographic quotes": ("f('A')\ng()", "f(\u2018A\u2019)", "f(\u2018B\u2019)"),
    "escapes": ("f(A_b * c)\ng()", "f(A\\_b \\* c)", "f(B\\_b \\* c)"),
    "an arrow": ("f(A);\ng()", "f(A);   <-- here", "f(B);   <-- here"),
    "a remark at the new line": ("f(A);\ng()", "f(A);", "f(B);  // fixed"),
}


@pytest.mark.parametrize("form", BLOCKS)
def test_a_block_is_read_without_what_its_writing_changed(form: str) -> None:
    code, search, replace = BLOCKS[form]
    answer = f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"
    (block,) = read_answer(answer, finished=True, asked=AskedCode(code, "c")).blocks
    first = code.split("\n")[0]
    assert (block.search, block.replace) == (first, first.replace("A", "B"))


def test_what_a_block_adds_is_kept() -> None:
    code = "p('<')\nq()"
    for added in ("e('&lt;')", "f(1)  # new value of f", "// <b>", "a \u2014 b", "x = <-ch"):
        answer = f"<<<<<<< SEARCH\np('<')\n=======\np('<')\n{added}\n>>>>>>> REPLACE\n"
        (block,) = read_answer(answer, finished=True, asked=AskedCode(code, "c")).blocks
        assert block.replace == f"p('<')\n{added}"


COMMENTS = {  # comments that a user may have asked for, of which the first is a remark about the change otherwise
    "at the beginning": f"# This fixes #12\n{WANTED}",
    "at the end": f"{WANTED}\n# Fixed: the index was wrong",
    "a changelog": f"// Changed: 2024-05-01 the index\n{WANTED}",
    "a heading": f"-- Here is the main part\n{WANTED}",
    "about itself": f"/* The corrected version */\n{WANTED}",
    "behind code": at_change("  # new"),
}


@pytest.mark.parametrize("place", COMMENTS)
def test_a_comment_is_kept_if_the_user_may_have_asked_for_one(place: str) -> None:
    assert transcribed(COMMENTS[place], CODE, may_comment=True) == COMMENTS[place]
    assert transcribed(COMMENTS[place], CODE) == WANTED
    assert len(remarks(COMMENTS[place])) == 1


@pytest.mark.parametrize("form", ["arrow", "sentence first", "sentence last", "entities", "twice"])
def test_what_is_no_comment_is_undone_all_the_same(form: str) -> None:
    assert transcribed(FORMS[form], CODE, may_comment=True) == WANTED


@pytest.mark.parametrize("text", [WANTED, "# the new width\nx = 1", "here = 1", "x = new  # of new"])
def test_other_comments_are_no_remarks(text: str) -> None:
    assert remarks(text) == []


@pytest.mark.parametrize(
    "answered",
    [
        "# T\n**Important**\nUse a_b\nnew",
        "# T\nImportant\nUse a\\_b\nnew",
        "Here is a better title\nImportant\nUse a_b\nEnd",
        "# T\nImportant <-- see\nUse a_b\nnew",
    ],
)
def test_prose_is_kept(answered: str) -> None:
    asked = AskedCode("# T\nImportant\nUse a_b\nEnd", "markdown")
    assert read_answer(f"````markdown\n{answered}\n````", finished=True, asked=asked).whole == answered


def test_sides_of_a_conflict_are_no_code() -> None:
    with pytest.raises(EditRefused):
        transcribed(f"<<<<<<< HEAD\n{CODE}\n=======\n{WANTED}\n>>>>>>> fix", CODE)
    conflict = "<<<<<<< HEAD\na = 1\n=======\na = 2\n>>>>>>> fix\nb = 3"
    assert transcribed(conflict.replace("3", "4"), conflict) == conflict.replace("3", "4")


def test_lines_that_read_like_code_are_not_compared_with_each_line(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    monkeypatch.setattr(transcription, "line_similarity", lambda _, line: compared.append(line) or 0.0)
    asked = "\n".join(f"value_{number} = {number}" for number in range(50))
    transcribed(asked.replace("value", "result"), asked)
    assert compared == []


# --- listings, numbers and remarks ------------------------------------------------------------------------------------

NEW_LAST = "    if (the): h(x, 1, 2)"
YAML = "a: 1\nb:\n  - teh\n  - 3"
RULES = ".panel {\n  b: teh;\n}\n:root {\n  --c: 1;\n}"
LISTED = {
    "a mark and no blank behind it": (YAML, " a: 1\n b:\n-  - teh\n+  - the\n   - 3"),
    "marks of changed lines alone": (YAML, "a: 1\nb:\n-  - teh\n+  - the\n  - 3"),
    "marks of new lines alone": (YAML, " a: 1\n b:\n+  - the\n   - 3"),
    "a mark and a blank": (YAML, "  a: 1\n  b:\n-   - teh\n+   - the\n    - 3"),
    "numbers before a point": (RULES, "\n".join(f"{n} {line}" for n, line in enumerate(RULES.split("\n"), 1))),
    "numbers and a tab": (RULES, "\n".join(f"{n}\t{line}" for n, line in enumerate(RULES.split("\n"), 1))),
    "numbers and a colon": (RULES, "\n".join(f"{n}: {line}" for n, line in enumerate(RULES.split("\n"), 1))),
    "a string of JSON": (RULES, json.dumps(RULES)),
    "a remark in the middle": ("a = 1\nb = teh\nc = 3", "a = 1\n# Fixed: b was wrong\nb = teh\nc = 3"),
    "... in German": ("f();\ng(teh);", "f();\ng(teh); // korrigiert"),
    "... in Chinese": ("a = 1\nb = teh", "a = 1\nb = teh  # 已修复"),
    "the old line with a comment": ("f(1);\ng(teh); /* a */", "f(1);\n// was: g(teh); /* a */\ng(the); /* a */"),
    "... behind the new one": ("f(1);\ng(teh); /* a */", "f(1);\ng(the); /* a */  // was: g(teh); /* a */"),
    "a line above itself": ("f(1)\ng(teh)\nh(2)", "f(1)\n# g(teh)\ng(the)\nh(2)"),
    "the old line, named so": ("def f(x):\n    g(x) unless teh", f"def f(x):\n    # was: g(x) unless teh\n{NEW_LAST}"),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTED)
def test_what_a_listing_adds_is_undone(name: str) -> None:
    asked, said = LISTED[name]
    new = f"def f(x):\n{NEW_LAST}" if "named so" in name else asked.replace("teh", "the")
    if "the" not in said:
        said = said.replace("teh", "the")
    read = read_answer(f"```\n{said}\n```", finished=True, asked=AskedCode(asked))
    assert read.whole == new


WRAPPED = "void f() {\n    // g(1);\n    if (a) {\n        g(1);\n    }\n}"
NEW_LINE = "a {\n  b: 1;\n  c: 2; // korrigiert\n}"


def test_the_old_line_beside_itself_in_a_new_block_and_a_remark_at_a_new_line() -> None:
    asked = AskedCode("void f() {\n    g(1);\n}")
    read = read_answer(f"```\n{WRAPPED}\n```", finished=True, asked=asked)
    assert read.whole == WRAPPED.replace("    // g(1);\n", "")
    read = read_answer(f"```\n{NEW_LINE}\n```", finished=True, asked=AskedCode("a {\n  b: 1;\n}"))
    assert read.whole == NEW_LINE.replace(" // korrigiert", "")


LISTS_OF_THEIR_OWN = [
    ("- a\n- teh\n+ c", "- a\n- the\n+ c"),
    ("a\n+ b\n- teh", "a\n+ b\n- the"),
    ("1 a\n2 teh\n3 c", "1 a\n2 the\n3 c"),
    ("x = teh  # new\ny = 2", "x = the  # new\ny = 2"),
]


@pytest.mark.parametrize(("asked", "said"), LISTS_OF_THEIR_OWN)
def test_marks_of_the_code_itself_stay(asked: str, said: str) -> None:
    assert read_answer(f"```\n{said}\n```", finished=True, asked=AskedCode(asked)).whole == said
