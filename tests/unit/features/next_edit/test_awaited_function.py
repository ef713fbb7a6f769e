"""Where ``await`` and ``async`` are proposed. A case: a text, edits (old, new), what comes."""

from __future__ import annotations

import pytest

from autothink_lsp.syntax.service import Syntax
from tests.support.next_edit_session import NextEditSession

SYNTAX = Syntax()
FETCH = "def fetch(a):\n    return a\n\n\n"
MADE_ASYNC = [("def fetch", "async def fetch")]
JS_FETCH = "function fetch(a) {\n  return a;\n}\n\n"
JS_ASYNC = [("function fetch", "async function fetch")]
RUST_FETCH = "fn fetch(a: u8) -> u8 {\n    a\n}\n\n"
RUST_ASYNC = [("fn fetch", "async fn fetch")]
ONE_LOAD = "class A:\n    def load(self):\n        return 1\n"
GET_IN_ONE = "def one():\n    def get():\n        return 1\n    return 1\n\n\n"
USES_LOAD = "\n    async def use(self):\n        return self.load()\n"

CASES = {
    "a call and the header above it": (
        "python",
        FETCH + "def use(a):\n    b = fetch(a)\n    return b\n",
        MADE_ASYNC,
        "5: def use(a): ⏎ b = fetch(a) → async def use(a): ⏎ b = await fetch(a)",
    ),
    "a call in an async function": (
        "python",
        FETCH + "async def use(a):\n    return fetch(a)\n",
        MADE_ASYNC,
        "6: return fetch(a) → return await fetch(a)",
    ),
    "a call whose result is used at once": (
        "python",
        FETCH + "async def use(a):\n    return fetch(a).name\n",
        MADE_ASYNC,
        "6: return fetch(a).name → return (await fetch(a)).name",
    ),
    "an argument of another call": (
        "python",
        FETCH + "async def use(a):\n    print(fetch(a))\n",
        MADE_ASYNC,
        "6: print(fetch(a)) → print(await fetch(a))",
    ),
    "started by another function": ("python", FETCH + "def main():\n    asyncio.run(fetch(1))\n", MADE_ASYNC, None),
    "started over several lines": (
        "python",
        FETCH + "async def use():\n    await asyncio.gather(\n        fetch(1),\n        fetch(2),\n    )\n",
        MADE_ASYNC,
        None,
    ),
    "awaited already": ("python", FETCH + "async def use(a):\n    return await fetch(a)\n", MADE_ASYNC, None),
    "outside of all functions": ("python", FETCH + "x = fetch(1)\n", MADE_ASYNC, None),
    "in a lambda": ("python", FETCH + "def use(a):\n    return lambda: fetch(a)\n", MADE_ASYNC, None),
    "another object's method": ("python", FETCH + "async def use(a):\n    return a.fetch(a)\n", MADE_ASYNC, None),
    "in a string": ("python", FETCH + "async def use(a):\n    return 'fetch(a)'\n", MADE_ASYNC, None),
    "a constructor cannot be async": (
        "python",
        FETCH + "class A:\n    def __init__(self):\n        self.a = fetch(1)\n",
        MADE_ASYNC,
        None,
    ),
    "a property cannot be async": (
        "python",
        FETCH + "class A:\n    @property\n    def b(self):\n        return fetch(1)\n",
        MADE_ASYNC,
        None,
    ),
    "a generator is not made async": (
        "python",
        FETCH + "def use(a):\n    yield fetch(a)\n",
        MADE_ASYNC,
        None,
    ),
    "a method of the same object": (
        "python",
        "class A:\n    def load(self):\n        return 1\n\n    async def use(self):\n        return self.load()\n",
        [("def load", "async def load")],
        "6: return self.load() → return await self.load()",
    ),
    "a method is not the function of the same name": (
        "python",
        "class A:\n    def load(self):\n        return 1\n\n    async def use(self):\n        return load()\n",
        [("def load", "async def load")],
        None,
    ),
    "an async function that was made plain": (
        "python",
        "async def fetch(a):\n    return a\n\n\nasync def use(a):\n    return fetch(a)\n",
        [("async def fetch", "def fetch")],
        None,
    ),
    "an await makes its function async": (
        "python",
        "def use(a):\n    b = 1\n    return get(a)\n",
        [("return get", "return await get")],
        "1: def use(a): → async def use(a):",
    ),
    "an await in a comment": (
        "python",
        "def use(a):\n    b = 1\n    return get(a)\n",
        [("b = 1", "b = 1  # await get")],
        None,
    ),
    "a function of JavaScript": (
        "javascript",
        JS_FETCH + "async function use(a) {\n  const b = fetch(a);\n  return b;\n}\n",
        JS_ASYNC,
        "6: const b = fetch(a); → const b = await fetch(a);",
    ),
    "a promise that is chained": (
        "javascript",
        JS_FETCH + "async function use(a) {\n  fetch(a).then(show);\n}\n",
        JS_ASYNC,
        None,
    ),
    "promises of a list": (
        "javascript",
        JS_FETCH + "async function use(a) {\n  return Promise.all([fetch(1), fetch(2)]);\n}\n",
        JS_ASYNC,
        None,
    ),
    "in a callback that is not async": (
        "javascript",
        JS_FETCH + "async function use(a) {\n  return a.map((b) => fetch(b));\n}\n",
        JS_ASYNC,
        None,
    ),
    "the type of a function that awaits": (
        "typescript",
        "export class A {\n  private names(db: DB): string[] {\n    return db.names();\n  }\n}\n",
        [("return db", "return await db")],
        "2: private names(db: DB): string[] { → private async names(db: DB): Promise<string[]> {",
    ),
    "a getter cannot be async": (
        "typescript",
        "export class A {\n  get names(): string[] {\n    return db.names();\n  }\n}\n",
        [("return db", "return await db")],
        None,
    ),
    "a method of TypeScript": (
        "typescript",
        "class A {\n  load(): string {\n    return 'a';\n  }\n\n  async use() {\n    return this.load();\n  }\n}\n",
        [("  load(): string {", "  async load(): Promise<string> {")],
        "7: return this.load(); → return await this.load();",
    ),
    "a function of Rust": (
        "rust",
        RUST_FETCH + "async fn twice(a: u8) -> u8 {\n    fetch(a) + 1\n}\n",
        RUST_ASYNC,
        "6: fetch(a) + 1 → fetch(a).await + 1",
    ),
    "Rust's main": ("rust", RUST_FETCH + "fn main() {\n    fetch(1);\n}\n", RUST_ASYNC, None),
    "a closure of Rust": ("rust", RUST_FETCH + "async fn b() {\n    c(|| fetch(1));\n}\n", RUST_ASYNC, None),
    "a method of the same name of another class": (
        "python",
        ONE_LOAD + "\n\nclass B:\n    def load(self):\n        return 2\n" + USES_LOAD,
        [("def load(self):\n        return 1", "async def load(self):\n        return 1")],
        None,
    ),
    "a method of the class that is inherited from": (
        "python",
        ONE_LOAD + "\n\nclass B(A):\n    b = 1\n" + USES_LOAD,
        [("def load", "async def load")],
        "10: return self.load() → return await self.load()",
    ),
    "a function that is defined inside another one": (
        "python",
        GET_IN_ONE + "async def two():\n    def get():\n        return 2\n    return get()\n",
        [("def get", "async def get")],
        None,
    ),
    "a parameter of the same name": (
        "python",
        FETCH + "async def use(fetch):\n    return fetch(1)\n",
        MADE_ASYNC,
        None,
    ),
    "a method of an object of JavaScript": (
        "javascript",
        "const a = {\n  load() {\n    return 1;\n  },\n};\n\nasync function use() {\n  return load();\n}\n",
        [("  load() {", "  async load() {")],
        None,
    ),
    "in a generator expression": (
        "python",
        FETCH + "async def use(a):\n    return sum(fetch(b) for b in a)\n",
        MADE_ASYNC,
        None,
    ),
    "in a default": ("python", FETCH + "async def use(a=fetch(1)):\n    return a\n", MADE_ASYNC, None),
    "in the body of a class": (
        "python",
        FETCH + "async def use(a):\n    class B:\n        c = fetch(1)\n\n    return B\n",
        MADE_ASYNC,
        None,
    ),
    "a call whose result is called": (
        "python",
        FETCH + "async def use(a):\n    return fetch(a)(1)\n",
        MADE_ASYNC,
        "6: return fetch(a)(1) → return (await fetch(a))(1)",
    ),
    "a power": (
        "javascript",
        JS_FETCH + "async function use(a) {\n  return fetch(a) ** 2;\n}\n",
        JS_ASYNC,
        "6: return fetch(a) ** 2; → return (await fetch(a)) ** 2;",
    ),
    "a result that is not null": (
        "typescript",
        "function fetch(): A {\n  return a;\n}\n\nasync function use() {\n  return fetch()!.name;\n}\n",
        [("function fetch(): A", "async function fetch(): Promise<A>")],
        "6: return fetch()!.name; → return (await fetch())!.name;",
    ),
    "an unsafe function of Rust": (
        "rust",
        RUST_FETCH + "pub unsafe fn twice(a: u8) -> u8 {\n    fetch(a) + 1\n}\n",
        RUST_ASYNC,
        None,
    ),
    "a test of Rust": ("rust", RUST_FETCH + "#[test]\nfn twice() {\n    fetch(1);\n}\n", RUST_ASYNC, None),
    "a method of a trait": (
        "rust",
        RUST_FETCH + "impl Twice for A {\n    fn twice(&self) -> u8 {\n        fetch(1)\n    }\n}\n",
        RUST_ASYNC,
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    language, text, edits, expected = CASES[name]
    session = NextEditSession(text, language, f"file:///p/a.{language}", syntax=SYNTAX)
    for old, new in edits:
        session.edit(old, new)
    assert session.shown() == expected


def test_a_chain_goes_up_to_where_the_coroutine_is_started() -> None:
    text = FETCH + "def one():\n    return fetch(1)\n\n\ndef two():\n    return one()\n\n\nasyncio.run(two())\n"
    session = NextEditSession(text, syntax=SYNTAX)
    session.edit("def fetch", "async def fetch")
    assert [session.accept() is not None for _ in range(3)] == [True, True, False]
    assert session.text.count("async def") == 3
    assert session.text.count("await ") == 2
