"""The answer ends where the text after the cursor begins to be said again."""

import pytest

from autothink_lsp.features.completion.postprocess.suffix_overlap import suffix_overlap
from tests.support.filter_cases import SAME, Case, check, named

CASES: list[Case] = [
    # the rest of the line
    ("python", "foo(‸)\n", "a, b)", "a, b"),
    ("python", "foo(‸)\n", "a, b)\nbar()", "a, b)\nbar("),
    ("python", "x = foo(bar(‸))\n", "a))", "a"),
    ("python", "foo(bar(‸)\n", "a)", SAME),
    ("python", "foo(bar(‸)\n", "a))", "a)"),
    ("python", "foo(‸, timeout=5)\n", "url, timeout=5)", "url"),
    ("python", "foo(‸, timeout=5)\n", "url, timeout=5)\n    return r", "url"),
    ("python", "foo(‸, timeout=5)\n", "url, timeout", "url"),
    ("python", "foo(‸,timeout=5)\n", "url, timeout=5)", "url"),
    ("python", 'x = "‸"\n', 'hello"', "hello"),
    ("python", 'foo("‸")\n', 'a", "b")', 'a", "b'),
    ("python", 'foo(x, ‸", y)\n', '"', SAME),
    ("javascript", "foo(‸);\n", "a);", "a"),
    ("javascript", "const x = [‸];\n", "1, 2];", "1, 2"),
    ("javascript", "foo(‸);\n", "() => {\n  a();\n});", "() => {\n  a();\n}"),
    ("c", "#include <‸>\n", "stdio.h>", "stdio.h"),
    ("go", "x := map[string]int{‸}\n", '"a": 1}', '"a": 1'),
    ("rust", "let x = ‸;\n", "y + 1;", "y + 1"),
    ("python", "x = d[‸]\n", "'a' ]", "'a' "),
    ("python", "if a.endsw‸th(b):\n", "ith(b):", "i"),
    ("python", "foo(‸)\n", "a, bar(b)", SAME),
    ("python", "foo(‸)\n", "a.b(c), d)", "a.b(c), d"),
    ("python", "foo(‸)\n", "a) + bar(b)", "a) + bar(b"),
    ("python", "x = ‸ in y\n", "[i for i", SAME),
    ("go", "x := make‸)\n", "([]int, 0)", "([]int, 0"),
    ("python", "x = ba‸rfoo + 1\n", "zbarfoo + 1", "zba"),
    ("python", "# ===‸===\n", "====", SAME),
    ("c", "for (i = 0;‸; i++)\n", " i < n;", " i < n"),
    ("python", "x ‸= 1\n", "=", SAME),
    ("java", "class So‸ {\n", "lution {", "lution "),
    ("java", "void main(String[] ar‸gs) {\n", "args) {", "ar"),
    # the lines below
    ("python", "    ‸\n    return x\n", "x = 1\n    return x", "x = 1"),
    ("python", "    ‸\n    return x\n", "x = 1\n    return x\n\ndef g():", "x = 1"),
    ("go", "\t‸\n\treturn nil\n}\n", "a()\n\tb()\n\n\treturn nil\n}", "a()\n\tb()\n"),
    ("ruby", "  ‸\nend\n", "a\nend", "a"),
    ("python", "if a:\n    ‸\nelse:\n    c\n", "b\nelse:\n    d", "b"),
    ("python", "    ‸\n    return x\n", "if y:\n        return x\n    z = 1", SAME),
    ("python", "    ‸\n    y = 1\n", "x = 1\n    z = 1", SAME),
    ("javascript", "  ‸\n}\n", "if (a) {\n    b\n  }", SAME),
    ("python", "‸\n", "x = 1\ny = 2", SAME),
    # short lines below: names and numbers, several in a row
    ("typescript", "enum E {\n  ‸\n  B,\n  C,\n}\n", "A,\n  B,\n  C,\n}", "A,"),
    ("typescript", "enum E {\n  ‸\n  B,\n  C,\n}\n", "A,\n  B,", "A,"),
    ("rust", "enum E {\n    ‸\n    B,\n    C,\n}\n", "A,\n    B,\n    C,", "A,"),
    ("python", "x = [\n    1,\n    ‸\n    4,\n    5,\n]\n", "2,\n    3,\n    4,\n    5,", "2,\n    3,"),
    ("python", "x = [\n    1,\n    ‸\n    4,\n]\n", "2,\n    3,\n    4,", "2,\n    3,"),
    ("javascript", "f(\n  ‸\n  b,\n  c\n)\n", "a,\n  b,\n  c", "a,"),
    ("yaml", "- a\n‸\n- c\n- d\n", "- b\n- c\n- d\n", "- b"),
    ("yaml", "k:\n  ‸\n  b:\n  c:\n", "a:\n  b:\n  c:", "a:"),
    ("json", '[\n  ‸\n  {\n    "a": 2\n  }\n]\n', '{\n    "a": 1\n  },\n  {\n    "a": 2\n  }', '{\n    "a": 1\n  },'),
    ("go", "const (\n\t‸\n\tB\n\tC\n)\n", "A = iota\n\tB\n\tC", "A = iota"),
    ("c", "enum e {\n  ‸\n  B,\n  C\n};\n", "A,\n\n  B,\n  C", "A,\n"),
    ("sql", "SELECT\n  ‸\n  b,\n  c\nFROM t\n", "a,\n  b,\n  c\nFROM t", "a,"),
    # words and marks that close what is closed below
    ("shellscript", "if a; then\n  ‸\nfi\n", "b\nfi", "b"),
    ("shellscript", "for x; do\n  ‸\ndone\n", "echo $x\ndone", "echo $x"),
    ("shellscript", "if a; then\n‸\nfi\n", "if b; then\nc\nfi", SAME),
    ("shellscript", "if a; then\n‸\nfi\n", "if b; then\nc\nelse\nd\nfi\nfi", "if b; then\nc\nelse\nd\nfi"),
    ("ruby", "def f\n‸\nend\n", "if a\ng\nend", SAME),
    ("lua", "function f()\n  ‸\nend\n", "return 1\nend", "return 1"),
    ("lua", "f(function()\n‸\nend)\n", "g(function()\nh()\nend)", SAME),
    ("lua", "f(function()\n  ‸\nend)\n", "g()\nend)", "g()"),
    ("javascriptreact", "const x = (\n  <Foo\n    ‸\n  />\n);\n", "bar={1}\n  />", "bar={1}"),
    ("javascriptreact", "const x = (\n<Foo\n‸\n/>\n);\n", "icon={\n<Bar\nb={1}\n/>\n}", SAME),
    ("typescriptreact", "  <Foo\n    ‸\n  />;\n", "bar={1}\n  />;", "bar={1}"),
    ("vue", "<a\n  ‸\n/>\n", ':b="1"\n/>', ':b="1"'),
    ("xml", "<a>\n<!--\n‸\n-->\n", "text\n-->", "text"),
    ("xml", "<a>\n‸\n-->\n", "<!--\ntext\n-->", SAME),
    ("xml", "<![CDATA[\n‸\n]]>\n", "text\n]]>", "text"),
    ("php", "<?php\n‸\n?>\n", "echo 1;\n?>", "echo 1;"),
    ("erb", "<%\n‸\n%>\n", "a = 1\n%>", "a = 1"),
    ("htmldjango", "{%\n‸\n%}\n", "if a\n%}", "if a"),
    ("handlebars", "{{#foo\n‸\n}}\n", "a=1\n}}", "a=1"),
    ("c", "/*\n‸\n*/\n", "text\n*/", "text"),
    ("c", "‸\n*/\n", "/*\ntext\n*/", SAME),
    ("python", 'def f():\n    """\n    ‸\n    """\n', 'Doc.\n    """', "Doc."),
    ("markdown", "```sh\n‸\n```\n", "ls\n```", "ls"),
    ("markdown", "‸\n```\n", "```sh\nls\n```", SAME),
    # ... on the cursor's line
    ("javascriptreact", "const x = <Foo ‸/>;\n", "bar={1} />", "bar={1} "),
    ("javascriptreact", "const x = <Foo ‸ />;\n", "bar={1}/>;", "bar={1}"),
    ("javascriptreact", "<Foo ‸/>\n", "icon={<Bar />}", SAME),
    ("javascriptreact", "<Foo ‸/>\n", "icon={<Bar />} />", "icon={<Bar />} "),
    ("html", "<img ‸/>\n", 'src="a.png" />', 'src="a.png" '),
    ("html", "<!-- ‸ -->\n", "text -->", "text "),
    ("xml", "<![CDATA[‸]]>\n", "text]]>", "text"),
    ("php", "<?= ‸ ?>\n", "$a; ?>", "$a; "),
    ("php", "<?= ‸ ?>\n", "$a ?>\n<?= $b ?>", "$a "),
    ("erb", "<%= ‸ %>\n", "a %>", "a "),
    ("erb", "<% ‸ -%>\n", "a -%>", "a "),
    ("htmldjango", "{% ‸ %}\n", "if a %}", "if a "),
    ("htmldjango", "{% ‸ %}\n", "if a %}b{% endif %}", "if a "),
    ("htmldjango", "{# ‸ #}\n", "text #}", "text "),
    ("handlebars", "{{ ‸ }}\n", "name }}", "name "),
    ("c", "int a; /* ‸ */\n", "text */", "text "),
    ("css", "/* ‸ */\n", "a */", "a "),
    ("python", 'x = """‸"""\n', 'Doc."""', "Doc."),
    # right as it is
    ("python", "x = ‸\n", '{"a": {"b": 1}}', SAME),
    ("python", 'f("{{‸}}")\n', "a", SAME),
    ("kotlin", "val x: List<‸?> = y\n", "Map<Int, Foo?>", SAME),
    ("python", "x = [\n    ‸\n    0,\n]\n", "0,", SAME),
    ("python", "x = 0,‸\n0,\n", "\n0,", SAME),
    ("javascript", "  ‸\n  }\n}\n", "a();\n  }\n}", SAME),
    ("typescript", "enum E {\n  ‸\n  B,\n}\n", "A,\n    B,", SAME),
    ("typescript", "enum E {\n  ‸\n  C,\n}\n", "A,\n  B,", SAME),
    ("c", "  ‸\n  i++;\n", "j++;\n  k++;", SAME),
    ("c", "int ‸* 2;\n", "a = b */* c */ d", SAME),
    # whole lines above the cursor's line
    ("python", "    ‸return x\n", "x = 1\n    return x", "x = 1\n    "),
    ("python", "‸    return x\n", "    x = 1\n    return x\n", "    x = 1\n"),
    ("python", "‸    return x\n", "        return x\n", SAME),
    ("python", "‸    return x\n", "    return x\n", ""),
]
CUT_OFF: list[Case] = [
    ("python", "    ‸\n    return value + 1\n", "x = 1\n    return val", "x = 1"),
    ("python", "    ‸\n    return value + 1\n", "x = 1\n    ret", SAME),
    ("python", "    ‸\n    return value + 1\n", "x = 1\n    return x", SAME),
]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_keeps(case: Case) -> None:
    check(suffix_overlap, case)


@pytest.mark.parametrize("case", CUT_OFF, ids=named)
def test_keeps_of_a_cut_off_answer(case: Case) -> None:
    check(suffix_overlap, case, finished=False)
