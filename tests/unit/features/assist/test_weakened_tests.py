"""Edits that let a test pass whatever the code does: no way is applied unasked, in six languages.

Each language has one test; a way is what replaces a part of it. A way is caught if its change is a concern, or if the
check of suppressions fails it.
"""
# ruff: noqa: E501, ISC004 - a table

from __future__ import annotations

import random

import pytest

from autothink_lsp.document.text import Text
from autothink_lsp.edits.minimal import minimal
from autothink_lsp.features.assist.unproved_changes import changes_for_tests, unproved_changes
from autothink_lsp.values import Diagnostic, Point
from tests.support.example_counts import examples
from tests.unit.features.assist.test_unproved_changes import GRAMMARS, LANGUAGES
from tests.unit.verify.test_suppressions_by_language import checked

TYPE = 'Argument of type "str" cannot be assigned to parameter "n" of type "int"'
MESSAGES = (
    TYPE,
    "incompatible types",
    "AssertionError: expected 2 to equal 3",
    "assert 2 == 3",
    "Expected: 3, Received: 2",
)

TESTS: dict[str, tuple[str, str]] = {
    "Python": (
        "test_shop.py",
        "import pytest\nfrom shop import total\n\nCASES = [(1, 2, 3)]\n\n\n@pytest.mark.parametrize('a', [1, 2])\ndef test_total(a):\n"
        "    cart = make(a)\n    for x, y, z in CASES:\n        assert total(x, y) == z\n    assert total(1, 2) == 3\n\n\ndef test_other():\n    assert other() == 4\n",
    ),
    "unittest": (
        "test_shop.py",
        "import unittest\n\n\nclass ShopTest(unittest.TestCase):\n    def test_total(self):\n        cart = make(1)\n        for x in CASES:\n"
        "            self.assertEqual(total(x), 6)\n        self.assertEqual(total(1, 2), 3)\n\n    def test_other(self):\n        self.assertTrue(other())\n",
    ),
    "JavaScript": (
        "shop.test.js",
        "describe('shop', () => {\n  it('adds', async () => {\n    const cart = make(1);\n    for (const x of CASES) {\n      expect(total(x)).toBe(6);\n    }\n"
        "    await expect(load()).resolves.toBe(1);\n    expect(total(1, 2)).toBe(3);\n  });\n\n  it('knows', () => {\n    expect(other()).toBe(4);\n  });\n});\n",
    ),
    "TypeScript": (
        "shop.test.ts",
        "test('adds', () => {\n  const cart: Cart = make(1);\n  for (const x of CASES) {\n    assert.equal(total(x), 6);\n  }\n  assert.strictEqual(total(1, 2), 3);\n});\n\n"
        "test('knows', () => {\n  assert.ok(other());\n});\n",
    ),
    "Go": (
        "shop_test.go",
        "package shop\n\nimport \"testing\"\n\nfunc TestTotal(t *testing.T) {\n\tcart := newCart(1)\n\tfor _, x := range cases {\n\t\tif total(x) != 6 {\n\t\t\tt.Errorf(\"bad\")\n\t\t}\n\t}\n"
        "\tif got := total(1, 2); got != 3 {\n\t\tt.Fatalf(\"total is %d\", got)\n\t}\n}\n\nfunc TestOther(t *testing.T) {\n\trequire.Equal(t, 4, other())\n}\n",
    ),
    "Rust": (
        "shop.rs",
        "fn total(a: i32, b: i32) -> i32 {\n    a - b\n}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn adds() {\n        let cart = make(1);\n        for x in cases() {\n"
        "            assert_eq!(sum(x), 6);\n        }\n        assert_eq!(total(1, 2), 3);\n    }\n\n    #[test]\n    fn knows() {\n        assert!(other());\n    }\n}\n",
    ),
    "Java": (
        "ShopTest.java",
        "class ShopTest {\n    @Test\n    void adds() {\n        var cart = make(1);\n        for (var x : CASES) {\n            assertEquals(6, total(x));\n        }\n"
        "        assertEquals(3, total(1, 2));\n    }\n\n    @Test\n    void knows() {\n        assertTrue(other());\n    }\n}\n",
    ),
}  # fmt: skip

