"""What a user is asked about before a proved edit is applied: code that it drops, and escapes from the type check."""
# ruff: noqa: E501 - tables of cases

from __future__ import annotations

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.edits.minimal import minimal
from autothink_lsp.features.assist.unproved_changes import unproved_changes
from autothink_lsp.syntax.grammar import Grammars
from autothink_lsp.syntax.languages import LanguageRegistry
from autothink_lsp.values import Diagnostic, Point

LANGUAGES, GRAMMARS = LanguageRegistry(), Grammars()


def concerns(
    before: str,
    after: str,
    *,
    name: str = "a.py",
    message: str = "undefined name `wrong`",
    by_tool: bool = False,
    reported: tuple[int, int] = (1, 1),
) -> str:
    """The concerns about the change of one line between two others."""
    old, new = (Text.from_str(f"first()\n{line}\nlast()\n") for line in (before, after))
    language = LANGUAGES.by_path(name)
    assert language is not None
    found = unproved_changes(
        (old, new),
        minimal(old, Point(0, 0), Point(old.line_count - 1, 0), str(new)),
        (Diagnostic(Point(1, 0), Point(1, len(before)), message, source="tool"),),
        (reported,),
        language=language,
        grammar=GRAMMARS.load(language),
        name=name,
        is_by_tool=by_tool,
    )
    return " ".join(found)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.py", "label = user.upper()", "label = (user or '').upper()"),
        ("a.py", "print(undefind)", "print(undefined)"),
        ("a.py", "load(key)", "await load(key)"),
        ("a.py", "x = total(items)", "x = total(items, 0)"),
        ("a.py", "retrun x", "return x"),
        ("a.py", "f(x))", "f(x)"),
        ("a.py", "def f(x: int):", "def f(x: int) -> None:"),
        ("a.py", "if any(x):", "if any(x, y):"),
        ("a.py", "x = 1", "x = any(y)"),
        ("a.ts", "const n: number = s;", "const n: number = Number(s);"),
        ("a.ts", "if (a != b) f(a);", "if (a !== b) f(a);"),
        ("a.ts", "f(a);", "if (!a) f(b);"),
        ("a.rs", "let x = f(a);", "let x = f(&a)?;"),
        ("a.rs", "print(a);", "println!(a);"),
        ("a.go", "x := f(a)", "x, err := f(a)"),
        ("a.c", "int x = f(a)", "int x = f(a);"),
        ("a.c", "if (a) f(b)", "if (a) f(b);"),
        ("a.py", "f(wrong)", "f(right)"),
        ("a.py", "f(a)", "if a is None:\n    return b\nf(a)"),
        ("a.c", "f(a);", "if (!a)\n    return b;\nf(a);"),
        ("a.js", "f(a);", "if (!a) return b;\nf(a);"),
        ("a.py", "if wrong == 1:", "if right == wrong == 1:"),
        ("a.py", "wrong = 1", "wrong = 2"),
        ("a.py", "f(wrong=1)", "f(right=1)"),
    ],
)
def test_no_concern(name: str, before: str, after: str) -> None:
    assert concerns(before, after, name=name) == ""


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        ("a.py", "label = user.upper()", 'label = ""', "removes `user`, `upper`"),
        ("a.py", "label = user.upper()", "label = None", "removes `user`, `upper`"),
        ("a.py", "result += items", "result += 1", "removes `items`"),
        ("a.py", "print(undefined)", "# print(undefined)", "removes `print`, `undefined`"),
        ("a.py", "print(undefined)", "pass", "removes `print`, `undefined`"),
        ("a.py", "return not x", "return x", "removes `not`"),
        ("a.py", "f(a, b)", "f(a)", "removes `b`"),
        ("a.py", "return total(x)", "raise NotImplementedError", "removes `return`, `total`, `x`"),
        ("a.py", "x: int = f()", "x: Any = f()", "hides the code from the type check with `Any`"),
        ("a.py", "x: int = f()", "x: int = cast(int, f())", "with `cast`"),
        ("a.ts", "const n: number = s;", "const n: number = s as any;", "with `any`"),
        ("a.ts", "const n: number = s;", "const n = s as unknown as number;", "with `unknown`"),
        ("a.ts", "f(user.name);", "f(user!.name);", "with `!`"),
        ("a.tsx", "f(user.name);", "f(user!);", "removes `name`"),
        ("a.ts", "const n: number = s;", "const n: number = 0;", "removes `s`"),
        ("a.rs", "let x = f(a);", "let x = todo!();", "removes `f`, `a`"),
        ("a.rs", "let x = *p;", "let x = unsafe { *p };", "with `unsafe`"),
        ("a.go", "return f(x)", 'panic("x")', "removes `return`"),
        ("a.c", "int x = f(a);", "int x = 0;", "removes `f`, `a`"),
        ("a.cpp", "B* b = a;", "B* b = reinterpret_cast<B*>(a);", "with `reinterpret_cast`"),
        ("A.java", "String s = f(a);", "String s = null;", "removes `f`, `a`"),
        ("a.py", "f(a)", "", "removes the reported code"),
        ("a.py", "f(a)", "return\nf(a)", "code behind `return` unreachable"),
        ("a.py", "f(a)", "raise ValueError(a)\nf(a)", "code behind `raise` unreachable"),
        ("a.js", "f(a);", "throw new Error(a);\nf(a);", "code behind `throw` unreachable"),
        ("a.go", "f(a)", "panic(a)\nf(a)", "code behind `panic` unreachable"),
        ("a.py", "f(a)", "f(a)  # type: ignore", "only silences the tool"),
        ("a.js", "f(wrong);", "f(window.wrong);", "with `window`"),
        ("a.py", "x = user.name", 'x = getattr(user, "name")', "with `getattr`"),
        ("a.py", "f(a)", "try:\n    f(a)\nexcept NameError:\n    pass", "adds an error handler"),
        ("a.js", "f(a);", "try { f(a); } catch { }", "adds an error handler"),
        ("a.c", "return text;", "return (int) text;", "with a cast"),
        ("A.java", "String s = o;", "String s = (String) o;", "with a cast"),
        ("a.py", "f(wrong)", "wrong = None\nf(wrong)", "defines `wrong` itself"),
        ("a.py", "f(wrong)", "global wrong\nf(wrong)", "defines `wrong` itself"),
        ("a.py", "f(wrong)", "f(wrong := 1)", "defines `wrong` itself"),
        ("a.ts", "f(wrong);", "let wrong: string = '';\nf(wrong);", "defines `wrong` itself"),
        ("a.go", "f(wrong)", "wrong := 1\nf(wrong)", "defines `wrong` itself"),
        ("a.c", "f(wrong);", "int wrong;\nf(wrong);", "defines `wrong` itself"),
        ("a.rs", "f(wrong);", "let wrong = 1;\nf(wrong);", "defines `wrong` itself"),
    ],
)
def test_a_concern(name: str, before: str, after: str, words: str) -> None:
    assert words in concerns(before, after, name=name)


