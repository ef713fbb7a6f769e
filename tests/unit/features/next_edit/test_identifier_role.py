"""Where a change of a name goes along, and where the same word is something else. A case: a text, edits (old, new),
what comes. The near misses have the word in another role; next to them stands what still has to come."""

from __future__ import annotations

import pytest

from autothink_lsp.features.next_edit.proposal import RuleContext
from autothink_lsp.features.next_edit.rules.identifier_role import IdentifierRoles, receiver_of
from autothink_lsp.syntax.service import Syntax
from autothink_lsp.values import Point
from tests.support.next_edit_session import NextEditSession

SYNTAX = Syntax()
SELF = [("a = self.name", "a = self.label"), ("b = self.name", "b = self.label")]
LOCAL = [("f(name)", "f(label)"), ("a = name", "a = label"), ("b = name", "b = label")]
METHOD = "class A:\n    def one(self, other):\n        a = self.name\n        b = self.name\n"
FUNCTION = "def f(name):\n    a = name\n    b = name\n"
TWO_CALLS = [("f(1).x", "g(1).x"), ("f(2).x", "g(2).x")]
THIS = [("a = this.name", "a = this.label"), ("b = this.name", "b = this.label")]
USER = [("a = user.name", "a = user.label"), ("b = user.name", "b = user.label")]
JS_FUNCTION = "function f(name) {\n  let a = name;\n  let b = name;\n  CODE\n}\n"
JS_LOCAL = [("f(name)", "f(label)"), ("a = name", "a = label"), ("b = name", "b = label")]
JS_CLASS = "class A {\n  one(other) {\n    let a = this.name;\n    let b = this.name;\n    CODE\n  }\n}\n"
RUST = (
    "impl A {\n    fn one(&self, other: &B) {\n        let a = self.name;\n        let b = self.name;\n        CODE\n"
    "    }\n}\n"
)
GO = "package a\n\nfunc f(user User, team Team) {\n\ta := user.name\n\tb := user.name\n\tCODE\n}\n"
GO_USER = [("a := user.name", "a := user.label"), ("b := user.name", "b := user.label")]
JAVA = "class A {\n  void one(B other) {\n    int a = this.name;\n    int b = this.name;\n    CODE\n  }\n}\n"
JAVA_PLAIN = (
    "class A {\n  int name;\n  int one() {\n    int a = name + 1;\n    int b = name + 2;\n    return name();\n  }\n}\n"
)

