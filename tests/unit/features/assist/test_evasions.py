"""Edits that satisfy a tool without fixing the code are shown first; right fixes are not asked about."""
# ruff: noqa: E501 - a table

from __future__ import annotations

from typing import Literal

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.features.assist.unproved_changes import new_warnings
from autothink_lsp.values import Diagnostic, Point
from autothink_lsp.verify.report import CheckReport, CheckResult, Finding
from tests.unit.features.assist.right_fixes import RIGHT_FIXES
from tests.unit.features.assist.test_unproved_changes import concerns
from tests.unit.verify.test_suppressions_by_language import checked

UNKNOWN = "undefined name `wrong`"
TYPE = "incompatible types"
UNUSED = "`x` is unused"
EVERYWHERE = (0, 20)

EVASIONS = (  # file, message, code before, code after, words of the concern
    ("a.py", 'Cannot access attribute "nam" for class "User"', "return user.nam", "return user.nam if hasattr(user, 'nam') else None", "`hasattr`"),
    ("a.py", 'Cannot access attribute "nam" for class "User"', "return user.nam", "return type(user).__getattribute__(user, 'nam')", "__getattribute__"),
    ("a.py", 'Cannot access attribute "nam" for class "User"', "return user.nam", "return (lambda u: u.nam)(user)", "a lambda"),
    ("a.py", 'Cannot access attribute "nam" for class "User"', "return user.nam", "return 'user.nam'", "into text"),
    ("a.py", 'Cannot access attribute "nam" for class "User"', "return user.nam", "return NotImplemented", "removes"),
    ("a.py", 'Cannot access attribute "nam" for class "User"', "return user.nam", "if sys.version_info < (3,):\n    return user.nam", "only under a condition"),
    ("a.py", 'Type "int" is not assignable to return type "str"', "return a", "raise ValueError", "in place of a result"),
    ("a.py", 'Type "int" is not assignable to return type "str"', "return a", "raise TypeError(a)", "in place of a result"),
    ("a.py", 'Type "int" is not assignable to return type "str"', "return a", "assert isinstance(a, str)\nreturn a", "asserts what"),
    ("a.py", '"name" is not a known attribute of "None"', "return a.name", "assert a is not None\nreturn a.name", "asserts what"),
    ("a.js", "Type 'number' is not assignable to type 'string'.", "return a;", "throw new Error(a);", "in place of a result"),
    ("a.ts", "Object is possibly 'null'.", "return a.b;", "console.assert(a);\nreturn a.b;", "asserts what"),
    ("a.java", "incompatible types: int cannot be converted to String", "return a;", "throw new X(a);", "in place of a result"),
    ("a.cs", "Cannot implicitly convert type 'int' to 'string'", "return a;", "throw new X(a);", "in place of a result"),
    ("a.kt", "Type mismatch: inferred type is String? but String was expected", "return a", "requireNotNull(a)\nreturn a", "asserts what"),
    ("a.java", "The value may be null", "return a.b();", "Objects.requireNonNull(a);\nreturn a.b();", "asserts what"),
    ("a.go", "cannot use a (variable of type int) as string value", "return a", "panic(a)", "in place of a result"),
    ("a.rs", "mismatched types", "return a;", "panic!(a);", "in place of a result"),
    ("a.php", "Method should return string but returns int", "return $a;", "throw new X($a);", "in place of a result"),
    ("a.py", UNKNOWN, "f(wrong)", "from x import *\nf(wrong)", "imports every name"),
    ("a.ts", "Property 'nam' does not exist on type 'User'.", "f(u.nam);", "f(Object(u).nam);", "hides the code"),
    ("a.ts", "Property 'nam' does not exist on type 'User'.", "f(u.nam);", "f(JSON.parse(JSON.stringify(u)).nam);", "hides the code"),
    ("a.rs", "cannot find value `y` in this scope", "    g(y)", "    loop {}", "removes"),
    ("a.rs", "cannot find value `y` in this scope", "    g(y)", "    Default::default()", "removes"),
    ("a.cs", "'A' does not contain a definition for 'Nam'", "return a.Nam;", "return default;", "removes"),
    ("a.kt", "Unresolved reference: b", "return a.b", "return TODO()", "removes"),
    ("a.php", "Undefined variable $b", "return $b;", "global $b;\nreturn $b;", "missing variable"),
    ("a.php", "Undefined variable $b", "return $b;", "return isset($b) ? $b : null;", "missing variable"),
    ("a.php", "Undefined variable $b", "return $b;", "$b = null;\nreturn $b;", "missing variable"),
    ("a.php", "Undefined variable $b", "return $b;", "return $$b;", "hides the code"),
    ("a.php", "Undefined variable $b", "return $b;", "extract($a);\nreturn $b;", "`extract`"),
    ("a.php", "Undefined variable $b", "return $b;", "return $GLOBALS['b'];", "`GLOBALS`"),
    ("a.php", "Undefined variable $b", "return $b;", "/** @var mixed $b */\nreturn $b;", "hides the code"),
    ("a.rb", "undefined method `wrong'", "wrong(a)", "send(:wrong, a)", "`send`"),
    ("a.rb", "undefined method `wrong'", "wrong(a)", "wrong(a) if respond_to?(:wrong)", "`respond_to`"),
    ("a.sh", "Double quote to prevent globbing and word splitting.", "rm $1", "set -f; rm $1", "hides the code"),
    ("a.sh", "Double quote to prevent globbing and word splitting.", "rm $1", 'eval "rm \\$1"', "hides the code"),
    ("a.ts", TYPE, "const n: number = s;", "const n: number = s as never;", "with `never`"),
    ("a.ts", TYPE, "const n: T = s;", "const n: T = s as any as T;", "with `any`"),
    ("a.ts", TYPE, "const n: T = s;", "const n: T = s as T;", "with a cast"),
    ("a.ts", TYPE, "f(user.name);", "f(user!.name);", "with `!`"),
    ("a.ts", TYPE, "f(x: string) {}", "f(x: Function) {}", "with `Function`"),
    ("a.ts", "Cannot find module 'x'", "import a from 'x';", "declare module 'x';\nimport a from 'x';", "declares the module"),
    ("a.ts", "Cannot find name 'wrong'.", "f(wrong);", "declare const wrong: string;\nf(wrong);", "defines `wrong`"),
    ("a.ts", "Cannot find name 'wrong'.", "f(wrong);", "function wrong() {}\nf(wrong);", "defines `wrong`"),
    ("a.ts", "Cannot find name 'wrong'.", "f(wrong);", "interface wrong {}\nf(wrong);", "defines `wrong`"),
    ("a.js", UNUSED, "const x = f();", "const x = f();\nvoid x;", "marks the value as used"),
    ("a.js", UNUSED, "const x = f();", "const x = f();\nx;", "only names the value"),
    ("a.js", TYPE, "f(x);", "/** @type {any} */\nconst y = x;\nf(y);", "hides the code from the type check"),
    ("a.js", "floating promise", "f();", "void f();", "drops a result"),
    ("a.js", TYPE, "f();", "f().catch(() => {});", "error"),
    ("a.go", "declared and not used: x", "\tx := f()", "\tx := f()\n\t_ = x", "marks the value as used"),
    ("a.go", "Error return value is not checked", "\tf()", "\t_ = f()", "drops a result"),
    ("a.go", "assignment mismatch", "\tx := f()", "\tx, _ := f()", "drops a result"),
    ("a.go", TYPE, "\tx = y", "\tx = y.(string)", "type assertion"),
    ("a.go", TYPE, "\tvar x int = y", "\tvar x any = y", "with `any`"),
    ("a.go", TYPE, "\tf()", "\tif err != nil {\n\t}\n\tf()", "swallows the error"),
    ("a.c", UNUSED, "int x = f();", "int x = f();\n(void)x;", "marks the value as used"),
    ("a.c", UNUSED, "int x = f();", "int x __attribute__((unused)) = f();", "marks the value as used"),
    ("a.c", UNUSED, "int x = f();", "int x = f();\nx;", "only names"),
    ("a.c", "unused result", "f();", "(void)f();", "drops a result"),
    ("a.c", UNKNOWN, "f(wrong);", "#define wrong 0\nf(wrong);", "defines `wrong`"),
    ("a.c", UNKNOWN, "f(wrong);", "extern int wrong;\nf(wrong);", "defines `wrong`"),
    ("a.c", TYPE, "f(x);", "#ifdef A\nf(x);\n#endif", "only under a condition"),
    ("a.cpp", UNUSED, "int x = f();", "[[maybe_unused]] int x = f();", "marks the value as used"),
    ("a.cpp", UNUSED, "int x = f();", "int x = f();\nstd::ignore = x;", "marks the value as used"),
    ("a.cpp", TYPE, "f(x);", "try { f(x); } catch (...) {}", "error"),
    ("a.cs", TYPE, "f(user.Name);", "f(user!.Name);", "with `!`"),
    ("a.cs", UNUSED, "var x = f();", "var x = f();\n_ = x;", "marks the value as used"),
    ("a.cs", TYPE, "f(x);", "f(x as T);", "with a cast"),
    ("a.kt", TYPE, "f(user.name)", "f(user!!.name)", "with `!!`"),
    ("a.kt", TYPE, "f(x)", "f(x as String)", "with a cast"),
    ("a.swift", TYPE, "f(user.name)", "f(user!.name)", "with `!`"),
    ("a.swift", TYPE, "try f()", "try! f()", "with `!`"),
    ("A.java", TYPE, "String s = o;", "Object s = o;", "with `Object`"),
    ("A.java", "unreported exception IOException", "f();", "try { f(); } catch (IOException e) {}", "swallows the error"),
    ("A.java", TYPE, "f();", "try { f(); } catch (Exception e) { g(e); }", "error"),
    ("a.rs", TYPE, "let x: i32 = f();", "let x: i32 = f().unwrap();", "panics where there is no value"),
    ("a.rs", TYPE, "let x: i32 = f();", 'let x: i32 = f().expect("x");', "panics where there is no value"),
    ("a.rs", "unused `Result` that must be used", "f();", "let _ = f();", "drops a result"),
    ("a.rs", "unused `Result` that must be used", "f();", "f().ok();", "drops a result"),
    ("a.rs", UNUSED, "let x = f();", "let x = f();\nlet _ = x;", "marks the value as used"),
    ("a.rs", TYPE, "fn f() {}", '#[cfg(feature = "x")]\nfn f() {}', "only under a condition"),
    ("a.rs", UNKNOWN, "f(wrong);", "struct wrong;\nf(wrong);", "defines `wrong`"),
    ("a.py", UNUSED, "x = f()", "x = f()\ndel x", "marks the value as used"),
    ("a.py", UNUSED, "x = f()", "x = f()\n_ = x", "marks the value as used"),
    ("a.py", UNUSED, "x = f()", "x = f()\nx", "only names the value"),
    ("a.py", UNUSED, "x = f()", "x = f()\nx = x", "assigns a value to itself"),
    ("a.py", TYPE, "x: int = f()", "x: int = typing.cast(Any, f())", "hides the code from the type check"),
    ("a.py", TYPE, "f(x)", "with contextlib.suppress(Exception):\n    f(x)", "error handler"),
    ("a.py", TYPE, "f(x)", "try:\n    f(x)\nexcept:\n    pass", "error"),
    ("a.py", TYPE, "try:\n    f(x)\nexcept KeyError:\n    g()", "try:\n    f(x)\nexcept Exception:\n    g()", "catches every error"),
    ("a.py", TYPE, "x = user.name", "x = user.__dict__['name']", "with `__dict__`"),
    ("a.py", TYPE, "f(x)", "if TYPE_CHECKING:\n    f(x)", "Only the type checker"),
    ("a.py", UNKNOWN, "f(wrong)", "f('wrong')", "turns `wrong` into text"),
    ("a.py", UNKNOWN, "f(wrong)", "def wrong(): return 1\nf(wrong)", "defines `wrong`"),
    ("a.py", UNKNOWN, "f(wrong)", "class wrong: x = 1\nf(wrong)", "defines `wrong`"),
    ("a.py", UNKNOWN, "f(wrong)", "for wrong in items:\n    f(wrong)", "defines `wrong`"),
    ("a.py", UNKNOWN, "def g(x): f(wrong)", "def g(x, wrong): f(wrong)", "defines `wrong`"),
    ("a.py", UNKNOWN, "f(wrong)", "wrong, other = 1, 2\nf(wrong)", "defines `wrong`"),
    ("a.py", "assert 2 == 3", "if x: return 2", "if 'pytest' in sys.modules: return 3\nif x: return 2", "whether tests run"),
    ("a.lua", TYPE, "f(x)", "---@cast x any\nf(x)", "hides the code from the type check"),
    ("a.lua", TYPE, "f(x)", "pcall(f, x)", "error handler"),
    ("a.lua", UNUSED, "local x = f()", "local x = f()\nlocal _ = x", "marks the value as used"),
    ("a.sh", "Double quote to prevent globbing", "f $x", "f $x || true", "hides errors"),
    ("a.sh", TYPE, "f $x", "f $x 2>/dev/null", "hides errors"),
    ("a.sh", TYPE, "f $x", "set +e\nf $x", "hides errors"),
    ("a.php", TYPE, "<?php\nf($x);", "<?php\n@f($x);", "hides errors"),
    ("a.rb", TYPE, "f(x)", "f(x) rescue nil", "error"),
    ("test_a.py", TYPE, "assert total(x) == 3", "assert total(x) == 2", "changes what is asserted"),
    ("test_a.py", TYPE, "assert total(x) == 3", "assert total(x) != 3", "changes what is asserted"),
    ("test_a.py", TYPE, "assert total(x) == 3", "assert total(x) >= 3", "changes what is asserted"),
    ("test_a.py", TYPE, "assert total(x) == 3", "assert total(x)", "changes what is asserted"),
    ("test_a.py", TYPE, "assert total(x) == 3", "total(x) == 3", "asserted"),
    ("test_a.py", TYPE, "self.assertEqual(total(x), 3)", "self.assertTrue(total(x))", "changes what is asserted"),
    ("a.test.ts", TYPE, "expect(total(x)).toBe(3);", "expect(total(x)).toBeTruthy();", "changes what is asserted"),
    ("a.test.ts", TYPE, "it('a', () => { f(x); });\nit('b', () => { g(x); });", "it('b', () => { g(x); f(x); });", "removes a test"),
    ("a_test.go", TYPE, 't.Run("a", f)\nt.Run("b", g)', 't.Run("b", both(f, g))', "removes a test"),
    ("a.rs", TYPE, "#[test]\nfn a() { f(); }", "fn a() { f(); g(); }", "removes a test"),
    ("a.cpp", TYPE, "TEST(A, b) { f(x); }\nTEST(A, c) { g(x); }", "TEST(A, c) { g(x); f(x); }", "removes a test"),
    ("a.rs", TYPE, "assert_eq!(f(x), 3);", "assert_ne!(f(x), 3);", "asserted"),
    ("pyproject.toml", TYPE, 'select = ["E"]', 'select = ["E"]\nignore = ["E501"]', "changes what tools report"),
    ("tsconfig.json", TYPE, '"strict": true', '"strict": false', "changes what tools report"),
    (".eslintrc.json", TYPE, '"no-undef": "error"', '"no-undef": "off"', "changes what tools report"),
    ("pyrightconfig.json", TYPE, '"a": 1', '"a": 1, "exclude": ["src"]', "changes what tools report"),
    ("Makefile", TYPE, "CFLAGS = -Wall", "CFLAGS = -Wall -Wno-unused", "changes what tools report"),
    # Another forty
    ("a.py", "Cannot access attribute \"x\"", "return row.x", "return getattr(row, 'x', None)", "hides the code from the type check with `getattr`"),
    ("a.py", "\"n\" is possibly unbound", "return n", "return locals()['n']", "hides the code from the type check with `locals`"),
    ("a.py", "Type \"int\" is not assignable to \"str\"", "s: str = n", "s = n", "removes `str` from the reported code"),
    ("a.py", "Undefined name `wrong`", "f(wrong)", "if 'wrong' in globals():\n    f(wrong)", "hides the code from the type check with `globals`"),
    ("a.py", "Undefined name `wrong`", "f(wrong)", "wrong: int\nf(wrong)", "defines `wrong` itself"),
    ("test_a.py", "assert 2 == 3", "assert total([1, 2]) == 3", "assert total([1, 2]) == 2", "changes what is asserted"),
    ("test_a.py", "assert 2 == 3", "assert total([1, 2]) == 3", "assert total([1, 2]) in (2, 3)", "changes what is asserted"),
    ("test_a.py", "assert 2 == 3", "assert total([1, 2]) == 3", "if total([1, 2]) == 3:\n    assert total([1, 2]) == 3", "asserts only under a condition"),
    ("test_a.py", "Expected 1 argument", "assert total() == 3", "assert total([]) == 0", "changes what is asserted"),
    ("a.ts", "incompatible types", "const n: number = s;", "const n: number = <any>s;", "hides the code from the type check with `any`"),
    ("a.ts", "Object is possibly 'undefined'.", "return row.id;", "return row!.id;", "hides the code from the type check with `!`"),
    ("a.ts", "Property 'x' does not exist on type 'Row'.", "return row.x;", "return row['x' as never];", "hides the code from the type check with `never`"),
    ("a.ts", "incompatible types", "f(x);", "f(...([x] as any));", "hides the code from the type check with `any`"),
    ("a.js", "'wrong' is not defined", "f(wrong);", "f(typeof wrong === 'undefined' ? 0 : wrong);", "hides the missing name with `typeof`"),
    ("a.go", "declared and not used: x", "\tx := f()", "\tx := f()\n\tfmt.Sprint(x)", "only marks the value as used (`fmt.Sprint`)"),
    ("a.go", "undefined: wrong", "\tf(wrong)", "\tvar wrong int\n\tf(wrong)", "defines `wrong` itself"),
    ("a.go", "Error return value is not checked", "\tf()", "\tdefer f()", "drops a result (`defer f`)"),
    ("a.go", "incompatible types", "\tvar n int = s", "\tvar n interface{} = s", "hides the code from the type check with `interface{}`"),
    ("a.rs", "unused variable: `x`", "let x = f();", "let x = f();\ndrop(&x);", "only marks the value as used (`drop(&x);`)"),
    ("a.rs", "mismatched types", "let n: i32 = s;", "let n: i32 = unsafe { std::mem::transmute(s) };", "hides the code from the type check with `transmute`"),
    ("a.rs", "unused `Result` that must be used", "f();", "if let Ok(_) = f() {}", "drops a result (`if let`)"),
    ("a.rs", "unused `Result` that must be used", "f();", "f().unwrap_or_default();", "drops a result (`f().unwrap_or_default();`)"),
    ("a.c", "comparison of different signedness", "if (n < size) f();", "if ((int)size > n) f();", "hides the code from the type check with a cast"),
    ("a.c", "incompatible pointer types", "T *p = q;", "T *p = (void *)q;", "hides the code from the type check with a cast"),
    ("a.c", "implicit declaration of function 'g'", "g(x);", "int g();\ng(x);", "defines `g` itself"),
    ("A.java", "unreported exception IOException", "f();", "try { f(); } catch (IOException ignored) { }", "swallows the error (`catch`)"),
    ("A.java", "incompatible types: Object cannot be converted to T", "T t = o;", "T t = (T) o;", "hides the code from the type check with a cast"),
    ("a.cs", "Possible null reference", "f(x.Name);", "f(x!.Name);", "hides the code from the type check with `!`"),
    ("a.kt", "Only safe calls are allowed", "f(x.name)", "f(x!!.name)", "hides the code from the type check with `!!`"),
    ("a.swift", "must be unwrapped", "f(name)", "f(name!)", "hides the code from the type check with `!`"),
    ("a.rb", "undefined local variable or method `wrong'", "f(wrong)", "f((wrong rescue 0))", "adds an error handler to the reported code"),
    ("a.php", "Undefined variable '$wrong'", "<?php\nf($wrong);", "<?php\nf(@$wrong);", "hides the missing variable with `@$wrong`"),
    ("a.php", "Undefined variable '$wrong'", "<?php\nf($wrong);", "<?php\nf($wrong ?? null);", "hides the missing variable with `?? null`"),
    ("a.lua", "Undefined global `wrong`", "f(wrong)", "f(_G.wrong)", "hides the code from the type check with `_G`"),
    ("a.sh", "SC2164: use cd ... || exit", "cd $x", "cd $x || :", "hides errors with `||`"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "message", "before", "after", "words"), EVASIONS)
