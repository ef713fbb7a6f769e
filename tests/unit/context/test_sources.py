"""What each source of context brings, on literal projects."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autothink_lsp.context.context_provider import PAUSE_MS
from autothink_lsp.context.import_paths import leads_to
from autothink_lsp.context.snippets import SourceQuery
from autothink_lsp.context.sources.editor_signatures import EditorSignatures
from autothink_lsp.context.window import WindowSize
from autothink_lsp.values import Diagnostic, Point
from tests.support.context_harness import ContextHarness, settings

FILLER = "".join(f"    number_{n} = {n}\n" for n in range(40))


@pytest.fixture
def harness(tmp_path: Path) -> ContextHarness:
    (tmp_path / "project").mkdir()
    return ContextHarness(tmp_path / "project", tmp_path / "cache")


def _why(harness: ContextHarness, path: str, line: int, column: int, *sources: str) -> list[tuple[str, str]]:
    harness.gather(path, line, column, settings(*sources))
    return harness.why(path)


def blocks(harness: ContextHarness, path: str, line: int, column: int, *sources: str) -> list[tuple[str, str]]:
    context = harness.gather(path, line, column, settings(*sources))
    return [(block.path, block.text) for block in context.blocks]


# --- scope ------------------------------------------------------------------------------------------------------------


def test_headers_above_the_window(harness: ContextHarness) -> None:
    body = FILLER.replace("    n", "        n")
    text = f"class Cache(Base):\n    def get(\n        self, key: str\n    ) -> int:\n{body}        \n"
    harness.open("a.py", text)
    context = harness.gather("a.py", 44, 8, settings("scope"))
    assert context.head == "class Cache(Base):\n    def get(\n        self, key: str\n    ) -> int:\n"
    assert not context.prefix.startswith("class")


@pytest.mark.parametrize(
    ("language", "path", "header"),
    [
        ("go", "a.go", "func (c *Cache) Get(key string) int {\n"),
        ("typescript", "a.ts", "export class Cache {\n    get(key: string): number {\n"),
        ("cpp", "a.cc", "int Cache::get(const char *key) {\n"),
    ],
)
def test_headers_in_languages_with_braces(harness: ContextHarness, language: str, path: str, header: str) -> None:
    depth = "    " * header.count("\n")
    body = "".join(f"{depth}x{n} = {n};\n" for n in range(60))
    harness.open(path, f"{header}{body}{depth}\n", language)
    assert harness.gather(path, header.count("\n") + 60, len(depth), settings("scope")).head == header


def test_no_header_where_the_window_shows_it(harness: ContextHarness) -> None:
    harness.open("a.py", "class Cache:\n    def get(self):\n        \n")
    assert harness.gather("a.py", 2, 8, settings("scope")).head == ""


# --- imports ----------------------------------------------------------------------------------------------------------


def test_own_import_lines_above_the_window(harness: ContextHarness) -> None:
    harness.open(
        "a.py", f"import os\nimport json\nfrom shop.cart import Cart\n\ndef f():\n{FILLER}    json.loads(Cart)\n    \n"
    )
    assert harness.gather("a.py", 46, 4, settings("imports")).head == (
        "import os\nimport json\nfrom shop.cart import Cart\n"
    )


def test_imports_that_the_window_lacks_come_first_and_unused_ones_before_them(
    harness: ContextHarness,
) -> None:
    harness.write("shop/cart.py", "class Cart:\n    pass\n\n\nclass Order:\n    pass\n")
    harness.index()
    imports = "import json\nfrom shop.cart import Order\nimport logging\nfrom shop.cart import Cart\n"
    harness.open("a.py", f"{imports}\n\nlogging.info(Order)\n\ndef f():\n{FILLER}    json.loads(1)\n    \n")
    offered = [line for line, _ in _why(harness, "a.py", 50, 4, "imports")]
    assert offered.index("from shop.cart import Cart") < offered.index("from shop.cart import Order")
    assert offered.index("from shop.cart import Order") < offered.index("import logging")
    assert offered[-1] == "import json"


def test_of_a_long_import_only_the_names_that_the_window_lacks(harness: ContextHarness) -> None:
    names = "".join(f"    lonely_{n},\n" for n in range(4))
    harness.open("a.py", f"from shop import (\n    shown,\n{names})\n\ndef f():\n{FILLER}    shown(1)\n    \n")
    head = harness.gather("a.py", 50, 4, settings("imports")).head
    assert head == "from shop import (lonely_0, lonely_1, lonely_2, lonely_3)\n"


def test_what_an_imported_file_defines(harness: ContextHarness) -> None:
    harness.write(
        "app/output.py", "WIDE = 80\n\n\ndef indent(depth: int) -> str:\n    return ''\n\n\ndef _own():\n    pass\n"
    )
    harness.write("other/output.py", "def wrong():\n    pass\n")
    harness.index()
    harness.open("app/a.py", "from . import output\n\noutput.")
    expected = [("app/output.py", "WIDE = 80\ndef indent(depth: int) -> str: ...")]
    assert blocks(harness, "app/a.py", 2, 7, "imports") == expected
    harness.open("app/b.py", "from . import output\n\noutput.")
    assert blocks(harness, "app/b.py", 2, 7, "imports", "definitions") == expected  # once, though both have it


def test_with_little_room_the_first_members_are_better_than_none(harness: ContextHarness) -> None:
    methods = "".join(f"    def method_number_{n}(self, item: str) -> None:\n        pass\n" for n in range(9))
    harness.write("shop.py", f"class Cart:\n{methods}")
    harness.index()
    harness.open("a.py", "from shop import Cart\n\ncart = Cart()\ncart.")
    context = harness.gather("a.py", 3, 5, settings("imports", tokens=120))
    (block,) = context.blocks
    assert block.text.startswith("class Cart:\n    def method_number_0(self")
    assert "method_number_8" not in block.text


def test_what_an_imported_name_is(harness: ContextHarness) -> None:
    harness.write("shop/cart.py", "class Cart:\n    def add(self, item: str, count: int = 1) -> None:\n        pass\n")
    harness.write("other/cart.py", "class Cart:\n    def wrong(self):\n        pass\n")
    harness.index()
    harness.open("a.py", "from shop.cart import Cart\n\ncart = Cart()\ncart.")
    assert blocks(harness, "a.py", 3, 5, "imports") == [
        ("shop/cart.py", "class Cart:\n    def add(self, item: str, count: int = 1) -> None: ...")
    ]


@pytest.mark.parametrize(
    ("source", "path", "leads"),
    [
        ("shop.cart", "src/shop/cart.py", True),
        ("shop.cart", "shop/cart/__init__.py", True),
        ("shop.cart", "other/cart.py", False),
        (".cart", "shop/cart.py", True),
        (".", "shop/cart.py", True),
        ("./lib/http", "web/lib/http.ts", True),
        ("example.org/shop/cart", "cart/cart.go", False),
        ("example.org/shop/cart", "shop/cart/types.go", True),
        ("crate::shop::Cart", "src/shop.rs", True),
        ("com.example.shop.Cart", "src/com/example/shop/Cart.java", True),
        ("point.h", "src/point.h", True),
    ],
)
def test_which_file_an_import_means(source: str, path: str, leads: bool) -> None:
    assert leads_to(source, path) is leads


# --- definitions ------------------------------------------------------------------------------------------------------

PYTHON = "def parse(text: str, *, strict: bool) -> int:\n    return 1\n"
SCRIPT = "export function parse(text, strict = false) {\n  return 1;\n}\n"
TYPED = "export function parse(text: string): number {\n  return 1;\n}\n"
GO = "package lib\n\nfunc Parse(text string) (int, error) {\n\treturn 1, nil\n}\n"
RUST = "pub fn parse(text: &str) -> i32 {\n    1\n}\n"
JAVA = "class Lib {\n    static int parse(String text) {\n        return 1;\n    }\n}\n"
C = "int parse(const char *text, int size)\n{\n    return 1;\n}\n"
CPP = "std::string parse(const std::string &text) {\n    return text;\n}\n"
PROJECTS = [
    ("python", "lib.py", PYTHON, "parse(", "def parse(text: str, *, strict: bool) -> int: ..."),
    ("javascript", "lib.js", SCRIPT, "parse(", "function parse(text, strict = false)"),
    ("typescript", "lib.ts", TYPED, "parse(", "function parse(text: string): number"),
    ("go", "lib.go", GO, "Parse(", "func Parse(text string) (int, error)"),
    ("rust", "lib.rs", RUST, "parse(", "pub fn parse(text: &str) -> i32"),
    ("java", "Lib.java", JAVA, "Lib.parse(", "class Lib {\n    static int parse(String text)\n}"),
    ("c", "lib.c", C, "parse(", "int parse(const char *text, int size)"),
    ("cpp", "lib.cc", CPP, "parse(", "std::string parse(const std::string &text)"),
]


@pytest.mark.parametrize(("language", "path", "text", "use", "signature"), PROJECTS, ids=[one[0] for one in PROJECTS])
def test_a_signature_from_the_index(
    harness: ContextHarness, language: str, path: str, text: str, use: str, signature: str
) -> None:
    harness.write(path, text)
    harness.index()
    here = "here" + Path(path).suffix
    harness.open(here, f"\n\n{use}", language)
    found = blocks(harness, here, 2, len(use), "definitions")
    assert (path, signature) in found


def test_a_definition_of_this_file_outside_of_the_window(harness: ContextHarness) -> None:
    harness.open("a.py", f"def area(width: int) -> int:\n    return 1\n\n\ndef f():\n{FILLER}    area(\n")
    assert blocks(harness, "a.py", 45, 9, "definitions") == [("a.py", "def area(width: int) -> int: ...")]
    harness.open("b.py", "def area(width: int) -> int:\n    return 1\n\n\narea(\n")
    assert blocks(harness, "b.py", 4, 5, "definitions") == []  # the window shows it


def test_the_other_members_of_the_class_at_the_cursor_and_its_base(harness: ContextHarness) -> None:
    harness.write("base.py", "class Base:\n    def close(self):\n        pass\n")
    harness.index()
    body = FILLER.replace("    n", "        n")
    text = f"class Cart(Base):\n    def total(self) -> int:\n        pass\n\n    def pay(self):\n{body}        self.\n"
    harness.open("a.py", text)
    assert blocks(harness, "a.py", 45, 13, "definitions") == [
        ("base.py", "class Base:\n    def close(self): ..."),
        ("a.py", "class Cart(Base):\n    def total(self) -> int: ...\n    def pay(self): ..."),
    ]


def test_attributes_that_the_class_assigns_above_the_window(harness: ContextHarness) -> None:
    body = FILLER.replace("    n", "        n")
    start = "class Cart:\n    def __init__(self, shop):\n        self.shop: Shop = shop\n        self.items = []\n"
    harness.open("a.py", f"{start}\n    def pay(self):\n{body}        self.\n")
    ((path, text),) = blocks(harness, "a.py", 46, 13, "definitions")
    assert path == "a.py"
    assert text == "class Cart:\n    self.shop: Shop = shop\n    self.items = []\n    def pay(self): ..."


def test_a_line_that_is_cut_within_a_secret_is_left_out(harness: ContextHarness) -> None:
    token = "ghp_" + "A1b2C3d4E5f6G7h8I9j0" * 2
    long = f"connect(host='models.example.com', port=443, name='administrator', region='north', key='{token}')"
    body = FILLER.replace("    n", "        n")
    start = f"class Cart:\n    def __init__(self):\n        self.client = {long}\n        self.items = []\n"
    harness.open("a.py", f"{start}\n    def pay(self):\n{body}        self.\n")
    ((_, text),) = blocks(harness, "a.py", 46, 13, "definitions")
    assert text == "class Cart:\n    self.items = []\n    def pay(self): ..."


def test_what_an_attribute_is(harness: ContextHarness) -> None:
    harness.write("shop.py", "class Shop:\n    def close_for_today(self):\n        pass\n")
    harness.index()
    body = FILLER.replace("    n", "        n")
    start = "class Cart:\n    def __init__(self, shop):\n        self.shop: Shop = shop\n"
    harness.open("a.py", f"{start}\n    def pay(self):\n{body}        self.shop.\n")
    assert ("shop.py", "class Shop:\n    def close_for_today(self): ...") in blocks(
        harness, "a.py", 45, 18, "definitions"
    )


def test_what_a_parameter_and_a_local_name_are(harness: ContextHarness) -> None:
    harness.write("shop.py", "class Shop:\n    owner: str\n\n\nclass Till:\n    coins: int\n")
    harness.index()
    harness.open("a.py", f"def pay(shop: Shop):\n    till = Till()\n{FILLER}    shop.x(till.")
    size = WindowSize(2_000, 100)
    found = harness.gather("a.py", 42, 16, settings("definitions"), size).blocks
    assert [block.text for block in found] == ["class Till:\n    coins: int\nclass Shop:\n    owner: str"]


def test_who_extends_a_class_needs_what_is_private(harness: ContextHarness) -> None:
    harness.write("base.py", "class Base:\n    def _draw(self):\n        pass\n")
    harness.index()
    harness.open("a.py", "class Cart(Base):\n    def f(self):\n        ")
    assert blocks(harness, "a.py", 2, 8, "definitions") == [("base.py", "class Base:\n    def _draw(self): ...")]


def test_calls_of_what_is_not_there_yet(harness: ContextHarness) -> None:
    known = "def known_one():\n    def inner_one():\n        pass\n    inner_one()\n"
    calls = "\n".join(f"print({n})" for n in range(60))
    text = f"x = 1\n\n\n\n{calls}\n{known}print(sum_of_all(cart, 1))\nraise ShopError(known_one())\n"
    harness.open("a.py", text)
    ((path, shown),) = blocks(harness, "a.py", 2, 0, "definitions")
    assert path == "a.py"
    assert shown.split("\n")[-1] == "print(sum_of_all(cart, 1))"
    assert "inner_one" not in shown
    harness.open("b.py", text)
    assert "sum_of_all" not in str(blocks(harness, "b.py", 20, 6, "definitions"))  # no place for a definition


def test_what_else_the_file_defines_by_the_likeness_of_names(harness: ContextHarness) -> None:
    others = "".join(f"def other_thing_with_number_{n}(argument):\n    pass\n" for n in range(30))
    harness.open(
        "a.py", f"{others}def required_keys(cl):\n    pass\n\n\ndef f(cl):\n{FILLER}    keys_required =\n    \n"
    )
    context = harness.gather("a.py", 107, 4, settings("definitions", tokens=100))
    assert "def required_keys(cl): ..." in str(context.blocks)


def test_an_open_document_goes_before_the_disk(harness: ContextHarness) -> None:
    harness.write("lib.py", "def parse(old):\n    pass\n")
    harness.open("lib.py", "def parse(new):\n    pass\n")
    harness.open("a.py", "parse(")
    assert blocks(harness, "a.py", 0, 6, "definitions") == [("lib.py", "def parse(new): ...")]


def test_a_local_name_is_no_method_of_another_file(harness: ContextHarness) -> None:
    harness.write("lib.py", "class Game:\n    def outcome(self):\n        pass\n")
    harness.index()
    harness.open("a.py", "outcome = 1\nprint(outcome)\n")
    assert blocks(harness, "a.py", 2, 0, "definitions") == []
    harness.open("a.py", "result = game.outcome()\n")
    assert blocks(harness, "a.py", 1, 0, "definitions") == [("lib.py", "class Game:\n    def outcome(self): ...")]


def test_a_name_that_many_files_define_is_no_hint(harness: ContextHarness) -> None:
    for n in range(4):
        harness.write(f"lib{n}.py", f"def run(arg{n}):\n    pass\n")
    harness.index()
    harness.open("a.py", "run(")
    assert blocks(harness, "a.py", 0, 4, "definitions") == []


def test_the_nearest_definition_stands_last(harness: ContextHarness) -> None:
    harness.write("far.py", "def distant(a):\n    pass\n")
    harness.write("near.py", "def nearby(a):\n    pass\n")
    harness.index()
    harness.open("a.py", "distant(1)\n\nnearby(2)\n")
    assert [path for path, _ in blocks(harness, "a.py", 3, 0, "definitions")] == ["far.py", "near.py"]


# --- similar ----------------------------------------------------------------------------------------------------------

CART = """def charge(customer, basket):
    total = basket.total(customer.discount)
    receipt = Receipt(customer, total)
    gateway.charge(customer.card, total)
    audit.log(receipt)
    return receipt