WAYS: dict[str, tuple[tuple[str, str], ...]] = {  # what is replaced, and by what
    "Python": (
        ("    cart = make(a)\n", "    cart = make(a)\n    return\n"),
        ("    cart = make(a)\n", "    cart = make(a)\n    if not cart:\n        return\n"),
        ("        assert total(x, y) == z\n", "        continue\n        assert total(x, y) == z\n"),
        ("        assert total(x, y) == z\n", "        if x == 1:\n            continue\n        assert total(x, y) == z\n"),
        ("        assert total(x, y) == z\n", "        break\n        assert total(x, y) == z\n"),
        ("assert total(1, 2) == 3", "assert same(total(1, 2), total(1, 2))"),
        ("assert total(1, 2) == 3", "assert equal(total(1, 2), 2)"),
        ("assert total(1, 2) == 3", "assert total(1, 2) == int(2)"),
        ("assert total(1, 2) == 3", "assert True"),
        ("assert total(1, 2) == 3", "assert 3 == 3"),
        ("assert total(1, 2) == 3", "assert total(1, 2) == 3 or True"),
        ("assert total(1, 2) == 3", "assert (total(1, 2) == 3, 'wrong')"),
        ("assert total(1, 2) == 3", "assert 'total is 3'"),
        ("assert total(1, 2) == 3", "assert total(1, 2) == total(1, 2)"),
        ("assert total(1, 2) == 3", "assert total(1, 2)"),
        ("assert total(1, 2) == 3", "assert total(1, 2) == 2"),
        ("assert total(1, 2) == 3", "assert total(1, 2) == pytest.approx(3, abs=5)"),
        ("    assert total(1, 2) == 3\n", "    if False:\n        assert total(1, 2) == 3\n"),
        ("    assert total(1, 2) == 3\n", "    try:\n        assert total(1, 2) == 3\n    except AssertionError:\n        pass\n"),
        ("    assert total(1, 2) == 3\n", "    try:\n        assert total(1, 2) == 3\n    except:\n        pass\n"),
        ("    assert total(1, 2) == 3\n", "    with suppress(AssertionError):\n        assert total(1, 2) == 3\n"),
        ("    assert total(1, 2) == 3\n", "    with pytest.raises(AssertionError):\n        assert total(1, 2) == 3\n"),
        ("    assert total(1, 2) == 3\n", "    pass\n"),
        ("    assert total(1, 2) == 3\n", "    # assert total(1, 2) == 3\n"),
        ("    assert total(1, 2) == 3\n", "    total(1, 2) == 3\n"),
        ("    assert total(1, 2) == 3\n", "    lambda: total(1, 2) == 3\n"),
        ("in CASES:", "in []:"),
        ("in CASES:", "in ():"),
        ("in CASES:", "in CASES[:0]:"),
        ("('a', [1, 2])", "('a', [])"),
        ("    for x, y, z in CASES:\n", "    for x, y, z in CASES:\n      while False:\n"),
        ("@pytest.mark.parametrize('a', [1, 2])\n", "@pytest.mark.skip\n@pytest.mark.parametrize('a', [1, 2])\n"),
        ("@pytest.mark.parametrize('a', [1, 2])\n", "@pytest.mark.xfail\n@pytest.mark.parametrize('a', [1, 2])\n"),
        ("    cart = make(a)\n", "    pytest.skip('later')\n    cart = make(a)\n"),
        ("    cart = make(a)\n", "    pytest.importorskip('nothing')\n    cart = make(a)\n"),
        ("    cart = make(a)\n", "    sys.exit(0)\n    cart = make(a)\n"),
        ("def test_total(a):", "def _test_total(a):"),
        ("def test_total(a):\n", "@patch('shop.total', return_value=3)\ndef test_total(a):\n"),
        ("    cart = make(a)\n", "    monkeypatch.setattr(shop, 'total', lambda *_: 3)\n    cart = make(a)\n"),
    ),
    "unittest": (
        ("        cart = make(1)\n", "        cart = make(1)\n        return\n"),
        ("        cart = make(1)\n", "        cart = make(1)\n        if not cart: return\n"),
        ("        cart = make(1)\n", "        self.skipTest('later')\n        cart = make(1)\n"),
        ("    def test_total(self):", "    @unittest.skip('later')\n    def test_total(self):"),
        ("    def test_total(self):", "    @unittest.expectedFailure\n    def test_total(self):"),
        ("self.assertEqual(total(1, 2), 3)", "self.assertEqual(total(1, 2), 2)"),
        ("self.assertEqual(total(1, 2), 3)", "self.assertEqual(total(1, 2), total(1, 2))"),
        ("self.assertEqual(total(1, 2), 3)", "self.assertTrue(True)"),
        ("self.assertEqual(total(1, 2), 3)", "self.assertTrue(total(1, 2), 3)"),
        ("self.assertEqual(total(1, 2), 3)", "self.assertAlmostEqual(total(1, 2), 3, delta=9)"),
        ("self.assertEqual(total(1, 2), 3)", "self.assertIsNotNone(total(1, 2))"),
        ("        self.assertEqual(total(1, 2), 3)\n", "        with self.assertRaises(AssertionError):\n            self.assertEqual(total(1, 2), 3)\n"),
        ("in CASES:", "in []:"),
        ("def test_total", "def total"),
    ),
    "JavaScript": (
        ("    const cart = make(1);\n", "    const cart = make(1);\n    return;\n"),
        ("    const cart = make(1);\n", "    const cart = make(1);\n    if (!cart) return;\n"),
        ("    const cart = make(1);\n", "    const cart = make(1);\n    if (!cart) {\n      return;\n    }\n"),
        ("      expect(total(x)).toBe(6);\n", "      continue;\n      expect(total(x)).toBe(6);\n"),
        ("it('adds'", "it.skip('adds'"),
        ("it('adds'", "xit('adds'"),
        ("it('adds'", "it.todo('adds'"),
        ("it('knows'", "it.only('knows'"),
        ("describe('shop'", "describe.skip('shop'"),
        ("expect(total(1, 2)).toBe(3);", "expect(true).toBe(true);"),
        ("expect(total(1, 2)).toBe(3);", "expect(3).toBe(3);"),
        ("expect(total(1, 2)).toBe(3);", "expect(total(1, 2)).toBeDefined();"),
        ("expect(total(1, 2)).toBe(3);", "expect(total(1, 2)).not.toBe(9);"),
        ("expect(total(1, 2)).toBe(3);", "expect(total(1, 2)).toBe(total(1, 2));"),
        ("expect(total(1, 2)).toBe(3);", "expect(total(1, 2));"),
        ("expect(total(1, 2)).toBe(3);", "expect(total(1, 2)).toEqual(expect.anything());"),
        ("expect(total(1, 2)).toBe(3);", "expect(() => expect(total(1, 2)).toBe(3)).toThrow();"),
        ("    expect(total(1, 2)).toBe(3);\n", "    try {\n      expect(total(1, 2)).toBe(3);\n    } catch {}\n"),
        ("    expect(total(1, 2)).toBe(3);\n", "    try { expect(total(1, 2)).toBe(3); } catch (e) { }\n"),
        ("    expect(total(1, 2)).toBe(3);\n", "    if (total(1, 2) === 3) expect(total(1, 2)).toBe(3);\n"),
        ("    await expect(load())", "    expect(load())"),
        ("resolves.toBe(1);", "resolves.toBe(1).catch(() => {});"),
        ("of CASES)", "of [])"),
        ("of CASES)", "of CASES.slice(0, 0))"),
        ("    const cart = make(1);\n", "    jest.spyOn(shop, 'total').mockReturnValue(3);\n    const cart = make(1);\n"),
    ),
    "TypeScript": (
        ("  const cart: Cart = make(1);\n", "  const cart: Cart = make(1);\n  return;\n"),
        ("  const cart: Cart = make(1);\n", "  const cart: Cart = make(1);\n  if (cart === undefined) { return; }\n"),
        ("test('adds'", "test.skip('adds'"),
        ("test('adds'", "test.failing('adds'"),
        ("assert.strictEqual(total(1, 2), 3);", "assert.strictEqual(total(1, 2), 2);"),
        ("assert.strictEqual(total(1, 2), 3);", "assert.ok(true);"),
        ("assert.strictEqual(total(1, 2), 3);", "assert.strictEqual(3, 3);"),
        ("assert.strictEqual(total(1, 2), 3);", "assert.ok(total(1, 2));"),
        ("assert.strictEqual(total(1, 2), 3);", "assert.ok(total(1, 2) === 3 || true);"),
        ("assert.strictEqual(total(1, 2), 3);", "assert.notStrictEqual(total(1, 2), 9);"),
        ("  assert.strictEqual(total(1, 2), 3);\n", "  try {\n    assert.strictEqual(total(1, 2), 3);\n  } catch (error) {\n    console.log(error);\n  }\n"),
        ("of CASES)", "of [])"),
        ("  const cart: Cart = make(1);\n", "  vi.mock('./shop', () => ({ total: () => 3 }));\n  const cart: Cart = make(1);\n"),
    ),
    "Go": (
        ("\tcart := newCart(1)\n", "\tcart := newCart(1)\n\treturn\n"),
        ("\tcart := newCart(1)\n", "\tcart := newCart(1)\n\tif cart == nil {\n\t\treturn\n\t}\n"),
        ("\tcart := newCart(1)\n", "\tt.Skip(\"later\")\n\tcart := newCart(1)\n"),
        ("\tcart := newCart(1)\n", "\tt.SkipNow()\n\tcart := newCart(1)\n"),
        ("\tcart := newCart(1)\n", "\tdefer func() { recover() }()\n\tcart := newCart(1)\n"),
        ("got != 3 {", "got != 2 {"),
        ("got != 3 {", "got < 0 {"),
        ("got != 3 {", "false && got != 3 {"),
        ("total(x) != 6 {", "total(x) != 5 {"),
        ("t.Fatalf(\"total is %d\", got)", "t.Logf(\"total is %d\", got)"),
        ("range cases {", "range cases[:0] {"),
        ("range cases {", "range []int{} {"),
        ("\t\tif total(x) != 6 {\n", "\t\tcontinue\n\t\tif total(x) != 6 {\n"),
        ("func TestTotal(", "func testTotal("),
        ("require.Equal(t, 4, other())", "require.Equal(t, 5, other())"),
        ("require.Equal(t, 4, other())", "require.Equal(t, other(), other())"),
        ("require.Equal(t, 4, other())", "require.True(t, true)"),
        ("require.Equal(t, 4, other())", "require.NotNil(t, other())"),
    ),
    "Rust": (
        ("        let cart = make(1);\n", "        let cart = make(1);\n        return;\n"),
        ("        let cart = make(1);\n", "        let cart = make(1);\n        if cart.is_empty() {\n            return;\n        }\n"),
        ("    #[test]\n    fn adds()", "    #[test]\n    #[ignore]\n    fn adds()"),
        ("    #[test]\n    fn adds()", "    #[test]\n    #[should_panic]\n    fn adds()"),
        ("    #[test]\n    fn adds()", "    fn adds()"),
        ("assert_eq!(total(1, 2), 3);", "assert_eq!(total(1, 2), 2);"),
        ("assert_eq!(total(1, 2), 3);", "assert_eq!(3, 3);"),
        ("assert_eq!(total(1, 2), 3);", "assert!(true);"),
        ("assert_eq!(total(1, 2), 3);", "assert!(total(1, 2) == 3 || true);"),
        ("assert_eq!(total(1, 2), 3);", "assert_ne!(total(1, 2), 9);"),
        ("assert_eq!(total(1, 2), 3);", "let _ = total(1, 2) == 3;"),
        ("assert_eq!(total(1, 2), 3);", "let _ = std::panic::catch_unwind(|| assert_eq!(total(1, 2), 3));"),
        ("        assert_eq!(total(1, 2), 3);\n", "        if total(1, 2) == 3 {\n            assert_eq!(total(1, 2), 3);\n        }\n"),
        ("in cases() {", "in [] {"),
        ("in cases() {", "in cases().into_iter().take(0) {"),
        ("            assert_eq!(sum(x), 6);\n", "            continue;\n            assert_eq!(sum(x), 6);\n"),
        ("#[cfg(test)]", "#[cfg(any())]"),
    ),
    "Java": (
        ("        var cart = make(1);\n", "        var cart = make(1);\n        if (cart == null) return;\n"),
        ("        var cart = make(1);\n", "        var cart = make(1);\n        if (cart == null) {\n            return;\n        }\n"),
        ("    @Test\n    void adds()", "    @Test\n    @Disabled\n    void adds()"),
        ("    @Test\n    void adds()", "    @Ignore\n    @Test\n    void adds()"),
        ("    @Test\n    void adds()", "    void adds()"),
        ("        var cart = make(1);\n", "        assumeTrue(false);\n        var cart = make(1);\n"),
        ("assertEquals(3, total(1, 2));", "assertEquals(2, total(1, 2));"),
        ("assertEquals(3, total(1, 2));", "assertEquals(3, 3);"),
        ("assertEquals(3, total(1, 2));", "assertTrue(true);"),
        ("assertEquals(3, total(1, 2));", "assertNotNull(total(1, 2));"),
        ("assertEquals(3, total(1, 2));", "assertTrue(total(1, 2) == 3 || true);"),
        ("assertEquals(3, total(1, 2));", "assertThrows(AssertionError.class, () -> assertEquals(3, total(1, 2)));"),
        ("        assertEquals(3, total(1, 2));\n", "        try {\n            assertEquals(3, total(1, 2));\n        } catch (AssertionError e) {\n        }\n"),
        ("        assertEquals(3, total(1, 2));\n", "        try { assertEquals(3, total(1, 2)); } catch (Throwable t) { }\n"),
        (": CASES)", ": List.of())"),
        ("            assertEquals(6, total(x));\n", "            continue;\n"),
        ("            assertEquals(6, total(x));\n", "            if (x == 1) continue;\n            assertEquals(6, total(x));\n"),
    ),
}  # fmt: skip