def test_what_the_message_or_the_tool_asks_for() -> None:
    assert concerns("x = f()", "f()", message="Local variable `x` is assigned to but never used") == ""
    assert concerns("import os", "", message="`os` imported but unused") == ""
    assert concerns("x == True", "x", by_tool=True) == ""
    assert "removes" in concerns("x == True", "x")
    assert "lines away" in concerns("a()\nb()", "a()\nc()")


ASKED_FOR = [
    ("a.py", '"Any" is not defined', "x: Any = 1", "from typing import Any\nx: Any = 1"),
    ("a.py", "f-string without any placeholders", 'x = f"abc"', 'x = "abc"'),
    ("a.py", "Use `key in dict` instead of `key in dict.keys()`", "x = k in d.keys()", "x = k in d"),
    ("a.py", "Use `contextlib.suppress(E)` here", "x = quietly(f)", "with suppress(E): x = quietly(f)"),
    ("a.ts", "Cannot redeclare block-scoped variable 'x'.", "let x = 1;", ""),
    ("a.go", "x redeclared in this block", "var x int", ""),
    ("a.js", "Unexpected console statement.", "console.log(1);", ""),
    ("a.rs", "using `clone` on type `i32` which implements the `Copy` trait", "let a = b.clone();", "let a = b;"),
    (
        "a.java",
        "Unhandled exception type IOException",
        "f();",
        "try {\n    f();\n} catch (IOException e) {\n    g(e);\n}",
    ),
    ("a.py", "m", "f(x)", "die = roll()\nf(x, die)"),
    ("a.rb", "undefined method upcase", "x.upcase", "return if x.nil?\nx.upcase"),
]