"""


def test_similar_code_of_an_open_document(harness: ContextHarness) -> None:
    harness.open("lib.py", "\n" * 8 + CART)
    harness.open("a.py", "def refund(customer, basket):\n    total = basket.total(customer.discount)\n    \n")
    ((path, text),) = blocks(harness, "a.py", 2, 4, "similar")
    assert path == "lib.py"
    assert "gateway.charge(customer.card, total)" in text


@pytest.mark.parametrize("platform", ["darwin", "linux"])
def test_another_spelling_of_the_file_is_no_other_file(
    harness: ContextHarness, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    harness.open("A.py", "\n" * 8 + CART)
    harness.open("a.py", "def refund(customer, basket):\n    total = basket.total(customer.discount)\n    \n")
    assert bool(blocks(harness, "a.py", 2, 4, "similar")) is (platform == "linux")


def test_what_is_too_like_the_surroundings_is_left_out(harness: ContextHarness) -> None:
    harness.open("lib.py", CART)
    harness.open("a.py", CART.replace("    return receipt\n", "    "))
    assert blocks(harness, "a.py", 5, 4, "similar") == []


def test_the_same_snippet_comes_once(harness: ContextHarness) -> None:
    harness.open("one.py", CART)
    harness.open("two.py", CART)
    harness.open("a.py", "def refund(customer, basket):\n    total = basket.total(customer.discount)\n    \n")
    assert len(blocks(harness, "a.py", 2, 4, "similar")) == 1


# --- edits ------------------------------------------------------------------------------------------------------------


def test_an_edit_elsewhere_is_a_small_diff(harness: ContextHarness) -> None:
    harness.open("lib.py", "a = 1\nlimit = 10\nb = 2\n")
    harness.open("a.py", "print(limit)\n")
    for column, key in enumerate("max_"):
        harness.edit("lib.py", 1, column, column, key)
    assert blocks(harness, "a.py", 0, 0, "edits") == [("lib.py.diff", "-limit = 10\n+max_limit = 10")]


def test_the_edit_at_the_cursor_is_no_context(harness: ContextHarness) -> None:
    harness.open("a.py", "a = 1\nb = 2\n")
    harness.edit("a.py", 1, 0, 0, "x")
    assert blocks(harness, "a.py", 1, 1, "edits") == []


def test_edits_move_with_their_lines_and_end_with_them(harness: ContextHarness) -> None:
    harness.open("a.py", "\n" * 20 + "size = 1\n" + "\n" * 20)
    harness.edit("a.py", 20, 0, 4, "width")
    harness.edit("a.py", 0, 0, 0, "\n\n")
    context = harness.gather("a.py", 0, 0, settings("edits"))
    assert [block.text for block in context.blocks] == ["-size = 1\n+width = 1"]
    harness.edit("a.py", 21, 0, 0, "", last_line=24)
    harness.again("a.py")
    assert "size" not in str(harness.gather("a.py", 0, 0, settings("edits")).blocks)


def test_a_paste_is_no_edit_that_goes_on(harness: ContextHarness) -> None:
    harness.open("lib.py", "a = 1\n")
    harness.edit("lib.py", 0, 0, 0, "x = 1\n" * 30)
    harness.open("a.py", "")
    assert blocks(harness, "a.py", 0, 0, "edits") == []


# --- diagnostics ------------------------------------------------------------------------------------------------------


def test_messages_near_the_cursor(harness: ContextHarness) -> None:
    uri = harness.open("a.py", "x = nme\n\n" + "\n" * 40 + "y = far\n")
    near = Diagnostic(Point(0, 4), Point(0, 7), "undefined name 'nme'")
    far = Diagnostic(Point(42, 4), Point(42, 7), "undefined name 'far'")
    harness.context_provider.diagnostics.saw(uri, 0, 50, [near, far])
    assert blocks(harness, "a.py", 1, 0, "diagnostics") == [("a.py.messages", "x = nme  <- undefined name 'nme'")]
    harness.edit("a.py", 0, 4, 7, "name")
    harness.again("a.py")
    assert blocks(harness, "a.py", 1, 0, "diagnostics") == []


# --- signatures that the editor knows ---------------------------------------------------------------------------------

LIBRARY = "file:///usr/lib/python3/requests/api.py"
POST = "def post(url: str, *, timeout: float | None = None) -> Response"
FETCH = "import requests\n\n\ndef fetch(address):\n    answer = requests.post(address)\n    return parse(answer)\n"


def asked_names(harness: ContextHarness, path: str, line: int) -> list[str]:
    snapshot = harness.documents.snapshot(harness.uri(path))
    assert snapshot is not None
    places = harness.context_provider.names_to_ask(snapshot, Point(line, 0))
    assert all(snapshot.text.line(point.line)[point.column :].startswith(f"{name}(") for name, point in places)
    return [name for name, _ in places]


def test_the_editor_is_asked_once_for_called_names_that_the_index_lacks(harness: ContextHarness) -> None:
    harness.write("parser.py", "def parse(answer):\n    return answer\n")
    harness.index()
    harness.open("a.py", FETCH)
    assert asked_names(harness, "a.py", 4) == []  # the model has got no context here yet
    blocks(harness, "a.py", 4, 4, "definitions")
    assert asked_names(harness, "a.py", 4) == ["post"]
    assert asked_names(harness, "a.py", 4) == []


def test_a_signature_from_the_editor_is_shown_after_a_pause(harness: ContextHarness) -> None:
    uri = harness.open("a.py", FETCH)
    blocks(harness, "a.py", 4, 4, "definitions")
    assert asked_names(harness, "a.py", 4) == ["post", "parse"]
    harness.context_provider.learn_signatures(
        uri, [("post", LIBRARY, f"(function) {POST}"), ("parse", uri, "def parse()")]
    )
    harness.now_ms += PAUSE_MS
    assert ("api.py", POST) in blocks(harness, "a.py", 4, 4, "definitions")
    harness.documents.close(uri)
    harness.open("a.py", FETCH)
    assert blocks(harness, "a.py", 4, 4, "definitions") == []


@pytest.mark.parametrize(
    ("name", "definition_uri", "signature"),
    [
        ("post", LIBRARY, " \n "),
        ("other", LIBRARY, POST),  # was not asked for
        ("post", "file:///home/me/.env", POST),  # a file that no model may see
        ("post", LIBRARY, "def post(key='sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc')"),
    ],
)
def test_answers_of_the_editor_that_are_not_shown(
    harness: ContextHarness, name: str, definition_uri: str, signature: str
) -> None:
    uri = harness.open("a.py", FETCH)
    blocks(harness, "a.py", 4, 4, "definitions")
    asked_names(harness, "a.py", 4)
    harness.context_provider.learn_signatures(uri, [(name, definition_uri, signature)])
    harness.now_ms += PAUSE_MS
    assert blocks(harness, "a.py", 4, 4, "definitions") == []


def test_a_long_answer_of_the_editor_is_cut(harness: ContextHarness) -> None:
    uri = harness.open("a.py", FETCH)
    blocks(harness, "a.py", 4, 4, "definitions")
    asked_names(harness, "a.py", 4)
    harness.context_provider.learn_signatures(uri, [("post", LIBRARY, "\n".join(f"line {n}" for n in range(50)))])
    harness.now_ms += PAUSE_MS
    ((_, text),) = blocks(harness, "a.py", 4, 4, "definitions")
    assert text.split("\n") == [f"line {n}" for n in range(8)]


def test_of_minified_code_near_the_cursor_only_the_beginning_is_searched(harness: ContextHarness) -> None:
    harness.open("a.py", ";".join(f"name_{number}()" for number in range(5_000)) + "\nfetch()\n")
    snapshot = harness.documents.snapshot(harness.uri("a.py"))
    assert snapshot is not None
    query = SourceQuery(snapshot, Point(1, 0), "a.py", None, None, settings("definitions"), 0, 2)
    found = list(EditorSignatures().called_names(query))
    assert found[:2] == ["fetch", "name_0"]
    assert len(found) < 200


def test_names_that_are_defined_and_words_of_the_language_are_not_asked_for(harness: ContextHarness) -> None:
    harness.open("a.py", "class Box(Base):\n    def area(self):\n        if (self.width()):\n            return 1\n")
    blocks(harness, "a.py", 2, 8, "definitions")
    assert asked_names(harness, "a.py", 2) == ["width"]


# --- notebook ---------------------------------------------------------------------------------------------------------


def test_the_cells_before_this_one(harness: ContextHarness) -> None:
    texts = [("import pandas", "python"), ("# Title", "markdown"), ("frame = 1", "python"), ("", "python")]
    cells = [harness.open(f"book.ipynb#{n}", text, language) for n, (text, language) in enumerate(texts)]
    cells.append(harness.open("book.ipynb#4", "late", "python"))
    harness.notebooks.open("file:///book.ipynb", cells)
    context = harness.gather("book.ipynb#3", 0, 0, settings("notebook"))
    assert [block.text for block in context.blocks] == ["import pandas", "frame = 1"]
