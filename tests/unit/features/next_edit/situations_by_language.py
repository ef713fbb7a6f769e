"""Each rule of names, parameters and repeated changes in each language that has a grammar, as one table: what a user
does, and a text that the proposal brings; ``None`` where silence is right.

A language's code is written once, with marks for what a rule needs; the tables below fill them in.
"""
# ruff: noqa: E501 - a text is read best on one line

from __future__ import annotations

from collections.abc import Iterator

Edits = list[tuple[str, str, int]]
LanguageSituation = tuple[str, str, Edits, str | None]

# The text before the statements of a function with a parameter x, a statement, the text behind them, a comment's mark.
FUNCTIONS: dict[str, tuple[str, str, str, str]] = {
    "python": ("def f(x):\n", "    {}\n", "", "#"),
    "javascript": ("function f(x) {\n", "  {};\n", "}\n", "//"),
    "typescript": ("function f(x: number) {\n", "  {};\n", "}\n", "//"),
    "typescriptreact": ("function f(x: number) {\n", "  {};\n", "}\n", "//"),
    "go": ("package a\n\nfunc f(x int) {\n", "\t{}\n", "}\n", "//"),
    "rust": ("fn f(x: i32) {\n", "    {};\n", "}\n", "//"),
    "java": ("class A {\n  void f(int x) {\n", "    {};\n", "  }\n}\n", "//"),
    "kotlin": ("fun f(x: Int) {\n", "    {}\n", "}\n", "//"),
    "csharp": ("class A {\n  void F(int x) {\n", "    {};\n", "  }\n}\n", "//"),
    "c": ("void f(int x) {\n", "    {};\n", "}\n", "//"),
    "cpp": ("void f(int x) {\n", "    {};\n", "}\n", "//"),
    "php": ("<?php\nfunction f($x) {\n", "    {};\n", "}\n", "//"),
    "ruby": ("def f(x)\n", "  {}\n", "end\n", "#"),
    "scala": ("object A {\n  def f(x: Int): Unit = {\n", "    {}\n", "  }\n}\n", "//"),
    "swift": ("func f(x: Int) {\n", "    {}\n", "}\n", "//"),
    "lua": ("local function f(x)\n", "  {}\n", "end\n", "--"),
    "zig": ("fn f(x: i32) void {\n", "    {};\n", "}\n", "//"),
}
# A declaration of a variable with a type.
TYPED = {
    "python": "{}: OldType = g()",
    **dict.fromkeys(("typescript", "typescriptreact"), "const {}: OldType = g()"),
    "go": "var {} OldType",
    "rust": "let {}: OldType = g()",
    **dict.fromkeys(("java", "csharp", "c", "cpp"), "OldType {} = g()"),
    **dict.fromkeys(("kotlin", "scala"), "val {}: OldType = g()"),
    "swift": "let {}: OldType = g()",
    "zig": "const {}: OldType = g()",
}
# A declaration of a variable.
DECLARED = {
    **dict.fromkeys(("python", "ruby"), "size = g(x)"),
    **dict.fromkeys(("javascript", "typescript", "typescriptreact", "zig"), "const size = g(x)"),
    "go": "size := g(x)",
    **dict.fromkeys(("rust", "swift"), "let size = g(x)"),
    **dict.fromkeys(("java", "csharp", "c", "cpp"), "int size = g(x)"),
    **dict.fromkeys(("kotlin", "scala"), "val size = g(x)"),
    "php": "$size = g($x)",
    "lua": "local size = g(x)",
}
# A function with the parameters {0}, and another one with a variable b that calls it with the arguments {1}.
CALLED = {
    "python": "def load({0}):\n    return a\n\n\ndef main(b):\n    load({1})\n",
    "javascript": "function load({0}) {{\n  return a;\n}}\n\nfunction main(b) {{\n  load({1});\n}}\n",
    "typescript": "function load({0}) {{\n  return a;\n}}\n\nfunction main(b: number) {{\n  load({1});\n}}\n",
    "typescriptreact": "function load({0}) {{\n  return a;\n}}\n\nfunction main(b: number) {{\n  load({1});\n}}\n",
    "go": "package a\n\nfunc load({0}) int {{\n\treturn a\n}}\n\nfunc main2(b int) {{\n\tload({1})\n}}\n",
    "rust": "fn load({0}) -> i32 {{\n    a\n}}\n\nfn main2(b: i32) {{\n    load({1});\n}}\n",
    "java": "class A {{\n  int load({0}) {{\n    return a;\n  }}\n\n  void main(int b) {{\n    load({1});\n  }}\n}}\n",
    "kotlin": "fun load({0}): Int {{\n    return a\n}}\n\nfun main2(b: Int) {{\n    load({1})\n}}\n",
    "csharp": "class A {{\n  int load({0}) {{\n    return a;\n  }}\n\n  void Main(int b) {{\n    load({1});\n  }}\n}}\n",
    "c": "int load({0}) {{\n    return a;\n}}\n\nvoid main2(int b) {{\n    load({1});\n}}\n",
    "cpp": "int load({0}) {{\n    return a;\n}}\n\nvoid main2(int b) {{\n    load({1});\n}}\n",
    "php": "<?php\nfunction load({0}) {{\n    return $a;\n}}\n\nfunction main2($b) {{\n    load({1});\n}}\n",
    "ruby": "def load({0})\n  a\nend\n\ndef main(b)\n  load({1})\nend\n",
    "scala": "object A {{\n  def load({0}): Int = {{\n    a\n  }}\n\n  def main(b: Int): Unit = {{\n    load({1})\n  }}\n}}\n",
    "swift": "func load({0}) -> Int {{\n    return a\n}}\n\nfunc main2(b: Int) {{\n    load({1})\n}}\n",
    "lua": "local function load({0})\n  return a\nend\n\nlocal function main(b)\n  load({1})\nend\n",
    "zig": "fn load({0}) i32 {{\n    return a;\n}}\n\nfn main2(b: i32) void {{\n    _ = load({1});\n}}\n",
    "dart": "int load({0}) {{\n  return a;\n}}\n\nvoid main2(int b) {{\n  load({1});\n}}\n",
}
PARAMETERS = {
    **dict.fromkeys(("typescript", "typescriptreact"), "{}: number"),
    **dict.fromkeys(("rust", "zig"), "{}: i32"),
    **dict.fromkeys(("kotlin", "scala"), "{}: Int"),
    **dict.fromkeys(("java", "csharp", "c", "cpp", "dart"), "int {}"),
    "go": "{} int",
    "php": "${}",
    "swift": "_ {}: Int",
}
# A condition with the statement {} in both branches.
BRANCHES = {
    "python": "    if x:\n        {0}\n    else:\n        {0}\n",
    **dict.fromkeys(
        ("javascript", "typescript", "typescriptreact", "java", "csharp", "c", "cpp"),
        "  if (x) {{\n    {0};\n  }} else {{\n    {0};\n  }}\n",
    ),
    "go": "\tif x > 1 {{\n\t\t{0}\n\t}} else {{\n\t\t{0}\n\t}}\n",
    "rust": "    if x > 1 {{\n        {0};\n    }} else {{\n        {0};\n    }}\n",
    **dict.fromkeys(("kotlin", "scala"), "    if (x > 1) {{\n        {0}\n    }} else {{\n        {0}\n    }}\n"),
    "zig": "    if (x > 1) {{\n        {0};\n    }} else {{\n        {0};\n    }}\n",
    "php": "    if ($x) {{\n        {0};\n    }} else {{\n        {0};\n    }}\n",
    "ruby": "  if x\n    {0}\n  else\n    {0}\n  end\n",
    "swift": "    if x > 1 {{\n        {0}\n    }} else {{\n        {0}\n    }}\n",
    "lua": "  if x then\n    {0}\n  else\n    {0}\n  end\n",
}
# A class with a field "size" that one of its methods reads.
FIELDS = {
    "python": "class A:\n    def __init__(self):\n        self.size = 1\n\n    def g(self):\n        return self.size\n",
    "javascript": "class A {\n  constructor() {\n    this.size = 1;\n  }\n\n  g() {\n    return this.size;\n  }\n}\n",
    **dict.fromkeys(
        ("typescript", "typescriptreact"), "class A {\n  private size = 1;\n\n  g() {\n    return this.size;\n  }\n}\n"
    ),
    "go": "package a\n\ntype A struct {\n\tsize int\n}\n\nfunc (a *A) g() int {\n\treturn a.size\n}\n",
    "rust": "struct A {\n    size: u8,\n}\n\nimpl A {\n    fn g(&self) -> u8 {\n        self.size\n    }\n}\n",
    "java": "class A {\n  private int size;\n\n  int g() {\n    return size;\n  }\n}\n",
    "kotlin": "class A {\n    private var size = 1\n\n    fun g(): Int {\n        return size\n    }\n}\n",
    "csharp": "class A {\n  private int size;\n\n  int g() {\n    return size;\n  }\n}\n",
    "c": "struct thing {\n  int size;\n};\n\nint g(struct thing *t) {\n  return t->size;\n}\n",
    "cpp": "class A {\n  int size;\n\n  int g() {\n    return size;\n  }\n};\n",
    "php": "<?php\nclass A {\n  private $size = 1;\n\n  function g() {\n    return $this->size;\n  }\n}\n",
    "ruby": "class A\n  def initialize\n    @size = 1\n  end\n\n  def g\n    @size\n  end\nend\n",
    "scala": "class A {\n  private var size = 1\n\n  def g(): Int = {\n    return size\n  }\n}\n",
    "swift": "class A {\n    var size = 1\n\n    func g() -> Int {\n        return size\n    }\n}\n",
    "lua": "local M = {}\n\nfunction M.new()\n  local self = {}\n  self.size = 1\nend\n\nfunction M:g()\n  return self.size\nend\n",
    "zig": "const A = struct {\n    size: u8,\n\n    fn g(self: *A) u8 {\n        return self.size;\n    }\n};\n",
}
# A parameter "size" of the method that reads the field: another thing, where the field needs no object.
SHADOWING = {
    **dict.fromkeys(("java", "csharp", "cpp"), "int size"),
    **dict.fromkeys(("kotlin", "scala", "swift"), "size: Int"),
}
# A class with a method "load" that another method calls.
METHODS = {
    "python": "class A:\n    def load(self):\n        pass\n\n    def g(self):\n        self.load()\n",
    **dict.fromkeys(
        ("javascript", "typescript", "typescriptreact"),
        "class A {\n  load() {\n  }\n\n  g() {\n    this.load();\n  }\n}\n",
    ),
    "go": "package a\n\nfunc (a *A) load() {\n}\n\nfunc (a *A) g() {\n\ta.load()\n}\n",
    "rust": "impl A {\n    fn load(&self) {}\n\n    fn g(&self) {\n        self.load();\n    }\n}\n",
    **dict.fromkeys(
        ("java", "csharp", "cpp"), "class A {\n  void load() {\n  }\n\n  void g() {\n    load();\n  }\n};\n"
    ),
    "kotlin": "class A {\n    fun load() {\n    }\n\n    fun g() {\n        load()\n    }\n}\n",
    "php": "<?php\nclass A {\n  function load() {\n  }\n\n  function g() {\n    $this->load();\n  }\n}\n",
    "ruby": "class A\n  def load\n  end\n\n  def g\n    load(1)\n  end\nend\n",
    "scala": "class A {\n  def load() = {\n  }\n\n  def g() = {\n    load()\n  }\n}\n",
    "swift": "class A {\n    func load() {\n    }\n\n    func g() {\n        load()\n    }\n}\n",
    "lua": "local M = {}\n\nfunction M.load()\nend\n\nfunction M.g()\n  M.load()\nend\n",
}
# A class, and a use of it.
CLASSES = {
    "python": "class Loader:\n    pass\n\n\nx = Loader()\n",
    "javascript": "class Loader {\n}\n\nconst x = new Loader();\n",
    **dict.fromkeys(("typescript", "typescriptreact"), "class Loader {\n}\n\nconst x: Loader = g();\n"),
    "go": "package a\n\ntype Loader struct {\n}\n\nfunc f() *Loader {\n\treturn nil\n}\n",
    "rust": "struct Loader;\n\nfn f() -> Loader {\n    g()\n}\n",
    "java": "class Loader {\n  Loader() {\n  }\n}\n",
    "kotlin": "class Loader\n\nfun f(): Loader {\n    return g()\n}\n",
    "csharp": "class Loader {\n  Loader F() {\n    return null;\n  }\n}\n",
    "c": "struct Loader {\n  int a;\n};\n\nint f(struct Loader *x) {\n  return 1;\n}\n",
    "cpp": "class Loader {\n};\n\nLoader f() {\n  return g();\n}\n",
    "php": "<?php\nclass Loader {\n}\n\n$x = new Loader();\n",
    "ruby": "class Loader\nend\n\nx = Loader.new\n",
    "scala": "class Loader\n\nobject A {\n  val x = new Loader\n}\n",
    "swift": "class Loader {\n}\n\nlet x = Loader()\n",
    "zig": "const Loader = struct {\n};\n\nfn f(x: Loader) void {}\n",
}


