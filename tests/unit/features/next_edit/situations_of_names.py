"""What a user does to names, imports and parameters, and what he would expect next."""
# ruff: noqa: E501 - a text is read best on one line

from __future__ import annotations

from tests.support.next_edit_session import Situation

FIELD = "class A:\n    def __init__(self):\n        self.name = 1\n\n"

OF_NAMES: dict[str, Situation] = {
    # --- names
    "typescript: variables that are never assigned": (
        "typescript",
        "function f() {\n  let one = g(1);\n  let two: A = h();\n  let six = 0;\n  six += 1;\n  let ten;\n  ten = 2;\n  let [a, b] = p();\n}\n",
        [("let one", "const one", 1), ("let two", "const two", 1)],
        "8: let [a, b] = p(); → const [a, b] = p();",
    ),
    "typescript: another variable of this name is assigned": (
        "typescript",
        "function f() {\n  let one = g(1);\n  let two = h();\n}\nfunction g() {\n  let six = 0;\n}\nfunction h() {\n  let six = 0;\n  six = 1;\n}\n",
        [("let one", "const one", 1), ("let two", "const two", 1)],
        "6: let six = 0; → const six = 0;",
    ),
    "java: final parameters, and a field": (
        "java",
        "class A {\n  void f(int a, final B one) {}\n\n  void g(\n      final B two) {}\n\n  final int size = 1;\n\n  void h(final C see) {}\n}\n",
        [("final B one", "B one", 1), ("final B two", "B two", 1)],
        "9: void h(final C see) {} → void h(C see) {}",
    ),
    "python: a field renamed in its class": (
        "python",
        "class A:\n    def __init__(self):\n        self.count = 0\n\n    def f(self):\n        return self.count + 1\n",
        [("self.count = 0", "self.total = 0", 1)],
        "6: return self.count + 1 → return self.total + 1",
    ),
    "typescript: a local renamed": (
        "typescript",
        "function f(n: number) {\n  const size = n * 2;\n  return size + 1;\n}\n",
        [("const size", "const width", 1)],
        "3: return size + 1; → return width + 1;",
    ),
    "rust: a function renamed": (
        "rust",
        "fn load() -> u32 {\n    1\n}\n\nfn main() {\n    let x = load();\n}\n",
        [("fn load", "fn fetch", 1)],
        "6: let x = load(); → let x = fetch();",
    ),
    "go: a parameter renamed": (
        "go",
        "package a\n\nfunc f(number int) int {\n\treturn number + 1\n}\n",
        [("number int", "count int", 1)],
        "4: return number + 1 → return count + 1",
    ),
    "java: a local renamed": (
        "java",
        "class A {\n  int f(int a) {\n    int size = a;\n    return size + 1;\n  }\n}\n",
        [("int size", "int width", 1)],
        "4: return size + 1; → return width + 1;",
    ),
    "csharp: a parameter renamed": (
        "csharp",
        "class A {\n  int F(int size) {\n    return size + 1;\n  }\n}\n",
        [("int size", "int width", 1)],
        "3: return size + 1; → return width + 1;",
    ),
    "ruby: a call renamed at two places": (
        "ruby",
        "a = fetch(1)\nb = fetch(2)\n\nc = fetch(3)\n",
        [("fetch", "load", 1), ("fetch", "load", 1)],
        "4: c = fetch(3) → c = load(3)",
    ),
    "a renamed call and a longer name": (
        "python",
        "a = get(1)\nb = get(2)\nc = get_all(3)\nd = target(4)\n",
        [("get(1", "load(1", 1), ("get(2", "load(2", 1)],
        None,
    ),
    "the line that defines the new name": (
        "rust",
        "fn f() {\n    use1(&old);\n    use2(&old);\n    let new_one = clone(&old);\n}\n",
        [("use1(&old)", "use1(&new_one)", 1), ("use2(&old)", "use2(&new_one)", 1)],
        None,
    ),
    "a part of an identifier is the whole one": (
        "python",
        "a = get_user_1\nb = get_user_1\nc = get_user_1\nd = get_user_12\n",
        [("user_1\n", "item_1\n", 1), ("user_1\n", "item_1\n", 1)],
        "3: c = get_user_1 → c = get_item_1",
    ),
    "a parameter that was renamed": (
        "python",
        "def f(count):\n    print(count)\n    return count + 1\n\n\ncount = 3\n",
        [("count", "total", 1)],
        "2: print(count) ⏎ return count + 1 → print(total) ⏎ return total + 1",
    ),
    "a function that was renamed": (
        "go",
        "package a\n\nfunc fetch() int {\n\treturn 1\n}\n\nfunc b() int {\n\treturn fetch()\n}\n",
        [("fetch", "load", 1)],
        "8: return fetch() → return load()",
    ),
    "a name that is another's too is not renamed": (
        "python",
        "def f(x1):\n    return x1\n\n\ndef load():\n    x1 = 2\n    return x1\n\n\nx1 = load()\n",
        [("x1 = load()", "y1 = load()", 1)],
        None,
    ),
    "a field that its constructor defines": (
        "python",
        FIELD + "    def b(self, c):\n        return self.name, c.name\n",
        [("self.name = 1", "self.label = 1", 1)],
        "6: return self.name, c.name → return self.label, c.name",
    ),
    "a field, and a variable of the file": (
        "python",
        FIELD + "    def b(self):\n        return name\n",
        [("self.name = 1", "self.label = 1", 1)],
        None,
    ),
    "java: a method, and an overloaded one": (
        "java",
        "class A {\n  void load(int a) {\n  }\n\n  void load(long a) {\n  }\n\n  void g() {\n    load(1);\n  }\n}\n",
        [("load(int", "fetch(int", 1)],
        None,
    ),
    "names that changed their places": (
        "python",
        "import one\nimport two\n\none.f()\n",
        [("import one\nimport two", "import two\nimport one", 1)],
        None,
    ),
    "a constructor that would return something": (
        "python",
        "class A:\n    def one(self):\n        return 1\n\n    def two(self):\n        return 2\n\n    def __init__(self):\n        return\n",
        [("one(self):", "one(self) -> str:", 1), ("two(self):", "two(self) -> str:", 1)],
        None,
    ),
    "a member that became a variable of two functions": (
        "python",
        "class A:\n    def f(self, many):\n        g(self.many)\n\n    def h(self, many):\n        g(self.many)\n\n    def k(self):\n        g(self.many)\n",
        [("g(self.many", "g(many", 1), ("g(self.many", "g(many", 1)],
        None,
    ),
    "a name changed in code often and once in a comment": (
        "python",
        "# load_it(1)\na = load_it(1)\nb = load_it(2)\nc = load_it(3)\nd = 1\n# load_it(5)\n",
        [("load_it", "fetch_it", 1)] * 4,
        None,
    ),
    "a field of an object of known type": (
        "python",
        "class A:\n    def __init__(self, a):\n        self.name = a\n\n\ndef f(b: A, c):\n    return b.name, c.name\n",
        [("self.name = a", "self.label = a", 1)],
        "7: return b.name, c.name → return b.label, c.name",
    ),
    "a dataclass's field, and a path's": (
        "python",
        "class A:\n    name: str\n\n\ndef f(path):\n    return path.name\n",
        [("name: str", "label: str", 1)],
        None,
    ),
    "a property of an interface": (
        "typescript",
        "interface A {\n  name: string;\n}\n\nfunction f(a: A, b: B) {\n  return a.name + b.name;\n}\n",
        [("name: string", "label: string", 1)],
        "6: return a.name + b.name; → return a.label + b.name;",
    ),
    "a called method is no definition": (
        "java",
        "class A {\n  void f(B b, C c) {\n    b.load();\n    c.load();\n  }\n}\n",
        [("b.load", "b.fetch", 1)],
        None,
    ),
    "an imported name": (
        "python",
        "from m import load\n\nx = load(1)\ny = a.load(2)\n",
        [("import load", "import fetch", 1)],
        "3: x = load(1) → x = fetch(1)",
    ),
    "a module's alias": (
        "python",
        "import numpy as np\n\nx = np.zeros(1)\n",
        [("as np", "as xp", 1)],
        "3: x = np.zeros(1) → x = xp.zeros(1)",
    ),
    "an imported name of JavaScript": (
        "javascript",
        'import { load } from "m";\n\nconst x = load(1);\n',
        [("{ load }", "{ fetch }", 1)],
        "3: const x = load(1); → const x = fetch(1);",
    ),
    "a module is no name": (
        "python",
        "from load import a\n\nload = a(1)\n",
        [("from load", "from fetch", 1)],
        None,
    ),
    # --- imports
    "a missing import": (
        "python",
        "import os\n\n\ndef f():\n    return os.name\n",
        [("os.name", "Path(os.name)", 1)],
        "2:  → from pathlib import Path",
    ),
    "an import whose last use was renamed": (
        "python",
        "import os\nimport sys\n\nprint(os.name)\nprint(sys.argv)\n",
        [("os.name", "posix.name", 1)],
        None,
    ),
    "an import whose last use was deleted": (
        "python",
        "import os\nimport sys\n\nprint(os.name)\nprint(sys.argv)\n",
        [("print(os.name)\n", "", 1)],
        "1: import os → ",
    ),
    "one of several imported names": (
        "python",
        "from m import a, b, c\n\na(1)\nb(2)\nc(3)\n",
        [("b(2)\n", "", 1)],
        "1: from m import a, b, c → from m import a, c",
    ),
    "an import that only a deleted string names": (
        "python",
        "from m import error\n\nshow('error: a')\n",
        [("error: a", "a", 1)],
        None,
    ),
    # --- parameters
    "an argument that is not known at the next place": (
        "python",
        "def f(value):\n    return get('a', value)\n\n\ndef g(value):\n    return get('a', 2)\n\n\ndef h():\n    return get('a', 3)\n",
        [("get('a', value", "get(value, value", 1), ("get('a', 2", "get(value, 2", 1)],
        None,
    ),
    "an argument that is known at the next place": (
        "python",
        "def f(value):\n    return get('a', value)\n\n\ndef g(value):\n    return get('a', 2)\n\n\ndef h(value):\n    return get('a', 3)\n",
        [("get('a', value", "get(value, value", 1), ("get('a', 2", "get(value, 2", 1)],
        "10: return get('a', 3) → return get(value, 3)",
    ),
    "an argument in front of others over several lines": (
        "rust",
        "fn f() {\n    print_entry(&one, 1);\n    g();\n    print_entry(&one, 2);\n    g();\n    print_entry(\n        &one,\n        3,\n    );\n}\n",
        [
            ("print_entry(&one, 1", "print_entry(out, &one, 1", 1),
            ("print_entry(&one, 2", "print_entry(out, &one, 2", 1),
        ],
        "7:  → out,",
    ),
    "python: a deleted parameter": (
        "python",
        "def f(a, b):\n    return a\n\n\nf(1, 2)\n",
        [(", b", "", 1)],
        "5: f(1, 2) → f(1)",
    ),
    "an added field of a constructor": (
        "python",
        "class A:\n    def __init__(self, a, b):\n        self.a = a\n        self.b = b\n",
        [("a, b)", "a, b, color)", 1)],
        "5:  → self.color = color",
    ),
    "an added argument where it is at hand": (
        "python",
        "def f(a):\n    return a\n\n\ndef g(timeout):\n    return f(1)\n",
        [("f(a)", "f(a, timeout)", 1)],
        "6: return f(1) → return f(1, timeout)",
    ),
    "const only where lines have one form and nothing is assigned later": (
        "javascript",
        "let a = 1;\nlet b = 2;\nlet c = 3;\nlet d = 4;\nlet e = 5;\nlet g = 6;\nfunction f() { c = 4 }\n[d] = [6];\nfor (e of x) {}\n",
        [("let a", "const a", 1), ("let b", "const b", 1)],
        "6: let g = 6; → const g = 6;",
    ),
    "no const for the first of two variables of which one is assigned later": (
        "javascript",
        "let a = 1;\nlet b = 2;\nlet c = 5, d = 6;\nd = 3;\n",
        [("let a", "const a", 1), ("let b", "const b", 1)],
        None,
    ),
    "a var that is used behind its block stays": (
        "javascript",
        "function f() {\n  var a = 1;\n  var b = 2;\n  if (a) {\n    var c = 5;\n  }\n  return c;\n}\n",
        [("var a", "let a", 1), ("var b", "let b", 1)],
        None,
    ),
    "kotlin: val only where nothing is assigned later": (
        "kotlin",
        "fun f() {\n    var a = 1\n    var b = 2\n    var c = 3\n    c = 4\n    var d = 5\n}\n",
        [("var a", "val a", 1), ("var b", "val b", 1)],
        "6: var d = 5 → val d = 5",
    ),
    "swift: let only where nothing is assigned later": (
        "swift",
        "var a = 1\nvar b = 2\nvar c = 3\nc = 4\nvar d = 5\n",
        [("var a", "let a", 1), ("var b", "let b", 1)],
        "5: var d = 5 → let d = 5",
    ),
    "rust: mut stays where a variable is assigned or borrowed": (
        "rust",
        "fn f() {\n    let mut a = 1;\n    let mut b = 2;\n    let mut c = 3;\n    c += 1;\n    let mut d = 4;\n    g(&mut d);\n    let mut e = 5;\n}\n",
        [("let mut a", "let a", 1), ("let mut b", "let b", 1)],
        "8: let mut e = 5; → let e = 5;",
    ),
}
