"""What a user does to parameters, and what their documentation should follow with."""
# ruff: noqa: E501 - a text is read best on one line

from __future__ import annotations

from tests.support.next_edit_session import Situation

OF_DOCS: dict[str, Situation] = {
    "documentation, sphinx: a renamed parameter": (
        "python",
        'def f(a, b):\n    """Do.\n\n    :param a: one\n    :param b: two\n        more\n    """\n    return 1\n',
        [("def f(a, b)", "def f(a, c)", 1)],
        "5: :param b: two → :param c: two",
    ),
    "documentation, sphinx: a deleted parameter": (
        "python",
        'def f(a, b):\n    """Do.\n\n    :param a: one\n    :param b: two\n        more\n    """\n    return 1\n',
        [("def f(a, b)", "def f(a)", 1)],
        "5: :param b: two ⏎ more → ",
    ),
    "documentation, sphinx: an added parameter": (
        "python",
        'def f(a, b):\n    """Do.\n\n    :param a: one\n    :param b: two\n        more\n    """\n    return 1\n',
        [("def f(a, b)", "def f(a, b, c=1)", 1)],
        "7:  → :param c:",
    ),
    "documentation, google: an added parameter": (
        "python",
        'def f(a, b):\n    """Do.\n\n    Args:\n        a: one\n        b (int): two\n            more\n\n    Returns:\n        x\n    """\n    return 1\n',
        [("def f(a, b)", "def f(a, b, c: str = 1)", 1)],
        "8:  → c (str):",
    ),
    "documentation, numpydoc: an added parameter": (
        "python",
        'def f(a, b):\n    """Do.\n\n    Parameters\n    ----------\n    a : int\n        One.\n    b : str\n        Two.\n\n    Returns\n    """\n    return 1\n',
        [("def f(a, b)", "def f(a, c: float, b)", 1)],
        "8:  → c : float",
    ),
    "documentation, numpydoc: a deleted parameter": (
        "python",
        'def f(a, b):\n    """Do.\n\n    Parameters\n    ----------\n    a : int\n        One.\n    b : str\n        Two.\n\n    Returns\n    """\n    return 1\n',
        [("def f(a, b)", "def f(b)", 1)],
        "6: a : int ⏎ One. → ",
    ),
    "documentation, jsdoc: a renamed parameter": (
        "javascript",
        "/**\n * Do.\n * @param {number} a - one\n * @param {string} b - two\n * @returns {void}\n */\nfunction f(a, b) {\n}\n",
        [("f(a, b)", "f(a, c)", 1)],
        "4: * @param {string} b - two → * @param {string} c - two",
    ),
    "documentation, jsdoc: a deleted parameter": (
        "javascript",
        "/**\n * Do.\n * @param {number} a - one\n * @param {string} b - two\n * @returns {void}\n */\nfunction f(a, b) {\n}\n",
        [("f(a, b)", "f(a)", 1)],
        "4: * @param {string} b - two → ",
    ),
    "documentation, jsdoc: an added parameter of an unknown type": (
        "javascript",
        "/**\n * Do.\n * @param {number} a - one\n */\nfunction f(a) {\n}\n",
        [("f(a)", "f(a, b)", 1)],
        None,
    ),
    "documentation, typescript: an added parameter": (
        "typescript",
        "/**\n * Do.\n * @param a one\n * @param b two\n */\nfunction f(a: number, b: string) {\n}\n",
        [("b: string", "b: string, c: number", 1)],
        "5:  → * @param c",
    ),
    "documentation, phpdoc: an added parameter": (
        "php",
        "<?php\n/**\n * Do.\n * @param int $a one\n * @param string $b two\n */\nfunction f(int $a, string $b) {\n}\n",
        [("string $b)", "string $b, bool $c = true)", 1)],
        "6:  → * @param bool $c",
    ),
    "documentation, javadoc above an annotation: a renamed parameter": (
        "java",
        "class A {\n    /**\n     * Do.\n     * @param a one\n     * @param b two\n     */\n    @Override\n    void f(int a, int b) {\n    }\n}\n",
        [("int a, int b", "int a, int count", 1)],
        "5: * @param b two → * @param count two",
    ),
    "documentation, csharp: an added parameter": (
        "csharp",
        'class A {\n    /// <summary>Do.</summary>\n    /// <param name="a">One.</param>\n    /// <param name="b">Two.</param>\n    /// <returns>x</returns>\n    int F(int a, int b) { return 1; }\n}\n',
        [("int a, int b", "int a, int b, int c", 1)],
        '5:  → /// <param name="c"></param>',
    ),
    "documentation, rustdoc: a renamed parameter": (
        "rust",
        "/// Do.\n///\n/// * `a` - one\n/// * `b` - two\n///\n/// More.\nfn f(a: i32, b: i32) {}\n",
        [("b: i32", "count: i32", 1)],
        "4: /// * `b` - two → /// * `count` - two",
    ),
    "documentation, luadoc: a renamed parameter": (
        "lua",
        "--- Do.\n---@param a string one\n---@param b number two\n---@return nil\nlocal function f(a, b)\nend\n",
        [("f(a, b)", "f(a, c)", 1)],
        "3: ---@param b number two → ---@param c number two",
    ),
    "documentation, yard: a deleted parameter": (
        "ruby",
        "# Do.\n# @param a [String] one\n# @param b [Integer] two\n# @return x\ndef f(a, b)\nend\n",
        [("f(a, b)", "f(a)", 1)],
        "3: # @param b [Integer] two → ",
    ),
    "documentation, kdoc: a renamed parameter": (
        "kotlin",
        "/**\n * Do.\n * @param a one\n * @param b two\n * @return x\n */\nfun f(a: Int, b: Int): Int {\n    return 1\n}\n",
        [("b: Int)", "count: Int)", 1)],
        "4: * @param b two → * @param count two",
    ),
    "documentation, swift: a renamed parameter": (
        "swift",
        "/// Do.\n/// - Parameters:\n///   - a: one\n///   - b: two\n/// - Returns: x\nfunc f(a: Int, b: Int) -> Int {\n    1\n}\n",
        [("b: Int)", "count: Int)", 1)],
        "4: ///   - b: two → ///   - count: two",
    ),
    "documentation, doxygen: a renamed parameter": (
        "c",
        "/**\n * Do.\n * \\param a one\n * \\param b two\n * \\return x\n */\nint f(int a, int b)\n{\n}\n",
        [("int b)", "int count)", 1)],
        "4: * \\param b two → * \\param count two",
    ),
    "documentation, a docstring without entries": (
        "python",
        'def f(a, b):\n    """Do a thing with b: it is fine."""\n    return 1\n',
        [("def f(a, b)", "def f(a, c)", 1)],
        None,
    ),
    "documentation, a docstring that has not all entries": (
        "python",
        'def f(a, b):\n    """Do.\n\n    :param a: one\n    """\n    return 1\n',
        [("def f(a, b)", "def f(a, b, c)", 1)],
        None,
    ),
    "documentation, go: a word of the comment": (
        "go",
        "// f does.\n// a: one\nfunc f(a int, b int) {}\n",
        [("b int", "count int", 1)],
        None,
    ),
    "documentation, a call below a comment": (
        "python",
        "# b: two\nf(a, b)\n",
        [("f(a, b)", "f(a, c)", 1)],
        None,
    ),
    "documentation, a call that opens a block": (
        "c",
        "/* b: two */\nif (f(a, b)) {\n}\n",
        [("f(a, b)", "f(a, c)", 1)],
        None,
    ),
    "documentation, another function's entries": (
        "python",
        'def f(a, b):\n    return 1\n\n\ndef g(b):\n    """Do.\n\n    :param b: two\n    """\n',
        [("def f(a, b)", "def f(a, c)", 1)],
        None,
    ),
    "documentation, an entry that has the new name": (
        "python",
        'def f(a, b):\n    """Do.\n\n    :param a: one\n    :param c: two\n    """\n',
        [("def f(a, b)", "def f(a, c)", 1)],
        None,
    ),
    "documentation, types of their own": (
        "python",
        'def f(a, b):\n    """Do.\n\n    :param a: one\n    :type a: int\n    :param b: two\n    :type b: int\n    """\n',
        [("def f(a, b)", "def f(a)", 1)],
        "6: :param b: two ⏎ :type b: int → ",
    ),
    "documentation, line ends of Windows": (
        "javascript",
        "/**\r\n * Do.\r\n * @param a one\r\n * @param b two\r\n */\r\nfunction f(a, b) {\r\n}\r\n",
        [("f(a, b)", "f(a, count)", 1)],
        "4: * @param b two → * @param count two",
    ),
    "documentation, a list above a condition": (
        "javascript",
        "// - b: two\n// - a: one\nif (f(a, b)) {\n}\n",
        [("f(a, b)", "f(a, c)", 1)],
        None,
    ),
    "documentation, a list above a loop": (
        "go",
        "package p\n\nfunc g() {\n\t// - b: two\n\tfor f(a, b) {\n\t}\n}\n",
        [("f(a, b)", "f(a, c)", 1)],
        None,
    ),
    "documentation, a list above a match": (
        "rust",
        "fn g() {\n    // - b: two\n    match f(a, b) {\n        _ => {}\n    }\n}\n",
        [("f(a, b)", "f(a, c)", 1)],
        None,
    ),
    "documentation, a method that is called like a statement": (
        "javascript",
        "class A {\n  /**\n   * @param a one\n   * @param b two\n   */\n  match(a, b) {\n  }\n}\n",
        [("match(a, b)", "match(a, c)", 1)],
        "4: * @param b two → * @param c two",
    ),
}