RIGHT = (  # changes of tests that weaken nothing
    ("Python", "    cart = make(a)\n", "    cart = make(int(a))\n"),
    ("Python", "    cart = make(a)\n", "    def key(one):\n        return one.a\n\n    cart = make(a, key)\n"),
    ("Python", "from shop import total\n", "from shop import other, total\n"),
    ("Python", "total(x, y) == z", "total(int(x), y) == z"),
    ("JavaScript", "    const cart = make(1);\n", "    const cart = await make(1);\n"),
    (
        "JavaScript",
        "    const cart = make(1);\n",
        "    const cart = make(1, (one) => {\n      return one.a;\n    });\n",
    ),
    ("TypeScript", "make(1);", "make('1');"),
    ("Go", "\tcart := newCart(1)\n", "\tcart := newCart(1, func(a int) int {\n\t\treturn a\n\t})\n"),
    ("Rust", "make(1);", "make(&1);"),
    ("Java", "        var cart = make(1);\n", "        Cart cart = make(1);\n"),
)


def caught(name: str, before: str, after: str, message: str) -> tuple[str, ...]:
    """The concerns about the edit, and what its check of suppressions says."""
    language = LANGUAGES.by_path(name)
    old, new = Text.from_str(before), Text.from_str(after)
    edit = minimal(old, Point(0, 0), Point(old.line_count - 1, 0), after)
    lines = tuple((one.start.line, max(one.start.line, one.end.line)) for one in edit)
    diagnostic = Diagnostic(edit[0].start, edit[0].start, message, source="tool")
    grammar = GRAMMARS.load(language)
    found = unproved_changes((old, new), edit, (diagnostic,), lines, language=language, grammar=grammar, name=name)
    failed = checked(name, before, after, message)
    return (*found, *([failed.detail] if failed is not None else []))


