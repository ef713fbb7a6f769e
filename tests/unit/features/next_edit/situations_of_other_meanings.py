"""Changed functions and members whose names have another meaning elsewhere in the file: silence is right there."""
# ruff: noqa: E501 - a text is read best on one line

from __future__ import annotations

from tests.support.next_edit_session import Situation

OF_OTHER_MEANINGS: dict[str, Situation] = {
    "another meaning: a function inside of another has the name": (
        "python",
        "def f(a, b):\n    pass\n\n\ndef g():\n    def f(x, y):\n        return 1\n    return f(1, 2)\n",
        [("(a, b)", "(a)", 1)],
        None,
    ),
    "another meaning: a function imports the name": (
        "python",
        "def f(a, b):\n    pass\n\n\ndef g():\n    from z import f\n    return f(1, 2)\n",
        [("(a, b)", "(a)", 1)],
        None,
    ),
    "another meaning: a parameter has the name": (
        "python",
        "def f(a, b):\n    pass\n\n\ndef g(f):\n    return f(1, 2)\n",
        [("(a, b)", "(a)", 1)],
        None,
    ),
    "another meaning: a call by the class passes the object": (
        "python",
        "class A:\n    def do_it(self, a, b=1):\n        pass\n\n\ndef g(x):\n    A.do_it(x, 1)\n",
        [("(self, a, b=1)", "(self, b=1)", 1)],
        None,
    ),
    "another meaning: a call of the base class": (
        "python",
        "class A(B):\n    def f(self, a, b):\n        super().f(a, b)\n",
        [("(self, a, b)", "(self, a)", 1)],
        None,
    ),
    "another meaning: another overload fits the call": (
        "java",
        'class A {\n  void f(int a, int b, int c) {}\n  void f(String a, String b, String d) {}\n  void g() { f("x", "y", "z"); }\n}\n',
        [("int b, int c)", "int b)", 1)],
        None,
    ),
    "another meaning: another overload fits the call, cpp": (
        "cpp",
        'void f(int a, int b);\nvoid f(char* a, int b);\nvoid g() {\n  f("x", 1);\n}\n',
        [("(int a, int b)", "(int a)", 1)],
        None,
    ),
    "another meaning: a parameter has the name of the changed function": (
        "python",
        "@pytest.fixture\ndef f(a):\n    pass\n\n\ndef test(f, b):\n    f(1)\n",
        [("(a)", "(a, b)", 1)],
        None,
    ),
    "another meaning: a deleted parameter is assigned": (
        "python",
        "class A:\n    def __init__(self, a, b):\n        b = 1\n        self.b = b\n",
        [("(self, a, b)", "(self, a)", 1)],
        None,
    ),
    "another meaning: a deleted parameter is assigned and passed": (
        "python",
        "def h(a, b):\n    b = 2\n    g(x=1, b=b)\n",
        [("(a, b)", "(a)", 1)],
        None,
    ),
    "another meaning: a parameter became a variable": (
        "python",
        "def h(a, b):\n    g(x=1, b=b)\n",
        [("(a, b):\n", "(a):\n    b = a.b\n", 1)],
        None,
    ),
    "another meaning: a method of another class of this file": (
        "python",
        "class A:\n    def run_it(self):\n        pass\n\n\nclass B:\n    def run_it(self):\n        pass\n\n\ndef f(b):\n    b.run_it()\n",
        [("run_it", "go_it", 1)],
        None,
    ),
    "another meaning: an object of another class": (
        "python",
        "class A:\n    def run_it(self):\n        pass\n\n\nclass B:\n    def run_it(self):\n        pass\n\n\ndef f():\n    b = B()\n    b.run_it()\n",
        [("run_it", "go_it", 1)],
        None,
    ),
    "another meaning: a parameter of another class": (
        "python",
        "class A:\n    def run_it(self):\n        pass\n\n\nclass B:\n    def run_it(self):\n        pass\n\n\ndef f(b: B):\n    b.run_it()\n",
        [("run_it", "go_it", 1)],
        None,
    ),
    "another meaning: a field of another struct": (
        "go",
        "package a\n\ntype A struct {\n\tUserName string\n}\n\ntype B struct {\n\tUserName string\n}\n\nfunc f(b B) {\n\tb.UserName = 1\n}\n",
        [("UserName", "Name", 1)],
        None,
    ),
    "another meaning: a long list of exceptions behind a header that is read as text": (
        "vala",
        "void f(int a, int b)" + " throws a" * 400 + " !\n",
        [(", int b", "", 1)],
        None,
    ),
    "another meaning: another overload fits the call, kotlin": (
        "kotlin",
        'fun f(a: Int, b: Int) {}\nfun f(a: String, b: Int) {}\nfun g() {\n    f("x", 1)\n}\n',
        [("a: Int, b: Int", "a: Int", 1)],
        None,
    ),
    "another meaning: another signature fits the call, typescript": (
        "typescript",
        "function f(a: string, b: number): void;\nfunction f(a: any, b: number) {\n}\nf('x', 1);\n",
        [("(a: any, b: number)", "(a: any)", 1)],
        None,
    ),
}
