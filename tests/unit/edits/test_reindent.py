"""The indentation of a model's lines that the document has, too."""

from __future__ import annotations

import pytest

from autothink_lsp.edits.reindent import reindented


@pytest.mark.parametrize(
    ("old", "new", "copied", "wanted"),
    [
        pytest.param(
            "\t:set encoding\nThat\n   For this\nbe latin1",
            "    :set encoding\nThat\n   For this\nbe latin2",
            None,
            "\t:set encoding\nThat\n   For this\nbe latin2",
            id="a paragraph further left than the first line",
        ),
        pytest.param(
            "\t\t}\n\t} msg opts]\n\tif {$error} {\n\t}\n    }",
            "        }\n    } msg opts]\n    if {$errors} {\n    }\n    }",
            None,
            "\t\t}\n\t} msg opts]\n\tif {$errors} {\n\t}\n    }",
            id="half levels in blanks beside tabs",
        ),
        pytest.param(
            "\t\tif a {\n\t    b 1\n\t}\n    }",
            "        if a {\n        b 2\n    }\n    }",
            "        if a {\n        b 1\n    }\n    }",
            "\t\tif a {\n\t    b 2\n\t}\n    }",
            id="a line that the model indents as in its copy of the document",
        ),
        pytest.param(
            "  return run((a) => {\n    b = wait(a, 1);\n    if (b) stop();",
            " return run((a) => {\n  b = wait(a, 2);\n  if (b) stop();",
            None,
            "  return run((a) => {\n    b = wait(a, 2);\n    if (b) stop();",
            id="one blank a level",
        ),
        pytest.param(
            '{\n    "a": {\n        "b": "c",\n        "d": 1\n    }\n}',
            '{\n"a": {\n"bx": "c",\n"d": 1\n}\n}',
            None,
            '{\n    "a": {\n        "bx": "c",\n        "d": 1\n    }\n}',
            id="no indentation at all",
        ),
        pytest.param(
            '{\n "a": {\n  "b": "c",\n  "d": 1\n }\n}',
            '{\n"a": {\n"bx": "c",\n"d": 1\n}\n}',
            None,
            '{\n "a": {\n  "bx": "c",\n  "d": 1\n }\n}',
            id="no indentation at all, one blank a level",
        ),
        pytest.param(
            "\t\tstep();\n\t\tfor (n = 0; n < m; n++) {\n\t\t\tlook(n);\n\t\t}",
            "step();\nfor (n = 0; n < max; n++) {\nlook(n);\n}",
            None,
            "\t\tstep();\n\t\tfor (n = 0; n < max; n++) {\n\t\t\tlook(n);\n\t\t}",
            id="no indentation at all, tabs",
        ),
        pytest.param(
            "  get size () {\n    return this[a]\n  }",
            " get size () {\n  return this[b]\n }",
            None,
            "  get size () {\n    return this[b]\n  }",
            id="half the indentation",
        ),
        pytest.param(
            "        def a(b)\n          c(b, d: false)\n        end",
            "def a(b)\nc(b, e: false)\nend",
            None,
            "        def a(b)\n          c(b, e: false)\n        end",
            id="no indentation",
        ),
        pytest.param(
            "\trm -f $(A)\nendif\nifdef B\n\trm -f $(B)\nendif # c",
            "rm -f $(A)\nendif\nifdef B\nrm -f $(B)\nendif # d",
            None,
            "\trm -f $(A)\nendif\nifdef B\n\trm -f $(B)\nendif # d",
            id="no tabs of recipes",
        ),
        pytest.param(
            '[\n  {\n    "a": 1\n  },\n',
            '[\n{\n"b": 1\n},\n',
            None,
            '[\n  {\n    "b": 1\n  },\n',
            id="JSON without indentation",
        ),
        pytest.param(
            "a:\n    b: one\n    c:\n        d: two",
            "a:\n b: one\n c:\n  d: three",
            None,
            "a:\n    b: one\n    c:\n        d: three",
            id="one blank a level",
        ),
        pytest.param(
            "if (a)\n    return call(one);\nreturn call(two);",
            "return call(one, 1);\nreturn call(two);",
            None,
            "return call(one, 1);\nreturn call(two);",
            id="a line without its condition",
        ),
        pytest.param(
            "for a in b:\n    call(one)\n    call(two)",
            "for a in b:\n    call(one)\ncall(twice)",
            None,
            "for a in b:\n    call(one)\ncall(twice)",
            id="a line moved out of its loop",
        ),
    ],
)
def test_a_line_of_the_document_keeps_its_indentation(old: str, new: str, copied: str | None, wanted: str) -> None:
    got = reindented(new.split("\n"), old.split("\n"), copied=copied.split("\n") if copied is not None else None)
    assert "\n".join(got) == wanted


def test_an_edit_of_the_indentation_has_it() -> None:
    assert reindented(["a = 1", "b = 3"], ["a = 1", "    b = 2"], levels_meant=True) == ["a = 1", "b = 3"]
    assert reindented(["a = 1", "b = 3"], ["a = 1", "    b = 2"]) == ["a = 1", "    b = 3"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("list:\n  - a\n  - b", "list:\n- a\n- b"),
        ("  b: 1\n   c: 2", "  b: 1\n  c: 2"),
        ("a = 1\n    b = 2", "a = 1\nb = 2"),
    ],
)
def test_an_edit_of_nothing_else_is_one_of_the_indentation(old: str, new: str) -> None:
    assert reindented(new.split("\n"), old.split("\n")) == new.split("\n")