NEAR_MISSES = {
    "another receiver": ("python", METHOD + "        c = other.name\n", SELF),
    "another receiver in a call": ("python", METHOD + "        show(other.name, 1)\n", SELF),
    "a longer receiver": ("python", METHOD + "        c = self.other.name\n", SELF),
    "what a call returns": ("python", METHOD + "        c = self.get().name\n", SELF),
    "an element of a list": ("python", METHOD + "        c = self[0].name\n", SELF),
    "a variable": ("python", METHOD + "        name = 1\n", SELF),
    "an argument's name": ("python", METHOD + "        show(name=1)\n", SELF),
    "a string": ("python", METHOD + "        c = other['name']\n", SELF),
    "a key": ("python", METHOD + "        c = {'name': 1}\n", SELF),
    "a comment": ("python", METHOD + "        # self.name\n", SELF),
    "another class with this field": (
        "python",
        METHOD + "\n\nclass B:\n    def two(self):\n        return self.name\n",
        SELF,
    ),
    "the same line in another class": (
        "python",
        METHOD + "\n\nclass B:\n    def two(self):\n        a = self.name\n",
        SELF,
    ),
    "a method of this name": ("python", METHOD + "        c = self.name()\n", SELF),
    "a field, after calls": (
        "python",
        "def f(user):\n    a = user.name()\n    b = user.name()\n    c = user.name\n",
        [("a = user.name()", "a = user.label()"), ("b = user.name()", "b = user.label()")],
    ),
    "another function's parameter": ("python", FUNCTION + "\n\ndef g(name):\n    return name\n", LOCAL),
    "the same line in another function": ("python", FUNCTION + "\n\ndef g(name):\n    a = name\n", LOCAL),
    "another function's variable": ("python", FUNCTION + "\n\ndef g():\n    name = 1\n    return name\n", LOCAL),
    "the file's variable": ("python", FUNCTION + "\n\nname = 1\n", LOCAL),
    "a parameter that shadows it": ("python", FUNCTION + "\n    def g(name):\n        return name\n", LOCAL),
    "a file's name that a function shadows": (
        "python",
        "def f(name):\n    return name\n\n\nname = 1\na = name\nb = name\n",
        [("\nname = 1", "\nlabel = 1"), ("a = name", "a = label"), ("b = name", "b = label")],
    ),
    "a member, after a variable": ("python", FUNCTION + "    c = other.name\n", LOCAL),
    "an argument's name, after a variable": ("python", FUNCTION + "    show(name=1)\n", LOCAL),
    "an imported name": (
        "python",
        "from m import name, other\n\na = name(1)\nb = name(2)\n",
        [("a = name(1)", "a = label(1)"), ("b = name(2)", "b = label(2)")],
    ),
    "an alias of an import": ("python", "import m as name\n\nname.start()\n\n\n" + FUNCTION, LOCAL),
    "an argument of another function": (
        "python",
        "user(name=1)\nuser(name=2)\nteam(name=3)\n",
        [("user(name=1", "user(label=1"), ("user(name=2", "user(label=2")],
    ),
    "another module's function": (
        "python",
        "a = json.load(1)\nb = json.load(2)\nc = yaml.load(3)\n",
        [("json.load(1", "json.loads(1"), ("json.load(2", "json.loads(2")],
    ),
    "this, and another object": ("javascript", JS_CLASS.replace("CODE", "let c = other.name;"), THIS),
    "a key of an object": ("javascript", JS_FUNCTION.replace("CODE", "show({ name: 1 });"), JS_LOCAL),
    "a key that is taken apart": ("javascript", JS_FUNCTION.replace("CODE", "const { name } = other;"), JS_LOCAL),
    "an optional member of another object": (
        "typescript",
        JS_CLASS.replace("CODE", "let c = other?.name;"),
        THIS,
    ),
    "a property of an interface": (
        "typescript",
        "interface A {\n  name: string;\n}\n" + JS_FUNCTION.replace("CODE", ""),
        JS_LOCAL,
    ),
    "another struct's field": ("rust", RUST.replace("CODE", "let c = other.name;"), SELF),
    "a field of a literal": ("rust", RUST.replace("CODE", "let c = B { name: 1 };"), SELF),
    "another type's function": (
        "rust",
        "fn f() {\n    let a = One::new(1);\n    let b = One::new(2);\n    let c = Two::new(3);\n}\n",
        [("One::new(1", "One::build(1"), ("One::new(2", "One::build(2")],
    ),
    "another variable's field": ("go", GO.replace("CODE", "c := team.name"), GO_USER),
    "a key of a literal": ("go", GO.replace("CODE", "c := Team{name: 1}"), GO_USER),
    "another object's field": ("java", JAVA.replace("CODE", "int c = other.name;"), THIS),
    "a method, after a field": (
        "java",
        JAVA_PLAIN,
        [("a = name + 1", "a = label + 1"), ("b = name + 2", "b = label + 2"), ("int name", "int label")],
    ),
    "another pointer's field": (
        "cpp",
        "void f(A* a, A* b) {\n  g(a->name, 1);\n  g(a->name, 2);\n  h(b->name);\n}\n",
        [("a->name, 1", "a->label, 1"), ("a->name, 2", "a->label, 2")],
    ),
    "another table's field": (
        "lua",
        "function f(other)\n  local a = self.name\n  local b = self.name\n  local c = other.name\nend\n",
        SELF,
    ),
}