def body(language: str, *statements: str) -> str:
    """A function with these statements."""
    head, form, tail, _ = FUNCTIONS[language]
    return head + "".join(form.replace("{}", one) for one in statements) + tail


def _x(language: str) -> str:
    return "$x" if language == "php" else "x"


def _second(text: str) -> str:
    """A function with another name, without what only a file begins with."""
    for old, new in (("f(", "k("), ("F(", "K("), ("package a\n\n", ""), ("<?php\n", ""), (" A {", " B {")):
        text = text.replace(old, new)
    return text


def _repeated() -> Iterator[tuple[str, LanguageSituation]]:
    for language, (_, form, _, mark) in FUNCTIONS.items():
        x = _x(language)
        twice = [("load_item", "fetch_item", 1)] * 2
        calls = [f'load_item("{one}", {x})' for one in "abc"]
        yield "a changed call", (language, body(language, *calls), twice, "fetch_item")
        only_text = body(language, *calls[:2], 'print("load_item")') + f"{mark} load_item(a)\n"
        yield "a changed call, and a comment and a string", (language, only_text, twice, None)
        numbers = [f'g("{one}", 30, {x})' for one in "abc"]
        yield "a changed literal", (language, body(language, *numbers), [("30", "60", 1)] * 2, "60")
        other = body(language, *numbers[:2], f"other({x}, 30)")
        yield "a changed literal, and another one", (language, other, [("30", "60", 1)] * 2, None)
        pairs = [part for one in ("one", "two", "six") for part in (f'open_it("{one}")', f"close_it({x})")]
        checked = form.replace("{}", "check_it()")
        opened = [form.replace("{}", f'open_it("{one}")') for one in ("one", "two")]
        edits = [(line, line + checked, 1) for line in opened]
        yield "an inserted line", (language, body(language, *pairs), edits, "check_it")
        done = body(language, *pairs[:4], f"end_it({x})")
        yield "an inserted line, and no third place", (language, done, edits, None)
    for language, declaration in TYPED.items():
        lines = [declaration.replace("{}", one) for one in ("one", "two", "six")]
        yield "a changed type", (language, body(language, *lines), [("OldType", "NewType", 1)] * 2, "NewType")
        mark = FUNCTIONS[language][3]
        text = body(language, *lines[:2]) + f"{mark} OldType\n"
        yield "a changed type, and a comment", (language, text, [("OldType", "NewType", 1)] * 2, None)