CASES = [(language, was, now) for language, ways in WAYS.items() for was, now in ways]


@pytest.mark.parametrize(("language", "was", "now"), CASES)
def test_a_weakened_test_is_never_applied_unasked(language: str, was: str, now: str) -> None:
    name, text = TESTS[language]
    assert text.count(was) == 1
    messages = random.Random(was + now).sample(MESSAGES, examples(len(MESSAGES), fewest=1))
    silent = [message for message in messages if not caught(name, text, text.replace(was, now), message)]
    assert silent == []


# The line behind which a test is made long, and the last assertion, before which it is, too.
LONG = {
    "Python": ("    cart = make(a)\n", "    assert total(1, 2) == 3"),
    "unittest": ("        cart = make(1)\n", "        self.assertEqual(total(1, 2), 3)"),
    "JavaScript": ("    const cart = make(1);\n", "    expect(total(1, 2)).toBe(3);"),
    "TypeScript": ("  const cart: Cart = make(1);\n", "  assert.strictEqual(total(1, 2), 3);"),
    "Go": ("\tcart := newCart(1)\n", "\tif got := total(1, 2); got != 3 {"),
    "Rust": ("        let cart = make(1);\n", "        assert_eq!(total(1, 2), 3);"),
}


@pytest.mark.parametrize(("language", "was", "now"), [case for case in CASES if case[0] in LONG])
def test_a_weakened_test_of_many_lines_is_never_applied_unasked(language: str, was: str, now: str) -> None:
    """The test's header and its assertions may be far away from the change."""
    name, text = TESTS[language]
    begin, end = LONG[language]
    more = begin[: len(begin) - len(begin.lstrip())] + "use(cart)\n"
    assert text.count(begin) == text.count(end) == 1
    text = text.replace(begin, begin + 90 * more).replace(end, 90 * more + end)
    if text.count(was) == 1:
        assert caught(name, text, text.replace(was, now), TYPE)


@pytest.mark.parametrize(("language", "was", "now"), RIGHT)
def test_a_right_change_of_a_test_is_no_concern(language: str, was: str, now: str) -> None:
    name, text = TESTS[language]
    assert text.count(was) == 1
    assert [message for message in MESSAGES[:2] if caught(name, text, text.replace(was, now), message)] == []


@pytest.mark.parametrize(("was", "now"), WAYS["Rust"])
def test_tests_in_the_same_file_do_not_prove_their_own_change(was: str, now: str) -> None:
    name, text = TESTS["Rust"]
    language = LANGUAGES.by_path(name)
    before, after = Text.from_str(text), Text.from_str(text.replace(was, now))
    told = changes_for_tests(before, after, language=language, grammar=GRAMMARS.load(language))
    assert told or checked(name, str(before), str(after), "") is not None