STILL_COMES = {
    "the same receiver": (
        "python",
        METHOD + "        show(self.name, 1)\n",
        SELF,
        "5: show(self.name, 1) → show(self.label, 1)",
    ),
    "any receiver after two": (
        "python",
        "show(one.name, 1)\nshow(two.name, 2)\nprint(three.name)\n",
        [("one.name", "one.label"), ("two.name", "two.label")],
        "3: print(three.name) → print(three.label)",
    ),
    "a class that inherits the field": (
        "python",
        METHOD + "\n\nclass B(A):\n    def two(self):\n        return self.name\n",
        SELF,
        "9: return self.name → return self.label",
    ),
    "an argument's value": (
        "python",
        FUNCTION + "    show(name=name)\n",
        [("a = name", "a = label"), ("b = name", "b = label"), ("f(name)", "f(label)")],
        "4: show(name=name) → show(name=label)",
    ),
    "the same function's argument": (
        "python",
        "user(name=1)\nuser(name=2)\nx = user(name=3)\n",
        [("user(name=1", "user(label=1"), ("user(name=2", "user(label=2")],
        "3: x = user(name=3) → x = user(label=3)",
    ),
    "any function's argument after two": (
        "python",
        "user(name=1)\nteam(name=2)\nx = board(name=3)\n",
        [("user(name=1", "user(label=1"), ("team(name=2", "team(label=2")],
        "3: x = board(name=3) → x = board(label=3)",
    ),
    "a third function after two": (
        "python",
        "def f(name):\n    a(name)\n\n\ndef g(name):\n    b(name)\n\n\ndef h(name):\n    return c(name, 1)\n",
        [("f(name)", "f(label)"), ("a(name)", "a(label)"), ("g(name)", "g(label)"), ("b(name)", "b(label)")],
        "9: def h(name): ⏎ return c(name, 1) → def h(label): ⏎ return c(label, 1)",
    ),
    "an inner function that sees it": (
        "python",
        FUNCTION + "\n    def g():\n        return name\n",
        LOCAL,
        "6: return name → return label",
    ),
    "an optional access to the same object": (
        "typescript",
        JS_CLASS.replace("CODE", "show(this?.name, 1);"),
        THIS,
        "5: show(this?.name, 1); → show(this?.label, 1);",
    ),
    "a short key keeps its name": (
        "javascript",
        JS_FUNCTION.replace("CODE", "show({ name });"),
        JS_LOCAL,
        "4: show({ name }); → show({ name: label });",
    ),
    "a spread variable": (
        "javascript",
        JS_FUNCTION.replace("CODE", "show(...name);"),
        JS_LOCAL,
        "4: show(...name); → show(...label);",
    ),
    "in strings where strings were changed": (
        "python",
        "a = x['name']\nb = y['name']\nc = get('name', 1)\n",
        [("x['name']", "x['label']"), ("y['name']", "y['label']")],
        "3: c = get('name', 1) → c = get('label', 1)",
    ),
    "an imported name's third use": (
        "python",
        "from m import name\n\na = name(1)\nb = name(2)\nreturn_(name(3), 1)\n",
        [("a = name(1)", "a = label(1)"), ("b = name(2)", "b = label(2)")],
        "5: return_(name(3), 1) → return_(label(3), 1)",
    ),
}


def shown(language: str, text: str, edits: list[tuple[str, str]]) -> str | None:
    session = NextEditSession(text, language, f"file:///p/a.{language}", syntax=SYNTAX)
    for old, new in edits:
        session.edit(old, new)
    return session.shown()


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_near_miss_is_left_alone(name: str) -> None:
    assert shown(*NEAR_MISSES[name]) is None


@pytest.mark.parametrize("name", STILL_COMES)
def test_the_same_role_goes_along(name: str) -> None:
    language, text, edits, expected = STILL_COMES[name]
    assert shown(language, text, edits) == expected


def test_of_a_long_line_the_end_is_read() -> None:
    chain = "a." * 5_000
    assert chain.endswith(f"{receiver_of(chain)}.")
    assert len(receiver_of(chain)) < 1_000


def test_the_bases_of_a_class_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_for: list[object] = []
    find = IdentifierRoles._base

    def counting(roles: IdentifierRoles, name: str) -> str:
        looked_for.append(name)
        return find(roles, name)

    monkeypatch.setattr(IdentifierRoles, "_base", counting)
    snapshot = NextEditSession(METHOD, syntax=SYNTAX).snapshot
    tree = SYNTAX.tree_within(snapshot, 1_000)
    roles = IdentifierRoles(RuleContext(snapshot, lambda: tree, SYNTAX.style(snapshot), (), (), 0))
    assert [roles.class_at(Point(line, 8)) for line in (2, 3, 3)] == ["A", "A", "A"]
    assert looked_for == ["A"]