def _renamed() -> Iterator[tuple[str, LanguageSituation]]:
    for language, declaration in DECLARED.items():
        head, form, tail, mark = FUNCTIONS[language]
        use = "h($size)" if language == "php" else "h(size)"
        edits: Edits = [("size", "width", 1)]
        whole = body(language, declaration, use)
        yield "a renamed variable", (language, whole, edits, "width")
        first = head + form.replace("{}", declaration) + f"{mark} size of it\n" + tail
        yield "a renamed variable, and another function's", (language, first + _second(whole), edits, None)
        x = _x(language)
        text = head.replace("x", "count") + form.replace("{}", f"h({x.replace('x', 'count')})") + tail
        yield "a renamed parameter", (language, text, [("count", "total", 1)], "total")
        member = text.replace("h(", "h($a->" if language == "php" else "h(other.").replace("->$", "->")
        yield "a renamed parameter, and a member", (language, member, [("count", "total", 1)], None)
    for language, text in FIELDS.items():
        yield "a renamed field", (language, text, [("size", "width", 1)], "width")
        if language in SHADOWING:
            at = text.index("g(") + 2
            shadowed = text[:at] + SHADOWING[language] + text[at:]
            yield "a renamed field, and a parameter", (language, shadowed, [("size", "width", 1)], None)
    for language, text in METHODS.items():
        yield "a renamed method", (language, text, [("load", "fetch", 1)], "fetch")
        head, form, tail, _ = FUNCTIONS[language]
        elsewhere = (
            text.replace("self.load", "b.load").replace("this.load", "b.load").replace("$this->load", "$b->load")
        )
        elsewhere = elsewhere.replace("a.load()", "b.load()").replace("  M.load", "  b.load")
        elsewhere = elsewhere.replace("    load(", "    b.load(")
        yield "a renamed method, and another object's", (language, elsewhere, [("load", "fetch", 1)], None)
    for language, text in CLASSES.items():
        yield "a renamed class", (language, text, [("Loader", "Fetcher", 1)], "Fetcher")