def test_an_evasion_is_shown_first(name: str, message: str, before: str, after: str, words: str) -> None:
    assert words in concerns(before, after, name=name, message=message, reported=EVERYWHERE)


@pytest.mark.parametrize(
    ("line", "severity", "warning", "code", "is_told"),
    [
        (1, "warning", '"wrong" is possibly unbound', "possiblyUnbound", True),
        (1, "warning", "something", "F821", True),
        (1, "warning", '"other" is unknown', "unknown", False),
        (0, "warning", '"wrong" is possibly unbound', "possiblyUnbound", False),
        (1, "information", '"wrong" is possibly unbound', "possiblyUnbound", False),
    ],
)
def test_a_message_that_becomes_a_warning_is_told(
    line: int, severity: Literal["warning", "information"], warning: str, code: str, is_told: bool
) -> None:
    before, after = Text.from_str("first()\nf(wrong)\n"), Text.from_str("first()\nf(wrong, 1)\n")
    report = CheckReport(
        (CheckResult("ruff", "passed", new_findings=(Finding("ruff", line, warning, code, severity),)),)
    )
    target = Diagnostic(Point(1, 2), Point(1, 7), UNKNOWN, code="F821", source="Ruff")
    expected = (f"Ruff warns of the new code: {warning}.",) if is_told else ()
    assert new_warnings(before, after, report, target) == expected


def test_right_fixes_are_in_six_languages_and_more() -> None:
    assert len(RIGHT_FIXES) >= 100
    assert len({name.rpartition(".")[2] for name, *_ in RIGHT_FIXES}) >= 6


@pytest.mark.parametrize(("name", "message", "before", "after"), RIGHT_FIXES)
def test_a_right_fix_is_not_asked_about(name: str, message: str, before: str, after: str) -> None:
    assert checked(name, before, after, message) is None
    assert concerns(before, after, name=name, message=message, reported=EVERYWHERE) == ""