@pytest.mark.parametrize("case", ASKED_FOR, ids=[case[1] for case in ASKED_FOR])
def test_what_the_message_asks_for_is_no_concern(case: tuple[str, str, str, str]) -> None:
    name, message, before, after = case
    assert concerns(before, after, name=name, message=message) == ""


@pytest.mark.parametrize(
    ("name", "message", "before", "after"),
    [
        ("a.ts", "Parameter 'x' implicitly has an 'any' type.", "f = (x) => x;", "f = (x: any) => x;"),
        ("a.py", "Use `isinstance` instead of `type`", "f(type(x) == int)", ""),
        ("a.py", "m", "f(x)", "exit()\nf(x)"),
        ("a.py", "m", "f(x)", "return a if b else c\nf(x)"),
    ],
)
def test_what_no_message_asks_for_is_a_concern(name: str, message: str, before: str, after: str) -> None:
    assert concerns(before, after, name=name, message=message)


# A reported header that loses a modifier, with another change, and a message that asks for the loss.
MODIFIERS = [
    ("a.py", "async def f(a):", "def f(a: int):", "ANN001 missing type annotation", "RUF029 `async` function has no `await`"),
    ("a.ts", "export function f(a) {", "function f(a: number) {", "Parameter 'a' implicitly has an 'any' type", "unused export 'f'"),
    ("a.ts", "  private readonly a = x;", "  private a = y;", "Cannot find name 'x'", "Cannot assign to 'a' because it is a read-only property (readonly)"),
    ("a.rs", "pub fn f(a: u8) -> u16 {", "fn f(a: u8) -> u8 {", "mismatched types", "unreachable `pub` item"),
    ("a.rs", "unsafe fn f(a: u8) {", "fn f(b: u8) {", "cannot find value `b`", "unnecessary `unsafe` function"),
    ("A.java", "  public static int f(int a) {", "  int f(long a) {", "incompatible types: possible lossy conversion", "Illegal combination of modifiers: public and static"),
    ("A.java", "  int f() throws IOException {", "  long f() {", "incompatible types", "exception IOException is never thrown (throws)"),
    ("a.cs", "  public override int F(int a) {", "  public int F(long a) {", "Cannot implicitly convert type", "'F': no suitable method found to override"),
    ("a.cpp", "int f(int a) const {", "long f(int a) {", "narrowing conversion", "non-member function cannot have 'const' qualifier"),
    ("a.kt", "    suspend fun f(a: Int) {", "    fun f(a: Long) {", "Type mismatch", "Redundant 'suspend' modifier"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "after", "message", "asking"), MODIFIERS)
def test_a_lost_modifier_is_a_concern_unless_asked_for(
    name: str, before: str, after: str, message: str, asking: str
) -> None:
    assert "It removes `" in concerns(before, after, name=name, message=message)
    assert "It removes `" not in concerns(before, after, name=name, message=asking)


APART = [
    ("a.py", "run(a)", "run(b)\n\n\nif __name__ == '__main__':\n    main()", True),
    ("a.py", "run(a)", "run(b)\n\nprint(run(b))", True),
    ("a.py", "run(a)", "import os\n\nrun(b)", False),
    ("a.js", "run(a);", "run(b);\n\nmodule.exports = { run };", True),
    ("a.sh", "run a", "run b\n\necho done", True),
    ("a.cfg", "a = 1", "a = 2\n\n[more]\nb = 1", True),
    ("a.py", "run(a)", "run(b)\nclose(b)", False),
    ("a.py", "def f(a):", "\n\ndef f(a):", False),
    ("a.py", "x = [1,\n\n  2]", "x = [1,\n\n  3]", False),
    ("a.py", "if a:", "if a is None:\n    a = b\nif a:", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "after", "asks"), APART)
def test_lines_apart_from_the_problem_are_a_concern(name: str, before: str, after: str, asks: bool) -> None:
    lines = before.count("\n")
    found = concerns(before, after, name=name, message="undefined name `a`", reported=(1, 1 + lines))
    assert ("It also adds lines apart from the reported problem." in found) is asks