def _of_parameters() -> Iterator[tuple[str, LanguageSituation]]:
    for language, text in CALLED.items():
        form = PARAMETERS.get(language, "{}")
        a, b = form.replace("{}", "a"), form.replace("{}", "b")
        value = "$b" if language == "php" else "b"
        yield "a deleted parameter", (language, text.format(f"{a}, {b}", "1, 2"), [(f", {b}", "", 1)], "load(1)")
        yield (
            "a deleted parameter, and a call without it",
            (language, text.format(f"{a}, {b}", "1"), [(f", {b}", "", 1)], None),
        )
        added: Edits = [(f"load({a}", f"load({a}, {b}", 1)]
        yield "an added parameter", (language, text.format(a, "1"), added, f"load(1, {value})")
        unknown = text.format(a, "1").replace("main(b", "main(c").replace("main2(b", "main2(c").replace("$b", "$c")
        unknown = unknown.replace("(int b", "(int c")
        yield "an added parameter that is not at hand", (language, unknown, added, None)
        wrapped = text.format(f"\n    {a},\n    {b}\n", "1, 2")
        yield "a deleted parameter of several lines", (language, wrapped, [(f",\n    {b}", "", 1)], "load(1)")
        wrapped = text.format(f"\n    {a}\n", "1")
        edits: Edits = [(f"    {a}\n", f"    {a},\n    {b}\n", 1)]
        yield "an added parameter of several lines", (language, wrapped, edits, f"load(1, {value})")


def _branches() -> Iterator[tuple[str, LanguageSituation]]:
    for language, text in BRANCHES.items():
        head, form, tail, _ = FUNCTIONS[language]
        x = _x(language)
        old, new = f"send_it({x}, 1)", f"send_it({x}, 2)"
        yield "a changed branch", (language, head + text.format(old) + tail, [(old, new, 1)], new)
        behind = head + text.format(f"stop_it({x})") + form.replace("{}", old) * 2 + tail
        yield "a changed line behind a condition", (language, behind, [(old, new, 1)], None)


BY_LANGUAGE: dict[str, LanguageSituation] = {
    f"{situation[0]}: {name}": situation
    for table in (_repeated(), _renamed(), _of_parameters(), _branches())
    for name, situation in table
}
